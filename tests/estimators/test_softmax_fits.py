"""The end of a fit of softmax regression, as attributes show it."""

import numpy as np
import pytest
from sklearn.datasets import load_iris
from sklearn.metrics import log_loss

from chainrule import SoftmaxRegression
from chainrule.estimators.softmax_fits import SoftmaxFits


@pytest.fixture(scope="module")
def iris():
    return load_iris(return_X_y=True)


def test_the_solvers_parameters_are_read_from_dense_and_sparse_coefficients(iris):
    model = SoftmaxRegression().fit(*iris)
    dense = model._theta()
    np.testing.assert_array_equal(dense, np.vstack([model.coef_.T, model.intercept_]))
    np.testing.assert_array_equal(model.sparsify()._theta(), dense)


def test_the_last_validation_score_is_that_of_the_fitted_weights(iris):
    X, y = iris
    model = SoftmaxRegression().fit(X[::2], y[::2], eval_set=(X[1::2], y[1::2]))
    assert model.validation_scores_[-1] == pytest.approx(log_loss(y[1::2], model.predict_proba(X[1::2])))


def test_a_copy_made_during_a_fit_predicts_with_the_parameters_of_that_step(iris):
    X, y = iris
    model = SoftmaxRegression().fit(X, y)
    copy = SoftmaxRegression()
    copy.__dict__.update(model._fitted_at(model._theta()), n_features_in_=4)
    np.testing.assert_allclose(copy.predict_proba(X), model.predict_proba(X), atol=1e-12)


def test_a_stream_forgets_the_end_of_an_earlier_fit(iris):
    model = SoftmaxRegression().fit(*iris)
    assert isinstance(model, SoftmaxFits)
    assert hasattr(model, "certificate_")
    assert not hasattr(model.partial_fit(*iris), "certificate_")
