"""Elementary functions of balls and of dual numbers."""

import flint
import pytest

from chainrule.algebra.ball import Undecided, precision
from chainrule.checking.documents.numbers import (
    ELEMENTARY,
    ONE,
    TAGS,
    ZERO,
    Dual,
    Undefined,
    divide,
    extreme,
    power,
    sign_of,
    tangent,
)

STEP = flint.arb(2) ** -40


@pytest.mark.parametrize("name", ELEMENTARY)
def test_slopes_are_the_limits_of_difference_quotients(name):
    function, tag = ELEMENTARY[name], next(TAGS)
    with precision(192):
        x = flint.arb(3) / 7
        slope = tangent(function(Dual(x, ONE, tag)), tag)
        quotient = (function(x + STEP) - function(x - STEP)) / (2 * STEP)
        assert abs(slope - quotient) < 1e-20
        assert tangent(function(x), tag) == ZERO


def test_duals_of_different_passes_nest():
    x, first, second = flint.arb(3), next(TAGS), next(TAGS)
    cube = power(Dual(Dual(x, ONE, first), ONE, second), flint.arb(3))
    assert tangent(tangent(cube, second), first) == 18


def test_powers_of_negative_numbers_need_whole_exponents():
    assert power(flint.arb(-2), flint.arb(3)) == -8
    assert power(flint.arb(-2), flint.arb(-2)) == flint.arb(1) / 4
    with pytest.raises(Undefined, match="not positive"):
        power(flint.arb(-2), flint.arb(1) / 2)


def test_a_tie_has_a_maximum_but_no_derivative():
    tie = [flint.arb(2), flint.arb(2)]
    assert extreme("max", [*tie, ONE]) == 2
    assert extreme("min", [*tie, ONE]) == 1
    with pytest.raises(Undefined, match="tie"):
        extreme("max", [tie[0], Dual(tie[1], ONE, next(TAGS))])


def test_what_has_no_value_is_undefined_and_what_is_too_wide_is_undecided():
    with pytest.raises(Undefined):
        divide(ONE, ZERO)
    with pytest.raises(Undefined):
        ELEMENTARY["log"](-ONE)
    with pytest.raises(Undecided):
        sign_of(flint.arb(0, 1))
