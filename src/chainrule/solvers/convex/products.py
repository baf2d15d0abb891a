"""Products of the samples with weights, and of their transpose with residuals, in blocks of rows over threads.

    x W, a block at a time            x^T R and the sums of R, from residuals made a block at a time

Dense samples are multiplied block by block, while a block is in the cache, and each thread adds up a gradient of its
own. A sparse block's x^T R would be as large as the whole gradient; there the residuals of many rows are kept, and each
thread multiplies a part of the features by them, from the samples sorted by feature.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np

from chainrule.arrays import Array, is_sparse, matmul
from chainrule.solvers.convex.blocks import Crew, added, cut, row_blocks
from chainrule.workspace import Workspace

BLOCK_BYTES = 1 << 22
"""Of a block's features and logits together: the second product finds them in a cache, and what a block costs beside
its products is small. A quarter of it takes a tenth longer, and a third where the rows are long."""

SPARSE_BLOCK_BYTES = 1 << 20
"""Of a block's logits alone, where the features are sparse: they should stay in a core's own cache."""

RESIDUAL_BYTES = 1 << 26
"""Of the residuals that are kept for the product with sparse samples."""

PRODUCT_ENTRIES = 1 << 20
"""Of a product that is added to the gradient at once: of very many classes a few, so that it stays in a cache."""

GRADIENT_ENTRIES = 1 << 15
"""Of the gradient of sparse samples, made at once: it stays in the cache until it is in its place."""

MANY_PARAMETERS = 1 << 22
"""From here on gradients of float32 samples are float32 too: the solver's vectors are what takes the memory."""


class Block(NamedTuple):
    """Some rows of the samples."""

    thread: int
    rows: slice
    x: Array


Residuals = Callable[[Block], tuple[float, Array]]
"""From a block, a number to be added up and residuals, of one row per sample."""


class Products(ABC):
    """Products with samples of either kind."""

    blocks: list[list[Block]]
    """Those of every thread."""

    @abstractmethod
    def transposed(self, residuals: Residuals, *, squared: bool = False) -> tuple[float, Array]:
        """The sum of the numbers, and x^T R with the sums of R as the last row; x squared by entry, if asked for."""

    def times(self, block: Block, weights: Array, offset: Array, out: Array) -> Array:
        """x W + b of a block, into `out`."""
        return np.add(matmul(block.x, weights, out=out), offset, out=out)


class DenseProducts(Products):
    """Products with a dense array of samples."""

    def __init__(self, x: Array, n_outputs: int, team: Crew, dtype: Any) -> None:
        self.team, self.n_features, self.n_outputs, self._dtype = team, x.shape[1], n_outputs, dtype
        self.blocks = _blocks(x, row_blocks(x.shape[0], _block_rows(x, n_outputs), team.count))
        self._like = x[:0]
        self._classes = cut(0, n_outputs, PRODUCT_ENTRIES // x.shape[1])
        self._works = [Workspace() for _ in range(team.count)]

    def transposed(self, residuals: Residuals, *, squared: bool = False) -> tuple[float, Array]:
        """The sum of the numbers, and x^T R with the sums of R as the last row; x squared by entry, if asked for."""

        def work(thread: int) -> tuple[float, Array]:
            total, memory, shape = 0.0, self._works[thread], (self.n_features + 1, self.n_outputs)
            # The first one's becomes the sum; fresh memory for the others' would take longer than adding them up.
            gradient = (
                np.empty(shape, self._dtype) if thread == 0 else memory("gradient", shape, self._like, self._dtype)
            )
            gradient.fill(0)
            for block in self.blocks[thread]:
                part, rows = residuals(block)
                total += part
                for classes in self._classes:
                    gradient[:-1, classes] += self._transposed_times(block, rows[:, classes], squared)
                gradient[-1] += rows.sum(axis=0)
            return total, gradient

        parts = self.team.each(work)
        return sum(part for part, _ in parts), added([part for _, part in parts])

    def _transposed_times(self, block: Block, rows: Array, squared: bool) -> Array:
        """x^T R of a block, in memory that the next call writes to."""
        product = self._works[block.thread]("product", (self.n_features, rows.shape[1]), rows)
        return np.matmul((np.square(block.x) if squared else block.x).T, rows, out=product)


class SparseProducts(Products):
    """Products with a CSR matrix of samples."""

    def __init__(self, x: Array, n_outputs: int, team: Crew, dtype: Any) -> None:
        self.team, self.n_features, self.n_outputs, self._dtype = team, x.shape[1], n_outputs, dtype
        self._chunks = []
        at_once = max(1, RESIDUAL_BYTES // (n_outputs * x.dtype.itemsize))
        self.blocks = [[] for _ in range(team.count)]
        for first in range(0, x.shape[0], at_once):
            rows = x[first : first + at_once]
            parts = _by_feature(rows, team.count, GRADIENT_ENTRIES // n_outputs)
            shares = row_blocks(rows.shape[0], _block_rows(x, n_outputs), team.count)
            blocks = _blocks(x, [[slice(first + s.start, first + s.stop) for s in share] for share in shares])
            self._chunks.append((first, blocks, parts))
            for mine, more in zip(self.blocks, blocks, strict=True):
                mine.extend(more)
        self._rows = np.empty((min(at_once, x.shape[0]), n_outputs), x.dtype)

    def transposed(self, residuals: Residuals, *, squared: bool = False) -> tuple[float, Array]:
        """The sum of the numbers, and x^T R with the sums of R as the last row; x squared by entry, if asked for."""
        gradient, total = np.empty((self.n_features + 1, self.n_outputs), self._dtype), 0.0
        gradient[-1] = 0.0
        for first, blocks, parts in self._chunks:

            def fill(thread: int, first: int = first, blocks: list[list[Block]] = blocks) -> tuple[float, Array]:
                part, sums = 0.0, np.zeros(self.n_outputs)
                for block in blocks[thread]:
                    number, rows = residuals(block)
                    part += number
                    sums += rows.sum(axis=0)
                    self._rows[block.rows.start - first : block.rows.stop - first] = rows
                return part, sums

            def multiply(thread: int, first: int = first, parts: list[list[tuple[slice, Array]]] = parts) -> None:
                for features, transposed in parts[thread]:
                    factor = _with_entries(transposed, np.square(transposed.data)) if squared else transposed
                    product = factor @ self._rows[: transposed.shape[1]]
                    if first:
                        gradient[features] += product
                    else:
                        gradient[features] = product

            for part, sums in self.team.each(fill):
                total += part
                gradient[-1] += sums
            self.team.each(multiply)
        return total, gradient


def products_of(x: Array, n_outputs: int, team: Crew, dtype: Any) -> Products:
    """The products for samples of either kind, the transpose's of the given dtype."""
    return (SparseProducts if is_sparse(x) else DenseProducts)(x, n_outputs, team, dtype)


def gradient_dtype(x: Array, n_outputs: int) -> type:
    """float64, but where that would be the larger part of the memory."""
    return x.dtype.type if x.shape[1] * n_outputs >= MANY_PARAMETERS else np.float64


def of_dtype(x: Array, dtype: Any) -> Array:
    """The entries in another precision; a sparse array's places are shared."""
    return _with_entries(x, x.data.astype(dtype)) if is_sparse(x) else x.astype(dtype)


def _block_rows(x: Array, n_outputs: int) -> int:
    size = x.dtype.itemsize
    logits = n_outputs * size * 2
    if is_sparse(x):
        return int(np.clip(SPARSE_BLOCK_BYTES // logits, 64, 4096))
    return int(np.clip(BLOCK_BYTES // (logits + x.shape[1] * size), 64, 4096))


def _blocks(x: Array, shares: list[list[slice]]) -> list[list[Block]]:
    return [[Block(thread, rows, x[rows]) for rows in share] for thread, share in enumerate(shares)]


def _with_entries(x: Array, entries: Array) -> Array:
    """A sparse array with other entries, in the places of `x` itself."""
    return type(x)((entries, x.indices, x.indptr), shape=x.shape)


def _by_feature(x: Array, count: int, at_once: int) -> list[list[tuple[slice, Array]]]:
    """x^T in rows: for each of `count` threads some with as many entries, of which at most `at_once` rows each."""
    transposed = x.T.tocsr()
    ends = np.searchsorted(transposed.indptr, transposed.nnz * np.arange(1, count) / count)
    edges = [0, *(int(end) for end in ends), x.shape[1]]
    return [[(features, transposed[features]) for features in cut(a, b, at_once)] for a, b in pairwise(edges)]
