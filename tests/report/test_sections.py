"""The pictures of a report."""

import numpy as np
from scipy.sparse import csr_matrix
from sklearn.datasets import load_iris
from sklearn.pipeline import make_pipeline

from chainrule import SoftmaxRegression
from chainrule.estimators import SmoothScaler
from chainrule.report.sections import pictures

X, Y = load_iris(return_X_y=True)


def names(model, x):
    return [one.name for one in pictures(model, x, Y, model.predict_log_proba(x))]


def test_a_pipeline_shuffles_its_columns_in_place_of_coefficients():
    model = make_pipeline(SmoothScaler(), SoftmaxRegression()).fit(X, Y)
    assert names(model, X) == ["Importance", "Calibration", "Confusion matrix"]


def test_sparse_features_have_no_picture():
    model = SoftmaxRegression().fit(csr_matrix(X), Y)
    assert names(model, csr_matrix(X)) == ["Calibration", "Confusion matrix"]


def test_coefficients_are_times_the_deviation_of_their_feature_the_largest_first():
    model = SoftmaxRegression().fit(X * [1, 1, 100, 1], Y)
    drawn = next(pictures(model, X * [1, 1, 100, 1], Y, model.predict_log_proba(X * [1, 1, 100, 1]))).figure
    shown = drawn.axes[0].images[0].get_array()
    sizes = model.coef_ * (X * [1, 1, 100, 1]).std(axis=0)
    np.testing.assert_allclose(shown, sizes[:, np.argsort(-abs(sizes).max(axis=0), kind="stable")])
