"""Blocks of samples' rows, their logits at a point, and the data that all blocks share."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

import numpy as np

from chainrule.arrays import Array, is_sparse, matmul
from chainrule.engines.tree_sums import Lender
from chainrule.solvers.convex.slices import cut
from chainrule.workspace import Workspace

FEW_OUTPUTS = 32
"""Up to this many logits, columns are contiguous in memory, because NumPy's reductions along a row are then faster."""

PART_BYTES, FEWEST_OF_PART = 1 << 21, 16
"""Bytes of the logits of a part of a block, and fewest rows of a part. Logits that are not kept thus stay in the core's
own cache."""

CACHED = 1 << 16
"""Entries of features that are converted to another dtype at once, so that they stay in the core's own cache."""

Folded = tuple[Array, Array]
"""Weights and offsets that give logits (or slopes of logits) of the samples as they are stored."""

_versions = itertools.count()


class LogitPoint(NamedTuple):
    """Parameters at which logits are wanted.

    Attributes
    ----------
    folded : Folded
    version : int
        A number that no other point has.
    slot : str or None
        The name under which logits at this point may be kept; None if they are not.
    line : tuple or None
        A point, a direction (as a point) and a step, if the logits are those of the point plus the step times those of
        the direction: if both are kept, no product is needed. Both have their own `folded`.
    """

    folded: Folded
    version: int
    slot: str | None
    line: tuple[LogitPoint, LogitPoint, float] | None = None

    def without_version(self) -> tuple[Any, ...]:
        """The fields that a journal of the fit compares."""
        return self.folded, self.slot, self.line

    @classmethod
    def at(cls, folded: Folded, slot: str | None = None) -> LogitPoint:
        """A new point."""
        return cls(folded, next(_versions), slot)

    def moved(self, direction: LogitPoint, step: float) -> LogitPoint:
        """The point after a step along a direction, whose slot it takes. A point on a line must not start another line.

        Copies of the vectors are kept, because both may share vectors that the solver goes on to change in place.
        """
        start, along = (
            point._replace(folded=(point.folded[0].copy(), point.folded[1].copy())) for point in (self, direction)
        )
        return LogitPoint(start.folded, next(_versions), direction.slot, (start, along, step))


class View(NamedTuple):
    """The data that blocks need from the problem.

    Attributes
    ----------
    n_outputs : int
    mass : float
        The sum of the samples' absolute weights, or their number.
    dtype : dtype
        The dtype of logits.
    vectors : dtype
        The dtype of sums of sparse products.
    narrow : Narrowing or None
        Makes blocks whose products are in bfloat16; see `narrow`.
    keeps : bool
        True if logits may be kept from one call to the next.
    compiled : bool
        True if compiled loops take rows of logits, where they are available.
    """

    n_outputs: int
    mass: float
    dtype: np.dtype[Any]
    vectors: np.dtype[Any] = np.dtype(np.float64)
    narrow: Any = None
    keeps: bool = True
    compiled: bool = False


@dataclass(frozen=True, eq=False)
class RowBlock:
    """Some rows of the samples.

    Attributes
    ----------
    rows : slice
        The position of these rows among all rows.
    shares : array
        Each row's share of the loss, a column in float64.
    work : Workspace
        Buffers of the thread.
    lender : Lender
        Lends memory for large results.
    kept : dict or None
        Results that are kept between calls.
    view : View
    converted : CSR or None
        Sparse features in the dtype of the view, if they have another one.
    """

    rows: slice
    x: Array
    targets: Array
    shares: Array
    work: Workspace
    lender: Lender
    kept: dict[Any, Any] | None
    view: View
    converted: Array | None = None

    @property
    def curvatures(self) -> Array:
        """A column of factors of the rows' Hessians with respect to the logits: share times sum of targets."""
        if self.view.n_outputs == 1 or self.targets.ndim == 1:
            return self.shares
        return np.asarray(self.shares * self.targets.sum(axis=1, keepdims=True, dtype=np.float64))

    @property
    def first(self) -> list[Array]:
        """The first of all rows, in float64, if it is in this block."""
        return [np.asarray(self.x[0], np.float64)] if self.rows.start == 0 else []

    def times(self, weights: Array, offset: Array, out: Array) -> Array:
        """x W + b, into `out`."""
        x = self.x if self.converted is None or weights.dtype != self.view.dtype else self.converted
        if is_sparse(x) or x.dtype == weights.dtype:
            matmul(x, weights, out=out)
        else:
            for rows, part in self._in_dtype(weights.dtype):
                np.matmul(part, weights, out=out[rows])
        return np.add(out, offset, out=out)

    def transposed_times(self, rows: Array, out: Array) -> Array:
        """x^T R, into `out`."""
        if self.x.dtype == rows.dtype:
            return np.asarray(np.matmul(self.x.T, rows, out=out))
        out.fill(0.0)
        product = self.work("product of a part", out.shape, out)
        for of_part, part in self._in_dtype(rows.dtype):
            np.add(out, np.matmul(part.T, rows[of_part], out=product), out=out)
        return out

    def buffer(self, name: str, dtype: Any = None) -> Array:
        """A buffer of the thread with k columns for these rows."""
        count, k = len(self.shares), self.view.n_outputs
        like = empty_of(dtype or self.view.dtype)
        return self.work(name, (count, k), like) if k > FEW_OUTPUTS else self.work(name, (k, count), like).T

    def parts(self, point: LogitPoint) -> list[tuple[slice, RowBlock]]:
        """The block in parts whose logits stay in the cache, with their rows in it; one part if its logits are kept."""
        count, k = len(self.shares), self.view.n_outputs
        size = max(FEWEST_OF_PART, PART_BYTES // (k * self.view.dtype.itemsize))
        kept = self.kept is not None and point.slot is not None
        if kept or k <= FEW_OUTPUTS or size >= count or is_sparse(self.x) or self.view.narrow is not None:
            return [(slice(0, count), self)]
        return [(rows, self._part(rows)) for rows in cut(0, count, size)]

    def remembered(self, name: str, point: LogitPoint, compute: Callable[[Array], object], dtype: Any = None) -> Array:
        """The array with k columns that `compute` fills at a point. It is kept if the point has a slot."""
        if self.kept is None or point.slot is None:
            result = self.buffer(name + (point.slot or ""), dtype)
            compute(result)
            return result
        key = name, point.slot, self.rows.start, self.view.dtype if dtype is None else np.dtype(dtype)
        version, result = self.kept.get(key, (None, None))
        if version != point.version:
            if result is None:
                count, k = len(self.shares), self.view.n_outputs
                few = k <= FEW_OUTPUTS
                result = np.empty((k, count), key[3]).T if few else np.empty((count, k), key[3])
            compute(result)
            self.kept[key] = point.version, result
        return result

    def logits(self, point: LogitPoint) -> Array:
        """The logits at a point, which must not be written to."""
        weights, offset = point.folded

        def compute(out: Array) -> None:
            if point.line is None:
                self.times(weights, offset, out)
            else:
                start, direction, step = point.line
                # The slopes may lie in `out`.
                np.multiply(self.logits(direction), out.dtype.type(step), out=out)
                np.add(out, self.logits(start), out=out)

        return self.remembered("logits", point, compute, weights.dtype)

    def _part(self, rows: slice) -> RowBlock:
        """Some rows of a dense block."""
        first = self.rows.start
        return replace(
            self,
            rows=slice(first + rows.start, first + rows.stop),
            x=self.x[rows],
            targets=None if self.targets is None else self.targets[rows],
            shares=self.shares[rows],
        )

    def _in_dtype(self, dtype: Any) -> Iterator[tuple[slice, Array]]:
        """Dense rows in another dtype, some at a time in a buffer; NumPy would convert all rows for each product."""
        rows, d = self.x.shape
        for part in cut(0, rows, CACHED // d):
            x = self.work("converted", (part.stop - part.start, d), self.x, dtype)
            np.copyto(x, self.x[part])
            yield part, x


def empty_of(dtype: Any) -> Array:
    """An empty array of a dtype."""
    return np.empty(0, dtype)
