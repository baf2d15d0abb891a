"""The rows of the samples: the only way in which a solver sees them.

    map_reduce(function, state)    the sum over all blocks of rows of function(block, state)
    pull_back(function, state)     the same where a block gives a number and residuals R: the numbers' sum, and x^T R
    take(numbers)                  some rows, to draw a few samples

A function sees its block and the state that it is given, and nothing else of the samples; what is kept for every row
from one call to the next (logits, slopes, probabilities) is asked from the block. So rows may lie anywhere: here they
are in memory, and threads share them in blocks that stay in the processor's cache. Sums are made in a fixed order; they
depend on the number of threads, and not on their pace. Another engine, for a disk or a cluster, is another class with
these three methods.

Dense samples are multiplied block by block, while a block is in the cache, and each thread adds up a gradient of its
own. A sparse block's x^T R would be as large as the whole gradient; there the residuals of many rows are kept, and each
thread multiplies a part of the features by them, from the samples sorted by feature.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial, reduce
from itertools import pairwise
from typing import Any

import numpy as np

from chainrule.arrays import Array, empty_classes_major, is_sparse, matmul
from chainrule.solvers.convex.crew import Crew, added, cut, row_blocks
from chainrule.solvers.convex.problem import Problem
from chainrule.workspace import Workspace

BLOCK_BYTES = 1 << 22
"""Bytes of a block's features and logits together: the second product finds them in a cache, and what a block costs
beside its products is small. A quarter of it takes a tenth longer, and a third where the rows are long."""

SPARSE_BLOCK_BYTES = 1 << 20
"""Bytes of a block's logits alone, where the features are sparse: they should stay in a core's own cache."""

RESIDUAL_BYTES = 1 << 26
"""Bytes of the residuals that are kept for the product with sparse samples."""

PRODUCT_ENTRIES = 1 << 20
"""Entries of a product that are added to the gradient at once: of very many classes a few, so that it stays in a
cache."""

GRADIENT_ENTRIES = 1 << 15
"""Entries of the gradient of sparse samples made at once: they stay in the cache until they are in place."""

MANY_PARAMETERS = 1 << 22
"""From this many on, gradients of float32 samples are float32 too: the solver's vectors are what takes the memory."""

FEW_OUTPUTS = 32
"""Up to this many logits, NumPy's reductions along a row are faster with the columns lying together in memory."""


@dataclass(frozen=True, eq=False)
class RowBlock:
    """Some rows of the samples, and what belongs to them.

    Attributes
    ----------
    rows : slice
        Which of all rows these are.
    shares : array
        Each row's share of the loss, a column in float64.
    curvatures : array
        Each row's factor of its loss's Hessian by the logits, a column in float64.
    work : Workspace
        Memory of the thread.
    like : array
        An empty array of k columns in the precision of logits.
    kept : dict[str, Array]
        Arrays of all rows that are kept between calls, by name.
    """

    thread: int
    rows: slice
    x: Array
    targets: Array
    shares: Array
    curvatures: Array
    work: Workspace
    like: Array
    kept: dict[str, Array]

    def times(self, weights: Array, offset: Array, out: Array) -> Array:
        """x W + b, into `out`."""
        return np.add(matmul(self.x, weights, out=out), offset, out=out)

    def transposed_times(self, rows: Array, *, squared: bool) -> Array:
        """x^T R, or the same with x squared by entry, in memory that the next call overwrites."""
        product = self.work("product", (self.x.shape[1], rows.shape[1]), rows)
        return np.matmul((np.square(self.x) if squared else self.x).T, rows, out=product)

    def scratch(self, name: str) -> Array:
        """k columns for these rows, in memory of the thread."""
        count, k = self.rows.stop - self.rows.start, self.like.shape[1]
        return self.work(name, (count, k), self.like) if k > FEW_OUTPUTS else self.work(name, (k, count), self.like).T

    def column(self, name: str) -> Array:
        """A column for these rows, in memory of the thread."""
        return self.work(name, (self.rows.stop - self.rows.start, 1), self.like)

    def of(self, name: str) -> Array:
        """These rows of an array that is kept, or scratch memory if it is not."""
        return self.kept[name][self.rows] if name in self.kept else self.scratch(name)


class Rows:
    """Rows in memory, for sums over them.

    Parameters
    ----------
    problem : Problem
        Its samples, targets and weights.
    team : Crew
        The threads that share the rows.
    size : int
        The most rows of a block.
    chunk : int, optional
        The most rows that the blocks of all threads have together, before the next ones begin; by default all.
    dtype : dtype, optional
        The precision of logits; by default that of the samples.
    kept : dict, optional
        Arrays that another engine on the same rows keeps.
    """

    def __init__(
        self,
        problem: Problem,
        team: Crew,
        size: int,
        chunk: int | None = None,
        dtype: Any = None,
        kept: dict[str, Array] | None = None,
    ) -> None:
        self.team, self.kept = team, {} if kept is None else kept
        self._problem = problem
        self._like = np.empty((0, problem.n_outputs), dtype or problem.x.dtype)
        self._works = [Workspace() for _ in range(team.count)]
        n, chunk = problem.n_samples, chunk or max(problem.n_samples, 1)
        self._chunks = [self._cut(first, min(first + chunk, n), size) for first in range(0, n, chunk)]
        self.blocks = [[block for part in self._chunks for block in part[thread]] for thread in range(team.count)]

    def map_reduce(self, function: Callable[[RowBlock, Any], Any], state: Any) -> Any:
        """The sum of function(block, state) over all blocks: of a number, an array, or a tuple of these.

        Sums of arrays are in memory that the next call overwrites. A function that returns None is only run.
        """

        def work(thread: int) -> Any:
            total = None
            for block in self.blocks[thread]:
                part = function(block, state)
                total = _copied(part, self._works[thread]) if total is None else _sum(total, part)
            return total

        return reduce(_sum, self.team.each(work))

    def take(self, numbers: Array) -> Array:
        """The samples of these numbers."""
        return self._problem.x[numbers]

    def keep(self, name: str, dtype: Any = None) -> None:
        """Keep k numbers for every row, from one call to the next, in the order of memory that reductions like."""
        shape, like = (self._problem.n_samples, self._like.shape[1]), np.empty(0, dtype or self._like.dtype)
        few = shape[1] <= FEW_OUTPUTS
        self.kept[name] = empty_classes_major(*shape, like) if few else np.empty(shape, like.dtype)

    # What follows is private.

    def _cut(self, start: int, stop: int, size: int) -> list[list[RowBlock]]:
        """The blocks of every thread, for some of all rows."""
        p, blocks = self._problem, row_blocks(stop - start, size, self.team.count)
        shares, curvatures = p.row_shares[:, None], p.row_curvatures[:, None]

        def block(thread: int, part: slice) -> RowBlock:
            rows = slice(start + part.start, start + part.stop)
            of_rows = (p.x[rows], p.targets[rows], shares[rows], curvatures[rows])
            return RowBlock(thread, rows, *of_rows, self._works[thread], self._like, self.kept)

        return [[block(thread, part) for part in share] for thread, share in enumerate(blocks)]


Residuals = Callable[[RowBlock, Any], tuple[float, Array]]
"""From a block and a state, a number to be added up and residuals: k numbers for every row."""


class DenseRows(Rows):
    """A dense array of samples.

    Parameters
    ----------
    problem : Problem
    team : Crew
    vectors : dtype
        The precision of x^T R.
    dtype, kept
        As for `Rows`.
    """

    def __init__(self, problem: Problem, team: Crew, vectors: Any, dtype: Any, kept: dict[str, Array] | None) -> None:
        super().__init__(problem, team, _block_rows(problem.x, problem.n_outputs), None, dtype, kept)
        self._shape, self._vectors = (problem.n_features + 1, problem.n_outputs), np.empty(0, vectors)
        self._classes = cut(0, problem.n_outputs, PRODUCT_ENTRIES // problem.n_features)

    def pull_back(self, function: Residuals, state: Any, *, squared: bool = False) -> tuple[float, Array]:
        """The sum of the numbers, and x^T R with the sums of R as the last row; x squared by entry, if asked for."""

        def work(thread: int) -> tuple[float, Array]:
            total, like = 0.0, self._vectors
            # The first one's becomes the sum; fresh memory for the others' would take longer than adding them up.
            gradient = (
                np.empty(self._shape, like.dtype) if thread == 0 else self._works[thread]("gradient", self._shape, like)
            )
            gradient.fill(0)
            for block in self.blocks[thread]:
                part, rows = function(block, state)
                total += part
                for classes in self._classes:
                    gradient[:-1, classes] += block.transposed_times(rows[:, classes], squared=squared)
                gradient[-1] += rows.sum(axis=0)
            return total, gradient

        parts = self.team.each(work)
        return sum(part for part, _ in parts), added([part for _, part in parts])


class SparseRows(Rows):
    """A CSR matrix of samples; parameters as for `DenseRows`."""

    def __init__(self, problem: Problem, team: Crew, vectors: Any, dtype: Any, kept: dict[str, Array] | None) -> None:
        x, k = problem.x, problem.n_outputs
        chunk = max(1, RESIDUAL_BYTES // (k * x.dtype.itemsize))
        super().__init__(problem, team, _block_rows(x, k), chunk, dtype, kept)
        self._gradient = partial(np.empty, (problem.n_features + 1, k), vectors)
        firsts = range(0, problem.n_samples, chunk)
        self._by_feature = [
            _by_feature(x[first : first + chunk], team.count, GRADIENT_ENTRIES // k) for first in firsts
        ]
        self._residuals = np.empty((min(chunk, problem.n_samples), k), x.dtype)

    def pull_back(self, function: Residuals, state: Any, *, squared: bool = False) -> tuple[float, Array]:
        """The sum of the numbers, and x^T R with the sums of R as the last row; x squared by entry, if asked for."""
        gradient, total, first = self._gradient(), 0.0, 0
        gradient[-1] = 0.0
        for blocks, parts in zip(self._chunks, self._by_feature, strict=True):

            def fill(thread: int, first: int = first, blocks: list[list[RowBlock]] = blocks) -> tuple[float, Array]:
                part, sums = 0.0, np.zeros(self._like.shape[1])
                for block in blocks[thread]:
                    number, rows = function(block, state)
                    part += number
                    sums += rows.sum(axis=0)
                    self._residuals[block.rows.start - first : block.rows.stop - first] = rows
                return part, sums

            def multiply(thread: int, first: int = first, parts: list[list[tuple[slice, Array]]] = parts) -> None:
                for features, transposed in parts[thread]:
                    factor = with_entries(transposed, np.square(transposed.data)) if squared else transposed
                    product = factor @ self._residuals[: transposed.shape[1]]
                    if first:
                        gradient[features] += product
                    else:
                        gradient[features] = product

            for part, sums in self.team.each(fill):
                total += part
                gradient[-1] += sums
            self.team.each(multiply)
            first += len(self._residuals)
        return total, gradient


FitRows = DenseRows | SparseRows
"""Rows whose products a fit asks for again and again."""


def gradient_dtype(x: Array, n_outputs: int) -> type:
    """float64, unless vectors would be the larger part of the memory."""
    return x.dtype.type if x.shape[1] * n_outputs >= MANY_PARAMETERS else np.float64


def with_entries(x: Array, entries: Array) -> Array:
    """A CSR matrix with other entries, at the indices of `x` itself."""
    return type(x)((entries, x.indices, x.indptr), shape=x.shape)


# What follows is private.


def _sum(total: Any, part: Any) -> Any:
    """The sum of two numbers, or of two arrays in the first one's memory; of tuples, entry by entry."""
    if total is None or part is None:
        return part if total is None else total
    if isinstance(total, tuple):
        return tuple(map(_sum, total, part))
    total += part
    return total


def _copied(part: Any, work: Workspace, number: int = 0) -> Any:
    """What a block gave, with arrays copied to memory that later blocks do not overwrite."""
    if isinstance(part, tuple):
        return tuple(_copied(one, work, number) for number, one in enumerate(part))
    if not isinstance(part, np.ndarray):
        return part
    copy = work(f"sum {number}", part.shape, part)
    copy[...] = part
    return copy


def _block_rows(x: Array, n_outputs: int) -> int:
    size = x.dtype.itemsize
    logits = n_outputs * size * 2
    if is_sparse(x):
        return int(np.clip(SPARSE_BLOCK_BYTES // logits, 64, 4096))
    return int(np.clip(BLOCK_BYTES // (logits + x.shape[1] * size), 64, 4096))


def _by_feature(x: Array, count: int, at_once: int) -> list[list[tuple[slice, Array]]]:
    """x^T in rows: for each of `count` threads some with as many entries, of which at most `at_once` rows each."""
    transposed = x.T.tocsr()
    ends = np.searchsorted(transposed.indptr, transposed.nnz * np.arange(1, count) / count)
    edges = [0, *(int(end) for end in ends), x.shape[1]]
    return [[(features, transposed[features]) for features in cut(a, b, at_once)] for a, b in pairwise(edges)]
