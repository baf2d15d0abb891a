"""A document in the strict language, under the hypotheses about it with which the most relations fit."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence, Set
from dataclasses import replace
from functools import cache
from itertools import product
from typing import Any

from chainrule.documents.reader.choosing import choose
from chainrule.documents.reader.interpretation.document_reader import reading_of
from chainrule.documents.reader.interpretation.document_state import DocumentState
from chainrule.documents.reader.interpretation.earlier_entries import recurrent_letters
from chainrule.documents.reader.interpretation.readings import Reading
from chainrule.documents.reader.letters.inventory import Inventory
from chainrule.documents.reader.letters.suffixed_names import letter_of
from chainrule.documents.reader.letters_by_part import CONSTANTS, in_doubt
from chainrule.documents.reader.prepared import Around, Prepared, prepared
from chainrule.documents.reader.prose.stated_words import BASES, OTHER_LAYERS, PARTIAL_SUMS, PENALTIES, STACKED_ROWS
from chainrule.documents.reader.structure.document_parts import name_in
from chainrule.documents.reader.structure.statements import Statement
from chainrule.documents.reader.structure.targets import Target, target_of
from chainrule.documents.reader.syntax import written as w
from chainrule.documents.reader.syntax.parts_written import (
    all_parts,
    base_name,
    letters_of,
    parts_of_chain,
)
from chainrule.documents.reader.syntax.written import WrittenChain
from chainrule.documents.reader.trials import misfits
from chainrule.documents.reader.uncertainty.dependences import HIDDEN
from chainrule.documents.sources.pieces import Piece, Pieces

CONVENTIONS = {
    "has_bases": BASES,
    "has_partial_sums": PARTIAL_SUMS,
    "has_penalties": PENALTIES,
    "has_other_layers": OTHER_LAYERS,
    "has_stacked_rows": STACKED_ROWS,
}
"""Words of what a document means everywhere, by what a reading calls it."""

NOTHING = Around()


def read(pieces: Pieces, around: Around = NOTHING) -> Reading:
    """The reading of a document, or of a part of it, under which the most relations fit."""
    document = prepared(pieces, around)
    best, chosen = choose(document)
    known = _known(document)
    elsewhere = _letters_defined(document)
    elsewhere |= {letter_of(name) for name in (*best.unread, *(each.name for each in best.derivation.definitions))}

    def again(few: Sequence[Statement], options: dict[str, Any]) -> Reading:
        shared = (document.inventory, few, document.besides, document.scopes)
        return replace(reading_of(DocumentState(*shared, **options, elsewhere=elsewhere)), **known)

    def afresh(few_pieces: Set[int]) -> Reading:
        numbers = [number for number, piece in enumerate(pieces.pieces) if id(piece) in few_pieces]
        few = pieces.pieces[min(numbers) : max(numbers) + 1]
        blocks = [each for each in pieces.pieces[: min(numbers)] if each.kind == "declarations"]
        stated = _sizes_stated(document, min(numbers), few)
        return read(replace(pieces, pieces=(*blocks, *stated, *few)), document.around)

    def alone(few_pieces: Set[int]) -> Reading:
        options = {key: value for key, value in chosen.items() if key != "aliases"}
        few = [each for each in document.statements if id(each.piece) in few_pieces]
        found = again(few, options)
        tried, layout = [(misfits(found), found)], document.around.layout or "transposed"
        for way in _ways(found, options, layout, document.inventory) if tried[0][0] else ():
            found = again(few, options | way)
            tried.append((misfits(found) + len(way.keys() - {"apart"}), found))
        return min(tried, key=lambda each: each[0])[1]

    def without(dropped: Set[int]) -> Reading:
        return again([each for each in document.statements if id(each) not in dropped], chosen)

    @cache
    def with_examples() -> Reading:
        return again(document.statements, chosen | {"examples": True})

    lines = {line for each in pieces.pieces if each.kind == "declarations" for line in each.lines}
    return replace(
        best, **known, alone=alone, afresh=afresh, without=without, with_examples=with_examples, block_lines=lines
    )


# What follows is private.


def _known(document: Prepared) -> dict[str, Any]:
    """Fields of a reading that hold under all hypotheses."""
    inventory, places = document.inventory, document.scopes.parts
    made_of, beside = dict[str, dict[int, frozenset[str]]](), dict[str, dict[int, frozenset[str]]]()
    valued, pairs = set[str](), list[tuple[Statement, Target]]()
    named = (each.left.base if isinstance(each.left, w.Scripted) else each.left for each in document.statements)
    equations = Counter(base_name(each) for each in named if isinstance(each, w.Symbol))
    for each in document.statements:
        target = target_of(each, inventory)
        if target is None:
            continue
        letters = letters_of(each.right) | {HIDDEN for one in all_parts(each.right) if isinstance(one, w.NotRead)}
        letters |= {name_in(one, inventory) for one in all_parts(each.right)} - {""}
        pairs.append((each, target))
        if letters:  # not v = 11
            for name in {target.base, name_in(target.name, inventory) or target.base}:
                part, own = places.get(id(each.piece), 0), frozenset[str]().union(*map(letters_of, target.parameters))
                for told, found in ((made_of, letters), (beside, letters - own)):
                    there = told.setdefault(name, {})
                    there[part] = there.get(part, frozenset()) | found
        elif not target.parameters and each.piece.kind == "inline":
            valued.add(target.base)
    conventions = {name: words.search(document.around.words) is not None for name, words in CONVENTIONS.items()}
    return dict[str, Any](
        variables=_variables(document.numbered, inventory),
        places=places,
        made_of=made_of,
        beside_arguments=beside,
        valued=valued,
        recurrent=recurrent_letters(pairs),
        told_once={letter for letter, count in equations.items() if count == 1},
        has_complex=document.around.has_complex,
        is_summing=inventory.summing,
        **conventions,
    )


def _letters_defined(document: Prepared) -> set[str]:
    """Letters for which the document has an equation."""
    targets = (target_of(each, document.inventory) for each in document.statements)
    return {each.base for each in targets if each is not None and isinstance(each.name, w.Symbol)}


def _ways(reading: Reading, options: Mapping[str, Any], layout: str, inventory: Inventory) -> Iterator[dict[str, Any]]:
    """Options that a part of a document may take in its own way: columns, gradients as rows, vectors apart."""
    unfit = in_doubt(reading, reading.places)[0]
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


def _variables(every: Iterable[tuple[int, Piece, WrittenChain]], inventory: Inventory) -> set[str]:
    """Letters of which no sentence speaks, which are never called, and which do not stand for constants or changes."""
    found, others = set[str](), CONSTANTS | inventory.called.keys()
    for _, piece, chain in every:
        symbols = [part for part in parts_of_chain(chain) if isinstance(part, w.Symbol)]
        if piece.kind == "inline" and not _is_range(chain):
            others |= {base_name(symbol) for symbol in symbols}
        found |= {base_name(symbol) for symbol in symbols if not (symbol.is_word or symbol.accents or symbol.font)}
    return found - others


def _sizes_stated(document: Prepared, first: int, few: Iterable[Piece]) -> Iterator[Piece]:
    """The formulas of sentences before a piece, in its part, that say in which space a letter of some pieces lies."""
    inside = {id(piece) for piece in few}
    written = (part for _, piece, chain in document.numbered if id(piece) in inside for part in parts_of_chain(chain))
    letters = {base_name(part) for part in written if isinstance(part, w.Symbol)}
    parts = document.scopes.parts
    here = {parts.get(each) for each in inside} - {None}
    for number, piece, chain in document.numbered:
        letter = _in_space(chain) if number < first and piece.kind == "inline" else ""
        if letter in letters and parts.get(id(piece)) in here:
            yield from (piece, replace(piece, kind="prose", text=". "))


def _in_space(chain: WrittenChain) -> str:
    """The letter that lies in a space, as a chain says: W \\in \\mathbb{R}^{n \\times m}. Nothing for other chains."""
    match chain.members, [link.relation for link in chain.links]:
        case (w.Symbol() as letter, w.Scripted(base=w.Symbol(font="blackboard"), upper=w.Written())), ["in"]:
            return base_name(letter)
    return ""


def _is_range(chain: WrittenChain) -> bool:
    """Whether it only says where a letter lies: x > 0, x \\in \\mathbb{R}."""
    relations = {link.relation for link in chain.links}
    first, *others = chain.members
    numbers = all(
        isinstance(each, w.Numeral) or (isinstance(each, w.Symbol) and each.font == "blackboard") for each in others
    )
    return isinstance(first, w.Symbol) and relations <= {"<", "<=", ">", ">=", "!=", "in"} and bool(others) and numbers
