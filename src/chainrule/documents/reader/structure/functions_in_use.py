"""Functions that are defined where they are used: h = g(w^T x + b) = 1 / (1 + e^{-(w^T x + b)}) says what g is.

Nothing else may say what g is, and its value may be made of its argument alone.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence

from chainrule.documents.language import terms
from chainrule.documents.language.derivation import Definition, Relation, ValueKind
from chainrule.documents.language.terms import Call, Name, Number, Term
from chainrule.documents.reader.syntax.known_words import ELEMENTARY

ARGUMENT = "argument_of_"


def defined_in_use(claims: Sequence[Relation], known: Collection[str]) -> dict[int, Definition]:
    """By the numbers of claims: the definitions of functions that these give. Known names have others.

    Examples
    --------
    >>> from chainrule.documents.language.parsing import derivation_of
    >>> text = "g : function(number) -> number; x : number; claim: g(2 * x) = 1 / (2 * x) + 1"
    >>> [definition] = defined_in_use(derivation_of(text).claims, ()).values()
    >>> definition.name, sorted(terms.free_names(definition.body))
    ('g', ['argument_of_g'])
    """
    found = dict[str, list[tuple[int, Term]]]()
    for number, claim in enumerate(claims):
        for call, value in _given(claim):
            if call.function not in known and call.function not in ELEMENTARY.values():
                body = terms.substituted(value, {call.arguments[0]: Name(ARGUMENT + call.function)}.get)
                if terms.free_names(body) == {ARGUMENT + call.function}:
                    found.setdefault(call.function, []).append((number, body))
    return {
        every[0][0]: Definition(name, every[0][1], ((ARGUMENT + name, ValueKind(())),))
        for name, every in found.items()
        if all(body == every[0][1] for _, body in every)
    }


# What follows is private.


def _given(claim: Relation) -> Iterator[tuple[Call, Term]]:
    """The sides that are a call of a function of one argument, each with the other side."""
    for side, other in ((claim.left, claim.right), (claim.right, claim.left)):
        match side:
            case Call(arguments=(argument,), order=order) if claim.relation == "=" and not (
                any(order) or claim.conditions or isinstance(argument, Number)
            ):
                yield side, other
