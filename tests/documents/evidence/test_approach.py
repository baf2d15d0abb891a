"""Limits of exact numbers."""

import numpy as np
import pytest

from chainrule.algebra import Exact, Field, Undecided, exact_numbers, unknown, variables
from chainrule.documents.evidence.approach import limit


def is_limit(compute, expected):
    [found] = np.ravel(limit(compute)).tolist()
    return (found - expected).is_zero()


def test_limits_of_quotients_are_those_of_the_first_coefficients():
    with Field():
        (x,) = variables("x", np.array([2.0])).tolist()
        assert is_limit(lambda h: (np.exp(x + h) - np.exp(x)) / h, x.exp())
        assert is_limit(lambda h: (np.cos(h) - 1) / h**2, Exact(-1) / 2)
        assert is_limit(lambda h: ((x + h) ** 3 - x**3 - 3 * x**2 * h) / h**2, 3 * x)
        assert is_limit(lambda h: h / np.sin(x * h), 1 / x)


def test_limits_with_an_unknown_function_are_its_derivatives():
    with Field():
        (x,) = variables("x", np.array([2.0])).tolist()

        def second(h):
            [e] = np.ravel(h).tolist()
            return exact_numbers((unknown("f", x + e) - 2 * unknown("f", x) + unknown("f", x - e)) / e**2)

        assert not is_limit(second, unknown("f", x))


def test_comparisons_hold_on_both_sides():
    with Field():
        (x,) = variables("x", np.array([2.0])).tolist()
        assert is_limit(lambda h: (abs(x + h) - x) / h, Exact(1))
        assert is_limit(abs, Exact(0))
        assert is_limit(lambda h: abs(h**2) / h**2, Exact(1))


@pytest.mark.parametrize(
    ("compute", "message"),
    [
        (lambda h: abs(h) / h, "from below than from above"),
        (lambda h: np.maximum(h, 0) / h, "from below than from above"),
        (lambda h: 1 / h, "not finite"),
        (lambda h: np.cos(h) / h**2, "not finite"),
        (lambda h: h * np.log(h), "infinite"),
        (lambda h: h**8 / (h - np.sin(h) - h**3 / 6 + h**5 / 120), "more than 6 zeros"),
    ],
)
def test_what_has_no_limit_that_is_found_is_undecided(compute, message):
    with Field(), pytest.raises(Undecided, match=message):
        limit(compute)


def test_a_sample_that_is_not_near_enough_decides_nothing():
    with Field():
        (x,) = variables("x", np.array([2.0**-30])).tolist()
        with pytest.raises(Undecided, match="a comparison changes"):
            limit(lambda h: abs(x - h))


def test_nothing_of_the_number_is_left_in_the_conditions():
    with Field() as field:
        (x,) = variables("x", np.array([2.0])).tolist()
        limit(lambda h: abs(x + h) / (x + h))
        assert [str(each) for each in field.conditions] == ["x0 > 0"]
        with pytest.raises(Undecided):
            limit(lambda h: abs(x + h) / abs(h) / h)
        assert [str(each) for each in field.conditions] == ["x0 > 0"]
