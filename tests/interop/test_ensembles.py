"""Our estimators within scikit-learn's ensembles and calibration."""

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.calibration import CalibratedClassifierCV
from sklearn.ensemble import BaggingClassifier, StackingClassifier, VotingClassifier
from sklearn.metrics import log_loss
from tests.peer_versions import since

from chainrule import MLPClassifier, SoftmaxRegression


def test_calibration_lowers_the_log_loss_of_an_overconfident_network(tumours):
    X, y = tumours
    wild = MLPClassifier((30,), solver="lbfgs", alpha=1e-8, max_iter=2000, random_state=0)
    plain = log_loss(y[1::2], clone(wild).fit(X[::2], y[::2]).predict_proba(X[1::2]))
    calibrated = CalibratedClassifierCV(wild, method="sigmoid", cv=3).fit(X[::2], y[::2])
    assert log_loss(y[1::2], calibrated.predict_proba(X[1::2])) < plain / 2


@since("1.8", "scales temperatures")
def test_temperature_scaling_of_scikit_learn_takes_our_logits(wine, model):
    calibrated = CalibratedClassifierCV(model, method="temperature", cv=2).fit(*wine)
    probabilities = calibrated.predict_proba(wine[0])
    np.testing.assert_allclose(probabilities.sum(axis=1), 1, rtol=1e-6)
    assert probabilities.shape == (178, 3)


def test_a_soft_vote_is_the_mean_of_probabilities(wine, softmax, mlp):
    vote = VotingClassifier([("softmax", softmax), ("mlp", mlp)], voting="soft", weights=[3, 1]).fit(*wine)
    first, second = (clone(one).fit(*wine).predict_proba(wine[0]) for one in (softmax, mlp))
    np.testing.assert_allclose(vote.predict_proba(wine[0]), (3 * first + second) / 4, rtol=1e-12)


def test_a_stack_fits_its_last_estimator_to_probabilities_of_rows_held_out(wine, model):
    stack = StackingClassifier([("one", model)], SoftmaxRegression(), cv=2).fit(*wine)
    assert stack.final_estimator_.n_features_in_ == 3
    expected = stack.final_estimator_.predict_proba(clone(model).fit(*wine).predict_proba(wine[0]))
    np.testing.assert_allclose(stack.predict_proba(wine[0]), expected, rtol=1e-12)
    if not hasattr(model, "layers"):  # pixels in a row say little to a convolution
        assert stack.score(*wine) > 0.9


@pytest.mark.parametrize("weights", [None, np.arange(178) % 3 + 1.0], ids=["no weights", "weights"])
def test_bagging_is_the_mean_over_its_estimators(wine, softmax, weights):
    bags = BaggingClassifier(softmax, 3, max_features=5, random_state=0).fit(*wine, sample_weight=weights)
    each = [
        one.predict_proba(wine[0][:, columns])
        for one, columns in zip(bags.estimators_, bags.estimators_features_, strict=True)
    ]
    np.testing.assert_allclose(bags.predict_proba(wine[0]), np.mean(each, axis=0), rtol=1e-12)
