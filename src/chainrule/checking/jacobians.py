"""Products with the closed-form Jacobians of rules, which store one matrix per row.

The shape of a Jacobian is the output shape Y followed by R, the shape of one input row. The input has shape L + R, and
the leading axes L are also the leading axes of Y. A parameter shared by all rows has L = ().
"""

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from chainrule.algebra.balls import BallArray
from chainrule.algebra.number_array import NumberArray, numbers


def times_tangents(jacobian: Sequence[Any], tangents: Sequence[Any], output_shape: tuple[int, ...]) -> NumberArray:
    """J t summed over the inputs, in the output shape; None is zero.

    >>> jacobian, tangent = np.array([[[1.0, 2.0]], [[3.0, 4.0]]]), np.array([[1.0, 10.0], [1.0, 1.0]])
    >>> times_tangents([jacobian], [tangent], (2, 1))
    BallArray([[21],
               [7]], dtype=object)
    """
    kind = _kind(*jacobian, *tangents)
    total = numbers(np.zeros(output_shape), kind)
    for matrix, tangent in zip(jacobian, tangents, strict=True):
        if matrix is not None and tangent is not None:
            matrices, rows = _matrices(matrix, tangent.shape, output_shape, kind)
            columns = numbers(tangent, kind).reshape(rows, matrices.shape[2], 1)
            total = numbers(total + np.matmul(matrices, columns).reshape(output_shape), kind)
    return total


def transposed_times_cotangent(jacobian: Any, cotangent: Any, input_shape: tuple[int, ...]) -> NumberArray:
    """J^T v for one input, in the input shape.

    >>> transposed_times_cotangent(np.array([[1.0, 2.0], [3.0, 4.0]]), np.array([1.0, 10.0]), (2,))
    BallArray([31, 42], dtype=object)
    """
    kind = _kind(jacobian, cotangent)
    matrix, rows = _matrices(jacobian, input_shape, cotangent.shape, kind)
    lines = numbers(cotangent, kind).reshape(rows, 1, matrix.shape[1])
    return numbers(np.matmul(lines, matrix).reshape(input_shape), kind)


def _kind(*arrays: Any) -> type[NumberArray]:
    """The kind of the numbers in some arrays; balls if all hold floats, such as slopes that are constants."""
    return next((type(x) for x in arrays if isinstance(x, NumberArray)), BallArray)


def _matrices(
    jacobian: Any, input_shape: tuple[int, ...], output_shape: tuple[int, ...], kind: type[NumberArray]
) -> tuple[NumberArray, int]:
    """The Jacobian as one matrix per row of the input, and the number of rows."""
    row = jacobian.shape[len(output_shape) :]
    if input_shape == () and row == (1,):
        # A single number is a row with one entry.
        jacobian, row = jacobian[..., 0], ()
    leading = len(input_shape) - len(row)
    expected = (*output_shape, *input_shape[max(leading, 0) :])
    if leading < 0 or jacobian.shape != expected or input_shape[:leading] != output_shape[:leading]:
        raise ValueError(
            f"the Jacobian has shape {jacobian.shape}, which does not fit an output of shape {output_shape} "
            f"and an input of shape {input_shape}"
        )
    rows = math.prod(output_shape[:leading])
    outputs, inputs = math.prod(output_shape[leading:]), math.prod(input_shape[leading:])
    return numbers(numbers(jacobian, kind).reshape(rows, outputs, inputs), kind), rows
