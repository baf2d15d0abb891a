"""Mish: digits in both tails, beside the zero of its slope, and down to the smallest floats."""

import numpy as np
import pytest

from chainrule.arrays import random_stream
from chainrule.checking import assert_rule, balls, midpoints, precision, ulp_errors
from chainrule.rules import mish
from chainrule.rules.mish import AT_ZERO, RISE, ZERO

HALF = random_stream(9).uniform(0, 1, 200)


def textbook(x):
    """Value and slope by their definitions, at enough bits for e^-1500 beside 1."""
    x = balls(x)
    risen = np.tanh(np.log(1 + np.exp(x)))
    return x * risen, risen + x * (1 - risen * risen) / (1 + np.exp(-x))


def test_known_values(shows, in_balls):
    shows(in_balls(mish, [1.0, -1.0]), "0.8650983882673103", "-0.30340146137410892")
    assert mish(np.array([0.0])).tolist() == [0.0]
    assert mish.vjp(np.zeros(1), np.ones(1))[0] == pytest.approx(0.6, rel=1e-15, abs=0)


def beside_the_zero(dtype):
    """The 20 floats on each side of the zero of the slope, and points that approach it."""
    below = above = dtype(-1.1924312145154952)
    found = [below]
    for _ in range(20):
        below, above = np.nextafter(below, dtype(-2)), np.nextafter(above, dtype(0))
        found += [below, above]
    return np.array([*found, *(-1.1924312145154952 + (HALF - 0.5) * 10.0 ** (-16 * HALF[::-1]))], dtype)


@pytest.mark.parametrize("library", ["numpy", "torch"])
@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_the_slope_keeps_its_digits_beside_its_zero(dtype, library):
    x = beside_the_zero(dtype)
    # The terms of w cancel to 2^-53 of their size: its usual form is off by 2^53 units.
    assert_within_bound(x, library)


@pytest.mark.parametrize("library", ["numpy", "torch"])
@pytest.mark.parametrize(("dtype", "tail", "end"), [(np.float64, 700, 752), (np.float32, 86, 107)])
def test_tails_keep_their_digits(dtype, tail, end, library):
    for x in (tail * (2 * HALF - 1), -tail - (end - tail) * HALF, tail * HALF * 1e-30, np.array([-700.0, 700.0])):
        assert_within_bound(x.astype(dtype), library)


def assert_within_bound(x, library):
    array = np.asarray
    if library == "torch":
        array = pytest.importorskip("torch", reason="needs PyTorch: pip install -e '.[torch]'").from_numpy
    with precision(4000):
        value, slope = textbook(x)
    ones = np.ones_like(x)
    assert ulp_errors(np.asarray(mish(array(x))), value).max() <= mish.error_bound
    assert ulp_errors(np.asarray(mish.vjp(array(x), array(ones))), slope).max() <= mish.error_bound
    assert ulp_errors(np.asarray(mish.jvp(array(x), array(ones))), slope).max() <= mish.error_bound


def test_the_constants_are_those_of_the_zero():
    with precision(300):
        zero = sum(balls(ZERO))
        [_, slope] = textbook(np.array(zero))
        assert abs(slope).item() < 2.0**-105
        assert midpoints(np.exp(zero)) == AT_ZERO
        assert midpoints(4 * zero + 6) == RISE
    assert ZERO[0] == np.float32(ZERO[0])
    assert ZERO[0] + ZERO[1] == -1.1924312145154952


def test_derivatives_are_right_and_it_runs_on_pytorch(same_on_torch, autograd_agrees, gradcheck):
    x = np.array([[-40.0, -1.19, 0.0], [0.75, 4.0, 60.0]])
    assert not assert_rule(mish, x, within=mish.error_bound).unchecked
    same_on_torch(mish, x)
    autograd_agrees(mish, x)
    gradcheck(mish, x)
