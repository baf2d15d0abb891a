"""Sizes are integer polynomials."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chainrule.documents.language.parsing import term_of
from chainrule.documents.language.sizes import NoSize, Size, size_of


@pytest.mark.parametrize(
    ("text", "shown"),
    [("n + 1 - n", "1"), ("2 * (n - m) + m", "- m + 2 n"), ("n * (m + n)", "m n + n n"), ("-n", "- n"), ("n - n", "0")],
)
def test_the_size_of(text, shown):
    assert str(size_of(term_of(text))) == shown


@pytest.mark.parametrize("text", ["n / 2", "exp(n)", "n ^ 2", "1.5"])
def test_no_size(text):
    with pytest.raises(NoSize, match="whole numbers and names"):
        size_of(term_of(text))


whole = st.integers(-3, 3)


@given(whole, whole, whole, whole)
def test_values_are_those_of_the_formula(a, b, n, m):
    size = Size.of(a) * Size.of("n") + Size.of(b) * Size.of("m") * Size.of("n") - Size.of(a)
    assert size.value({"n": n, "m": m}) == a * n + b * m * n - a
    assert size.number == (None if size.names else size.value({}))
