"""Predictions for the rows of X one block at a time: bounded memory, and each entry is read from memory once.

X keeps its dtype, and stays on disk if it is memory-mapped. A block is checked for NaN and infinity, and cast if the
weights are more precise, while it is in the processor's cache. Threads take whole blocks with single-threaded products,
because the products of a block are too small to be shared.
"""

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
"""Bytes of X in a block, which fit into the cache of one core."""
LOGIT_BYTES = 1 << 22
"""Bytes of the logits of a block."""
FEWEST, MOST = 16, 256
"""Fewest rows of a block, and the number of rows that makes a product efficient; LOGIT_BYTES decides in between."""
WORTH_THREADS = 5e7
"""Fewest multiply-adds for which a second thread saves time."""

Worker = Callable[[slice, Array | None], Array]
"""Returns the logits of some rows, in the given array or in the worker's own, which the next call overwrites."""


@dataclass(frozen=True)
class Logits:
    """The logits of all rows of X, which are computed one block at a time.

    Parameters
    ----------
    rows, outputs : int
        The shape of all logits.
    dtype : dtype
    step : int
        Rows per block.
    threads : int
        Threads that share the blocks. A single thread leaves its products to the threads of BLAS.
    worker : function
        Creates the function by which one thread computes logits, with its own memory.
    """

    rows: int
    outputs: int
    dtype: np.dtype[Any]
    step: int
    threads: int
    worker: Callable[[], Worker]

    def results(self, result_of: Callable[[Array], Array]) -> Array:
        """The results of a function for all rows; it is called with the logits of a block and may overwrite them."""
        one = result_of(np.zeros((1, self.outputs), self.dtype))
        whole = np.empty((self.rows, *one.shape[1:]), one.dtype)
        # Logits with few columns are computed by columns, so they do not go into the rows of the result directly.
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
    """The number of threads for so many rows with so many multiply-adds each."""
    return min(available_threads(), rows) if rows * products > WORTH_THREADS else 1


def rows_at_once(features: int, outputs: int, itemsize: int) -> int:
    """The number of rows in a block.

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
    """(X coef^T + intercept) / temperature in blocks; X and coef may be sparse.

    Parameters
    ----------
    X : (n, d) array or CSR matrix
    coef : (k, d) array or sparse matrix
    intercept : (k,) array
    name : str
        The name of the estimator, for the error message if X holds NaN or infinity.
    """
    dtype, (outputs, features), count = floats_of_product(X.dtype, coef.dtype), coef.shape, X.shape[0]
    coef, intercept = coef.astype(dtype, copy=False), intercept.astype(dtype, copy=False)
    sparse = is_sparse(X) or is_sparse(coef)
    if is_sparse(X) and not is_sparse(coef):
        coef = np.ascontiguousarray(coef.T).T  # otherwise SciPy copies it for every product
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
    """The block itself; scikit-learn's ValueError, which names the estimator, if it holds NaN or infinity."""
    values = block.data if is_sparse(block) else block
    if values.dtype.kind != "f":
        return block
    if values.dtype.itemsize in (4, 8):
        # Squares do not cancel, so their sum is finite only if all entries are. It takes a third of the time of a plain
        # sum. If squares overflow, the entries are checked one by one.
        flat = values.ravel(order="K")
        with np.errstate(over="ignore", invalid="ignore"):
            if np.isfinite(np.dot(flat, flat)):
                return block
    assert_all_finite(values, estimator_name=name, input_name="X")
    return block
