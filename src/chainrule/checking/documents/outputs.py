"""Other forms of a report: an HTML page, the text with comments, a table for graders, declarations that are missing.

The page has no scripts and takes nothing from the network; its formulas are MathML.
"""

import csv
import io
import re
from collections.abc import Iterable, Sequence
from html import escape

from chainrule.checking.documents.mathml import mathml
from chainrule.checking.documents.sources import Source, Unreadable, read
from chainrule.checking.documents.verdicts import FAULTS, UNDECIDED, UNREADABLE, Report, Step, place, summary
from chainrule.checking.documents.vocabulary import GREEK

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
_STYLE = """
body { font: 16px/1.5 system-ui, sans-serif; margin: 2rem auto; max-width: 70rem; padding: 0 1rem; color: #1c1c1c; }
h1 { font-size: 1.3rem; } h2 { font-size: 1.1rem; margin-top: 2rem; }
table { border-collapse: collapse; width: 100%; }
td { border-top: 1px solid #ddd; padding: .5rem .7rem; vertical-align: top; }
td.line { color: #666; white-space: nowrap; } td.formula { overflow-x: auto; max-width: 46rem; }
.verdict { white-space: nowrap; font-weight: 600; } .good { color: #17652b; } .bad { color: #b00020; }
.open { color: #8a5a00; } .plain { color: #555; font-weight: 400; }
p.message { margin: .3rem 0 0; } pre { white-space: pre-wrap; }
@media (prefers-color-scheme: dark) {
  body { background: #16181b; color: #e6e6e6; } td { border-color: #3a3d42; } .good { color: #7bd88f; }
  .bad { color: #ff7b87; } .open { color: #f2c063; } td.line, .plain { color: #a0a0a0; }
}
"""


def table(reports: Iterable[Report | tuple[str, str]]) -> str:
    """The table as CSV; a pair (file, reason) is a document that could not be read."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(COLUMNS)
    unreadable = [0, 0, "", "unreadable", "", "", "", UNREADABLE]
    writer.writerows(row(r) if isinstance(r, Report) else [r[0], *unreadable] for r in reports)
    return out.getvalue()


def row(report: Report) -> list[object]:
    """The row of one document: its first wrong step, the kind of slip, whether the result is right."""
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


def annotated(report: Report) -> str:
    r"""The text of a report's document with a comment for every step that is not simply verified.

    >>> from chainrule.checking.documents import check_derivation
    >>> print(annotated(check_derivation("$$2 + 2 = 5$$", repairs=False)))
    $$2 + 2 = 5$$
    <!-- chainrule: line 1: wrong: does not follow from the step before. As numbers: left 4.00000, right 5.00000. -->

    Raises
    ------
    Unreadable
        For notebooks, whose cells have no place for comments.
    """
    if report.name.endswith(".ipynb"):
        raise Unreadable("a notebook cannot be annotated; use the HTML or the JSON report")
    source = read(report.text, report.name)
    lines = report.text.split("\n")
    after: dict[int, list[str]] = {}
    for step in report.steps:
        if step.is_relation and step.verdict != "verified":
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

    >>> from chainrule.checking.documents import check_derivation
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


def page(reports: Sequence[Report]) -> str:
    """One page for one or several documents."""
    title = escape(", ".join(report.name for report in reports if report.name) or "derivation")
    body = "\n".join(_document(report) for report in reports)
    return (
        '<!DOCTYPE html>\n<html lang="en" xmlns="http://www.w3.org/1999/xhtml">\n<head>\n<meta charset="utf-8"/>\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1"/>\n'
        f"<title>{title}</title>\n<style>{_STYLE}</style>\n</head>\n"
        f"<body>\n<h1>chainrule check</h1>\n{body}\n</body>\n</html>\n"
    )


def _document(report: Report) -> str:
    heading = f"<h2>{escape(report.name)}</h2>\n" if report.name else ""
    lines = "".join(f"<p>{escape(line)}</p>\n" for line in summary(report).split("\n"))
    notes = "".join(f"<li>{escape(place(n.line) + n.verdict)}: {escape(n.message)}</li>\n" for n in report.notes)
    rows = "\n".join(_row(step, report.name.endswith(".txt")) for step in report.steps)
    return f"{heading}{lines}{f'<ul>{notes}</ul>' if notes else ''}\n<table>\n{rows}\n</table>"


def _shown(formula: str, **options: bool) -> str:
    try:
        return mathml(formula, **options)
    except Exception:  # a formula that we cannot set must not hide the verdicts
        return f"<code>{escape(formula)}</code>"


def _row(step: Step, text_file: bool) -> str:
    plain = text_file and "\\" not in step.left + step.right
    relation = {"!=": "\\neq", "<=": "\\leq", ">=": "\\geq", "~": "\\approx"}.get(step.operator, step.operator)
    joined = f"{step.left} {relation} {step.right}"
    colour = "bad" if step.verdict in FAULTS else "open" if step.verdict in UNDECIDED else "good"
    colour = colour if step.is_relation else "plain"
    message = f'<p class="message">{escape(step.message)}</p>' if step.message else ""
    message += "".join(
        f'<p class="message">{escape(repair.change)}: {_shown(repair.formula, display=False)}</p>'
        for repair in step.repairs
    )
    return (
        f'<tr><td class="line">line {step.line}</td><td class="verdict {colour}">{escape(step.verdict)}</td>'
        f'<td class="formula">{_shown(joined, plain=plain)}{message}</td></tr>'
    )
