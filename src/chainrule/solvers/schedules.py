"""Learning rates over a run.

constant           eta
inverse scaling    eta / t^power,                        where t = 1, 2, ... counts the samples used so far
cosine             eta (1 + cos(pi t / T)) / 2,          where t counts the steps taken and T is the planned number
adaptive           eta, divided by 5 each time the loss has not improved for a while
"""

import math
from collections.abc import Callable
from dataclasses import dataclass

Schedule = Callable[[float, int, int], float]
"""The rate of the next step, from the initial rate, the number of steps taken and the number of samples used."""


def constant(learning_rate: float, steps: int, samples: int) -> float:
    """The initial rate, after any number of steps and samples.

    >>> constant(0.1, steps=1000, samples=32000)
    0.1
    """
    return learning_rate


@dataclass(frozen=True)
class InverseScaling:
    """eta / (samples + 1)^power, as in scikit-learn's ``learning_rate="invscaling"``.

    >>> InverseScaling(0.5)(0.1, steps=3, samples=99)
    0.01
    """

    power: float = 0.5

    def __call__(self, learning_rate: float, steps: int, samples: int) -> float:
        """The rate after this many samples."""
        return float(learning_rate / (samples + 1) ** self.power)


@dataclass(frozen=True)
class Cosine:
    """Half a cosine wave from eta to 0 over `total_steps` steps.

    >>> round(Cosine(100)(0.1, steps=50, samples=0), 3)
    0.05
    """

    total_steps: int

    def __post_init__(self) -> None:
        if self.total_steps < 1:
            raise ValueError(f"total_steps: expected at least 1, got {self.total_steps}")

    def __call__(self, learning_rate: float, steps: int, samples: int) -> float:
        """The rate after this many steps; 0 from the last one on."""
        return learning_rate * (1 + math.cos(math.pi * min(steps / self.total_steps, 1))) / 2


@dataclass(frozen=True)
class Adaptive:
    """eta, divided by `factor` each time training would stop, until it is at most `smallest`.

    Training divides the rate and keeps the quotient as `Run.rate_scale`.

    Parameters
    ----------
    factor : float
        Above 1.
    smallest : float
        Training stops when the rate is not larger than this.

    Examples
    --------
    >>> Adaptive(factor=2.0)(0.1, steps=7, samples=70)
    0.1
    """

    factor: float = 5.0
    smallest: float = 1e-6

    def __call__(self, learning_rate: float, steps: int, samples: int) -> float:
        """The given rate, unchanged."""
        return learning_rate
