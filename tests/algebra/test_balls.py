"""Balls travel through NumPy's functions, keep their radius, and refuse what they cannot decide."""

import numpy as np
import pytest
from flint import arb

from chainrule.algebra.balls import ENTRYWISE
from chainrule.checking import Ball, Undecided, balls, midpoints

X = [[0.5, -1.25, 2.0], [3.0, 0.25, -0.75]]


def wide(middle, radius):
    return Ball(arb(middle, radius))


@pytest.mark.parametrize("function", [np.exp, np.expm1, np.tanh, np.square, np.abs, np.negative, np.sign])
def test_numpys_functions_act_on_balls_as_on_floats(function):
    np.testing.assert_allclose(midpoints(function(balls(X))), function(np.array(X)), rtol=4e-16)


@pytest.mark.parametrize("function", ENTRYWISE, ids=lambda function: function.__name__)
def test_functions_without_a_loop_for_objects_act_on_balls_as_on_floats(function):
    x = np.array(X) + 4 if function is np.arccosh else np.array([[0.5, 0.125], [0.25, 0.75]])
    inputs = (x, x[::-1].copy())[: function.nin]
    expected = function(*inputs)
    result = function(balls(inputs[0]), *inputs[1:])
    # Floats of these functions are right to a few ulp.
    np.testing.assert_allclose(midpoints(result), expected, rtol=1e-14)
    assert result.dtype == (object if expected.dtype == np.float64 else bool)
    out = balls(np.zeros(x.shape)) if result.dtype == object else np.zeros(x.shape, bool)
    assert function(balls(inputs[0]), *inputs[1:], out=out) is out
    np.testing.assert_array_equal(midpoints(out), midpoints(result))


def test_tests_of_no_entries_are_masks():
    assert balls(np.zeros((0, 3)))[np.isfinite(balls(np.zeros((0, 3))))].shape == (0,)


def test_sums_products_and_choices_are_numpys():
    x, f = balls(X), np.array(X)
    np.testing.assert_allclose(midpoints(np.sum(x, axis=0)), f.sum(axis=0), rtol=1e-15)
    np.testing.assert_allclose(midpoints(np.matmul(x, x.T)), f @ f.T, rtol=1e-15)
    np.testing.assert_allclose(midpoints(np.einsum("ij,ij->i", x, x)), (f * f).sum(axis=1), rtol=1e-15)
    np.testing.assert_array_equal(midpoints(np.clip(x, 0, None)), np.clip(f, 0, None))
    np.testing.assert_array_equal(np.argmax(x, axis=-1), f.argmax(axis=-1))


def test_comparisons_are_decided_only_where_the_balls_do_not_meet():
    around_zero = wide(0, 1e-80)
    assert wide(1, 1e-3) < wide(2, 1e-3)
    assert not wide(2, 1e-3) < wide(1, 1e-3)
    for undecided in (lambda: around_zero < 0, lambda: around_zero == 0, lambda: bool(around_zero)):
        with pytest.raises(Undecided):
            undecided()


def test_clipping_a_ball_around_the_bound_is_undecided_instead_of_exactly_zero():
    uncertain = balls([1.0, 2.0])
    uncertain[0] = wide(0, 1e-80)
    with pytest.raises(Undecided):
        np.clip(uncertain, 0, None)
