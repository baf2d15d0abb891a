"""The text of the strict language: its statements, its terms, and its errors."""

from fractions import Fraction

import pytest

from chainrule.documents.language import terms
from chainrule.documents.language.parsing import LanguageError, derivation_of, term_of
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


def test_a_chain_follows_its_head_with_the_same_indices_and_line():
    first, second = derivation_of("claim 7 [i in n]: x[i] = y[i] when i != 1\nthen: = z[i]").claims
    assert (first.line, second.line, second.follows, second.over) == (7, 7, 0, (("i", Name("n")),))
    assert second.left == first.right
    assert first.conditions
    assert not second.conditions
    assert first.text == "x[i] = y[i]"


def test_statements_of_all_kinds():
    found = derivation_of(
        """
        size n, m   # two sizes
        y : 1..n
        x, v : column n, positive
        t : column n, one-hot
        A : array n m (n + 1)
        L : function(column n, number) -> row m
        f(u, w : column n) := u * w
        assume sum(i in n: x[i]) = 1
        """
    )
    assert [d.name for d in found.declarations] == ["n", "m", "y", "x", "v", "t", "A", "L"]
    assert found.declarations[3].kind.facts == {"positive"}
    assert found.declarations[5].kind.facts == {"one-hot"}
    assert len(found.declarations[6].kind.shape) == 3
    assert [name for name, _ in found.definitions[0].parameters] == ["u", "w"]
    assert len(found.assumptions) == 1


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("claim: x = ", "expected a name, got 'the end'"),
        ("claim: x", "expected one of = != <= >= < > ~, got 'the end'"),
        ("then: = x", "a claim before `then`"),
        ("x : vector n", "expected number, column, row, matrix, array, function or 1..n, got 'vector'"),
        ("x : column n, lovely", "expected one of positive, .*got 'lovely'"),
        ("x : number\nx := 3", "x: declared or defined twice"),
        ("claim: x y = 2", "got 'y'"),
        ("claim: exp(x, y) = 2", "exp takes 1 operands, got 2"),
        ("claim: x = 2 $", r"column 14: '\$' has no meaning"),
        ("claim: " + "(" * 80 + "x", "more than 60 deep"),
        ("c := table(a, b | c)", "the rows of a table have different lengths"),
        ("c := cases(a, b)", "`if` and a condition, or `otherwise`"),
    ],
)
def test_a_mistake_is_named_with_its_place(text, message):
    with pytest.raises(LanguageError, match=message):
        derivation_of(text)
