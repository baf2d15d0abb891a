"""Shared by the tests of kernels: the same draws in every run, and a kernel beside its rule on floats and on balls."""

import hypothesis
import numpy as np
import pytest

from chainrule.checking import balls, midpoints, precision
from chainrule.kernels import registered
from chainrule.workspace import Workspace

hypothesis.settings.register_profile("repeatable", derandomize=True, deadline=None, database=None, max_examples=40)
hypothesis.settings.load_profile("repeatable")

LOGITS = [[1.0, 2.0, 3.0, -0.5], [0.3, -0.2, 0.9, 0.3], [12.0, -15.0, 0.0, 11.5]]
COTANGENTS = [[1.0, -2.0, 0.5, 3.0], [0.25, 0.0, -1.0, 2.0], [-3.0, 1.5, 1.0, 0.125]]


@pytest.fixture
def agrees_with_its_rule():
    """Requires that a kernel of one input writes its rule's value and pullback, over its own buffers, twice."""

    def check(rule):
        kernel, work = registered(rule), Workspace()
        for dtype in (np.float64, np.float32):
            x, v = np.array(LOGITS, dtype), np.array(COTANGENTS, dtype)
            for order in "CF":
                for _ in range(2):
                    buffer, cotangent = np.array(x, order=order), np.array(v, order=order)
                    output, residuals = kernel.forward(buffer, out=buffer, work=work)
                    assert output is buffer
                    pulled = kernel.pullback(residuals, cotangent, out=cotangent, work=work)
                    assert pulled is cotangent
                    unit = float(np.finfo(dtype).eps)
                    # Kernels cancel in the tails where rules do not: a few units of the largest entry.
                    np.testing.assert_allclose(output, rule(x), rtol=8 * unit, atol=4 * unit)
                    np.testing.assert_allclose(pulled, rule.vjp(x, v), rtol=16 * unit, atol=16 * unit)
        with precision(300):
            x, v = balls(LOGITS), balls(COTANGENTS)
            output, residuals = kernel.forward(x)
            for got, expected in ((output, rule(x)), (kernel.pullback(residuals, v), rule.vjp(x, v))):
                # Balls have 300 bits; their midpoints are rounded to floats.
                np.testing.assert_allclose(midpoints(got), midpoints(expected), rtol=1e-15, atol=0)

    return check


@pytest.fixture
def keeps_a_nan():
    """Requires that a kernel of one input gives nan in the row that holds one, and finite numbers in the others."""

    def check(rule):
        kernel = registered(rule)
        output, residuals = kernel.forward(np.array([[1.0, 2.0, 0.5], [np.nan, 1.0, 2.0], [1.0, 2.0, 0.5]]))
        for result in (output, kernel.pullback(residuals, np.ones((3, 3)))):
            assert np.isnan(result[1]).all()
            assert np.isfinite(result[[0, 2]]).all()

    return check
