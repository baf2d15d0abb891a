"""Floats that are read as simple numbers."""

import math

import flint
import numpy as np
import pytest

from chainrule.algebra import Exact, Field
from chainrule.algebra.constants import ideal_number, rounded_number

SIMPLE = {
    1 / 3: "1/3",
    -2 / 7: "-2/7",
    0.1: "1/10",
    0.044715: "8943/200000",
    math.sqrt(2): "sqrt(2)",
    -math.sqrt(1 / 3): "-sqrt(1/3)",
    math.sqrt(2 / math.pi): "sqrt(2/pi)",
    2 / math.sqrt(math.pi): "2 1/sqrt(pi)",
    math.pi / 4: "1/4 pi",
    math.log(2): "log(2)",
    math.log(2 * math.pi): "log(2 pi)",
    1 / math.sqrt(3): "sqrt(1/3)",
    0.5 * math.log(2 * math.pi): "1/2 log(2 pi)",
}


@pytest.mark.parametrize("x", SIMPLE)
def test_simple_numbers_are_found_and_noted(x):
    with Field(ideal=ideal_number) as field:
        number = Exact(x)
        assert abs(float(number.value) - x) <= 2 * math.ulp(x)
        assert not number.value.is_exact()
        assert field.idealised == {x: SIMPLE[x]}


@pytest.mark.parametrize("x", [0.5, 3.0, -0.75, 1e300, 5e-324, 0.0, np.random.default_rng(0).normal()])
def test_other_floats_are_themselves(x):
    with Field(ideal=ideal_number) as field:
        assert Exact(x).rational() == flint.fmpq(*x.as_integer_ratio())
        assert field.idealised == {}


def test_without_the_option_floats_are_themselves():
    with Field() as field:
        assert Exact(1 / 3).value.is_exact()
        assert field.idealised == {}


def test_a_rounded_number_holds_all_that_round_to_the_float():
    with Field(ideal=rounded_number):
        number = Exact(1 / 3)
        assert number.value.contains(flint.arb(1) / 3)
        assert not number.value.contains(1 / 3 + 1e-13)
        assert (number - Exact(1 / 3)).is_zero()
        assert Exact(0.375).value.is_exact()
