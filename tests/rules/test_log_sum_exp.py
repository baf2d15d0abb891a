"""Log-sum-exp: one number per row, without overflow."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from chainrule.checking import assert_rule
from chainrule.rules import log_sum_exp, softmax, softplus

ROWS = hnp.arrays(np.float64, st.integers(1, 6), elements=st.floats(-30, 30))


def test_derivatives_are_right(logits):
    assert not [left for left in assert_rule(log_sum_exp, logits).unchecked if "largest float" not in str(left)]


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_the_same_source_runs_on_pytorch(logits, dtype, same_on_torch):
    if np.abs(logits).max(initial=0) < np.finfo(dtype).max:
        same_on_torch(log_sum_exp, logits.astype(dtype))


def test_autograd_through_the_pure_forward_agrees(autograd_agrees, gradcheck):
    x = np.array([[1.0, 2.0, 3.0], [0.3, -0.2, 0.9]])
    autograd_agrees(log_sum_exp, x)
    gradcheck(log_sum_exp, x)


@pytest.mark.parametrize("form", ["value float64", "vjp float64", "value float32", "vjp float32"])
def test_tails_are_within_the_claimed_error(tail_logits, form):
    """The pushforward is a sum of terms of both signs, and has no such bound."""
    assert assert_rule(log_sum_exp, tail_logits).worst_ulp[form] <= log_sum_exp.error_bound


def test_large_logits_do_not_overflow():
    assert log_sum_exp(np.array([1000.0, 1000.0])) == pytest.approx(1000 + np.log(2), rel=1e-15, abs=0)
    assert log_sum_exp(np.array([-1000.0, -1000.0])) == pytest.approx(-1000 + np.log(2), rel=1e-15, abs=0)
    assert log_sum_exp(np.array([0.0, -40.0])) == pytest.approx(4.248354255291589e-18, rel=1e-15, abs=0)


@given(ROWS)
def test_it_lies_above_the_largest_by_at_most_the_log_of_the_classes(x):
    above = log_sum_exp(x) - x.max()
    assert -1e-14 <= above <= np.log(len(x)) + 1e-14


@given(ROWS)
def test_its_gradient_is_softmax(x):
    assert log_sum_exp.vjp(x, 1.0) == pytest.approx(softmax(x), rel=1e-14, abs=0)
    assert log_sum_exp.jacobian(x) == pytest.approx(softmax(x), rel=1e-14, abs=0)


@given(st.floats(-700, 700))
def test_of_a_number_and_zero_it_is_softplus(x):
    assert log_sum_exp(np.array([x, 0.0])) == pytest.approx(softplus(np.array(x)), rel=1e-14, abs=0)


def test_minus_infinity_masks_a_class():
    x = np.array([[1.0, -np.inf, 2.0]])
    assert log_sum_exp(x).tolist() == log_sum_exp(x[:, [0, 2]]).tolist()
    assert log_sum_exp.vjp(x, [1.0])[0, 1] == 0
    assert not assert_rule(log_sum_exp, x).unchecked


def test_the_last_axis_goes_away():
    assert log_sum_exp(np.zeros((2, 5, 3))).shape == (2, 5)
