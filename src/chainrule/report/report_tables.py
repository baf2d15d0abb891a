"""The tables of a report: features, the worst mistakes, parameters."""

import inspect
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from chainrule.arrays import Array, is_sparse
from chainrule.estimators.class_scores import most_wrong
from chainrule.estimators.frames import as_columns
from chainrule.report.sections import names_of
from chainrule.storage import StoredRows, is_source
from chainrule.training import Chance

MOST = 30
"""Rows of a table."""


def mistakes(classes: Array, labels: Array, log_probs: Array, places: Sequence[Any]) -> list[dict[str, Any]]:
    """The samples that are misclassified with the lowest probability of the true class, with both probabilities.

    Each has its entry of `places`, which says where it is found.

    >>> log_probs = np.log([[0.9, 0.1], [0.6, 0.4]])
    >>> found = mistakes(np.array(["a", "b"]), np.array(["a", "b"]), log_probs, ["1.png", "2.png"])
    >>> [(row["place"], str(row["label"]), str(row["predicted"])) for row in found]
    [('2.png', 'b', 'a')]
    """
    actual: Array = np.searchsorted(classes, labels)
    predicted: Array = log_probs.argmax(axis=1)
    order = most_wrong(actual, predicted, log_probs[np.arange(len(actual)), actual], MOST)
    return [
        {
            "place": places[row],
            "label": classes[actual[row]],
            "probability": float(np.exp(log_probs[row, actual[row]])),
            "predicted": classes[predicted[row]],
            "surely": float(np.exp(log_probs[row, predicted[row]])),
        }
        for row in order
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


def baseline(labels: Array, chance: Chance) -> dict[str, Any]:
    """The most frequent class with its share, and the log-loss of predicting the shares of the classes for every row.

    >>> labels = np.array(["a", "b", "b", "b"])
    >>> baseline(labels, Chance.of(np.array([0, 1, 1, 1]), 2))
    {'label': 'b', 'share': 0.75, 'log_loss': 0.5623351446188083}
    """
    classes, counts = np.unique(labels, return_counts=True)
    shares = counts / len(labels)
    return {"label": classes.tolist()[shares.argmax()], "share": float(shares.max()), "log_loss": chance.loss}


def as_written(model: Any) -> str:
    """The model without its fit as a call in Python, with the parameters that differ from their defaults.

    >>> from chainrule import MLPClassifier
    >>> as_written(MLPClassifier((8,), random_state=0))
    'MLPClassifier(hidden_layer_sizes=(8,), random_state=0)'
    """
    if not hasattr(model, "steps"):
        return f"{type(model).__name__}({', '.join(f'{name}={value}' for name, value in parameters(model).items())})"
    return f"make_pipeline({', '.join(as_written(step) for _, step in model.steps)})"


def parameters(model: Any) -> dict[str, str]:
    """The parameters that differ from their defaults, as they are written in Python."""
    known = inspect.signature(type(model)).parameters
    given = model.get_params(deep=False).items()
    return {name: repr(value) for name, value in given if repr(value) != repr(known[name].default)}
