"""The mean of every channel of images.

    global_avg_pool2d:  y[c] = sum_{i, j} x[c, i, j] / (h w)        by x: v / (h w) to all pixels of the channel

Images are the last three axes, channels x height x width.
"""

from __future__ import annotations

import math

from chainrule.arrays import Array, namespace
from chainrule.rules.image_maps import Residuals, height_and_width, image_map


def _forward(x: Array) -> tuple[Array, Residuals]:
    return _means(Residuals(x), x), Residuals(x)


def _means(residuals: Residuals, images: Array) -> Array:
    return namespace(images).sum(images, axis=(-2, -1)) / math.prod(height_and_width(images))


def _spread(residuals: Residuals, cotangent: Array) -> Array:
    x = residuals.x
    return namespace(x).broadcast_to(cotangent[..., None, None] / math.prod(height_and_width(x)), x.shape)


global_avg_pool2d = image_map(
    "global_avg_pool2d",
    _forward,
    _means,
    _spread,
    formula="y[c] = sum_ij x[c, i, j] / (h w)",
    derivative="1 / (h w) at every entry of the channel",
    domain="images (..., channels, height, width)",
    # A sum of n pixels, one by one, times 2 just above a power of two, and a division. This is for n = 20.
    error_bound=20,
)
