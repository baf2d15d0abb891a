"""Two forms of the correlation: the true convolution, whose kernel is flipped, and the layer with biases.

    convolve2d:  y[o, i, j] = sum_{c, a, b} w[o, c, k - 1 - a, k - 1 - b] x[c, i s + a d - p, j s + b d - p]
    conv2d:      y[o, i, j] = b[o] + sum_{c, a, b} w[o, c, a, b] x[c, i s + a d - p, j s + b d - p]

    by x and by w: as for correlate2d, for convolve2d with the kernel and its cotangent flipped on both axes
    by b: sum_{i, j} v[o, i, j], summed over the leading axes

Images, weights, groups and sizes are as for `correlate2d`.
"""

from typing import Any

from chainrule.arrays import Array, namespace, on_diagonal, sum_to
from chainrule.rules import correlation2d
from chainrule.rules.correlation2d import Residuals
from chainrule.rules.image_maps import check_weight
from chainrule.rules.rule import Rule


def _flipped(weight: Array) -> Array:
    return namespace(weight).flip(weight, (-2, -1))


def convolve(x: Array, weight: Array, **options: Any) -> tuple[Array, Residuals]:
    """The convolution of the images with the weight. The residuals hold the flipped weight."""
    return correlation2d.forward(x, _flipped(weight), **options)


def by_flipped_weight(residuals: Residuals, cotangent: Array) -> Array:
    """The cotangent of the weight before it is flipped."""
    return _flipped(correlation2d.weight_pullback(residuals, cotangent))


def convolve_pushforward(residuals: Residuals, x_tangent: Array, weight_tangent: Array) -> Array:
    """Linear in each of the two."""
    return correlation2d.pushforward(residuals, x_tangent, _flipped(weight_tangent))


def convolve_jacobian(residuals: Residuals) -> tuple[Array, Array]:
    """The Jacobians of the correlation, with the second one's kernel axes flipped back."""
    by_x, by_weight = correlation2d.jacobian_matrix(residuals)
    return by_x, _flipped(by_weight)


def _forward(x: Array, weight: Array, bias: Array, **options: Any) -> tuple[Array, Residuals]:
    value, residuals = correlation2d.forward(x, weight, **options)
    return value + bias[:, None, None], residuals


def _bias_pullback(residuals: Residuals, cotangent: Array) -> Array:
    return sum_to(cotangent, (cotangent.shape[-3], 1, 1))[:, 0, 0]


def _pushforward(residuals: Residuals, x_tangent: Array, weight_tangent: Array, bias_tangent: Array) -> Array:
    return correlation2d.pushforward(residuals, x_tangent, weight_tangent) + bias_tangent[:, None, None]


def _jacobian(residuals: Residuals) -> tuple[Array, Array, Array]:
    """By b: dy[o, i, j] / db[m] = [o = m]."""
    by_x, by_weight = correlation2d.jacobian_matrix(residuals)
    zeros = namespace(by_weight).zeros_like(by_weight[..., 0, 0, 0])
    return by_x, by_weight, namespace(zeros).where(on_diagonal(zeros)[:, None, None, :], zeros + 1, zeros)


convolve2d = Rule(
    "convolve2d",
    convolve,
    {"x": correlation2d.x_pullback, "weight": by_flipped_weight},
    convolve_pushforward,
    convolve_jacobian,
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
