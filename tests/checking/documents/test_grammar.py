"""How sums of terms and products of factors are read, and where a text has several readings."""

import pytest

from chainrule.checking.documents.grammar import parse, readings
from chainrule.checking.documents.stream import NotRead
from chainrule.checking.documents.tokens import tokens
from chainrule.checking.documents.tree import Call, Index, Plus, Product, walk


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        (r"e^{-z}", "e^{-z}"),
        (r"\delta_{ij}", "[i = j]"),
        (r"\delta(i, j)", "[i = j]"),
        (r"\mathbb{1}_{i=j}", "[i = j]"),
        (r"\mathbf 1\{i = j\}", "[i = j]"),
        (r"I(i = j)", "[i = j]"),
        (r"1_{[i=j]}", "[i = j]"),
        (r"\mathbf{1} s^\top", "𝟏 sᵀ"),
        (r"e_y", "e_y"),
        (r"a - b + c", "a - b + c"),
        (r"-\frac{1}{2} x^2", "-1/2 x^2"),
        (r"\frac12 x", "1/2 x"),
        (r"a \odot b^\top c", "a ⊙ (bᵀ c)"),
        (r"a \cdot -b", "a · (-b)"),
        (r"a / -b", "a/(-b)"),
    ],
)
def test_formulas_are_read_as_people_mean_them(text, meant, understood):
    assert understood(text) == meant


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (r"I(y)", "an indicator without a condition"),
        (r"\int f", "integrals"),
        (r"\foo{x}", r"no meaning is known for \\foo"),
        (r"{}", "an empty group"),
        (r"e_{ij}", "e with several subscripts"),
        (r"a \cdot", "lacks its second factor"),
        (r"a \pm b", "two formulas at once"),
        (r"a \otimes b", "write the outer product"),
        (r"(a \otimes b)", "write the outer product"),
        (r"\delta(i, j, k)", "two indices"),
        ("a )", "is not understood here"),
        ("", "an empty side"),
    ],
)
def test_what_is_not_read_is_said_with_the_construct(text, reason):
    with pytest.raises(NotRead, match=reason) as refusal:
        parse(tokens(text))
    assert refusal.value.at <= len(text)


def test_every_node_knows_its_place_in_the_text():
    text = r"\frac{a_i}{b} + \log x"
    for node in walk(parse(tokens(text))):
        first, last = node.span
        assert 0 <= first <= last <= len(text)
    (entry,) = (n for n in walk(parse(tokens(text))) if isinstance(n, Index))
    assert text[slice(*entry.span)] == "a_i"


def test_minus_a_factor_is_a_sum_of_one_term():
    product = parse(tokens(r"a \cdot -b"))
    assert isinstance(product, Product)
    assert isinstance(product.factors[1], Plus)
    assert product.factors[1].signs == (-1,)


def test_a_function_before_a_bracket_may_also_be_a_factor(names):
    both = readings(tokens(r"s_i (1 - s_i)"), names)
    assert isinstance(both[0], Product)
    assert any(isinstance(node, Call) for node in walk(both[1]))
