"""Words above letters, which are parts of names, and powers, which are not."""

import pytest
from tests.documents.reader.verdicts import verdicts

from chainrule.documents.reader.notations.word_superscripts import with_words_above
from chainrule.documents.reader.syntax.chains import chains_of
from chainrule.documents.reader.syntax.parts_written import parts_of_chain
from chainrule.documents.reader.syntax.written import Symbol


def letters(*formulas):
    chains = with_words_above({number: chains_of(each) for number, each in enumerate(formulas)})
    return {
        part.text
        for found in chains.values()
        for chain in found
        for part in parts_of_chain(chain)
        if isinstance(part, Symbol)
    }


@pytest.mark.parametrize(
    ("formula", "expected"),
    [
        (r"y_k^{LS} = 1", {"y_LS", "k"}),
        (r"\theta^{\text{new}} = \theta^{\mathrm{old}} - g", {"theta_new", "theta_old", "g"}),
        (r"z^{out}_j = 2", {"z_out", "j"}),
        (r"x^{MN} = 1", {"x_MN"}),
        (r"x^{ab} = 1", {"x", "a", "b"}),
        (r"e^{abc} = 1", {"e", "a", "b", "c"}),
        (r"x \in \mathbb{R}^{MN}", {"x", "R", "M", "N"}),
        (r"A^{\text{T}} = B^{\mathsf{T}}", {"A", "B", "T"}),
        (r"x^{2n} = 1", {"x", "n"}),
    ],
)
def test_words_are_parts_of_names(formula, expected):
    assert letters(formula) == expected


def test_letters_that_all_stand_elsewhere_are_factors():
    assert letters("x^{MN} = (x^M)^N", "M + N = 3") == {"x", "M", "N"}
    assert letters("x^{MN} = y", "M = 3") == {"x_MN", "y", "M"}


@pytest.mark.parametrize(("factor", "verdict"), [("", "proved"), ("2", "wrong if read so")])
def test_a_label_with_a_word_above_is_not_a_power(factor, verdict, verdict_of):
    text = (
        "$$y_k^{LS} = (1 - a) y_k + a / 3$$\n\n$$p_k = \\frac{e^{z_k}}{\\sum_j e^{z_j}}$$\n\n"
        "$$L = -\\sum_k y_k^{LS} \\log p_k$$\n\n"
    )
    claim = rf"\frac{{\partial L}}{{\partial z_j}} = {factor} \sum_k y_k^{{LS}} (p_j - \delta_{{kj}})"
    assert verdict_of(claim, "", text) == verdict


def test_a_letter_that_stands_above_letters_alone_is_a_mark():
    assert letters("z^o = W^o a", "L = z^o") == {"z_o", "W_o", "a", "L"}
    assert letters("z^h = W^h x", "z^o = W^o h") == {"z_h", "W_h", "x", "z_o", "W_o", "h"}  # beside W^o


@pytest.mark.parametrize(
    "formulas",
    [("y = x^p",), ("y = x^p", "z = p x^{p-1}"), ("x^p x^p = x^{2p}",), ("A^T A = B^T B",), ("x^n y^n = z",)],
)
def test_powers_are_no_marks(formulas):
    assert not any("_" in letter for letter in letters(*formulas))


def test_a_matrix_with_a_mark_has_the_entries_with_that_mark(verdict_of):
    text = "$$z^o_{ic} = \\sum_j W^o_{cj} a_{ij}$$\n\nLet $A$, $Z^o$ and $W^o$ be matrices.\n\n"
    assert verdict_of("2 Z^o = 2 A (W^o)^T", "", text).startswith("proved")


def test_a_mark_may_be_mentioned_alone():
    text = "A hidden layer ($h$) and an output layer ($o$):\n\n$$z^h = W^h x, \\quad z^o = W^o z^h$$\n\n"
    text += "$$z^o = W^o W^h x$$"
    assert verdicts(text) == ["proved"]
    assert verdicts(text.replace("W^o W^h x", "W^h W^o x"))[0] != "proved"


def test_a_sign_above_a_letter_with_an_equation_is_a_mark():
    text = "Let $X$ be an $n \\times k$ matrix and $X^+ = (X^T X)^{-1} X^T$."
    assert verdicts(text, "$$X^+ X = I$$") == ["proved"]
    assert verdicts("Let $a > 0$.", "$$\\lim_{x \\to a^+} x = a$$") == ["not read"]
