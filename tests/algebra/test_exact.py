"""One exact number: arithmetic, comparisons and their record, conversions, infinities."""

import math
import operator
from fractions import Fraction

import flint
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chainrule.algebra import Exact, Field, Undecided, variables
from chainrule.algebra.exact import Infinite


@pytest.fixture
def field():
    with Field() as entered:
        yield entered


def recorded(field):
    return [str(condition) for condition in field.conditions]


whole = st.integers(-30, 30)


@settings(derandomize=True, max_examples=50, deadline=None)
@given(a=whole, b=whole, c=whole.filter(bool), d=whole.filter(bool))
def test_arithmetic_of_rationals_is_that_of_fractions(a, b, c, d):
    with Field():
        x, y = Exact(a) / c, Exact(b) / d
        p, q = Fraction(a, c), Fraction(b, d)
        for operation in (operator.add, operator.sub, operator.mul):
            expected = operation(p, q)
            assert operation(x, y).rational() == flint.fmpq(expected.numerator, expected.denominator)
        for comparison in (operator.lt, operator.le, operator.eq, operator.ne, operator.gt, operator.ge):
            assert comparison(x, y) is comparison(p, q)
        assert (x // y == p // q and x % y == p % q) if b else True
        assert (math.floor(x), math.ceil(x)) == (math.floor(p), math.ceil(p))


def test_floats_are_the_rationals_that_they_are(field):
    assert Exact(0.1).rational() == flint.fmpq(*(0.1).as_integer_ratio()) != flint.fmpq(1, 10)
    assert Exact(np.float32(0.1)).rational() == flint.fmpq(*float(np.float32(0.1)).as_integer_ratio())
    assert Exact(np.array(3)).rational() == 3
    with pytest.raises(Undecided, match="not a number"):
        Exact(math.nan)
    with pytest.raises(TypeError, match="expected an int or a float, got str"):
        Exact("1")


def test_conversions_that_would_round_are_undecided(field):
    (x,) = variables("x", [2.0])
    for convert in (float, int, operator.index):
        with pytest.raises((Undecided, TypeError)):
            convert(x)
    with pytest.raises(Undecided):
        float(Exact(1))
    assert int(Exact(7)) == 7
    with pytest.raises(TypeError, match="unhashable"):
        hash(x)


def test_the_floor_records_where_it_holds(field):
    (x,) = variables("x", [2.5])
    assert math.floor(x) == 2
    assert math.ceil(x) == 3
    assert (x % 2 - x + 2).is_zero()
    assert "-2 + x0 >= 0" in recorded(field)
    assert "-3 + x0 < 0" in recorded(field)


def test_infinities(field):
    (x,) = variables("x", [2.0])
    high = Exact(math.inf)
    assert isinstance(high, Infinite)
    assert x + high == high == high - x
    assert high + x == high
    assert x - high == -high
    assert x * high == high
    assert -x * high == -high
    assert (x / high).is_zero()
    assert (-high).exp().is_zero()
    assert high.exp() == high
    assert abs(-high) == high
    assert x.log() - Exact(0).log() == high
    for undecided in (
        lambda: high - high,
        lambda: high / high,
        lambda: high * 0,
        lambda: 0 * high,
        lambda: Exact(0) * high,
        lambda: (x - x) * Exact(0).log(),
        lambda: high + math.nan,
    ):
        with pytest.raises(Undecided):
            undecided()
