"""Items as a flat row of elements, without what only shows."""

import pytest

from chainrule.documents.reader.syntax.formula_elements import elements_of
from chainrule.documents.reader.syntax.formula_tokens import tokens_of
from chainrule.documents.reader.syntax.token_groups import groups_of


def roles(text):
    return [element.role for element in elements_of(groups_of(tokens_of(text)))]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (r"\color{red}{x + \boxed{y}}", ["atom", "sign", "atom"]),
        (r"{x}_i {y}", ["braced", "script", "atom"]),
        (r"x''", ["atom", "prime"]),
        (r"x^{\prime}", ["atom", "prime"]),
        (r"a \not= b", ["atom", "relation", "atom"]),
        (r"a + = b", ["atom", "relation", "atom"]),
        (r"\stackrel{!}{=}", ["relation"]),
        (r"a~b~~c", ["atom", "atom", "wide", "atom"]),
        (r"\frac12 3", ["fraction", "atom"]),
        (r"x^\frac{1}{2} y", ["atom", "script", "atom"]),
        (r"\displaystyle x \notag", ["atom"]),
        (r"\frac{a}", ["fraction"]),
    ],
)
def test_items_become_elements(text, expected):
    assert roles(text) == expected


def test_a_negated_relation_is_another():
    values = [element.value for element in elements_of(tokens_of(r"\not= \not\in \not\subset"))]
    assert values == ["!=", "notin", "not subset"]


def test_an_equality_sign_under_a_triangle_defines():
    (element,) = elements_of(groups_of(tokens_of(r"\overset{\triangle}{=}")))
    assert element.value == ":="


@pytest.mark.parametrize(
    ("text", "value"),
    [("0{,}125", "1/8"), ("12{,}5", "25/2"), (r"1\,000\,000", "1000000"), ("1{,}000{,}000", "1000000")],
)
def test_numbers_with_commas_and_thin_spaces(text, value):
    (element,) = elements_of(tokens_of(text))
    assert str(element.value.value) == value


def test_a_box_is_the_end_of_a_proof_only_where_nothing_stands_behind_it():
    assert roles(r"x + y \blacksquare") == ["atom", "sign", "atom"]
    assert roles(r"x \Box \\\\ \square") == ["atom"]
    box, *_ = elements_of(groups_of(tokens_of(r"\Box u x")))
    assert box.role == "atom"
    assert box.value.what == r"the sign \Box between factors"
