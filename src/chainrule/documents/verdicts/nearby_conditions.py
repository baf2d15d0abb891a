"""Claims under what the text may mean besides: the condition before their display, and that examples are alike.

"We turn to the case i != j." may be said of the next display. After z = w^T x + b, z^{(i)} may be w^T x^{(i)} + b.
A claim that follows so holds if this is meant.
"""

from __future__ import annotations

from collections.abc import Iterator, Set
from dataclasses import replace

from chainrule.documents.language import terms
from chainrule.documents.reader.interpretation.readings import ReadRelation
from chainrule.documents.reader.letters.suffixed_names import EACH, letter_of
from chainrule.documents.reader.structure.statements import Statement
from chainrule.documents.reader.uncertainty.doubts import Doubts
from chainrule.documents.verdicts.past_steps import Past

EQUATION = "the equation in line "
"""The beginning of the assumption that the equation before a claim holds."""

MADE_ALIKE = "of an example is made as without a number"


def other_meanings(
    doubts: Doubts, past: Past, entry: ReadRelation, held: Set[int], sure: Set[int]
) -> Iterator[tuple[Doubts, list[str], bool]]:
    """The readings in which a claim stands under the condition before its display, and in which letters of examples are
    made as those without a number, with these assumptions in words.

    `held` are the numbers of the claims that hold: these may say what names are. `sure` are those that hold without
    further assumptions.
    """
    yield from _under_nearby_condition(doubts, entry.claim)
    yield from _under_equation_before(doubts, entry, sure)
    yield from _with_examples_alike(doubts, past, entry.statement, held)


# What follows is private.


def _with_examples_alike(
    doubts: Doubts, past: Past, statement: Statement, held: Set[int]
) -> Iterator[tuple[Doubts, list[str], bool]]:
    """The reading in which letters of examples are made as those without a number, and this assumption in words."""
    if doubts.reading.with_examples is None:
        return
    known, found = doubts.names.definitions, doubts.reading.with_examples()
    more = {each.name for each in found.derivation.definitions if each.name.endswith(EACH)} - known.keys()
    entry = next((each for each in found.entries if each.statement is statement), None)
    if more and entry is not None and entry.claim is not None:
        within, claim = Doubts(found), found.derivation.claims[entry.claim]
        lines = {each.statement.line for each in doubts.reading.entries if each.claim in held}
        told = {name: line for name, (_, line) in past.tied.items() if line in lines}
        if (names := within.uses(claim, more)) and not past.bar(claim, within, told):
            yield within, [f"{' and '.join(map(letter_of, names))} {MADE_ALIKE}"], False


def _under_equation_before(
    doubts: Doubts, entry: ReadRelation, sure: Set[int]
) -> Iterator[tuple[Doubts, list[str], bool]]:
    """The reading in which an equation stands under the one before it, as x = 3 does under 2 x = 6.

    Both begin a row of one display, or the one before ends its row with 0: dL/dm = sum(x - m) = 0.
    """
    reading, number = doubts.reading, entry.claim
    before = [each for each in reading.entries if each.statement.piece is entry.statement.piece]
    at = next((place for place, each in enumerate(before) if each is entry), 0)
    other = before[at - 1].claim if at else None
    if number is None or other is None or other in sure or entry.statement.number:
        return
    claims = list(reading.derivation.claims)
    claim, equation = claims[number], claims[other]
    if {claim.relation, equation.relation} != {"="} or not {*equation.over} <= {*claim.over} or equation.conditions:
        return
    supposed = terms.Comparison("=", equation.left, equation.right)
    claims[number] = replace(claim, conditions=(*claim.conditions, supposed))
    derivation = replace(reading.derivation, claims=tuple(claims))
    words = f"{EQUATION}{before[at - 1].statement.line} holds"
    yield Doubts(replace(reading, derivation=derivation)), [words], False


def _under_nearby_condition(doubts: Doubts, number: int | None) -> Iterator[tuple[Doubts, list[str], bool]]:
    """The reading in which a claim stands under the condition before its display, and this assumption in words."""
    reading = doubts.reading
    if number is not None and number in reading.maybe:
        held, claims = reading.maybe[number], list(reading.derivation.claims)
        claims[number] = replace(claims[number], conditions=(*claims[number].conditions, held.condition))
        derivation = replace(reading.derivation, claims=tuple(claims))
        yield Doubts(replace(reading, derivation=derivation)), [f"{held.text} holds here"], False
