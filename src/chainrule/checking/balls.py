"""Balls as numbers: a midpoint and a radius that surely holds the true value, at any precision, in NumPy arrays.

One source of a rule then runs on floats and on balls. What makes plain `flint.arb` values unsound there is that code
compares and rounds: `clip` of 0 +/- 1e-80 at 0 would silently be 0, and a ball stored into a float array would lose its
radius. A `Ball` raises `Undecided` in both cases. Undecided means unchecked, never wrong.

Two balls that overlap may still be the same number, as two equal logits give equal probabilities. Every ball therefore
carries a fingerprint of the expression that made it; where fingerprints agree, comparisons are decided.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, ClassVar, TypeAlias

import flint
import numpy as np

Number: TypeAlias = Any
"""A Ball, an int or a float (a NumPy scalar among them) that converts exactly."""


class Undecided(Exception):
    """Balls overlap, or are not exact, so that this comparison or conversion has no certain answer."""


class Ball:
    """One real number, known to lie within a radius of a midpoint.

    Arithmetic with balls, ints and floats (which convert exactly) rounds outwards at the working `precision`.

    Examples
    --------
    >>> third = Ball(1) / 3
    >>> third < 0.5, third * 3 == Ball(2)
    (True, False)
    >>> third * 3 == 1
    Traceback (most recent call last):
        ...
    chainrule.checking.balls.Undecided: [1.000000000 +/- 4.45e-16] == 1.000000000 cannot be decided
    """

    __slots__ = ("fingerprint", "value")
    __hash__: ClassVar[None]  # type: ignore[assignment]

    # What NumPy's scalars have, and rules ask for.
    shape: ClassVar[tuple[int, ...]] = ()
    ndim: ClassVar[int] = 0
    dtype: ClassVar[np.dtype[Any]] = np.dtype(object)

    def __init__(self, value: Number, fingerprint: int | None = None) -> None:
        if isinstance(value, Ball):
            self.value, self.fingerprint = value.value, value.fingerprint
            return
        number = value if isinstance(value, flint.arb) else _exactly(value)
        if number is None:
            raise TypeError(f"a Ball is made of an int or a float, got {type(value).__name__}")
        self.value = number
        if fingerprint is None or (number.is_exact() and number.is_finite()):
            fingerprint = _fingerprint_of_value(number)
        self.fingerprint = fingerprint

    def __repr__(self) -> str:
        return str(self.value.str(10))

    def __add__(self, other: Number) -> Ball:
        return self._with(other, "+", _add)

    def __radd__(self, other: Number) -> Ball:
        return self._with(other, "+", _add)

    def __sub__(self, other: Number) -> Ball:
        return self._with(other, "-", _subtract)

    def __rsub__(self, other: Number) -> Ball:
        return self._with(other, "r-", lambda a, b: b - a)

    def __mul__(self, other: Number) -> Ball:
        return self._with(other, "*", _multiply)

    def __rmul__(self, other: Number) -> Ball:
        return self._with(other, "*", _multiply)

    def __truediv__(self, other: Number) -> Ball:
        return self._with(other, "/", _divide)

    def __rtruediv__(self, other: Number) -> Ball:
        return self._with(other, "r/", lambda a, b: b / a)

    def __pow__(self, other: Number) -> Ball:
        return self._with(other, "**", lambda a, b: a**b)

    def __rpow__(self, other: Number) -> Ball:
        return self._with(other, "r**", lambda a, b: b**a)

    def __neg__(self) -> Ball:
        return Ball(-self.value, hash(("neg", self.fingerprint)))

    def __pos__(self) -> Ball:
        return self

    def __abs__(self) -> Ball:
        return Ball(abs(self.value), hash(("abs", self.fingerprint)))

    def __floor__(self) -> Ball:
        return self._whole(self.value.floor())

    def __ceil__(self) -> Ball:
        return self._whole(self.value.ceil())

    def __lt__(self, other: Number) -> bool:
        return self._compare(other, "<", lambda a, b: a < b, lambda a, b: a >= b, if_same=False)

    def __le__(self, other: Number) -> bool:
        return self._compare(other, "<=", lambda a, b: a <= b, lambda a, b: a > b, if_same=True)

    def __gt__(self, other: Number) -> bool:
        return self._compare(other, ">", lambda a, b: a > b, lambda a, b: a <= b, if_same=False)

    def __ge__(self, other: Number) -> bool:
        return self._compare(other, ">=", lambda a, b: a >= b, lambda a, b: a < b, if_same=True)

    def __eq__(self, other: object) -> bool:
        return self._compare(other, "==", lambda a, b: a == b, lambda a, b: a != b, if_same=True)

    def __ne__(self, other: object) -> bool:
        return self._compare(other, "!=", lambda a, b: a != b, lambda a, b: a == b, if_same=False)

    def __bool__(self) -> bool:
        return self != 0

    def __float__(self) -> float:
        number = nearest(self)
        if not self.value.is_exact() or self.value.is_nan() or flint.arb(number) != self.value:
            raise Undecided(f"{self} is not exactly a float; `midpoints` rounds on purpose")
        return number

    def __int__(self) -> int:
        if not (self.value.is_exact() and self.value.is_integer()):
            raise Undecided(f"{self} is not exactly an integer")
        return int(self.value.unique_fmpz())

    # What NumPy's functions call on the entries of an object array.

    def exp(self) -> Ball:
        """e^x."""
        return self._map("exp")

    def expm1(self) -> Ball:
        """e^x - 1."""
        return self._map("expm1")

    def log(self) -> Ball:
        """The natural logarithm; of 0 it is minus infinity, as for floats."""
        if self.value.is_zero():
            return Ball(flint.arb.neg_inf())
        return self._map("log")

    def log1p(self) -> Ball:
        """log(1 + x)."""
        return self._map("log1p")

    def sqrt(self) -> Ball:
        """The square root."""
        return self._map("sqrt")

    def tanh(self) -> Ball:
        """The hyperbolic tangent."""
        return self._map("tanh")

    def sinh(self) -> Ball:
        """The hyperbolic sine."""
        return self._map("sinh")

    def cosh(self) -> Ball:
        """The hyperbolic cosine."""
        return self._map("cosh")

    def sin(self) -> Ball:
        """The sine."""
        return self._map("sin")

    def cos(self) -> Ball:
        """The cosine."""
        return self._map("cos")

    def arctan(self) -> Ball:
        """The inverse tangent."""
        return self._map("atan")

    def conjugate(self) -> Ball:
        """The number itself: balls are real."""
        return self

    def _map(self, function: str) -> Ball:
        return Ball(getattr(self.value, function)(), hash((function, self.fingerprint)))

    def _whole(self, value: Any) -> Ball:
        if value.is_exact():
            return Ball(value)
        raise Undecided(f"{self} may lie on either side of a whole number")

    def _with(self, other: Number, symbol: str, operation: Callable[[Any, Any], Any]) -> Ball:
        if not isinstance(other, Ball):
            number = _exactly(other)
            if number is None:
                return NotImplemented
            other = Ball(number)
        return Ball(operation(self.value, other.value), hash((symbol, self.fingerprint, other.fingerprint)))

    def _compare(
        self,
        other: object,
        symbol: str,
        holds: Callable[[Any, Any], bool],
        fails: Callable[[Any, Any], bool],
        *,
        if_same: bool,
    ) -> bool:
        if not isinstance(other, Ball):
            number = _exactly(other)
            if number is None:
                return NotImplemented
            other = Ball(number)
        if holds(self.value, other.value):
            return True
        if fails(self.value, other.value):
            return False
        if self.fingerprint == other.fingerprint and not self.value.is_nan():
            return if_same
        raise Undecided(f"{self} {symbol} {other} cannot be decided")


def _add(a: Any, b: Any) -> Any:
    return a + b


def _subtract(a: Any, b: Any) -> Any:
    return a - b


def _multiply(a: Any, b: Any) -> Any:
    return a * b


def _divide(a: Any, b: Any) -> Any:
    return a / b


def _exactly(number: object) -> Any:
    """The exact `flint.arb` of an int or a float, None for anything else."""
    if isinstance(number, float | int):
        return flint.arb(number)
    if isinstance(number, np.integer | np.bool_):
        return flint.arb(int(number))
    if isinstance(number, np.float32 | np.float16):
        return flint.arb(float(number))
    return number if isinstance(number, flint.arb) else None


def _fingerprint_of_value(value: Any) -> int:
    if value.is_exact() and value.is_finite():
        mantissa, exponent = value.man_exp()
        return hash((int(mantissa), int(exponent)))
    # An inexact ball that no expression made is like no other.
    return hash(str(value)) if value.is_exact() else hash((object(), str(value)))


@contextmanager
def precision(bits: int) -> Iterator[None]:
    """Work at that many bits inside the block.

    >>> with precision(300):
    ...     third = Ball(1) / 3
    >>> third.value.rel_accuracy_bits()
    300
    """
    before = flint.ctx.prec
    flint.ctx.prec = bits
    try:
        yield
    finally:
        flint.ctx.prec = before


def nearest(ball: Ball) -> float:
    """The float64 nearest to the midpoint: ties to even, gradual underflow, infinity beyond the largest.

    >>> nearest(Ball(2**53 + 1)) == 2.0**53
    True
    """
    middle = ball.value.mid()
    if not middle.is_finite():
        return math.nan if ball.value.is_nan() else math.copysign(math.inf, float(middle))
    mantissa, exponent = (int(part) for part in middle.man_exp())
    scale = mantissa.bit_length() + exponent
    if scale < -1080:
        return math.copysign(0.0, mantissa)
    if scale > 1025:
        return math.copysign(math.inf, mantissa)
    # Division of Python's integers rounds correctly, also to subnormal numbers.
    try:
        return mantissa / (1 << -exponent) if exponent < 0 else float(mantissa << exponent)
    except OverflowError:
        return math.copysign(math.inf, mantissa)
