"""Fewer samples than features: coordinates in the space that the samples span, from their Gram matrix.

    Z = (x - m) / s        K = Z Z^T = L L^T        Z = L Q^T,    Q = Z^T L^-T

The optimal weights of a penalised fit are a combination of the rows of Z: any other part would change no logit and add
to the penalty. So r <= n numbers per class determine the fit exactly, with z = L as features. Q has as many entries as
x and is never computed: products with Q are products with x and with L^-T.

L is computed by Cholesky's method with pivots. It leaves out samples that depend on others, such as duplicates and one
sample of any centred set. A Gram matrix has half the digits of its features. If these are too few, as with features of
very uneven size, there are no such coordinates, and the fit uses all features.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from scipy.linalg import lapack, solve_triangular

from chainrule.arrays import Array
from chainrule.solvers.convex.partition import cut

ENTRIES_AT_ONCE, LEAST_FEATURES = 1 << 19, 512
"""Entries of centred samples in float64 that are computed at once (4 MiB), and the fewest features of them."""

EVEN = 1e-8
"""The least squared pivot of L, relative to the largest, which leaves half of the digits of float64."""

DEPENDENT = 1e-20
"""Largest squared distance of a left-out sample to the span of the chosen ones, relative to the largest sample."""


@dataclass(frozen=True, eq=False)
class RowSpace:
    """The space that centred and scaled samples span, made by `row_space`.

    Attributes
    ----------
    x : (n, d) array
        The samples as they were given.
    centre, scale : (d,) array or None
        m and s.
    samples : (n, r) array
        z of all samples, in float64.
    combination : (n, r) array
        A in Q = Z^T A: the rows of L^-T for independent samples, and zeros for the others.
    """

    x: Array
    centre: Array | None
    scale: Array | None
    samples: Array
    combination: Array

    def outside(self, weights: Array) -> Array:
        """Q W' of shape (d, k)."""
        combined, result = self.combination @ weights, np.empty((self.x.shape[1], weights.shape[1]))
        for features, block in _centred_features(self.x, self.centre, self.scale):
            result[features] = block.T @ combined
        return result

    def inside(self, weights: Array) -> Array:
        """Q^T W of shape (r, k): the part of the weights that lies in the space."""
        logits = np.zeros((len(self.x), weights.shape[1]))
        for features, block in _centred_features(self.x, self.centre, self.scale):
            logits += block @ weights[features]
        return np.asarray(self.combination.T @ logits)

    def of(self, x: Array) -> Array:
        """z of these samples, or of others without their part outside the space."""
        if x is self.x:
            return self.samples
        products = np.zeros((len(x), len(self.x)))
        ours = _centred_features(self.x, self.centre, self.scale, len(x))
        theirs = _centred_features(x, self.centre, self.scale, len(self.x))
        for (_, block), (_, other) in zip(ours, theirs, strict=True):
            products += other @ block.T
        return np.asarray(products @ self.combination)

    def spans(self, others: Array, most: float) -> bool:
        """True if each of these samples is a combination of the chosen ones, up to a squared distance `most`.

        Distances are computed from the features, because the Gram matrix has too few digits for them.
        """
        combined = self.samples[others] @ self.combination.T
        squares = np.zeros(len(others))
        for _, block in _centred_features(self.x, self.centre, self.scale):
            away = block[others] - combined @ block
            squares += np.einsum("ij,ij->i", away, away)
        return bool((squares <= most).all())


def row_space(x: Array, centre: Array | None, scale: Array | None) -> RowSpace | None:
    """The space that the samples span, or None if their Gram matrix has too few digits for it.

    Raises
    ------
    FloatingPointError
        If the squares of the features overflow.
    """
    n = len(x)
    gram, product = np.zeros((n, n)), np.empty((n, n))
    for _, block in _centred_features(x, centre, scale):
        gram += np.matmul(block, block.T, out=product)
    if not np.isfinite(gram).all():
        raise FloatingPointError("the squares of the features overflow: scale the features")
    largest = float(gram.diagonal().max(initial=0.0))
    if not largest > 0:
        return None
    lower, pivots, rank, _ = lapack.dpstrf(gram, tol=n * np.finfo(np.float64).eps * largest, lower=1, overwrite_a=1)
    order, lower = pivots - 1, np.tril(lower[:, :rank])
    factor = np.ascontiguousarray(lower[:rank])
    if float(factor.diagonal().min()) ** 2 < EVEN * largest:
        return None
    samples, combination = np.empty((n, rank)), np.zeros((n, rank))
    samples[order] = lower
    combination[order[:rank]] = solve_triangular(factor, np.eye(rank), trans="T", lower=True, check_finite=False)
    space = RowSpace(x, centre, scale, samples, combination)
    return space if space.spans(order[rank:], DEPENDENT * largest) else None


# What follows is private.


def _centred_features(
    x: Array, centre: Array | None, scale: Array | None, rows: int = 0
) -> Iterator[tuple[slice, Array]]:
    """(x - m) / s in float64, for some features of all samples at a time; fewer with more `rows` to multiply by.

    Each block overwrites the one before, because fresh memory takes longer than the work on it.
    """
    n, d = x.shape
    at_once = min(max(ENTRIES_AT_ONCE // max(rows, n, 1), LEAST_FEATURES), d)
    memory = np.empty(n * at_once)
    for features in cut(0, d, at_once):
        block = memory[: n * (features.stop - features.start)].reshape(n, -1)
        np.subtract(x[:, features], 0.0 if centre is None else centre[features], out=block)
        if scale is not None:
            block /= scale[features]
        yield features, block
