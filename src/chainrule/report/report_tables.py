"""The tables of a report: scores by class, features, the worst mistakes, parameters."""

import inspect
from collections.abc import Mapping
from typing import Any

import numpy as np
from sklearn.metrics import precision_recall_fscore_support

from chainrule.arrays import Array, is_sparse
from chainrule.estimators.frames import as_columns
from chainrule.report.sections import names_of
from chainrule.storage import StoredRows, is_source

MOST = 30
"""Rows of a table."""


def scores(classes: Array, labels: Array, log_probs: Array) -> dict[str, Any]:
    """Accuracy, log-loss, and precision, recall and number of samples by class.

    >>> found = scores(np.array(["a", "b"]), np.array(["a", "b"]), np.log([[0.9, 0.1], [0.6, 0.4]]))
    >>> found["accuracy"], round(found["log_loss"], 3), found["classes"][1]["recall"]
    (0.5, 0.511, 0.0)
    """
    actual: Array = np.searchsorted(classes, labels)
    predicted: Array = log_probs.argmax(axis=1)
    precision, recall, _, support = precision_recall_fscore_support(
        actual, predicted, labels=np.arange(len(classes)), zero_division=0
    )
    # scikit-learn counts in floats if no prediction is right.
    rows = zip(classes.tolist(), precision.tolist(), recall.tolist(), support.astype(int).tolist(), strict=True)
    return {
        "accuracy": float(np.mean(actual == predicted)),
        "log_loss": float(-np.mean(log_probs[np.arange(len(actual)), actual])),
        "classes": [{"label": label, "precision": p, "recall": r, "support": n} for label, p, r, n in rows],
    }


def mistakes(classes: Array, labels: Array, log_probs: Array) -> list[dict[str, Any]]:
    """The samples that are misclassified with the lowest probability of the true class, with both probabilities.

    >>> found = mistakes(np.array(["a", "b"]), np.array(["a", "b"]), np.log([[0.9, 0.1], [0.6, 0.4]]))
    >>> [(row["row"], str(row["label"]), str(row["predicted"])) for row in found]
    [(1, 'b', 'a')]
    """
    actual: Array = np.searchsorted(classes, labels)
    predicted: Array = log_probs.argmax(axis=1)
    wrong = np.flatnonzero(actual != predicted)
    order = wrong[np.argsort(log_probs[wrong, actual[wrong]], kind="stable")][:MOST]
    return [
        {
            "row": row,
            "label": classes[actual[row]],
            "probability": float(np.exp(log_probs[row, actual[row]])),
            "predicted": classes[predicted[row]],
            "surely": float(np.exp(log_probs[row, predicted[row]])),
        }
        for row in order.tolist()
    ]


def features_of(model: Any, X: Any) -> list[dict[str, Any]]:
    """The range of each numeric feature of the held-out samples, and how many of its values are missing."""
    if is_sparse(X) or is_source(X) or isinstance(X, StoredRows):
        return []
    if isinstance(X, Mapping) or hasattr(X, "columns"):
        columns = as_columns(X)
    else:
        matrix = np.asarray(X)
        columns = dict(zip(names_of(model, matrix.shape[1]), matrix.T, strict=True))
    found = []
    for name, values in list(columns.items())[:MOST]:
        numbers = np.asarray(values)
        if numbers.dtype.kind not in "iufb":
            continue
        numbers = numbers.astype(np.float64)
        known = numbers[np.isfinite(numbers)]
        low, middle, high = np.quantile(known, (0, 0.5, 1)) if len(known) else (np.nan,) * 3
        found.append({"name": name, "low": low, "middle": middle, "high": high, "missing": len(numbers) - len(known)})
    return found


def parameters(model: Any) -> dict[str, str]:
    """The parameters that differ from their defaults, as they are written in Python."""
    known = inspect.signature(type(model)).parameters
    given = model.get_params(deep=False).items()
    return {name: repr(value) for name, value in given if repr(value) != repr(known[name].default)}
