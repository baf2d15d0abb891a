"""Known functions in the place of unknown ones: not all convex, not all increasing, not all even.

Each is made of two linear forms p and q of the arguments, with coefficients that follow from the function's name.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import flint

from chainrule.algebra import Exact
from chainrule.algebra.special_functions import FUNCTIONS

FORMS: tuple[tuple[str, Callable[[Any, Any], Any]], ...] = (
    ("p^3 - 2 p q + q - 3 p + 2", lambda p, q: p * p * p - 2 * p * q + q - 3 * p + 2),
    ("2 p / (1 + p^2) + q^2 / 3 + 1/7", lambda p, q: 2 * p / (1 + p * p) + q * q / 3 + flint.fmpq(1, 7)),
    ("exp(p) - 2 exp(q) / 3", lambda p, q: FUNCTIONS["exp"](p) - FUNCTIONS["exp"](q) * flint.fmpq(2, 3)),
    ("3 - p^2 - q^2 + p", lambda p, q: 3 - p * p - q * q + p),
    ("1 + q / 2 + p", lambda p, q: 1 + q / 2 + p),
)
"""Formulas, and what they compute: the first is used where one is enough."""


def stood_in(number: int, name: str, entries: Sequence[Any]) -> Any:
    """The value of a known function in place of the one of this name."""
    p, q = Exact(0), Exact(0)
    for place, entry in enumerate(entries):
        first, second = _coefficients(name, place)
        p, q = p + entry * first, q + entry * second
    return FORMS[number][1](p, q)


def told(number: int, name: str, arguments: int) -> str:
    """The known function in words.

    >>> told(3, "g", 1)
    '3 - p^2 - q^2 + p with p = 16/17 x1 and q = -2/17 x1'
    """
    forms = []
    for which in (0, 1):
        parts = [f"{_coefficients(name, place)[which]} x{place + 1}" for place in range(arguments)]
        forms.append(" + ".join(parts).replace("+ -", "- "))
    return f"{FORMS[number][0]} with p = {forms[0]} and q = {forms[1]}"


# What follows is private.


def _coefficients(name: str, place: int) -> tuple[Any, Any]:
    """Coefficients of the two forms for the argument at a place; none is 0, and no two names are alike."""
    seed = sum(ord(letter) * (number + 1) for number, letter in enumerate(name)) + 5 * place
    first, second = seed % 11 + 12, (3 * seed + place) % 7 - 3
    return flint.fmpq(first if place % 2 == 0 else -first, 17), flint.fmpq(second or 6, 17)
