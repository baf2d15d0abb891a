"""Approximate inverse Hessians, from the Hessian at zero weights, where every sample has the same probabilities pi.

    H = S (x) C + l2 I,    S = diag(pi) - pi pi^T (for one logit pi (1 - pi)),    C = covariance of the features

C = Q diag(c) Q^T is taken apart once (`spectrum`). In its eigenvectors each feature j has the k x k block c_j S + l2 I,
a diagonal less a rank one, which Sherman and Morrison's formula inverts:

    (diag(a) - c pi pi^T)^-1 v = v / a + c (pi / a) (pi . v / a) / r,    a = c pi + l2,    r = sum_k pi_k l2 / a_k

(r is 1 - c sum pi^2 / a, written without the subtraction.)
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Protocol

import numpy as np

from chainrule.arrays import Array
from chainrule.solvers.convex.features import split
from chainrule.solvers.convex.problem import Problem
from chainrule.solvers.convex.spectrum import Spectrum

SINGLE = 1e6
"""Up to this ratio of curvatures the eigenvectors of float32 features are kept in float32."""

SOLVED_AT_ONCE = 1 << 21
"""Entries of the weights, rotated and solved for together."""


class Inverse(Protocol):
    """What stands for the inverse Hessian."""

    def solve(self, gradient: Array) -> Array:
        """The inverse times g."""


@dataclass(frozen=True, eq=False)
class Preconditioner:
    """H^-1 in the eigenvectors of the features' covariance, or in the features themselves where `basis` is None.

    Attributes
    ----------
    spectrum : array
        c, of length d.
    basis : array or None
        Q, of shape d x d; None where samples are rotated by it, or there is none.
    probs : array
        pi, of length k.
    diagonal : bool
        True if only the diagonal of the covariance is known.
    """

    spectrum: Array
    basis: Array | None
    probs: Array
    l2: float
    intercept: bool
    diagonal: bool = False

    def solve(self, gradient: Array) -> Array:
        """H^-1 g, for g with the intercepts' entries in its last row."""
        result = np.empty_like(gradient) if self.basis is None else np.zeros_like(gradient)
        (weights, intercepts), (solved, offsets) = split(gradient, self.intercept), split(result, self.intercept)
        # A few eigenvectors at a time, so that what lies between stays small beside the weights.
        at_once = max(16, SOLVED_AT_ONCE // max(weights.shape[1], 1))
        for first in range(0, len(weights), at_once):
            rows = slice(first, first + at_once)
            if self.basis is None:
                solved[rows] = self._solve_rows(weights[rows], rows)
            else:
                basis = self.basis[:, rows]
                rotated, size = _scaled(weights, basis)
                solved += size * (basis @ self._solve_rows(basis.T @ rotated, rows).astype(basis.dtype, copy=False))
        offsets[...] = self.solve_intercepts(intercepts)
        return result

    def _solve_rows(self, rotated: Array, rows: slice) -> Array:
        pi, c, l2 = self.probs, self.spectrum[rows, None], self.l2
        if len(pi) == 1:
            return rotated / (c * (pi * (1 - pi)) + l2)
        diagonal = c * pi + l2
        solved: Array = rotated / diagonal
        if l2:
            solved += c * ((solved @ pi)[:, None] / (pi * l2 / diagonal).sum(axis=1, keepdims=True)) * (pi / diagonal)
        else:
            # Without a penalty what all logits have in common is free; it stays as it is.
            solved -= solved.mean(axis=1, keepdims=True)
        return solved

    def solve_intercepts(self, gradient: Array) -> Array:
        """S^+ g, for the intercepts' row of a gradient."""
        pi = self.probs
        if len(pi) == 1:
            return gradient / (pi * (1 - pi))
        solved = gradient / pi
        return np.asarray(solved - solved.mean(axis=1, keepdims=True))


@dataclass(frozen=True, eq=False)
class Refreshed:
    """(S (x) C + l2 I)^-1 for a class matrix S = V diag(w) V^T of other probabilities than at zero weights.

    Attributes
    ----------
    spectrum : array
        c, of length d.
    basis : array or None
        Q, of shape d x d; None where samples are rotated by it.
    shares : array
        w, of length k, the first for what all logits have in common: 0.
    classes : array
        V, of shape k x k.
    """

    spectrum: Array
    basis: Array | None
    shares: Array
    classes: Array
    l2: float
    intercept: bool

    def solve(self, gradient: Array) -> Array:
        """The inverse times g."""
        result = np.empty_like(gradient)
        (weights, intercepts), (solved, offsets) = split(gradient, self.intercept), split(result, self.intercept)
        inverse, largest, classes = self._in_the_basis
        if self.basis is None:
            np.multiply((weights @ classes * inverse) @ classes.T, largest, out=solved)
        else:
            scaled, size = _scaled(weights, self.basis)
            rotated = self.basis.T @ scaled @ classes
            rotated *= inverse
            rotated = (rotated @ classes.T).astype(self.basis.dtype, copy=False)
            np.multiply(self.basis @ rotated, size * largest, out=solved)
        offsets[...] = (intercepts @ self.classes * inverse_of(self.shares)) @ self.classes.T
        return result

    @cached_property
    def _in_the_basis(self) -> tuple[Array, float, Array]:
        """1 / (c w + l2) over its largest entry, that entry, and V, in the basis's precision."""
        inverse = inverse_of(self.spectrum[:, None] * self.shares + self.l2)
        largest = float(inverse.max(initial=0.0)) or 1.0
        dtype = inverse.dtype if self.basis is None else self.basis.dtype
        return (inverse / largest).astype(dtype), largest, self.classes.astype(dtype, copy=False)


def _scaled(gradient: Array, basis: Array) -> tuple[Array, float]:
    """A gradient in the basis's precision, and the factor that keeps its entries from vanishing there."""
    if gradient.dtype == basis.dtype:
        return gradient, 1.0
    size = float(np.abs(gradient).max(initial=0.0)) or 1.0
    return (gradient / size).astype(basis.dtype), size


def inverse_of(curvatures: Array) -> Array:
    """1 / x, and 0 along directions without curvature, or with so little that 1 / x is no number."""
    some = curvatures > np.finfo(curvatures.dtype).tiny
    return np.divide(1.0, curvatures, out=np.zeros_like(curvatures), where=some)


def refreshed(preconditioner: Preconditioner, class_curvature: Array) -> Refreshed:
    """The preconditioner for the probabilities of some weights, whose mean Hessian by the logits is given."""
    shares, classes = np.linalg.eigh(class_curvature)
    # Negative curvature, of negative weights, is made positive; classes that are certain keep a little.
    shares = np.maximum(abs(shares), abs(shares).max() * 1e-8)
    if len(shares) > 1:
        shares[0], classes[:, 0] = 0.0, len(shares) ** -0.5
        classes[:, 1:] -= classes[:, 1:].mean(axis=0)
    return Refreshed(
        preconditioner.spectrum, preconditioner.basis, shares, classes, preconditioner.l2, preconditioner.intercept
    )


@dataclass(frozen=True, eq=False)
class Diagonal:
    """The inverse diagonal of the Hessian at some weights.

    Where losses do not change with what all logits have in common, the Hessian there is the penalty alone, which the
    diagonal does not show: P D^-1 P + (I - P) / penalty, P subtracting the mean over the logits.

    Attributes
    ----------
    penalty : float or None
        None where the Hessian has more than the losses in it, and no such direction. The intercepts' row has
        none.
    """

    values: Array
    penalty: float | None = None
    intercept: bool = False

    def solve(self, gradient: Array, rows: slice = slice(None)) -> Array:
        """The inverse times g, or times some rows of it."""
        if self.penalty is None:
            return gradient / self.values[rows]
        # Means by BLAS: NumPy's reductions along short rows take several times as long.
        average = self._average
        common = (gradient @ average)[:, None]
        solved: Array = gradient - common
        solved /= self.values[rows]
        solved -= (solved @ average)[:, None]
        if self.penalty:
            solved += common * self._common[rows]
        return solved

    @cached_property
    def _average(self) -> Array:
        return np.full(self.values.shape[1], 1 / self.values.shape[1], self.values.dtype)

    @cached_property
    def _common(self) -> Array:
        """1 / penalty for every row, 0 for the intercepts'."""
        inverse = np.full((len(self.values), 1), 1 / self.penalty if self.penalty else 0.0, self.values.dtype)
        split(inverse, self.intercept)[1][...] = 0.0
        return inverse


def diagonal_of(curvatures: Array, problem: Problem | None = None) -> Diagonal:
    """The preconditioner for a diagonal: entries near 0 are raised, negative ones (negative weights) made positive.

    With a problem the diagonal is that of its own objective.
    """
    sizes = abs(curvatures)
    least = max(float(sizes.max(initial=0.0)), np.finfo(np.float64).tiny) * 1e-10
    np.maximum(sizes, least, out=sizes)
    if problem is None or problem.n_outputs == 1:
        return Diagonal(sizes)
    return Diagonal(sizes, problem.l2, problem.intercept)


def preconditioner_of(problem: Problem, spectrum: Spectrum, probs: Array) -> Preconditioner:
    """The preconditioner for a problem's penalty and classes' shares."""
    largest = max(float(spectrum.values.max(initial=0.0)), np.finfo(np.float64).tiny)
    floor = 0.0 if problem.l2 else largest * 1e-10
    values = np.maximum(spectrum.values, floor)
    basis, diagonal = None if spectrum.features.applied else spectrum.features.basis, spectrum.features.basis is None
    if basis is not None and problem.x.dtype == np.float32 and spectrum.spread(problem.l2) < SINGLE:
        # Half the bytes, which the solves spend their time on; the directions stay good to SINGLE units of float32.
        basis = basis.astype(np.float32)
    return Preconditioner(values, basis, probs, problem.l2, problem.intercept, diagonal)
