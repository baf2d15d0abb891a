"""Dropout in place: over its input, and over its cotangent."""

import numpy as np

from chainrule.kernels import registered
from chainrule.rules import dropout


def test_it_writes_over_what_it_is_given():
    x, v, mask = np.array([1.0, -2.0, 3.0]), np.array([1.0, 10.0, 100.0]), np.array([2.0, 0.0, 2.0])
    value, residuals = registered(dropout).forward(x, mask, out=x)
    assert value is x
    assert x.tolist() == [2.0, 0.0, 6.0]
    assert registered(dropout).pullback(residuals, v, out=(v, None)) == (v, None)
    assert v.tolist() == [2.0, 0.0, 200.0]
    assert registered(dropout).pullback(residuals, v, out=(None, None)) == (None, None)
