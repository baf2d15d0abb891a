"""Conditions and facts, and which of them exclude others."""

import pytest

from chainrule.documents.reader.prose.hypotheses import Hypothesis, excludes, gives_another, is_fact, says
from chainrule.documents.reader.syntax.chains import chains_of
from chainrule.documents.reader.syntax.written import Comparing, Symbol


def comparing(text):
    [chain] = chains_of(text)
    return Comparing(tuple(chain.members), tuple(link.relation for link in chain.links))


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [("i = j", r"i \neq j", True), ("i = j", "j = i", False), ("i = j", r"i \neq k", False), ("x > 0", "x < 0", True)],
)
def test_the_same_sides_in_other_relations_exclude_each_other(one, other, expected):
    assert excludes(comparing(one), comparing(other)) is expected
    assert not excludes(comparing(one), Symbol("x"))


def test_one_letter_has_one_number():
    assert gives_another(comparing("y = 1"), comparing("y = 0"))
    assert not gives_another(comparing("y = 1"), comparing("y = 1"))
    assert not gives_another(comparing("y = 1"), comparing("z = 0"))


def test_a_fact_is_about_the_letters_of_its_name():
    fact = Hypothesis(Symbol("x"), "positive", 0, 3, True, 1, "positive")
    condition = Hypothesis(comparing("x > 0"), "", 0, 3, True, 1, "x > 0")
    assert fact.letters == condition.letters == {"x"}
    assert says(fact, ["positive"], {"x"})
    assert not says(fact, ["negative"], {"x"})
    assert (is_fact(fact, {"x"}), is_fact(condition, {"x"}), is_fact(fact, {"y"})) == (True, False, False)
