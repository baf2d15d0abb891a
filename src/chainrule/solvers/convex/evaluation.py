"""The objective F and its gradient, computed on one block of rows after another.

The logits of n samples at a point are a function of the point alone. If they fit in memory (n x k numbers for each of
two points), the engine may keep them for the last point and for the end of the last step. If that step has the wrong
length, the slopes of the logits replace the logits at its end, and no other length needs a product with x. Differences
of logits cannot do this: near the optimum, steps are as small as the rounding errors of logits.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, NamedTuple

import numpy as np

from chainrule.arrays import Array, holds_labels
from chainrule.kernels import kernel_of
from chainrule.rules.rule import Rule
from chainrule.solvers.convex.features import Features, Precision
from chainrule.solvers.convex.narrow import narrowing
from chainrule.solvers.convex.problem import Problem
from chainrule.solvers.convex.row_blocks import LogitPoint, RowBlock
from chainrule.solvers.convex.rows import Rows
from chainrule.solvers.convex.slices import dot

STORED_BYTES = 1 << 28
"""The logits of two points are kept if they need at most this many bytes."""

MANY_PARAMETERS = 1 << 22
"""From this many parameters on, parameters and gradients of float32 samples are float32, because the solver's vectors
then need most of the memory."""

DECREASE, FLAT = 1e-4, 0.7
"""A step is accepted if F falls by at least DECREASE times the fall that the first slope predicts, and if the absolute
slope is at most FLAT times that of the first slope (the strong Wolfe conditions)."""

LEAST_SHARE = 0.3
"""A trial of a line search between two others keeps this share of their distance from both. If a step is much too long,
the slope at its end is large, and points where a linear slope is 0 approach the minimum slowly."""


class Evaluation(NamedTuple):
    """F at a point, its gradient, and its slope along the direction that led there."""

    value: float
    gradient: Array
    slope: float = 0.0


@dataclass(frozen=True)
class RowLosses:
    """From a block and its logits: the sum of the rows' weighted losses, and its gradient with respect to the logits.

    Attributes
    ----------
    rule : Rule
        The loss.
    options : dict
        Its options.
    """

    rule: Rule
    options: dict[str, float]

    def __call__(self, block: RowBlock, logits: Array, out: Array | None = None) -> tuple[float, Array]:
        """`row_losses` of the rule."""
        return row_losses(self.rule, self.options, block, logits, out)


def row_losses(
    loss: Rule, options: dict[str, float], block: RowBlock, logits: Array, out: Array | None = None
) -> tuple[float, Array]:
    """The sum of a block's weighted losses, and its gradient with respect to the logits, by default in a buffer."""
    fast = block.view.compiled and holds_labels(block.targets)
    fused: Any = kernel_of(loss, logits if fast else None).value_and_pullback
    shares = block.shares.astype(logits.dtype, copy=False)
    both = np.empty_like(shares), block.buffer("residuals") if out is None else out
    losses, residuals = fused(logits, block.targets, shares, out=both, work=block.work, **options)
    return float(np.einsum("ij,ij->", losses, shares, dtype=np.float64)), residuals


def at_point(block: RowBlock, state: tuple[RowLosses, LogitPoint]) -> tuple[float, Array]:
    """Losses and residuals at a point."""
    losses, point = state
    loss, residuals = 0.0, block.buffer("residuals")
    for rows, part in block.parts(point):
        loss += losses(part, part.logits(point), residuals[rows])[0]
    return loss, residuals


def on_line(block: RowBlock, state: tuple[RowLosses, LogitPoint, LogitPoint, float]) -> tuple[float, float]:
    """Losses at a point plus a multiple of a direction (also a point), and their slope with respect to the multiple."""
    losses, here, direction, step = state
    logits, slopes = block.logits(here), block.logits(direction)
    stepped = np.multiply(slopes, slopes.dtype.type(step), out=block.buffer("stepped"))
    loss, residuals = losses(block, np.add(stepped, logits, out=stepped))
    return loss, float(np.multiply(residuals, slopes, out=residuals).sum(dtype=np.float64))


class Evaluator:
    """F, its gradient and F along directions.

    Parameters
    ----------
    problem : Problem
    features : Features, optional
        The samples as the parameters see them; by default, as they are.
    stored : bool, optional
        True if the engine may keep logits; by default if they fit in `STORED_BYTES`, or in a device's memory.

    Attributes
    ----------
    vector_dtype : dtype
        The dtype of parameters and gradients.
    point : LogitPoint or None
        The point of the last evaluation, or of the last step; None if theta has changed since.
    losses : RowLosses
    products : int
        Number of products of x with parameters, or of its transpose with residuals, if the engine keeps logits.
    """

    def __init__(self, problem: Problem, features: Features | None = None, stored: bool | None = None) -> None:
        self.problem = problem
        self.features = Features(problem.intercept) if features is None else features
        n, k = problem.n_samples, problem.n_outputs
        many = problem.n_features * k >= MANY_PARAMETERS
        self.vector_dtype = np.dtype(problem.dtype if many else np.float64)
        options = {"label_smoothing": problem.label_smoothing} if problem.label_smoothing else {}
        self.losses = RowLosses(problem.loss, options)
        self.stored = self._fits(n * k) if stored is None else stored
        self.rows = self.rows_in(self.dtype)
        self.point: LogitPoint | None = None
        self._end: LogitPoint | None = None
        self._direction: LogitPoint | None = None
        self.products = 0

    @property
    def threads(self) -> int:
        """Threads for work on vectors; one beside a device.

        With a thread on each of 16 cores, a step of conjugate gradients with two million parameters took 0.3 s, mostly
        spent waiting. The pass on the device took 0.25 s.
        """
        return 1 if self.problem.device_engine is not None else int(self.problem.engine.threads)

    @property
    def dtype(self) -> np.dtype[Any]:
        """The dtype of logits and losses."""
        return np.dtype(np.float64 if self.features.precision is Precision.FLOAT64 else self.problem.dtype)

    @property
    def can_be_refined(self) -> bool:
        """True if evaluations are in float32 and can be in float64."""
        return self.dtype == np.float32 and self.vector_dtype == np.float64

    def switch(self, precision: Precision) -> None:
        """Change the precision. The next call must be `at`."""
        self.features = replace(self.features, precision=precision)
        self.rows, self.point = self.rows_in(self.dtype), None

    def exactly(self, theta: Array) -> Evaluation:
        """F and its gradient at a point in float64."""
        if not self.can_be_refined:
            return self.at(theta)
        self.products += 2
        self._in_float64.problem = self.problem  # the penalty may have changed
        return self._in_float64.at(theta)

    def rows_in(self, dtype: np.dtype[Any], features: Features | None = None) -> Rows:
        """The rows, with logits and gradients in this dtype, for products with these features or the evaluator's."""
        seen = self.features if features is None else features
        narrow = narrowing(seen) if seen.precision is Precision.BFLOAT16 else None
        vectors = self.vector_dtype if dtype == self.dtype else dtype
        return Rows(self.problem, dtype, vectors, narrow)

    def at(self, theta: Array) -> Evaluation:
        """F and its gradient at a point, which becomes the last point."""
        self.point = self._point(theta, self.point)
        return self._found(theta, self.point)

    def towards(self, theta: Array, direction: Array, step: float = 1.0) -> Evaluation:
        """F at theta + step direction, its gradient, and its slope along the direction."""
        end = theta + (direction if step == 1 else step * direction)
        self._end, self._direction = self._point(end, self.point), None
        found = self._found(end, self._end)
        return found._replace(slope=dot(found.gradient, direction))

    def along(self, theta: Array, direction: Array, step: float) -> tuple[float, float]:
        """F and its slope at theta + step direction, once `towards` has seen the direction."""
        assert self.point is not None
        assert self._end is not None
        if self._direction is None:
            self._direction = LogitPoint.at(self.features.folded(direction, self.dtype), self._end.slot)
            self.products += 1
        loss, slope = self.rows.map_reduce(on_line, (self.losses, self.point, self._direction, step))
        l2, (w, _), (t, _) = self.problem.l2, self.features.split(theta), self.features.split(direction)
        product, square = dot(w, t), dot(t, t)
        value = loss + l2 / 2 * (dot(w, w) + 2 * step * product + step * step * square)
        return value, slope + l2 * (product + step * square)

    def accept(self) -> None:
        """Take the step that `towards` has evaluated."""
        self.point = self._end

    def accept_along(self, theta: Array, step: float) -> Evaluation:
        """Take the step to theta that `along` has evaluated. Returns F and its gradient there.

        It takes one product unless it starts on a line: logits of line after line would gather rounding errors.
        """
        assert self.point is not None
        assert self._direction is not None
        if self.point.line is not None:
            return self.at(theta)
        self.point = self.point.moved(self._direction, step)
        self.products -= 1
        return self._found(theta, self.point)

    def penalised_by(self, l2: float, theta: Array, here: Evaluation) -> Evaluation:
        """The evaluation `here` at theta, converted to another penalty."""
        change, (weights, _), gradient = l2 - self.problem.l2, self.features.split(theta), here.gradient.copy()
        slopes, _ = self.features.split(gradient)
        slopes += change * weights
        return Evaluation(here.value + change / 2 * dot(weights, weights), gradient)

    # What follows is private.

    def _fits(self, logits: int) -> bool:
        """True if the logits of two points fit. A fit with a journal must not depend on a device's free memory."""
        engine, narrow = self.problem.engine, self.features.precision is Precision.BFLOAT16
        if 2 * logits * self.dtype.itemsize <= STORED_BYTES:
            return True
        # The logits may later be in float64.
        return engine is self.problem.device_engine and bool(2 * logits * 8 <= engine.room(narrow=narrow))

    @cached_property
    def _in_float64(self) -> Evaluator:
        """The evaluator for `exactly`."""
        return Evaluator(self.problem, replace(self.features, precision=Precision.FLOAT64), stored=False)

    def _point(self, theta: Array, before: LogitPoint | None) -> LogitPoint:
        """A point in the slot that the point before it does not need."""
        slot = None if not self.stored else "b" if before is not None and before.slot == "a" else "a"
        return LogitPoint.at(self.features.folded(theta, self.dtype), slot)

    def _found(self, theta: Array, point: LogitPoint) -> Evaluation:
        self.products += 2
        loss, gradient = self.rows.pull_back(at_point, (self.losses, point))
        weights, _ = self.features.split(theta)
        value = loss + self.problem.l2 / 2 * dot(weights, weights)
        gradient = self.features.completed(
            gradient.astype(self.vector_dtype, copy=False), theta, self.problem.l2, self.threads
        )
        return Evaluation(value, gradient)


def line_search(
    evaluator: Evaluator, theta: Array, direction: Array, here: Evaluation, slope: float
) -> tuple[float, Evaluation | None]:
    """The length of a step that meets the strong Wolfe conditions, and F there; None if 30 trials find no step."""
    rounding = 64 * float(np.finfo(evaluator.dtype).eps) * abs(here.value)
    there = evaluator.towards(theta, direction)
    step, value, at = 1.0, there.value, there.slope
    low, high = (0.0, slope), (np.inf, 0.0)
    for trial in range(30):
        falls = value <= here.value + DECREASE * step * slope + rounding
        if falls and abs(at) <= FLAT * abs(slope):
            if evaluator.stored and trial > 0:
                return step, evaluator.accept_along(theta + step * direction, step)
            evaluator.accept()
            return step, there
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


# What follows is private.


def _between(low: tuple[float, float], high: tuple[float, float]) -> float:
    """The point between `low` and `high` where a linear slope is 0, kept away from both ends."""
    (a, slope_a), (b, slope_b) = low, high
    if not np.isfinite(b):
        return 4 * a if a else 4.0
    if np.isfinite(slope_b) and slope_b > 0 > slope_a:
        t = a + (b - a) * slope_a / (slope_a - slope_b)
        return float(np.clip(t, a + LEAST_SHARE * (b - a), b - LEAST_SHARE * (b - a)))
    return (a + b) / 2
