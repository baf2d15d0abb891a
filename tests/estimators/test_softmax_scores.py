"""Scores of rows of probabilities, against the figures of scikit-learn and of NumPy."""

import numpy as np
import pytest
from sklearn.datasets import load_iris
from sklearn.metrics import accuracy_score
from sklearn.model_selection import cross_val_score

from chainrule import MLPClassifier, SoftmaxRegression, SoftmaxRegressionCV

X, SPECIES = load_iris(return_X_y=True)
P = np.random.default_rng(3).dirichlet([0.3, 0.3, 0.3], size=150) * 0.4 + 0.6 * np.eye(3)[SPECIES]
WEIGHTS = np.random.default_rng(0).uniform(0.1, 3, 150)


@pytest.mark.parametrize(
    "model", [SoftmaxRegression(targets="proba"), MLPClassifier(targets="proba", max_iter=5, random_state=0)]
)
@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
def test_a_classifier_scores_the_rows_that_it_is_fitted_to(model):
    model.fit(X, P)
    expected = accuracy_score(P.argmax(axis=1), model.predict(X), sample_weight=WEIGHTS)
    assert model.score(X, P, WEIGHTS) == pytest.approx(expected)
    with pytest.raises(ValueError, match=r"`y` has shape \(150, 2\), expected \(n, 3\)"):
        model.score(X, P[:, :2] / P[:, :2].sum(axis=1, keepdims=True))


def test_cross_validation_scores_rows_of_probabilities():
    mixed = np.random.default_rng(1).permutation(150)
    assert cross_val_score(SoftmaxRegression(targets="proba"), X[mixed], P[mixed]).mean() > 0.8


@pytest.mark.parametrize("scoring", [None, "accuracy", "neg_log_loss"])
def test_the_score_of_a_chosen_penalty_is_the_one_that_chose_it(scoring):
    model = SoftmaxRegressionCV(Cs=[0.1, 10.0], cv=3, scoring=scoring, targets="proba").fit(X, P)
    log_probs = model.predict_log_proba(X)
    accuracy = np.average(log_probs.argmax(axis=1) == P.argmax(axis=1), weights=WEIGHTS)
    entropy = np.average((P * log_probs).sum(axis=1), weights=WEIGHTS)
    found = model.score(X, P, sample_weight=WEIGHTS)
    assert found == pytest.approx(entropy if scoring == "neg_log_loss" else accuracy)
