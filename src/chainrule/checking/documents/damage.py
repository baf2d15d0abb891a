r"""Lexical repair of damaged LaTeX: commands that lost their first letters, and letters that look like others.

A text that went through a program's string literal has lost `\f`, `\b`, `\t`, `\v`, ...: `\frac` arrives as `rac` and
`\boldsymbol` as `oldsymbol`. If such a rest can only be that of one command, the command is restored and reported.
Other damage stays, and is reported as not read.
"""

import re
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass

_EATEN = {
    "rac": "\\frac", "oldsymbol": "\\boldsymbol", "egin": "\\begin", "ext": "\\text", "extbf": "\\textbf",
    "extrm": "\\textrm", "ilde": "\\tilde", "anh": "\\tanh", "heta": "\\theta", "imes": "\\times", "ight": "\\right",
    "abla": "\\nabla", "eft": "\\left",
    "lpha": "\\alpha", "eta": "\\beta", "ar": "\\bar", "op": "\\top", "ho": "\\rho", "au": "\\tau",
    "dots": "\\vdots", "eq": "\\neq", "ig": "\\big", "igl": "\\bigl", "igr": "\\bigr", "o": "\\to",
}  # fmt: skip
# Rests that are no words of their own, wherever they stand with their brace; the others need a trace of the escape.
_CERTAIN = re.compile(
    r"(?<![\\A-Za-z])(rac|oldsymbol|egin|ext|extbf|extrm)(?=\s*\{)|(?<![\\A-Za-z])(ight)(?=\s*[)\]}|.])"
    r"|(?<![\\A-Za-z])(abla)(?=[_^\s\\{(])|(?<![\\A-Za-z])(eft)(?=\s*[(\[|.])"
    r"|(?<=\^)\s*(op)\b|(?<=\^\{)\s*(op)\s*(?=\})"
)
# Rests that are read so only beside other damage: a tab that became a space has left " au" of \\tau.
_BESIDE = re.compile(r"(?<![\\A-Za-z])(au|heta|imes|anh)(?![A-Za-z])|(?<=[\])}])\s+(op)\b")
_TRACED = re.compile(r"[\x07\x08\x09\x0b\x0c\r]([a-z]+)(?![a-z])")
_DOTS = re.compile(r"(?<![\\A-Za-z])dots(?![A-Za-z])")
_LOST_BREAK = re.compile(r"(?<!\\)\\(?=\s)")
_LOOKALIKES = dict(zip("аеорсухіАВЕКМНОРСТХ", "aeopcyxiABEKMHOPCTX", strict=True)) | {
    chr(code + 0xFEE0): chr(code) for code in range(0x21, 0x7F)
}
"""Cyrillic and full-width letters that look like Latin ones."""


@dataclass(frozen=True)
class LexicalRepair:
    """One repair: the damaged text, the text read instead, and the offset in the document."""

    found: str
    read_as: str
    at: int


@dataclass(frozen=True)
class Repaired:
    """A repaired text with a way back to the damaged one's offsets."""

    text: str
    repairs: tuple[LexicalRepair, ...]
    _marks: tuple[tuple[int, int], ...]

    def original(self, offset: int) -> int:
        """The offset in the damaged text that belongs to an offset in the repaired one."""
        at = bisect_right(self._marks, (offset, 1 << 62)) - 1
        repaired, damaged = self._marks[at] if at >= 0 else (0, 0)
        following = self._marks[at + 1][1] if at + 1 < len(self._marks) else 1 << 62
        return min(damaged + offset - repaired, following)


def repaired(text: str, expansions: Sequence[tuple[int, int, str]] = ()) -> Repaired:
    r"""The text after lexical repairs, with the document's own macros expanded.

    >>> repaired("D_{oldsymbol{z}} = -rac{t_1}{z_1}^ op").text
    'D_{\\boldsymbol{z}} = -\\frac{t_1}{z_1}^ \\top'
    """
    edits = _restored(text, _CERTAIN)
    edits += [(*m.span(), _EATEN[m.group(1)]) for m in _TRACED.finditer(text) if m.group(1) in _EATEN]
    if edits:
        edits += _restored(text, _BESIDE)
    if any(new == _EATEN["egin"] for _, _, new in edits):
        # Inside a matrix whose commands were eaten, `\\` has become `\` and `\vdots` has become `dots`.
        edits += [(m.start(), m.end(), "\\vdots") for m in _DOTS.finditer(text)]
        edits += [(m.start(), m.end(), "\\\\") for m in _LOST_BREAK.finditer(text)]
    lookalikes = (at for at, character in enumerate(text) if character in _LOOKALIKES and not _in_word(text, at))
    edits += [(at, at + 1, _LOOKALIKES[text[at]]) for at in lookalikes]
    taken = [(first, last) for first, last, _ in expansions]
    edits = [e for e in edits if not any(first < e[1] and e[0] < last for first, last in taken)]
    return _applied(text, sorted([*edits, *expansions]), frozenset(taken))


def _restored(text: str, pattern: re.Pattern[str]) -> list[tuple[int, int, str]]:
    """The rests of commands that a pattern finds, each with its command."""
    return [(*m.span(m.lastindex or 0), _EATEN[m.group(m.lastindex or 0)]) for m in pattern.finditer(text)]


def _in_word(text: str, at: int) -> bool:
    """Whether a letter has Cyrillic neighbours: a word of prose, not a look-alike."""
    return any(0 <= near < len(text) and "Ѐ" <= text[near] <= "ӿ" for near in (at - 1, at + 1))


def _applied(text: str, edits: list[tuple[int, int, str]], silent: frozenset[tuple[int, int]]) -> Repaired:
    pieces: list[str] = []
    repairs: list[LexicalRepair] = []
    marks: list[tuple[int, int]] = []
    end, length = 0, 0
    for first, last, new in edits:
        if first < end:
            continue
        pieces += [text[end:first], new]
        length += first - end
        marks.append((length, first))
        length += len(new)
        marks.append((length, last))
        if (first, last) not in silent:
            repairs.append(LexicalRepair(text[first:last], new, first))
        end = last
    pieces.append(text[end:])
    return Repaired("".join(pieces), tuple(repairs), tuple(marks))
