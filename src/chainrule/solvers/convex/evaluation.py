"""The objective and its gradient, a cache-sized block of rows at a time.

The logits of n samples are linear in the parameters, so where they may be stored (n x k numbers within a budget), a
step along a direction D needs the product x D once, however many points on the line are looked at; otherwise each block
of logits is made anew and forgotten.

Dense features are centred where there is an intercept, by x W + b = (x - m) W + (b + m W), without touching x: the
Hessian of the weights is then apart from that of the intercepts.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from chainrule import rules
from chainrule.arrays import Array, empty_classes_major
from chainrule.solvers.convex.blocks import Crew, added
from chainrule.solvers.convex.problem import Problem
from chainrule.solvers.convex.products import Block, Residuals, gradient_dtype, products_of, times
from chainrule.workspace import Workspace

FEW_OUTPUTS = 32
"""Up to this many logits, NumPy's reductions along a row are faster with the columns lying together in memory."""

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
        self.vector_dtype = np.dtype(gradient_dtype(x, k))
        """Of parameters and gradients."""
        if stored is None:
            stored = 2 * n * k * x.dtype.itemsize <= STORED_BYTES
        self.samples = products_of(x, k, team)
        self._works = [Workspace() for _ in range(team.count)]
        self._logits = self._rows(n) if stored else None
        self._slopes = self._rows(n) if stored else None
        self._behind = 0.0
        """The step that stored logits have still to take along their slopes: they do when these are made anew."""
        self._probs: Array | None = None
        """The probabilities of the stored logits, once they are asked for."""
        self.products = 0
        """How many times x was multiplied by parameters, or its transpose by residuals."""

    @property
    def stored(self) -> bool:
        """Whether logits are kept."""
        return self._logits is not None

    def at(self, theta: Array) -> Evaluated:
        """F and its gradient at a point, from new logits, which become the stored ones."""
        weights, offset = self._folded(theta)

        def residuals(block: Block) -> tuple[float, Array]:
            return self._residuals(block, times(block, weights, offset, self._place(self._logits, block, "logits")))

        self.products += 2
        self._probs, self._behind = None, 0.0
        return self._summed(theta, residuals)

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

        behind, self._behind = self._behind, 0.0

        def residuals(block: Block) -> tuple[float, Array]:
            if behind:
                self._place(self._logits, block, "logits")[...] = self._on_the_line(block, behind)
            times(block, weights, offset, self._place(self._slopes, block, "slopes"))
            return self._residuals(block, self._on_the_line(block, step))

        self.products += 2
        found = self._summed(moved, residuals)
        found.slope = dot(found.gradient, direction)
        return found

    def along(self, theta: Array, direction: Array, step: float) -> tuple[float, float]:
        """F and its slope at theta + step direction, from stored logits: no product with x."""

        def work(thread: int) -> tuple[float, float]:
            loss, slope = 0.0, 0.0
            for block in self.samples.blocks[thread]:
                part, residuals = self._residuals(block, self._moved(block, step))
                loss += part
                slopes = self._place(self._slopes, block, "slopes")
                slope += float(np.multiply(residuals, slopes, out=residuals).sum(dtype=np.float64))
            return loss, slope

        parts = self.team.each(work)
        loss, slope = sum(part for part, _ in parts), sum(part for _, part in parts)
        l2, w, t = self.problem.l2, self._penalised(theta), self._penalised(direction)
        product, square = dot(w, t), dot(t, t)
        value = loss + l2 / 2 * (dot(w, w) + 2 * step * product + step * step * square)
        return value, slope + l2 * (product + step * square)

    def accept(self, step: float) -> None:
        """Take the step: the stored logits are to move by `step` times their slopes."""
        self._behind += step
        self._probs = None

    def penalised_by(self, l2: float, theta: Array, here: Evaluated) -> Evaluated:
        """What was found at theta, had the penalty been another."""
        change, weights = l2 - self.problem.l2, self._penalised(theta)
        gradient = here.gradient.copy()
        self._penalised(gradient)[...] += change * weights
        return Evaluated(here.value + change / 2 * dot(weights, weights), gradient)

    def gradient_here(self, theta: Array) -> Evaluated:
        """F and its gradient at the point whose logits are stored: one product."""
        self.products += 1
        return self._summed(theta, lambda block: self._residuals(block, self._moved(block, 0.0)))

    def curvature_here(self) -> Callable[[Array], Array]:
        """The Hessian at the point whose logits are stored, as a function of a direction: two products each.

        H V = x^T (w D(s, x V)) + l2 V with D(s, u) = s * (u - s.u), softmax's own Jacobian; for one logit p (1 - p) u.
        """
        probs = self._probabilities()

        def times_direction(direction: Array) -> Array:
            weights, offset = self._folded(direction)

            def residuals(block: Block) -> tuple[float, Array]:
                slopes = times(block, weights, offset, self._place(None, block, "moved"))
                return 0.0, self._curved(block, slopes, probs[block.rows])

            self.products += 2
            return self._summed(direction, residuals).gradient

        return times_direction

    def curvatures_here(self) -> Array:
        """The diagonal of the Hessian at the point whose logits are stored."""
        probs, problem, centre = self._probabilities(), self.problem, self.centre

        def residuals(block: Block) -> tuple[float, Array]:
            result = self._place(None, block, "residuals")
            np.multiply(probs[block.rows], 1 - probs[block.rows], out=result)
            return 0.0, np.multiply(result, self._mass(block), out=result)

        self.products += 1
        total = self.samples.transposed(residuals, squared=True)[1]
        if centre is not None:
            self.products += 1
            first = self.samples.transposed(residuals)[1]
            total[:-1] -= 2 * centre[:, None] * first[:-1] - np.square(centre)[:, None] * total[-1]
        if self.scale is not None:
            total[:-1] /= np.square(self.scale)[:, None]
        total[:-1] += problem.l2
        return total if problem.intercept else total[:-1]

    def class_curvature_here(self) -> Array:
        """The losses' mean Hessian by the logits, of shape (k, k), at the point whose logits are stored."""
        probs, k = self._probabilities(), self.problem.n_outputs

        def work(thread: int) -> Array:
            total = np.zeros((k, k))
            for block in self.samples.blocks[thread]:
                rows = probs[block.rows]
                weighted = rows * self._mass(block)
                total[np.arange(k), np.arange(k)] += weighted.sum(axis=0)
                total -= rows.T @ weighted
            return total

        return np.asarray(added(self.team.each(work)))

    # What follows is private.

    def _rows(self, count: int) -> Array:
        k, like = self.problem.n_outputs, np.empty(0, self.dtype)
        return empty_classes_major(count, k, like) if k <= FEW_OUTPUTS else np.empty((count, k), self.dtype)

    def _place(self, stored: Array | None, block: Block, name: str) -> Array:
        """The rows of a stored array, or an array of their number."""
        if stored is not None:
            return stored[block.rows]
        count, k = block.rows.stop - block.rows.start, self.problem.n_outputs
        buffers, like = self._works[block.thread], np.empty(0, self.dtype)
        return buffers(name, (count, k), like) if k > FEW_OUTPUTS else buffers(name, (k, count), like).T

    def _moved(self, block: Block, step: float) -> Array:
        """A block's logits at `step` along the direction from where they are."""
        return self._on_the_line(block, self._behind + step)

    def _on_the_line(self, block: Block, step: float) -> Array:
        logits, moved = self._place(self._logits, block, "logits"), self._place(None, block, "moved")
        if step == 0:
            moved[...] = logits
            return moved
        slopes = self._place(self._slopes, block, "slopes")
        return np.add(np.multiply(slopes, self.dtype.type(step), out=moved), logits, out=moved)

    def _residuals(self, block: Block, logits: Array) -> tuple[float, Array]:
        """The weighted losses of a block, summed, and their gradient by its logits."""
        problem, rows, buffers = self.problem, block.rows, self._works[block.thread]
        shares = self._shares(block)
        losses = buffers("losses", (rows.stop - rows.start, 1), shares)
        result = self._place(None, block, "residuals")
        options = {"label_smoothing": problem.label_smoothing} if problem.label_smoothing else {}
        fused = problem.loss.value_and_pullback
        assert fused is not None
        losses, result = fused(logits, problem.targets[rows], shares, out=(losses, result), work=buffers, **options)
        return float(np.einsum("ij,ij->", losses, shares, dtype=np.float64)), result

    def _shares(self, block: Block) -> Array:
        """The weights of a block's samples."""
        rows = block.rows
        shares = self._works[block.thread]("shares", (rows.stop - rows.start, 1), np.empty(0, self.dtype))
        if self.problem.row_weights is None:
            shares[...] = 1 / self.problem.n_samples
        else:
            shares[...] = self.problem.row_weights[rows, None]
        return shares

    def _probabilities(self) -> Array:
        """Of every sample and class; for one logit, of the second."""
        if not self.stored:
            raise ValueError("the logits are not stored, so that there are no probabilities at this point")
        if self._probs is not None:
            return self._probs
        self._probs = probs = self._rows(self.problem.n_samples)

        def work(thread: int) -> None:
            for block in self.samples.blocks[thread]:
                logits, result = self._moved(block, 0.0), probs[block.rows]
                if self.problem.n_outputs == 1:
                    rules.sigmoid.forward(logits, out=result)
                else:
                    rules.softmax.forward(logits, out=result)

        self.team.each(work)
        return probs

    def _curved(self, block: Block, slopes: Array, probs: Array) -> Array:
        """The weighted Hessian of a block's losses by its logits, times their slopes."""
        mass, result = self._mass(block), self._place(None, block, "residuals")
        if self.problem.n_outputs == 1:
            np.multiply(probs, 1 - probs, out=result)
            return np.multiply(np.multiply(result, slopes, out=result), mass, out=result)
        mean = np.multiply(probs, slopes, out=result).sum(axis=1, keepdims=True)
        np.multiply(np.subtract(slopes, mean, out=result), probs, out=result)
        return np.multiply(result, mass, out=result)

    def _mass(self, block: Block) -> Array:
        """The weights of a block's samples times the sums of their targets."""
        shares = self._shares(block)
        if self.problem.n_outputs > 1 and self.problem.targets.ndim == 2:
            shares *= self.problem.targets[block.rows].sum(axis=1, keepdims=True)
        return shares

    def _summed(self, theta: Array, residuals: Residuals) -> Evaluated:
        loss, gradient = self.samples.transposed(residuals)
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
"""Products of float32 numbers that are added as such."""


def dot(a: Array, b: Array) -> float:
    """The inner product of two arrays; of large float32 ones in chunks whose sums are added as float64."""
    first, second = a.reshape(-1), b.reshape(-1)
    if first.dtype == np.float64 or len(first) <= CHUNK:
        return float(np.dot(first, second))
    chunks = range(0, len(first), CHUNK)
    return float(sum(float(np.dot(first[i : i + CHUNK], second[i : i + CHUNK])) for i in chunks))
