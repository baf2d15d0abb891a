"""The mean of every channel of images.

    global_avg_pool2d:  y[c] = sum_{i, j} x[c, i, j] / (h w)        by x: v / (h w) to all pixels of the channel

Images are the last three axes, channels x height x width.
"""

from __future__ import annotations

from chainrule.arrays import Array, namespace
from chainrule.rules.image_maps import check_images, height_and_width, images_like, matrix_per_image
from chainrule.rules.rule import Rule


def _pixels(x: Array) -> int:
    height, width = height_and_width(x)
    return height * width


def _means(x: Array) -> Array:
    return namespace(x).sum(x, axis=(-2, -1)) / _pixels(x)


def _forward(x: Array) -> tuple[Array, Array]:
    return _means(x), x


def _pullback(x: Array, cotangent: Array) -> Array:
    xp = namespace(cotangent)
    return xp.zeros_like(x) + xp.broadcast_to(cotangent, x.shape[:-2])[..., None, None] / _pixels(x)


def _pushforward(x: Array, tangent: Array | None) -> Array:
    return _means(images_like(tangent, x))


def _jacobian(x: Array) -> Array:
    return matrix_per_image(_means, x)


global_avg_pool2d = Rule(
    "global_avg_pool2d",
    _forward,
    _pullback,
    _pushforward,
    _jacobian,
    check=check_images,
    kind="shape",
    formula="y[c] = sum_ij x[c, i, j] / (h w)",
    derivative="1 / (h w) at every entry of the channel",
    domain="images (..., channels, height, width)",
    # A sum of n pixels, one by one, times 2 just above a power of two, and a division. This is for n = 20.
    error_bound=20,
)
