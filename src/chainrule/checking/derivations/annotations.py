"""The input with the verdicts as comments, below the formulas that they are about."""

from __future__ import annotations

from chainrule.checking.derivations.report import Report, Step
from chainrule.checking.derivations.sources import Source, Unreadable, read


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
    if line < len(lines) and lines[line].strip() in ("$$", "\\]", "\\)", "```", "~~~"):
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
