"""Vertical bars that belong together."""

import pytest

from chainrule.documents.reader.syntax.bars import bars_of, with_double_bars
from chainrule.documents.reader.syntax.formula_elements import elements_of
from chainrule.documents.reader.syntax.formula_tokens import tokens_of
from chainrule.documents.reader.syntax.token_groups import groups_of


def elements(text):
    return elements_of(groups_of(tokens_of(text)))


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("||x||", ["||", "||"]),
        ("|x|", ["|", "|"]),
        ("a ||x||", ["||", "||"]),
        ("|a||b||c|", ["|"] * 6),
        ("a || b", ["|"] * 2),
        (r"\sum_i ||x||", ["||", "||"]),
    ],
)
def test_two_bars_that_touch_are_one_where_a_factor_begins(text, values):
    found = with_double_bars(elements(text))
    assert [each.value for each in found if each.role == "bar"] == values


def test_each_bar_knows_the_next_before_a_relation():
    assert bars_of(elements("|x| = |y|")) == {0: (2, 2), 2: (1, None), 4: (2, 6), 6: (1, None)}
