"""Names that a document defines more than once: what they are where a claim stands.

A claim that holds with both definitions holds. One that holds with the last definition before it, and without the
others, holds if the name is there what that line says; this is told.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from chainrule.documents.language import terms
from chainrule.documents.language.derivation import Definition, Derivation, Relation
from chainrule.documents.reader.interpretation.readings import Reading, ReadRelation
from chainrule.documents.reader.structure.statements import Statement
from chainrule.documents.reader.syntax.known_words import RELATIONS
from chainrule.documents.reader.uncertainty.doubts import Doubts

MEANING = "{name} has the meaning given in line {line}"
"""The assumption about a name that has several definitions."""


def with_second_definitions(reading: Reading, wanted: Sequence[int], doubts: Doubts) -> dict[int, Derivation]:
    """By the place of a claim among the wanted ones: the derivation with the second definitions of its names.

    Only for names with one second definition before the claim.
    """
    derivation, seconds = reading.derivation, dict[str, list[Definition]]()
    found = dict[int, Derivation]()
    for at, number in enumerate(wanted):
        claim = derivation.claims[number]
        names = doubts.uses(claim, seconds.keys())
        if names and all(len(seconds[name]) == 1 for name in names):
            anew = {name: seconds[name][0] for name in names}
            definitions = tuple(anew.get(each.name, each) for each in derivation.definitions)
            found[at] = replace(derivation, definitions=definitions)
        name = terms.base_of(claim.left)
        if claim.follows is None and name in reading.again and claim.relation == "=":
            made = _definition_by(claim, name)
            seconds.setdefault(name, []).extend([made] if made else [Definition(name, claim.right)] * 2)
    return found


@dataclass(frozen=True)
class _Place:
    """One of the definitions of a name: the position of its relation, those of its chain, and its line."""

    position: int
    chain: frozenset[int]
    line: int


@dataclass(eq=False)
class LastDefinitions:
    """The definitions that count where a claim stands, of names that a document defines more than once."""

    reading: Reading
    places: dict[str, list[_Place]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        entries = self.reading.entries
        for position, entry in enumerate(entries):
            name = entry.defines or self._named(entry)
            if name in self.reading.again:
                end = position + 1
                while end < len(entries) and _goes_on(entries[end].statement):
                    end += 1
                line = entry.statement.line
                chain = frozenset(id(each.statement) for each in entries[position:end])
                self.places.setdefault(name, []).append(_Place(position, chain, line))

    def before(self, position: int, used: Sequence[str]) -> tuple[frozenset[int], dict[str, int]]:
        """The statements of all definitions that do not count at a position, and the lines of those that do.

        Lines are told of the names used there whose first definition does not count.
        """
        dropped, told = set[int](), dict[str, int]()
        for name, places in self.places.items():
            earlier = [place for place in places if place.position + len(place.chain) <= position]
            last = earlier[-1] if earlier else places[0]
            dropped |= {one for place in places if place is not last for one in place.chain}
            if name in used and last is not places[0]:
                told[name] = last.line
        return frozenset(dropped), told

    # What follows is private.

    def _named(self, entry: ReadRelation) -> str:
        """The name for which a claim is an equation at the beginning of a chain, under no condition that may end."""
        if entry.kind != "claim" or entry.claim is None or entry.statement.number:
            return ""
        claim = self.reading.derivation.claims[entry.claim]
        return terms.base_of(claim.left) if claim.relation == "=" and not claim.conditions else ""


def _goes_on(statement: Statement) -> bool:
    """Whether a relation goes on in the chain of the one before: not after y = x^2 <-> dy/dx = 2 x."""
    return statement.number > 0 and statement.relation in RELATIONS


def _definition_by(claim: Relation, name: str) -> Definition | None:
    """The definition that an equation for a name, or for its entries, gives; None if it has conditions."""
    sizes = dict(claim.over)
    match claim.left:
        case terms.Name() if not claim.over and not claim.conditions:
            return Definition(name, claim.right)
        case terms.Entry(indices=indices) if not claim.conditions:
            letters = [terms.base_of(index) for index in indices]
            if sorted(letters) == sorted(sizes) and all(letters):
                return Definition(name, terms.Family(tuple((each, sizes[each]) for each in letters), claim.right))
    return None
