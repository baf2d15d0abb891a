"""The ranges that a text states for the indices of a formula: z_i = x_i^2 for i = 1, ..., n - 1."""

from __future__ import annotations

from contextlib import suppress

from chainrule.documents.language import terms
from chainrule.documents.language.derivation import SizeKind
from chainrule.documents.language.terms import Term
from chainrule.documents.reader.interpretation.document_state import DocumentState
from chainrule.documents.reader.structure.statements import Statement
from chainrule.documents.reader.syntax import written as w
from chainrule.documents.reader.syntax.known_words import NotMeant


def stated_ranges(state: DocumentState, statement: Statement) -> dict[str, Term]:
    """By index: the number up to which it runs from 1 in a statement, as its conditions or its sentence say.

    An index of which two ranges are stated is left out.
    """
    place = state.number_of(statement)
    reaching = (
        each.subject for each in state.besides.stated.hypotheses if each.certain and each.start <= place < each.end
    )
    found, told_twice = dict[str, w.Written](), set[str]()
    for condition in (*statement.conditions, *reaching):
        if (told := _range_in(condition)) is not None:
            index, end = told
            if found.setdefault(index, end) != end:
                told_twice.add(index)
    ranges = dict[str, Term]()
    for index in found.keys() - told_twice:
        with suppress(NotMeant):
            ranges[index] = state.elaborator.index(found[index])
    return {index: end for index, end in ranges.items() if _is_number(state, end)}


# What follows is private.


def _range_in(condition: w.Written) -> tuple[str, w.Written] | None:
    """The index and its last number in i = 1, ..., n or 1 <= i <= n; None for any other condition."""
    match condition:
        case w.Comparing(
            members=(w.Symbol(text=text), w.Listed(items=(w.Numeral(value=first), *_, w.Dots(), end))), relations=("=",)
        ) if first == 1:
            return text, end
        case w.Comparing(members=(w.Numeral(value=first), w.Symbol(text=text), end), relations=("<=", "<=")) if (
            first == 1
        ):
            return text, end
    return None


def _is_number(state: DocumentState, end: Term) -> bool:
    """Whether a term is made of numbers and of names of sizes, of which nothing else is said."""
    for part in terms.every(end):
        match part:
            case terms.Name(text=text):
                is_size = isinstance(state.kinds.get(text, SizeKind()), SizeKind)
                if text in state.definitions or text in state.letters or not is_size:
                    return False
            case terms.Number() | terms.Apply(operator="+" | "-" | "*"):
                pass
            case _:
                return False
    return True
