"""A random sample of the rows, which stands for all of them until a fit is near its end.

Softmax regression with p parameters, fitted to n of many samples, loses about p / (2 n) more than the optimum on all of
them (half of a chi-square with p degrees of freedom over n, as Wilks' theorem says). If n is much larger than p, this
is little: a fit that begins there needs a few passes over all rows. So one pass over all rows draws the sample, and
tells whether the sample stands for them: for each class and for the variance of each feature.
"""

from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from chainrule.arrays import Array
from chainrule.solvers.convex.features import Features, squares
from chainrule.solvers.convex.problem import Problem
from chainrule.solvers.convex.rows import RowBlock, Rows

ONE_IN = 16
"""A sample has at most one of this many rows, so that its fit takes no longer than one or two passes over all."""

SAMPLE_BYTES = 1 << 28
"""Most bytes of the features of a sample, which lies in memory wherever all rows lie."""

ROWS_PER_PARAMETER = 16
"""Fewest rows of a sample per parameter: it then loses at most 1/32 more than the optimum."""

LEAST_PRODUCTS = 1 << 28
"""Fewest multiplications of a product with all samples, n d k, for which a sample is drawn: a tenth of a second."""

ALIKE = 2.0
"""A sample stands for all rows if no class is rarer in it by more than this factor, and no feature's variance differs
by more."""


@dataclass(frozen=True, eq=False)
class Sample:
    """A sample that stands for all rows.

    Attributes
    ----------
    of : array, StoredRows or ClusterRows
        All rows.
    problem : Problem
        The same problem for the sample alone, in memory.
    mean : (d,) array
        The mean of all rows.
    mean_squares : (d,) array
        The mean square of each feature in all rows.
    first : (d,) array
        The first row.
    """

    of: Any
    problem: Problem
    mean: Array
    mean_squares: Array
    first: Array

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
    """The number of rows of which a sample has one."""
    row = problem.n_features * problem.dtype.itemsize
    return max(ONE_IN, -(-problem.n_samples * row // SAMPLE_BYTES))


def drawn(block: RowBlock, stride: int) -> tuple[Array, Array, list[Array], list[Array], list[Array], list[Array]]:
    """Weighted sums of a block's features and of their squares; the features, targets and shares of one in `stride`
    rows; and the first of all rows.

    Each window of `stride` rows gives a random one, so that no order of the rows hides any of them.
    """
    windows = np.arange(0, len(block.x) - stride + 1, stride)
    chosen = windows + np.random.default_rng(block.rows.start).integers(stride, size=len(windows))
    sums = Features().summed(block, lambda weights, x: np.stack([weights @ x, weights @ np.square(x, out=x)]))
    first = [np.asarray(block.x[0], np.float64)] if block.rows.start == 0 else []
    return sums[0], sums[1], first, [block.x[chosen]], [block.targets[chosen]], [block.shares[chosen, 0]]


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
    found = Sample(problem.x, some, mean, mean_squares, first[0])
    return found if stands_for(found, problem) else None


def stands_for(sample: Sample, problem: Problem) -> bool:
    """True if no class is much rarer in a sample than in all rows, and no feature varies much more or less.

    A feature that is 0 in almost all rows, and in the sample in all, would be given too large weights.
    """
    some, all_of_them = sample.problem.class_mass, problem.class_mass
    if problem.n_outputs == 1:
        some, all_of_them = (np.append(of_second, 1 - of_second) for of_second in (some, all_of_them))
    # Up to rounding errors of the difference, features that do not vary have the variance 0.
    rounding = problem.n_samples * np.finfo(np.float64).eps * sample.mean_squares
    there = Rows(sample.problem).map_reduce(squares, Features(problem.intercept, sample.mean))
    least, most = np.minimum(there, sample.variances), np.maximum(there, sample.variances)
    return bool((all_of_them <= ALIKE * some).all() and (most <= ALIKE * least + rounding).all())
