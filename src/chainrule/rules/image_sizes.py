"""Sizes and paddings of images as users give them: one number for both axes, or one for each.

Pairs are first along the height, then along the width.
"""

from collections.abc import Sequence
from typing import TypeAlias

from chainrule.rules.geometry import padding_for

Pair: TypeAlias = tuple[int, int]
Sizes: TypeAlias = int | Pair
"""One number for both axes, or one for the rows and one for the columns."""
Padding2d: TypeAlias = int | str | Pair | tuple[Pair, Pair]
"""Zeros on every side, a mode, (above and below, left and right), or ((above, below), (left, right))."""


def pair(name: str, value: Sizes) -> Pair:
    """One number for both axes, or a pair, as a pair of whole numbers.

    >>> pair("kernel", 3), pair("kernel", (3, 1))
    ((3, 3), (3, 1))
    """
    given = tuple(value) if isinstance(value, Sequence) else (value, value)
    if len(given) != 2 or not all(isinstance(part, int) for part in given):
        raise ValueError(f"{name}: expected a whole number or a pair of them, got {value!r}")
    return given


def sides_of(padding: Padding2d, kernel: Pair, dilation: Pair) -> tuple[Pair, Pair]:
    """The zeros above and below and those on the left and right, for a kernel that a mode of padding refers to.

    >>> sides_of("same", (3, 1), (1, 1)), sides_of((1, 0), (3, 3), (1, 1))
    (((1, 1), (0, 0)), ((1, 1), (0, 0)))
    """
    if isinstance(padding, str):
        down, across = (padding_for(padding, d * (k - 1) + 1) for k, d in zip(kernel, dilation, strict=True))
        return down, across
    rows_and_columns = (padding, padding) if isinstance(padding, int) else padding
    if not isinstance(rows_and_columns, tuple | list) or len(rows_and_columns) != 2:
        raise ValueError(f"padding: expected a number, a mode, or one for each of two axes, got {padding!r}")
    rows, columns = rows_and_columns
    return pair("padding", rows), pair("padding", columns)
