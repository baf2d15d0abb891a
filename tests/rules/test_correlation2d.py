"""The correlation of images against sums that are written out, and against PyTorch for every option."""

import numpy as np
import pytest

from chainrule.arrays import random_stream
from chainrule.rules import correlate2d

X = random_stream(91).standard_normal((2, 4, 6, 5))
WEIGHT = random_stream(92).standard_normal((6, 2, 3, 2))
OPTIONS = {"stride": (2, 1), "padding": ((1, 0), (2, 1)), "dilation": (1, 2), "groups": 2}


def test_an_output_is_the_sum_over_its_window():
    x, weight = X[:, :2], WEIGHT
    y = correlate2d(x, weight)
    assert y.shape == (2, 6, 4, 4)
    for n, o, i, j in ((0, 0, 0, 0), (1, 5, 3, 2), (0, 3, 2, 3)):
        expected = sum(weight[o, c, a, b] * x[n, c, i + a, j + b] for c in range(2) for a in range(3) for b in range(2))
        assert y[n, o, i, j] == pytest.approx(expected, rel=1e-12)


def test_value_and_cotangents_are_pytorchs_for_all_options():
    torch = pytest.importorskip("torch", reason="needs PyTorch: pip install -e '.[torch]'")
    x, weight = torch.tensor(X, requires_grad=True), torch.tensor(WEIGHT, requires_grad=True)
    padded = torch.nn.functional.pad(x, (2, 1, 1, 0))
    expected = torch.nn.functional.conv2d(padded, weight, stride=(2, 1), dilation=(1, 2), groups=2)
    y = correlate2d(X, WEIGHT, **OPTIONS)
    np.testing.assert_allclose(y, expected.detach().numpy(), rtol=0, atol=1e-13)
    v = np.cos(np.arange(y.size)).reshape(y.shape)
    expected.backward(torch.tensor(v))
    by_x, by_weight = correlate2d.vjp(X, WEIGHT, v, **OPTIONS)
    np.testing.assert_allclose(by_x, x.grad.numpy(), rtol=0, atol=1e-13)
    np.testing.assert_allclose(by_weight, weight.grad.numpy(), rtol=0, atol=1e-12)


def test_groups_that_do_not_fit_are_refused():
    with pytest.raises(ValueError, match="groups: expected a divisor of 4 and 6 channels, got 3"):
        correlate2d(X, WEIGHT, groups=3)
    with pytest.raises(ValueError, match="x has 4 channels, but the weight takes 2"):
        correlate2d(X, WEIGHT)
