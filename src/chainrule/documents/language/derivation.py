"""Derivations in the strict language: what names are, what is defined and assumed of them, and claims.

A derivation is made of the terms of `terms`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, TypeAlias, cast

from chainrule.documents.language.terms import Call, Condition, Name, Term, every, substituted


@dataclass(frozen=True)
class SizeKind:
    """A positive integer: the length of something."""


@dataclass(frozen=True)
class IndexKind:
    """An index that is data, such as a class label: any of 1, ..., size."""

    size: Term


@dataclass(frozen=True)
class ValueKind:
    """Real numbers of a shape. `facts` are words of `strict_terms.FACTS`, such as "positive" or "one-hot"."""

    shape: tuple[Term, ...]
    facts: frozenset[str] = frozenset()


@dataclass(frozen=True)
class FunctionKind:
    """A smooth function of which nothing else is known, from arrays of some shapes to an array of a shape."""

    arguments: tuple[tuple[Term, ...], ...]
    result: tuple[Term, ...]


Kind: TypeAlias = SizeKind | IndexKind | ValueKind | FunctionKind


@dataclass(frozen=True)
class Declaration:
    """name : kind."""

    name: str
    kind: Kind
    line: int = 0


@dataclass(frozen=True)
class Definition:
    """name(parameters) := body. Parameters have kinds like declared names.

    A size in the kind of a parameter that is not declared is the length of what the function is called with.
    """

    name: str
    body: Term
    parameters: tuple[tuple[str, Kind], ...] = ()
    line: int = 0

    @property
    def is_unknown_loss(self) -> bool:
        """Whether it only says on which names an unknown loss depends: J = J_of(z)."""
        return isinstance(self.body, Call) and self.body.function == f"{self.name}_of"

    @property
    def lengths(self) -> dict[str, tuple[str, int]]:
        """The sizes in kinds of parameters, each with a parameter and the axis along which it is its length."""
        return {
            size.text: (name, axis)
            for name, kind in reversed(self.parameters)
            if isinstance(kind, ValueKind)
            for axis, size in enumerate(kind.shape)
            if isinstance(size, Name)
        }


@dataclass(frozen=True)
class Assumption:
    """A condition that holds for the names in it wherever they occur: sum(k in K) t[k] = 1."""

    condition: Condition
    line: int = 0


@dataclass(frozen=True)
class Relation:
    """left relation right, for all values of all declared names at which the conditions hold.

    Attributes
    ----------
    relation : str
        One of = != < <= > >= ~ (approximately).
    over : tuple of (name, size)
        Indices of this claim alone.
    conditions : tuple of Condition
    line : int
        Its place in the document.
    follows : int or None
        The position of the claim before it in a chain.
    text : str
        The relation as the document writes it.
    from_zero : set of str
        The indices among `over` that begin at 0.
    """

    left: Term
    relation: str
    right: Term
    over: tuple[tuple[str, Term], ...] = ()
    conditions: tuple[Condition, ...] = ()
    line: int = 0
    follows: int | None = None
    text: str = ""
    from_zero: frozenset[str] = frozenset()

    @property
    def parts(self) -> tuple[Term, ...]:
        """Everything on both sides."""
        return *every(self.left), *every(self.right)

    def substituted(self, change: Callable[[Any], Term | None]) -> Relation:
        """The claim with change(part) in the place of parts of its sides and conditions, as in `terms.substituted`.

        >>> from chainrule.documents.language.terms import Comparison
        >>> claim = Relation(Name("x"), "=", Name("z"), conditions=(Comparison("=", Name("x"), Name("z")),))
        >>> claim.substituted({Name("x"): Name("y")}.get).conditions[0].left.text
        'y'
        """
        conditions = tuple(cast("Condition", substituted(each, change)) for each in self.conditions)
        return replace(
            self, left=substituted(self.left, change), right=substituted(self.right, change), conditions=conditions
        )


def first_of_chain(claims: Sequence[Relation], number: int) -> int:
    """The position of the first claim of the chain in which a claim stands.

    >>> from chainrule.documents.language.parsing import derivation_of
    >>> first_of_chain(derivation_of("claim: y = x + x; then: = 2 * x").claims, 1)
    0
    """
    while (before := claims[number].follows) is not None:
        number = before
    return number


@dataclass(frozen=True)
class Derivation:
    """A document in the strict language: names, what is assumed of them, and claims, in this order.

    `supposed` has, by words for them, definitions of unknown functions under which claims may hold.
    """

    declarations: tuple[Declaration, ...] = ()
    definitions: tuple[Definition, ...] = ()
    assumptions: tuple[Assumption, ...] = ()
    claims: tuple[Relation, ...] = ()
    supposed: Mapping[str, Definition] = field(default_factory=dict)

    @property
    def parts(self) -> Iterator[Term]:
        """Everything in the bodies of definitions and on both sides of claims."""
        for definition in self.definitions:
            yield from every(definition.body)
        for claim in self.claims:
            yield from claim.parts
