"""Arrays of exact numbers under NumPy's and SciPy's functions."""

import flint
import numpy as np
import pytest
from scipy import special

from chainrule.algebra import Exact, ExactArray, Field, Undecided, exact_numbers, gradient, jacobian, variables
from chainrule.algebra.exact_arrays import ExactArray as Arrays

SAMPLE = np.array([0.25, 0.5625, 0.8125])


@pytest.fixture
def x():
    with Field():
        yield variables("x", SAMPLE)


@pytest.mark.parametrize("ufunc", sorted(Arrays.entrywise, key=lambda ufunc: ufunc.__name__), ids=lambda u: u.__name__)
def test_the_value_at_the_sample_is_that_of_floats(x, ufunc):
    inside = 1 + SAMPLE if ufunc is np.arccosh else SAMPLE
    numbers = 1 + x if ufunc is np.arccosh else x
    more = ufunc.nin - 1
    result = ufunc(numbers, *[numbers[::-1]] * more)
    expected = ufunc(inside, *[inside[::-1]] * more)
    if expected.dtype == bool:
        assert (result == expected).all()
    else:
        assert type(result) is ExactArray
        np.testing.assert_allclose([float(entry.value) for entry in result], expected, rtol=1e-13)


def test_shapes_and_names():
    with Field():
        assert str(variables("a", 2.0)[()]) == "a"
        assert variables("W", np.ones((2, 3))).shape == (2, 3)
        assert str(variables("q", np.array([flint.fmpq(1, 3)], dtype=object))[0].value) == str(flint.arb(1) / 3)


def test_positive_variables_have_positive_samples():
    with Field(), pytest.raises(ValueError, match="positive"):
        variables("x", [1.0, -1.0], positive=True)


def test_gradients_and_jacobians(x):
    y = x[0] * x
    J = jacobian(y, x)
    assert J.shape == (3, 3)
    expected = np.array([[2 * x[0], 0, 0], [x[1], x[0], 0], [x[2], 0, x[0]]])
    assert all((a - b).is_zero() for a, b in zip(J.ravel(), exact_numbers(expected).ravel(), strict=True))
    assert all((a - b).is_zero() for a, b in zip(gradient((x * x).sum(), x), 2 * x, strict=True))


def test_code_for_floats_runs(x):
    shifted = x - np.max(x)
    probs = np.exp(shifted) / np.exp(shifted).sum()
    assert (probs.sum() - 1)[()].is_zero()
    assert np.argmax(x) == 2
    assert np.argsort(-x).tolist() == [2, 1, 0]
    assert np.where(x > 0.3, x, 0)[0] == 0
    assert np.clip(x, 0, 0.625)[2] == 0.625
    assert np.isfinite(x).all()
    assert not np.isnan(x).any()
    with pytest.raises(Undecided):
        x.astype(int)
    with pytest.raises(TypeError):
        x.__reduce__()
    assert isinstance(np.maximum(x, 0)[0], Exact)
    assert special.xlogy(x - x, x - x)[0].is_zero()


@pytest.mark.parametrize("ufunc", [np.cbrt, np.tan, np.arcsin, np.arccos, np.arcsinh, np.arctanh])
def test_single_numbers_have_the_functions_too(x, ufunc):
    assert (ufunc(x[0]) - ufunc(x[:1])[0]).is_zero()
