"""The objective and its gradient, a cache-sized block of rows at a time.

The logits of n samples are linear in the parameters, so where they may be stored (n x k numbers within a budget), a
step along a direction D needs the product x D once, however many points on the line are looked at; otherwise each block
of logits is made anew and forgotten.

Dense features are centred where there is an intercept, by x W + b = (x - m) W + (b + m W), without touching x: the
Hessian of the weights is then apart from that of the intercepts. Turned samples (see `coordinates`) and those in
bfloat16 come without their centre, and nothing is left to fold.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from chainrule.arrays import Array, is_sparse
from chainrule.kernels import kernel_of
from chainrule.solvers.convex.blocks import Crew, dot, over_rows
from chainrule.solvers.convex.coordinates import at_centre
from chainrule.solvers.convex.narrow import NarrowProducts
from chainrule.solvers.convex.problem import Problem
from chainrule.solvers.convex.products import Block, Products, Residuals, gradient_dtype, of_dtype, products_of
from chainrule.solvers.convex.rows import RowBuffers, empty_rows

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
    narrow : bool
        Whether products begin in bfloat16, until `widen` is called. Dense samples only.
    dtype : dtype, optional
        The precision of products and losses; by default that of x.
    """

    def __init__(
        self,
        problem: Problem,
        team: Crew,
        centre: Array | None = None,
        scale: Array | None = None,
        stored: bool | None = None,
        narrow: bool = False,
        dtype: Any = None,
    ) -> None:
        self.problem, self.team, self.centre, self.scale = problem, team, centre, scale
        n, k, x = problem.n_samples, problem.n_outputs, problem.x
        self.dtype: np.dtype[Any] = x.dtype if dtype is None else np.dtype(dtype)
        self.vector_dtype = np.dtype(gradient_dtype(x, k))
        """Of parameters and gradients."""
        if stored is None:
            stored = 2 * n * k * self.dtype.itemsize <= STORED_BYTES
        self.narrow = narrow
        """Whether products are in bfloat16."""
        self.samples: Products = NarrowProducts(x, k, team, self.vector_dtype, centre) if narrow else self._wide()
        self._copies: dict[np.dtype[Any], Products] = {}
        self._exact: Evaluator | None = None
        self._allocate(stored=stored)
        self._behind = 0.0
        """The step that stored logits have still to take along their slopes: they do when these are made anew."""
        self.moves = 0
        """How many times the stored logits became those of another point."""
        self.products = 0
        """How many times x was multiplied by parameters, or its transpose by residuals."""

    def widen(self) -> None:
        """Take products in the samples' own precision from now on. What is stored is not: `at` makes it anew."""
        self.narrow, self.samples = False, self._wide()

    @property
    def can_be_refined(self) -> bool:
        """Whether evaluations can be more precise than they are."""
        return self.dtype == np.float32 and self.vector_dtype == np.float64

    def refine(self) -> None:
        """Take everything but the samples themselves in float64 from now on; `at` makes anew what is stored."""
        stored, self.dtype = self.stored, np.dtype(np.float64)
        self.samples = self._wide()
        self._allocate(stored=stored)

    def exactly(self, theta: Array) -> Evaluated:
        """F and its gradient at a point in float64. What is stored stays as it is, unless that is float64 already."""
        if not self.can_be_refined:
            return self.at(theta)
        if self._exact is None:
            self._exact = Evaluator(self.problem, self.team, self.centre, self.scale, stored=False, dtype=np.float64)
        self._exact.problem = self.problem
        self.products += 2
        return self._exact.at(theta)

    def samples_in(self, dtype: np.dtype[Any]) -> Products:
        """The products as they are, or in another precision than the samples', from a copy that is made once."""
        if dtype == self.dtype:
            return self.samples
        assert not self.narrow, "dense samples, which alone are narrow, have no copies: these would keep their centre"
        if dtype not in self._copies:
            x = of_dtype(self.problem.x, dtype)
            self._copies[dtype] = products_of(x, self.problem.n_outputs, self.team, dtype)
        return self._copies[dtype]

    @property
    def yet_to_centre(self) -> Array | None:
        """What weights and gradients have to make up for: the centre, unless samples in bfloat16 are without it."""
        return None if self.narrow else self.centre

    @property
    def stored(self) -> bool:
        """Whether logits are kept."""
        return self._logits is not None

    def at(self, theta: Array) -> Evaluated:
        """F and its gradient at a point, from new logits, which become the stored ones."""
        weights, offset = self.folded(theta)

        def residuals(block: Block) -> tuple[float, Array]:
            return self._residuals(
                block, self.samples.times(block, weights, offset, self._place(self._logits, block, "logits"))
            )

        self.products += 2
        self._behind, self.moves = 0.0, self.moves + 1
        return self._summed(theta, residuals)

    def towards(self, theta: Array, direction: Array, step: float = 1.0) -> Evaluated:
        """F at theta + step direction, its gradient there and its slope along the direction, in one pass over x.

        The slopes of the logits along the direction become the stored ones.
        """
        weights, offset = self.folded(direction)
        moved = theta + (direction if step == 1 else step * direction)
        if self._logits is None or self._slopes is None:
            found = self.at(moved)
            found.slope = dot(found.gradient, direction)
            return found

        behind, self._behind = self._behind, 0.0

        def residuals(block: Block) -> tuple[float, Array]:
            if behind:
                self._place(self._logits, block, "logits")[...] = self._on_the_line(block, behind)
            self.samples.times(block, weights, offset, self._place(self._slopes, block, "slopes"))
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
        l2, w, t = self.problem.l2, self.penalised(theta), self.penalised(direction)
        product, square = dot(w, t), dot(t, t)
        value = loss + l2 / 2 * (dot(w, w) + 2 * step * product + step * step * square)
        return value, slope + l2 * (product + step * square)

    def accept(self, step: float) -> None:
        """Take the step: the stored logits are to move by `step` times their slopes."""
        self._behind, self.moves = self._behind + step, self.moves + 1

    def penalised_by(self, l2: float, theta: Array, here: Evaluated) -> Evaluated:
        """What was found at theta, had the penalty been another."""
        change, weights = l2 - self.problem.l2, self.penalised(theta)
        gradient = here.gradient.copy()
        self.penalised(gradient)[...] += change * weights
        return Evaluated(here.value + change / 2 * dot(weights, weights), gradient)

    def gradient_here(self, theta: Array) -> Evaluated:
        """F and its gradient at the point whose logits are stored: one product."""
        self.products += 1
        return self._summed(theta, lambda block: self._residuals(block, self._moved(block, 0.0)))

    def logits(self, block: Block) -> Array:
        """A block's logits at the point that is stored: in memory that the next call writes to."""
        return self._moved(block, 0.0)

    def penalised(self, theta: Array) -> Array:
        """The weights, without the intercepts."""
        return theta[:-1] if self.problem.intercept else theta

    def folded(self, theta: Array, dtype: Any = None) -> tuple[Array, Array]:
        """Weights and offsets for x as it is, with centre and scale folded in, in its dtype or another."""
        weights = self.penalised(theta)
        if self.scale is not None:
            weights = weights / self.scale[:, None]
        offset: Any = theta[-1] if self.problem.intercept else np.zeros(self.problem.n_outputs)
        if self.yet_to_centre is not None:
            offset = offset - at_centre(self.yet_to_centre, weights)
        dtype = dtype or self.dtype
        return np.ascontiguousarray(weights, dtype=dtype), np.asarray(offset, dtype=dtype)

    def completed(self, gradient: Array, theta: Array) -> Array:
        """From x^T R and the sums of R: with centre, scale and the penalty's l2 theta, in the same memory."""
        slopes, sums, weights, l2 = gradient[:-1], gradient[-1], self.penalised(theta), self.problem.l2
        centre, scale = self.yet_to_centre, self.scale

        def work(rows: slice) -> float:
            part = slopes[rows]
            if centre is not None:
                part -= np.outer(centre[rows], sums)
            if scale is not None:
                part /= scale[rows, None]
            if l2:
                part += l2 * weights[rows]
            return 0.0

        if l2 or centre is not None or scale is not None:
            over_rows(self.team, slopes.shape, work)
        return gradient if self.problem.intercept else slopes

    # What follows is private.

    def _wide(self) -> Products:
        x = self.problem.x
        # Dense blocks are converted when they are multiplied, each time, so that there is no copy of all.
        x = of_dtype(x, self.dtype) if is_sparse(x) and x.dtype != self.dtype else x
        return products_of(x, self.problem.n_outputs, self.team, self.vector_dtype)

    def _allocate(self, *, stored: bool) -> None:
        n, k = self.problem.n_samples, self.problem.n_outputs
        self._buffers = RowBuffers(self.team.count, k, self.dtype)
        self._logits, self._slopes = (empty_rows(n, k, self.dtype) if stored else None for _ in range(2))

    def _place(self, stored: Array | None, block: Block, name: str) -> Array:
        """The rows of a stored array, or an array of their number."""
        return self._buffers(block, name) if stored is None else stored[block.rows]

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
        problem, rows, shares = self.problem, block.rows, self._shares(block)
        losses, result = self._buffers.column(block, "losses"), self._buffers(block, "residuals")
        options = {"label_smoothing": problem.label_smoothing} if problem.label_smoothing else {}
        fused = kernel_of(problem.loss).value_and_pullback
        assert fused is not None
        work = self._buffers.workspace(block)
        losses, result = fused(logits, problem.targets[rows], shares, out=(losses, result), work=work, **options)
        return float(np.einsum("ij,ij->", losses, shares, dtype=np.float64)), result

    def _shares(self, block: Block) -> Array:
        """The weights of a block's samples."""
        shares, weights = self._buffers.column(block, "shares"), self.problem.row_weights
        shares[...] = 1 / self.problem.n_samples if weights is None else weights[block.rows, None]
        return shares

    def _summed(self, theta: Array, residuals: Residuals) -> Evaluated:
        loss, gradient = self.samples.transposed(residuals)
        weights = self.penalised(theta)
        value = loss + self.problem.l2 / 2 * dot(weights, weights)
        return Evaluated(value, self.completed(gradient, theta))
