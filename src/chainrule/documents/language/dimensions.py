"""Sizes and shapes that may not be known yet."""

from __future__ import annotations

from dataclasses import dataclass

from chainrule.documents.language import terms
from chainrule.documents.language.sizes import Size
from chainrule.documents.language.terms import Term

ONE = Size.of(1)
OPEN = "?"
"""Begins the names of sizes that nobody states."""


class ShapeError(ValueError):
    """Two shapes that do not go together; `term` is where."""

    def __init__(self, message: str, term: Term | None = None) -> None:
        super().__init__(message)
        self.term = term


@dataclass(eq=False)
class Dim:
    """A size that may not be known yet. `same` leads to the one that it was found equal to."""

    size: Size | None = None
    same: Dim | None = None
    indexed: bool = False
    """True if a second index runs along it, so that it is not the width of a column."""
    height: int = 0
    """The most steps that lead to it, so that the lower one of two leads to the other."""

    def found(self) -> Dim:
        """The end of the chain of equal ones."""
        dim = self
        while dim.same is not None:
            dim = dim.same
        return dim

    @property
    def final(self) -> Size:
        """The size that was found; 1 if nothing shows it."""
        return self.found().size or ONE

    @property
    def is_width(self) -> bool:
        """Whether it is known, or known to be the width of a matrix."""
        return self.found().size is not None or self.indexed or self.found().indexed

    @property
    def is_one(self) -> bool | None:
        """True if it is the number 1, False if it is another size or the width of a matrix, None if it is not known."""
        size = self.found().size
        return (False if self.is_width else None) if size is None else size == ONE


@dataclass(eq=False)
class Shape:
    """A shape that may not be known yet."""

    dims: tuple[Dim, ...] | None = None
    same: Shape | None = None

    def found(self) -> Shape:
        """The end of the chain of equal ones."""
        shape = self
        while shape.same is not None:
            shape = shape.same
        return shape

    @property
    def known(self) -> tuple[Dim, ...] | None:
        """The sizes, or None if not even their number is known."""
        return self.found().dims


@dataclass(eq=False)
class Index(Shape):
    """The shape of an index, a number, which runs from 1 to `last`; None if it begins or ends elsewhere.

    If it is `open`, nobody says where it ends: then it runs over all of what it is an index of.
    """

    last: Dim | None = None
    open: bool = False


def is_column(shape: Shape) -> bool | None:
    """Whether a matrix is a column; None if this is not known."""
    return shape.known[1].is_one if shape.known is not None and len(shape.known) == 2 else False


def vector_axis(shape: Shape) -> int | None:
    """The axis of a column or row along which it has its entries; None for other shapes."""
    if shape.known is None or len(shape.known) != 2:
        return None
    return 0 if shape.known[1].is_one else 1 if shape.known[0].is_one else None


def number() -> Shape:
    """The shape of a number."""
    return Shape(())


def column(size: Dim | None = None) -> Shape:
    """The shape of a column."""
    return Shape((size or Dim(), Dim(ONE)))


def matrix(rows: Dim | None = None, columns: Dim | None = None) -> Shape:
    """The shape of a matrix."""
    return Shape((rows or Dim(), columns or Dim()))


def shown(shape: Shape) -> str:
    """A shape in words: number, column n, row n, matrix m n, array l m n."""
    dims = shape.known
    if dims is None:
        return "anything"
    sizes = ["?" if (size := dim.found().size) is None else str(size) for dim in dims]
    sizes = [f"({size})" if " " in size else size for size in sizes]
    match [dim.is_one for dim in dims]:
        case []:
            return "number"
        case [_, True]:
            return f"column {sizes[0]}"
        case [True, _]:
            return f"row {sizes[1]}"
        case [_, _]:
            return f"matrix {' '.join(sizes)}"
    return f"array {' '.join(sizes)}"


def turns(slope: terms.Slope, *, of_number: bool) -> bool:
    """Whether a derivative as it is written is a transpose: gradients are rows, or Jacobians have inputs as rows."""
    return slope.kind.endswith(("transposed", "rows" if of_number else "columns"))
