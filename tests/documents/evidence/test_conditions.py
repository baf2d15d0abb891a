"""Assumed equations as substitutions."""

import numpy as np
import pytest

from chainrule.algebra import Exact, Field, Undecided, exact_numbers, variables
from chainrule.algebra.exact import Infinite
from chainrule.algebra.field import OutsideDomain
from chainrule.documents.evidence.conditions import equations, imposed, replaced, solved
from chainrule.documents.evidence.inputs import Branches
from chainrule.documents.language.parsing import term_of


def all_solutions(number):
    """The variables solved for, with each alternative."""
    branches, found = Branches(), []
    while True:
        branches.used = 0
        found.append(solved(number, branches))
        if not branches.advance():
            return found


def test_equations_are_found_within_conditions_that_all_hold():
    found = list(equations([term_of("[a = 1 and b < 2 and c = 3]").condition, term_of("[d = 1 or e = 2]").condition]))
    assert [str(each.left.text) for each in found] == ["a", "c"]


def test_a_sum_of_one_makes_the_last_number_one_less_the_others():
    with Field():
        t = variables("t", np.array([[2.0], [3.0], [4.0]]))
        found = imposed({"t": t, "i": 2}, lambda given: iter([sum(given["t"].ravel().tolist(), Exact(-1))]), Branches())
        assert (sum(found["t"].ravel().tolist(), Exact(0)) - 1).is_zero()
        assert found["i"] == 2


def test_equations_are_solved_one_after_another():
    with Field():
        x, y = variables("x", [2.0, 3.0]), variables("y", [5.0, 7.0])
        found = imposed(
            {"x": x, "y": y},
            lambda g: (a - b for a, b in zip(g["x"].tolist(), g["y"].tolist(), strict=True)),
            Branches(),
        )
        assert all((a - b).is_zero() for a, b in zip(found["x"].tolist(), found["y"].tolist(), strict=True))


EQUATIONS = {
    "linear": (lambda x, y: 3 * x - y + 2, 1),
    "with a divisor": (lambda x, y: x * y - 1, 1),
    "a product": (lambda x, y: x * (y - 2) * (x + y), 3),
    "squares": (lambda x, y: x**2 - 4 * y**2, 2),
    "roots": (lambda x, y: x**2 + x + y.sin() - 3, 2),
    "a circle": (lambda x, y: x**2 + y**2 - 9, 2),
    "an ellipse": (lambda x, y: x**2 + 4 * y**2 - 1, 2),
    "a norm": (lambda x, y: (x**2 + y**2).sqrt() - 3, 2),
    "an exponential": (lambda x, y: x.exp() - y, 1),
    "two exponentials": (lambda x, y: (x * x).exp() - 2, 2),
    "a logarithm": (lambda x, y: (x + y).log() - y, 1),
}


@pytest.mark.parametrize("name", EQUATIONS)
def test_an_equation_holds_at_each_of_its_solutions(name):
    equation, count = EQUATIONS[name]
    with Field():
        x, y = variables("x", [2.0, 1.5]).tolist()
        solutions = all_solutions(equation(x, y))
        assert len(solutions) == count
        for numbers in solutions:
            there = replaced(exact_numbers(np.array([x, y], dtype=object)), numbers, {}).tolist()
            assert equation(*there).is_zero()


def test_an_equation_of_one_number_in_two_functions_is_not_solved():
    with Field():
        x, y = variables("x", [2.0, 3.0]).tolist()
        with pytest.raises(Undecided, match="cannot be solved"):
            solved(x + x.sin() - y - y.sin(), Branches())


def test_an_equation_without_solutions_lies_outside():
    with Field():
        x, _ = variables("x", [2.0, 3.0]).tolist()
        with pytest.raises(OutsideDomain):
            solved(x**2 + 1, Branches())
        with pytest.raises(OutsideDomain):
            solved((x**2).sqrt() + 1, Branches())


def test_known_numbers_that_differ_lie_outside():
    with Field(), pytest.raises(OutsideDomain):
        imposed({}, lambda given: iter([Exact(2)]), Branches())


def test_an_infinity_is_not_zero():
    with Field(), pytest.raises(OutsideDomain):
        imposed({}, lambda given: iter([Exact(0), Infinite(-np.inf)]), Branches())
