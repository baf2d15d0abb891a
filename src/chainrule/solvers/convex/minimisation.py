"""A minimisation: step after step downwards, from a direction to a length, until little is left to gain."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np

from chainrule.arrays import Array
from chainrule.solvers.convex.convergence import scale_of
from chainrule.solvers.convex.crew import dot
from chainrule.solvers.convex.directions import Directions, Way
from chainrule.solvers.convex.evaluation import Evaluation, Evaluator
from chainrule.solvers.convex.line_search import line_search
from chainrule.solvers.convex.phases import (
    CONVERGED,
    INTERRUPTED,
    PRECISION,
    Event,
    Method,
    Numbers,
    Phase,
    Seen,
    transition,
)

MOST_IDLE = 10
"""Steps in a row that gain no more than rounding, after which more of them are not worth it."""

LEAST_SHARE = 1e-15
"""A share of F that is above its rounding error."""


@dataclass(frozen=True)
class StepTaken:
    """How far a minimisation has come.

    Attributes
    ----------
    gradient_norm : float
        The largest entry of the gradient.
    """

    iteration: int
    value: float
    gradient_norm: float


Callback = Callable[[StepTaken, Callable[[], Array]], bool]
"""Called after every step, with a function that gives theta; a true result ends the run."""


def centre(theta: Array) -> None:
    """Take away, in place, what all classes of a softmax share: no loss sees it, and a penalty wants it gone."""
    if theta.shape[1] > 1:
        theta -= theta.mean(axis=1, keepdims=True)


class Minimisation:
    """Where a minimisation is, and how it goes on.

    Parameters
    ----------
    evaluator : Evaluator
    directions : Directions
    phase : Phase
        Where to begin.
    theta : array
        The parameters, which steps overwrite.
    here : Evaluation, optional
        F and its gradient there, if they are known.
    """

    def __init__(
        self,
        evaluator: Evaluator,
        directions: Directions,
        phase: Phase,
        theta: Array,
        here: Evaluation | None = None,
    ) -> None:
        self.evaluator, self.directions, self.phase, self.theta = evaluator, directions, phase, theta
        self.iteration, self._products_before = 0, evaluator.products
        self.here = evaluator.at(theta) if here is None else here
        self._idle, self._least = 0, math.inf
        """Steps in a row that gained nothing, and the least size of a gradient so far."""
        self.remaining = math.inf
        """About how far F can still fall."""
        self._way: Way | None = None

    @property
    def norm(self) -> float:
        """The largest entry of the gradient by the parameters of the features as they are given."""
        return self.evaluator.features.largest(self.here.gradient)

    def run(self, tol: float, max_iter: int, callback: Callback | None) -> tuple[str, bool]:
        """Go on until what is left to gain is small. Why it ended, and whether that is so."""
        try:
            while self.phase.method is not Method.DONE:
                self._go_on(tol, max_iter, callback)
        except KeyboardInterrupt:
            self._turn(Event.STOP, message=INTERRUPTED)
        message = self.phase.message
        certain = math.inf if self._way is None else self._way.remaining
        if message == PRECISION and certain <= tol * scale_of(self.evaluator.problem, self.here.value, tol):
            message = CONVERGED
        if self.evaluator.features.narrow and message != INTERRUPTED:
            self._change_numbers(Numbers.SAMPLES)  # what is said of the end is said in full precision
        return message, message == CONVERGED

    # What follows is private.

    def _go_on(self, tol: float, max_iter: int, callback: Callback | None) -> None:
        """Take one step, unless none is needed or allowed."""
        self._confirm(self._enough(tol))
        if self.phase.method is Method.DONE:
            return
        if self.iteration >= max_iter:
            self._turn(Event.STOP, message="the limit of iterations was reached")
            return
        before = self.iteration
        self._step(self._enough(tol))
        if callback is not None and self.iteration > before:
            outside = partial(self.evaluator.features.outside, self.theta)
            if callback(StepTaken(self.iteration, self.here.value, self.norm), outside):
                self._turn(Event.STOP, message="a callback ended the run")

    def _turn(self, event: Event, **seen: Any) -> bool:
        """Go to the phase that follows from an event; true if F and its gradient are in other numbers now."""
        spent = (self.evaluator.products - self._products_before) / 2
        before, facts = self.phase, self.directions.facts
        self.phase = transition(before, Seen(event, self.iteration, self._idle, spent, **seen), facts)
        if (self.phase.classes_at, self.phase.blocks_at) != (before.classes_at, before.blocks_at):
            self.directions.rest_on(self.phase.base)
        if self.phase.numbers is before.numbers:
            return False
        self._change_numbers(self.phase.numbers)
        return True

    def _change_numbers(self, numbers: Numbers) -> None:
        """Go on in more precise numbers: what was gained or not gained so far says nothing there."""
        if numbers is Numbers.SAMPLES:
            self.evaluator.widen()
        else:
            self.evaluator.refine()
        self._idle, self._least = 0, math.inf
        self.here = self.evaluator.at(self.theta)

    def _enough(self, tol: float) -> float:
        """The decrease of F that may be left at the end."""
        share = tol
        if self.directions.facts.quick:
            # Each of Newton's steps squares what is left: one more costs next to nothing and gives the digits twice.
            share = max(tol * tol, min(tol, LEAST_SHARE))
        return share * scale_of(self.evaluator.problem, self.here.value, tol)

    def _confirm(self, enough: float) -> None:
        """End where F can fall by no more than `enough`, as far as its gradient alone shows.

        The gradient is computed again at theta itself, since stored logits gather rounding errors, and in float64.
        """
        evaluator, bound = self.evaluator, self.directions.bound
        if not bound(self.here.gradient) <= enough:
            return
        self._turn(Event.BOUNDED)
        if self.phase.method is Method.CONFIRM:
            if evaluator.can_be_refined or evaluator.drift:
                self.here = evaluator.exactly(self.theta)
            self.remaining = bound(self.here.gradient, self.directions.class_curvature())
            self._turn(Event.END, message=CONVERGED) if self.remaining <= enough else self._turn(Event.REFUTED)

    def _step(self, enough: float) -> None:
        """Move theta, or go to another phase."""
        evaluator, here = self.evaluator, self.here
        if not np.isfinite(here.value) and not evaluator.features.narrow:
            raise FloatingPointError(
                "the objective is not finite; are the features, or weights of both signs, too large?"
            )
        way = None if not np.isfinite(here.value) or self._idle >= MOST_IDLE else self._find(enough)
        if way is None or not way.slope < 0:
            self._turn(Event.END, message=PRECISION)
            return
        self.remaining, self._way, direction = min(way.remaining, -way.slope / 2), way, way.direction
        centre(direction)
        if way.remaining <= enough and self._took_the_last(direction, enough):
            return
        length, there = line_search(evaluator, self.theta, direction, here, way.slope)
        if there is None:
            again = (self.phase.method is Method.LBFGS and self.directions.pairs.forget()) or evaluator.drift > 0
            if not self._turn(Event.NO_STEP, again=again) and self.phase.method is not Method.DONE:
                # Start again from exact logits and with another direction before giving up.
                self.here = evaluator.at(self.theta)
                self._step(enough)
            return
        direction *= length
        if self.directions.pairs.length:
            self.directions.pairs.keep(direction, there.gradient - here.gradient)
        self.theta += direction
        self.here, self.iteration = there, self.iteration + 1
        gain, size = here.value - there.value, math.sqrt(dot(there.gradient, there.gradient))
        gained = gain > 16 * float(np.finfo(evaluator.dtype).eps) * abs(here.value)
        self._idle = 0 if gained or size < 0.9 * self._least else self._idle + 1
        self._least = min(self._least, size)
        self._turn(Event.STEP, gain=gain / abs(there.value) if there.value else gain)

    def _find(self, enough: float) -> Way:
        """A direction by the method that is due, or by the next one where that knows none."""
        self._turn(Event.WANTED)
        way = self._way_there(enough)
        while not way.slope < 0 and (self.phase.method is not Method.LBFGS or self.directions.pairs.forget()):
            self._turn(Event.NO_DIRECTION, again=True)
            way = self._way_there(enough)
        if self.phase.method is Method.LBFGS and -way.slope <= 2 * enough:
            return self._newtons_way(enough) or way
        return way

    def _newtons_way(self, enough: float) -> Way | None:
        """Newton's direction where L-BFGS takes the end to be near: it says whether that is so."""
        self._turn(Event.LITTLE_LEFT)
        while self.phase.method is not Method.LBFGS:
            way = self._way_there(enough)
            if way.slope < 0:
                return way
            self._turn(Event.NO_DIRECTION)
        return None

    def _way_there(self, enough: float) -> Way:
        return self.directions.find(self.phase, self.theta, self.here.gradient, enough)

    def _took_the_last(self, direction: Array, enough: float) -> bool:
        """Take a whole step of Newton's after which nothing is left by his model of F, if F agrees."""
        evaluator, single = self.evaluator, self.evaluator.can_be_refined
        end = self.theta + direction
        there = evaluator.exactly(end)
        rounding = 64 * float(np.finfo(evaluator.dtype).eps) * abs(self.here.value)
        agrees = abs(self.here.value - there.value) <= enough + rounding
        if not agrees or not self.directions.promised(there.gradient) <= enough:
            if not self._turn(Event.REFUTED):
                self.here = evaluator.at(self.theta)
            return False
        self.theta[...] = end
        self.iteration += 1
        self.here = there
        if single:
            evaluator.drift = math.inf
        self._turn(Event.END, message=CONVERGED)
        return True
