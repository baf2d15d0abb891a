"""Learning rates over a run.

constant           eta
inverse scaling    eta / t^power,                        t = 1, 2, ... the samples seen so far
cosine             eta (1 + cos(pi t / T)) / 2,          t the steps taken, T those planned
adaptive           eta, divided by 5 whenever the loss has not improved for a while
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Protocol


class Schedule(Protocol):
    """The learning rate for the next step."""

    def __call__(self, learning_rate: float, steps: int, samples: int) -> float:
        """From the initial rate, the steps taken and the samples seen."""
        ...


@dataclass(frozen=True)
class Constant:
    """The same rate throughout."""

    def __call__(self, learning_rate: float, steps: int, samples: int) -> float:
        """The initial rate."""
        return learning_rate


@dataclass(frozen=True)
class InverseScaling:
    """eta / (samples + 1)^power, as in scikit-learn's ``learning_rate="invscaling"``.

    >>> InverseScaling(0.5)(0.1, steps=3, samples=99)
    0.01
    """

    power: float = 0.5

    def __call__(self, learning_rate: float, steps: int, samples: int) -> float:
        """The rate falls with the number of samples seen."""
        return float(learning_rate / (samples + 1) ** self.power)


@dataclass(frozen=True)
class Cosine:
    """Half a cosine wave from eta down to 0 over `total_steps`.

    >>> round(Cosine(100)(0.1, steps=50, samples=0), 3)
    0.05
    """

    total_steps: int

    def __post_init__(self) -> None:
        if self.total_steps < 1:
            raise ValueError(f"total_steps: expected at least 1, got {self.total_steps}")

    def __call__(self, learning_rate: float, steps: int, samples: int) -> float:
        """0 once all steps are taken."""
        return learning_rate * (1 + math.cos(math.pi * min(steps / self.total_steps, 1))) / 2


@dataclass
class Adaptive:
    """eta divided by `factor` at every call of `reduce`; the trainer calls it where it would otherwise stop.

    Parameters
    ----------
    factor : float
    smallest : float
        Below this rate `reduce` says that there is nothing left to try.
    """

    factor: float = 5.0
    smallest: float = 1e-6
    scale: float = 1.0

    def __call__(self, learning_rate: float, steps: int, samples: int) -> float:
        """The reduced rate."""
        return learning_rate * self.scale

    def reduce(self, learning_rate: float) -> bool:
        """Divide the rate, unless it is at the smallest already; whether it was divided."""
        if learning_rate * self.scale <= self.smallest:
            return False
        self.scale /= self.factor
        return True
