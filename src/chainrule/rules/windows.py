"""The windows that a convolution or a pool takes on images, as plain numbers: where they lie, and how many there are.

    entry (a, b) of window (i, j) lies at row i s + a d - p and column j s + b d - p of the image, or outside of it

s is the stride, d the dilation and p the padding above and on the left.
"""

from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Any

from chainrule.rules.geometry import conv_output_size, dropped_border
from chainrule.rules.image_sizes import Padding2d, Pair, Sizes, pair, sides_of


@dataclass(frozen=True)
class Windows:
    """Windows of one kernel on images of one size; `windows_on` makes them and checks that they exist.

    All pairs are first along the height, then along the width.
    """

    size: Pair
    kernel: Pair
    stride: Pair
    padding: tuple[Pair, Pair]
    """Zeros above and below, left and right."""
    dilation: Pair
    count: Pair
    """The numbers of windows along the axes: the size of the output."""
    dropped: Pair
    """The numbers of rows at the bottom and of columns on the right, zeros included, that no window reaches."""

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
        """True if there are zeros around the image."""
        return self.padding != ((0, 0), (0, 0))

    @cached_property
    def are_blocks(self) -> bool:
        """True if the windows lie side by side, without gaps, overlaps or zeros."""
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
    kernel, dilation = pair("kernel", kernel), pair("dilation", dilation)
    sides = sides_of(padding, kernel, dilation)
    return _windows_on(pair("size", size), kernel, pair("stride", stride), sides, dilation)


@lru_cache(maxsize=512)
def _windows_on(size: Pair, kernel: Pair, stride: Pair, padding: tuple[Pair, Pair], dilation: Pair) -> Windows:
    counts, unread = [], []
    for axis, *sizes in zip(("height", "width"), size, kernel, stride, padding, dilation, strict=True):
        try:
            counts.append(conv_output_size(*sizes))
        except ValueError as error:
            raise ValueError(f"{axis}: {error}") from None
        unread.append(dropped_border(*sizes))
    return Windows(size, kernel, stride, padding, dilation, (counts[0], counts[1]), (unread[0], unread[1]))


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
