"""Stand-ins for modules, in which float arrays hold balls."""

import math

import numpy as np
import pytest
import scipy
import scipy.special
from tests.algebra.rationals import Rational, RationalArray, floats, rationals

from chainrule.algebra.ball import nearest
from chainrule.algebra.balls import ENTRYWISE, BallArray
from chainrule.checking import Ball, Undecided, balls, midpoints
from chainrule.checking.user_code.numpy_names import stand_ins

NAMES = stand_ins(BallArray)
NUMPY, SPECIAL, MATH = NAMES.numpy_functions, NAMES.special_functions, NAMES.math_functions
numpy, _, math_names, special, _ = NAMES.modules
X = np.array([[0.5, -1.25], [2.0, 3.0]])


def test_modules_and_their_functions_have_stand_ins():
    assert NAMES.of(np) is numpy
    assert NAMES.of(scipy).special is special
    assert NAMES.of(math.exp)(Ball(0)) == 1
    assert NAMES.of(np.zeros)(2).tolist() == [0, 0]
    assert NAMES.of(np.reshape) is None
    assert NAMES.of("numpy") is None
    assert repr(math_names) == "<math, on numbers>"


@pytest.mark.parametrize(
    "make",
    [
        lambda np: np.zeros((2, 2)),
        lambda np: np.zeros_like(X),
        lambda np: np.full((2,), 0.1),
        lambda np: np.array([[1.0, 2.0]]),
        lambda np: np.asarray([1, 2], dtype=float),
        lambda np: np.eye(2),
        lambda np: np.atleast_1d(0.5),
        lambda np: np.array([1.0, 2.0], ndmin=3),
    ],
)
def test_arrays_of_floats_are_arrays_of_balls(make):
    made = make(numpy)
    assert isinstance(made, BallArray)
    np.testing.assert_array_equal(midpoints(made), make(np))


def test_an_array_of_an_array_is_a_copy():
    x = balls([1.0, 2.0])
    for made in (numpy.array(x), numpy.array(x, copy=True), numpy.array([x[0], 2.0]), numpy.array(x.view(np.ndarray))):
        made[0] = 3.0
    assert midpoints(x).tolist() == [1.0, 2.0]
    assert numpy.array(x, ndmin=2).shape == (1, 2)
    assert numpy.array(x[0], ndmin=2).shape == (1, 1)


def test_arrays_of_labels_stay_labels():
    assert numpy.array([1, 2]).dtype.kind == "i"
    assert numpy.zeros(2, dtype=int).dtype.kind == "i"
    assert numpy.array([1, 2], dtype=np.float64).dtype == object


@pytest.mark.parametrize(
    "call",
    [
        lambda np, x: np.linalg.norm(x),
        lambda np, x: np.linalg.norm(x, ord=1, axis=-1),
        lambda np, x: np.linalg.norm(x, ord=np.inf, axis=-1),
        lambda np, x: np.linalg.norm(x, ord=3, axis=-1),
        lambda np, x: np.linalg.norm(x, ord=-2, axis=0, keepdims=True),
        lambda np, x: np.linalg.norm(x, ord="fro", axis=(0, 1)),
        lambda np, x: np.linalg.norm(x[0], 1),
        lambda np, x: np.nan_to_num(x),
        lambda np, x: np.real(x),
    ],
)
def test_functions_of_balls_agree_with_floats(call):
    np.testing.assert_allclose(midpoints(call(numpy, balls(X))), call(np, X), rtol=1e-15)
    assert np.asarray(call(numpy, X)).dtype == np.float64


@pytest.mark.parametrize(
    ("order", "axis"),
    [(1, None), (2, None), (-2, None), (np.inf, None), ("nuc", None), (1, (0, 1)), (0, 0), (-np.inf, 0)],
)
def test_norms_that_are_no_sums_of_powers_are_left_to_floats(order, axis):
    with pytest.raises(NotImplementedError, match="norm of order"):
        numpy.linalg.norm(balls(X), order, axis)


@pytest.mark.parametrize("name", ["logsumexp", "softmax", "log_softmax"])
def test_functions_of_rows_agree_with_scipy(name):
    expected = getattr(scipy.special, name)(X, axis=-1)
    np.testing.assert_allclose(midpoints(getattr(special, name)(balls(X), axis=-1)), expected, rtol=1e-14)


def test_nan_and_infinity_are_recognised_and_not_replaced():
    x = balls([1.0, np.nan, np.inf])
    assert numpy.isnan(x).tolist() == [False, True, False]
    assert numpy.isinf(x).tolist() == [False, False, True]
    with pytest.raises(NotImplementedError, match="nan_to_num"):
        numpy.nan_to_num(x)


U, V = np.array([0.25, 0.75]), np.array([0.5, 0.125])
BEYOND_ONE = {"arccosh", "acosh"}
FUNCTIONS = [
    *((np, name, function) for name, function in NUMPY.items()),
    *((scipy.special, name, function) for name, function in SPECIAL.items()),
]


@pytest.mark.parametrize(("module", "name", "function"), FUNCTIONS, ids=lambda x: x if isinstance(x, str) else "")
def test_functions_agree_with_floats(module, name, function):
    original = getattr(module, name)
    x = U + 1 if name in BEYOND_ONE else U
    inputs = (x,) if original.nin == 1 else (x, V)
    # Floats of these functions are right to a few ulp; digamma has a zero at 1.46.
    np.testing.assert_allclose(midpoints(function(*map(balls, inputs))), original(*inputs), rtol=1e-14)
    np.testing.assert_allclose(midpoints(function(*map(list, map(balls, inputs)))), original(*inputs), rtol=1e-14)
    single = function(*(Ball(x[0]) for x in inputs))
    assert np.ndim(single) == 0
    assert not isinstance(single, np.ndarray)


@pytest.mark.parametrize("name", ["log", "log2"])
def test_results_are_written_to_out_where_it_is_wanted(name):
    x, out = balls([0.5, 0.0]), balls([1.0, 2.0])
    assert getattr(numpy, name)(x, out=out, where=np.array([True, False])) is out
    np.testing.assert_allclose(midpoints(out), [getattr(np, name)(0.5), 2.0], rtol=1e-15)


def test_functions_of_scipy_need_not_be_ufuncs(monkeypatch):
    def expit(x):
        raise TypeError("only numerical dtypes")  # as SciPy's own function says if SCIPY_ARRAY_API is set

    monkeypatch.setitem(ENTRYWISE, expit, ENTRYWISE[scipy.special.expit])
    assert NAMES.of_numbers(expit)(Ball(0)) == 0.5
    assert NAMES.of_numbers(expit)(balls([0.0])).tolist() == [0.5]


@pytest.mark.parametrize("name", sorted(set(MATH) - {"fsum", "prod", "isnan", "isfinite", "isinf"}))
def test_functions_of_math_agree_with_floats(name):
    x = 1.25 if name in BEYOND_ONE else 0.25
    inputs = (x, 0.5) if name in ("pow", "atan2", "hypot", "fmod", "copysign") else (x,)
    expected = math.pow(x, 1 / 3) if name == "cbrt" else getattr(math, name)(*inputs)
    assert nearest(MATH[name](*map(Ball, inputs))) == pytest.approx(expected, rel=1e-14, abs=0)
    # `check_gradient` passes a number as an array without axes.
    assert midpoints(MATH[name](*map(balls, inputs))) == pytest.approx(expected, rel=1e-14, abs=0)


def test_functions_of_several_numbers_agree_with_floats():
    coordinates = [0.5, -1.25, 2.0]
    for given in (coordinates[:1], coordinates[:2], coordinates):
        expected = pytest.approx(math.hypot(*given), rel=1e-14, abs=0)
        assert nearest(math_names.hypot(*map(Ball, given))) == expected
        assert midpoints(math_names.hypot(*map(balls, given))) == expected
    negative = np.array([-0.5, -1.25, -3.5])
    expected = scipy.special.gammaln(negative)
    np.testing.assert_allclose(midpoints(scipy.special.gammaln(balls(negative))), expected, rtol=1e-14)


def test_sums_products_and_tests_of_math():
    third = Ball(1) / 3
    assert nearest(MATH["fsum"]([third, third])) == 2 / 3
    assert nearest(MATH["prod"]([Ball(3), Ball(4)], start=2)[()]) == 24
    assert [MATH["isfinite"](x) for x in (third, Ball(math.inf), Ball(math.nan))] == [True, False, False]
    assert [MATH["isinf"](x) for x in (third, Ball(math.inf), Ball(math.nan))] == [False, True, False]


def test_edges_are_those_of_floats():
    assert nearest(SPECIAL["xlogy"](Ball(0), Ball(0))) == 0
    assert nearest(SPECIAL["entr"](Ball(0))) == 0
    assert nearest(NUMPY["cbrt"](Ball(-8))) == pytest.approx(-2, rel=1e-14, abs=0)
    assert nearest(NUMPY["heaviside"](Ball(0), Ball(0.5))) == 0.5
    assert nearest(NUMPY["log"](Ball(0))) == -math.inf


def test_balls_are_found_in_lists_and_arrays():
    assert NAMES.has_numbers(1.0, [2.0, (Ball(3),)])
    assert NAMES.has_numbers(np.array([1, Ball(2)], dtype=object))
    assert not NAMES.has_numbers(1.0, [2.0], np.ones(2), np.array([None]))


OF_RATIONALS = {
    "norm": lambda np, x: np.linalg.norm(x, 1, axis=-1),
    "solve": lambda np, x: np.linalg.solve(x, [1.0, 2.0]) + np.linalg.inv(x)[0],
    "det": lambda np, x: np.linalg.det(x),
    "constructors": lambda np, x: np.zeros_like(x) + np.eye(2) @ np.array([[1.0, 2.0], [x[0, 0], x[0, 1]]]),
    "diagonal": lambda np, x: np.diag(x) + np.diag(x[0]) + np.linspace(0, 1, 3)[:2],
}


@pytest.mark.parametrize("call", OF_RATIONALS.values(), ids=OF_RATIONALS)
def test_another_kind_of_number_has_stand_ins_of_its_own(call):
    names = stand_ins(RationalArray)
    assert names is stand_ins(RationalArray)
    result = call(names.of(np), rationals(X))
    assert type(result) is RationalArray
    np.testing.assert_allclose(floats(result), call(np, X), rtol=1e-14)


def test_functions_that_a_kind_lacks_are_named():
    numpy, linalg, math_names, special, _ = stand_ins(RationalArray).modules
    for name, function in {
        "log": numpy.log,
        "erf": math_names.erf,
        "expit": special.expit,
        "exp": math_names.exp,
    }.items():
        with pytest.raises(NotImplementedError, match=f"{name} of Rational"):
            function(Rational(2))
    with pytest.raises(NotImplementedError, match="log of Rational"):
        linalg.slogdet(rationals(X))
    assert numpy.exp(0.0) == 1
    assert math_names.floor(Rational(2.5)) == 2
    assert stand_ins(RationalArray).has_numbers([Rational(1)])
    assert not stand_ins(RationalArray).has_numbers([Ball(1), balls([1.0])])


def test_integers_are_made_only_of_whole_numbers():
    assert numpy.array([Ball(2), 3], dtype=int).dtype.kind == "i"
    with pytest.raises(Undecided):
        numpy.array([Ball(2.5)], dtype=int)
