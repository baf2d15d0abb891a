"""Samples that judge epochs: which ones, and by what figure."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from sklearn.metrics import accuracy_score
from sklearn.model_selection import train_test_split

from chainrule.arrays import Array
from chainrule.estimators.class_encoding import MULTILABEL, ClassEncoding
from chainrule.estimators.network_passes import forward
from chainrule.networks import Network
from chainrule.streams import validation_seed
from chainrule.training import Judge, Samples


def accuracy(encoding: ClassEncoding, logits: Array, y: Array, weights: Array | None) -> float:
    """The weighted share of samples whose labels are predicted."""
    labels = encoding.classes[y.argmax(axis=1)] if encoding.kind != MULTILABEL and y.ndim == 2 else y
    return float(accuracy_score(labels, encoding.labels(logits), sample_weight=weights))


def log_loss(encoding: ClassEncoding, logits: Array, y: Array, weights: Array | None) -> float:
    """The weighted mean of minus the log-probability of what is true."""
    log_probs = encoding.log_probabilities(logits)
    if encoding.kind == MULTILABEL:
        each: Array = np.where(y > 0, log_probs, encoding.log_probabilities(-logits))
        losses = -each.sum(axis=1)
    elif y.ndim == 2:
        losses = -np.where(y > 0, y * log_probs, 0.0).sum(axis=1)
    else:
        losses = -log_probs[np.arange(len(y)), np.searchsorted(encoding.classes, y)]
    return float(np.average(losses, weights=weights))


METRICS: dict[str, tuple[Callable[..., float], bool]] = {"accuracy": (accuracy, True), "log_loss": (log_loss, False)}
"""By name: the figure, and whether larger is better."""


@dataclass(frozen=True)
class Validation:
    """Samples held out to judge epochs by, and the metric.

    A metric of the user's own is called with the true labels and the probabilities; larger is better.
    """

    x: Array
    y: Array
    weights: Array | None
    metric: Any = "accuracy"
    device: str | None = None

    def judge(self, network: Network, encoding: ClassEncoding) -> Judge:
        """The judge of a fit of this network: scores its parameters on the held-out samples."""
        own = callable(self.metric)
        name = str(getattr(self.metric, "__name__", type(self.metric).__name__)) if own else self.metric

        def score(theta: Array) -> float:
            logits = forward(network, theta, self.x, self.device).results(lambda logits: logits)
            if own:
                return float(self.metric(self.y, encoding.probabilities(logits)))
            return METRICS[self.metric][0](encoding, logits, self.y, self.weights)

        return Judge(score, name, larger_is_better=own or METRICS[self.metric][1], may_be_nan=own)


def hold_out(
    samples: Samples, y: Array, encoding: ClassEncoding, *, fraction: float, seed: int
) -> tuple[Samples, Array]:
    """Split samples for early stopping, stratified by class; the second is the indices of those held out.

    Rows of probabilities are stratified by their largest entry, where there are enough of each, and 0/1 matrices not.
    """
    stratify = None
    if encoding.kind != MULTILABEL:
        stratify = y if y.ndim == 1 else y.argmax(axis=1)
    index = np.arange(len(samples))
    labels, counts = np.unique(np.zeros(len(y)) if stratify is None else stratify, return_counts=True)
    if stratify is not None and min(counts.tolist()) < 2:
        if y.ndim == 1:
            raise ValueError(
                "The least populated classes in y have only 1 member, too few for a stratified validation split. "
                f"Classes with too few members are: {labels[counts < 2].tolist()}. Give an eval_set instead."
            )
        stratify = None
    held = max(1, int(np.ceil(fraction * len(samples))))
    if held < 2:
        raise ValueError("The validation set is too small. Increase 'validation_fraction' or the size of your dataset.")
    if stratify is not None and min(held, len(samples) - held) < len(labels):
        # Too few for one of every class on both sides.
        stratify = None
    train, held_out = train_test_split(index, test_size=held, random_state=validation_seed(seed), stratify=stratify)
    weights = samples.weights
    kept = Samples(samples.x[train], samples.targets[train], None if weights is None else weights[train])
    return kept, held_out
