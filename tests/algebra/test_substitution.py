"""Substitution of numbers for variables."""

import numpy as np
import pytest

from chainrule.algebra import Field, Undecided, substituted, unknown, variables


@pytest.fixture
def numbers():
    with Field():
        yield variables("x", [2.0, 3.0])


def position(x):
    [(monomial, _)] = x.num.to_dict().items()
    return monomial.index(1)


def test_generators_are_built_again(numbers):
    x, y = numbers
    a = np.exp(x) * np.log(x * y) / (1 + x * x) + np.arctan(x) + (x + y) ** 0.5 + unknown("f", x)
    b = y + 1
    expected = np.exp(b) * np.log(b * y) / (1 + b * b) + np.arctan(b) + (b + y) ** 0.5 + unknown("f", b)
    assert (substituted(a, {position(x): b}) - expected).is_zero()


def test_variables_are_replaced_at_the_same_time(numbers):
    x, y = numbers
    assert (substituted(x * x / y, {position(x): y, position(y): x}) - y * y / x).is_zero()


def test_a_number_that_becomes_infinite_is_undecided(numbers):
    x, y = numbers
    with pytest.raises(Undecided, match="infinite"):
        substituted(y * np.log(x), {position(x): x - x})
