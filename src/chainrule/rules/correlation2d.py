"""Correlation of images with kernels, which is what networks call a convolution.

    correlate2d:  y[o, i, j] = sum_{c, a, b} w[o, c, a, b] x[c, i s + a d - p, j s + b d - p],   x = 0 outside the image

With P = unfold(x), whose column (i, j) holds the entries of window (i, j), it is a product of matrices:

    y = w P        by x: fold(w^T v)        by w: v P^T, summed over the leading axes

Images are the last three axes, channels x height x width; weights are out_channels x in_channels / groups x height x
width. With groups, the channels are cut into as many parts, and each part of the outputs reads only its own part. A
stride that does not divide leaves rows at the bottom and columns on the right unread.
"""

import math
from typing import Any, TypeAlias

from chainrule.arrays import Array, matmul, namespace, on_diagonal, sum_to
from chainrule.rules.image_maps import check_channels, check_weight, height_and_width, matrix_per_image
from chainrule.rules.rule import Rule
from chainrule.rules.unfolding import fold, unfold
from chainrule.rules.windows import Windows, windows_on

Residuals: TypeAlias = tuple[Array, Array, Windows, int]
"""x, the weight, the windows and the number of groups."""


def _columns(x: Array, windows: Windows, groups: int) -> Array:
    """P, of shape (..., groups, terms of a sum, windows)."""
    terms = x.shape[-3] // groups * len(windows.entries)
    return unfold(x, windows).reshape(*x.shape[:-3], groups, terms, math.prod(windows.count))


def _matrix(weight: Array, groups: int) -> Array:
    """w, of shape (groups, outputs of a group, terms of a sum)."""
    return weight.reshape(groups, weight.shape[0] // groups, math.prod(weight.shape[1:]))


def _correlated(x: Array, weight: Array, windows: Windows, groups: int) -> Array:
    product = matmul(_matrix(weight, groups), _columns(x, windows, groups))
    return product.reshape(*x.shape[:-3], weight.shape[0], *windows.count)


def forward(x: Array, weight: Array, *, groups: int = 1, **sizes: Any) -> tuple[Array, Residuals]:
    """The correlation of the images with the weight; the sizes are options of `windows_on`."""
    windows = windows_on(height_and_width(x), height_and_width(weight), **sizes)
    check_channels(int(x.shape[-3]), int(weight.shape[0]), int(weight.shape[1]), groups)
    return _correlated(x, weight, windows, groups), (x, weight, windows, groups)


def _in_groups(residuals: Residuals, cotangent: Array) -> Array:
    """v, of shape (..., groups, outputs of a group, windows)."""
    x, weight, windows, groups = residuals
    return cotangent.reshape(*x.shape[:-3], groups, weight.shape[0] // groups, math.prod(windows.count))


def x_pullback(residuals: Residuals, cotangent: Array) -> Array:
    """fold(w^T v)."""
    x, weight, windows, groups = residuals
    columns = matmul(namespace(weight).swapaxes(_matrix(weight, groups), -1, -2), _in_groups(residuals, cotangent))
    return fold(columns.reshape(*x.shape[:-2], len(windows.entries), *windows.count), windows)


def weight_pullback(residuals: Residuals, cotangent: Array) -> Array:
    """v P^T, summed over the leading axes."""
    x, weight, windows, groups = residuals
    products = matmul(_in_groups(residuals, cotangent), namespace(x).swapaxes(_columns(x, windows, groups), -1, -2))
    return sum_to(products, tuple(products.shape[-3:])).reshape(weight.shape)


def pushforward(residuals: Residuals, x_tangent: Array, weight_tangent: Array) -> Array:
    """Linear in each of the two."""
    x, weight, windows, groups = residuals
    return _correlated(x_tangent, weight, windows, groups) + _correlated(x, weight_tangent, windows, groups)


def jacobian_matrix(residuals: Residuals) -> tuple[Array, Array]:
    """By x from unit images; by w: dy[o, n] / dw[m, t] = [o = m] P[t, n]."""
    x, weight, windows, groups = residuals
    xp, leading, filters = namespace(x), x.shape[:-3], weight.shape[0]
    rows = xp.swapaxes(_columns(x, windows, groups), -1, -2)[..., None, :, :]
    each = xp.broadcast_to(rows, (*leading, groups, filters // groups, *rows.shape[-2:]))
    each = each.reshape(*leading, filters, rows.shape[-2], 1, rows.shape[-1])
    by_weight = xp.where(on_diagonal(weight[:, 0, 0, 0])[:, None, :, None], each, xp.zeros_like(each))
    by_x = matrix_per_image(lambda images: _correlated(images, weight, windows, groups), x)
    return by_x, by_weight.reshape(*leading, filters, *windows.count, *weight.shape)


OPTIONS = ("stride", "padding", "dilation", "groups")
SIZES = "images (..., channels, height, width), weight (out_channels, channels / groups, height, width)"
# As for a product of matrices: n / 2 ulp of the sum of the sizes of n terms, times 2 just above a power of two. The
# bound is for n = 32 and grows in proportion to n; sums by blocks do better.
BOUND = 32

correlate2d = Rule(
    "correlate2d",
    forward,
    {"x": x_pullback, "weight": weight_pullback},
    pushforward,
    jacobian_matrix,
    check=check_weight,
    inputs=("x", "weight"),
    options=OPTIONS,
    kind="layer",
    formula="y[o, i, j] = sum_cab w[o, c, a, b] x[c, i s + a d - p, j s + b d - p]",
    derivative="dx: v w added up at the same places, cropped; dw: sum_ij v[o, i, j] x[c, i s + a d - p, j s + b d - p]",
    domain=SIZES,
    error_bound=BOUND,
)
