"""A ball: a real number known to lie within a radius of a midpoint, at any precision.

Code written for floats compares and rounds, and plain `flint.arb` values would then give wrong results: `clip` of 0 +/-
1e-80 at 0 would return 0, and a ball stored in a float array would lose its radius. A `Ball` raises `Undecided` in both
cases. Undecided means unchecked, never wrong.

Two overlapping balls may be the same number; equal logits, for example, give equal probabilities. Each ball therefore
carries a fingerprint of the expression that computed it. Equal fingerprints mean equal numbers, so x - x is 0.
"""

from __future__ import annotations

import math
import operator
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partialmethod
from itertools import count
from typing import Any, ClassVar, TypeAlias

import flint
import numpy as np

Number: TypeAlias = Any
"""A Ball, or an int or float (including NumPy scalars), which converts exactly."""

_Operator: TypeAlias = "Callable[[Ball, Number], Any]"

_unlike_any_other = count()


class Undecided(Exception):
    """A comparison or conversion has no certain answer, because balls overlap or are not exact.

    Examples
    --------
    >>> third = Ball(1) / 3
    >>> third * 3 > 1
    Traceback (most recent call last):
        ...
    chainrule.algebra.ball.Undecided: [1.000000000 +/- 3e-15] > 1 cannot be decided
    """


class Indefinite(Undecided):
    """An operation has no result, such as a division by 0, or zero times infinity."""


class Inexact(Undecided):
    """A ball cannot become a float or an integer exactly, at any precision."""


def _from_both_sides(sign: str, operation: Callable[[Any, Any], Any]) -> tuple[_Operator, _Operator]:
    """The methods of an operator with the ball on the left and with the ball on the right."""
    is_difference = sign == "-"

    def before(self: Ball, other: Number) -> Any:
        ball = other if type(other) is Ball else _converted(other)
        if ball is None:
            return NotImplemented
        is_same = is_difference and self.fingerprint == ball.fingerprint
        if is_same and self.value.is_finite() and self.value.overlaps(ball.value):
            return Ball(0)  # an inexact ball minus itself
        return _made(operation(self.value, ball.value), hash((sign, self.fingerprint, ball.fingerprint)))

    def after(self: Ball, other: Number) -> Any:
        ball = _converted(other)
        return NotImplemented if ball is None else before(ball, self)

    return before, after


def _comparison(
    sign: str, holds: Callable[[Any, Any], bool], fails: Callable[[Any, Any], bool], *, if_same: bool
) -> Callable[[Ball, object], Any]:
    """The method of a comparison; balls of the same number that overlap compare as `if_same`."""

    def compare(self: Ball, other: object) -> Any:
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

    return compare


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
    chainrule.algebra.ball.Undecided: [1.000000000 +/- 3e-15] == 1 cannot be decided
    >>> float(third)
    Traceback (most recent call last):
        ...
    chainrule.algebra.ball.Inexact: [0.3333333333 +/- 3.34e-11] is not exactly a float; `midpoints` rounds
    """

    __slots__ = ("fingerprint", "value")

    # Attributes of NumPy scalars that rules read.
    shape: ClassVar[tuple[int, ...]] = ()
    ndim: ClassVar[int] = 0
    dtype: ClassVar[np.dtype[Any]] = np.dtype(object)

    value: Any
    fingerprint: int

    def __init__(self, value: Number) -> None:
        ball = value if isinstance(value, Ball) else _converted(value)
        if ball is None:
            raise TypeError(f"Ball: expected an int or a float, got {type(value).__name__}")
        self.value, self.fingerprint = ball.value, ball.fingerprint

    def __repr__(self) -> str:
        if not self.value.is_finite():
            return "[any number]" if self.says_nothing() else str(nearest(self))
        with precision(max(128, flint.ctx.prec)):
            text = str(self.value.str(10))
        return text.rstrip("0").rstrip(".") if "." in text and not set("[e") & set(text) else text

    __add__, __radd__ = _from_both_sides("+", operator.add)
    __sub__, __rsub__ = _from_both_sides("-", operator.sub)
    __mul__, __rmul__ = _from_both_sides("*", operator.mul)
    __truediv__, __rtruediv__ = _from_both_sides("/", operator.truediv)
    __pow__, __rpow__ = _from_both_sides("**", operator.pow)

    def __neg__(self) -> Ball:
        return _made(-self.value, hash(("neg", self.fingerprint)))

    def __pos__(self) -> Ball:
        """The number itself, which is real."""
        return self

    conjugate = __pos__

    def __abs__(self) -> Ball:
        return _made(abs(self.value), hash(("abs", self.fingerprint)))

    def __floor__(self) -> Ball:
        return self._whole(self.value.floor())

    def __ceil__(self) -> Ball:
        return self._whole(self.value.ceil())

    def __floordiv__(self, other: Number) -> Ball:
        quotient: Ball = self / other
        return quotient.__floor__()

    def __rfloordiv__(self, other: Number) -> Ball:
        return Ball(other) // self

    def __mod__(self, other: Number) -> Ball:
        rest: Ball = self - (self // other) * other
        return rest

    def __rmod__(self, other: Number) -> Ball:
        return Ball(other) % self

    __lt__ = _comparison("<", operator.lt, operator.ge, if_same=False)
    __le__ = _comparison("<=", operator.le, operator.gt, if_same=True)
    __gt__ = _comparison(">", operator.gt, operator.le, if_same=False)
    __ge__ = _comparison(">=", operator.ge, operator.lt, if_same=True)
    __eq__ = _comparison("==", operator.eq, operator.ne, if_same=True)
    __ne__ = _comparison("!=", operator.ne, operator.eq, if_same=False)

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
        """True if the ball contains every number, or is not a number, as after infinity minus infinity."""
        return not self.value.is_finite() and (self.value.is_nan() or not self.value.is_exact())

    # NumPy's functions call these methods on the entries of an object array.

    def log(self) -> Ball:
        """The natural logarithm; minus infinity at exactly 0, as for floats."""
        return Ball(-math.inf) if self.value.is_zero() else self.mapped("log")

    def log1p(self) -> Ball:
        """log(1 + x); minus infinity at exactly -1, as for floats."""
        return Ball(-math.inf) if (self.value + 1).is_zero() else self.mapped("log1p")

    def mapped(self, function: str) -> Ball:
        """A function of python-flint, by its name."""
        return _made(getattr(self.value, function)(), hash((function, self.fingerprint)))

    exp = partialmethod(mapped, "exp")
    expm1 = partialmethod(mapped, "expm1")
    sqrt = partialmethod(mapped, "sqrt")
    tanh = partialmethod(mapped, "tanh")
    sinh = partialmethod(mapped, "sinh")
    cosh = partialmethod(mapped, "cosh")
    sin = partialmethod(mapped, "sin")
    cos = partialmethod(mapped, "cos")
    arctan = partialmethod(mapped, "atan")

    def _whole(self, value: Any) -> Ball:
        if value.is_exact():
            return Ball(value)
        raise Undecided(f"{self} may lie on either side of a whole number")


def _made(number: Any, fingerprint: int) -> Ball:
    """The ball of a `flint.arb`. Checks spend most of their time here and in the operators."""
    if number.is_exact():
        if number.is_finite():
            # Equal exact numbers get equal fingerprints from any expression. Mantissas that differ by a multiple of
            # 2^61 - 1 share a hash; this does no harm, because fingerprints decide only about overlapping balls.
            fingerprint = hash(number.man_exp())
    elif not number.is_finite() and number.rad().is_finite() and not number.is_nan():
        number = number.mid()  # an infinity plus or minus a finite radius is that infinity
    ball = _blank(Ball)
    ball.value = number
    ball.fingerprint = fingerprint
    return ball


_blank = object.__new__


def exactly(number: object) -> Any:
    """The `flint.arb` equal to an int or float; None for any other object."""
    if isinstance(number, float | int):
        return flint.arb(number)
    if isinstance(number, np.integer | np.bool_):
        return flint.arb(int(number))
    if isinstance(number, np.float32 | np.float16):
        return flint.arb(float(number))
    return number if isinstance(number, flint.arb) else None


def _converted(number: object) -> Ball | None:
    value = exactly(number)
    return None if value is None else _made(value, hash(("new", next(_unlike_any_other))))


@contextmanager
def precision(bits: int) -> Iterator[None]:
    """Set the working precision to `bits` inside the block.

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
    return math.nan if ball.says_nothing() else float(ball.value)
