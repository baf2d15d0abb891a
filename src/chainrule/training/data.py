"""Samples, targets and weights, and the batches they are served in."""

from collections.abc import Callable, Generator
from dataclasses import dataclass, field, replace
from functools import partial
from operator import itemgetter
from typing import Any, TypeAlias

import numpy as np

from chainrule.arrays import Array, empty, gather_rows, is_sparse, on_device
from chainrule.storage import StoredRows
from chainrule.streams import Purpose, stream

Change: TypeAlias = Callable[[Array, np.random.Generator], Array]
"""A function from the rows of a batch and a stream of random numbers to the rows that training sees."""


@dataclass(frozen=True)
class Samples:
    """The samples that a network is fitted to.

    Parameters
    ----------
    x : (n, in_features) array or CSR matrix, or StoredRows
    targets : (n,) labels or (n, outputs) array
    weights : (n,) array, optional
        One positive weight per sample; all 1 if absent.

    Raises
    ------
    ValueError
        If there are no samples, or the numbers of rows differ.

    Examples
    --------
    >>> samples = Samples(np.ones((3, 2)), np.array([0, 1, 1]))
    >>> len(samples), len(samples.each(lambda array: array[:2]))
    (3, 2)
    """

    x: Array
    targets: Array
    weights: Array | None = None

    def __post_init__(self) -> None:
        counts = {array.shape[0] for array in (self.x, self.targets, self.weights) if array is not None}
        if len(counts) != 1:
            raise ValueError(f"samples, targets and weights differ in number: {sorted(counts)}")
        if len(self) == 0:
            raise ValueError("there are no samples")

    def __len__(self) -> int:
        return int(self.x.shape[0])

    @property
    def stored(self) -> bool:
        """True for samples in files."""
        return isinstance(self.x, StoredRows)

    def each(self, function: Callable[[Array], Array]) -> "Samples":
        """The samples after a function was applied to each array: x, targets and weights."""
        arrays = (self.x, self.targets, self.weights)
        return Samples(*(None if array is None else function(array) for array in arrays))

    def on(self, device: str | None) -> "Samples":
        """The samples as tensors on a device; unchanged for None, and in files: there, the batches are moved.

        Raises
        ------
        ValueError
            For sparse samples, which train on NumPy only.
        """
        if device is not None and (is_sparse(self.x) or (self.stored and self.x.sparse)):
            raise ValueError(f"device={device!r} takes dense X; sparse X is for device=None")
        if self.stored:
            return self
        return self.each(partial(on_device, device=device))


@dataclass
class ReaderOfBatches:
    """Serves samples in batches. Base class of the readers for samples in memory and in files.

    Parameters
    ----------
    samples : Samples
    batch_size : int
        Rows per batch. The last batch of an epoch has the rows that remain.
    shuffle : bool
        True to draw a new order for every epoch, from a stream keyed by `seed` and the epoch.
    seed : int
    change : callable, optional
        Changes the rows of every batch, with a stream keyed by (seed, epoch, batch).
    share : callable, optional
        From the number of rows of a batch, the slice of them that is served in place of the whole batch.
    """

    samples: Samples
    batch_size: int
    shuffle: bool
    seed: int
    change: Change | None = None
    share: Callable[[int], slice] | None = None

    def close(self) -> None:
        """End the work that continues between epochs."""


@dataclass
class BatchReader(ReaderOfBatches):
    """Serves samples in memory, gathered into buffers that are reused."""

    _buffers: dict[int, Samples] = field(default_factory=dict, init=False)

    def order(self, number: int) -> np.ndarray[Any, Any]:
        """The order of the samples in an epoch."""
        count = len(self.samples)
        return stream(Purpose.SHUFFLE, self.seed, number + 1).permutation(count) if self.shuffle else np.arange(count)

    def epoch(self, number: int, first: int = 0, *, goes_on: bool = False) -> Generator[Samples, None, None]:
        """The batches of one epoch, from batch `first` on; each is overwritten by the next of its size.

        `goes_on` only matters for samples in files.
        """
        count = len(self.samples)
        order = self.order(number) if self.shuffle else None
        for batch, start in enumerate(range(first * self.batch_size, count, self.batch_size), first):
            stop = min(start + self.batch_size, count)
            mine = slice(0, stop - start) if self.share is None else self.share(stop - start)
            # Changes draw numbers for all rows, so they get the whole batch.
            rows = slice(start + mine.start, start + mine.stop) if self.change is None else slice(start, stop)
            samples = self.samples.each(itemgetter(rows)) if order is None else self._gathered(order[rows])
            if self.change is not None:
                source = stream(Purpose.AUGMENTATION, self.seed, number + 1, batch)
                samples = replace(samples, x=self.change(samples.x, source)).each(itemgetter(mine))
            yield samples

    def _gathered(self, index: np.ndarray[Any, Any]) -> Samples:
        """The samples at an index, in the buffers for batches of this size. Sparse rows get new memory."""
        samples, rows = self.samples, len(index)
        if rows not in self._buffers or is_sparse(samples.x):
            self._buffers[rows] = samples.each(
                lambda array: array[index] if is_sparse(array) else empty((rows, *array.shape[1:]), array)
            )
        kept = self._buffers[rows]
        for array, buffer in (samples.x, kept.x), (samples.targets, kept.targets), (samples.weights, kept.weights):
            if array is not None and not is_sparse(array):
                gather_rows(array, index, out=buffer)
        return kept
