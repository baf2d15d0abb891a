"""A descent: step after step downwards, from a direction to a length, until little is left to gain."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import numpy as np

from chainrule.arrays import Array
from chainrule.solvers.convex.convergence import scale_of
from chainrule.solvers.convex.crew import dot
from chainrule.solvers.convex.directions import Directions
from chainrule.solvers.convex.evaluation import Evaluation, Evaluator
from chainrule.solvers.convex.hessian import is_quick
from chainrule.solvers.convex.line_search import line_search

MOST_IDLE = 10
"""Steps in a row that gain no more than rounding, after which more of them are not worth it."""

SMALL_GAIN = 2.0**-16
"""A step in bfloat16 that gains no more of F is the last: 2^-9 to 2^-16 take as many steps, and less time each."""

LEAST_SHARE = 1e-15
"""What is left of F by rounding its gradient, and more than that."""

INTERRUPTED = "interrupted"
"""The message of a run that Ctrl-C ended: its theta is that of the last step."""

CONVERGED = "what is left to gain is as small as asked for"
"""The message of a run that has converged."""

PRECISION = "neither the objective nor its gradient gets smaller: the precision of the numbers is reached"
"""The message of a run that cannot go on."""


@dataclass(frozen=True)
class Progress:
    """How far a minimisation has come."""

    iteration: int
    value: float
    gradient_norm: float
    """The largest entry of the gradient."""


Callback = Callable[[Progress, Callable[[], Array]], bool]
"""What is told of every step, with a function that gives theta; a true result ends the run."""


def centre(theta: Array) -> None:
    """Take away, in place, what all classes of a softmax share: no loss sees it, and a penalty wants it gone."""
    if theta.shape[1] > 1:
        theta -= theta.mean(axis=1, keepdims=True)


class Descent:
    """Where a minimisation is, and how it goes on.

    Parameters
    ----------
    evaluator : Evaluator
    directions : Directions
    theta : array
        The parameters, which are moved in place.
    here : Evaluation, optional
        What the evaluator says there, if it has been asked.
    fresh : bool
        Whether its stored logits are those of theta, and not of steps that led there.
    """

    def __init__(
        self,
        evaluator: Evaluator,
        directions: Directions,
        theta: Array,
        here: Evaluation | None = None,
        *,
        fresh: bool = True,
    ) -> None:
        self.evaluator, self.directions, self.theta = evaluator, directions, theta
        self.iteration, self._idle, self._least = 0, 0, math.inf
        self._norm: float | None = None
        self._gain = math.inf
        self.remaining = math.inf
        """About how far F can still fall."""
        self._certain = math.inf
        """What F can fall by at most, if Newton's method has just said so."""
        self.stale = False
        """Whether the evaluator's stored logits are not those of theta."""
        self._arrive(evaluator.at(theta) if here is None else here, fresh=fresh or here is None)

    @property
    def norm(self) -> float:
        """The largest entry of the gradient by the parameters of the features as they are given."""
        if self._norm is None:
            self._norm = self.evaluator.features.largest(self.here.gradient)
        return self._norm

    def run(self, tol: float, max_iter: int, callback: Callback | None) -> tuple[str, bool]:
        """Go on until what is left to gain is small. Why it ended, and whether that is so."""
        message, converged = self._run(tol, max_iter, callback)
        if self.evaluator.narrow and message != INTERRUPTED:
            self._widen()  # what is said of the end is said in full precision
        return message, converged

    # What follows is private.

    def _run(self, tol: float, max_iter: int, callback: Callback | None) -> tuple[str, bool]:
        message = ""
        try:
            while not message:
                if self._is_bounded(self._enough(tol)):
                    return CONVERGED, True
                if self.iteration >= max_iter:
                    return "the limit of iterations was reached", False
                before = self.iteration
                message = self._step(self._enough(tol))
                message = self._in_more_digits(message)
                if callback is not None and self.iteration > before:
                    outside = partial(self.evaluator.features.outside, self.theta)
                    if callback(Progress(self.iteration, self.here.value, self.norm), outside):
                        message = message or "a callback ended the run"
        except KeyboardInterrupt:
            message = INTERRUPTED
        if message == PRECISION and self._certain <= tol * scale_of(self.evaluator.problem, self.here.value, tol):
            message = CONVERGED
        return message, message == CONVERGED

    def _enough(self, tol: float) -> float:
        """The decrease of F that may be left at the end."""
        problem = self.evaluator.problem
        share = tol
        if is_quick(problem):
            # Each of Newton's steps squares what is left: one more costs next to nothing and gives the digits twice.
            share = max(tol * tol, min(tol, LEAST_SHARE))
        return share * scale_of(problem, self.here.value, tol)

    def _is_bounded(self, enough: float) -> bool:
        """Whether F can fall by no more than `enough`, as far as its gradient alone shows.

        It is looked at anew at theta itself, since stored logits gather rounding errors, and in float64.
        """
        bound, single = self.directions.bound, self.evaluator.can_be_refined
        if self.evaluator.narrow or not bound(self.here.gradient) <= enough:
            return False
        if single or not self.fresh:
            self._arrive(self.evaluator.exactly(self.theta), fresh=self.fresh or not single)
        self.remaining = bound(self.here.gradient, self.directions.class_curvature())
        if self.remaining <= enough:
            return True
        if single:
            self._refine()
        return False

    def _step(self, enough: float) -> str:
        """Move theta; or say why there is no way on."""
        evaluator, here = self.evaluator, self.here
        if not np.isfinite(here.value) and evaluator.narrow:
            return "bfloat16 numbers are not enough"
        if not np.isfinite(here.value):
            raise FloatingPointError(
                "the objective is not finite; are the features, or weights of both signs, too large?"
            )
        if self._idle >= MOST_IDLE:
            return PRECISION
        way = self.directions.next(self.theta, here, self.iteration, enough, self._idle)
        if not way.slope < 0:
            return PRECISION
        self.remaining, self._certain = min(way.remaining, -way.slope / 2), way.remaining
        centre(way.direction)
        if way.remaining <= enough and self._took_the_last(way.direction, enough):
            return CONVERGED
        direction = way.direction
        length, there = line_search(evaluator, self.theta, direction, here, way.slope)
        if there is None:
            if self.directions.retreat() or not self.fresh:
                # Start anew from exact logits and with another direction before giving up.
                self._renew()
                return self._step(enough)
            return PRECISION
        direction *= length
        self.directions.learn(direction, here, there)
        self.theta += direction
        self._arrive(there, fresh=not evaluator.stored)
        self.iteration += 1
        self._gain = here.value - there.value
        gained = self._gain > 16 * float(np.finfo(evaluator.dtype).eps) * abs(here.value)
        size = math.sqrt(dot(there.gradient, there.gradient))
        self._idle = 0 if gained or size < 0.9 * self._least else self._idle + 1
        self._least = min(self._least, size)
        return ""

    def _took_the_last(self, direction: Array, enough: float) -> bool:
        """Take a whole step of Newton's after which nothing is left by his model of F, if F agrees."""
        evaluator, single = self.evaluator, self.evaluator.can_be_refined
        moved = self.theta + direction
        there = evaluator.exactly(moved)
        rounding = 64 * float(np.finfo(evaluator.dtype).eps) * abs(self.here.value)
        agrees = abs(self.here.value - there.value) <= enough + rounding
        if not agrees or not self.directions.promised(there.gradient) <= enough:
            self._refine() if single else self._renew()
            return False
        self.theta[...] = moved
        self.iteration += 1
        self.stale = single
        self._arrive(there, fresh=True)
        return True

    def _refine(self) -> None:
        """Go on in float64: what float32 numbers say of the end is not true."""
        self.evaluator.refine()
        self.directions.forget_products()
        self._go_on_anew()

    def _in_more_digits(self, message: str) -> str:
        """Go on in more precise numbers where those that there are have brought little, or do not get on."""
        if self.evaluator.narrow:
            if message or not self._gain >= SMALL_GAIN * abs(self.here.value):  # or nan
                self._widen()
            return ""
        if message and message != CONVERGED and self.evaluator.can_be_refined:
            self._refine()
            return ""
        return message

    def _widen(self) -> None:
        """Go on in full precision: what steps in bfloat16 gained or could not gain says nothing there."""
        self.evaluator.widen()
        self._go_on_anew()

    def _go_on_anew(self) -> None:
        self._idle, self._least = 0, math.inf
        self._renew()

    def _renew(self) -> None:
        self._arrive(self.evaluator.at(self.theta), fresh=True)

    def _arrive(self, here: Evaluation, *, fresh: bool) -> None:
        self.here, self.fresh = here, fresh
        self._norm = None
