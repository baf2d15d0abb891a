"""Newton's method for the intercepts, and bounds on how far they are from the best ones.

F(V, c) and Phi(V) = min_c F(V, c) are those of `certificate`. Let c be some intercepts and c* the best ones,
v = c* - c, g the gradient of F with respect to c, S its Hessian (both orthogonal to 1), |v|_S^2 = v.S v,
k = sqrt(2 / the smallest eigenvalue of S), R = max v - min v <= k |v|_S, and h^2 = g.S^-1 g. A move by t v multiplies
each probability by a factor between e^(-R t) and e^(R t), and so also the variance of any vector under them: the
Hessian of log-sum-exp along it. Hence the Hessian at c + t v lies between e^(-R t) S and e^(R t) S, and

    |v|_S (1 - e^-R) / R <= h    (the mean slope along v is -g.v)     so    1 - e^-R <= k h,    |v|_S <= R / k

where R now is -log(1 - k h). This needs k h < 1, and then c* exists. The Hessian of l with respect to the logits is at
most 1/2, and by Cauchy and Schwarz, for the gradient G of F with respect to V,

    |G(c*) - G(c)| <= sqrt(X / 2) |v|_S (e^(R/2) - 1) / (R/2),    X = sum_i a_i |x_i|^2

F(V, c) - Phi(V) <= -g.v <= h |v|_S by convexity. For one logit, 1/4 replaces 1/2, R = |v|, and 1 replaces 2 in k.
"""

import math
from typing import NamedTuple

import numpy as np

from chainrule.arrays import Array

LEAST_CURVATURE = 1e-290
"""Smallest eigenvalue of S by which anything is divided."""


class NewtonStep(NamedTuple):
    """S and g in the axes of S, and -S^-1 g.

    Attributes
    ----------
    values, axes : arrays
        The eigenvalues of S, in ascending order, and its eigenvectors. The eigenvalue of the vector of ones, which is
        0, is replaced by the sum of all.
    along : array
        g along the axes.
    step : array
        Infinite if S or g cannot be used.
    """

    values: Array
    axes: Array
    along: Array
    step: Array

    def again(self, offsets: Array) -> "NewtonStep":
        """The step with the same S for another g."""
        along = self.axes.T @ (offsets - offsets.mean() if len(offsets) > 1 else offsets)
        return self._replace(along=along, step=-self.axes @ (along / self.values))


class Bounds(NamedTuple):
    """The norms of the gradients with bounds on their errors, and bounds on what the best intercepts change.

    Attributes
    ----------
    gradient, error : float
        With respect to the weights.
    offsets, offset_error : float
        With respect to the intercepts.
    decrement : float
        h.
    slack : float
        A bound on the change of the gradient with respect to the weights from c to c*.
    left : float
        A bound on F(V, c) - Phi(V).
    """

    gradient: float
    error: float
    offsets: float = 0.0
    offset_error: float = 0.0
    decrement: float = 0.0
    slack: float = 0.0
    left: float = 0.0


def newton_step(offsets: Array, between: Array) -> NewtonStep:
    """The step for g and the sum of the products of probabilities; for one logit, of p (1 - p).

    >>> newton_step(np.array([0.1, -0.1]), np.array([[0.3, 0.2], [0.2, 0.3]])).step
    array([-0.25,  0.25])
    """
    k = len(offsets)
    if k > 1:
        between = -(between + between.T) / 2
        np.fill_diagonal(between, 0.0)
        np.fill_diagonal(between, -between.sum(axis=1))
        between, offsets = between + np.trace(between) / k, offsets - offsets.mean()  # 1 is an eigenvector
    if not np.isfinite(between).all() or not np.isfinite(offsets).all():
        return NewtonStep(np.zeros(k), np.eye(k), offsets, np.full(k, math.inf))
    values, axes = np.linalg.eigh(between)
    along = axes.T @ offsets
    return NewtonStep(values, axes, along, -axes @ (along / values))


def reach_of(values: Array, decrement: float) -> float:
    """k h: the best intercepts exist if it is less than 1. Infinite if S is singular."""
    if not values[0] > LEAST_CURVATURE:
        return math.inf
    return math.sqrt((2 if len(values) > 1 else 1) / values[0]) * decrement


def with_intercepts(found: Bounds, values: Array, along: Array, squares: float) -> Bounds:
    """The bounds with decrement, slack and left, from the eigenvalues of S (or lower ones), g along its axes, and X."""
    k = len(values)
    found = found._replace(decrement=math.inf, slack=math.inf, left=math.inf)
    if not values[0] > LEAST_CURVATURE:
        return found
    decrement = norm(along / np.sqrt(values)) + found.offset_error / math.sqrt(values[0])
    found = found._replace(decrement=decrement)
    ratio = math.sqrt((2 if k > 1 else 1) / values[0])
    if not ratio * decrement < 1:
        return found
    reach = -math.log1p(-ratio * decrement)
    growth = math.expm1(reach / 2) / (reach / 2) if reach else 1.0
    slack = math.sqrt(squares / (2 if k > 1 else 4)) * reach / ratio * growth
    return found._replace(slack=slack, left=decrement * reach / ratio)


def norm(array: Array) -> float:
    """The Euclidean norm, without overflow or underflow."""
    with np.errstate(over="ignore", under="ignore"):
        size = float(np.linalg.norm(array))
    if 1e-140 < size < 1e140:  # no square is lost
        return size
    largest = float(abs(array).max(initial=0.0))
    return largest * float(np.linalg.norm(array / largest)) if 0 < largest < math.inf else largest
