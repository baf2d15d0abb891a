"""Names that a chain defines by what nothing defines, and then works out: l = log p(y|x) = y log h + ...

A claim about such a name is tried with a later member of the chain: the first one that is made of known names, or a
member behind it, as far as each of these is proved to equal the one before. This meaning of the name is told.
"""

from __future__ import annotations

from collections.abc import Iterator, Set
from dataclasses import replace

from chainrule.documents.language.derivation import Definition, Relation
from chainrule.documents.language.name_uses import Names
from chainrule.documents.language.terms import Term
from chainrule.documents.reader.interpretation.readings import Reading
from chainrule.documents.reader.letters.suffixed_names import GIVEN, letter_of, lost_name
from chainrule.documents.reader.uncertainty.doubts import Doubts
from chainrule.documents.verdicts.dropped_numbers import with_numbers
from chainrule.documents.verdicts.past_steps import Past
from chainrule.documents.verdicts.second_definitions import MEANING


def later_members(
    doubts: Doubts, past: Past, claim: Relation, held: Set[int]
) -> Iterator[tuple[Doubts, list[str], bool]]:
    """The readings in which names of a claim are later members of their chains, with these meanings in words, and
    whether numbers of examples are put in.

    `held` are the numbers of the claims that hold.
    """
    later, lines = _with_later_members(doubts.reading, held)
    if not (names := doubts.uses(claim, lines.keys())) or past.bar(claim, found := Doubts(later)):
        return
    words = list(dict.fromkeys(MEANING.format(name=letter_of(name), line=lines[name]) for name in names))
    yield found, words, False
    if with_numbers(claim, later) is not None:
        yield found, words, True


# What follows is private.


def _with_later_members(reading: Reading, held: Set[int]) -> tuple[Reading, dict[str, int]]:
    """The reading in which such names are later members of their chains, and the lines of these by name."""
    names, found = Names.of(reading.derivation), dict[str, Definition]()
    for position, entry in enumerate(reading.entries):
        first = names.definitions.get(entry.defines)
        if first is not None and not (first.parameters or entry.statement.number):
            unknown = _unknown(first.body, names, reading)
            if unknown and (later := _later(reading, position, names, held, unknown)) is not None:
                found |= {name: replace(later, name=name) for name in (first.name, lost_name(letter_of(first.name)))}
    definitions = tuple(found.get(each.name, each) for each in reading.derivation.definitions)
    told = {name: each.line for name, each in found.items()}
    return replace(reading, derivation=replace(reading.derivation, definitions=definitions)), told


def _later(reading: Reading, position: int, names: Names, held: Set[int], unknown: Set[str]) -> Definition | None:
    """The definition by a later member of the chain that begins at a position."""
    name, found = reading.entries[position].defines, None
    for entry in reading.entries[position + 1 :]:
        claim = None if entry.claim is None else reading.derivation.claims[entry.claim]
        if not entry.statement.number or claim is None or claim.relation != "=" or claim.over or claim.conditions:
            break
        if found is not None and entry.claim not in held:
            break
        used = names.used_by(claim.right)
        if (
            not used & unknown
            and name not in used
            and not any(GIVEN in each for each in used - names.definitions.keys())
        ):
            line = entry.statement.line
            found = Definition(name, claim.right, (), line)
    return found


def _unknown(body: Term, names: Names, reading: Reading) -> frozenset[str]:
    """The probabilities, and the values with arguments, of which a term is made and which nothing defines."""
    free = names.used_by(body) - names.definitions.keys()
    return frozenset(name for name in free if GIVEN in name or letter_of(name) in reading.with_arguments)
