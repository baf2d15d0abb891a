"""The windows of one kernel on images of one size, as plain numbers."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TypeAlias

Pair: TypeAlias = tuple[int, int]


@dataclass(frozen=True)
class Windows:
    """Windows of one kernel on images of one size; `rules.windows.windows_on` makes them, and checks that they exist.

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
