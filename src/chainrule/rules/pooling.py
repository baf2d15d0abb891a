"""Pools of images: the largest or the mean entry of every window, and the mean of every channel.

    max_pool2d:         y[c, i, j] = max_{a, b} x[c, i s + a - p, j s + b - p]
    avg_pool2d:         y[c, i, j] = sum_{a, b} x[c, i s + a - p, j s + b - p] / (k_h k_w)
    global_avg_pool2d:  y[c] = sum_{i, j} x[c, i, j] / (h w)

    max: v to the entry that is the largest, 0 elsewhere       means: v / count to all entries of the window or channel

Among equal entries the first one is the largest, row by row. Where windows overlap, their cotangents are added.
Around the image the maximum reads minus infinity, and the mean reads zeros, which count as entries. The default stride
is the size of the kernel: windows then lie side by side, and rows and columns that are left over at the bottom and on
the right are dropped.

Both pools of windows are weighted sums of their entries: y = sum_e A_e P_e, A_e = [e is the largest] or 1 / count.
"""

import math
from typing import Any

from chainrule.arrays import Array, argmax, class_mask, namespace, take_class
from chainrule.rules.image_maps import MapResiduals, height_and_width, image_map
from chainrule.rules.unfolding import fold, unfold
from chainrule.rules.windows import max_pool_windows, pool_windows


def _max(x: Array, **sizes: Any) -> tuple[Array, MapResiduals]:
    xp, windows = namespace(x), max_pool_windows(tuple(x.shape), **sizes)
    entries = xp.swapaxes(unfold(x, windows, outside=-math.inf), -3, -1)  # columns, rows, entries
    first = argmax(entries)
    choice = xp.swapaxes(class_mask(first, len(windows.entries)), -3, -1)
    return xp.swapaxes(take_class(entries, first)[..., 0], -2, -1), MapResiduals(x, windows, choice)


def _mean(x: Array, **sizes: Any) -> tuple[Array, MapResiduals]:
    residuals = MapResiduals(x, pool_windows(tuple(x.shape), **sizes))
    return _means(residuals, x), residuals


def _chosen(residuals: MapResiduals, images: Array) -> Array:
    """sum_e A_e P_e, with A_e = [e is the largest]."""
    return _where_chosen(residuals, unfold(images, residuals.windows)).sum(axis=-3)


def _to_chosen(residuals: MapResiduals, cotangent: Array) -> Array:
    """A_e v, back to where P_e was read."""
    return fold(_where_chosen(residuals, cotangent[..., None, :, :]), residuals.windows)


def _where_chosen(residuals: MapResiduals, entries: Array) -> Array:
    return namespace(entries).where(residuals.choice, entries, namespace(entries).zeros_like(entries))


def _means(residuals: MapResiduals, images: Array) -> Array:
    patches = unfold(images, residuals.windows)
    return patches.sum(axis=-3) / patches.shape[-3]


def _to_means(residuals: MapResiduals, cotangent: Array) -> Array:
    """v / count, back to where every entry was read."""
    shape, count = tuple(cotangent.shape), len(residuals.windows.entries)
    shares = (cotangent / count)[..., None, :, :]
    return fold(namespace(shares).broadcast_to(shares, (*shape[:-2], count, *shape[-2:])), residuals.windows)


def _global_mean(x: Array) -> tuple[Array, MapResiduals]:
    return _of_channels(MapResiduals(x), x), MapResiduals(x)


def _of_channels(residuals: MapResiduals, images: Array) -> Array:
    return namespace(images).sum(images, axis=(-2, -1)) / math.prod(height_and_width(images))


def _to_channels(residuals: MapResiduals, cotangent: Array) -> Array:
    x = residuals.x
    return namespace(x).broadcast_to(cotangent[..., None, None] / math.prod(height_and_width(x)), x.shape)


_OPTIONS = ("kernel", "stride", "padding")
_IMAGES = "images (..., channels, height, width)"

max_pool2d = image_map(
    "max_pool2d",
    _max,
    _chosen,
    _to_chosen,
    options=_OPTIONS,
    formula="y[c, i, j] = max_ab x[c, i s + a - p, j s + b - p]",
    derivative="1 at the largest entry of the window, 0 elsewhere",
    domain=f"{_IMAGES}; the zeros of the padding at most half of the kernel",
    kinks="where the largest entries of a window are equal: the first of them, row by row",
    # Where windows overlap, cotangents that meet in one entry are added, with the errors of a sum.
    error_bound=0,
)

avg_pool2d = image_map(
    "avg_pool2d",
    _mean,
    _means,
    _to_means,
    options=_OPTIONS,
    formula="y[c, i, j] = sum_ab x[c, i s + a - p, j s + b - p] / (k_h k_w)",
    derivative="1 / (k_h k_w) at every entry of the window, 0 elsewhere",
    domain=f"{_IMAGES}; zeros of the padding count",
    # Sums of n terms, and where windows overlap of as many cotangents, one by one, times 2 just above a power of two;
    # and a division. This is for n = 9.
    error_bound=10,
)

global_avg_pool2d = image_map(
    "global_avg_pool2d",
    _global_mean,
    _of_channels,
    _to_channels,
    formula="y[c] = sum_ij x[c, i, j] / (h w)",
    derivative="1 / (h w) at every entry of the channel",
    domain=_IMAGES,
    # A sum of n pixels, one by one, times 2 just above a power of two, and a division. This is for n = 20.
    error_bound=20,
)
