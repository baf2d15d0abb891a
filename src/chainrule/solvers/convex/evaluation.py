"""The objective F and its gradient, computed on one cache-sized block of rows after another.

The logits of n samples are linear in the parameters. If they fit in memory (n x k numbers), they are stored. Then a
step along a direction D needs the product x D only once, for any number of points on the line. Otherwise the logits of
each block are computed again for each point.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import cached_property, partial
from typing import Any, NamedTuple

import numpy as np

from chainrule.arrays import Array, is_sparse
from chainrule.kernels import kernel_of
from chainrule.solvers.convex.features import Features, Precision
from chainrule.solvers.convex.narrow import NarrowRows
from chainrule.solvers.convex.problem import Problem
from chainrule.solvers.convex.rows import DenseRows, FitRows, RowBlock, SparseRows, dot, with_entries

STORED_BYTES = 1 << 28
"""The logits and their slopes along the direction are stored if both together need at most this many bytes."""

MANY_PARAMETERS = 1 << 22
"""From this many parameters on, parameters and gradients of float32 samples are float32, because the solver's vectors
then need most of the memory."""

DECREASE, FLAT = 1e-4, 0.7
"""A step is accepted if F falls by at least DECREASE of the fall that the first slope predicts, and if the size of the
slope is at most FLAT of that of the first slope (the strong Wolfe conditions)."""


class Evaluation(NamedTuple):
    """F at a point, its gradient, and its slope along the direction that led there."""

    value: float
    gradient: Array
    slope: float = 0.0


RowLosses = Callable[[RowBlock, Array], tuple[float, Array]]
"""From a block and its logits, the sum of the rows' weighted losses, and their gradient by the logits."""

Folded = tuple[Array, Array]
"""Weights and offsets that give logits (or slopes of logits) of the samples as they are stored."""


class LogitLine(NamedTuple):
    """A point whose logits are the stored ones plus `step` times their slopes.

    Attributes
    ----------
    point : Folded or None
        The point whose logits become the stored ones; None keeps these.
    behind : float
        The step to be applied to the stored logits before the slopes are overwritten.
    direction : Folded or None
        The direction whose slopes become the stored ones; None keeps the slopes.
    """

    losses: RowLosses
    step: float = 0.0
    behind: float = 0.0
    point: Folded | None = None
    direction: Folded | None = None


def row_losses(fused: Any, options: dict[str, float], block: RowBlock, logits: Array) -> tuple[float, Array]:
    """The sum of a block's weighted losses, and their gradient by the logits in a buffer of the thread."""
    shares = block.shares.astype(logits.dtype, copy=False)
    out = np.empty_like(shares), block.buffer("residuals")
    losses, residuals = fused(logits, block.targets, shares, out=out, work=block.work, **options)
    return float(np.einsum("ij,ij->", losses, shares, dtype=np.float64)), residuals


def on_line(block: RowBlock, line: LogitLine) -> tuple[float, Array]:
    """Losses and residuals at a step from the stored logits, or at the line's point."""
    if line.point is not None:
        return line.losses(block, block.times(*line.point, block.of("logits")))
    if line.direction is not None:
        if line.behind:
            block.of("logits")[...] = logits_at(block, line.behind)
        block.times(*line.direction, block.of("slopes"))
    return line.losses(block, logits_at(block, line.step))


def slope_on_line(block: RowBlock, line: LogitLine) -> tuple[float, float]:
    """Losses at a step from the stored logits, and their slope along the line."""
    loss, residuals = line.losses(block, logits_at(block, line.step))
    return loss, float(np.multiply(residuals, block.of("slopes"), out=residuals).sum(dtype=np.float64))


def logits_at(block: RowBlock, step: float) -> Array:
    """The stored logits plus a step times their slopes, in a buffer of the thread."""
    logits, result = block.of("logits"), block.buffer("stepped")
    if step == 0:
        result[...] = logits
        return result
    return np.add(np.multiply(block.of("slopes"), block.like.dtype.type(step), out=result), logits, out=result)


class Evaluator:
    """F, its gradient and F along directions.

    Parameters
    ----------
    problem : Problem
    threads : int
    features : Features, optional
        How the parameters see the samples; as they are by default.
    stored : bool, optional
        True to store logits; by default if they fit in `STORED_BYTES`.

    Attributes
    ----------
    vector_dtype : dtype
        The dtype of parameters and gradients.
    behind : float
        Step not yet applied to the stored logits; applied lazily before the slopes are overwritten.
    drift : float
        Steps taken by the stored logits since they were computed; infinite if theta has changed without them.
    products : int
        How many times x was multiplied by parameters, or its transpose by residuals.
    """

    def __init__(
        self, problem: Problem, threads: int, features: Features | None = None, stored: bool | None = None
    ) -> None:
        self.problem, self.threads = problem, threads
        self.features = Features(problem.intercept) if features is None else features
        n, k = problem.n_samples, problem.n_outputs
        many = problem.n_features * k >= MANY_PARAMETERS
        self.vector_dtype = np.dtype(problem.x.dtype if many else np.float64)
        options = {"label_smoothing": problem.label_smoothing} if problem.label_smoothing else {}
        self._losses: RowLosses = partial(row_losses, kernel_of(problem.loss).value_and_pullback, options)
        self.rows = self._rows(self.dtype, self.vector_dtype, {})
        if 2 * n * k * self.dtype.itemsize <= STORED_BYTES if stored is None else stored:
            self._store()
        self._in_float32: FitRows | None = None
        self.behind = self.drift = 0.0
        self.products = 0

    @property
    def dtype(self) -> np.dtype[Any]:
        """The dtype of logits and losses."""
        return np.dtype(np.float64 if self.features.precision is Precision.FLOAT64 else self.problem.x.dtype)

    @property
    def stored(self) -> bool:
        """True if logits are stored."""
        return "logits" in self.rows.kept

    @property
    def can_be_refined(self) -> bool:
        """True if evaluations are in float32 and can be in float64."""
        return self.dtype == np.float32 and self.vector_dtype == np.float64

    def switch(self, precision: Precision) -> None:
        """Change the precision. The next call must be `at`, which computes the stored logits."""
        self.features = replace(self.features, precision=precision)
        self.rows = self._rows(self.dtype, self.vector_dtype, self.rows.kept)
        if self.stored:
            self._store()

    def exactly(self, theta: Array) -> Evaluation:
        """F and its gradient at a point in float64. The stored logits change only if they are in float64 already."""
        if not self.can_be_refined:
            return self.at(theta)
        self.products += 2
        self._in_float64.problem = self.problem  # whose penalty may be another one
        return self._in_float64.at(theta)

    def rows_in(self, dtype: np.dtype[Any]) -> FitRows:
        """The rows as they are, or with samples, logits and gradients in float32, from a copy of the samples."""
        if dtype == self.dtype:
            return self.rows
        if self._in_float32 is None:
            self._in_float32 = self._rows(dtype, dtype, self.rows.kept)
        return self._in_float32

    def at(self, theta: Array) -> Evaluation:
        """F and its gradient at a point. Its logits are computed and become the stored ones."""
        self.products += 2
        self.behind, self.drift = 0.0, 0.0
        self.rows.kept.pop("probabilities", None)
        line = LogitLine(self._losses, point=self.features.folded(theta, self.dtype))
        return self._completed(theta, *self.rows.pull_back(on_line, line))

    def towards(self, theta: Array, direction: Array, step: float = 1.0) -> Evaluation:
        """F at theta + step direction, its gradient and its slope along the direction, in one pass over x.

        The slopes of the logits along the direction become the stored ones.
        """
        end = theta + (direction if step == 1 else step * direction)
        if self.stored:
            self.products += 2
            line = LogitLine(self._losses, step, self.behind, direction=self.features.folded(direction, self.dtype))
            self.behind = 0.0
            found = self._completed(end, *self.rows.pull_back(on_line, line))
        else:
            found = self.at(end)
        return found._replace(slope=dot(found.gradient, direction))

    def along(self, theta: Array, direction: Array, step: float) -> tuple[float, float]:
        """F and its slope at theta + step direction, from stored logits: no product with x."""
        loss, slope = self.rows.map_reduce(slope_on_line, LogitLine(self._losses, self.behind + step))
        l2, (w, _), (t, _) = self.problem.l2, self.features.split(theta), self.features.split(direction)
        product, square = dot(w, t), dot(t, t)
        value = loss + l2 / 2 * (dot(w, w) + 2 * step * product + step * step * square)
        return value, slope + l2 * (product + step * square)

    def accept(self, step: float) -> None:
        """Take a step of this length along the last direction; the stored logits follow lazily."""
        self.behind, self.drift = self.behind + step, self.drift + self.stored
        self.rows.kept.pop("probabilities", None)

    def penalised_by(self, l2: float, theta: Array, here: Evaluation) -> Evaluation:
        """The evaluation `here` at theta as it would be with another penalty."""
        change, (weights, _), gradient = l2 - self.problem.l2, self.features.split(theta), here.gradient.copy()
        slopes, _ = self.features.split(gradient)
        slopes += change * weights
        return Evaluation(here.value + change / 2 * dot(weights, weights), gradient)

    def gradient_here(self, theta: Array) -> Evaluation:
        """F and its gradient at the point whose logits are stored: one product."""
        self.products += 1
        return self._completed(theta, *self.rows.pull_back(on_line, LogitLine(self._losses, self.behind)))

    # What follows is private.

    @cached_property
    def _in_float64(self) -> Evaluator:
        """The evaluator for `exactly`. It is kept, because sparse rows are sorted by feature at the start."""
        features = replace(self.features, precision=Precision.FLOAT64)
        return Evaluator(self.problem, self.threads, features, stored=False)

    def _rows(self, dtype: np.dtype[Any], vectors: np.dtype[Any], kept: dict[str, Array]) -> FitRows:
        problem, features = self.problem, self.features
        if features.precision is Precision.BFLOAT16:
            centre = None if features.applied else features.centre
            return NarrowRows(problem, self.threads, vectors, dtype, kept, centre)
        if not is_sparse(problem.x):
            # Each product converts its block, so that there is no copy of all samples.
            return DenseRows(problem, self.threads, vectors, dtype, kept)
        if problem.x.dtype != dtype:
            problem = replace(problem, x=with_entries(problem.x, problem.x.data.astype(dtype)))
        return SparseRows(problem, self.threads, vectors, dtype, kept)

    def _store(self) -> None:
        self.rows.keep("logits")
        self.rows.keep("slopes")

    def _completed(self, theta: Array, loss: float, gradient: Array) -> Evaluation:
        weights, _ = self.features.split(theta)
        value = loss + self.problem.l2 / 2 * dot(weights, weights)
        return Evaluation(value, self.features.completed(gradient, theta, self.problem.l2, self.threads))


def line_search(
    evaluator: Evaluator, theta: Array, direction: Array, here: Evaluation, slope: float
) -> tuple[float, Evaluation | None]:
    """The length of a step that meets the conditions above, and F there; None if 30 trials find no step."""
    rounding = 64 * float(np.finfo(evaluator.dtype).eps) * abs(here.value)
    there = evaluator.towards(theta, direction)
    step, value, at = 1.0, there.value, there.slope
    low, high = (0.0, slope), (np.inf, 0.0)
    for trial in range(30):
        falls = value <= here.value + DECREASE * step * slope + rounding
        if falls and abs(at) <= FLAT * abs(slope):
            evaluator.accept(step)
            from_logits = evaluator.stored and trial > 0
            return step, evaluator.gradient_here(theta + step * direction) if from_logits else there
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
        return float(np.clip(t, a + 0.05 * (b - a), b - 0.05 * (b - a)))
    return (a + b) / 2
