"""Documents in four formats, with exact lines; repairs of damage; macros."""

import json

import pytest

from chainrule import check_derivation
from chainrule.checking.derivations import Unreadable
from chainrule.checking.derivations.damage import repaired
from chainrule.checking.derivations.macros import expansions, macros
from chainrule.checking.derivations.sources import read
from chainrule.checking.derivations.statements import statements


def lines(text, name=""):
    return [(step.line, step.verdict) for step in check_derivation(text, name=name).steps]


WRONG = "e^x + e^{-x} = 2 \\sinh x"


def test_lines_count_from_the_top_of_a_markdown_file():
    assert lines(f"---\nx: scalar\n---\n\ntext\n\n$$\n{WRONG}\n$$\n") == [(8, "wrong")]


def test_lines_count_from_the_top_of_a_latex_file():
    text = "\\documentclass{article} % $not = math$\n%! x: scalar\n\\begin{document}\n"
    text += f"\\begin{{align*}}\n  0 &= 0 \\\\\n  {WRONG}\n\\end{{align*}}\n\\end{{document}}\n"
    assert lines(text) == [(5, "verified"), (6, "wrong")]


def test_lines_of_a_notebook_are_those_of_its_file():
    cells = [
        {"cell_type": "code", "source": ["y = 1 == 2\n"]},
        {"cell_type": "markdown", "source": ["# title\n", "\n", f"$${WRONG}$$"]},
    ]
    text = json.dumps({"cells": cells, "nbformat": 4}, indent=1)
    ((line, verdict),) = lines(text, "notes.ipynb")
    assert verdict == "wrong"
    assert "sinh" in text.split("\n")[line - 1]


def test_plain_text_has_formulas_on_lines_of_their_own():
    text = "The sum of exponentials is no sine:\n\ne^x + e^(-x) = 2 sinh(x)\n             = 2 cosh(x)\n\n"
    text += "That is x = 1, they say.\n"
    assert lines(text, "notes.txt") == [(3, "wrong"), (4, "wrong"), (6, "hypothesis, not checked")]


def test_windows_line_ends_change_nothing():
    text = f"a\n\n$$\n{WRONG}\n$$\n"
    assert lines(text.replace("\n", "\r\n")) == lines(text)


def test_code_and_escaped_dollars_are_no_mathematics():
    assert lines("`$a = b$` costs \\$5, or \\$6.\n\n```python\nx = '$$1 = 2$$'\n```\n") == []
    assert lines("```math\n1 = 2\n```\n") == [(2, "wrong")]


@pytest.mark.parametrize(
    ("damaged", "whole"),
    [
        ("rac{a}{b}", "\\frac{a}{b}"),
        ("\x0crac{a}{b}", "\\frac{a}{b}"),
        ("\x08oldsymbol{x}", "\\boldsymbol{x}"),
        ("\tanh x", "\\tanh x"),
        ("A^ op", "A^ \\top"),
        ("egin{pmatrix} a \\ dots \\ b \\end{pmatrix}", "\\begin{pmatrix} a \\\\ \\vdots \\\\ b \\end{pmatrix}"),
        ("ext{if } i = j", "\\text{if } i = j"),
        ("с + х", "c + x"),
        ("\\frac{a}{b} \\dots", "\\frac{a}{b} \\dots"),
        ("fraction{a}", "fraction{a}"),
        ("\\text{если} x", "\\text{если} x"),
    ],
)
def test_lexical_damage_is_repaired_and_nothing_else(damaged, whole):
    fix = repaired(damaged)
    assert fix.text == whole
    assert bool(fix.repairs) == (damaged != whole)


def test_places_lead_back_through_repairs():
    fix = repaired("a + rac{b}{c} + d")
    assert fix.text[fix.text.index("d")] == "d"
    assert fix.original(fix.text.index("d")) == len("a + rac{b}{c} + ")
    assert fix.original(0) == 0


def test_macros_of_the_document_are_expanded():
    text = r"\newcommand{\pd}[2]{\frac{\partial #1}{\partial #2}} \def\x{\mathbf{x}} \DeclareMathOperator{\sm}{softmax}"
    known = macros(text)
    ((_, _, new),) = expansions(r"\pd{\sm}{\x_j}", known)
    assert new == r"\frac{\partial \operatorname{softmax}}{\partial \mathbf{x}_j}"
    text = r"\newcommand{\dd}[1]{\frac{d}{d#1}}" + "\n\n" + r"$$\dd{x} \tanh x = 1 - \tanh^2 x$$"
    assert lines(text) == [(3, "verified")]


def test_macros_may_use_each_other():
    text = r"\newcommand{\a}{\b + 1}\newcommand{\b}{\c + 1}\newcommand{\c}{\tanh x}" + "\n\n" + r"$$\a = 2 + \tanh x$$"
    assert lines(text) == [(3, "verified")]


def test_a_macro_that_grows_without_end_is_cut():
    text = r"\newcommand{\a}{\a\a\a\a} $$\a = 1$$"
    assert [verdict for _, verdict in lines(text)] == ["not read"]


@pytest.mark.parametrize(
    ("row", "members"),
    [
        (r"a = b", [2]),
        (r"a = b = c", [3]),
        (r"a = b, \qquad c = d", [2, 2]),
        (r"a_i = b_j, \quad i \neq j", [2]),
        (r"a = b \\ &= c", [3]),
        (r"a = \\ = b", [2]),
        (r"a &= b \\ &\quad + c", [2]),
        (r"a \stackrel{(*)}{=} b \tag{3}", [2]),
        (r"x_1, \dots, x_n > 0", [2]),
        (r"a = b \Rightarrow c = d", [2, 2]),
    ],
)
def test_rows_fall_into_chains(row, members):
    (fragment,) = read(rf"$$\begin{{aligned}} {row} \end{{aligned}}$$").fragments
    assert [len(chain.members) for chain in statements(fragment)] == members


@pytest.mark.parametrize("text", ["a\x00b", "x = 1\n" * 500_000])
def test_what_is_no_document_is_refused(text):
    with pytest.raises(Unreadable, match=r"binary|characters"):
        read(text)


@pytest.mark.parametrize("text", ['{"cells": 3', '{"cells": {}}x'])
def test_a_broken_notebook_is_refused(text):
    with pytest.raises(Unreadable, match="notebook cannot be read"):
        read(text, "notes.ipynb")
