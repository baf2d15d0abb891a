"""Exact numbers as text."""

import numpy as np
import pytest

from chainrule.algebra import Field, variables


@pytest.fixture
def numbers():
    with Field():
        yield variables("x", [2.0, 3.0])


def test_formulas_are_short_and_readable(numbers):
    x, y = numbers
    assert str(x - x) == "0"
    assert str(-x) == "-x0"
    assert str(x / 3 - 2) == "-2 + 1/3 x0"
    assert str((x + 1) / y) == "(1 + x0)/x1"
    assert str(1 / (x * y * y)) == "1/(x1^2 x0)"
    assert str(np.exp(x * y) * 0.5) == "1/2 exp(x0 x1)"
    assert str(x**0.5) == "x0^(1/2)"
    assert str((x + y) ** 0.5) == "(x0 + x1)^(1/2)"


def test_long_formulas_are_cut(numbers):
    x, y = numbers
    nested = (1 + x + y) ** 5
    for _ in range(4):
        nested = np.exp(nested) * (1 + x + y) ** 3 + 1
    assert len(str(nested)) < 1500
    assert "..." in str(nested)
    assert len(str(x / 10.0**30)) < 40
