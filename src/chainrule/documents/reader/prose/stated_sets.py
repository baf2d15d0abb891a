"""Sets to which names belong, as chains tell them: x \\in R^n, and f : R^n \\to R."""

from __future__ import annotations

from chainrule.documents.language.derivation import FunctionKind, Kind, ValueKind
from chainrule.documents.language.terms import ONE
from chainrule.documents.reader.declaring.declarations import Declared
from chainrule.documents.reader.declaring.sets import kind_of_components, members_of
from chainrule.documents.reader.prose.hypotheses import Hypothesis
from chainrule.documents.reader.prose.stated import Stated
from chainrule.documents.reader.syntax import written as w
from chainrule.documents.reader.syntax.parts_written import listed_names
from chainrule.documents.reader.syntax.written import Written, WrittenChain
from chainrule.documents.sources.pieces import Piece


def enter_sets(stated: Stated, chain: WrittenChain, number: int, piece: Piece) -> None:
    """Enter the kinds and facts of names that a chain tells by sets; what is denied tells nothing."""
    if stated.roles.get(number) in ("denied", "past"):
        return
    first, line = chain.members[0], piece.place_of(0)[0]
    for place, link in enumerate(chain.links):
        left, right, *after = chain.members[place : place + 3]
        to = after[0] if after and chain.links[place + 1].relation == "->" else None
        names = listed_names(left) or listed_names(first)
        if link.relation == "in" and right is not None:
            kind, facts = members_of(right) or (None, frozenset())
            sign = left.parts[0] if isinstance(left, w.Beside) else left
            if isinstance(sign, w.Differentiation) and sign.sign == "nabla" and isinstance(kind, ValueKind):
                stated.nabla_is_row |= len(kind.shape) == 2 and kind.shape[0] == ONE
            stated.declared += [Declared(each, kind, line=line, piece=number) for each in names if kind is not None]
            _enter_facts(stated, names, facts, number, piece)
        elif link.relation == ":" and right is not None and to is not None:
            function = _mapping(first or right, right, to)
            stated.declared += [Declared(each, function, line=line, piece=number) for each in names if function]


# What follows is private.


def _enter_facts(stated: Stated, names: list[Written], facts: frozenset[str], number: int, piece: Piece) -> None:
    """Facts about the members of a set, for the pieces over which their sentence reaches."""
    first, last, end = stated.bounds.get(number, (number, number, number))
    role, line = stated.roles.get(number, ""), piece.place_of(0)[0]
    reaches = [(first, end if role in ("assumed", "relative", "") else first, True)]
    if role == "condition":  # what it says of the name may hold beyond its sentence
        reaches = [(last + 1, end, False), (first, last + 1, True)]
    stated.hypotheses += [
        Hypothesis(name, fact, start, stop, certain, line, piece.text)
        for start, stop, certain in reaches
        for name in names
        for fact in sorted(facts)
    ]


def _mapping(name: Written, of: Written, to: Written) -> Kind | None:
    """The kind of a function between two sets, or of the array whose components are such functions."""
    before, after = members_of(of), members_of(to)
    if before and after and isinstance(before[0], ValueKind) and isinstance(after[0], ValueKind):
        return FunctionKind((before[0].shape,), after[0].shape)
    return kind_of_components(name, of, to)
