"""Steps of solvers and penalties against their formulas."""

import numpy as np
import pytest

pytest.importorskip("numba", reason="needs numba: pip install -e '.[fast]'")

from chainrule.arrays import random_stream
from chainrule.kernels.loops import solver_loops

DTYPES = pytest.mark.parametrize("dtype", [np.float32, np.float64])


@DTYPES
def test_adam_takes_its_formula(dtype):
    theta, gradient, mean, square = (random_stream(k, 50).standard_normal(50).astype(dtype) for k in range(4))
    square = square**2
    expected_mean, expected_square = 0.75 * mean + gradient, 0.5 * square + gradient**2
    expected = theta - 0.125 * expected_mean / (np.sqrt(expected_square) + 0.25)
    solver_loops.adam(theta, gradient, mean, square, 0.75, 0.5, 0.125, 0.25)
    for got, wanted in ((mean, expected_mean), (square, expected_square), (theta, expected)):
        np.testing.assert_allclose(got, wanted, rtol=8 * np.finfo(dtype).eps, atol=4 * np.finfo(dtype).eps)


@DTYPES
@pytest.mark.parametrize("look_ahead", [False, True])
def test_momentum_takes_its_formula(dtype, look_ahead):
    theta, gradient, velocity = (random_stream(k, 50).standard_normal(50).astype(dtype) for k in range(3))
    speed = 0.75 * velocity - 0.5 * gradient
    expected = theta + (0.75 * speed - 0.5 * gradient if look_ahead else speed)
    solver_loops.momentum(theta, gradient, velocity, 0.75, 0.5, look_ahead)
    np.testing.assert_allclose(velocity, speed, rtol=8 * np.finfo(dtype).eps, atol=4 * np.finfo(dtype).eps)
    np.testing.assert_allclose(theta, expected, rtol=8 * np.finfo(dtype).eps, atol=8 * np.finfo(dtype).eps)


@DTYPES
def test_a_penalty_adds_its_gradient_and_returns_the_squares(dtype):
    theta, gradient = (random_stream(k, 50).standard_normal(50).astype(dtype) for k in range(2))
    expected = gradient + dtype(0.5) * theta
    squares = solver_loops.add_penalty(theta, gradient, 0.5)
    np.testing.assert_allclose(gradient, expected, rtol=0, atol=4 * np.finfo(dtype).eps)
    np.testing.assert_allclose(squares, (theta.astype(float) ** 2).sum(), rtol=32 * np.finfo(dtype).eps)
