"""Exponentials, logarithms, roots and powers, and their domains."""

import numpy as np
import pytest

from chainrule.algebra import Exact, Field, Undecided, attempt, variables
from chainrule.algebra.field import OutsideDomain


@pytest.fixture
def numbers():
    with Field():
        yield variables("x", [2.0, -3.0])


def test_the_relations_of_exponentials_logarithms_and_roots(numbers):
    x, y = numbers
    equal = {
        "a sum": (np.exp(x + y), np.exp(x) * np.exp(y)),
        "a difference": (np.exp(x - 2 * y), np.exp(x) / np.exp(y) ** 2),
        "log of exp": (np.log(np.exp(x * y)), x * y),
        "exp of log": (np.exp(2 * np.log(x)), x * x),
        "a product": (np.log(-x * y), np.log(x) + np.log(-y)),
        "a whole number": (np.log(Exact(12)), 2 * np.log(Exact(2)) + np.log(Exact(3))),
        "a negative square": ((y * y) ** 0.5, -y),
        "a cube root": (np.cbrt(numbers)[1] ** 3, y),
        "tanh": (np.tanh(x), (1 - np.exp(-2 * x)) / (1 + np.exp(-2 * x))),
        "sinh": (np.cosh(x) ** 2 - np.sinh(x) ** 2, Exact(1)),
    }
    assert [name for name, (a, b) in equal.items() if not (a - b).is_zero()] == []


@pytest.mark.parametrize("undefined", [lambda x: np.log(x), lambda x: x**0.5, lambda x: x**0.3, lambda x: np.log(x**3)])
def test_a_number_that_is_not_positive_is_outside_the_domain(numbers, undefined):
    with pytest.raises(OutsideDomain, match="not positive at the sample"):
        undefined(numbers[1])


def test_whole_powers_of_negative_numbers_are_inside_the_domain(numbers):
    y = numbers[1]
    assert (y**60 - (y**30) ** 2).is_zero()
    assert (y ** (-3) * y**3 - 1).is_zero()
    for n in (100, 101, 10**6 + 1):
        assert (y**n).value.overlaps(y.value**n)


def test_powers_of_zero(numbers):
    x = numbers[0]
    zero = x - x
    assert (zero**0 - 1).is_zero()
    assert (zero**0.5).is_zero()
    assert (zero**3).is_zero()
    assert (zero**0.123).is_zero()
    for undecided in (lambda: zero**-1, lambda: zero**-0.5, lambda: zero**x):
        with pytest.raises(Undecided):
            undecided()


@pytest.mark.parametrize(
    "sides",
    [
        lambda x: (np.exp(x) * np.exp(x / 2) * np.exp(x / 3) * np.exp(x / 7), np.exp(x * Exact(83) / 42)),
        lambda x: (np.exp(2 * x / 7) * np.exp(x / 2) * np.exp(3 * x / 13), np.exp(x * Exact(185) / 182)),
        lambda x: (np.exp(x / 42) * np.exp(x / 55), np.exp(x * Exact(97) / 2310)),
        lambda x: (x * x ** (Exact(1) / 2) * x ** (Exact(1) / 3) * x ** (Exact(1) / 7), x ** (Exact(83) / 42)),
        lambda x: (np.exp(np.log(x) * 83 / 42), x ** (Exact(83) / 42)),
    ],
)
def test_many_fractions_of_an_exponent_add_up(sides):
    def compute(field):
        (x,) = variables("x", [2.0], positive=True)
        yield "powers", *sides(x)

    assert attempt(compute).proved


def test_exponents_with_a_float_constant_stay_small():
    fields = []

    def compute(field):
        fields.append(field)
        (x,) = variables("x", [2.0])
        yield "powers", np.exp(0.1 * x) * np.exp(x / 2) * np.exp(x / 3) * np.exp(x / 7), np.exp(x) + 1

    assert attempt(compute).differences
    assert max(fields[-1].memory.fineness.values()) == 21


def test_a_difference_of_high_powers_divides_as_a_whole():
    def compute(field):
        (x,) = variables("x", [2.0], positive=True)
        parts = [np.exp(x / n) for n in (5, 7, 8, 9)]
        yield "quotient", (parts[0] ** 5 - 1) / (np.exp(x) - 1), 1 + 0 * parts[3]

    assert attempt(compute).proved
