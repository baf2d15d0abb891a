"""Softmax regression of folds: each row is judged by a fit that has not seen it."""

import numpy as np
import pytest
from sklearn.datasets import load_breast_cancer, load_wine
from sklearn.preprocessing import scale

from chainrule import SoftmaxRegression
from chainrule.estimators.fold_networks import folds_of
from chainrule.estimators.fold_regression import fold_regression


@pytest.mark.parametrize("read", [load_wine, load_breast_cancer])
@pytest.mark.parametrize("weighted", [False, True])
def test_log_probabilities_are_those_of_fits_without_the_fold(read, weighted):
    x, y = read(return_X_y=True)
    x, weights = scale(x), np.linspace(0.5, 2, len(y)) if weighted else None
    folds = folds_of(y, 3, seed=0)
    found = fold_regression(x, y, weights, folds, [0.1, 1.0])
    losses = {}
    for C in (0.1, 1.0):
        known = np.empty(len(y))
        for kept, held in folds:
            alone = SoftmaxRegression(C=C, tol=1e-6).fit(x[kept], y[kept], None if weights is None else weights[kept])
            known[held] = alone.predict_log_proba(x[held])[np.arange(len(held)), y[held]]
        losses[C] = known
    # Gradients up to tol = 1e-3 of the mean loss move logarithms by about that over the penalty's curvature.
    np.testing.assert_allclose(found.at_labels, losses[found.C], atol=0.05)
    assert (
        -np.average(losses[found.C], weights=weights)
        < min(-np.average(one, weights=weights) for one in losses.values()) + 0.01
    )
    whole = SoftmaxRegression(C=found.C, tol=1e-6).fit(x, y, weights)
    np.testing.assert_allclose(found.coef, whole.coef_, atol=0.05)
