"""Zeros around images, and images as rows.

    zero_pad2d:  y[c, i, j] = x[c, i - above, j - left], 0 where that lies outside       pullback: crop
    flatten:     y[(c h + i) w + j] = x[c, i, j]                                         pullback: the same way back

Both select entries, so the derivatives are exact. The zeros are zeros, not copies of the edge. Padding is what windows
of one pixel read on the padded image (see `unfolding`), and cropping gives it back.
"""

from __future__ import annotations

import math
from typing import NamedTuple

from chainrule.arrays import Array, namespace
from chainrule.rules.image_maps import check_images, height_and_width, images_like, matrix_per_image
from chainrule.rules.rule import Rule
from chainrule.rules.unfolding import fold, unfold
from chainrule.rules.windows import Padding2d, Windows, windows_on


class Residuals(NamedTuple):
    """What the derivatives of `zero_pad2d` need: the images, and the windows of one pixel."""

    x: Array
    windows: Windows


def _padded(x: Array, windows: Windows) -> Array:
    return unfold(x, windows)[..., 0, :, :]


def _pad(x: Array, *, padding: Padding2d = 1) -> tuple[Array, Residuals]:
    windows = windows_on(height_and_width(x), 1, 1, padding)
    return _padded(x, windows), Residuals(x, windows)


def _pad_pullback(residuals: Residuals, cotangent: Array) -> Array:
    x, windows = residuals
    whole = namespace(cotangent).broadcast_to(cotangent, (*x.shape[:-2], *windows.count))
    return fold(whole[..., None, :, :], windows)


def _pad_pushforward(residuals: Residuals, tangent: Array | None) -> Array:
    return _padded(images_like(tangent, residuals.x), residuals.windows)


def _pad_jacobian(residuals: Residuals) -> Array:
    return matrix_per_image(lambda images: _padded(images, residuals.windows), residuals.x)


def _rows(x: Array) -> Array:
    return x.reshape(*x.shape[:-3], math.prod(x.shape[-3:]))


def _flatten(x: Array) -> tuple[Array, Array]:
    return _rows(x), x


def _flatten_pullback(x: Array, cotangent: Array) -> Array:
    shape = tuple(x.shape)
    rows = namespace(cotangent).broadcast_to(cotangent, (*shape[:-3], math.prod(shape[-3:])))
    return rows.reshape(shape)


def _flatten_pushforward(x: Array, tangent: Array | None) -> Array:
    return _rows(images_like(tangent, x))


def _flatten_jacobian(x: Array) -> Array:
    return matrix_per_image(_rows, x)


zero_pad2d = Rule(
    "zero_pad2d",
    _pad,
    _pad_pullback,
    _pad_pushforward,
    _pad_jacobian,
    check=check_images,
    options=("padding",),
    kind="shape",
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
    kind="shape",
    formula="y[(c h + i) w + j] = x[c, i, j]",
    derivative="1 at the entry that is copied, 0 elsewhere",
    domain="images (..., channels, height, width)",
    error_bound=0,
)
