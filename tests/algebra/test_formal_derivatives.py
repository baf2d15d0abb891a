"""Derivatives of exact numbers by variables."""

import numpy as np
import pytest

from chainrule.algebra import Field, derivative, variables
from chainrule.algebra.field import current


@pytest.fixture
def numbers():
    with Field():
        yield variables("x", [2.0, 3.0])


def test_derivatives_of_quotients_and_functions(numbers):
    x, y = numbers
    equal = {
        "a power": (derivative(x**7 * y, x), 7 * x**6 * y),
        "a quotient": (derivative((x - y) / (x + y), y), -2 * x / (x + y) ** 2),
        "a root": (derivative((x * y) ** 0.5, x), (y / x) ** 0.5 / 2),
        "an exponential": (derivative(np.exp(x * y), y), x * np.exp(x * y)),
        "a logarithm": (derivative(np.log(x + y), x), 1 / (x + y)),
        "a power by its exponent": (derivative(x**y, y), x**y * np.log(x)),
        "an arc tangent": (derivative(np.arctan(x / y), x), y / (x * x + y * y)),
        "a constant": (derivative(y * y, x), x - x),
        "zero": (derivative(x - x, x), x - x),
    }
    assert [name for name, (a, b) in equal.items() if not (a - b).is_zero()] == []


def test_a_derivative_holds_inside_the_cell(numbers):
    x, y = numbers
    field = current()
    assert derivative(x if x >= 0 else y, x) == 1
    assert [str(condition) for condition in field.conditions] == ["x0 > 0"]


def test_only_variables_have_derivatives_by_them(numbers):
    x, y = numbers
    for other in (2 * x, x * y, np.exp(x), 1 / x, x - x, x + 1):
        with pytest.raises(ValueError, match="not a variable"):
            derivative(x * y, other)
