"""The rules of operators: how the shapes of operands and of a result go together.

A rule makes all that it can equal, and returns whether nothing is left to learn. `shapes_as_written` has those of
operators as documents write them.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from chainrule.documents.language import terms
from chainrule.documents.language.dimensions import (
    ONE,
    Dim,
    Index,
    Shape,
    ShapeError,
    column,
    matrix,
    number,
    shown,
    vector_axis,
)
from chainrule.documents.language.sizes import Size
from chainrule.documents.language.terms import Term
from chainrule.documents.language.unification import Unification


def length(u: Unification, shape: Shape, term: Term) -> Dim:
    """The length of a column or a row."""
    if shape.known and len(shape.known) == 2 and shape.known[0].is_one:
        return shape.known[1]
    size = Dim()
    u.unify(shape, column(size), term)
    return size


def second(u: Unification, term: terms.Slope, out: Shape, variable: Shape) -> bool:
    """A second derivative of a number, by a number or by a column."""
    if variable.known is None:
        return False
    size = Dim()
    if variable.known:
        u.unify(variable, column(size), term.variable)
    u.unify(out, matrix(size, size) if variable.known else number(), term)
    return True


def same(u: Unification, term: Term, out: Shape, *shapes: Shape) -> bool:
    """All shapes are one."""
    for shape in shapes:
        u.unify(out, shape, term)
    return True


def added(u: Unification, term: Term, out: Shape, *shapes: Shape) -> bool:
    """All shapes are one, but for rows and columns that are added to each row or column of a matrix.

    A number that is written out is added to each entry, 1 - p, and so is one that is a number for sure to each entry of
    a vector, c - c' @ s.
    """
    operands = terms.parts(term)
    pairs = [(shape, operand) for shape, operand in zip(shapes, operands, strict=True) if not _is_literal(operand)]
    if any(vector_axis(shape) is not None for shape, _ in pairs):
        pairs = [(shape, operand) for shape, operand in pairs if not (shape.known == () and u.is_sure(operand))]
    given = [shape for shape, _ in pairs]
    if len(given) in (0, len(shapes)):
        return aligned(u, term, out, *shapes)
    if out.known is None and all(shape.known is None for shape in given):
        for shape in given[1:]:
            u.unify(given[0], shape, term)
        if not u.settling:
            u.numbers |= {terms.base_of(operand) for operand in operands if isinstance(operand, terms.Name)}
            return False
        u.unify(out, number(), term)
    return aligned(u, term, out, *given)


def aligned(u: Unification, term: Term, out: Shape, *shapes: Shape) -> bool:
    """All shapes are one, but that a row stands for a matrix of such rows, and a column for one of such columns."""
    total = shapes[0]
    for shape in shapes[1:]:
        one, other = total.known, shape.known
        if one is None or other is None or len(one) != 2 or len(other) != 2:
            u.unify(total, shape, term)
            continue
        found = _stretched(u, term, out, total, shape)
        if found is None:
            return False
        total = found
    u.unify(out, total, term)
    return True


def _stretched(u: Unification, term: Term, out: Shape, left: Shape, right: Shape) -> Shape | None:
    """The shape of two matrices, one of which may be a row or a column of the other; None if that is not known."""
    dims, longer = list[Dim](), list[Shape]()
    for axis, (a, b) in enumerate(zip(left.known or (), right.known or (), strict=True)):
        long = (b if a.is_one else a) if bool(a.is_one) != bool(b.is_one) else None
        is_open = long is not None and long.is_one is None
        if is_open and ((out.known and out.known[axis].is_one) or (axis == 1 and u.settling)):
            long = None  # a matrix of which nothing shows the width is a column beside a column
        if long is None:
            u.same_size(a, b, left, right, term)
        elif long.is_one is None and not u.settling:
            return None
        else:
            longer.append(left if long is a else right)
        dims.append(long or a)
    if len(longer) > 1:
        u.unify(left, right, term)
    return Shape(tuple(dims))


def scalars(u: Unification, term: Term, out: Shape, *shapes: Shape) -> bool:
    """All are numbers."""
    return same(u, term, out, number(), *shapes)


def scaled(u: Unification, term: Term, out: Shape, left: Shape, right: Shape) -> bool:
    """A product with a number."""
    for one, other in ((left, right), (right, left)):
        if one.known == ():
            u.unify(out, other, term)
            return True
    if left.known and right.known:
        raise ShapeError(f"{shown(left)} * {shown(right)}: expected a number on one side, or @ or .*", term)
    if out.known == ():
        return same(u, term, out, left, right)
    if out.known and (left.known or right.known):
        u.unify(right if left.known else left, number(), term)
        return scaled(u, term, out, left, right)
    return False


def divided(u: Unification, term: Term, out: Shape, left: Shape, right: Shape) -> bool:
    """A fraction by a number, or a power with a number: of each entry."""
    u.unify(right, number(), term)
    u.unify(out, left, term)
    return True


def product(u: Unification, term: Term, out: Shape, left: Shape, right: Shape) -> bool:
    """A product of matrices."""
    inner, rows, columns = Dim(), Dim(), Dim()
    for shape, wanted in ((left, matrix(rows, inner)), (right, matrix(inner, columns))):
        try:
            u.unify(shape, wanted, term)
        except ShapeError:
            raise ShapeError(f"{shown(left)} @ {shown(right)}: the sizes between do not fit", term) from None
    return multiplied(u, term, out, rows, columns)


def multiplied(u: Unification, term: Term, out: Shape, rows: Dim, columns: Dim) -> bool:
    """The result of a product of matrices; one with a single entry is a number."""
    if out.known == ():
        u.unify(matrix(rows, columns), matrix(Dim(ONE), Dim(ONE)), term)
        return True
    if rows.is_one and columns.is_one:
        u.unify(out, number(), term)
        return True
    if rows.is_one is False or columns.is_one is False or out.known or u.settling:
        u.unify(out, matrix(rows, columns), term)
        return True
    u.wait(lambda: multiplied(u, term, out, rows, columns))
    return True


def matrix_power(u: Unification, term: Term, out: Shape, base: Shape, exponent: Shape) -> bool:
    """A power of a square matrix."""
    u.unify(exponent, number(), term)
    return square(u, term, out, base)


def transposed(u: Unification, term: Term, out: Shape, operand: Shape) -> bool:
    """The transpose of a matrix."""
    rows, columns = Dim(), Dim()
    u.unify(operand, matrix(rows, columns), term)
    u.unify(out, matrix(columns, rows), term)
    return True


def measured(u: Unification, term: Term, out: Shape, operand: Shape) -> bool:
    """A number, of an operand of any shape."""
    u.unify(out, number(), term)
    return True


def of_square(u: Unification, term: Term, out: Shape, operand: Shape) -> bool:
    """A number, of a square matrix; the trace of a number, as of x' @ A @ x, is this number."""
    u.unify(out, number(), term)
    if isinstance(term, terms.Apply) and term.operator == "trace":
        if operand.known == ():
            return True
        if operand.known is None and not u.settling and not isinstance(term.operands[0], terms.Name):
            return False
    return square(u, term, Shape(), operand)


def pulled(u: Unification, term: Term, out: Shape, left: Shape, slopes: Shape, by: Shape) -> bool:
    """The array whose shape is that of what the derivatives are by."""
    u.unify(out, by, term)
    return True


def square(u: Unification, term: Term, out: Shape, operand: Shape) -> bool:
    """A square matrix, of a square matrix."""
    size = Dim()
    u.unify(operand, matrix(size, size), term)
    u.unify(out, operand, term)
    return True


def diagonal_matrix(u: Unification, term: Term, out: Shape, operand: Shape) -> bool:
    """The matrix with the entries of a vector on its diagonal."""
    size = Dim()
    is_row = operand.known is not None and len(operand.known) == 2 and operand.known[0].is_one
    u.unify(operand, matrix(Dim(ONE), size) if is_row else column(size), term)
    u.unify(out, matrix(size, size), term)
    return True


def member(u: Unification, term: Term, out: Shape, operand: Shape, index: Shape) -> bool:
    """The column of a matrix that an index chooses."""
    rows, columns = Dim(), Dim(indexed=True)
    u.unify(operand, matrix(rows, columns), term)
    if isinstance(index, Index) and index.last is not None:
        if index.open:
            u.same_size(columns, index.last, operand, column(index.last), term)
        else:
            u.lengths.append((columns, index.last))
    u.unify(out, column(rows), term)
    return True


def diagonal(u: Unification, term: Term, out: Shape, operand: Shape) -> bool:
    """The column of the entries on a diagonal."""
    size = Dim()
    u.unify(operand, matrix(size, size), term)
    u.unify(out, column(size), term)
    return True


def kron(u: Unification, term: Term, out: Shape, left: Shape, right: Shape) -> bool:
    """Kronecker's product."""
    return of_products(u, term, out, (left, right), lambda a, b: (a[0] * b[0], a[1] * b[1]))


def vec(u: Unification, term: Term, out: Shape, operand: Shape) -> bool:
    """The column of all entries."""
    return of_products(u, term, out, (operand,), lambda a: (a[0] * a[1], ONE))


def of_products(
    u: Unification, term: Term, out: Shape, shapes: Sequence[Shape], sizes: Callable[..., tuple[Size, Size]]
) -> bool:
    """A matrix whose sizes are products of sizes that must be known."""
    for shape in shapes:
        u.unify(shape, matrix(), term)
    known = [[dim.found().size for dim in shape.known or ()] for shape in shapes]
    if any(size is None for each in known for size in each):
        return False
    rows, columns = sizes(*known)
    u.unify(out, matrix(Dim(rows), Dim(columns)), term)
    return True


def _is_literal(term: Term) -> bool:
    """Whether a term is a number that is written out, perhaps with a sign."""
    inner = term.operands[0] if isinstance(term, terms.Apply) and term.operator == "negative" else term
    return isinstance(inner, terms.Number)


RULES: dict[str, Callable[..., bool]] = {"entrywise": same} | {
    rule.__name__: rule
    for rule in (
        aligned,
        added,
        scalars,
        scaled,
        divided,
        product,
        matrix_power,
        transposed,
        measured,
        of_square,
        pulled,
        square,
        diagonal_matrix,
        member,
        diagonal,
        kron,
        vec,
    )
}
