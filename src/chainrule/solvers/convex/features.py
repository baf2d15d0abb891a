"""Features as a solver sees them: centred, scaled and, where it pays, rotated into their covariance's eigenvectors.

    z = ((x - m) / s) Q        x W + b = z W' + b',    W' = Q^T (s W),    b' = b + m W

In those eigenvectors the Hessian at zero weights has one block for every feature, so that solving with it costs no
products with Q. Rotated samples are a second copy of them. Centre and scale alone are folded into the weights, without
a copy: x (W / s) + (b - m W / s), and x^T R becomes (x^T R - m sum(R)) / s.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from chainrule.arrays import Array, is_sparse
from chainrule.solvers.convex.crew import Crew, cut, over_rows
from chainrule.solvers.convex.problem import Problem
from chainrule.solvers.convex.row_space import RowSpace
from chainrule.solvers.convex.rows import RowBlock, Rows

CHUNK = 1 << 16
"""Entries of a gradient that are looked at together."""

ROWS_AT_ONCE = 2048

EVEN = 1e4
"""Largest ratio of curvatures at which float32 samples are rotated in float32. A feature of small variance then takes
up the rounding errors of the large ones, at most sqrt(EVEN) of its own ulps. Beyond, products are in float64."""


def split(theta: Array, intercept: bool) -> tuple[Array, Array]:
    """Views of the weights and of the intercepts: the last row, or no row without an intercept.

    >>> weights, intercepts = split(np.array([[1.0], [2.0], [3.0]]), True)
    >>> weights.ravel(), intercepts.ravel()
    (array([1., 2.]), array([3.]))
    """
    stop = len(theta) - intercept
    return theta[:stop], theta[stop:]


@dataclass(frozen=True, eq=False)
class Features:
    """The map from x to z: for parameters, gradients and samples, and the precision of products with the samples.

    Attributes
    ----------
    intercept : bool
        True if the last row of the parameters holds the intercepts.
    centre : (d,) array or None
        m; only with an intercept.
    scale : (d,) array or None
        s.
    space : RowSpace or None
        The space that (x - m) / s is taken to before it is rotated by Q.
    basis : (d, d) array or None
        Q.
    applied : bool
        True if a solver gets z; False if it gets x, sees (x - m) / s, and Q serves its preconditioner alone.
    dtype : dtype or None
        The precision of logits and losses; None for that of the samples.
    narrow : bool
        True while products with samples are in bfloat16. Such samples are stored less their centre.
    """

    intercept: bool = True
    centre: Array | None = None
    scale: Array | None = None
    space: RowSpace | None = None
    basis: Array | None = None
    applied: bool = False
    dtype: np.dtype[Any] | None = None
    narrow: bool = False

    def split(self, theta: Array) -> tuple[Array, Array]:
        """Views of the weights and of the intercepts, of any array like the parameters."""
        return split(theta, self.intercept)

    def inside(self, theta: Array) -> Array:
        """W' and b' from W and b, a copy in float64."""
        theta = np.array(theta, dtype=np.float64)
        weights, intercepts = self.split(theta)
        if self.centre is not None:
            intercepts += at_centre(self.centre, weights)
        if self.scale is not None:
            weights *= self.scale[:, None]
        if self.applied and self.space is not None:
            weights = self.space.inside(weights)
            theta = np.concatenate([weights, intercepts])
        return self._rotated(theta, back=False)

    def outside(self, theta: Array) -> Array:
        """W and b from W' and b', a copy."""
        theta = self._rotated(theta.copy(), back=True)
        weights, intercepts = self.split(theta)
        if self.applied and self.space is not None:
            theta = np.concatenate([self.space.outside(weights), intercepts])
            weights, intercepts = self.split(theta)
        if self.scale is not None:
            weights /= self.scale[:, None]
        if self.centre is not None:
            intercepts -= at_centre(self.centre, weights)
        return theta

    def largest(self, gradient: Array) -> float:
        """The largest entry of the gradient by W and b, from the one by W' and b'."""
        if self.applied and self.space is not None:
            weights, intercepts = self.split(self._rotated(gradient.copy(), back=True))
            whole = np.concatenate([self.space.outside(weights), intercepts])
            return Features(self.intercept, self.centre, self.scale).largest(whole)
        weights, intercepts = self.split(gradient)
        largest = float(abs(intercepts).max(initial=0.0))
        d, k = weights.shape
        basis, everything = self.basis if self.applied else None, slice(None)
        # With Q some columns at a time, else some rows, which lie together in memory.
        parts = (
            [(rows, everything) for rows in cut(0, d, CHUNK // max(k, 1))]
            if basis is None
            else [(everything, columns) for columns in cut(0, k, CHUNK // max(d, 1))]
        )
        for rows, columns in parts:
            part = weights[rows, columns] if basis is None else basis @ weights[:, columns]
            if self.scale is not None:
                part = part * self.scale[rows, None]
            if self.centre is not None:
                part = part + np.outer(self.centre[rows], intercepts[0, columns])
            largest = max(largest, float(abs(part).max(initial=0.0)))
        return largest

    def folded(self, theta: Array, dtype: Any) -> tuple[Array, Array]:
        """Weights and offsets for the samples as they are stored, in the given precision."""
        weights, intercepts = self.split(theta)
        if self._folded_scale is not None:
            weights = weights / self._folded_scale[:, None]
        offset = intercepts.sum(axis=0)  # zeros without an intercept
        if self._folded_centre is not None:
            offset = offset - at_centre(self._folded_centre, weights)
        return np.ascontiguousarray(weights, dtype=dtype), np.asarray(offset, dtype=dtype)

    def completed(self, gradient: Array, theta: Array, l2: float, team: Crew) -> Array:
        """The gradient from x^T R and the sums of R: less the centre, scaled, plus l2 W. In the same memory."""
        (slopes, sums), (weights, _) = split(gradient, True), self.split(theta)
        centre, scale = self._folded_centre, self._folded_scale

        def work(rows: slice) -> float:
            part = slopes[rows]
            if centre is not None:
                part -= np.outer(centre[rows], sums)
            if scale is not None:
                part /= scale[rows, None]
            if l2:
                part += l2 * weights[rows]
            return 0.0

        if l2 or centre is not None or scale is not None:
            over_rows(team, slopes.shape, work)
        return gradient[: len(theta)]

    def completed_squares(self, squares: Array, l2: float, first: Callable[[], Array]) -> Array:
        """The Hessian's diagonal from (x * x)^T R and the sums of R; `first` gives x^T R, if that is needed."""
        weights, sums = split(squares, True)
        if (centre := self._folded_centre) is not None:
            weights -= 2 * centre[:, None] * split(first(), True)[0] - np.square(centre)[:, None] * sums
        if self._folded_scale is not None:
            weights /= np.square(self._folded_scale)[:, None]
        weights += l2
        return squares if self.intercept else weights

    def dense(self, x: Array, dtype: Any = np.float64, basis: Array | None = None) -> Array:
        """Rows of stored samples as the parameters see them, times a basis if one is given, with ones at the end."""
        x = x.toarray() if is_sparse(x) else x
        result = np.ones((len(x), x.shape[1] + self.intercept), dtype)
        features = result[:, : x.shape[1]]
        centre = None if self.applied else self.centre
        # In float64 before it is rounded: far from 0, float32 numbers have no digits to spare.
        np.subtract(x, 0.0 if centre is None else centre, out=features, casting="same_kind")
        if self._folded_scale is not None:
            features /= self._folded_scale
        if basis is not None:
            features[...] = features @ basis
        return result

    def apply(self, problem: Problem, spread: float) -> tuple[Array, Features]:
        """z in the precision of x, and the features that say so. `spread`: the ratio of the extreme curvatures."""
        if self.space is not None:
            z = self.space.of(problem.x)
            z = (z if self.basis is None else z @ self.basis).astype(problem.x.dtype, copy=False)
        else:
            z = rotated_samples(problem, self, spread)
        return z, replace(self, applied=True)

    # What follows is private.

    @property
    def _folded_centre(self) -> Array | None:
        """What weights and gradients have to make up for."""
        return None if self.applied or self.narrow else self.centre

    @property
    def _folded_scale(self) -> Array | None:
        return None if self.applied else self.scale

    def _rotated(self, theta: Array, *, back: bool) -> Array:
        """Q W, or Q^T W, in place of W where samples are rotated: some columns at a time."""
        if self.applied and self.basis is not None:
            weights, basis = self.split(theta)[0], self.basis if back else self.basis.T
            for columns in cut(0, weights.shape[1], CHUNK // max(len(weights), 1)):
                weights[:, columns] = basis @ weights[:, columns]
        return theta


def at_centre(centre: Array, weights: Array) -> Array:
    """m W in float64, some columns at a time: float32 weights are copied for it."""
    result = np.empty(weights.shape[1])
    for columns in cut(0, weights.shape[1], CHUNK // max(len(weights), 1)):
        result[columns] = centre @ weights[:, columns]
    return result


def in_chunks(problem: Problem, size: int = ROWS_AT_ONCE) -> Rows:
    """The samples for one pass over them, in blocks of that many rows, by this thread and BLAS's threads."""
    return Rows(problem, Crew(1), size)


def centred(block: RowBlock, centre: Array | None, dtype: Any = None) -> Array:
    """A block of dense samples less the centre, in their dtype or another, in memory that the next call overwrites.

    Differences are taken in float64 before they are rounded: far from 0, float32 numbers have no digits to spare.
    """
    dtype = np.dtype(dtype or block.x.dtype)
    if centre is None and dtype == block.x.dtype:
        return block.x
    out = block.work("centred", block.x.shape, block.x, dtype)
    return np.subtract(block.x, 0.0 if centre is None else centre, out=out, casting="same_kind")


def rotated_samples(problem: Problem, features: Features, spread: float) -> Array:
    """((x - m) / s) Q, some rows at a time."""
    x, basis = problem.x, features.basis
    assert basis is not None
    factor = basis if features.scale is None else basis / features.scale[:, None]
    precision = x.dtype if spread < EVEN else np.dtype(np.float64)
    factor, result = factor.astype(precision, copy=False), np.empty_like(x, order="C")

    def rotate(block: RowBlock, features: Features) -> None:
        result[block.rows] = centred(block, features.centre, precision) @ factor

    in_chunks(problem).map_reduce(rotate, features)
    return result
