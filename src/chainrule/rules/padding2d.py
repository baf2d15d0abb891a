"""Zeros around images, and images as rows.

    zero_pad2d:  y[c, i, j] = x[c, i - above, j - left], 0 where that lies outside       pullback: crop
    flatten:     y[(c h + i) w + j] = x[c, i, j]                                         pullback: the same way back

Both select entries, so the derivatives are exact. The zeros are zeros, not copies of the edge.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from chainrule.arrays import Array, empty, namespace
from chainrule.kernels.shapes import Pair
from chainrule.rules.rule import Rule
from chainrule.rules.windows import Padding2d, cropped, padded, units_like, windows_on
from chainrule.workspace import Workspace


class Padded(NamedTuple):
    """What the derivatives of `zero_pad2d` need."""

    padding: tuple[Pair, Pair]
    x: Array


class Flattened(NamedTuple):
    """What the derivatives of `flatten` need."""

    x: Array


def check_images(x: Array) -> None:
    """Raise ValueError unless `x` holds images: channels, height and width, each at least 1, as the last axes."""
    if len(x.shape) < 3 or 0 in x.shape[-3:]:
        raise ValueError(f"x: expected images of shape (..., channels, height, width), got {tuple(x.shape)}")


def stored(value: Array, out: Array | None) -> Array:
    """`value`, in the buffer `out` if there is one."""
    if out is None:
        return value
    out[...] = value
    return out


def _pad(
    x: Array, *, padding: Padding2d = 1, out: Array | None = None, work: Workspace | None = None
) -> tuple[Array, Padded]:
    sides = windows_on((int(x.shape[-2]), int(x.shape[-1])), 1, 1, padding).padding
    return stored(padded(x, sides), out), Padded(sides, x)


def _pad_pullback(
    residuals: Padded, cotangent: Array, *, out: Array | None = None, work: Workspace | None = None
) -> Array:
    (above, below), (left, right) = residuals.padding
    *leading, height, width = residuals.x.shape
    whole = namespace(cotangent).broadcast_to(cotangent, (*leading, height + above + below, width + left + right))
    return stored(cropped(whole, residuals.padding), out)


def _pad_pushforward(residuals: Padded, tangent: Array | None) -> Array:
    xp, x = namespace(residuals.x), residuals.x
    return padded(xp.zeros_like(x) if tangent is None else xp.broadcast_to(tangent, x.shape), residuals.padding)


def _pad_jacobian(residuals: Padded) -> Array:
    return per_image(lambda images: padded(images, residuals.padding), residuals.x)


def per_image(push: Callable[[Array], Array], x: Array) -> Array:
    """The matrix of a linear map of images, the same under all leading axes of `x`."""
    xp, image = namespace(x), tuple(x.shape[-3:])
    columns = xp.moveaxis(push(units_like(empty(image, x))), 0, -1)
    rows = tuple(columns.shape[:-1])
    return xp.broadcast_to(columns.reshape(*rows, *image), (*x.shape[:-3], *rows, *image))


def _flatten(x: Array, *, out: Array | None = None, work: Workspace | None = None) -> tuple[Array, Flattened]:
    channels, height, width = x.shape[-3:]
    return stored(x.reshape(*x.shape[:-3], channels * height * width), out), Flattened(x)


def _flatten_pullback(
    residuals: Flattened, cotangent: Array, *, out: Array | None = None, work: Workspace | None = None
) -> Array:
    shape = tuple(residuals.x.shape)
    channels, height, width = shape[-3:]
    rows = namespace(cotangent).broadcast_to(cotangent, (*shape[:-3], channels * height * width))
    return stored(rows.reshape(shape), out)


def _flatten_pushforward(residuals: Flattened, tangent: Array | None) -> Array:
    xp, x = namespace(residuals.x), residuals.x
    return _flatten(xp.zeros_like(x) if tangent is None else xp.broadcast_to(tangent, x.shape))[0]


def _flatten_jacobian(residuals: Flattened) -> Array:
    return per_image(lambda images: images.reshape(images.shape[0], -1), residuals.x)


zero_pad2d = Rule(
    "zero_pad2d",
    _pad,
    _pad_pullback,
    _pad_pushforward,
    _pad_jacobian,
    check=check_images,
    options=("padding",),
    formula="y[c, i, j] = x[c, i - above, j - left], 0 outside",
    derivative="[y's entry is x's]; pullback: crop",
    domain="images (..., channels, height, width), padding of at least 0",
    error_bound=0,
)

flatten = Rule(
    "flatten",
    _flatten,
    _flatten_pullback,
    _flatten_pushforward,
    _flatten_jacobian,
    check=check_images,
    formula="y[(c h + i) w + j] = x[c, i, j]",
    derivative="1 at the entry that is copied, 0 elsewhere",
    domain="images (..., channels, height, width)",
    error_bound=0,
)
