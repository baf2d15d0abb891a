"""The Hessian at the point where an evaluator is: times directions, and parts of it.

    H V = x^T (w D(s, x V)) + l2 V,    D(s, u) = s * (u - s . u), softmax's own Jacobian; for one logit p (1 - p) u

Conjugate gradients need not know it to the last digit: their products may be in float32 while gradients are in float64.
Where the evaluator stores no logits, each product makes them anew, which costs half as much again.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from chainrule import rules
from chainrule.arrays import Array
from chainrule.solvers.convex.blocks import added
from chainrule.solvers.convex.evaluation import Evaluator
from chainrule.solvers.convex.hessian import target_mass
from chainrule.solvers.convex.products import Block, Products
from chainrule.solvers.convex.rows import RowBuffers, empty_rows

LEAST = 1e-8
"""What s (1 - s) is raised by for a class alone: one that is certain everywhere keeps a little."""


class Curvature:
    """The Hessian where an evaluator is.

    Parameters
    ----------
    evaluator : Evaluator
    dtype : dtype, optional
        Of the products and what is made of them; by default the samples'.
    theta : array, optional
        The point, where the evaluator stores no logits. Then there are products and the diagonal, and no other parts.

    Raises
    ------
    ValueError
        If the evaluator stores no logits and no point is given.
    """

    def __init__(self, evaluator: Evaluator, dtype: type | np.dtype | None = None, theta: Array | None = None) -> None:
        if not evaluator.stored and theta is None:
            raise ValueError("the logits are not stored, so that there are no probabilities at this point")
        problem = evaluator.problem
        self._theta = None if evaluator.stored else theta
        self._evaluator, self.dtype = evaluator, np.dtype(dtype or evaluator.dtype)
        self._buffers = RowBuffers(evaluator.team.count, problem.n_outputs, self.dtype)
        self._probs: Array | None = None
        self._moves = -1

    def product(self) -> Callable[[Array], Array]:
        """H as a function of a direction: two products with the samples each."""
        evaluator, probs_of, even = self._evaluator, self._probabilities_of(), self._even_mass()

        def times_direction(direction: Array) -> Array:
            weights, offset = evaluator.folded(direction, self.dtype)

            def residuals(block: Block) -> tuple[float, Array]:
                slopes = self._samples.times(block, weights, offset, self._buffers(block, "slopes"))
                return 0.0, self._curved(block, slopes, probs_of(block), even)

            evaluator.products += 2 if self._theta is None else 3
            return evaluator.completed(self._samples.transposed(residuals)[1], direction)

        return times_direction

    def diagonal(self) -> Array:
        """The diagonal of H."""
        evaluator, probs_of = self._evaluator, self._probabilities_of()
        problem, centre, even = evaluator.problem, evaluator.yet_to_centre, self._even_mass()

        def residuals(block: Block) -> tuple[float, Array]:
            result, probs = self._buffers(block, "residuals"), probs_of(block)
            np.multiply(probs, 1 - probs, out=result)
            return 0.0, self._weighted(block, result, even)

        evaluator.products += 1
        total = self._samples.transposed(residuals, squared=True)[1]
        if centre is not None:
            evaluator.products += 1
            first = self._samples.transposed(residuals)[1]
            total[:-1] -= 2 * centre[:, None] * first[:-1] - np.square(centre)[:, None] * total[-1]
        if evaluator.scale is not None:
            total[:-1] /= np.square(evaluator.scale)[:, None]
        total[:-1] += problem.l2
        return total if problem.intercept else total[:-1]

    def of_logits(self) -> Array:
        """The losses' mean Hessian by the logits, of shape (k, k)."""
        evaluator, probs, k = self._evaluator, self._probabilities(), self._evaluator.problem.n_outputs

        def work(thread: int) -> Array:
            total = np.zeros((k, k))
            for block in self._samples.blocks[thread]:
                rows = probs[block.rows]
                weighted = rows * self._mass(block)
                total[np.arange(k), np.arange(k)] += weighted.sum(axis=0)
                total -= rows.T @ weighted
            return total

        return np.asarray(added(evaluator.team.each(work)))

    def of_classes(self) -> Callable[[int], Array]:
        """The diagonal of the losses' Hessian by the logits, a function of the class; above 0 but for weights of 0."""
        problem, probs, even = self._evaluator.problem, self._probabilities(), self._even_mass()
        mass = abs(target_mass(problem, slice(None))) if even is None else even

        def of_class(output: int) -> Array:
            column = np.ascontiguousarray(probs[:, output])
            return np.asarray(mass * (column * (1 - column) + LEAST))

        return of_class

    # What follows is private.

    @property
    def _samples(self) -> Products:
        return self._evaluator.samples_in(self.dtype)

    def _probabilities_of(self) -> Callable[[Block], Array]:
        """The probabilities of a block: from those of all samples, or from logits that are made for it."""
        if self._theta is None:
            probs = self._probabilities()
            return lambda block: probs[block.rows]
        weights, offset = self._evaluator.folded(self._theta, self.dtype)
        softmax = rules.sigmoid if self._evaluator.problem.n_outputs == 1 else rules.softmax

        def of_block(block: Block) -> Array:
            logits = self._samples.times(block, weights, offset, self._buffers(block, "logits"))
            return softmax.forward(logits, out=self._buffers(block, "probabilities"))[0]

        return of_block

    def _probabilities(self) -> Array:
        """Of every sample and class; for one logit, of the second."""
        evaluator = self._evaluator
        if self._moves == evaluator.moves and self._probs is not None:
            return self._probs
        if self._probs is None:
            self._probs = empty_rows(evaluator.problem.n_samples, evaluator.problem.n_outputs, self.dtype)
        self._moves, probs = evaluator.moves, self._probs
        softmax = rules.sigmoid if evaluator.problem.n_outputs == 1 else rules.softmax

        def work(thread: int) -> None:
            for block in evaluator.samples.blocks[thread]:
                if self.dtype == evaluator.dtype:
                    softmax.forward(evaluator.logits(block), out=probs[block.rows])
                else:
                    probs[block.rows] = softmax.forward(evaluator.logits(block))[0]

        evaluator.team.each(work)
        return probs

    def _curved(self, block: Block, slopes: Array, probs: Array, even: float | None) -> Array:
        """The weighted Hessian of a block's losses by its logits, times their slopes."""
        result = self._buffers(block, "residuals")
        if self._evaluator.problem.n_outputs == 1:
            np.multiply(np.multiply(probs, 1 - probs, out=result), slopes, out=result)
        else:
            mean = np.einsum("ij,ij->i", probs, slopes)[:, None]
            np.multiply(np.subtract(slopes, mean, out=result), probs, out=result)
        return self._weighted(block, result, even)

    def _weighted(self, block: Block, rows: Array, even: float | None) -> Array:
        return np.multiply(rows, self._mass(block) if even is None else self.dtype.type(even), out=rows)

    def _even_mass(self) -> float | None:
        """The weight of every sample, if they are all the same."""
        problem = self._evaluator.problem
        alike = problem.row_weights is None and (problem.n_outputs == 1 or problem.targets.ndim == 1)
        return 1 / problem.n_samples if alike else None

    def _mass(self, block: Block) -> Array:
        """The weights of a block's samples times the sums of their targets, a column."""
        return target_mass(self._evaluator.problem, block.rows).astype(self.dtype)[:, None]
