"""The Hessian at the evaluator's point: products, the diagonal, the part for the logits, or the whole matrix.

    H V = x^T (w D(s, x V)) + l2 V,    D(s, u) = s * (u - s . u), softmax's own Jacobian; for one logit p (1 - p) u

    softmax    the block of classes k and m is X^T diag(s_k [k = m] - s_k s_m) X, plus l2 if k = m
    one logit  X^T diag(p (1 - p)) X + l2

Conjugate gradients need no exact products: these may be in float32 while gradients are in float64. If the evaluator
does not store logits, each product computes them again, which takes half as long again.

The whole Hessian is for few parameters. Newton's method then finishes what L-BFGS has begun: near the optimum each step
doubles the number of correct digits, while L-BFGS takes hundreds of steps if samples are nearly separable or features
nearly dependent. The losses do not change if all logits change by the same amount. So each feature without a penalty
gives H a null direction. It is given some curvature, which changes no solution, because gradients have no component
there. The same holds for a feature that does not vary: centred, it is 0 in all samples.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import scipy.linalg

from chainrule import rules
from chainrule.arrays import Array
from chainrule.kernels import kernel_of
from chainrule.kernels.kernel import takes_compiled
from chainrule.solvers.convex.evaluation import Evaluator
from chainrule.solvers.convex.features import Features, Precision
from chainrule.solvers.convex.problem import Problem
from chainrule.solvers.convex.row_blocks import Folded, LogitPoint, RowBlock
from chainrule.solvers.convex.slices import cut

LEAST = 1e-8
"""Floor added to s (1 - s), so that a saturated class keeps some curvature."""

MOST_PARAMETERS = 1500
"""Most parameters of a whole Hessian, which then takes 18 MB, and 0.05 s to factorise."""

FEW_OPERATIONS = 1e8
"""Operations for a Hessian, n p^2, that take a few milliseconds, less than ten steps of L-BFGS."""

ENTRIES_AT_ONCE = 1 << 19
"""Entries of rows times parameters that are computed at once: 4 MiB."""


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
        self._evaluator, self.dtype = evaluator, np.dtype(dtype or evaluator.dtype)
        point = evaluator.point
        if not evaluator.stored and theta is not None:
            point = LogitPoint.at(evaluator.features.folded(theta, evaluator.dtype))
        if point is None:
            raise ValueError("expected theta, since the evaluator is at no point")
        self._point = point

    def product(self, *, narrow: bool = False) -> Callable[[Array], Array]:
        """H as a function of a direction: two products with the samples per call.

        With `narrow`, PyTorch takes them in bfloat16; only for an evaluator that stores logits.
        """
        evaluator, point, features = self._evaluator, self._point, self._features(narrow)

        def times_direction(direction: Array) -> Array:
            state = point, features.folded(direction, self.dtype)
            evaluator.products += 2 if evaluator.stored else 3
            rows = evaluator.rows_in(self.dtype, features)
            gradient = rows.pull_back(curved, state)[1].astype(rows.view.vectors, copy=False)
            return features.completed(gradient, direction, evaluator.problem.l2, evaluator.threads)

        return times_direction

    def product_on(self, device: Any, *, narrow: bool = False, tf32: bool = False) -> Callable[[Array], Array]:
        """`product` for directions on a device (see `DeviceEngine`), where the results are too.

        With `tf32`, a GPU rounds the factors of products in float32 to 11 bits.
        """
        evaluator, problem, features = self._evaluator, self._evaluator.problem, self._features(narrow)
        rows = evaluator.rows_in(self.dtype, features)
        times = device.curvature(rows.view, self._point, features, problem.l2, self.dtype, tf32=tf32)

        def times_direction(direction: Array) -> Array:
            evaluator.products += 2 if evaluator.stored else 3
            return times(direction)

        return times_direction

    def diagonal(self) -> Array:
        """The diagonal of H."""
        evaluator, features, point = self._evaluator, self._evaluator.features, self._point
        rows, problem = evaluator.rows_in(self.dtype), evaluator.problem
        evaluator.products += 1
        if problem.sparse:
            squares = rows.pull_back(own_curvatures, point, squared=True)[1].astype(rows.view.vectors, copy=False)
            squares[:-1] /= 1.0 if features.scale is None else np.square(features.scale)[:, None]
        else:
            squares = rows.map_reduce(squared_products, (features, point)).astype(evaluator.vector_dtype, copy=False)
        squares[: problem.n_features] += problem.l2
        return np.asarray(squares[: problem.shape[0]])

    def of_logits(self) -> Array:
        """The mean Hessian of the losses with respect to the logits, of shape (k, k)."""
        curvature: Array = self._evaluator.rows_in(self.dtype).map_reduce(between_logits, self._point)
        return curvature

    def of_classes(self) -> Callable[[int], Array]:
        """A function from a class to the losses' curvatures in its logit; 0 only for sample weight 0."""
        rows = self._evaluator.rows_in(self.dtype)
        probs, curvatures = rows.gather(probabilities, self._point), rows.gather(own_weights, None)[:, 0]

        def of_class(output: int) -> Array:
            column = np.ascontiguousarray(probs[:, output])
            return np.asarray(curvatures * (column * (1 - column) + LEAST))

        return of_class

    def largest(self, least: float) -> Any:
        """All probabilities that are at least `least`, and for each class the sum of the others.

        The first three lists are row numbers, classes, and curvatures of each row's loss in the logits. The sums count
        a probability with its row's weight, which is its curvature up to the share `least`.
        """
        self._evaluator.products += 0 if self._evaluator.stored else 1
        return self._evaluator.rows_in(self.dtype).map_reduce(large_entries, (self._point, least))

    # What follows is private.

    def _features(self, narrow: bool) -> Features:
        """The evaluator's features, for products in bfloat16 or as they are."""
        features = self._evaluator.features
        return replace(features, precision=Precision.BFLOAT16) if narrow else features


def large_entries(block: RowBlock, state: tuple[LogitPoint, float]) -> tuple[Any, ...]:
    """`Curvature.largest` for a block."""
    (point, least), k = state, block.view.n_outputs
    rows, classes, curvatures, others = [], [], [], np.zeros(k)
    for _, part in block.parts(point):
        probs, own = np.ascontiguousarray(probabilities(part, point)), own_weights(part, None)[:, 0]
        found = np.flatnonzero(probs >= least)
        numbers, of_classes, large = found // k, found % k, probs.reshape(-1)[found].astype(np.float64)
        others += own.astype(probs.dtype) @ probs
        others -= np.bincount(of_classes, own[numbers] * large, k)
        rows.append(part.rows.start + numbers)
        classes.append(of_classes)
        curvatures.append(own[numbers] * (large * (1 - large)))
    return rows, classes, curvatures, others


def own_weights(block: RowBlock, _: None) -> Array:
    """The absolute factors of the Hessians of a block's losses."""
    return abs(block.curvatures)


def probabilities(block: RowBlock, point: LogitPoint) -> Array:
    """The probabilities at a point; for one logit, the second class's. They must not be written to."""

    def compute(out: Array) -> None:
        logits = block.logits(point)
        kernel = kernel_of(rules.sigmoid if block.view.n_outputs == 1 else rules.softmax)
        if logits.dtype == out.dtype:
            kernel.forward(logits, out=out)
        else:
            out[...] = kernel.forward(logits, out=block.buffer("exact", logits.dtype))[0]

    return block.remembered("probabilities", point, compute, block.view.dtype)


def curved(block: RowBlock, state: tuple[LogitPoint, Folded]) -> tuple[float, Array]:
    """A block's weighted Hessian with respect to the logits, times their slopes along a direction."""
    point, direction = state
    result, fast = block.buffer("residuals"), block.view.compiled and takes_compiled(direction[0])
    for rows, part in block.parts(point):
        slopes, out, own = part.times(*direction, part.buffer("tangents")), result[rows], part.curvatures
        if fast and point.slot is None:
            from chainrule.kernels.loops.loss_loops import softmax_tangents  # imports numba

            logits = part.logits(point)
            softmax_tangents(logits, slopes.astype(logits.dtype, copy=False), own.astype(logits.dtype), out)
            continue
        probs = probabilities(part, point)
        if block.view.n_outputs == 1:
            np.multiply(np.multiply(probs, 1 - probs, out=out), slopes, out=out)
        else:
            mean = np.einsum("ij,ij->i", probs, slopes)[:, None]
            np.multiply(np.subtract(slopes, mean, out=out), probs, out=out)
        np.multiply(out, own.astype(out.dtype), out=out)
    return 0.0, result


def own_curvatures(block: RowBlock, point: LogitPoint) -> tuple[float, Array]:
    """The diagonal of a block's weighted Hessian with respect to the logits."""
    result, probs = block.buffer("residuals"), probabilities(block, point)
    np.multiply(probs, 1 - probs, out=result)
    return 0.0, np.multiply(result, block.curvatures.astype(result.dtype), out=result)


def squared_products(block: RowBlock, state: tuple[Features, LogitPoint]) -> Array:
    """(z * z)^T R for dense samples as the parameters see them, with the column sums of R as its last row."""
    features, point = state
    z, (_, rows) = features.of_block(block, block.view.dtype), own_curvatures(block, point)
    return np.vstack([np.square(z).T @ rows, rows.sum(axis=0)])


def between_logits(block: RowBlock, point: LogitPoint) -> Array:
    """A block's weighted Hessian with respect to the logits, summed over its rows, in float64."""
    probs = probabilities(block, point)
    weighted = probs * block.curvatures.astype(probs.dtype)
    return np.diag(weighted.sum(axis=0)).astype(np.float64) - probs.T @ weighted


def is_quick(problem: Problem) -> bool:
    """True if a Newton step with the whole Hessian takes only milliseconds."""
    d, k = problem.shape
    return d * k <= MOST_PARAMETERS and problem.n_samples * (d * k) ** 2 <= FEW_OPERATIONS


@dataclass(frozen=True, eq=False)
class WholeInverse:
    """The inverse of a whole Hessian, by its Cholesky factors."""

    factors: tuple[Array, bool]

    def solve(self, gradient: Array) -> Array:
        """H^-1 g."""
        solved = scipy.linalg.cho_solve(self.factors, gradient.reshape(-1), check_finite=False)
        return np.asarray(solved.reshape(gradient.shape))


def inverse_of(hessian: Array) -> WholeInverse | None:
    """The inverse, or None if H is not positive definite; H is overwritten."""
    try:
        return WholeInverse(scipy.linalg.cho_factor(hessian.T, lower=True, overwrite_a=True, check_finite=False))
    except scipy.linalg.LinAlgError:
        return None


def newton_direction(hessian: Array, gradient: Array) -> Array | None:
    """-H^-1 g, or None if H is not positive definite; H is overwritten."""
    inverse = inverse_of(hessian)
    direction = None if inverse is None else -inverse.solve(gradient)
    return direction if direction is not None and np.isfinite(direction).all() else None


def whole_hessian(evaluator: Evaluator, theta: Array) -> Array:
    """H of shape (d k, d k), with rows and columns in the order of theta's entries.

    >>> problem = Problem(np.array([[1.0], [-2.0]]), np.array([0, 1]), 2, rules.softmax_cross_entropy, intercept=False)
    >>> whole_hessian(Evaluator(problem), np.zeros((1, 2)))
    array([[ 0.9375, -0.3125],
           [-0.3125,  0.9375]])
    """
    problem, (d, k) = evaluator.problem, theta.shape
    hessian, own, varies = evaluator.rows.map_reduce(of_rows, (evaluator.features, theta))
    blocks = hessian.reshape(d, k, d, k)
    for m in range(k):
        blocks[:, m, :, m] += own[m]
    weights = np.arange(problem.n_features * k)
    hessian[weights, weights] += problem.l2
    # Null directions: that of the intercepts and, without a penalty, that of each feature.
    for j in range(problem.n_features if problem.l2 else 0, d) if k > 1 else ():
        blocks[j, :, j, :] += np.trace(blocks[j, :, j, :]) / k**2 or 1.0
    for constant in np.flatnonzero(~varies):
        blocks[constant, :, constant, :] += np.eye(k)
    return np.asarray(hessian)


def of_rows(block: RowBlock, state: tuple[Features, Array]) -> tuple[Array, Array, Array]:
    """-sum of s_k s_m x x^T, of shape (d k, d k); for each class the sum of s_k x x^T, of shape (k, d, d); any(x != 0).

    For one logit the first is 0 and the second the sum of s (1 - s) x x^T. The rows x are multiplied by square roots,
    so that each sum is a matrix times its own transpose, which BLAS computes in half the time.
    """
    (features, theta), work, (d, k) = state, block.work, state[1].shape
    joint, own = block.lender.lend((d * k, d * k), np.float64), block.lender.lend((k, d, d), np.float64)
    product = work("product", (d * k, d * k), theta, np.float64)
    joint.fill(0)
    own.fill(0)
    varies = np.zeros(d, dtype=bool)
    for rows in cut(0, block.x.shape[0], max(64, ENTRIES_AT_ONCE // (d * k))):
        x, mass = features.dense(block.x[rows]), block.curvatures[rows]
        varies |= x.any(axis=0)
        logits = x @ theta
        probs = rules.sigmoid(logits) if k == 1 else kernel_of(rules.softmax).forward(logits)[0]
        shares = mass * probs * (1 - probs) if k == 1 else mass * probs
        scaled, roots, sign = work("scaled", x.shape, x), np.sqrt(abs(shares)), np.sign(mass)
        for m in range(k):
            own[m] += signed_gram(np.multiply(x, roots[:, m : m + 1], out=scaled), sign)
        if k == 1:
            continue
        weighted = work("weighted", (len(x), d, k), x)
        roots = probs * np.sqrt(abs(mass))
        rooted = np.multiply(x[:, :, None], roots[:, None, :], out=weighted).reshape(len(x), d * k)
        joint -= signed_gram(rooted, sign, out=product)
    return joint, own, varies


def signed_gram(rooted: Array, sign: Array, out: Array | None = None) -> Array:
    """A^T diag(s) A for signs s in a column. Without a negative sign, BLAS computes half of the symmetric A^T A."""
    return np.asarray(np.matmul(rooted.T, rooted * sign if (sign < 0).any() else rooted, out=out))
