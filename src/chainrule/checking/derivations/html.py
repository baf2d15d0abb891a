"""The report as one HTML page: no scripts, nothing from the network, formulas in MathML."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

from chainrule.checking.derivations.mathml import mathml
from chainrule.checking.derivations.report import FAULTS, UNDECIDED, Report, Step
from chainrule.checking.derivations.terminal import place, summary

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
