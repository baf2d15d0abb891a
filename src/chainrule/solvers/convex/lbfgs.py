"""Preconditioned L-BFGS with exact steps.

The two-loop recursion of Nocedal starts from H^-1 of `preconditioner` instead of a multiple of the identity. A step of
length 1 is tried first, together with the gradient there, in one pass over the samples; where it is too long or too
short, further points on the line cost no product with the samples, because the logits are linear in the step.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial

import numpy as np

from chainrule.arrays import Array
from chainrule.solvers.convex.blocks import crew
from chainrule.solvers.convex.evaluation import Evaluated, Evaluator, dot
from chainrule.solvers.convex.newton import MOST_PARAMETERS, newton_direction
from chainrule.solvers.convex.preconditioner import Preconditioner, Spectrum, preconditioner_of, spectrum_of
from chainrule.solvers.convex.problem import Problem

DECREASE, FLAT = 1e-4, 0.7
"""A step is taken when F falls by DECREASE of what its first slope promises and its slope is FLAT of the first's."""

NEWTON_AFTER = 30
"""Steps of L-BFGS before Newton's method takes over, where there are few parameters."""

MOST_IDLE = 10
"""Steps in a row that gain no more than rounding, after which more of them are not worth it."""

Pair = tuple[Array, Array, float]


@dataclass(frozen=True)
class Progress:
    """How far a minimisation has come."""

    iteration: int
    value: float
    gradient_norm: float
    """The largest entry of the gradient."""


@dataclass(frozen=True)
class Minimum:
    """Where a minimisation ended.

    Attributes
    ----------
    theta : array
        The weights, and the intercepts as a last row where there are any.
    value, gradient_norm : float
        F and the largest entry of its gradient there.
    iterations, products : int
        The steps taken, and how often the samples were multiplied.
    converged : bool
    message : str
        Why it ended.
    """

    theta: Array
    value: float
    gradient_norm: float
    iterations: int
    products: int
    converged: bool
    message: str


def minimise(
    problem: Problem,
    start: Array | None = None,
    *,
    tol: float = 1e-4,
    max_iter: int = 100,
    memory: int = 10,
    threads: int | None = None,
    spectrum: Spectrum | None = None,
    callback: Callable[[Progress, Callable[[], Array]], bool] | None = None,
) -> Minimum:
    """Minimise F to a gradient whose entries are at most `tol`.

    Parameters
    ----------
    problem : Problem
    start : (d + 1, k) array, optional
        The intercepts' row last, where there are any. By default zero weights and intercepts that give the classes'
        frequencies.
    tol : float
    max_iter : int
    memory : int
        Pairs of vectors kept.
    threads : int, optional
        As many as BLAS may use, if absent.
    spectrum : Spectrum, optional
        From `spectrum_of`, perhaps for all samples where these are some of them, and with the scale that the features
        are to be divided by: the penalty is then on weights times that scale.
    callback : callable, optional
        Called with a Progress and a function that gives theta after every step; a true result ends the run.

    Returns
    -------
    Minimum
    """
    probs = class_shares(problem)
    with crew(threads) as team:
        if spectrum is None:
            spectrum = spectrum_of(problem)
        evaluator = Evaluator(problem, team, spectrum.centre, spectrum.scale)
        preconditioner = preconditioner_of(problem, spectrum, probs)
        theta = _start(problem, probs) if start is None else _inside(evaluator, np.array(start, dtype=np.float64))
        result = _run(evaluator, preconditioner, theta, tol, max_iter, memory, callback)
        return replace(result, theta=_outside(evaluator, theta))


def class_shares(problem: Problem) -> Array:
    """pi: the shares of the classes, none of them 0."""
    mass = problem.mass
    least = 1 / (2.0 * problem.n_samples)
    if problem.n_outputs == 1:
        return np.clip(mass, least, 1 - least)
    shares = np.maximum(mass, least * mass.sum())
    return np.asarray(shares / shares.sum())


def _start(problem: Problem, probs: Array) -> Array:
    theta = np.zeros(problem.shape)
    if problem.intercept:
        theta[-1] = np.log(probs / (1 - probs)) if len(probs) == 1 else np.log(probs) - np.log(probs).mean()
    return theta


def _run(
    evaluator: Evaluator,
    preconditioner: Preconditioner,
    theta: Array,
    tol: float,
    max_iter: int,
    memory: int,
    callback: Callable[[Progress, Callable[[], Array]], bool] | None,
) -> Minimum:
    """The iteration; `theta` is moved in place."""
    here = evaluator.at(theta)
    pairs: deque[Pair] = deque(maxlen=memory)
    fresh, stuck, idle, least = True, False, 0, np.inf
    message, converged, iteration = "the limit of iterations was reached", False, 0
    while True:
        if not np.isfinite(here.value):
            raise FloatingPointError(
                "the objective is not finite; are the features, or weights of both signs, too large?"
            )
        norm = float(abs(here.gradient).max(initial=0.0))
        if norm <= tol:
            if not fresh:
                # The stored logits have gathered rounding errors: what counts is the gradient at theta itself.
                here, fresh = evaluator.at(theta), True
                continue
            message, converged = "the gradient is as small as asked for", True
            break
        if iteration >= max_iter:
            break
        if idle >= MOST_IDLE:
            message = "neither the objective nor its gradient gets smaller: the precision of the numbers is reached"
            break
        newton = None if stuck or iteration < NEWTON_AFTER else _newton(evaluator, theta, here.gradient)
        direction = -_product(preconditioner, pairs, here.gradient) if newton is None else newton
        slope = dot(here.gradient, direction)
        if not slope < 0:
            if not pairs:
                message = "no direction leads down any more: the precision of the numbers is reached"
                break
            pairs.clear()
            continue
        step, there = _line_search(evaluator, theta, direction, here, slope)
        if there is None and newton is not None:
            stuck = True  # probabilities of 0 and 1 leave the Hessian no curvature there: L-BFGS's direction instead
            continue
        if there is None:
            if pairs or not fresh:
                # Start anew from exact logits and without old curvature before giving up.
                pairs.clear()
                here, fresh = evaluator.at(theta), True
                continue
            message = "no step makes the objective smaller: the precision of the numbers is reached"
            break
        move, change = step * direction, there.gradient - here.gradient
        curvature = dot(move, change)
        if curvature > 0:
            pairs.append((move, change, 1 / curvature))
        theta += move
        stuck = False
        gained = here.value - there.value > 16 * float(np.finfo(evaluator.dtype).eps) * abs(here.value)
        norm = float(abs(there.gradient).max(initial=0.0))
        idle = 0 if gained or norm < 0.9 * least else idle + 1
        least = min(least, norm)
        here, fresh = there, not evaluator.stored
        iteration += 1
        if callback is not None:
            at = Progress(iteration, here.value, float(abs(here.gradient).max(initial=0.0)))
            if callback(at, partial(_outside, evaluator, theta)):
                message = "a callback ended the run"
                break
    norm = float(abs(here.gradient).max(initial=0.0))
    return Minimum(theta, here.value, norm, iteration, evaluator.products, converged, message)


def _inside(evaluator: Evaluator, theta: Array) -> Array:
    """Theta for features that are centred and scaled."""
    weights = theta[:-1] if evaluator.problem.intercept else theta
    if evaluator.centre is not None:
        theta[-1] += evaluator.centre @ weights
    if evaluator.scale is not None:
        weights *= evaluator.scale[:, None]
    return theta


def _outside(evaluator: Evaluator, theta: Array) -> Array:
    """Theta for features as they are: a copy."""
    theta = theta.copy()
    weights = theta[:-1] if evaluator.problem.intercept else theta
    if evaluator.scale is not None:
        weights /= evaluator.scale[:, None]
    if evaluator.centre is not None:
        theta[-1] -= evaluator.centre @ weights
    return theta


def _newton(evaluator: Evaluator, theta: Array, gradient: Array) -> Array | None:
    """Newton's direction, if the Hessian can be held and the direction leads down."""
    if theta.size > MOST_PARAMETERS:
        return None
    direction = newton_direction(evaluator, theta, gradient)
    return direction if direction is not None and dot(gradient, direction) < 0 else None


def _product(preconditioner: Preconditioner, pairs: deque[Pair], gradient: Array) -> Array:
    """The inverse Hessian of the pairs, on top of the preconditioner, times the gradient."""
    result = gradient.copy()
    factors = []
    for move, change, inverse in reversed(pairs):
        factor = inverse * dot(move, result)
        factors.append(factor)
        result -= factor * change
    result = preconditioner.solve(result)
    for (move, change, inverse), factor in zip(pairs, reversed(factors), strict=True):
        result += (factor - inverse * dot(change, result)) * move
    return result


def _line_search(
    evaluator: Evaluator, theta: Array, direction: Array, here: Evaluated, slope: float
) -> tuple[float, Evaluated | None]:
    """A step that meets the conditions above, and F there; None where there is none."""
    rounding = 64 * float(np.finfo(evaluator.dtype).eps) * abs(here.value)
    there = evaluator.towards(theta, direction)
    step, value, at = 1.0, there.value, there.slope
    low, high = (0.0, slope), (np.inf, 0.0)
    for trial in range(30):
        falls = value <= here.value + DECREASE * step * slope + rounding
        if falls and abs(at) <= FLAT * abs(slope):
            if trial == 0:
                evaluator.accept(1.0)
                return 1.0, there
            return step, _taken(evaluator, theta, direction, step)
        if not np.isfinite(value) or not falls or at > 0:
            high = (step, at)
        else:
            low = (step, at)
        step = _between(low, high)
        if not step > 1e-14:
            return 0.0, None
        if evaluator.stored:
            value, at = evaluator.along(theta, direction, step)
        else:
            there = evaluator.towards(theta, direction, step)
            value, at = there.value, there.slope
    return 0.0, None


def _between(low: tuple[float, float], high: tuple[float, float]) -> float:
    """Where the slope, taken as linear, is zero; kept away from the ends."""
    (a, slope_a), (b, slope_b) = low, high
    if not np.isfinite(b):
        return 4 * a if a else 4.0
    if np.isfinite(slope_b) and slope_b > 0 > slope_a:
        t = a + (b - a) * slope_a / (slope_a - slope_b)
        return float(np.clip(t, a + 0.05 * (b - a), b - 0.05 * (b - a)))
    return (a + b) / 2


def _taken(evaluator: Evaluator, theta: Array, direction: Array, step: float) -> Evaluated:
    if evaluator.stored:
        evaluator.accept(step)
        return evaluator.gradient_here(theta + step * direction)
    return evaluator.towards(theta, direction, step)
