"""Functions that round to whole numbers, for every kind of number that has a floor and comparisons.

A number that may lie on either side of a step raises `Undecided`.

>>> from chainrule.algebra.ball import Ball
>>> rint(Ball(2.5)), trunc(Ball(-2.5)), fmod(Ball(-5.5), Ball(2))
(2, -2, -1.5)
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from chainrule.algebra.ball import Undecided


def rint(x: Any) -> Any:
    """The nearest whole number, and the even one of two that are equally near.

    >>> rint(0.5), rint(1.5), rint(-0.75)
    (0, 2, -1)
    """
    above = math.floor(x + 0.5)
    is_odd_tie = above - x == 0.5 and above % 2 == 1
    return above - 1 if is_odd_tie else above


def trunc(x: Any) -> Any:
    """The whole number without the digits behind the point.

    >>> trunc(1.75), trunc(-1.75)
    (1, -1)
    """
    return math.floor(x) if x >= 0 else math.ceil(x)


def fmod(x: Any, y: Any) -> Any:
    """The rest of a division, with the sign of x.

    >>> fmod(-5.5, 2.0)
    -1.5
    """
    return x - trunc(x / y) * y


def copysign(x: Any, y: Any) -> Any:
    """The magnitude of x with the sign of y.

    Raises
    ------
    Undecided
        If y is 0: real numbers have no sign there, and floats have one.

    Examples
    --------
    >>> copysign(2.0, -0.5)
    -2.0
    """
    if y == 0:
        raise Undecided("copysign at 0, where the sign is that of a float's zero")
    return abs(x) if y > 0 else -abs(x)


FUNCTIONS: dict[np.ufunc, Callable[..., Any]] = {
    np.rint: rint,
    np.trunc: trunc,
    np.fmod: fmod,
    np.copysign: copysign,
}
"""NumPy's functions, as functions of numbers."""
