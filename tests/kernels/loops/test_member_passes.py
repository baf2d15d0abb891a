"""Passes of many networks; test_member_plan.py compares them with single plans."""

import numpy as np
import pytest

pytest.importorskip("numba", reason="needs numba: pip install -e '.[fast]'")

from chainrule.arrays import random_stream
from chainrule.kernels.loops import member_passes


def passed(x, labels, layers, shares):
    """The losses, and the gradients of weights and biases."""
    members, hidden, _ = layers[0][0].shape
    samples, slopes = x.shape[1], tuple(tuple(np.empty_like(one) for one in kind) for kind in layers)
    outputs, cotangents = np.empty((2, members, hidden, samples))
    logits, losses = np.empty((layers[0][1].shape[1], samples)), np.empty((members, samples))
    member_passes.passes_of_members(
        x, labels, shares, 0.0, layers, slopes, (outputs,), (cotangents,), (3,), logits, losses, np.empty((3, samples))
    )
    return [losses, *slopes[0], *slopes[1]]


def test_a_shared_batch_is_the_batch_of_each_member():
    draw = random_stream(4, 1).standard_normal
    layers = (draw((2, 3, 4)), draw((2, 5, 3))), (draw((2, 3)), draw((2, 5)))
    x, labels = draw((1, 7, 4)), (np.arange(7) % 5)[None]
    shares = np.linspace(0.1, 0.5, 14).reshape(2, 7)
    shared = passed(x, labels, layers, shares)
    own = passed(np.repeat(x, 2, axis=0), np.repeat(labels, 2, axis=0), layers, shares)
    for one, other in zip(shared, own, strict=True):
        np.testing.assert_allclose(one, other, rtol=0, atol=1e-14)
