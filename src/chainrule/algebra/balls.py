"""Arrays of balls, on which code written for NumPy's floats runs unchanged.

`balls(x)` returns an object array of `Ball` entries, exact for floats. NumPy's functions keep all its entries balls.

>>> probs = balls([0.25, 0.75])
>>> np.log(np.where(probs > 0.5, probs, 1.0))
BallArray([0, [-0.2876820725 +/- 4.83e-11]], dtype=object)
>>> midpoints(_)
array([ 0.        , -0.28768207])
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any, TypeAlias, TypeVar

import flint
import numpy as np
from scipy import special

from chainrule.algebra import whole_numbers
from chainrule.algebra.ball import Ball, Undecided, exactly, nearest, precision
from chainrule.algebra.number_array import NumberArray, numbers, plain

Floats: TypeAlias = np.ndarray[Any, np.dtype[np.float64]]
Scalar = TypeVar("Scalar", bound=np.generic)


def balls(x: Any) -> BallArray:
    """The numbers of `x` as balls of radius 0, in an array of its shape.

    >>> balls(np.array([[0.5], [2.0]]))
    BallArray([[0.5],
               [2]], dtype=object)
    """
    return numbers(x, BallArray)


def midpoints(x: Any) -> Floats:
    """The float64 nearest to each ball's midpoint.

    >>> midpoints(np.exp(balls([0.0, 1.0])))
    array([1.        , 2.71828183])
    """
    return _each(x, nearest, np.float64)


def radii(x: Any) -> Floats:
    """An upper bound of each ball's radius, as float64 in the shape of `x`.

    The radius is what rounding has added: it is about 2^-precision of the number, and 0 in exact balls, for which the
    smallest float above 0 is returned.

    Examples
    --------
    >>> bool(radii(np.exp(balls([1.0])))[0] < 1e-14)
    True
    """
    return _each(x, lambda ball: np.nextafter(nearest(Ball(ball.value.rad())), np.inf), np.float64)


def relative_accuracy(x: Any) -> np.ndarray[Any, np.dtype[np.int64]]:
    """The number of certain bits of each ball: about the working precision at best, 2^62 for an exact ball.

    >>> bool(relative_accuracy(np.exp(balls([1.0]))) > 40)
    True
    """
    return _each(x, lambda ball: max(-(2**62), min(2**62, int(ball.value.rel_accuracy_bits()))), np.int64)


def overlap(a: Any, b: Any) -> np.ndarray[Any, np.dtype[np.bool_]]:
    """True for each pair of balls that may be the same number. Two infinities of one sign are the same.

    False is a proof that the numbers differ.

    Parameters
    ----------
    a, b : array_like
        Balls or floats, whose shapes are broadcast.

    Returns
    -------
    ndarray of bool

    Examples
    --------
    >>> x = balls([0.5, 2.0])
    >>> overlap(np.exp(np.log(x)), [0.5, 2.25])
    array([ True, False])
    """
    first, second = np.broadcast_arrays(plain(balls(a)), plain(balls(b)))
    pairs = [bool(p.value.overlaps(q.value)) for p, q in zip(first.flat, second.flat, strict=True)]
    return np.array(pairs, dtype=bool).reshape(first.shape)


def _each(x: Any, function: Callable[[Any], Any], dtype: type[Scalar]) -> np.ndarray[Any, np.dtype[Scalar]]:
    array = balls(x)
    return np.array([function(ball) for ball in array.flat], dtype=dtype).reshape(array.shape)


def _xlogy(x: Ball, y: Ball) -> Ball:
    return Ball(0) if x.value.is_zero() else x * y.log()


def _ndtr(x: Ball) -> Ball:
    return Ball((-x.value / flint.arb(2).sqrt()).erfc() / 2)


def _heaviside(x: Ball, at_zero: Ball) -> Ball:
    return Ball(1) if x > 0 else Ball(0) if x < 0 else at_zero


def _cbrt(x: Ball) -> Ball:
    return Ball(x.value.root(3)) if x >= 0 else -Ball((-x.value).root(3))


_FUNCTIONS: dict[np.ufunc, Callable[..., Ball]] = {
    **whole_numbers.FUNCTIONS,
    **dict.fromkeys((np.exp2, special.exp2), lambda x: Ball(2) ** x),
    special.log1p: Ball.log1p,
    special.gammaln: lambda x: x.mapped("lgamma") if x > 0 else abs(x.mapped("gamma")).log(),
    np.log2: lambda x: x.log() / Ball(2).log(),
    np.log10: lambda x: x.log() / Ball(10).log(),
    np.cbrt: _cbrt,
    np.fabs: abs,
    np.heaviside: _heaviside,
    np.hypot: lambda x, y: (x * x + y * y).sqrt(),
    np.logaddexp: lambda x, y: (x.exp() + y.exp()).log(),
    np.arctan2: lambda y, x: Ball(flint.arb.atan2(y.value, x.value)),
    special.expit: lambda x: Ball(1) / (Ball(1) + (-x).exp()),
    special.log_expit: lambda x: -((Ball(1) + (-x).exp()).log()),
    special.logit: lambda p: (p / (Ball(1) - p)).log(),
    special.xlogy: _xlogy,
    special.xlog1py: lambda x, y: _xlogy(x, 1 + y),
    special.entr: lambda x: -_xlogy(x, x),
    special.rel_entr: lambda x, y: _xlogy(x, x / y),
    special.kl_div: lambda x, y: _xlogy(x, x / y) - x + y,
    special.ndtr: _ndtr,
    special.log_ndtr: lambda x: _ndtr(x).log(),
}

_FUNCTIONS_OF_FLINT: dict[np.ufunc, str] = {
    np.tan: "tan",
    np.arcsin: "asin",
    np.arccos: "acos",
    np.arcsinh: "asinh",
    np.arccosh: "acosh",
    np.arctanh: "atanh",
    special.expm1: "expm1",
    special.erf: "erf",
    special.erfc: "erfc",
    special.gamma: "gamma",
    special.psi: "digamma",
}

_TESTS: dict[np.ufunc, Callable[[Ball], Any]] = {
    np.isfinite: lambda ball: ball.value.is_finite(),
    np.isnan: lambda ball: ball.value.is_nan(),
    np.isinf: lambda ball: not (ball.value.is_finite() or ball.value.is_nan()),
}

ENTRYWISE: dict[np.ufunc, Callable[..., Any]] = {
    **{ufunc: np.vectorize(function, otypes=[object]) for ufunc, function in _FUNCTIONS.items()},
    **{
        ufunc: np.vectorize(partial(Ball.mapped, function=name), otypes=[object])
        for ufunc, name in _FUNCTIONS_OF_FLINT.items()
    },
    **{ufunc: np.vectorize(test, otypes=[bool]) for ufunc, test in _TESTS.items()},
}


class BallArray(NumberArray):
    """An object array whose entries are balls, or None before the first assignment. Created by `balls`.

    NumPy's functions, operators and index assignment keep all entries balls, so that no step rounds to a float.

    Examples
    --------
    >>> x = balls([0.5, 2.0])
    >>> x[0] = 3.0
    >>> np.maximum(x, 2.5)
    BallArray([3, 2.5], dtype=object)
    """

    number = Ball
    entrywise = ENTRYWISE

    @classmethod
    def magnitude(cls, entry: Ball) -> float:
        """The absolute value of the midpoint."""
        return abs(nearest(entry))


__all__ = [
    "Ball",
    "BallArray",
    "Undecided",
    "balls",
    "exactly",
    "midpoints",
    "nearest",
    "overlap",
    "precision",
    "radii",
    "relative_accuracy",
]
