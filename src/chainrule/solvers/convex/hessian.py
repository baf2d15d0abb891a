"""The Hessian of the objective, whole for few parameters, and times a vector for many.

    softmax    H V = X^T D(S, X V) + l2 V,   D(s, u) = s * (u - s . u), row by row (softmax's own Jacobian)
    one logit  H V = X^T (p (1 - p) * X V) + l2 V

Whole, for the softmax: the block of classes k and m is X^T diag(s_k [k = m] - s_k s_m) X. What all logits have in
common changes nothing, so that H has a null direction for every feature without a penalty; there it is given a
curvature that no gradient asks for.
"""

from __future__ import annotations

import numpy as np

from chainrule import rules
from chainrule.arrays import Array, is_sparse
from chainrule.solvers.convex.problem import Problem


def probabilities(problem: Problem, logits: Array) -> Array:
    """Of every class; for one logit, of the second."""
    return rules.sigmoid(logits) if problem.n_outputs == 1 else rules.softmax.forward(logits)[0]


def target_mass(problem: Problem, rows: slice) -> Array:
    """The samples' weights times the sums of their targets: what multiplies the curvature of every loss."""
    shares = np.full(problem.n_samples, 1 / problem.n_samples) if problem.row_weights is None else problem.row_weights
    if problem.n_outputs == 1 or problem.targets.ndim == 1:
        return shares[rows]
    return np.asarray(shares[rows] * problem.targets[rows].sum(axis=1))


def dense_features(problem: Problem, rows: slice, centre: Array | None, scale: Array | None) -> Array:
    """A block of features as the parameters see them, with ones for the intercept, as float64."""
    x = problem.x[rows]
    x = np.asarray(x.toarray() if is_sparse(x) else x, dtype=np.float64)
    if centre is not None:
        x = x - centre
    if scale is not None:
        x = x / scale
    return np.hstack([x, np.ones((len(x), 1))]) if problem.intercept else x


def whole_hessian(problem: Problem, theta: Array, centre: Array | None, scale: Array | None) -> Array:
    """H, of shape (d k, d k), entries in the order of theta's rows and columns."""
    d, k = problem.shape
    joint, own = np.zeros((d, k, d, k)), np.zeros((k, d, d))
    rows_at_once = max(64, (1 << 22) // max(d * k, 1))
    for first in range(0, problem.n_samples, rows_at_once):
        rows = slice(first, min(first + rows_at_once, problem.n_samples))
        x = dense_features(problem, rows, centre, scale)
        probs = probabilities(problem, x @ theta)
        mass = target_mass(problem, rows)
        if k == 1:
            own[0] += x.T @ (x * (mass[:, None] * probs * (1 - probs)))
            continue
        weighted = (x[:, :, None] * probs[:, None, :]).reshape(len(x), d * k)
        joint -= (weighted.T @ (weighted * mass[:, None])).reshape(d, k, d, k)
        for m in range(k):
            own[m] += x.T @ (x * (mass * probs[:, m])[:, None])
    for m in range(k):
        joint[:, m, :, m] += own[m]
    hessian: Array = joint.reshape(d * k, d * k)
    diagonal = np.arange(problem.n_features * k)
    hessian[diagonal, diagonal] += problem.l2
    return hessian if k == 1 else _without_null_directions(hessian, problem)


def _without_null_directions(hessian: Array, problem: Problem) -> Array:
    d, k = problem.shape
    blocks = hessian.reshape(d, k, d, k)
    free = range(d) if not problem.l2 else range(problem.n_features, d)
    for j in free:
        blocks[j, :, j, :] += np.trace(blocks[j, :, j, :]) / k**2 or 1.0
    return hessian
