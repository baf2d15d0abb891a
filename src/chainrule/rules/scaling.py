"""Scaling: y = s * x, in which both are broadcast.

    dx = v s,   ds = v x,   each summed over the axes along which it was broadcast

A scale of shape (k,) is one factor per feature, the diagonal of a matrix, and ds sums over the rows. Factors of the
members of an ensemble have the shape (members, 1, k) beside x of shape (members, n, k), or (n, k) if all members see
the same rows; then dx sums over the members.
"""

from typing import TypeAlias

import numpy as np

from chainrule.arrays import Array, broadcast_jacobian, sum_to
from chainrule.rules.rule import Rule

Residuals: TypeAlias = tuple[Array, Array]
"""x and the scale."""


def _check(x: Array, scale: Array) -> None:
    try:
        np.broadcast_shapes(tuple(x.shape), tuple(scale.shape))
    except ValueError:
        raise ValueError(f"scale: shape {tuple(scale.shape)} does not fit x of shape {tuple(x.shape)}") from None


def _forward(x: Array, scale: Array) -> tuple[Array, Residuals]:
    return x * scale, (x, scale)


def _by_x(residuals: Residuals, cotangent: Array) -> Array:
    x, scale = residuals
    return sum_to(cotangent * scale, tuple(x.shape))


def _by_scale(residuals: Residuals, cotangent: Array) -> Array:
    x, scale = residuals
    return sum_to(cotangent * x, tuple(scale.shape))


def _pushforward(residuals: Residuals, x_tangent: Array, scale_tangent: Array) -> Array:
    x, scale = residuals
    return x_tangent * scale + x * scale_tangent


def _jacobian(residuals: Residuals) -> tuple[Array, Array]:
    x, scale = residuals
    return broadcast_jacobian(scale, tuple(x.shape)), broadcast_jacobian(x, tuple(scale.shape))


scaling = Rule(
    "scaling",
    _forward,
    {"x": _by_x, "scale": _by_scale},
    _pushforward,
    _jacobian,
    check=_check,
    inputs=("x", "scale"),
    kind="layer",
    formula="y = s * x",
    derivative="by x: s; by s: x; summed where broadcast",
    domain="finite numbers; x and the scale broadcast to each other, as one factor per feature does",
    # As for the sums of `linear`: a sum over 8 rows is off by at most 8 ulp of the sum of their sizes.
    error_bound=8,
)
