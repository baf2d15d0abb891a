"""When to stop: a figure that has not improved for some epochs."""

from __future__ import annotations

import math
from dataclasses import dataclass


@dataclass
class Patience:
    """Counts the epochs in a row whose figure has not improved on the best by at least `tolerance`.

    Parameters
    ----------
    tolerance : float
    epochs : float
        The largest number of epochs in a row without improvement; infinity sets no limit.
    larger_is_better : bool

    Examples
    --------
    >>> patience = Patience(tolerance=0.01, epochs=1, larger_is_better=True)
    >>> [patience.exhausted_after(score) for score in (0.5, 0.6, 0.6, 0.6)]
    [False, False, False, True]
    """

    tolerance: float
    epochs: float
    larger_is_better: bool
    best: float = math.nan
    waited: int = 0
    improved: bool = False
    """True if the last figure is the best so far, by any amount. Scores over few samples tie often; then the later
    epoch, trained for longer, counts as the better one."""

    def exhausted_after(self, figure: float) -> bool:
        """Record the figure of an epoch. Return True if patience has run out."""
        sign = 1.0 if self.larger_is_better else -1.0
        gain = math.inf if math.isnan(self.best) else sign * (figure - self.best)
        enough = gain >= self.tolerance
        self.waited = 0 if enough else self.waited + 1
        self.improved = gain > 0 or (gain == 0 and self.larger_is_better)
        if self.improved:
            self.best = figure
        return self.waited > self.epochs
