"""Products, powers, transposes and derivatives as they are written, made explicit by the shapes of their parts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from fractions import Fraction
from typing import Any

from chainrule.documents.language import terms
from chainrule.documents.language.derivation import FunctionKind
from chainrule.documents.language.dimensions import OPEN, Dim, is_column, turns, vector_axis
from chainrule.documents.language.shapes import Shapes
from chainrule.documents.language.shapes_as_written import by_member
from chainrule.documents.language.sizes import Size
from chainrule.documents.language.terms import ONE, ZERO, Apply, Name, Number, Slope, Term


def resolved(term: Term, shapes: Shapes) -> Term:
    """A term of the strict language from one with operations as they are written, and sizes that were open.

    >>> from dataclasses import replace
    >>> from chainrule.documents.language.derivation import Relation
    >>> from chainrule.documents.language.parsing import derivation_of
    >>> from chainrule.documents.language.printing import text_of
    >>> W, x = Name("W"), Name("x")
    >>> derivation = derivation_of("x : column n; W : matrix n n")
    >>> claim = Relation(Apply("beside", (Apply("beside", (Apply("turned", (x,)), W)), x)), "=", Name("q"))
    >>> shapes = Shapes(replace(derivation, claims=(claim,)))
    >>> text_of(resolved(claim.left, shapes))
    "x' @ W @ x"
    """

    def inside(part: Any) -> Any:
        return resolved(part, shapes)

    match term:
        case Name(text=text) if text.startswith(OPEN):
            return size_term(shapes.size_named(text))
        case Apply(operator="beside" | "dot" as joint, operands=(left, right)):
            return _product(joint, (left, right), (inside(left), inside(right)), shapes)
        case Apply(operator="outer", operands=(left, right)):
            axes = vector_axis(shapes.of(left)), vector_axis(shapes.of(right))
            if None in axes:
                return Apply("kron", (inside(left), inside(right)), span=term.span)
            column = inside(left) if axes[0] == 0 else Apply("'", (inside(left),))
            row = inside(right) if axes[1] == 1 else Apply("'", (inside(right),))
            return Apply("@", (column, row), span=term.span)
        case Apply(operator="over", operands=(left, right)):
            above, below = inside(left), inside(right)
            if shapes.of(right).known != () == shapes.of(left).known:  # 1 / (1 + e^{-x})
                inverse = Apply(".^", (below, Number(Fraction(-1))), span=term.span)
                return inverse if terms.is_number(above, 1) else Apply("*", (above, inverse), span=term.span)
            return Apply("/" if shapes.of(right).known == () else "./", (above, below), span=term.span)
        case Apply(operator="turned", operands=(operand,)):
            return inside(operand) if shapes.of(operand).known == () else Apply("'", (inside(operand),), span=term.span)
        case Apply(operator="in_a_row" | "in_a_column" | "listed", operands=(terms.Family() as family,)):
            return _in_line(term, family, inside(family.body), shapes)
        case Apply(operator="bars", operands=(operand,)):
            is_number = shapes.of(term).known == () != shapes.of(operand).known
            return Apply("det" if is_number else "abs", (inside(operand),), span=term.span)
        case terms.RuleCall(arguments=arguments):
            counts = tuple(1 if is_column(shapes.of(each)) else len(shapes.of(each).known or ()) for each in arguments)
            dims = shapes.of(term).known
            size = None if dims is None else tuple(size_term(dim.final) for dim in dims)
            return replace(term, arguments=tuple(map(inside, arguments)), axes=counts, shape=size)
        case Apply(operator="raised", operands=(base, exponent)):
            return _power(term, inside(base), inside(exponent), shapes)
        case Apply(operator="member") if (by := by_member(term)) is not None and shapes.of(by.body).known:
            found = Slope("jacobian", inside(by.body), inside(by.variable), by.holding, span=term.span)
            return Apply("'", (found,), span=term.span) if turns(by, of_number=False) else found
        case Slope(kind="second", body=body, variable=variable, holding=held):
            if shapes.of(variable).known:
                return Slope("hessian", inside(body), inside(variable), held, span=term.span)
            first = Slope("partial", inside(body), inside(variable), held)
            return Slope("partial", first, inside(variable), held, span=term.span)
        case Slope(kind=kind) if kind.startswith("written"):
            return _slope(term, inside(term.body), inside(term.variable), shapes)
    return terms.mapped(term, inside)


def function_kind(arguments: Sequence[str], result: Sequence[Dim] | None, shapes: Shapes) -> FunctionKind | None:
    """The kind of an unknown function of some names; None if a shape is not known."""
    known = [shapes.names[each].known for each in arguments if each in shapes.names]
    if len(known) != len(arguments) or result is None or any(shape is None for shape in known) or not arguments:
        return None
    told = tuple(tuple(size_term(dim.final) for dim in shape or ()) for shape in known)
    return FunctionKind(told, tuple(size_term(dim.final) for dim in result))


def size_term(size: Size) -> Term:
    """A size as a term."""
    total: Term | None = None
    for names, factor in size.parts:
        product: Term = Number(Fraction(abs(factor)))
        for name in names:
            product = Name(name) if product == ONE else Apply("*", (product, Name(name)))
        if total is None:
            total = product if factor > 0 else Apply("negative", (product,))
        else:
            total = Apply("+" if factor > 0 else "-", (total, product))
    return total or ZERO


# What follows is private.


def _product(joint: str, written: tuple[Term, Term], sides: tuple[Term, Term], shapes: Shapes) -> Term:
    span = (sides[0].span[0], sides[1].span[1]) if all(side.span != (0, 0) for side in sides) else (0, 0)
    left, right = (shapes.of(side) for side in written)
    if left.known == () or right.known == ():
        return Apply("*", sides, span=span)
    if len(right.known or ()) > 2 and isinstance(sides[1], Slope):
        return Apply("pulled", (*sides, sides[1].variable), span=span)
    if is_column(left) and is_column(right):
        if joint == "beside":
            return Apply(".*", sides, span=span)
        return Apply("@", (Apply("'", sides[:1]), sides[1]), span=span)
    return Apply("@", sides, span=span)


def _in_line(term: Term, family: terms.Family, body: Term, shapes: Shapes) -> Term:
    """Numbers in a row or a column, columns beside each other, or rows below each other."""
    axis, known = vector_axis(shapes.of(family.body)), shapes.of(family.body).known or ()
    if axis is None:
        made: Term = replace(family, body=body)
        return Apply("'", (made,), span=term.span) if vector_axis(shapes.of(term)) == 1 else made
    inner = ("_i", size_term(known[axis].final))
    entry = _entry(body, Name("_i"))
    indices = (inner, *family.indices) if axis == 0 else (*family.indices, inner)
    return terms.Family(indices, entry, span=term.span)


def _entry(body: Term, index: Name) -> Term:
    """An entry of a vector; of one of several vectors, the entry of each."""
    if not isinstance(body, terms.Choice):
        return terms.Entry(body, (index,))
    branches = tuple((when, _entry(value, index)) for when, value in body.branches)
    return replace(body, branches=branches, otherwise=body.otherwise and _entry(body.otherwise, index))


def _power(term: Apply, base: Term, exponent: Term, shapes: Shapes) -> Term:
    known = shapes.of(term.operands[0]).known
    if known == ():
        return Apply("^", (base, exponent), span=term.span)
    square = known is not None and len(known) == 2 and known[0].found() is known[1].found()
    same = known is not None and len(known) == 2 and known[0].found().size == known[1].found().size
    if square or same:
        if terms.is_number(exponent, -1):
            return Apply("inverse", (base,), span=term.span)
        return Apply("power", (base, exponent), span=term.span)
    return Apply(".^", (base, exponent), span=term.span)


def _slope(term: Slope, body: Term, variable: Term, shapes: Shapes) -> Term:
    def of_kind(kind: str) -> Term:
        return Slope(kind, body, variable, term.holding, span=term.span)

    by, of = shapes.of(term.variable).known, shapes.of(term.body).known
    if by == () and not of:
        return of_kind("partial")
    if by == ():
        sizes = [size_term(dim.final) for dim in of or ()]
        over = tuple((f"_{letter}", size) for letter, size in zip("ijkl", sizes, strict=False))
        over = over[:1] if len(over) == 2 and over[1][1] == ONE else over
        entry = Slope("partial", terms.Entry(body, tuple(Name(index) for index, _ in over)), variable, term.holding)
        return terms.Family(over, entry, span=term.span)
    found = of_kind("gradient" if of == () else "jacobian")
    if len(shapes.of(term).known or ()) > 2:
        return found
    return Apply("'", (found,), span=term.span) if turns(term, of_number=of == ()) else found
