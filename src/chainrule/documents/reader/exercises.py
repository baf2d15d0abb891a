"""The exercises and examples of a document, read one by one where none needs what another says.

A sheet uses the same letters for other things in each exercise. One that introduces all its letters itself is a
document of its own: nothing that other exercises say makes its reading uncertain. Exercises that share a letter, and
those that take one from the text around them, are read together.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass, field, replace
from typing import TypeVar

from chainrule.documents.language.derivation import ValueKind
from chainrule.documents.language.reachability import reached
from chainrule.documents.language.terms import free_names
from chainrule.documents.reader.declared_sections import cut
from chainrule.documents.reader.declaring.declarations import base_of
from chainrule.documents.reader.interpretation.readings import Reading, ReadRelation
from chainrule.documents.reader.letters.inventory import Inventory
from chainrule.documents.reader.letters_by_part import CONSTANTS
from chainrule.documents.reader.prepared import Around
from chainrule.documents.reader.prose.stated_in_sentences import stated_in
from chainrule.documents.reader.reading import read
from chainrule.documents.reader.structure.document_parts import SCOPE
from chainrule.documents.reader.structure.statements import is_example, statements_of
from chainrule.documents.reader.structure.targets import target_of
from chainrule.documents.reader.syntax.chains import chains_of
from chainrule.documents.reader.syntax.parts_written import arguments_of, base_letter, base_name, parts_of_chain
from chainrule.documents.reader.syntax.written import (
    Beside,
    Bracketed,
    Differentiation,
    Symbol,
    Written,
    WrittenChain,
)
from chainrule.documents.sources.pieces import Piece, Pieces

Found = TypeVar("Found")

MOST_READ = 2
"""The formulas that are read at most, in documents: exercises that need the same text read it again."""

MOST_PARTS = 300
"""Exercises and text around them; a document of more is read at once, for each is compared with all before it."""

_EXERCISE = re.compile(
    r"\W*(?:exercise|problem|question|task|example|aufgabe|übung|beispiel|exercice|exemple|ejercicio|ejemplo|problema|problème"
    r"|esercizio|esempio|exercício|exemplo|упражнение|задача|пример|习题|練習|问题|問題|例|연습|문제|예제|bài|ví dụ)",
    re.IGNORECASE,
)
"""The beginnings of headings of exercises and examples, which share nothing but what they say they share."""

_ITEM = re.compile(r"\W*(?:item$|\(?\d+[.)])")
"""The beginnings of numbered items, which may be steps of one derivation."""

_INTRODUCED = re.compile(r"\b(?:an?|any|every|some|arbitrary)(?:\s+[a-z-]+){0,3}\s*$", re.IGNORECASE)
"""Words before a letter that is new: a differentiable L, a fixed class c."""

_REFERENCE = re.compile(
    r"\b(?:above|previous|earlier|preceding"
    r"|(?:exercise|problem|question|example|part|item|step|equation)s?\.?[\s~]*\(?(?:\d|[a-z]\)))",
    re.IGNORECASE,
)
"""Words that tell of something before."""

_EVERYWHERE = frozenset({"T", "top", "pi", "infty", "infinity", "O"})
"""Letters that everyone uses alike, unless somebody says what they are."""


def readings(pieces: Pieces) -> tuple[Reading, ...]:
    """The readings of a document: of each exercise with what it needs, and of the rest, in the order they begin; then
    of each section that a block names.

    Each reading judges the relations of its own pieces only, so that every relation is judged once.
    """
    found = cut(pieces)
    apart = {id(piece) for section in found.sections for piece in section.pieces if piece.kind != "declarations"}
    first, *others = (_without(reading, apart) for reading in _readings(found.whole))
    first = replace(first, problems=(*first.problems, *found.errors))
    return (first, *others, *(_of_section(each, pieces) for each in found.sections))


def in_order(pieces: Pieces, every: Iterable[tuple[ReadRelation, Found]]) -> list[Found]:
    """The findings about relations, in the order in which these stand in a document."""
    places = {id(piece): number for number, piece in enumerate(pieces.pieces)}
    return [found for _, found in sorted(every, key=lambda pair: places.get(id(pair[0].statement.piece), -1))]


# What follows is private.


def _without(reading: Reading, apart: Set[int]) -> Reading:
    """A reading that does not judge some pieces, by identity."""
    if not apart:
        return reading
    every = {id(entry.statement.piece) for entry in reading.entries}
    return replace(reading, own=(every if reading.own is None else reading.own) - apart)


def _of_section(section: Pieces, document: Pieces) -> Reading:
    """The reading of a section by itself; what its own block defines belongs to it."""
    own = {id(piece) for piece in section.pieces}
    around = (piece.text for piece in document.pieces if id(piece) not in own and piece.kind in ("prose", "heading"))
    reading = read(section, Around(" ".join(around)))
    *_, block = (piece for piece in section.pieces if piece.kind == "declarations")
    here = {id(each.statement.piece) for each in reading.entries if each.statement.piece.lines.start in block.lines}
    return replace(reading, own=own | here)


def _readings(pieces: Pieces) -> tuple[Reading, ...]:
    """The readings of a document of which no section is read by itself."""
    parts = _parts(pieces)
    groups = _groups(parts, pieces.macros) if 1 < len(parts) <= MOST_PARTS else []
    if len(groups) < 2:
        return (read(pieces),)
    blocks = {number: piece for number, piece in enumerate(pieces.pieces) if piece.kind == "declarations"}
    known, found = {id(piece) for piece in pieces.pieces}, list[Reading]()
    for together, own in groups:
        few = sorted((blocks | {n: piece for part in together for n, piece in part.pieces}).items())
        around = dict.fromkeys(each for part in together for each in part.around if each not in together)
        reading = read(
            replace(pieces, pieces=tuple(piece for _, piece in few)), Around(" ".join(each.prose for each in around))
        )
        judged = {id(piece) for part in own for _, piece in part.pieces}
        declared = {id(entry.statement.piece) for entry in reading.entries} - known  # in blocks
        found.append(replace(reading, own=judged if found else judged | declared))
    return tuple(found)


@dataclass(eq=False)
class _Part:
    """An exercise or an example without those within it, or the text around all of them.

    Attributes
    ----------
    heading : str
    level : int
    around : tuple of _Part
        The parts that it stands in.
    pieces : list of (int, Piece)
        With their places in the document.
    letters : set of str
        The letters and words of its formulas that are no indices and no lengths.
    meant : set of str
        Those that it defines, or of which it says what they are.
    arguments : set of str
        Those that stand for the arguments of functions that it defines, or by which it differentiates.
    bare : set of str
        The letters that have no such meaning, or of which a relation such as x > 0 says something.
    """

    heading: str = ""
    level: int = 0
    around: tuple[_Part, ...] = ()
    pieces: list[tuple[int, Piece]] = field(default_factory=list)
    letters: Set[str] = frozenset()
    meant: Set[str] = frozenset()
    arguments: Set[str] = frozenset()
    bare: Set[str] = frozenset()

    @property
    def prose(self) -> str:
        """Its words, and those of headings."""
        return " ".join(piece.text for _, piece in self.pieces[self.level > 0 :] if piece.kind in ("prose", "heading"))

    @property
    def loose(self) -> Set[str]:
        """Its letters whose meaning it does not give."""
        return self.letters - self.meant - self.arguments

    def needs(self, other: _Part) -> bool:
        """Whether it has letters that a part before it, or the text around it, gives a meaning."""
        if other not in self.around:
            strict = _EXERCISE.match(self.heading) is not None
            return bool(self.loose & (other.meant if strict else other.meant | other.bare))
        return bool((self.loose | (self.arguments & other.meant)) & (other.meant | other.bare))

    def goes_on_with(self, inner: _Part) -> bool:
        """Whether it has letters, after a part within it, to which this gives a meaning."""
        after = any(number > inner.pieces[-1][0] for number, _ in self.pieces)
        return after and bool(self.loose & inner.meant)


def _parts(pieces: Pieces) -> list[_Part]:
    """The parts of a document, in the order of their headings; the first is the text around them.

    Environments, whose level is `SCOPE`, end where they say so; other parts end at the next heading that is no lower.
    """
    text = _Part()
    every, open_parts = [text], [(0, text)]
    for place in enumerate(pieces.pieces):
        kind, level = place[1].kind, place[1].level if place[1].kind == "heading" else 0
        if kind == "heading":
            while open_parts[-1][0] >= level and not (open_parts[-1][0] == SCOPE and level >= SCOPE - 1):
                open_parts.pop()
            part, words = open_parts[-1][1], place[1].text
            if _EXERCISE.match(words) or _ITEM.match(words):
                around = dict.fromkeys(each for _, each in open_parts)
                part = _Part(words, level, tuple(around))
                every.append(part)
            open_parts.append((level, part))
        open_parts[-1][1].pieces.append(place)
        if kind == "end":
            last = max((n for n, (own, _) in enumerate(open_parts) if own == SCOPE), default=len(open_parts))
            del open_parts[last:]
    return every


def _see(part: _Part, macros: Iterable[tuple[str, int, str]]) -> None:
    """Enter the letters of a part."""
    own = [piece for _, piece in part.pieces]
    chains = {n: chains_of(p.text, macros) for n, p in enumerate(own) if p.kind in ("display", "inline")}
    every = [(own[number], chain) for number, found in chains.items() for chain in found]
    inventory, stated = Inventory.of(chain for _, chain in every), stated_in(own, chains)
    formulas = [each for _, chain in every for each in parts_of_chain(chain)]
    symbols = [each for each in formulas if isinstance(each, Symbol)]
    shapes = [each.kind.shape for each in stated.declared if isinstance(each.kind, ValueKind)]
    lengths = {name for shape in shapes for size in shape for name in free_names(size)}
    statements = list(statements_of(every))
    targets = [target_of(each, inventory) for each in statements if not is_example(each, inventory)]
    part.letters = {base_name(each) for each in symbols if each.font != "blackboard"}
    part.letters -= inventory.indices | inventory.limits | lengths | CONSTANTS
    part.arguments = {base_letter(each) for target in targets if target is not None for each in target.parameters}
    part.arguments |= {base_letter(each) for piece, chain in every if piece.kind == "inline" for each in _called(chain)}
    part.arguments |= {
        base_letter(by) for each in formulas if isinstance(each, Differentiation) for by in each.variables
    }
    part.meant = {each.base for each in targets if each is not None} | {base_of(each.name) for each in stated.declared}
    part.meant |= {base_letter(each) for each in _introduced(own, chains)}
    compared = {base_letter(each.left) for each in statements if each.piece.kind == "inline"}
    words = {base_name(each) for each in symbols if each.is_word}
    part.bare = part.letters - words - _EVERYWHERE - (part.arguments - compared)


def _called(chain: WrittenChain) -> Iterator[Written]:
    """The letters in f(x, y) or y = y(x), as a sentence speaks of a function."""
    match chain.members[-1]:
        case Beside(parts=(Symbol(), Bracketed() as bracket), joints=("",)):
            yield from arguments_of(bracket)


def _introduced(own: Sequence[Piece], chains: Mapping[int, Sequence[WrittenChain]]) -> Iterator[Written]:
    """The letters that stand alone behind words that say that they are new."""
    for number, found in chains.items():
        before = own[number - 1].text if number and own[number - 1].kind == "prose" else ""
        if _INTRODUCED.search(before):
            yield from (chain.members[0] for chain in found if not chain.links and chain.members[0] is not None)


def _groups(parts: Sequence[_Part], macros: Iterable[tuple[str, int, str]]) -> list[tuple[list[_Part], list[_Part]]]:
    """The parts that are read together, and those of them that this reading judges.

    These are the parts that need the same others. If this is more than twice the document to read, all parts that
    need each other are read together.
    """
    needed = list[set[int]]()
    for number, part in enumerate(parts):
        _see(part, macros)
        refers = _REFERENCE.search(part.prose) is not None
        needed.append({number})
        for n, other in enumerate(parts[:number]):
            if refers or part.needs(other):
                needed[number].add(n)
            if other in part.around and other.goes_on_with(part):
                needed[n].add(number)
    tied = [need | {n for n, other in enumerate(needed) if number in other} for number, need in enumerate(needed)]
    sizes = [sum(piece.kind in ("display", "inline") for _, piece in part.pieces) for part in parts]
    closed, apart = ([reached(n, each.__getitem__) for n in range(len(parts))] for each in (needed, tied))
    read_so = sum(sizes[n] for each in dict.fromkeys(closed) for n in each)
    closed = apart if len({*apart}) == 1 or read_so > MOST_READ * sum(sizes) else closed
    own = dict[frozenset[int], list[_Part]]()
    for each, part in zip(closed, parts, strict=True):
        own.setdefault(each, []).append(part)
    return [([parts[n] for n in sorted(each)], judged) for each, judged in own.items()]
