"""The spectrum of the features' covariance, C = Q diag(c) Q^T, or its diagonal if the decomposition costs more time.

The diagonal is used if features are sparse, or too many for C, or if C costs more time than it saves steps (`costs`).
Fewer samples than features are first expressed in their row space (`row_space`), whose coordinates are then the
features.
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
from chainrule.solvers.convex.rows import RowBlock, Rows

MOST_FEATURES = 4096
"""Most features whose covariance may be decomposed."""

CACHED = 1 << 16
"""Entries of features whose squares are summed at once."""


@dataclass(frozen=True, eq=False)
class Spectrum:
    """The centred features and their covariance, shared by minimisations for several penalties or parts of the samples.

    Attributes
    ----------
    features : Features
        Centre, scale, and Q if the covariance is decomposed.
    values : (d,) array
        c, or the variances if there is no Q.
    steps : float
        The expected steps of L-BFGS with the variances alone; infinite if they were not estimated.
    """

    features: Features
    values: Array
    steps: float = math.inf

    def spread(self, l2: float) -> float:
        """The ratio of the largest curvature to the smallest."""
        smallest = max(float(self.values.min(initial=np.inf)), 0.0) + l2
        return float(self.values.max(initial=0.0)) / smallest if smallest else np.inf

    def worth_rotating(self, problem: Problem, fits: int = 1) -> bool:
        """True if one product of all samples with Q costs less than the gradients' products with Q in these fits."""
        # Each step has two solves with two products each.
        return self.features.rotation is not None and problem.n_samples <= 4 * problem.n_outputs * STEPS * fits

    def suited(self, x: Array, problem: Problem, l2: float, fits: int = 1) -> tuple[Array, Spectrum]:
        """Samples for this many fits of a problem, as z if this saves time, and the spectrum for them."""
        must = self.features.space is not None and not self.features.applied
        if not must and not self.worth_rotating(problem, fits):
            return x, self
        z, features = self.features.apply(replace(problem, x=x), self.spread(l2))
        return z, replace(self, features=features)


def spectrum_of(problem: Problem, scale: Array | None = None, *, fits: int = 1, apart: bool = True) -> Spectrum:
    """The spectrum for this many fits of a problem, with its penalty or larger ones.

    Dense features are centred if there is an intercept. With `apart=False` the covariance is not decomposed.

    Raises
    ------
    FloatingPointError
        If the squares of the features overflow.
    """
    dense, centre = not is_sparse(problem.x), None
    if problem.intercept and dense:
        mean = _small_chunks(problem).map_reduce(_weighted_sum, None)
        # A constant feature is centred to exactly 0: up to rounding, its mean is its value in any sample.
        entries = np.asarray(problem.x[0], np.float64)
        rounding = problem.n_samples * np.finfo(np.float64).eps * abs(entries)
        centre = np.where(abs(mean - entries) <= rounding, entries, mean)
    features = Features(problem.intercept, centre, scale)
    if dense and worth_reducing(problem, fits) and (space := row_space(problem.x, centre, scale)) is not None:
        inside = _decomposed(replace(problem, x=space.samples), Features(problem.intercept), fits, apart=apart)
        return replace(inside, features=replace(features, space=space, basis=inside.features.basis))
    return _decomposed(problem, features, fits, apart=apart)


# What follows is private.


def _decomposed(problem: Problem, features: Features, fits: int, *, apart: bool) -> Spectrum:
    """The spectrum with Q if `apart` and if this saves time, otherwise with the variances."""
    dense = not is_sparse(problem.x)
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
    if features.scale is not None:
        covariance /= np.outer(features.scale, features.scale)
    _check_finite(covariance)
    values, basis = np.linalg.eigh(covariance)
    return Spectrum(replace(features, basis=basis), values)


def _check_finite(moments: Array) -> None:
    if not np.isfinite(moments).all():
        raise FloatingPointError("the squares of the features overflow: scale the features")


def _small_chunks(problem: Problem) -> Rows:
    """Blocks of which a copy in float64 stays in the cache."""
    return in_chunks(problem, max(1, CACHED // problem.n_features))


def _weighted_sum(block: RowBlock, _: None) -> Array:
    """sum_i |w_i| x_i in float64."""
    return np.asarray(abs(block.shares[:, 0]) @ centred(block, None, np.float64))


def _second_moments(block: RowBlock, features: Features) -> Array:
    """sum_i |w_i| (x_i - m) (x_i - m)^T, with products in the dtype of x."""
    x = centred(block, features.centre)
    roots = np.sqrt(abs(block.shares)).astype(x.dtype)
    rooted = np.multiply(x, roots, out=block.work("centred", x.shape, x))  # in place if x is that buffer
    return np.asarray((rooted.T @ rooted).astype(np.float64, copy=False))  # BLAS computes half of a symmetric matrix


def _variances(problem: Problem, features: Features) -> Array:
    """sum_i |w_i| ((x_i - m) / s)^2."""
    if is_sparse(problem.x):
        x = problem.x
        values = np.asarray(x.multiply(x).T @ abs(problem.row_shares), dtype=np.float64).reshape(-1)
    else:
        values = _small_chunks(problem).map_reduce(_squares, features.centre)
    return values if features.scale is None else values / np.square(features.scale)


def _squares(block: RowBlock, centre: Array | None) -> Array:
    """sum_i |w_i| (x_i - m)^2, with differences in float64: far from 0, squares have no digits to spare."""
    x = centred(block, centre, np.float64)
    return np.einsum("i,ij,ij->j", abs(block.shares[:, 0]), x, x)
