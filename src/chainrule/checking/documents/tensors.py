"""Vectors, rows and matrices of numbers, with the products that shapes select.

A vector is a column of shape (n,); its transpose is a row of shape (1, n). A product of two things that stand side by
side is scalar, inner, outer or matrix product as the shapes say; shapes that fit nothing raise `ShapeMismatch`. Entries
may be None: an ellipsis that could not be filled in.
"""

from collections.abc import Callable
from itertools import product as combinations
from operator import mul
from typing import Any, TypeAlias

from chainrule.checking.documents.numbers import ZERO, Value

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

    @property
    def is_line(self) -> bool:
        """Whether this is a row or a column."""
        return len(self.shape) == 1 or self.is_row

    def at(self, *index: int) -> Value:
        """One entry, counted from 1."""
        return self.entries[self.position(*index)]

    def position(self, *index: int) -> int:
        """The position of an entry in `entries`."""
        if len(index) == 1 and self.is_row:
            index = (1, index[0])
        if len(index) != len(self.shape):
            raise ShapeMismatch(f"{len(index)} indices on something of shape {shown(self.shape)}")
        position = 0
        for i, extent in zip(index, self.shape, strict=True):
            if not 1 <= i <= extent:
                raise OutOfRange(f"index {i} outside 1..{extent}")
            position = position * extent + i - 1
        return position


class OutOfRange(ShapeMismatch):
    """An index beyond the entries."""


Quantity: TypeAlias = Any
"""A number or a Tensor."""


def places(shape: Shape) -> list[Shape]:
    """All index positions, counted from 1, the last fastest.

    >>> places((1, 2))
    [(1, 1), (1, 2)]
    """
    return list(combinations(*(range(1, extent + 1) for extent in shape)))


def shown(shape: Shape) -> str:
    """A shape in words.

    >>> shown((3,)), shown((1, 3)), shown((2, 3)), shown(())
    ('a column of 3', 'a row of 3', '2 × 3', 'a number')
    """
    match shape:
        case ():
            return "a number"
        case (height,):
            return f"a column of {height}"
        case (1, width):
            return f"a row of {width}"
    return " × ".join(map(str, shape))


def mapped(function: Callable[[Value], Value], x: Quantity) -> Quantity:
    """A function of numbers on every entry."""
    if isinstance(x, Tensor):
        return Tensor(x.shape, [None if e is None else function(e) for e in x.entries])
    return None if x is None else function(x)


def entries_of(x: Quantity) -> list[Value]:
    """The entries of a tensor; a number is its only entry."""
    return x.entries if isinstance(x, Tensor) else [x]


def paired(a: Quantity, b: Quantity) -> list[tuple[Value, Value]] | None:
    """Entries of a and b in the same place, a number with every entry; None if the shapes do not fit."""
    xs, ys = entries_of(a), entries_of(b)
    if not isinstance(a, Tensor):
        xs = [a] * len(ys)
    elif not isinstance(b, Tensor):
        ys = [b] * len(xs)
    elif a.shape != b.shape and not (a.is_line and b.is_line and len(xs) == len(ys)):
        # A row may stand beside a column: people write s - t for either.
        return None
    return list(zip(xs, ys, strict=True))


def zipped(operation: Callable[[Value, Value], Value], a: Quantity, b: Quantity, what: str) -> Quantity:
    """An operation on entries in the same place; a number goes with every entry."""
    if a is None or b is None:
        return None
    if not isinstance(a, Tensor) and not isinstance(b, Tensor):
        return operation(a, b)
    pairs = paired(a, b)
    if pairs is None:
        raise ShapeMismatch(f"{what} of {shown(a.shape)} and {shown(b.shape)}")
    entries = [None if x is None or y is None else operation(x, y) for x, y in pairs]
    return Tensor(a.shape if isinstance(a, Tensor) else b.shape, entries)


def transposed(x: Quantity) -> Quantity:
    """A row for a column, and the other way round."""
    if not isinstance(x, Tensor):
        return x
    match x.shape:
        case (n,):
            return Tensor((1, n), x.entries)
        case (1, n):
            return Tensor((n,), x.entries)
        case (m, n):
            return Tensor((n, m), [x.entries[i * n + j] for j in range(n) for i in range(m)])
    raise ShapeMismatch("a transpose of something with more than two axes")


def product(a: Quantity, b: Quantity, joint: str = "") -> Quantity:
    """Two factors side by side, or joined by a dot; ⊙ is the product entry by entry.

    Raises
    ------
    ShapeMismatch
        If no product fits.
    """
    if joint == "⊙" or not isinstance(a, Tensor) or not isinstance(b, Tensor):
        return zipped(mul, a, b, "the entrywise product")
    left, right = a.shape, b.shape
    if joint and left == right and a.is_line:
        return inner(a, b)
    if len(left) == 1 and len(right) == 2:
        # v w^T is an outer product. In v J, people who write gradients as rows leave the transpose of v out.
        a = Tensor((left[0], 1) if b.is_row else (1, left[0]), a.entries)
    if len(a.shape) == 2 and len(right) in (1, 2) and a.shape[1] == right[0]:
        return _matrix(a, b)
    raise ShapeMismatch(f"the product of {shown(left)} and {shown(right)}")


def inner(a: Quantity, b: Quantity) -> Value:
    """The sum of products of entries in the same place."""
    return sum_of(entries_of(zipped(mul, a, b, "an inner product")))


def _matrix(a: Tensor, b: Tensor) -> Quantity:
    m, width = a.shape
    n = b.shape[1] if len(b.shape) == 2 else 1
    rows = [Tensor((width,), a.entries[i * width : (i + 1) * width]) for i in range(m)]
    columns = [Tensor((width,), b.entries[j::n]) for j in range(n)]
    entries = [inner(row, column) for row in rows for column in columns]
    if len(b.shape) == 1:
        return entries[0] if m == 1 else Tensor((m,), entries)
    return Tensor((m, n), entries)


def diagonal(x: Quantity) -> Quantity:
    """diag(x): a matrix with x on its diagonal; of a matrix, its diagonal."""
    if not isinstance(x, Tensor):
        raise ShapeMismatch("diag of a number")
    if x.is_line:
        n = len(x.entries)
        return Tensor((n, n), [x.entries[i] if i == j else ZERO for i in range(n) for j in range(n)])
    m, n = x.shape
    return Tensor((min(m, n),), x.entries[: min(m, n) * n : n + 1])


def trace(x: Quantity) -> Value:
    """The sum of the diagonal."""
    if not isinstance(x, Tensor):
        return x
    if len(x.shape) != 2 or x.shape[0] != x.shape[1]:
        raise ShapeMismatch(f"the trace of {shown(x.shape)}")
    return sum_of(diagonal(x).entries)


def sum_of(values: list[Value]) -> Value:
    """The sum of numbers; None if one of them is unknown."""
    return None if any(value is None for value in values) else sum(values, ZERO)
