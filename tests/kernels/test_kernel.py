"""Kernels by rule, and the adapter for rules without one."""

import numpy as np
import pytest

from chainrule import rules
from chainrule.kernels import Kernel, kernel_of, register, registered
from chainrule.workspace import Workspace


def square():
    return rules.Rule("square", lambda x: (x * x, (x,)), lambda residuals, v: 2 * residuals[0] * v)


def weighted():
    """y = a x, with a constant mask on top."""
    return rules.Rule(
        "weighted",
        lambda x, a, mask: (a * x * mask, (x, a, mask)),
        {"x": lambda kept, v: kept[1] * v * kept[2], "a": lambda kept, v: np.sum(kept[0] * v * kept[2])},
        inputs=("x", "a", "mask"),
    )


def test_a_rule_without_a_kernel_runs_through_the_adapter_which_fills_the_buffers():
    kernel, x, out = kernel_of(square()), np.array([1.0, 3.0]), np.empty(2)
    assert registered(square()) is None
    value, residuals = kernel.forward(x, out=out, work=Workspace())
    assert value is out
    assert out.tolist() == [1.0, 9.0]
    to_x = np.empty(2)
    assert kernel.pullback(residuals, np.array([1.0, 10.0]), out=to_x, work=Workspace()) is to_x
    assert to_x.tolist() == [2.0, 60.0]


def test_the_adapter_without_buffers_returns_what_the_rule_returns():
    value, residuals = kernel_of(square()).forward(np.array([3.0]))
    assert value.tolist() == [9.0]
    assert kernel_of(square()).pullback(residuals, np.array([2.0])).tolist() == [12.0]


def test_the_adapter_computes_only_the_cotangents_that_are_wanted():
    kernel = kernel_of(weighted())
    x, mask = np.array([1.0, 2.0]), np.array([1.0, 0.0])
    _, residuals = kernel.forward(x, np.array(3.0), mask, out=np.empty(2), work=Workspace())
    to_a = np.empty(())
    pulled = kernel.pullback(residuals, np.array([5.0, 7.0]), out=(None, to_a, None), work=Workspace())
    assert pulled == (None, to_a, None)
    assert to_a == 5.0


@pytest.mark.parametrize("needs", ["input", "output"])
def test_a_residual_that_is_the_output_is_the_copy_where_the_rule_says_that_it_needs_it(needs):
    rule = rules.Rule("doubled", lambda x: (y := 2 * x, y), lambda y, v: 2 * v + 0 * y, needs=needs)
    out = np.empty(2)
    _, residuals = kernel_of(rule).forward(np.ones(2), out=out, work=Workspace())
    assert (residuals is out) == (needs == "output")
    assert residuals.tolist() == [2, 2]


@pytest.mark.parametrize("per_entry", [False, True])
def test_the_adapter_takes_losses_and_logit_cotangents_in_one_call(per_entry):
    rule = rules.half_squared_error if per_entry else rules.softmax_cross_entropy
    page = rules.Rule("page", rule.forward, {"logits": rule.in_order[0]}, inputs=("logits", "targets"))
    logits, weights = np.array([[1.0, -2.0], [0.5, 3.0]]), np.array([[0.25], [2.0]])
    targets = np.array([[1.0, 0.0], [0.0, 1.0]])
    expected, slopes = np.empty((2, 1)), np.empty((2, 2))
    kernel_of(rule).value_and_pullback(logits, targets, weights, out=(expected, slopes), work=Workspace())
    losses, over = np.empty((2, 1)), logits.copy()
    kernel_of(page).value_and_pullback(over, targets, weights, out=(losses, over), work=Workspace())
    # The kernel's fused form and the page round otherwise; p - y cancels.
    np.testing.assert_allclose(losses, expected, rtol=1e-14)
    np.testing.assert_allclose(over, slopes, rtol=1e-13)


def test_a_kernel_that_is_registered_is_found():
    rule = square()
    kernel = register(rule, Kernel(lambda x, **_: (x, ()), lambda residuals, v, **_: v))
    assert kernel_of(rule) is kernel
    assert kernel_of(square()) is not kernel


@pytest.mark.parametrize(
    ("forward", "pull", "message"),
    [
        (lambda x: (x.sum(axis=0), x), lambda x, v: v, r"bent: the output: expected shape \(3, 2\), got \(2,\)"),
        (
            lambda x: (x, x),
            lambda x, v: v.sum(axis=0),
            r"bent: the cotangent of x: expected shape \(3, 2\), got \(2,\)",
        ),
    ],
)
def test_the_adapter_refuses_results_that_it_would_have_to_repeat(forward, pull, message):
    kernel, x = kernel_of(rules.Rule("bent", forward, pull)), np.arange(6.0).reshape(3, 2)
    with pytest.raises(ValueError, match=message):
        kernel.pullback(kernel.forward(x, out=np.empty((3, 2)))[1], x, out=np.empty((3, 2)))


def test_the_adapter_refuses_a_cotangent_of_a_parameter_in_another_shape():
    rule = rules.Rule("gain", lambda x, g: (x * g, x), {"g": lambda x, v: (v * x).sum(axis=(0, 1))}, inputs=("x", "g"))
    kernel, x = kernel_of(rule), np.ones((4, 3, 2))
    with pytest.raises(ValueError, match=r"gain: the cotangent of g: expected shape \(3, 2\), got \(2,\)"):
        kernel.pullback(kernel.forward(x, np.ones((3, 2)))[1], x, out=(None, np.empty((3, 2))))


def test_the_adapter_refuses_one_loss_for_all_rows():
    rule = rules.Rule("mean", lambda x, t: (np.mean(x - t), x), {"x": lambda x, v: x}, inputs=("x", "t"), kind="loss")
    with pytest.raises(ValueError, match=r"mean: one loss per row: expected shape \(3,\), got \(\)"):
        kernel_of(rule).value_and_pullback(
            np.ones((3, 2)),
            np.ones((3, 2)),
            np.ones((3, 1)),
            out=(np.empty((3, 1)), np.empty((3, 2))),
            work=Workspace(),
        )
