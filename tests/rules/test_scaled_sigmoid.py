"""The sigmoid with a slope: its digits at large products, and slopes that broadcast."""

import numpy as np
import pytest

from chainrule import rules


def test_a_rounded_product_costs_no_digits():
    from mpmath import mp, mpf

    with mp.workdps(40):
        x, slope = 700.1, -0.9999
        expected = float(1 / (1 + mp.exp(-mpf(slope) * mpf(x))))
    assert rules.scaled_sigmoid(np.array([x]), slope)[0] == pytest.approx(expected, rel=1e-15, abs=0)


def test_a_slope_of_one_is_the_sigmoid():
    x = np.array([-3.0, 0.0, 2.5])
    np.testing.assert_allclose(rules.scaled_sigmoid(x, 1.0), rules.sigmoid(x), rtol=4e-16)


@pytest.mark.parametrize("shape", [(), (3,), (2, 1), (2, 3)])
def test_the_cotangent_of_the_slope_is_summed_over_the_entries_that_share_it(shape):
    x, slope = np.array([[0.5, -1.0, 2.0], [3.0, 0.25, -2.0]]), np.full(shape, 1.5)
    y = rules.scaled_sigmoid(x, slope)
    _, by_slope = rules.scaled_sigmoid.vjp(x, slope, np.ones((2, 3)))
    each = x * y * (1 - y)
    assert by_slope.shape == shape
    assert by_slope.sum() == pytest.approx(each.sum(), rel=1e-13)
    if shape == (3,):
        np.testing.assert_allclose(by_slope, each.sum(axis=0), rtol=0, atol=1e-15)
