"""Single elements of formulas: what their commands hold."""

import pytest

from chainrule.documents.reader.syntax.atoms import MOST_NESTED, grid_of
from chainrule.documents.reader.syntax.formula_tokens import tokens_of
from chainrule.documents.reader.syntax.token_groups import groups_of
from chainrule.documents.reader.syntax.written import Numeral, Symbol, Words
from chainrule.documents.reader.syntax.written_trees import FormulaReader


def test_cells_may_be_empty():
    cells = grid_of(FormulaReader([]), groups_of(tokens_of(r"1 & \\ & x \\")))
    assert cells == ((Numeral(1), Words("")), (Words(""), Symbol("x")))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (r"\hat{x_i}", "hat(x)_[i]"),
        (r"\hat{1}", "hat(1)"),
        (r"\underline{a b}", "{a b}"),
        (r"\hat{a b}", r"??\hat over more than a symbol??"),
        (r"\dv{f}{x}", "d/(d f; x)"),
        (r"\pdv{f}{x}{y}", "d/(partial^2 f; x, y)"),
        (r"\frac{a}{b}", "f/(a; b)"),
        (r"\sqrt[3]{a}", "root(a; 3)"),
        (r"\abs{x}", "`|x|`"),
        (r"\binom{a}{b}", "`binomiala, bbinomial`"),
        (r"\underbrace{a}_{b}", "noted(a; b)"),
        (r"\begin{pmatrix} a & b \end{pmatrix}", "`(grid(a, b))`"),
        (r"\begin{cases} a & \text{if } b \\ c & \text{otherwise} \end{cases}", "cases(a, b; c, ∅)"),
        (r"\begin{picture} a \end{picture}", r"??\begin{picture}??"),
    ],
)
def test_an_element_is_a_tree_of_what_it_holds(text, expected, shown):
    assert shown(text) == [expected]


def test_brackets_within_too_many_others_are_not_read(shown):
    assert "??" not in shown("f(" * 3 + "x" + ")" * 3)[0]
    reader = FormulaReader([], MOST_NESTED + 1)
    assert "more than 50 formulas" in reader.formula(groups_of(tokens_of("(x)"))).what
