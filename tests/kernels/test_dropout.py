"""Dropout in place, over its input and over its cotangent, and the masks that are drawn for it."""

import numpy as np
import pytest

from chainrule.arrays import random_stream
from chainrule.kernels import registered
from chainrule.kernels.dropout import draw_mask
from chainrule.rules import dropout
from chainrule.workspace import Workspace


def test_it_writes_over_what_it_is_given():
    x, v, mask = np.array([1.0, -2.0, 3.0]), np.array([1.0, 10.0, 100.0]), np.array([2.0, 0.0, 2.0])
    value, residuals = registered(dropout).forward(x, mask, out=x)
    assert value is x
    assert x.tolist() == [2.0, 0.0, 6.0]
    assert registered(dropout).pullback(residuals, v, out=(v, None)) == (v, None)
    assert v.tolist() == [2.0, 0.0, 200.0]
    assert registered(dropout).pullback(residuals, v, out=(None, None)) == (None, None)


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_a_mask_is_0_with_the_rates_probability_and_keeps_the_mean(dtype):
    mask = draw_mask(random_stream(1), np.empty((400, 250), dtype), Workspace(), rate=0.2)
    assert mask.dtype == dtype
    assert set(np.unique(mask)) == {dtype(0), dtype(1.25)}
    # 100 000 draws: four standard deviations of the fraction are 0.005.
    assert np.mean(mask == 0) == pytest.approx(0.2, abs=0.005)
    again = draw_mask(random_stream(1), np.empty((400, 250), dtype), Workspace(), rate=0.2)
    assert np.array_equal(mask, again)
