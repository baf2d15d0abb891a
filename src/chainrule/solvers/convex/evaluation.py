"""The objective and its gradient, a cache-sized block of rows at a time.

The logits of n samples are linear in the parameters, so where they may be stored (n x k numbers within a budget), a
step along a direction D needs the product x D once, however many points on the line are looked at; otherwise each block
of logits is made anew and forgotten.

Dense features are centred where there is an intercept, by x W + b = (x - m) W + (b + m W), without touching x: the
Hessian of the weights is then apart from that of the intercepts.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from chainrule.arrays import Array, Workspace, empty_classes_major, is_sparse, matmul
from chainrule.solvers.convex.blocks import Crew, added, row_blocks
from chainrule.solvers.convex.problem import Problem

FEW_OUTPUTS = 32
"""Up to this many logits, NumPy's reductions along a row are faster with the columns lying together in memory."""

BLOCK_BYTES = 1 << 20
"""Of a block's features and logits together: they should stay in a core's own cache."""

STORED_BYTES = 1 << 28
"""The logits and their slopes along the direction are stored if both fit."""


@dataclass
class Evaluated:
    """The objective at a point: its value, its gradient, and its slope along the direction that led there."""

    value: float
    gradient: Array
    slope: float = 0.0


class Evaluator:
    """F, its gradient and F along directions, for one problem.

    Parameters
    ----------
    problem : Problem
    team : Crew
    centre : array, optional
        What is subtracted from every row of x, which must be dense.
    scale : array, optional
        What every feature is divided by.
    stored : bool, optional
        Whether logits are kept; by default where they fit.
    """

    def __init__(
        self,
        problem: Problem,
        team: Crew,
        centre: Array | None = None,
        scale: Array | None = None,
        stored: bool | None = None,
    ) -> None:
        self.problem, self.team, self.centre, self.scale = problem, team, centre, scale
        n, k, x = problem.n_samples, problem.n_outputs, problem.x
        self.dtype = x.dtype
        size = x.dtype.itemsize
        if stored is None:
            stored = 2 * n * k * size <= STORED_BYTES
        row_bytes = k * size * 2 + (0 if is_sparse(x) else problem.n_features * size)
        rows = int(np.clip(BLOCK_BYTES // max(row_bytes, 1), 64, 4096))
        self.blocks = row_blocks(n, rows, team.count)
        self._x = [[x[rows] for rows in share] for share in self.blocks]
        self._works = [Workspace() for _ in range(team.count)]
        self._logits = self._rows(n) if stored else None
        self._slopes = self._rows(n) if stored else None
        self.products = 0
        """How many times x was multiplied by parameters, or its transpose by residuals."""

    @property
    def stored(self) -> bool:
        """Whether logits are kept."""
        return self._logits is not None

    def at(self, theta: Array) -> Evaluated:
        """F and its gradient at a point, from new logits, which become the stored ones."""
        weights, offset = self._folded(theta)

        def work(number: int) -> tuple[float, Array]:
            gradient, loss, buffers = self._zeros(), 0.0, self._works[number]
            for rows, x in zip(self.blocks[number], self._x[number], strict=True):
                logits = self._block(self._logits, rows, buffers, "logits")
                matmul(x, weights, out=logits)
                np.add(logits, offset, out=logits)
                part, residuals = self._residuals(rows, logits, buffers)
                loss += part
                self._collect(gradient, x, residuals, buffers)
            return loss, gradient

        self.products += 2
        return self._summed(theta, self.team.each(work))

    def towards(self, theta: Array, direction: Array, step: float = 1.0) -> Evaluated:
        """F at theta + step direction, its gradient there and its slope along the direction, in one pass over x.

        The slopes of the logits along the direction become the stored ones.
        """
        weights, offset = self._folded(direction)
        moved = theta + step * direction
        if self._logits is None or self._slopes is None:
            found = self.at(moved)
            found.slope = dot(found.gradient, direction)
            return found

        def work(number: int) -> tuple[float, Array]:
            gradient, loss, buffers = self._zeros(), 0.0, self._works[number]
            for rows, x in zip(self.blocks[number], self._x[number], strict=True):
                slopes = self._block(self._slopes, rows, buffers, "slopes")
                matmul(x, weights, out=slopes)
                np.add(slopes, offset, out=slopes)
                part, residuals = self._residuals(rows, self._moved(rows, step, buffers), buffers)
                loss += part
                self._collect(gradient, x, residuals, buffers)
            return loss, gradient

        self.products += 2
        found = self._summed(moved, self.team.each(work))
        found.slope = dot(found.gradient, direction)
        return found

    def along(self, theta: Array, direction: Array, step: float) -> tuple[float, float]:
        """F and its slope at theta + step direction, from stored logits: no product with x."""

        def work(number: int) -> tuple[float, float]:
            loss, slope, buffers = 0.0, 0.0, self._works[number]
            for rows in self.blocks[number]:
                part, residuals = self._residuals(rows, self._moved(rows, step, buffers), buffers)
                loss += part
                slopes = self._block(self._slopes, rows, buffers, "slopes")
                slope += float(np.multiply(residuals, slopes, out=residuals).sum(dtype=np.float64))
            return loss, slope

        parts = self.team.each(work)
        loss, slope = sum(part for part, _ in parts), sum(part for _, part in parts)
        l2, w, t = self.problem.l2, self._penalised(theta), self._penalised(direction)
        product, square = dot(w, t), dot(t, t)
        value = loss + l2 / 2 * (dot(w, w) + 2 * step * product + step * step * square)
        return value, slope + l2 * (product + step * square)

    def accept(self, step: float) -> None:
        """Take the step: the stored logits move by `step` times their slopes."""
        if self._logits is None or self._slopes is None:
            return

        def work(number: int) -> None:
            for rows in self.blocks[number]:
                logits = self._block(self._logits, rows, self._works[number], "logits")
                logits[...] = self._moved(rows, step, self._works[number])

        self.team.each(work)

    def gradient_here(self, theta: Array) -> Evaluated:
        """F and its gradient at the point whose logits are stored: one product."""

        def work(number: int) -> tuple[float, Array]:
            gradient, loss, buffers = self._zeros(), 0.0, self._works[number]
            for rows, x in zip(self.blocks[number], self._x[number], strict=True):
                part, residuals = self._residuals(rows, self._moved(rows, 0.0, buffers), buffers)
                loss += part
                self._collect(gradient, x, residuals, buffers)
            return loss, gradient

        self.products += 1
        return self._summed(theta, self.team.each(work))

    # What follows is private.

    def _rows(self, count: int) -> Array:
        k, like = self.problem.n_outputs, np.empty(0, self.dtype)
        return empty_classes_major(count, k, like) if k <= FEW_OUTPUTS else np.empty((count, k), self.dtype)

    def _block(self, stored: Array | None, rows: slice, buffers: Workspace, name: str) -> Array:
        """The rows of a stored array, or a block of their number."""
        if stored is not None:
            return stored[rows]
        count, k = rows.stop - rows.start, self.problem.n_outputs
        if k > FEW_OUTPUTS:
            return buffers(name, (count, k), np.empty(0, self.dtype))
        return buffers(name, (k, count), np.empty(0, self.dtype)).T

    def _moved(self, rows: slice, step: float, buffers: Workspace) -> Array:
        logits = self._block(self._logits, rows, buffers, "logits")
        slopes = self._block(self._slopes, rows, buffers, "slopes")
        moved = self._block(None, rows, buffers, "moved")
        if step == 0:
            moved[...] = logits
            return moved
        return np.add(np.multiply(slopes, self.dtype.type(step), out=moved), logits, out=moved)

    def _residuals(self, rows: slice, logits: Array, buffers: Workspace) -> tuple[float, Array]:
        """The weighted losses of a block, summed, and their gradient by its logits."""
        problem, count = self.problem, rows.stop - rows.start
        like = np.empty(0, self.dtype)
        shares = buffers("shares", (count, 1), like)
        if problem.row_weights is None:
            shares[...] = 1 / problem.n_samples
        else:
            shares[...] = problem.row_weights[rows, None]
        losses = buffers("losses", (count, 1), like)
        result = self._block(None, rows, buffers, "residuals")
        options = {"label_smoothing": problem.label_smoothing} if problem.label_smoothing else {}
        fused = problem.loss.value_and_pullback
        assert fused is not None
        losses, result = fused(logits, problem.targets[rows], shares, out=(losses, result), work=buffers, **options)
        return float(np.einsum("ij,ij->", losses, shares, dtype=np.float64)), result

    def _zeros(self) -> Array:
        d, k = self.problem.n_features, self.problem.n_outputs
        return np.zeros((d + 1, k), np.float64 if d * k < 1 << 22 else self.dtype)

    def _collect(self, gradient: Array, x: Array, residuals: Array, buffers: Workspace) -> None:
        """Add a block's x^T r, and the sums of r as the last row."""
        if is_sparse(x):
            gradient[:-1] += x.T @ residuals
        else:
            product = buffers("product", (self.problem.n_features, self.problem.n_outputs), np.empty(0, self.dtype))
            gradient[:-1] += np.matmul(x.T, residuals, out=product)
        gradient[-1] += residuals.sum(axis=0)

    def _summed(self, theta: Array, parts: list[tuple[float, Array]]) -> Evaluated:
        loss = sum(part for part, _ in parts)
        gradient = added([part for _, part in parts])
        slopes, sums = gradient[:-1], gradient[-1]
        if self.centre is not None:
            slopes -= np.outer(self.centre, sums)
        if self.scale is not None:
            slopes /= self.scale[:, None]
        weights = self._penalised(theta)
        if self.problem.l2:
            slopes += self.problem.l2 * weights
        value = loss + self.problem.l2 / 2 * dot(weights, weights)
        return Evaluated(value, gradient if self.problem.intercept else slopes)

    def _penalised(self, theta: Array) -> Array:
        return theta[:-1] if self.problem.intercept else theta

    def _folded(self, theta: Array) -> tuple[Array, Array]:
        """Weights and offsets for x as it is, with centre and scale folded in, in its dtype."""
        weights = self._penalised(theta)
        if self.scale is not None:
            weights = weights / self.scale[:, None]
        offset: Any = theta[-1] if self.problem.intercept else np.zeros(self.problem.n_outputs)
        if self.centre is not None:
            offset = offset - self.centre @ weights
        return np.ascontiguousarray(weights, dtype=self.dtype), np.asarray(offset, dtype=self.dtype)


CHUNK = 1 << 16


def dot(a: Array, b: Array) -> float:
    """The inner product of two arrays; of large float32 ones in chunks whose sums are added as float64."""
    first, second = a.reshape(-1), b.reshape(-1)
    if first.dtype == np.float64 or len(first) <= CHUNK:
        return float(np.dot(first, second))
    chunks = range(0, len(first), CHUNK)
    return float(sum(float(np.dot(first[i : i + CHUNK], second[i : i + CHUNK])) for i in chunks))
