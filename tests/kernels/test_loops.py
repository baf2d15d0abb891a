"""The elementary functions against exact ones, and the steps of solvers against their formulas."""

import numpy as np
import pytest

pytest.importorskip("numba", reason="needs numba: pip install -e '.[fast]'")

import numba

from chainrule import rules
from chainrule.arrays import random_stream
from chainrule.kernels import loops

CALLABLE = numba.njit(error_model="numpy", fastmath={"contract"})  # the options of compiled functions
DTYPES = pytest.mark.parametrize("dtype", [np.float32, np.float64])


@CALLABLE
def exp_of(x, out):
    for i in range(x.size):
        out[i] = loops.exp(x[i])


@CALLABLE
def expm1_of(x, out):
    for i in range(x.size):
        out[i] = loops.expm1(x[i])


@CALLABLE
def log1p_of(x, out):
    for i in range(x.size):
        out[i] = loops.log1p(x[i])


@DTYPES
@pytest.mark.parametrize(
    ("function", "exact", "sign", "ulps"),
    [(exp_of, np.exp, -1, 1.5), (expm1_of, np.expm1, -1, 2), (log1p_of, np.log1p, 1, 2.5)],
)
def test_elementary_functions_are_exact_to_some_ulp(function, exact, sign, ulps, dtype):
    """Measured on 256000 numbers: 1.0, 1.2 and 1.9 ulp."""
    uniform = random_stream(5, 20000).random(20000)
    largest = 1.0 if sign > 0 else 80.0
    x = np.concatenate([[0.0], largest * uniform, largest * uniform**12, 1e-20 * uniform]).astype(dtype) * dtype(sign)
    out = np.empty_like(x)
    function(x, out)
    expected = exact(x.astype(np.longdouble))
    assert (np.abs(out - expected) <= ulps * np.spacing(np.abs(expected).astype(dtype))).all()


@DTYPES
def test_exponentials_of_extreme_numbers(dtype):
    x, out = np.array([0.0, -np.inf, np.nan, -1e4], dtype), np.empty(4, dtype)
    exp_of(x, out)
    np.testing.assert_array_equal(out, np.array([1, 0, np.nan, 0], dtype))
    expm1_of(x, out)
    np.testing.assert_array_equal(out, np.array([0, -1, np.nan, -1], dtype))


@DTYPES
def test_adam_takes_its_formula(dtype):
    theta, gradient, mean, square = (random_stream(k, 50).standard_normal(50).astype(dtype) for k in range(4))
    square = square**2
    expected_mean, expected_square = 0.75 * mean + gradient, 0.5 * square + gradient**2
    expected = theta - 0.125 * expected_mean / (np.sqrt(expected_square) + 0.25)
    loops.adam(theta, gradient, mean, square, 0.75, 0.5, 0.125, 0.25)
    for got, wanted in ((mean, expected_mean), (square, expected_square), (theta, expected)):
        np.testing.assert_allclose(got, wanted, rtol=8 * np.finfo(dtype).eps, atol=4 * np.finfo(dtype).eps)


@DTYPES
@pytest.mark.parametrize("look_ahead", [False, True])
def test_momentum_takes_its_formula(dtype, look_ahead):
    theta, gradient, velocity = (random_stream(k, 50).standard_normal(50).astype(dtype) for k in range(3))
    speed = 0.75 * velocity - 0.5 * gradient
    expected = theta + (0.75 * speed - 0.5 * gradient if look_ahead else speed)
    loops.momentum(theta, gradient, velocity, 0.75, 0.5, look_ahead)
    np.testing.assert_allclose(velocity, speed, rtol=8 * np.finfo(dtype).eps, atol=4 * np.finfo(dtype).eps)
    np.testing.assert_allclose(theta, expected, rtol=8 * np.finfo(dtype).eps, atol=8 * np.finfo(dtype).eps)


@DTYPES
def test_a_penalty_adds_its_gradient_and_returns_the_squares(dtype):
    theta, gradient = (random_stream(k, 50).standard_normal(50).astype(dtype) for k in range(2))
    expected = gradient + dtype(0.5) * theta
    squares = loops.add_penalty(theta, gradient, 0.5)
    np.testing.assert_allclose(gradient, expected, rtol=0, atol=4 * np.finfo(dtype).eps)
    np.testing.assert_allclose(squares, (theta.astype(float) ** 2).sum(), rtol=32 * np.finfo(dtype).eps)


@CALLABLE
def largest_of(row):
    return loops.largest(row)


def test_the_largest_entry_of_rows_of_any_length():
    for count in (1, 7, 8, 9, 40):
        row = random_stream(count, count).standard_normal(count)
        for at in range(count):
            row[at] += 100
            assert largest_of(row) == row[at]
            row[at] -= 100


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("scale", [1, 30])
def test_tangents_of_softmax_are_those_of_its_rule(dtype, scale):
    """The rule measures from the largest logit; here p.v is subtracted, which loses some ulps of the largest entry."""
    rng = np.random.default_rng(scale)
    logits, tangents = (scale * rng.standard_normal((2, 13, 37))).astype(dtype)
    shares, out = rng.uniform(0.1, 2, (13, 1)).astype(dtype), np.empty((13, 37), dtype)
    loops.softmax_tangents(logits, tangents, shares, out)
    exact = rules.softmax.jvp(logits.astype(np.float64), tangents.astype(np.float64)) * shares
    size = abs(tangents * shares).max(axis=1, keepdims=True)
    assert (abs(out - exact) <= 16 * np.finfo(dtype).eps * size).all()


def test_tangents_of_softmax_pass_a_nan_on():
    logits, out = np.array([[0.0, np.nan, 1.0], [0.0, 1.0, 2.0]]), np.empty((2, 3))
    loops.softmax_tangents(logits, np.ones((2, 3)), np.ones((2, 1)), out)
    assert np.isnan(out).all(axis=1).tolist() == [True, False]
