"""A vector that is written as the list of its entries, x = (x_0, ..., x_n): it shows from where they count."""

from __future__ import annotations

from contextlib import suppress
from fractions import Fraction

from chainrule.documents.language import terms
from chainrule.documents.language.terms import Apply, Entry, Family, Name, Number, SizeKind, Term, ValueKind
from chainrule.documents.reader.interpretation.document_state import DocumentState
from chainrule.documents.reader.interpretation.sides import name_of, term_of
from chainrule.documents.reader.structure.statements import Statement, Target
from chainrule.documents.reader.syntax import written as w
from chainrule.documents.reader.syntax.known_words import NotMeant
from chainrule.documents.reader.syntax.parts_written import items_of


def begins_with_zero(statement: Statement) -> bool:
    """Whether a statement lists the entries of its letter with dots, beginning with the number 0."""
    right, left = statement.right, statement.left
    if isinstance(right, w.Scripted) and right.lower is None:
        right = right.base
    if isinstance(right, w.Bracketed) and len(right.items) == 1 and isinstance(right.items[0], w.Grid):
        right = right.items[0]
    if isinstance(right, w.Grid) and (len(right.rows) == 1 or all(len(row) == 1 for row in right.rows)):
        items = [item for row in right.rows for item in row]
    elif isinstance(right, w.Bracketed):
        items = [item for each in right.items for item in items_of(each)]
    else:
        return False
    entries = [item for item in items if isinstance(item, w.Scripted)]
    if not isinstance(left, w.Symbol) or len(entries) < 2 or any(item.base != left for item in entries):
        return False
    begin = [w.Numeral(Fraction(number)) for number in range(len(entries) - 1)]
    has_dots = len(items) == len(entries) + 1 and isinstance(items[-2], w.Dots)
    return has_dots and [item.lower for item in entries[:-1]] == begin


def lists_own_entries(state: DocumentState, target: Target, statement: Statement) -> bool:
    """Whether a statement lists the entries of its letter with dots for some of them, which gives it a size.

    A row gives none: many write columns so.
    """
    if target.indices or target.parameters or statement.relation not in ("=", ":="):
        return False
    with suppress(NotMeant, RecursionError):
        name, listed = name_of(state.elaborator, target), term_of(state, statement.right)
        count = _count_of(listed, name)
        if name and count is not None and name not in state.kinds and not state.rows and not _is_row(listed):
            state.kinds[name] = ValueKind((count, Number(Fraction(1))))
            for part in terms.free_names(count) - state.kinds.keys():
                state.kinds[part] = SizeKind()
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
