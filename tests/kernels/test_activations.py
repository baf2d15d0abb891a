"""Activations in place against their rules: on floats, on balls, over their own input, and in the tails."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from chainrule import rules
from chainrule.arrays import random_stream
from chainrule.checking import balls, midpoints, precision, ulp_errors
from chainrule.kernels import kernel_of
from chainrule.kernels.activations import sigmoid_and_softplus, sigmoid_value, softplus_value
from chainrule.workspace import Workspace

IN_PLACE = ["identity", "log_sigmoid", "relu", "sigmoid", "softplus", "tanh"]


def normal(*shape):
    return 3 * random_stream(91, *shape).standard_normal(shape)


@pytest.mark.parametrize("name", [name for name in rules.names() if rules.get(name).needs == "output"])
def test_a_rule_that_needs_its_output_alone_can_be_differentiated_after_its_input_is_overwritten(name):
    kernel, work, x, v = kernel_of(rules.get(name)), Workspace(), normal(5, 4), normal(4, 5).T
    over, beside = x.copy(), v.copy()
    _, residuals = kernel.forward(over, out=over, work=work)
    kernel.pullback(residuals, beside, out=beside, work=work)
    # Slopes from the output cancel in the tails, so that only their absolute error is small.
    np.testing.assert_allclose(over, rules.get(name)(x), rtol=1e-13, atol=0)
    np.testing.assert_allclose(beside, rules.get(name).vjp(x, v), rtol=0, atol=1e-13)


@pytest.mark.parametrize("kind", ["NumPy", "PyTorch"])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("name", IN_PLACE)
def test_over_its_own_input_and_cotangent_a_kernel_gives_what_its_rule_gives(name, dtype, kind):
    rule, kernel, work = rules.get(name), kernel_of(rules.get(name)), Workspace()
    x, v = normal(40, 3).astype(dtype), normal(3, 40).T.astype(dtype)
    x[0] = 0
    value, pulled = rule(x), rule.vjp(x, v)
    if kind == "PyTorch":
        torch = pytest.importorskip("torch", reason="needs PyTorch: pip install -e '.[torch]'")
        x, v = torch.tensor(x), torch.tensor(v.copy())
        value, pulled = rule(x), rule.vjp(x, v)
    for _ in range(2):  # the second time over used buffers
        images, cotangent = x + 0, v + 0
        output, residuals = kernel.forward(images, out=images, work=work)
        assert output is images
        assert (output == value).all()
        got = kernel.pullback(residuals, cotangent, out=cotangent, work=work)
        assert got is cotangent
        # Slopes from the output lose digits in the tails: an eps for 1 - y^2 and y - y^2, at |v| below 12.
        eps = np.finfo(dtype).eps
        np.testing.assert_allclose(np.asarray(got), np.asarray(pulled), rtol=8 * eps, atol=24 * eps)


@pytest.mark.parametrize("name", IN_PLACE[1:])
def test_without_buffers_a_kernel_allocates_what_it_returns(name):
    x, v = normal(2, 3), normal(3, 2).T
    output, residuals = kernel_of(rules.get(name)).forward(x)
    assert np.array_equal(x, normal(2, 3))
    assert np.array_equal(output, rules.get(name)(x))
    pulled = kernel_of(rules.get(name)).pullback(residuals, v)
    # Slopes from the output cancel in the tails; 24 roundings of numbers up to 1.
    np.testing.assert_allclose(pulled, rules.get(name).vjp(x, v), rtol=0, atol=24 * 2**-52)


@pytest.mark.parametrize("name", IN_PLACE)
def test_on_balls_a_kernel_is_its_rule_to_sixty_digits(name):
    rule, kernel = rules.get(name), kernel_of(rules.get(name))
    with precision(300):
        x, v = balls(normal(5, 2)), balls(normal(2, 5).T)
        output, residuals = kernel.forward(x, out=balls(np.zeros((5, 2))), work=Workspace())
        pulled = kernel.pullback(residuals, v, out=balls(np.zeros((5, 2))), work=Workspace())
        apart = np.concatenate([output - rule(x), pulled - rule.vjp(x, v)])
        assert (midpoints(abs(apart)) < 1e-60).all()


@given(st.floats(-700, 700))
def test_the_slope_of_the_log_sigmoid_from_its_output_keeps_its_digits(x):
    """1 - e^y = -expm1(y): y is accurate, and expm1 has condition y e^y / (e^y - 1) <= 1 for y <= 0."""
    point, kernel = np.array([x]), kernel_of(rules.log_sigmoid)
    _, residuals = kernel.forward(point)
    with precision(1200):
        exact = rules.log_sigmoid.vjp(balls(point), balls(np.ones(1)))
    assert ulp_errors(kernel.pullback(residuals, np.ones(1)), exact)[0] <= rules.log_sigmoid.error_bound


def test_slopes_from_the_output_vanish_where_those_of_the_rules_do_not():
    for rule, x in ((rules.tanh, 20.0), (rules.sigmoid, 40.0)):
        _, residuals = kernel_of(rule).forward(np.array([x]))
        assert kernel_of(rule).pullback(residuals, np.ones(1))[0] == 0
        assert rule.vjp(np.array([x]), np.ones(1))[0] > 0


def test_the_relu_is_shut_at_zero():
    x = np.array([-1.0, -0.0, 0.0, 5e-324])
    _, residuals = kernel_of(rules.relu).forward(x)
    assert kernel_of(rules.relu).pullback(residuals, np.full(4, 3.0)).tolist() == [0, 0, 0, 3]


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("name", ["sigmoid", "log_sigmoid", "tanh", "softplus", "relu"])
def test_far_out_values_and_slopes_are_those_of_the_rule(name, dtype):
    rule, kernel = rules.get(name), kernel_of(rules.get(name))
    x = np.array([-np.finfo(dtype).max, -1e30, -1e4, -800.0, 800.0, 1e4, 1e30, np.finfo(dtype).max], dtype)
    value, residuals = kernel.forward(x.copy(), out=np.empty_like(x), work=Workspace())
    assert value.tolist() == rule(x).tolist()
    pulled = kernel.pullback(residuals, np.ones_like(x), out=np.empty_like(x), work=Workspace())
    assert pulled.tolist() == rule.vjp(x, np.ones_like(x)).tolist()


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_sigmoid_and_softplus_from_one_exponential_have_the_bits_of_each(dtype):
    x = np.concatenate(
        [normal(500).ravel(), [0.0, -0.0, 1e-30, -1e-30, 88.9, -88.9, 104, -104, 745.2, -745.2, 1e30, -1e30]]
    )
    x = x.astype(dtype)
    found = sigmoid_and_softplus(x, out=(np.empty_like(x), np.empty_like(x)), work=Workspace())
    assert found[0].tobytes() == sigmoid_value(x).tobytes()
    assert found[1].tobytes() == softplus_value(x).tobytes()
