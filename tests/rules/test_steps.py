"""Heaviside's step and the sign: values at the jump, no slope, and no answer where a ball straddles the jump."""

import numpy as np
import pytest

from chainrule import rules
from chainrule.algebra.balls import Ball, Undecided
from chainrule.checking import assert_rule, balls
from chainrule.rules import heaviside, relu, scaled_sigmoid, sign

POINTS = np.array([-np.inf, -2.5, -5e-324, -0.0, 0.0, 5e-324, 1e300, np.inf])


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_values_below_at_and_above_zero(dtype):
    x = np.array([-3.0, -0.0, 0.0, 2.0], dtype)
    assert heaviside(x).tolist() == [0.0, 0.5, 0.5, 1.0]
    assert sign(x).tolist() == [-1.0, 0.0, 0.0, 1.0]
    assert heaviside(x).dtype == sign(x).dtype == dtype


@pytest.mark.parametrize("rule", [heaviside, sign])
def test_the_slope_is_zero_everywhere_infinities_and_the_jump_included(rule):
    assert rule.vjp(POINTS, np.full(8, 3.0)).tolist() == [0.0] * 8
    assert rule.jvp(POINTS, np.full(8, 3.0)).tolist() == [0.0] * 8
    assert not rule.jacobian(np.array([-1.0, 0.0, 1.0])).any()


@pytest.mark.parametrize("rule", [heaviside, sign])
def test_derivatives_are_right_away_from_the_jump(rule):
    x = np.array([[-2.0, 1e-300, 40.0], [5.0, -1e-300, 0.25]])
    assert not assert_rule(rule, x, within=rule.error_bound).unchecked


@pytest.mark.parametrize("rule", [heaviside, sign])
def test_a_ball_that_straddles_the_jump_is_undecided(rule):
    third = Ball(1) / 3
    straddling = balls([third * 3 - 1])
    with pytest.raises(Undecided, match="cannot be decided"):
        rule(straddling)
    assert rule(balls([third - 1])) == (-1 if rule is sign else 0)


def test_nan_stays_nan():
    assert np.isnan(heaviside(np.array([np.nan]))).all()
    assert np.isnan(sign(np.array([np.nan]))).all()


def test_the_sign_is_two_steps():
    finite = POINTS[1:-1]
    assert sign(finite).tolist() == (2 * heaviside(finite) - 1).tolist()
    assert sign(finite).tolist() == (heaviside(finite) - heaviside(-finite)).tolist()
    size = np.abs(finite)
    assert (heaviside(size) - heaviside(-size)).tolist() == (sign(finite) ** 2).tolist()


def test_the_relu_is_the_step_times_x():
    finite = POINTS[1:-1]
    assert relu(finite).tolist() == (finite * heaviside(finite)).tolist()
    away = finite[finite != 0]
    assert relu.vjp(away, np.ones_like(away)).tolist() == heaviside(away).tolist()


@pytest.mark.parametrize("slope", [1.0, 8.0, 200.0])
def test_the_sigmoid_with_a_slope_nears_the_step_exponentially_but_for_the_jump(slope):
    x = np.array([-1.5, -0.25, 0.125, 2.0])
    # Both sides round: by two units in the last place each, or 2^-51 together; below that, 1 - sigmoid is not seen.
    bound = np.exp(-slope * np.abs(x)) * (1 + 2**-50) + 2**-53
    assert (np.abs(scaled_sigmoid(x, slope) - heaviside(x)) <= bound).all()
    assert (scaled_sigmoid(x, slope)[:2] <= (np.exp(-slope * np.abs(x)) * (1 + 2**-50))[:2]).all()
    assert scaled_sigmoid(np.array(0.0), slope) == heaviside(np.array(0.0)) == 0.5


def test_neither_is_an_activation_of_a_hidden_layer():
    assert {"heaviside", "sign"} <= set(rules.names())
    assert not {"heaviside", "sign", "logarithm", "log_sum_exp"} & set(rules.activation_names())
    assert "log_sigmoid" in rules.activation_names()


def test_the_jump_is_documented():
    for rule in (heaviside, sign):
        assert "x = 0" in rule.kinks
