"""Dropout with a given mask, and the masks that are drawn for it."""

import numpy as np
import pytest

from chainrule.arrays import random_stream
from chainrule.rules import dropout
from chainrule.rules.dropout import draw_mask
from chainrule.workspace import Workspace

X, MASK = np.array([1.0, -2.0, 3.0]), np.array([2.0, 0.0, 2.0])


def test_value_and_derivatives_are_products_with_the_mask():
    assert dropout(X, MASK).tolist() == [2.0, 0.0, 6.0]
    by_x, by_mask = dropout.vjp(X, MASK, np.array([1.0, 10.0, 100.0]))
    assert by_x.tolist() == [2.0, 0.0, 200.0]
    assert by_mask is None
    assert dropout.jvp(X, MASK, np.ones(3), None).tolist() == MASK.tolist()


def test_the_mask_is_a_constant_of_the_inputs_shape():
    with pytest.raises(ValueError, match=r"dropout.jvp: mask: labels have no tangent"):
        dropout.jvp(X, MASK, np.ones(3), np.ones(3))
    with pytest.raises(ValueError, match=r"mask: expected shape \(3,\), got \(2,\)"):
        dropout(X, MASK[:2])


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_a_mask_is_0_with_the_rates_probability_and_keeps_the_mean(dtype):
    mask = draw_mask(random_stream(1), np.empty((400, 250), dtype), Workspace(), rate=0.2)
    assert mask.dtype == dtype
    assert set(np.unique(mask)) == {dtype(0), dtype(1.25)}
    # 100 000 draws: four standard deviations of the fraction are 0.005.
    assert np.mean(mask == 0) == pytest.approx(0.2, abs=0.005)
    again = draw_mask(random_stream(1), np.empty((400, 250), dtype), Workspace(), rate=0.2)
    assert np.array_equal(mask, again)
