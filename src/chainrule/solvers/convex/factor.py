"""The inverse Hessian at zero weights for one penalty, by Cholesky's method: no eigenvectors, which cost 20 times more.

    H^-1 ~ P (w C + l2 I)^-1 + (I - P) / l2

w is the mean of the class matrix's curvatures, and P subtracts the mean over the logits, along which the losses do not
change. For one logit, and for classes of the same size, it is the inverse itself.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.linalg import LinAlgError, cho_factor, cho_solve

from chainrule.arrays import Array

Floats = np.ndarray[Any, Any]


@dataclass(frozen=True, eq=False)
class Factor:
    """w C + l2 I, as L L^T of features divided by their sizes there."""

    lower: Floats
    """L, of shape (d, d)."""
    sizes: Floats
    """The roots of the diagonal of w C + l2 I, a column."""
    l2: float

    def solve(self, gradient: Array) -> Array:
        """The inverse times g, a gradient by the weights alone."""
        common = gradient.mean(axis=1, keepdims=True) if gradient.shape[1] > 1 else np.zeros_like(gradient)
        scaled = (gradient - common) / self.sizes
        largest = float(abs(scaled).max(initial=0.0)) or 1.0
        columns = (scaled / largest).astype(self.lower.dtype, copy=False)
        solved = cho_solve((self.lower, True), columns, check_finite=False) * (largest / self.sizes)
        if gradient.shape[1] > 1:
            solved -= solved.mean(axis=1, keepdims=True)
            solved += common / self.l2
        return np.asarray(solved, dtype=gradient.dtype)


def factor_of(covariance: Floats, curvature: float, l2: float) -> Factor | None:
    """The factor for a covariance, in its precision or in float64 where that is too little; None if this is, too."""
    squares = curvature * covariance.diagonal().astype(np.float64) + l2
    sizes = np.sqrt(squares)
    matrix = covariance * (curvature / sizes).astype(covariance.dtype)
    matrix /= sizes.astype(covariance.dtype)[:, None]
    np.fill_diagonal(matrix, 1.0)
    try:
        # The upper triangle of what lies by rows is the lower one of what lies by columns.
        lower, _ = cho_factor(matrix.T, lower=True, overwrite_a=True, check_finite=False)
    except LinAlgError:
        return None if covariance.dtype == np.float64 else factor_of(covariance.astype(np.float64), curvature, l2)
    return Factor(lower, sizes[:, None], l2)
