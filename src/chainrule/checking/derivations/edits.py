"""Single edits of a formula, each undoing one common slip.

Each edit is a new tree with the part that was changed. The repair search asks which edits of a wrong side make a step
true; the measure of the checker asks which edits of a right one go unnoticed.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from fractions import Fraction

from chainrule.checking.derivations.tree import (
    Big,
    Builtin,
    Call,
    Comparison,
    Derivative,
    Index,
    Indicator,
    Name,
    Node,
    Number,
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
    everywhere: bool = False


@dataclass(frozen=True)
class Material:
    """Indices, interchangeable names, factors and terms that edits may insert."""

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
        for kind, new, cost in (*_at(node, material), *_inside(node, material)):
            if new != node:
                yield Edit(rebuilt(tree, {id(node): new}), kind, node, new, cost)
    yield from _everywhere(tree, material)
    yield from _whole(tree, material)


_Change = tuple[str, Node, float]


def _at(node: Node, material: Material) -> Iterator[_Change]:
    match node:
        case Index(subscripts=subscripts):
            for proto in material.sums:
                if len(subscripts) == 1 and isinstance(subscripts[0], Name) and subscripts[0].text != proto.index:
                    total = replace(proto, body=replace(node, subscripts=(Name(proto.index),)))
                    yield "missing term", total, 3.8
            yield from _subscripts(node, material)
            yield from _names(node, material)
        case Indicator(condition=Comparison(left=left, right=right)):
            yield from _indicator(left, right, material)
        case Name():
            yield from _names(node, material)
        case Plus(terms=terms, signs=signs):
            yield from _plus(node, terms, signs, material)
        case Product(factors=factors):
            yield from _product(node, factors)
        case Ratio(numerator=above, denominator=below):
            yield "dropped denominator", above, 2.5
            yield "power", Ratio(above, Power(below, TWO)), 2.4
            yield "power", Ratio(Power(above, TWO), Power(below, TWO)), 2.5
        case Power(base=base, exponent=exponent):
            yield "power", base, 2
            if isinstance(exponent, Number):
                for step in (1, -1):
                    yield "power", Power(base, Number(exponent.value + step)), 2.2
                yield "sign", Power(base, Number(-exponent.value)), 2.6
        case Transpose(operand=operand):
            yield "transposed", operand, 2
        case Number(value=value):
            yield from (("constant", Number(v), 3.2) for v in _numbers(value) if v != value)
        case Builtin(name="exp", operands=(operand,)):
            yield "sign", Builtin("exp", (negated(operand),)), 2.2
        case Builtin(name="log", operands=(operand,)):
            yield "other", operand, 4.5
        case Builtin(name=name, operands=(Builtin(name=inner, operands=(operand,)),)) if name == inner:
            yield "power", Power(Builtin(name, (operand,)), TWO), 2
        case Builtin(name="tanh" | "abs" | "cosh" | "sinh"):
            yield "power", Power(node, TWO), 2.6
        case Call(function=function, arguments=arguments):
            yield "power", Power(node, TWO), 3
            yield from _call(node, function, arguments, material)
        case Big(index=index, body=body, kind="sum"):
            yield from (("index", replace(node, index=letter), 1.9) for letter in material.indices)
            for factor in material.factors:
                for label in material.indices:
                    if label in free_names(factor) and label != index:
                        inside = multiplied(renamed(factor, label, index), body)
                        yield "factor", replace(node, body=inside), 3.7
            for other in material.indices:
                if other != index and other not in free_names(body):
                    yield "index", renamed(body, index, other), 4
        case Derivative(variables=(Index() as variable,)):
            for kind, new, _ in _subscripts(variable, material):
                yield kind, replace(node, variables=(new,)), 2


def _inside(node: Node, material: Material) -> Iterator[_Change]:
    """A factor, divisor or term put in where a formula stands inside another."""
    for name in _PLACES.get(type(node), ()):
        parts = getattr(node, name)
        for part in (parts,) if isinstance(parts, Node) else parts:
            if not isinstance(node, Product) or part == ONE or isinstance(part, Index | Name):
                for kind, new, cost in _beside(part, material.atoms, material):
                    yield kind, rebuilt(node, {id(part): new}), cost


_PLACES: dict[type, tuple[str, ...]] = {
    Big: ("body",),
    Call: ("arguments",),
    Builtin: ("operands",),
    Ratio: ("numerator", "denominator"),
    Power: ("base",),
    Product: ("factors",),
    Plus: ("terms",),
}
"""The parts of formulas that stand by themselves."""


def _beside(part: Node, terms: tuple[Node, ...], material: Material) -> Iterator[_Change]:
    """A factor, divisor or term beside a formula."""
    for factor in material.factors:
        if factor != part:
            yield "factor", multiplied(factor, part), 3.7
            if not isinstance(factor, Indicator | Number):
                yield "dropped denominator", Ratio(part, factor), 4.5
    for tensor in material.tensors:
        yield "factor", Product((tensor, part), ("",)), 4
        yield "factor", Product((part, tensor), ("",)), 4
    for term in () if isinstance(part, Plus) else terms:
        if term != part:
            yield "missing term", Plus((part, term), (1, 1)), 5.1
            yield "missing term", Plus((part, term), (1, -1)), 5.1


def _subscripts(node: Index, material: Material) -> Iterator[_Change]:
    subscripts = node.subscripts
    for at, subscript in enumerate(subscripts):
        if isinstance(subscript, Name):
            for other in material.indices:
                entries = (*subscripts[:at], Name(other), *subscripts[at + 1 :])
                yield "index", replace(node, subscripts=entries), 1
    if len(subscripts) == 2:
        yield "transposed", replace(node, subscripts=tuple(reversed(subscripts))), 1.8


def _indicator(left: Node, right: Node, material: Material) -> Iterator[_Change]:
    for other in map(Name, material.indices):
        for one, two in ((other, right), (left, other)):
            if one != two and isinstance(left, Name) and isinstance(right, Name):
                yield "index", Indicator(Comparison("=", one, two)), 1.5


def _names(node: Index | Name, material: Material) -> Iterator[_Change]:
    name = node.base if isinstance(node, Index) else node
    for family in material.names:
        if isinstance(name, Name) and name.text in family:
            for other in map(Name, family):
                yield "name", replace(node, base=other) if isinstance(node, Index) else other, 2.8


def negated(node: Node) -> Node:
    """Minus a formula, with its sign taken in."""
    if isinstance(node, Plus) and len(node.terms) == 1:
        return node.terms[0] if node.signs[0] < 0 else Plus(node.terms, (-node.signs[0],))
    return Plus((node,), (-1,))


def _plus(node: Plus, terms: tuple[Node, ...], signs: tuple[int, ...], material: Material) -> Iterator[_Change]:
    for at in range(len(terms)):
        flipped = (*signs[:at], -signs[at], *signs[at + 1 :])
        if len(terms) == 1 and signs[0] < 0:
            yield "sign", terms[0], 1
        else:
            yield "sign", replace(node, signs=flipped), 1
    if len(terms) == 1:
        return
    yield "sign", replace(node, signs=tuple(-sign for sign in signs)), 1.5
    for at in range(len(terms)):
        rest, kept = terms[:at] + terms[at + 1 :], signs[:at] + signs[at + 1 :]
        yield "missing term", rest[0] if len(rest) == 1 and kept[0] > 0 else Plus(rest, kept), 3
    for term in material.terms:
        for sign in (1, -1):
            yield "missing term", Plus((*terms, term), (*signs, sign)), 4


def multiplied(factor: Node, node: Node) -> Node:
    """A factor before a formula."""
    if isinstance(node, Product):
        return Product((factor, *node.factors), ("", *node.joints))
    if node == ONE:
        return factor
    if isinstance(node, Ratio) and node.numerator == ONE:
        return Ratio(factor, node.denominator)
    return Product((factor, node), ("",))


def _product(node: Product, factors: tuple[Node, ...]) -> Iterator[_Change]:
    for at in range(len(factors)):
        rest = factors[:at] + factors[at + 1 :]
        joints = node.joints[1:] if at == 0 else node.joints[: at - 1] + node.joints[at:]
        yield "factor", rest[0] if len(rest) == 1 else Product(rest, joints), 2.8
    if len(factors) == 2:
        first, second = factors
        yield "other", Plus((first, second), (1, 1)), 4
        yield "other", Ratio(first, second), 4.2
        if isinstance(second, Transpose):
            yield "transposed", Product((second.operand, Transpose(first)), ("",)), 2
        if isinstance(second, Big) and second.kind == "sum" and second.index in free_names(first):
            yield "index", replace(second, body=multiplied(first, second.body)), 2.5
        if isinstance(second, Derivative) and isinstance(second.subject, Big):
            total = second.subject
            if total.index in free_names(first):
                yield "index", replace(total, body=multiplied(first, replace(second, subject=total.body))), 2.5
    for at, factor in enumerate(factors):
        if isinstance(factor, Name):
            changed = (*factors[:at], Transpose(factor), *factors[at + 1 :])
            yield "transposed", Product(changed, node.joints), 2
        if isinstance(factor, Index | Name | Plus | Call) and not isinstance(factor, Power):
            changed = (*factors[:at], Power(factor, TWO), *factors[at + 1 :])
            yield "power", Product(changed, node.joints), 3


def _call(node: Call, function: Node, arguments: tuple[Node, ...], material: Material) -> Iterator[_Change]:
    if isinstance(function, Prime):
        yield "wrong derivative", replace(node, function=function.operand), 2.2
    elif isinstance(function, Name):
        yield "wrong derivative", replace(node, function=Prime(function, 1)), 2.2
        for other in material.functions:
            if other != function.text:
                yield "name", replace(node, function=Name(other)), 2.8
        if len(arguments) == 1 and isinstance(arguments[0], Call) and arguments[0].function == function:
            yield "power", Power(arguments[0], TWO), 2
    if len(arguments) == 1:
        yield "sign", replace(node, arguments=(negated(arguments[0]),)), 1.6


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
                yield Edit(renamed(tree, index, other), "index", Name(index), Name(other), 1.4, everywhere=True)


def _whole(tree: Node, material: Material) -> Iterator[Edit]:
    """Changes of the formula as a whole, which are more likely than the same change inside it."""
    yield Edit(negated(tree), "sign", tree, negated(tree), 1.1)
    yield Edit(Transpose(tree), "transposed", tree, Transpose(tree), 2.1)
    for term in material.terms:
        yield Edit(Plus((term, tree), (1, -1)), "missing term", tree, Plus((term, tree), (1, -1)), 4.1)
    for kind, new, cost in _beside(tree, material.terms, material):
        yield Edit(new, kind, tree, new, cost - 1.1)
