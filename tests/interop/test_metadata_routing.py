"""Sample weights reach our estimators by scikit-learn's metadata routing, through pipelines and cross-validation."""

import numpy as np
import pytest
from sklearn import config_context
from sklearn.base import clone
from sklearn.exceptions import UnsetMetadataPassedError
from sklearn.metrics import accuracy_score, make_scorer
from sklearn.model_selection import GridSearchCV, cross_validate
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from tests.peer_versions import since

from chainrule import SoftmaxRegressionCV


@pytest.fixture(autouse=True)
def routing():
    with config_context(enable_metadata_routing=True):
        yield


@pytest.fixture
def weights():
    return np.arange(178) % 4 + 0.5


def asking(model):
    """Let fits and scores of a model ask for weights; the scorer asks for those of a model that chooses C by scores."""
    model.set_fit_request(sample_weight=True)
    if isinstance(model, SoftmaxRegressionCV):
        model.set_params(scoring=make_scorer(accuracy_score).set_score_request(sample_weight=True))
    else:
        model.set_score_request(sample_weight=True)


def test_weights_reach_the_last_step_of_a_pipeline(wine, weights, model):
    X, y = wine
    pipeline = make_pipeline(StandardScaler().set_fit_request(sample_weight=False), model)
    asking(model)
    found = pipeline.fit(X, y, sample_weight=weights).predict_proba(X)
    expected = clone(model).fit(pipeline[:-1].transform(X), y, sample_weight=weights).predict_proba(X)
    without = clone(model).fit(pipeline[:-1].transform(X), y).predict_proba(X)
    np.testing.assert_allclose(found, expected, atol=1e-6)
    assert np.abs(found - without).max() > 1e-4


@pytest.mark.parametrize(
    "model",
    ["softmax", pytest.param("softmax cv", marks=since("1.8", "asks the scorer of a model")), "mlp", "conv", "tabular"],
    indirect=True,
)
def test_weights_are_cut_with_the_rows_in_cross_validation_and_reach_the_score(wine, weights, model):
    X, y = wine
    asking(model)
    even, odd = np.arange(0, 178, 2), np.arange(1, 178, 2)
    found = cross_validate(model, X, y, cv=[(even, odd), (odd, even)], params={"sample_weight": weights})
    expected = [
        clone(model).fit(X[a], y[a], sample_weight=weights[a]).score(X[b], y[b], sample_weight=weights[b])
        for a, b in ((even, odd), (odd, even))
    ]
    np.testing.assert_allclose(found["test_score"], expected, rtol=1e-12)


def test_weights_that_nobody_asked_for_are_an_error(wine, weights, model):
    with pytest.raises(UnsetMetadataPassedError, match="sample_weight"):
        make_pipeline(StandardScaler(), model).fit(*wine, sample_weight=weights)


def test_a_search_routes_weights_to_its_estimator(wine, weights, softmax):
    softmax.set_fit_request(sample_weight=True).set_score_request(sample_weight=False)
    search = GridSearchCV(softmax, {"C": [0.1, 1.0]}, cv=2).fit(*wine, sample_weight=weights)
    expected = clone(softmax).set_params(**search.best_params_).fit(*wine, sample_weight=weights)
    np.testing.assert_allclose(search.predict_proba(wine[0]), expected.predict_proba(wine[0]), rtol=1e-12)
