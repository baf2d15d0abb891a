"""Minimising: from a direction to a step, until the gradient is small.

A step of length 1 is tried first, together with the gradient there, in one pass over the samples.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial

import numpy as np

from chainrule.arrays import Array, is_sparse
from chainrule.solvers.convex.blocks import crew
from chainrule.solvers.convex.directions import Directions
from chainrule.solvers.convex.evaluation import Evaluated, Evaluator
from chainrule.solvers.convex.line_search import line_search
from chainrule.solvers.convex.newton import MOST_PARAMETERS
from chainrule.solvers.convex.preconditioner import Spectrum, preconditioner_of, spectrum_of
from chainrule.solvers.convex.problem import Problem

MOST_IDLE = 10
"""Steps in a row that gain no more than rounding, after which more of them are not worth it."""

WORTH_THREADS = 1 << 25
"""Multiplications in a product with all samples that are worth a second thread: below, handing over takes longer."""

INTERRUPTED = "interrupted"
"""The message of a run that Ctrl-C ended: its theta is that of the last step."""


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
        If absent, as many as BLAS may use, or one where a product with all samples is small.
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
    if threads is None and _multiplications(problem.x) * problem.n_outputs < WORTH_THREADS:
        threads = 1
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
        result = _run(_Descent(evaluator, directions, theta), tol, max_iter, callback)
        return replace(result, theta=_outside(evaluator, theta))


def _multiplications(x: Array) -> int:
    """One for each entry, counted in those of a dense array: a sparse one's take longer."""
    return int(16 * x.nnz if is_sparse(x) else x.size)


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


class _Descent:
    """Where a minimisation is, and how it goes on."""

    def __init__(self, evaluator: Evaluator, directions: Directions, theta: Array) -> None:
        self.evaluator, self.directions, self.theta = evaluator, directions, theta
        self.iteration, self._idle, self._least = 0, 0, np.inf
        self._renew()

    def arrived(self, tol: float) -> bool:
        """Whether the gradient is small: at theta itself, since stored logits gather rounding errors."""
        if self.norm <= tol and not self._fresh:
            self._renew()
        return self.norm <= tol

    def step(self, tol: float) -> str:
        """Move theta; or say why there is no way on."""
        evaluator, here = self.evaluator, self.here
        if not np.isfinite(here.value):
            raise FloatingPointError(
                "the objective is not finite; are the features, or weights of both signs, too large?"
            )
        if self._idle >= MOST_IDLE:
            return "neither the objective nor its gradient gets smaller: the precision of the numbers is reached"
        direction, slope = self.directions.next(self.theta, here, self.iteration, tol / self.norm, self._idle)
        if not slope < 0:
            return "no direction leads down any more: the precision of the numbers is reached"
        length, there = line_search(evaluator, self.theta, direction, here, slope)
        if there is None:
            if self.directions.retreat() or not self._fresh:
                # Start anew from exact logits and with another direction before giving up.
                self._renew()
                return self.step(tol)
            return "no step makes the objective smaller: the precision of the numbers is reached"
        direction *= length
        self.directions.learn(direction, there.gradient - here.gradient)
        self.theta += direction
        self._arrive(there, fresh=not evaluator.stored)
        self.iteration += 1
        gained = here.value - there.value > 16 * float(np.finfo(evaluator.dtype).eps) * abs(here.value)
        self._idle = 0 if gained or self.norm < 0.9 * self._least else self._idle + 1
        self._least = min(self._least, self.norm)
        return ""

    def _renew(self) -> None:
        self._arrive(self.evaluator.at(self.theta), fresh=True)

    def _arrive(self, here: Evaluated, *, fresh: bool) -> None:
        self.here, self._fresh = here, fresh
        self.norm = self.evaluator.norm(here.gradient)  # the gradient's largest entry


def _run(
    descent: _Descent, tol: float, max_iter: int, callback: Callable[[Progress, Callable[[], Array]], bool] | None
) -> Minimum:
    message, converged, evaluator = "", False, descent.evaluator
    try:
        while not message:
            if descent.arrived(tol):
                message, converged = "the gradient is as small as asked for", True
            elif descent.iteration >= max_iter:
                message = "the limit of iterations was reached"
            else:
                before = descent.iteration
                message = descent.step(tol)
                if callback is not None and descent.iteration > before:
                    at = Progress(descent.iteration, descent.here.value, descent.norm)
                    if callback(at, partial(_outside, evaluator, descent.theta)):
                        message = "a callback ended the run"
    except KeyboardInterrupt:
        message = INTERRUPTED
    return Minimum(
        descent.theta, descent.here.value, descent.norm, descent.iteration, evaluator.products, converged, message
    )


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
