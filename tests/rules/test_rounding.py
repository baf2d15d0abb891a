"""The rounding errors of differences and products are recovered exactly; rational arithmetic is the witness."""

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from chainrule.rules.rounding import EXPONENT_LIMIT, difference_error, product_error

SIZES = st.floats(-1e5, 1e5).filter(lambda x: abs(x) > 1e-100 or x == 0)


@given(SIZES, SIZES)
def test_a_difference_and_its_error_are_the_exact_difference(a, b):
    first, second = np.array(a), np.array(b)
    error = difference_error(first, second, first - second)
    assert Fraction(float(first - second)) + Fraction(float(error)) == Fraction(a) - Fraction(b)


@given(st.floats(-1000, 1000), st.floats(-1000, 1000))
def test_a_product_and_its_error_are_the_exact_product(a, b):
    first, second = np.array(a), np.array(b)
    error = product_error(first, second, first * second)
    exact = Fraction(a) * Fraction(b)
    # An error below the smallest float cannot be stored; those of products above 1e-250 can.
    if abs(exact) > Fraction(1, 10**250):
        assert Fraction(float(first * second)) + Fraction(float(error)) == exact


@given(st.floats(2**-20, 1000, width=32), st.floats(2**-20, 1000, width=32))
def test_the_same_in_float32(a, b):
    first, second = np.array(a, np.float32), np.array(b, np.float32)
    error = product_error(first, second, first * second)
    assert error.dtype == np.float32
    assert Fraction(float(first * second)) + Fraction(float(error)) == Fraction(a) * Fraction(b)


@pytest.mark.parametrize(("a", "b"), [(1.1e300, 1.3e-298), (1.7e308, 3.3e-304), (1.3e-290, 1.1e295)])
def test_factors_at_the_ends_of_the_range_do_not_overflow(a, b):
    for first, second in ((np.array(a), np.array(b)), (np.array(b), np.array(a))):
        error = product_error(first, second, first * second)
        assert Fraction(float(first * second)) + Fraction(float(error)) == Fraction(a) * Fraction(b)


def test_beyond_what_exponents_can_be_the_error_is_left_out():
    a = np.array([1 + 2.0**-30, 1e300, np.inf])
    b = np.array([EXPONENT_LIMIT, 1e300, 1.0])
    with np.errstate(over="ignore"):
        assert product_error(a, b, a * b).tolist() == [0.0, 0.0, 0.0]


def test_tensors_have_the_same_errors():
    torch = pytest.importorskip("torch", reason="needs PyTorch: pip install -e '.[torch]'")
    a, b = np.array([0.1, 700.3, -3.7]), np.array([0.7, 0.9, 1e-3])
    got = product_error(torch.tensor(a), torch.tensor(b), torch.tensor(a) * torch.tensor(b))
    assert got.tolist() == product_error(a, b, a * b).tolist()
    assert got.abs().max() > 0
