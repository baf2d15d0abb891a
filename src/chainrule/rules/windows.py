"""The windows that a convolution or a pool takes on images, as plain numbers: where they lie, and how many there are.

    entry (a, b) of window (i, j) lies at row i s + a d - p and column j s + b d - p of the image, or outside of it

s is the stride, d the dilation and p the padding above and on the left.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Any, TypeAlias

from chainrule.rules.geometry import conv_output_size, dropped_border, padding_for

Pair: TypeAlias = tuple[int, int]
Sizes: TypeAlias = "int | Pair"
"""One number for both axes, or one for the rows and one for the columns."""
Padding2d: TypeAlias = "int | str | Pair | tuple[Pair, Pair]"
"""Zeros on every side, a mode, (above and below, left and right), or ((above, below), (left, right))."""

AXES = ("height", "width")


@dataclass(frozen=True)
class Windows:
    """Windows of one kernel on images of one size; `windows_on` makes them and checks that they exist.

    Parameters
    ----------
    size : pair of int
        Height and width of the images.
    kernel, stride, dilation : pair of int
    padding : pair of pairs of int
        Zeros above and below, left and right.
    count : pair of int
        How many windows there are, below each other and side by side: the size of the output.
    """

    size: Pair
    kernel: Pair
    stride: Pair
    padding: tuple[Pair, Pair]
    dilation: Pair
    count: Pair

    @cached_property
    def padded(self) -> Pair:
        """The size of an image with its zeros."""
        (above, below), (left, right) = self.padding
        return self.size[0] + above + below, self.size[1] + left + right

    @cached_property
    def entries(self) -> tuple[Pair, ...]:
        """The entries (a, b) of a window, row by row."""
        return tuple((a, b) for a in range(self.kernel[0]) for b in range(self.kernel[1]))

    @property
    def is_padded(self) -> bool:
        """Whether there are any zeros around the image."""
        return self.padding != ((0, 0), (0, 0))

    @cached_property
    def are_blocks(self) -> bool:
        """Whether the windows lie side by side, without gaps, overlaps or zeros."""
        return self.stride == self.kernel and self.dilation == (1, 1) and not self.is_padded


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
    kernel, dilation = _pair("kernel", kernel), _pair("dilation", dilation)
    sides = _sides(padding, kernel, dilation)
    return _windows_on(_pair("size", size), kernel, _pair("stride", stride), sides, dilation)


@lru_cache(maxsize=512)
def _windows_on(size: Pair, kernel: Pair, stride: Pair, padding: tuple[Pair, Pair], dilation: Pair) -> Windows:
    count = _on_each_axis(conv_output_size, size, kernel, stride, padding, dilation)
    return Windows(size, kernel, stride, padding, dilation, count)


def pool_windows(
    shape: tuple[int, ...], kernel: Sizes = 2, stride: Sizes | None = None, padding: Padding2d = 0
) -> Windows:
    """The windows of a pool on images of that shape; side by side if no stride is given."""
    return windows_on((int(shape[-2]), int(shape[-1])), kernel, kernel if stride is None else stride, padding)


def max_pool_windows(shape: tuple[int, ...], **sizes: Any) -> Windows:
    """The windows of a pool of maxima: each needs an entry that is not padding."""
    windows = pool_windows(shape, **sizes)
    if any(2 * zeros > k for sides, k in zip(windows.padding, windows.kernel, strict=True) for zeros in sides):
        raise ValueError(f"max_pool2d: the padding {windows.padding} is more than half of the kernel {windows.kernel}")
    return windows


def dropped(windows: Windows) -> Pair:
    """How many rows at the bottom and columns on the right, zeros included, no window reaches."""
    return _on_each_axis(
        dropped_border, windows.size, windows.kernel, windows.stride, windows.padding, windows.dilation
    )


def _pair(name: str, value: Sizes) -> Pair:
    given = tuple(value) if isinstance(value, Sequence) else (value, value)
    if len(given) != 2 or not all(isinstance(part, int) for part in given):
        raise ValueError(f"{name}: expected a whole number or a pair of them, got {value!r}")
    return given


def _sides(padding: Padding2d, kernel: Pair, dilation: Pair) -> tuple[Pair, Pair]:
    if isinstance(padding, str):
        down, across = (padding_for(padding, d * (k - 1) + 1) for k, d in zip(kernel, dilation, strict=True))
        return down, across
    rows_and_columns = (padding, padding) if isinstance(padding, int) else padding
    if not isinstance(rows_and_columns, tuple | list) or len(rows_and_columns) != 2:
        raise ValueError(f"padding: expected a number, a mode, or one for each of two axes, got {padding!r}")
    rows, columns = rows_and_columns
    return _pair("padding", rows), _pair("padding", columns)


def _on_each_axis(function: Callable[..., int], *sizes: tuple[Any, Any]) -> Pair:
    found = []
    for axis, name in enumerate(AXES):
        try:
            found.append(function(*(size[axis] for size in sizes)))
        except ValueError as error:
            raise ValueError(f"{name}: {error}") from None
    return found[0], found[1]
