"""A kind of number that shares nothing with balls: fractions, which have no functions but arithmetic."""

import math
import operator
from fractions import Fraction
from functools import total_ordering

import numpy as np

from chainrule.algebra.ball import Undecided
from chainrule.algebra.number_array import NumberArray, numbers


def _by(operation):
    def method(self, other):
        other = self._operand(other)
        return NotImplemented if other is None else type(self)(operation(self.value, other))

    return method


def _by_right(operation):
    return _by(lambda a, b: operation(b, a))


@total_ordering
class Rational:
    """An exact fraction. It converts ints and finite floats, and refuses to become a float."""

    shape, ndim, dtype = (), 0, np.dtype(object)

    def __init__(self, value):
        if not isinstance(value, Fraction | int | float | Rational):
            raise TypeError(f"Rational: got {type(value).__name__}")
        self.value = value.value if isinstance(value, Rational) else Fraction(value)

    @staticmethod
    def _operand(other):
        if isinstance(other, Rational):
            return other.value
        return Fraction(other) if isinstance(other, Fraction | int | float) else None

    __add__, __radd__ = _by(operator.add), _by_right(operator.add)
    __sub__, __rsub__ = _by(operator.sub), _by_right(operator.sub)
    __mul__, __rmul__ = _by(operator.mul), _by_right(operator.mul)
    __truediv__, __rtruediv__ = _by(operator.truediv), _by_right(operator.truediv)

    def __pow__(self, exponent):
        return Rational(self.value ** int(exponent))

    def __neg__(self):
        return Rational(-self.value)

    def __abs__(self):
        return Rational(abs(self.value))

    def __eq__(self, other):
        return self.value == self._operand(other)

    def __lt__(self, other):
        return self.value < self._operand(other)

    def __hash__(self):
        return hash(self.value)

    def __bool__(self):
        return self.value != 0

    def __float__(self):
        raise Undecided("a fraction")

    def __int__(self):
        if self.value.denominator != 1:
            raise Undecided("a fraction")
        return int(self.value)

    def __repr__(self):
        return str(self.value)

    def conjugate(self):
        return self

    def __floor__(self):
        return Rational(math.floor(self.value))

    def __ceil__(self):
        return Rational(math.ceil(self.value))

    def exp(self):
        raise NotImplementedError("exp of Rational entries")


class RationalArray(NumberArray):
    number = Rational


def rationals(x):
    return numbers(x, RationalArray)


def floats(x):
    return np.array([float(entry.value) for entry in rationals(x).flat]).reshape(np.shape(x))
