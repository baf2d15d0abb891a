"""A document in the strict language, under the hypotheses about it with which the most relations fit.

A hypothesis is about the whole document, or about a part of it: gradients are rows, vectors are rows, a letter is
something else in a section. It is judged by the shapes alone, never by whether a step comes true.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass, replace
from itertools import product
from typing import Any

from chainrule.documents.language.dimensions import Shape
from chainrule.documents.language.name_uses import Names
from chainrule.documents.language.terms import FunctionKind, ValueKind
from chainrule.documents.reader import written as w
from chainrule.documents.reader.chains import chains_of
from chainrule.documents.reader.compositions import with_values
from chainrule.documents.reader.declarations import Block, base_of
from chainrule.documents.reader.digit_pairs import with_digit_pairs
from chainrule.documents.reader.document_parts import Scopes, name_in
from chainrule.documents.reader.document_reader import reading_of
from chainrule.documents.reader.document_state import DocumentState
from chainrule.documents.reader.doubts import HIDDEN, letter_of
from chainrule.documents.reader.formula_tokens import words_in_derivatives
from chainrule.documents.reader.gradient_names import with_gradient_names
from chainrule.documents.reader.inventory import Inventory
from chainrule.documents.reader.kinds_of_names import enter_kinds
from chainrule.documents.reader.known_words import MAYBE
from chainrule.documents.reader.numbered_layers import names_of_layers, with_numbered_layers
from chainrule.documents.reader.parts_written import all_parts, base_name, letters_of, parts_of_chain
from chainrule.documents.reader.prefixes import CHANGE, with_changes
from chainrule.documents.reader.readings import Besides, Reading
from chainrule.documents.reader.short_derivatives import with_short_derivatives
from chainrule.documents.reader.squares import with_squares
from chainrule.documents.reader.stated import Stated
from chainrule.documents.reader.stated_words import BASES, COMPLEX, ENTRY_OF_DERIVATIVE, LAYOUTS, PARTIAL_SUMS
from chainrule.documents.reader.statements import Statement, statements_of, target_of
from chainrule.documents.reader.trials import Trials, misfits
from chainrule.documents.reader.written import WrittenChain
from chainrule.documents.sources.pieces import Piece, Pieces

MOST_SECTIONS = 8
"""Sections in which names may mean another thing than elsewhere."""

LAYOUTS_OF_DERIVATIVES = ("columns", "rows", "transposed")

CONVENTIONS = {"has_bases": BASES, "has_partial_sums": PARTIAL_SUMS}
"""Words of what a document means everywhere, by what a reading calls it."""

CONSTANTS = frozenset({"d", "D", "e", "i", "I", "1", "0"})
"""Letters that mean a differential, a number or a matrix as often as a variable."""


@dataclass(frozen=True)
class Around:
    """The document around a part of it: what it says once holds in the part.

    Attributes
    ----------
    words : str
    layered : set of str
        Letters above which numbers count layers.
    layout : str
        The layout of derivatives that it tells; nothing if it tells none.
    has_complex : bool
        Whether it speaks of complex numbers.
    """

    words: str = ""
    layered: Set[str] = frozenset()
    layout: str = ""
    has_complex: bool = False


NOTHING = Around()


def read(pieces: Pieces, around: Around = NOTHING) -> Reading:
    """The reading of a document, or of a part of it, under which the most relations fit."""
    formulas = " ".join(piece.text for piece in pieces.pieces if piece.kind in ("display", "inline", "declarations"))
    block = Block(formulas)
    for number, piece in enumerate(pieces.pieces):
        if piece.kind == "declarations":
            block.read(piece, number, pieces.macros)
    words = block.words | words_in_derivatives(formulas)
    chains = {
        number: chains_of(piece.text, pieces.macros, words)
        for number, piece in enumerate(pieces.pieces)
        if piece.kind in ("display", "inline")
    }
    chains = with_digit_pairs(chains)
    layered = around.layered | names_of_layers(chains)
    chains = with_numbered_layers(chains, layered)
    chains = chains if CHANGE in block.names else with_changes(chains)
    chains = with_gradient_names(with_squares(chains), pieces.pieces)
    spoken = " ".join([around.words, *(each.text for each in pieces.pieces if each.kind in ("prose", "heading"))])
    chains = with_short_derivatives(chains, spoken)
    stated = Stated.of(pieces.pieces, chains)
    chains = with_values(chains, stated.declared)
    numbered = [(number, pieces.pieces[number], chain) for number, found in chains.items() for chain in found]
    numbered = sorted([*block.definitions, *numbered], key=lambda each: each[0])
    every = [(piece, chain) for _, piece, chain in numbered]
    prose = " ".join([around.words, *(piece.text for piece in pieces.pieces if piece.kind == "prose")]).lower()
    inventory = Inventory.of((chain for _, chain in every), prose)
    besides = Besides(block, stated, {id(piece): number for number, piece, _ in numbered})
    statements = list(statements_of(every))
    same = {id(piece): pieces.pieces[number] for number, piece, _ in block.definitions}
    scopes = Scopes.of(pieces.pieces, statements, inventory, same, besides.has_defined)
    layouts = [layout for layout, words in LAYOUTS.items() if words.search(spoken.lower())]
    sentences = " ".join(piece.text if piece.kind == "prose" else f"${piece.text}$" for piece in pieces.pieces)
    layouts += [
        "columns" if each["row"] == each["input"] else "rows" for each in ENTRY_OF_DERIVATIVE.finditer(sentences)
    ]
    layout = block.layout or around.layout or (layouts[0] if len({*layouts}) == 1 else "")
    chosen = dict[str, Any](layout=layout, layout_told=layout)
    shared, kept = (inventory, statements, besides, scopes), set[str]()
    trials = Trials(shared)
    best = trials.under(chosen)

    lettered = frozenset(_letters_of_layers(best, inventory))
    if lettered:
        found = trials.under(chosen | {"lettered": lettered})
        if not found.looping and misfits(found) <= misfits(best):
            best, chosen = found, chosen | {"lettered": lettered}

    def with_aliases(group: Mapping[int, Mapping[str, str]]) -> dict[str, Any]:
        known = chosen.get("aliases", {})
        return {"aliases": {part: known.get(part, {}) | group.get(part, {}) for part in known.keys() | group.keys()}}

    defined = {
        (scopes.parts[id(each.piece)], target.base)
        for each in statements
        if (target := target_of(each, inventory)) is not None and target.indices
    }
    for group in _aliases(every, scopes, block.names, defined).values():
        found = trials.under(chosen | with_aliases(group))
        more = misfits(best) - misfits(found)
        is_apart = more >= 0 and _is_apart(found, scopes, group)
        if more > 0 or is_apart:
            best, chosen = found, chosen | with_aliases(group)
            kept |= {name for names in group.values() for name in names.values() if is_apart}
    best, chosen = trials.better(best, chosen, with_aliases(_by_shape(every, scopes, trials, chosen)))
    kinds = {base_of(each.name): each.kind for each in besides.stated.declared}
    mapping = {name for name, kind in kinds.items() if isinstance(kind, FunctionKind) and kind.arguments}
    said = {base_of(each.name) for each in besides.stated.declared if not isinstance(each.kind, FunctionKind)}
    for _ in range(2):
        options: list[dict[str, Any]] = [{"layout": each} for each in (() if layout else LAYOUTS_OF_DERIVATIVES)]
        for option in (*options, {"rows": True}, {"losses": True}, {"units": True}):
            best, chosen = trials.better(best, chosen, option)
        for name in ("layout", "rows", "losses", "units"):  # the work of one may be done by another
            if chosen.get(name):
                usual: dict[str, Any] = {name: layout if name == "layout" else False}
                best, chosen = trials.better(best, chosen, usual, spare=1)
        several, _ = _in_doubt(best, scopes.parts)
        distrusted = chosen.get("distrusted", frozenset()) | _mostly_unfit(best, several & said)
        best, chosen = trials.better(best, chosen, {"distrusted": distrusted})
        plain = several - block.names - mapping
        single = frozenset(() if inventory.summing else filter(inventory.may_be_single, plain))
        best, chosen = trials.better(best, chosen, {"singles": single})
        for letter in sorted(each for each in several if inventory.vectors[each] > 0):
            for kind in ("lone", "apart") if inventory.bare[letter] else ("lone",):
                option = {kind: chosen.get(kind, frozenset()) | {letter}}
                best, chosen = trials.better(best, chosen, option)
        for _ in range(MOST_SECTIONS):
            tried = [(best, chosen)]
            for part, names in _in_doubt(best, scopes.parts)[1].items():
                tried.append(trials.better(best, chosen, with_aliases({part: names})))
            if min(misfits(each) for each, _ in tried) == misfits(best):
                break
            best, chosen = min(tried, key=lambda each: misfits(each[0]))
    for group in _elsewhere(every, scopes, stated, pieces.pieces, block.names):
        best, chosen = trials.better(best, chosen, with_aliases(group))
    for letter in sorted(chosen.get("singles", ())):
        option = {"singles": chosen["singles"] - {letter}}
        best, chosen = trials.better(best, chosen, option, spare=1)
    matrices = {each for name in _square(best) for each in (letter_of(name), letter_of(name).lower())}
    for letter in sorted(each for each in matrices if each in inventory.vectors):
        option = {"turned": chosen.get("turned", frozenset()) | {letter}}
        found = trials.under(chosen | option)
        if misfits(found) <= misfits(best) and _square(found) < _square(best):
            best, chosen = found, chosen | option
    for section, names in chosen.get("aliases", {}).items():
        for name in names:
            if names[name] not in kept:
                fewer = {key: value for key, value in chosen["aliases"][section].items() if key != name}
                option = {"aliases": chosen["aliases"] | {section: fewer}}
                best, chosen = trials.better(best, chosen, option, spare=1)

    unfit = frozenset[tuple[int, tuple[int, int]]]()
    for _ in range(2):  # what sentences may assume decides no shapes
        option = {"tries": True, "untried": unfit}
        with_tries = trials.under(chosen | option)
        if misfits(with_tries) <= misfits(best):
            best, chosen = with_tries, chosen | option
            break
        maybe = (each for each in with_tries.entries if each.kind == "does not fit" and MAYBE in each.rests_on)
        unfit = frozenset(each.statement.key for each in maybe)

    targets = (target_of(each, inventory) for each in statements)
    letters_defined = {each.base for each in targets if each is not None and isinstance(each.name, w.Symbol)}
    letters_defined |= {letter_of(name) for name in (*best.unread, *(d.name for d in best.derivation.definitions))}
    made_of, valued = dict[str, dict[int, frozenset[str]]](), set[str]()
    for each in statements:
        target = target_of(each, inventory)
        letters = letters_of(each.right) | {HIDDEN for one in all_parts(each.right) if isinstance(one, w.NotRead)}
        letters |= {name_in(one, inventory) for one in all_parts(each.right)} - {""}
        if target is not None and letters:  # not v = 11
            for name in {target.base, name_in(target.name, inventory) or target.base}:
                there, part = made_of.setdefault(name, {}), scopes.parts.get(id(each.piece), 0)
                there[part] = there.get(part, frozenset()) | letters
        if target is not None and not (letters or target.parameters) and each.piece.kind == "inline":
            valued.add(target.base)
    known = dict[str, Any](
        variables=_variables(numbered, inventory), places=scopes.parts, made_of=made_of, valued=valued
    )
    known |= {name: words.search(spoken) is not None for name, words in CONVENTIONS.items()}
    has_complex = around.has_complex or COMPLEX.search(formulas) is not None
    known |= {"has_complex": has_complex, "is_summing": inventory.summing}

    def again(few: Sequence[Statement], options: dict[str, Any]) -> Reading:
        state = DocumentState(inventory, few, besides, scopes, **options, elsewhere=letters_defined)
        return replace(reading_of(state), **known)

    def afresh(few_pieces: Set[int]) -> Reading:
        numbers = [number for number, piece in enumerate(pieces.pieces) if id(piece) in few_pieces]
        few = pieces.pieces[min(numbers) : max(numbers) + 1]
        blocks = [each for each in pieces.pieces[: min(numbers)] if each.kind == "declarations"]
        return read(replace(pieces, pieces=(*blocks, *few)), Around(spoken, layered, layout, has_complex))

    def alone(few_pieces: Set[int]) -> Reading:
        options = {key: value for key, value in chosen.items() if key != "aliases"}
        few = [each for each in statements if id(each.piece) in few_pieces]
        found = again(few, options)
        tried = [(misfits(found), found)]
        for way in _ways(found, options, layout or "transposed", inventory) if tried[0][0] else ():
            found = again(few, options | way)
            tried.append((misfits(found) + len(way.keys() - {"apart"}), found))
        return min(tried, key=lambda each: each[0])[1]

    def without(dropped: Set[int]) -> Reading:
        return again([each for each in statements if id(each) not in dropped], chosen)

    return replace(best, **known, alone=alone, afresh=afresh, without=without)


# What follows is private.


def _ways(reading: Reading, options: Mapping[str, Any], layout: str, inventory: Inventory) -> Iterator[dict[str, Any]]:
    """Options that a part of a document may take in its own way: columns, gradients as rows, vectors apart."""
    unfit = _in_doubt(reading, reading.places)[0]
    vectors = frozenset(each for each in unfit if inventory.vectors[each] and inventory.bare[each])
    every: dict[str, list[Any]] = {
        "rows": [False] if options.get("rows") else [],
        "layout": [layout] if options.get("layout") != layout else [],
        "apart": [vectors | options.get("apart", frozenset())] if vectors else [],
    }
    for values in product(*[[None, *some] for some in every.values()]):
        way = {name: value for name, value in zip(every, values, strict=True) if value is not None}
        if way:
            yield way


def _elsewhere(
    every: Iterable[tuple[Piece, WrittenChain]],
    scopes: Scopes,
    stated: Stated,
    pieces: Sequence[Piece],
    blocks: Set[str],
) -> Iterator[dict[int, dict[str, str]]]:
    """Names of their own for letters in parts where no sentence says what they are: in all before, then in each after.

    A sentence says of a letter what it is in its part and in those within it.
    """
    said = dict[str, set[int]]()
    for each in stated.declared:
        if isinstance(each.kind, ValueKind) and isinstance(each.name, w.Symbol):
            said.setdefault(base_of(each.name), set()).add(scopes.parts[id(pieces[each.piece])])
    used = dict[str, set[int]]()
    for piece, chain in every:
        part = scopes.parts[id(piece)]
        for symbol in parts_of_chain(chain):
            if isinstance(symbol, w.Symbol):
                used.setdefault(base_name(symbol), set()).add(part)
    for letter in sorted(said.keys() - blocks - CONSTANTS):
        own = {part for part in used.get(letter, ()) if letter in scopes.where.get(part, ())}
        others = sorted(used.get(letter, set()) - said[letter] - own)
        before = [part for part in others if part < min(said[letter])]
        for group in (before, *([part] for part in others if part > min(said[letter]))):
            if group:
                yield {part: {letter: f"{letter}__part_{group[0]}"} for part in group}


def _by_shape(
    every: Iterable[tuple[Piece, WrittenChain]], scopes: Scopes, trials: Trials, chosen: dict[str, Any]
) -> dict[int, dict[str, str]]:
    """By part: other names for letters without a definition that are numbers in some parts and vectors in others.

    All parts are read as if their letters were their own; so each part shows what its letters are there.
    """
    state = DocumentState(*trials.shared, **chosen)
    enter_kinds(state)
    fixed = state.kinds.keys() | state.elaborator.functions.keys() | CONSTANTS
    fixed |= state.inventory.indices | state.inventory.limits
    known, own = chosen.get("aliases", {}), dict[int, dict[str, str]]()
    for piece, chain in every:
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


def _rank(shape: Shape) -> int | None:
    """0 for a number, 1 for a row or a column, 2 for a matrix; None for a shape that is not known."""
    dims = shape.known
    return None if dims is None else len(dims) - (len(dims) == 2 and any(dim.is_one for dim in dims))


def _variables(every: Iterable[tuple[int, Piece, WrittenChain]], inventory: Inventory) -> set[str]:
    """Letters of which no sentence speaks, which are never called, and which do not stand for constants or changes."""
    found, others = set[str](), CONSTANTS | inventory.called.keys()
    for _, piece, chain in every:
        symbols = [part for part in parts_of_chain(chain) if isinstance(part, w.Symbol)]
        if piece.kind == "inline" and not _is_range(chain):
            others |= {base_name(symbol) for symbol in symbols}
        found |= {base_name(symbol) for symbol in symbols if not (symbol.is_word or symbol.accents or symbol.font)}
    return found - others


def _is_range(chain: WrittenChain) -> bool:
    """Whether it only says where a letter lies: x > 0, x \\in \\mathbb{R}."""
    relations = {link.relation for link in chain.links}
    first, *others = chain.members
    numbers = all(
        isinstance(each, w.Numeral) or (isinstance(each, w.Symbol) and each.font == "blackboard") for each in others
    )
    return isinstance(first, w.Symbol) and relations <= {"<", "<=", ">", ">=", "!=", "in"} and bool(others) and numbers


def _square(reading: Reading) -> set[str]:
    """The matrices whose sides have one length, which nobody says."""
    found = set[str]()
    kinds = {each.name: each.kind for each in reading.shapes.derivation.declarations}
    for name, shape in reading.shapes.names.items():
        dims, kind = shape.known or (), kinds.get(name)
        said = isinstance(kind, ValueKind) and len(set(kind.shape)) == 1
        if len(dims) == 2 and dims[0].final == dims[1].final and not said:
            found.add(name)
    return found


def _in_doubt(reading: Reading, sections: Mapping[int, int]) -> tuple[set[str], dict[int, dict[str, str]]]:
    """The names in what does not fit; and by section other names for them: there they may mean another thing."""
    found, places, defined = set[str](), dict[str, Counter[int]](), set[tuple[int, str]]()
    faults = {id(term) for term, _ in reading.shapes.faults}
    lines = {each.line for each in reading.shapes.derivation.definitions if id(each.body) in faults}
    for entry in reading.entries:
        line = entry.statement.piece.place_of(entry.statement.place[0])[0]
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


def _mostly_unfit(reading: Reading, names: Set[str]) -> frozenset[str]:
    """The names, among some, with which more relations do not fit than fit: these may be what the text does not say.

    So one step that is wrong changes no name that the text declares.
    """
    unfit = Counter[str]()
    for entry in reading.entries:
        sides = entry.statement.left, entry.statement.right
        for name in names & frozenset[str]().union(*map(letters_of, sides)):
            unfit[name] += {"does not fit": 1, "claim": -1, "definition": -1}.get(entry.kind, 0)
    return frozenset(name for name in names if unfit[name] > 0)


def _letters_of_layers(reading: Reading, inventory: Inventory) -> set[str]:
    """The letters of indices by which letters differ whose definitions would else lead to themselves.

    z_k is made of a_j, and a_j of z_j: then j and k name layers. An entry with a number would be of no layer.
    """
    lists = [items for base in reading.looping for items in inventory.subscripts[base]]
    plain = all(isinstance(item, w.Symbol) and inventory.is_index(item) for items in lists for item in items)
    found = {items[0].text for items in lists if len(items) == 1 and isinstance(items[0], w.Symbol)}
    return found if plain and len(found) > 1 else set()


def _is_apart(reading: Reading, scopes: Scopes, group: Mapping[int, Mapping[str, str]]) -> bool:
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


def _aliases(
    every: Sequence[tuple[Piece, WrittenChain]], scopes: Scopes, declared: Set[str], defined: Set[tuple[int, str]]
) -> dict[int, dict[int, dict[str, str]]]:
    """Names of their own for letters that have indices elsewhere and none here, unless a block declares them.

    By the part that defines them, or that uses them alone: by part, the names. Parts with letters that are defined
    there by their entries, as in p(z)_i = ..., count as parts where they have indices.
    """
    by_part = dict[int, list[WrittenChain]]()
    for piece, chain in every:
        by_part.setdefault(scopes.parts[id(piece)], []).append(chain)
    found = {part: Inventory.of(chains) for part, chains in by_part.items()}
    bare = {
        part: {base for base in inventory.bare if not inventory.has_entries(base)} for part, inventory in found.items()
    }
    indexed = {
        base for inventory in found.values() for base in list(inventory.subscripts) if inventory.has_entries(base)
    }
    made: dict[int, dict[int, dict[str, str]]] = {}
    for part, letters in bare.items():
        for base in letters & indexed - declared - {each for where, each in defined if where == part}:
            first = scopes.where.get(part, {}).get(base, part)
            if base in bare.get(first, ()):
                made.setdefault(first, {}).setdefault(part, {})[base] = f"{base}__part_{first}"
    return made
