"""Rows of X to predict, a block at a time: in bounded memory, and each entry read from memory once.

X stays in its own dtype, on disk where it is memory-mapped; a block is checked for NaN and infinity, and cast where the
weights are more precise, while it lies in the processor's cache. Threads take whole blocks, each with products of a
single thread: those of a block are too small to be shared.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import nullcontext
from dataclasses import dataclass
from typing import Any

import numpy as np
from sklearn.utils.validation import assert_all_finite

from chainrule.arrays import FEW_COLUMNS, Array, is_sparse
from chainrule.kernels.blas import available_threads, single_threaded_products
from chainrule.kernels.workers import share

BLOCK_BYTES = 1 << 20
"""Bytes of X in a block: little enough for a core's own cache."""
LOGIT_BYTES = 1 << 22
"""Bytes of a block's logits."""
FEWEST, MOST = 16, 256
"""Rows that a block has in any case, and rows that make a product efficient: up to these the logits may decide."""
WORTH_THREADS = 5e7
"""Multiply-adds below which a second thread is not worth waking."""

Worker = Callable[[slice, Array | None], Array]
"""The logits of some rows: in the memory that is given, or in the worker's own, which the next call overwrites."""


@dataclass(frozen=True)
class Logits:
    """The logits of all rows of X, to be computed a block at a time.

    Parameters
    ----------
    rows, outputs : int
        Of them all.
    dtype : dtype
    step : int
        Rows of a block.
    threads : int
        Threads that share the blocks; a single one leaves its products to the threads of BLAS.
    worker : function
        Makes what a thread computes logits by, with memory of its own.
    """

    rows: int
    outputs: int
    dtype: np.dtype[Any]
    step: int
    threads: int
    worker: Callable[[], Worker]

    def results(self, result_of: Callable[[Array], Array]) -> Array:
        """What a function makes of all logits, given those of a block, which it may overwrite."""
        one = result_of(np.zeros((1, self.outputs), self.dtype))
        whole = np.empty((self.rows, *one.shape[1:]), one.dtype)
        # A few columns are computed apart, column by column.
        at_once = self.outputs > FEW_COLUMNS and (*one.shape[1:], one.dtype) == (self.outputs, self.dtype)
        starts = range(0, self.rows, self.step)
        with single_threaded_products() if self.threads > 1 else nullcontext():
            workers = [self.worker() for _ in range(min(self.threads, len(starts)))]

            def work(thread: int, number: int) -> None:
                rows = slice(starts[number], min(starts[number] + self.step, self.rows))
                place = whole[rows]
                part = result_of(workers[thread](rows, place if at_once else None))
                if part is not place:
                    place[...] = part

            share(len(starts), len(workers), work)
        return whole


def threads_worth(rows: int, products: float) -> int:
    """How many threads should share that many rows, each of which takes so many multiply-adds."""
    return min(available_threads(), rows) if rows * products > WORTH_THREADS else 1


def rows_at_once(features: int, outputs: int, itemsize: int) -> int:
    """Rows of a block.

    >>> rows_at_once(100, 10, 4), rows_at_once(64, 20_000, 4), rows_at_once(64, 10**7, 8)
    (2621, 52, 16)
    """
    by_logits = max(FEWEST, LOGIT_BYTES // (outputs * itemsize))
    return min(by_logits, max(MOST, BLOCK_BYTES // (max(features, 1) * itemsize)))


def floats_of_product(*dtypes: Any) -> np.dtype[Any]:
    """The dtype of a product of numbers of these dtypes, as in scikit-learn's predictions: float32 or float64.

    >>> floats_of_product(np.float16, np.float32), floats_of_product(np.int64, np.float32)
    (dtype('float32'), dtype('float64'))
    """
    dtype = np.result_type(*dtypes)
    return dtype if dtype == np.float32 else np.dtype(np.float64)


def linear_logits(X: Array, coef: Array, intercept: Array, *, name: str, temperature: float = 1.0) -> Logits:
    """(X coef^T + intercept) / temperature, by blocks; X and coef may be sparse.

    Parameters
    ----------
    X : (n, d) array or CSR matrix
    coef : (k, d) array or sparse matrix
    intercept : (k,) array
    name : str
        The estimator's, for the error message, where X holds NaN or infinity.
    """
    dtype, (outputs, features), count = floats_of_product(X.dtype, coef.dtype), coef.shape, X.shape[0]
    coef, intercept = coef.astype(dtype, copy=False), intercept.astype(dtype, copy=False)
    sparse = is_sparse(X) or is_sparse(coef)
    if is_sparse(X) and not is_sparse(coef):
        coef = np.ascontiguousarray(coef.T).T  # which SciPy would do in every product
    threads = threads_worth(count, features * outputs)
    step = min(rows_at_once(features, outputs, dtype.itemsize), max(-(-count // threads), 1))

    def worker() -> Worker:
        memory = np.empty(0 if sparse else step * outputs, dtype)

        def logits_of(rows: slice, place: Array | None) -> Array:
            block = finite_block(X[rows], name)
            if sparse:
                product = block @ coef.T
                logits = (product.toarray() if is_sparse(product) else np.asarray(product)).astype(dtype, copy=False)
            else:
                block, size = block.astype(dtype, copy=False), (rows.stop - rows.start) * outputs
                if outputs <= FEW_COLUMNS:
                    logits = np.matmul(coef, block.T, out=memory[:size].reshape(outputs, -1)).T
                else:
                    into = memory[:size].reshape(-1, outputs) if place is None else place
                    logits = np.matmul(block, coef.T, out=into)
            logits += intercept
            if temperature != 1:
                logits /= temperature
            return logits

        return logits_of

    return Logits(count, outputs, dtype, step, threads, worker)


def finite_block(block: Array, name: str) -> Array:
    """The block, if it has no NaN and no infinity; else scikit-learn's error, which names the estimator."""
    values = block.data if is_sparse(block) else block
    if values.dtype.kind != "f":
        return block
    if values.dtype.itemsize in (4, 8):
        # Squares have no sign and do not cancel, so that their sum is finite only where all entries are. It takes a
        # third of the time of a plain sum; where squares overflow, the entries are looked at.
        flat = values.ravel(order="K")
        with np.errstate(over="ignore", invalid="ignore"):
            if np.isfinite(np.dot(flat, flat)):
                return block
    assert_all_finite(values, estimator_name=name, input_name="X")
    return block
