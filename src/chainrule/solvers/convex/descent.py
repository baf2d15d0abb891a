"""A descent: step after step downwards, from a direction to a length, until the gradient is small."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import numpy as np

from chainrule.arrays import Array
from chainrule.solvers.convex.blocks import dot
from chainrule.solvers.convex.coordinates import Coordinates
from chainrule.solvers.convex.directions import Directions
from chainrule.solvers.convex.evaluation import Evaluated, Evaluator
from chainrule.solvers.convex.line_search import line_search

MOST_IDLE = 10
"""Steps in a row that gain no more than rounding, after which more of them are not worth it."""

SMALL_GAIN = 2.0**-16
"""A step in bfloat16 that gains no more of F is the last: 2^-9 to 2^-16 take as many steps, and less time each."""

INTERRUPTED = "interrupted"
"""The message of a run that Ctrl-C ended: its theta is that of the last step."""


@dataclass(frozen=True)
class Progress:
    """How far a minimisation has come."""

    iteration: int
    value: float
    gradient_norm: float
    """The largest entry of the gradient."""


Callback = Callable[[Progress, Callable[[], Array]], bool]
"""What is told of every step, with a function that gives theta; a true result ends the run."""


class Descent:
    """Where a minimisation is, and how it goes on.

    Parameters
    ----------
    evaluator : Evaluator
    coordinates : Coordinates
        What the parameters of `evaluator` stand for.
    directions : Directions
    theta : array
        The parameters, which are moved in place.
    here : Evaluated, optional
        What the evaluator says there, if it has been asked.
    fresh : bool
        Whether its stored logits are those of theta, and not of steps that led there.
    """

    def __init__(
        self,
        evaluator: Evaluator,
        coordinates: Coordinates,
        directions: Directions,
        theta: Array,
        here: Evaluated | None = None,
        *,
        fresh: bool = True,
    ) -> None:
        self.evaluator, self.coordinates, self.directions, self.theta = evaluator, coordinates, directions, theta
        self.iteration, self._idle, self._least = 0, 0, math.inf
        self._norm: float | None = None
        self._gain = math.inf
        self._arrive(evaluator.at(theta) if here is None else here, fresh=fresh or here is None)

    @property
    def norm(self) -> float:
        """The largest entry of the gradient by the parameters of the features as they are given."""
        if self._norm is None:
            self._norm = self.coordinates.largest(self.here.gradient, self.evaluator.problem.intercept)
        return self._norm

    def arrived(self, tol: float) -> bool:
        """Whether the gradient is small: at theta itself, since stored logits gather rounding errors."""
        if self._is_large(tol):
            return False
        if self.norm <= tol and not self.fresh:
            self._renew()
        return self.norm <= tol

    def step(self, tol: float) -> str:
        """Move theta; or say why there is no way on."""
        evaluator, here = self.evaluator, self.here
        if not np.isfinite(here.value) and evaluator.narrow:
            return "bfloat16 numbers are not enough"
        if not np.isfinite(here.value):
            raise FloatingPointError(
                "the objective is not finite; are the features, or weights of both signs, too large?"
            )
        if self._idle >= MOST_IDLE:
            return "neither the objective nor its gradient gets smaller: the precision of the numbers is reached"
        direction, slope = self.directions.next(self.theta, here, self.iteration, lambda: tol / self.norm, self._idle)
        if not slope < 0:
            return "no direction leads down any more: the precision of the numbers is reached"
        length, there = line_search(evaluator, self.theta, direction, here, slope)
        if there is None:
            if self.directions.retreat() or not self.fresh:
                # Start anew from exact logits and with another direction before giving up.
                self._renew()
                return self.step(tol)
            return "no step makes the objective smaller: the precision of the numbers is reached"
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

    def run(self, tol: float, max_iter: int, callback: Callback | None) -> tuple[str, bool]:
        """Go on until the gradient is small. Why it ended, and whether the gradient is small."""
        message, converged = self._run(tol, max_iter, callback)
        if self.evaluator.narrow and message != INTERRUPTED:
            self._widen()  # what is said of the end is said in full precision
        return message, converged

    def _run(self, tol: float, max_iter: int, callback: Callback | None) -> tuple[str, bool]:
        message = ""
        try:
            while not message:
                if self.arrived(tol):
                    if not self.evaluator.narrow:
                        return "the gradient is as small as asked for", True
                    self._widen()
                    continue
                if self.iteration >= max_iter:
                    return "the limit of iterations was reached", False
                before = self.iteration
                message = self.step(tol)
                little = not self._gain >= SMALL_GAIN * abs(self.here.value)  # or nan
                if self.evaluator.narrow and (message or little):
                    message = ""
                    self._widen()
                if callback is not None and self.iteration > before:
                    outside = partial(self.coordinates.outside, self.theta, self.evaluator.problem.intercept)
                    if callback(Progress(self.iteration, self.here.value, self.norm), outside):
                        message = "a callback ended the run"
        except KeyboardInterrupt:
            message = INTERRUPTED
        return message, False

    # What follows is private.

    def _widen(self) -> None:
        """Go on in full precision: what steps in bfloat16 gained or could not gain says nothing there."""
        self.evaluator.widen()
        self._idle, self._least = 0, math.inf
        self._renew()

    def _renew(self) -> None:
        self._arrive(self.evaluator.at(self.theta), fresh=True)

    def _arrive(self, here: Evaluated, *, fresh: bool) -> None:
        self.here, self.fresh = here, fresh
        self._norm = None

    def _is_large(self, tol: float) -> bool:
        """Whether the gradient is above `tol` by a bound that takes no product; if not, it may be."""
        if self._norm is not None:
            return self._norm > tol
        return self.coordinates.at_least(self.here.gradient, self.evaluator.problem.intercept) > tol
