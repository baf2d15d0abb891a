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
from typing import Any, ClassVar, TypeAlias, cast

import flint
import numpy as np

from chainrule.algebra.ball import Undecided
from chainrule.algebra.exact_text import text_of
from chainrule.algebra.field import Condition, Field, Generator, Polynomial, Restart, current

Denominator: TypeAlias = tuple[tuple[int, int], ...]
"""Pairs of the number of an atom and its exponent, in order of the numbers."""

FUNCTIONS: dict[str, Callable[..., Any]] = {}
"""Functions of exact numbers by name, filled by chainrule.algebra.special_functions."""

MOST_SUMMANDS = 6
"""Longer sums with logarithms are not compared with 0 through their exponentials."""

EXACT_BITS = 24
"""Floats with more significant bits may have been rounded."""

MOST_BITS = 4000
"""Precision beyond which a comparison is left undecided."""


class Exact:
    """An exact number of the current field. Python's numbers convert; floats are the rationals that they are.

    Examples
    --------
    >>> from chainrule.algebra.exact_arrays import variables
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
        made = _converted(value)
        if made is None:
            raise TypeError(f"Exact: expected an int or a float, got {type(value).__name__}")
        return made

    def __repr__(self) -> str:
        return text_of(self.num, self.den)

    def __add__(self, other: Any) -> Exact:
        b = other if type(other) is Exact else _converted(other)
        if type(b) is not Exact:
            return _infinite(b)
        return _sum(self, b, operator.add)

    __radd__ = __add__

    def __sub__(self, other: Any) -> Exact:
        b = other if type(other) is Exact else _converted(other)
        if type(b) is not Exact:
            return _infinite(b, -1)
        return _sum(self, b, operator.sub)

    def __rsub__(self, other: Any) -> Exact:
        b = _converted(other)
        return b - self if type(b) is Exact else _infinite(b)

    def __mul__(self, other: Any) -> Exact:
        b = other if type(other) is Exact else _converted(other)
        if type(b) is not Exact:
            return _infinite(b, self)
        return _product(self, b)

    __rmul__ = __mul__

    def __truediv__(self, other: Any) -> Exact:
        b = other if type(other) is Exact else _converted(other)
        if type(b) is not Exact:
            return rational(0) if isinstance(b, Infinite) else cast("Exact", NotImplemented)
        return _product(self, inverse(b))

    def __rtruediv__(self, other: Any) -> Exact:
        b = _converted(other)
        return _product(b, inverse(self)) if type(b) is Exact else NotImplemented

    def __pow__(self, other: Any) -> Exact:
        b = _converted(other)
        return FUNCTIONS["power"](self, b) if type(b) is Exact else NotImplemented

    def __rpow__(self, other: Any) -> Exact:
        b = _converted(other)
        return FUNCTIONS["power"](b, self) if type(b) is Exact else NotImplemented

    def __neg__(self) -> Exact:
        return made(-self.num, self.den, -self.value)

    def __pos__(self) -> Exact:
        return self

    conjugate = __pos__  # exact numbers are real

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
    """An infinity among exact numbers. It compares with all of them, and absorbs what is added to it."""

    __slots__ = ()

    def __add__(self, other: Any) -> Any:
        if isinstance(other, float) and not float(self) + float(other) == float(self):
            raise Undecided("infinity minus infinity")
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
            raise Undecided("zero times infinity")
        return self if other > 0 else -self

    __rmul__ = __mul__

    def __truediv__(self, other: Any) -> Any:
        if isinstance(other, float) and not math.isfinite(other):
            raise Undecided("infinity divided by infinity")
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


def _infinite(b: Any, factor: Any = 1) -> Exact:
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
    x = flint.fmpq(x)
    return made(current().context.constant(x), (), flint.arb(x))


def _converted(x: Any) -> Any:
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
        return _converted(x) if not isinstance(x, np.ndarray) else None
    if isinstance(x, int | np.integer | np.bool_):
        return rational(int(x))
    if isinstance(x, float | np.floating):
        if math.isfinite(x):
            field = current()
            number = None if field.ideal is None else field.ideal(field, float(x))
            if number is not None:
                return number
            ratio = float(x).as_integer_ratio()
            if (ratio[0] // math.gcd(ratio[0], 1 << 1023)).bit_length() > EXACT_BITS:
                field.floats.add(float(x))
            return rational(flint.fmpq(*ratio))
        if math.isnan(x):
            raise Undecided("not a number")
        return Infinite(x)
    if isinstance(x, Fraction):
        return rational(flint.fmpq(x.numerator, x.denominator))
    return rational(x) if isinstance(x, flint.fmpq | flint.fmpz) else None


def _sum(a: Exact, b: Exact, add: Callable[[Any, Any], Any]) -> Exact:
    """a + b or a - b, over the least common denominator."""
    field = current()
    if a.den == b.den:
        num, den, shared = add(a.num, b.num), a.den, a.den
    else:
        mine, yours = dict(a.den), dict(b.den)
        common = {k: max(mine.get(k, 0), yours.get(k, 0)) for k in sorted({*mine, *yours})}
        num = add(
            _times_atoms(field, a.num, {k: e - mine.get(k, 0) for k, e in common.items()}),
            _times_atoms(field, b.num, {k: e - yours.get(k, 0) for k, e in common.items()}),
        )
        den = tuple(common.items())
        # An atom with different exponents divides one summand and not the other.
        shared = tuple((k, e) for k, e in den if mine.get(k) == yours.get(k))
    value = add(a.value, b.value)
    if not len(num):
        return made(num, (), flint.arb(0))
    if shared:
        num, den = _cancelled(field, num, den, shared)
    return made(num, den, value)


def _product(a: Exact, b: Exact) -> Exact:
    field = current()
    value = a.value * b.value
    if not (a.den or b.den):
        return made(field.product(a.num, b.num), (), value)
    a_num, b_den = _cancelled(field, a.num, b.den, b.den)
    b_num, a_den = _cancelled(field, b.num, a.den, a.den)
    num = field.product(a_num, b_num)
    if not len(num):
        return made(num, (), flint.arb(0))
    exponents = dict(a_den)
    for k, e in b_den:
        exponents[k] = exponents.get(k, 0) + e
    den = tuple(sorted(exponents.items()))
    if field.related:
        num, den = _cancelled(field, num, den, den)
    return made(num, den, value)


def inverse(a: Exact) -> Exact:
    """1 / a. Every divisor is recorded.

    Raises
    ------
    Undecided
        If a may be 0 at the sample.
    """
    field = current()
    if not len(a.num):
        raise Undecided("a division by 0")
    constant, parts = field.factors(a.num)
    num, den, roots = field.context.constant(1 / constant), [], list[tuple[Generator, int]]()
    for number, exponent in parts:
        field.divide_by(number)
        root = field.root_of(number)
        if root is None:
            den.append((number, exponent))
        else:
            roots.append((root, exponent))
    result = made(_times_atoms(field, num, dict(a.den)), tuple(sorted(den)), 1 / a.value)
    for root, exponent in roots:  # 1 / R = R^(q - 1) / a, so that no root of a product stands below
        times = -(-exponent // root.power)
        power = field.context.gen(root.index) ** (times * root.power - exponent)
        below = inverse(made(root.relation**times, (), root.value ** (root.power * times)))
        value = result.value
        result = _product(result, _product(made(field.reduced(power), (), root.value), below))
        result = made(result.num, result.den, value)
    return result


def _times_atoms(field: Field, p: Polynomial, exponents: dict[int, int]) -> Polynomial:
    for number, exponent in exponents.items():
        for _ in range(exponent):
            p = field.product(p, field.atoms[number].polynomial)
    return p


def _cancelled(field: Field, num: Polynomial, den: Denominator, among: Denominator) -> tuple[Polynomial, Denominator]:
    """Numerator and denominator without the common factors among some atoms."""
    left = None
    for number, exponent in among:
        atom, count = field.atoms[number].polynomial, 0
        while count < exponent:
            quotient, remainder = divmod(num, atom)
            if len(remainder):
                break
            num, count = quotient, count + 1
        if count:
            left = dict(den) if left is None else left
            left[number] -= count
    return num, den if left is None else tuple((k, e) for k, e in left.items() if e)


_HOLDS: dict[Callable[[Any, Any], Any], str] = {
    operator.lt: "<",
    operator.le: "<=",
    operator.gt: ">",
    operator.ge: ">=",
    operator.eq: "==",
    operator.ne: "!=",
}
_OPPOSITE = {"<": ">=", "<=": ">", ">": "<=", ">=": "<", "==": "!=", "!=": "=="}


def _compare(a: Exact, other: Any, compare: Callable[[Any, Any], Any]) -> Any:
    b = other if type(other) is Exact else _converted(other)
    if isinstance(b, Infinite):
        return compare(0.0, float(b))
    if b is None:
        return NotImplemented
    sign, difference = sign_at_sample(a - b)
    outcome = bool(compare(sign, 0))
    relation = _HOLDS[compare]
    if difference is not None:
        record(difference, relation if outcome else _OPPOSITE[relation])
    return outcome


def sign_at_sample(number: Exact) -> tuple[int, Exact | None]:
    """The sign of a number at the sample, and the number, or None in its place if the sign is that for all inputs.

    Raises
    ------
    Undecided
        If a ball of the highest precision contains 0, and the number is not proved to be 0.
    """
    if number.is_zero():
        return 0, None
    known = known_sign(number)
    if known:
        return known, None
    field = current()
    if number.value.contains(0) or not number.value.is_finite():
        if number.value.is_exact() or number.value.is_nan() or field.memory.bits >= MOST_BITS:
            raise Undecided(f"the sign of {number} cannot be decided at the sample")
        field.memory.bits *= 4
        raise Restart
    return (1 if number.value > 0 else -1), number


def known_sign(number: Exact) -> int:
    """1 or -1 if the number has this sign on the whole cell, else 0.

    A number with logarithms, such as x + log(1 + e^-x), is compared with 0 through its exponential.
    """
    field = current()
    sign = _sign_of_terms(field, number)
    if sign or number.den or len(number.num) > MOST_SUMMANDS or "log" not in field.tables:
        return sign
    used = [index for index, degree in enumerate(number.num.degrees()) if degree > 0]
    if not any(field.at(index).kind == "log" for index in used):
        return 0
    return _sign_of_terms(field, FUNCTIONS["exp"](number) - 1)


def _sign_of_terms(field: Field, number: Exact) -> int:
    sign = field.sign_of(number.num)
    for k, e in number.den:
        sign *= field.sign_of_atom(k) if e % 2 else 1
    return sign


def record(number: Exact, relation: str) -> None:
    """Record that the relation of the number with 0 holds on the cell."""
    field = current()
    for known in field.conditions:
        if known.relation == relation and known.number.den == number.den and known.number.num == number.num:
            return
    field.conditions.append(Condition(number, relation))
    if relation[0] in "<>" and not number.den and len(number.num) == 1:
        [(monomial, coefficient)] = number.num.to_dict().items()
        if sum(monomial) == 1:
            index = monomial.index(1)
            field.signs[index] = 1 if (coefficient > 0) == (relation[0] == ">") else -1
            if relation in ("<", ">"):
                field.may_vanish.discard(index)
            else:
                field.may_vanish.add(index)
