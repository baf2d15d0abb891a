"""From labels to the targets of a network's loss, and from its logits back to labels and probabilities.

Two classes have one logit, the log-odds of the second; more have one each, and a softmax; several labels at once (a
0/1 matrix y) have one each, and a sigmoid.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from sklearn.utils.multiclass import type_of_target

from chainrule import rules
from chainrule.arrays import Array, argmax
from chainrule.kernels import kernel_of
from chainrule.kernels.softmax import exact_forward

BINARY, MULTICLASS, MULTILABEL = "binary", "multiclass", "multilabel-indicator"


@dataclass(frozen=True)
class ClassEncoding:
    """How the classes are encoded.

    Parameters
    ----------
    kind : str
        "binary", "multiclass" or "multilabel-indicator".
    classes : array
        The labels, sorted; for multilabel targets the column numbers.
    squared : bool
        For two classes: half the squared error of the probability, instead of the log-loss.
    """

    kind: str
    classes: np.ndarray[Any, Any]
    squared: bool = False

    def __post_init__(self) -> None:
        if self.squared and self.kind != BINARY:
            raise ValueError(f"loss='squared_error' is for two classes, got {self.kind} targets")

    @property
    def n_outputs(self) -> int:
        """The number of logits."""
        return 1 if self.kind == BINARY else len(self.classes)

    @property
    def loss(self) -> str:
        """The name of the loss rule."""
        if self.kind == MULTICLASS:
            return "softmax_cross_entropy"
        return "half_squared_error" if self.squared else "binary_cross_entropy"

    @property
    def out_activation(self) -> str:
        """scikit-learn's name for what turns logits into probabilities."""
        return "softmax" if self.kind == MULTICLASS else "logistic"

    def targets(self, y: Array, dtype: Any, label_smoothing: float = 0.0) -> Array:
        """The loss's targets, from labels, a 0/1 matrix or rows of probabilities: class numbers, or rows of floats.

        Smoothing moves the targets of single logits towards 1/2; the softmax's is the business of its loss.
        """
        if self.kind != MULTICLASS and label_smoothing:
            return (1 - label_smoothing) * self.targets(y, dtype) + dtype.type(label_smoothing / 2)
        if self.kind != MULTILABEL and y.ndim == 2:
            return np.ascontiguousarray(y if self.kind == MULTICLASS else y[:, 1:], dtype=dtype)
        if self.kind == MULTILABEL:
            return np.ascontiguousarray(y, dtype=dtype)
        numbers = np.searchsorted(self.classes, y)
        return numbers if self.kind == MULTICLASS else numbers.astype(dtype).reshape(-1, 1)

    def labels(self, logits: Array) -> Array:
        """The most probable label of each row, or a 0/1 matrix."""
        if self.kind == MULTILABEL:
            return (logits > 0).astype(np.int64)
        if self.kind == BINARY:
            return self.classes[(logits[:, 0] > 0).astype(np.intp)]
        return self.classes[argmax(logits)]

    def probabilities(self, logits: Array, *, out: Array | None = None) -> Array:
        """One column per class; rows sum to one except where there are several labels at once.

        They may be written to `out`, perhaps over the logits, where it has a column per class.
        """
        if self.kind == MULTICLASS:
            with np.errstate(over="ignore", under="ignore", divide="ignore"):
                return exact_forward(logits, out=out)
        if self.kind == MULTILABEL:
            return rules.sigmoid(logits)
        # In the order of columns, each of which is computed at once.
        both = np.vstack([-logits.T, logits.T])
        return kernel_of(rules.sigmoid).forward(both, out=both)[0].T

    def log_probabilities(self, logits: Array) -> Array:
        """Finite wherever the logits are."""
        if self.kind == MULTICLASS:
            return rules.log_softmax(logits)
        if self.kind == MULTILABEL:
            return -rules.softplus(-logits)
        return -rules.softplus(np.hstack([logits, -logits]))


def encoding_of(y: Array, *, probabilities: bool = False, squared: bool = False) -> ClassEncoding:
    """The encoding for labels y, for a 0/1 matrix y, or for rows of class probabilities."""
    if probabilities:
        return encoding_of_classes(np.arange(y.shape[1]), squared=squared)
    if y.ndim == 1:
        return encoding_of_classes(np.unique(y), squared=squared)
    kind = type_of_target(y)
    if kind != MULTILABEL:
        raise ValueError(f"y: expected one label per sample, or a 0/1 matrix, got {kind} of shape {y.shape}")
    return ClassEncoding(MULTILABEL, np.arange(y.shape[1]), squared)


def encoding_of_classes(classes: Array, *, squared: bool = False) -> ClassEncoding:
    """The encoding for these classes, of which there must be at least two."""
    if len(classes) < 2:
        raise ValueError(f"y: expected at least two classes, got one class: {classes.tolist()}")
    return ClassEncoding(BINARY if len(classes) == 2 else MULTICLASS, classes, squared)
