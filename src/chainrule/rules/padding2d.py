"""Zeros around images, and images as rows.

    zero_pad2d:  y[c, i, j] = x[c, i - above, j - left], 0 where that lies outside       pullback: crop
    flatten:     y[(c h + i) w + j] = x[c, i, j]                                         pullback: the same way back

Both select entries, so the derivatives are exact. The padding consists of zeros, not of copies of the edge. It is
computed by reading the padded image in windows of one pixel (see `unfolding`); cropping is the transpose of this.
"""

import math

from chainrule.arrays import Array
from chainrule.rules.image_maps import MapResiduals, height_and_width, image_map
from chainrule.rules.image_sizes import Padding2d
from chainrule.rules.unfolding import fold, unfold
from chainrule.rules.windows import windows_on


def _padded(x: Array, *, padding: Padding2d = 1) -> tuple[Array, MapResiduals]:
    residuals = MapResiduals(x, windows_on(height_and_width(x), 1, 1, padding))
    return _pad(residuals, x), residuals


def _pad(residuals: MapResiduals, images: Array) -> Array:
    return unfold(images, residuals.windows)[..., 0, :, :]


def _crop(residuals: MapResiduals, cotangent: Array) -> Array:
    return fold(cotangent[..., None, :, :], residuals.windows)


def _flattened(x: Array) -> tuple[Array, MapResiduals]:
    return _to_rows(MapResiduals(x), x), MapResiduals(x)


def _to_rows(residuals: MapResiduals, images: Array) -> Array:
    return images.reshape(*images.shape[:-3], math.prod(images.shape[-3:]))


def _to_images(residuals: MapResiduals, cotangent: Array) -> Array:
    return cotangent.reshape(residuals.x.shape)


zero_pad2d = image_map(
    "zero_pad2d",
    _padded,
    _pad,
    _crop,
    options=("padding",),
    formula="y[c, i, j] = x[c, i - above, j - left], 0 outside",
    derivative="[y's entry is x's]; pullback: crop",
    domain="images (..., channels, height, width), padding of at least 0",
    error_bound=0,
)

flatten = image_map(
    "flatten",
    _flattened,
    _to_rows,
    _to_images,
    formula="y[(c h + i) w + j] = x[c, i, j]",
    derivative="1 at the entry that is copied, 0 elsewhere",
    domain="images (..., channels, height, width)",
    error_bound=0,
)
