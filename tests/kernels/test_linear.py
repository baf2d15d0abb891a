"""Linear layers in place: into buffers, and only what is wanted."""

import numpy as np
import pytest

from chainrule.arrays import random_stream
from chainrule.kernels import registered
from chainrule.rules import affine, linear

X, WEIGHT, BIAS, V = (random_stream(73, *s).standard_normal(s) for s in ((5, 4), (4, 3), (3,), (5, 3)))


@pytest.mark.parametrize("rule", [linear, affine])
def test_it_writes_what_its_rule_returns(rule):
    inputs = (X, WEIGHT, BIAS)[: len(rule.inputs)]
    out, buffers = np.empty((5, 3)), tuple(np.empty(x.shape) for x in inputs)
    value, residuals = registered(rule).forward(*inputs, out=out)
    assert value is out
    # The same sums, with the bias added in place.
    np.testing.assert_allclose(out, rule(*inputs), rtol=1e-15, atol=1e-15)
    assert registered(rule).pullback(residuals, V, out=buffers) is buffers
    for got, expected in zip(buffers, rule.vjp(*inputs, V), strict=True):
        # Sums in another order.
        np.testing.assert_allclose(got, expected, rtol=1e-14, atol=1e-15)


def test_what_is_not_wanted_is_not_written():
    to_weight = np.empty((4, 3))
    _, residuals = registered(affine).forward(X, WEIGHT, BIAS)
    assert registered(affine).pullback(residuals, V, out=(None, to_weight, None)) == (None, to_weight, None)
    # Sums in another order.
    np.testing.assert_allclose(to_weight, X.T @ V, rtol=1e-14)
