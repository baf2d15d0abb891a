"""The rules of operators as documents write them: the shapes of their operands tell which operation is meant."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from chainrule.documents.language import terms
from chainrule.documents.language.dimensions import (
    ONE,
    Dim,
    Shape,
    ShapeError,
    is_column,
    matrix,
    number,
    shown,
    turns,
    vector_axis,
)
from chainrule.documents.language.operators import OPERATORS
from chainrule.documents.language.shape_rules import (
    RULES,
    aligned,
    divided,
    kron,
    length,
    of_square,
    product,
    same,
    square,
    transposed,
)
from chainrule.documents.language.terms import Term
from chainrule.documents.language.unification import Unification


def slope_as_written(u: Unification, term: terms.Slope, out: Shape, body: Shape, variable: Shape) -> bool:
    """A derivative whose kind the shapes tell: by a number, of a number, or of a column by a column."""
    if variable.known == ():
        u.unify(out, body, term)
        return True
    if body.known is None or variable.known is None:
        return False
    if body.known == ():
        shape = variable
        if turns(term, of_number=True) and len(variable.known) == 2:
            shape = matrix(variable.known[1], variable.known[0])
        u.unify(out, shape, term)
        return True
    if len(body.known) > 2 or len(variable.known) > 2:
        raise ShapeError(f"the derivative of a {shown(body)} by a {shown(variable)}", term)
    try:
        outputs, inputs = length(u, body, term.body), length(u, variable, term.variable)
    except ShapeError:  # an array with the axes of what is differentiated, then those of what it is differentiated by
        axis = vector_axis(body)
        dims = (*(body.known if axis is None else (body.known[axis],)), *variable.known)
        u.unify(out, Shape(dims), term)
        return True
    u.unify(out, matrix(inputs, outputs) if turns(term, of_number=False) else matrix(outputs, inputs), term)
    return True


def by_member(term: Term) -> terms.Slope | None:
    """The derivative by one of several vectors, x_i, where a term is written as one of the derivatives by all of them.

    The derivative of a number has the shape of the vector; the derivative of a vector is a matrix.
    """
    match term:
        case terms.Apply("member", (terms.Slope() as every, index)) if every.kind.startswith("written"):
            return replace(every, variable=terms.Apply("member", (every.variable, index)))
        case terms.Apply("member", (terms.Apply("'", (terms.Slope() as every,)), index)) if every.kind.startswith(
            "written"
        ):
            turned = terms.Apply("'", (every.variable,))
            return replace(every, variable=terms.Apply("member", (turned, index)))
    return None


def beside(u: Unification, term: Term, out: Shape, left: Shape, right: Shape, *, dotted: bool = False) -> bool:
    """Factors side by side: numbers scale, matrices are multiplied, columns entry by entry or, dotted, summed."""
    for one, other in ((left, right), (right, left)):
        if one.known == ():
            u.unify(out, other, term)
            return True
    if right.known is None and left.known is not None and is_column(left) and _ends_in_list(term):
        u.unify(right, matrix(Dim(ONE), Dim()), term)  # x [a_1, ..., a_n]
    if left.known is None or right.known is None:
        if out.known == () and left.known is not None and len(left.known) == 2 and not dotted:
            return product(u, term, out, left, right)  # a number: W in W x is a row
        return False
    if len(left.known) == 2 < len(right.known):
        return pulled_back(u, term, out, left, right)
    if len(left.known) == len(right.known) == 2:
        flat = is_flat(u, left), is_flat(u, right)
        if None in flat and False not in flat:
            return False
        if all(flat):
            u.unify(left, right, term)
            u.unify(out, number() if dotted else left, term)
            return True
        return product(u, term, out, left, right)
    raise ShapeError(f"{shown(left)} beside {shown(right)}", term)


def _ends_in_list(term: Term) -> bool:
    """Whether the second of two factors is a list of numbers in brackets."""
    last = term.operands[1] if isinstance(term, terms.Apply) else term
    return isinstance(last, terms.Apply) and last.operator == "listed"


def pulled_back(u: Unification, term: Term, out: Shape, left: Shape, right: Shape) -> bool:
    """An array times the derivatives of an array of its shape by another one: the sum over all its entries.

    So the chain rule is written: dJ/dY dY/dZ has the shape of Z.
    """
    axis = vector_axis(left)
    first = (left.known or ()) if axis is None else (left.known or ())[axis : axis + 1]
    dims = right.known or ()
    if len(dims) != len(first) + 2:
        raise ShapeError(f"{shown(left)} beside {shown(right)}", term)
    for one, other in zip(first, dims, strict=False):
        u.same_size(one, other, left, right, term)
    u.unify(out, Shape(dims[len(first) :]), term)
    return True


def alike_in_front(u: Unification, term: Term, one: Sequence[Shape], other: Sequence[Shape]) -> bool:
    """A claim between products with derivatives by matrices: in front of these stand two rows, or two columns.

    The product has the same entries for both, so nothing else shows a transpose that was lost in between.
    """
    if any(shape.known is None for shape in (*one, *other)):
        return False
    if all(len(right.known or ()) > 2 for _, right in (one, other)):
        u.unify(one[0], other[0], term)
    return True


def is_flat(u: Unification, shape: Shape) -> bool | None:
    """Whether a matrix is a column; None if nothing shows this so far. No row is one."""
    found = is_column(shape)
    is_row = shape.known is not None and shape.known[0].is_one
    return False if found is None and (is_row or u.settling) else found


def dotted(u: Unification, term: Term, out: Shape, left: Shape, right: Shape) -> bool:
    """Factors with a dot between: of columns their inner product."""
    return beside(u, term, out, left, right, dotted=True)


def over(u: Unification, term: Term, out: Shape, left: Shape, right: Shape) -> bool:
    """A fraction: by a number, or entry by entry, also a number by functions of entries: 1 / (1 + e^{-x})."""
    if right.known == ():
        u.unify(out, left, term)
        return True
    if right.known is None:
        if left.known == () or out.known == ():
            return divided(u, term, out, left, right)
        return False
    if left.known == () and isinstance(term, terms.Apply) and _is_of_entries(term.operands[1]):
        u.unify(out, right, term)
        return True
    return aligned(u, term, out, left, right)


def _is_of_entries(term: Term) -> bool:
    """Whether a sum or a multiple of something has a function of numbers in it, which arrays take entry by entry."""
    match term:
        case terms.Apply(operator="+" | "-" | "negative" | "beside" | "dot" | "over" as joint, operands=operands):
            return any(map(_is_of_entries, operands)) and (joint != "over" or _is_of_entries(operands[0]))
        case terms.Apply(operator="raised", operands=(base, _)):
            return _is_of_entries(base)
    return isinstance(term, terms.Apply) and OPERATORS[term.operator].rule == "entrywise"


def turned(u: Unification, term: Term, out: Shape, operand: Shape) -> bool:
    """The transpose of a matrix, or a number as it is."""
    if operand.known is None:
        if isinstance(term, terms.Apply) and isinstance(term.operands[0], terms.Name):
            u.turned.add(term.operands[0].text)
        return False
    if operand.known == ():
        u.unify(out, operand, term)
        return True
    return transposed(u, term, out, operand)


def in_a_row(u: Unification, term: Term, out: Shape, body: Shape, count: Dim) -> bool:
    """Numbers in a row, or columns beside each other."""
    return _in_line(u, term, out, body, count, 1)


def in_a_column(u: Unification, term: Term, out: Shape, body: Shape, count: Dim) -> bool:
    """Numbers in a column, or rows below each other."""
    return _in_line(u, term, out, body, count, 0)


def listed(u: Unification, term: Term, out: Shape, body: Shape, count: Dim) -> bool:
    """Columns beside each other, or numbers in a row or a column, whichever is wanted."""
    if body.known == () and out.known is None and not u.settling:
        return False
    return _in_line(u, term, out, body, count, 1 if body.known or vector_axis(out) == 1 else 0)


def _in_line(u: Unification, term: Term, out: Shape, body: Shape, count: Dim, axis: int) -> bool:
    """Numbers along an axis, or vectors along the other one: columns in a row, rows in a column."""
    if body.known is None and not u.settling:
        return False
    length = Dim(ONE)
    if body.known and vector_axis(body) == 1 - axis:
        length = body.known[1 - axis]
    else:
        u.unify(body, number(), term)
    u.unify(out, matrix(length, count) if axis else matrix(count, length), term)
    return True


def raised_as_written(u: Unification, term: Term, out: Shape, base: Shape, exponent: Shape) -> bool:
    """A power of a number, of a square matrix, or of each entry of a column."""
    u.unify(exponent, number(), term)
    inverted = isinstance(term, terms.Apply) and terms.is_number(term.operands[1], -1)
    if inverted and base.known is None:
        return False
    if inverted and base.known and vector_axis(base) is None:
        return square(u, term, out, base)
    u.unify(out, base, term)
    return True


def bars(u: Unification, term: Term, out: Shape, operand: Shape) -> bool:
    """The determinant of a square matrix; for others the absolute value of each entry."""
    if operand.known is None:
        return False
    if vector_axis(operand) is not None or len(operand.known) != 2 or out.known:
        return same(u, term, out, operand)
    sizes = [dim.found().size for dim in operand.known]
    if None not in sizes and sizes[0] != sizes[1]:
        return same(u, term, out, operand)
    return of_square(u, term, out, operand)


def outer(u: Unification, term: Term, out: Shape, left: Shape, right: Shape) -> bool:
    """The matrix of all products of the entries of two vectors; for other factors Kronecker's."""
    if left.known is None or right.known is None:
        return False
    if vector_axis(left) is None or vector_axis(right) is None:
        return kron(u, term, out, left, right)
    u.unify(out, matrix(length(u, left, term), length(u, right, term)), term)
    return True


EVERY_RULE: dict[str, Callable[..., bool]] = RULES | {
    rule.__name__: rule
    for rule in (
        beside,
        dotted,
        over,
        turned,
        in_a_row,
        in_a_column,
        listed,
        raised_as_written,
        bars,
        outer,
    )
}
"""The rules of all operators, by the names that `operators.OPERATORS` uses."""
