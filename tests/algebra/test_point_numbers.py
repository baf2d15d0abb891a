"""Numbers at a point: the values and derivatives of exact numbers, and nothing told that balls cannot tell."""

import random
from collections import Counter
from fractions import Fraction

import flint
import numpy as np
import pytest
from tests.algebra.expressions import exactly, random_formula
from tests.algebra.test_random_formulas import GROUPS, computed, samples

from chainrule.algebra import Exact, Field, Memory, Undecided, attempt, derivative, substituted, variables
from chainrule.algebra.ball import Indefinite
from chainrule.algebra.exact import Infinite
from chainrule.algebra.field import OutsideDomain
from chainrule.algebra.formal_derivatives import positions
from chainrule.algebra.point_numbers import PointNumber
from chainrule.algebra.special_functions import FUNCTIONS, constant, polygamma, unknown

FORMULAS = 400


def value_and_slopes(formula, inputs):
    """The balls of a formula, of its gradient, and of one second derivative; or "infinite"."""
    number = exactly(formula, inputs)
    if isinstance(number, Infinite):
        return "infinite"
    slopes = [derivative(number, x) for x in inputs]
    return [each.value for each in (number, *slopes, derivative(slopes[0], inputs[1]))]


def at_point(formula, sample):
    """The same in numbers at a point, or the name of the reason why they do not tell."""
    try:
        with Field(Memory(bits=400), number=PointNumber):
            return value_and_slopes(formula, [variables(f"x{i}", float(x))[()] for i, x in enumerate(sample)])
    except Undecided as reason:
        return type(reason).__name__


@pytest.mark.parametrize("group", GROUPS)
def test_values_and_derivatives_are_those_of_exact_numbers(group):
    stream, seen = random.Random(group), Counter()
    for _ in range(FORMULAS):
        formula, sample = random_formula(stream, GROUPS[group], 3), samples(stream, 3)
        exact = computed(sample, lambda _, x, formula=formula: value_and_slopes(formula, x))
        found = at_point(formula, sample)
        if isinstance(exact, list) and isinstance(found, list):
            finite = [(a, b) for a, b in zip(exact, found, strict=True) if not (a.is_nan() or b.is_nan())]
            assert all(a.overlaps(b) for a, b in finite), (formula, sample)
            assert all(b.rad() < 2**-60 * (1 + abs(b.mid())) for _, b in finite), (formula, sample)
            seen["same"] += len(finite) == len(exact)
        elif isinstance(exact, list):
            seen["less told"] += 1
        else:
            seen["undefined"] += 1
    assert seen["same"] >= 6 * seen["less told"]
    assert seen["same"] > FORMULAS / 4


FORMULAS_WITH_SLOPES = {
    "exp": Fraction(1, 3),
    "expm1": Fraction(-1, 3),
    "log": Fraction(7, 3),
    "log1p": Fraction(-1, 3),
    "sqrt": Fraction(7, 3),
    "cbrt": Fraction(-7, 3),
    "sinh": Fraction(2, 3),
    "cosh": Fraction(-2, 3),
    "tanh": Fraction(2, 3),
    "sin": Fraction(4, 3),
    "cos": Fraction(4, 3),
    "tan": Fraction(-4, 3),
    "arcsin": Fraction(-2, 7),
    "arccos": Fraction(2, 7),
    "arctan": Fraction(-9, 7),
    "arcsinh": Fraction(-9, 7),
    "arccosh": Fraction(9, 7),
    "arctanh": Fraction(-3, 7),
    "erf": Fraction(-3, 7),
    "erfc": Fraction(3, 7),
    "ndtr": Fraction(-5, 7),
    "gamma": Fraction(12, 7),
    "gammaln": Fraction(12, 7),
    "digamma": Fraction(12, 7),
}


def test_each_function_of_one_number_is_tried():
    assert {*FORMULAS_WITH_SLOPES, "power", "arctan2"} == FUNCTIONS.keys()


@pytest.mark.parametrize("name", FORMULAS_WITH_SLOPES)
def test_the_first_two_derivatives_are_difference_quotients(name):
    at, step = flint.fmpq(*FORMULAS_WITH_SLOPES[name].as_integer_ratio()), flint.fmpq(1, 2**60)

    def of(x):
        with Field(Memory(bits=600), number=PointNumber):
            return FUNCTIONS[name](Exact(0) + x).value

    with Field(Memory(bits=600), number=PointNumber):
        x = variables("x", at)[()]
        first = derivative(FUNCTIONS[name](x), x)
        second = derivative(first, x)
        below, here, above = of(at - step), of(at), of(at + step)
        h = flint.arb(step)
        assert abs((above - below) / (2 * h) - first.value) < 1e-30
        assert abs((above - 2 * here + below) / (h * h) - second.value) < 1e-30


def test_the_function_of_two_numbers_has_the_angle_in_each_quarter():
    with Field(Memory(bits=300), number=PointNumber):
        for y, x in ((1.5, 2.0), (1.5, -2.0), (-1.5, -2.0), (-1.5, 2.0)):
            b, a = variables("p", [y, x])
            angle = FUNCTIONS["arctan2"](b, a)
            assert angle.value.overlaps(flint.arb.atan2(flint.arb(y), flint.arb(x)))
            slopes = [flint.fmpq(int(4 * x), 25), flint.fmpq(int(-4 * y), 25)]
            assert [derivative(angle, each).fraction for each in (b, a)] == slopes


def test_rationals_stay_rational_and_are_compared_exactly():
    with Field(number=PointNumber):
        third, tiny = Exact(1) / 3, Exact(0) + flint.fmpq(1, 10**300)
        assert third * 3 == 1
        assert third + tiny > third
        assert (Exact(0).exp(), Exact(4).sqrt(), Exact(1).log()) == (1, 2, 0)
        assert not (third + tiny).agrees_with(third)
        assert repr(third) == "1/3"
        assert np.floor(third) == 0
        assert int(third * 6) == 2


def test_what_balls_do_not_tell_is_undecided():
    with Field(number=PointNumber):
        e = Exact(1).exp()
        for compare in (lambda: e * e < Exact(2).exp(), lambda: e - e == 0, lambda: 1 / (e - e), lambda: float(e)):
            with pytest.raises(Undecided):
                compare()
        with pytest.raises(Undecided, match="too few digits"):
            (e * flint.fmpq(10**40) + 1 - e * flint.fmpq(10**40)).agrees_with(Exact(1))
        with pytest.raises(Undecided):
            unknown("f", e)
        with pytest.raises(Undecided):
            _ = e.num


def test_equal_numbers_agree_and_different_ones_do_not():
    with Field(Memory(bits=512), number=PointNumber):
        e = Exact(1).exp()
        assert (e * e).agrees_with(Exact(2).exp())
        assert not (e * e).agrees_with(Exact(2).exp() + flint.fmpq(1, 2**300))


def test_a_number_that_is_zero_at_the_point_alone_has_no_sign_no_logarithm_and_no_inverse():
    with Field(number=PointNumber):
        x = variables("x", 2.0)[()]
        for refused in (lambda: x > 2, lambda: abs(x - 2), lambda: (x - 2).log()):
            with pytest.raises(OutsideDomain):
                refused()
        with pytest.raises(Undecided):
            1 / (x - 2)
        with pytest.raises(Indefinite):
            1 / Exact(0)
        assert Exact(0).log() == Infinite(-np.inf)


def test_a_held_variable_leaves_the_derivatives_by_the_others():
    with Field(number=PointNumber):
        x, y, e = variables("x", [2.0, 3.0, 0.0])
        number = (x + e) ** 3 * y
        slope = derivative(number, e)
        held = substituted(slope, {positions([e])[0]: Exact(0)})
        assert slope.fraction == held.fraction == 36
        assert [derivative(held, each).fraction for each in (x, y, e)] == [36, 12, 0]
        with pytest.raises(Undecided, match="substitution"):
            substituted(slope, {positions([x])[0]: Exact(0)})


def test_constants_and_derivatives_of_gamma():
    with Field(Memory(bits=300), number=PointNumber):
        assert constant("pi").value.overlaps(flint.arb.pi())
        a = variables("a", 1.0)[()]
        assert derivative(FUNCTIONS["digamma"](a), a).value.overlaps(flint.arb.pi() ** 2 / 6)
    with Field(Memory(bits=300)):
        assert polygamma(1, Exact(1)).value.overlaps(flint.arb.pi() ** 2 / 6)


def test_an_attempt_in_numbers_at_a_point():
    outcome = attempt(lambda _: [("square", Exact(3) ** 2, 9)], number=PointNumber)
    assert outcome.proved
