"""Vectors, rows and matrices of numbers, with the products that shapes select.

A vector is a column of shape (n,); its transpose is a row of shape (1, n). A product of two things that stand side by
side is scalar, inner, outer or matrix product as the shapes say; shapes that fit nothing raise `ShapeMismatch`. Entries
may be None: an ellipsis that could not be filled in.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeAlias

from chainrule.checking.derivations.numbers import ZERO, Value

Shape: TypeAlias = tuple[int, ...]


class ShapeMismatch(ValueError):
    """Shapes that no reading of the formula fits together."""


class Tensor:
    """Entries in rows, one after the other."""

    __slots__ = ("entries", "shape")

    def __init__(self, shape: Shape, entries: list[Value]) -> None:
        self.shape, self.entries = shape, entries

    def __repr__(self) -> str:
        return f"Tensor{self.shape}"

    @property
    def is_row(self) -> bool:
        """Whether this is a row."""
        return len(self.shape) == 2 and self.shape[0] == 1

    def at(self, *index: int) -> Value:
        """One entry, counted from 1."""
        if len(index) == 1 and self.is_row:
            index = (1, index[0])
        if len(index) != len(self.shape):
            raise ShapeMismatch(f"{len(index)} indices on something of shape {shown(self.shape)}")
        position = 0
        for i, extent in zip(index, self.shape, strict=True):
            if not 1 <= i <= extent:
                raise OutOfRange(f"index {i} outside 1..{extent}")
            position = position * extent + i - 1
        return self.entries[position]


class OutOfRange(ShapeMismatch):
    """An index beyond the entries."""


Quantity: TypeAlias = Any
"""A number or a Tensor."""


def shape_of(x: Quantity) -> Shape:
    """() for numbers."""
    return x.shape if isinstance(x, Tensor) else ()


def shown(shape: Shape) -> str:
    """A shape in words.

    >>> shown((3,)), shown((1, 3)), shown((2, 3)), shown(())
    ('a column of 3', 'a row of 3', '2 × 3', 'a number')
    """
    if not shape:
        return "a number"
    if len(shape) == 1:
        return f"a column of {shape[0]}"
    return f"a row of {shape[1]}" if shape[0] == 1 else " × ".join(map(str, shape))


def mapped(function: Callable[[Value], Value], x: Quantity) -> Quantity:
    """A function of numbers on every entry."""
    if isinstance(x, Tensor):
        return Tensor(x.shape, [None if e is None else function(e) for e in x.entries])
    return None if x is None else function(x)


def zipped(operation: Callable[[Value, Value], Value], a: Quantity, b: Quantity, what: str) -> Quantity:
    """An operation on entries in the same place; a number goes with every entry."""
    if a is None or b is None:
        return None
    if not isinstance(a, Tensor) and not isinstance(b, Tensor):
        return operation(a, b)
    if not isinstance(a, Tensor):
        return Tensor(b.shape, [None if y is None else operation(a, y) for y in b.entries])
    if not isinstance(b, Tensor):
        return Tensor(a.shape, [None if x is None else operation(x, b) for x in a.entries])
    # A row may stand beside a column: people write s - t for either.
    if a.shape != b.shape and not (len(a.entries) == len(b.entries) and _line(a) and _line(b)):
        raise ShapeMismatch(f"{what} of {shown(a.shape)} and {shown(b.shape)}")
    entries = [None if x is None or y is None else operation(x, y) for x, y in zip(a.entries, b.entries, strict=True)]
    return Tensor(a.shape, entries)


def _line(x: Tensor) -> bool:
    return len(x.shape) == 1 or x.is_row


def transposed(x: Quantity) -> Quantity:
    """A row for a column, and the other way round."""
    if not isinstance(x, Tensor):
        return x
    if len(x.shape) == 1:
        return Tensor((1, x.shape[0]), x.entries)
    if x.is_row:
        return Tensor((x.shape[1],), x.entries)
    if len(x.shape) != 2:
        raise ShapeMismatch("a transpose of something with more than two axes")
    m, n = x.shape
    return Tensor((n, m), [x.entries[i * n + j] for j in range(n) for i in range(m)])


def _dot(xs: list[Value], ys: list[Value]) -> Value:
    total: Value = ZERO
    for x, y in zip(xs, ys, strict=True):
        if x is None or y is None:
            return None
        total = total + x * y
    return total


def _scaled(a: Value, b: Tensor) -> Tensor:
    return Tensor(b.shape, [None if y is None or a is None else a * y for y in b.entries])


def product(a: Quantity, b: Quantity, joint: str = "") -> Quantity:
    """Two factors side by side, or joined by a dot.

    Raises
    ------
    ShapeMismatch
        If no product fits.
    """
    if a is None or b is None:
        return None
    if not isinstance(a, Tensor):
        if not isinstance(b, Tensor):
            return a * b
        return _scaled(a, b)
    if not isinstance(b, Tensor):
        return _scaled(b, a)
    left, right = a.shape, b.shape
    if len(left) == 1 and len(right) == 1:
        if joint and left == right:
            return _dot(a.entries, b.entries)
        raise ShapeMismatch(f"the product of {shown(left)} and {shown(right)}")
    if len(left) == 1 and b.is_row:
        return Tensor(
            (left[0], right[1]), [None if x is None or y is None else x * y for x in a.entries for y in b.entries]
        )
    if len(left) == 1 and len(right) == 2 and left[0] == right[0]:
        # v J for a plain v: people who write gradients as rows leave the transpose out.
        return _matrix(Tensor((1, left[0]), a.entries), b)
    if len(left) == 2 and len(right) in (1, 2):
        inner = right[0]
        if left[1] == inner:
            return _matrix(a, b)
        if a.is_row and b.is_row and joint and left == right:
            return _dot(a.entries, b.entries)
    raise ShapeMismatch(f"the product of {shown(left)} and {shown(right)}")


def _matrix(a: Tensor, b: Tensor) -> Quantity:
    m, inner = a.shape
    n = b.shape[1] if len(b.shape) == 2 else 1
    columns = [b.entries[j::n] for j in range(n)]
    rows = [a.entries[i * inner : (i + 1) * inner] for i in range(m)]
    entries = [_dot(row, column) for row in rows for column in columns]
    if len(b.shape) == 1:
        return entries[0] if m == 1 else Tensor((m,), entries)
    return Tensor((m, n), entries)


def diagonal(x: Quantity) -> Quantity:
    """diag(x): a matrix with x on its diagonal; of a matrix, its diagonal."""
    if not isinstance(x, Tensor):
        raise ShapeMismatch("diag of a number")
    if len(x.shape) == 1 or x.is_row:
        n = len(x.entries)
        return Tensor((n, n), [x.entries[i] if i == j else ZERO for i in range(n) for j in range(n)])
    m, n = x.shape
    return Tensor((min(m, n),), [x.entries[i * n + i] for i in range(min(m, n))])


def trace(x: Quantity) -> Value:
    """The sum of the diagonal."""
    if not isinstance(x, Tensor):
        return x
    if len(x.shape) != 2 or x.shape[0] != x.shape[1]:
        raise ShapeMismatch(f"the trace of {shown(x.shape)}")
    return sum_of(diagonal(x).entries)


def sum_of(values: list[Value]) -> Value:
    """The sum of numbers; None if one of them is unknown."""
    total: Value = ZERO
    for value in values:
        if value is None:
            return None
        total = total + value
    return total
