"""Conditions that say a fact about a name: x > 0 says that x is positive, and Q' @ Q = eye(n) that Q is orthonormal."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from fractions import Fraction
from typing import Any

from chainrule.documents.evidence.array_values import COMPARE
from chainrule.documents.evidence.findings import Counterexample
from chainrule.documents.evidence.inputs import HOLDS
from chainrule.documents.language import terms
from chainrule.documents.language.derivation import Definition, ValueKind
from chainrule.documents.language.dimensions import Shape
from chainrule.documents.language.name_uses import Names


def parts_of_condition(condition: terms.Condition) -> Iterator[terms.Condition]:
    """The conditions that hold together in one, those that make numbers positive first."""
    if isinstance(condition, terms.Junction) and condition.kind == "and":
        yield from sorted((part for each in condition.conditions for part in parts_of_condition(each)), key=_is_below)
    else:
        yield condition


def fact_in(
    condition: terms.Condition, names: Names, facts: Mapping[str, frozenset[str]], shapes: Mapping[str, Shape]
) -> tuple[str, str]:
    """A free name and the fact that an assumption says of it; Q' @ Q = eye(n) makes Q orthonormal.

    A fact about a name that is defined as the list of all entries of another is one about that other name.
    """
    if isinstance(condition, terms.Is):
        condition = replace(condition, subject=_listed(condition.subject, names, shapes))
    if isinstance(condition, terms.Comparison) and condition.left == terms.ZERO:
        condition = terms.Comparison(_TURNED[condition.relation], condition.right, condition.left)
    match condition:
        case terms.Is(subject=terms.Name(text=a), fact=fact) if _is_free(a, names):
            return a, fact
        case terms.Comparison(relation=relation, left=terms.Name(text=a), right=right) if (
            right == terms.ZERO and relation in _SIGNS and _is_free(a, names)
        ):
            return a, _SIGNS[relation]
        case terms.Comparison(relation="<", left=terms.Name(text=a), right=right) if (
            right == terms.ONE and _is_free(a, names) and "positive" in facts.get(a, frozenset())
        ):
            return a, "unit"
        case terms.Comparison(
            relation="=",
            left=terms.Apply(operator="@", operands=(terms.Apply(operator="'", operands=(terms.Name(text=a),)), other)),
            right=terms.Call(function="eye"),
        ) if other == terms.Name(a) and _is_free(a, names):
            return a, "orthonormal"
        case terms.Comparison(
            relation="=",
            left=terms.Name(text=a) as one,
            right=terms.Apply(operator="'", operands=(other,)),
        ) if other == one and _is_free(a, names):
            return a, "symmetric"
    return "", ""


def is_met(condition: terms.Condition | None, point: Counterexample) -> bool:
    """Whether the number of a name satisfies a condition at a counterexample; False if this is not plain.

    Numbers are printed with a few digits, which say nothing of equations.

    >>> from chainrule.documents.language.terms import ZERO, Comparison, Is, Name
    >>> point = Counterexample({}, {}, {"a": "-0.5"}, "1", "2")
    >>> is_met(Is(Name("a"), "nonzero"), point), is_met(Comparison(">", Name("a"), ZERO), point)
    (True, False)
    """
    match condition:
        case terms.Comparison(relation=sign, left=terms.Name(text=name), right=terms.Number() as bound) if sign != "=":
            holds: Callable[..., Any] = COMPARE[sign]
            others: tuple[Fraction, ...] = (bound.value,)
        case terms.Is(subject=terms.Name(text=name), fact=fact) if fact in HOLDS:
            holds, others = HOLDS[fact], ()
        case _:
            return False
    try:
        return bool(holds(Fraction(point.values[name]), *others))
    except (KeyError, ValueError):  # an array
        return False


# What follows is private.


_TURNED = {"<": ">", "<=": ">=", ">": "<", ">=": "<=", "!=": "!=", "=": "="}
_SIGNS = {">": "positive", "<": "negative", ">=": "nonnegative", "!=": "nonzero"}


def _is_below(condition: terms.Condition) -> bool:
    return (
        isinstance(condition, terms.Comparison) and condition.relation in ("<", "<=") and condition.right == terms.ONE
    )


def _is_free(name: str, names: Names) -> bool:
    return name not in names.definitions and isinstance(names.kinds.get(name), ValueKind)


def _listed(subject: terms.Term, names: Names, shapes: Mapping[str, Shape]) -> terms.Term:
    """The array of whose entries, all in their order, a name is defined as the list; otherwise the name itself."""
    match names.definitions.get(getattr(subject, "text", "")):
        case Definition(name=name, body=terms.Family(over, terms.Entry(terms.Name(text=text) as every, at))):
            in_order = at == tuple(terms.Name(index) for index, _ in over)
            if in_order and _dims(shapes.get(name)) == _dims(shapes.get(text)) is not None:
                return every
    return subject


def _dims(shape: Shape | None) -> list[object] | None:
    return None if shape is None or shape.known is None else [dim.final for dim in shape.known]
