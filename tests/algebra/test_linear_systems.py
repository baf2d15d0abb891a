"""Linear systems: solutions against points drawn at random, and equations solved for some variables."""

import random
from fractions import Fraction

import pytest

from chainrule.algebra import Constraint, linear_systems
from chainrule.algebra.linear_systems import TooManyRows, solution, solved_for

NEAR = {"a": Fraction(1, 7), "b": Fraction(-1, 9), "c": Fraction(2, 7)}


def drawn(chosen, names):
    terms = {name: Fraction(chosen.randint(-2, 2)) for name in names}
    relation = chosen.choice([">", ">=", "<", "<=", "=="])
    return Constraint("", relation, terms, Fraction(chosen.randint(-3, 3)))


def difference(first, second, relation=">"):
    return Constraint(f"{first} - {second}", relation, {first: Fraction(1), second: Fraction(-1)})


@pytest.mark.parametrize("seed", range(40))
def test_solutions_satisfy_the_system_and_without_one_no_drawn_point_does(seed):
    chosen = random.Random(seed)
    found = 0
    for _ in range(30):
        system = [drawn(chosen, "abc"[: chosen.randint(1, 3)]) for _ in range(chosen.randint(1, 7))]
        values = solution(system, NEAR)
        if values is not None:
            found += 1
            assert values.keys() == NEAR.keys()
            assert all(comparison.holds(values) for comparison in system)
        else:
            for _ in range(200):
                point = {name: Fraction(chosen.randint(-12, 12), 4) for name in "abc"}
                assert not all(comparison.holds(point) for comparison in system)
    assert 0 < found < 30


def test_variables_that_nothing_restricts_stay_where_they_are():
    values = solution([Constraint("a - 2", ">", {"a": Fraction(1)}, Fraction(-2))], NEAR)
    assert values["a"] > 2
    assert {**values, "a": NEAR["a"]} == NEAR


def test_too_many_rows_are_refused(monkeypatch):
    system = [difference("a", "b"), difference("b", "c"), difference("c", "d")]
    near = dict.fromkeys("abcd", Fraction(0))
    assert solution(system, near) is not None
    monkeypatch.setattr(linear_systems, "MOST_ROWS", 2)
    with pytest.raises(TooManyRows):
        solution(system, near)


def test_equations_give_some_variables_by_the_others():
    values = solved_for(difference(a, b, "==") for a, b in ("ab", "bc", "ac"))
    assert values == {"b": {"a": 1}, "c": {"a": 1}}
    two = Constraint("a + 2 b - 4", "==", {"a": Fraction(1), "b": Fraction(2)}, Fraction(-4))
    assert solved_for([two, difference("b", "c", "==")]) == {
        "b": {"a": Fraction(-1, 2), "": 2},
        "c": {"a": Fraction(-1, 2), "": 2},
    }
