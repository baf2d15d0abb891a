"""Checks of kernels find kernels that are wrong in one respect."""

import numpy as np
import pytest

from chainrule import rules
from chainrule.checking import kernel_checks
from chainrule.checking.case import RuleCase
from chainrule.kernels import Kernel, register

X = np.array([[0.5, -1.25, 2.0], [3.0, 0.25, -0.75]])


def forward(x, *, out=None, work=None):
    return np.multiply(x, 2, out=out), ()


def pullback(residuals, cotangent, *, out, work=None):
    return np.multiply(cotangent, 2, out=out)


def rough(x, *, out=None, work=None):
    return np.multiply(x, 2 + 1e-9, out=out), ()


def elsewhere(x, *, out=None, work=None):
    return 2 * x, ()


def adding(residuals, cotangent, *, out, work=None):
    total = work("total", cotangent.shape, cotangent)
    total += 2 * cotangent
    out[...] = total
    return out


def findings(check, *kernel):
    rule = rules.Rule("doubled", lambda x: (2 * x, ()), lambda residuals, v: 2 * v)
    register(rule, Kernel(*kernel))
    return [f"{x.entry}: {x.got}" for x in check(RuleCase(rule, (X,), {}, 300), "check")]


def test_a_right_kernel_is_accepted():
    for check in (kernel_checks.agrees, kernel_checks.agrees_in_floats):
        assert findings(check, forward, pullback) == []


@pytest.mark.parametrize("check", [kernel_checks.agrees, kernel_checks.agrees_in_floats])
def test_a_wrong_digit_is_found(check):
    assert findings(check, rough, pullback)


def test_a_result_outside_the_buffer_and_a_used_buffer_are_found():
    assert "output: another array" in findings(kernel_checks.agrees_in_floats, elsewhere, pullback)
    assert findings(kernel_checks.agrees_in_floats, forward, adding)


def test_fused_forms_of_losses_are_for_rows_of_targets_that_sum_to_one():
    rows = np.array([[0.5, 0.25, 0.25], [0.0, 0.0, 1.0]])
    case = RuleCase(rules.softmax_cross_entropy, (X, rows), {}, 300)
    assert kernel_checks.has_fused(case)
    assert list(kernel_checks.fused_agrees(case, "check")) == []
    assert list(kernel_checks.fused_agrees_in_floats(case, "check")) == []
    others = RuleCase(rules.softmax_cross_entropy, (X, 2 * rows), {}, 300)
    assert not kernel_checks.has_fused(others)
    (unchecked,) = kernel_checks.fused_agrees(others, "check")
    assert unchecked.reason == "it is for rows of targets that sum to one"


def test_floats_may_be_off_by_some_units_of_the_largest_number():
    expected = np.array([1.0, 1e-20])
    near, far = np.array([1.0, 1e-16]), np.array([1.0, 1e-13])
    assert list(kernel_checks.close("rule", "check", "y", near, expected, 1.0)) == []
    (mismatch,) = kernel_checks.close("rule", "check", "y", far, expected, 1.0)
    assert (mismatch.entry, mismatch.got) == ("y[1]", "1e-13")


def test_a_result_of_another_shape_is_a_mismatch_of_shapes():
    (mismatch,) = kernel_checks.close("rule", "check", "y", np.ones((2, 2)), np.array([1.0, 2.0]), 1.0)
    assert (mismatch.entry, mismatch.got, mismatch.expected) == ("shape of y", "(2, 2)", "(2,)")
