"""Other forms of a report: the text with comments, a table for graders, declarations for what was not declared."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable

from chainrule.checking.derivations.report import Report, Step
from chainrule.checking.derivations.sources import Source, Unreadable, read
from chainrule.checking.derivations.vocabulary import GREEK

COLUMNS = (
    "file",
    "relations",
    "decided",
    "first_wrong_line",
    "verdict",
    "kind",
    "result",
    "reaches_result",
    "exit_code",
)
_LETTERS = "nmkdhpqr"
_COMMANDS = {letter: "\\" + name for name, letter in reversed(GREEK.items())}
_CLOSING = ("$$", "\\]", "\\)", "```", "~~~")


def table(reports: Iterable[Report | tuple[str, str]]) -> str:
    """The table as CSV; a pair (file, reason) is a document that could not be read."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(COLUMNS)
    unreadable = [0, 0, "", "unreadable", "", "", "", 3]
    writer.writerows(row(r) if isinstance(r, Report) else [r[0], *unreadable] for r in reports)
    return out.getvalue()


def row(report: Report) -> list[object]:
    """One document: first wrong step, kind of slip, result right or not."""
    first = report.first_wrong
    return [
        report.name,
        len(report.relations),
        sum(step.is_decided for step in report.relations),
        *((first.line, first.verdict, first.kind) if first else ("", "", "")),
        {True: "right", False: "wrong", None: "unknown"}[report.result],
        {True: "yes", False: "no", None: ""}[report.reaches_result],
        report.exit_code,
    ]


def annotated(report: Report, *, everything: bool = False) -> str:
    r"""The text of a report's document with a comment for every step that is not simply verified.

    >>> from chainrule.checking.derivations import check_derivation
    >>> print(annotated(check_derivation("$$2 + 2 = 5$$", repairs=False)))
    $$2 + 2 = 5$$
    <!-- chainrule: line 1: wrong: does not follow from the step before. As numbers: left 4.00000, right 5.00000. -->

    Raises
    ------
    Unreadable
        For notebooks, whose cells have no place for comments.
    """
    source = read(report.text, report.name)
    if source.format == "notebook":
        raise Unreadable("a notebook cannot be annotated; use the HTML or the JSON report")
    lines = report.text.split("\n")
    after: dict[int, list[str]] = {}
    for step in report.steps:
        if everything or (step.is_relation and step.verdict != "verified"):
            after.setdefault(_last_line(source, step, lines), []).append(_comment(step, source.format))
    result: list[str] = []
    for number, line in enumerate(lines, start=1):
        result.append(line)
        result += after.get(number, [])
    return "\n".join(result)


def _last_line(source: Source, step: Step, lines: list[str]) -> int:
    """The line after which a comment about a step does no harm."""
    if source.format == "text":
        return source.line(step.end - 1)
    fragment = next((f for f in reversed(source.fragments) if f.start <= step.start), None)
    end = fragment.place(len(fragment.text)) if fragment is not None else step.end
    line = source.line(max(0, end - 1))
    if line < len(lines) and lines[line].strip() in _CLOSING:
        line += 1
    return line


def _comment(step: Step, kind: str) -> str:
    text = f"chainrule: line {step.line}: {step.verdict}" + (f": {step.message}" if step.message else "")
    text = " ".join(text.split())
    if kind == "latex":
        return f"% {text}"
    if kind == "text":
        return f"[{text}]"
    return f"<!-- {text.replace('--', '- -')} -->"


def suggested(report: Report) -> str:
    """A block of declarations to put at the top, sizes first; empty if nothing is missing.

    >>> from chainrule.checking.derivations import check_derivation
    >>> print(suggested(check_derivation(r"$$\\frac{d}{dx} \\sum_{i=1}^n a_i x = \\sum_{i=1}^n a_i$$")))
    n: size
    a: vector n
    x: scalar
    """
    taken = {name for name, _ in (*report.names, *report.undeclared)}
    kinds = {spelled(name): kind for name, kind in report.undeclared if not name.startswith("·")}
    hidden = dict.fromkeys(re.findall("·[0-9a-z]*", " ".join(kinds.values())))
    free = [letter for letter in _LETTERS if letter not in taken]
    letters = dict(zip(hidden, [*free, *(f"n_{number}" for number in range(len(hidden)))], strict=False))
    shown = {name: re.sub("·[0-9a-z]*", lambda found: letters[found.group()], kind) for name, kind in kinds.items()}
    shown.update(dict.fromkeys(letters.values(), "size"))
    lines = sorted((not kind.startswith("size"), f"{name}: {kind}") for name, kind in shown.items())
    return "\n".join(line for _, line in lines)


def spelled(name: str) -> str:
    """A name as it is typed: W^{(1)}, \\sigma."""
    base = re.split(r"[\^_]", name, maxsplit=1)[0]
    rest = name[len(base) :]
    if rest and len(rest) > 2:
        rest = f"{rest[0]}{{{rest[1:]}}}"
    return _COMMANDS.get(base, base) + rest
