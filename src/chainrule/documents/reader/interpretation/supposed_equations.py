"""Equations for unknown letters that a text supposes or solves: "Solve 2x + 3 = 7", and what follows from them.

Such an equation claims nothing, unless it holds for all values. A later claim about its letters may hold only where it
holds; the claims of the next displays are tried with it as a condition, if only words such as "hence" stand between.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress

from chainrule.documents.language import terms
from chainrule.documents.language.derivation import Relation
from chainrule.documents.reader.interpretation.document_state import DocumentState
from chainrule.documents.reader.interpretation.sides import name_of
from chainrule.documents.reader.structure.statements import Statement
from chainrule.documents.reader.structure.targets import Target
from chainrule.documents.reader.syntax.known_words import MAYBE, NotMeant

_MOVING = (terms.Slope, terms.Differential, terms.Call, terms.RuleCall, terms.LimitOf, terms.At)
"""Terms of which an equation holds everywhere or is a claim: derivatives, limits and values of functions."""

VALUES = "letters may have values here"
"""The doubt about a claim that gives a letter a value."""


def words_of(claim: Relation) -> str:
    """The supposition that an equation holds, in words."""
    return f"the equation in line {claim.line} holds"


def doubt_of(claim: Relation) -> str:
    """The doubt about other claims on which an equation may bear."""
    return f"whether {words_of(claim)} here"


def enter_equation(state: DocumentState, statement: Statement) -> None:
    """Note of the claim that was entered last whether it is an equation that the text supposes, or rests on one."""
    number, part = len(state.claims) - 1, state.part_of(statement.piece)
    claim, letters = state.claims[number], _letters(state.claims[number])
    for equation in _equations(state, part):
        if letters & _letters(equation):
            state.doubt(number, frozenset({doubt_of(equation)}))
    by_words = state.number_of(statement) in state.besides.stated.equations and not statement.led
    if (by_words or id(statement) in state.premises) and _is_equation(state, claim):
        state.supposed_equations[number] = part
        state.doubt(number, frozenset({MAYBE}))


def enter_equivalence(state: DocumentState, statement: Statement) -> None:
    """Note of the claim that was entered last whether it is the first of several equations that are equivalent."""
    number, places = len(state.claims) - 1, {state.places[each] for each in state.supposed_equations}
    if state.places[number] not in places and _is_equation(state, state.claims[number]):
        state.supposed_equations[number] = state.part_of(statement.piece)


def follows_from_equation(state: DocumentState, statement: Statement, target: Target) -> bool:
    """Whether a statement gives a letter of an equation from which it follows: then it defines nothing."""
    follows = statement.led or state.number_of(statement) in state.besides.stated.following
    with suppress(NotMeant):
        name = name_of(state.elaborator, target) if follows and state.supposed_equations else None
        return any(name in _letters(equation) for equation in _equations(state, state.part_of(statement.piece)))
    return False


def last_reached(state: DocumentState, statement: Statement, displays: Sequence[int]) -> int:
    """The last of the displays that follow from an equation, one after another.

    From what stands before an arrow only those follow that begin with an arrow.
    """
    place, following = state.number_of(statement), state.besides.stated.following
    if place not in state.besides.stated.equations:
        following = {state.number_of(each) for each in state.statements if each.led and not each.number}
    for number in displays:
        if number > place:
            if number not in following:
                break
            place = number
    return place


# What follows is private.


def _equations(state: DocumentState, part: int) -> list[Relation]:
    """The equations that a part supposes, as far as it is read."""
    return [state.claims[number] for number, where in state.supposed_equations.items() if where == part]


def _letters(claim: Relation) -> frozenset[str]:
    return terms.free_names(claim.left) | terms.free_names(claim.right)


def _is_equation(state: DocumentState, claim: Relation) -> bool:
    """Whether a claim is an equation for letters that have no definition, and begins its chain."""
    every = (*terms.every(claim.left), *terms.every(claim.right))
    return (
        claim.relation == "="
        and claim.follows is None
        and not claim.over
        and not any(isinstance(part, _MOVING) for part in every)
        and bool(_letters(claim) - {"pi"})
        and not _letters(claim) & state.definitions.keys()
    )
