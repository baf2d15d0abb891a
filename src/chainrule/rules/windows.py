"""The windows that a convolution or a pool takes on images: where they lie, what they hold, and what becomes of that.

    window (i, j) holds x[i s + a d - p, j s + b d - p] at its entry (a, b);  outside the image x is 0

Images are the last two axes. `taken` reads entry (a, b) of all windows, one strided slice; `placed` is its transpose,
which puts numbers back where they were read, zeros elsewhere.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import Any, TypeAlias

from chainrule.arrays import Array, diagonal_matrix, empty, namespace
from chainrule.kernels.shapes import Pair, Windows
from chainrule.rules.geometry import conv_output_size, dropped_border, padding_for

Sizes: TypeAlias = "int | Pair"
"""One number for both axes, or one for the rows and one for the columns."""
Padding2d: TypeAlias = "int | str | Pair | tuple[Pair, Pair]"
"""Zeros on every side, a mode, (above and below, left and right), or ((above, below), (left, right))."""

AXES = ("height", "width")


def windows_on(size: Pair, kernel: Sizes, stride: Sizes = 1, padding: Padding2d = 0, dilation: Sizes = 1) -> Windows:
    """The windows of a kernel on images of a size.

    Parameters
    ----------
    size : pair of int
        Height and width.
    kernel, stride, dilation : int or pair of int
        At least 1.
    padding : int, pair, pair of pairs, or "same", "valid", "full"
        The modes give the zeros with which stride 1 keeps the size, takes only windows inside, or all that touch the
        image.

    Raises
    ------
    ValueError
        For sizes below 1, or a kernel larger than the padded image; the message names the axis.

    Examples
    --------
    >>> windows_on((128, 128), 8, stride=2, padding=3).count
    (64, 64)
    >>> windows_on((5, 6), (3, 1), padding="same").padding
    ((1, 1), (0, 0))
    """
    return _windows_on(_pair("size", size), *_whole(kernel, stride, dilation), _sides(padding, kernel, dilation))


@lru_cache(maxsize=512)
def _windows_on(size: Pair, kernel: Pair, stride: Pair, dilation: Pair, padding: tuple[Pair, Pair]) -> Windows:
    count = _on_each_axis(conv_output_size, size, kernel, stride, padding, dilation)
    return Windows(size, kernel, stride, padding, dilation, count)


def dropped(windows: Windows) -> Pair:
    """How many rows at the bottom and columns on the right, zeros included, no window reaches."""
    return _on_each_axis(
        dropped_border, windows.size, windows.kernel, windows.stride, windows.padding, windows.dilation
    )


def _whole(kernel: Sizes, stride: Sizes, dilation: Sizes) -> tuple[Pair, Pair, Pair]:
    return _pair("kernel", kernel), _pair("stride", stride), _pair("dilation", dilation)


def _pair(name: str, value: Sizes) -> Pair:
    given = tuple(value) if isinstance(value, Sequence) else (value, value)
    if len(given) != 2 or not all(isinstance(part, int) for part in given):
        raise ValueError(f"{name}: expected a whole number or a pair of them, got {value!r}")
    return given


def _sides(padding: Padding2d, kernel: Sizes, dilation: Sizes) -> tuple[Pair, Pair]:
    if isinstance(padding, str):
        spans = [d * (k - 1) + 1 for k, d in zip(_pair("kernel", kernel), _pair("dilation", dilation), strict=True)]
        return padding_for(padding, spans[0]), padding_for(padding, spans[1])
    if isinstance(padding, int):
        return (padding, padding), (padding, padding)
    if not isinstance(padding, tuple | list) or len(padding) != 2:
        raise ValueError(f"padding: expected a number, a mode, or one for each of two axes, got {padding!r}")
    rows, columns = padding[0], padding[1]
    return _pair("padding", rows), _pair("padding", columns)


def _on_each_axis(function: Callable[..., int], *sizes: tuple[Any, Any]) -> Pair:
    found = []
    for axis, name in enumerate(AXES):
        try:
            found.append(function(*(size[axis] for size in sizes)))
        except ValueError as error:
            raise ValueError(f"{name}: {error}") from None
    return found[0], found[1]


def padded(x: Array, padding: tuple[Pair, Pair], value: float = 0.0) -> Array:
    """`x` with zeros, or another number, around its last two axes.

    >>> import numpy as np
    >>> padded(np.ones((1, 1)), ((0, 1), (2, 0)))
    array([[0., 0., 1.],
           [0., 0., 0.]])
    """
    (above, below), (left, right) = padding
    return _between(_between(x, left, right, -1, value), above, below, -2, value)


def cropped(x: Array, padding: tuple[Pair, Pair]) -> Array:
    """`x` without the outer rows and columns that `padded` would put around it."""
    (above, below), (left, right) = padding
    return x[..., above : x.shape[-2] - below, left : x.shape[-1] - right]


def taken(x: Array, windows: Windows, entry: Pair) -> Array:
    """Entry (a, b) of every window on padded images: a strided view of `x`."""
    rows, columns = (
        slice(d * a, d * a + (n - 1) * s + 1, s)
        for a, d, n, s in zip(entry, windows.dilation, windows.count, windows.stride, strict=True)
    )
    return x[..., rows, columns]


def placed(x: Array, windows: Windows, entry: Pair) -> Array:
    """Padded images that hold `x` where `taken` reads it, and zeros elsewhere."""
    for axis in (-1, -2):
        s, d, a, n = windows.stride[axis], windows.dilation[axis], entry[axis], windows.count[axis]
        spread = _spread(x, s, axis)
        x = _between(spread, d * a, windows.padded[axis] - d * a - (n - 1) * s - 1, axis, 0.0)
    return x


def matrix_of(push: Callable[[Array], Array], like: Array) -> Array:
    """The matrix of a linear map, from what it makes of every unit array of the shape of `like`.

    The map may have leading axes: its values are of shape Y, the matrix of shape Y + like.shape.
    """
    matrix = namespace(like).stack([push(unit) for unit in units_like(like)], axis=-1)
    return matrix.reshape(*matrix.shape[:-1], *like.shape)


def units_like(like: Array) -> Array:
    """All unit arrays of the shape of `like`, along a new first axis."""
    ones = empty((math.prod(like.shape),), like)
    ones[...] = 1
    return diagonal_matrix(ones).reshape(-1, *like.shape)


def _between(x: Array, before: int, after: int, axis: int, value: float) -> Array:
    """`x` with so many entries of that value before and after it along an axis, -1 or -2."""
    if not before and not after:
        return x
    xp = namespace(x)
    parts = [x]
    for count, at in ((before, 0), (after, 1)):
        if count:
            shape = (*x.shape[:-2], count, x.shape[-1]) if axis == -2 else (*x.shape[:-1], count)
            constant = xp.zeros_like(xp.broadcast_to(x[..., :1, :1], shape))
            parts.insert(at * len(parts), constant + value if value else constant)
    return xp.concatenate(parts, axis=axis)


def _spread(x: Array, stride: int, axis: int) -> Array:
    """`x` with stride - 1 zeros between neighbours along an axis, -1 or -2."""
    if stride == 1:
        return x
    xp = namespace(x)
    column = xp.moveaxis(x, axis, -1)[..., None]
    count = int(column.shape[-2])
    zeros = xp.zeros_like(xp.broadcast_to(column, (*column.shape[:-1], stride - 1)))
    spread = xp.concatenate([column, zeros], axis=-1).reshape(*column.shape[:-2], count * stride)
    return xp.moveaxis(spread[..., : (count - 1) * stride + 1], -1, axis)
