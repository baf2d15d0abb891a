"""Definitions that hold for some arguments or indices only, and are one case to which others are added.

So are f(x) = x^2 for x > 0, and a_{ij} = x_i x_j for i < j.
"""

from __future__ import annotations

from dataclasses import replace

from chainrule.documents.language import terms
from chainrule.documents.reader.interpretation.document_state import DocumentState
from chainrule.documents.reader.interpretation.sides import term_of, with_sums
from chainrule.documents.reader.prose.stated import RELATIONS
from chainrule.documents.reader.structure.statements import Statement
from chainrule.documents.reader.structure.targets import Target
from chainrule.documents.reader.syntax import written as w
from chainrule.documents.reader.syntax.known_words import NotMeant
from chainrule.documents.reader.syntax.parts_written import all_parts, base_letter, base_name, letters_of
from chainrule.documents.reader.syntax.segments import kind_of

ONE_CASE = "a case of a definition, and the condition for it is missing or not read"


def case_of(state: DocumentState, full: str, target: Target, statement: Statement) -> terms.Condition | None:
    """The condition on its parameters or indices under which a definition holds; None if it holds for all of them.

    Raises
    ------
    NotMeant
        If the condition is not read. Then nothing is known of the function.
    """
    letters = {*_parameters(target)} or _compared_behind(state, target, statement)
    every = (*statement.conditions, *_said(state, full, target, statement))
    compared = [each for each in every if isinstance(each, w.Comparing) and set(each.relations) <= RELATIONS]
    limits = [each for each in compared if (letters & letters_of(each) if letters else _chooses_indices(each, target))]
    found = [*map(state.elaborator.condition, limits)]
    if len(found) > 1 or None in found:
        raise unread_case(state, full, statement)
    return found[0] if found else None


def enter_case(
    state: DocumentState, full: str, case: terms.Condition | None, target: Target, statement: Statement
) -> bool:
    """Add a case to a definition that has the same parameters or indices; without a condition, the one for all others.

    Raises
    ------
    NotMeant
        If it is not read. Then nothing is known of the function.
    """
    before = state.definitions[full]
    family = before.body if isinstance(before.body, terms.Family) else None
    cases = before.body if family is None else family.body
    names = [*map(state.elaborator.named, _parameters(target))]
    indices = [*map(state.elaborator.named, target.indices)]
    words = (kind_of(each.text) for each in statement.conditions if isinstance(each, w.Words))
    is_read = names == [name for name, _ in before.parameters] and (case is not None or "otherwise" in words)
    is_read &= family is None or indices == [index for index, _ in family.indices]
    if not isinstance(cases, terms.Choice) or not is_read:
        raise unread_case(state, full, statement)
    value = term_of(state, statement.right)
    if family is not None:
        value = with_sums(state, value, tuple(indices))
    if case is None:
        cases = replace(cases, otherwise=value)
    else:
        cases = replace(cases, branches=(*cases.branches, (case, value)))
    state.definitions[full] = replace(before, body=cases if family is None else replace(family, body=cases))
    return True


def unread_case(state: DocumentState, full: str, statement: Statement) -> NotMeant:
    """The error for a case that is not read: then nothing is known of the function."""
    state.definitions.pop(full, None)
    state.unread[full] = ONE_CASE
    return NotMeant(ONE_CASE, statement.place)


def unread_condition(state: DocumentState, target: Target, statement: Statement, is_for_all: bool) -> str:
    """The words of a condition that makes no case: "for odd n", or "for i < j" if the definition is to hold for all."""
    place = state.number_of(statement)
    word, letters = state.besides.stated.of_some.get(place, ("", frozenset[str]()))
    chosen = target.base not in letters and letters.intersection(map(base_letter, target.parameters))
    if word and (target.indices or chosen):
        return f"{word} numbers"
    for each in state.besides.stated.hypotheses if is_for_all else ():
        if each.certain and each.start <= place < each.end and isinstance(each.subject, w.Comparing):
            compared = {getattr(member, "text", "") for member in each.subject.members}
            if len(compared) == 2 and compared <= set(target.indices):
                return each.text
    return ""


# What follows is private.


def _chooses_indices(condition: w.Comparing, target: Target) -> bool:
    """Whether a condition leaves out some of the indices: i < j, k = y, but not i = 1, ..., n or 1 <= i <= n."""
    compared = [getattr(each, "text", "") in target.indices for each in condition.members]
    is_listed = any(isinstance(part, w.Listed | w.Dots) for part in all_parts(condition))
    equates = {*condition.relations} <= {"=", "!="}
    return any(compared) and not is_listed and (equates or sum(compared) > 1)


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
    chosen = {*(_parameters(target) or target.indices)}
    said = [each for each in said if each.letters & chosen and target.base not in each.letters]
    if target.indices:  # not "for i = 1, ..., n"
        said = [
            each for each in said if not isinstance(each.subject, w.Comparing) or _chooses_indices(each.subject, target)
        ]
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
