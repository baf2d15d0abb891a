"""Conditions in the text before a display, of which it is not certain that its claims stand under them.

"We turn to the case i != j." may be said of the next display. A claim that follows under the only such condition
holds if this is meant.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from chainrule.documents.reader.uncertainty.doubts import Doubts


def under_nearby_condition(doubts: Doubts, number: int) -> Iterator[tuple[Doubts, list[str], bool]]:
    """The reading in which a claim stands under the condition before its display, and this assumption in words."""
    reading = doubts.reading
    if number in reading.maybe:
        held, claims = reading.maybe[number], list(reading.derivation.claims)
        claims[number] = replace(claims[number], conditions=(*claims[number].conditions, held.condition))
        derivation = replace(reading.derivation, claims=tuple(claims))
        yield Doubts(replace(reading, derivation=derivation)), [f"{held.text} holds here"], False
