"""The sentences of a document, through the formulas in them, and where the sections around them end."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from chainrule.documents.reader.prose.stated_words import CASES, NOTATION, RELATIVE
from chainrule.documents.reader.structure.document_parts import SCOPE
from chainrule.documents.sources.pieces import Piece


def sentences(pieces: Sequence[Piece]) -> Iterator[tuple[int, int, str]]:
    """The sentences of a document: the numbers of their first and last pieces, and the text, with ⟦n⟧ for formula n.

    The ends of lines between words are spaces.

    >>> inline = Piece("inline", "x", ((0, 1, 5),))
    >>> [text for _, _, text in sentences([Piece("prose", "Let ", ((0, 1, 1),)), inline,
    ...                                    Piece("prose", " be so. Then", ((0, 1, 8),))])]
    ['Let ⟦1⟧ be so.', ' Then']
    """
    yield from ((first, last, _LINES.sub(" ", text)) for first, last, text in _in_lines(pieces))


def _in_lines(pieces: Sequence[Piece]) -> Iterator[tuple[int, int, str]]:
    text, first = "", 0
    for number, piece in enumerate(pieces):
        if piece.kind in ("inline", "display"):
            if piece.kind == "inline" and text and pieces[number - 1].kind == "display":
                yield first, number - 1, text
                text = ""
            first = number if not text else first
            text += f"⟦{number}⟧"
            if piece.kind == "display" and piece.text.rstrip().endswith((".", "。")):
                yield first, number, text
                text = ""
        elif piece.kind == "prose":
            at, body = 0, piece.text
            if text and pieces[number - 1].kind == "display" and _begins(pieces, number):
                yield first, number - 1, text
                text = ""
            before_display = number + 1 < len(pieces) and pieces[number + 1].kind == "display"
            for match in _END.finditer(body):
                joins = match.group()[0] == "\n" and (
                    (not body[: match.start()].strip() and pieces[number - 1].kind == "display")
                    or (before_display and not body[match.end() :].strip())
                )
                if joins:
                    continue
                text, first = text + body[at : match.end()], (first if text.strip() else number)
                if text.strip():
                    yield first, number, text
                text, at = "", match.end()
            rest = body[at:]
            if rest.strip() or text:
                text, first = text + rest, (first if text else number)
        else:
            if text.strip():
                yield first, number - 1, text
            text = ""
            if piece.kind == "heading" and (CASES.search(piece.text) or _EQUATION.search(piece.text)):
                yield number, number, piece.text
    if text.strip():
        yield first, len(pieces) - 1, text


def ends_of_sections(pieces: Sequence[Piece], *, notation: bool = True) -> list[int]:
    """By number of a piece: where its section ends, which is at the next heading that is no lower.

    What a section about the notation says holds up to the end of the section around it, or of the document; without
    `notation` such a section ends like others.
    """
    heads = [(n, piece.level) for n, piece in enumerate(pieces) if piece.kind in ("heading", "end")]
    found = [heads[0][0] if heads else len(pieces)] * len(pieces)
    around = list[int]()  # the ends of the sections around open examples
    for place, (start, level) in enumerate(heads):
        later = heads[place + 1 :]
        own = later[0][0] if later else len(pieces)
        around_it = notation and level < SCOPE and NOTATION.search(pieces[start].text) is not None
        end = next((number for number, other in later if other <= level - around_it), len(pieces))
        if pieces[start].kind == "end":
            end = around.pop() if around else end
        elif level == SCOPE:
            around.append(found[start - 1] if start else len(pieces))
        found[start:own] = [end] * (own - start)
    return found


# What follows is private.


def _begins(pieces: Sequence[Piece], number: int) -> bool:
    """Whether the text behind a display begins a sentence.

    A script without capitals may begin one after an empty line, if it is about two formulas: "当 y = 1 时, p = 1".
    """
    body = pieces[number].text
    start = body.lstrip()
    if start[:1].isupper() or not start or ord(start[0]) < CJK or not _EMPTY.match(body) or RELATIVE.match(start):
        return start[:1].isupper()
    formulas = 0
    for piece in pieces[number:]:
        if piece.kind != "inline" and (piece.kind != "prose" or _END.search(piece.text.lstrip())):
            break
        formulas += piece.kind == "inline"
    return formulas > 1


CJK = 0x3040
"""The first of the letters that are neither large nor small: kana, Chinese characters, hangul."""

_LINES = re.compile(r"(?<=\w)[ \t]*\n[ \t]*(?=\w)")
_EMPTY = re.compile(r"[ \t]*\n[ \t]*\n")
_EQUATION = re.compile(r"\$[^$]*=[^$]*\$")
_END = re.compile(
    r"(?<!\be\.g)(?<!\bi\.e)(?<!\bcf)(?<!\bEq)(?<!\bFig)(?<!\bresp)[.!?](?=\s+[^a-z\s]|\s*\Z)|[。！？]|\n[ \t]*\n"
)
