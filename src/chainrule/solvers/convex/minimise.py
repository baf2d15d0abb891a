"""Minimising: from a direction to a step, until the gradient is small.

A step of length 1 is tried first, together with the gradient there, in one pass over the samples.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial

import numpy as np

from chainrule.arrays import Array
from chainrule.solvers.convex.blocks import crew
from chainrule.solvers.convex.directions import Directions
from chainrule.solvers.convex.evaluation import Evaluator
from chainrule.solvers.convex.line_search import line_search
from chainrule.solvers.convex.newton import MOST_PARAMETERS
from chainrule.solvers.convex.preconditioner import Spectrum, preconditioner_of, spectrum_of
from chainrule.solvers.convex.problem import Problem

MOST_IDLE = 10
"""Steps in a row that gain no more than rounding, after which more of them are not worth it."""


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
    method: str = "auto",
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
        Pairs of vectors that L-BFGS keeps.
    method : {"auto", "lbfgs", "newton-cg"}
        "auto" is Newton's method with conjugate gradients where the features are many, and sparse or too many to be
        taken apart; else L-BFGS, ended by Newton's method.
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
        theta = theta.astype(evaluator.vector_dtype, copy=False)
        if method == "auto":
            # Of few parameters the whole Hessian is at hand, which ends what L-BFGS begins to the last digit.
            many = spectrum.basis is None and theta.size > MOST_PARAMETERS
            method = "newton-cg" if many and evaluator.stored else "lbfgs"
        directions = Directions(evaluator, preconditioner, memory, by_products=method == "newton-cg")
        result = _run(evaluator, directions, theta, tol, max_iter, callback)
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
    directions: Directions,
    theta: Array,
    tol: float,
    max_iter: int,
    callback: Callable[[Progress, Callable[[], Array]], bool] | None,
) -> Minimum:
    """The iteration; `theta` is moved in place."""
    here = evaluator.at(theta)
    fresh, idle, least = True, 0, np.inf
    message, converged, iteration = "the limit of iterations was reached", False, 0
    while True:
        if not np.isfinite(here.value):
            raise FloatingPointError(
                "the objective is not finite; are the features, or weights of both signs, too large?"
            )
        norm = evaluator.norm(here.gradient)
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
        direction, slope = directions.next(theta, here, iteration, tol / norm, idle)
        if not slope < 0:
            message = "no direction leads down any more: the precision of the numbers is reached"
            break
        step, there = line_search(evaluator, theta, direction, here, slope)
        if there is None:
            if directions.retreat() or not fresh:
                # Start anew from exact logits and with another direction before giving up.
                here, fresh = evaluator.at(theta), True
                continue
            message = "no step makes the objective smaller: the precision of the numbers is reached"
            break
        direction *= step
        directions.learn(direction, there.gradient - here.gradient)
        theta += direction
        gained = here.value - there.value > 16 * float(np.finfo(evaluator.dtype).eps) * abs(here.value)
        norm = evaluator.norm(there.gradient)
        idle = 0 if gained or norm < 0.9 * least else idle + 1
        least = min(least, norm)
        here, fresh = there, not evaluator.stored
        iteration += 1
        if callback is not None and callback(
            Progress(iteration, here.value, norm), partial(_outside, evaluator, theta)
        ):
            message = "a callback ended the run"
            break
    norm = evaluator.norm(here.gradient)
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
