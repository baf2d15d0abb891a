"""Networks of folds: one architecture trained once for each fold, without its rows, which judge the epochs.

Every row is held out once, so that the networks' log-probabilities of rows that they have not seen are known for all
rows. The networks are averaged in the end, and no row is lost to validation. They take their steps in one stack.

In training, each feature has a learned factor in front of the network. A factor s = 6 t, of which Adam learns t, takes
steps of six times the length, so that features that tell nothing fade soon. Afterwards the factors are part of the
first weights, diag(s) W, and the networks are plain ones.
"""

import math
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from functools import cache, partial
from typing import Any

import numpy as np

from chainrule.arrays import Array
from chainrule.estimators.blocks_of_rows import network_logits, rows_of_a_pass
from chainrule.kernels import kernel_of
from chainrule.networks import Network, Plan, mlp, network_of_layers
from chainrule.networks.specs import Scale
from chainrule.solvers import Adam, Cosine
from chainrule.streams import Purpose, stream
from chainrule.training import Fit, History, Judge, Objective, Progress, Recipe, Run, Samples
from chainrule.workspace import Workspace

FACTOR_STEPS = 6
"""The length of a step of a feature's factor, in those of other parameters."""

Fold = tuple[Array, Array]
"""The rows of training, and those held out."""


@dataclass(frozen=True)
class Settings:
    """How the networks of a group are trained.

    Attributes
    ----------
    piecewise : bool
        True if the networks see piecewise linear features too.
    hidden : tuple of int
        The widths of the hidden layers.
    activation : str or Rule
    learning_rate, alpha : float
    """

    piecewise: bool
    hidden: tuple[int, ...]
    activation: Any
    learning_rate: float
    alpha: float


@dataclass(frozen=True)
class Training:
    """The samples and settings that all groups share."""

    epochs: int
    batch_size: int
    beta_2: float
    seed: int
    deadline: float
    """The time of `time.monotonic` at which networks end."""
    done: Callable[[int], object]
    """Called with 1 after every epoch of a network."""


@dataclass(frozen=True)
class NetworkGroup:
    """Networks of one architecture, one for each fold.

    Attributes
    ----------
    settings : Settings
    parameters : ndarray of shape (folds, n_parameters)
        The flat parameters of each network.
    log_loss : float
        The mean log-loss of rows, each by the network that has not seen it.
    epochs : list of int
        The epochs that each network was trained for.
    weight : float
        The share of the group in the mean of probabilities.
    """

    settings: Settings
    parameters: Array
    log_loss: float
    epochs: list[int]
    weight: float = 0.0

    def tried(self) -> dict[str, Any]:
        """The settings and what came of them, without the parameters."""
        return {**asdict(self.settings), "log_loss": self.log_loss, "weight": self.weight}

    def __str__(self) -> str:
        features = "piecewise linear features" if self.settings.piecewise else "numbers and categories"
        widths = "-".join(map(str, self.settings.hidden)) or "no hidden layers"
        return (
            f"{len(self.parameters)} networks on {features}: {widths} {self.settings.activation}, log-loss "
            f"{self.log_loss:.4f}"
        )


def defaults(rows: int) -> dict[str, Any]:
    """The values that "auto" stands for, by the number of rows.

    They were chosen on one half of the tables of `benchmarks.tabular`. The penalty of the mean loss, alpha by the
    batch size, falls as rows^-1.5; the learning rate grows as the root of the batch size.

    Examples
    --------
    >>> {name: round(value, 4) for name, value in defaults(500).items()}
    {'folds': 8, 'batch_size': 32, 'max_iter': 50, 'learning_rate_init': 0.0071, 'alpha': 0.0716}
    >>> {name: round(value, 4) for name, value in defaults(20_000).items()}
    {'folds': 4, 'batch_size': 256, 'max_iter': 32, 'learning_rate_init': 0.02, 'alpha': 0.0023}
    """
    batch = max(32, min(rows // 16, 256))
    return {
        "folds": max(4, min(8000 // rows, 8)),
        "batch_size": batch,
        "max_iter": max(15, min(round(50 * (1000 / rows) ** 0.15), 50)),
        "learning_rate_init": 0.01 * math.sqrt(batch / 64),
        "alpha": batch * min(25 / rows**1.5, 0.004),
    }


def folds_of(y: Array, count: int, seed: int) -> list[Fold]:
    """Folds with the same number of rows, each with the shares that classes have among all rows.

    Samples are ordered by class, and within a class at random; a fold holds out every `count`-th of them. Folds that
    would hold out one row less hold out a row of another fold too, since networks share steps only if they have the
    same number of rows.

    Examples
    --------
    >>> [held.tolist() for _, held in folds_of(np.array([0, 0, 0, 0, 1, 1, 1, 1, 1]), 3, seed=0)]
    [[0, 1, 4], [2, 5, 7], [3, 6, 8]]
    """
    shuffled = stream(Purpose.VALIDATION, seed).permutation(len(y))
    order = shuffled[np.argsort(y[shuffled], kind="stable")]
    size = -(-len(y) // count)
    found = []
    for fold in range(count):
        held = order[fold::count]
        if len(held) < size:
            held = np.append(held, order[(fold + 1) % count])
        kept = np.ones(len(y), dtype=bool)
        kept[held] = False
        found.append((np.flatnonzero(kept), np.sort(held)))
    return found


def fits_of(
    settings: Settings,
    training: Training,
    classes: int,
    samples: tuple[Array, Array, Array | None],
    folds: Sequence[Fold],
) -> Iterator[Fit]:
    """The fits of the networks of one group, in the order of the folds.

    Parameters
    ----------
    settings, training
    classes : int
    samples : tuple
        The inputs of the networks, the numbers of the classes, and weights or None.
    folds : sequence of Fold
    """
    x, y, weights = samples
    network = behind_factors(network_of(settings, x.shape[1], classes))
    rows = len(folds[0][0])
    batch = min(training.batch_size, rows)
    for member, (kept, held) in enumerate(folds):
        w, judging = (None, None) if weights is None else (weights[kept], weights[held])
        recipe = Recipe(
            Objective(network, settings.alpha),
            Adam(beta_2=training.beta_2, n_weights=network.n_weights),
            learning_rate=settings.learning_rate,
            schedule=Cosine(training.epochs * -(-rows // batch)),
            batch_size=batch,
            epochs=training.epochs,
            seed=training.seed + member,
            callbacks=(partial(_epoch_ended, training),),
        )
        yield Fit(
            recipe,
            Samples(FACTOR_STEPS * x[kept], y[kept], w),
            Run(first_parameters(network, training.seed + member, x.dtype), history=History(scores=[])),
            judge_of_rows(network, x[held], y[held], judging),
        )


def _epoch_ended(training: Training, progress: Progress) -> bool:
    """Count an epoch. True if the time is over."""
    training.done(1)
    return time.monotonic() >= training.deadline


def network_of(settings: Settings, features: int, classes: int) -> Network:
    """The architecture of a group of networks.

    Two classes have two logits, since the compiled steps of stacks are those of the softmax cross entropy.
    """
    return mlp(features, settings.hidden, classes, activation=settings.activation)


def behind_factors(network: Network) -> Network:
    """The network behind a factor for each feature."""
    return network_of_layers([Scale(), *network.layers], (network.in_features,))


def first_parameters(network: Network, seed: int, dtype: Any) -> Array:
    """Parameters of a network behind factors, with factors of 1 for features times `FACTOR_STEPS`."""
    theta = network.initial_parameters(seed, dtype)
    network.blocks[0].view(theta)[...] = 1 / FACTOR_STEPS
    return theta


def folded(network: Network, theta: Array) -> Array:
    """The parameters of the plain network that does to features what a network behind factors does to six times them.

    >>> network = behind_factors(mlp(2, (), 1, loss="binary_cross_entropy"))
    >>> folded(network, network.pack([np.array([1.0, 2.0]), np.array([[1.0], [1.0]]), np.array([0.5])]))
    array([ 6. , 12. ,  0.5])
    """
    first, weights, features = network.blocks[1], network.n_weights, network.in_features
    plain = np.concatenate([theta[:weights], theta[weights + features :]])  # the factors follow the weights
    first.view(plain)[...] *= FACTOR_STEPS * theta[weights : weights + features, None]
    return plain


def judge_of_rows(network: Network, x: Array, y: Array, weights: Array | None) -> Judge:
    """The judge of a network behind factors by the log-loss of some rows, in buffers that are allocated once."""
    behind, network = network, replace(network, layers=network.layers[1:])
    theta, step, work = np.empty(network.n_parameters, x.dtype), rows_of_a_pass(network), Workspace()
    plan_of = cache(lambda rows: Plan(network, rows, theta, forward_only=True))
    losses, shares = np.empty((len(x), 1), x.dtype), np.ones((len(x), 1), x.dtype)
    loss_of: Any = kernel_of(network.loss, theta).value_and_pullback

    def score(parameters: Array) -> float:
        theta[...] = folded(behind, parameters)
        for start in range(0, len(x), step):
            part = slice(start, start + step)
            logits = plan_of(len(y[part])).logits(x[part])
            loss_of(logits, y[part], shares[part], out=(losses[part], logits), work=work)
        return float(np.average(losses[:, 0], weights=weights))

    return Judge(score, "log_loss", larger_is_better=False)


def held_out_logits(network: Network, thetas: Array, x: Array, folds: Sequence[Fold]) -> Array:
    """The logits of each row by the network that has not seen it."""
    found = np.empty((len(x), network.out_features), x.dtype)
    for theta, (_, held) in zip(thetas, folds, strict=True):
        found[held] = network_logits(network, theta, x[held]).results(np.copy)
    return found
