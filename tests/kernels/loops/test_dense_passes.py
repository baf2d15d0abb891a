"""Both passes of dense layers against their formulas."""

import numpy as np
import pytest

pytest.importorskip("numba", reason="needs numba: pip install -e '.[fast]'")

from chainrule.arrays import random_stream
from chainrule.kernels.loops import dense_passes


def test_two_layers_take_their_formulas():
    draw = random_stream(9, 1).standard_normal
    x, w1, b1, w2, b2, v = draw((5, 4)), draw((4, 3)), draw(3), draw((3, 2)), draw(2), draw((5, 2))
    theta = np.concatenate([w1.ravel(), w2.ravel(), b1, b2])
    layers = np.array([[4, 3, 0, 18], [3, 2, 12, 21]])
    masks = np.where(np.arange(15) % 4 > 0, 4 / 3, 0.0)
    outputs, inputs, cotangents = np.empty((3, 15))
    logits, gradient, to_x = np.empty((5, 2)), np.empty_like(theta), np.empty((5, 4))
    buffers = outputs, masks, inputs, cotangents
    dense_passes.dense_tanh(x, theta, layers, buffers, logits)
    h = np.tanh(x @ w1 + b1)
    seen = h * masks.reshape(5, 3)
    np.testing.assert_allclose(logits, seen @ w2 + b2, rtol=0, atol=1e-14)
    dense_passes.dense_tanh_pullback(x, theta, layers, buffers, v, gradient, to_x)
    to_h = (v @ w2.T) * masks.reshape(5, 3) * (1 - h**2)
    expected = [(x.T @ to_h).ravel(), (seen.T @ v).ravel(), to_h.sum(axis=0), v.sum(axis=0)]
    np.testing.assert_allclose(gradient, np.concatenate(expected), rtol=0, atol=1e-13)
    np.testing.assert_allclose(to_x, to_h @ w1.T, rtol=0, atol=1e-13)
