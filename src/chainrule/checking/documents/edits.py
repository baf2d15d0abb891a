"""Single edits of a formula, each undoing one common slip.

The repair search asks which edits of a wrong side make a step true.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from fractions import Fraction

from chainrule.checking.documents.tree import (
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
    """A changed formula: the part that was replaced, its replacement, and the kind of slip that the change undoes."""

    tree: Node
    kind: str
    old: Node
    new: Node
    cost: float
    """Rare slips and large changes cost more."""


@dataclass(frozen=True)
class Material:
    """Indices, interchangeable names, factors and terms that edits may insert."""

    indices: tuple[str, ...] = ()
    names: tuple[tuple[str, ...], ...] = ()
    factors: tuple[Node, ...] = ()
    terms: tuple[Node, ...] = ()
    tensors: tuple[Node, ...] = ()
    """Vectors and matrices, and their transposes, for products that lack one."""
    atoms: tuple[Node, ...] = ()
    """Names and entries, for parts of the formula that lack a term."""
    sums: tuple[Big, ...] = ()
    """Sums whose index and limits an edit may take."""


def edits(tree: Node, material: Material) -> Iterator[Edit]:
    """All single edits of a formula."""
    for node in walk(tree):
        for kind, new, cost in (*_changes(node, material), *_inside(node, material)):
            if new != node:
                yield Edit(rebuilt(tree, {id(node): new}), kind, node, new, cost)
    yield from _everywhere(tree, material)
    for kind, new, cost in _whole(tree, material):
        yield Edit(new, kind, tree, new, cost)


_Change = tuple[str, Node, float]


def _changes(node: Node, material: Material) -> Iterable[_Change]:
    match node:
        case Index():
            return [*_subscripts(node, material), *_names(node, node.base, material)]
        case Name():
            return _names(node, node, material)
        case Indicator(condition=Comparison(left=Name() as left, right=Name() as right)):
            pairs = [pair for other in map(Name, material.indices) for pair in ((other, right), (left, other))]
            return [("index", Indicator(Comparison("=", one, two)), 1.5) for one, two in pairs if one != two]
        case Plus():
            return [*_plus(node), *_with_term(node, material.terms, 4)]
        case Product():
            return [*_dropped_factors(node), *_reordered(node)]
        case Ratio(numerator=above, denominator=below):
            return [
                ("dropped denominator", above, 2.5),
                ("power", Ratio(above, Power(below, TWO)), 2.4),
                ("power", Ratio(Power(above, TWO), Power(below, TWO)), 2.5),
            ]
        case Power(base=base, exponent=Number(value=value)):
            others = (("power", value + 1, 2.2), ("power", value - 1, 2.2), ("sign", -value, 2.6))
            return [("power", base, 2), *((kind, Power(base, Number(other)), cost) for kind, other, cost in others)]
        case Power(base=base):
            return [("power", base, 2)]
        case Transpose(operand=operand):
            return [("transposed", operand, 2)]
        case Number(value=value):
            return [("constant", Number(v), 3.2) for v in (value + 1, value - 1, value * 2, value / 2, -value)]
        case Builtin(name="exp", operands=(operand,)):
            return [("sign", Builtin("exp", (negated(operand),)), 2.2)]
        case Builtin(name="log", operands=(operand,)):
            return [("other", operand, 4.5)]
        case Builtin(name=name, operands=(Builtin(name=inner) as operand,)) if name == inner:
            return [("power", Power(operand, TWO), 2)]
        case Builtin(name="tanh" | "abs" | "cosh" | "sinh"):
            return [("power", Power(node, TWO), 2.6)]
        case Call():
            return _call(node, material)
        case Big(kind="sum"):
            return _sum(node, material)
    return []


def _whole(tree: Node, material: Material) -> Iterator[_Change]:
    """Changes of the formula as a whole, which are more likely than the same change inside it."""
    yield "sign", negated(tree), 1.1
    yield "transposed", Transpose(tree), 2.1
    yield from ((kind, new, cost - 1.1) for kind, new, cost in _beside(tree, material))
    yield from _with_term(tree, material.terms, 4)
    yield from (("missing term", Plus((term, tree), (1, -1)), 4.1) for term in material.terms if term != tree)


def _everywhere(tree: Node, material: Material) -> Iterator[Edit]:
    """One free index in place of another, throughout."""
    free = free_names(tree)
    for index in material.indices:
        for other in material.indices if index in free else ():
            if index != other:
                yield Edit(renamed(tree, index, other), "index", Name(index), Name(other), 1.4)


def _inside(node: Node, material: Material) -> Iterator[_Change]:
    """A factor, divisor or term put in where a formula stands inside another."""
    for name in _PLACES.get(type(node), ()):
        parts = getattr(node, name)
        for part in (parts,) if isinstance(parts, Node) else parts:
            if not isinstance(node, Product) or part == ONE or isinstance(part, Index | Name):
                terms = () if isinstance(part, Plus) else material.atoms
                for kind, new, cost in (*_beside(part, material), *_with_term(part, terms, 5.1)):
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


def _beside(part: Node, material: Material) -> Iterator[_Change]:
    """A factor or divisor beside a formula; the formula as its own factor makes a square."""
    for factor in material.factors:
        if factor == part:
            yield "power", Power(part, TWO), 3
        else:
            yield "factor", multiplied(factor, part), 3.7
            if not isinstance(factor, Indicator | Number):
                yield "dropped denominator", Ratio(part, factor), 4.5
    for tensor in material.tensors:
        yield "factor", Product((tensor, part), ("",)), 4
        yield "factor", Product((part, tensor), ("",)), 4


def _with_term(part: Node, more: tuple[Node, ...], cost: float) -> Iterator[_Change]:
    """One more term."""
    terms, signs = (part.terms, part.signs) if isinstance(part, Plus) else ((part,), (1,))
    for term in more:
        if term != part:
            yield from (("missing term", Plus((*terms, term), (*signs, sign)), cost) for sign in (1, -1))


def _subscripts(node: Index, material: Material) -> Iterator[_Change]:
    """Another index, two indices exchanged, or a sum over the index."""
    subscripts = node.subscripts
    for at, subscript in enumerate(subscripts):
        for other in material.indices if isinstance(subscript, Name) else ():
            entries = (*subscripts[:at], Name(other), *subscripts[at + 1 :])
            yield "index", replace(node, subscripts=entries), 1
    if len(subscripts) == 2:
        yield "transposed", replace(node, subscripts=tuple(reversed(subscripts))), 1.8
    for total in material.sums:
        if len(subscripts) == 1 and isinstance(subscripts[0], Name) and subscripts[0].text != total.index:
            yield "missing term", replace(total, body=replace(node, subscripts=(Name(total.index),))), 3.8


def _names(node: Node, name: Node, material: Material) -> Iterator[_Change]:
    """Another name in a formula."""
    for family in material.names:
        if isinstance(name, Name) and name.text in family:
            for other in map(Name, family):
                yield "name", rebuilt(node, {id(name): other}), 2.8


def negated(node: Node) -> Node:
    """Minus a formula, with its sign taken in."""
    if isinstance(node, Plus) and len(node.terms) == 1:
        return node.terms[0] if node.signs[0] < 0 else Plus(node.terms, (-node.signs[0],))
    return Plus((node,), (-1,))


def _plus(node: Plus) -> Iterator[_Change]:
    """Another sign, or a term less."""
    terms, signs = node.terms, node.signs
    if len(terms) == 1:
        yield "sign", negated(node), 1
        return
    for at in range(len(terms)):
        yield "sign", replace(node, signs=(*signs[:at], -signs[at], *signs[at + 1 :])), 1
        rest, kept = terms[:at] + terms[at + 1 :], signs[:at] + signs[at + 1 :]
        yield "missing term", rest[0] if kept == (1,) else Plus(rest, kept), 3
    yield "sign", replace(node, signs=tuple(-sign for sign in signs)), 1.5


def multiplied(factor: Node, node: Node) -> Node:
    """A factor before a formula."""
    if isinstance(node, Product):
        return Product((factor, *node.factors), ("", *node.joints))
    if node == ONE:
        return factor
    if isinstance(node, Ratio) and node.numerator == ONE:
        return Ratio(factor, node.denominator)
    return Product((factor, node), ("",))


def _dropped_factors(node: Product) -> Iterator[_Change]:
    for at in range(len(node.factors)):
        rest = node.factors[:at] + node.factors[at + 1 :]
        joints = node.joints[1:] if at == 0 else node.joints[: at - 1] + node.joints[at:]
        yield "factor", rest[0] if len(rest) == 1 else Product(rest, joints), 2.8


def _reordered(node: Product) -> Iterator[_Change]:
    """Another operation than the product, transposed or squared factors, a factor or derivative inside its sum."""
    factors = node.factors
    yield "other", replace(node, joints=("⊙",) * len(node.joints)), 3.5
    if len(factors) == 2:
        first, second = factors
        yield "other", Plus(factors, (1, 1)), 4
        yield "other", Ratio(first, second), 4.2
        match second:
            case Transpose(operand=operand):
                yield "transposed", Product((operand, Transpose(first)), ("",)), 2
            case Big(kind="sum", index=index) if index in free_names(first):
                yield "index", replace(second, body=multiplied(first, second.body)), 2.5
            case Derivative(subject=Big(index=index) as total) if index in free_names(first):
                yield "index", replace(total, body=multiplied(first, replace(second, subject=total.body))), 2.5
    for factor in factors:
        if isinstance(factor, Name):
            yield "transposed", rebuilt(node, {id(factor): Transpose(factor)}), 2
        if isinstance(factor, Name | Index | Plus | Call):
            yield "power", rebuilt(node, {id(factor): Power(factor, TWO)}), 3


def _call(node: Call, material: Material) -> Iterator[_Change]:
    """A function instead of its derivative or the reverse, another function, a square, another sign inside."""
    function, arguments = node.function, node.arguments
    name = function.operand if isinstance(function, Prime) else function
    yield "wrong derivative", replace(node, function=Prime(name, 1) if name is function else name), 2.2
    yield from _names(node, name, material)
    if len(arguments) == 1:
        yield "sign", replace(node, arguments=(negated(arguments[0]),)), 1.6
        if isinstance(arguments[0], Call) and arguments[0].function == function:
            yield "power", Power(arguments[0], TWO), 2


def _sum(node: Big, material: Material) -> Iterator[_Change]:
    """Another index of the sum, a factor with its index, or one summand alone."""
    for label in material.indices:
        yield "index", replace(node, index=label), 1.9
        if label not in {node.index, *free_names(node.body)}:
            yield "index", renamed(node.body, node.index, label), 4
        for factor in material.factors:
            if label in free_names(factor):
                yield "factor", replace(node, body=multiplied(renamed(factor, label, node.index), node.body)), 3.7


def renamed(node: Node, index: str, other: str) -> Node:
    """The formula with one index in place of another."""
    swap = {id(n): Name(other) for n in walk(node) if isinstance(n, Name) and n.text == index}
    return rebuilt(node, swap)
