"""When a fit has converged: how far F can still fall, relative to F itself.

    F(theta) - min F <= tol F(theta)

Two bounds on the left side are used. The first needs no product with the samples. With convex losses, F is l2-strongly
convex in the weights. Minimising over the intercepts as well gives

    F(W, b) - min F <= d + (|g_W| + sqrt(c d))^2 / (2 l2),    d = g_b . S^+ g_b / 2

where g is the gradient, S the mean Hessian of the losses with respect to the logits, and c the largest eigenvalue of
the features' covariance. The term sqrt(c d) bounds how a change of the intercepts changes g_W, by Cauchy and Schwarz. d
assumes that the losses are quadratic in the intercepts; the part of the weights needs no assumption.

With a small l2 this bound is large. The second bound is Newton's decrement g . H^-1 g / 2, which needs the solution of
H x = g. Conjugate gradients approximate it from below. Their error depends on the residual, and is bounded by the first
bound or by the smallest eigenvalue that they have found.

Without a penalty, F has no minimum on separable samples: it falls towards 0 for ever. So an F below tol counts as tol.
"""

import math

import numpy as np
import scipy.linalg

from chainrule.arrays import Array
from chainrule.solvers.convex.preconditioner import Preconditioner
from chainrule.solvers.convex.problem import Problem
from chainrule.solvers.convex.slices import dot


def scale_of(problem: Problem, value: float, tol: float) -> float:
    """The size of F to which `tol` is relative.

    With sample weights of both signs, losses may cancel; the loss at equal probabilities is then the least scale.
    """
    if problem.signed:
        return max(abs(value), math.log(max(problem.n_outputs, 2)))
    return max(abs(value), 0.0 if problem.l2 else tol)


def strong_convexity_bound(
    problem: Problem, preconditioner: Preconditioner, gradient: Array, class_curvature: Array | None = None
) -> float:
    """The first bound on how far F can fall from a point with this gradient; infinite if F is not strongly convex.

    The preconditioner holds the features' covariance, and S at zero weights. `class_curvature` replaces that S.
    """
    if not problem.l2 or problem.signed:
        return math.inf
    weights, intercepts = gradient[: problem.n_features], gradient[problem.n_features :]
    size, own = math.sqrt(dot(weights, weights)), 0.0
    if intercepts.size:
        offsets = np.asarray(intercepts, dtype=np.float64)
        if class_curvature is None:
            solved = preconditioner.classes.solve(offsets, slice(problem.n_features, None))
        else:
            solved = offsets @ np.linalg.pinv(class_curvature, hermitian=True)
        own = max(dot(offsets, solved), 0.0) / 2
        size += math.sqrt(preconditioner.largest * own)
    return own + size * size / (2 * problem.l2)


def smallest_eigenvalue(steps: list[float], ratios: list[float]) -> float:
    """An upper bound on the smallest eigenvalue of the matrix that conjugate gradients multiply by; 0 on overflow.

    It is the smallest eigenvalue of the run's tridiagonal matrix. If a_j are the steps along the search directions and
    b_j the ratios of the squared residuals after and before them, its diagonal entries are 1 / a_j + b_{j-1} / a_{j-1},
    and its off-diagonal entries are sqrt(b_j) / a_j.
    """
    inverse, b = 1 / np.array(steps), np.array(ratios)
    beside = np.sqrt(b) * inverse
    if not np.isfinite(beside).all():
        return 0.0
    inverse[1:] += (b * inverse)[:-1]
    values = scipy.linalg.eigvalsh_tridiagonal(inverse, beside[:-1], select="i", select_range=(0, 0))
    return float(values[0])
