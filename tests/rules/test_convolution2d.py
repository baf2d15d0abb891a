"""Convolutions of images: the sum written out, SciPy, PyTorch, and every option's derivatives."""

import numpy as np
import pytest
from scipy import signal

from chainrule.arrays import random_stream
from chainrule.checking import assert_rule
from chainrule.rules import conv2d, convolve1d, convolve2d, correlate2d

OPTIONS = {
    "as it is": {},
    "stride": {"stride": 2},
    "uneven stride": {"stride": (1, 3), "padding": 1},
    "padding": {"padding": (2, 1)},
    "uneven padding": {"padding": ((0, 1), (2, 0))},
    "same": {"padding": "same"},
    "full": {"padding": "full"},
    "dilation": {"dilation": (1, 2)},
    "groups": {"groups": 2},
    "all of it": {"stride": 2, "padding": ((1, 0), (1, 2)), "dilation": (2, 1), "groups": 2},
}


def normal(*shape, seed=71):
    return random_stream(seed, *shape[:4]).standard_normal(shape)


def written_out(x, weight, bias, *, stride=1, padding=0, dilation=1, groups=1):
    """The definition, entry by entry, for one number of every option."""
    n, _, height, width = x.shape
    filters, channels, k_h, k_w = weight.shape
    around = np.pad(x, ((0, 0), (0, 0), (padding, padding), (padding, padding)))
    rows = (height + 2 * padding - dilation * (k_h - 1) - 1) // stride + 1
    columns = (width + 2 * padding - dilation * (k_w - 1) - 1) // stride + 1
    y = np.zeros((n, filters, rows, columns))
    for m, o, i, j in np.ndindex(y.shape):
        first = o // (filters // groups) * channels
        y[m, o, i, j] = bias[o] + sum(
            weight[o, c, a, b] * around[m, first + c, i * stride + a * dilation, j * stride + b * dilation]
            for c, a, b in np.ndindex(channels, k_h, k_w)
        )
    return y


@pytest.mark.parametrize("options", [{}, {"stride": 2, "padding": 1}, {"dilation": 2, "padding": 2}, {"groups": 3}])
def test_it_is_the_sum_over_windows_written_out(options):
    x, weight = normal(2, 6, 5, 7), normal(3, 6 // options.get("groups", 1), 2, 3)
    expected = written_out(x, weight, np.array([0.5, -1.0, 2.0]), **options)
    got = conv2d(x, weight, np.array([0.5, -1.0, 2.0]), **options)
    # Sums of 36 products of numbers below 4: 36 roundings of 2^-53 each, of partial sums below 36 * 16.
    np.testing.assert_allclose(got, expected, rtol=0, atol=36 * 36 * 16 * 2**-53)


@pytest.mark.parametrize("options", OPTIONS.values(), ids=OPTIONS.keys())
@pytest.mark.parametrize("rule", [correlate2d, convolve2d, conv2d], ids=lambda rule: rule.name)
def test_derivatives_are_right_for_every_option(rule, options):
    x, weight = normal(1, 2, 4, 3), normal(2, 2 // options.get("groups", 1), 2, 2)
    inputs = (x[0] if options else np.concatenate([x, x[..., ::-1]]), weight, np.array([0.5, -1.0]))[: len(rule.inputs)]
    assert not assert_rule(rule, *inputs, options=options).unchecked


@pytest.mark.parametrize("shape", [(2, 4, 3), (3, 2, 4, 3), (2, 3, 2, 4, 3), (0, 2, 4, 3), (1, 1, 1)])
def test_leading_axes_are_samples_and_may_be_none(shape):
    weight = normal(3, shape[-3], min(2, shape[-2]), 1)
    got = conv2d(normal(*shape), weight, np.zeros(3))
    assert got.shape == (*shape[:-3], 3, shape[-2] - weight.shape[2] + 1, shape[-1])
    images = normal(*shape).reshape(-1, *shape[-3:])
    assert np.array_equal(got.reshape(-1, *got.shape[-3:]), conv2d(images, weight, np.zeros(3)))


@pytest.mark.parametrize("mode", ["full", "same", "valid"])
def test_a_true_convolution_is_scipys_and_a_correlation_too(mode):
    x, kernel = normal(6, 7), normal(3, 3)
    for rule, theirs in ((convolve2d, signal.convolve2d), (correlate2d, signal.correlate2d)):
        got = rule(x[None], kernel[None, None], padding=mode)[0]
        # Nine products of numbers below 4, added in another order.
        np.testing.assert_allclose(got, theirs(x, kernel, mode), rtol=0, atol=9 * 9 * 16 * 2**-53)


@pytest.mark.parametrize("mode", ["full", "same", "valid"])
def test_images_of_one_row_are_signals(mode):
    x, kernel = normal(1, 1, 9), normal(1, 1, 1, 4)
    got = convolve2d(x, kernel, padding=mode)[0, 0]
    np.testing.assert_allclose(got, convolve1d(x[0, 0], kernel[0, 0, 0], mode=mode), rtol=0, atol=16 * 16 * 2**-53)


def test_a_kernel_of_one_that_is_not_in_the_middle_shifts_and_flipping_it_shifts_the_other_way():
    x = np.arange(12.0).reshape(1, 3, 4)
    kernel = np.zeros((1, 1, 3, 3))
    kernel[0, 0, 0, 1] = 1
    down = correlate2d(x, kernel, padding=1)
    up = convolve2d(x, kernel, padding=1)
    assert down[0].tolist() == [[0, 0, 0, 0], [0, 1, 2, 3], [4, 5, 6, 7]]
    assert up[0].tolist() == [[4, 5, 6, 7], [8, 9, 10, 11], [0, 0, 0, 0]]


def test_groups_see_their_own_channels_only():
    x, weight = normal(1, 4, 3, 3), normal(6, 2, 2, 2)
    whole = correlate2d(x, weight, groups=2)
    apart = [
        correlate2d(x[:, part], weight[rows]) for part, rows in ((slice(0, 2), slice(0, 3)), (slice(2, 4), slice(3, 6)))
    ]
    assert np.array_equal(whole, np.concatenate(apart, axis=1))
    dx, _ = correlate2d.vjp(x, weight, np.concatenate([apart[0] ** 0, 0 * apart[1]], axis=1), groups=2)
    assert (dx[:, 2:] == 0).all()
    assert (dx[:, :2] != 0).all()


def test_how_many_windows_every_pixel_is_in_is_its_pullback_of_ones():
    ones, kernel = np.ones((1, 4, 5)), np.ones((1, 1, 2, 3))
    dx, dw = correlate2d.vjp(ones, kernel, np.ones((1, 3, 3)))
    assert dx[0].tolist() == [[1, 2, 3, 2, 1], [2, 4, 6, 4, 2], [2, 4, 6, 4, 2], [1, 2, 3, 2, 1]]
    assert dw[0, 0].tolist() == [[9, 9, 9], [9, 9, 9]]


def test_border_pixels_that_a_stride_drops_have_no_derivative():
    x, weight = normal(1, 6, 6), normal(1, 1, 3, 3)
    dx, _ = correlate2d.vjp(x, weight, np.ones((1, 2, 2)), stride=2)
    assert (dx[0, 5] == 0).all()
    assert (dx[0, :, 5] == 0).all()
    assert (dx[0, :5, :5] != 0).all()


def test_the_bias_of_a_filter_is_added_to_all_its_pixels_and_its_cotangent_is_their_sum():
    x, weight, v = normal(2, 1, 4, 4), normal(3, 1, 2, 2), normal(2, 3, 3, 3)
    bias = np.array([1.0, -2.0, 0.5])
    # The sum with the bias is rounded once.
    assert np.array_equal(conv2d(x, weight, bias), correlate2d(x, weight) + bias[:, None, None])
    # Eighteen numbers below 4.
    np.testing.assert_allclose(conv2d.vjp(x, weight, bias, v)[2], v.sum(axis=(0, 2, 3)), rtol=0, atol=18 * 72 * 2**-53)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_results_keep_the_dtype_and_leave_inputs_alone(dtype):
    x, weight = normal(2, 3, 5, 5).astype(dtype), normal(4, 3, 3, 3).astype(dtype)
    x.flags.writeable = weight.flags.writeable = False
    y = correlate2d(x, weight, padding=1)
    pulled = correlate2d.vjp(x, weight, y, padding=1)
    assert [array.dtype for array in (y, *pulled)] == [dtype] * 3


def test_infinity_and_nan_reach_only_the_windows_that_hold_them():
    x = np.zeros((1, 5, 5))
    x[0, 0, 0] = np.inf
    x[0, 4, 4] = np.nan
    y = correlate2d(x, np.ones((1, 1, 2, 2)))
    assert np.isinf(y[0, 0, 0])
    assert np.isnan(y[0, 3, 3])
    assert (y.reshape(-1)[1:-1] == 0).all()


def test_a_kernel_larger_than_the_padded_image_is_refused():
    with pytest.raises(
        ValueError, match=r"^height: a kernel of 5 does not fit on 2 samples with padding \(1, 1\), 4 in all"
    ):
        correlate2d(np.ones((1, 2, 9)), np.ones((1, 1, 5, 5)), padding=1)
    with pytest.raises(ValueError, match=r"^width: a kernel of 3 with dilation 2, 5 samples long"):
        correlate2d(np.ones((1, 9, 4)), np.ones((1, 1, 1, 3)), dilation=2)
    assert correlate2d(np.ones((1, 2, 2)), np.ones((1, 1, 4, 4)), padding=1).shape == (1, 1, 1)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: correlate2d(np.ones((2, 3)), np.ones((1, 1, 2, 2))), r"x: expected images .* got \(2, 3\)"),
        (lambda: correlate2d(np.ones((1, 2, 3)), np.ones((1, 2, 2))), r"weight: expected shape .* got \(1, 2, 2\)"),
        (lambda: correlate2d(np.ones((3, 4, 4)), np.ones((1, 2, 2, 2))), "x has 3 channels, but the weight takes 2"),
        (
            lambda: correlate2d(np.ones((3, 4, 4)), np.ones((2, 1, 2, 2)), groups=2),
            "divisor of 3 and 2 channels, got 2",
        ),
        (
            lambda: conv2d(np.ones((1, 4, 4)), np.ones((2, 1, 2, 2)), np.ones(3)),
            r"bias: expected shape \(2,\), got \(3,\)",
        ),
        (
            lambda: correlate2d(np.ones((1, 4, 4)), np.ones((1, 1, 2, 2)), stride=0),
            "stride: expected at least 1, got 0",
        ),
        (lambda: correlate2d(np.ones((1, 4, 4)), np.ones((1, 1, 2, 2)), stride=(1, 2, 3)), "stride: expected a whole"),
        (lambda: correlate2d(np.ones((1, 4, 4)), np.ones((1, 1, 2, 2)), padding="half"), "mode: expected 'full'"),
        (lambda: correlate2d(np.ones((1, 4, 4)), np.ones((1, 1, 2, 2)), padding=-1), "padding: expected at least 0"),
    ],
)
def test_wrong_input_is_named(call, message):
    with pytest.raises(ValueError, match=message):
        call()
