"""Scores of predictions: accuracy, log-loss, precision and recall by class, and the worst mistakes."""

from typing import Any

import numpy as np
from sklearn.metrics import precision_recall_fscore_support

from chainrule.arrays import Array


def class_scores(classes: Array, actual: Array, predicted: Array, log_probs: Array) -> dict[str, Any]:
    """Accuracy, mean log-loss, and by class precision, recall and the numbers of its samples and of its predictions.

    Precision is 0 for a class that is never predicted, recall for one without samples.

    Parameters
    ----------
    classes : array of shape (k,)
    actual, predicted : arrays of int of shape (n,)
        Numbers of classes, from 0 to k - 1.
    log_probs : array of shape (n,)
        The log-probability of the actual class.

    Examples
    --------
    >>> found = class_scores(np.array(["a", "b"]), np.array([0, 1]), np.array([0, 0]), np.log([0.9, 0.4]))
    >>> found["accuracy"], round(found["log_loss"], 3), found["classes"][1]["recall"]
    (0.5, 0.511, 0.0)
    """
    precision, recall, _, support = precision_recall_fscore_support(
        actual, predicted, labels=np.arange(len(classes)), zero_division=0
    )
    # scikit-learn counts in floats if no prediction is right.
    counts = np.bincount(predicted, minlength=len(classes)).tolist()
    rows = zip(classes.tolist(), precision.tolist(), recall.tolist(), support.astype(int).tolist(), counts, strict=True)
    return {
        "accuracy": float(np.mean(actual == predicted)),
        "log_loss": float(-np.mean(log_probs)),
        "classes": [
            {"label": label, "precision": p, "recall": r, "support": n, "predicted": count}
            for label, p, r, n, count in rows
        ],
    }


def most_wrong(actual: Array, predicted: Array, log_probs: Array, most: int) -> list[int]:
    """The numbers of the misclassified samples, the lowest probability of the actual class first.

    Parameters
    ----------
    actual, predicted : arrays of int of shape (n,)
    log_probs : array of shape (n,)
        The log-probability of the actual class.
    most : int

    Examples
    --------
    >>> most_wrong(np.array([0, 1, 1]), np.array([1, 1, 0]), np.log([0.4, 0.9, 0.1]), most=5)
    [2, 0]
    """
    wrong = np.flatnonzero(actual != predicted)
    found: list[int] = wrong[np.argsort(log_probs[wrong], kind="stable")][:most].tolist()
    return found
