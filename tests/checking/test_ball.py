"""One ball: conversion, precision, enclosure."""

import numpy as np
import pytest
from flint import arb

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
