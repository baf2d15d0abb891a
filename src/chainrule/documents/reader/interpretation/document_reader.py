"""One reading of a document, under some hypotheses about it: definitions, claims, and every relation."""

from __future__ import annotations

import math
from contextlib import suppress
from dataclasses import replace

from chainrule.documents.reader.interpretation.claiming import enter_claim, enter_estimate, enter_joined_cases
from chainrule.documents.reader.interpretation.defining import enter_definition, is_value_in_example, renews
from chainrule.documents.reader.interpretation.document_state import SUPPOSED, DocumentState
from chainrule.documents.reader.interpretation.entries_at_ends import enter_start
from chainrule.documents.reader.interpretation.failures import failure
from chainrule.documents.reader.interpretation.joining import joined
from chainrule.documents.reader.interpretation.kinds_of_names import enter_kinds
from chainrule.documents.reader.interpretation.own_entries import enter_own_entries
from chainrule.documents.reader.interpretation.readings import Reading, ReadRelation
from chainrule.documents.reader.interpretation.sides import key_of, name_of
from chainrule.documents.reader.interpretation.stated_ranges import stated_ranges
from chainrule.documents.reader.interpretation.stationary import STATIONARY, solved_for
from chainrule.documents.reader.interpretation.supposed_equations import (
    enter_equation,
    enter_equivalence,
    follows_from_equation,
)
from chainrule.documents.reader.structure.asides import Aside
from chainrule.documents.reader.structure.statements import (
    Statement,
    gives_derivative,
    is_example,
    is_of_formula,
    is_update,
    names_function,
    says_more,
    works_out_derivative,
)
from chainrule.documents.reader.structure.targets import target_of
from chainrule.documents.reader.syntax import written as w
from chainrule.documents.reader.syntax.known_words import (
    DEFINED_ANEW,
    IN_A_SENTENCE,
    MAYBE,
    RELATIONS,
    SAYS_MORE,
    NotMeant,
)
from chainrule.documents.reader.syntax.parts_written import base_letter, base_name, is_formula, letters_of
from chainrule.documents.reader.translation.reach_of_sums import outer_letters, over_both


def reading_of(state: DocumentState, limit: float = math.inf) -> Reading:
    """All statements, read one after another.

    Raises
    ------
    WorseError
        If as many misfits as the limit are found. Such a reading is not finished.
    """
    enter_kinds(state)
    for statement in state.statements:
        _read(state, statement)
    return joined(state, limit)


NO_EFFECT = (
    "'{}' defines nothing: expected a name on the left, with its indices or arguments, that is not on the right, but "
    "perhaps with an earlier index, as in s_t := w s_{{t-1}}"
)
"""The problem of a definition in a block whose left side is no name in the reading of the document."""

# What follows is private.

_SAID = ("", "claimed", "concluded", "relative", "condition")
"""Roles of formulas in sentences that may hold by themselves."""


def _dispute_member(state: DocumentState, statement: Statement) -> None:
    """Doubt claims about a value that the text puts into a set by an index in brackets: y(i) for y^{(i)}."""
    match statement.left:
        case w.Beside(parts=(w.Symbol() as name, w.Bracketed()), joints=("",)) if statement.relation == "in":
            letter, line = base_name(name), statement.line
            if letter not in state.definitions:
                state.disputed = {**state.disputed, letter: SAYS_MORE.format(line=line, name=letter)}


def _gives(state: DocumentState, statement: Statement, role: str) -> bool:
    """Whether a sentence gives a derivative that it supposes, or the value of a derivative or of a formula: f(1) = 3.

    It counts as a claim if it holds.
    """
    if statement.piece.kind != "inline" or statement.relation != "=" or role == "denied":
        return False
    if gives_derivative(statement):
        return role in SUPPOSED or is_example(statement, state.inventory)
    return not role and is_of_formula(statement) and is_example(statement, state.inventory)


def _gives_more(state: DocumentState, statement: Statement, role: str) -> bool:
    """Whether a sentence gives what follows from its condition, if x = 1 then f(x) = 3, or says something of a formula
    that is no name: f(x) > 0, tanh x = 2 sigma(2x) - 1.

    It counts as a claim if it holds, and as an aside in any case.
    """
    if statement.piece.kind != "inline" or statement.relation not in RELATIONS or role in ("denied", "past"):
        return False
    number, stated = state.number_of(statement), state.besides.stated
    if number in stated.consequences:
        return True
    is_said = role in _SAID and (role not in SUPPOSED or not is_example(statement, state.inventory))
    is_apart = number not in stated.constraints and not gives_derivative(statement)
    letters = letters_of(statement.left) | letters_of(statement.right)
    of_matrices = any(letter[:1].isupper() for letter in letters)  # A A^{-1} = I tells what A is, and is no claim
    is_more = statement.relation != "=" or not (of_matrices or says_more(statement, state.inventory))
    is_named = target_of(statement, state.inventory) is not None
    return is_said and is_apart and is_more and not is_named and is_formula(statement.left)


def _read(state: DocumentState, statement: Statement) -> None:
    target = target_of(statement, state.inventory)
    follows = state.number_of(statement) in state.besides.stated.consequences
    if target is not None and (follows or state.besides.has_defined(target.base, statement)):
        target = None
    if names_function(statement):
        state.asides.append(Aside(state.number_of(statement), statement))
        state.entries.append(ReadRelation(statement, "definition"))
        return
    state.elaborator.used.clear()
    state.elaborator.apart.clear()
    if statement.is_name:
        letter, line = base_letter(statement.left), statement.line
        state.elaborator.used.add(f"{letter} is a new name in line {line}")
    before, count = set(state.again), len(state.definitions)
    part = state.part_of(statement.piece)
    aliases = state.aliases_in(part, state.number_of(statement))
    called = target is not None and key_of(state.elaborator, target) in state.elaborator.functions
    parameters = target.parameters if target is not None and called else ()
    if is_at_values := any(aliases.get(base_letter(each)) in state.fixed for each in parameters):
        target, parameters = None, ()
    own = {base_name(each) for each in parameters if isinstance(each, w.Symbol)}
    state.elaborator.bound = own
    state.elaborator.aliases = {name: other for name, other in aliases.items() if name not in own}
    state.elaborator.singles = state.singles - own
    state.elaborator.outer = outer_letters(statement.head or statement.left)
    state.elaborator.pairs = over_both(filter(None, (statement.head, statement.left, statement.right)))
    state.elaborator.stated = stated_ranges(state, statement)
    is_equivalent = id(statement.piece) in state.equivalences and statement.piece.kind == "display"
    if target is not None and (is_equivalent or follows_from_equation(state, statement, target)):
        target = None
    role = state.role_of(statement)
    tries = state.tries and statement.key not in state.untried
    more = tries and _gives_more(state, statement, role)
    tried = more or (tries and _gives(state, statement, role))
    variable = "" if target is None else solved_for(state, target, statement)
    solves = target is not None and variable != "" and name_of(state.elaborator, target) == variable
    solves = solves and variable not in state.definitions
    try:
        if enter_start(state, statement):
            defines, rests_on = next(reversed(state.definitions)), frozenset(state.elaborator.used)
            state.entries.append(ReadRelation(statement, "definition", defines=defines, rests_on=rests_on))
            return
        if target is not None and not solves and enter_definition(state, target, statement):
            defines = next(reversed(state.definitions), "") if len(state.definitions) > count else ""
            if defines and variable:
                enter_estimate(state, statement, variable, defines)
            elif not (defines and enter_joined_cases(state, statement, defines)):
                rests_on = frozenset(state.elaborator.used)
                state.entries.append(ReadRelation(statement, "definition", defines=defines, rests_on=rests_on))
            return
        if target is not None and enter_own_entries(state, target, statement):
            if statement.piece.kind == "display":
                state.entries.append(ReadRelation(statement, "definition"))
            return
        if solves:
            state.elaborator.used.add(STATIONARY)
        if statement.piece.kind == "inline":
            if more or follows:  # it may say more of its names than their definitions
                state.asides.append(Aside(state.number_of(statement), statement))
            claims = role in ("claimed", "concluded") and statement.relation == "="
            maybe = solves or (tried and not claims)
            anew = is_at_values and role not in SUPPOSED
            anew |= target is not None and renews(state, target, statement)
            if not (anew or claims or maybe) and (role in SUPPOSED or not says_more(statement, state.inventory)):
                if role not in SUPPOSED[:4]:
                    state.asides.append(Aside(state.number_of(statement), statement))
                return
            lets = [DEFINED_ANEW] if anew and role == "assumed" else []
            beside = [] if role == "concluded" and works_out_derivative(statement) else [IN_A_SENTENCE]
            state.elaborator.used.update([*beside, *([MAYBE] if maybe else []), *lets])
        if tries and id(statement.piece) in state.equivalences and statement.relation in RELATIONS:
            with suppress(NotMeant):
                state.elaborator.used.add(MAYBE)
                enter_claim(state, replace(statement, number=0, head=None))
                enter_equivalence(state, statement)
                return
        full = None if target is None else name_of(state.elaborator, target)
        is_value = full is not None and is_value_in_example(state, statement, full)
        changes = is_update(statement)
        if is_value or id(statement.piece) in state.equivalences or changes:
            reason = "It makes a new value of the old one" if changes else ""
            reason = "The text gives this value" if is_value else reason
            state.entries.append(ReadRelation(statement, "hypothesis", reason=reason))
            return
        if state.besides.is_in_block(statement):
            line = statement.line
            state.problems.append((line, NO_EFFECT.format(statement.piece.text.strip())))
            letter = base_letter(statement.left)
            state.disputed = {**state.disputed, letter: f"the declaration of {letter} defines nothing"}
        if statement.relation in (":=", "<-", "->", "<->", ":", "=:", "in", "∼"):
            _dispute_member(state, statement)
            state.entries.append(ReadRelation(statement, "definition"))
            return
        if statement.relation not in RELATIONS:
            raise NotMeant(f"the relation {statement.relation}", statement.place)
        enter_claim(state, statement)
        enter_equation(state, statement)
    except (NotMeant, RecursionError) as error:
        if tried:
            return
        renewed = state.again.keys() - before
        state.entries.append(ReadRelation(statement, "not read", reason=str(error), renewed=frozenset(renewed)))
    except Exception as error:  # a defect of the reader costs this statement, not the document
        state.entries.append(ReadRelation(statement, "not read", reason=failure(error)))
