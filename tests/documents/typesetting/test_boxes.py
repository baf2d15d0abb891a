"""Formulas as lines of text."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from chainrule.documents.typesetting.boxes import box, flat


@pytest.mark.parametrize(
    ("formula", "drawn"),
    [
        (r"x_i + y", "xᵢ + y"),
        (r"-x_{i+1}", "−xᵢ₊₁"),
        (r"a(-b)", "a(−b)"),
        (r"\log(1 + e^{-x})", "log(1 + e⁻ˣ)"),
        (r"W^\top v", "Wᵀ v"),
        (r"f'(x)", "f′(x)"),
        (r"\sqrt{x}", "√(x)"),
        (r"\frac{1}{2}", " 1\n───\n 2"),
        (r"\left(\frac{a}{b}\right)^2", "⎛ a ⎞²\n⎜───⎟\n⎝ b ⎠"),
        (r"\sum_{i=1}^n x_i", " n\n ∑  xᵢ\ni=1"),
        (r"\begin{pmatrix} a & b \\ c & d \end{pmatrix}", "⎛a  b⎞\n⎝c  d⎠"),
        (r"x_y^2", " 2\nx\n y"),
        (r"\unknown x", r"\unknown x"),
        (r"[a", "[a"),
    ],
)
def test_formulas_in_lines(formula, drawn):
    assert str(box(formula)) == drawn


@pytest.mark.parametrize(
    ("formula", "text"),
    [
        (r"\frac{a + b}{2}", "(a + b)/2"),
        (r"e^{x_i}", "e^(xᵢ)"),
        (r"\sum_{j \neq i} x_y", "∑_(j≠i) x_y"),
        (r"\begin{cases} 1 & i = j \\ 0 \end{cases}", "{1, i = j; 0}"),
    ],
)
def test_formulas_in_one_line(formula, text):
    assert flat(formula) == text


@given(st.text(alphabet=r"\ab{}()[]^_&+-=|fracsumleft 12", max_size=60))
@example(r"\bf^1")
def test_whatever_the_formula_its_lines_are_of_one_width(formula):
    found = box(formula)
    assert 0 <= found.base < found.height
    assert len({sum(c not in "̂̄̃̇" for c in line) for line in found.lines}) == 1
    assert "\n" not in flat(formula)
