"""Derivatives of products that may be meant of the first factor alone."""

import pytest

from chainrule.documents.language.parsing import term_of
from chainrule.documents.language.printing import text_of
from chainrule.documents.verdicts.first_factors import of_first_factors


@pytest.mark.parametrize(
    ("term", "first"),
    [
        ("partial(a * b * c, x)", "partial(a, x) * b * c"),
        ("2 * partial(a * b, x) + a * b", "2 * (partial(a, x) * b) + a * b"),
        ("partial(a + b * c, x)", "partial(a + b * c, x)"),
    ],
)
def test_the_other_factors_stand_behind_the_derivative(term, first):
    assert text_of(of_first_factors(term_of(term))) == first
