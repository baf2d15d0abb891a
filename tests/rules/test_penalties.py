"""The L2 penalty: no factor 1/2, and one strength for all."""

import numpy as np
import pytest

from chainrule.rules import l2_penalty

THETA = np.array([1.0, -2.0, 3.0])


def test_value_and_derivatives():
    assert l2_penalty(THETA, 0.5) == 7.0
    by_theta, by_strength = l2_penalty.vjp(THETA, 0.5, 2.0)
    assert by_theta.tolist() == [2.0, -4.0, 6.0]
    assert by_strength == 28.0
    assert l2_penalty.jvp(THETA, 0.5, THETA, 1.0) == 28.0


def test_the_strength_is_one_number():
    with pytest.raises(ValueError, match=r"strength: expected one number, got shape \(3,\)"):
        l2_penalty(THETA, THETA)
