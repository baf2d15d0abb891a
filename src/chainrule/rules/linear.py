"""Linear layers: y = x W and y = x W + b, with the weight stored in_features x out_features.

    dx = v W^T,   dW = x^T v,   db = v,   the last two summed over the leading axes

A written derivation that stores W as out x in, y = W x, has the transposed weight gradient v x^T.
"""

from typing import TypeAlias

from chainrule.arrays import Array, diagonal_matrix, matmul, namespace, on_diagonal
from chainrule.rules.rule import Rule

Residuals: TypeAlias = tuple[Array, Array]
"""x and W."""


def as_rows(x: Array) -> Array:
    """The leading axes as one."""
    return x if len(x.shape) == 2 else x.reshape(-1, x.shape[-1])


def _check(x: Array, weight: Array, bias: Array | None = None) -> None:
    if len(weight.shape) != 2:
        raise ValueError(f"weight: expected shape (in_features, out_features), got {tuple(weight.shape)}")
    if len(x.shape) == 0 or x.shape[-1] != weight.shape[0]:
        raise ValueError(
            f"x has shape {tuple(x.shape)}, but its last axis must hold the weight's {weight.shape[0]} in_features"
        )
    if bias is not None and tuple(bias.shape) != (weight.shape[1],):
        raise ValueError(f"bias: expected shape {(weight.shape[1],)}, got {tuple(bias.shape)}")


def _linear(x: Array, weight: Array) -> tuple[Array, Residuals]:
    return matmul(x, weight), (x, weight)


def _affine(x: Array, weight: Array, bias: Array) -> tuple[Array, Residuals]:
    return matmul(x, weight) + bias, (x, weight)


def _by_x(residuals: Residuals, cotangent: Array) -> Array:
    return matmul(cotangent, residuals[1].T)


def _by_weight(residuals: Residuals, cotangent: Array) -> Array:
    return matmul(as_rows(residuals[0]).T, as_rows(cotangent))


def _by_bias(residuals: Residuals, cotangent: Array) -> Array:
    return namespace(cotangent).sum(as_rows(cotangent), axis=0)


def _pushforward(
    residuals: Residuals, x_tangent: Array, weight_tangent: Array, bias_tangent: Array | float = 0
) -> Array:
    x, weight = residuals
    return matmul(x_tangent, weight) + matmul(x, weight_tangent) + bias_tangent


def _jacobian(residuals: Residuals) -> tuple[Array, Array]:
    """By x: W^T for every row; by W: x_i [o = p] for output o and weight entry (i, p)."""
    x, weight = residuals
    xp = namespace(x)
    by_x = xp.broadcast_to(weight.T, (*x.shape[:-1], *weight.T.shape))
    inputs = xp.broadcast_to(x[..., None, :, None], (*x.shape[:-1], weight.shape[1], *weight.shape))
    return by_x, xp.where(on_diagonal(weight)[:, None, :], inputs, 0 * inputs)


def _affine_jacobian(residuals: Residuals) -> tuple[Array, Array, Array]:
    """By the bias: the identity for every row."""
    by_x, by_weight = _jacobian(residuals)
    return by_x, by_weight, diagonal_matrix(namespace(by_x).zeros_like(by_x[..., 0]) + 1)


# A sum of n products is off by at most n / 2 ulp of the sum of their sizes, times 2 just above a power of two. The
# bound is for n = 8 and grows in proportion to n; the libraries' sums by blocks do much better.
_BOUND = 8

linear = Rule(
    "linear",
    _linear,
    {"x": _by_x, "weight": _by_weight},
    _pushforward,
    _jacobian,
    check=_check,
    inputs=("x", "weight"),
    kind="layer",
    formula="y = x W",
    derivative="dx = v W^T, dW = x^T v",
    domain="x (..., in_features), weight (in_features, out_features)",
    error_bound=_BOUND,
)

affine = Rule(
    "affine",
    _affine,
    {"x": _by_x, "weight": _by_weight, "bias": _by_bias},
    _pushforward,
    _affine_jacobian,
    check=_check,
    inputs=("x", "weight", "bias"),
    kind="layer",
    formula="y = x W + b",
    derivative="dx = v W^T, dW = x^T v, db = v",
    domain="x (..., in_features), weight (in_features, out_features), bias (out_features,)",
    error_bound=_BOUND,
)
