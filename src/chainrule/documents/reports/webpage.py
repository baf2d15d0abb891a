"""Reports as one HTML page with MathML: no scripts, nothing from the network."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

from chainrule.documents.reports.derivation_report import CheckedStep, Report
from chainrule.documents.reports.listing import summary
from chainrule.documents.typesetting.mathml import mathml

RELATIONS = {"!=": r"\neq", "<=": r"\leq", ">=": r"\geq", "~": r"\approx", "in": r"\in"}
"""Signs of relations as LaTeX."""

_STYLE = """
body { font: 16px/1.5 system-ui, sans-serif; margin: 2rem auto; max-width: 70rem; padding: 0 1rem; color: #1c1c1c; }
h1 { font-size: 1.3rem; } h2 { font-size: 1.1rem; margin-top: 2rem; }
table { border-collapse: collapse; width: 100%; }
td { border-top: 1px solid #ddd; padding: .5rem .7rem; vertical-align: top; }
td.line { color: #666; white-space: nowrap; } td.formula { overflow-x: auto; max-width: 46rem; }
.verdict { white-space: nowrap; font-weight: 600; } .good { color: #17652b; } .bad { color: #b00020; }
.open { color: #8a5a00; } .plain { color: #555; font-weight: 400; } p.message { margin: .3rem 0 0; }
@media (prefers-color-scheme: dark) {
  body { background: #16181b; color: #e6e6e6; } td { border-color: #3a3d42; } .good { color: #7bd88f; }
  .bad { color: #ff7b87; } .open { color: #f2c063; } td.line, .plain { color: #a0a0a0; }
}
"""


def page(reports: Sequence[Report]) -> str:
    """One page about one or several documents."""
    title = escape(", ".join(report.name for report in reports if report.name) or "derivation")
    body = "\n".join(_document(report) for report in reports)
    return html_page(title, _STYLE, f"<h1>chainrule check</h1>\n{body}")


def html_page(title: str, style: str, body: str) -> str:
    """A page with a title, a style and a body, all of them HTML."""
    return (
        '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8"/>\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1"/>\n'
        f"<title>{title}</title>\n<style>{style}</style>\n</head>\n<body>\n{body}\n</body>\n</html>\n"
    )


# What follows is private.


def _document(report: Report) -> str:
    heading = f"<h2>{escape(report.name)}</h2>\n" if report.name else ""
    lines = "".join(f"<p>{escape(line)}</p>\n" for line in summary(report))
    notes = "".join(f"<li>{escape(remark)}</li>\n" for remark in report.remarks)
    rows = "\n".join(map(_row, report.steps))
    return f"{heading}{lines}{f'<ul>{notes}</ul>' if notes else ''}\n<table>\n{rows}\n</table>"


def _row(step: CheckedStep) -> str:
    left = "" if step.continues else step.left
    formula = mathml(f"{left} {RELATIONS.get(step.relation, step.relation)} {step.right}")
    colour = "bad" if step.is_fault else "good" if step.is_decided else "open"
    message = f'<p class="message">{escape(step.message)}</p>' if step.message else ""
    if step.repair is not None:
        message += f'<p class="message">{mathml(step.relation + " " + step.repair["formula"])}</p>'
    return (
        f'<tr><td class="line">{escape(step.place)}</td>'
        f'<td class="verdict {colour if step.is_claim else "plain"}">{escape(step.verdict)}</td>'
        f'<td class="formula">{formula}{message}</td></tr>'
    )
