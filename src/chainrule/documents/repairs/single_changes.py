"""All terms that differ from a term by one change that undoes a common slip, the likely ones first."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import partial
from itertools import permutations, product

from chainrule.documents.language import terms
from chainrule.documents.language.operators import OPERATORS
from chainrule.documents.language.terms import ONE, ZERO, Apply, Call, Entry, Fold, Name, Number, Term

TWO, HALF = Number(Fraction(2)), Number(Fraction(1, 2))
PRODUCTS = ("*", ".*", "@")
MOST_MATERIAL = 16


@dataclass(frozen=True)
class TermChange:
    """A changed term.

    Attributes
    ----------
    kind : str
        The slip that the change undoes: "sign", "index", "transpose", "factor", "term", "power", "derivative", "name",
        "order", "operation", "constant" or "chain rule".
    old, new : Term
        The part that was replaced, and its replacement.
    term : Term
        The whole after the change.
    cost : float
        Rare slips and large changes cost more.
    """

    kind: str
    old: Term
    new: Term
    term: Term
    cost: float


@dataclass(frozen=True)
class Material:
    """Indices, sizes, names and terms that a change may bring in.

    Attributes
    ----------
    indices, sizes, names : tuple of str
        `names` are those of numbers and arrays.
    factors, inner : tuple of Term
        `inner` has the derivatives of what functions are applied to.
    """

    indices: tuple[str, ...] = ()
    sizes: tuple[str, ...] = ()
    names: tuple[str, ...] = ()
    factors: tuple[Term, ...] = ()
    inner: tuple[Term, ...] = ()

    @staticmethod
    def of(
        sides: Sequence[Term],
        indices: Iterable[str],
        sizes: Iterable[str],
        names: Iterable[str],
        inner: Iterable[Term] = (),
    ) -> Material:
        """The material in both sides of a claim: entries, names, calls and derivatives, and 1 minus each of them."""
        indices, sizes = tuple(indices), tuple(sizes)
        inside = [part for side in sides for part, role, _ in _places(side) if role == "value"]
        bound = {name for side in sides for part in terms.every(side) for name in terms.bound_in(part)}
        found: list[Term] = [
            part for part in inside if isinstance(part, Entry | Name | Call | Fold | terms.Slope | Apply)
        ]
        found = [part for part in found if not isinstance(part, Apply) or OPERATORS[part.operator].place == "function"]
        found += [_renamed(part, one, other) for part in found[:] for one in bound for other in indices
                  if one in terms.free_names(part)]  # fmt: skip
        found = [part for part in dict.fromkeys(found) if not terms.free_names(part) & (bound - set(indices))]
        found = sorted(found, key=lambda part: (sum(1 for _ in terms.every(part)), str(part)))[:MOST_MATERIAL]
        pairs = [(a, b) for a, b in permutations(sorted(indices), 2) if a < b]
        deltas = [terms.Truth(terms.Comparison("=", Name(a), Name(b))) for a, b in pairs[:3]]
        rest = [Apply("-", (ONE, part)) for part in found if isinstance(part, Entry | Name | Call)]
        factors = (TWO, HALF, *map(Name, sizes), *deltas, *found, *rest)
        return Material(indices, sizes, tuple(names), tuple(dict.fromkeys(factors)), tuple(inner))


def changes(term: Term, material: Material) -> list[TermChange]:
    """All single changes of a term, the likely ones first.

    >>> from chainrule.documents.language.parsing import term_of
    >>> from chainrule.documents.language.printing import text_of
    >>> found = changes(term_of("x[i] - 1"), Material(indices=("i", "j")))
    >>> [text_of(each.term) for each in found[:3]]
    ['x[i] + 1', 'x[j] - 1', '1 - x[i]']
    """
    found = list[TermChange]()
    for part, role, rebuilt in _places(term):
        made = [*_index_changes(part, material)]
        if role == "value":
            made += [*_changes(part, material), *_beside(part, material, part is term)]
        found += (TermChange(kind, part, new, rebuilt(new), cost) for kind, new, cost in made if new != part)
    found.append(TermChange("sign", term, _negative(term), _negative(term), 1.1))
    for one, other in permutations(sorted({*material.indices} & terms.free_names(term)), 2):
        if one < other:
            found.append(TermChange("index", term, swapped := _swapped(term, one, other), swapped, 1.5))
    unique = {each.term: each for each in sorted(found, key=lambda each: -each.cost) if each.term != term}
    return sorted(unique.values(), key=lambda each: each.cost)


# What follows is private.

_Made = tuple[str, Term, float]


def _places(term: Term, role: str = "value") -> Iterator[tuple[Term, str, Callable[[Term], Term]]]:
    """Each part that may change, "value" or "index", and the function that puts another one into its place."""
    yield term, role, lambda new: new
    for number, part in enumerate(terms.parts(term)):
        inner = _role(term, part, role)
        for found, its_role, rebuilt in _places(part, inner) if inner else ():
            yield found, its_role, partial(_rebuilt, term, number, rebuilt)


def _rebuilt(term: Term, number: int, rebuilt: Callable[[Term], Term], new: Term) -> Term:
    """A term with a new part in a part of it."""
    return _with_part(term, number, rebuilt(new))


def _role(whole: Term, part: Term, role: str) -> str:
    match whole:
        case Fold(body=body) | terms.Family(body=body) | terms.Slope(body=body):
            return role if part is body else "index" if isinstance(whole, terms.Slope) else ""
        case Apply(operator="^" | ".^" | "power", operands=(_, exponent)) if part is exponent:
            return ""
        case Apply() | Call():
            return role
    return ""


def _with_part(term: Term, number: int, new: Term) -> Term:
    places = iter(range(1_000_000))
    return replace(terms.mapped(term, lambda part: new if next(places) == number else part), span=(0, 0))


def _renamed(term: Term, one: str, other: str) -> Term:
    new = terms.mapped(term, lambda part: _renamed(part, one, other))
    return Name(other) if new == Name(one) else new if new == term else replace(new, span=(0, 0))


def _swapped(term: Term, one: str, other: str) -> Term:
    return _renamed(_renamed(_renamed(term, one, "·"), other, one), "·", other)


def _negative(term: Term) -> Term:
    return term.operands[0] if isinstance(term, Apply) and term.operator == "negative" else Apply("negative", (term,))


def _index_changes(part: Term, material: Material) -> Iterator[_Made]:
    """Another index, or two indices exchanged."""
    match part:
        case Entry(base=base, indices=indices):
            if len(indices) == 2:
                yield "index", Entry(base, indices[::-1]), 1.2
            for number, other in product(range(len(indices)), material.indices):
                if isinstance(indices[number], Name):
                    yield "index", Entry(base, (*indices[:number], Name(other), *indices[number + 1 :])), 1.0
        case terms.Truth(condition=terms.Comparison(relation=relation, left=Name() as left, right=Name() as right)):
            for index in map(Name, material.indices):
                for pair in ((left, index), (index, right)):
                    yield "index", terms.Truth(terms.Comparison(relation, *pair)), 1.3


def _changes(part: Term, material: Material) -> Iterator[_Made]:
    """The changes of a part by itself."""
    match part:
        case Apply(operator="+" | "-" as sign, operands=(a, b)):
            yield "sign", Apply("-" if sign == "+" else "+", (a, b)), 1.0
            yield "sign", Apply("-", (b, a)), 1.05
            yield from (("term", one, 3.0) for one in (a, b))
        case Apply(operator="negative", operands=(a,)):
            yield "sign", a, 1.0
        case Apply(operator="'", operands=(a,)):
            yield "transpose", a, 1.2
        case Apply(operator="*" | ".*" | "@" | "/" | "./" as sign, operands=(a, b)):
            if sign == "@":
                for x, y in product(_turns(a), _turns(b)):
                    yield "transpose", Apply("@", (x, y)), 1.3
                    yield "order", Apply("@", (y, x)), 1.4
            elif a == TWO:
                yield "transpose", Apply("+", (b, Apply("'", (b,)))), 1.9
            elif sign == ".*":
                yield from (("order", Apply("@", pair), 2.9) for pair in ((a, b), (b, a)))
            for one in (a, b) if sign in PRODUCTS else (a,):
                yield "factor", one, 2.8
            if sign == "/":
                yield "power", Apply("/", (a, Apply("^", (b, TWO)))), 2.4
                yield "power", Apply("/", (Apply("^", (a, TWO)), Apply("^", (b, TWO)))), 2.5
            for operator in {"*": "+/", "/": "*"}.get(sign, ""):
                yield "operation", Apply(operator, (a, b)), 3.3
        case Apply(operator="^" | ".^" as sign, operands=(a, Number(value=value))):
            yield "power", a, 2.0
            yield from (("power", Apply(sign, (a, Number(other))), 2.2) for other in (value + 1, value - 1, -value))
        case Apply(operator=operator, operands=(a,)) if OPERATORS[operator].place == "function":
            yield "sign", Apply(operator, (_negative(a),)), 1.8
            yield "power", Apply("^", (part, TWO)), 2.2
        case Call(function=function, arguments=(argument,), order=order):
            count = sum(order)
            yield "sign", Call(function, (_negative(argument),), order), 1.8
            yield "derivative", Call(function, (argument,), (count + 1,)), 1.6
            if count:
                yield "derivative", Call(function, (argument,), (count - 1,) if count > 1 else ()), 1.6
        case Number(value=value):
            for other in (value + 1, value - 1, value * 2, value / 2, -value):
                yield "constant", Number(other), 3.2
        case Entry(base=Name(), indices=indices):
            yield from (("name", Entry(Name(other), indices), 2.6) for other in material.names)
        case Name(text=text) if text in material.sizes:
            yield from (("name", Name(other), 2.6) for other in material.sizes)
        case Name():
            yield from (("name", Name(other), 2.6) for other in material.names)
            yield "transpose", Apply("'", (part,)), 2.0
        case Fold(kind="sum", index=index, body=body):
            yield from (("term", _renamed(body, index, other), 3.6) for other in material.indices)


def _turns(factor: Term) -> tuple[Term, Term]:
    is_turned = isinstance(factor, Apply) and factor.operator == "'"
    return factor, factor.operands[0] if is_turned and isinstance(factor, Apply) else Apply("'", (factor,))


def _beside(part: Term, material: Material, is_whole: bool) -> Iterator[_Made]:
    """A factor, divisor or term that is missing beside a part."""
    nearer = 0.6 if is_whole else 0.0
    if is_whole:
        yield "term", ZERO, 3.0
    if isinstance(part, Entry | Name | Call):
        yield "power", Apply("^", (part, TWO)), 3.0
    if isinstance(part, Number) or (
        isinstance(part, Apply) and part.operator in ("+", "-", "negative") and not is_whole
    ):
        return
    for factor in material.inner:
        is_plain = not isinstance(factor, terms.Slope)
        yield "chain rule", Apply("*", (factor, part)), (2.3 if is_plain else 3.7) - nearer
    for factor in material.factors:
        cost = 3.4 - nearer + 0.02 * sum(1 for _ in terms.every(factor))
        yield "factor", Apply("*", (factor, part)), cost
        if isinstance(factor, Name | Entry | Call | Fold):
            yield "factor", Apply("/", (part, factor)), cost + 0.5
        if not isinstance(factor, Number | terms.Truth) and is_whole:
            yield "factor", Apply(".*", (part, factor)), cost + 0.1
            yield "factor", Apply("@", (factor, part)), cost + 0.1
            yield "factor", Apply("@", (part, factor)), cost + 0.1
        if not isinstance(factor, Number) and factor != part:
            yield "term", Apply("-", (part, factor)), cost + 0.8
            yield "term", Apply("+", (part, factor)), cost + 0.8
