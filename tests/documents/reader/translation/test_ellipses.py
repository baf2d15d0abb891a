"""What stands for dots, from the terms beside them."""

import pytest

from chainrule.documents.language.parsing import term_of
from chainrule.documents.language.printing import text_of
from chainrule.documents.reader.translation.ellipses import between


@pytest.mark.parametrize(
    ("first", "last", "found"),
    [
        ("x[1]", "x[n]", "x[_k] from 1 to n"),
        ("w[1, j] * x[1]", "w[n, j] * x[n]", "w[_k, j] * x[_k] from 1 to n"),
        ("theta[0] * x[0]", "theta[3] * x[3]", "theta[_k] * x[_k] from 0 to 3"),
        ("exp(z[2])", "exp(z[K - 1])", "exp(z[_k]) from 2 to K - 1"),
        ("sum(i in n: W[i, 1])", "sum(i in n: W[i, m])", "sum(i in n: W[i, _k]) from 1 to m"),
    ],
)
def test_the_number_in_which_both_ends_differ_is_the_index(first, last, found):
    body, low, high = map(text_of, between(term_of(first), term_of(last), "_k"))
    assert f"{body} from {low} to {high}" == found


@pytest.mark.parametrize(
    ("first", "last"),
    [
        ("x[1]", "x[1]"),
        ("x[1]", "y[n]"),
        ("x[1] * y[1]", "x[n] * y[m]"),
        ("x[i]", "x[n]"),
        ("x[3]", "x[2]"),
        ("x[1]", "sin(x[n])"),
        ("x[1] + 1", "x[n]"),
    ],
)
def test_ends_that_differ_in_more_or_in_nothing_show_no_pattern(first, last):
    assert between(term_of(first), term_of(last), "_k") is None
