"""The memory that runs of one computation in exact numbers pass on: room, precision, how fine roots must be."""

from __future__ import annotations

from dataclasses import dataclass, field
from fractions import Fraction
from math import lcm
from typing import Any

from chainrule.algebra.ball import Undecided

FINEST = 5040
"""Roots of higher orders are not taken."""


class TooLarge(Undecided):
    """An expression has more terms than the field allows."""


class Restart(BaseException):
    """The computation must run again with the field's new memory: a finer root, more generators or bits.

    No Exception, so that code under test which catches exceptions does not catch it.
    """


@dataclass
class Memory:
    """Settings that a field needs from its start, learnt from earlier runs of the same computation.

    Attributes
    ----------
    generators : int
        Room for generators.
    bits : int
        Precision of the balls at the sample.
    fineness : dict
        The whole number by which the argument of a key's generator is divided.

    Examples
    --------
    >>> from chainrule.algebra import attempt, variables
    >>> def square_of_sum(field):
    ...     x, y, z = variables("x", [1.0, 2.0, 3.0])
    ...     yield "square", (x + y + z) ** 2 - (x + y) ** 2, z * (2 * x + 2 * y + z)
    >>> memory = Memory(generators=2)
    >>> attempt(square_of_sum, memory=memory).proved, memory.generators > 2
    (True, True)
    """

    generators: int = 24
    bits: int = 192
    fineness: dict[Any, int] = field(default_factory=dict)

    def refine(self, key: Any, by: int) -> None:
        """Ask for a finer generator, and for another run."""
        finer = lcm(self.fineness.get(key, 1), by)
        if finer > FINEST:
            raise TooLarge(f"a root of order {finer}")
        self.fineness[key] = finer
        raise Restart


def small_fraction(x: Any, most: int = 64, *, fineness: int = 1) -> Fraction | None:
    """A rational as a Fraction, if its numerator and denominator are at most `most` in size.

    Multiples of what was divided by `fineness` have numerators that are larger by this factor.
    """
    p, q = int(x.p), int(x.q)
    return Fraction(p, q) if abs(p) <= min(most * fineness, FINEST) and q <= most else None
