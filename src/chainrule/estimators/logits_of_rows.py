"""Logits of all rows of some features, leaf by leaf on their engine: the same bits in memory, in files, on a cluster.

Figures that a fit depends on, such as the scores of cross-validation and the temperature, are computed from them.
`blocks_of_rows` serves predictions, whose blocks depend on the number of threads.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from chainrule.arrays import Array, is_sparse
from chainrule.engines import ClusterRows, Engine, Leaves, LocalEngine, leaf_rows
from chainrule.estimators.blocks_of_rows import WORTH_THREADS, floats_of_product
from chainrule.kernels.blas import available_threads, single_threaded_products
from chainrule.solvers.convex.row_blocks import LogitPoint, RowBlock, View
from chainrule.solvers.convex.rows import over_blocks
from chainrule.storage import StoredRows


def logits_of(x: Any, weights: Array, offset: Array) -> Array:
    """x W + b.

    Parameters
    ----------
    x : (n, d) array, CSR matrix, StoredRows or ClusterRows
    weights : (d, k) array
    offset : (k,) array

    Examples
    --------
    >>> logits_of(np.array([[1.0, 2.0], [3.0, 4.0]]), np.array([[1.0], [10.0]]), np.array([0.5]))
    array([[21.5],
           [43.5]])
    """
    (count, features), outputs = x.shape, weights.shape[1]
    dtype = floats_of_product(x.dtype, weights.dtype)
    point = LogitPoint.at((np.ascontiguousarray(weights, dtype), np.asarray(offset, dtype)))
    engine: Engine
    if isinstance(x, ClusterRows):
        engine = x.engine()
    else:
        sparse = x.sparse if isinstance(x, StoredRows) else is_sparse(x)
        leaves = Leaves(x, None, None, leaf_rows(features, outputs, sparse=sparse))
        small = count * features * outputs <= WORTH_THREADS
        engine = LocalEngine(leaves, small=small).with_threads(available_threads())
    # With keys, the parts of a cluster come here at once, and not by way of each other.
    # Some BLAS kernels round otherwise where threads share a product.
    with single_threaded_products():
        parts = engine.map_reduce(over_blocks, (View(outputs, 1.0, dtype), _logits, point), engine.blocks())
    return np.concatenate(parts)


@dataclass(frozen=True)
class KnownLogits:
    """Logits that have been computed, with the method of `blocks_of_rows.Logits`."""

    logits: Array

    def results(self, result_of: Callable[[Array], Array]) -> Array:
        """The results of a function of logits, which may overwrite them."""
        return result_of(self.logits.copy())


# What follows is private.


def _logits(block: RowBlock, point: LogitPoint) -> list[Array]:
    return [np.array(block.logits(point), order="C")]
