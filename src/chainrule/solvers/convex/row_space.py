"""Fewer samples than features: coordinates of the space that the samples span, from their Gram matrix.

    Z = (x - m) / s        K = Z Z^T = L L^T        Z = L Q^T,    Q = Z^T L^-T

The optimum of a penalised fit is a combination of the rows of Z: what its weights had besides would change no logit and
add to the penalty. So r <= n numbers for every class say all, z = L are the features that they belong to, and the fit
is exact. Q, which has as many entries as x, is never made: its products are products with x and with L^-1.

L comes from Cholesky's method with pivots, which leaves out samples that depend on others: duplicates, and one sample
of any centred set. A Gram matrix has half the digits of its features. Where these are too few, as for features of
unequal sizes, there are no such coordinates, and the fit is one of all features.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from scipy.linalg import lapack, solve_triangular

from chainrule.arrays import Array
from chainrule.solvers.convex.crew import cut

ENTRIES_AT_ONCE, LEAST_FEATURES = 1 << 19, 512
"""Entries of centred samples in float64 that are held at once, 4 MiB, and the least number of features of them."""

EVEN = 1e-8
"""The least of L's squared pivots, relative to the largest: half of a float64 number's digits are left of it."""

DEPENDENT = 1e-20
"""The largest square of a sample's distance to those it is taken to depend on, relative to the largest sample's."""


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
    chosen : (r,) array
        Numbers of samples that are independent.
    factor : (r, r) array
        z of those, a lower triangle.
    """

    x: Array
    centre: Array | None
    scale: Array | None
    samples: Array
    chosen: Array
    factor: Array

    def outside(self, weights: Array) -> Array:
        """Q W' of shape (d, k)."""
        combined = np.zeros((len(self.x), weights.shape[1]))
        combined[self.chosen] = solve_triangular(self.factor, weights, trans="T", lower=True, check_finite=False)
        result = np.empty((self.x.shape[1], weights.shape[1]))
        for features, block in _centred_features(self.x, self.centre, self.scale):
            result[features] = block.T @ combined
        return result

    def inside(self, weights: Array) -> Array:
        """Q^T W of shape (r, k): of weights with a part outside the space, what is in it."""
        logits = np.zeros((len(self.x), weights.shape[1]))
        for features, block in _centred_features(self.x, self.centre, self.scale):
            logits += block @ weights[features]
        return np.asarray(solve_triangular(self.factor, logits[self.chosen], lower=True, check_finite=False))

    def of(self, x: Array) -> Array:
        """z of samples: those that it was made from, or others, of which what lies outside the space is lost."""
        if x is self.x:
            return self.samples
        products = np.zeros((len(self.x), len(x)))
        ours = _centred_features(self.x, self.centre, self.scale, len(x))
        theirs = _centred_features(x, self.centre, self.scale, len(self.x))
        for (_, block), (_, other) in zip(ours, theirs, strict=True):
            products += block @ other.T
        z = solve_triangular(self.factor, products[self.chosen], lower=True, check_finite=False)
        return np.ascontiguousarray(z.T)


def row_space(x: Array, centre: Array | None, scale: Array | None) -> RowSpace | None:
    """The space that the samples span, or None where their Gram matrix has too few digits for it.

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
    samples = np.empty((n, rank))
    samples[order] = lower
    space = RowSpace(x, centre, scale, samples, order[:rank], factor)
    return space if _spans(space, order[rank:], DEPENDENT * largest) else None


# What follows is private.


def _spans(space: RowSpace, others: Array, most: float) -> bool:
    """Whether the samples that are left out are combinations of the chosen ones, seen from the features themselves."""
    if not len(others):
        return True
    combined = solve_triangular(space.factor, space.samples[others].T, trans="T", lower=True, check_finite=False)
    squares = np.zeros(len(others))
    for _, block in _centred_features(space.x, space.centre, space.scale):
        away = block[others] - combined.T @ block[space.chosen]
        squares += np.einsum("ij,ij->i", away, away)
    return bool((squares <= most).all())


def _centred_features(
    x: Array, centre: Array | None, scale: Array | None, rows: int = 0
) -> Iterator[tuple[slice, Array]]:
    """Some features of all samples at a time, (x - m) / s in float64; as many as for so many rows, if given.

    The next block is written over the last one: fresh memory takes longer than what is done with it.
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
