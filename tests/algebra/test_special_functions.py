"""Sines, arc tangents, the error function, gamma, and unknown functions."""

import math

import numpy as np
import pytest

from chainrule.algebra import Exact, Field, Undecided, derivative, unknown, variables
from chainrule.algebra.field import OutsideDomain
from chainrule.algebra.special_functions import FUNCTIONS, constant


@pytest.fixture
def numbers():
    with Field():
        yield variables("x", [0.5, -0.25])


def test_the_relations_of_sines(numbers):
    x, y = numbers
    equal = {
        "a square": (np.sin(x) ** 2 + np.cos(x) ** 2, Exact(1)),
        "a sum": (np.sin(x + y), np.sin(x) * np.cos(y) + np.cos(x) * np.sin(y)),
        "a difference": (np.cos(x - y), np.cos(x) * np.cos(y) + np.sin(x) * np.sin(y)),
        "a double": (np.sin(2 * x), 2 * np.sin(x) * np.cos(x)),
        "a negative": (np.sin(-x), -np.sin(x)),
        "a tangent": (FUNCTIONS["tan"](x) * np.cos(x), np.sin(x)),
    }
    assert [name for name, (a, b) in equal.items() if not (a - b).is_zero()] == []


@pytest.mark.parametrize("name", ["arctan", "arcsin", "erf"])
def test_odd_functions(numbers, name):
    f, x = FUNCTIONS[name], numbers[0]
    assert (f(-x) + f(x)).is_zero()
    assert f(x - x).is_zero()


def test_pi_is_one_number_with_a_short_name(numbers):
    assert str(constant("pi")) == "pi"
    assert (constant("pi") - constant("pi")).is_zero()


@pytest.mark.parametrize("parts", [12, 10, 7])
def test_multiples_of_pi_have_the_sines_of_floats(parts):
    for times in range(-2 * parts - 1, 2 * parts + 2):
        for plus in (0, 1, -1):
            with Field():
                angle = constant("pi") * times / parts + plus * variables("x", [0.375])[0]
                near = float(angle.value)
                for name, expected in (("sin", math.sin(near)), ("cos", math.cos(near))):
                    assert float(FUNCTIONS[name](angle).value) == pytest.approx(expected, abs=1e-14), (times, name)


SIN, COS, SQRT = (FUNCTIONS[name] for name in ("sin", "cos", "sqrt"))
TURNS = {
    "a third": lambda x, pi: (COS(pi / 3), Exact(1) / 2),
    "a twelfth": lambda x, pi: (SIN(pi / 12), (SQRT(Exact(6)) - SQRT(Exact(2))) / 4),
    "turns": lambda x, pi: (SIN(x - 7 * pi), -SIN(x)),
    "a quarter": lambda x, pi: (COS(x + pi / 2), -SIN(x)),
    "a tenth": lambda x, pi: (SIN(3 * pi / 5), COS(pi / 10)),
}


@pytest.mark.parametrize("name", TURNS)
def test_sines_of_twelfths_of_pi_are_roots_and_turns_are_taken_off(name):
    with Field():
        left, right = TURNS[name](variables("x", [0.5])[0], constant("pi"))
        assert (left - right).is_zero()
        assert not (left + right).is_zero()


def test_an_arc_sine_ends_at_one(numbers):
    x = numbers[0]
    with pytest.raises(OutsideDomain):
        FUNCTIONS["arcsin"](x + 1)
    with pytest.raises(Undecided) as caught:
        FUNCTIONS["arcsin"](Exact(1))
    assert not isinstance(caught.value, OutsideDomain)  # 1 is in the domain


@pytest.mark.parametrize("name", ["gammaln", "gamma", "digamma"])
def test_gamma_functions_of_negative_numbers_are_undecided_and_not_outside_the_domain(numbers, name):
    with pytest.raises(Undecided) as caught:
        FUNCTIONS[name](numbers[1])
    assert not isinstance(caught.value, OutsideDomain)


def test_an_unknown_function_has_derivatives_and_no_sign(numbers):
    x, y = numbers
    f = unknown("f", x * y)
    assert (f - unknown("f", y * x)).is_zero()
    assert not (f - unknown("g", y * x)).is_zero()
    assert (derivative(f * f, x) - 2 * f * unknown("f", x * y, order=(1,)) * y).is_zero()
    assert str(derivative(f, x)) == "x1 f'(x0 x1)"
    twice = unknown("f", f)
    assert (derivative(twice, y) - unknown("f", f, order=(1,)) * unknown("f", x * y, order=(1,)) * x).is_zero()
    mixed = unknown("h", x, y)
    assert (derivative(derivative(mixed, x), y) - derivative(derivative(mixed, y), x)).is_zero()
    with pytest.raises(Undecided):
        bool(f > 0)
    assert f * f + 1 > 0
    assert np.log(1 + np.exp(f)) == np.log(np.exp(f) + 1)
