"""A random sample of the rows, which stands for all of them until a fit is near its end.

Softmax regression with p parameters, fitted to n of many samples, has a loss about p / (2 n) above the optimum on all
of them (half of a chi-square with p degrees of freedom over n, as Wilks' theorem says). If n is much larger than p,
this is little: a fit that begins there needs a few passes over all rows. So one pass over all rows draws the sample,
and compares each class and the variance of each feature, to tell whether the sample stands for all rows.
"""

from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from chainrule.arrays import Array
from chainrule.solvers.convex.features import Features, squares
from chainrule.solvers.convex.problem import Problem
from chainrule.solvers.convex.row_blocks import RowBlock
from chainrule.solvers.convex.rows import Rows

ONE_IN = 16
"""A sample has at most one in this many rows, so that its fit takes no longer than one or two passes over all rows."""

SAMPLE_BYTES = 1 << 27
"""Most bytes of the features of a sample, which lies in memory wherever all rows lie."""

ROWS_PER_PARAMETER = 16
"""Fewest rows of a sample per parameter: the loss of its fit is then at most 1/32 above the optimum."""

LEAST_PRODUCTS = 1 << 28
"""Fewest multiplications of a product with all samples, n d k, for which a sample is drawn: a tenth of a second."""

ALIKE = 2.0
"""A sample stands for all rows if no class is rarer in it by more than this factor, and no feature's variance differs
by more."""


@dataclass(eq=False)
class Sample:
    """A sample that stands for all rows.

    Attributes
    ----------
    of : array, StoredRows or ClusterRows
        All rows.
    problem : Problem or None
        The same problem for the sample alone, in memory; None once it was taken.
    mean : (d,) array
        The mean of all rows.
    mean_squares : (d,) array
        The mean square of each feature in all rows.
    first : (d,) array
        The first row.
    """

    of: Any
    problem: Problem | None
    mean: Array
    mean_squares: Array
    first: Array

    def taken(self) -> Problem:
        """Hand over the sample's problem and forget it, because the fit to all rows needs its memory."""
        problem, self.problem = self.problem, None
        assert problem is not None
        return problem

    @property
    def variances(self) -> Array:
        """The variance of each feature in all rows, up to rounding errors of the difference."""
        return np.asarray(np.maximum(self.mean_squares - np.square(self.mean), 0.0))


def worth_sampling(problem: Problem) -> bool:
    """True if a fit to a sample saves time: if rows are dense and many, and parameters few."""
    return (
        not problem.sparse
        and problem.l2 > 0
        and not problem.signed
        and problem.n_samples * problem.n_features * problem.n_outputs >= LEAST_PRODUCTS
        and problem.n_samples // stride_of(problem) >= ROWS_PER_PARAMETER * problem.n_features * problem.n_outputs
    )


def stride_of(problem: Problem) -> int:
    """The number s such that a sample has one in s rows."""
    row = problem.n_features * problem.dtype.itemsize
    return max(ONE_IN, -(-problem.n_samples * row // SAMPLE_BYTES))


def chosen(rows: slice, stride: int) -> Array:
    """The numbers of those of these rows that are in the sample.

    Each window of `stride` rows, w stride, ..., (w + 1) stride - 1, gives a random row, so that no order of the rows
    can hide some of them. The choice depends on w and the stride alone.

    >>> np.concatenate([chosen(slice(0, 50), 16), chosen(slice(50, 96), 16)]) // 16
    array([0, 1, 2, 3, 4, 5])
    """
    first, stop = rows.start // stride, -(-rows.stop // stride)
    stream = np.random.Philox(key=0)
    stream.advance(first // 4)  # Philox makes four numbers at a time
    bits = stream.random_raw(stop - first // 4 * 4)[first % 4 :]
    numbers = stride * np.arange(first, stop) + (bits % np.uint64(stride)).astype(np.int64)
    return np.asarray(numbers[(numbers >= rows.start) & (numbers < rows.stop)])


def drawn(block: RowBlock, stride: int) -> tuple[Array, Array, list[Array], list[Array], list[Array], list[Array]]:
    """sum_i |w_i| x_i, sum_i |w_i| x_i^2, the first of all rows, and the sample's features, targets and w."""
    sums = Features().summed(block, lambda weights, x: np.stack([weights @ x, weights @ np.square(x, out=x)]))
    some = chosen(block.rows, stride) - block.rows.start
    return sums[0], sums[1], block.first, [block.x[some]], [block.targets[some]], [block.shares[some, 0]]


def sample_of(problem: Problem) -> Sample | None:
    """A sample that stands for all rows; None if there is none, or if it would not save time."""
    if not worth_sampling(problem):
        return None
    mean, mean_squares, first, x, targets, shares = Rows(problem).map_reduce(drawn, stride_of(problem))
    weights = np.concatenate(shares)
    some = replace(
        problem,
        x=np.concatenate(x),
        targets=np.concatenate(targets),
        weights=None if (weights == weights[0]).all() else weights,
        rows_of_leaf=0,
        engine=None,
        totals=None,
    ).with_threads(problem.engine.threads)
    if problem.device_engine is not None:
        some = replace(some, engine=problem.device_engine.around(some.engine))
    found = Sample(problem.x, some, mean, mean_squares, first[0])
    return found if stands_for(found, some, problem) else None


def stands_for(sample: Sample, of_sample: Problem, problem: Problem) -> bool:
    """True if no class is much rarer in a sample than in all rows, and no feature varies much more or less.

    A feature that is 0 in almost all rows, and in all rows of the sample, would get weights that are too large.
    """
    some, all_of_them = of_sample.class_mass, problem.class_mass
    if problem.n_outputs == 1:
        some, all_of_them = (np.append(of_second, 1 - of_second) for of_second in (some, all_of_them))
    # The variance of a feature that does not vary is 0 only up to rounding errors of the difference.
    rounding = problem.n_samples * np.finfo(np.float64).eps * sample.mean_squares
    there = Rows(of_sample).map_reduce(squares, Features(problem.intercept, sample.mean))
    least, most = np.minimum(there, sample.variances), np.maximum(there, sample.variances)
    return bool((all_of_them <= ALIKE * some).all() and (most <= ALIKE * least + rounding).all())
