"""Samples, targets and weights, and the batches they are served in."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from typing import TypeAlias

import numpy as np

from chainrule.arrays import Array, empty, gather_rows, is_sparse, on_device
from chainrule.streams import Purpose, stream

Change: TypeAlias = Callable[[Array, np.random.Generator], Array]
"""Rows of a batch and a stream of random numbers to the rows that training sees."""


@dataclass(frozen=True)
class Samples:
    """The samples that a network is fitted to.

    Parameters
    ----------
    x : (n, in_features) array or CSR matrix
    targets : (n,) labels or (n, outputs) array
    weights : (n,) array, optional
        One positive weight per sample; all 1 if absent.
    """

    x: Array
    targets: Array
    weights: Array | None = None

    def __post_init__(self) -> None:
        counts = {len_(self.x), len_(self.targets)} | (set() if self.weights is None else {len_(self.weights)})
        if len(counts) != 1:
            raise ValueError(f"samples, targets and weights differ in number: {sorted(counts)}")
        if len_(self.x) == 0:
            raise ValueError("there are no samples")

    def __len__(self) -> int:
        return len_(self.x)

    def on(self, device: str | None) -> Samples:
        """The samples as tensors on a device; these ones for None.

        Raises
        ------
        ValueError
            For sparse samples, which train on NumPy only.
        """
        if device is None:
            return self
        if is_sparse(self.x):
            raise ValueError(f"device={device!r} takes dense X; sparse X is for device=None")
        weights = None if self.weights is None else on_device(self.weights, device)
        return Samples(on_device(self.x, device), on_device(self.targets, device), weights)


def len_(x: Array) -> int:
    """The number of rows, also of sparse matrices."""
    return int(x.shape[0])


@dataclass
class BatchReader:
    """Serves samples in batches, gathered into buffers that are reused.

    Parameters
    ----------
    samples : Samples
    batch_size : int
        The last batch of an epoch is smaller where it does not divide the number of samples.
    shuffle : bool
        True to draw a new order for every epoch, from a stream keyed by (seed, epoch).
    change : callable, optional
        Changes the rows of every batch, with a stream keyed by (seed, epoch, batch).
    """

    samples: Samples
    batch_size: int
    shuffle: bool
    seed: int
    change: Change | None = None
    _buffers: dict[int, Samples] = field(default_factory=dict, init=False)

    def epoch(self, number: int) -> Iterator[Samples]:
        """The batches of one epoch; each is overwritten by the next of its size."""
        for batch, samples in enumerate(self._unchanged(number)):
            if self.change is None:
                yield samples
            else:
                source = stream(Purpose.AUGMENTATION, self.seed, number + 1, batch)
                yield replace(samples, x=self.change(samples.x, source))

    def _unchanged(self, number: int) -> Iterator[Samples]:
        x, targets, weights = self.samples.x, self.samples.targets, self.samples.weights
        order = stream(Purpose.SHUFFLE, self.seed, number + 1).permutation(len_(x)) if self.shuffle else None
        for start in range(0, len_(x), self.batch_size):
            rows = slice(start, start + self.batch_size)
            if order is None:
                yield Samples(x[rows], targets[rows], None if weights is None else weights[rows])
            else:
                yield self._gather(order[rows])

    def _gather(self, index: np.ndarray) -> Samples:
        x, targets, weights = self.samples.x, self.samples.targets, self.samples.weights
        rows = len(index)
        buffers = self._buffers.get(rows)
        if buffers is None:
            buffers = self._buffers[rows] = Samples(
                x[index] if is_sparse(x) else empty((rows, *x.shape[1:]), x),
                empty((rows, *targets.shape[1:]), targets),
                None if weights is None else empty((rows,), weights),
            )
        if is_sparse(x):
            buffers = self._buffers[rows] = Samples(x[index], buffers.targets, buffers.weights)
        else:
            gather_rows(x, index, out=buffers.x)
        gather_rows(targets, index, out=buffers.targets)
        if weights is not None:
            gather_rows(weights, index, out=buffers.weights)
        return buffers
