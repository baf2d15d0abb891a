"""The Hessian at the evaluator's point: its products with directions, its diagonal, its logits' block, or the whole.

    H V = x^T (w D(s, x V)) + l2 V,    D(s, u) = s * (u - s . u), softmax's own Jacobian; for one logit p (1 - p) u

    softmax    the block of classes k and m is X^T diag(s_k [k = m] - s_k s_m) X, plus l2 if k = m
    one logit  X^T diag(p (1 - p)) X + l2

Conjugate gradients need no exact products: these may be in float32 while gradients are in float64. If the evaluator
does not store logits, each product computes them again, which costs half as much more.

The whole Hessian is for few parameters. Newton's method then ends what L-BFGS has begun: near the optimum each step
doubles the number of correct digits, while L-BFGS takes hundreds of steps if samples are nearly separable or features
nearly dependent. The losses do not change if all logits change by the same amount. So H has a null direction for each
feature without a penalty. It is given some curvature, which changes no solution, because gradients have no component in
that direction. The same holds for a feature that does not vary: centred, it is 0 in all samples.
"""

from collections.abc import Callable
from typing import Any

import numpy as np
import scipy.linalg

from chainrule import rules
from chainrule.arrays import Array
from chainrule.kernels import Kernel, kernel_of
from chainrule.solvers.convex.evaluation import Evaluator, Folded, logits_at
from chainrule.solvers.convex.features import Features
from chainrule.solvers.convex.problem import Problem
from chainrule.solvers.convex.rows import RowBlock, SparseRows, cut

LEAST = 1e-8
"""Floor added to s (1 - s), so that a saturated class keeps some curvature."""

MOST_PARAMETERS = 1500
"""Most parameters of a whole Hessian: it then needs 18 MB, and 0.05 s to factorise."""

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
        evaluator, features, point = self._evaluator, self._evaluator.features, self._point()
        rows, problem = evaluator.rows_in(self.dtype), evaluator.problem
        evaluator.products += 1
        if isinstance(rows, SparseRows):
            squares = rows.pull_back(own_curvatures, point, squared=True)[1]
            squares[:-1] /= 1.0 if features.scale is None else np.square(features.scale)[:, None]
        else:
            squares = rows.map_reduce(squared_products, (features, point)).astype(evaluator.vector_dtype, copy=False)
        squares[: problem.n_features] += problem.l2
        return np.asarray(squares[: problem.shape[0]])

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
    logits = logits_at(block, behind)
    block.of("probabilities")[...] = softmax_of(block).forward(logits, out=logits)[0]


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


def squared_products(block: RowBlock, state: tuple[Features, Folded | None]) -> Array:
    """(z * z)^T R for dense samples as the parameters see them, with the column sums of R as its last row."""
    features, point = state
    z, (_, rows) = features.of_block(block, block.like.dtype), own_curvatures(block, point)
    return np.vstack([np.square(z).T @ rows, rows.sum(axis=0)])


def between_logits(block: RowBlock, _: None) -> Array:
    """The weighted Hessian of a block's losses by the logits, summed over its rows, in float64."""
    probs = block.of("probabilities")
    weighted = probs * block.curvatures.astype(probs.dtype)
    return np.diag(weighted.sum(axis=0)).astype(np.float64) - probs.T @ weighted


def is_quick(problem: Problem) -> bool:
    """True if a Newton step with the whole Hessian takes only milliseconds."""
    d, k = problem.shape
    return d * k <= MOST_PARAMETERS and problem.n_samples * (d * k) ** 2 <= FEW_OPERATIONS


def newton_direction(hessian: Array, gradient: Array) -> Array | None:
    """-H^-1 g, or None if H is not positive definite; H is overwritten."""
    try:
        factors = scipy.linalg.cho_factor(hessian.T, lower=True, overwrite_a=True, check_finite=False)
        direction = scipy.linalg.cho_solve(factors, -gradient.reshape(-1), check_finite=False)
    except scipy.linalg.LinAlgError:
        return None
    return np.asarray(direction.reshape(gradient.shape)) if np.isfinite(direction).all() else None


def whole_hessian(evaluator: Evaluator, theta: Array) -> Array:
    """H of shape (d k, d k), with rows and columns in the order of theta's entries.

    >>> problem = Problem(np.array([[1.0], [-2.0]]), np.array([0, 1]), 2, rules.softmax_cross_entropy, intercept=False)
    >>> whole_hessian(Evaluator(problem, threads=1), np.zeros((1, 2)))
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
    # Null directions: the intercepts', and each feature's without a penalty.
    for j in range(problem.n_features if problem.l2 else 0, d) if k > 1 else ():
        blocks[j, :, j, :] += np.trace(blocks[j, :, j, :]) / k**2 or 1.0
    for constant in np.flatnonzero(~varies):
        blocks[constant, :, constant, :] += np.eye(k)
    return np.asarray(hessian)


def of_rows(block: RowBlock, state: tuple[Features, Array]) -> tuple[Array, Array, Array]:
    """-sum of s_k s_m x x^T, of shape (d k, d k); for each class the sum of s_k x x^T, of shape (k, d, d); any(x != 0).

    For one logit the first is 0 and the second the sum of s (1 - s) x x^T. The first is computed from square roots,
    because BLAS multiplies a matrix by its own transpose in half the time.
    """
    (features, theta), work, (d, k) = state, block.work, state[1].shape
    joint, product = (work(name, (d * k, d * k), theta, np.float64) for name in ("joint", "product"))
    own = work("own", (k, d, d), theta, np.float64)
    joint.fill(0)
    own.fill(0)
    varies = np.zeros(d, dtype=bool)
    for rows in cut(0, block.x.shape[0], max(64, ENTRIES_AT_ONCE // (d * k))):
        x, mass = features.dense(block.x[rows]), block.curvatures[rows]
        varies |= x.any(axis=0)
        logits = x @ theta
        probs = rules.sigmoid(logits) if k == 1 else kernel_of(rules.softmax).forward(logits)[0]
        shares = mass * probs * (1 - probs) if k == 1 else mass * probs
        scaled = work("scaled", x.shape, x)
        for m in range(k):
            own[m] += x.T @ np.multiply(x, shares[:, m : m + 1], out=scaled)
        if k == 1:
            continue
        weighted = work("weighted", (len(x), d, k), x)
        roots = probs * np.sqrt(abs(mass))
        rooted = np.multiply(x[:, :, None], roots[:, None, :], out=weighted).reshape(len(x), d * k)
        signed = rooted * np.sign(mass) if (mass < 0).any() else rooted
        joint -= np.matmul(rooted.T, signed, out=product)
    return joint, own, varies
