"""The ranges that a text states for the indices of a formula: z_i = x_i^2 for i = 1, ..., n - 1."""

from __future__ import annotations

from chainrule.documents.language import terms
from chainrule.documents.language.derivation import SizeKind
from chainrule.documents.language.terms import Term
from chainrule.documents.reader.declaring.declarations import UNSAID
from chainrule.documents.reader.declaring.sets import size_of
from chainrule.documents.reader.interpretation.document_state import DocumentState
from chainrule.documents.reader.structure.statements import Statement
from chainrule.documents.reader.syntax import written as w


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
    ends = {index: size_of(found[index]) for index in found.keys() - told_twice}
    return {index: end for index, end in ends.items() if end is not None and _is_of_sizes(state, end)}


# What follows is private.


def _range_in(condition: w.Written) -> tuple[str, w.Written] | None:
    """The index and its last number in i = 1, ..., n or 1 <= i <= n; None for any other condition."""
    match condition:
        case (
            w.Comparing(
                members=(w.Symbol(text=text), w.Listed(items=(w.Numeral(value=1), *_, w.Dots(), end))), relations=("=",)
            )
            | w.Comparing(members=(w.Numeral(value=1), w.Symbol(text=text), end), relations=("<=", "<="))
        ):
            return text, end
    return None


def _is_of_sizes(state: DocumentState, end: Term) -> bool:
    """Whether all names in a size are known, and are sizes or nothing else that is said."""
    names = terms.free_names(end)
    others = (isinstance(state.kinds.get(name, SizeKind()), SizeKind) for name in names)
    return UNSAID not in terms.every(end) and not names & (state.definitions.keys() | state.letters) and all(others)
