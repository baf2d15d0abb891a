"""The features' variances, and their covariance C, from samples of weights without signs.

C = sum_i |w_i| (x_i - m) (x_i - m)^T / (s s^T)
"""

from __future__ import annotations

from typing import Any

import numpy as np

from chainrule.arrays import is_sparse
from chainrule.solvers.convex.blocks import cut
from chainrule.solvers.convex.coordinates import centred
from chainrule.solvers.convex.problem import Problem

CACHED = 1 << 16
"""Entries of features whose squares are summed together."""

Floats = np.ndarray[Any, Any]


def covariance_of(problem: Problem, centre: Floats | None, scale: Floats | None, dtype: Any = None) -> Floats:
    """C in float64, or in another precision."""
    covariance = _second_moments(problem, centre, dtype)
    if scale is not None:
        covariance /= np.outer(scale, scale).astype(covariance.dtype, copy=False)
    _check_finite(covariance)
    return covariance


def variances_of(problem: Problem, centre: Floats | None, scale: Floats | None) -> Floats:
    """The diagonal of C, in float64."""
    values = _second_moments_alone(problem, centre)
    if scale is not None:
        values /= np.square(scale)
    if not is_sparse(problem.x):
        _check_finite(values)
    return values


# What follows is private.


def _second_moments(problem: Problem, centre: Floats | None, dtype: Any = None) -> Floats:
    """sum_i |w_i| (x_i - m) (x_i - m)^T, in float64; or its products, and the sum, in another precision."""
    x, shares, d = problem.x, problem.row_weights, problem.n_features
    total = np.zeros((d, d), dtype or np.float64)
    for rows, block in centred(x, centre, dtype):
        weighted = block if shares is None else block * abs(shares[rows, None]).astype(block.dtype)
        total += block.T @ weighted
    return total / problem.n_samples if shares is None else total


def _second_moments_alone(problem: Problem, centre: Floats | None) -> Floats:
    x, shares = problem.x, problem.row_weights
    weights = np.full(problem.n_samples, 1 / problem.n_samples) if shares is None else abs(shares)
    if is_sparse(x):
        return np.asarray(x.multiply(x).T @ weights, dtype=np.float64).reshape(-1)
    total = np.zeros(problem.n_features)
    memory = np.empty((min(max(1, CACHED // problem.n_features), len(x)), problem.n_features))
    for rows in cut(0, len(x), len(memory)):
        block = memory[: rows.stop - rows.start]
        # In float64 before they are squared: far from 0, squares have no digits to spare.
        np.subtract(x[rows], 0.0 if centre is None else centre, out=block)
        total += weights[rows] @ np.square(block, out=block)
    return total


def _check_finite(moments: Floats) -> None:
    if not np.isfinite(moments).all():
        raise FloatingPointError("the squares of the features overflow: scale the features")
