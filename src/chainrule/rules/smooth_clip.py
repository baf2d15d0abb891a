"""Smooth clipping: y = x / sqrt(1 + (x / c)^2), which is x near 0 and stays between -c and c.

    dy/dx = (1 + (x / c)^2)^(-3/2) = (y / x)^3

The root is a hypotenuse, so that no square overflows, and the cube is taken of its inverse.
"""

from typing import TypeAlias

from chainrule.arrays import Array, diagonal_matrix, namespace
from chainrule.rules.rule import Rule

Residuals: TypeAlias = tuple[Array]
"""1 / sqrt(1 + (x / c)^2)."""


def _forward(x: Array, *, limit: float = 3.0) -> tuple[Array, Residuals]:
    if not limit > 0:
        raise ValueError(f"limit: expected a positive number, got {limit}")
    xp = namespace(x)
    root = xp.hypot(x / limit, xp.zeros_like(x) + 1)
    return x / root, (1 / root,)


def _slope(residuals: Residuals) -> Array:
    (inverse,) = residuals
    return inverse * inverse * inverse


def _multiply(residuals: Residuals, vector: Array) -> Array:
    return _slope(residuals) * vector


def _jacobian(residuals: Residuals) -> Array:
    return diagonal_matrix(_slope(residuals))


smooth_clip = Rule(
    "smooth_clip",
    _forward,
    _multiply,
    _multiply,
    _jacobian,
    options=("limit",),
    formula="y = x / sqrt(1 + (x / limit)^2)",
    derivative="(1 + (x / limit)^2)^(-3/2)",
    domain="finite numbers; a positive limit, 3 unless given",
    elementwise=True,
    error_bound=8,
)
