"""Single edits of a formula: what people get wrong, one thing at a time.

Each edit is a new tree with the part that was changed. The repair search asks which edits of a wrong side make a step
true; the measure of the checker asks which edits of a right one go unnoticed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import partial
from typing import Any

from chainrule.checking.derivations.tree import (
    Big,
    Builtin,
    Call,
    Comparison,
    Derivative,
    Entrywise,
    Index,
    Indicator,
    Name,
    Node,
    Number,
    OneHot,
    Plus,
    Power,
    Prime,
    Product,
    Ratio,
    Transpose,
    free_names,
    rebuilt,
    walk,
)

ONE, TWO, HALF = (Number(Fraction(n)) for n in (1, 2, Fraction(1, 2)))


@dataclass(frozen=True)
class Edit:
    """A changed formula: what was replaced by what, and the kind of slip that this undoes."""

    tree: Node
    kind: str
    old: Node
    new: Node
    cost: float
    what: str = ""


@dataclass(frozen=True)
class Material:
    """What edits may put in: indices, names that can stand for each other, factors and terms from around."""

    indices: tuple[str, ...] = ()
    names: tuple[tuple[str, ...], ...] = ()
    factors: tuple[Node, ...] = ()
    terms: tuple[Node, ...] = ()
    functions: tuple[str, ...] = ()
    tensors: tuple[Node, ...] = ()
    """Vectors and matrices, and their transposes, for products that lack one."""
    atoms: tuple[Node, ...] = ()
    """Names and entries, for differences that lack one."""
    sums: tuple[Big, ...] = ()
    """Sums whose index and limits an edit may take."""


def edits(tree: Node, material: Material) -> Iterator[Edit]:
    """All single edits of a formula."""
    for node in walk(tree):
        for kind, new, cost, what in (*_at(node, material), *_inside(node, material)):
            if new != node:
                yield Edit(rebuilt(tree, {id(node): new}), kind, node, new, cost, what)
    yield from _everywhere(tree, material)
    yield from _whole(tree, material)


_Change = tuple[str, Node, float, str]


def _at(node: Node, material: Material) -> Iterator[_Change]:
    match node:
        case Index(subscripts=subscripts):
            for proto in material.sums:
                if len(subscripts) == 1 and isinstance(subscripts[0], Name) and subscripts[0].text != proto.index:
                    total = replace(proto, body=replace(node, subscripts=(Name(proto.index),)))
                    yield "missing term", total, 3.8, "sum"
            yield from _subscripts(node, subscripts, material)
            yield from _names(node, material)
        case OneHot(index=Name(text=text)):
            for other in material.indices:
                if other != text:
                    yield "index", replace(node, index=Name(other)), 1.5, ""
        case Indicator(condition=Comparison(left=left, right=right)):
            yield from _indicator(node, left, right, material)
        case Name():
            yield from _names(node, material)
        case Plus(terms=terms, signs=signs):
            yield from _plus(node, terms, signs, material)
        case Product(factors=factors):
            yield from _product(node, factors, material)
        case Entrywise(factors=factors):
            for at in range(len(factors)):
                rest = factors[:at] + factors[at + 1 :]
                yield "factor", rest[0] if len(rest) == 1 else Entrywise(rest), 3, "drop"
        case Ratio(numerator=above, denominator=below):
            yield "dropped denominator", above, 2.5, "drop"
            yield "power", Ratio(above, Power(below, TWO)), 2.4, ""
            if isinstance(below, Power):
                yield "power", Ratio(above, below.base), 2.2, ""
            yield "power", Ratio(Power(above, TWO), Power(below, TWO)), 2.5, ""
            if not isinstance(above, Plus | Number):
                yield "other", Ratio(below, above), 4, ""
        case Power(base=base, exponent=exponent):
            yield "power", base, 2, ""
            if isinstance(exponent, Number):
                for step in (1, -1):
                    yield "power", Power(base, Number(exponent.value + step)), 2.2, ""
                yield "sign", Power(base, Number(-exponent.value)), 2.6, ""
        case Transpose(operand=operand):
            yield "transposed", operand, 2, ""
        case Number(value=value):
            yield from ((("constant"), Number(v), 3.2, "") for v in _numbers(value) if v != value)
        case Builtin(name="exp", operands=(operand,)):
            yield "sign", Builtin("exp", (negated(operand),)), 2.2, ""
        case Builtin(name="log", operands=(operand,)):
            yield "other", operand, 4.5, ""
        case Builtin(name=name, operands=(Builtin(name=inner, operands=(operand,)),)) if name == inner:
            yield "power", Power(Builtin(name, (operand,)), TWO), 2, ""
        case Builtin(name="tanh" | "abs" | "cosh" | "sinh"):
            yield "power", Power(node, TWO), 2.6, ""
        case Call(function=function, arguments=arguments):
            yield "power", Power(node, TWO), 3, ""
            yield from _call(node, function, arguments, material)
        case Big(index=index, body=body, kind="sum"):
            for letter in material.indices:
                if letter != index:
                    yield "index", replace(node, index=letter), 1.9, "the letter of the sum"
            for factor in material.factors:
                for label in material.indices:
                    if label in free_names(factor) and label != index:
                        inside = multiplied(renamed(factor, label, index), body)
                        yield "factor", replace(node, body=inside), 3.7, "add"
            for other in material.indices:
                if other != index and other not in free_names(body):
                    yield "index", renamed(body, index, other), 4, "drop the sum"
        case Derivative(variables=variables) if len(variables) == 1:
            for entry in _entries(variables[0], material):
                yield "index", replace(node, variables=(entry,)), 2, ""


def _inside(node: Node, material: Material) -> Iterator[_Change]:
    """A factor, divisor or term put in where a formula stands inside another."""
    for rebuilt_with, part in _contexts(node):
        for factor in material.factors:
            if factor != part:
                yield "factor", rebuilt_with(multiplied(factor, part)), 3.7, "add"
                if not isinstance(factor, Indicator | Number):
                    yield "dropped denominator", rebuilt_with(Ratio(part, factor)), 4.3, "add"
        for tensor in material.tensors:
            yield "factor", rebuilt_with(Product((tensor, part), ("",))), 3.9, "add"
            yield "factor", rebuilt_with(Product((part, tensor), ("",))), 3.9, "add"
        if not isinstance(part, Plus):
            for atom in material.atoms:
                if atom != part:
                    for sign in (-1, 1):
                        yield "missing term", rebuilt_with(Plus((part, atom), (1, sign))), 4.1, "add"


_Context = tuple[Callable[[Node], Node], Node]


def _contexts(node: Node) -> Iterator[_Context]:
    """The parts of a node that stand by themselves, with the way to put another in their place."""
    match node:
        case Big(body=body):
            yield (lambda new: replace(node, body=new)), body
        case Call(arguments=(argument,)):
            yield (lambda new: replace(node, arguments=(new,))), argument
        case Builtin(operands=(operand,)):
            yield (lambda new: replace(node, operands=(new,))), operand
        case Ratio(numerator=above, denominator=below):
            yield (lambda new: replace(node, numerator=new)), above
            yield (lambda new: replace(node, denominator=new)), below
        case Power(base=base):
            yield (lambda new: replace(node, base=new)), base
        case Entrywise(factors=factors) | Product(factors=factors):
            for at, factor in enumerate(factors):
                if isinstance(node, Entrywise) or factor == ONE or isinstance(factor, Index | Name):
                    yield partial(_put, node, "factors", factors, at), factor
        case Plus(terms=terms) if len(terms) > 1:
            for at, term in enumerate(terms):
                yield partial(_put, node, "terms", terms, at), term


def _put(node: Any, part: str, entries: tuple[Node, ...], at: int, new: Node) -> Node:
    """The node with another entry in one place."""
    result: Node = replace(node, **{part: (*entries[:at], new, *entries[at + 1 :])})
    return result


def _entries(variable: Node, material: Material) -> Iterator[Node]:
    if isinstance(variable, Index):
        for kind, new, _, _ in _subscripts(variable, variable.subscripts, material):
            if kind == "index":
                yield new


def _subscripts(node: Index, subscripts: tuple[Node, ...], material: Material) -> Iterator[_Change]:
    for at, subscript in enumerate(subscripts):
        if isinstance(subscript, Name):
            for other in material.indices:
                if other != subscript.text:
                    entries = (*subscripts[:at], Name(other), *subscripts[at + 1 :])
                    yield "index", replace(node, subscripts=entries), 1, ""
    if len(subscripts) == 2 and subscripts[0] != subscripts[1]:
        yield "transposed", replace(node, subscripts=tuple(reversed(subscripts))), 1.8, ""


def _indicator(node: Indicator, left: Node, right: Node, material: Material) -> Iterator[_Change]:
    for one, other_side, first in ((left, right, True), (right, left, False)):
        if isinstance(one, Name):
            for other in material.indices:
                if other != one.text and Name(other) != other_side:
                    sides = (Name(other), other_side) if first else (other_side, Name(other))
                    yield "index", Indicator(Comparison("=", *sides)), 1.5, ""


def _names(node: Node, material: Material) -> Iterator[_Change]:
    name = node.base.text if isinstance(node, Index) and isinstance(node.base, Name) else None
    if isinstance(node, Name):
        name = node.text
    for family in material.names:
        if name in family:
            for other in family:
                if other != name:
                    new = replace(node, base=Name(other)) if isinstance(node, Index) else Name(other)
                    yield "name", new, 2.8, ""


def negated(node: Node) -> Node:
    """Minus a formula, with its sign taken in."""
    if isinstance(node, Plus) and len(node.terms) == 1:
        return node.terms[0] if node.signs[0] < 0 else Plus(node.terms, (-node.signs[0],))
    return Plus((node,), (-1,))


def _plus(node: Plus, terms: tuple[Node, ...], signs: tuple[int, ...], material: Material) -> Iterator[_Change]:
    for at in range(len(terms)):
        flipped = (*signs[:at], -signs[at], *signs[at + 1 :])
        if len(terms) == 1 and signs[0] < 0:
            yield "sign", terms[0], 1, "sign"
        else:
            yield "sign", replace(node, signs=flipped), 1, "sign"
    if len(terms) == 1:
        return
    yield "sign", replace(node, signs=tuple(-sign for sign in signs)), 1.5, "sign"
    for at in range(len(terms)):
        rest, kept = terms[:at] + terms[at + 1 :], signs[:at] + signs[at + 1 :]
        yield "missing term", rest[0] if len(rest) == 1 and kept[0] > 0 else Plus(rest, kept), 3, "drop"
    for term in material.terms:
        for sign in (1, -1):
            yield "missing term", Plus((*terms, term), (*signs, sign)), 4, "add"
    if len(terms) == 2 and signs == (1, 1):
        yield "other", Product(terms, ("·",)), 4, ""


def multiplied(factor: Node, node: Node) -> Node:
    """A factor before a formula."""
    if isinstance(node, Product):
        return Product((factor, *node.factors), ("", *node.joints))
    if node == ONE:
        return factor
    if isinstance(node, Ratio) and node.numerator == ONE:
        return Ratio(factor, node.denominator)
    return Product((factor, node), ("",))


def _product(node: Product, factors: tuple[Node, ...], material: Material) -> Iterator[_Change]:
    for at in range(len(factors)):
        rest = factors[:at] + factors[at + 1 :]
        joints = node.joints[1:] if at == 0 else node.joints[: at - 1] + node.joints[at:]
        yield "factor", rest[0] if len(rest) == 1 else Product(rest, joints), 2.8, "drop"
    if len(factors) == 2:
        first, second = factors
        yield "other", Plus((first, second), (1, 1)), 4, ""
        yield "other", Ratio(first, second), 4.2, ""
        if isinstance(second, Transpose):
            yield "transposed", Product((second.operand, Transpose(first)), ("",)), 2, ""
        if isinstance(second, Big) and second.kind == "sum" and second.index in free_names(first):
            yield "index", replace(second, body=multiplied(first, second.body)), 2.5, "move inside the sum"
        if isinstance(second, Derivative) and isinstance(second.subject, Big):
            total = second.subject
            if total.index in free_names(first):
                inside = multiplied(first, replace(second, subject=total.body))
                yield "index", replace(total, body=inside), 2.5, "move inside the sum"
        if isinstance(second, Plus) and len(second.terms) > 1:
            expanded = tuple(multiplied(first, term) for term in second.terms)
            yield "other", Plus((expanded[0], *second.terms[1:]), second.signs), 4.5, ""
    for at, factor in enumerate(factors):
        if isinstance(factor, Name):
            changed = (*factors[:at], Transpose(factor), *factors[at + 1 :])
            yield "transposed", Product(changed, node.joints), 2, ""
        if isinstance(factor, Index | Name | Plus | Call) and not isinstance(factor, Power):
            changed = (*factors[:at], Power(factor, TWO), *factors[at + 1 :])
            yield "power", Product(changed, node.joints), 3, ""


def _call(node: Call, function: Node, arguments: tuple[Node, ...], material: Material) -> Iterator[_Change]:
    if isinstance(function, Prime):
        yield "wrong derivative", replace(node, function=function.operand), 2.2, ""
    elif isinstance(function, Name):
        yield "wrong derivative", replace(node, function=Prime(function, 1)), 2.2, ""
        for other in material.functions:
            if other != function.text:
                yield "name", replace(node, function=Name(other)), 2.8, ""
        if len(arguments) == 1 and isinstance(arguments[0], Call) and arguments[0].function == function:
            yield "power", Power(arguments[0], TWO), 2, ""
    if len(arguments) == 1:
        yield "sign", replace(node, arguments=(negated(arguments[0]),)), 1.6, ""


def _numbers(value: Fraction) -> Iterable[Fraction]:
    return dict.fromkeys((value + 1, value - 1, value * 2, value / 2, -value)) if value else (Fraction(1),)


def renamed(node: Node, index: str, other: str) -> Node:
    """The formula with one index in place of another."""
    swap = {id(n): Name(other) for n in walk(node) if isinstance(n, Name) and n.text == index}
    return rebuilt(node, swap)


def _everywhere(tree: Node, material: Material) -> Iterator[Edit]:
    """One free index in place of another, throughout."""
    free = free_names(tree)
    for index in material.indices:
        for other in material.indices:
            if index != other and index in free:
                yield Edit(renamed(tree, index, other), "index", Name(index), Name(other), 1.4, "everywhere")


def _whole(tree: Node, material: Material) -> Iterator[Edit]:
    """Changes of the formula as a whole."""

    def edit(kind: str, new: Node, cost: float, what: str = "") -> Edit:
        return Edit(new, kind, tree, new, cost, what)

    yield edit("sign", negated(tree), 1.1, "sign")
    yield edit("transposed", Transpose(tree), 2.1)
    for factor in material.factors:
        yield edit("factor", multiplied(factor, tree), 2.6, "add")
        if isinstance(tree, Big):
            yield edit("factor", replace(tree, body=multiplied(factor, tree.body)), 2.7, "add")
        if isinstance(tree, Plus) and len(tree.terms) == 1:
            inner = tree.terms[0]
            if isinstance(inner, Big):
                changed: Node = replace(inner, body=multiplied(factor, inner.body))
                yield edit("factor", Plus((changed,), tree.signs), 2.7, "add")
        if not isinstance(factor, Indicator | Number):
            yield edit("dropped denominator", Ratio(tree, factor), 3.4, "add")
    if not isinstance(tree, Plus):
        for term in material.terms:
            for sign in (1, -1):
                yield edit("missing term", Plus((tree, term), (1, sign)), 4, "add")
                yield edit("missing term", Plus((term, tree), (1, sign)), 4.1, "add")
    for tensor in material.tensors:
        yield edit("factor", Product((tensor, tree), ("",)), 2.9, "add")
        yield edit("factor", Product((tree, tensor), ("",)), 2.9, "add")
    if isinstance(tree, Number):
        for atom in material.atoms:
            yield edit("missing term", Plus((tree, atom), (1, -1)), 4, "add")
