"""The mean of values under a softmax, and its gradients where one class holds nearly everything."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from chainrule.arrays import random_stream
from chainrule.checking import assert_rule, balls, precision, ulp_errors
from chainrule.rules import log_sum_exp, softmax, softmax_expectation

ROWS = hnp.arrays(np.float64, st.integers(2, 6), elements=st.floats(-30, 30))


def values_for(x):
    return random_stream(51, *x.shape).uniform(0.5, 2.0, x.shape).astype(x.dtype)


def test_derivatives_are_right(logits):
    left = assert_rule(softmax_expectation, logits, values_for(logits)).unchecked
    assert not [reason for reason in left if "largest float" not in str(reason)]


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_tails_are_within_the_claimed_bound(tail_logits, dtype):
    x, f = tail_logits.astype(dtype), values_for(tail_logits).astype(dtype)
    ones = np.ones(len(x), dtype)
    with precision(1200):
        value = softmax_expectation(balls(x), balls(f))
        by_logits, by_values = softmax_expectation.vjp(balls(x), balls(f), balls(ones))
    got_by_logits, got_by_values = softmax_expectation.vjp(x, f, ones)
    assert ulp_errors(softmax_expectation(x, f), value).max() <= softmax_expectation.error_bound
    assert ulp_errors(got_by_values, by_values).max() <= softmax_expectation.error_bound
    assert ulp_errors(got_by_logits, by_logits).max() <= softmax_expectation.error_bound


def test_the_usual_form_loses_what_this_one_keeps():
    x, f = np.array([40.0, 0.0, -3.0]), np.array([1.0, 2.0, 4.0])
    probs = softmax(x)
    assert (probs * (f - probs @ f))[0] == 0
    expected = -(np.exp(-40.0) * 1 + np.exp(-43.0) * 3)
    assert softmax_expectation.vjp(x, f, 1.0)[0][0] == pytest.approx(expected, rel=1e-14, abs=0)


@given(ROWS)
def test_it_is_the_derivative_of_log_sum_exp_along_the_values(x):
    f = np.cos(np.arange(len(x)))
    assert softmax_expectation(x, f) == pytest.approx(log_sum_exp.jvp(x, f), rel=1e-13, abs=1e-15)


@given(ROWS, st.floats(-5, 5))
def test_a_constant_has_itself_as_mean_and_no_gradient_by_the_logits(x, constant):
    f = np.full_like(x, constant)
    assert softmax_expectation(x, f) == pytest.approx(constant, rel=1e-14, abs=0)
    assert not softmax_expectation.vjp(x, f, 1.0)[0].any()


@given(ROWS)
def test_its_gradients_are_softmax_applied_to_the_values_and_softmax(x):
    f = np.sin(1 + np.arange(len(x)))
    by_logits, by_values = softmax_expectation.vjp(x, f, 1.0)
    assert by_logits.tolist() == softmax.vjp(x, f).tolist()
    assert by_values.tolist() == softmax(x).tolist()


def test_it_runs_on_pytorch_and_through_autograd(same_on_torch, autograd_agrees, gradcheck):
    x, f = np.array([[1.0, 2.0, 3.0], [0.3, -0.2, 0.9]]), np.array([[2.0, 1.0, 0.5], [1.0, 3.0, 0.25]])
    same_on_torch(softmax_expectation, x, f)
    autograd_agrees(softmax_expectation, x, f)
    gradcheck(softmax_expectation, x, f)


def test_minus_infinity_masks_a_value():
    x, f = np.array([0.0, -np.inf, 0.0]), np.array([1.0, 100.0, 3.0])
    assert softmax_expectation(x, f) == 2.0
    assert softmax_expectation.vjp(x, f, 1.0)[0].tolist() == [-0.5, 0.0, 0.5]


def test_values_of_another_shape_are_refused():
    with pytest.raises(ValueError, match=r"values: expected shape \(2, 3\), got \(3,\)"):
        softmax_expectation(np.ones((2, 3)), np.ones(3))
    with pytest.raises(ValueError, match="at least one class"):
        softmax_expectation(np.ones((2, 0)), np.ones((2, 0)))
