"""Conditions that say facts about names."""

import pytest

from chainrule.documents.evidence.facts_in_conditions import fact_in, parts_of_condition
from chainrule.documents.evidence.proving import Prover
from chainrule.documents.evidence.questions import Question
from chainrule.documents.language.name_uses import Names
from chainrule.documents.language.parsing import derivation_of
from chainrule.documents.language.printing import condition_text, statements
from chainrule.documents.language.shapes import Shapes


def question(text):
    derivation = derivation_of("size n\n" + text)
    return Question.of(derivation, Shapes(derivation), Names.of(derivation), derivation.claims[-1])


def test_assumptions_of_matrices_are_facts():
    asked = question("Q, S : matrix n n\nassume Q' @ Q = eye(n)\nassume S = S'\nclaim: Q = S")
    assert asked.facts["Q"] == {"orthonormal"}
    assert asked.facts["S"] == {"symmetric"}
    assert asked.assumptions == ()


def test_inequalities_that_are_assumed_are_facts():
    asked = question("p, q, r : number\nassume 0 < p and p < 1\nassume q <= 0\nassume r != 0\nclaim: p * q * r = 0")
    assert asked.facts["p"] == {"positive", "unit"}
    assert asked.facts["q"] == set()
    assert asked.facts["r"] == {"nonzero"}
    assert len(asked.assumptions) == 1


def test_what_makes_numbers_positive_comes_first():
    [assumption] = derivation_of("p : number; assume p < 1 and 0 < p").assumptions
    assert [condition_text(part) for part in parts_of_condition(assumption.condition)] == ["0 < p", "p < 1"]


def test_a_defined_name_gets_no_fact():
    found = derivation_of("p : number; q := p^2; assume q > 0; assume p > 0")
    said = [fact_in(each.condition, Names.of(found), {}, {}) for each in found.assumptions]
    assert said == [("", ""), ("p", "positive")]


def test_a_fact_about_the_list_of_all_entries_is_one_about_these():
    asked = question("t : matrix n 2\nT := [i in n, j in 2: t[i, j]]\nassume T is one-hot\nclaim: T = t")
    assert asked.facts["t"] == {"one-hot"}
    assert asked.assumptions == ()


def test_a_fact_about_some_entries_or_others_is_none_about_all():
    fewer = "t : matrix n 3\nT := [i in n, j in 2: t[i, j]]\nassume T is one-hot\nclaim: T[1, 1] = t[1, 1]"
    turned = "t : matrix n n\nT := [i in n, j in n: t[j, i]]\nassume T is one-hot\nclaim: T = t'"
    for text in (fewer, turned):
        asked = question(text)
        assert asked.facts["t"] == set()
        assert len(asked.assumptions) == 1


@pytest.mark.parametrize(
    ("fact", "rows", "columns"),
    [
        ("one-hot", "proved", "differs"),
        ("by-columns, one-hot", "differs", "proved"),
        ("probabilities", "proved", "differs"),
        ("by-columns, probabilities", "differs", "proved"),
    ],
)
def test_a_fact_is_about_rows_or_about_columns(fact, rows, columns):
    claims = "claim [i in m]: sum(k in 3: y[i, k]) = 1\nclaim [k in 3]: sum(i in m: y[i, k]) = 1"
    derivation = derivation_of(f"size m\ny : matrix m 3, {fact}\n{claims}")
    assert f"y : matrix m 3, {fact}" in statements(derivation)
    prover = Prover(derivation, Shapes(derivation))
    assert [prover.finding(each).status for each in derivation.claims] == [rows, columns]
