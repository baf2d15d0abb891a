"""Formulas as MathML."""

from xml.etree import ElementTree

import pytest

from chainrule.checking.documents.mathml import mathml


@pytest.mark.parametrize(
    "text",
    [
        r"\frac{a}{b",
        r"x^",
        r"\begin{pmatrix} a & b \\ c",
        r"a < b & c",
        r"\unknown{x}",
        "}{",
        r"\sum_{i=1}^n x_i'",
        "\\\\",
        "{" * 500,
    ],
)
def test_mathml_is_well_formed_whatever_comes(text):
    ElementTree.fromstring(mathml(text))


@pytest.mark.parametrize(
    ("formula", "tags"),
    [
        (r"\sum_{i=1}^n x_i", ["munderover", "mo", "mrow", "mi", "mo", "mn", "mi", "msub", "mi", "mi"]),
        (r"\sqrt{x}", ["msqrt", "mi"]),
        (r"\begin{pmatrix} a & b \end{pmatrix}", ["mrow", "mo", "mtable", "mtr", "mtd", "mi", "mtd", "mi", "mo"]),
        (r"\mathbf{x} \stackrel{?}{=} 2", ["mi", "mover", "mrow", "mo", "mrow", "mo", "mn"]),
    ],
)
def test_each_construct_has_its_element(formula, tags):
    inside = list(ElementTree.fromstring(mathml(formula)).iter())[2:]
    assert [element.tag for element in inside] == tags
