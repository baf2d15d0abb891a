"""Numbers at one point: rationals, and balls in the place of exact numbers that are not rational.

In a field of these numbers nothing is proved: two balls that overlap may be the same number. They serve where sides of
a claim are compared at many points, which takes a fraction of the time that polynomials in generators take. The
derivative of a number is found from the operations that made it, and is a number of the same kind.

>>> from chainrule.algebra import Field, gradient, variables
>>> with Field(number=PointNumber):
...     x = variables("x", [2.0, 3.0])
...     print(gradient(x[0] * x[0] * x[1], x), x[0].exp())
[12 4] 7.38905609893
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterable
from typing import Any, TypeAlias, cast

import flint
import numpy as np

from chainrule.algebra import exact
from chainrule.algebra.ball import Indefinite, Undecided
from chainrule.algebra.exact import Exact, Infinite
from chainrule.algebra.field import OutsideDomain
from chainrule.algebra.generators import Generator

Parents: TypeAlias = "tuple[tuple[PointNumber, Callable[[], PointNumber]], ...]"
"""Numbers of which one is made, each with a function that returns the derivative by it."""

LARGEST_POWER = 4096
"""Powers with larger whole exponents are left undecided, and rationals of larger powers of 2 stay balls."""


class PointNumber(Exact):
    """A rational or a ball, and how it depends on variables.

    Attributes
    ----------
    fraction : flint.fmpq or None
        The number, if it is known to be this rational at the point.
    value : flint.arb
        Holds the number.
    inputs : frozenset of int
        The positions of the variables on which it depends.
    parents : tuple
        The numbers of which it is made, if it depends on variables.
    """

    __slots__ = ("dropped", "fraction", "inputs", "parents", "slopes")

    fraction: Any
    inputs: frozenset[int]
    parents: Parents
    dropped: frozenset[int]
    slopes: dict[int, PointNumber]

    @property
    def num(self) -> Any:
        """A number at a point has no polynomial.

        Raises
        ------
        Undecided
        """
        raise Undecided("a number at a point has no polynomial")

    den = num

    @staticmethod
    def of_rational(x: Any) -> PointNumber:
        """A rational."""
        return _made(x, flint.arb(x))

    @staticmethod
    def of_generator(generator: Generator) -> PointNumber:
        """A variable, or a constant such as pi.

        Raises
        ------
        Undecided
            For unknown functions, which have no value.
        """
        if generator.kind not in ("variable", "constant"):
            raise Undecided("an unknown function has no value at a point")
        inputs = frozenset([generator.index] if generator.kind == "variable" else ())
        return _made(_fraction_of(generator.value), generator.value, (), inputs)

    @staticmethod
    def function(name: str, *arguments: PointNumber) -> Any:
        """A function of `chainrule.algebra.special_functions`, by its name.

        Raises
        ------
        Undecided
            Where it is not finite.
        """
        if name in _OF_SEVERAL:
            return _OF_SEVERAL[name](*arguments)
        [a] = arguments
        if name == "log" and a.is_zero():
            return Infinite(-np.inf)
        method, slope = _FUNCTIONS[name]
        value = method(a.value)
        if not value.is_finite():
            if name in _POSITIVE and (a.value < 0 or a.fraction == 0):
                raise OutsideDomain(f"{name} of {a}")
            raise Undecided(f"{name} of {a}")
        fraction = _fraction_of(value) if a.fraction is not None else None
        found = _made(fraction, value, ((a, lambda: slope(a, found)),), a.inputs)
        return found

    def __repr__(self) -> str:
        return str(self.fraction) if self.fraction is not None else str(self.value.str(12, radius=False))

    def __add__(self, other: Any) -> Any:
        b = other if type(other) is PointNumber else exact.converted(other)
        if type(b) is not PointNumber:
            return exact.infinite(b)
        return _combined(operator.add, self, b, ((self, _one), (b, _one)))

    __radd__ = __add__

    def __sub__(self, other: Any) -> Any:
        b = other if type(other) is PointNumber else exact.converted(other)
        if type(b) is not PointNumber:
            return exact.infinite(b, -1)
        return _combined(operator.sub, self, b, ((self, _one), (b, _minus_one)))

    def __mul__(self, other: Any) -> Any:
        b = other if type(other) is PointNumber else exact.converted(other)
        if type(b) is not PointNumber:
            return exact.infinite(b, self)
        if self.is_zero() or b.is_zero():  # 0 times a number is 0, and depends on nothing
            return self if self.is_zero() else b
        return _combined(operator.mul, self, b, ((self, lambda: b), (b, lambda: self)))

    __rmul__ = __mul__

    def __truediv__(self, other: Any) -> Any:
        b = other if type(other) is PointNumber else exact.converted(other)
        if type(b) is not PointNumber:
            return exact.rational(0) if isinstance(b, Infinite) else NotImplemented
        if b.is_zero():
            raise Indefinite("a division by 0")
        if b.value.contains(0):
            raise Undecided("a divisor may be 0 at the point")
        if self.is_zero():
            return self
        found = _combined(operator.truediv, self, b, ((self, lambda: _one() / b), (b, lambda: -found / b)))
        return found

    def __rtruediv__(self, other: Any) -> Any:
        a = exact.converted(other)
        return a / self if type(a) is PointNumber else NotImplemented

    def __neg__(self) -> Any:
        fraction = None if self.fraction is None else -self.fraction
        return _made(fraction, -self.value, ((self, _minus_one),), self.inputs)

    def __floor__(self) -> Any:
        whole = self.fraction.floor() if self.fraction is not None else self.value.floor().unique_fmpz()
        if whole is None or (self.inputs and self.fraction == whole):
            raise Undecided(f"{self} may lie on either side of a whole number")
        return exact.rational(whole)

    def rational(self) -> Any:
        """The number as a `flint.fmpq`, if it is known to be rational and depends on no variable; else None."""
        return None if self.inputs else self.fraction

    def is_zero(self) -> bool:
        """True if the number is known to be 0, whatever the variables are."""
        return not self.inputs and self.fraction is not None and self.fraction == 0

    def sign(self) -> int:
        """The sign at the point.

        Raises
        ------
        Undecided
            If it is not known; `OutsideDomain`, if the number is 0 at the point and varies.
        """
        if self.value > 0:
            return 1
        if self.value < 0:
            return -1
        if self.is_zero():
            return 0
        if self.fraction is not None:
            raise OutsideDomain("a comparison with a number that is equal at the point alone")
        raise Undecided(f"the sign of {self} cannot be decided at the point")

    def agrees_with(self, other: PointNumber) -> bool:
        """Whether two numbers are the same, as far as two thirds of the working precision tell.

        Raises
        ------
        Undecided
            If their balls are wider.
        """
        if self.fraction is not None and other.fraction is not None:
            return bool(self.fraction == other.fraction)
        rest = self.value - other.value
        if not rest.is_finite():
            raise Undecided("a number that is not finite")
        if not rest.contains(0):
            return False
        size = max(abs(self.value), abs(other.value), flint.arb(1))
        if not abs(rest) * flint.arb(2) ** (flint.ctx.prec * 2 // 3) < size:
            raise Undecided("a number with too few digits")
        return True

    def slope(self, variable: int) -> PointNumber:
        """The derivative by the variable at a position."""
        if variable not in self.inputs:
            return PointNumber.of_rational(flint.fmpq(0))
        if not self.parents:
            return _one()
        if variable not in self.slopes:
            total: Any = PointNumber.of_rational(flint.fmpq(0))
            for parent, by in self.parents:
                if variable in parent.inputs:
                    total = total + by() * parent.slope(variable)
            self.slopes[variable] = total.without(self.dropped)
        return self.slopes[variable]

    def without(self, variables: Iterable[int]) -> PointNumber:
        """The same number where some variables no longer vary."""
        held = frozenset(variables)
        if self.inputs.isdisjoint(held):
            return self
        rest = self.inputs - held
        found = _made(self.fraction, self.value, ((self, _one),) if rest else (), rest)
        found.dropped = held
        return found


# What follows is private.


_NONE: frozenset[int] = frozenset()
_blank = object.__new__


def _made(fraction: Any, value: Any, parents: Parents = (), inputs: frozenset[int] = _NONE) -> PointNumber:
    number = _blank(PointNumber)
    number.fraction, number.value, number.inputs, number.dropped = fraction, value, inputs, _NONE
    number.parents = parents if inputs else ()
    if inputs:
        number.slopes = {}
    return number


_of = PointNumber.function


def _combined(operation: Callable[[Any, Any], Any], a: PointNumber, b: PointNumber, parents: Parents) -> PointNumber:
    """Two numbers under an operation: a rational, if both are."""
    if a.fraction is None or b.fraction is None:
        return _made(None, operation(a.value, b.value), parents, a.inputs | b.inputs)
    fraction = operation(a.fraction, b.fraction)
    return _made(fraction, flint.arb(fraction), parents, a.inputs | b.inputs)


def _one() -> PointNumber:
    return PointNumber.of_rational(flint.fmpq(1))


def _minus_one() -> PointNumber:
    return PointNumber.of_rational(flint.fmpq(-1))


def _fraction_of(value: Any) -> Any:
    """The rational that an exact ball is; None for other balls, and for numbers with long exponents."""
    if not value.is_exact() or not value.is_finite() or abs(value.man_exp()[1]) > LARGEST_POWER:
        return None
    return value.fmpq()


def _power(a: Any, b: Any) -> Any:
    whole = b.rational()
    if whole is not None and whole.q == 1:
        return _whole_power(a, int(whole.p))
    if a.is_zero():
        if whole is not None and whole > 0:
            return a
        raise Undecided(f"0 to the power of {b}")
    if whole is not None and whole == flint.fmpq(1, 2):
        return _of("sqrt", a)
    return _of("exp", b * _of("log", a))


def _whole_power(a: PointNumber, n: int) -> Any:
    if abs(n) > LARGEST_POWER:
        raise Undecided(f"a power with the exponent {n}")
    if n == 0:
        return _one()
    if n < 0:
        return _one() / _whole_power(a, -n)
    fraction = None if a.fraction is None else a.fraction**n
    value = a.value**n if fraction is None else flint.arb(fraction)
    return _made(fraction, value, ((a, lambda: n * _whole_power(a, n - 1)),), a.inputs)


def _arctan2(y: Any, x: Any) -> Any:
    if x > 0:
        return _of("arctan", y / x)
    half = _made(None, flint.arb.pi() / 2)
    rest = _of("arctan", x / y)
    return half - rest if y > 0 else -half - rest


def _cube_root(a: Any) -> Any:
    if a.is_zero():
        return a
    size = _of("exp", _of("log", abs(a)) / 3)
    return size if a > 0 else -size


def _gamma(a: Any) -> Any:
    return _of("exp", _of("gammaln", a))


def _ndtr(a: Any) -> Any:
    return _of("erfc", -a / _of("sqrt", _one() * 2)) / 2


_OF_SEVERAL: dict[str, Callable[..., Any]] = {
    "power": _power,
    "arctan2": _arctan2,
    "cbrt": _cube_root,
    "gamma": _gamma,
    "ndtr": _ndtr,
}
"""Functions that are made of others by the formulas of `special_functions`, which stand there in generators."""

_POSITIVE = {"log", "sqrt"}
"""Functions that no negative number has, whatever is known of it."""


def _polygamma(order: int) -> tuple[Callable[[Any], Any], Callable[[Any, Any], Any]]:
    """The value and the slope of a derivative of digamma, for positive arguments."""

    def value(x: Any) -> Any:
        return x.digamma() if order == 0 else flint.acb(x).polygamma(order).real

    def slope(a: PointNumber, _: PointNumber) -> PointNumber:
        name = f"polygamma{order + 1}"
        _FUNCTIONS.setdefault(name, _polygamma(order + 1))
        return cast("PointNumber", _of(name, a))

    return lambda x: value(x) if x > 0 else flint.arb.nan(), slope


_FUNCTIONS: dict[str, tuple[Callable[[Any], Any], Callable[[Any, Any], Any]]] = {
    "exp": (flint.arb.exp, lambda a, y: y),
    "expm1": (flint.arb.expm1, lambda a, y: y + 1),
    "log": (flint.arb.log, lambda a, y: 1 / a),
    "log1p": (flint.arb.log1p, lambda a, y: 1 / (1 + a)),
    "sqrt": (flint.arb.sqrt, lambda a, y: 1 / (2 * y)),
    "sinh": (flint.arb.sinh, lambda a, y: _of("cosh", a)),
    "cosh": (flint.arb.cosh, lambda a, y: _of("sinh", a)),
    "tanh": (flint.arb.tanh, lambda a, y: 1 - y * y),
    "sin": (flint.arb.sin, lambda a, y: _of("cos", a)),
    "cos": (flint.arb.cos, lambda a, y: -_of("sin", a)),
    "tan": (flint.arb.tan, lambda a, y: 1 + y * y),
    "arcsin": (flint.arb.asin, lambda a, y: 1 / _of("sqrt", 1 - a * a)),
    "arccos": (flint.arb.acos, lambda a, y: -1 / _of("sqrt", 1 - a * a)),
    "arctan": (flint.arb.atan, lambda a, y: 1 / (1 + a * a)),
    "arcsinh": (flint.arb.asinh, lambda a, y: 1 / _of("sqrt", a * a + 1)),
    "arccosh": (flint.arb.acosh, lambda a, y: 1 / _of("sqrt", a * a - 1)),
    "arctanh": (flint.arb.atanh, lambda a, y: 1 / (1 - a * a)),
    "erf": (flint.arb.erf, lambda a, y: _density(a)),
    "erfc": (flint.arb.erfc, lambda a, y: -_density(a)),
    "gammaln": (lambda x: x.lgamma() if x > 0 else flint.arb.nan(), lambda a, y: _of("digamma", a)),
    "digamma": _polygamma(0),
}
"""Each function of a ball, and its slope from the argument and the value."""


def _density(a: Any) -> Any:
    """2 exp(-a^2) / sqrt(pi)."""
    return 2 * _of("exp", -(a * a)) / _made(None, flint.arb.const_sqrt_pi())
