"""Dropout: every entry times a mask that is 0 with probability `rate` and 1 / (1 - rate) otherwise.

    y = x * mask,    dx = v * mask

The mask is an input, so that a run is reproducible and its derivative is a formula.
"""

from chainrule.arrays import Array, diagonal_matrix, same_shape
from chainrule.rules.rule import Rule


def _check(x: Array, mask: Array) -> None:
    same_shape("mask", mask.shape, x.shape)


def _forward(x: Array, mask: Array) -> tuple[Array, tuple[Array]]:
    return x * mask, (mask,)


def _by_x(residuals: tuple[Array], cotangent: Array) -> Array:
    return cotangent * residuals[0]


def _pushforward(residuals: tuple[Array], x_tangent: Array, mask_tangent: None) -> Array:
    return x_tangent * residuals[0]


def _jacobian(residuals: tuple[Array]) -> tuple[Array, None]:
    return diagonal_matrix(residuals[0]), None


dropout = Rule(
    "dropout",
    _forward,
    {"x": _by_x},
    _pushforward,
    _jacobian,
    check=_check,
    inputs=("x", "mask"),
    kind="noise",
    formula="y = x * mask",
    derivative="mask",
    domain="a mask of x's shape",
    error_bound=1,
)
