"""Linear layers: y = x W and y = x W + b, with the weight stored in_features x out_features.

    dx = v W^T,   dW = x^T v,   db = v,   the last two summed over the leading axes

A weight of shape (members, in_features, out_features) holds a layer for each member of an ensemble, beside x of shape
(members, ..., in_features) and a bias (members, out_features): y[m] = x[m] W[m] + b[m]. There may be several such axes.

A written derivation that stores W as out x in, y = W x, has the transposed weight gradient v x^T.
"""

from typing import TypeAlias

from chainrule.arrays import Array, diagonal_matrix, matmul, namespace, on_diagonal
from chainrule.rules.rule import Rule

Residuals: TypeAlias = tuple[Array, Array]
"""x and W."""


def as_rows(x: Array, members: tuple[int, ...] = ()) -> Array:
    """The leading axes as one, after those of the members."""
    return x if len(x.shape) == len(members) + 2 else x.reshape(*members, -1, x.shape[-1])


def _members(weight: Array) -> tuple[int, ...]:
    return tuple(weight.shape[:-2])


def _check(x: Array, weight: Array, bias: Array | None = None) -> None:
    if len(weight.shape) < 2:
        raise ValueError(f"weight: expected shape (in_features, out_features), got {tuple(weight.shape)}")
    members, (in_features, out_features) = _members(weight), weight.shape[-2:]
    if len(x.shape) == 0 or x.shape[-1] != in_features:
        raise ValueError(
            f"x has shape {tuple(x.shape)}, but its last axis must hold the weight's {in_features} in_features"
        )
    if tuple(x.shape[:-1][: len(members)]) != members:
        raise ValueError(f"x has shape {tuple(x.shape)}, but its first axes must be the weight's members, {members}")
    if bias is not None and tuple(bias.shape) != (*members, out_features):
        raise ValueError(f"bias: expected shape {(*members, out_features)}, got {tuple(bias.shape)}")


def _product(x: Array, weight: Array) -> Array:
    members = _members(weight)
    if not members:
        return matmul(x, weight)
    return matmul(as_rows(x, members), weight).reshape(*x.shape[:-1], weight.shape[-1])


def _beside(x: Array, parameter: Array, axes: int) -> Array:
    """A parameter whose last axes belong to an entry of x, with axes of 1 for the rows of each member."""
    members, entry = tuple(parameter.shape[:-axes]), tuple(parameter.shape[-axes:])
    return parameter.reshape(*members, *(1 for _ in x.shape[len(members) : -1]), *entry)


def _linear(x: Array, weight: Array) -> tuple[Array, Residuals]:
    return _product(x, weight), (x, weight)


def _affine(x: Array, weight: Array, bias: Array) -> tuple[Array, Residuals]:
    return _product(x, weight) + _beside(x, bias, 1), (x, weight)


def _by_x(residuals: Residuals, cotangent: Array) -> Array:
    return _product(cotangent, residuals[1].swapaxes(-1, -2))


def _by_weight(residuals: Residuals, cotangent: Array) -> Array:
    x, weight = residuals
    members = _members(weight)
    return matmul(as_rows(x, members).swapaxes(-1, -2), as_rows(cotangent, members))


def _by_bias(residuals: Residuals, cotangent: Array) -> Array:
    return namespace(cotangent).sum(as_rows(cotangent, _members(residuals[1])), axis=-2)


def _linear_pushforward(residuals: Residuals, x_tangent: Array, weight_tangent: Array) -> Array:
    x, weight = residuals
    return _product(x_tangent, weight) + _product(x, weight_tangent)


def _affine_pushforward(residuals: Residuals, x_tangent: Array, weight_tangent: Array, bias_tangent: Array) -> Array:
    return _linear_pushforward(residuals, x_tangent, weight_tangent) + _beside(residuals[0], bias_tangent, 1)


def _jacobian(residuals: Residuals) -> tuple[Array, Array]:
    """By x: W^T for every row; by W: x_i [o = p] for output o and weight entry (i, p)."""
    x, weight = residuals
    xp, shape = namespace(x), tuple(weight.shape[-2:])
    by_x = xp.broadcast_to(_beside(x, weight.swapaxes(-1, -2), 2), (*x.shape[:-1], *shape[::-1]))
    inputs = xp.broadcast_to(x[..., None, :, None], (*x.shape[:-1], shape[1], *shape))
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
    _linear_pushforward,
    _jacobian,
    check=_check,
    inputs=("x", "weight"),
    kind="layer",
    formula="y = x W",
    derivative="dx = v W^T, dW = x^T v",
    domain="x (..., in_features), weight (in_features, out_features); or both with first axes of members",
    error_bound=_BOUND,
)

affine = Rule(
    "affine",
    _affine,
    {"x": _by_x, "weight": _by_weight, "bias": _by_bias},
    _affine_pushforward,
    _affine_jacobian,
    check=_check,
    inputs=("x", "weight", "bias"),
    kind="layer",
    formula="y = x W + b",
    derivative="dx = v W^T, dW = x^T v, db = v",
    domain="x (..., in_features), weight (in_features, out_features), bias (out_features,); or all with first axes of "
    "members",
    error_bound=_BOUND,
)
