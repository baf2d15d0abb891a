"""The log-sigmoid, the sigmoid with a slope far out, and values to sixteen digits."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from chainrule.arrays import random_stream
from chainrule.checking import assert_rule, balls, precision, ulp_errors
from chainrule.rules import get, log_sigmoid, scaled_sigmoid, selu, sigmoid, softplus, tanh

TAILS = np.array([[-700.25, -40.0, -1.0, 0.0], [1e-9, 3.0, 36.5, 700.25]])
MODERATE = st.floats(-700, 700)


def test_derivatives_of_the_log_sigmoid_are_right_out_to_its_tails():
    left = assert_rule(log_sigmoid, TAILS, within=log_sigmoid.error_bound).unchecked
    assert not left


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_the_log_sigmoid_runs_on_pytorch_and_through_autograd(dtype, same_on_torch, autograd_agrees, gradcheck):
    x = np.array([[-3.0, 0.25], [1.5, 20.0]], dtype)
    same_on_torch(log_sigmoid, x)
    autograd_agrees(log_sigmoid, x.astype(np.float64))
    gradcheck(log_sigmoid, x.astype(np.float64))


def test_the_log_sigmoid_is_finite_where_the_sigmoid_underflows():
    assert log_sigmoid(np.array([-800.0, -1e300])).tolist() == [-800.0, -1e300]
    assert log_sigmoid(np.array([40.0]))[0] == pytest.approx(-4.248354255291589e-18, rel=1e-15, abs=0)
    assert log_sigmoid.vjp(np.array([-800.0, 40.0]), np.ones(2)) == pytest.approx(
        [1.0, 4.248354255291589e-18], rel=1e-15, abs=0
    )


@given(MODERATE)
def test_the_log_sigmoid_is_minus_softplus_of_minus_x(x):
    assert log_sigmoid(np.array(x)) == -softplus(np.array(-x))
    # Each side adds two terms of one sign: within 2 units of the larger, and the difference is one of those.
    assert log_sigmoid(np.array(x)) - log_sigmoid(np.array(-x)) == pytest.approx(x, rel=1e-15, abs=5e-16)


def test_known_values_of_the_activations(shows, in_balls):
    shows(in_balls(softplus, [1.0, -1.0]), "1.313261687518223", "0.3132616875182228")
    shows(in_balls(log_sigmoid, [-1.0, 1.0]), "-1.313261687518223", "-0.3132616875182228")
    assert softplus(np.array(1.0)) - softplus(np.array(-1.0)) == pytest.approx(1, rel=1e-15, abs=0)
    shows(in_balls(sigmoid, [1.0]), "0.7310585786300049")
    shows(in_balls(sigmoid.vjp, [1.0], [1.0]), "0.1966119332414819")
    shows(in_balls(tanh, [1.0]), "0.7615941559557649")
    shows(in_balls(tanh.vjp, [1.0], [1.0]), "0.4199743416140261")
    shows(in_balls(selu, [1.0, -1.0]), "1.0507009873554805", "-1.1113307378125626")


@given(st.floats(-1e300, 1e300))
def test_the_sigmoid_with_any_slope_is_one_half_at_zero_and_has_slope_k_over_four(k):
    assert scaled_sigmoid(np.array([0.0]), np.array(k)).tolist() == [0.5]
    assert scaled_sigmoid.vjp(np.array([0.0]), np.array(k), np.ones(1))[0].tolist() == [k / 4]


@pytest.mark.parametrize(("dtype", "most"), [(np.float64, 700.0), (np.float32, 85.0)])
def test_the_sigmoid_with_a_slope_keeps_its_last_places_out_to_where_it_underflows(dtype, most):
    """Without the product's error the exponent -700 alone would cost 256 units."""
    stream = random_stream(31)
    slope = (3 * stream.standard_normal(400)).astype(dtype)
    x = (stream.uniform(-most, most, 400) / slope).astype(dtype)
    with precision(1200):
        value = scaled_sigmoid(balls(x), balls(slope))
        by_x, by_slope = scaled_sigmoid.vjp(balls(x), balls(slope), balls(np.ones(400)))
    got_by_x, got_by_slope = scaled_sigmoid.vjp(x, slope, np.ones(400, dtype))
    assert ulp_errors(scaled_sigmoid(x, slope), value).max() <= scaled_sigmoid.error_bound
    assert ulp_errors(got_by_x, by_x).max() <= scaled_sigmoid.error_bound
    assert ulp_errors(got_by_slope, by_slope).max() <= scaled_sigmoid.error_bound


@pytest.mark.parametrize(("x", "slope"), [(1e300, 1e-299), (1e-299, 1e300), (-3e-5, 2e5), (6.1e307, 1e-307)])
def test_factors_of_any_size_give_the_sigmoid_of_their_product(x, slope):
    with precision(1200):
        exact = scaled_sigmoid(balls([x]), balls(slope))
    assert ulp_errors(scaled_sigmoid(np.array([x]), np.array(slope)), exact)[0] <= scaled_sigmoid.error_bound


def test_a_product_that_overflows_is_a_step():
    x = np.array([1e308, -1e308, 0.0])
    assert scaled_sigmoid(x, 10.0).tolist() == [1.0, 0.0, 0.5]
    assert scaled_sigmoid(x, -10.0).tolist() == [0.0, 1.0, 0.5]
    assert not scaled_sigmoid.vjp(x, np.array(10.0), np.ones(3))[0][:2].any()


def test_the_sigmoid_with_a_slope_is_right_for_slopes_of_every_shape():
    x = np.array([[1.0, -2.0, 0.5], [0.25, 3.0, -1.5]])
    for slope in (np.array(-1.75), np.array([0.5, 2.0, -3.0]), np.array([[2.0], [-0.5]]), np.full((2, 3), 1.25)):
        assert not assert_rule(scaled_sigmoid, x, slope).unchecked


def test_the_sigmoid_with_a_slope_runs_through_autograd(autograd_agrees, gradcheck):
    x, slope = np.array([[1.0, -2.0], [0.25, 3.0]]), np.array([0.5, -1.5])
    autograd_agrees(scaled_sigmoid, x, slope)
    gradcheck(scaled_sigmoid, x, slope)


LIMITS = {
    "identity": ((-1, 1), (1, 1)),
    "sigmoid": ((0, 0), (1, 0)),
    "log_sigmoid": ((-1, 1), (0, 0)),
    "tanh": ((-1, 0), (1, 0)),
    "softplus": ((0, 0), (1, 1)),
    "relu": ((0, 0), (1, 1)),
    "mish": ((0, 0), (1, 1)),
}
"""Far to the left and far to the right: the value, or its ratio to |x| where the slope is 1; and the slope."""


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("name", LIMITS)
def test_values_and_slopes_reach_their_limits_beyond_the_range_of_exp(name, dtype):
    """Where e^|x| overflows and e^-|x| is 0; warnings are errors here."""
    rule, size = get(name), np.array([800.0, 1e4, 1e30, np.finfo(dtype).max], dtype)
    one = np.ones(len(size), dtype)
    for x, (value, slope) in zip((-size, size), LIMITS[name], strict=True):
        grows = slope == 1
        assert rule(x).tolist() == (value * size if grows else value * one).tolist()
        assert rule(x).dtype == dtype
        assert rule.vjp(x, one).tolist() == rule.jvp(x, one).tolist() == (slope * one).tolist()
        assert np.diag(rule.jacobian(x)).tolist() == (slope * one).tolist()


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_the_sigmoid_with_a_slope_reaches_its_limits_beyond_the_range_of_exp(dtype):
    x = np.array([-1e30, -800.0, 800.0, 1e30], dtype)
    for slope in (1.0, -2.0):
        expected = (np.sign(x * slope) + 1) / 2
        assert scaled_sigmoid(x, dtype(slope)).tolist() == expected.tolist()
        by_x, by_slope = scaled_sigmoid.vjp(x, dtype(slope), np.ones(4, dtype))
        assert (by_x == 0).all()
        assert by_slope == 0


def test_the_slope_of_selu_at_its_kink_is_the_left_one():
    slopes = selu.vjp(np.array([-5e-324, -0.0, 0.0, 5e-324, -1e300, 1e300]), np.ones(6))
    scale, left = 1.0507009873554805, 1.0507009873554805 * 1.6732632423543772
    assert slopes.tolist() == [left, left, left, scale, 0.0, scale]
    # Klambauer et al. (2017): with these constants, outputs for a standard normal x have mean 0 and variance 1.
    x, steps = np.linspace(-40, 40, 400_001, retstep=True)
    density = np.exp(-(x**2) / 2) / np.sqrt(2 * np.pi) * steps
    # The rule of midpoints is off by steps^2 / 12 times the jump of the slope, 1e-9.
    assert (selu(x) * density).sum() == pytest.approx(0, abs=1e-8)
    assert (selu(x) ** 2 * density).sum() == pytest.approx(1, abs=1e-8)


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_selu_runs_on_pytorch_and_is_torchs_own(dtype, same_on_torch, autograd_agrees):
    torch = pytest.importorskip("torch", reason="needs PyTorch: pip install -e '.[torch]'")
    x = np.array([[-3.0, 0.25], [1.5, -700.0]], dtype)
    same_on_torch(selu, x)
    autograd_agrees(selu, x.astype(np.float64))
    np.testing.assert_allclose(selu(x), torch.selu(torch.from_numpy(x)).numpy(), rtol=4 * np.finfo(dtype).eps)
