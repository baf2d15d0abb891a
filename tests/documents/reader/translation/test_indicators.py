"""Indicators of conditions."""

from fractions import Fraction

import pytest

from chainrule.documents.reader.syntax import written as w
from chainrule.documents.reader.syntax.known_words import NotMeant
from chainrule.documents.reader.translation.indicators import indicated


@pytest.mark.parametrize(
    ("formula", "term"),
    [
        (r"\mathbb{1}[i = j]", "[i = j]"),
        (r"\mathbf{1}_{[i = j]}", "[i = j]"),
        (r"1_{i \neq j}", "[i != j]"),
    ],
)
def test_an_indicator_is_the_truth_of_its_condition(formula, term, elaborated):
    assert elaborated(formula) == term


def test_the_indicator_of_an_order_is_that_of_each_entry(claims):
    text = r"$$\sum_j 1_{j > 1} = r - 1, \quad u \odot \mathbb{1}_{u > 0} = u - \mathbb{1}[u \leq 2] \odot u$$"
    assert claims(f"Let $u \\in \\mathbb{{R}}^n$.\n\n{text}") == [
        "sum(j in n0: [j > 1]) = r - 1",
        "u .* relu(sign(u)) = u - (1 - relu(sign(u - 2))) .* u",
    ]


def test_an_indicator_of_a_number_is_not_read(elaborated):
    assert indicated(w.Numeral(Fraction(1)), w.Numeral(Fraction(2))) is None
    with pytest.raises(NotMeant, match="a condition that is not read"):
        elaborated(r"1_{i \sim j}")
