"""The course of a fit: the report after every epoch, the record at the end, and everything that changes in between."""

import math
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TypeAlias

from chainrule.arrays import Array
from chainrule.solvers import SolverState


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
    chance: float | None = None
    """The log-loss of the class shares alone, in an epoch whose log-loss is hardly lower; see `Chance`."""
    accuracy: float | None = None
    """The accuracy of the held-out samples, if the judge knows it."""

    @property
    def time_left(self) -> float:
        """Seconds until the last epoch, if every epoch takes as long as the last one did."""
        return (self.epochs - self.epoch) * self.seconds_per_epoch


Callback: TypeAlias = Callable[[Progress], bool | None]
"""Called after every epoch; a true return value ends the fit."""


@dataclass
class History:
    """The outcome of a fit.

    Attributes
    ----------
    losses : list of float
        The mean objective of every epoch, starting with the epochs of earlier fits that this one continues.
    scores : list of float, or None
        The judge's score of each of these epochs; None without a judge.
    loss : float
        The last objective.
    best : float
        The best score; without a judge, the smallest loss.
    waited : int
        Epochs in a row without an improvement.
    epochs : int
        Epochs, or L-BFGS iterations, in this fit alone.
    stopped_by : str
        "max_iter", "patience", "callback", "interrupt" or "convergence".
    message : str
        SciPy's reason for ending L-BFGS.

    Examples
    --------
    >>> history = History()
    >>> for loss in (0.7, 0.5, 0.6):
    ...     is_best = history.take(loss)
    >>> history.best, history.waited, is_best
    (0.5, 1, False)
    """

    losses: list[float] = field(default_factory=list)
    scores: list[float] | None = None
    loss: float = math.nan
    best: float = math.nan
    waited: int = 0
    epochs: int = 0
    stopped_by: str = "max_iter"
    message: str = ""

    def take(self, figure: float, *, tolerance: float = 0.0, larger_is_better: bool = False) -> bool:
        """Compare the figure of an epoch, its score or its loss, with the best one. True if it is the best so far.

        `waited` counts the epochs in a row that have not improved on the best by at least `tolerance`. A score that
        ties with the best counts as the best: scores over few samples tie often, and the later epoch has learned more.

        Examples
        --------
        >>> history = History()
        >>> [history.take(score, tolerance=0.01, larger_is_better=True) for score in (0.5, 0.6, 0.6, 0.4)]
        [True, True, True, False]
        >>> history.best, history.waited
        (0.6, 2)
        """
        sign = 1.0 if larger_is_better else -1.0
        gain = math.inf if math.isnan(self.best) else sign * (figure - self.best)
        self.waited = 0 if gain >= tolerance else self.waited + 1
        is_best = gain > 0 or (gain == 0 and larger_is_better)
        if is_best:
            self.best = figure
        return is_best


@dataclass(frozen=True)
class BegunEpoch:
    """The state of an epoch that has begun.

    Attributes
    ----------
    steps : int
    loss : float
        The sum over its steps of the objective times the weight of the batch.
    weight : float
        The sum of the weights of its batches.

    Examples
    --------
    >>> begun = BegunEpoch(steps=2, loss=96.0, weight=128.0)
    >>> begun.loss / begun.weight
    0.75
    """

    steps: int = 0
    loss: float = 0.0
    weight: float = 0.0


@dataclass
class Run:
    """Everything that changes while training, and so everything that a checkpoint needs.

    Parameters
    ----------
    theta : array
        The flat parameters, updated in place.
    solver_state : SolverState
        `train` replaces it with a state of the recipe's solver, with these vectors if there have been steps.
    epoch : int
        Epochs finished.
    samples_seen : int
    history : History
    best : array, optional
        The parameters after the best epoch, if a judge compares epochs.
    rate_scale : float
        Factor of the learning rate. `train` lowers it for an `Adaptive` schedule.
    begun : BegunEpoch
        For samples in files, the epoch in which a checkpoint was written; training continues with its next step.

    Examples
    --------
    >>> from chainrule.networks import mlp
    >>> run = Run(mlp(2, (), 3).initial_parameters())
    >>> run.theta.shape, run.epoch, run.solver_state.steps
    ((9,), 0, 0)
    """

    theta: Array
    solver_state: SolverState = field(default_factory=SolverState)
    epoch: int = 0
    samples_seen: int = 0
    history: History = field(default_factory=History)
    best: Array = None
    rate_scale: float = 1.0
    begun: BegunEpoch = BegunEpoch()
