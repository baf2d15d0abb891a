"""Pools by slices and by PyTorch's own pool against the rules, in every layout, and means and zeros in place."""

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from chainrule.arrays import random_stream
from chainrule.checking import balls, midpoints
from chainrule.kernels import kernel_of
from chainrule.kernels.layout import empty_samples_last
from chainrule.rules import avg_pool2d, max_pool2d, zero_pad2d
from chainrule.workspace import Workspace

KERNEL = kernel_of(max_pool2d)


def distinct(*shape):
    """Numbers no two of which are alike, in no order."""
    return random_stream(72, *shape[:4]).permutation(int(np.prod(shape))).reshape(shape) / 8 - 3.0


def in_layout(x, layout):
    if layout == "samples first":
        return x
    if layout == "samples last":
        images = empty_samples_last(x.shape, x)
        images[...] = x
        return images
    torch = pytest.importorskip("torch", reason="needs PyTorch: pip install -e '.[torch]'")
    order = torch.channels_last if "last" in layout else torch.contiguous_format
    return torch.tensor(x).contiguous(memory_format=order)


LAYOUTS = ["samples first", "samples last", "PyTorch", "PyTorch, channels last"]


@pytest.mark.parametrize(
    ("window", "first"),
    [
        ([[1, 1], [1, 1]], (0, 0)),
        ([[0, 1], [1, 1]], (0, 1)),
        ([[0, 0], [1, 1]], (1, 0)),
        ([[0, 1], [1, 0]], (0, 1)),
        ([[1, 0], [1, 0]], (0, 0)),
        ([[-0.0, 0.0], [0.0, 0.0]], (0, 0)),
    ],
)
@pytest.mark.parametrize("padding", [0, ((0, 1), (0, 1))], ids=["blocks", "entries"])
@pytest.mark.parametrize("layout", LAYOUTS)
def test_among_equals_the_first_of_a_window_row_by_row_takes_the_cotangent(window, first, padding, layout):
    x = np.zeros((3, 20, 2, 2))
    x[...] = window
    v = np.arange(1.0, 61.0).reshape(3, 20, 1, 1)
    expected = np.zeros(x.shape)
    expected[:, :, first[0], first[1]] = v[:, :, 0, 0]
    _, residuals = KERNEL.forward(in_layout(x, layout), padding=padding, work=Workspace())
    assert np.array_equal(np.asarray(KERNEL.pullback(residuals, in_layout(v, layout))), expected)


@settings(max_examples=30)
@given(st.integers(1, 8), st.integers(1, 8), st.integers(1, 3), st.integers(1, 3), st.integers(0, 1), st.booleans())
@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("rule", [max_pool2d, avg_pool2d], ids=lambda rule: rule.name)
def test_kernels_do_what_the_rules_do(rule, layout, height, width, kernel, stride, padding, ties):
    assume(kernel <= min(height, width) + 2 * padding and 2 * padding <= kernel)
    x = distinct(2, 3, height, width)
    if ties:
        x = np.round(x / 3)
    options = {"kernel": kernel, "stride": stride, "padding": ((padding, padding), (padding, 0))}
    assume(kernel <= width + padding)
    expected = rule(x, **options)
    v = distinct(*expected.shape)
    pulled = rule.vjp(x, v, **options)
    images, fast = in_layout(x, layout), kernel_of(rule)
    for work in (None, Workspace()):
        value, residuals = fast.forward(images, work=work, **options)
        assert np.array_equal(np.asarray(value), expected)
        got = np.asarray(fast.pullback(residuals, in_layout(v, layout), work=work))
        # Multiples of 1/8 below 2^10 add up exactly in any order; nine of their ninths do not.
        np.testing.assert_allclose(got, pulled, rtol=0, atol=0 if rule is max_pool2d else 9 * 1024 * 2**-53)


@pytest.mark.parametrize("layout", LAYOUTS)
def test_zeros_are_put_around_and_cropped_in_place(layout):
    x, v = distinct(2, 3, 4, 5), distinct(2, 3, 7, 6)
    padding = ((1, 2), (0, 1))
    images, cotangent = in_layout(x, layout), in_layout(v, layout)
    out, by_x = in_layout(np.full(v.shape, np.nan), layout), in_layout(np.full(x.shape, np.nan), layout)
    value, residuals = kernel_of(zero_pad2d).forward(images, padding=padding, out=out)
    assert value is out
    assert np.array_equal(np.asarray(out), zero_pad2d(x, padding=padding))
    assert kernel_of(zero_pad2d).pullback(residuals, cotangent, out=by_x) is by_x
    assert np.array_equal(np.asarray(by_x), zero_pad2d.vjp(x, v, padding=padding))


@pytest.mark.parametrize("rule", [max_pool2d, avg_pool2d, zero_pad2d], ids=lambda rule: rule.name)
def test_on_balls_a_kernel_is_its_rule(rule):
    x = distinct(2, 1, 4, 4)
    options = {"padding": 1}
    expected = rule(x, **options)
    v = distinct(*expected.shape)
    value, residuals = kernel_of(rule).forward(balls(x), out=balls(np.zeros(expected.shape)), **options)
    pulled = kernel_of(rule).pullback(residuals, balls(v), out=balls(np.zeros(x.shape)))
    assert np.array_equal(midpoints(value), expected)
    assert np.array_equal(midpoints(pulled), rule.vjp(x, v, **options))


def test_rows_and_columns_that_the_kernel_does_not_divide_get_nothing():
    x = distinct(1, 5, 7)
    pulled = KERNEL.pullback(KERNEL.forward(x, kernel=3)[1], np.ones((1, 1, 2)))
    assert (pulled[0, 3:] == 0).all()
    assert (pulled[0, :, 6:] == 0).all()
    assert pulled.sum() == 2


def test_nan_is_the_largest_of_its_window():
    x = np.zeros((1, 2, 4))
    x[0, 1, 1] = np.nan
    value, _ = KERNEL.forward(x)
    assert np.isnan(value[0, 0, 0])
    assert value[0, 0, 1] == 0
