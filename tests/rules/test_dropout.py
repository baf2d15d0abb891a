"""Dropout with a given mask."""

import numpy as np
import pytest

from chainrule.rules import dropout

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
