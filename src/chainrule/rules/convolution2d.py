"""Convolutions of images: correlation (what networks call convolution), true convolution, and the layer with biases.

    correlate2d:  y[o, i, j] = sum_{c, a, b} w[o, c, a, b] x[c, i s + a d - p, j s + b d - p],   x = 0 outside the image
    convolve2d:   the same with the kernel turned by half a turn, w[o, c, k - 1 - a, k - 1 - b]
    conv2d:       correlate2d + b[o]

    by x: v w, added up at the places that were read, cropped       by w: sum_{i, j} v[o, i, j] x[c, i s + a d - p, ...]
    by b: sum_{i, j} v[o, i, j]                                     all but the first summed over the leading axes

Images are channels x height x width, the last three axes; weights are out_channels x in_channels / groups x height x
width. With groups, the channels are cut into as many parts, each seen by its own part of the outputs alone. A stride
that does not divide leaves rows at the bottom and columns on the right unread.

The formulas are written by kernel entries: one product over channels for each (a, b), on whole images. On floats of
NumPy and of PyTorch, tiles of patches and the library's own convolution do the same (see `chainrule.kernels`).
"""

from __future__ import annotations

from functools import partial
from typing import NamedTuple

from chainrule.arrays import Array, diagonal_matrix, matmul, namespace
from chainrule.kernels.native import native
from chainrule.kernels.shapes import Windows
from chainrule.rules.padding2d import check_images, per_image, stored
from chainrule.rules.rule import Rule
from chainrule.rules.windows import (
    Padding2d,
    Sizes,
    cropped,
    matrix_of,
    padded,
    placed,
    taken,
    units_like,
    windows_on,
)
from chainrule.workspace import Workspace


class Residuals(NamedTuple):
    """What the derivatives need."""

    x: Array
    weight: Array
    windows: Windows
    groups: int
    turned: bool
    """Whether the kernel is turned: a true convolution."""


Cotangents = tuple[Array | None, ...]


def _check(x: Array, weight: Array, bias: Array | None = None) -> None:
    check_images(x)
    if len(weight.shape) != 4 or 0 in weight.shape:
        raise ValueError(
            f"weight: expected shape (out_channels, in_channels / groups, height, width), got {tuple(weight.shape)}"
        )
    if bias is not None and tuple(bias.shape) != (weight.shape[0],):
        raise ValueError(f"bias: expected shape {(weight.shape[0],)}, got {tuple(bias.shape)}")


def check_channels(channels: int, out_channels: int, per_group: int, groups: int) -> None:
    """Raise ValueError unless so many groups divide both numbers of channels and the weight has those of one group."""
    if groups < 1 or channels % groups or out_channels % groups:
        raise ValueError(f"groups: expected a divisor of {channels} and {out_channels} channels, got {groups}")
    if per_group * groups != channels:
        raise ValueError(
            f"x has {channels} channels, but the weight takes {per_group * groups} ({groups} groups of {per_group})"
        )


def correlated(x: Array, weight: Array, windows: Windows, groups: int, turned: bool) -> Array:
    """sum over (c, a, b), one product for each (a, b)."""
    around, total = padded(x, windows.padding), None
    for entry in windows.entries:
        term = _mixed(_tap(weight, windows, entry, turned), taken(around, windows, entry), groups)
        total = term if total is None else total + term
    return total


def by_input(weight: Array, cotangent: Array, windows: Windows, groups: int, turned: bool) -> Array:
    """v w for each (a, b), put back where x was read, and cropped."""
    total = None
    for entry in windows.entries:
        back = _mixed_back(_tap(weight, windows, entry, turned), cotangent, groups)
        term = placed(back, windows, entry)
        total = term if total is None else total + term
    return cropped(total, windows.padding)


def by_weight(x: Array, cotangent: Array, windows: Windows, groups: int, turned: bool) -> Array:
    """The sum of v x over all windows, for each (a, b)."""
    xp, around = namespace(cotangent), padded(x, windows.padding)
    products = [_outer(cotangent, taken(around, windows, entry), groups) for entry in windows.entries]
    stacked = xp.stack(products[::-1] if turned else products, axis=-1)
    return stacked.reshape(*stacked.shape[:-1], *windows.kernel)


def _tap(weight: Array, windows: Windows, entry: tuple[int, int], turned: bool) -> Array:
    """The weight at one entry of the windows: out_channels x in_channels / groups."""
    a, b = entry
    height, width = windows.kernel
    return weight[:, :, height - 1 - a, width - 1 - b] if turned else weight[:, :, a, b]


def _in_groups(x: Array, groups: int) -> Array:
    """(..., channels, height, width) as (..., groups, channels / groups, positions)."""
    *leading, channels, height, width = x.shape
    return x.reshape(*leading, groups, channels // groups, height * width)


def _mixed(tap: Array, x: Array, groups: int) -> Array:
    """The channels of every group of `x` summed with the weights of one tap."""
    weights = tap.reshape(groups, tap.shape[0] // groups, tap.shape[1])
    return matmul(weights, _in_groups(x, groups)).reshape(*x.shape[:-3], tap.shape[0], *x.shape[-2:])


def _mixed_back(tap: Array, v: Array, groups: int) -> Array:
    """The transpose of `_mixed`."""
    weights = tap.reshape(groups, tap.shape[0] // groups, tap.shape[1])
    back = matmul(namespace(tap).moveaxis(weights, -1, -2), _in_groups(v, groups))
    return back.reshape(*v.shape[:-3], groups * tap.shape[1], *v.shape[-2:])


def _outer(v: Array, x: Array, groups: int) -> Array:
    """sum over positions and leading axes of v[o] x[c], group by group: out_channels x in_channels / groups."""
    xp = namespace(v)
    products = matmul(_in_groups(v, groups), xp.moveaxis(_in_groups(x, groups), -1, -2))
    leading = tuple(range(len(v.shape) - 3))
    summed = xp.sum(products, axis=leading) if leading else products
    return summed.reshape(v.shape[-3], x.shape[-3] // groups)


def _forward(
    x: Array,
    weight: Array,
    bias: Array | None = None,
    *,
    turned: bool = False,
    stride: Sizes = 1,
    padding: Padding2d = 0,
    dilation: Sizes = 1,
    groups: int = 1,
    out: Array | None = None,
    work: Workspace | None = None,
) -> tuple[Array, Residuals]:
    """The correlation with the kernel, or with the kernel `turned` by half a turn."""
    size, kernel = tuple(map(int, x.shape[-2:])), tuple(map(int, weight.shape[-2:]))
    windows = windows_on(size, kernel, stride, padding, dilation)  # type: ignore[arg-type]
    check_channels(int(x.shape[-3]), int(weight.shape[0]), int(weight.shape[1]), groups)
    residuals = Residuals(x, weight, windows, groups, turned)
    fast = native(x)
    if fast is not None:
        return fast.correlate(x, weight, bias, windows, groups, turned, out=out), residuals
    value = correlated(x, weight, windows, groups, turned)
    if bias is not None:
        value = value + bias[:, None, None]
    return stored(value, out), residuals


def _pullback(
    residuals: Residuals,
    cotangent: Array,
    *,
    bias: bool = False,
    out: Cotangents | None = None,
    work: Workspace | None = None,
) -> Cotangents:
    """By the images, by the weight and, where there is one, by the `bias`."""
    x, weight, windows, groups, turned = residuals
    to_x, to_weight, to_bias = (*out, None)[:3] if out else (None, None, None)
    shape = (*x.shape[:-3], weight.shape[0], *windows.count)
    cotangent = namespace(cotangent).broadcast_to(cotangent, shape)
    wanted = (not out or to_x is not None, not out or to_weight is not None, bias and (not out or to_bias is not None))
    fast = native(cotangent)
    if fast is not None and native(x) is fast:
        results: Cotangents = fast.transposed(
            x, weight, cotangent, windows, groups, turned, wanted=wanted, out=(to_x, to_weight, to_bias)
        )
        return results if bias else results[:2]
    dx = stored(by_input(weight, cotangent, windows, groups, turned), to_x) if wanted[0] else None
    dw = stored(by_weight(x, cotangent, windows, groups, turned), to_weight) if wanted[1] else None
    if not bias:
        return dx, dw
    return dx, dw, stored(_summed(cotangent), to_bias) if wanted[2] else None


def _summed(cotangent: Array) -> Array:
    """The sum over everything but the channels."""
    axes = tuple(axis for axis in range(len(cotangent.shape)) if axis != len(cotangent.shape) - 3)
    return namespace(cotangent).sum(cotangent, axis=axes)


def _pushforward(
    residuals: Residuals, x_tangent: Array | None, weight_tangent: Array | None, bias_tangent: Array | None = None
) -> Array:
    x, weight, windows, groups, turned = residuals
    xp = namespace(x)
    moved = xp.zeros_like(xp.broadcast_to(x[..., :1, :1, :1], (*x.shape[:-3], weight.shape[0], *windows.count)))
    if x_tangent is not None:
        moved = moved + correlated(xp.broadcast_to(x_tangent, x.shape), weight, windows, groups, turned)
    if weight_tangent is not None:
        moved = moved + correlated(x, xp.broadcast_to(weight_tangent, weight.shape), windows, groups, turned)
    if bias_tangent is not None:
        moved = moved + xp.broadcast_to(bias_tangent, weight.shape[:1])[:, None, None]
    return moved


def _jacobian(residuals: Residuals) -> tuple[Array, Array]:
    """Linear in each: columns from units."""
    x, weight, windows, groups, turned = residuals
    by_x = per_image(lambda units: correlated(units, weight, windows, groups, turned), x)
    return by_x, _matrix_by_weight(residuals)


def _matrix_by_weight(residuals: Residuals) -> Array:
    """dy[o, i, j] / dw[m, c, a, b] = [o = m] x[c, i s + a d - p, j s + b d - p], a and b turned with the kernel.

    The entries of x are what unit kernels read, the same for all output channels of a group.
    """
    x, weight, windows, groups, turned = residuals
    xp, leading, channels, count = namespace(x), x.shape[:-3], int(weight.shape[0]), windows.count
    units = units_like(weight[0])
    seen = correlated(x, xp.concatenate([units] * groups), windows, groups, turned)
    seen = seen.reshape(*leading, groups, 1, len(units), *count)
    each = xp.broadcast_to(seen, (*leading, groups, channels // groups, len(units), *count))
    square = diagonal_matrix(xp.moveaxis(each.reshape(*leading, channels, len(units), *count), -4, -1))
    return xp.moveaxis(square, (-5, -2, -1), (-1, -5, -2)).reshape(*leading, channels, *count, *weight.shape)


_OPTIONS = ("stride", "padding", "dilation", "groups")
_SIZES = "images (..., channels, height, width), weight (out_channels, channels / groups, height, width)"

# As for a product of matrices: n / 2 units of the sum of the sizes of n terms, times 2 just above a power of two. The
# bound is for n = 32; the sums by blocks do better, and for more terms it grows in proportion.
_BOUND = 32


def _jacobian_with_bias(residuals: Residuals) -> tuple[Array, Array, Array]:
    x, weight, windows, *_ = residuals
    xp, bias = namespace(weight), weight[:, 0, 0, 0]
    units = matrix_of(lambda unit: unit[:, None, None] + xp.zeros_like(_plane(weight, windows)), bias)
    return (*_jacobian(residuals), xp.broadcast_to(units, (*x.shape[:-3], *units.shape)))


def _plane(like: Array, windows: Windows) -> Array:
    return namespace(like).broadcast_to(like[0, 0, :1, :1], windows.count)


correlate2d = Rule(
    "correlate2d",
    _forward,
    _pullback,
    _pushforward,
    _jacobian,
    check=_check,
    inputs=("x", "weight"),
    options=_OPTIONS,
    formula="y[o, i, j] = sum_cab w[o, c, a, b] x[c, i s + a d - p, j s + b d - p]",
    derivative="dx: v w added up at the same places, cropped; dw: sum_ij v[o, i, j] x[c, i s + a d - p, j s + b d - p]",
    domain=_SIZES,
    error_bound=_BOUND,
)

convolve2d = Rule(
    "convolve2d",
    partial(_forward, turned=True),
    _pullback,
    _pushforward,
    _jacobian,
    check=_check,
    inputs=("x", "weight"),
    options=_OPTIONS,
    formula="y[o, i, j] = sum_cab w[o, c, k - 1 - a, k - 1 - b] x[c, i s + a d - p, j s + b d - p]",
    derivative="as for correlate2d, with the kernel and its cotangent turned by half a turn",
    domain=_SIZES,
    error_bound=_BOUND,
)

conv2d = Rule(
    "conv2d",
    _forward,
    partial(_pullback, bias=True),
    _pushforward,
    _jacobian_with_bias,
    check=_check,
    inputs=("x", "weight", "bias"),
    options=_OPTIONS,
    formula="y[o, i, j] = b[o] + sum_cab w[o, c, a, b] x[c, i s + a d - p, j s + b d - p]",
    derivative="dx, dw: as for correlate2d; db = sum_ij v[o, i, j]",
    domain=f"{_SIZES}, bias (out_channels,)",
    error_bound=_BOUND,
)
