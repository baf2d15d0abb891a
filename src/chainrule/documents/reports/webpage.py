"""Reports as one HTML page with MathML: no scripts, nothing from the network."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from html import escape

from chainrule.documents.reports.derivation_report import CheckedStep, Report
from chainrule.documents.reports.listing import outcome
from chainrule.documents.sources.macros import expanded
from chainrule.documents.typesetting.mathml import mathml
from chainrule.documents.verdicts.messages import sentence, shortened
from chainrule.documents.verdicts.verdict import VERDICTS

RELATIONS = {"!=": r"\neq", "<=": r"\leq", ">=": r"\geq", "~": r"\approx", "in": r"\in"}
"""Signs of relations as LaTeX."""

_STYLE = """
body { font: 16px/1.5 system-ui, sans-serif; margin: 2rem auto; max-width: 70rem; padding: 0 1rem; color: #1c1c1c; }
h1 { font-size: 1.3rem; } h2 { font-size: 1.1rem; margin-top: 2rem; }
table { border-collapse: collapse; width: 100%; }
td { border-top: 1px solid #ddd; padding: .5rem .7rem; vertical-align: top; }
dl { display: grid; grid-template-columns: max-content auto; gap: .2rem 1rem; } dd { margin: 0; }
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
    lines = "".join(f"<p>{escape(line)}</p>\n" for line in outcome(report))
    notes = "".join(f"<li>{escape(remark)}</li>\n" for remark in report.remarks)
    rows = "\n".join(_row(step, report.source.macros) for step in report.steps)
    return f"{heading}{lines}{_legend(report)}{f'<ul>{notes}</ul>' if notes else ''}\n<table>\n{rows}\n</table>"


def _legend(report: Report) -> str:
    """A list of the verdicts that occur, with their meanings."""
    meanings = "".join(f"<dt>{escape(name)}</dt><dd>{escape(VERDICTS[name].says)}</dd>\n" for name in report.counts)
    return f"<dl>\n{meanings}</dl>\n" if meanings else ""


def _row(step: CheckedStep, macros: Sequence[tuple[str, int, str]]) -> str:
    def shown(formula: str) -> str:
        return mathml(expanded(formula, macros))

    left = "" if step.continues else step.left
    formula = shown(f"{left} {RELATIONS.get(step.relation, step.relation)} {step.right}")
    colour = "bad" if step.is_fault else "good" if step.is_decided else "open"
    message = f'<p class="message">{_message(step, shown)}</p>' if step.message else ""
    if step.repair is not None:
        message += f'<p class="message">{shown(step.relation + " " + step.repair["formula"])}</p>'
    return (
        f'<tr><td class="line">{escape(step.place)}</td>'
        f'<td class="verdict {colour if step.is_claim else "plain"}">{escape(step.verdict)}</td>'
        f'<td class="formula">{formula}{message}</td></tr>'
    )


def _message(step: CheckedStep, shown: Callable[[str], str]) -> str:
    """The message, with the formulas of its repair."""
    if step.repair is None:
        return escape(step.message)
    old, new = step.repair["old"], step.repair["new"]
    before, told, after = step.message.partition(sentence("repair", old=shortened(old), new=shortened(new)))
    return escape(before) + (sentence("repair", old=shown(old), new=shown(new)) if told else "") + escape(after)
