"""The importance of columns: the growth of the log-loss where values of one are shuffled, or its slope."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from chainrule.arrays import Array
from chainrule.estimators import parameters as check
from chainrule.estimators.mixtures import at_labels


def importances(
    model: Any,
    columns: Mapping[str, Array],
    y: Array,
    repeats: int = 5,
    used: Sequence[str] | None = None,
    *,
    matrix: bool = False,
) -> dict[str, float]:
    """By column, the growth of the mean log-loss, averaged over some draws of the order.

    Parameters
    ----------
    model : classifier
        Fitted, with `classes_` and `predict_log_proba`.
    columns : mapping of names to arrays
    y : array of labels
    repeats : int
    used : sequence of str, optional
        The columns to shuffle, by default all.
    matrix : bool
        True if the model takes the columns side by side in place of a mapping.

    Examples
    --------
    >>> from chainrule import SoftmaxRegression
    >>> x, y = np.array([[0.0, 1.0], [1.0, 1.0]] * 20), np.array([0, 1] * 20)
    >>> model = SoftmaxRegression(C=100).fit(x, y)
    >>> found = importances(model, {"first": x[:, 0], "constant": x[:, 1]}, y, matrix=True)
    >>> found["first"] > 1, found["constant"]
    (True, 0.0)
    """
    check.integer("repeats", repeats, at_least=1)
    generator, numbers = np.random.default_rng(0), np.searchsorted(model.classes_, y)

    def reached(shown: Mapping[str, Array]) -> float:
        return log_likelihood(model, np.column_stack(list(shown.values())) if matrix else dict(shown), numbers)

    known, found = reached(columns), {}
    for name in used or columns:
        shuffled = ({**columns, name: generator.permutation(columns[name])} for _ in range(repeats))
        found[name] = float(np.mean([known - reached(one) for one in shuffled]))
    return found


def by_gradients(gradients: Array, features: Array, names: Sequence[str]) -> dict[str, float]:
    """By column, the sum over its features of the mean size of their gradient times their standard deviation.

    Parameters
    ----------
    gradients, features : (n, d) arrays
    names : sequence of str
        For each feature, its column.

    Examples
    --------
    >>> by_gradients(np.array([[1.0, -2.0], [3.0, 0.0]]), np.array([[0.0, 1.0], [2.0, 1.0]]), ["a", "b"])
    {'a': 2.0, 'b': 0.0}
    """
    changes = np.abs(gradients).mean(axis=0) * features.std(axis=0, dtype=np.float64)
    found = dict.fromkeys(names, 0.0)
    for name, change in zip(names, changes.tolist(), strict=True):
        found[name] += change
    return found


def log_likelihood(model: Any, X: Any, y: Array, sample_weight: Array | None = None) -> float:
    """The mean log-probability of class numbers."""
    return float(np.average(at_labels(model.predict_log_proba(X), y), weights=sample_weight))
