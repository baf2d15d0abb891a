"""Signs of exact numbers on whole cells."""

from fractions import Fraction

import pytest

from chainrule.algebra import Exact, Field, variables
from chainrule.documents.evidence.signs import comparable, compared, settled, sum_of_squares

SQUARES = {
    "two squares": (lambda x, y: x**2 + y**2, True, False),
    "a form": (lambda x, y: x**2 + x * y + y**2, True, False),
    "a saddle": (lambda x, y: x**2 + 3 * x * y + y**2, False, False),
    "never 0": (lambda x, y: x**2 + x + 1, True, True),
    "between roots": (lambda x, y: x**2 + 2 * x + Fraction(1, 2), False, False),
    "fourth powers": (lambda x, y: x**4 - x**2 * y**2 + y**4, True, False),
    "weighted": (lambda x, y: x.exp() * (x - y) ** 2 + y.exp() * x**2, True, False),
    "a product": (lambda x, y: x * y, False, False),
    "negative": (lambda x, y: -(x**2), False, False),
}


@pytest.mark.parametrize("name", SQUARES)
def test_sums_of_squares_are_found(name):
    number, is_sum, positive = SQUARES[name]
    with Field() as field:
        x, y = variables("x", [2.0, 3.0]).tolist()
        found = sum_of_squares(field, number(x, y).num)
    assert (found is not None) == is_sum
    assert found is None or found.positive == positive


COMPARED = {
    "a square": (lambda x, y: (x - y) ** 2, ">=", True, []),
    "a square, strictly": (lambda x, y: (x - y) ** 2, ">", True, ["!="]),
    "a product": (lambda x, y: x * (x - 1), ">=", True, [">", ">"]),
    "the wrong way": (lambda x, y: x * (x - 1), "<", False, [">", ">"]),
    "exponentials": (lambda x, y: x.exp() - y.exp(), "<", True, [">"]),
    "at the sample": (lambda x, y: x.exp() - 1 - x, ">", None, []),
    "zero": (lambda x, y: x - x, ">=", True, []),
    "zero, strictly": (lambda x, y: x - x, ">", False, []),
}


@pytest.mark.parametrize("name", COMPARED)
def test_comparisons_are_those_of_factors(name):
    number, relation, expected, recorded = COMPARED[name]
    with Field() as field:
        x, y = variables("x", [2.0, 3.0]).tolist()
        assert compared(relation, number(x, y)) is expected
        assert len(field.conditions) == len(recorded)
        assert all(each.number.value > 0 or each.relation in ("<", "!=") for each in field.conditions)


def test_a_difference_of_exponentials_is_compared_by_its_exponents():
    with Field():
        x, y = variables("x", [2.0, 3.0]).tolist()
        assert (comparable((2 * x).exp() - (x + y).exp()) - (x - y)).is_zero()
        assert (comparable(x**2 - y) - (x**2 - y)).is_zero()


def test_a_condition_that_fails_at_one_point_is_an_exception():
    with Field() as field:
        x, y = variables("x", [2.0, 3.0]).tolist()
        (x * x + y * y).sqrt()
        assert x > Exact(1)
        exceptions, borders = settled(field)
        assert exceptions == ["x0^2 + x1^2"]
        assert [[str(each) for each in border] for border in borders] in (
            [["x0 == 0", "x1 == 0"]],
            [["x1 == 0", "x0 == 0"]],
        )
        assert [str(each) for each in field.conditions] == ["-1 + x0 > 0"]
