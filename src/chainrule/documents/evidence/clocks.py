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

    @property
    def left(self) -> float:
        """The seconds that are left."""
        return self.until - monotonic()

    def part(self, share: float = 0.5) -> Clock:
        """A clock that ends after a share of the time that is left."""
        return Clock(self.left * share)

    def check(self) -> None:
        """Stop what takes too long.

        Raises
        ------
        OutOfTime
        """
        if monotonic() > self.until:
            raise OutOfTime(TOO_LONG)
