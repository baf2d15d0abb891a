"""One ball: conversion, precision, enclosure."""

import math
from fractions import Fraction

import numpy as np
import pytest
from flint import arb

from chainrule.algebra.ball import nearest
from chainrule.checking import Ball, Undecided, balls, precision, relative_accuracy


def wide(middle, radius):
    return Ball(arb(middle, radius))


def test_a_ball_with_a_radius_does_not_turn_into_a_float():
    assert float(Ball(0.75)) == 0.75
    with pytest.raises(Undecided):
        float(wide(1, 1e-30))
    floats = np.zeros(2)
    with pytest.raises(Undecided):
        floats[0] = wide(1, 1e-30)


@pytest.mark.parametrize("exponent", [-1400, -1080, -1075, -1074, -1073, -1030, -54, 0, 900, 970, 971, 1000, 10**20])
def test_the_nearest_float_is_rounded_to_even_also_near_the_smallest_and_the_largest(exponent):
    for mantissa in (1, 2**53 - 1, 2**53 + 1, 2**54 + 1, 2**54 + 3, 2**60 + 2**7 + 1, 3 * 2**100 - 1):
        number = Fraction(mantissa) * (Fraction(2) ** exponent if exponent < 10**4 else 2**9999)
        try:
            # Division of integers rounds correctly, to subnormal numbers as well.
            expected = number.numerator / number.denominator
        except OverflowError:
            expected = math.inf
        with precision(300):
            power = arb(2) ** exponent
            assert (nearest(Ball(mantissa * power)), nearest(Ball(-mantissa * power))) == (expected, -expected)


def test_no_float_is_near_to_every_number():
    assert math.isnan(nearest(Ball(arb("[+/- inf]"))))
    assert math.isnan(nearest(Ball(math.nan)))


def test_precision_holds_within_its_context_alone():
    with precision(300):
        many = relative_accuracy(np.exp(balls([1.0])))[0]
    with precision(60):
        few = relative_accuracy(np.exp(balls([1.0])))[0]
    assert few < 70 < 280 < many


def test_a_third_holds_the_third():
    with precision(200):
        third = balls([1.0])[0] / 3
        assert not third < Ball(1) / 3.0000001
        assert (3 * third - 1).value.contains(0)
