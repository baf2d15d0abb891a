"""The covariance of the features taken apart, C = Q diag(c) Q^T, or its diagonal where that costs more than it saves.

Where the features are sparse or too many for C, or it costs more than the steps that it saves (`costs`), its diagonal
stands in for it. Fewer samples than features are taken to their row space first (`row_space`), whose coordinates are
then the features.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np

from chainrule.arrays import Array, is_sparse
from chainrule.solvers.convex.costs import (
    FEW_STEPS,
    PESSIMISM,
    STEPS,
    expected_steps,
    steps_of_taking_apart,
    worth_reducing,
)
from chainrule.solvers.convex.features import Features, centred, in_chunks
from chainrule.solvers.convex.problem import Problem
from chainrule.solvers.convex.row_space import row_space
from chainrule.solvers.convex.rows import RowBlock

MOST_FEATURES = 4096
"""Up to this many features their covariance matrix may be taken apart."""

PRODUCTS_OF_A_STEP = 4
"""A step has two solves, which are two products with Q each."""

CACHED = 1 << 16
"""Entries of features whose squares are summed together."""


@dataclass(frozen=True, eq=False)
class Spectrum:
    """What minimisations for other penalties, or of parts of the samples, share.

    Attributes
    ----------
    features : Features
        Centre, scale and Q, if the covariance is taken apart.
    values : (d,) array
        c, or the variances where there is no Q.
    steps : float
        About how many L-BFGS takes with the variances alone; infinitely many where nobody looked.
    """

    features: Features
    values: Array
    steps: float = math.inf

    def spread(self, l2: float) -> float:
        """The ratio of the largest curvature to the smallest."""
        smallest = max(float(self.values.min(initial=np.inf)), 0.0) + l2
        return float(self.values.max(initial=0.0)) / smallest if smallest else np.inf

    def worth_rotating(self, problem: Problem, fits: int = 1) -> bool:
        """True if a product of all samples with Q costs less than the gradients' products with it in so many fits."""
        multiplied = problem.n_outputs * STEPS * fits * PRODUCTS_OF_A_STEP
        return self.features.basis is not None and not self.features.applied and problem.n_samples <= multiplied

    def suited(self, x: Array, problem: Problem, l2: float, fits: int = 1) -> tuple[Array, Spectrum]:
        """Samples for so many fits of a problem, taken to z where that is worth it, and their spectrum."""
        must = self.features.space is not None and not self.features.applied
        if not must and not self.worth_rotating(problem, fits):
            return x, self
        z, features = self.features.apply(replace(problem, x=x), self.spread(l2))
        return z, replace(self, features=features)


def spectrum_of(problem: Problem, scale: Array | None = None, *, fits: int = 1, apart: bool = True) -> Spectrum:
    """The spectrum for so many fits of a problem, with its penalty or larger ones.

    Dense features are centred where there is an intercept. Samples are taken to their row space where that costs less
    than it saves, and their covariance is taken apart where that does, unless `apart` is false; else its diagonal
    stands in for it.

    Raises
    ------
    FloatingPointError
        If the squares of the features overflow.
    """
    dense, centre = not is_sparse(problem.x), None
    if problem.intercept and dense:
        mean = in_chunks(problem, max(1, CACHED // problem.n_features)).map_reduce(_weighted_sum, None)
        # A constant feature is centred to exactly 0: its mean, but for rounding, is the entry of any sample.
        entries = np.asarray(problem.x[0], np.float64)
        rounding = problem.n_samples * np.finfo(np.float64).eps * abs(entries)
        centre = np.where(abs(mean - entries) <= rounding, entries, mean)
    features = Features(problem.intercept, centre, scale)
    if dense and worth_reducing(problem, fits) and (space := row_space(problem.x, centre, scale)) is not None:
        inside = _taken_apart(replace(problem, x=space.samples), Features(problem.intercept), fits, apart=apart)
        return replace(inside, features=replace(features, space=space, basis=inside.features.basis))
    return _taken_apart(problem, features, fits, apart=apart)


# What follows is private.


def _taken_apart(problem: Problem, features: Features, fits: int, *, apart: bool) -> Spectrum:
    dense, scale = not is_sparse(problem.x), features.scale
    few = apart and dense and problem.n_features <= MOST_FEATURES
    cost = steps_of_taking_apart(problem, fits)
    if not few or cost > FEW_STEPS:
        values = _variances(problem, features)
        if dense:
            _check_finite(values)
        steps = expected_steps(problem, features, values) if dense and apart else math.inf
        if not few or PESSIMISM * cost > steps:
            return Spectrum(features, values, steps)
    covariance = in_chunks(problem).map_reduce(_second_moments, features)
    if scale is not None:
        covariance /= np.outer(scale, scale)
    _check_finite(covariance)
    values, basis = np.linalg.eigh(covariance)
    return Spectrum(replace(features, basis=basis), values)


def _check_finite(moments: Array) -> None:
    if not np.isfinite(moments).all():
        raise FloatingPointError("the squares of the features overflow: scale the features")


def _weighted_sum(block: RowBlock, _: None) -> Array:
    """sum_i |w_i| x_i in float64."""
    return np.asarray(abs(block.shares[:, 0]) @ centred(block, None, np.float64))


def _second_moments(block: RowBlock, features: Features) -> Array:
    """sum_i |w_i| (x_i - m) (x_i - m)^T, products in the precision of x."""
    x = centred(block, features.centre)
    roots = np.sqrt(abs(block.shares)).astype(x.dtype)
    rooted = np.multiply(x, roots, out=block.work("rooted", x.shape, x))
    return np.asarray((rooted.T @ rooted).astype(np.float64, copy=False))  # half the work: BLAS knows the symmetry


def _variances(problem: Problem, features: Features) -> Array:
    """sum_i |w_i| ((x_i - m) / s)^2."""
    if is_sparse(problem.x):
        x = problem.x
        values = np.asarray(x.multiply(x).T @ abs(problem.row_shares), dtype=np.float64).reshape(-1)
    else:
        chunks = in_chunks(problem, max(1, CACHED // problem.n_features))
        values = chunks.map_reduce(_squares, features.centre)
    return values if features.scale is None else values / np.square(features.scale)


def _squares(block: RowBlock, centre: Array | None) -> Array:
    # In float64 before they are squared: far from 0, squares have no digits to spare.
    out = block.work("squares", block.x.shape, block.x, np.float64)
    np.subtract(block.x, 0.0 if centre is None else centre, out=out)
    return np.asarray(abs(block.shares[:, 0]) @ np.square(out, out=out))
