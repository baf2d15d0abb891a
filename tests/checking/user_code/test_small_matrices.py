"""Elimination on balls and on fractions, against NumPy's floats."""

import numpy as np
import pytest
from flint import arb
from tests.algebra.rationals import RationalArray, floats, rationals

from chainrule.algebra.balls import Ball, BallArray, Undecided, balls, midpoints
from chainrule.algebra.exact_arrays import ExactArray, variables
from chainrule.algebra.field import Field
from chainrule.checking.user_code import small_matrices
from chainrule.checking.user_code.small_matrices import LARGEST, det, inv, slogdet, solve

A = np.array([[0.0, 2.0, 1.0], [1.0, -0.5, 3.0], [2.0, 4.0, -1.0]])
STACK = np.stack([A, A.T + np.eye(3)])
B = np.array([1.0, -2.0, 0.5])
KINDS = {"balls": (balls, midpoints, BallArray), "rationals": (rationals, floats, RationalArray)}


@pytest.fixture(params=KINDS)
def kind(request):
    return KINDS[request.param]


@pytest.mark.parametrize("a", [A, STACK, A[:1, 1:2]], ids=["matrix", "stack", "single"])
@pytest.mark.parametrize("function", [inv, det])
def test_inverses_and_determinants_are_numpys(function, a, kind):
    make, back, array_kind = kind
    expected = getattr(np.linalg, function.__name__)(a)
    # Floats of NumPy's elimination are right to a few ulp of the largest entry.
    np.testing.assert_allclose(back(function(make(a), array_kind)), expected, rtol=1e-13, atol=1e-15)


@pytest.mark.parametrize(
    ("a", "b"), [(A, B), (A, np.stack([B, 2 * B], axis=1)), (STACK, STACK[:, :, :2]), (STACK, B), (A, STACK)]
)
def test_solutions_are_numpys(a, b, kind):
    make, back, array_kind = kind
    expected = np.linalg.solve(a, b)
    np.testing.assert_allclose(back(solve(make(a), make(b), array_kind)), expected, rtol=1e-13, atol=1e-15)
    np.testing.assert_allclose(back(solve(a, make(b), array_kind)), expected, rtol=1e-13, atol=1e-15)


def test_solutions_hold_for_all_values_of_variables():
    with Field():
        x = variables("x", [0.5, -1.25, 2.0])
        a = np.outer(x, x) + np.eye(3)
        assert (a @ solve(a, x, ExactArray) - x == 0).all()
        assert str(det(a, ExactArray)) == "1 + x0^2 + x1^2 + x2^2"
        assert (inv(a, ExactArray) @ a == np.eye(3)).all()


def test_solutions_of_fractions_are_exact():
    assert (rationals(A) @ solve(rationals(A), rationals(B), RationalArray) == B).all()


def test_signs_and_logarithms_are_numpys():
    result, expected = slogdet(balls(STACK), BallArray), np.linalg.slogdet(STACK)
    np.testing.assert_array_equal(midpoints(result.sign), expected.sign)
    np.testing.assert_allclose(midpoints(result.logabsdet), expected.logabsdet, rtol=1e-13)


def test_singular_and_wrong_matrices_are_refused(kind):
    make, back, array_kind = kind
    singular = make([[1.0, 2.0], [2.0, 4.0]])
    assert back(det(singular, array_kind)) == 0
    with pytest.raises(np.linalg.LinAlgError, match="Singular"):
        inv(singular, array_kind)
    with pytest.raises(np.linalg.LinAlgError, match="square"):
        det(make([[1.0, 2.0]]), array_kind)
    with pytest.raises(ValueError, match="has 3 rows, the right-hand side 2"):
        solve(make(A), make([1.0, 2.0]), array_kind)
    with pytest.raises(NotImplementedError, match="inv of matrices of more than"):
        inv(make(np.eye(LARGEST + 1)), array_kind)


def test_a_pivot_that_may_be_zero_is_undecided():
    a = balls([[0.0]])
    a[0, 0] = Ball(arb(0, 1e-80))
    with pytest.raises(Undecided):
        det(a, BallArray)


def test_the_largest_pivot_keeps_balls_narrow():
    a = balls([[1e-30, 1.0], [1.0, 1.0]])
    assert midpoints(solve(a, balls([1.0, 2.0]), BallArray)).tolist() == [1.0, 1.0]
    assert small_matrices._pivot(np.asarray(a)[:, 0], BallArray) == 1
    assert small_matrices._pivot(np.asarray(rationals([1e-30, 1.0])), RationalArray) == 0
