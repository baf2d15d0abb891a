"""The elementary functions against exact ones."""

import numpy as np
import pytest

pytest.importorskip("numba", reason="needs numba: pip install -e '.[fast]'")

import numba

from chainrule.arrays import random_stream
from chainrule.kernels.loops import elementary

CALLABLE = numba.njit(error_model="numpy", fastmath={"contract"})  # the options of compiled functions
DTYPES = pytest.mark.parametrize("dtype", [np.float32, np.float64])


@CALLABLE
def exp_of(x, out):
    for i in range(x.size):
        out[i] = elementary.exp(x[i])


@CALLABLE
def expm1_of(x, out):
    for i in range(x.size):
        out[i] = elementary.expm1(x[i])


@CALLABLE
def log1p_of(x, out):
    for i in range(x.size):
        out[i] = elementary.log1p(x[i])


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
