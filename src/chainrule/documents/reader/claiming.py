"""Statements that claim a relation."""

from __future__ import annotations

from fractions import Fraction

from chainrule.documents.language import terms
from chainrule.documents.language.terms import Name, Relation
from chainrule.documents.reader import written as w
from chainrule.documents.reader.document_state import DocumentState
from chainrule.documents.reader.implied_sums import free_in
from chainrule.documents.reader.known_words import EQUATED, RELATIONS
from chainrule.documents.reader.parts_written import all_parts, letters_of
from chainrule.documents.reader.reach_of_sums import outer_letters
from chainrule.documents.reader.readings import ReadRelation
from chainrule.documents.reader.sides import free_indices, names_in, term_of, with_sums
from chainrule.documents.reader.statements import Statement


def enter_claim(state: DocumentState, statement: Statement) -> None:
    """Enter the claim that a statement makes, for all indices that nothing binds, and what its reading supposes."""
    state.elaborator.outer = outer_letters(statement.head or statement.left)
    left, right = term_of(state, statement.left), term_of(state, statement.right)
    for full in (name for name, target in state.targets.items() if target is statement.head):
        state.said[full].append((statement.right, names_in(right)))
    if state.inventory.summing:
        head = left if statement.head is None else state.elaborator.term(statement.head)
        calls = (each for part in terms.every(head) if isinstance(part, terms.Call) for each in part.arguments)
        bare = {each.text for each in calls if isinstance(each, Name)} | free_in(head, state.letters)
        left, right = (with_sums(state, side, bare) for side in (left, right))
    conditions = []
    for condition in statement.conditions:
        if any(isinstance(part, w.Dots) for part in all_parts(condition)):
            continue  # i = 1, ..., n
        found = state.elaborator.condition(condition)
        if found is None:
            if not isinstance(condition, w.Words):
                state.elaborator.used.add("a condition that is not read")
        else:
            conditions.append(found)
    if statement.resumed:
        state.elaborator.used.add("it goes on from the display before")
    if any(letter.startswith(EQUATED) for letter in letters_of(statement.right)):
        state.elaborator.used.add("functions without arguments are equal if their values are")
    if statement.right == w.Numeral(Fraction(0)):
        state.elaborator.used.add("it may be set to zero")
    free = free_indices(state, left, right, *conditions) - state.labels.keys()
    over = tuple((index, state.elaborator.open_size(index)) for index in sorted(free))
    line = statement.piece.place_of(statement.place[0])[0]
    follows = len(state.claims) - 1 if statement.number and state.claims else None
    state.places.append(state.number_of(statement))
    state.claims.append(Relation(left, RELATIONS[statement.relation], right, over, tuple(conditions), line, follows))
    state.entries.append(
        ReadRelation(statement, "claim", len(state.claims) - 1, rests_on=frozenset(state.elaborator.used))
    )
