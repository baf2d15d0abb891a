"""The Hessian at the point where an evaluator is: times directions, and parts of it.

    H V = x^T (w D(s, x V)) + l2 V,    D(s, u) = s * (u - s . u), softmax's own Jacobian; for one logit p (1 - p) u

Conjugate gradients need not know it to the last digit: their products may be in float32 while gradients are in float64.
Where the evaluator stores no logits, each product computes them again, which costs half as much more.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from chainrule import rules
from chainrule.arrays import Array
from chainrule.kernels import Kernel, kernel_of
from chainrule.solvers.convex.evaluation import Evaluator, logits_at
from chainrule.solvers.convex.rows import RowBlock

Folded = tuple[Array, Array]
"""Weights and offsets of a point or a direction, for the samples as they are stored."""

LEAST = 1e-8
"""Floor added to s (1 - s), so that a saturated class keeps some curvature."""


class Curvature:
    """The Hessian where an evaluator is.

    Parameters
    ----------
    evaluator : Evaluator
    dtype : dtype, optional
        The precision of products, float32 or by default the evaluator's.
    theta : array, optional
        The point, where the evaluator stores no logits. Then there are products and the diagonal, and no other parts.

    Raises
    ------
    ValueError
        If the evaluator stores no logits and no point is given.
    """

    def __init__(self, evaluator: Evaluator, dtype: Any = None, theta: Array | None = None) -> None:
        if not evaluator.stored and theta is None:
            raise ValueError("the logits are not stored, so that there are no probabilities at this point")
        self._theta = None if evaluator.stored else theta
        self._evaluator, self.dtype = evaluator, np.dtype(dtype or evaluator.dtype)
        self._moves = -1

    def product(self) -> Callable[[Array], Array]:
        """H as a function of a direction: two products with the samples each."""
        evaluator, features, point = self._evaluator, self._evaluator.features, self._point()

        def times_direction(direction: Array) -> Array:
            state = point, features.folded(direction, self.dtype)
            evaluator.products += 2 if point is None else 3
            gradient = evaluator.rows_in(self.dtype).pull_back(curved, state)[1]
            return features.completed(gradient, direction, evaluator.problem.l2, evaluator.team)

        return times_direction

    def diagonal(self) -> Array:
        """The diagonal of H."""
        evaluator, point = self._evaluator, self._point()

        def products(*, squared: bool = False) -> Array:
            evaluator.products += 1
            return evaluator.rows_in(self.dtype).pull_back(own_curvatures, point, squared=squared)[1]

        return evaluator.features.completed_squares(products(squared=True), evaluator.problem.l2, products)

    def of_logits(self) -> Array:
        """The losses' mean Hessian by the logits, of shape (k, k)."""
        self._keep_probabilities()
        return np.array(self._evaluator.rows_in(self.dtype).map_reduce(between_logits, None))

    def of_classes(self) -> Callable[[int], Array]:
        """The diagonal of the losses' Hessian by the logits, a function of the class; 0 only at weights of 0."""
        self._keep_probabilities()
        probs, mass = self._evaluator.rows.kept["probabilities"], abs(self._evaluator.problem.row_curvatures)

        def of_class(output: int) -> Array:
            column = np.ascontiguousarray(probs[:, output])
            return np.asarray(mass * (column * (1 - column) + LEAST))

        return of_class

    # What follows is private.

    def _point(self) -> Folded | None:
        """The point, folded, if the evaluator does not know it; else probabilities are kept from here on."""
        if self._theta is not None:
            return self._evaluator.features.folded(self._theta, self.dtype)
        self._keep_probabilities()
        return None

    def _keep_probabilities(self) -> None:
        """Keep every sample's probabilities; for one logit, the second class's."""
        evaluator = self._evaluator
        if self._moves == evaluator.moves:
            return
        if self._moves < 0:
            evaluator.rows.keep("probabilities", self.dtype)
        self._moves = evaluator.moves
        evaluator.rows.map_reduce(self._fill, None)

    def _fill(self, block: RowBlock, _: None) -> None:
        softmax, probs = softmax_of(block), block.of("probabilities")
        logits = logits_at(block, self._evaluator.behind)
        if probs.dtype == logits.dtype:
            softmax.forward(logits, out=probs)
        else:
            probs[...] = softmax.forward(logits)[0]


def softmax_of(block: RowBlock) -> Kernel:
    """The rule for probabilities of a block's logits."""
    return kernel_of(rules.sigmoid if block.like.shape[1] == 1 else rules.softmax)


def probabilities(block: RowBlock, point: Folded | None) -> Array:
    """The probabilities that are kept, or those at a point."""
    if point is None:
        return block.of("probabilities")
    logits = block.times(*point, block.scratch("logits"))
    return softmax_of(block).forward(logits, out=block.scratch("probabilities"))[0]


def curved(block: RowBlock, state: tuple[Folded | None, Folded]) -> tuple[float, Array]:
    """The weighted Hessian of a block's losses by its logits at a point, times their slopes along a direction."""
    point, direction = state
    slopes, result = block.times(*direction, block.scratch("tangents")), block.scratch("residuals")
    probs = probabilities(block, point)
    if block.like.shape[1] == 1:
        np.multiply(np.multiply(probs, 1 - probs, out=result), slopes, out=result)
    else:
        mean = np.einsum("ij,ij->i", probs, slopes)[:, None]
        np.multiply(np.subtract(slopes, mean, out=result), probs, out=result)
    return 0.0, np.multiply(result, block.curvatures.astype(result.dtype), out=result)


def own_curvatures(block: RowBlock, point: Folded | None) -> tuple[float, Array]:
    """The diagonal of the weighted Hessian of a block's losses by its logits."""
    result, probs = block.scratch("residuals"), probabilities(block, point)
    np.multiply(probs, 1 - probs, out=result)
    return 0.0, np.multiply(result, block.curvatures.astype(result.dtype), out=result)


def between_logits(block: RowBlock, _: None) -> Array:
    """The weighted Hessian of a block's losses by the logits, summed over its rows, in float64."""
    probs = block.of("probabilities")
    weighted = probs * block.curvatures.astype(probs.dtype)
    return np.diag(weighted.sum(axis=0)).astype(np.float64) - probs.T @ weighted
