"""The roles that words give to formulas in their sentences."""

import pytest

from chainrule.documents import check_derivation
from chainrule.documents.reader.prose.sentence_roles import role_of, takes_apart
from chainrule.documents.reader.syntax.chains import chains_of


@pytest.mark.parametrize(
    ("text", "role"),
    [
        ("let ⟦1⟧ be a vector", "assumed"),
        ("if ⟦1⟧ then it holds", "condition"),
        ("for an example ⟦2⟧, ⟦1⟧ is its label", ""),
        ("it is not true that ⟦1⟧", "denied"),
        ("it follows that ⟦1⟧", "claimed"),
        ("⟦1⟧ grows", ""),
    ],
)
def test_words_before_and_behind_a_formula_give_its_role(text, role):
    start = text.index("⟦1⟧")
    assert role_of(text, start, start + 3, {2: chains_of("x")}) == role


@pytest.mark.parametrize(
    ("before", "formula", "expected"),
    [
        ("L = z^2", "z = W h + b", True),
        ("L = z^2 + b", "z = W h + b", False),  # b is no new letter
        ("L = u^2", "z = W h + b", False),  # z is new itself
        ("L = z^2", "z = 3", False),
        ("L = z^2", r"g = \frac{\partial L}{\partial z}", True),
        ("L = z^2", "z > w + b", False),
    ],
)
def test_a_condition_may_take_a_letter_apart(before, formula, expected):
    assert takes_apart(1, {0: chains_of(before), 1: chains_of(formula)}) is expected


@pytest.mark.parametrize(
    "words",
    [
        r"With $\epsilon = 0$, $1$ or $-1$ we have",
        r"For $\epsilon = 0$ or $1$",
        r"Avec $\epsilon = 0$, $1$ ou $-1$ on a",
        r"Let $\epsilon = 0$ and $1$ in turn. Then",
    ],
)
def test_the_first_of_several_values_is_not_assumed(words):
    [step] = check_derivation(words + "\n\n" + r"$$2 \epsilon x = 3 \epsilon x$$", repairs=False).claims
    assert not step.verdict.startswith("proved")


def test_one_value_is_assumed():
    [step] = check_derivation(r"With $\epsilon = 0$ we have" + "\n\n" + r"$$2 \epsilon x = 3 \epsilon x$$").claims
    assert step.verdict == "proved"
