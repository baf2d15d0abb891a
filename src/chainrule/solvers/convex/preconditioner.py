"""Approximate inverse Hessians: of one Kronecker product, or of one diagonal.

    H = C (x) S + l2 I,    C = covariance of the features = Q diag(c) Q^T,    S = class matrix (k x k)

`spectrum` decomposes C once. In the coordinates of Q, each feature j has the k x k block c_j S + l2 I. S is the mean
Hessian of the losses with respect to the logits, in one of two forms. At zero weights all samples have the same
probabilities pi and S = diag(pi) - pi pi^T (pi (1 - pi) for one logit): a diagonal minus a matrix of rank one, which
the Sherman-Morrison formula inverts,

    (diag(a) - c pi pi^T)^-1 v = v / a + c (pi / a) (pi . v / a) / r,    a = c pi + l2,    r = sum_k pi_k l2 / a_k

(r is 1 - c sum pi^2 / a, without the subtraction). Later S is computed from the current probabilities, and decomposed.
"""

from dataclasses import dataclass, replace
from typing import Any, Protocol

import numpy as np

from chainrule.arrays import Array, empty
from chainrule.solvers.convex.problem import Problem
from chainrule.solvers.convex.slices import cut
from chainrule.solvers.convex.spectrum import Spectrum

SINGLE = 1e6
"""Up to this ratio of curvatures, Q is kept in float32 for float32 samples: it is half the bytes to read, and
directions lose at most SINGLE ulps of float32."""

SOLVED_AT_ONCE = 1 << 21
"""Entries of the weights that are rotated and solved for together."""

LEAST_CURVATURE = 1e-10
"""Smallest curvature without a penalty, relative to the largest. A feature that does not vary has none, and its
gradient is a rounding error. It is given the largest curvature, to keep its weight small."""

TINY = float(np.finfo(np.float64).tiny)


class Inverse(Protocol):
    """An approximate inverse Hessian."""

    def solve(self, gradient: Array) -> Array:
        """The inverse times a gradient."""


@dataclass(frozen=True, eq=False)
class FrequencyMatrix:
    """S at zero weights.

    Attributes
    ----------
    probs : (k,) array
        pi, the class frequencies.
    curvatures : (d + 1, 1) array
        c, and 1 for the intercepts, which have no penalty.
    """

    probs: Array
    curvatures: Array
    l2: float

    def solve(self, gradient: Array, rows: slice) -> Array:
        """(c_j S + l2 I)^-1 g_j for each of these rows j of a gradient, by Sherman and Morrison.

        Without a penalty, the mean over the logits has no curvature and is left out.
        """
        pi, c = self.probs, self.curvatures[rows]
        l2 = self.l2 if rows.start < len(self.curvatures) - 1 else 0.0
        if len(pi) == 1:
            return gradient / (c * (pi * (1 - pi)) + l2)
        diagonal = c * pi + l2
        solved: Array = gradient / diagonal
        if not l2:
            return solved - mean_logit(solved)
        solved += c * ((solved @ pi)[:, None] / (pi * l2 / diagonal).sum(axis=1, keepdims=True)) * (pi / diagonal)
        return solved


@dataclass(frozen=True, eq=False)
class DecomposedMatrix:
    """S = V diag(w) V^T, and the inverses of c_j w + l2.

    Attributes
    ----------
    classes : (k, k) array
        V.
    inverses : (d + 1, k) array
        1 / (c_j w + l2), and 0 for a direction whose curvature is 0 or too small to divide by. In the last row, which
        is the intercepts', c is 1 and l2 is 0.
    """

    classes: Array
    inverses: Array

    def solve(self, gradient: Array, rows: slice) -> Array:
        """(c_j S + l2 I)^-1 g_j for each of these rows j of a gradient."""
        return (gradient @ self.classes * self.inverses[rows]) @ self.classes.T


@dataclass(frozen=True, eq=False)
class Preconditioner:
    """(C (x) S + l2 I)^-1.

    Attributes
    ----------
    spectrum : (d,) array
        c, or the variances of the features if C is not decomposed.
    basis : (d, d) array or None
        Q; None if the samples are rotated by it, or C is not decomposed.
    classes : FrequencyMatrix or DecomposedMatrix
        S.
    largest : float
        An upper bound on the largest eigenvalue of C.
    diagonal : bool
        True if C is not decomposed; its diagonal then replaces it.
    """

    spectrum: Array
    basis: Array | None
    classes: FrequencyMatrix | DecomposedMatrix
    l2: float
    largest: float
    diagonal: bool = False

    def solve(self, gradient: Array) -> Array:
        """H^-1 g, where the rows of g after the first d are the intercepts'."""
        d, result = len(self.spectrum), np.zeros_like(gradient)
        weights, solved, size = gradient[:d], result[:d], 1.0
        if self.basis is not None and self.basis.dtype != gradient.dtype:
            size = float(abs(weights).max(initial=0.0)) or 1.0  # so that float32 holds the entries that matter
            weights = (weights / size).astype(self.basis.dtype)
        # A few eigenvectors at a time, so that temporaries stay small beside the weights.
        for rows in cut(0, d, max(16, SOLVED_AT_ONCE // gradient.shape[1])):
            if self.basis is None:
                solved[rows] = self.classes.solve(weights[rows], rows)
            else:
                basis = self.basis[:, rows]
                rotated = self.classes.solve(basis.T @ weights, rows)
                solved += size * (basis @ rotated.astype(basis.dtype, copy=False))
        if d < len(gradient):
            result[d:] = self.classes.solve(gradient[d:], slice(d, None))
        return result


def preconditioner_of(problem: Problem, spectrum: Spectrum) -> Preconditioner:
    """The preconditioner at zero weights, for the problem's penalty and class frequencies."""
    values = np.maximum(spectrum.values, 0.0) if problem.l2 else _bounded(spectrum.values.copy())
    basis = spectrum.features.rotation
    if basis is not None and problem.dtype == np.float32 and spectrum.spread(problem.l2) < SINGLE:
        basis = spectrum.features.basis_in_float32
    classes = FrequencyMatrix(problem.class_shares, np.append(values, 1.0)[:, None], problem.l2)
    return Preconditioner(values, basis, classes, problem.l2, spectrum.largest, spectrum.diagonal)


def refreshed(preconditioner: Preconditioner, class_curvature: Array) -> Preconditioner:
    """The same preconditioner with another class matrix: the mean Hessian at the current weights."""
    shares, classes = np.linalg.eigh(class_curvature)
    # Negative sample weights can make curvature negative; saturated classes keep some curvature.
    shares = np.maximum(abs(shares), abs(shares).max() * 1e-8)
    if len(shares) > 1:
        # An equal change of all logits has no curvature.
        shares[0], classes[:, 0] = 0.0, len(shares) ** -0.5
        classes[:, 1:] -= classes[:, 1:].mean(axis=0)
    sizes = np.vstack([preconditioner.spectrum[:, None] * shares + preconditioner.l2, shares])
    return replace(preconditioner, classes=DecomposedMatrix(classes, _inverse(sizes)))


def mean_logit(rows: Array) -> Array:
    """The mean over the logits, as a column; 0 for one logit. BLAS is faster than NumPy's reductions of short rows."""
    k, share = rows.shape[1], empty((rows.shape[1], 1), rows)
    share[...] = 1 / k if k > 1 else 0.0
    return rows @ share


def inverse_penalty(problem: Problem, dtype: Any = np.float64) -> Array:
    """1 / l2 for each row of the parameters as a column, and 0 for rows without a penalty."""
    inverse = np.zeros((problem.shape[0], 1), dtype)
    if problem.l2:
        inverse[: problem.n_features] = 1 / problem.l2
    return inverse


@dataclass(frozen=True, eq=False)
class Diagonal:
    """The inverse of the Hessian's diagonal D at some weights.

    The losses do not change if all logits change by the same amount. In that direction the Hessian is the penalty
    alone, which D does not show: hence P D^-1 P + (I - P) / penalty, where P subtracts the mean over the logits.

    Attributes
    ----------
    values : array
        D, in the shape of the parameters.
    common : array or None
        `inverse_penalty` of the problem; None means D^-1 alone.
    """

    values: Array
    common: Array | None = None

    def solve(self, gradient: Array, rows: slice = slice(None)) -> Array:
        """The inverse times a gradient, or times some rows of it."""
        if self.common is None:
            return gradient / self.values[rows]
        mean = mean_logit(gradient)
        solved: Array = gradient - mean
        solved /= self.values[rows]
        solved -= mean_logit(solved)
        solved += mean * self.common[rows]
        return solved


def diagonal_of(curvatures: Array, problem: Problem | None = None) -> Diagonal:
    """The preconditioner for a diagonal. Negative entries are made positive, and entries near 0 larger.

    With a problem, the diagonal is that of the problem's own objective, and `Diagonal.common` is set from its penalty.
    """
    sizes = _bounded(abs(curvatures))
    if problem is None or problem.n_outputs == 1:
        return Diagonal(sizes)
    return Diagonal(sizes, inverse_penalty(problem, sizes.dtype))


# What follows is private.


def _bounded(curvatures: Array) -> Array:
    """The curvatures within the bounds that `LEAST_CURVATURE` explains, in place."""
    largest = float(curvatures.max(initial=0.0)) or 1.0
    curvatures[curvatures == 0] = largest
    return np.maximum(curvatures, largest * LEAST_CURVATURE, out=curvatures)


def _inverse(sizes: Array) -> Array:
    """1 / sizes, and 0 for sizes too small to divide by."""
    return np.divide(1.0, sizes, out=np.zeros_like(sizes), where=sizes > TINY)
