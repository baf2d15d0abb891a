"""What callbacks are told after every epoch."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias


@dataclass(frozen=True)
class Progress:
    """The state of a fit after an epoch.

    Examples
    --------
    >>> Progress(3, 200, 0.5, 0.9, 2e5, 1.0, 0.01).time_left
    1.97
    """

    epoch: int
    """Epochs finished in this fit."""
    epochs: int
    """The most that there will be."""
    loss: float
    validation_score: float | None
    samples_per_second: float
    seconds: float
    """Since the fit began."""
    seconds_per_epoch: float
    """The last epoch's, validation included."""

    @property
    def time_left(self) -> float:
        """Seconds until the last epoch, if all are run at the last one's pace."""
        return (self.epochs - self.epoch) * self.seconds_per_epoch


Callback: TypeAlias = Callable[[Progress], bool | None]
"""Called after every epoch; a true value ends the fit."""
