"""Convolutions by PyTorch's own functions, with zeros on one side only, and with few and many channels."""

import numpy as np
import pytest

from chainrule.arrays import random_stream
from chainrule.rules import conv2d
from chainrule.rules.windows import windows_on

torch = pytest.importorskip("torch", reason="needs PyTorch: pip install -e '.[torch]'")


@pytest.mark.parametrize("channels", [3, 16])
@pytest.mark.parametrize("padding", [1, ((2, 0), (0, 1))])
def test_value_and_cotangents_are_the_rules(channels, padding):
    from chainrule.kernels import convolution_torch

    shapes = ((2, channels, 5, 6), (4, channels, 3, 3), (4,))
    x, weight, bias = inputs = [random_stream(82, *s).standard_normal(s) for s in shapes]
    windows = windows_on((5, 6), 3, padding=padding)
    v = random_stream(83).standard_normal((2, 4, *windows.count))
    tensors = [torch.tensor(each) for each in inputs]
    value = convolution_torch.correlate(*tensors, windows, 1)
    np.testing.assert_allclose(value.numpy(), conv2d(*inputs, padding=padding), rtol=0, atol=1e-12)
    buffer = torch.empty(4, dtype=torch.float64)
    pulled = convolution_torch.transposed(
        *tensors[:2], torch.tensor(v), windows, 1, wanted=(True, True, True), out=(None, None, buffer)
    )
    assert pulled[2] is buffer
    for got, expected in zip(pulled, conv2d.vjp(x, weight, bias, v, padding=padding), strict=True):
        np.testing.assert_allclose(got.numpy(), expected, rtol=0, atol=1e-12)
