"""An exact number: a quotient of polynomials in the generators of a field, with a ball that holds its sample value.

Arithmetic is exact, so a difference that is 0 proves equality wherever the recorded conditions hold. A comparison takes
its outcome from the ball at the sample and is recorded as a condition; the inputs on which all recorded conditions hold
are a cell. A conversion to float raises `Undecided`, because it would round.
"""

from __future__ import annotations

import math
import operator
from collections.abc import Callable
from fractions import Fraction
from functools import partialmethod
from typing import Any, ClassVar, cast

import flint
import numpy as np

from chainrule.algebra.ball import Indefinite, Undecided
from chainrule.algebra.comparisons import compared_with_zero, record
from chainrule.algebra.exact_text import text_of
from chainrule.algebra.field import current
from chainrule.algebra.generators import Polynomial
from chainrule.algebra.polynomial_quotients import Denominator, Quotient, inverse_of, product_of, sum_of

FUNCTIONS: dict[str, Callable[..., Any]] = {}
"""Functions of exact numbers by name, filled by chainrule.algebra.special_functions."""

EXACT_BITS = 24
"""Floats with more significant bits may have been rounded."""


class Exact:
    """An exact number of the current field. Python's numbers convert; floats are the rationals that they are.

    Examples
    --------
    >>> from chainrule.algebra import Field, variables
    >>> with Field():
    ...     x, y = variables("x", [2.0, 3.0])
    ...     (x * x - y * y) / (x - y) == x + y, x < y
    (True, True)
    """

    __slots__ = ("den", "num", "value")

    # Attributes of NumPy scalars that rules read.
    shape: ClassVar[tuple[int, ...]] = ()
    ndim: ClassVar[int] = 0
    size: ClassVar[int] = 1
    dtype: ClassVar[np.dtype[Any]] = np.dtype(object)

    num: Polynomial
    den: Denominator
    value: Any

    def __new__(cls, value: Any) -> Any:
        """An int or a float as a number of the current field; infinities are `Infinite`."""
        made = converted(value)
        if made is None:
            raise TypeError(f"Exact: expected an int or a float, got {type(value).__name__}")
        return made

    def __repr__(self) -> str:
        return text_of(self.num, self.den)

    def __add__(self, other: Any) -> Exact:
        b = other if type(other) is Exact else converted(other)
        if type(b) is not Exact:
            return infinite(b)
        return _sum(self, b, operator.add)

    __radd__ = __add__

    def __sub__(self, other: Any) -> Exact:
        b = other if type(other) is Exact else converted(other)
        if type(b) is not Exact:
            return infinite(b, -1)
        return _sum(self, b, operator.sub)

    def __rsub__(self, other: Any) -> Exact:
        b = converted(other)
        return b - self if isinstance(b, Exact) else infinite(b)

    def __mul__(self, other: Any) -> Exact:
        b = other if type(other) is Exact else converted(other)
        if type(b) is not Exact:
            return infinite(b, self)
        return _product(self, b)

    __rmul__ = __mul__

    def __truediv__(self, other: Any) -> Exact:
        b = other if type(other) is Exact else converted(other)
        if type(b) is not Exact:
            return rational(0) if isinstance(b, Infinite) else cast("Exact", NotImplemented)
        return _product(self, inverse(b))

    def __rtruediv__(self, other: Any) -> Exact:
        b = converted(other)
        return _product(b, inverse(self)) if type(b) is Exact else NotImplemented

    def __pow__(self, other: Any) -> Exact:
        b = converted(other)
        return FUNCTIONS["power"](self, b) if isinstance(b, Exact) else NotImplemented

    def __rpow__(self, other: Any) -> Exact:
        b = converted(other)
        return FUNCTIONS["power"](b, self) if isinstance(b, Exact) else NotImplemented

    def __neg__(self) -> Exact:
        return made(-self.num, self.den, -self.value)

    def __pos__(self) -> Exact:
        """The number itself, which is real."""
        return self

    conjugate = __pos__

    def __abs__(self) -> Exact:
        number: Exact = self if self >= 0 else -self
        return number

    def __floor__(self) -> Exact:
        constant = self.rational()
        if constant is not None:
            return rational(constant.floor())
        whole = self.value.floor().unique_fmpz()
        if whole is None:
            raise Undecided(f"{self} may lie on either side of a whole number")
        below = rational(whole)
        if (self - below).value.contains(0):
            raise Undecided(f"{self} lies on a step of the floor")
        record(self - below, ">=")
        record(self - below - 1, "<")
        return below

    def __ceil__(self) -> Exact:
        return -(-self).__floor__()

    def __mod__(self, other: Any) -> Exact:
        rest: Exact = self - (self / other).__floor__() * other
        return rest

    def __floordiv__(self, other: Any) -> Exact:
        quotient: Exact = self / other
        return quotient.__floor__()

    def __rmod__(self, other: Any) -> Exact:
        rest: Exact = Exact(other) % self
        return rest

    def __rfloordiv__(self, other: Any) -> Exact:
        quotient: Exact = Exact(other) // self
        return quotient

    def __lt__(self, other: Any) -> Any:
        return _compare(self, other, operator.lt)

    def __le__(self, other: Any) -> Any:
        return _compare(self, other, operator.le)

    def __gt__(self, other: Any) -> Any:
        return _compare(self, other, operator.gt)

    def __ge__(self, other: Any) -> Any:
        return _compare(self, other, operator.ge)

    def __eq__(self, other: object) -> Any:
        return _compare(self, other, operator.eq)

    def __ne__(self, other: object) -> Any:
        return _compare(self, other, operator.ne)

    __hash__ = None  # type: ignore[assignment]  # equality depends on the sample, as for arrays

    def __bool__(self) -> bool:
        return bool(self != 0)

    def __float__(self) -> float:
        raise Undecided(f"{self} cannot become a float without rounding")

    def __int__(self) -> int:
        number = self.rational()
        if number is None or number.q != 1:
            raise Undecided(f"{self} is not a whole number for all inputs")
        return int(number.p)

    def rational(self) -> Any:
        """The number as a `flint.fmpq`, if it is the same rational for all inputs; else None."""
        if self.den or not self.num.is_constant():
            return None
        return self.num.leading_coefficient() if len(self.num) else flint.fmpq(0)

    def is_zero(self) -> bool:
        """True if the number is proved to be 0 on the cell."""
        return not len(self.num)

    # NumPy's functions call these methods on the entries of an object array.

    def mapped(self, function: str) -> Any:
        """A function of `chainrule.algebra.special_functions`, by its name."""
        return FUNCTIONS[function](self)

    exp = partialmethod(mapped, "exp")
    expm1 = partialmethod(mapped, "expm1")
    log = partialmethod(mapped, "log")
    log1p = partialmethod(mapped, "log1p")
    sqrt = partialmethod(mapped, "sqrt")
    tanh = partialmethod(mapped, "tanh")
    sinh = partialmethod(mapped, "sinh")
    cosh = partialmethod(mapped, "cosh")
    sin = partialmethod(mapped, "sin")
    cos = partialmethod(mapped, "cos")
    tan = partialmethod(mapped, "tan")
    cbrt = partialmethod(mapped, "cbrt")
    arctan = partialmethod(mapped, "arctan")
    arcsin = partialmethod(mapped, "arcsin")
    arccos = partialmethod(mapped, "arccos")
    arcsinh = partialmethod(mapped, "arcsinh")
    arccosh = partialmethod(mapped, "arccosh")
    arctanh = partialmethod(mapped, "arctanh")


class Infinite(float):
    """An infinity among exact numbers. It compares with all of them, and absorbs every summand."""

    __slots__ = ()

    def __add__(self, other: Any) -> Any:
        if isinstance(other, float) and not float(self) + float(other) == float(self):
            raise Indefinite("infinity minus infinity")
        return self

    __radd__ = __add__

    def __neg__(self) -> Infinite:
        return Infinite(-float(self))

    def __sub__(self, other: Any) -> Any:
        return self + (-other)

    def __rsub__(self, other: Any) -> Any:
        return -self + other

    def __mul__(self, other: Any) -> Any:
        if other == 0:
            raise Indefinite("zero times infinity")
        return self if other > 0 else -self

    __rmul__ = __mul__

    def __truediv__(self, other: Any) -> Any:
        if isinstance(other, float) and not math.isfinite(other):
            raise Indefinite("infinity divided by infinity")
        return self * other

    def __rtruediv__(self, other: Any) -> Any:
        return Exact(0)

    def __pow__(self, other: Any, modulo: None = None) -> Any:
        raise Undecided("a power of infinity")

    def __abs__(self) -> Infinite:
        return Infinite(math.inf)

    def exp(self) -> Any:
        """Infinity, or 0."""
        return self if self > 0 else Exact(0)


def infinite(b: Any, factor: Any = 1) -> Exact:
    """An infinity times a number; NotImplemented for other objects.

    Raises
    ------
    Undecided
        For infinity times 0, which is not a number for floats.
    """
    return cast("Exact", b * factor if isinstance(b, Infinite) else NotImplemented)


def made(num: Polynomial, den: Denominator, value: Any) -> Exact:
    """The number num / den; `value` holds its value at the sample."""
    number = _blank(Exact)
    number.num, number.den, number.value = num, den, value
    return number


_blank = object.__new__


def rational(x: Any) -> Exact:
    """A rational as a number of the current field."""
    x, field = flint.fmpq(x), current()
    if field.number is not None:
        found: Exact = field.number.of_rational(x)
        return found
    return made(field.context.constant(x), (), flint.arb(x))


def may_be_rounded(x: float) -> bool:
    """Whether a finite float has so many bits that it may be another number, rounded.

    >>> may_be_rounded(0.1), may_be_rounded(0.375)
    (True, False)
    """
    above = x.as_integer_ratio()[0]
    return (above // math.gcd(above, 1 << 1023)).bit_length() > EXACT_BITS


def converted(x: Any) -> Any:
    """An int or float as an exact number, an infinity as `Infinite`; None for any other object.

    Raises
    ------
    Undecided
        For NaN.
    """
    if isinstance(x, Exact | Infinite):
        return x
    if isinstance(x, np.ndarray) and x.ndim == 0:
        x = x[()]
        return converted(x) if not isinstance(x, np.ndarray) else None
    if isinstance(x, int | np.integer | np.bool_):
        return rational(int(x))
    if isinstance(x, float | np.floating):
        if math.isfinite(x):
            field = current()
            number = None if field.ideal is None else field.ideal(field, float(x))
            if number is not None:
                return number
            if may_be_rounded(float(x)):
                field.floats.add(float(x))
            return rational(flint.fmpq(*float(x).as_integer_ratio()))
        if math.isnan(x):
            raise Undecided("not a number")
        return Infinite(x)
    if isinstance(x, Fraction):
        return rational(flint.fmpq(x.numerator, x.denominator))
    return rational(x) if isinstance(x, flint.fmpq | flint.fmpz) else None


def _sum(a: Exact, b: Exact, add: Callable[[Any, Any], Any]) -> Exact:
    return _quotient(sum_of(current(), (a.num, a.den), (b.num, b.den), add), add(a.value, b.value))


def _product(a: Exact, b: Exact) -> Exact:
    return _quotient(product_of(current(), (a.num, a.den), (b.num, b.den)), a.value * b.value)


def _quotient(quotient: Quotient, value: Any) -> Exact:
    """A quotient as a number. A value of 0 is known exactly."""
    num, den = quotient
    return made(num, den, value if len(num) else flint.arb(0))


def inverse(a: Exact) -> Exact:
    """1 / a. Every divisor is recorded.

    Raises
    ------
    Undecided
        If a may be 0 at the sample.
    """
    return _quotient(inverse_of(current(), (a.num, a.den)), 1 / a.value)


def _compare(a: Exact, other: Any, compare: Callable[[Any, Any], Any]) -> Any:
    b = other if type(other) is Exact else converted(other)
    if isinstance(b, Infinite):
        return compare(0.0, float(b))
    return NotImplemented if b is None else compared_with_zero(a - b, compare)
