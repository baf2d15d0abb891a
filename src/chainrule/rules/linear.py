"""Linear layers: y = x W and y = x W + b, with the weight stored in_features x out_features.

    dx = v W^T,   dW = x^T v,   db = v,   the last two summed over the leading axes

A written derivation that stores W as out x in, y = W x, has the transposed weight gradient v x^T.
"""

from __future__ import annotations

from typing import NamedTuple

from chainrule.arrays import Array, matmul, namespace, on_diagonal
from chainrule.rules.rule import Rule
from chainrule.workspace import Workspace


class Residuals(NamedTuple):
    """What the pullback of a linear layer needs: its inputs."""

    x: Array
    weight: Array


Cotangents = tuple[Array | None, ...]


def _check(x: Array, weight: Array, bias: Array | None = None) -> None:
    if len(weight.shape) != 2:
        raise ValueError(f"weight: expected shape (in_features, out_features), got {tuple(weight.shape)}")
    if len(x.shape) == 0 or x.shape[-1] != weight.shape[0]:
        raise ValueError(
            f"x has shape {tuple(x.shape)}, but its last axis must hold the weight's {weight.shape[0]} in_features"
        )
    if bias is not None and tuple(bias.shape) != (weight.shape[1],):
        raise ValueError(f"bias: expected shape {(weight.shape[1],)}, got {tuple(bias.shape)}")


def _forward(
    x: Array, weight: Array, *, out: Array | None = None, work: Workspace | None = None
) -> tuple[Array, Residuals]:
    return matmul(x, weight, out=out), Residuals(x, weight)


def _pullback(
    residuals: Residuals, cotangent: Array, *, out: Cotangents | None = None, work: Workspace | None = None
) -> Cotangents:
    xp, (x, weight) = namespace(cotangent), residuals
    to_x, to_weight = out or (None, None)
    x_cotangent = None if out and to_x is None else xp.matmul(cotangent, weight.T, out=to_x)
    if out and to_weight is None:
        return x_cotangent, None
    rows = cotangent.reshape(_row_count(cotangent), weight.shape[1])
    inputs = x if len(x.shape) == 2 else x.reshape(_row_count(x), weight.shape[0])
    return x_cotangent, matmul(inputs.T, rows, out=to_weight)


def _row_count(x: Array) -> int:
    count = 1
    for size in x.shape[:-1]:
        count *= int(size)
    return count


def _pushforward(residuals: Residuals, x_tangent: Array | None, weight_tangent: Array | None) -> Array:
    x, weight = residuals
    xp = namespace(x)
    moved = 0 * xp.matmul(x, weight) if x_tangent is None else xp.matmul(x_tangent, weight)
    return moved if weight_tangent is None else moved + xp.matmul(x, weight_tangent)


def _jacobian(residuals: Residuals) -> tuple[Array, Array]:
    """By x: W^T for every row; by W: x_i [o = p] for output o and weight entry (i, p)."""
    x, weight = residuals
    xp = namespace(x)
    by_x = xp.broadcast_to(weight.T, (*x.shape[:-1], *weight.T.shape))
    inputs = xp.broadcast_to(x[..., None, :, None], (*x.shape[:-1], weight.shape[1], *weight.shape))
    return by_x, xp.where(on_diagonal(weight)[:, None, :], inputs, 0 * inputs)


# A sum of n products is off by at most n / 2 units in the last place of the sum of their sizes, times 2 just above a
# power of two. This holds for n = 8, for more terms in proportion; the libraries' sums by blocks do much better.
_BOUND = 8

linear = Rule(
    "linear",
    _forward,
    _pullback,
    _pushforward,
    _jacobian,
    check=_check,
    inputs=("x", "weight"),
    formula="y = x W",
    derivative="dx = v W^T, dW = x^T v",
    domain="x (..., in_features), weight (in_features, out_features)",
    error_bound=_BOUND,
)


def _affine_forward(
    x: Array, weight: Array, bias: Array, *, out: Array | None = None, work: Workspace | None = None
) -> tuple[Array, Residuals]:
    product = matmul(x, weight, out=out)
    return namespace(bias).add(product, bias, out=out), Residuals(x, weight)


def _affine_pullback(
    residuals: Residuals, cotangent: Array, *, out: Cotangents | None = None, work: Workspace | None = None
) -> Cotangents:
    by_linear = _pullback(residuals, cotangent, out=None if out is None else out[:2], work=work)
    to_bias = None if out is None else out[2]
    if out and to_bias is None:
        return (*by_linear, None)
    rows = cotangent.reshape(_row_count(cotangent), residuals.weight.shape[1])
    return (*by_linear, namespace(cotangent).sum(rows, axis=0, out=to_bias))


def _affine_pushforward(
    residuals: Residuals, x_tangent: Array | None, weight_tangent: Array | None, bias_tangent: Array | None
) -> Array:
    moved = _pushforward(residuals, x_tangent, weight_tangent)
    return moved if bias_tangent is None else moved + bias_tangent


def _affine_jacobian(residuals: Residuals) -> tuple[Array, Array, Array]:
    x, weight = residuals
    outputs = weight.shape[1]
    unit = 0 * weight[0] + 1
    identity = namespace(x).where(on_diagonal(unit), unit, 0 * unit)
    return (*_jacobian(residuals), namespace(x).broadcast_to(identity, (*x.shape[:-1], outputs, outputs)))


affine = Rule(
    "affine",
    _affine_forward,
    _affine_pullback,
    _affine_pushforward,
    _affine_jacobian,
    check=_check,
    inputs=("x", "weight", "bias"),
    formula="y = x W + b",
    derivative="dx = v W^T, dW = x^T v, db = v",
    domain="x (..., in_features), weight (in_features, out_features), bias (out_features,)",
    error_bound=_BOUND,
)
