"""A report on the lines of its text, for editors: what to mark, which step stands at a place, and how to change it.

Lines and characters count from 0 here, as editors count.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from chainrule.documents.verdicts.verdict import VERDICTS

Step = Mapping[str, Any]
"""A step of a report in JSON."""

LEVELS = {
    "wrong if read so": "warning",
    "does not fit if read so": "warning",
    "undefined": "warning",
    "proved if": "information",
    "no definition": "information",
    "undecided": "hint",
    "not read": "hint",
}
"""How much a verdict on a displayed formula matters, where it is no fault, which is an error."""


@dataclass(frozen=True)
class Mark:
    """A stretch of a line with a message, which has a line for each sentence.

    The `level` is "error", "warning", "information" or "hint".
    """

    line: int
    start: int
    end: int
    level: str
    verdict: str
    message: str


@dataclass(frozen=True)
class TextChange:
    """New text for what stands between two places, each a line and a character."""

    title: str
    start: tuple[int, int]
    end: tuple[int, int]
    text: str


def lines_of(text: str) -> list[str]:
    """The lines of a text as the checker counts them."""
    return text.replace("\r\n", "\n").split("\n")


def marks(report: Mapping[str, Any], lines: Sequence[str]) -> list[Mark]:
    """The marks: steps that are not right, and declarations that are not understood.

    Examples
    --------
    >>> from chainrule.documents import check_derivation
    >>> text = "$$1 + 1 = 2 = 3.$$"
    >>> [(m.start, m.end, m.level) for m in marks(check_derivation(text).to_json(), [text])]
    [(12, 15, 'error')]
    """
    found = []
    for step in report["steps"]:
        level = "error" if VERDICTS[step["verdict"]].fault else LEVELS.get(step["verdict"])
        if level is not None and step["displayed"]:
            message = _BETWEEN_SENTENCES.sub("\n", step["message"])
            found.append(Mark(*_stretch(step, report, lines), level, step["verdict"], message))
    for problem in report["problems"]:
        line = min(max(problem["line"] - 1, 0), len(lines) - 1)
        message = f"this declaration is not understood: {problem['text']}"
        found.append(Mark(line, 0, len(lines[line]), "warning", "declaration", message))
    return found


def step_at(report: Mapping[str, Any], lines: Sequence[str], line: int, character: int) -> Step | None:
    """The step whose relation stands at a place, or the only one that begins in its line."""
    here = [step for step in report["steps"] if step["line"] == line + 1]
    inside = [step for step in here if _stretch(step, report, lines)[1] <= character]
    return inside[-1] if inside else here[0] if here else None


def repair_of(step: Step, lines: Sequence[str]) -> TextChange | None:
    """The change of the text that makes a step right; None if there is none, or its formula is not found as it stands.

    Where the changed part alone would hold together otherwise, as a sum within a product, the whole right side is
    replaced.
    """
    repair, text = step["repair"], "\n".join(lines)
    if repair is None:
        return None
    sign = _offset(lines, step["line"], step["column"])
    words = r"\s*".join(map(re.escape, step["right"].split()))
    found = re.compile(rf"(?:{_SIGN})[\s&]*({words})").match(text, sign)
    if found is None:
        return None
    start, end, new = *found.span(1), repair["formula"]
    if repair["place"] is not None:
        line, column, last_line, last_column = repair["place"]
        first, last = _offset(lines, line, column), _offset(lines, last_line, last_column)
        changed = text[start:first] + repair["new"] + text[last:end]
        if start <= first < last <= end and _joined(changed) == _joined(repair["formula"]):
            start, end, new = first, last, repair["new"]
    title = f"Change {repair['old']} to {repair['new']}, which makes it true"
    return TextChange(title, _place(text, start), _place(text, end), new)


def declared(block: str, lines: Sequence[str], format: str) -> TextChange | None:
    """The insertion of a block of declarations; None if it says nothing new, or the format has no place for it."""
    known = {line.strip() for line in lines}
    if format not in ("markdown", "latex") or all(line.strip() in known for line in block.splitlines()):
        return None
    front = _FRONT.match("\n".join(lines)) if format == "markdown" else None
    line = front.group().count("\n") if front else 0
    text = f"\n{block}\n" if front else f"{block}\n" if format == "markdown" else block
    return TextChange("Declare what was guessed", (line, 0), (line, 0), text)


# What follows is private.

_SIGN = r"\\[A-Za-z]+|[^\w\s\\]{1,3}"
_ENDS = re.compile(r"(?:\\\\(?:\[[^\]]*\])?|\$+|\\\]|\\\)|\\end\{[^}]*\}|[.,;&\s])+$")
_BETWEEN_SENTENCES = re.compile(r"(?<=\.) (?=[A-Z])")
_FRONT = re.compile(r"---[ \t]*\n(?:(?!---)[^\n]*\n){0,400}?---[ \t]*\n")


def _stretch(step: Step, report: Mapping[str, Any], lines: Sequence[str]) -> tuple[int, int, int]:
    """The line of a step's relation, with the characters from its sign to the next relation or the end."""
    number = min(max(step["line"] - 1, 0), len(lines) - 1)
    line = lines[number]
    start = min(max(step["column"] - 1, 0), len(line))
    later = [each["column"] - 1 for each in report["steps"] if each["line"] == step["line"]]
    end = min((column for column in later if column > start), default=len(line))
    return number, start, max(start + len(_ENDS.sub("", line[start:end])), min(start + 1, len(line)))


def _offset(lines: Sequence[str], line: int, column: int) -> int:
    """The position in the text of a line and a column, from 1."""
    return sum(len(each) + 1 for each in lines[: line - 1]) + column - 1


def _place(text: str, position: int) -> tuple[int, int]:
    before = text[:position]
    return before.count("\n"), position - (before.rfind("\n") + 1)


def _joined(text: str) -> str:
    return "".join(text.split())
