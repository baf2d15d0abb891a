"""Newton's method with exact steps, for problems with few enough parameters to hold the Hessian.

It ends what L-BFGS has begun: near the optimum each step doubles the number of right digits, where samples that are
nearly separable, or features that are nearly dependent, would cost L-BFGS hundreds of steps.
"""

from __future__ import annotations

import numpy as np
import scipy.linalg

from chainrule.arrays import Array
from chainrule.solvers.convex.problem import Problem

MOST_PARAMETERS = 1500
"""The Hessian of so many takes 18 MB, and its factors a twentieth of a second."""

FEW_OPERATIONS = 1e8
"""Operations for a Hessian, n p^2, that take a few milliseconds: less than ten steps of L-BFGS."""


def is_quick(problem: Problem) -> bool:
    """Whether a step of Newton's with the whole Hessian costs next to nothing."""
    d, k = problem.shape
    return d * k <= MOST_PARAMETERS and problem.n_samples * (d * k) ** 2 <= FEW_OPERATIONS


def newton_direction(hessian: Array, gradient: Array) -> Array | None:
    """-H^-1 g, or None where H is not positive definite; H is overwritten."""
    try:
        factors = scipy.linalg.cho_factor(hessian.T, lower=True, overwrite_a=True, check_finite=False)
        direction = scipy.linalg.cho_solve(factors, -gradient.reshape(-1), check_finite=False)
    except scipy.linalg.LinAlgError:
        return None
    return np.asarray(direction.reshape(gradient.shape)) if np.isfinite(direction).all() else None
