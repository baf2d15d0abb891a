"""Losses of a single logit against their definitions, and where the obvious forms lose digits."""

import numpy as np
import pytest

from chainrule import rules

LOGITS, Y = np.array([-2.0, 0.5, 3.0]), np.array([0.0, 1.0, 0.25])
P = 1 / (1 + np.exp(-LOGITS))


def test_the_losses_and_slopes_are_their_definitions():
    expected = -Y * np.log(P) - (1 - Y) * np.log(1 - P)
    np.testing.assert_allclose(rules.binary_cross_entropy(LOGITS, Y), expected, rtol=1e-14)
    np.testing.assert_allclose(rules.half_squared_error(LOGITS, Y), (P - Y) ** 2 / 2, rtol=1e-14)
    by_o, by_y = rules.binary_cross_entropy.vjp(LOGITS, Y, np.ones(3))
    np.testing.assert_allclose(by_o, P - Y, rtol=1e-14)
    np.testing.assert_allclose(by_y, -LOGITS)
    by_o, by_y = rules.half_squared_error.vjp(LOGITS, Y, np.ones(3))
    np.testing.assert_allclose(by_o, (P - Y) * P * (1 - P), rtol=1e-14)
    np.testing.assert_allclose(by_y, Y - P, rtol=1e-14)


def test_a_right_and_certain_prediction_keeps_its_digits():
    gradient, _ = rules.binary_cross_entropy.vjp(np.array([40.0]), np.array([1.0]), np.ones(1))
    assert gradient[0] == pytest.approx(-np.exp(-40.0), rel=1e-14, abs=0)


def test_a_target_that_does_not_change_does_not_count_even_at_an_infinite_logit():
    assert rules.binary_cross_entropy.jvp(np.array([np.inf]), np.array([1.0]), np.ones(1), None).tolist() == [0.0]


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("size", [800.0, 1e4, 1e30])
def test_losses_and_slopes_beyond_the_range_of_exp(size, dtype):
    """A certain prediction costs nothing where it is right, and its logit where it is wrong; nothing warns."""
    o = dtype(size) * np.array([-1, 1, -1, 1, -1, 1], dtype)
    y = np.array([0, 0, 1, 1, 0.25, 0.25], dtype)
    p = (o > 0).astype(dtype)
    one = np.ones(6, dtype)
    share = np.abs(p - y)
    assert rules.binary_cross_entropy(o, y).tolist() == (share * dtype(size)).tolist()
    by_o, by_y = rules.binary_cross_entropy.vjp(o, y, one)
    assert by_o.tolist() == (p - y).tolist()
    assert by_y.tolist() == (-o).tolist()
    assert rules.half_squared_error(o, y).tolist() == (share * share / 2).tolist()
    by_o, by_y = rules.half_squared_error.vjp(o, y, one)
    assert by_o.tolist() == [0] * 6
    assert by_y.tolist() == (y - p).tolist()
