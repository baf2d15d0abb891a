"""The report as text, for a terminal or a log."""

from __future__ import annotations

import textwrap

from chainrule.checking.derivations.report import Report, Step

WIDTH = 100
_SHORT = {
    "verified": "verified",
    "verified under an assumption": "assumes",
    "held at the points tried": "held",
    "true only for some indices": "SOME INDICES",
    "wrong": "WRONG",
    "undefined here": "undefined",
    "shapes do not fit": "SHAPES",
    "ambiguous": "ambiguous",
    "not read": "not read",
    "name has no definition": "no definition",
    "internal error": "INTERNAL ERROR",
    "hypothesis, not checked": "hypothesis",
    "definition": "definition",
}


def described(report: Report) -> str:
    """The report as text: a line for every step with its message, and a summary."""
    lines = [report.name] if report.name else []
    lines += [f"  {place(note.line)}{note.verdict}: {note.message}" for note in report.notes]
    for step in report.steps:
        lines += shown(step)
    return "\n".join([*lines, summary(report)])


def place(line: int) -> str:
    """The line of a note, as the beginning of its text."""
    return f"line {line}: " if line else ""


def shown(step: Step) -> list[str]:
    """The lines about one step."""
    formula = f"{step.operator} {step.right}"
    if len(formula) > 64:
        formula = formula[:61] + "..."
    lines = [f"  line {step.line:<5} {_SHORT[step.verdict]:<13}  {formula}"]
    if step.message:
        lines += textwrap.wrap(step.message, WIDTH - 14, initial_indent=" " * 14, subsequent_indent=" " * 14)
    for repair in step.repairs[:1]:
        lines += textwrap.wrap(f"= {repair.formula}", WIDTH - 14, initial_indent=" " * 14, subsequent_indent=" " * 16)
    return lines


def summary(report: Report) -> str:
    """The last lines: the steps per verdict, the first wrong step, and whether the error reaches the result."""
    counts = ", ".join(f"{number} {verdict}" for verdict, number in report.counts.items()) or "no relation found"
    lines = [counts]
    first = report.first_wrong
    if first is not None:
        lines.append(f"first step to look at: line {first.line} ({first.verdict})")
    if report.faults:
        told = {
            True: "the last formula is right",
            False: "the error reaches the last formula",
            None: "whether the last formula is right is not known",
        }
        lines.append(told[report.result])
    return "\n".join(lines)
