"""The sigmoid with a slope: y = sigmoid(c x), for x of any shape and a slope c that broadcasts to it.

    by x: dy/dx = c y (1 - y)        by c: dy/dc = x y (1 - y), summed over the entries that share a slope

The exponent c x is rounded by up to half an ulp, so that e^-|c x| is off by 256 ulp at 700. The exponential is
corrected for the product's rounding error (see `rounding`).
"""

from typing import TypeAlias

from chainrule.arrays import Array, diagonal_matrix, namespace, sum_to
from chainrule.rules.rounding import product_error
from chainrule.rules.rule import Rule

Residuals: TypeAlias = tuple[Array, Array, Array]
"""x, the slope c, and the derivative sigmoid'(c x) = y (1 - y)."""


def forward(x: Array, slope: Array) -> tuple[Array, Residuals]:
    """1 / (1 + q) for c x >= 0 and q / (1 + q) below, q = e^-|c x|."""
    xp = namespace(x)
    scaled = slope * x
    negative = scaled < 0
    rounded_away = product_error(slope, x, scaled)
    q = xp.exp(-xp.abs(scaled))
    q = q + q * xp.where(negative, rounded_away, -rounded_away)
    values = xp.where(negative, q, xp.zeros_like(q) + 1) / (1 + q)
    return values, (x, slope, q / xp.square(1 + q))


def _x_pullback(residuals: Residuals, cotangent: Array) -> Array:
    _, slope, derivative = residuals
    return cotangent * derivative * slope


def _slope_pullback(residuals: Residuals, cotangent: Array) -> Array:
    x, slope, derivative = residuals
    return sum_to(cotangent * derivative * x, tuple(slope.shape))


def _pushforward(residuals: Residuals, x_tangent: Array, slope_tangent: Array) -> Array:
    x, slope, derivative = residuals
    return derivative * (slope * x_tangent + x * slope_tangent)


def _jacobian(residuals: Residuals) -> tuple[Array, Array]:
    x, slope, derivative = residuals
    by_slope = derivative * x
    wide = len(slope.shape) > 0 and slope.shape[-1] != 1
    return diagonal_matrix(derivative * slope), diagonal_matrix(by_slope) if wide else by_slope[..., None]


scaled_sigmoid = Rule(
    "scaled_sigmoid",
    forward,
    {"x": _x_pullback, "slope": _slope_pullback},
    _pushforward,
    _jacobian,
    inputs=("x", "slope"),
    formula="y = sigmoid(slope x)",
    derivative="by x: slope y (1 - y); by slope: x y (1 - y)",
    domain="finite numbers; the slope is one number or broadcasts to x",
    error_bound=6,
)
