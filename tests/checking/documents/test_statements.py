"""Rows of formulas fall into chains with conditions."""

import pytest

from chainrule.checking.documents.sources import read
from chainrule.checking.documents.statements import statements


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


@pytest.mark.parametrize(
    ("row", "conditions"),
    [
        (r"a_i = b_j, \quad i \neq j", ["i!=j"]),
        (r"a_i = b_j \quad (i = j)", ["i=j"]),
        (r"a_i = b_j \quad (k = l)", []),
        (r"a = b", []),
    ],
)
def test_conditions_behind_an_equation_belong_to_it(row, conditions):
    (fragment,) = read(rf"$${row}$$").fragments
    chain = statements(fragment)[0]
    assert ["".join(token.text for token in tokens) for tokens in chain.conditions] == conditions


def test_the_condition_over_a_relation_goes_with_its_link():
    (fragment,) = read(r"$$a \stackrel{k \neq l}{=} b$$").fragments
    (chain,) = statements(fragment)
    assert [token.text for token in chain.links[0].over] == ["k", "!=", "l"]
    assert [member.span for member in chain.members] == [(0, 1), (25, 26)]
