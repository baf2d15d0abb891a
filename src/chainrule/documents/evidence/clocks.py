"""The time that is left for a claim."""

from __future__ import annotations

import math
from time import monotonic

TOO_LONG = "it takes too long"


class OutOfTime(Exception):
    """The time for a claim has passed."""


class Clock:
    """The time until which a claim may be computed.

    Parameters
    ----------
    seconds : float
    """

    def __init__(self, seconds: float = math.inf) -> None:
        self.until = monotonic() + seconds

    def part(self) -> Clock:
        """A clock that ends when half of the time is left."""
        now = monotonic()
        return Clock((self.until - now) / 2)

    def check(self) -> None:
        """Stop what takes too long.

        Raises
        ------
        OutOfTime
        """
        if monotonic() > self.until:
            raise OutOfTime(TOO_LONG)
