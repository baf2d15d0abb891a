"""Derivations in Markdown for readers: in a terminal, as a page for browsers, as LaTeX to paste.

The derivation is checked when it is shown, and every step has its verdict beside it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from html import escape

from markdown_it import MarkdownIt
from markdown_it.token import Token

from chainrule.documents.reports.derivation_report import CheckedStep, Report
from chainrule.documents.reports.webpage import RELATIONS, html_page
from chainrule.documents.typesetting.boxes import Box, beside, box, flat
from chainrule.documents.typesetting.mathml import mathml
from chainrule.documents.verdicts.verdict import VERDICTS

_MARK = "\N{OBJECT REPLACEMENT CHARACTER}"
_FRONT = re.compile(r"\A---\n.*?^---\n", re.DOTALL | re.MULTILINE)
_BLOCK = re.compile(r"^---\n(?:[^\n]+\n)+?---\n", re.MULTILINE)
_DISPLAY = re.compile(r"\$\$(.+?)\$\$", re.DOTALL)
_INLINE = re.compile(r"(?<![\\$])\$([^$]+)\$(?!\$)")
_ENDING = re.compile(r"(?:\\\\|\\[,;:! ]|\\quad|\\qquad|\\end\{\w+\*?\}|[&\s.,;=:<>]|\\approx|\\leq?|\\geq?|\\neq?)+\Z")
_STYLE = """
body { font: 17px/1.6 Georgia, serif; margin: 2rem auto; max-width: 46rem; padding: 0 1rem; color: #1c1c1c; }
h1 { font-size: 1.6rem; } h2 { font-size: 1.2rem; margin-top: 2.2rem; } code { font-size: .9em; }
div.display { overflow-x: auto; margin: 1rem 0; } div.display table { border-collapse: collapse; margin: 0 auto; }
div.display td { padding: .25rem .2rem; vertical-align: baseline; } td.left { text-align: right; }
td.mark { padding-left: 1rem !important; font-family: system-ui, sans-serif; color: #17652b; }
td.wrong { color: #b00020; }
footer { margin-top: 3rem; border-top: 1px solid #ccc; font-size: .9rem; color: #555; }
@media (prefers-color-scheme: dark) {
  body { background: #16181b; color: #e6e6e6; } td.mark { color: #7bd88f; } td.wrong { color: #ff7b87; }
  footer { color: #a0a0a0; border-color: #3a3d42; }
}
"""


@dataclass(frozen=True)
class DisplayLine:
    """One line of a display: its sides, the left one only in the first line of a chain, and the verdict."""

    left: str
    relation: str
    right: str
    verdict: str

    @property
    def mark(self) -> str:
        """The sign or words for the verdict."""
        return "✓" if self.verdict == "proved" else self.verdict

    @property
    def is_wrong(self) -> bool:
        """True if the verdict is a fault."""
        return bool(self.verdict) and VERDICTS[self.verdict].fault


@dataclass(frozen=True)
class Display:
    """The lines of a display, and its source."""

    lines: tuple[DisplayLine, ...]
    source: str


def parts(text: str, report: Report | None) -> Iterator[str | Display]:
    """Prose and displays in turn, without the declarations; without a report, displays have their source alone."""
    front = _FRONT.match(text)
    at = front.end() if front else 0
    for match in _DISPLAY.finditer(text, at):
        yield _BLOCK.sub("", text[at : match.start()])
        yield Display(tuple(_lines(match, report)) if report else (), match.group(1).strip())
        at = match.end()
    yield _BLOCK.sub("", text[at:])


def _lines(display: re.Match[str], report: Report) -> Iterator[DisplayLine]:
    text, before = display.string, ""
    inside = [(at, step) for step in report.steps if display.start() <= (at := _offset(text, step)) < display.end()]
    if not inside:
        yield DisplayLine("", "", _ENDING.sub("", display.group(1)).strip(), "")
    for number, (at, step) in enumerate(inside):
        sign, after = RELATIONS.get(step.relation, step.relation), inside[number + 1 :]
        end = after[0][0] if after else display.end(1)
        written = _place(step.right, text, at, end)
        if written and after and not after[0][1].continues:
            following = _place(after[0][1].left, text, written[1], end)
            end = following[0] if following else end
        # A condition may stand behind a step.
        behind = _ENDING.sub("", text[written[1] : end]) if written else ""
        right = f"{step.right} {behind}" if behind.strip(" .,;&\\") else step.right
        yield DisplayLine("" if before and step.continues else step.left, sign, right, step.verdict)
        before = step.right


def _offset(text: str, step: CheckedStep) -> int:
    """The position of a step's sign in the text."""
    start = 0
    for _ in range(step.line - 1):
        start = text.find("\n", start) + 1
    return start + step.column - 1


def _place(formula: str, text: str, start: int, end: int) -> tuple[int, int] | None:
    """Where a formula stands in a part of a text, whatever the spaces are."""
    found = re.compile(r"\s+".join(map(re.escape, formula.split()))).search(text, start, end)
    return found.span() if found else None


def terminal(text: str, report: Report) -> Iterator[str | tuple[str, str]]:
    """Prose as Markdown with its formulas in one line, and displays as ("display", lines) in several."""
    for part in parts(text, report):
        if isinstance(part, Display):
            yield "display", _drawn(part)
        elif part.strip():
            yield _INLINE.sub(lambda m: re.sub(r"([\\`*_\[\]<>#|~])", r"\\\1", flat(m.group(1))), part.strip())


def _drawn(display: Display) -> str:
    drawn = []
    indent = 0
    for line in display.lines:
        left = box(line.left)
        if line.left:
            indent = min(left.width, 24)
        right = box(line.right if not line.relation else f"{line.relation} {line.right}")
        start = left if line.left else Box((" " * indent,))
        mark = Box((f"   {line.mark}",)) if line.mark else Box(("",))
        gap = Box((" " if line.relation else "",))
        drawn.append(str(beside([start, gap, right, mark])))
    return "\n\n".join(drawn)


def page(text: str, title: str, report: Report) -> str:
    """One HTML page: MathML, no scripts, nothing from the network."""
    body, formulas = _marked(text, report, table_of, mathml)
    html = MarkdownIt().enable("table").render(body)
    html = re.sub(rf"(?:<p>)?{_MARK}(\d+);(?:</p>)?", lambda m: _placed(m, formulas), html)
    counts = ", ".join(f"{number} {verdict}" for verdict, number in report.counts.items())
    footer = f"<footer>Checked by chainrule in exact numbers: {counts}.</footer>"
    return html_page(escape(title), _STYLE, f"{html}{footer}")


def _placed(match: re.Match[str], formulas: list[str]) -> str:
    """A formula in its place; a display replaces its whole paragraph."""
    html = formulas[int(match.group(1))]
    if html.startswith("<div"):
        return html
    opening = "<p>" if match.group().startswith("<p>") else ""
    return opening + html + ("</p>" if match.group().endswith("</p>") else "")


def table_of(display: Display) -> str:
    """A display as a table in HTML, with the mark of each line."""
    rows = []
    for line in display.lines:
        left = mathml(line.left, display=True) if line.left else ""
        right = mathml(f"{line.relation} {line.right}", display=True)
        colour = "mark wrong" if line.is_wrong else "mark"
        rows.append(
            f'<tr><td class="left">{left}</td><td>{right}</td><td class="{colour}">{escape(line.mark)}</td></tr>'
        )
    return f'<div class="display"><table>{"".join(rows)}</table></div>'


def latex(text: str) -> str:
    """The text as LaTeX, without a preamble; it needs amsmath.

    Raises
    ------
    ValueError
        If the Markdown holds something other than headings, paragraphs, lists, emphasis, code and formulas.
    """
    body, formulas = _marked(text, None, lambda d: f"\\[\n{d.source}\n\\]", lambda formula: f"${formula}$")
    set_ = "".join(_set(token) for token in MarkdownIt().parse(body))
    return re.sub(rf"{_MARK}(\d+);", lambda m: formulas[int(m.group(1))], set_).strip() + "\n"


def _marked(
    text: str, report: Report | None, display: Callable[[Display], str], inline: Callable[[str], str]
) -> tuple[str, list[str]]:
    """The Markdown with a numbered mark in place of each formula, and the formulas as they are to be written."""
    formulas: list[str] = []

    def mark(formula: str) -> str:
        formulas.append(formula)
        return f"{_MARK}{len(formulas) - 1};"

    body = ""
    for part in parts(text, report):
        if isinstance(part, Display):
            body += f"\n\n{mark(display(part))}\n\n"
        else:
            body += _INLINE.sub(lambda m: mark(inline(m.group(1))), part)
    return body, formulas


_LATEX = {
    "paragraph_open": "", "paragraph_close": "\n\n", "heading_close": "}\n\n", "em_open": "\\emph{", "em_close": "}",
    "strong_open": "\\textbf{", "strong_close": "}", "softbreak": "\n", "hardbreak": "\\\\\n", "list_item_close": "",
    "bullet_list_open": "\\begin{itemize}\n", "bullet_list_close": "\\end{itemize}\n\n", "list_item_open": "\\item ",
    "ordered_list_open": "\\begin{enumerate}\n", "ordered_list_close": "\\end{enumerate}\n\n",
}  # fmt: skip
_SPECIAL = {"\\": "\\textbackslash{}", "~": "\\textasciitilde{}", "^": "\\textasciicircum{}"}


def _set(token: Token) -> str:
    if token.type == "inline":
        return "".join(_set(child) for child in token.children or ())
    if token.type == "text":
        return _escaped(token.content)
    if token.type == "code_inline":
        return f"\\texttt{{{_escaped(token.content)}}}"
    if token.type == "heading_open":
        return {"h1": "\\section*{", "h2": "\\subsection*{"}.get(token.tag, "\\subsubsection*{")
    if token.type not in _LATEX:
        raise ValueError(f"expected headings, paragraphs, lists, emphasis, code and formulas, got {token.type}")
    return _LATEX[token.type]


def _escaped(text: str) -> str:
    return "".join(_SPECIAL.get(c, "\\" + c if c in "#$%&_{}" else c) for c in text)
