"""Groups of networks: those of one architecture, one for each fold, and what they predict of rows held out."""

import itertools
from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np

from chainrule import rules
from chainrule.arrays import Array
from chainrule.estimators.fold_networks import (
    Fold,
    NetworkGroup,
    Settings,
    Training,
    fits_of,
    folded,
    held_out_logits,
    network_of,
)
from chainrule.estimators.mixtures import at_labels
from chainrule.training import Fit, train_many


class TrainedGroups(NamedTuple):
    """Groups of networks after training.

    Attributes
    ----------
    groups : list of NetworkGroup
    at_labels : list of ndarrays
        For each group, the log-probability of each row's label, by the network that has not seen the row.
    interrupted : bool
        True if Ctrl-C ended a network.
    """

    groups: list[NetworkGroup]
    at_labels: list[Array]
    interrupted: bool


def drawn(first: Settings, views: Sequence[bool], count: int, seed: int) -> list[Settings]:
    """Settings drawn at random: widths from 32 to 256 in up to three layers, and rates and penalties near the first."""
    generator, found = np.random.default_rng(seed), []
    for _ in range(count):
        width, depth = int(2 ** generator.integers(5, 9)), int(generator.integers(1, 4))
        found.append(
            Settings(
                piecewise=bool(generator.choice(views)),
                hidden=(width,) * depth,
                activation=str(generator.choice(["relu", "tanh", "softplus"])),
                learning_rate=float(first.learning_rate * 10 ** generator.uniform(-0.7, 0.5)),
                alpha=float(first.alpha * 10 ** generator.uniform(-2, 1)),
            )
        )
    return found


def trained_groups(
    settings: Sequence[Settings],
    training: Training,
    classes: int,
    samples: tuple[Sequence[Array], Array, Array | None],
    folds: Sequence[Fold],
    *,
    threads: int | None = None,
    told: Callable[[str], object] | None = None,
) -> TrainedGroups:
    """Train the networks of all groups.

    Parameters
    ----------
    settings : sequence of Settings
    training : Training
    classes : int
    samples : tuple
        The inputs of networks without and with piecewise linear features, the numbers of the classes, and weights or
        None.
    folds : sequence of Fold
    threads : int, optional
    told : callable, optional
        Called with a line of text for each network that has ended.

    Raises
    ------
    BaseException
        The first one that ended a network; Ctrl-C comes before others.
    """
    views, y, weights = samples
    fits = [list(fits_of(one, training, classes, (views[one.piecewise], y, weights), folds)) for one in settings]
    count, total = itertools.count(1), len(settings) * len(folds)

    def done(fit: Fit) -> None:
        if told is not None:
            history = fit.run.history
            told(f"Network {next(count)} of {total}: {history.epochs} epochs, log-loss = {history.best:.6f}")

    errors = [error for error in train_many(itertools.chain(*fits), threads=threads, done=done) if error is not None]
    if errors:
        raise next((error for error in errors if isinstance(error, KeyboardInterrupt)), errors[0])
    groups, logs = [], []
    for one, of_group in zip(settings, fits, strict=True):
        thetas = np.stack([folded(fit.recipe.objective.network, fit.run.theta) for fit in of_group])
        network = network_of(one, views[one.piecewise].shape[1], classes)
        logits = held_out_logits(network, thetas, views[one.piecewise], folds)
        logs.append(at_labels(rules.log_softmax(logits), y))
        epochs = [fit.run.history.epochs for fit in of_group]
        groups.append(NetworkGroup(one, thetas, float(-np.average(logs[-1], weights=weights)), epochs))
    interrupted = any(fit.run.history.stopped_by == "interrupt" for fit in itertools.chain(*fits))
    return TrainedGroups(groups, logs, interrupted)
