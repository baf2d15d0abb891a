"""Terms and conditions of the strict language: what binds what, and their errors."""

from fractions import Fraction

import pytest

from chainrule.documents.language import terms
from chainrule.documents.language.parsing import derivation_of, term_of
from chainrule.documents.language.strict_terms import read_condition, read_ranges
from chainrule.documents.language.strict_tokens import LanguageError, Tokens
from chainrule.documents.language.terms import Apply, Name, Number


def test_products_bind_before_sums_powers_before_signs_and_entries_before_all():
    assert term_of("a + b * c^2") == term_of("a + (b * (c^2))")
    assert term_of("-x^2") == term_of("-(x^2)")
    assert term_of("2^-x") == term_of("2^(-x)")
    assert term_of("a - b - c") == term_of("(a - b) - c")
    assert term_of("W'@x[i]'") == term_of("(W') @ ((x[i])')")
    assert term_of("a / b * c") == term_of("(a / b) * c")
    assert term_of("a ^ b ^ c") == term_of("a ^ (b ^ c)")


def test_numbers_are_exact():
    assert term_of("0.1") == Number(Fraction(1, 10))


@pytest.mark.parametrize("name", ["f'(x)", "f{1}(x)"])
def test_a_prime_before_brackets_is_a_derivative(name):
    assert term_of(name) == terms.Call("f", (Name("x"),), (1,))


def test_a_prime_elsewhere_is_a_transpose():
    assert term_of("x'") == Apply("'", (Name("x"),))


def test_brackets_are_families_conditions_or_entries():
    assert isinstance(term_of("[i in n: x[i]]"), terms.Family)
    assert isinstance(term_of("[i = j]"), terms.Truth)
    assert isinstance(term_of("x[i]"), terms.Entry)


def test_maxima_are_folds_over_an_index_or_operators():
    assert isinstance(term_of("max(i in n: x[i])"), terms.Fold)
    assert term_of("max(a, b, c)") == Apply("max", (Name("a"), Name("b"), Name("c")))


def test_conditions_of_and_or_not():
    found = term_of("[a = 1 or b != 2 and not (c < 3)]").condition
    assert found.kind == "or"
    assert [type(part).__name__ for part in found.conditions] == ["Comparison", "Junction"]


def test_a_condition_ends_where_no_word_joins_another():
    tokens = Tokens("x is one-hot and i < j: x", 0)
    assert [type(part).__name__ for part in read_condition(tokens).conditions] == ["Is", "Comparison"]
    assert tokens.next == ":"


def test_indices_have_sizes_that_may_be_sums():
    assert read_ranges(Tokens("i in n, j in n - 1", 0)) == [("i", Name("n"), 1), ("j", term_of("n - 1"), 1)]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("claim: exp(x, y) = 2", "exp takes 1 operands, got 2"),
        ("claim: " + "(" * 80 + "x", "more than 60 deep"),
        ("c := table(a, b | c)", "the rows of a table have different lengths"),
        ("c := cases(a, b)", "`if` and a condition, or `otherwise`"),
    ],
)
def test_a_mistake_in_a_term_is_named_with_its_place(text, message):
    with pytest.raises(LanguageError, match=message):
        derivation_of(text)
