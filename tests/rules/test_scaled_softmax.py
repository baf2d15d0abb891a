"""Softmax with a scale of any sign, out to where the scaled logits overflow on their own."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from chainrule.arrays import random_stream
from chainrule.checking import assert_rule, balls, precision, ulp_errors
from chainrule.rules import log_softmax, scaled_softmax, softmax

ROWS = hnp.arrays(np.float64, st.integers(2, 6), elements=st.floats(-30, 30))
SCALES = st.floats(-8, 8)


@pytest.mark.parametrize("scale", [np.array(1.3), np.array(-1.75), np.array(0.0), np.array([0.4])])
@pytest.mark.parametrize("shape", [(4,), (3, 4), (2, 3, 4), (3, 1), (0, 4)])
def test_derivatives_are_right_for_one_scale(scale, shape):
    x = 3 * random_stream(41, *shape).standard_normal(shape)
    assert not assert_rule(scaled_softmax, x, scale).unchecked


def test_derivatives_are_right_for_a_scale_per_row():
    x = random_stream(42).standard_normal((2, 3, 4))
    scale = 2 * random_stream(43).standard_normal((2, 3, 1))
    assert not assert_rule(scaled_softmax, x, scale).unchecked


def test_the_cotangent_of_a_scale_that_rows_share_is_the_sum_over_those_rows():
    x, v = random_stream(42).standard_normal((2, 5, 3, 4))
    scale = np.array([[0.5], [-1.0], [2.0]])
    each = scaled_softmax.vjp(x, np.broadcast_to(scale, (5, 3, 1)), v)[1]
    assert scaled_softmax.vjp(x, scale, v)[1] == pytest.approx(each.sum(axis=0), rel=1e-14, abs=0)
    alone = scaled_softmax.vjp(x, np.full((5, 3, 1), 0.75), v)[1]
    assert scaled_softmax.vjp(x, np.array(0.75), v)[1] == pytest.approx(alone.sum(), rel=1e-13, abs=0)


def test_derivatives_are_right_for_logits_of_every_kind(logits):
    left = assert_rule(scaled_softmax, logits, np.array(0.75)).unchecked
    assert not [reason for reason in left if "largest float" not in str(reason)]


@pytest.mark.parametrize(("dtype", "most"), [(np.float64, 700.0), (np.float32, 85.0)])
@pytest.mark.parametrize("sign", [1, -1])
def test_probabilities_keep_their_last_places_out_to_where_they_underflow(dtype, most, sign):
    """Without the errors of the product and of the difference the exponent -700 would cost 256 units each."""
    stream = random_stream(44)
    scale = (sign * stream.uniform(0.2, 7, (60, 1))).astype(dtype)
    x = (stream.uniform(-most / 2, most / 2, (60, 5)) / scale).astype(dtype)
    with precision(1200):
        exact = scaled_softmax(balls(x), balls(scale))
    errors = ulp_errors(scaled_softmax(x, scale), exact)
    assert errors.max() <= scaled_softmax.error_bound
    unrepaired = ulp_errors(softmax(scale * x), exact)
    assert unrepaired.max() > 4 * scaled_softmax.error_bound  # 53 at 85, 256 and more at 700


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_tails_of_the_derivatives_are_within_the_claimed_bound(dtype):
    """One class holds nearly everything, and the cotangent is of one sign from there: no terms cancel."""
    x = np.array([[40.0, 0.0, -3.0, 12.0], [-7.0, 30.0, 1.0, 2.0]], dtype)
    scale, v = np.array([[0.7], [1.1]], dtype), np.array([[0.0, 1.0, 2.0, 0.5], [3.0, 0.0, 1.0, 2.0]], dtype)
    with precision(1200):
        exact = scaled_softmax.vjp(balls(x), balls(scale), balls(v))
    for got, expected in zip(scaled_softmax.vjp(x, scale, v), exact, strict=True):
        assert ulp_errors(got, expected).max() <= scaled_softmax.error_bound


def test_known_values(shows, in_balls):
    x = [1.0, 2.0, 3.0]
    shows(in_balls(scaled_softmax, x, 2.0), "0.01587623997646677", "0.1173104278261984", "0.8668133321973349")
    shows(in_balls(scaled_softmax, x, 0.5), "0.1863237232258476", "0.3071958857184984", "0.506480391055654")


@pytest.mark.parametrize(
    ("ratios", "at_one", "at_two"), [((0.5, 1.25), 1 / 2.75, 1 / 2.8125), ((0.5, 1.1), 1 / 2.6, 1 / 2.46)]
)
def test_an_interior_entry_falls_or_rises_with_the_scale(ratios, at_one, at_two):
    """S_i(c) = 1 / sum_j r_j^c: from c = 1 to 2 it falls for ratios 1/2 and 1.25, and rises for 1/2 and 1.1."""
    x = np.log([1.0, *ratios])
    assert scaled_softmax(x, 1.0)[0] == pytest.approx(at_one, rel=1e-15, abs=0)
    assert scaled_softmax(x, 2.0)[0] == pytest.approx(at_two, rel=1e-15, abs=0)
    # dS_i / dc = -S_i^2 sum_j r_j^c log r_j
    slope = -(at_two**2) * sum(r**2 * np.log(r) for r in ratios)
    assert scaled_softmax.jvp(x, 2.0, None, 1.0)[0] == pytest.approx(slope, rel=1e-13, abs=0)


def test_scale_zero_is_uniform_and_a_negative_one_turns_the_ranking_around():
    x = np.array([3.0, -1.0, 0.5])
    assert scaled_softmax(x, 0.0).tolist() == [1 / 3] * 3
    assert np.argsort(scaled_softmax(x, -2.0)).tolist() == np.argsort(-x).tolist()
    assert scaled_softmax(x, -2.0).tolist() == scaled_softmax(-x, 2.0).tolist()


@given(ROWS, st.sampled_from([0.25, 0.5, 1.0, 2.0, 4.0, -1.0, -0.5]))
def test_a_scale_that_multiplies_exactly_gives_softmax(x, c):
    scaled = scaled_softmax(x, c)
    # Both are within their bounds of 8 and 16 units.
    assert scaled == pytest.approx(softmax(c * x), rel=24 * 2**-52, abs=0)


@given(ROWS, SCALES, st.integers(-(2**20), 2**20))
def test_adding_a_constant_changes_nothing(x, c, shift):
    on_a_grid = np.round(x * 2**20) / 2**20  # so that adding the integer is exact
    # Each of the two is so many units from the same numbers.
    bound = 2 * scaled_softmax.error_bound * np.finfo(float).eps
    np.testing.assert_allclose(scaled_softmax(on_a_grid + shift, c), scaled_softmax(on_a_grid, c), rtol=bound, atol=0)


@given(hnp.arrays(np.float64, 4, elements=st.floats(-3, 3)), st.floats(-3, 3))
def test_the_derivative_by_the_scale_is_softmax_along_the_logits(x, c):
    assert scaled_softmax.jvp(x, c, None, 1.0) == pytest.approx(softmax.jvp(c * x, x), rel=1e-9, abs=1e-14)


@given(hnp.arrays(np.float64, 4, elements=st.floats(-3, 3)), st.floats(0.1, 3))
def test_entropy_falls_with_the_scale_by_the_scale_times_the_variance(x, c):
    probs = scaled_softmax(x, c)
    slope = scaled_softmax.jvp(x, c, None, 1.0) @ (-log_softmax(c * x) - 1)
    assert slope == pytest.approx(-c * (probs @ (x - probs @ x) ** 2), rel=1e-9, abs=1e-13)


@pytest.mark.parametrize("scale", [10.0, -10.0, 1e308])
def test_scaled_logits_beyond_the_largest_float_do_not_overflow(scale):
    x = np.array([1e308, -1e308, 0.0])
    expected = [1.0, 0.0, 0.0] if scale > 0 else [0.0, 1.0, 0.0]
    assert scaled_softmax(x, scale).tolist() == expected
    by_logits, by_scale = scaled_softmax.vjp(x, np.array(scale), np.array([1.0, 2.0, -1.0]))
    assert not by_logits.any()
    assert by_scale == 0


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_the_pushforward_of_logits_further_apart_than_the_largest_float_is_finite(dtype):
    largest = np.finfo(dtype).max
    units = np.array([1.0, -1.0, 0.5], dtype)
    tangent = np.array([1.0, 2.0, -3.0], dtype)
    assert (scaled_softmax.jvp(largest * units, dtype(1.0), tangent, dtype(1.0)) == 0).all()
    small = dtype(1.0) / largest
    got = scaled_softmax.jvp(largest * units, small, tangent, small)
    # The tangent of the logits is below half an ulp here: what is left is the derivative of softmax along them.
    np.testing.assert_allclose(got, softmax.jvp(units, units), rtol=16 * np.finfo(dtype).eps)


def test_logits_further_apart_than_the_largest_float_may_still_have_moderate_products():
    x, scale = np.array([1e308, -1e308, 9.9e307]), np.array(1e-307)
    with precision(4000):
        exact = scaled_softmax(balls(x), balls(scale))
    assert ulp_errors(scaled_softmax(x, scale), exact).max() <= scaled_softmax.error_bound


def test_it_runs_on_pytorch_and_through_autograd(same_on_torch, autograd_agrees, gradcheck):
    x, scale = np.array([[1.0, 2.0, 3.0], [0.3, -0.2, 0.9]]), np.array([[1.5], [-0.75]])
    same_on_torch(scaled_softmax, x, scale)
    same_on_torch(scaled_softmax, x.astype(np.float32), scale.astype(np.float32))
    autograd_agrees(scaled_softmax, x, scale)
    gradcheck(scaled_softmax, x, scale)


@pytest.mark.parametrize(
    ("x", "scale", "message"),
    [
        (np.ones((2, 3)), np.ones(3), r"one number, or one per row in shape \(2, 1\), got shape \(3,\)"),
        (np.ones((2, 3)), np.ones((3, 1)), r"got shape \(3, 1\)"),
        (np.ones(3), np.ones((2, 1)), r"one per row in shape \(1,\), got shape \(2, 1\)"),
        (np.array([1.0, -np.inf]), 1.0, r"expected finite numbers"),
        (np.array([1.0, np.nan]), 1.0, r"expected finite numbers"),
        (np.ones((2, 0)), 1.0, r"at least one class"),
    ],
)
def test_wrong_input_is_named(x, scale, message):
    with pytest.raises(ValueError, match=message):
        scaled_softmax(x, scale)
