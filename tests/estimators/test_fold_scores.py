"""Scores of folds: rows of probabilities by hand, scikit-learn's scorers, and the arguments that reach them."""

import numpy as np
import pytest
from scipy.special import log_softmax
from sklearn.datasets import load_iris
from sklearn.model_selection import KFold

from chainrule import SoftmaxRegression, SoftmaxRegressionCV

X, SPECIES = load_iris(return_X_y=True)
mixed = np.random.default_rng(2).permutation(150)
X, SPECIES = X[mixed], SPECIES[mixed]
ROWS = np.random.default_rng(3).dirichlet([0.3, 0.3, 0.3], size=150) * 0.4 + 0.6 * np.eye(3)[SPECIES]
WEIGHTS = np.random.default_rng(0).uniform(0.1, 3, 150)
CS = [0.03, 1.0, 30.0]


def log_probs_of(coefs, X):
    """From coefficients with the intercepts last, as SoftmaxRegressionCV keeps them."""
    return log_softmax(X @ coefs[:, :-1].T + coefs[:, -1], axis=1)


@pytest.mark.parametrize("weights", [None, WEIGHTS], ids=["equal", "weighted"])
@pytest.mark.parametrize("scoring", [None, "accuracy", "neg_log_loss"])
def test_rows_of_probabilities_are_scored_by_hand(scoring, weights):
    folds = list(KFold(4).split(X))
    model = SoftmaxRegressionCV(Cs=CS, cv=folds, targets="proba", scoring=scoring, tol=1e-14, max_iter=500)
    model.fit(X, ROWS, weights)
    for fold, (train, test) in enumerate(folds):
        share = None if weights is None else weights[test]
        for number, C in enumerate(CS):
            coefs = model.coefs_paths_[fold, 0, number]
            log_probs = log_probs_of(coefs, X[test])
            if scoring == "neg_log_loss":
                expected = np.average((ROWS[test] * log_probs).sum(axis=1), weights=share)
            else:
                right = log_probs.argmax(axis=1) == ROWS[test].argmax(axis=1)
                expected = np.average(right, weights=share)
            assert model.scores_[fold, 0, number] == pytest.approx(expected, rel=1e-12)
            alone = SoftmaxRegression(C=C, targets="proba", tol=1e-14, max_iter=500)
            alone.fit(X[train], ROWS[train], None if weights is None else weights[train])
            np.testing.assert_allclose(coefs[:, :-1], alone.coef_, rtol=0, atol=1e-3)
    assert CS[model.scores_[:, 0].mean(axis=0).argmax()] == model.C_


def test_a_callable_is_given_the_rows_of_a_fold():
    seen = []

    def brier(model, X, rows):
        seen.append(rows)
        return -np.mean(np.sum((model.predict_proba(X) - rows) ** 2, axis=1))

    folds = list(KFold(3).split(X))
    model = SoftmaxRegressionCV(Cs=CS, cv=folds, targets="proba", scoring=brier).fit(X, ROWS)
    assert len(seen) == 9
    np.testing.assert_array_equal(seen[0], ROWS[folds[0][1]])
    probs = np.exp(log_probs_of(model.coefs_paths_[1, 0, 2], X[folds[1][1]]))
    assert model.scores_[1, 0, 2] == pytest.approx(
        -np.mean(np.sum((probs - ROWS[folds[1][1]]) ** 2, axis=1)), rel=1e-12
    )


@pytest.mark.parametrize("scoring", ["f1_macro", "roc_auc_ovr", "neg_brier_score"])
def test_scores_that_need_labels_are_refused_for_rows_before_any_fit(scoring):
    told = []
    model = SoftmaxRegressionCV(Cs=CS, cv=3, targets="proba", scoring=scoring, callbacks=[told.append])
    with pytest.raises(ValueError, match=rf"scoring.*{scoring}"):
        model.fit(X, ROWS)
    assert not told


def test_the_loss_of_a_fold_is_minus_the_mean_log_probability_of_its_labels():
    X, y = load_iris(return_X_y=True)
    names = np.array(["c", "a", "b"])[y]
    folds = list(KFold(3, shuffle=True, random_state=1).split(X))
    model = SoftmaxRegressionCV(Cs=[1.0], cv=folds, scoring="neg_log_loss", max_iter=500, tol=1e-18).fit(X, names)
    for (train, test), score in zip(folds, model.scores_[:, 0], strict=True):
        fitted = SoftmaxRegression(C=1.0, max_iter=500, tol=1e-18).fit(X[train], names[train])
        log_probs = fitted.predict_log_proba(X[test])
        by_hand = np.mean(
            [row[list(fitted.classes_).index(name)] for row, name in zip(log_probs, names[test], strict=True)]
        )
        assert score == pytest.approx(by_hand, rel=1e-7)  # two fits, each to a gradient of 1e-9
