"""The objective and its gradient, a cache-sized block of rows at a time.

The logits of n samples are linear in the parameters, so where they may be stored (n x k numbers within a budget), a
step along a direction D needs the product x D once, however many points on the line are looked at; otherwise each block
of logits is computed again and forgotten.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, NamedTuple

import numpy as np

from chainrule.arrays import Array, is_sparse
from chainrule.kernels import kernel_of
from chainrule.rules import Rule
from chainrule.solvers.convex.crew import Crew, dot
from chainrule.solvers.convex.features import Features
from chainrule.solvers.convex.narrow import NarrowRows
from chainrule.solvers.convex.problem import Problem
from chainrule.solvers.convex.rows import DenseRows, FitRows, RowBlock, SparseRows, gradient_dtype, of_dtype

STORED_BYTES = 1 << 28
"""The logits and their slopes along the direction are stored if both fit."""


@dataclass
class Evaluation:
    """The objective at a point: its value, its gradient, and its slope along the direction that led there."""

    value: float
    gradient: Array
    slope: float = 0.0


class RowLosses(NamedTuple):
    """The weighted losses of a block's rows, summed, and their gradient by the logits."""

    rule: Rule
    options: dict[str, float]

    def __call__(self, block: RowBlock, logits: Array) -> tuple[float, Array]:
        """The sum, and residuals in memory of the block's thread."""
        shares, fused = block.column("shares"), kernel_of(self.rule).value_and_pullback
        shares[...] = block.shares
        assert fused is not None
        out = block.column("losses"), block.scratch("residuals")
        losses, residuals = fused(logits, block.targets, shares, out=out, work=block.work, **self.options)
        return float(np.einsum("ij,ij->", losses, shares, dtype=np.float64)), residuals


class FoldedPoint(NamedTuple):
    """Parameters, folded for the samples as they are stored."""

    losses: RowLosses
    weights: Array
    offset: Array


class LogitLine(NamedTuple):
    """Points whose logits are the stored ones plus a step times their slopes."""

    losses: RowLosses
    step: float
    behind: float = 0.0
    """The step to be applied to the stored logits before the slopes are overwritten."""
    weights: Array | None = None
    offset: Array | None = None
    """The direction whose slopes become the stored ones; None to keep the slopes."""


def at_point(block: RowBlock, point: FoldedPoint) -> tuple[float, Array]:
    """Losses and residuals of new logits, which become the stored ones."""
    return point.losses(block, block.times(point.weights, point.offset, block.of("logits")))


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
        self.rows = self._rows({})
        if 2 * n * k * self.dtype.itemsize <= STORED_BYTES if stored is None else stored:
            self._store()
        self._in_float32: FitRows | None = None
        self._exact: Evaluator | None = None
        self._behind = 0.0
        """Step not yet applied to the stored logits; applied lazily before the slopes are overwritten."""
        self.drift = 0.0
        """Steps that the stored logits have taken since they were computed; infinite where theta moved without them."""
        self.moves = 0
        """How many times the stored logits became those of another point."""
        self.products = 0
        """How many times x was multiplied by parameters, or its transpose by residuals."""

    @property
    def dtype(self) -> np.dtype[Any]:
        """The precision of logits and losses."""
        return np.dtype(self.problem.x.dtype if self.features.dtype is None else self.features.dtype)

    @property
    def narrow(self) -> bool:
        """True while products are in bfloat16."""
        return self.features.narrow

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
        assert is_sparse(self.problem.x)
        if self._in_float32 is None:
            problem = replace(self.problem, x=of_dtype(self.problem.x, dtype))
            self._in_float32 = SparseRows(problem, self.team, dtype, dtype, self.rows.kept)
        return self._in_float32

    def at(self, theta: Array) -> Evaluation:
        """F and its gradient at a point, from new logits, which become the stored ones."""
        self.products += 2
        self._behind, self.drift, self.moves = 0.0, 0.0, self.moves + 1
        point = FoldedPoint(self._losses, *self.features.folded(theta, self.dtype))
        return self._completed(theta, *self.rows.pull_back(at_point, point))

    def towards(self, theta: Array, direction: Array, step: float = 1.0) -> Evaluation:
        """F at theta + step direction, its gradient there and its slope along the direction, in one pass over x.

        The slopes of the logits along the direction become the stored ones.
        """
        end = theta + (direction if step == 1 else step * direction)
        if self.stored:
            self.products += 2
            line = LogitLine(self._losses, step, self._behind, *self.features.folded(direction, self.dtype))
            self._behind = 0.0
            found = self._completed(end, *self.rows.pull_back(on_line, line))
        else:
            found = self.at(end)
        found.slope = dot(found.gradient, direction)
        return found

    def along(self, theta: Array, direction: Array, step: float) -> tuple[float, float]:
        """F and its slope at theta + step direction, from stored logits: no product with x."""
        loss, slope = self.rows.map_reduce(slope_on_line, LogitLine(self._losses, self._behind + step))
        l2, (w, _), (t, _) = self.problem.l2, self.features.split(theta), self.features.split(direction)
        product, square = dot(w, t), dot(t, t)
        value = loss + l2 / 2 * (dot(w, w) + 2 * step * product + step * step * square)
        return value, slope + l2 * (product + step * square)

    def accept(self, step: float) -> None:
        """Take the step: the stored logits are to move by `step` times their slopes."""
        self._behind, self.drift, self.moves = self._behind + step, self.drift + self.stored, self.moves + 1

    def penalised_by(self, l2: float, theta: Array, here: Evaluation) -> Evaluation:
        """What was found at theta, had the penalty been another."""
        change, (weights, _), gradient = l2 - self.problem.l2, self.features.split(theta), here.gradient.copy()
        slopes, _ = self.features.split(gradient)
        slopes += change * weights
        return Evaluation(here.value + change / 2 * dot(weights, weights), gradient)

    def gradient_here(self, theta: Array) -> Evaluation:
        """F and its gradient at the point whose logits are stored: one product."""
        self.products += 1
        return self._completed(theta, *self.rows.pull_back(on_line, LogitLine(self._losses, self._behind)))

    def logits(self, block: RowBlock) -> Array:
        """A block's logits at the point that is stored: in memory that the next call overwrites."""
        return logits_at(block, self._behind)

    # What follows is private.

    @property
    def _losses(self) -> RowLosses:
        smoothing = self.problem.label_smoothing
        return RowLosses(self.problem.loss, {"label_smoothing": smoothing} if smoothing else {})

    def _rows(self, kept: dict[str, Array]) -> FitRows:
        problem, team, vectors, dtype = self.problem, self.team, self.vector_dtype, self.dtype
        if self.narrow:
            return NarrowRows(
                problem, team, vectors, dtype, kept, None if self.features.applied else self.features.centre
            )
        if not is_sparse(problem.x):
            # Blocks are converted when they are multiplied, each time, so that there is no copy of all.
            return DenseRows(problem, team, vectors, dtype, kept)
        if problem.x.dtype != dtype:
            problem = replace(problem, x=of_dtype(problem.x, dtype))
        return SparseRows(problem, team, vectors, dtype, kept)

    def _store(self) -> None:
        self.rows.keep("logits")
        self.rows.keep("slopes")

    def _completed(self, theta: Array, loss: float, gradient: Array) -> Evaluation:
        weights, _ = self.features.split(theta)
        value = loss + self.problem.l2 / 2 * dot(weights, weights)
        return Evaluation(value, self.features.completed(gradient, theta, self.problem.l2, self.team))
