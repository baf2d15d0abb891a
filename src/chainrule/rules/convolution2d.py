"""Two forms of the correlation: the true convolution, whose kernel is flipped, and the layer with biases.

    convolve2d:  y[o, i, j] = sum_{c, a, b} w[o, c, k - 1 - a, k - 1 - b] x[c, i s + a d - p, j s + b d - p]
    conv2d:      y[o, i, j] = b[o] + sum_{c, a, b} w[o, c, a, b] x[c, i s + a d - p, j s + b d - p]

    by x and by w: as for correlate2d, for convolve2d with the kernel and its cotangent flipped on both axes
    by b: sum_{i, j} v[o, i, j], summed over the leading axes

Images, weights, groups and sizes are those of `correlate2d`.
"""

from __future__ import annotations

from typing import Any

from chainrule.arrays import Array, namespace, on_diagonal
from chainrule.rules import correlation2d
from chainrule.rules.correlation2d import Residuals
from chainrule.rules.image_maps import check_weight
from chainrule.rules.rule import Rule


def _flipped(weight: Array) -> Array:
    return namespace(weight).flip(weight, (-2, -1))


def _flipped_forward(x: Array, weight: Array, **options: Any) -> tuple[Array, Residuals]:
    """The residuals are those of the correlation, with the flipped kernel."""
    return correlation2d.forward(x, _flipped(weight), **options)


def _flipped_pullback(residuals: Residuals, cotangent: Array) -> Array:
    return _flipped(correlation2d.weight_pullback(residuals, cotangent))


def _flipped_pushforward(residuals: Residuals, x_tangent: Array | None, weight_tangent: Array | None) -> Array:
    flipped = None
    if weight_tangent is not None:
        flipped = _flipped(namespace(weight_tangent).broadcast_to(weight_tangent, residuals.weight.shape))
    return correlation2d.pushforward(residuals, x_tangent, flipped)


def _flipped_jacobian(residuals: Residuals) -> tuple[Array, Array]:
    by_x, by_weight = correlation2d.jacobian_matrix(residuals)
    return by_x, _flipped(by_weight)


def _forward(x: Array, weight: Array, bias: Array, **options: Any) -> tuple[Array, Residuals]:
    value, residuals = correlation2d.forward(x, weight, **options)
    return value + bias[:, None, None], residuals


def _bias_pullback(residuals: Residuals, cotangent: Array) -> Array:
    whole = namespace(cotangent).broadcast_to(cotangent, _output_shape(residuals))
    axes = tuple(axis for axis in range(len(whole.shape)) if axis != len(whole.shape) - 3)
    return namespace(whole).sum(whole, axis=axes)


def _pushforward(
    residuals: Residuals, x_tangent: Array | None, weight_tangent: Array | None, bias_tangent: Array | None
) -> Array:
    moved = correlation2d.pushforward(residuals, x_tangent, weight_tangent)
    if bias_tangent is None:
        return moved
    bias_tangent = namespace(bias_tangent).broadcast_to(bias_tangent, residuals.weight.shape[:1])
    return moved + bias_tangent[:, None, None]


def _jacobian(residuals: Residuals) -> tuple[Array, Array, Array]:
    """By b: dy[o, i, j] / db[m] = [o = m]."""
    xp, one = namespace(residuals.weight), 0 * residuals.weight[:, 0, 0, 0] + 1
    square = xp.where(on_diagonal(one), one, 0 * one)[:, None, None, :]
    by_bias = xp.broadcast_to(square, (*_output_shape(residuals), len(one)))
    return (*correlation2d.jacobian_matrix(residuals), by_bias)


def _output_shape(residuals: Residuals) -> tuple[int, ...]:
    x, weight, windows, _ = residuals
    return (*x.shape[:-3], weight.shape[0], *windows.count)


convolve2d = Rule(
    "convolve2d",
    _flipped_forward,
    {"x": correlation2d.x_pullback, "weight": _flipped_pullback},
    _flipped_pushforward,
    _flipped_jacobian,
    check=check_weight,
    inputs=("x", "weight"),
    options=correlation2d.OPTIONS,
    kind="layer",
    formula="y[o, i, j] = sum_cab w[o, c, k - 1 - a, k - 1 - b] x[c, i s + a d - p, j s + b d - p]",
    derivative="as for correlate2d, with the kernel and its cotangent flipped on both axes",
    domain=correlation2d.SIZES,
    error_bound=correlation2d.BOUND,
)

conv2d = Rule(
    "conv2d",
    _forward,
    {"x": correlation2d.x_pullback, "weight": correlation2d.weight_pullback, "bias": _bias_pullback},
    _pushforward,
    _jacobian,
    check=check_weight,
    inputs=("x", "weight", "bias"),
    options=correlation2d.OPTIONS,
    kind="layer",
    formula="y[o, i, j] = b[o] + sum_cab w[o, c, a, b] x[c, i s + a d - p, j s + b d - p]",
    derivative="dx, dw: as for correlate2d; db = sum_ij v[o, i, j]",
    domain=f"{correlation2d.SIZES}, bias (out_channels,)",
    error_bound=correlation2d.BOUND,
)
