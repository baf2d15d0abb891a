"""Definitions that hold for some arguments only: f(x) = x^2 for x > 0 is one case of f, to which others are added."""

from __future__ import annotations

from dataclasses import replace

from chainrule.documents.language import terms
from chainrule.documents.reader.interpretation.document_state import DocumentState
from chainrule.documents.reader.interpretation.sides import term_of
from chainrule.documents.reader.prose.stated import RELATIONS
from chainrule.documents.reader.structure.statements import Statement
from chainrule.documents.reader.structure.targets import Target
from chainrule.documents.reader.syntax import written as w
from chainrule.documents.reader.syntax.known_words import NotMeant
from chainrule.documents.reader.syntax.parts_written import base_name, letters_of
from chainrule.documents.reader.syntax.segments import kind_of

ONE_CASE = "a definition of one case"


def case_of(state: DocumentState, full: str, target: Target, statement: Statement) -> terms.Condition | None:
    """The condition on its parameters under which a definition holds; None if it holds for all of them.

    Raises
    ------
    NotMeant
        If the condition is not read. Then nothing is known of the function.
    """
    letters = {*_parameters(target)} or _compared_behind(state, target, statement)
    every = (*statement.conditions, *_said(state, full, target, statement))
    compared = (each for each in every if isinstance(each, w.Comparing) and set(each.relations) <= RELATIONS)
    found = [state.elaborator.condition(each) for each in compared if letters & letters_of(each)]
    if len(found) > 1 or None in found:
        raise unread_case(state, full, statement)
    return found[0] if found else None


def enter_case(
    state: DocumentState, full: str, case: terms.Condition | None, target: Target, statement: Statement
) -> bool:
    """Add a case to a definition that has the same parameters; without a condition, the one for all other arguments.

    Raises
    ------
    NotMeant
        If it is not read. Then nothing is known of the function.
    """
    before = state.definitions[full]
    names = [*map(state.elaborator.named, _parameters(target))]
    words = (kind_of(each.text) for each in statement.conditions if isinstance(each, w.Words))
    is_read = names == [name for name, _ in before.parameters] and (case is not None or "otherwise" in words)
    if not isinstance(before.body, terms.Choice) or not is_read:
        raise unread_case(state, full, statement)
    value = term_of(state, statement.right)
    if case is None:
        body = replace(before.body, otherwise=value)
    else:
        body = replace(before.body, branches=(*before.body.branches, (case, value)))
    state.definitions[full] = replace(before, body=body)
    return True


def unread_case(state: DocumentState, full: str, statement: Statement) -> NotMeant:
    """The error for a case that is not read: then nothing is known of the function."""
    state.definitions.pop(full, None)
    state.unread[full] = ONE_CASE
    return NotMeant(ONE_CASE, statement.place)


# What follows is private.


def _compared_behind(state: DocumentState, target: Target, statement: Statement) -> frozenset[str]:
    """The letters that the conditions behind a formula compare, in it or in several of a display: y = x (x > 0)."""
    if target.indices:
        return frozenset()
    others = (each for each in state.statements if each is not statement and each.piece is statement.piece)
    used = (_compared(each) for each in others if each.left == statement.left)
    known = letters_of(statement.right).union(*used) - state.inventory.indices
    return (_compared(statement) & known) - {target.base}


def _compared(statement: Statement) -> frozenset[str]:
    """The letters in the inequalities behind a formula, and in equations with a number."""
    found = frozenset[str]()
    for each in statement.conditions:
        if isinstance(each, w.Comparing) and set(each.relations) <= RELATIONS:
            is_value = any(isinstance(member, w.Numeral) for member in each.members)
            found |= letters_of(each) if is_value or {*each.relations} != {"="} else frozenset()
    return found


def _parameters(target: Target) -> list[str]:
    return [base_name(each) for each in target.parameters if isinstance(each, w.Symbol)]


def _said(state: DocumentState, full: str, target: Target, statement: Statement) -> list[w.Written]:
    """The conditions of sentences under which a definition stands, or which stand behind it in its own sentence."""
    stated, place = state.besides.stated, state.number_of(statement)
    said = [each for each in stated.hypotheses if stated.roles.get(each.at) == "condition" and each.certain]
    said = [each for each in said if each.letters.intersection(_parameters(target)) and target.base not in each.letters]
    inside = [each for each in said if each.start <= place < each.end]
    if statement.piece.kind != "inline":
        return [each.subject for each in inside]
    _, last, _ = stated.bounds.get(place, (place, place, place))
    if behind := [each for each in said if each.at == place + 2 <= last]:  # f(x) = x^2 for x > 0
        return [each.subject for each in behind]
    if not inside:
        return []
    others = {state.number_of(each) for each in state.statements} - {place}
    if inside[0].at != place - 2 or place - 4 in others:  # no "for x > 0 let f(x) = x^2", but that of a formula before
        raise unread_case(state, full, statement)
    return [inside[0].subject]
