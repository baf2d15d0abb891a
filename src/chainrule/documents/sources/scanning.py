"""From tokens to spans: which mark opens a formula, a comment or code, and where it ends, in linear time."""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Callable, Sequence
from typing import NamedTuple


class Token(NamedTuple):
    """A mark in a text: "$", "begin{align}", "```", a blank line."""

    kind: str
    start: int
    end: int


class Region(NamedTuple):
    """A part of a text with its marks from `start` to `end`, and without them from `first` to `last`."""

    kind: str
    start: int
    first: int
    last: int
    end: int
    environment: str = ""


class Pair(NamedTuple):
    """A mark that opens, the mark that closes, and what is between.

    `barriers` are marks that cannot stand inside; `open_ended` says how far a span without an end reaches: to the
    "blank" line, to the "end" of the text, or, with "", nowhere.
    """

    closer: str
    kind: str
    environment: str = ""
    barriers: tuple[str, ...] = ()
    open_ended: str = ""


HEADINGS = {
    "part": 1,
    "chapter": 1,
    "section": 2,
    "subsection": 3,
    "subsubsection": 4,
    "paragraph": 5,
    "subparagraph": 6,
    "frametitle": 3,
    "framesubtitle": 4,
}
DISPLAYS = (
    *("equation", "align", "alignat", "gather", "multline", "eqnarray", "displaymath", "flalign", "xalignat", "dmath"),
    *("split", "aligned", "alignedat", "gathered", "dgroup"),
)
"""Environments that are displays, each with and without a star."""

NOT_SHOWN = (
    *("verbatim", "Verbatim", "lstlisting", "minted", "comment", "tikzpicture", "algorithmic", "filecontents"),
    "thebibliography",
)
"""Environments of LaTeX whose text is no derivation."""


NO_END = "has no end"
"""Ends the note about a mark of a display or a comment without its partner: what it opens ends at a guess."""
OPENS_NOTHING = "has no end and opens nothing"
"""Ends the note about any other mark without its partner, such as a sign for dollars."""

_WORDS = re.compile(r"(?<![\\A-Za-z{])[a-z]{3,}[\s.,]")


def display_pairs(barriers: tuple[str, ...]) -> dict[str, Pair]:
    """The marks of formulas that Markdown and LaTeX share."""
    pairs = {
        "$": Pair("$", "inline", "$", ("blank", *barriers)),
        "$$": Pair("$$", "display", "$$", barriers, "blank"),
        "\\(": Pair("\\)", "inline", "\\(", ("blank", *barriers)),
        "\\[": Pair("\\]", "display", "\\[", barriers, "blank"),
        "begin{math}": Pair("end{math}", "inline", "math", barriers),
    }
    for name in (*DISPLAYS, *(f"{name}*" for name in DISPLAYS)):
        pairs[f"begin{{{name}}}"] = Pair(f"end{{{name}}}", "display", name, barriers, "blank")
    return pairs


def spans_of(
    text: str,
    tokens: Sequence[Token],
    pairs: dict[str, Pair],
    note: Callable[[int, str], None],
    whole: Callable[[Token], Region | None],
    accepts: Callable[[str], bool] = lambda content: True,
) -> list[Region]:
    """The spans of a text in their order; marks inside one mean nothing.

    Parameters
    ----------
    note : callable
        It is told the offset of what has no end.
    whole : callable
        The span of a token that is one by itself: a heading, a block of code.
    accepts : callable
        It decides by the text between two dollars whether they enclose a formula at all.
    """
    where = defaultdict(list)
    for index, token in enumerate(tokens):
        where[token.kind].append(index)

    def after(kind: str, index: int) -> int:
        found = where.get(kind, [])
        at = bisect_right(found, index)
        return found[at] if at < len(found) else len(tokens)

    spans: list[Region] = []
    index = -1
    while (index := index + 1) < len(tokens):
        token = tokens[index]
        pair = pairs.get(token.kind)
        if pair is None:
            if span := whole(token):
                spans.append(span)
                while index + 1 < len(tokens) and tokens[index + 1].start < span.end:
                    index += 1
            continue
        closing = after(pair.closer, index)
        barrier = min((after(kind, index) for kind in pair.barriers), default=len(tokens))
        blank = after("blank", index)
        # Prose with formulas after a blank line: the end of this display was forgotten.
        forgotten = token.kind in ("$$", "\\[") and blank < after("$", blank) < closing < len(tokens)
        if token.kind == pair.closer == "$$" and blank < closing < barrier:
            # Words after it say the same where the marks up to the barrier are no pairs.
            is_odd = (bisect_left(where["$$"], barrier) - bisect_left(where["$$"], index)) % 2 == 1
            forgotten |= is_odd and bool(_WORDS.search(text, tokens[blank].end, tokens[closing].start))
        if closing < barrier and not forgotten:
            first, last = token.end, tokens[closing].start
            if token.kind != "$" or accepts(text[first:last]):
                spans.append(Region(pair.kind, token.start, first, last, tokens[closing].end, pair.environment))
                index = closing
            continue
        mark = text[token.start : token.end].strip()[:40]
        note(token.start, f"{mark} {NO_END}" if pair.open_ended else f"{mark} {OPENS_NOTHING}")
        if pair.open_ended:
            stop = min(barrier, blank) if pair.open_ended == "blank" else len(tokens)
            end = tokens[stop].start if stop < len(tokens) else len(text)
            spans.append(Region(pair.kind, token.start, token.end, end, end, pair.environment))
            index = stop - 1
    return spans
