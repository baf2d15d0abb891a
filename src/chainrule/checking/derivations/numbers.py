"""Numbers for evaluation: balls, and dual numbers over them for derivatives in forward mode.

    (a + a' d)(b + b' d) = a b + (a' b + a b') d,   f(a + a' d) = f(a) + f'(a) a' d

Duals nest: each pass of differentiation has its own d, told apart by a tag, so that second derivatives are passes over
passes.
"""

from __future__ import annotations

from collections.abc import Callable
from itertools import count
from typing import Any, TypeAlias

import flint

from chainrule.checking.ball import Undecided

Value: TypeAlias = Any
"""A flint.arb, or a Dual over them."""

ZERO, ONE = flint.arb(0), flint.arb(1)
_tags = count(1)


class Undefined(ArithmeticError):
    """A formula has no value at this point: a division by zero, the logarithm of a negative number."""


def new_tag() -> int:
    """A tag for one pass of differentiation."""
    return next(_tags)


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

    def __truediv__(self, other: Value) -> Value:
        return self * reciprocal(other)

    def __rtruediv__(self, other: Value) -> Value:
        return reciprocal(self) * other


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
    if ball > 0:
        return 1
    if ball < 0:
        return -1
    if ball == 0:
        return 0
    raise Undecided("a number too close to zero to have a sign")


def reciprocal(value: Value) -> Value:
    """1 / x."""
    if isinstance(value, Dual):
        inverse = reciprocal(value.value)
        return Dual(inverse, -(inverse * inverse) * value.tangent, value.tag)
    if value.contains(0):
        raise Undefined("a division by zero")
    return 1 / value


def divide(a: Value, b: Value) -> Value:
    """A / b."""
    if isinstance(a, Dual) or isinstance(b, Dual):
        return a * reciprocal(b)
    if b.contains(0):
        raise Undefined("a division by zero")
    return a / b


def _chained(value: Value, function: Callable[[Value], Value], slope: Callable[[Value, Value], Value]) -> Value:
    inner = function(value.value)
    return Dual(inner, slope(value.value, inner) * value.tangent, value.tag)


def exp(x: Value) -> Value:
    """e^x."""
    if isinstance(x, Dual):
        return _chained(x, exp, lambda _, y: y)
    if abs(x) > 2000:
        raise Undecided("an exponential out of all proportion")
    return x.exp()


def log(x: Value) -> Value:
    """The natural logarithm."""
    if isinstance(x, Dual):
        return _chained(x, log, lambda v, _: reciprocal(v))
    if not x > 0:
        raise Undefined("the logarithm of a number that is not positive")
    return x.log()


def sqrt(x: Value) -> Value:
    """The square root."""
    if isinstance(x, Dual):
        return _chained(x, sqrt, lambda _, y: reciprocal(y + y))
    if not x >= 0:
        raise Undefined("the square root of a negative number")
    return x.sqrt()


def tanh(x: Value) -> Value:
    """The hyperbolic tangent."""
    if isinstance(x, Dual):
        return _chained(x, tanh, lambda _, y: ONE - y * y)
    return x.tanh()


def sinh(x: Value) -> Value:
    """The hyperbolic sine."""
    return _chained(x, sinh, lambda v, _: cosh(v)) if isinstance(x, Dual) else x.sinh()


def cosh(x: Value) -> Value:
    """The hyperbolic cosine."""
    return _chained(x, cosh, lambda v, _: sinh(v)) if isinstance(x, Dual) else x.cosh()


def sin(x: Value) -> Value:
    """The sine."""
    return _chained(x, sin, lambda v, _: cos(v)) if isinstance(x, Dual) else x.sin()


def cos(x: Value) -> Value:
    """The cosine."""
    return _chained(x, cos, lambda v, _: -sin(v)) if isinstance(x, Dual) else x.cos()


def absolute(x: Value) -> Value:
    """|x|, without a derivative at 0."""
    if not isinstance(x, Dual):
        return abs(x)
    sign = sign_of(x)
    if sign == 0:
        raise Undefined("|x| has no derivative at 0")
    return x if sign > 0 else -x


def largest(values: list[Value]) -> Value:
    """The maximum; without a derivative at a tie."""
    best = values[0]
    for value in values[1:]:
        sign = sign_of(value - best)
        if sign == 0 and (isinstance(value, Dual) or isinstance(best, Dual)):
            raise Undefined("a maximum has no derivative at a tie")
        best = value if sign > 0 else best
    return best


def power(base: Value, exponent: Value) -> Value:
    """base^exponent; whole exponents for any base, others for positive ones."""
    ball = primal(exponent)
    if not isinstance(exponent, Dual) and ball.is_exact() and ball.is_integer() and abs(ball) <= 64:
        return whole_power(base, int(ball.unique_fmpz()))
    if not isinstance(base, Dual) and not isinstance(exponent, Dual):
        if not base > 0:
            raise Undefined("a broken power of a number that is not positive")
        return base**exponent
    return exp(exponent * log(base))


def whole_power(base: Value, exponent: int) -> Value:
    """base^n for an integer n."""
    if exponent < 0:
        return reciprocal(whole_power(base, -exponent))
    result: Value = ONE
    while exponent:
        if exponent & 1:
            result = result * base
        base = base * base if exponent > 1 else base
        exponent >>= 1
    return result


ELEMENTARY: dict[str, Callable[[Value], Value]] = {
    "exp": exp,
    "log": log,
    "sqrt": sqrt,
    "tanh": tanh,
    "sech": lambda x: reciprocal(cosh(x)),
    "sinh": sinh,
    "cosh": cosh,
    "sin": sin,
    "cos": cos,
    "abs": absolute,
}
