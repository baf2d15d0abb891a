"""A bound on the distance of the weights of a fit from the optimum, rounding errors in float64 included.

    F(V, c) = sum_i a_i l(x_i V + c, t_i) + l2 / 2 |V|^2,    Phi(V) = min_c F(V, c)

x_i = (sample - m) / s, V = s W and c = b + m W are the features, weights and intercepts after a centre m, which is 0
without intercepts, and the scale s of the penalty. Phi is l2-strongly convex, so that

    |V - V*| <= |grad Phi(V)| / l2,    Phi(V) - Phi(V*) <= |grad Phi(V)|^2 / (2 l2)

c enters the bound only through Phi. So m may be any vector, and the bound needs no digits of b.

Intercepts. grad Phi(V) = G(c*), where G is the gradient of F by V, and c* minimises F(V, .). Newton's method brings c
close to c*. Let v = c* - c, g the gradient of F by c, S its Hessian (both orthogonal to 1), |v|_S^2 = v.S v,
k = sqrt(2 / the smallest eigenvalue of S), R = max v - min v <= k |v|_S, and h^2 = g.S^-1 g. The third derivative of
log-sum-exp along v is a third central moment of v under the probabilities, so at most R times the second derivative,
the variance. Hence the second derivative at c + t v lies between e^(-R t) |v|_S^2 and e^(R t) |v|_S^2, and

    |v|_S (1 - e^-R) / R <= h    (the mean slope along v is -g.v)     so    1 - e^-R <= k h,    |v|_S <= R / k

where R now is -log(1 - k h). This needs k h < 1, and then c* exists. The Hessian of l by the logits is at most 1/2, and
by Cauchy and Schwarz

    |G(c*) - G(c)| <= sqrt(X / 2) |v|_S (e^(R/2) - 1) / (R/2),    X = sum_i a_i |x_i|^2

F(V, c) - Phi(V) <= -g.v <= h |v|_S by convexity. One logit has 1/4 for 1/2, R = |v|, and 1 for 2 in k.

Rounding errors of F and its derivatives are bounded with the sums over the rows (`bounded_sums`).
"""

import math
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from chainrule.arrays import Array
from chainrule.kernels.blas import single_threaded_products
from chainrule.solvers.convex.bounded_sums import (
    LEAST_SQUARE,
    ROUNDING,
    EvaluationPoint,
    Sums,
    few_samples,
    newton_sums,
    residuals_with_bounds,
    with_bounds,
)
from chainrule.solvers.convex.problem import Problem
from chainrule.solvers.convex.rows import LogitPoint, Rows
from chainrule.storage.stored_rows import stacked

OF_BOUNDS = 1 + 1e-9
"""Factor of the bounds, for the rounding errors of the bounds themselves."""

STORED_BYTES = 1 << 27
"""Logits are kept from pass to pass if they need at most this many bytes."""

MOST_CLASSES = 2048
"""Most classes for which the Hessian by the intercepts is computed."""

MOST_PASSES = 8
"""Most passes with bounds. One or two Newton steps suffice after a fit."""

ENOUGH = 0.01
"""The intercepts are minimised when they add at most this share of the gradient by the weights to the bound."""

SEEN = 256
"""Rows from which the centre and the size of each feature are estimated."""


@dataclass(frozen=True)
class Certificate:
    """Bounds on the errors of a fit at its end. F is the mean objective.

    Attributes
    ----------
    distance : float
        Upper bound on the Frobenius norm of `coef_` minus the optimal coefficients, and so on each difference.
    gap : float
        Upper bound on how far F at `coef_` and `intercept_` is above its minimum.
    gradient_norm : float
        The Euclidean norm of the gradient by the weights as the penalty sees them, at minimised intercepts.
    intercepts : float
        The Euclidean norm of the gradient by the intercepts, before their rounding to the dtype of `intercept_`.
    rounding : float
        The part of `distance` that rounding accounts for: of the evaluation, and of `coef_` to its dtype.

    Examples
    --------
    >>> print(Certificate(3.12e-7, 4.6e-12, 1e-12, 1e-17, 2e-13))
    within 3.1e-07 of the optimum's coefficients (Frobenius norm), objective within 4.6e-12; of which rounding 2e-13
    """

    distance: float
    gap: float
    gradient_norm: float
    intercepts: float
    rounding: float

    def __str__(self) -> str:
        return (
            f"within {self.distance:.1e} of the optimum's coefficients (Frobenius norm), "
            f"objective within {self.gap:.1e}; of which rounding {self.rounding:.0e}"
        )


class Certified(NamedTuple):
    """Parameters with minimised intercepts, and their certificate.

    Attributes
    ----------
    theta : array
        The weights as given and the minimised intercepts, in the dtype that was asked for.
    certificate : Certificate or None
    reason : str
        Why there is no certificate, or nothing.
    """

    theta: Array
    certificate: Certificate | None
    reason: str = ""


def certify(problem: Problem, theta: Array, *, scale: Array | None = None, dtype: Any = None) -> Certified:
    """Minimise F over the intercepts, and bound the distance of the weights from the optimum.

    F is that of the samples, targets and weights that the problem holds. After a fit, two passes over the samples are
    usual, in float64.

    Parameters
    ----------
    problem : Problem
    theta : (d + 1, k) array
        The weights, and the intercepts as the last row if there are any.
    scale : (d,) array, optional
        The penalty is on the weights times this scale.
    dtype : dtype, optional
        The dtype of the result; that of theta by default.

    Examples
    --------
    >>> from chainrule import rules
    >>> x, labels = np.array([[0.0], [1.0], [2.0], [4.0]]), np.array([0, 0, 1, 2])
    >>> problem = Problem(x, labels, 3, rules.softmax_cross_entropy, l2=0.5)
    >>> found = certify(problem, np.zeros((2, 3)))
    >>> found.theta[1].round(3), found.certificate.distance < 2
    (array([ 0.462, -0.231, -0.231]), True)
    """
    theta = np.asarray(theta)
    dtype, reason = np.dtype(dtype or theta.dtype), _reason(problem)
    if reason:
        return Certified(theta.astype(dtype), None, reason)
    problem = problem.with_threads()
    with single_threaded_products(), np.errstate(all="ignore"):
        return _Certifier(problem, theta.astype(np.float64), scale).run(dtype)


# What follows is private.


def _reason(problem: Problem) -> str:
    """Why a problem has no certificate, or nothing."""
    if problem.signed:
        return "sample weights have both signs, so that the objective need not be convex"
    if not problem.l2:
        return "there is no penalty, so that the objective need not be strongly convex"
    if problem.n_outputs > MOST_CLASSES:
        return f"there are more than {MOST_CLASSES} classes"
    return ""


class _Bounds(NamedTuple):
    """The sizes of the gradients with bounds on their errors, and the bound on the change by the intercepts.

    `slack` bounds the change of the gradient by the weights from c to c*, and `left` F(V, c) - Phi(V).
    """

    gradient: float
    error: float
    offsets: float = 0.0
    offset_error: float = 0.0
    decrement: float = 0.0
    slack: float = 0.0
    left: float = 0.0


class _Certifier:
    """Newton's method for the intercepts of one problem, and the bounds at its end."""

    def __init__(self, problem: Problem, theta: Array, scale: Array | None) -> None:
        n, d, k = problem.n_samples, problem.n_features, problem.n_outputs
        self.problem, self.theta, self.rows = problem, theta, Rows(problem, np.float64)
        self.weights, self.scale = np.ascontiguousarray(theta[:d]), np.ones(d) if scale is None else scale
        self.intercepts, centre, sizes = theta[d:].sum(axis=0), None, self.scale
        leaves = self.rows.engine.blocks()
        some = self.rows.map_reduce(few_samples, SEEN, sorted({leaves[0], leaves[len(leaves) // 2], leaves[-1]}))
        some = stacked(some)
        if problem.sparse:
            sizes = np.bincount(some.indices, np.square(some.data, dtype=np.float64), d) / some.shape[0]
        else:
            centre = some.mean(axis=0, dtype=np.float64) if problem.intercept else None
            sizes = np.square(some - (0.0 if centre is None else centre)).mean(axis=0)
        # |x| |W| <= |x / q| |q W| for any q, and the least is at q^2 = size of a feature / size of its weights.
        sizes = np.where(sizes > 0, np.sqrt(sizes), 1.0)
        largest, squares = abs(self.weights).max(axis=1), np.square(self.weights)
        ratios = np.divide(squares, largest[:, None], out=np.zeros_like(squares), where=largest[:, None] > 0)
        norms = np.stack([1 / np.square(self.scale), largest / sizes], axis=1)
        bounds = np.stack([np.square(self.scale) @ squares, sizes @ ratios]).max(axis=1) + d * LEAST_SQUARE
        start = self.intercepts if centre is None else self.intercepts + centre @ self.weights
        self.point = EvaluationPoint(
            self.weights, start, np.zeros(k), centre, norms, np.sqrt(bounds) * OF_BOUNDS, problem.label_smoothing
        )
        slot = "certified" if 8 * n * k <= STORED_BYTES else None
        self.point = self.point._replace(unmoved=LogitPoint.at((self.weights, start), slot))

    def run(self, dtype: np.dtype[Any]) -> Certified:
        """Newton steps while they pay, and the bounds there."""
        if self.problem.intercept:
            offsets, between = self._sums(newton_sums)
            self._move(self._newton(offsets, between)[1])
        sums = Sums(*self._sums(with_bounds))
        found, step = self._bounds(sums)
        for _ in range(MOST_PASSES - 1):
            if not found.slack > max(ENOUGH * found.gradient, found.error) or not np.isfinite(step).all():
                break
            before = self.point
            self._move(step)
            there = Sums(*self._sums(with_bounds))
            after, step = self._bounds(there)
            if not after.decrement < found.decrement:
                self.point = before
                break
            settled = after.decrement > found.decrement / 2 and after.slack < math.inf
            sums, found = there, after
            if settled:
                break
        theta, certificate = self._conclude(sums, found, dtype)
        if not all(map(math.isfinite, vars(certificate).values())):
            given, reason = self.theta.astype(dtype), "float64 has too few digits for it, or the intercepts no minimum"
            return Certified(given, None, reason)
        return Certified(theta, certificate)

    def _sums(self, function: Any) -> Any:
        """The only place that sees the rows."""
        if not self.problem.sparse or function is not with_bounds:
            return self.rows.map_reduce(function, self.point)
        (offsets, between, numbers), slopes = self.rows.pull_back(residuals_with_bounds, self.point)
        return offsets, between, slopes[:-1], numbers

    def _move(self, step: Array) -> None:
        """Take a Newton step of the intercepts; a shorter one if the Hessian changes much along it."""
        length = float(np.ptp(step) if len(step) > 1 else abs(step[0]))
        if math.isfinite(length):
            step = step if length <= 1 else step * (math.log1p(length) / length)
            self.point = self.point._replace(moved=self.point.moved + step)

    def _newton(self, offsets: Array, between: Array) -> tuple[Any, Array]:
        """The eigenvalues of S and the gradient along its axes, and the Newton step; infinite if S cannot be used."""
        k = len(offsets)
        if k > 1:
            between = -(between + between.T) / 2
            np.fill_diagonal(between, 0.0)
            np.fill_diagonal(between, -between.sum(axis=1))
            between, offsets = between + np.trace(between) / k, offsets - offsets.mean()  # 1 is an eigenvector
        if not np.isfinite(between).all() or not np.isfinite(offsets).all():
            return (np.zeros(k), offsets), np.full(k, math.inf)
        values, axes = np.linalg.eigh(between)
        along = axes.T @ offsets
        return (values, along), -axes @ (along / values)

    def _bounds(self, sums: Sums) -> tuple[_Bounds, Array]:
        l2, k = self.problem.l2, self.problem.n_outputs
        slope_error, offset_error, slope_size, offset_size, between_error, squares, _, blocks = sums.numbers.tolist()
        data, penalty, adding = sums.slopes / self.scale[:, None], l2 * self.scale[:, None] * self.weights, 8 + blocks
        error = slope_error + adding * ROUNDING * slope_size + 4 * ROUNDING * (_norm(data) + _norm(penalty))
        found = _Bounds(_norm(data + penalty), error)
        if not self.problem.intercept:
            return found, np.zeros(k)
        (values, along), step = self._newton(sums.offsets, sums.between)
        size = _norm(along)
        offset_error += (adding * offset_size + 20 * k * size) * ROUNDING
        values = values - between_error - (adding + 20 * k) * ROUNDING * values.sum()
        found = found._replace(offsets=size, offset_error=offset_error, decrement=math.inf, slack=math.inf)
        found = found._replace(left=math.inf)
        if not values[0] > 1e-290:
            return found, step
        decrement = _norm(along / np.sqrt(values)) + offset_error / math.sqrt(values[0])
        ratio = math.sqrt((2 if k > 1 else 1) / values[0])
        if not ratio * decrement < 1:
            return found._replace(decrement=decrement), step
        reach = -math.log1p(-ratio * decrement)
        growth = math.expm1(reach / 2) / (reach / 2) if reach else 1.0
        slack = math.sqrt(squares / (2 if k > 1 else 4)) * reach / ratio * growth
        return found._replace(decrement=decrement, slack=slack, left=decrement * reach / ratio), step

    def _conclude(self, sums: Sums, found: _Bounds, dtype: np.dtype[Any]) -> tuple[Array, Certificate]:
        """The parameters in a dtype, and the bounds for them."""
        l2, k, point = self.problem.l2, self.problem.n_outputs, self.point
        theta, change = self.weights.astype(dtype), self.weights.astype(dtype) - self.weights
        moved = 0.0
        if self.problem.intercept:
            centre = np.zeros(len(theta)) if point.centre is None else point.centre
            exact = self.intercepts + point.moved - centre @ change
            theta = np.vstack([theta, exact.astype(dtype)])
            error, sizes = theta[-1] - exact, abs(centre) @ abs(self.weights) + abs(self.intercepts) + abs(point.moved)
            moved = _norm(error - error.mean() if k > 1 else error) + (len(theta) + 8) * ROUNDING * _norm(sizes)
        *_, squares, mass, _ = sums.numbers.tolist()
        slope, least = found.gradient + found.error + found.slack, float(self.scale.min())
        shown, own = _norm(self.scale[:, None] * change), _norm(self.scale[:, None] * self.weights)
        bend = (math.sqrt(squares) * shown + math.sqrt(mass) * moved) ** 2 / (4 if k > 1 else 8)
        gap = slope * slope / (2 * l2) + found.left + slope * shown + bend + l2 / 2 * shown * shown
        gap += (found.offsets + found.offset_error) * moved
        # The rounding of the penalty's strength and of the sum of the weights changes the optimum by that share of it.
        rounded = _norm(change) + 64 * ROUNDING * (own + slope / l2) / least
        by_intercepts = found.slack * found.offset_error / (found.offsets + found.offset_error or 1.0)
        return theta, Certificate(
            distance=(slope / l2 / least + rounded) * OF_BOUNDS,
            gap=gap * OF_BOUNDS,
            gradient_norm=found.gradient,
            intercepts=found.offsets,
            rounding=(found.error + by_intercepts) / l2 / least + rounded,
        )


def _norm(array: Array) -> float:
    """The Euclidean norm, without overflow or underflow."""
    largest = float(abs(array).max(initial=0.0))
    return largest * float(np.linalg.norm(array / largest)) if 0 < largest < math.inf else largest
