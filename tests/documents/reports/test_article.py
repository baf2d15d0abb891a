"""Derivations shown: in lines of text, as a page, as LaTeX."""

import re
from xml.etree import ElementTree

import pytest

from chainrule.documents import check_derivation
from chainrule.documents.reports import article

TEXT = r"""---
x: vector n
---

# Title with $x_i$

Some *prose* with `code_name` & 100 %.

$$
\begin{aligned}
s_i &= \frac{e^{x_i}}{\sum_k e^{x_k}} , \\
\frac{\partial s_i}{\partial x_j} &= s_i \delta_{ij} - s_i s_j = s_i (\delta_{ij} + s_j) \quad (i \neq j) .
\end{aligned}
$$

---
y: scalar
---

## Second part

- one
- two
"""


@pytest.fixture(scope="module")
def report():
    return check_derivation(TEXT, repairs=False)


def test_every_step_is_shown_with_its_verdict(report):
    drawn = [part[1] for part in article.terminal(TEXT, report) if isinstance(part, tuple)]
    assert len(drawn) == 1
    assert re.findall(r"definition|✓|wrong", drawn[0]) == ["definition", "✓", "wrong"]


def test_prose_keeps_its_markdown_and_loses_the_declarations(report):
    prose = [part for part in article.terminal(TEXT, report) if isinstance(part, str)]
    assert prose[0].startswith("# Title with xᵢ")
    assert "vector" not in "".join(prose)
    assert "scalar" not in "".join(prose)
    assert prose[-1].startswith("## Second part")


def test_signs_of_markdown_in_formulas_are_escaped():
    text = "The bracket $[i = j]$ and $a_{xy} * b$."
    assert next(iter(article.terminal(text, check_derivation(text)))) == r"The bracket \[i = j\] and a\_xy · b."


def test_the_page_is_well_formed_and_needs_nothing_else(report):
    page = article.page(TEXT, "a < b", report)
    root = ElementTree.fromstring(page.replace("<!DOCTYPE html>", ""))
    assert root.find("head/title").text == "a < b"
    assert page.count('class="display"') == 1
    assert "<script" not in page
    assert "http" not in page.replace('xmlns="http://www.w3.org/1998/Math/MathML"', "")
    assert "1 wrong" in root.find("body/footer").text
    assert [row.findtext("td[3]") for row in root.iter("tr")] == ["definition", "✓", "wrong"]


def test_latex_keeps_the_displays_as_they_are():
    latex = article.latex(TEXT)
    assert latex.startswith("\\section*{Title with $x_i$}")
    assert "\\emph{prose} with \\texttt{code\\_name} \\& 100 \\%." in latex
    assert "\\[\n\\begin{aligned}" in latex
    assert "\\begin{itemize}\n\\item one" in latex
    assert "vector n" not in latex


def test_markdown_that_latex_has_no_form_for_is_refused():
    with pytest.raises(ValueError, match="expected headings, paragraphs, lists"):
        article.latex("> a quotation")
