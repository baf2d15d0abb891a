"""Letters that may mean another thing in another part of a document, with names of their own for them there."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any

from chainrule.documents.language.derivation import ValueKind
from chainrule.documents.language.dimensions import Shape
from chainrule.documents.language.name_uses import Names
from chainrule.documents.reader.declaring.declarations import base_of
from chainrule.documents.reader.interpretation.document_state import DocumentState
from chainrule.documents.reader.interpretation.kinds_of_names import enter_kinds
from chainrule.documents.reader.interpretation.readings import Reading
from chainrule.documents.reader.letters.inventory import Inventory
from chainrule.documents.reader.prepared import Prepared
from chainrule.documents.reader.structure.document_parts import Scopes
from chainrule.documents.reader.structure.targets import target_of
from chainrule.documents.reader.syntax import written as w
from chainrule.documents.reader.syntax.parts_written import all_parts, base_name, letters_of, parts_of_chain
from chainrule.documents.reader.syntax.written import WrittenChain
from chainrule.documents.reader.trials import Trials

MOST_SECTIONS = 8
"""Sections in which names may mean another thing than elsewhere."""

CONSTANTS = frozenset({"d", "D", "e", "i", "I", "1", "0"})
"""Letters that mean a differential, a number or a matrix as often as a variable."""

NamesByPart = Mapping[int, Mapping[str, str]]
"""By part: the names that letters have there."""


def bare_where_others_have_indices(prepared: Prepared) -> Iterator[dict[int, dict[str, str]]]:
    """Names of their own for letters that have indices elsewhere and none here, unless a block has them.

    In turn for each part that defines such letters, or that uses them alone. Parts with letters that are defined there
    by their entries, as in p(z)_i = ..., count as parts where they have indices.
    """
    scopes, block = prepared.scopes, prepared.besides.block
    declared = block.names.union(
        *(letters_of(each) for _, _, chain in block.definitions for each in chain.members if each)
    )
    by_part = dict[int, list[WrittenChain]]()
    for piece, chain in prepared.every:
        by_part.setdefault(scopes.parts[id(piece)], []).append(chain)
    found = {part: Inventory.of(chains) for part, chains in by_part.items()}
    bare = {
        part: {base for base in inventory.bare if not inventory.has_entries(base)} for part, inventory in found.items()
    }
    indexed = {
        base for inventory in found.values() for base in list(inventory.subscripts) if inventory.has_entries(base)
    }
    defined = {
        (scopes.parts[id(each.piece)], target.base)
        for each in prepared.statements
        if (target := target_of(each, prepared.inventory)) is not None and target.indices
    }
    made = dict[int, dict[int, dict[str, str]]]()
    for part, letters in bare.items():
        for base in sorted(letters & indexed - declared - {each for where, each in defined if where == part}):
            first = scopes.where.get(part, {}).get(base, part)
            if base in bare.get(first, ()):
                made.setdefault(first, {}).setdefault(part, {})[base] = f"{base}__part_{first}"
    yield from made.values()


def is_apart(reading: Reading, scopes: Scopes, group: NamesByPart) -> bool:
    """Whether no claim mixes a letter with what it is in other parts, directly or by definitions."""
    names = Names.of(reading.derivation)
    both = {(letter, name) for letters in group.values() for letter, name in letters.items()}
    for entry in reading.entries:
        if entry.claim is not None:
            claim = reading.derivation.claims[entry.claim]
            used = names.used_by(claim.left, claim.right)
            own = group.get(scopes.parts.get(id(entry.statement.piece), -1), {})
            if own.keys() & used or any({letter, name} <= used for letter, name in both):
                return False
    return True


def other_shapes(prepared: Prepared, trials: Trials, chosen: dict[str, Any]) -> dict[int, dict[str, str]]:
    """By part: other names for letters without a definition that are numbers in some parts and vectors in others.

    All parts are read as if their letters were their own; so each part shows what its letters are there.
    """
    scopes, state = prepared.scopes, DocumentState(*trials.shared, **chosen)
    enter_kinds(state)
    fixed = state.kinds.keys() | state.elaborator.functions.keys() | CONSTANTS
    fixed |= state.inventory.indices | state.inventory.limits
    known, own = chosen.get("aliases", {}), dict[int, dict[str, str]]()
    for piece, chain in prepared.every:
        part = scopes.parts[id(piece)]
        letters = {base_name(each) for each in parts_of_chain(chain) if isinstance(each, w.Symbol)} - fixed
        letters -= scopes.where.get(part, {}).keys() | known.get(part, {}).keys()
        own.setdefault(part, {}).update({letter: f"{letter}__part_{part}" for letter in letters})
    trial = {part: known.get(part, {}) | own.get(part, {}) for part in known.keys() | own.keys()}
    shapes = trials.under(chosen | {"aliases": trial}).shapes
    ranks = {name: _rank(shape) for name, shape in shapes.names.items()}
    ranks = {name: rank for name, rank in ranks.items() if rank or name not in shapes.guessed}
    made = dict[int, dict[str, str]]()
    for letter in sorted({each for names in own.values() for each in names}):
        last = first = ranks.get(letter)
        names = dict[int, str]()
        for part in sorted(own):
            rank = ranks.get(own[part].get(letter, ""))
            last = last if rank is None else rank
            first = last if first is None else first
            if letter in own[part] and last is not None and last != first:
                made.setdefault(part, {})[letter] = names.setdefault(last, own[part][letter])
    return made


def unsaid(prepared: Prepared) -> Iterator[dict[int, dict[str, str]]]:
    """Names of their own for letters in parts where no sentence says what they are: in all before, then in each after.

    A sentence says of a letter what it is in its part and in those within it.
    """
    scopes, besides, pieces = prepared.scopes, prepared.besides, prepared.pieces.pieces
    said = dict[str, set[int]]()
    for each in besides.stated.declared:
        if isinstance(each.kind, ValueKind) and isinstance(each.name, w.Symbol):
            said.setdefault(base_of(each.name), set()).add(scopes.parts[id(pieces[each.piece])])
    used = dict[str, set[int]]()
    for piece, chain in prepared.every:
        part = scopes.parts[id(piece)]
        for symbol in parts_of_chain(chain):
            if isinstance(symbol, w.Symbol):
                used.setdefault(base_name(symbol), set()).add(part)
    for letter in sorted(said.keys() - besides.block.names - CONSTANTS):
        own = {part for part in used.get(letter, ()) if letter in scopes.where.get(part, ())}
        others = sorted(used.get(letter, set()) - said[letter] - own)
        before = [part for part in others if part < min(said[letter])]
        for group in (before, *([part] for part in others if part > min(said[letter]))):
            if group:
                yield {part: {letter: f"{letter}__part_{group[0]}"} for part in group}


def in_doubt(reading: Reading, sections: Mapping[int, int]) -> tuple[set[str], dict[int, dict[str, str]]]:
    """The names in what does not fit; and by section other names for them: there they may mean another thing."""
    found, places, defined = set[str](), dict[str, Counter[int]](), set[tuple[int, str]]()
    faults = {id(term) for term, _ in reading.shapes.faults}
    lines = {each.line for each in reading.shapes.derivation.definitions if id(each.body) in faults}
    for entry in reading.entries:
        line = entry.statement.line
        section = sections[id(entry.statement.piece)]
        sides = entry.statement.left, entry.statement.right
        names = frozenset[str]().union(*map(letters_of, sides))
        for name in names:
            places.setdefault(name, Counter())[section] += 1
        if entry.kind == "definition":
            defined |= {(section, base_name(part)) for part in [*all_parts(sides[0])][:2] if isinstance(part, w.Symbol)}
        if entry.kind == "does not fit" or (entry.kind == "definition" and line in lines):
            found |= names
    made = dict[int, dict[str, str]]()
    for name in sorted(found - reading.declared):
        for section in places[name] if len(places[name]) > 1 else ():
            if (section, name) not in defined:
                made.setdefault(section, {})[name] = f"{name}__part_{section}"
    often = Counter({section: sum(places[name][section] for name in names) for section, names in made.items()})
    return found, {section: made[section] for section, _ in often.most_common(MOST_SECTIONS)}


# What follows is private.


def _rank(shape: Shape) -> int | None:
    """0 for a number, 1 for a row or a column, 2 for a matrix; None for a shape that is not known."""
    dims = shape.known
    return None if dims is None else len(dims) - (len(dims) == 2 and any(dim.is_one for dim in dims))
