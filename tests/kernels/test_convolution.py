"""Correlations by tiles of patches and by PyTorch against the rule, for every option, and in every layout."""

import numpy as np
import pytest
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st

from chainrule.arrays import random_stream
from chainrule.checking import balls, midpoints, precision
from chainrule.kernels import convolution_numpy, kernel_of
from chainrule.kernels.convolution import library_of
from chainrule.kernels.layout import empty_samples_last
from chainrule.rules import conv2d, correlate2d
from chainrule.rules.windows import windows_on

KERNEL = kernel_of(correlate2d)


def normal(*shape):
    return random_stream(71, *shape[:4]).standard_normal(shape)


@settings(max_examples=20)
@given(
    *(st.tuples(st.integers(1, most), st.integers(1, most)) for most in (7, 4, 3, 2)),
    st.tuples(*[st.tuples(st.integers(0, 3), st.integers(0, 3))] * 2),
)
@example((6, 7), (3, 2), (1, 1), (2, 1), ((1, 2), (0, 1)))
@example((6, 7), (3, 2), (2, 1), (1, 2), ((3, 0), (1, 2)))
def test_tiles_of_patches_and_pytorch_do_what_the_rule_does(size, kernel, stride, dilation, padding):
    torch = pytest.importorskip("torch", reason="needs PyTorch: pip install -e '.[torch]'")
    spans = [d * (k - 1) + 1 for d, k in zip(dilation, kernel, strict=True)]
    assume(all(span <= n + sum(zeros) for span, n, zeros in zip(spans, size, padding, strict=True)))
    x, weight, bias = normal(3, 4, *size), normal(6, 2, *kernel), normal(6)
    options = {"stride": stride, "padding": padding, "dilation": dilation, "groups": 2}
    v = normal(3, 6, *windows_on(size, kernel, stride, padding, dilation).count)
    for rule, parameters in ((correlate2d, (weight,)), (conv2d, (weight, bias))):
        expected = rule(x, *parameters, **options), *rule.vjp(x, *parameters, v, **options)
        for of in (np.asarray, torch.tensor):
            value, residuals = kernel_of(rule).forward(of(x), *map(of, parameters), **options)
            got = value, *kernel_of(rule).pullback(residuals, of(v))
            for ours, theirs in zip(expected, got, strict=True):
                # At most 3 * 81 products of numbers below 4.5, which are added in another order.
                np.testing.assert_allclose(np.asarray(theirs), ours, rtol=0, atol=243 * 243 * 20 * 2**-53)


@pytest.mark.parametrize("patch_bytes", [1, 3000, 20_000])
@pytest.mark.parametrize("last", [False, True], ids=["samples first", "samples last"])
@pytest.mark.parametrize("stride", [1, 2])
def test_small_blocks_and_tiles_add_up_to_the_whole(monkeypatch, patch_bytes, last, stride):
    """One pixel at a time, parts of a row, and rows that the height is no multiple of."""
    x, weight, v = normal(5, 4, 9, 7), normal(6, 2, 3, 2), normal(5, 6, -(-9 // stride), -(-7 // stride))
    options = {"stride": stride, "padding": "same", "groups": 2}
    expected = correlate2d(x, weight, **options), *correlate2d.vjp(x, weight, v, **options)
    monkeypatch.setattr(convolution_numpy, "PATCH_BYTES", patch_bytes)
    if last:
        images, cotangent = empty_samples_last(x.shape, x), empty_samples_last(v.shape, v)
        images[...], cotangent[...] = x, v
        out = empty_samples_last(expected[0].shape, x), empty_samples_last(x.shape, x)
    else:
        images, cotangent, out = x, v, (np.empty(expected[0].shape), np.empty(x.shape))
    value, residuals = KERNEL.forward(images, weight, out=out[0], **options)
    pulled = KERNEL.pullback(residuals, cotangent, out=(out[1], np.empty(weight.shape)))
    for got, whole in zip((value, *pulled), expected, strict=True):
        # At most 5 * 63 products of numbers below 4.5, added in another order.
        np.testing.assert_allclose(got, whole, rtol=0, atol=315 * 315 * 20 * 2**-53)


def test_what_is_not_wanted_is_not_computed():
    x, weight, bias, v = normal(2, 3, 4, 4), normal(2, 3, 3, 3), normal(2), normal(2, 2, 2, 2)
    expected = conv2d.vjp(x, weight, bias, v)
    _, residuals = kernel_of(conv2d).forward(x, weight, bias)
    for k in range(3):
        out = tuple(np.empty(y.shape) if i == k else None for i, y in enumerate(expected))
        pulled = kernel_of(conv2d).pullback(residuals, v, out=out)
        assert [y is not None for y in pulled] == [i == k for i in range(3)]
        assert pulled[k] is out[k]
        # At most 2 * 18 products of numbers below 4.5, added in another order.
        np.testing.assert_allclose(pulled[k], expected[k], rtol=0, atol=36 * 36 * 20 * 2**-53)


def test_balls_run_the_rule_and_floats_do_not():
    assert library_of(balls(np.ones((1, 1, 1, 1)))) is None
    assert library_of(np.ones((1, 1, 1, 1), np.float16)) is None
    assert library_of(np.ones((1, 1, 1, 1), np.float32)) is convolution_numpy
    x, weight, v = normal(1, 2, 3, 3), normal(2, 2, 2, 2), normal(1, 2, 2, 2)
    with precision(200):
        out = balls(np.zeros((1, 2, 2, 2)))
        value, residuals = KERNEL.forward(balls(x), balls(weight), out=out)
        by_x, by_weight = KERNEL.pullback(residuals, balls(v), out=(None, balls(np.zeros(weight.shape))))
        assert value is out
        assert by_x is None
        expected = correlate2d.vjp(x, weight, v)[1]
    # Only the floats are rounded.
    np.testing.assert_allclose(midpoints(value), correlate2d(x, weight), rtol=0, atol=1e-14)
    np.testing.assert_allclose(midpoints(by_weight), expected, rtol=0, atol=1e-14)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_floats_of_numpy_have_tiles(dtype):
    assert library_of(np.zeros((1, 1, 2, 2), dtype)) is convolution_numpy


@pytest.mark.parametrize("dtype", [object, np.float16, np.int64])
def test_all_other_arrays_of_numpy_have_the_rule_alone(dtype):
    assert library_of(np.zeros((1, 1, 2, 2), dtype)) is None


def test_tensors_have_pytorchs_own_unless_they_are_traced():
    torch = pytest.importorskip("torch", reason="needs PyTorch: pip install -e '.[torch]'")
    from chainrule.kernels import images_torch

    images = torch.zeros(1, 1, 2, 2)
    assert library_of(images) is images_torch
    seen = []
    torch.func.vmap(lambda one: (seen.append(library_of(one)), one)[1])(images)
    assert seen == [None]


@pytest.mark.parametrize("shape", [(2, 3, 4), (0, 1, 2, 2)])
def test_other_axes_and_no_images_at_all_have_the_rule_alone(shape):
    assert library_of(np.zeros(shape)) is None
