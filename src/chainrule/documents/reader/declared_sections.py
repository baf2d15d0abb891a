"""Sections that a block of declarations names: each is read by itself, with the lines that the block has for it.

A line `section: HEADING` begins the declarations of the section with this heading; `section: lines 74-239` and, in a
notebook, `section: cells 9-12` or `section: cell 9 lines 3-8` name a stretch without one. What the rest of the document
says of a letter counts for nothing there, except what a block declares before its first section. The rest is read as if
nothing named the section.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import takewhile

from chainrule.documents.reader.prose.sentences import ends_of_sections
from chainrule.documents.sources.pieces import Piece, Pieces

_SECTION = re.compile(r"^[ \t]*section[ \t]*:[ \t]*(?P<name>[^\n]*?)[ \t]*$", re.MULTILINE)
_STRETCH = re.compile(
    r"(?:cell\s+(?P<cell>\d+)\s*,?\s*)?(?P<kind>line|cell)s?\s+(?P<first>\d+)(?:\s*[-–]\s*(?P<last>\d+))?",
    re.IGNORECASE,
)
_MARKS = re.compile(r"^#+\s*|[\s*_`]+")


@dataclass(frozen=True)
class Sections:
    """A document without the declarations for some sections, and these, each behind the blocks that count there.

    Attributes
    ----------
    whole : Pieces
    sections : tuple of Pieces
    errors : tuple of (int, str)
        Lines that name no section, with what was expected.
    """

    whole: Pieces
    sections: tuple[Pieces, ...] = ()
    errors: tuple[tuple[int, str], ...] = ()


def cut(pieces: Pieces) -> Sections:
    r"""A document, and the sections that its blocks name.

    >>> from chainrule.documents.sources.opening import pieces_of
    >>> found = cut(pieces_of("---\nn: size\nsection: B\nx: column n\n---\n# A\n$$x$$\n# B\n$$y$$\n", "a.md"))
    >>> [piece.text for piece in found.whole.pieces if piece.text.strip()]
    ['n: size\n', 'A', 'x', 'B', 'y']
    >>> [[piece.text for piece in each.pieces if piece.text.strip()] for each in found.sections]
    [['n: size\n', 'x: column n', 'B', 'y']]
    """
    everywhere, named, errors = list[Piece](), list[tuple[Piece, range]](), list[tuple[int, str]]()
    for piece in pieces.pieces:
        if piece.kind == "declarations":
            first, *others = _split(piece)
            everywhere.append(first[2])
            for line, name, block in others:
                try:
                    named.append((block, _stretch(name, pieces.pieces)))
                except ValueError as error:
                    errors.append((line, str(error)))
    if not named and not errors:
        return Sections(pieces)
    owner = dict[int, int]()  # the section of a piece; the inner one of two that hold it
    for number in sorted(range(len(named)), key=lambda each: -len(named[each][1])):
        owner |= dict.fromkeys(named[number][1], number)
    own = [n for n, piece in enumerate(pieces.pieces) if piece.kind != "declarations"]
    sections = [
        replace(pieces, pieces=(*everywhere, block, *(pieces.pieces[n] for n in own if owner.get(n) == number)))
        for number, (block, _) in enumerate(named)
    ]
    blocks = iter(everywhere)
    whole = tuple(next(blocks) if piece.kind == "declarations" else piece for piece in pieces.pieces)
    return Sections(replace(pieces, pieces=whole), tuple(sections), tuple(errors))


# What follows is private.


def _split(block: Piece) -> Iterator[tuple[int, str, Piece]]:
    """The stretches of a block, with the lines and names of their sections; the first counts everywhere."""
    line, name, begin = 0, "", 0
    for match in [*_SECTION.finditer(block.text), None]:
        end = len(block.text) if match is None else match.start()
        yield line, name, _part(block, begin, end)
        if match is not None:
            line, _ = block.place_of(match.start())
            name, begin = match["name"], min(match.end() + 1, len(block.text))


def _part(block: Piece, begin: int, end: int) -> Piece:
    """A stretch of a block, with the places of its characters."""
    at = bisect_right([position for position, _, _ in block.starts], begin)
    starts = [(position - begin, line, column) for position, line, column in block.starts[at:] if position < end]
    return replace(block, text=block.text[begin:end], starts=((0, *block.place_of(begin)), *starts))


def _stretch(name: str, pieces: Sequence[Piece]) -> range:
    """The pieces of a section, by their numbers.

    Raises
    ------
    ValueError
        If the document has no such section, or several; the message says what was expected.
    """
    if match := _STRETCH.fullmatch(name):
        first, last = int(match["first"]), int(match["last"] or match["first"])
        cell = None if match["cell"] is None else int(match["cell"])
        in_cells = match["kind"].lower() == "cell"
        places = [piece.cell if in_cells else piece.lines.start for piece in pieces]
        inside = [
            n
            for n, (piece, place) in enumerate(zip(pieces, places, strict=True))
            if place is not None and first <= place <= last and (in_cells or piece.cell == cell)
        ]
        if not inside:
            raise ValueError(f"expected lines of the document, or cells of a notebook, got {name!r}")
        return range(inside[0], inside[-1] + 1)
    titles = {n: _plain(_title(n, pieces)) for n, piece in enumerate(pieces) if piece.kind == "heading"}
    wanted = _plain(name)
    found = [n for n, title in titles.items() if title == wanted] if wanted else []
    found = found or [n for n, title in titles.items() if wanted and title.startswith(wanted)]
    if len(found) != 1:
        how_many = "no heading begins so" if not found else f"{len(found)} headings begin so; give its lines"
        raise ValueError(f"expected section: HEADING, section: lines 10-20 or section: cells 3-4; {how_many}: {name!r}")
    return range(found[0], ends_of_sections(pieces, notation=False)[found[0]])


def _title(number: int, pieces: Sequence[Piece]) -> str:
    """A heading with the formulas in it, which are pieces of their own."""
    line = pieces[number].lines.start
    same = takewhile(lambda piece: piece.kind != "display" and piece.lines.start == line, pieces[number:])
    return " ".join(piece.text for piece in same)


def _plain(title: str) -> str:
    """A title in small letters, without its marks and formulas' signs."""
    return _MARKS.sub(" ", title.replace("$", " ")).strip().casefold()
