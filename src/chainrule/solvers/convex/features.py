"""The features as a solver sees them: centred, scaled and, if this saves time, rotated into their principal axes.

    z = ((x - m) / s) Q        x W + b = z W' + b',    W' = Q^T (s W),    b' = b + m W

The columns of Q are the eigenvectors of the covariance. In these coordinates the Hessian at zero weights has one block
per feature, so that the preconditioner needs no products with Q. Rotated samples are a second copy of the samples.
Centre and scale alone need no copy: x (W / s) + (b - m W / s) are the logits, and (x^T R - m sum(R)) / s is the
gradient.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum
from functools import cached_property
from tempfile import TemporaryFile
from typing import Any

import numpy as np

from chainrule.arrays import Array, is_sparse
from chainrule.engines import ClusterRows
from chainrule.solvers.convex.problem import Problem
from chainrule.solvers.convex.row_blocks import CACHED, RowBlock
from chainrule.solvers.convex.rows import Rows
from chainrule.solvers.convex.slices import cut, over_rows

EVEN = 1e4
"""Largest ratio of curvatures for which float32 samples are rotated in float32. The feature of smallest variance then
takes on rounding errors of the largest, at most sqrt(EVEN) of its own ulps. Above this ratio, products are in
float64."""


class Precision(Enum):
    """The precision of products with the samples, and of F and its gradient."""

    BFLOAT16 = "products in bfloat16"
    SAMPLES = "the samples' precision"
    FLOAT64 = "float64, for samples in float32"


@dataclass(frozen=True, eq=False)
class Features:
    """The affine map from x to z, for samples, parameters and gradients, and the precision that they are computed in.

    Attributes
    ----------
    intercept : bool
        True if the last row of the parameters holds the intercepts.
    centre : (d,) array or None
        m, only with an intercept.
    scale : (d,) array or None
        s.
    basis : (d, r) array or LinearOperator, or None
        Q; r < d if samples vary along fewer axes, and an operator if Q is never computed (see `row_space`).
    applied : bool
        True if the solver is given z. Otherwise it is given x and sees (x - m) / s, and only its preconditioner uses Q.
    precision : Precision
        The centre is subtracted from samples before they are stored in bfloat16.
    """

    intercept: bool = True
    centre: Array | None = None
    scale: Array | None = None
    basis: Any = None
    applied: bool = False
    precision: Precision = Precision.SAMPLES

    @property
    def rotation(self) -> Array | None:
        """Q, if the preconditioner has to rotate because the samples are not rotated."""
        return None if self.applied else self.basis

    @cached_property
    def basis_in_float32(self) -> Any:
        """Q in float32, made once for all fits."""
        return self.basis.astype(np.float32)

    def split(self, theta: Array) -> tuple[Array, Array]:
        """Views of the weights and of the intercepts in parameters or a gradient.

        >>> weights, intercepts = Features().split(np.array([[1.0], [2.0], [3.0]]))
        >>> weights.ravel(), intercepts.ravel()
        (array([1., 2.]), array([3.]))
        """
        stop = len(theta) - self.intercept
        return theta[:stop], theta[stop:]

    def inside(self, theta: Array) -> Array:
        """W' and b' from W and b, as a copy in float64."""
        weights, intercepts = self.split(np.asarray(theta, dtype=np.float64))
        if self.centre is not None:
            intercepts = intercepts + self.centre @ weights
        if self.scale is not None:
            weights = weights * self.scale[:, None]
        if self.applied and self.basis is not None:
            weights = self.basis.T @ weights
        return np.concatenate([weights, intercepts])

    def outside(self, theta: Array) -> Array:
        """W and b from W' and b', as a copy."""
        weights, intercepts = self.split(theta)
        weights = self._rotated_back(weights)
        if self.scale is not None:
            weights = weights / self.scale[:, None]
        if self.centre is not None:
            intercepts = intercepts - self.centre @ weights
        return np.concatenate([weights, intercepts]).astype(theta.dtype, copy=False)

    def largest(self, gradient: Array) -> float:
        """The largest entry of the gradient with respect to W and b, from that with respect to W' and b'."""
        weights, intercepts = self.split(gradient)
        weights = self._rotated_back(weights)
        if self.scale is not None:
            weights = weights * self.scale[:, None]
        if self.centre is not None:
            weights = weights + np.outer(self.centre, intercepts)
        return float(max(abs(weights).max(initial=0.0), abs(intercepts).max(initial=0.0)))

    def folded(self, theta: Array, dtype: Any) -> tuple[Array, Array]:
        """Weights and offsets that give the logits of the samples as they are stored."""
        weights, intercepts = self.split(theta)
        if self.folded_scale is not None:
            weights = weights / self.folded_scale[:, None]
        offset = intercepts.sum(axis=0)  # zeros without an intercept
        if self.folded_centre is not None:
            offset = offset - self.folded_centre @ weights
        return np.ascontiguousarray(weights, dtype=dtype), np.asarray(offset, dtype=dtype)

    def completed(self, gradient: Array, theta: Array, l2: float, threads: int = 1) -> Array:
        """The gradient from x^T R and column sums of R, in place: subtract the centre's part, scale, add l2 W."""
        slopes, sums, (weights, _) = gradient[:-1], gradient[-1:], self.split(theta)
        centre, scale = self.folded_centre, self.folded_scale

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
            over_rows(threads, slopes.shape, work)
        return gradient[: len(theta)]

    def seen(self, x: Array, out: Array, columns: slice = slice(None)) -> Array:
        """Dense stored samples as the parameters see them, or some columns of them, into `out`.

        Differences are taken in float64 before rounding: far from 0, float32 numbers have no digits to spare.
        """
        if self.applied or self.centre is None:
            np.copyto(out, x[:, columns])
        else:
            np.subtract(x[:, columns], self.centre[columns], out=out, casting="same_kind")
        if self.folded_scale is not None:
            out /= self.folded_scale[columns]
        return out

    def of_block(self, block: RowBlock, dtype: Any = None) -> Array:
        """`seen` for a block, in the dtype of x or another, in a buffer that the next call overwrites."""
        dtype = np.dtype(dtype or block.x.dtype)
        if self.centre is None and self.scale is None and dtype == block.x.dtype:
            return block.x
        return self.seen(block.x, block.work("seen", block.x.shape, block.x, dtype))

    def summed(self, block: RowBlock, of_part: Callable[[Array, Array], Array]) -> Array:
        """The sum of of_part(|w|, rows as seen, in float64) over parts of a dense block that stay in the cache."""
        total: Any = 0.0
        for rows in cut(0, len(block.x), CACHED // block.x.shape[1]):
            x = block.x[rows]
            seen = self.seen(x, block.work("seen", x.shape, x, np.float64))
            total = total + of_part(abs(block.shares[rows, 0]), seen)
        return np.asarray(total)

    def dense(self, x: Array, dtype: Any = np.float64, basis: Array | None = None) -> Array:
        """Rows of stored samples as the parameters see them, times a basis if one is given, with ones at the end."""
        x = x.toarray() if is_sparse(x) else x
        result = np.ones((len(x), x.shape[1] + self.intercept), dtype)
        features = self.seen(x, result[:, : x.shape[1]])
        if basis is not None:
            features[...] = features @ basis
        return result

    def coordinates(self, problem: Problem, spread: float) -> Any:
        """z of a problem's samples in their dtype. `spread` is the ratio of the extreme curvatures."""
        dtype, basis = problem.dtype, self.basis
        basis = basis if isinstance(basis, np.ndarray) else basis @ np.eye(basis.shape[1])
        precision = dtype if spread < EVEN else np.dtype(np.float64)
        state = self, basis.astype(precision, copy=False), dtype
        if isinstance(problem.x, ClusterRows):
            return problem.x.mapped(rotated, state, basis.shape[1])
        z = (_on_disk if problem.stored else np.empty)((problem.n_samples, basis.shape[1]), dtype)

        def rotate(block: RowBlock, _: None) -> None:
            z[block.rows] = rotated(block.x, state)

        Rows(problem.unjournaled()).map_reduce(rotate, None)
        return z

    # What follows is private.

    @property
    def folded_centre(self) -> Array | None:
        """The centre, if stored samples still contain it."""
        return None if self.applied or self.precision is Precision.BFLOAT16 else self.centre

    @property
    def folded_scale(self) -> Array | None:
        """The scale, if stored samples are not divided by it."""
        return None if self.applied else self.scale

    def _rotated_back(self, weights: Array) -> Array:
        """Convert weights (or slopes) of z to those of (x - m) / s."""
        if self.applied and self.basis is not None:
            weights = self.basis @ weights
        return weights


def squares(block: RowBlock, features: Features) -> Array:
    """sum_i |w_i| ((x_i - m) / s)^2, with differences in float64: far from 0, squares have no digits to spare."""
    if is_sparse(block.x):
        weights = abs(block.shares[:, 0])
        values = np.asarray(block.x.multiply(block.x).T @ weights, dtype=np.float64).reshape(-1)
        return values if features.scale is None else values / np.square(features.scale)
    return features.summed(block, lambda weights, z: np.einsum("i,ij,ij->j", weights, z, z))


def rotated(x: Array, state: tuple[Features, Array, np.dtype[Any]]) -> Array:
    """z of some stored samples. `state` holds the features, Q in the dtype of the product, and the dtype of z."""
    features, factor, dtype = state
    seen = features.seen(x, np.empty(x.shape, factor.dtype))
    return np.asarray((seen @ factor).astype(dtype, copy=False))


def _on_disk(shape: tuple[int, int], dtype: np.dtype[Any]) -> Array:
    """An array in a temporary file, which disappears with the array."""
    with TemporaryFile(prefix="chainrule-") as file:
        return np.memmap(file, dtype, "w+", shape=shape)
