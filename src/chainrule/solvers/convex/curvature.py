"""The Hessian at the evaluator's point: its products with directions, its diagonal and its blocks of logits.

    H V = x^T (w D(s, x V)) + l2 V,    D(s, u) = s * (u - s . u), softmax's own Jacobian; for one logit p (1 - p) u

Conjugate gradients need no exact products: these may be in float32 while gradients are in float64. If the evaluator
does not store logits, each product computes them again, which costs half as much more.
"""

from collections.abc import Callable
from typing import Any

import numpy as np

from chainrule import rules
from chainrule.arrays import Array
from chainrule.kernels import Kernel, kernel_of
from chainrule.solvers.convex.evaluation import Evaluator, Folded, logits_at
from chainrule.solvers.convex.rows import RowBlock

LEAST = 1e-8
"""Floor added to s (1 - s), so that a saturated class keeps some curvature."""


class Curvature:
    """The Hessian at the evaluator's point.

    Parameters
    ----------
    evaluator : Evaluator
    dtype : dtype, optional
        The dtype of products: float32, or by default the evaluator's.
    theta : array, optional
        The point, needed if the evaluator stores no logits. Then only products and the diagonal are available.

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

    def product(self) -> Callable[[Array], Array]:
        """H as a function of a direction: two products with the samples per call."""
        evaluator, features, point = self._evaluator, self._evaluator.features, self._point()

        def times_direction(direction: Array) -> Array:
            state = point, features.folded(direction, self.dtype)
            evaluator.products += 2 if point is None else 3
            gradient = evaluator.rows_in(self.dtype).pull_back(curved, state)[1]
            return features.completed(gradient, direction, evaluator.problem.l2, evaluator.threads)

        return times_direction

    def diagonal(self) -> Array:
        """The diagonal of H."""
        evaluator, point = self._evaluator, self._point()

        def products(*, squared: bool = False) -> Array:
            evaluator.products += 1
            return evaluator.rows_in(self.dtype).pull_back(own_curvatures, point, squared=squared)[1]

        return evaluator.features.completed_squares(products(squared=True), evaluator.problem.l2, products)

    def of_logits(self) -> Array:
        """The mean Hessian of the losses by the logits, of shape (k, k)."""
        self.keep_probabilities()
        curvature: Array = self._evaluator.rows_in(self.dtype).map_reduce(between_logits, None)
        return curvature

    def of_class(self, output: int) -> Array:
        """The diagonal entry of one class in the Hessian of every loss by the logits; 0 only for sample weight 0."""
        self.keep_probabilities()
        column = np.ascontiguousarray(self._evaluator.rows.kept["probabilities"][:, output])
        return np.asarray(abs(self._evaluator.problem.row_curvatures) * (column * (1 - column) + LEAST))

    def keep_probabilities(self) -> None:
        """Keep the probabilities of all samples, unless they are kept; for one logit, the second class's."""
        evaluator = self._evaluator
        kept = evaluator.rows.kept.get("probabilities")
        if kept is None or kept.dtype != self.dtype:
            evaluator.rows.keep("probabilities", self.dtype)
            evaluator.rows.map_reduce(fill_probabilities, evaluator.behind)

    # What follows is private.

    def _point(self) -> Folded | None:
        """The folded point, or None if the probabilities are kept, which this call sees to."""
        if self._theta is not None:
            return self._evaluator.features.folded(self._theta, self.dtype)
        self.keep_probabilities()
        return None


def fill_probabilities(block: RowBlock, behind: float) -> None:
    """Compute the kept probabilities at `behind` steps from the stored logits."""
    softmax, probs, logits = softmax_of(block), block.of("probabilities"), logits_at(block, behind)
    if probs.dtype == logits.dtype:
        softmax.forward(logits, out=probs)
    else:
        probs[...] = softmax.forward(logits)[0]


def softmax_of(block: RowBlock) -> Kernel:
    """The kernel that turns a block's logits into probabilities."""
    return kernel_of(rules.sigmoid if block.like.shape[1] == 1 else rules.softmax)


def probabilities(block: RowBlock, point: Folded | None) -> Array:
    """The probabilities at a point, or the kept ones."""
    if point is None:
        return block.of("probabilities")
    logits = block.times(*point, block.buffer("logits"))
    return softmax_of(block).forward(logits, out=block.buffer("probabilities"))[0]


def curved(block: RowBlock, state: tuple[Folded | None, Folded]) -> tuple[float, Array]:
    """The weighted Hessian of a block's losses by its logits at a point, times their slopes along a direction."""
    point, direction = state
    slopes, result = block.times(*direction, block.buffer("tangents")), block.buffer("residuals")
    probs = probabilities(block, point)
    if block.like.shape[1] == 1:
        np.multiply(np.multiply(probs, 1 - probs, out=result), slopes, out=result)
    else:
        mean = np.einsum("ij,ij->i", probs, slopes)[:, None]
        np.multiply(np.subtract(slopes, mean, out=result), probs, out=result)
    return 0.0, np.multiply(result, block.curvatures.astype(result.dtype), out=result)


def own_curvatures(block: RowBlock, point: Folded | None) -> tuple[float, Array]:
    """The diagonal of the weighted Hessian of a block's losses by its logits."""
    result, probs = block.buffer("residuals"), probabilities(block, point)
    np.multiply(probs, 1 - probs, out=result)
    return 0.0, np.multiply(result, block.curvatures.astype(result.dtype), out=result)


def between_logits(block: RowBlock, _: None) -> Array:
    """The weighted Hessian of a block's losses by the logits, summed over its rows, in float64."""
    probs = block.of("probabilities")
    weighted = probs * block.curvatures.astype(probs.dtype)
    return np.diag(weighted.sum(axis=0)).astype(np.float64) - probs.T @ weighted
