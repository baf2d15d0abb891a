"""A vector that is written as the list of its entries, x = (x_0, ..., x_n): it shows how many there are."""

from __future__ import annotations

from contextlib import suppress

from chainrule.documents.language.derivation import ValueKind
from chainrule.documents.language.terms import ONE, Apply, Entry, Family, Name, Term
from chainrule.documents.reader.interpretation.document_state import DocumentState
from chainrule.documents.reader.interpretation.kinds_of_names import enter_kind
from chainrule.documents.reader.interpretation.sides import name_of, term_of
from chainrule.documents.reader.structure.statements import Statement
from chainrule.documents.reader.structure.targets import Target
from chainrule.documents.reader.syntax.known_words import NotMeant


def enter_own_entries(state: DocumentState, target: Target, statement: Statement) -> bool:
    """Give a letter the size of the list of its entries, with dots for some of them, if a statement is one.

    A row gives no size: many write columns so.
    """
    if target.indices or target.parameters or statement.relation not in ("=", ":="):
        return False
    with suppress(NotMeant, RecursionError):
        name, listed = name_of(state.elaborator, target), term_of(state, statement.right)
        count = _count_of(listed, name)
        if name and count is not None and name not in state.kinds and not state.rows and not _is_row(listed):
            enter_kind(state, name, ValueKind((count, ONE)))
        return count is not None
    return False


# What follows is private.


def _count_of(listed: Term, name: str | None) -> Term | None:
    """The number of the entries in a list of those of a name; None for any other term."""
    while isinstance(listed, Apply) and listed.operator in ("'", "turned", "listed", "in_a_row", "in_a_column"):
        listed = listed.operands[0]
    match listed:
        case Family(indices=((_, count),), body=Entry(base=Name(text=text), indices=(_,))) if text == name:
            return count
    return None


def _is_row(listed: Term) -> bool:
    match listed:
        case Apply(operator="'" | "turned", operands=(inside,)):
            return isinstance(inside, Apply) and inside.operator == "in_a_column"
        case Apply(operator=operator):
            return operator == "in_a_row"
    return False
