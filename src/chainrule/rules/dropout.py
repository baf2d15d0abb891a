"""Dropout: every entry times a mask that is 0 with probability `rate` and 1 / (1 - rate) otherwise.

    y = x * mask,    dx = v * mask

The mask is an input, so that a run is reproducible and its derivative is a formula; `draw_mask` draws one.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from chainrule.arrays import Array, as_like, diagonal_matrix, is_torch, namespace, numpy_dtype, same_shape
from chainrule.rules.rule import Rule
from chainrule.workspace import Workspace


class Residuals(NamedTuple):
    """What the derivatives of dropout need."""

    mask: Array


def _check(x: Array, mask: Array) -> None:
    same_shape("mask", mask.shape, x.shape)


def _forward(
    x: Array, mask: Array, *, out: Array | None = None, work: Workspace | None = None
) -> tuple[Array, Residuals]:
    return namespace(x).multiply(x, mask, out=out), Residuals(mask)


Cotangents = tuple[Array | None, None]


def _pullback(
    residuals: Residuals, cotangent: Array, *, out: Cotangents | None = None, work: Workspace | None = None
) -> Cotangents:
    to_x = None if out is None else out[0]
    if out and to_x is None:
        return None, None
    return namespace(cotangent).multiply(cotangent, residuals.mask, out=to_x), None


def _pushforward(residuals: Residuals, x_tangent: Array | None, mask_tangent: Array | None) -> Array:
    if mask_tangent is not None:
        raise ValueError("dropout: the mask has no tangent; give None")
    return 0 * residuals.mask if x_tangent is None else residuals.mask * x_tangent


def _jacobian(residuals: Residuals) -> tuple[Array, None]:
    return diagonal_matrix(residuals.mask), None


def draw_mask(stream: np.random.Generator, out: Array, work: Workspace, *, rate: float) -> Array:
    """Fill `out` with a mask from the stream: 0 with probability `rate`, else 1 / (1 - rate)."""
    shape = tuple(out.shape)
    dtype = np.float64 if numpy_dtype(out) == np.float64 else np.float32
    uniform = work("uniform", shape, np.empty(0, dtype))
    stream.random(dtype=dtype, out=uniform)
    # floor(u + 1 - rate) is 1 exactly when u >= rate.
    np.floor(np.add(uniform, 1 - rate, out=uniform), out=uniform)
    np.multiply(uniform, 1 / (1 - rate), out=uniform)
    out[...] = as_like(uniform, out) if is_torch(out) else uniform
    return out


dropout = Rule(
    "dropout",
    _forward,
    _pullback,
    _pushforward,
    _jacobian,
    check=_check,
    inputs=("x", "mask"),
    constants=("mask",),
    formula="y = x * mask",
    derivative="mask",
    domain="a mask of x's shape",
    error_bound=1,
)
