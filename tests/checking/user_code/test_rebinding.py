"""Copies of users' functions that run on balls."""

import enum
import functools
import math
from typing import ClassVar

import numpy as np
import pytest
from tests.algebra.rationals import Rational, RationalArray, floats, rationals

from chainrule import rules
from chainrule.algebra.ball import nearest
from chainrule.checking import Ball, balls, midpoints
from chainrule.checking.user_code import on_balls, on_numbers
from chainrule.checking.user_code.rebinding import names_in

SCALE = 2.0


def helper(x):
    return math.exp(SCALE * x)


def plain(x):
    return helper(x)


def recursive(x, n=2):
    return x if n == 0 else math.tanh(recursive(x, n - 1))


def closure():
    shift = np.zeros(2)
    return lambda x: np.exp(x - shift)


class Layer:
    def __init__(self, scale):
        self.scale = scale

    @staticmethod
    def shifted(x):
        return math.log1p(x)

    @property
    def doubled(self):
        return 2 * self.scale

    def __call__(self, x):
        return self.doubled * self.shifted(x)


class Slotted:
    __slots__ = ("scale",)

    def __init__(self, scale):
        self.scale = scale

    def helped(self, x):
        return self.scale * math.log1p(x)

    def __call__(self, x):
        return 2 * self.helped(x)


class Mode(enum.Enum):
    SHIFTED = "shifted"


class Registered:
    names: ClassVar[list[str]] = []

    def __init_subclass__(cls):
        Registered.names.append(cls.__name__)


class Subclass(Registered):
    def __call__(self, x):
        return math.log1p(x) if Mode("shifted") is Mode.SHIFTED else math.log(x)


class Refusing:
    def __copy__(self):
        raise RuntimeError("not to be copied")

    def __call__(self, x):
        return math.log1p(x)


class Single:
    def __new__(cls):
        Single.only = getattr(Single, "only", None) or super().__new__(cls)
        return Single.only

    def __call__(self, x):
        return math.log1p(x)


class WithoutAttributes:
    def __getattr__(self, name):
        raise KeyError(name)

    def __call__(self, x):
        return math.log1p(x)


CALLS = {
    "slots": (Slotted(1.5), 3 * math.log1p(0.5)),
    "a helper": (plain, math.exp(1.0)),
    "recursion": (recursive, math.tanh(math.tanh(0.5))),
    "an object": (Layer(1.5), 3 * math.log1p(0.5)),
    "a method": (Layer(1.5).__call__, 3 * math.log1p(0.5)),
    "partial": (functools.partial(recursive, n=1), math.tanh(0.5)),
}


@pytest.mark.parametrize("name", CALLS)
def test_what_a_function_refers_to_is_followed(name):
    function, expected = CALLS[name]
    result = on_balls(function)(Ball(0.5))
    assert isinstance(result, Ball)
    # A 53-bit ball's midpoint is right to a few ulp.
    assert nearest(result) == pytest.approx(expected, rel=1e-14, abs=0)


@pytest.mark.parametrize("cls", [Subclass, Refusing, Single, WithoutAttributes])
def test_objects_that_refuse_copies_or_register_them_stay_as_they_are(cls):
    made = cls()
    assert float(on_balls(lambda x: made(x) + math.exp(0))(Ball(0))) == 1
    assert nearest(on_balls(made.__call__)(Ball(0.5))) == pytest.approx(math.log1p(0.5), rel=1e-14, abs=0)
    assert type(made) is cls
    assert Registered.names == ["Subclass"]


def test_closures_are_copied_and_nothing_of_the_original_changes():
    function = closure()
    np.testing.assert_allclose(midpoints(on_balls(function)(balls([0.0, 1.0]))), [1, math.e], rtol=1e-15)
    assert function(np.zeros(2)).dtype == np.float64
    assert helper.__globals__["math"] is math


def test_rules_of_the_package_stay_the_same_object_and_others_are_copied():
    assert on_balls(rules.softmax) is rules.softmax
    own = rules.Rule("own", lambda x: (plain(x), x), lambda x, v: v * plain(x))
    assert on_balls(own).forward is not own.forward


def test_names_in_inner_functions_are_found():
    assert {"math", "log1p"} <= set(names_in(Layer.shifted.__code__))
    assert "exp" in set(names_in(closure.__code__))


def _loops(x):
    total, rows = 0.0, [[0.0] * len(x) for _ in x]
    for i in range(len(x)):
        for j, entry in enumerate(x):
            rows[i][j] = entry * x[i] if i > j else math.floor(entry)
        total += max(rows[i])
    out = np.zeros(len(x))
    out[x < 0] = total
    out += np.array(rows).sum(axis=1)
    return np.linalg.solve(np.outer(x, x) + np.eye(len(x)), out)


def test_loops_and_lists_run_on_another_kind_of_number():
    x = np.array([0.5, -1.25, 3.0])
    result = on_numbers(_loops, RationalArray)(rationals(x))
    assert all(type(entry) is Rational for entry in result.tolist())
    np.testing.assert_allclose(floats(result), _loops(x), rtol=1e-13)
    np.testing.assert_allclose(midpoints(on_balls(_loops)(balls(x))), _loops(x), rtol=1e-13)
    with pytest.raises(NotImplementedError, match="exp of Rational"):
        on_numbers(plain, RationalArray)(Rational(1))


def _to_floats(x):
    labels = np.array([1, 2]).astype(float)
    return labels[0] * sum([float(entry) for entry in x]) + float("0.5")


def _only_calls(x):
    return float(x.sum()) + float(x[0]) * float(len(x)) + 0.0


@pytest.mark.parametrize("function", [_only_calls, _to_floats])
def test_a_number_needs_no_conversion_to_float(function):
    x = np.array([0.5, 1.0])
    third = on_balls(function)(balls(x) / 3)
    assert nearest(third if isinstance(third, Ball) else third[()]) == pytest.approx(function(x / 3), rel=1e-14, abs=0)


def test_a_users_own_float_is_called():
    scope = {"float": lambda x: 2 * x}
    exec("def function(x): return float(x)", scope)
    assert on_balls(scope["function"])(Ball(2)) == 4
