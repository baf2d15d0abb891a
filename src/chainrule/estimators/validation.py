"""Held-out samples: which samples are held out, and the score that judges epochs by them."""

from collections import deque
from collections.abc import Callable
from typing import Any

import numpy as np
from sklearn.metrics import accuracy_score
from sklearn.model_selection import train_test_split

from chainrule import rules
from chainrule.arrays import Array
from chainrule.estimators.blocks_of_rows import network_logits
from chainrule.estimators.class_encoding import MULTILABEL, ClassEncoding
from chainrule.networks import Network
from chainrule.progress import counted
from chainrule.streams import validation_seed
from chainrule.training import Judge


def accuracy(encoding: ClassEncoding, logits: Array, y: Array, weights: Array | None) -> float:
    """The weighted share of samples that are predicted correctly."""
    labels = encoding.classes[y.argmax(axis=1)] if encoding.kind != MULTILABEL and y.ndim == 2 else y
    return float(accuracy_score(labels, encoding.labels(logits), sample_weight=weights))


def log_loss(encoding: ClassEncoding, logits: Array, y: Array, weights: Array | None) -> float:
    """The weighted mean of minus the log-probability of the true labels."""
    losses = rules.get(encoding.loss)(logits, encoding.targets(y, logits.dtype))
    # The rule for single logits has one loss per logit.
    return float(np.average(losses.reshape(len(logits), -1).sum(axis=1), weights=weights))


METRICS: dict[str, tuple[Callable[..., float], bool]] = {"accuracy": (accuracy, True), "log_loss": (log_loss, False)}
"""By name: the function, and whether a larger value is better."""


def score(metric: Any, encoding: ClassEncoding, logits: Array, y: Array, weights: Array | None) -> float:
    """The figure of that name, or the value of a user's function of the true labels and the probabilities."""
    if callable(metric):
        return float(metric(y, encoding.probabilities(logits)))
    return METRICS[metric][0](encoding, logits, y, weights)


def judge_of(
    network: Network,
    encoding: ClassEncoding,
    x: Array,
    y: Array,
    weights: Array | None = None,
    *,
    metric: Any = "accuracy",
    decides: bool = True,
) -> Judge:
    """The judge of a fit: scores the parameters of the network on held-out samples.

    A user's metric gets the true labels and the probabilities; a larger value is better.
    """
    own = callable(metric)
    name = str(getattr(metric, "__name__", type(metric).__name__)) if own else metric

    def score_of(theta: Array) -> float:
        done = counted("held-out samples", x.shape[0])
        logits = network_logits(network, theta, x).results(lambda logits: logits, done)
        if metric == "log_loss":
            right.append(accuracy(encoding, logits, y, weights))
        return score(metric, encoding, logits, y, weights)

    right: deque[float] = deque(maxlen=1)  # it is empty in processes that do not score
    chance = encoding.chance(encoding.targets(y, np.dtype(np.float64)), weights) if metric == "log_loss" else None
    better = own or METRICS[metric][1]
    return Judge(
        score_of,
        name,
        larger_is_better=better,
        may_be_nan=own,
        decides=decides,
        chance=chance,
        accuracy=lambda: right[-1] if right else None,
    )


def hold_out(y: Array, encoding: ClassEncoding, *, fraction: float, seed: int) -> tuple[Array, Array]:
    """The indices of the samples to fit and of those held out for early stopping, stratified by class.

    Rows of probabilities are stratified by their largest entry where there are enough of each class; 0/1 matrices are
    not stratified.
    """
    count = len(y)
    held = max(1, int(np.ceil(fraction * count)))
    stratify = None
    if encoding.kind != MULTILABEL:
        stratify = y if y.ndim == 1 else y.argmax(axis=1)
        labels, counts = np.unique(stratify, return_counts=True)
        if y.ndim == 1 and counts.min() < 2:
            raise ValueError(
                "The least populated classes in y have only 1 member, too few for a stratified validation split. "
                f"Classes with too few members are: {labels[counts < 2].tolist()}. Give an eval_set instead."
            )
        if counts.min() < 2 or min(held, count - held) < len(labels):
            # Too few for one of every class on both sides.
            stratify = None
    if held < 2:
        raise ValueError("The validation set is too small. Increase 'validation_fraction' or the size of your dataset.")
    train, held_out = train_test_split(
        np.arange(count), test_size=held, random_state=validation_seed(seed), stratify=stratify
    )
    return train, held_out
