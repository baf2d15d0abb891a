"""The pictures of a report."""

import numpy as np
from scipy.sparse import csr_matrix
from sklearn.datasets import load_digits, load_iris
from sklearn.pipeline import make_pipeline

from chainrule import ConvClassifier, SoftmaxRegression
from chainrule.estimators import SmoothScaler
from chainrule.report import saliency_maps, worst_mistakes
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


def test_images_have_the_same_pictures_with_channels_without_and_as_rows_of_pixels():
    rows, y = load_digits(return_X_y=True)
    model = ConvClassifier("conv 2 3x3", max_iter=1, random_state=0).fit(rows[:200], y[:200])
    rows, y = rows[200:260], y[200:260]
    log_probs = model.predict_log_proba(rows)
    for X in (rows.reshape(-1, 1, 8, 8), rows.reshape(-1, 8, 8), rows, rows.reshape(-1, 8, 8).tolist()):
        drawn = {one.name: [axis.images[0].get_array() for axis in one.figure.axes if axis.images]
                 for one in pictures(model, X, y, log_probs)}  # fmt: skip
        assert [len(drawn[name]) for name in ("Worst mistakes", "Saliency", "First filters")] == [40, 20, 2]
        zero = rows[np.flatnonzero(y == 0)[0]].reshape(8, 8)
        np.testing.assert_allclose(drawn["Saliency"][0] * zero.max(), zero, atol=1e-12)
    for X in (rows.reshape(-1, 8, 8), rows.reshape(-1, 1, 8, 8)):
        first = worst_mistakes(X, model.classes_, y, log_probs).axes[0].images[0].get_array()
        np.testing.assert_array_equal(first, drawn["Worst mistakes"][0])
        shown = saliency_maps(model, X, y).axes[1].images[0].get_array()
        np.testing.assert_array_equal(shown, drawn["Saliency"][1])
