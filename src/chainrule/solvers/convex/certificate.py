"""A bound on the distance of the weights of a fit from the optimum, rounding errors in float64 included.

    F(V, c) = sum_i a_i l(x_i V + c, t_i) + l2 / 2 |V|^2,    Phi(V) = min_c F(V, c)

x_i = (sample - m) / s, V = s W and c = b + m W are the features, weights and intercepts for a centre m, which is 0
without intercepts, and the scale s of the penalty. Phi is l2-strongly convex, so that

    |V - V*| <= |grad Phi(V)| / l2,    Phi(V) - Phi(V*) <= |grad Phi(V)|^2 / (2 l2)

Losses are not negative, so Phi(V*) >= 0. If M bounds F(V, c) for any c, then Phi(V) - Phi(V*) <= M. Strong convexity at
V*, where grad Phi is 0, says that Phi(V) - Phi(V*) >= l2 / 2 |V - V*|^2, so that |V - V*| <= sqrt(2 M / l2). Where the
gradient is large, as with features of very uneven size, these two bounds are the smaller ones.

c enters the bound only through Phi. So m may be any vector, and the bound needs no digits of b.

grad Phi(V) = G(c*), where G is the gradient of F with respect to V, and c* minimises F(V, .). Newton's method brings c
close to c*, and the remaining distance is bounded (`intercepts`). The last evaluation of a fit does both without a
further evaluation (`last_evaluation`). If its bounds on rounding errors, which are alike for all samples, are not small
beside the gradient, `certify` takes further passes, which bound the errors row by row (`bounded_sums`).
"""

import math
from dataclasses import dataclass, replace
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
from chainrule.solvers.convex.evaluation import Evaluator
from chainrule.solvers.convex.features import Features, Precision
from chainrule.solvers.convex.intercepts import Bounds, NewtonStep, newton_step, norm, with_intercepts
from chainrule.solvers.convex.last_evaluation import LastEvaluation, last_evaluation, why_uncertain
from chainrule.solvers.convex.problem import Problem
from chainrule.solvers.convex.row_blocks import LogitPoint
from chainrule.solvers.convex.rows import Rows
from chainrule.solvers.convex.spectrum import Spectrum
from chainrule.storage.stored_rows import stacked

OF_BOUNDS = 1 + 1e-9
"""Factor on the bounds that covers the rounding errors of the bounds themselves."""

STORED_BYTES = 1 << 27
"""Logits are kept from pass to pass if they need at most this many bytes."""

MOST_PASSES = 8
"""Most passes with bounds. One or two Newton steps suffice after a fit."""

ENOUGH = 0.01
"""The intercepts are minimised when they add at most this share of the gradient norm to the bound."""

SMALL, SMALL_CHANGE = 0.5, 1e-8
"""The last evaluation of a fit is enough if its errors and its intercepts add at most this share of the gradient, or at
most this share of the weights to the distance."""

UNMOVED = 1e-9
"""If intercepts move by more than this share of 1 plus their size, F is evaluated again."""

SEEN, SEEN_ENTRIES = 256, 1 << 18
"""Rows from which the centre and the size of each feature are estimated, and the most entries of dense rows."""


@dataclass(frozen=True)
class Certificate:
    """Bounds on the errors of a fit at its end. F is the mean objective.

    Attributes
    ----------
    distance : float
        Upper bound on the Frobenius norm of `coef_` minus the optimal coefficients, and so on each difference.
    gap : float
        Upper bound on how far F at `coef_` and `intercept_` is above its minimum. As losses are not negative, it is at
        most F itself and what the intercepts and the rounding of `coef_` add. A ConvergenceWarning says how far F may
        still fall by the last step's estimate, which is not proved and may be much less.
    gradient_norm : float
        The Euclidean norm of the gradient with respect to the weights as the penalty sees them, at minimised
        intercepts.
    intercepts : float
        The Euclidean norm of the gradient with respect to the intercepts, before they are rounded to the dtype of
        `intercept_`.
    rounding : float
        The part of `distance` due to rounding: in the evaluation, and of `coef_` to its dtype.

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
        Why there is no certificate, or an empty string.
    value, gradient_norm : float or None
        F at theta, and the largest entry of its gradient, if the last evaluation gives them.
    """

    theta: Array
    certificate: Certificate | None
    reason: str = ""
    value: float | None = None
    gradient_norm: float | None = None


def certify(
    problem: Problem,
    theta: Array,
    *,
    scale: Array | None = None,
    dtype: Any = None,
    spectrum: Spectrum | None = None,
    last: LastEvaluation | None = None,
) -> Certified:
    """Minimise F over the intercepts, and bound the distance of the weights from the optimum.

    F is the objective for the problem's samples, targets and weights. After a fit, its last evaluation is usually
    enough. Otherwise `certify` usually takes two passes over the samples, in float64.

    Parameters
    ----------
    problem : Problem
    theta : (d + 1, k) array
        The weights, and the intercepts as the last row if there are any.
    scale : (d,) array, optional
        The penalty is on the weights times this scale; by default that of the spectrum.
    dtype : dtype, optional
        The dtype of the result; that of theta by default.
    spectrum : Spectrum, optional
        The spectrum of these samples, which saves work if it is known.
    last : LastEvaluation, optional
        The last evaluation of a fit that ended at theta, with this spectrum.

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
    dtype, reason = np.dtype(dtype or theta.dtype), why_uncertain(problem)
    if reason:
        return Certified(theta.astype(dtype), None, reason)
    problem = problem.with_threads()
    with single_threaded_products(), np.errstate(all="ignore"):
        if spectrum is None:
            return _Certifier(problem, theta.astype(np.float64), scale).run(dtype)
        features = Features(problem.intercept, spectrum.features.centre, spectrum.features.scale)
        evaluator = Evaluator(problem, replace(features, precision=Precision.FLOAT64), stored=False)
        if last is None:
            last = last_evaluation(evaluator, features.inside(theta), spectrum.squares(problem.n_samples))
        theta, found = features.outside(last.theta), last.bounds
        weights, intercepts = features.split(theta)
        own = norm(features.split(last.theta)[0])
        end, here = Certified(theta.astype(dtype), None), last.here
        if found.error + found.slack <= max(SMALL * found.gradient, SMALL_CHANGE * problem.l2 * own):
            at = _End(weights, intercepts.sum(axis=0), features.centre, features.scale, 0.0)
            end = Certified(*_concluded(problem, at, found, last.squares, last.mass, dtype, last.most))
        if end.certificate is None or not _is_finite(end.certificate):
            end = _Certifier(problem, theta, features.scale).run(dtype, last.most)
            after = features.split(end.theta)[1]
            if (abs(after - intercepts) > UNMOVED * (1 + abs(intercepts))).any():  # they were far from the best ones
                here = evaluator.at(features.inside(end.theta))
        return end._replace(value=here.value, gradient_norm=features.largest(here.gradient))


# What follows is private.


class _End(NamedTuple):
    """Weights and intercepts in float64. `moves` bounds terms of the intercepts that may have been rounded."""

    weights: Array
    intercepts: Array
    centre: Array | None
    scale: Array | None
    moves: Array | float


def _concluded(
    problem: Problem, end: _End, found: Bounds, squares: float, mass: float, dtype: np.dtype[Any], most: float
) -> tuple[Array, Certificate]:
    """The parameters in a dtype, and the bounds for them; `most` bounds F for these weights and some intercepts."""
    l2, k, weights = problem.l2, problem.n_outputs, end.weights
    theta, change = weights.astype(dtype, copy=False), weights.astype(dtype, copy=False) - weights
    moved = 0.0
    if problem.intercept:
        centre = np.zeros(len(theta)) if end.centre is None else end.centre
        exact = end.intercepts - centre @ change
        theta = np.vstack([theta, exact.astype(dtype)])
        error, sizes = theta[-1] - exact, abs(centre) @ abs(weights) + abs(end.intercepts) + end.moves
        moved = norm(error - error.mean() if k > 1 else error) + (len(theta) + 8) * ROUNDING * norm(sizes)
    slope, least = found.gradient + found.error + found.slack, 1.0 if end.scale is None else float(end.scale.min())
    shown, own = (norm(part if end.scale is None else end.scale[:, None] * part) for part in (change, weights))
    bend = (math.sqrt(squares) * shown + math.sqrt(mass) * moved) ** 2 / (4 if k > 1 else 8)
    furthest = math.sqrt(2 * most / l2)
    gap = min(slope * slope / (2 * l2), most) + found.left + slope * shown + bend + l2 / 2 * shown * shown
    gap += (found.offsets + found.offset_error) * moved
    # The rounding of the penalty's strength and of the sum of the weights changes the optimum by that share of it.
    rounded = norm(change) + 64 * ROUNDING * (own + slope / l2) / least
    by_intercepts = found.slack * found.offset_error / (found.offsets + found.offset_error or 1.0)
    return theta, Certificate(
        distance=(min(slope / l2, furthest) / least + rounded) * OF_BOUNDS,
        gap=gap * OF_BOUNDS,
        gradient_norm=found.gradient,
        intercepts=found.offsets,
        rounding=min((found.error + by_intercepts) / l2, furthest) / least + rounded,
    )


def _is_finite(certificate: Certificate) -> bool:
    return all(map(math.isfinite, vars(certificate).values()))


class _Certifier:
    """Newton's method for the intercepts of one problem, and the bounds at its end."""

    def __init__(self, problem: Problem, theta: Array, scale: Array | None) -> None:
        n, d, k = problem.n_samples, problem.n_features, problem.n_outputs
        self.problem, self.theta, self.rows = problem, theta, Rows(problem, np.float64)
        self.weights, self.scale = np.ascontiguousarray(theta[:d]), np.ones(d) if scale is None else scale
        self.intercepts, centre, sizes = theta[d:].sum(axis=0), None, self.scale
        leaves = self.rows.engine.blocks()
        seen = SEEN if problem.sparse else max(1, min(SEEN, SEEN_ENTRIES // d))
        some = self.rows.map_reduce(few_samples, seen, sorted({leaves[0], leaves[len(leaves) // 2], leaves[-1]}))
        some = stacked(some)
        if problem.sparse:
            sizes = np.bincount(some.indices, np.square(some.data, dtype=np.float64), d) / some.shape[0]
        else:
            centre = some.mean(axis=0, dtype=np.float64) if problem.intercept else None
            sizes = np.square(some - (0.0 if centre is None else centre)).mean(axis=0)
        # |x| |W| <= |x / q| |q W| for any q; the right side is least at q^2 = size of a feature / size of its weights.
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

    def run(self, dtype: np.dtype[Any], most: float = math.inf) -> Certified:
        """Newton steps while they help, and the bounds at their end; `most` bounds F for these weights."""
        if self.problem.intercept:
            offsets, between = self._sums(newton_sums)
            self._move(newton_step(offsets, between).step)
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
        *_, squares, mass, _ = sums.numbers.tolist()
        point = self.point
        end = _End(self.weights, self.intercepts + point.moved, point.centre, self.scale, abs(point.moved))
        theta, certificate = _concluded(self.problem, end, found, squares, mass, dtype, most)
        if not _is_finite(certificate):
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

    def _bounds(self, sums: Sums) -> tuple[Bounds, Array]:
        l2, k = self.problem.l2, self.problem.n_outputs
        slope_error, offset_error, slope_size, offset_size, between_error, squares, _, blocks = sums.numbers.tolist()
        data, penalty, adding = sums.slopes / self.scale[:, None], l2 * self.scale[:, None] * self.weights, 8 + blocks
        error = slope_error + adding * ROUNDING * slope_size + 4 * ROUNDING * (norm(data) + norm(penalty))
        found = Bounds(norm(data + penalty), error)
        if not self.problem.intercept:
            return found, np.zeros(k)
        newton: NewtonStep = newton_step(sums.offsets, sums.between)
        size, values = norm(newton.along), newton.values
        offset_error += (adding * offset_size + 20 * k * size) * ROUNDING
        values = values - between_error - (adding + 20 * k) * ROUNDING * values.sum()
        found = found._replace(offsets=size, offset_error=offset_error)
        return with_intercepts(found, values, newton.along, squares), newton.step
