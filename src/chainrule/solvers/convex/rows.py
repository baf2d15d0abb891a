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

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial, reduce
from typing import Any

import numpy as np
import scipy.sparse

from chainrule.arrays import Array, csr_rows, is_sparse
from chainrule.engines import Leaf
from chainrule.engines.tree_sums import added
from chainrule.kernels.workers import share
from chainrule.solvers.convex.problem import Problem
from chainrule.solvers.convex.row_blocks import FEW_OUTPUTS, RowBlock, View, empty_of
from chainrule.solvers.convex.slices import cut
from chainrule.workspace import Workspace

SPARSE_BLOCK_BYTES = 1 << 20
"""Bytes of the logits of a sparse block, so that they stay in the core's own cache."""

RESIDUAL_BYTES = 1 << 26
"""Most bytes of residuals that are kept for a product with sparse samples."""

KEPT_OF_FILES = 1 << 27
"""Logits of samples in files are kept if those of two points need at most this many bytes: reading takes longer than
the product that they save."""

COMPILED_ENTRIES = 1 << 24
"""Compiled loops take the losses from this many rows times classes on. A smaller fit is as short as importing numba."""

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
    residuals = leaf.works[0]("residuals of a leaf", (min(chunk, rows), k), empty_of(view.dtype))
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
    shares = work("shares", (count, 1), empty_of(np.float64))
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
