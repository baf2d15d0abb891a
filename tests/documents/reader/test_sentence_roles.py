"""The roles that words give to formulas in their sentences."""

import pytest

from chainrule.documents.reader.chains import chains_of
from chainrule.documents.reader.sentence_roles import role_of, takes_apart


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
