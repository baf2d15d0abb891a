"""Floats that stand for simple numbers: 0.3333333333333333 for 1/3, 0.7978845608028654 for sqrt(2/pi).

A float in a program is exact by itself, and usually the nearest to the number that was meant. `ideal_number` finds that
number among fractions, their roots, and the same times pi, sqrt(pi), log 2, ...; a proof that used it holds up to the
rounding of the constant.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from fractions import Fraction
from typing import TYPE_CHECKING

import flint

from chainrule.algebra import exact, powers, special_functions

if TYPE_CHECKING:
    from chainrule.algebra.exact import Exact
    from chainrule.algebra.field import Field

LARGEST_DENOMINATOR = 1000
ROUNDED_BITS = 50
"""Bits of a rounded float that are right after a few steps, each with a rounding error."""

_SHORT = 10**6
"""Decimal numbers with fewer digits mean themselves, as 0.1 means 1/10."""


def ideal_number(field: Field, x: float) -> Exact | None:
    """The simple number that rounds to `x`, within 2 ulp if it is irrational; None if there is none, or it is `x`."""
    found = _found(x)
    if found is None:
        return None
    number, text = found
    field.idealised[x] = text
    return number


def rounded_number(field: Field, x: float) -> Exact | None:
    """A constant of which only the first bits are known, in place of a float that may have been rounded; else None.

    What differs for such constants differs for all numbers that round to the floats.
    """
    if not exact.may_be_rounded(x):
        return None
    number = exact.rational(flint.fmpq(*x.as_integer_ratio()))
    near = flint.arb(x, abs(x) * 2.0**-ROUNDED_BITS)
    return powers.tabled(field, "constant", number, near, None, None, name=f"a number near {x!r}", positive=x > 0)


def _found(x: float) -> tuple[Exact, str] | None:
    fraction = _fraction(x)
    if fraction is not None:
        if fraction == Fraction(*x.as_integer_ratio()):
            return None
        return exact.rational(flint.fmpq(fraction.numerator, fraction.denominator)), str(fraction)
    size = abs(x)
    for text, unit in _units().items():
        ratio = Fraction(*size.as_integer_ratio()) / Fraction(*unit.as_integer_ratio())
        nearby = ratio.limit_denominator(LARGEST_DENOMINATOR)
        if nearby and abs(ratio / nearby - 1) < Fraction(3, 2**53):
            number = nearby.numerator * _number(text) / nearby.denominator
            if _is_near(size, number):
                sign = -1 if x < 0 else 1
                return sign * number, f"{'-' if x < 0 else ''}{'' if nearby == 1 else f'{nearby} '}{text}"
    fraction = _fraction(x, slack=4)
    if fraction is not None:
        return exact.rational(flint.fmpq(fraction.numerator, fraction.denominator)), str(fraction)
    square = _fraction(size * size, slack=4)
    if square is not None and 0 < square.numerator < LARGEST_DENOMINATOR:
        number = powers.sqrt(exact.rational(flint.fmpq(square.numerator, square.denominator)))
        if _is_near(size, number):
            return (-number if x < 0 else number), f"{'-' if x < 0 else ''}sqrt({square})"
    return None


def _is_near(x: float, number: Exact) -> bool:
    """True if a program that computes the number in floats, in a few steps, may get `x`."""
    return abs(float(number.value) - x) <= 2 * math.ulp(x)


def _fraction(x: float, slack: int = 0) -> Fraction | None:
    """The fraction with a small denominator, or the short decimal, to which `x` is the nearest float."""
    exact_value = Fraction(*x.as_integer_ratio())
    for most in (LARGEST_DENOMINATOR, _SHORT):
        nearby = exact_value.limit_denominator(most)
        if most == _SHORT and 10**6 % nearby.denominator:
            continue
        if float(nearby) == x or (nearby and abs(float(nearby) - x) <= slack * math.ulp(x)):
            return nearby
    return None


def _units() -> dict[str, float]:
    return {
        "pi": math.pi,
        "sqrt(pi)": math.sqrt(math.pi),
        "sqrt(2 pi)": math.sqrt(2 * math.pi),
        "sqrt(2/pi)": math.sqrt(2 / math.pi),
        "1/pi": 1 / math.pi,
        "1/sqrt(pi)": 1 / math.sqrt(math.pi),
        "1/sqrt(2 pi)": 1 / math.sqrt(2 * math.pi),
        "e": math.e,
        "log(2)": math.log(2),
        "1/log(2)": 1 / math.log(2),
        "log(10)": math.log(10),
        "1/log(10)": 1 / math.log(10),
        "log(pi)": math.log(math.pi),
        "log(2 pi)": math.log(2 * math.pi),
        "euler": 0.5772156649015329,
    }


def _number(text: str) -> Exact:
    pi, two, ten = special_functions.constant("pi"), exact.rational(2), exact.rational(10)
    numbers: dict[str, Callable[[], Exact]] = {
        "pi": lambda: pi,
        "sqrt(pi)": lambda: powers.sqrt(pi),
        "sqrt(2 pi)": lambda: powers.sqrt(2 * pi),
        "sqrt(2/pi)": lambda: powers.sqrt(2 / pi),
        "1/pi": lambda: 1 / pi,
        "1/sqrt(pi)": lambda: 1 / powers.sqrt(pi),
        "1/sqrt(2 pi)": lambda: 1 / powers.sqrt(2 * pi),
        "e": lambda: powers.exp(exact.rational(1)),
        "log(2)": lambda: powers.log(two),
        "1/log(2)": lambda: 1 / powers.log(two),
        "log(10)": lambda: powers.log(ten),
        "1/log(10)": lambda: 1 / powers.log(ten),
        "log(pi)": lambda: powers.log(pi),
        "log(2 pi)": lambda: powers.log(2 * pi),
        "euler": lambda: special_functions.constant("euler"),
    }
    return numbers[text]()
