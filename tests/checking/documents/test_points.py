"""Points at which formulas are compared."""

from fractions import Fraction

import pytest

from chainrule.checking.documents.model import Extent, Kind, Scope
from chainrule.checking.documents.points import Assumption, point, shown


def drawn(kind, regime="any", assumptions=()):
    scope = Scope({"n": Kind("size"), "x": kind})
    return shown(point(scope, ["x"], 0, regime=regime, assumptions=assumptions).values["x"])


def numbers(text):
    return [Fraction(word) for word in text.strip("()").replace(";", ",").split(",")]


def test_the_facts_of_a_name_hold_for_its_values():
    assert sum(numbers(drawn(Kind("value", ("n",), frozenset({"sum 1"}))))) == 1
    assert sorted(numbers(drawn(Kind("value", ("n",), frozenset({"one-hot"}))))) == [0, 0, 1]
    assert set(numbers(drawn(Kind("value", (5,), frozenset({"±1"}))))) <= {1, -1}
    assert all(0 < x < 1 for x in numbers(drawn(Kind("value", (9,), frozenset({"in (0,1)"})))))
    rows = drawn(Kind("value", (2, "n"), frozenset({"rows sum 1"}))).strip("()").split(";")
    assert [sum(numbers(row)) for row in rows] == [1, 1]


@pytest.mark.parametrize(("regime", "most"), [("positive", 3), ("unit", 1)])
def test_a_regime_bounds_names_about_which_nothing_is_known(regime, most):
    assert all(0 < x < most for x in numbers(drawn(Kind("value", (9,)), regime)))
    assert min(numbers(drawn(Kind("value", (9,))))) < 0


def test_an_assumption_holds_like_a_fact():
    assumed = Assumption("x", "sum 1")
    assert sum(numbers(drawn(Kind("value", ("n",)), assumptions=(assumed,)))) == 1
    assert str(assumed) == "the entries of x add up to 1"


def test_sizes_differ_and_follow_from_each_other():
    scope = Scope({"k": Kind("size"), "m": Kind("size"), "n": Kind("size", extent=Extent("k + m - 1"))})
    sizes = point(scope, [], 0).sizes
    assert sizes["k"] != sizes["m"]
    assert sizes["n"] == sizes["k"] + sizes["m"] - 1


def test_the_same_name_has_the_same_values_in_every_formula():
    assert drawn(Kind("value", ("n",))) == drawn(Kind("value", ("n",)))
    assert len(set(numbers(drawn(Kind("value", (30,)))))) == 30
