"""Prose without the marks of its format, and the pieces between and in the spans of a text."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from html import unescape
from unicodedata import normalize

from chainrule.documents.sources.declared import COMMENT_MARK
from chainrule.documents.sources.formulas import formula
from chainrule.documents.sources.pieces import Piece
from chainrule.documents.sources.scanning import Region
from chainrule.documents.sources.stretches import Edit, Sheet, Stretch

_MARKDOWN = re.compile(
    r"!?\[(?P<link>[^\[\]\n]{0,300})\]\([^()\n]{0,500}(?:\([^()\n]{0,100}\))?[^()\n]{0,300}\)"
    r"|(?P<gone></?[A-Za-z][^<>]{0,1000}>|\{:[^{}\n]{0,200}\}|\{\{[^{}\n]{0,300}\}\}|^[ \t]{0,9}(?:>[ \t]?){1,20}"
    r"|(?<![\w\\])_{1,3}(?=\S)|(?<=\S)_{1,3}(?!\w)|\*{1,3}(?=\S)|(?<=\S)\*{1,3}|`+|\[\^[^\[\]\n]{1,50}\])"
    r"|(?P<entity>&(?:#\d{1,7}|[A-Za-z]{2,31});)|\\(?P<escaped>[!-/:-@\[-`{-~])",
    re.MULTILINE,
)
_TEX = re.compile(
    r"\\(?:eq|auto|[cC])?ref\*?\{(?P<link>[^{}]{0,300})\}"
    r"|\\(?P<accent>[`'^\"~=.cvuHr])(?:\s?\{\s?\\?(?P<one>[A-Za-z])\}|\\?(?P<two>[A-Za-z](?![A-Za-z])|(?<=[`'^\"~=.])[A-Za-z]))"
    r"|(?P<item>\\item\b)|(?P<space>~|\\\\(?:\[[^\]\n]{0,30}\])?|\\[ ,;:!/])"
    r"|(?P<gone>\\(?:label|cite\w{0,9}|includegraphics|[vh]space|usepackage|bibliography\w{0,9}|index|input|include|url"
    r"|href|color|textcolor|pagestyle|documentclass|begin|end|newcounter|setcounter|setlength|graphicspath|hypersetup)"
    r"\*?[ ]?(?:\[[^\]\n]{0,200}\])?\{[^{}]{0,500}\}(?:\[[^\]\n]{0,100}\])?|%[^\n]*|\\[A-Za-z]+\*?[ ]?|[{}])"
    r"|\\(?P<escaped>.)",
    re.DOTALL,
)
_RST = re.compile(
    r":[a-z:]{1,30}:`(?P<link>[^`<>]{0,300})(?:<[^`<>]{0,300}>)?`"
    r"|(?P<gone>\*{1,2}|`{1,2}_{0,2}|^\.\. [^\n]*|^[ \t]{1,20}:[\w-]{1,30}:[^\n]*)|\\(?P<escaped>.)",
    re.MULTILINE,
)
_PATTERNS = {"latex": _TEX, "rst": _RST, "text": re.compile("(?!)")}
_ACCENTS = dict(
    zip("`'^\"~=.cvuHr", "\u0300\u0301\u0302\u0308\u0303\u0304\u0307\u0327\u030c\u0306\u030b\u030a", strict=True)
)


def wording(prose: Stretch, format: str) -> Stretch:
    r"""The words of a piece of prose.

    >>> wording(Stretch("Let **us** see [this](http://a.b) &amp; that."), "markdown").text
    'Let us see this & that.'
    >>> wording(Stretch(r"d\'efinie par \emph{la} formule~\eqref{a}"), "latex").text
    'définie par la formule a'
    """
    edits: list[Edit] = []
    for match in _PATTERNS.get(format, _MARKDOWN).finditer(prose.text):
        first, last = match.span()
        named = match.groupdict()
        if named.get("link") is not None:
            edits += [(first, match.start("link"), ""), (match.end("link"), last, "")]
        elif named.get("accent"):
            edits.append((first, last, normalize("NFC", (match["one"] or match["two"]) + _ACCENTS[match["accent"]])))
        elif named.get("escaped") is not None:
            edits.append((first, first + 1, ""))
        elif named.get("entity"):
            edits.append((first, last, unescape(match.group())))
        else:
            edits.append((first, last, "- " if named.get("item") else " " if named.get("space") else ""))
    return prose.edited(edits)


def pieces_between(
    sheet: Sheet, source: Stretch, spans: Sequence[Region], format: str, note: Callable[[int, str], None]
) -> list[Piece]:
    """The pieces of a text: its spans, and the prose between them."""
    prose = "markdown" if format == "escaped" else format
    pieces: list[Piece] = []
    begin = 0
    skipped: list[Edit] = []

    def words(end: int) -> None:
        between = wording(source.cut(begin, end).edited([(a - begin, b - begin, c) for a, b, c in skipped]), prose)
        if between.text.strip():
            pieces.append(sheet.piece("prose", between))

    for span in spans:
        if span.kind == "skipped":
            skipped.append((span.start, span.end, ""))
            continue
        words(span.start)
        begin = span.end
        skipped.clear()
        if span.kind in ("display", "inline"):
            text, environment = formula(source, span, format, note)
        else:
            text, environment = source.cut(span.first, span.last), span.environment
            if span.kind == "declarations":
                text = text.edited([(*match.span(), "") for match in COMMENT_MARK.finditer(text.text)])
            if span.kind != "code":
                text = text.stripped()
        if text.text.strip():
            pieces.append(sheet.piece(span.kind, text, environment))
    words(len(source.text))
    return pieces
