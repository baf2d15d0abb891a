"""The rows of the samples: the only way in which a solver sees them.

    map_reduce(function, state)    the sum of function(block, state) over all blocks of rows
    pull_back(function, state)     the same for functions that return a number and residuals R: the sum of the numbers,
                                   and x^T R
    take(numbers)                  some rows, for a centre or a preconditioner that needs only a few samples

A function sees its block and the given state, and nothing else of the samples. The block also gives access to arrays
that are kept for all rows between calls: logits, slopes, probabilities. So the rows may lie anywhere. Here they are in
memory, and threads share them in blocks that stay in the processor's cache; rows on a disk or a cluster need another
class with these three methods. Each product uses one thread (`single_threaded_products`), so that the exponentials
between products, which NumPy computes with one thread, use all cores. Sums are added in a fixed order, which depends on
the number of threads only.

Dense samples are multiplied by both factors while their block is in the cache, and each thread sums a gradient of its
own. For sparse samples, x^T R of one block would be as large as the whole gradient. There the residuals of many rows
are kept, and each thread multiplies some of the features by them, from a copy of the samples sorted by feature.
"""

from collections.abc import Callable
from copy import deepcopy
from dataclasses import dataclass
from functools import reduce
from itertools import pairwise
from typing import Any

import numpy as np

from chainrule.arrays import Array, empty_classes_major, is_sparse, matmul
from chainrule.kernels.workers import each
from chainrule.solvers.convex.problem import Problem
from chainrule.workspace import Workspace

BLOCK_BYTES = 1 << 22
"""Bytes of the features and logits of a dense block. The second product then finds them in a cache, and the time beside
the products is small: a quarter of these bytes takes 10% longer, or 30% if rows are long."""

SPARSE_BLOCK_BYTES = 1 << 20
"""Bytes of the logits of a sparse block, so that they stay in the core's own cache."""

RESIDUAL_BYTES = 1 << 26
"""Most bytes of residuals that are kept for a product with sparse samples."""

PRODUCT_ENTRIES = 1 << 20
"""Entries of a product that are added to the gradient at once. With very many classes the product is computed for some
classes at a time, so that it stays in a cache."""

GRADIENT_ENTRIES = 1 << 15
"""Entries of the gradient of sparse samples that are computed at once, so that they stay in the cache."""

FEW_OUTPUTS = 32
"""Up to this many logits, columns are contiguous in memory, because NumPy's reductions along a row are then faster."""

VECTOR_ENTRIES = 1 << 14
"""Entries of a vector that a thread works on at once, so that they stay in the cache."""

WORTH_SHARING = 1 << 18
"""Smallest number of entries of a vector for which a second thread saves time."""

SUMMED_IN_FLOAT32 = 1 << 16
"""Most products of float32 numbers that are summed in float32. The partial sums are added in float64."""


@dataclass(frozen=True, eq=False)
class RowBlock:
    """Some rows of the samples.

    Attributes
    ----------
    rows : slice
        The position of these rows among all rows.
    shares : array
        Each row's share of the loss, a column in float64.
    curvatures : array
        The factor of the Hessian of each row's loss by the logits, a column in float64.
    work : Workspace
        Buffers of the thread.
    like : array
        An empty array with k columns in the dtype of the logits.
    kept : dict[str, Array]
        Arrays for all rows that are kept between calls, by name.
    """

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

    def transposed_times(self, rows: Array) -> Array:
        """x^T R in a buffer that the next call overwrites."""
        product = self.work("product", (self.x.shape[1], rows.shape[1]), rows)
        return np.matmul(self.x.T, rows, out=product)

    def buffer(self, name: str) -> Array:
        """A buffer of the thread with k columns for these rows."""
        count, k = len(self.shares), self.like.shape[1]
        return self.work(name, (count, k), self.like) if k > FEW_OUTPUTS else self.work(name, (k, count), self.like).T

    def of(self, name: str) -> Array:
        """These rows of a kept array, or a buffer of the thread if the array is not kept."""
        return self.kept[name][self.rows] if name in self.kept else self.buffer(name)


class Rows:
    """Rows in memory.

    Parameters
    ----------
    problem : Problem
        Its samples, targets and weights.
    threads : int
        The number of threads that share the rows.
    size : int
        The most rows of a block.
    chunk : int, optional
        The threads share this many rows, then the next ones, and so on; all rows by default.
    dtype : dtype, optional
        The dtype of logits; that of the samples by default.
    kept : dict, optional
        Arrays that another object for the same rows keeps.
    """

    def __init__(
        self,
        problem: Problem,
        threads: int,
        size: int,
        chunk: int | None = None,
        dtype: Any = None,
        kept: dict[str, Array] | None = None,
    ) -> None:
        self.threads, self.kept = threads, {} if kept is None else kept
        self._problem = problem
        self._like = np.empty((0, problem.n_outputs), dtype or problem.x.dtype)
        self._works = [Workspace() for _ in range(threads)]
        self._chunks = [self._blocks(rows, size) for rows in cut(0, problem.n_samples, chunk or problem.n_samples)]
        self.blocks = [[block for part in self._chunks for block in part[thread]] for thread in range(threads)]

    def map_reduce(self, function: Callable[[RowBlock, Any], Any], state: Any) -> Any:
        """The sum of function(block, state) over all blocks. The function returns a number, an array, a tuple or None.

        It may return its buffers: they are copied.
        """

        def work(thread: int) -> Any:
            total = None
            for block in self.blocks[thread]:
                part = function(block, state)
                total = deepcopy(part) if total is None else _sum(total, part)
            return total

        return reduce(_sum, each(self.threads, work))

    def take(self, numbers: Any) -> Array:
        """The samples with these row numbers, or the sample with this number."""
        return self._problem.x[numbers]

    def keep(self, name: str, dtype: Any = None) -> None:
        """Keep k numbers for every row from one call to the next."""
        shape, like = (self._problem.n_samples, self._like.shape[1]), np.empty(0, dtype or self._like.dtype)
        few = shape[1] <= FEW_OUTPUTS
        self.kept[name] = empty_classes_major(*shape, like) if few else np.empty(shape, like.dtype)

    # What follows is private.

    def _blocks(self, chunk: slice, size: int) -> list[list[RowBlock]]:
        """For each thread, its blocks of a chunk of rows."""
        p, shares, curvatures = self._problem, self._problem.row_shares[:, None], self._problem.row_curvatures[:, None]

        def block(work: Workspace, part: slice) -> RowBlock:
            rows = slice(chunk.start + part.start, chunk.start + part.stop)
            of_rows = (p.x[rows], p.targets[rows], shares[rows], curvatures[rows])
            return RowBlock(rows, *of_rows, work, self._like, self.kept)

        by_thread = row_blocks(chunk.stop - chunk.start, size, self.threads)
        return [[block(work, part) for part in parts] for work, parts in zip(self._works, by_thread, strict=True)]


Residuals = Callable[[RowBlock, Any], tuple[float, Array]]
"""A function of a block and a state that returns a number and residuals: k numbers for each row."""


class DenseRows(Rows):
    """A dense array of samples.

    Parameters
    ----------
    problem : Problem
    threads : int
    vectors : dtype
        The dtype of x^T R.
    dtype, kept
        As for `Rows`.
    """

    def __init__(self, problem: Problem, threads: int, vectors: Any, dtype: Any, kept: dict[str, Array] | None) -> None:
        super().__init__(problem, threads, _block_rows(problem), dtype=dtype, kept=kept)
        self._shape, self._vectors = (problem.n_features + 1, problem.n_outputs), np.empty(0, vectors)
        self._classes = cut(0, problem.n_outputs, PRODUCT_ENTRIES // problem.n_features)

    def pull_back(self, function: Residuals, state: Any) -> tuple[float, Array]:
        """The sum of the numbers, and x^T R with the column sums of R as its last row."""

        def work(thread: int) -> tuple[float, Array]:
            total, like = 0.0, self._vectors
            # The first thread's gradient becomes the result. The others use buffers, since fresh memory is slow.
            gradient = (
                np.empty(self._shape, like.dtype) if thread == 0 else self._works[thread]("gradient", self._shape, like)
            )
            gradient.fill(0)
            for block in self.blocks[thread]:
                part, rows = function(block, state)
                total += part
                for classes in self._classes:
                    gradient[:-1, classes] += block.transposed_times(rows[:, classes])
                gradient[-1] += rows.sum(axis=0)
            return total, gradient

        found: tuple[float, Array] = reduce(_sum, each(self.threads, work))
        return found


class SparseRows(Rows):
    """A CSR matrix of samples; parameters as for `DenseRows`."""

    def __init__(self, problem: Problem, threads: int, vectors: Any, dtype: Any, kept: dict[str, Array] | None) -> None:
        x, k = problem.x, problem.n_outputs
        chunk = max(1, RESIDUAL_BYTES // (k * x.dtype.itemsize))
        super().__init__(problem, threads, _block_rows(problem), chunk, dtype, kept)
        self._vectors = vectors
        firsts = range(0, problem.n_samples, chunk)
        self._by_feature = [_by_feature(x[first : first + chunk], threads, GRADIENT_ENTRIES // k) for first in firsts]
        self._residuals = np.empty((min(chunk, problem.n_samples), k), x.dtype)

    def pull_back(self, function: Residuals, state: Any, *, squared: bool = False) -> tuple[float, Array]:
        """The sum of the numbers, and x^T R (or (x * x)^T R) with the column sums of R as its last row."""
        gradient = np.empty((self._problem.n_features + 1, self._problem.n_outputs), self._vectors)
        gradient[-1] = 0.0
        total, first = 0.0, 0
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

            for part, sums in each(self.threads, fill):
                total += part
                gradient[-1] += sums
            each(self.threads, multiply)
            first += len(self._residuals)
        return total, gradient


FitRows = DenseRows | SparseRows
"""Rows that have `pull_back`."""


def with_entries(x: Array, entries: Array) -> Array:
    """A CSR matrix with other entries at the positions of `x`; the positions are shared."""
    return type(x)((entries, x.indices, x.indptr), shape=x.shape)


def cut(start: int, stop: int, size: int) -> list[slice]:
    """Consecutive slices of at most `size` entries; a size below 1 counts as 1.

    >>> cut(5, 10, 3)
    [slice(5, 8, None), slice(8, 10, None)]
    """
    size = max(size, 1)
    return [slice(first, min(first + size, stop)) for first in range(start, stop, size)]


def row_blocks(rows: int, size: int, threads: int) -> list[list[slice]]:
    """For each thread, its consecutive blocks of at most `size` rows.

    >>> row_blocks(10, 3, 2)
    [[slice(0, 3, None), slice(3, 5, None)], [slice(5, 8, None), slice(8, 10, None)]]
    """
    edges = [rows * number // threads for number in range(threads + 1)]
    return [cut(start, stop, size) for start, stop in pairwise(edges)]


def over_rows(threads: int, shape: tuple[int, int], work: Callable[[slice], float]) -> float:
    """The sum of `work` over slices of all rows. Only large arrays use more than one thread."""
    threads = threads if shape[0] * shape[1] >= WORTH_SHARING else 1
    blocks = row_blocks(shape[0], VECTOR_ENTRIES // max(shape[1], 1), threads)
    return sum(each(threads, lambda thread: sum(map(work, blocks[thread]))))


def dot(a: Array, b: Array) -> float:
    """The inner product of two arrays. Large float32 arrays are summed in chunks, and the chunks in float64."""
    if a.dtype == np.float64:
        return float(np.vdot(a, b))
    first, second = a.reshape(-1), b.reshape(-1)
    return float(sum(float(np.dot(first[part], second[part])) for part in cut(0, len(first), SUMMED_IN_FLOAT32)))


# What follows is private.


def _sum(total: Any, part: Any) -> Any:
    """The sum of two numbers, of two arrays (in the first one's memory), or of two tuples entry by entry."""
    if total is None or part is None:
        return part if total is None else total
    if isinstance(total, tuple):
        return tuple(map(_sum, total, part))
    total += part
    return total


def _block_rows(problem: Problem) -> int:
    """The number of rows of a block."""
    size = problem.x.dtype.itemsize
    logits = problem.n_outputs * size * 2
    if is_sparse(problem.x):
        return int(np.clip(SPARSE_BLOCK_BYTES // logits, 64, 4096))
    return int(np.clip(BLOCK_BYTES // (logits + problem.n_features * size), 64, 4096))


def _by_feature(x: Array, threads: int, at_once: int) -> list[list[tuple[slice, Array]]]:
    """For each thread some rows of x^T, with about equally many entries, in parts of at most `at_once` rows."""
    transposed = x.T.tocsr()
    ends = np.searchsorted(transposed.indptr, transposed.nnz * np.arange(1, threads) / threads)
    edges = [0, *(int(end) for end in ends), x.shape[1]]
    return [[(features, transposed[features]) for features in cut(a, b, at_once)] for a, b in pairwise(edges)]
