"""Difference quotients as balls that contain the derivative."""

import numpy as np
import pytest

from chainrule.checking import balls, difference_quotient, midpoints, overlap, relative_accuracy

X = np.array([0.5, -1.25, 2.0])


@pytest.mark.parametrize("scale", [1e-300, 1.0, 100.0])
def test_the_ball_contains_the_derivative_and_is_narrow(scale):
    quotient = difference_quotient(lambda x: x * x * x, [scale * X], [np.ones(3)])
    exact = 3 * balls(scale * X) * balls(scale * X)
    assert overlap(quotient.value, exact).all()
    assert relative_accuracy(quotient.value).min() > 30
    assert not quotient.kinks.any()


def test_a_kink_has_two_slopes_and_no_derivative():
    quotient = difference_quotient(np.abs, [np.array([0.0, 1.0])], [np.array([1.0, 1.0])])
    assert quotient.kinks.tolist() == [True, False]
    assert (midpoints(quotient.left)[0], midpoints(quotient.right)[0]) == (-1, 1)
    assert quotient.value[0].says_nothing()


def test_inputs_without_direction_stay_and_integers_are_passed_on():
    quotient = difference_quotient(lambda x, label, y: x[label] * y, [X, 1, np.array(3.0)], [np.ones(3), None, None])
    assert midpoints(quotient.value) == 3
