"""Convolutions and max pools by PyTorch's own functions: zeros on one side, few and many channels, chosen forms."""

import numpy as np
import pytest

from chainrule.arrays import random_stream
from chainrule.kernels import images_torch
from chainrule.kernels.layout import channels_last
from chainrule.rules import conv2d, max_pool2d
from chainrule.rules.windows import pool_windows, windows_on

torch = pytest.importorskip("torch", reason="needs PyTorch: pip install -e '.[torch]'")
X = torch.tensor(np.random.default_rng(5).permutation(2 * 16 * 36).reshape(2, 16, 6, 6) / 8.0)


@pytest.mark.parametrize("channels", [3, 16])
@pytest.mark.parametrize("padding", [1, ((2, 0), (0, 1))])
def test_value_and_cotangents_are_the_rules(channels, padding):
    shapes = ((2, channels, 5, 6), (4, channels, 3, 3), (4,))
    x, weight, bias = inputs = [random_stream(82, *s).standard_normal(s) for s in shapes]
    windows = windows_on((5, 6), 3, padding=padding)
    v = random_stream(83).standard_normal((2, 4, *windows.count))
    tensors = [torch.tensor(each) for each in inputs]
    value = images_torch.correlate(*tensors, windows, 1)
    # PyTorch adds up to 144 terms in another order.
    np.testing.assert_allclose(value.numpy(), conv2d(*inputs, padding=padding), rtol=0, atol=1e-12)
    buffer = torch.empty(4, dtype=torch.float64)
    pulled = images_torch.transposed(
        *tensors[:2], torch.tensor(v), windows, 1, wanted=(True, True, True), out=(None, None, buffer)
    )
    assert pulled[2] is buffer
    for got, expected in zip(pulled, conv2d.vjp(x, weight, bias, v, padding=padding), strict=True):
        # PyTorch adds in another order.
        np.testing.assert_allclose(got.numpy(), expected, rtol=0, atol=1e-12)


def test_its_pool_takes_overlapping_windows_and_many_channels_that_lie_last():
    blocks, overlapping = pool_windows((6, 6)), pool_windows((6, 6), 3, 1)
    assert images_torch.max_pool_forms(X, blocks) is None
    assert images_torch.max_pool_forms(channels_last(X), blocks) is not None
    assert images_torch.max_pool_forms(X, overlapping) is not None
    assert images_torch.max_pool_forms(X[0], overlapping) is None
    assert images_torch.max_pool_forms(X, pool_windows((6, 6), 3, 1, ((1, 0), (0, 0)))) is None
    assert images_torch.max_pool_forms(X.numpy(), overlapping) is None


def test_maxima_and_their_cotangents_are_the_rules():
    windows = pool_windows((6, 6), 3, 1)
    largest, give_back = images_torch.max_pool_forms(X, windows)
    out = torch.empty(2, 16, 4, 4, dtype=torch.float64)
    value, choice = largest(X, windows, out, None)
    assert value is out
    assert np.array_equal(value.numpy(), max_pool2d(X.numpy(), kernel=3, stride=1))
    v = torch.ones(2, 16, 4, 4, dtype=torch.float64)
    by_x = give_back(choice, v, windows, tuple(X.shape), None)
    assert np.array_equal(by_x.numpy(), max_pool2d.vjp(X.numpy(), v.numpy(), kernel=3, stride=1))
