"""Passes over the rows of X one block at a time: bounded memory, and each entry is read from memory once.

X keeps its dtype, and stays on disk if it is memory-mapped. Samples in files are read a part at a time, while the part
before is worked on; blocks, and so the bits of results, are those of an array. A block is checked for NaN and infinity,
and cast if the weights are more precise, while it is in the processor's cache. Threads take whole blocks with
single-threaded products, because the products of a block are too small to be shared. Linear models and networks give
`Logits`; networks also give gradients of their inputs.
"""

from collections.abc import Callable, Generator, Sequence
from contextlib import closing
from dataclasses import dataclass
from functools import cache, partial
from typing import Any

import numpy as np
from sklearn.utils.validation import assert_all_finite

from chainrule.arrays import FEW_COLUMNS, Array, as_like, is_sparse, is_torch, to_numpy
from chainrule.kernels.blas import available_threads, threads_allowed
from chainrule.kernels.workers import share
from chainrule.networks import Network, Plan
from chainrule.networks.tiles import TILE
from chainrule.storage import StoredRows, read_ahead
from chainrule.training import Objective

BLOCK_BYTES = 1 << 20
"""Bytes of X in a block, which fit into the cache of one core."""
LOGIT_BYTES = 1 << 22
"""Bytes of the logits of a block."""
FEWEST, MOST = 16, 256
"""Fewest rows of a block, and the number of rows that makes a product efficient; LOGIT_BYTES decides in between."""
WORTH_THREADS = 5e7
"""Fewest multiply-adds for which a second thread saves time."""
PREDICTION_BLOCK, IMAGE_BLOCK = 2048, 256
"""Most rows of a pass through a network, and through one on images, whose activations far outnumber their pixels."""
ENTRIES, FEWEST_OF_NETWORK = 1 << 20, 64
"""Most entries of one layer's outputs in a pass, and fewest rows of a pass."""
BLOCKS_OF_A_PART = 4
"""Blocks of samples in files that are read at a time: 16 MB in float32."""

Worker = Callable[[Array], Array]
"""Returns the logits of some rows of features, in the worker's own memory, which the next call overwrites."""


@dataclass(frozen=True)
class Logits:
    """The logits of all rows of X, which are computed one block at a time.

    Parameters
    ----------
    x : (n, features) array or CSR matrix, or StoredRows
    outputs : int
        The number of logits of a row.
    dtype : dtype
    step : int
        Rows per block.
    threads : int
        Threads that share the blocks. A single thread leaves its products to the threads of BLAS.
    worker : function
        Creates the function by which one thread computes logits, with its own memory.
    """

    x: Array | StoredRows
    outputs: int
    dtype: np.dtype[Any]
    step: int
    threads: int
    worker: Callable[[], Worker]

    def results(self, result_of: Callable[[Array], Array], done: Callable[[int], object] | None = None) -> Array:
        """The results of a function for all rows; it is called with the logits of a block and may overwrite them.

        `done` is called with the number of rows of each part of samples in files.
        """
        one = result_of(np.zeros((1, self.outputs), self.dtype))
        whole = np.empty((self.x.shape[0], *one.shape[1:]), one.dtype)
        with threads_allowed(1 if self.threads > 1 else None), closing(self._parts()) as parts:
            workers = [self.worker() for _ in range(min(self.threads, -(-len(whole) // self.step)))]
            start = 0
            for part in parts:
                stop = start + part.shape[0]
                self._share(part, workers, result_of, whole[start:stop])
                start = stop
                if done is not None:
                    done(part.shape[0])
        return whole

    def _parts(self) -> Generator[Array, None, None]:
        """X, or one part of samples in files after the other, each of which but the last holds whole blocks."""
        x = self.x
        if not isinstance(x, StoredRows):
            yield x
            return
        rows = self.step * max(self.threads, BLOCKS_OF_A_PART * x.rows_of_a_block // self.step)
        yield from read_ahead(range(0, x.shape[0], rows), lambda start: x[start : start + rows])

    def _share(
        self, part: Array, workers: Sequence[Worker], result_of: Callable[[Array], Array], results: Array
    ) -> None:
        """Write the results for a part of X."""
        starts = range(0, len(results), self.step)

        def work(thread: int, number: int) -> None:
            rows = slice(starts[number], min(starts[number] + self.step, len(results)))
            results[rows] = result_of(workers[thread](part[rows]))

        share(len(starts), len(workers), work)


def threads_worth(rows: int, products: float) -> int:
    """The number of threads that save time for these rows, with `products` multiply-adds each."""
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


def linear_logits(
    X: Array | StoredRows, coef: Array, intercept: Array, *, name: str, temperature: float = 1.0
) -> Logits:
    """(X coef^T + intercept) / temperature in blocks; X and coef may be sparse.

    Parameters
    ----------
    X : (n, d) array or CSR matrix, or StoredRows
    coef : (k, d) array or sparse matrix
    intercept : (k,) array
    name : str
        The name of the estimator, for the error message if X holds NaN or infinity.
    """
    dtype, (outputs, features), count = floats_of_product(X.dtype, coef.dtype), coef.shape, X.shape[0]
    coef, intercept = coef.astype(dtype, copy=False), intercept.astype(dtype, copy=False)
    sparse_x = X.sparse if isinstance(X, StoredRows) else is_sparse(X)
    sparse = sparse_x or is_sparse(coef)
    if sparse_x and not is_sparse(coef):
        coef = np.ascontiguousarray(coef.T).T  # otherwise SciPy copies it for every product
    threads = threads_worth(count, features * outputs)
    step = min(rows_at_once(features, outputs, dtype.itemsize), max(-(-count // threads), 1))

    def worker() -> Worker:
        memory = np.empty(0 if sparse else step * outputs, dtype)

        def logits_of(block: Array) -> Array:
            block = finite_block(block, name)
            if sparse:
                product = block @ coef.T
                logits = (product.toarray() if is_sparse(product) else np.asarray(product)).astype(dtype, copy=False)
            else:
                block, own = block.astype(dtype, copy=False), memory[: block.shape[0] * outputs]
                if outputs <= FEW_COLUMNS:  # by columns
                    logits = np.matmul(coef, block.T, out=own.reshape(outputs, -1)).T
                else:
                    logits = np.matmul(block, coef.T, out=own.reshape(-1, outputs))
            logits += intercept
            if temperature != 1:
                logits /= temperature
            return logits

        return logits_of

    return Logits(X, outputs, dtype, step, threads, worker)


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


def rows_of_a_pass(network: Network) -> int:
    """The number of rows in a pass through a network."""
    if network.image_shape is not None:
        return min(IMAGE_BLOCK, PREDICTION_BLOCK)
    return min(PREDICTION_BLOCK, max(FEWEST_OF_NETWORK, ENTRIES // max(network.widths[1:])))


def network_logits(
    network: Network, theta: Array, x: Array | StoredRows, *, prepare: Callable[[Array], Array] = lambda block: block
) -> Logits:
    """Logits as NumPy arrays, computed by blocks of rows; `prepare` makes the inputs of the network from a block.

    The computation runs on the library and device of theta. On NumPy, each thread takes whole blocks through all
    layers, in its own buffers.
    """
    step, threads = rows_of_a_pass(network), 1
    if not is_torch(theta):
        threads = threads_worth(x.shape[0], network.n_products)
        if threads > 1:
            step = min(step, TILE) if network.image_shape is not None else step
            step = min(step, -(-x.shape[0] // threads))

    def worker() -> Worker:
        plan_of = cache(partial(Plan, network, theta=theta, forward_only=True))

        def logits_of(block: Array) -> Array:
            block = prepare(block)
            if is_torch(theta):
                block = as_like(np.ascontiguousarray(block), theta)  # PyTorch takes no negative strides
            return to_numpy(plan_of(block.shape[0]).logits(block))

        return logits_of

    return Logits(x, network.out_features, to_numpy(theta[:0]).dtype, step, threads, worker)


def input_gradients(
    objective: Objective, theta: Array, x: Array, targets: Array, *, prepare: Callable[[Array], Array]
) -> Array:
    """The gradient of each sample's loss by the inputs of the network, computed by blocks of rows."""
    gradients = np.empty((x.shape[0], objective.network.in_features), theta.dtype)
    step = rows_of_a_pass(objective.network)
    for start in range(0, x.shape[0], step):
        rows = slice(start, start + step)
        block = prepare(x[rows])
        plan = Plan(objective.network, block.shape[0], theta, input_gradient=True)
        plan.loss_and_gradient(block, targets[rows], label_smoothing=objective.label_smoothing)
        # The plan's loss is the mean over its rows.
        gradients[rows] = plan.input_gradient * block.shape[0]
    return gradients
