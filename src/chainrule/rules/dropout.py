"""Dropout: every entry times a mask that is 0 with probability `rate` and 1 / (1 - rate) otherwise.

    y = x * mask,    dx = v * mask

The mask is an input, so that a run is reproducible and its derivative is a formula; `draw_mask` draws one.
"""

import numpy as np

from chainrule.arrays import Array, as_like, diagonal_matrix, is_torch, numpy_dtype, same_shape
from chainrule.rules.rule import Rule
from chainrule.workspace import Workspace


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
