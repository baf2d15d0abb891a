"""Products with the closed-form Jacobians of rules, which have one matrix per row.

A Jacobian has the output's shape Y followed by R, one row of the input; the input's shape is L + R, where the leading
axes L are also the output's. A parameter shared by all rows has L = ().
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from chainrule.checking.balls import BallArray, balls


def times_tangent(jacobian: Any, tangent: Any, output_shape: tuple[int, ...]) -> BallArray:
    """J t for one input, of the output's shape.

    >>> times_tangent(np.array([[[1.0, 2.0]], [[3.0, 4.0]]]), np.array([[1.0, 10.0], [1.0, 1.0]]), (2, 1))
    BallArray([[21],
               [7]], dtype=object)
    """
    matrix, rows = _matrices(jacobian, tangent.shape, output_shape)
    columns = balls(tangent).reshape(rows, matrix.shape[2], 1)
    return balls(np.matmul(matrix, columns).reshape(output_shape))


def transposed_times_cotangent(jacobian: Any, cotangent: Any, input_shape: tuple[int, ...]) -> BallArray:
    """J^T v for one input, of the input's shape.

    >>> transposed_times_cotangent(np.array([[1.0, 2.0], [3.0, 4.0]]), np.array([1.0, 10.0]), (2,))
    BallArray([31, 42], dtype=object)
    """
    matrix, rows = _matrices(jacobian, input_shape, cotangent.shape)
    lines = balls(cotangent).reshape(rows, 1, matrix.shape[1])
    return balls(np.matmul(lines, matrix).reshape(input_shape))


def _matrices(jacobian: Any, input_shape: tuple[int, ...], output_shape: tuple[int, ...]) -> tuple[BallArray, int]:
    """The Jacobian as `rows` matrices, one for each row of the input, and how many those are."""
    row = jacobian.shape[len(output_shape) :]
    if input_shape == () and row == (1,):
        # One number is also a row of one.
        jacobian, row = jacobian[..., 0], ()
    leading = len(input_shape) - len(row)
    expected = (*output_shape, *input_shape[max(leading, 0) :])
    if leading < 0 or jacobian.shape != expected or input_shape[:leading] != output_shape[:leading]:
        raise ValueError(
            f"the Jacobian has shape {jacobian.shape}, which fits no output of shape {output_shape} "
            f"and input of shape {input_shape}"
        )
    rows = math.prod(output_shape[:leading])
    outputs, inputs = math.prod(output_shape[leading:]), math.prod(input_shape[leading:])
    return balls(balls(jacobian).reshape(rows, outputs, inputs)), rows
