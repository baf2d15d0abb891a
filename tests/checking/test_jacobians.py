"""Products with Jacobians of one matrix per row, and of parameters that all rows share."""

import numpy as np
import pytest

from chainrule.checking import midpoints
from chainrule.checking.jacobians import times_tangents, transposed_times_cotangent

ROWS = np.arange(12.0).reshape(2, 3, 2)
"""Two rows of 3 outputs by 2 inputs."""
TANGENT, COTANGENT = np.array([[1.0, -2.0], [0.5, 4.0]]), np.array([[1.0, 0.0, -1.0], [2.0, 0.25, 3.0]])


def test_each_row_has_its_matrix():
    got = midpoints(times_tangents([ROWS], [TANGENT], (2, 3)))
    assert got.tolist() == np.einsum("rij,rj->ri", ROWS, TANGENT).tolist()
    pulled = midpoints(transposed_times_cotangent(ROWS, COTANGENT, (2, 2)))
    assert pulled.tolist() == np.einsum("rij,ri->rj", ROWS, COTANGENT).tolist()


def test_a_shared_parameter_has_one_matrix_for_all_rows():
    shared = np.arange(24.0).reshape(2, 3, 4)
    pulled = midpoints(transposed_times_cotangent(shared, COTANGENT, (4,)))
    assert pulled.tolist() == np.einsum("rij,ri->j", shared, COTANGENT).tolist()


def test_a_number_is_a_row_of_one():
    pulled = midpoints(transposed_times_cotangent(np.array([[2.0], [3.0]]), np.array([1.0, 10.0]), ()))
    assert pulled == 32.0


def test_a_jacobian_of_another_shape_is_refused():
    with pytest.raises(ValueError, match=r"shape \(2, 3, 2\), which does not fit"):
        times_tangents([ROWS], [np.ones((2, 4))], (2, 3))


def test_products_are_summed_over_the_inputs_that_have_them():
    both = times_tangents([ROWS, None, ROWS], [TANGENT, TANGENT, 2 * TANGENT], (2, 3))
    assert midpoints(both).tolist() == (3 * np.einsum("rij,rj->ri", ROWS, TANGENT)).tolist()
    assert midpoints(times_tangents([ROWS], [None], (2, 3))).tolist() == np.zeros((2, 3)).tolist()
