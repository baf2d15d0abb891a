"""Blocks in which a document states kinds and conventions: front matter, blocks between dashes, comments with %!."""

from __future__ import annotations

import re

from chainrule.documents.sources.scanning import Region

_FRONT = re.compile(
    r"\A\s{0,9}(?P<marks>---|\+\+\+)[ \t]*\n(?P<body>(?:(?!(?P=marks))[^\n]*\n){0,400}?)(?P=marks)[ \t]*(?:\n|\Z)"
)
_BLOCK = re.compile(r"^---[ \t]*\n(?P<body>(?:(?!---[ \t]*$)[^\n]*\n){1,400}?)---[ \t]*$", re.MULTILINE)
COMMENT_MARK = re.compile(r"^[ \t]{0,40}%![ \t]?", re.MULTILINE)
"""The mark of a declaration in a comment of LaTeX."""
_COMMENTS = re.compile(r"(?:^[ \t]{0,40}%![^\n]*(?:\n|\Z)){1,400}", re.MULTILINE)
_LINE = re.compile(r"[^\n]+")
_KIND = re.compile(
    r"(?:size|scalar|number|vector|matrix|array|tensor|column|row|index|label|function|loss|constant)"
    r"(?:[ ]+[\w+*/().{}^\\-]{1,40}){0,6}\s*(?:,.*)?(?:\#.*)?"
)
_NAMES = re.compile(r"\s*(?:\\[A-Za-z]+|[^\W\d_](?![A-Za-z]))[^:]{0,80}")
_SETTINGS = re.compile(
    r"\s*(?:use|code|section)\s*:|\s*layout\s*:\s*(?:rows|columns)\b|[^:]{1,200}:="
    r"|\s*\\(?:newcommand|def|DeclareMathOperator)\b"
)
_PAGES = re.compile("(?:sub)?title|author|description|excerpt|summary|tags|categor(?:y|ies)|keywords|date|slug|layout")
"""Keys that blogs write before a text; they declare nothing."""


def declared_spans(text: str, format: str) -> list[Region]:
    """The blocks of declarations, and front matter of other kinds as skipped.

    Of front matter the lines that declare something count; of other blocks all lines, if most of them do.
    """
    found = []
    front = _FRONT.match(text)
    if front is not None:
        lines = [line.group() for line in _LINE.finditer(front["body"])]
        kind = "declarations" if any(map(declares, lines)) else "skipped"
        found.append(Region(kind, 0, *front.span("body"), front.end()))
    for match in _BLOCK.finditer(text, front.end() if front else 0):
        lines = [line.group() for line in _LINE.finditer(match["body"])]
        if sum(map(declares, lines)) * 2 > len(lines):
            found.append(Region("declarations", match.start(), *match.span("body"), match.end()))
    if format in ("latex", "markdown", "notebook"):
        found += [Region("declarations", m.start(), *m.span(), m.end()) for m in _COMMENTS.finditer(text)]
    return sorted(found)


def declares(line: str) -> bool:
    """Whether a line declares a name or a convention.

    >>> [declares(line) for line in ("W, \\\\dot W: matrix n K", "title: About vectors", "f(x) := x^2", "layout: post")]
    [True, False, True, False]
    """
    if _SETTINGS.match(line):
        return True
    names, colon, kind = line.partition(":")
    if not colon or _PAGES.fullmatch(names.strip().lower()):
        return False
    return bool(_KIND.fullmatch(kind.strip()) or (_NAMES.fullmatch(names) and kind.strip()))
