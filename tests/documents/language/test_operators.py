"""Operators: their values on floats against NumPy and SciPy, and their records."""

import numpy as np
import pytest

from chainrule.algebra import Field, variables
from chainrule.documents.language.operators import OPERATORS
from chainrule.documents.language.shapes_as_written import EVERY_RULE

MATRIX = np.array([[2.0, -1.0, 0.5], [0.25, 3.0, -2.0], [1.0, 0.125, 4.0]])
COLUMN = np.array([[3.0], [-2.0], [0.5]])

EXPECTED = {
    "@": (MATRIX @ COLUMN, (MATRIX, COLUMN)),
    "'": (MATRIX.T, (MATRIX,)),
    "power": (np.linalg.matrix_power(MATRIX, -2), (MATRIX, np.array(-2))),
    "total": (1.5, (COLUMN,)),
    "norm": (np.linalg.norm(MATRIX), (MATRIX,)),
    "norm1": (5.5, (COLUMN,)),
    "norminf": (3.0, (COLUMN,)),
    "trace": (9.0, (MATRIX,)),
    "det": (np.linalg.det(MATRIX), (MATRIX,)),
    "inverse": (np.linalg.inv(MATRIX), (MATRIX,)),
    "diag": (np.diag(COLUMN.ravel()), (COLUMN,)),
    "diagonal": (np.diag(MATRIX)[:, None], (MATRIX,)),
    "kron": (np.hstack([np.vstack([MATRIX[i, j] * COLUMN for i in range(3)]) for j in range(3)]), (MATRIX, COLUMN)),
    "vec": (MATRIX.ravel(order="F")[:, None], (MATRIX,)),
    "max": (np.maximum(np.maximum(MATRIX, 0.75), COLUMN), (MATRIX, np.array(0.75), COLUMN)),
    "relu": (np.maximum(COLUMN, 0), (COLUMN,)),
    "+": (MATRIX + 2 * MATRIX, (MATRIX, MATRIX, MATRIX)),
}


@pytest.mark.parametrize("name", EXPECTED)
def test_the_value_on_floats_of(name):
    expected, operands = EXPECTED[name]
    np.testing.assert_allclose(OPERATORS[name].value(*operands), expected, rtol=1e-13)


@pytest.mark.parametrize("name", sorted(OPERATORS))
def test_a_record_has_a_rule_of_shapes_and_its_own_name(name):
    operator = OPERATORS[name]
    assert operator.name == name
    assert callable(EVERY_RULE[operator.rule])
    assert (operator.binding > 0) == (operator.place in ("infix", "prefix", "postfix"))


@pytest.mark.parametrize("size", [1, 2, 3])
def test_a_matrix_times_its_inverse_is_the_identity_in_exact_numbers(size):
    with Field():
        a = variables("a", np.arange(1.0, size * size + 1).reshape(size, size) ** 2)
        product = a @ OPERATORS["inverse"].value(a)
        assert all((product - np.eye(size, dtype=int)).ravel().tolist()[k].is_zero() for k in range(size * size))
