"""Deviations from a weighted mean where the difference written out cancels or overflows."""

import numpy as np

from chainrule.checking import balls, midpoints, precision
from chainrule.rules.deviations import deviation_matrix, deviations, rescaled

PROBS = np.array([[1.0 - 2.0**-60, 2.0**-60, 0.0], [0.2, 0.5, 0.3]])
TOP = np.array([0, 1])


def test_nothing_cancels_at_a_probability_near_one():
    v = np.array([[3.0, 1.0, 5.0], [1e10, 1e10 + 1, 1e10]])
    with precision(300):
        exact = midpoints(deviations(balls(PROBS), TOP, balls(v)))
    # PROBS rounds 1 - 2^-60 to 1, so its first row does not sum to 1; the deviation is measured from the top.
    np.testing.assert_allclose(deviations(PROBS, TOP, v)[1], exact[1], rtol=1e-15)
    assert deviations(PROBS, TOP, v)[0].tolist() == [2 * 2.0**-60, -2 + 2 * 2.0**-60, 2 + 2 * 2.0**-60]


def test_a_constant_has_no_deviation():
    assert (deviations(PROBS, TOP, np.full((2, 3), 0.1)) == 0).all()


def test_the_matrix_has_the_other_probabilities_on_its_diagonal():
    matrix = deviation_matrix(PROBS, TOP)
    assert matrix[0, 0, 0] == 2.0**-60
    np.testing.assert_allclose(matrix[1] @ np.array([1.0, 2.0, 4.0]), np.array([1.0, 2.0, 4.0]) - 2.4, rtol=1e-15)


def test_the_rest_of_a_sum_keeps_what_a_difference_loses():
    probs = np.array([[1.0, 1e-20, 3e-20]])
    diagonal = np.diagonal(deviation_matrix(probs, np.array([0]))[0])
    assert diagonal[0] == 1e-20 + 3e-20
    np.testing.assert_allclose(diagonal[1:], probs.sum() - probs[0, 1:], rtol=1e-15)
    assert probs.sum() - probs[0, 0] == 0


def test_rows_that_overflow_on_the_way_are_scaled():
    largest = np.finfo(np.float64).max
    twice_and_half = rescaled(lambda residuals, v: (v * 2) / 2)
    with np.errstate(over="ignore"):
        assert twice_and_half((), np.array([[largest, 1.0]])).tolist() == [[largest, 1.0]]
