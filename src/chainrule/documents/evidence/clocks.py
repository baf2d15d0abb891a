"""The processor time that is left for a claim, so that its verdict does not depend on what else the machine does."""

from __future__ import annotations

import math
from time import thread_time

TOO_LONG = "it takes too long"


class OutOfTime(Exception):
    """The time for a claim has passed."""


class Clock:
    """The time until which this thread may compute a claim.

    Parameters
    ----------
    seconds : float
        The processor time.
    """

    def __init__(self, seconds: float = math.inf) -> None:
        self.until = thread_time() + seconds

    @property
    def left(self) -> float:
        """The seconds that are left."""
        return self.until - thread_time()

    def part(self, share: float = 0.5) -> Clock:
        """A clock that ends after a share of the time that is left."""
        return Clock(self.left * share)

    def check(self) -> None:
        """Stop what takes too long.

        Raises
        ------
        OutOfTime
        """
        if thread_time() > self.until:
            raise OutOfTime(TOO_LONG)
