"""The features as a solver sees them: centred, scaled and, where it pays, turned into their covariance's eigenvectors.

    z = ((x - m) / s) Q        x W + b = z W' + b',    W' = Q^T (s W),    b' = b + m W

In those eigenvectors the Hessian at zero weights has a block of its own for every feature, so that solving with it
costs no products with Q. Turned samples are a second copy of them; centre and scale alone are folded into the weights.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from chainrule.arrays import Array
from chainrule.solvers.convex.blocks import cut, dot
from chainrule.solvers.convex.row_space import RowSpace

CHUNK = 1 << 16
"""Entries of a gradient that are looked at together."""

ROWS_AT_ONCE = 2048

ROUNDING = 1e-4
"""More than a norm is off by rounding, relative to it: float32 numbers are added 2^16 at a time."""

EVEN = 1e4
"""Up to this ratio of curvatures float32 samples are turned in float32. Then a feature of small variance takes up the
rounding errors of the large ones, at most sqrt(EVEN) units of its own; beyond, products are in float64, and rounded."""

Floats = np.ndarray[Any, Any]


@dataclass(frozen=True, eq=False)
class Coordinates:
    """From parameters for x to those for z, and back.

    Attributes
    ----------
    centre : (d,) array or None
        m.
    scale : (d,) array or None
        s.
    basis : (d, d) array or None
        Q.
    rows : RowSpace or None
        The space that (x - m) / s is taken to before it is turned by Q.
    """

    centre: Floats | None = None
    scale: Floats | None = None
    basis: Floats | None = None
    rows: RowSpace | None = None

    def inside(self, theta: Array, intercept: bool) -> Array:
        """W' and b' from W and b, the intercepts in the last row."""
        theta = np.array(theta, dtype=np.float64)
        weights = theta[:-1] if intercept else theta
        if self.centre is not None:
            theta[-1] += at_centre(self.centre, weights)
        if self.scale is not None:
            weights *= self.scale[:, None]
        if self.rows is not None:
            theta = np.concatenate([self.rows.inside(weights), theta[len(weights) :]])
            weights = theta[:-1] if intercept else theta
        if self.basis is not None:
            _rotate(self.basis.T, weights)
        return theta

    def outside(self, theta: Array, intercept: bool) -> Array:
        """W and b from W' and b', a copy."""
        theta = theta.copy()
        weights = theta[:-1] if intercept else theta
        if self.basis is not None:
            _rotate(self.basis, weights)
        if self.rows is not None:
            theta = np.concatenate([self.rows.outside(weights), theta[len(weights) :]])
            weights = theta[:-1] if intercept else theta
        if self.scale is not None:
            weights /= self.scale[:, None]
        if self.centre is not None:
            theta[-1] -= at_centre(self.centre, weights)
        return theta

    def largest(self, gradient: Array, intercept: bool) -> float:
        """The largest entry of the gradient by W and b, from the one by W' and b'."""
        weights = gradient[:-1] if intercept else gradient
        largest = float(abs(gradient[-1]).max(initial=0.0)) if intercept else 0.0
        if self.rows is not None:
            turned = weights if self.basis is None else self.basis @ weights
            offsets = gradient[len(weights) :]
            full = np.concatenate([self.rows.outside(turned), offsets])
            return Coordinates(self.centre, self.scale).largest(full, intercept)
        d, k = weights.shape
        everything = slice(None)
        # With Q some columns at a time, else some rows, which lie together in memory.
        parts = (
            [(rows, everything) for rows in cut(0, d, CHUNK // max(k, 1))]
            if self.basis is None
            else [(everything, columns) for columns in cut(0, k, CHUNK // max(d, 1))]
        )
        for rows, columns in parts:
            part = weights[rows, columns] if self.basis is None else self.basis @ weights[:, columns]
            if self.scale is not None:
                part = part * self.scale[rows, None]
            if self.centre is not None:
                part = part + np.outer(self.centre[rows], gradient[-1, columns])
            largest = max(largest, float(abs(part).max(initial=0.0)))
        return largest

    def at_least(self, gradient: Array, intercept: bool) -> float:
        """A number that `largest` is not below, found without a product with Q.

        An array's largest entry is at least its Frobenius norm over the root of their number, and Q keeps that norm:
        |s Q g + m b^T| >= min s |g| - |m| |b|, with b the gradient by the intercepts.
        """
        if self.basis is None and self.rows is None:
            return self.largest(gradient, intercept)
        weights = gradient[:-1] if intercept else gradient
        smallest = 1.0 if self.scale is None else float(self.scale.min())
        bound = (1 - ROUNDING) * smallest * math.sqrt(dot(weights, weights))
        if self.centre is not None:
            bound -= (1 + ROUNDING) * math.sqrt(dot(self.centre, self.centre) * dot(gradient[-1], gradient[-1]))
        offsets = float(abs(gradient[-1]).max()) if intercept else 0.0
        d = len(weights) if self.rows is None else self.rows.x.shape[1]
        return max(offsets, bound / math.sqrt(d * weights.shape[1]))


def at_centre(centre: Floats, weights: Array) -> Floats:
    """m W in float64, some columns at a time: float32 weights are copied for it."""
    result = np.empty(weights.shape[1])
    for columns in cut(0, weights.shape[1], CHUNK // max(len(weights), 1)):
        result[columns] = centre @ weights[:, columns]
    return result


def _rotate(basis: Floats, weights: Array) -> None:
    """Q W in place of W, some columns at a time."""
    for columns in cut(0, weights.shape[1], CHUNK // max(len(weights), 1)):
        weights[:, columns] = basis @ weights[:, columns]


def centred(x: Array, centre: Floats | None, dtype: Any = None) -> Iterator[tuple[slice, Array]]:
    """Blocks of rows less the centre, in the dtype of x or another; the next block is written over the last one.

    The differences are taken in float64 before they are rounded: far from 0, float32 numbers have no digits to spare.
    """
    memory = np.empty((min(ROWS_AT_ONCE, len(x)), x.shape[1]), dtype or x.dtype)
    for rows in cut(0, len(x), ROWS_AT_ONCE):
        if centre is None and memory.dtype == x.dtype:
            yield rows, x[rows]
        else:
            block = memory[: rows.stop - rows.start]
            yield rows, np.subtract(x[rows], 0.0 if centre is None else centre, out=block, casting="same_kind")


def turned_samples(x: Array, centre: Floats | None, scale: Floats | None, basis: Floats, spread: float) -> Array:
    """z in the precision of x, some rows at a time; `spread` is the ratio of the largest to the smallest curvature."""
    factor = basis if scale is None else basis / scale[:, None]
    precision = x.dtype if spread < EVEN else np.dtype(np.float64)
    factor = factor.astype(precision, copy=False)
    result = np.empty_like(x, order="C")
    for rows, block in centred(x, centre, precision):
        result[rows] = block @ factor
    return result
