"""Approximate inverse Hessians, from the Hessian at zero weights, where every sample has the same probabilities pi.

    H = S (x) C + l2 I,    S = diag(pi) - pi pi^T (for one logit pi (1 - pi)),    C = covariance of the features

C = Q diag(c) Q^T is taken apart once. In its eigenvectors each feature j has the k x k block c_j S + l2 I, a diagonal
less a rank one, which Sherman and Morrison's formula inverts:

    (diag(a) - c pi pi^T)^-1 v = v / a + c (pi / a) (pi . v / a) / r,    a = c pi + l2,    r = sum_k pi_k l2 / a_k

(r is 1 - c sum pi^2 / a, written without the subtraction.) Where the features are sparse or too many for C, or it costs
more than the steps that it saves (`costs`), its diagonal stands in for it. Fewer samples than features are taken to
their row space first (`row_space`), whose coordinates are then the features.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, Protocol

import numpy as np

from chainrule.arrays import Array, is_sparse
from chainrule.solvers.convex.blocks import cut
from chainrule.solvers.convex.coordinates import Coordinates, centred, turned_samples
from chainrule.solvers.convex.costs import (
    FEW_STEPS,
    PESSIMISM,
    STEPS,
    expected_steps,
    steps_of_taking_apart,
    worth_reducing,
)
from chainrule.solvers.convex.problem import Problem
from chainrule.solvers.convex.row_space import RowSpace, row_space

MOST_FEATURES = 4096
"""Up to this many features their covariance matrix may be taken apart."""

SINGLE = 1e6
"""Up to this ratio of curvatures the eigenvectors of float32 features are kept in float32."""

PRODUCTS_OF_A_STEP = 4
"""A step has two solves, which are two products with Q each."""

SOLVED_AT_ONCE = 1 << 21
"""Entries of the weights, rotated and solved for together."""

CACHED = 1 << 16
"""Entries of features whose squares are summed together."""

Floats = np.ndarray[Any, Any]


class Inverse(Protocol):
    """What stands for the inverse Hessian."""

    def solve(self, gradient: Array) -> Array:
        """The inverse times g."""


@dataclass(frozen=True, eq=False)
class Spectrum:
    """The features' covariance taken apart: what solves for other penalties, or for parts of the samples, share.

    Attributes
    ----------
    centre : (d,) array or None
        What is subtracted from every row of the features.
    scale : (d,) array or None
        What every feature is divided by.
    values : (d,) array
        c, or the variances where `basis` is None.
    basis : (d, d) array or None
        Q.
    turned : bool
        Whether the samples that a solver gets are turned into Q already: z of `coordinates`.
    rows : RowSpace or None
        The space of fewer samples than features: d, c and Q are then those of the samples' coordinates there, which a
        solver gets in any case.
    """

    centre: Floats | None
    scale: Floats | None
    values: Floats
    basis: Floats | None
    turned: bool = False
    rows: RowSpace | None = None
    steps: float = math.inf
    """About those that L-BFGS takes with the variances alone; infinitely many where that was not looked at."""

    @property
    def coordinates(self) -> Coordinates:
        """What the parameters of a solver stand for."""
        if not self.turned:
            return Coordinates(self.centre, self.scale)
        return Coordinates(self.centre, self.scale, self.basis, self.rows)

    def spread(self, l2: float) -> float:
        """The ratio of the largest curvature to the smallest."""
        smallest = max(float(self.values.min(initial=np.inf)), 0.0) + l2
        return float(self.values.max(initial=0.0)) / smallest if smallest else np.inf

    def worth_turning(self, problem: Problem, fits: int = 1) -> bool:
        """Whether a product of all samples with Q costs less than those that so many fits take with gradients."""
        multiplied = problem.n_outputs * STEPS * fits * PRODUCTS_OF_A_STEP
        return self.basis is not None and not self.turned and problem.n_samples <= multiplied

    def suited(self, x: Array, problem: Problem, l2: float, fits: int = 1) -> tuple[Array, Spectrum]:
        """Samples for so many fits of a problem, turned into Q where that is worth it, and their spectrum."""
        must = self.rows is not None and not self.turned
        return self.turn(x, l2) if must or self.worth_turning(problem, fits) else (x, self)

    def turn(self, x: Array, l2: float) -> tuple[Array, Spectrum]:
        """Samples turned into Q, in their precision, and the spectrum that says so."""
        if self.rows is not None:
            z = self.rows.of(x) if self.basis is None else self.rows.of(x) @ self.basis
            return z.astype(x.dtype, copy=False), replace(self, turned=True)
        assert self.basis is not None
        z = turned_samples(x, self.centre, self.scale, self.basis, self.spread(l2))
        return z, replace(self, turned=True)


def spectrum_of(problem: Problem, scale: Floats | None = None, *, fits: int = 1, apart: bool = True) -> Spectrum:
    """The spectrum for so many fits of a problem, with its penalty or larger ones.

    Dense features are centred where there is an intercept. Samples are taken to their row space where that costs less
    than it saves, and their covariance is taken apart where that does, unless `apart` is false; else its diagonal
    stands in for it.
    """
    x = problem.x
    centre = problem.weighted_mean() if problem.intercept and not is_sparse(x) else None
    if not is_sparse(x) and worth_reducing(problem, fits) and (rows := row_space(x, centre, scale)) is not None:
        inside = _taken_apart(replace(problem, x=rows.samples), None, None, fits, apart=apart)
        return replace(inside, centre=centre, scale=scale, rows=rows)
    return _taken_apart(problem, centre, scale, fits, apart=apart)


def _taken_apart(problem: Problem, centre: Floats | None, scale: Floats | None, fits: int, *, apart: bool) -> Spectrum:
    dense = not is_sparse(problem.x)
    few = apart and dense and problem.n_features <= MOST_FEATURES
    cost = steps_of_taking_apart(problem, fits)
    if not few or cost > FEW_STEPS:
        values = _variances(problem, centre)
        values = values if scale is None else values / np.square(scale)
        if dense:
            _check_finite(values)
        steps = expected_steps(problem, centre, scale, values) if dense and apart else math.inf
        if not few or PESSIMISM * cost > steps:
            return Spectrum(centre, scale, values, None, steps=steps)
    covariance = _second_moments(problem, centre)
    if scale is not None:
        covariance /= np.outer(scale, scale)
    _check_finite(covariance)
    return Spectrum(centre, scale, *np.linalg.eigh(covariance))


def _check_finite(moments: Floats) -> None:
    if not np.isfinite(moments).all():
        raise FloatingPointError("the squares of the features overflow: scale the features")


@dataclass(frozen=True, eq=False)
class Preconditioner:
    """H^-1 in the eigenvectors of the features' covariance, or in the features themselves where `basis` is None."""

    spectrum: Floats
    """c, of length d."""
    basis: Floats | None
    """Q, of shape d x d; None where the features are turned into it, or there is none."""
    probs: Floats
    """pi, of length k."""
    l2: float
    intercept: bool
    diagonal: bool = False
    """Whether c are but the features' variances."""

    def solve(self, gradient: Array) -> Array:
        """H^-1 g, for g with the intercepts' entries in its last row."""
        weights = gradient[:-1] if self.intercept else gradient
        result = np.empty_like(gradient) if self.basis is None else np.zeros_like(gradient)
        solved = result[:-1] if self.intercept else result
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
        if self.intercept:
            result[-1] = self.solve_intercept(gradient[-1])
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

    def solve_intercept(self, gradient: Array) -> Array:
        """S^+ g, for the intercepts' entries of a gradient."""
        pi = self.probs
        if len(pi) == 1:
            return gradient / (pi * (1 - pi))
        solved = gradient / pi
        return solved - solved.mean()


@dataclass(frozen=True, eq=False)
class Refreshed:
    """(S (x) C + l2 I)^-1 for a class matrix S = V diag(w) V^T of other probabilities than at zero weights."""

    spectrum: Floats
    """c, of length d."""
    basis: Floats | None
    """Q, of shape d x d; None where the features are turned into it."""
    shares: Floats
    """w, of length k, the first for what all logits have in common: 0."""
    classes: Floats
    """V, of shape k x k."""
    l2: float
    intercept: bool

    def solve(self, gradient: Array) -> Array:
        """The inverse times g."""
        weights = gradient[:-1] if self.intercept else gradient
        result = np.empty_like(gradient)
        solved = result[:-1] if self.intercept else result
        inverse, largest, classes = self._in_the_basis
        if self.basis is None:
            np.multiply((weights @ classes * inverse) @ classes.T, largest, out=solved)
        else:
            scaled, size = _scaled(weights, self.basis)
            rotated = self.basis.T @ scaled @ classes
            rotated *= inverse
            rotated = (rotated @ classes.T).astype(self.basis.dtype, copy=False)
            np.multiply(self.basis @ rotated, size * largest, out=solved)
        if self.intercept:
            result[-1] = (gradient[-1] @ self.classes * inverse_of(self.shares)) @ self.classes.T
        return result

    @cached_property
    def _in_the_basis(self) -> tuple[Floats, float, Floats]:
        """1 / (c w + l2) over its largest entry, that entry, and V, in the basis's precision."""
        inverse = inverse_of(self.spectrum[:, None] * self.shares + self.l2)
        largest = float(inverse.max(initial=0.0)) or 1.0
        dtype = inverse.dtype if self.basis is None else self.basis.dtype
        return (inverse / largest).astype(dtype), largest, self.classes.astype(dtype, copy=False)


def _scaled(gradient: Array, basis: Floats) -> tuple[Array, float]:
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
    """

    values: Floats
    penalty: float | None = None
    """None where the Hessian has more than the losses in it, and no such direction. The intercepts' row has none."""
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
    def _average(self) -> Floats:
        return np.full(self.values.shape[1], 1 / self.values.shape[1], self.values.dtype)

    @cached_property
    def _common(self) -> Floats:
        """1 / penalty for every row, 0 for the intercepts'."""
        inverse = np.full((len(self.values), 1), 1 / self.penalty if self.penalty else 0.0, self.values.dtype)
        if self.intercept:
            inverse[-1] = 0.0
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


def preconditioner_of(problem: Problem, spectrum: Spectrum, probs: Floats) -> Preconditioner:
    """The preconditioner for a problem's penalty and classes' shares."""
    largest = max(float(spectrum.values.max(initial=0.0)), np.finfo(np.float64).tiny)
    floor = 0.0 if problem.l2 else largest * 1e-10
    values = np.maximum(spectrum.values, floor)
    basis, diagonal = None if spectrum.turned else spectrum.basis, spectrum.basis is None
    if basis is not None and problem.x.dtype == np.float32 and spectrum.spread(problem.l2) < SINGLE:
        # Half the bytes, which the solves spend their time on; the directions stay good to SINGLE units of float32.
        basis = basis.astype(np.float32)
    return Preconditioner(values, basis, probs, problem.l2, problem.intercept, diagonal)


def _second_moments(problem: Problem, centre: Floats | None) -> Floats:
    """sum_i |w_i| (x_i - m) (x_i - m)^T."""
    x, shares, total = problem.x, problem.row_weights, np.zeros((problem.n_features, problem.n_features))
    for rows, block in centred(x, centre):
        weighted = block if shares is None else block * abs(shares[rows, None]).astype(x.dtype)
        total += block.T @ weighted
    return total / problem.n_samples if shares is None else total


def _variances(problem: Problem, centre: Array | None) -> Floats:
    x, shares = problem.x, problem.row_weights
    weights = np.full(problem.n_samples, 1 / problem.n_samples) if shares is None else abs(shares)
    if is_sparse(x):
        return np.asarray(x.multiply(x).T @ weights, dtype=np.float64).reshape(-1)
    total = np.zeros(problem.n_features)
    memory = np.empty((min(max(1, CACHED // problem.n_features), len(x)), problem.n_features))
    for rows in cut(0, len(x), len(memory)):
        block = memory[: rows.stop - rows.start]
        # In float64 before they are squared: far from 0, squares have no digits to spare.
        np.subtract(x[rows], 0.0 if centre is None else centre, out=block)
        total += weights[rows] @ np.square(block, out=block)
    return total
