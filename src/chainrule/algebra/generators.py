"""The generators of a field, which are the variables of its polynomials, and the irreducible factors of divisors."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, TypeAlias

if TYPE_CHECKING:
    from chainrule.algebra.exact import Exact

Polynomial: TypeAlias = Any
"""A `flint.fmpq_mpoly`."""


@dataclass(frozen=True, eq=False)
class Generator:
    """One variable of the polynomials.

    Attributes
    ----------
    kind : str
        "variable", "exp", "log", "root", "sin", "cos", "constant" or the name of a function.
    index : int
        Position among the variables of the polynomials.
    spelling : str or callable
        The text for messages, or a function that returns it: most texts are never read.
    value : flint.arb
        Holds the value at the sample.
    slopes : tuple of pairs
        (argument, function that returns the partial derivative by this argument).
    rebuild : callable or None
        Returns the function of new arguments; None for variables and constants.
    positive : bool
        True if it is positive wherever it is defined.
    power, relation : int, polynomial or None
        generator ** power = the polynomial, which has earlier generators only.
    """

    kind: str
    index: int
    spelling: str | Callable[[], str]
    value: Any
    slopes: tuple[tuple[Exact, Callable[[], Exact]], ...] = ()
    rebuild: Callable[..., Exact] | None = None
    positive: bool = False
    power: int = 0
    relation: Polynomial = None

    @cached_property
    def text(self) -> str:
        """For messages."""
        return self.spelling if isinstance(self.spelling, str) else self.spelling()


@dataclass(frozen=True, eq=False)
class Atom:
    """An irreducible polynomial that divides something, and its value at the sample."""

    polynomial: Polynomial
    value: Any
