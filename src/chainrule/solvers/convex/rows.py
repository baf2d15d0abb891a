"""The rows of the samples, which a solver sees only through these calls:

    map_reduce(function, state)    the sum of function(block, state) over all blocks of rows
    pull_back(function, state)     the same for functions that return a number and residuals R: the sum of the numbers,
                                   and x^T R
    gather(function, state)        the arrays that a function returns, joined in the order of rows
    samples(numbers)               some samples, for a preconditioner that needs only a few of them

A function sees its block and the given state, and nothing else of the samples. An engine takes the sums over leaves of
fixed size in a fixed order (see `chainrule.engines`), so that a fit has the same bits wherever the rows lie. Logits and
probabilities at a point are functions of the block and the point. An engine with room for them keeps them from one call
to the next.

A dense leaf is one block, multiplied by one thread. A sparse leaf is large, because x^T R has a row per feature of a
large vocabulary. It is cut into blocks, which the threads share; then each thread multiplies the residuals of some
classes.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial, reduce
from typing import Any, NamedTuple

import numpy as np
import scipy.sparse

from chainrule.arrays import Array, csr_rows, is_sparse, matmul
from chainrule.engines import Leaf
from chainrule.engines.tree_sums import Lender, added
from chainrule.kernels.workers import share
from chainrule.solvers.convex.problem import Problem
from chainrule.workspace import Workspace

SPARSE_BLOCK_BYTES = 1 << 20
"""Bytes of the logits of a sparse block, so that they stay in the core's own cache."""

RESIDUAL_BYTES = 1 << 26
"""Most bytes of residuals that are kept for a product with sparse samples."""

KEPT_OF_FILES = 1 << 27
"""Logits of samples in files are kept if those of two points need at most this many bytes: reading takes longer than
the product that they save."""

FEW_OUTPUTS = 32
"""Up to this many logits, columns are contiguous in memory, because NumPy's reductions along a row are then faster."""

VECTOR_ENTRIES = 1 << 14
"""Entries of a vector that a thread works on at once, so that they stay in the cache."""

WORTH_SHARING = 1 << 18
"""Smallest number of entries of a vector for which a second thread saves time."""

PART_BYTES, FEWEST_OF_PART = 1 << 21, 16
"""Bytes of the logits of a part of a block, and fewest rows of a part. Logits that are not kept thus stay in the core's
own cache."""

COMPILED_ENTRIES = 1 << 24
"""Compiled loops take the losses from this many rows times classes on. A smaller fit is as short as importing numba."""

CACHED = 1 << 16
"""Entries of features that are converted to another dtype at once, so that they stay in the core's own cache."""

SUMMED_IN_FLOAT32 = 1 << 16
"""Most products of float32 numbers that are summed in float32. The partial sums are added in float64."""

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
        like = _like(dtype or self.view.dtype)
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


BlockFunction = Callable[[RowBlock, Any], Any]
Residuals = Callable[[RowBlock, Any], tuple[Any, Array]]
"""A function of a block and a state that returns a number (or other sums) and residuals: k numbers for each row."""


class Rows:
    """The rows of a problem.

    Parameters
    ----------
    problem : Problem
        Its samples, targets and weights. Its engine takes the sums.
    dtype : dtype, optional
        The dtype of logits; that of the samples by default.
    vectors, narrow : optional
        See `View`.
    """

    def __init__(self, problem: Problem, dtype: Any = None, vectors: Any = np.float64, narrow: Any = None) -> None:
        self.engine, self._problem = problem.engine, problem
        dtype = np.dtype(dtype or problem.dtype)
        keeps = not problem.stored or 2 * problem.n_samples * problem.n_outputs * dtype.itemsize <= KEPT_OF_FILES
        many = problem.n_samples * problem.n_outputs >= COMPILED_ENTRIES and problem.n_outputs > FEW_OUTPUTS
        self.view = View(problem.n_outputs, problem.mass, dtype, np.dtype(vectors), narrow, keeps, many)

    def map_reduce(self, function: BlockFunction, state: Any, leaves: Sequence[int] | None = None) -> Any:
        """The sum of function(block, state) over all blocks, or over some leaves: a number, array, list or tuple.

        Arrays that the function returns must not be buffers.
        """
        return self.engine.map_reduce(over_blocks, (self.view, function, state), leaves)

    def pull_back(self, function: Residuals, state: Any, *, squared: bool = False) -> tuple[Any, Array]:
        """The sum of the numbers, and x^T R (or (x * x)^T R) with the column sums of R as its last row."""
        found: tuple[Any, Array] = self.engine.map_reduce(pulled_back, (self.view, function, state, squared))
        return found

    def gather(self, function: BlockFunction, state: Any) -> Array:
        """The arrays that a function returns for each block, joined along the rows."""
        parts = self.map_reduce(_listed, (function, state))
        return np.concatenate(parts)

    def in_memory(self) -> Problem:
        """The problem with all samples in memory."""
        return self._problem.of(self.gather(_features, None))

    def samples(self, numbers: Sequence[Array]) -> Callable[[Array], Array]:
        """A function that returns the samples with the row numbers of one of these lists."""
        x = self._problem.x
        if hasattr(x, "__array__") or is_sparse(x):
            return lambda chosen: x[chosen]
        wanted = np.unique(np.concatenate(numbers))
        there = self.map_reduce(_chosen, wanted)
        found = scipy.sparse.vstack(there, format="csr") if self._problem.sparse else np.concatenate(there)
        return lambda chosen: found[np.searchsorted(wanted, chosen)]


def over_blocks(leaf: Leaf, state: tuple[View, BlockFunction, Any]) -> Any:
    """The sum of a function over the blocks of a leaf."""
    view, function, of_function = state
    if not is_sparse(leaf.x):
        return function(_block(leaf, view, slice(0, len(leaf.x)), leaf.works[0]), of_function)
    parts = _in_blocks(leaf, view, lambda block, _: function(block, of_function), in_dtype(leaf, view.dtype))
    return reduce(lambda left, right: added(left, right, leaf.lender), parts)


def pulled_back(leaf: Leaf, state: tuple[View, Residuals, Any, bool]) -> tuple[Any, Array]:
    """A number, and x^T R with the column sums of R as its last row, for the rows of a leaf."""
    view, function, of_function, squared = state
    d, k = leaf.x.shape[1], view.n_outputs
    total: Any = None
    if not is_sparse(leaf.x):
        block = _block(leaf, view, slice(0, len(leaf.x)), leaf.works[0])
        total, residuals = function(block, of_function)
        gradient = leaf.lender.lend((d + 1, k), residuals.dtype)
        block.transposed_times(residuals, gradient[:-1])
        np.sum(residuals, axis=0, out=gradient[-1], dtype=residuals.dtype)
        return total, gradient
    gradient = leaf.lender.lend((d + 1, k), view.vectors)
    gradient[-1] = 0.0
    threads, rows = len(leaf.works), leaf.x.shape[0]
    classes = cut(0, k, -(-k // threads))
    chunk = max(1, RESIDUAL_BYTES // (k * view.dtype.itemsize))
    residuals = leaf.works[0]("residuals of a leaf", (min(chunk, rows), k), _like(view.dtype))
    whole = in_dtype(leaf, view.dtype)
    for number, rows_of_chunk in enumerate(cut(0, rows, chunk)):
        x, first = csr_rows(whole, rows_of_chunk), rows_of_chunk.start
        # Columns of one thread are contiguous.
        columns = [residuals[: x.shape[0]].reshape(-1)[x.shape[0] * c.start : x.shape[0] * c.stop] for c in classes]
        columns = [part.reshape(x.shape[0], -1) for part in columns]

        def fill(block: RowBlock, at: slice, columns: list[Array] = columns, first: int = first) -> tuple[float, Array]:
            value, found = function(block, of_function)
            for part, own in zip(classes, columns, strict=True):
                own[at.start - first : at.stop - first] = found[:, part]
            return value, found.sum(axis=0, dtype=np.float64)

        for value, sums in _in_blocks(leaf, view, fill, whole, rows_of_chunk):
            total = added(total, value, leaf.lender)
            gradient[-1] += sums
        transposed = (with_entries(x, np.square(x.data)) if squared else x).T
        share(len(classes), threads, partial(_multiply, transposed, columns, gradient, classes, number > 0))
    return total, gradient


def with_entries(x: Array, entries: Array) -> Array:
    """A CSR matrix with other entries at the positions of `x`; the positions are shared."""
    return type(x)((entries, x.indices, x.indptr), shape=x.shape)


def in_dtype(leaf: Leaf, dtype: np.dtype[Any]) -> Array:
    """The sparse features of a leaf in a dtype. A smaller copy is kept if the rows lie in memory."""
    if leaf.x.dtype == dtype:
        return leaf.x
    key, keeps = ("x", dtype), leaf.in_memory and leaf.kept is not None and dtype.itemsize < leaf.x.dtype.itemsize
    found = leaf.kept.get(key) if keeps and leaf.kept is not None else None
    if found is None:
        found = with_entries(leaf.x, leaf.x.data.astype(dtype))
        if keeps and leaf.kept is not None:
            leaf.kept[key] = found
    return found


def cut(start: int, stop: int, size: int) -> list[slice]:
    """Consecutive slices of at most `size` entries; a size below 1 counts as 1.

    >>> cut(5, 10, 3)
    [slice(5, 8, None), slice(8, 10, None)]
    """
    size = max(size, 1)
    return [slice(first, min(first + size, stop)) for first in range(start, stop, size)]


def over_rows(threads: int, shape: tuple[int, int], work: Callable[[slice], float]) -> float:
    """The sum of `work` over fixed slices of all rows, in their order. Only large arrays use more than one thread."""
    slices = cut(0, shape[0], VECTOR_ENTRIES // max(shape[1], 1))
    values = [0.0] * len(slices)

    def one(_: int, number: int) -> None:
        values[number] = work(slices[number])

    share(len(slices), threads if shape[0] * shape[1] >= WORTH_SHARING else 1, one)
    return sum(values)


def dot(a: Array, b: Array) -> float:
    """The inner product of two arrays. Large float32 arrays are summed in chunks, and the chunks in float64."""
    if a.dtype == np.float64:
        return float(np.vdot(a, b))
    first, second = a.reshape(-1), b.reshape(-1)
    return float(sum(float(np.dot(first[part], second[part])) for part in cut(0, len(first), SUMMED_IN_FLOAT32)))


# What follows is private.


def _multiply(
    x: Array, columns: list[Array], gradient: Array, classes: list[slice], adds: bool, _: int, task: int
) -> None:
    """The products of x with the residuals of some classes, as these columns of the gradient or added to them."""
    part, product = gradient[:-1, classes[task]], x @ columns[task]
    np.add(part, product, out=part) if adds else np.copyto(part, product)


def _block(leaf: Leaf, view: View, rows: slice, work: Workspace) -> RowBlock:
    """Some rows of a leaf as a block. A dense leaf is one block."""
    whole = rows.stop - rows.start == leaf.x.shape[0]
    x = leaf.x if whole else csr_rows(leaf.x, rows)
    count, first = rows.stop - rows.start, leaf.rows.start + rows.start
    shares = work("shares", (count, 1), _like(np.float64))
    if leaf.weights is None:
        shares.fill(1 / view.mass)
    else:
        np.divide(leaf.weights[rows, None], view.mass or 1.0, out=shares, dtype=np.float64)
    targets = leaf.targets if whole or leaf.targets is None else leaf.targets[rows]
    kept = leaf.kept if view.keeps else None
    fields = (slice(first, first + count), x, targets, shares, work, leaf.lender, kept, view)
    block: RowBlock = (RowBlock if view.narrow is None else view.narrow.block)(*fields)
    return block


def _in_blocks(
    leaf: Leaf, view: View, function: Callable[[RowBlock, slice], Any], converted: Array, rows: slice | None = None
) -> list[Any]:
    """The results of a function for each block of a sparse leaf, in order; the threads share the blocks."""
    # The blocks are the same in any dtype: results that are kept in one view are used in another.
    size = int(np.clip(SPARSE_BLOCK_BYTES // (view.n_outputs * 16), 64, 4096))
    rows = rows or slice(0, leaf.x.shape[0])
    parts = cut(rows.start, rows.stop, size) or [rows]
    results: list[Any] = [None] * len(parts)

    def work(thread: int, number: int) -> None:
        block = _block(leaf, view, parts[number], leaf.works[thread])
        if converted is not leaf.x:
            block = replace(block, converted=csr_rows(converted, parts[number]))
        results[number] = function(block, parts[number])

    share(len(parts), len(leaf.works), work)
    return results


def _features(block: RowBlock, _: None) -> Array:
    return block.x


def _listed(block: RowBlock, state: tuple[BlockFunction, Any]) -> list[Array]:
    function, of_function = state
    return [np.array(function(block, of_function))]


def _chosen(block: RowBlock, numbers: Array) -> list[Array]:
    first, last = np.searchsorted(numbers, (block.rows.start, block.rows.stop))
    return [block.x[numbers[first:last] - block.rows.start]]


def _like(dtype: Any) -> Array:
    """An empty array of a dtype."""
    return np.empty(0, dtype)
