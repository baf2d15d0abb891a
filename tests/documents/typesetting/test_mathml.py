from xml.etree import ElementTree

import pytest

from chainrule.documents.typesetting.mathml import layout, mathml


def parsed(html):
    return ElementTree.fromstring(html.strip())


@pytest.mark.parametrize(
    "formula",
    [
        r"\text{<script>alert(1)</script>} = 1",
        r"\href{javascript:alert(1)}{x} = x",
        r"\style{background:url(x)}{x} \class{a}{y} = 1",
        "a < b & c > d",
        r"\frac{a",
        "{" * 500,
        "\\left(" * 400,
        "x" * 5000,
        "& & } _ ^ '",
        "\\" * 99,
    ],
)
def test_no_formula_brings_scripts_links_or_broken_markup(formula):
    found = parsed(mathml(formula))
    assert {element.tag.rsplit("}", 1)[-1] for element in found.iter()}.isdisjoint({"script", "a", "b", "img"})
    assert not any(name in element.attrib for element in found.iter() for name in ("href", "style", "class", "onclick"))


@pytest.mark.parametrize(
    ("formula", "kinds"),
    [
        (r"\frac{a}{b} + \sqrt{c}", ["fraction", "sign", "root"]),
        (r"\sum_i x_i", ["stacked", "scripts"]),
        (r"(a + b)^2 [c]", ["scripts", "bracket"]),
        (r"\begin{pmatrix} a & b \end{pmatrix}", ["matrix"]),
        (r"\mathtt{softmax.pullback}(x)", ["name", "bracket"]),
        (r"\dot x \quad y", ["name", "gap", "name"]),
        ("a)", ["name", "sign"]),
    ],
)
def test_formulas_have_a_layout(formula, kinds):
    found = layout(formula)
    assert [piece.kind for piece in (found.parts if found.kind == "row" else (found,))] == kinds


def test_what_cannot_be_set_is_text():
    assert layout("{" * 500).kind == "text"
    assert layout("x" * 5000).kind == "text"
