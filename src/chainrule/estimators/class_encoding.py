"""The encoding of classes: labels as targets of a loss, and logits as labels and probabilities.

Two classes have one logit, the log-odds of the second class. More classes have one logit each, with a softmax. Several
labels at once, a 0/1 matrix y, have one logit each, with a sigmoid.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from numbers import Number
from typing import Any

import numpy as np
from sklearn.utils.multiclass import type_of_target

from chainrule import rules
from chainrule.arrays import Array, argmax
from chainrule.kernels import kernel_of
from chainrule.kernels.softmax import exact_forward
from chainrule.training.chance import Chance

BINARY, MULTICLASS, MULTILABEL = "binary", "multiclass", "multilabel-indicator"


@dataclass(frozen=True)
class ClassEncoding:
    """The encoding of classes.

    Parameters
    ----------
    kind : str
        "binary", "multiclass" or "multilabel-indicator".
    classes : array
        The sorted labels; for multilabel targets the column numbers.
    """

    kind: str
    classes: np.ndarray[Any, Any]
    n_outputs: int = field(init=False)
    """The number of logits."""
    loss: str = field(init=False)
    """The name of the rule of the log-loss."""
    out_activation: str = field(init=False)
    """scikit-learn's name for the function from logits to probabilities."""

    def __post_init__(self) -> None:
        vars(self).update(  # the fields are frozen
            n_outputs=1 if self.kind == BINARY else len(self.classes),
            loss="softmax_cross_entropy" if self.kind == MULTICLASS else "binary_cross_entropy",
            out_activation="softmax" if self.kind == MULTICLASS else "logistic",
        )

    def targets(self, y: Array, dtype: Any, label_smoothing: float = 0.0) -> Array:
        """The targets of the loss, class numbers or rows of floats, from labels, a 0/1 matrix or rows of probabilities.

        Smoothing moves the targets of single logits towards 1/2. The loss of the softmax smooths its targets itself.
        """
        if self.kind != MULTICLASS and label_smoothing:
            return (1 - label_smoothing) * self.targets(y, dtype) + dtype.type(label_smoothing / 2)
        if y.ndim == 2:
            return np.ascontiguousarray(y[:, 1:] if self.kind == BINARY else y, dtype=dtype)
        if self.kind == BINARY:
            return (y == self.classes[1]).astype(dtype).reshape(-1, 1)
        return np.searchsorted(self.classes, y)

    def chance(self, targets: Array, weights: Array | None = None, label_smoothing: float = 0.0) -> Chance:
        """The log-loss of the class shares alone, for the result of `targets`."""
        if self.kind == MULTICLASS:
            return Chance.of(targets, self.n_outputs, weights, label_smoothing)
        return Chance.of(targets, 1, weights)  # these targets are smoothed already

    def labels(self, logits: Array) -> Array:
        """The most probable label of each row, or a 0/1 matrix."""
        if self.kind == MULTILABEL:
            return (logits > 0).astype(np.int64)
        if self.kind == BINARY:
            return self.classes[(logits[:, 0] > 0).astype(np.intp)]
        return self.classes[argmax(logits)]

    def probabilities(self, logits: Array, *, out: Array | None = None) -> Array:
        """One column per class; rows sum to one unless there are several labels at once.

        With a softmax they are written to `out` if it is given; it may be the logits.
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
        """Log-probabilities, which are finite if the logits are."""
        if self.kind == MULTICLASS:
            return rules.log_softmax(logits)
        if self.kind == MULTILABEL:
            return -rules.softplus(-logits)
        return -rules.softplus(np.hstack([logits, -logits]))


def check_labels_present(y: Any, X: Any = None) -> None:
    """Raise ValueError if labels are missing (None, NaN or pandas.NA), or words among numbers.

    The message names the first. Rows are counted from 0, or from 1 if X is a table.

    >>> check_labels_present(["a", None, "b"])  # doctest: +ELLIPSIS
    Traceback (most recent call last):
        ...
    ValueError: y: 1 of 3 labels is missing, the first in row 1 (counted from 0); ...
    """
    labels = np.asarray(y) if not hasattr(y, "dtype") or getattr(y.dtype, "kind", "O") == "O" else None
    if labels is None or labels.dtype.kind != "O" or labels.ndim != 1:
        return
    first, values = int(isinstance(X, Mapping) or hasattr(X, "columns")), labels.tolist()
    # NaN and pandas.NA are not equal to themselves; pandas.NA has no truth value.
    missing = [row for row, label in enumerate(values, first) if label is None or (label == label) is not True]
    if missing:
        count = f"{len(missing)} of {len(labels)} labels {'is' if len(missing) == 1 else 'are'} missing"
        row = f"row {missing[0]}{'' if first else ' (counted from 0)'}"
        raise ValueError(f"y: {count}, the first in {row}; drop such rows or label them. Input y contains NaN.")
    word, number = (next((v for v in values if isinstance(v, kind)), None) for kind in (str, Number))
    if word is not None and number is not None:
        raise ValueError(f"y: expected labels of one type, got words such as {word!r} and numbers such as {number!r}")


def encoding_of(y: Array, *, probabilities: bool = False) -> ClassEncoding:
    """The encoding for labels y, for a 0/1 matrix y, or for rows of class probabilities.

    Raises
    ------
    ValueError
        If there are fewer than two classes, or y is another matrix.
    """
    if y.ndim != 1 and not probabilities:
        kind = type_of_target(y)
        if kind != MULTILABEL:
            raise ValueError(f"y: expected one label per sample, or a 0/1 matrix, got {kind} of shape {y.shape}")
        return ClassEncoding(MULTILABEL, np.arange(y.shape[1]))
    classes = np.arange(y.shape[1]) if probabilities else np.unique(y)
    if len(classes) < 2:
        raise ValueError(f"y: expected at least two classes, got one class: {classes.tolist()}")
    return ClassEncoding(BINARY if len(classes) == 2 else MULTICLASS, classes)
