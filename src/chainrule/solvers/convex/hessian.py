"""Newton's method with the whole Hessian, for problems with few parameters.

    softmax    the block of classes k and m is X^T diag(s_k [k = m] - s_k s_m) X, plus l2 if k = m
    one logit  X^T diag(p (1 - p)) X + l2

The losses do not change if all logits change by the same amount. So H has a null direction for each feature without a
penalty. It is given some curvature, which changes no solution, because gradients have no component in that direction.

Newton's method ends what L-BFGS has begun: near the optimum each step doubles the number of correct digits, while
L-BFGS takes hundreds of steps if samples are nearly separable or features nearly dependent.
"""

import numpy as np
import scipy.linalg

from chainrule import rules
from chainrule.arrays import Array
from chainrule.kernels import kernel_of
from chainrule.solvers.convex.evaluation import Evaluator
from chainrule.solvers.convex.features import Features
from chainrule.solvers.convex.partition import cut
from chainrule.solvers.convex.problem import Problem
from chainrule.solvers.convex.rows import RowBlock

MOST_PARAMETERS = 1500
"""Most parameters of a whole Hessian: it then needs 18 MB, and 0.05 s to factorise."""

FEW_OPERATIONS = 1e8
"""Operations for a Hessian, n p^2, that take a few milliseconds, less than ten steps of L-BFGS."""

ENTRIES_AT_ONCE = 1 << 19
"""Entries of rows times parameters that are computed at once: 4 MiB."""


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
    hessian, own = evaluator.rows.map_reduce(of_rows, (evaluator.features, theta))
    blocks = hessian.reshape(d, k, d, k)
    for m in range(k):
        blocks[:, m, :, m] += own[m]
    weights = np.arange(problem.n_features * k)
    hessian[weights, weights] += problem.l2
    # Null directions: the intercepts', and each feature's without a penalty.
    for j in range(problem.n_features if problem.l2 else 0, d) if k > 1 else ():
        blocks[j, :, j, :] += np.trace(blocks[j, :, j, :]) / k**2 or 1.0
    return np.asarray(hessian)


def of_rows(block: RowBlock, state: tuple[Features, Array]) -> tuple[Array, Array]:
    """-sum of s_k s_m x x^T, of shape (d k, d k), and for each class the sum of s_k x x^T, of shape (k, d, d).

    For one logit the first is 0 and the second the sum of s (1 - s) x x^T. The first is computed from square roots,
    because BLAS multiplies a matrix by its own transpose in half the time.
    """
    (features, theta), work, (d, k) = state, block.work, state[1].shape
    joint, product = (work(name, (d * k, d * k), theta, np.float64) for name in ("joint", "product"))
    own = work("own", (k, d, d), theta, np.float64)
    joint.fill(0)
    own.fill(0)
    for rows in cut(0, block.x.shape[0], max(64, ENTRIES_AT_ONCE // (d * k))):
        x, mass = features.dense(block.x[rows]), block.curvatures[rows]
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
    return joint, own
