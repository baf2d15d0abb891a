"""A recipe: every decision about a fit, made before its first step.

An estimator translates its parameters into a recipe, calls `train`, and translates the history that comes back into its
attributes. Training knows nothing of estimators.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from chainrule.arrays import Array
from chainrule.networks.network import Network
from chainrule.solvers import Schedule, Solver, constant
from chainrule.training.chance import Chance
from chainrule.training.data import Change, Samples
from chainrule.training.history import Callback, Run
from chainrule.training.processes import Processes


@dataclass(frozen=True)
class Objective:
    """The function that training minimises: the weighted mean loss plus a penalty.

        sum_i w_i L_i / w  +  alpha |W|^2 / (2 w),    with w = sum_i w_i

    Parameters
    ----------
    network : Network
    alpha : float
        The factor of the penalty, at least 0. w is the total weight of the batch, or its number of samples if samples
        have no weights.
    label_smoothing : float
        In [0, 1].
    penalise_biases : bool
        True if the penalty includes the biases.

    Examples
    --------
    >>> from chainrule.networks import mlp
    >>> objective = Objective(mlp(4, (8,), 3), alpha=1e-4)
    >>> objective.network.n_parameters, objective.penalise_biases
    (67, False)
    """

    network: Network
    alpha: float = 0.0
    label_smoothing: float = 0.0
    penalise_biases: bool = False


@dataclass(frozen=True)
class LBFGS:
    """SciPy's L-BFGS on all samples at once.

    Parameters
    ----------
    evaluations : float
        Maximum number of evaluations of the objective and its gradient.

    Examples
    --------
    >>> import numpy as np
    >>> from chainrule.networks import mlp
    >>> from chainrule.training import train
    >>> network, samples = mlp(1, (), 2), Samples(np.array([[-1.0], [1.0]]), np.array([0, 1]))
    >>> recipe = Recipe(Objective(network, alpha=0.1), LBFGS(), epochs=50, tolerance=1e-6)
    >>> train(recipe, samples, Run(network.initial_parameters())).stopped_by
    'convergence'
    """

    evaluations: float = math.inf


class Checkpointing(Protocol):
    """Saves a run, so that a fit that was killed can continue from there.

    Examples
    --------
    >>> import numpy as np
    >>> from chainrule.networks import mlp
    >>> from chainrule.solvers import Adam
    >>> from chainrule.training import train
    >>> class Told:
    ...     def restore(self, run):
    ...         print("begins at epoch", run.epoch)
    ...     def keep(self, run):
    ...         print("keeps epoch", run.epoch)
    ...     def finished(self):
    ...         print("finished")
    >>> network, samples = mlp(1, (), 2), Samples(np.array([[-1.0], [1.0]]), np.array([0, 1]))
    >>> recipe = Recipe(Objective(network), Adam(), epochs=3, checkpoint=Told())
    >>> _ = train(recipe, samples, Run(network.initial_parameters()))
    begins at epoch 0
    keeps epoch 1
    keeps epoch 2
    finished
    """

    def restore(self, run: Run) -> None:
        """Set the run to the state that an earlier fit of the same recipe kept last, if there was one."""

    def keep(self, run: Run) -> None:
        """Called after every epoch except the last. A run killed in the last one continues from the one before.

        Also called after every step if the samples are in files, with the begun epoch in `run.begun`.
        """

    def finished(self) -> None:
        """Called after a fit that was not interrupted."""


@dataclass(frozen=True)
class Recipe:
    """Every decision about a fit, made before its first step.

    Parameters
    ----------
    objective : Objective
        The network and its penalty.
    solver : Solver or LBFGS
    learning_rate : float
        The initial rate.
    schedule : Schedule
        Turns the initial rate into the rate of each step.
    batch_size : int, optional
        Samples per step; all of them if absent.
    epochs : float
        Maximum number of epochs, or of L-BFGS iterations.
    shuffle : bool
    seed : int
        Key of the streams for order, dropout and changes of samples.
    max_norm : float, optional
        Gradients with a larger norm are scaled down to this norm.
    change : callable, optional
        Changes the rows of every batch at random.
    tolerance, patience : float
        Training stops after more than `patience` epochs in a row without an improvement of `tolerance`. L-BFGS stops
        when no entry of the gradient is larger than `tolerance`.
    callbacks : tuple of callables
        Each is called with a `Progress` after every epoch.
    say : callable, optional
        Called with a line of text about every event of the fit.
    device : str, optional
        None trains with NumPy; "cpu", "cuda", ... train with PyTorch on that device.
    checkpoint : Checkpointing, optional
        Not used by L-BFGS.
    processes : Processes, optional
        The processes that share every batch. L-BFGS runs in each of them on all samples.
    chance : Chance, optional
        The log-loss of the class shares of the samples, if the loss is a log-loss.

    Examples
    --------
    >>> from dataclasses import replace
    >>> from chainrule.networks import mlp
    >>> from chainrule.solvers import SGD, Adam
    >>> recipe = Recipe(Objective(mlp(4, (8,), 3)), Adam(), batch_size=32, epochs=20)
    >>> replace(recipe, solver=SGD(), learning_rate=0.1).solver
    SGD(momentum=0.9, nesterov=True)
    """

    objective: Objective
    solver: Solver | LBFGS
    learning_rate: float = 1e-3
    schedule: Schedule = constant
    batch_size: int | None = None
    epochs: float = math.inf
    shuffle: bool = True
    seed: int = 0
    max_norm: float | None = None
    change: Change | None = None
    tolerance: float = 0.0
    patience: float = math.inf
    callbacks: tuple[Callback, ...] = ()
    say: Callable[[str], object] | None = None
    device: str | None = None
    checkpoint: Checkpointing | None = None
    processes: Processes | None = None
    chance: Chance | None = None


@dataclass(frozen=True)
class Judge:
    """Scores the parameters after every epoch, usually on held-out samples.

    Parameters
    ----------
    score : callable
        A function from theta to a number.
    metric : str
        The name of the score, for error messages.
    larger_is_better : bool
    may_be_nan : bool
        True for a metric of the user's own, which may be undefined in some epochs, but not in the first.
    decides : bool
        False if the scores are only recorded, and the losses decide which epoch is best.
    chance : Chance, optional
        The log-loss of the class shares of the held-out samples, if the score is a log-loss.
    accuracy : callable, optional
        The accuracy of the parameters that were scored last.

    Examples
    --------
    >>> import numpy as np
    >>> judge = Judge(lambda theta: float(np.abs(theta).max()), "largest weight", larger_is_better=False)
    >>> judge.score(np.array([0.5, -2.0]))
    2.0
    """

    score: Callable[[Array], float]
    metric: str
    larger_is_better: bool = True
    may_be_nan: bool = False
    decides: bool = True
    chance: Chance | None = None
    accuracy: Callable[[], float | None] | None = None


@dataclass(eq=False)
class Fit:
    """The arguments of `train`: how to train, on which samples, from where, and who judges the epochs.

    `train_many` takes a list of them.

    Parameters
    ----------
    recipe : Recipe
    samples : Samples
    run : Run
    judge : Judge, optional

    Examples
    --------
    >>> import numpy as np
    >>> from chainrule.networks import mlp
    >>> from chainrule.solvers import Adam
    >>> network, samples = mlp(1, (), 2), Samples(np.array([[-1.0], [1.0]]), np.array([0, 1]))
    >>> fit = Fit(Recipe(Objective(network), Adam(), epochs=5), samples, Run(network.initial_parameters()))
    >>> fit.run.epoch, fit.judge
    (0, None)
    """

    recipe: Recipe
    samples: Samples
    run: Run
    judge: Judge | None = None
