"""The course of a fit: the report after every epoch, and the record at the end."""

import math
from collections.abc import Callable
from dataclasses import dataclass, field
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
    epochs: float
    """Limit on the number of epochs."""
    loss: float
    validation_score: float | None
    samples_per_second: float
    seconds: float
    """Time since the fit began."""
    seconds_per_epoch: float
    """Duration of the last epoch, validation included."""

    @property
    def time_left(self) -> float:
        """Seconds until the last epoch, if every epoch takes as long as the last one did."""
        return (self.epochs - self.epoch) * self.seconds_per_epoch


Callback: TypeAlias = Callable[[Progress], bool | None]
"""Called after every epoch; a true return value ends the fit."""


@dataclass
class History:
    """The outcome of a fit."""

    losses: list[float] = field(default_factory=list)
    """The mean objective of every epoch, preceded by the epochs of earlier fits that this one continues."""
    scores: list[float] | None = None
    """The judge's figure for each of these epochs; None without a judge."""
    loss: float = math.nan
    """The last objective."""
    best: float = math.nan
    """The best score; without a judge, the smallest loss."""
    waited: int = 0
    """Epochs in a row without an improvement."""
    epochs: int = 0
    """Epochs, or iterations of L-BFGS, of this fit alone."""
    stopped_by: str = "max_iter"
    """"max_iter", "patience", "callback", "interrupt" or "convergence"."""
    message: str = ""
    """SciPy's reason to end L-BFGS."""
