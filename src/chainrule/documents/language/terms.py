"""The terms of the strict language, each of whose nodes has one meaning; a `derivation` is made of them.

Every product is explicit, every index is bound or declared, and no name has two meanings. Numbers are scalars; a vector
is a column, a matrix of width 1, and its transpose a row. `docs/check/strict_language.md` is the language on one page.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any, NamedTuple, TypeAlias

from chainrule.documents.language import trees
from chainrule.documents.language.trees import Tree, every_part, kept, parts_of

Span: TypeAlias = tuple[int, int]


@dataclass(frozen=True)
class Term(Tree):
    """A formula or a part of one; `span`, its place in the text it was read from, takes no part in comparisons."""

    span: Span = field(default=(0, 0), compare=False, kw_only=True)


@dataclass(frozen=True)
class Number(Term):
    """An exact rational number; `decimals`, how many are printed, takes no part in comparisons."""

    value: Fraction
    decimals: int = field(default=0, compare=False, kw_only=True)


def decimals_in(text: str) -> int:
    """How many decimals a number has as text.

    >>> decimals_in("2"), decimals_in("0.090"), decimals_in("1.5e-3")
    (0, 3, 4)
    """
    digits, _, exponent = text.lower().partition("e")
    return max(0, len(digits.partition(".")[2]) - int(exponent or 0))


ZERO, ONE = Number(Fraction(0)), Number(Fraction(1))


@dataclass(frozen=True)
class Name(Term):
    """A declared or defined name, a bound index, or a size used as a number."""

    text: str


@dataclass(frozen=True)
class Entry(Term):
    """x[i], W[i, j]: an entry of an array; indices count from 1."""

    base: Term
    indices: tuple[Term, ...]


@dataclass(frozen=True)
class Apply(Term):
    """An operator of `operators.OPERATORS` on its operands: a + b, W @ x, exp(x), W'."""

    operator: str
    operands: tuple[Term, ...]


@dataclass(frozen=True)
class Call(Term):
    """A function that the document defines, or leaves unknown, at some arguments.

    `order` has the number of derivatives by each argument, as in f'(x) and f''(x); empty means none.
    """

    function: str
    arguments: tuple[Term, ...]
    order: tuple[int, ...] = ()


@dataclass(frozen=True)
class RuleCall(Term):
    """The result of the package's own code: code(softmax.pullback, x, v).

    `rule` is a rule with its options, `part` one of its functions (`rule_functions`). `axes` has the number of axes of
    each argument for the code, where a column has one, and `shape` the sizes of the result; both are missing
    as long as shapes are not known.
    """

    rule: str
    part: str
    arguments: tuple[Term, ...]
    axes: tuple[int, ...] = ()
    shape: tuple[Term, ...] | None = None


@dataclass(frozen=True)
class Fold(Term):
    """A sum, product, maximum or minimum ("sum", "prod", "max", "min") over an index from `low` to `high`.

    Only indices at which the condition holds count.
    """

    kind: str
    index: str
    low: Term
    high: Term
    body: Term
    condition: Condition | None = None


@dataclass(frozen=True)
class Family(Term):
    """[i in n, j in m] body: the column, matrix or array whose entries are body."""

    indices: tuple[tuple[str, Term], ...]
    body: Term


@dataclass(frozen=True)
class Table(Term):
    """A matrix or a column written out, row by row: table(a, b | c, d)."""

    rows: tuple[tuple[Term, ...], ...]


@dataclass(frozen=True)
class Choice(Term):
    """Values with conditions, of which the first that holds counts; without any it is undefined."""

    branches: tuple[tuple[Condition, Term], ...]
    otherwise: Term | None = None


@dataclass(frozen=True)
class Truth(Term):
    """[condition]: 1 where it holds, else 0."""

    condition: Condition


@dataclass(frozen=True)
class Slope(Term):
    """A derivative of `body` by `variable`, a name, an entry or a member of one; its `kind` says which.

    "partial"   a scalar by a scalar
    "gradient"  a scalar by an array, in the array's shape
    "jacobian"  a column by a column: rows are outputs
    "hessian"   a scalar by a column, twice

    A defined name is free while it is differentiated by, and has its value afterwards; what is defined by it moves.
    Names in `holding` do not move.
    """

    kind: str
    body: Term
    variable: Term
    holding: tuple[str, ...] = ()

    @property
    def moved(self) -> str:
        """The name that moves.

        >>> W, i = Name("W"), Name("i")
        >>> Slope("gradient", Name("L"), W).moved, Slope("gradient", Name("L"), Apply("member", (W, i))).moved
        ('W', 'W')
        """
        return base_in(self.variable)


@dataclass(frozen=True)
class Differential(Term):
    """d(body): its change to first order along the changes d(x) of all free names x but those that it holds."""

    body: Term
    holding: tuple[str, ...] = ()


@dataclass(frozen=True)
class At(Term):
    """`body` where a name has another value."""

    body: Term
    name: str
    value: Term


@dataclass(frozen=True)
class LimitOf(Term):
    """The limit of `body` where a name, a number, tends to another value from both sides."""

    body: Term
    name: str
    to: Term


# Conditions


@dataclass(frozen=True)
class Comparison(Term):
    """left < right, and =, !=, <=, >, >=."""

    relation: str
    left: Term
    right: Term


@dataclass(frozen=True)
class Junction(Term):
    """Several conditions joined by "and" or by "or"."""

    kind: str
    conditions: tuple[Condition, ...]


@dataclass(frozen=True)
class Not(Term):
    """The opposite of a condition."""

    condition: Condition


@dataclass(frozen=True)
class Is(Term):
    """x is positive: a fact, one of `strict_terms.FACTS`, about a name."""

    subject: Term
    fact: str


Condition: TypeAlias = Comparison | Junction | Not | Is


def is_printed(term: Term) -> bool:
    """Whether a term is a number that is printed, or a table of such numbers."""
    match term:
        case Number():
            return True
        case Apply("negative", (inside,)):
            return is_printed(inside)
        case Table(rows=rows):
            return all(is_printed(entry) for row in rows for entry in row)
    return False


# Walks


def parts(term: Term) -> tuple[Term, ...]:
    """The terms directly under a term, from left to right.

    >>> [type(part).__name__ for part in parts(Apply("+", (Name("x"), ONE)))]
    ['Name', 'Number']
    """
    return parts_of(term, Term)


def every(term: Term) -> tuple[Term, ...]:
    """The term and all below it, from left to right."""
    return every_part(term, Term)


def depth(term: Term) -> int:
    """How many terms lie within each other.

    >>> depth(Apply("+", (Name("x"), ONE)))
    2
    """
    found, level = 0, [term]
    while level:
        found, level = found + 1, [part for each in level for part in parts(each)]
    return found


def mapped(term: Term, function: Any) -> Term:
    """The term whose direct parts are replaced by function(part).

    >>> mapped(Entry(Name("x"), (Name("i"),)), lambda part: Name(part.text + "2"))
    Entry(span=(0, 0), base=Name(span=(0, 0), text='x2'), indices=(Name(span=(0, 0), text='i2'),))
    """
    found: Term = trees.mapped(term, function, Term)
    return found


def substituted(term: Term, change: Callable[[Any], Term | None]) -> Term:
    """The term with change(part) in the place of each part for which this is a term, the outermost ones first.

    >>> term = Apply("+", (Name("x"), Entry(Name("x"), (Name("i"),))))
    >>> sorted(free_names(substituted(term, {Name("x"): Name("y")}.get)))
    ['i', 'y']
    """
    found = change(term)
    return mapped(term, lambda part: substituted(part, change)) if found is None else found


def is_number(term: Term, value: int) -> bool:
    """Whether a term is a whole number.

    >>> is_number(Apply("negative", (ONE,)), -1)
    True
    """
    if isinstance(term, Apply) and term.operator == "negative":
        return is_number(term.operands[0], -value)
    return isinstance(term, Number) and term.value == value


def base_of(term: Term) -> str:
    """The name that a term is, or of which it is an entry; nothing for other terms.

    >>> base_of(Entry(Name("x"), (Name("i"),))), base_of(Number(Fraction(2)))
    ('x', '')
    """
    inner = term.base if isinstance(term, Entry) else term
    return inner.text if isinstance(inner, Name) else ""


def base_in(term: Term) -> str:
    """The name that a term is, or of which it is an entry or a member; nothing for other terms.

    >>> base_in(Apply("member", (Apply("'", (Name("X"),)), Name("i")))), base_in(Entry(Name("x"), (Name("i"),)))
    ('X', 'x')
    """
    if isinstance(term, Apply) and term.operator == "member":
        term = term.operands[0]
    if isinstance(term, Apply) and term.operator == "'":
        term = term.operands[0]
    return base_of(term)


class Use(NamedTuple):
    """Some entries of an array: those with an index along an axis."""

    name: str
    axis: int
    at: Term


def uses_of(term: Term) -> tuple[Use, ...]:
    """The entry or the member that a term is, once for each of its indices; none for another term.

    >>> [use.axis for use in uses_of(Entry(Name("W"), (Name("i"), Name("j"))))]
    [0, 1]
    >>> uses_of(Apply("member", (Apply("'", (Name("X"),)), Name("i"))))[0].axis
    0
    """
    match term:
        case Entry(base=Name(text=text), indices=indices):
            return tuple(Use(text, axis, index) for axis, index in enumerate(indices))
        case Apply("member", (Name(text=text), index)):
            return (Use(text, 1, index),)
        case Apply("member", (Apply("'", (Name(text=text),)), index)):
            return (Use(text, 0, index),)
    return ()


def bound_in(term: Term) -> tuple[str, ...]:
    """The names that a term binds for the terms below it."""
    match term:
        case Fold(index=index):
            return (index,)
        case Family(indices=indices):
            return tuple(name for name, _ in indices)
        case LimitOf(name=name):
            return (name,)
    return ()


@kept
def free_names(term: Term) -> frozenset[str]:
    """The names in a term that it does not bind, functions included.

    >>> sorted(free_names(Fold("sum", "i", ONE, Name("n"), Entry(Name("x"), (Name("i"),)))))
    ['n', 'x']
    """
    match term:
        case Name(text=text):
            return frozenset({text})
        case Fold(low=low, high=high, index=index):
            outside = free_names(low) | free_names(high)
            inside = [term.body] if term.condition is None else [term.body, term.condition]
            return outside | (frozenset[str]().union(*map(free_names, inside)) - {index})
        case Family(indices=indices, body=body):
            sizes = frozenset[str]().union(*(free_names(size) for _, size in indices))
            return sizes | (free_names(body) - {name for name, _ in indices})
        case LimitOf(body=body, name=name, to=to):
            return (free_names(body) - {name}) | free_names(to)
    found = frozenset[str]().union(*map(free_names, parts(term)))
    if isinstance(term, Call):
        found |= {term.function}
    if isinstance(term, At):
        found |= {term.name}
    return found
