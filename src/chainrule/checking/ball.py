"""A ball: one real number, known to lie within a radius of a midpoint, at any precision.

Plain `flint.arb` values are unsound under code written for floats, because such code compares and rounds: `clip` of
0 +/- 1e-80 at 0 would silently be 0, and a ball stored into a float array would lose its radius. A `Ball` raises
`Undecided` in both cases. Undecided means unchecked, never wrong.

Two balls that overlap may still be the same number, as two equal logits give equal probabilities. Every ball therefore
carries a fingerprint of the expression that made it: where fingerprints agree, comparisons are decided, and x - x is 0.
"""

from __future__ import annotations

import math
import operator
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import count
from typing import Any, ClassVar, TypeAlias

import flint
import numpy as np

Number: TypeAlias = Any
"""A Ball, an int or a float (NumPy's scalars among them), which converts exactly."""

_Operator: TypeAlias = "Callable[[Ball, Number], Any]"

_unlike_any_other = count()


class Undecided(Exception):
    """Balls overlap, or are not exact, so that this comparison or conversion has no certain answer."""


class Inexact(Undecided):
    """A ball was to become a float or an integer, which it is not exactly; more precision would not help."""


def _from_both_sides(sign: str, operation: Callable[[Any, Any], Any]) -> tuple[_Operator, _Operator]:
    """What a ball does with a number on its right, and with one on its left."""

    def before(self: Ball, other: Number) -> Any:
        ball = other if type(other) is Ball else _converted(other)
        if ball is None:
            return NotImplemented
        return _made(operation(self.value, ball.value), hash((sign, self.fingerprint, ball.fingerprint)))

    def after(self: Ball, other: Number) -> Any:
        ball = _converted(other)
        return NotImplemented if ball is None else before(ball, self)

    return before, after


class Ball:
    """A midpoint and a radius. Arithmetic with balls, ints and floats rounds outwards at the working `precision`.

    Examples
    --------
    >>> third = Ball(1) / 3
    >>> third < 0.5, third * 3 == third * 3
    (True, True)
    >>> third * 3 == 1
    Traceback (most recent call last):
        ...
    chainrule.checking.ball.Undecided: [1.000000000 +/- 3e-15] == 1 cannot be decided
    >>> float(third)
    Traceback (most recent call last):
        ...
    chainrule.checking.ball.Inexact: [0.3333333333 +/- 3.34e-11] is not exactly a float; `midpoints` rounds
    """

    __slots__ = ("fingerprint", "value")

    # What NumPy's scalars have, and rules ask for.
    shape: ClassVar[tuple[int, ...]] = ()
    ndim: ClassVar[int] = 0
    dtype: ClassVar[np.dtype[Any]] = np.dtype(object)

    value: Any
    fingerprint: int

    def __init__(self, value: Number, fingerprint: int | None = None) -> None:
        if isinstance(value, Ball):
            self.value, self.fingerprint = value.value, value.fingerprint
            return
        number = exactly(value)
        if number is None:
            raise TypeError(f"a Ball is made of an int or a float, got {type(value).__name__}")
        made = _made(number, hash(("new", next(_unlike_any_other))) if fingerprint is None else fingerprint)
        self.value, self.fingerprint = made.value, made.fingerprint

    def __repr__(self) -> str:
        if not self.value.is_finite():
            return "[any number]" if self.says_nothing() else str(nearest(self))
        with precision(max(128, flint.ctx.prec)):
            text = str(self.value.str(10))
        return text.rstrip("0").rstrip(".") if "." in text and not set("[e") & set(text) else text

    def __sub__(self, other: Number) -> Any:
        ball = other if type(other) is Ball else _converted(other)
        if ball is None:
            return NotImplemented
        if self.fingerprint == ball.fingerprint and self.value.is_finite() and self.value.overlaps(ball.value):
            return Ball(0)  # an inexact ball minus itself
        return _made(self.value - ball.value, hash(("-", self.fingerprint, ball.fingerprint)))

    def __rsub__(self, other: Number) -> Any:
        ball = _converted(other)
        return NotImplemented if ball is None else ball - self

    __add__, __radd__ = _from_both_sides("+", operator.add)
    __mul__, __rmul__ = _from_both_sides("*", operator.mul)
    __truediv__, __rtruediv__ = _from_both_sides("/", operator.truediv)
    __pow__, __rpow__ = _from_both_sides("**", operator.pow)

    def __neg__(self) -> Ball:
        return _made(-self.value, hash(("neg", self.fingerprint)))

    def __pos__(self) -> Ball:
        return self

    def __abs__(self) -> Ball:
        return _made(abs(self.value), hash(("abs", self.fingerprint)))

    def __floor__(self) -> Ball:
        return self._whole(self.value.floor())

    def __ceil__(self) -> Ball:
        return self._whole(self.value.ceil())

    def __lt__(self, other: Number) -> Any:
        return self._compare(other, operator.lt, operator.ge, "<", if_same=False)

    def __le__(self, other: Number) -> Any:
        return self._compare(other, operator.le, operator.gt, "<=", if_same=True)

    def __gt__(self, other: Number) -> Any:
        return self._compare(other, operator.gt, operator.le, ">", if_same=False)

    def __ge__(self, other: Number) -> Any:
        return self._compare(other, operator.ge, operator.lt, ">=", if_same=True)

    def __eq__(self, other: object) -> Any:
        return self._compare(other, operator.eq, operator.ne, "==", if_same=True)

    def __ne__(self, other: object) -> Any:
        return self._compare(other, operator.ne, operator.eq, "!=", if_same=False)

    def __bool__(self) -> bool:
        return bool(self != 0)

    def __float__(self) -> float:
        number = nearest(self)
        if not self.value.is_exact() or math.isnan(number) or flint.arb(number) != self.value:
            raise Inexact(f"{self} is not exactly a float; `midpoints` rounds")
        return number

    def __int__(self) -> int:
        if not (self.value.is_exact() and self.value.is_integer()):
            raise Inexact(f"{self} is not exactly an integer")
        return int(self.value.unique_fmpz())

    def says_nothing(self) -> bool:
        """Whether any number lies in the ball, or none does, as after infinity minus infinity."""
        return not self.value.is_finite() and (self.value.is_nan() or not self.value.is_exact())

    # What NumPy's functions call on the entries of an object array.

    def exp(self) -> Ball:
        """e^x."""
        return self._map("exp")

    def expm1(self) -> Ball:
        """e^x - 1."""
        return self._map("expm1")

    def log(self) -> Ball:
        """The natural logarithm; of exactly 0 it is minus infinity, as for floats."""
        return Ball(-math.inf) if self.value.is_zero() else self._map("log")

    def log1p(self) -> Ball:
        """log(1 + x); of exactly -1 it is minus infinity, as for floats."""
        return Ball(-math.inf) if (self.value + 1).is_zero() else self._map("log1p")

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
        return _made(getattr(self.value, function)(), hash((function, self.fingerprint)))

    def _whole(self, value: Any) -> Ball:
        if value.is_exact():
            return Ball(value)
        raise Undecided(f"{self} may lie on either side of a whole number")

    def _compare(
        self,
        other: object,
        holds: Callable[[Any, Any], bool],
        fails: Callable[[Any, Any], bool],
        sign: str,
        *,
        if_same: bool,
    ) -> Any:
        ball = other if isinstance(other, Ball) else _converted(other)
        if ball is None:
            return NotImplemented
        if holds(self.value, ball.value):
            return True
        if fails(self.value, ball.value):
            return False
        if self.fingerprint == ball.fingerprint and not self.says_nothing():
            return if_same
        raise Undecided(f"{self} {sign} {ball} cannot be decided")


def _made(number: Any, fingerprint: int) -> Ball:
    """The ball of that `flint.arb`. Most of the time of a check in balls is spent here and in the operators."""
    if number.is_exact():
        if number.is_finite():
            # Exact numbers are recognised whatever expression they come from. Mantissas that differ by a multiple of
            # 2^61 - 1 have the same hash: fingerprints are asked only where balls overlap.
            fingerprint = hash(number.man_exp())
    elif not number.is_finite() and number.rad().is_finite() and not number.is_nan():
        number = number.mid()  # an infinity plus or minus something is that infinity
    ball = _blank(Ball)
    ball.value = number
    ball.fingerprint = fingerprint
    return ball


_blank = object.__new__


def exactly(number: object) -> Any:
    """The `flint.arb` of exactly that int or float; None for anything else."""
    if isinstance(number, float | int):
        return flint.arb(number)
    if isinstance(number, np.integer | np.bool_):
        return flint.arb(int(number))
    if isinstance(number, np.float32 | np.float16):
        return flint.arb(float(number))
    return number if isinstance(number, flint.arb) else None


def _converted(number: object) -> Ball | None:
    value = exactly(number)
    return None if value is None else Ball(value)


@contextmanager
def precision(bits: int) -> Iterator[None]:
    """Work at that many bits inside the block.

    >>> with precision(300):
    ...     third = Ball(1) / 3
    >>> int(third.value.rel_accuracy_bits()) > 290
    True
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
    value = ball.value
    if not value.is_finite():
        return math.nan if ball.says_nothing() else float(value)
    mantissa, exponent = (int(part) for part in value.mid().man_exp())
    scale = mantissa.bit_length() + exponent
    if scale < -1080 or scale > 1025:
        return math.copysign(0.0 if scale < 0 else math.inf, -1 if mantissa < 0 else 1)
    try:
        # Python's division of integers rounds correctly, to subnormal numbers as well.
        return mantissa / (1 << -exponent) if exponent < 0 else float(mantissa << exponent)
    except OverflowError:
        return math.copysign(math.inf, -1 if mantissa < 0 else 1)
