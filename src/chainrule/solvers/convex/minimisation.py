"""Minimising F for one penalty: each step finds a direction and a length along it, until F has little left to fall."""

import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np

from chainrule.arrays import Array
from chainrule.solvers.convex.convergence import scale_of
from chainrule.solvers.convex.directions import Directions
from chainrule.solvers.convex.evaluation import Evaluation, Evaluator, line_search
from chainrule.solvers.convex.features import Precision
from chainrule.solvers.convex.last_evaluation import LastEvaluation, last_evaluation
from chainrule.solvers.convex.newton_cg import Solution
from chainrule.solvers.convex.phases import (
    CONVERGED,
    IDLE,
    INTERRUPTED,
    PRECISION,
    Event,
    Method,
    Phase,
    Situation,
    transition,
)
from chainrule.solvers.convex.slices import dot

MOST_IDLE = 10
"""Consecutive steps without a gain above rounding errors after which the minimisation ends."""


@dataclass(frozen=True)
class StepTaken:
    """A step that a minimisation has taken.

    Attributes
    ----------
    iteration : int
        The number of steps so far.
    value : float
        F after the step.
    gradient_norm : float
        The largest entry of the gradient after the step.
    """

    iteration: int
    value: float
    gradient_norm: float


@dataclass(frozen=True)
class Minimum:
    """The end of a minimisation.

    Attributes
    ----------
    theta : array
        The weights, and the intercepts as the last row if there are any.
    value, gradient_norm : float
        F at theta, and the largest entry of its gradient.
    remaining : float
        An estimate of how far F can still fall: at most `tol` times F if the run has converged.
    iterations, products : int
        The number of steps, and of products with the samples.
    converged : bool
    message : str
        Why the run ended.
    last : LastEvaluation or None
        The evaluation at theta for its certificate, if one was asked for.
    """

    theta: Array
    value: float
    gradient_norm: float
    remaining: float
    iterations: int
    products: int
    converged: bool
    message: str
    last: LastEvaluation | None = None


Callback = Callable[[StepTaken, Callable[[], Array]], bool]
"""Called after each step, with a function that returns theta; a true result ends the run."""


def centre(theta: Array) -> None:
    """Subtract the mean over the classes of a softmax, in place: it changes no loss, and the penalty is least at 0."""
    if theta.shape[1] > 1:
        theta -= theta.mean(axis=1, keepdims=True)


class Minimisation:
    """One minimisation.

    Parameters
    ----------
    evaluator : Evaluator
    directions : Directions
    phase : Phase
        The first phase.
    theta : array
        The parameters at the start, which the steps overwrite.
    here : Evaluation, optional
        F and its gradient there, if they are known.
    squares : float, optional
        For a last evaluation at minimised intercepts, a bound on sum_i |w_i| |z_i|^2; else there is none.

    Attributes
    ----------
    iteration : int
        The number of steps so far.
    here : Evaluation
        F and its gradient at theta.
    remaining : float
        An estimate of how far F can still fall.
    certain : float
        The last direction's upper bound on how far F can fall.
    idle : int
        Consecutive steps without a gain.
    """

    def __init__(
        self,
        evaluator: Evaluator,
        directions: Directions,
        phase: Phase,
        theta: Array,
        here: Evaluation | None = None,
        squares: float | None = None,
    ) -> None:
        self.evaluator, self.directions, self.phase, self.theta = evaluator, directions, phase, theta
        self.iteration, self._products_before = 0, evaluator.products
        self.here = evaluator.at(theta) if here is None else here
        self.remaining = self.certain = math.inf
        self.idle, self._least_norm = 0, math.inf
        self._squares = squares
        self._last: LastEvaluation | None = None

    @property
    def norm(self) -> float:
        """The largest entry of the gradient with respect to the parameters of the original features."""
        return self.evaluator.features.largest(self.here.gradient)

    def run(self, tol: float, max_iter: int, callback: Callback | None) -> Minimum:
        """Take steps until F has little left to fall."""
        try:
            while self.phase.method is not Method.DONE:
                self._iterate(tol, max_iter, callback)
        except KeyboardInterrupt:
            self._change(Event.END, message=INTERRUPTED)
        evaluator, message = self.evaluator, self.phase.message
        # A fit that was stopped on the way keeps the weights of its last step.
        if self._squares is not None and self._last is None and message in (CONVERGED, PRECISION):
            self._adopt(self._last_evaluation(self.theta, known=evaluator.point is not None))
        most = math.inf if evaluator.problem.signed else self.here.value  # losses are not negative
        if message == PRECISION and min(self.certain, most) <= tol * scale_of(evaluator.problem, self.here.value, tol):
            message = CONVERGED
        if evaluator.features.precision is Precision.BFLOAT16 and message != INTERRUPTED:
            self._switch(Precision.SAMPLES)  # the result is reported in full precision
        return Minimum(
            theta=evaluator.features.outside(self.theta),
            value=self.here.value,
            gradient_norm=self.norm,
            remaining=min(self.remaining, most),
            iterations=self.iteration,
            products=evaluator.products - self._products_before,
            converged=message == CONVERGED,
            message=message,
            last=self._last,
        )

    # What follows is private.

    def _iterate(self, tol: float, max_iter: int, callback: Callback | None) -> None:
        """Take one step, unless none is needed or allowed."""
        before = self.iteration
        self._confirm(self._enough(tol))
        if self.phase.method is not Method.DONE and before >= max_iter:
            self._change(Event.END, message="the limit of iterations was reached")
        if self.phase.method is not Method.DONE:
            self._step(self._enough(tol))
        if callback is not None and self.iteration > before:
            outside = partial(self.evaluator.features.outside, self.theta)
            if callback(StepTaken(self.iteration, self.here.value, self.norm), outside):
                self._change(Event.END, message="a callback ended the run")

    def _change(self, event: Event, **known: Any) -> bool:
        """Go to the next phase. True if F and its gradient have changed to a higher precision."""
        spent = (self.evaluator.products - self._products_before) / 2
        before, now = self.phase, Situation(event, self.iteration, self.idle, spent, **known)
        self.phase = transition(before, now, self.directions.facts)
        if (self.phase.classes_at, self.phase.blocks_at) != (before.classes_at, before.blocks_at):
            self.directions.rest_on(self.phase.base, self.theta)
        higher = self.phase.precision is not before.precision
        if higher:
            self._switch(self.phase.precision)
        return higher

    def _switch(self, precision: Precision) -> None:
        """Continue in a higher precision. Gains in the lower one no longer count."""
        self.evaluator.switch(precision)
        self.idle, self._least_norm = 0, math.inf
        self.here = self.evaluator.at(self.theta)

    def _enough(self, tol: float) -> float:
        """How far F may still be able to fall at the end of the run."""
        share = tol
        if self.directions.facts.quick:
            # A Newton step squares the error: one more takes no time and doubles the number of correct digits, down
            # to a share of F that is above its rounding error.
            share = max(tol * tol, min(tol, 1e-15))
        return share * scale_of(self.evaluator.problem, self.here.value, tol)

    def _confirm(self, enough: float) -> None:
        """End if the gradient alone shows that F can fall by at most `enough`.

        A gradient in float32 is first computed again in float64. A gradient in bfloat16 shows nothing.
        """
        evaluator, bound = self.evaluator, self.directions.bound
        if self.phase.precision is Precision.BFLOAT16 or not bound(self.here.gradient) <= enough:
            return
        curvature = self.directions.class_curvature()
        if evaluator.can_be_refined and self._squares is not None:
            self._adopt(self._last_evaluation(self.theta))
        elif evaluator.can_be_refined:
            self.here = evaluator.exactly(self.theta)
        self.remaining = bound(self.here.gradient, curvature)
        if self.remaining <= enough:
            self._change(Event.END, message=CONVERGED)
        else:
            self._last = None
            self._change(Event.REFUTED)

    def _step(self, enough: float) -> None:
        """Take a step, or go to another phase."""
        evaluator, here = self.evaluator, self.here
        finite = bool(np.isfinite(here.value))
        if not finite and self.phase.precision is not Precision.BFLOAT16:
            raise FloatingPointError(
                "the objective is not finite; are the features, or weights of both signs, too large?"
            )
        found, slope = self._find(enough) if finite and self.idle < MOST_IDLE else (Solution(here.gradient), 0.0)
        if not slope < 0:
            self._change(Event.END, message=PRECISION)
            return
        direction, self.certain = found
        self.remaining = min(self.certain, -slope / 2)
        centre(direction)
        if self.certain <= enough and self.phase.rough:
            self.certain = math.inf
            self._change(Event.CERTAIN)
        elif self.certain <= enough and self._is_last(direction, enough):
            return
        length, there = line_search(evaluator, self.theta, direction, here, slope)
        if there is None:
            again = self.phase.method is Method.LBFGS and self.directions.pairs.forget()
            if self.phase.method is Method.LBFGS and not again and self.idle < IDLE:
                self.idle, again = IDLE, True  # Newton's directions may lead further
            if not self._change(Event.NO_STEP, again=again) and self.phase.method is not Method.DONE:
                self._step(enough)  # another direction, before giving up
            return
        direction *= length
        if self.directions.pairs.length:
            self.directions.pairs.keep(direction, there.gradient - here.gradient)
        self.theta += direction
        self.here, self.iteration = there, self.iteration + 1
        gain, size = here.value - there.value, math.sqrt(dot(there.gradient, there.gradient))
        gained = gain > 16 * float(np.finfo(evaluator.dtype).eps) * abs(here.value)
        # In float32, a gradient near the optimum is rounding errors, which also become smaller by chance.
        smaller = size < 0.9 * self._least_norm and not evaluator.can_be_refined
        self.idle = 0 if gained or smaller else self.idle + 1
        self._least_norm = min(self._least_norm, size)
        self._change(Event.STEP, gain=gain / abs(there.value) if there.value else gain)

    def _find(self, enough: float) -> tuple[Solution, float]:
        """A direction and the slope along it, by the current method, or by the next one if it yields none."""
        self._change(Event.WANTED)
        found, slope = self._solution(enough)
        while not slope < 0 and (self.phase.method is not Method.LBFGS or self.directions.pairs.forget()):
            self._change(Event.NO_DIRECTION, again=True)
            found, slope = self._solution(enough)
        by_lbfgs = self.phase.method is Method.LBFGS
        if by_lbfgs and -slope <= 2 * enough:
            # Newton's method tells whether F really has little left to fall.
            self._change(Event.LITTLE_LEFT)
            while self.phase.method is not Method.LBFGS:
                newtons, downhill = self._solution(enough)
                if downhill < 0:
                    return newtons, downhill
                self._change(Event.NO_DIRECTION)
        return found, slope

    def _solution(self, enough: float) -> tuple[Solution, float]:
        found = self.directions.find(self.phase, self.theta, self.here.gradient, enough)
        return found, dot(self.here.gradient, found.direction)

    def _is_last(self, direction: Array, enough: float) -> bool:
        """Take a full Newton step after which F cannot fall in Newton's model, if F agrees. True if taken."""
        evaluator, single = self.evaluator, self.evaluator.can_be_refined
        end = self.theta + direction
        last = None if self._squares is None else self._last_evaluation(end)
        there = evaluator.exactly(end) if last is None else last.here
        rounding = 64 * float(np.finfo(evaluator.dtype).eps) * abs(self.here.value)
        agrees = abs(self.here.value - there.value) <= enough + rounding
        if not agrees or not self.directions.promised(there.gradient) <= enough:
            if not self._change(Event.REFUTED) and last is None:
                self.here = evaluator.at(self.theta)
            return False
        self.theta[...] = end
        self.here, self.iteration = there, self.iteration + 1
        if last is not None:
            self._adopt(last)
        if single:
            evaluator.point = None
        self._change(Event.END, message=CONVERGED)
        return True

    def _last_evaluation(self, theta: Array, *, known: bool = False) -> LastEvaluation:
        """The last evaluation, assuming that the fit ends at theta."""
        assert self._squares is not None
        with np.errstate(all="ignore"):
            return last_evaluation(self.evaluator, theta, self._squares, known=known)

    def _adopt(self, last: LastEvaluation) -> None:
        """Take the intercepts and F of a last evaluation."""
        self.theta[...], self.here, self._last = last.theta, last.here, last
