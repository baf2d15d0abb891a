"""Passes over rows of logits against their rules; test_compiled.py has the losses."""

import numpy as np
import pytest

pytest.importorskip("numba", reason="needs numba: pip install -e '.[fast]'")

import numba

from chainrule import rules
from chainrule.arrays import random_stream
from chainrule.kernels.loops import loss_loops

CALLABLE = numba.njit(error_model="numpy", fastmath={"contract"})  # the options of compiled functions


@CALLABLE
def largest_of(row):
    return loss_loops.largest(row)


def test_the_largest_entry_of_rows_of_any_length():
    for count in (1, 7, 8, 9, 40):
        row = random_stream(count, count).standard_normal(count)
        for at in range(count):
            row[at] += 100
            assert largest_of(row) == row[at]
            row[at] -= 100


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("scale", [1, 30])
def test_tangents_of_softmax_are_those_of_its_rule(dtype, scale):
    """The rule measures from the largest logit; here p.v is subtracted, which loses some ulps of the largest entry."""
    rng = np.random.default_rng(scale)
    logits, tangents = (scale * rng.standard_normal((2, 13, 37))).astype(dtype)
    shares, out = rng.uniform(0.1, 2, (13, 1)).astype(dtype), np.empty((13, 37), dtype)
    loss_loops.softmax_tangents(logits, tangents, shares, out)
    exact = rules.softmax.jvp(logits.astype(np.float64), tangents.astype(np.float64)) * shares
    size = abs(tangents * shares).max(axis=1, keepdims=True)
    assert (abs(out - exact) <= 16 * np.finfo(dtype).eps * size).all()


def test_tangents_of_softmax_pass_a_nan_on():
    logits, out = np.array([[0.0, np.nan, 1.0], [0.0, 1.0, 2.0]]), np.empty((2, 3))
    loss_loops.softmax_tangents(logits, np.ones((2, 3)), np.ones((2, 1)), out)
    assert np.isnan(out).all(axis=1).tolist() == [True, False]
