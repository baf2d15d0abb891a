"""The objective and its gradient, a cache-sized block of rows at a time.

The logits of n samples are linear in the parameters, so where they may be stored (n x k numbers within a budget), a
step along a direction D needs the product x D once, however many points on the line are looked at; otherwise each block
of logits is computed again and forgotten.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, NamedTuple

import numpy as np

from chainrule.arrays import Array, is_sparse
from chainrule.kernels import kernel_of
from chainrule.solvers.convex.crew import Crew, dot
from chainrule.solvers.convex.features import Features
from chainrule.solvers.convex.narrow import NarrowRows
from chainrule.solvers.convex.problem import Problem
from chainrule.solvers.convex.rows import DenseRows, FitRows, RowBlock, SparseRows, gradient_dtype, with_entries

STORED_BYTES = 1 << 28
"""The logits and their slopes along the direction are stored if both fit."""


@dataclass
class Evaluation:
    """The objective at a point: its value, its gradient, and its slope along the direction that led there."""

    value: float
    gradient: Array
    slope: float = 0.0


RowLosses = Callable[[RowBlock, Array], tuple[float, Array]]
"""From a block and its logits, the weighted losses of its rows, summed, and their gradient by the logits."""


class LogitLine(NamedTuple):
    """Points whose logits are the stored ones plus a step times their slopes.

    Attributes
    ----------
    behind : float
        The step to be applied to the stored logits before the slopes are overwritten.
    offset : array or None
        The direction whose slopes become the stored ones; None to keep the slopes.
    """

    losses: RowLosses
    step: float
    behind: float = 0.0
    weights: Array | None = None
    offset: Array | None = None


def row_losses(fused: Any, options: dict[str, float], block: RowBlock, logits: Array) -> tuple[float, Array]:
    """The weighted losses of a block's rows, summed, and their gradient by the logits in memory of its thread."""
    shares, out = block.column("shares"), (block.column("losses"), block.scratch("residuals"))
    shares[...] = block.shares
    losses, residuals = fused(logits, block.targets, shares, out=out, work=block.work, **options)
    return float(np.einsum("ij,ij->", losses, shares, dtype=np.float64)), residuals


def at_point(block: RowBlock, state: tuple[RowLosses, tuple[Array, Array]]) -> tuple[float, Array]:
    """Losses and residuals of new logits, which become the stored ones; a point is folded weights and offsets."""
    losses, point = state
    return losses(block, block.times(*point, block.of("logits")))


def on_line(block: RowBlock, line: LogitLine) -> tuple[float, Array]:
    """Losses and residuals at a step from the stored logits."""
    if line.weights is not None and line.offset is not None:
        if line.behind:
            block.of("logits")[...] = logits_at(block, line.behind)
        block.times(line.weights, line.offset, block.of("slopes"))
    return line.losses(block, logits_at(block, line.step))


def slope_on_line(block: RowBlock, line: LogitLine) -> tuple[float, float]:
    """Losses at a step from the stored logits, and their slope along the line."""
    loss, residuals = line.losses(block, logits_at(block, line.step))
    return loss, float(np.multiply(residuals, block.of("slopes"), out=residuals).sum(dtype=np.float64))


def logits_at(block: RowBlock, step: float) -> Array:
    """The stored logits plus a step times their slopes, in memory of the block's thread."""
    logits, result = block.of("logits"), block.scratch("stepped")
    if step == 0:
        result[...] = logits
        return result
    return np.add(np.multiply(block.of("slopes"), block.like.dtype.type(step), out=result), logits, out=result)


class Evaluator:
    """F, its gradient and F along directions, for one problem.

    Parameters
    ----------
    problem : Problem
    team : Crew
    features : Features, optional
        How the parameters see the features of the problem's samples; by default as they are.
    stored : bool, optional
        True to keep logits; by default where they fit.
    """

    def __init__(
        self, problem: Problem, team: Crew, features: Features | None = None, stored: bool | None = None
    ) -> None:
        self.problem, self.team = problem, team
        self.features = Features(problem.intercept) if features is None else features
        n, k, x = problem.n_samples, problem.n_outputs, problem.x
        self.vector_dtype = np.dtype(gradient_dtype(x, k))
        """The precision of parameters and gradients."""
        smoothing = problem.label_smoothing
        fused = kernel_of(problem.loss).value_and_pullback
        self._losses: RowLosses = partial(row_losses, fused, {"label_smoothing": smoothing} if smoothing else {})
        self.rows = self._rows({})
        if 2 * n * k * self.dtype.itemsize <= STORED_BYTES if stored is None else stored:
            self._store()
        self._in_float32: FitRows | None = None
        self._exact: Evaluator | None = None
        self.behind = 0.0
        """Step not yet applied to the stored logits; applied lazily before the slopes are overwritten."""
        self.drift = 0.0
        """Steps that the stored logits have taken since they were computed; infinite where theta moved without them."""
        self.moves = 0
        """How many times the stored logits have changed to another point's."""
        self.products = 0
        """How many times x was multiplied by parameters, or its transpose by residuals."""

    @property
    def dtype(self) -> np.dtype[Any]:
        """The precision of logits and losses."""
        return np.dtype(self.problem.x.dtype if self.features.dtype is None else self.features.dtype)

    @property
    def stored(self) -> bool:
        """True if logits are kept."""
        return "logits" in self.rows.kept

    @property
    def can_be_refined(self) -> bool:
        """True if evaluations can be more precise than they are."""
        return self.dtype == np.float32 and self.vector_dtype == np.float64

    def widen(self) -> None:
        """Take products in the samples' own precision from now on. `at` computes again what is stored."""
        self.features = replace(self.features, narrow=False)
        self.rows = self._rows(self.rows.kept)

    def refine(self) -> None:
        """Take everything except the samples themselves in float64 from now on; `at` computes what is stored again."""
        self.features = replace(self.features, dtype=np.dtype(np.float64))
        self.rows = self._rows(self.rows.kept)
        if self.stored:
            self._store()

    def exactly(self, theta: Array) -> Evaluation:
        """F and its gradient at a point in float64. What is stored stays as it is, unless that is float64 already."""
        if not self.can_be_refined:
            return self.at(theta)
        if self._exact is None:
            features = replace(self.features, dtype=np.dtype(np.float64), narrow=False)
            self._exact = Evaluator(self.problem, self.team, features, stored=False)
        self._exact.problem = self.problem
        self.products += 2
        return self._exact.at(theta)

    def rows_in(self, dtype: np.dtype[Any]) -> FitRows:
        """The rows as they are, or with samples and logits in float32, from a copy of the samples."""
        if dtype == self.dtype:
            return self.rows
        if self._in_float32 is None:
            problem = replace(self.problem, x=with_entries(self.problem.x, self.problem.x.data.astype(dtype)))
            self._in_float32 = SparseRows(problem, self.team, dtype, dtype, self.rows.kept)
        return self._in_float32

    def at(self, theta: Array) -> Evaluation:
        """F and its gradient at a point, from new logits, which become the stored ones."""
        self.products += 2
        self.behind, self.drift, self.moves = 0.0, 0.0, self.moves + 1
        state = self._losses, self.features.folded(theta, self.dtype)
        return self._completed(theta, *self.rows.pull_back(at_point, state))

    def towards(self, theta: Array, direction: Array, step: float = 1.0) -> Evaluation:
        """F at theta + step direction, its gradient there and its slope along the direction, in one pass over x.

        The slopes of the logits along the direction become the stored ones.
        """
        end = theta + (direction if step == 1 else step * direction)
        if self.stored:
            self.products += 2
            line = LogitLine(self._losses, step, self.behind, *self.features.folded(direction, self.dtype))
            self.behind = 0.0
            found = self._completed(end, *self.rows.pull_back(on_line, line))
        else:
            found = self.at(end)
        found.slope = dot(found.gradient, direction)
        return found

    def along(self, theta: Array, direction: Array, step: float) -> tuple[float, float]:
        """F and its slope at theta + step direction, from stored logits: no product with x."""
        loss, slope = self.rows.map_reduce(slope_on_line, LogitLine(self._losses, self.behind + step))
        l2, (w, _), (t, _) = self.problem.l2, self.features.split(theta), self.features.split(direction)
        product, square = dot(w, t), dot(t, t)
        value = loss + l2 / 2 * (dot(w, w) + 2 * step * product + step * step * square)
        return value, slope + l2 * (product + step * square)

    def accept(self, step: float) -> None:
        """Take the step: the stored logits are to move by `step` times their slopes."""
        self.behind, self.drift, self.moves = self.behind + step, self.drift + self.stored, self.moves + 1

    def penalised_by(self, l2: float, theta: Array, here: Evaluation) -> Evaluation:
        """What was found at theta, had the penalty been another."""
        change, (weights, _), gradient = l2 - self.problem.l2, self.features.split(theta), here.gradient.copy()
        slopes, _ = self.features.split(gradient)
        slopes += change * weights
        return Evaluation(here.value + change / 2 * dot(weights, weights), gradient)

    def gradient_here(self, theta: Array) -> Evaluation:
        """F and its gradient at the point whose logits are stored: one product."""
        self.products += 1
        return self._completed(theta, *self.rows.pull_back(on_line, LogitLine(self._losses, self.behind)))

    # What follows is private.

    def _rows(self, kept: dict[str, Array]) -> FitRows:
        problem, team, vectors, dtype = self.problem, self.team, self.vector_dtype, self.dtype
        if self.features.narrow:
            return NarrowRows(
                problem, team, vectors, dtype, kept, None if self.features.applied else self.features.centre
            )
        if not is_sparse(problem.x):
            # Blocks are converted when they are multiplied, each time, so that there is no copy of all.
            return DenseRows(problem, team, vectors, dtype, kept)
        if problem.x.dtype != dtype:
            problem = replace(problem, x=with_entries(problem.x, problem.x.data.astype(dtype)))
        return SparseRows(problem, team, vectors, dtype, kept)

    def _store(self) -> None:
        self.rows.keep("logits")
        self.rows.keep("slopes")

    def _completed(self, theta: Array, loss: float, gradient: Array) -> Evaluation:
        weights, _ = self.features.split(theta)
        value = loss + self.problem.l2 / 2 * dot(weights, weights)
        return Evaluation(value, self.features.completed(gradient, theta, self.problem.l2, self.team))
