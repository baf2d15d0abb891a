"""The range and the standard deviation of each feature, from passes over the rows."""

import numpy as np
from sklearn.utils.sparsefuncs import min_max_axis

from chainrule.arrays import Array, is_sparse
from chainrule.solvers.convex.features import Features
from chainrule.solvers.convex.problem import Problem
from chainrule.solvers.convex.row_blocks import RowBlock
from chainrule.solvers.convex.rows import Rows


def ranges(problem: Problem) -> tuple[Array, Array]:
    """The smallest and the largest entry of each feature."""
    lowest, highest = Rows(problem).map_reduce(_extremes, None)
    return np.min(lowest, axis=0), np.max(highest, axis=0)


def deviations(problem: Problem) -> Array:
    """The standard deviation of each feature under |weights|; 1 for features that do not vary."""
    rows, (lowest, highest) = Rows(problem), ranges(problem)
    mean = rows.map_reduce(_sums, None)
    squares, stored, missing = rows.map_reduce(_squared_differences, mean)
    # Sums over sparse rows take stored entries; the others are 0 and differ from the mean by the mean. If there are
    # none, 1 - stored is a rounding error, which a large mean would make visible.
    variance = squares + np.where(missing > 0, 1 - stored, 0.0) * np.square(mean)
    return np.asarray(np.where((lowest < highest) & (variance > 0), np.sqrt(np.maximum(variance, 0)), 1.0))


# What follows is private.


def _extremes(block: RowBlock, _: None) -> tuple[list[Array], list[Array]]:
    x = block.x
    lowest, highest = min_max_axis(x, axis=0) if is_sparse(x) else (x.min(axis=0), x.max(axis=0))
    return [lowest], [highest]


def _sums(block: RowBlock, _: None) -> Array:
    """sum_i |w_i| x_i / sum |w|."""
    if is_sparse(block.x):
        return np.asarray(block.x.T @ abs(block.shares[:, 0]), dtype=np.float64).reshape(-1)
    return Features().summed(block, np.matmul)


def _squared_differences(block: RowBlock, mean: Array) -> tuple[Array, Array, Array]:
    """sum_i |w_i| (x_i - m)^2 / sum |w| over stored entries, their share of the weights, and the number missing.

    Entries without weight do not count.
    """
    if is_sparse(block.x):
        weights = abs(block.shares[:, 0])
        of_entries = np.repeat(weights, np.diff(block.x.indptr))
        columns, size = block.x.indices, block.x.shape[1]
        squares = of_entries * np.square(block.x.data.astype(np.float64) - mean[columns])
        # Without entries, bincount gives integers.
        sums = [np.bincount(columns, entries, size).astype(float) for entries in (squares, of_entries, of_entries > 0)]
        return sums[0], sums[1], np.count_nonzero(weights) - sums[2]
    squares = Features(centre=mean).summed(block, lambda weights, z: weights @ np.square(z))
    return squares, np.ones(block.x.shape[1]), np.zeros(block.x.shape[1])
