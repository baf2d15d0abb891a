"""Numbers for evaluation: balls, and dual numbers over them for derivatives in forward mode.

    (a + a' d)(b + b' d) = a b + (a' b + a b') d,   f(a + a' d) = f(a) + f'(a) a' d

Duals nest: each pass of differentiation has its own d, told apart by a tag, so that second derivatives are passes over
passes.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import reduce
from itertools import count
from operator import mul
from typing import Any, TypeAlias

import flint

from chainrule.algebra.ball import Undecided

Value: TypeAlias = Any
"""A flint.arb, or a Dual over them."""

ZERO, ONE = flint.arb(0), flint.arb(1)
TAGS = count(1)
"""A tag for each pass of differentiation."""


class Undefined(ArithmeticError):
    """A formula has no value at this point: a division by zero, the logarithm of a negative number."""


class Dual:
    """A number and its change along the direction of one pass."""

    __slots__ = ("tag", "tangent", "value")

    def __init__(self, value: Value, tangent: Value, tag: int) -> None:
        self.value, self.tangent, self.tag = value, tangent, tag

    def __add__(self, other: Value) -> Value:
        if isinstance(other, Dual):
            if other.tag == self.tag:
                return Dual(self.value + other.value, self.tangent + other.tangent, self.tag)
            if other.tag > self.tag:
                return Dual(self + other.value, other.tangent, other.tag)
        return Dual(self.value + other, self.tangent, self.tag)

    __radd__ = __add__

    def __neg__(self) -> Dual:
        return Dual(-self.value, -self.tangent, self.tag)

    def __sub__(self, other: Value) -> Value:
        return self + (-other)

    def __rsub__(self, other: Value) -> Value:
        return (-self) + other

    def __mul__(self, other: Value) -> Value:
        if isinstance(other, Dual):
            if other.tag == self.tag:
                tangent = self.tangent * other.value + self.value * other.tangent
                return Dual(self.value * other.value, tangent, self.tag)
            if other.tag > self.tag:
                return Dual(self * other.value, self * other.tangent, other.tag)
        return Dual(self.value * other, self.tangent * other, self.tag)

    __rmul__ = __mul__


def tangent(value: Value, tag: int) -> Value:
    """The change of a number along the pass with that tag."""
    if not isinstance(value, Dual):
        return ZERO
    if value.tag == tag:
        return value.tangent
    inner, outer = tangent(value.value, tag), tangent(value.tangent, tag)
    return Dual(inner, outer, value.tag)


def primal(value: Value) -> Any:
    """The ball under all tangents."""
    while isinstance(value, Dual):
        value = value.value
    return value


def sign_of(value: Value) -> int:
    """-1, 0 or 1.

    Raises
    ------
    Undecided
        If the ball meets zero without being zero.
    """
    ball = primal(value)
    if ball == 0:
        return 0
    if ball.contains(0):
        raise Undecided("a number too close to zero to have a sign")
    return 1 if ball > 0 else -1


def divide(a: Value, b: Value) -> Value:
    """a / b."""
    if isinstance(a, Dual) or isinstance(b, Dual):
        return a * reciprocal(b)
    if b.contains(0):
        raise Undefined("a division by zero")
    return a / b


def reciprocal(x: Value) -> Value:
    """1 / x."""
    if not isinstance(x, Dual):
        return divide(ONE, x)
    inverse = reciprocal(x.value)
    return Dual(inverse, -(inverse * inverse) * x.tangent, x.tag)


def _elementary(on_balls: Callable[[Any], Any], slope: Callable[[Value, Value], Value]) -> Callable[[Value], Value]:
    """A function of balls and duals; `slope` gets x and y = f(x)."""

    def function(x: Value) -> Value:
        if not isinstance(x, Dual):
            return on_balls(x)
        y = function(x.value)
        return Dual(y, slope(x.value, y) * x.tangent, x.tag)

    return function


def _exp(x: Any) -> Any:
    if abs(x) > 2000:
        raise Undecided("an exponential out of all proportion")
    return x.exp()


def _log(x: Any) -> Any:
    if not x > 0:
        raise Undefined("the logarithm of a number that is not positive")
    return x.log()


def _sqrt(x: Any) -> Any:
    if not x >= 0:
        raise Undefined("the square root of a negative number")
    return x.sqrt()


def _absolute(x: Value) -> Value:
    """|x|, without a derivative at 0."""
    if not isinstance(x, Dual):
        return abs(x)
    sign = sign_of(x)
    if sign == 0:
        raise Undefined("|x| has no derivative at 0")
    return x if sign > 0 else -x


ELEMENTARY: dict[str, Callable[[Value], Value]] = {
    "exp": _elementary(_exp, lambda x, y: y),
    "log": _elementary(_log, lambda x, y: reciprocal(x)),
    "sqrt": _elementary(_sqrt, lambda x, y: reciprocal(y + y)),
    "tanh": _elementary(flint.arb.tanh, lambda x, y: ONE - y * y),
    "sech": lambda x: reciprocal(ELEMENTARY["cosh"](x)),
    "sinh": _elementary(flint.arb.sinh, lambda x, y: ELEMENTARY["cosh"](x)),
    "cosh": _elementary(flint.arb.cosh, lambda x, y: ELEMENTARY["sinh"](x)),
    "sin": _elementary(flint.arb.sin, lambda x, y: ELEMENTARY["cos"](x)),
    "cos": _elementary(flint.arb.cos, lambda x, y: -ELEMENTARY["sin"](x)),
    "abs": _absolute,
}
"""Functions of one number, with their slopes."""


def extreme(kind: str, values: Sequence[Value]) -> Value:
    """The largest ("max") or smallest ("min") number; a tie has no derivative."""
    wanted = 1 if kind == "max" else -1
    best = values[0]
    for value in values[1:]:
        sign = sign_of(value - best)
        if sign == 0 and (isinstance(value, Dual) or isinstance(best, Dual)):
            raise Undefined("a maximum has no derivative at a tie")
        best = value if sign == wanted else best
    return best


def power(base: Value, exponent: Value) -> Value:
    """base^exponent; the base must be positive unless the exponent is a whole number."""
    ball = primal(exponent)
    if not isinstance(exponent, Dual) and ball.is_exact() and ball.is_integer() and abs(ball) <= 64:
        whole = int(ball.unique_fmpz())
        product = reduce(mul, [base] * abs(whole), ONE)
        return reciprocal(product) if whole < 0 else product
    if isinstance(base, Dual) or isinstance(exponent, Dual):
        return ELEMENTARY["exp"](exponent * ELEMENTARY["log"](base))
    if not base > 0:
        raise Undefined("a broken power of a number that is not positive")
    return base**exponent
