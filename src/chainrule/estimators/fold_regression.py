"""Softmax regression fitted without each fold, and to all rows, with the penalty that is best for rows held out."""

import warnings
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from chainrule.arrays import Array
from chainrule.estimators import mixtures
from chainrule.estimators.importances import log_likelihood
from chainrule.estimators.softmax_cv import SoftmaxRegressionCV


class FoldRegression(NamedTuple):
    """The fit to all rows, and what the fits without a fold say of it.

    Attributes
    ----------
    coef, intercept : ndarrays
    C : float
    at_labels : ndarray of shape (n,)
        The log-probability of each row's label, by the fit that has not seen the row.
    """

    coef: Array
    intercept: Array
    C: float
    at_labels: Array


def fold_regression(
    X: Array, y: Array, weights: Array | None, folds: Sequence[tuple[Array, Array]], Cs: Sequence[float]
) -> FoldRegression:
    """Choose C by the log-loss of the rows held out.

    Parameters
    ----------
    X : (n, d) array
    y : (n,) array of int
        Class numbers.
    weights : (n,) array, optional
    folds : sequence of (rows to fit, rows held out)
        Each row is held out at least once.
    Cs : sequence of float

    Examples
    --------
    >>> x, y = np.arange(8.0)[:, None], np.repeat([0, 1], 4)
    >>> folds = [(np.arange(1, 8, 2), np.arange(0, 8, 2)), (np.arange(0, 8, 2), np.arange(1, 8, 2))]
    >>> fold_regression(x, y, None, folds, [0.1, 10.0]).C
    10.0
    """
    model = SoftmaxRegressionCV(Cs=Cs, cv=folds, scoring=log_likelihood, tol=1e-3, certify=False, max_iter=1000)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # a fold may lack a class, and the mixture judges what comes of it
        model.fit(X.astype(np.float64), y, weights)
    logits = np.empty((len(y), len(model.coef_)))
    best = int(np.flatnonzero(model.Cs_ == model.C_)[0])
    for (_, held), rows in zip(folds, model.coefs_paths_[:, 0, best], strict=True):
        logits[held] = X[held] @ rows[:, :-1].T + rows[:, -1]
    known = mixtures.at_labels(model._encoding.log_probabilities(logits), y)
    return FoldRegression(model.coef_, model.intercept_, float(model.C_), known)
