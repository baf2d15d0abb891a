"""When PyTorch's own pool takes the maxima, and what it gives back."""

import numpy as np
import pytest

from chainrule.kernels import pooling_torch
from chainrule.kernels.layout import channels_last
from chainrule.rules import max_pool2d
from chainrule.rules.windows import pool_windows

torch = pytest.importorskip("torch", reason="needs PyTorch: pip install -e '.[torch]'")
X = torch.tensor(np.random.default_rng(5).permutation(2 * 16 * 36).reshape(2, 16, 6, 6) / 8.0)


def test_it_takes_overlapping_windows_and_many_channels_that_lie_last():
    blocks, overlapping = pool_windows((6, 6)), pool_windows((6, 6), 3, 1)
    assert pooling_torch.forms(X, blocks) is None
    assert pooling_torch.forms(channels_last(X), blocks) is not None
    assert pooling_torch.forms(X, overlapping) is not None
    assert pooling_torch.forms(X[0], overlapping) is None
    assert pooling_torch.forms(X, pool_windows((6, 6), 3, 1, ((1, 0), (0, 0)))) is None
    assert pooling_torch.forms(X.numpy(), overlapping) is None


def test_value_and_cotangent_are_the_rules():
    windows = pool_windows((6, 6), 3, 1)
    largest, give_back = pooling_torch.forms(X, windows)
    out = torch.empty(2, 16, 4, 4, dtype=torch.float64)
    value, choice = largest(X, windows, out, None)
    assert value is out
    assert np.array_equal(value.numpy(), max_pool2d(X.numpy(), kernel=3, stride=1))
    v = torch.ones(2, 16, 4, 4, dtype=torch.float64)
    by_x = give_back(choice, v, windows, tuple(X.shape), None)
    assert np.array_equal(by_x.numpy(), max_pool2d.vjp(X.numpy(), v.numpy(), kernel=3, stride=1))
