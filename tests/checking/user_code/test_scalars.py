"""Functions of single numbers on balls, beside SciPy's and Python's on floats."""

import math

import numpy as np
import pytest
import scipy.special

from chainrule.checking import Ball, balls, midpoints
from chainrule.checking.ball import nearest
from chainrule.checking.user_code.scalars import ELEMENTARY, MATH, SPECIAL, has_balls

X, Y = np.array([0.25, 0.75]), np.array([0.5, 0.125])
BEYOND_ONE = {"arccosh", "acosh"}
ONE_ARGUMENT = [
    *((np if hasattr(np, name) else scipy.special, name, function) for name, function in ELEMENTARY.items()),
    *((scipy.special, name, function) for name, function in SPECIAL.items()),
]


@pytest.mark.parametrize(("module", "name", "function"), ONE_ARGUMENT, ids=lambda x: x if isinstance(x, str) else "")
def test_functions_agree_with_floats(module, name, function):
    original = getattr(module, name)
    x = X + 1 if name in BEYOND_ONE else X
    inputs = (x,) if original.nin == 1 else (x, Y)
    # Floats of these functions are right to a few ulp; digamma has a zero at 1.46.
    np.testing.assert_allclose(midpoints(function(*map(balls, inputs))), original(*inputs), rtol=1e-14)


@pytest.mark.parametrize("name", sorted(set(MATH) - {"fsum", "prod", "isnan", "isfinite", "isinf"}))
def test_functions_of_math_agree_with_floats(name):
    x = 1.25 if name in BEYOND_ONE else 0.25
    inputs = (x, 0.5) if name in ("pow", "atan2", "hypot") else (x,)
    expected = math.pow(x, 1 / 3) if name == "cbrt" else getattr(math, name)(*inputs)
    assert nearest(MATH[name](*map(Ball, inputs))) == pytest.approx(expected, rel=1e-14, abs=0)


def test_sums_products_and_tests_of_math():
    third = Ball(1) / 3
    assert nearest(MATH["fsum"]([third, third])) == 2 / 3
    assert nearest(MATH["prod"]([Ball(3), Ball(4)], start=2)[()]) == 24
    assert [MATH["isfinite"](x) for x in (third, Ball(math.inf), Ball(math.nan))] == [True, False, False]
    assert [MATH["isinf"](x) for x in (third, Ball(math.inf), Ball(math.nan))] == [False, True, False]


def test_edges_are_those_of_floats():
    assert nearest(SPECIAL["xlogy"](Ball(0), Ball(0))) == 0
    assert nearest(SPECIAL["entr"](Ball(0))) == 0
    assert nearest(ELEMENTARY["cbrt"](Ball(-8))) == pytest.approx(-2, rel=1e-14, abs=0)
    assert nearest(ELEMENTARY["heaviside"](Ball(0), Ball(0.5))) == 0.5
    assert nearest(ELEMENTARY["log"](Ball(0))) == -math.inf


def test_balls_are_found_in_lists_and_arrays():
    assert has_balls(1.0, [2.0, (Ball(3),)])
    assert has_balls(np.array([1, Ball(2)], dtype=object))
    assert not has_balls(1.0, [2.0], np.ones(2), np.array([None]))
