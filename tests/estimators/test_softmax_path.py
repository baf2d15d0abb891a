"""Many penalties: `path` equals separate fits, and the choice by cross-validation is LogisticRegressionCV's."""

import inspect
import re

import numpy as np
import pytest
import scipy.sparse as sp
from sklearn.datasets import load_breast_cancer, load_iris
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import LogisticRegressionCV
from sklearn.metrics import get_scorer
from sklearn.model_selection import KFold, StratifiedKFold
from tests.peer_versions import since

from chainrule import SoftmaxRegression, SoftmaxRegressionCV
from chainrule.estimators import path

X, SPECIES = load_iris(return_X_y=True)
WEIGHTS = np.random.default_rng(0).uniform(0.1, 3, 150)
tumours, benign = load_breast_cancer(return_X_y=True)
tumours = ((tumours - tumours.mean(axis=0)) / tumours.std(axis=0))[:200, :6]
DATA = {"iris": (X, SPECIES), "breast cancer": (tumours, benign[:200])}
CS = [1e-2, 1.0, 30.0]


@pytest.mark.parametrize("data", DATA)
@pytest.mark.parametrize(
    "parameters",
    [{}, {"fit_intercept": False}, {"standardize": True}, {"class_weight": "balanced", "label_smoothing": 0.1}],
    ids=str,
)
def test_a_path_is_separate_fits_in_the_order_asked_for(data, parameters):
    X, y = DATA[data]
    weights = np.random.default_rng(1).uniform(0.1, 3, len(y))
    order = [1.0, 1e-2, 30.0]
    points = path(X, y, order, weights, tol=1e-18, max_iter=300, **parameters)
    assert [point.C for point in points] == order
    for point in points:
        alone = SoftmaxRegression(C=point.C, tol=1e-18, max_iter=300, **parameters).fit(X, y, weights)
        # Gradients of 1e-9 over a least curvature of 1e-4, at C = 30.
        np.testing.assert_allclose(point.coef, alone.coef_, rtol=0, atol=2e-5)
        np.testing.assert_allclose(point.intercept, alone.intercept_, rtol=0, atol=2e-5)
        assert point.coef.shape == alone.coef_.shape
        assert point.intercept.shape == alone.intercept_.shape
        assert point.objective == pytest.approx(alone.objective_, rel=1e-10)
        assert point.converged
        assert point.gradient_norm <= 1e-9
        assert point.n_iter >= 1
        assert point.seconds > 0
    times = [point.seconds for point in sorted(points, key=lambda point: point.C)]
    assert times == sorted(times)


def test_a_number_of_penalties_is_spread_over_eight_orders():
    points = path(X, SPECIES, 5, max_iter=1000)
    np.testing.assert_allclose([point.C for point in points], [1e-4, 1e-2, 1, 1e2, 1e4])
    sizes = [np.linalg.norm(point.coef) for point in points]
    assert sizes == sorted(sizes)


@pytest.mark.parametrize(
    "Cs",
    [[], 0, -3, [1.0, -1.0], [0.0], [np.nan], "many", 2.5],
)
def test_penalties_that_are_none_are_refused(Cs):
    with pytest.raises((ValueError, TypeError), match="Cs"):
        path(X, SPECIES, Cs)
    with pytest.raises((ValueError, TypeError), match="Cs"):
        SoftmaxRegressionCV(Cs=Cs).fit(X, SPECIES)


@pytest.mark.parametrize("Cs", [2.5, "1, 2", None, []])
def test_what_is_no_list_of_penalties_is_named(Cs):
    wanted = re.escape(f"Cs: expected a whole number of values, or a sequence of them, got {Cs!r}")
    with pytest.raises(ValueError, match=wanted):
        path(X, SPECIES, Cs)


def test_a_path_takes_the_parameters_of_the_classifier_and_no_others():
    with pytest.raises((TypeError, ValueError), match="alpha"):
        path(X, SPECIES, [1.0], alpha=3)


def peer(**parameters):
    if "use_legacy_attributes" not in inspect.signature(LogisticRegressionCV).parameters:
        pytest.skip("this version of scikit-learn has other attributes")
    return LogisticRegressionCV(tol=1e-8, max_iter=3000, use_legacy_attributes=False, l1_ratios=(0.0,), **parameters)


@pytest.mark.parametrize("data", DATA)
@pytest.mark.parametrize("scoring", ["accuracy", "neg_log_loss"])
@pytest.mark.parametrize("refit", [True, False], ids=["refit", "means"])
def test_the_choice_and_the_attributes_are_those_of_logistic_regression_cv(data, scoring, refit):
    X, y = DATA[data]
    folds = list(StratifiedKFold(3, shuffle=True, random_state=1).split(X, y))
    theirs = peer(Cs=CS, cv=folds, scoring=scoring, refit=refit).fit(X, y)
    ours = SoftmaxRegressionCV(Cs=CS, cv=folds, scoring=scoring, refit=refit, tol=1e-16, max_iter=500).fit(X, y)
    np.testing.assert_array_equal(ours.Cs_, theirs.Cs_)
    # Samples on the border between classes could be counted otherwise; here there are none.
    atol = 0 if scoring == "accuracy" else 1e-6
    np.testing.assert_allclose(ours.scores_, theirs.scores_, rtol=1e-12, atol=atol, strict=True)
    assert ours.n_iter_.shape == theirs.n_iter_.shape == (3, 1, 3)
    assert ours.coefs_paths_.shape == theirs.coefs_paths_.shape
    # Two gradients of 1e-8 over a least curvature of 1e-4, at C = 30.
    np.testing.assert_allclose(ours.coefs_paths_, theirs.coefs_paths_, rtol=0, atol=1e-3)
    assert pytest.approx(theirs.C_, rel=1e-12) == ours.C_
    np.testing.assert_allclose(ours.coef_, theirs.coef_, rtol=0, atol=1e-3)
    np.testing.assert_allclose(ours.intercept_, theirs.intercept_, rtol=0, atol=1e-3)
    assert ours.score(X, y) == pytest.approx(theirs.score(X, y), rel=1e-5)


@pytest.mark.parametrize(
    "scoring",
    [
        "accuracy",
        "neg_log_loss",
        "f1_macro",
        "roc_auc_ovr",
        pytest.param(get_scorer("neg_brier_score"), marks=since("1.7", "has Brier scores of several classes")),
    ],
)
def test_scores_are_those_of_separate_fits(scoring):
    X, y = DATA["iris"]
    folds = list(KFold(3, shuffle=True, random_state=0).split(X))
    model = SoftmaxRegressionCV(Cs=CS, cv=folds, scoring=scoring, tol=1e-16, max_iter=500).fit(X, y)
    scorer = get_scorer(scoring) if isinstance(scoring, str) else scoring
    for row, (train, test) in zip(model.scores_[:, 0], folds, strict=True):
        for got, C in zip(row, CS, strict=True):
            alone = SoftmaxRegression(C=C, tol=1e-16, max_iter=500).fit(X[train], y[train])
            # tol = 1e-16 leaves the coefficients within sqrt(2e-16 C n), 8e-7.
            assert got == pytest.approx(scorer(alone, X[test], y[test]), rel=0, abs=1e-6)
    assert CS[model.scores_[:, 0].mean(axis=0).argmax()] == model.C_
    refitted = SoftmaxRegression(C=model.C_, tol=1e-16, max_iter=500).fit(X, y)
    np.testing.assert_allclose(model.coef_, refitted.coef_, rtol=0, atol=1e-4)
    assert model.score(X, y) == pytest.approx(scorer(model, X, y), rel=1e-12, abs=0)


def test_weights_count_in_the_folds_fits():
    folds = list(StratifiedKFold(3).split(X, SPECIES))
    weights = WEIGHTS * 1.0
    model = SoftmaxRegressionCV(Cs=CS, cv=folds, tol=1e-18, max_iter=500).fit(X, SPECIES, weights)
    train = folds[1][0]
    alone = SoftmaxRegression(C=1.0, tol=1e-18).fit(X[train], SPECIES[train], weights[train])
    # tol = 1e-18 leaves the coefficients within sqrt(2e-18 C n), 2e-8.
    np.testing.assert_allclose(model.coefs_paths_[1, 0, 1, :, :-1], alone.coef_, rtol=0, atol=1e-5)
    np.testing.assert_allclose(model.coefs_paths_[1, 0, 1, :, -1], alone.intercept_, rtol=0, atol=1e-5)
    test = folds[1][1]
    assert model.scores_[1, 0, 1] == pytest.approx(alone.score(X[test], SPECIES[test], weights[test]), rel=1e-12, abs=0)


def test_folds_are_stratified_unless_told_otherwise():
    by_default = SoftmaxRegressionCV(Cs=CS).fit(X, SPECIES)
    five = SoftmaxRegressionCV(Cs=CS, cv=StratifiedKFold(5)).fit(X, SPECIES)
    np.testing.assert_array_equal(by_default.scores_, five.scores_)
    assert by_default.scores_.shape == (5, 1, 3)
    with pytest.warns(UserWarning, match="fold 0 lacks 0; fold 1 lacks 1; fold 2 lacks 2"):
        SoftmaxRegressionCV(Cs=CS[:1], cv=KFold(3)).fit(X, SPECIES)  # iris comes sorted by species


def test_rows_of_probabilities_are_cross_validated():
    rows = 0.9 * np.eye(3)[SPECIES] + 0.1 / 3
    order = np.random.default_rng(2).permutation(150)
    model = SoftmaxRegressionCV(Cs=CS, cv=3, targets="proba", scoring="neg_log_loss", tol=1e-16, max_iter=500)
    model.fit(X[order], rows[order])
    assert model.scores_.shape == (3, 1, 3)
    refitted = SoftmaxRegression(C=model.C_, targets="proba", tol=1e-16, max_iter=500).fit(X[order], rows[order])
    # tol = 1e-16 leaves the coefficients within sqrt(2e-16 C n), 1e-6.
    np.testing.assert_allclose(model.coef_, refitted.coef_, rtol=0, atol=1e-4)


def test_rows_of_probabilities_are_scored_as_asked():
    rows = 0.9 * np.eye(3)[SPECIES] + 0.1 / 3
    order = np.random.default_rng(2).permutation(150)
    model = SoftmaxRegressionCV(Cs=CS, cv=3, targets="proba", scoring="neg_log_loss", tol=1e-16, max_iter=500)
    model.fit(X[order], rows[order])
    train, test = next(iter(KFold(3).split(X)))
    alone = SoftmaxRegression(C=1.0, targets="proba", tol=1e-16).fit(X[order][train], rows[order][train])
    log_probs = alone.predict_log_proba(X[order][test])
    # tol = 1e-16 leaves the coefficients within sqrt(2e-16 C n), 1e-7.
    assert model.scores_[0, 0, 1] == pytest.approx(np.mean(np.sum(rows[order][test] * log_probs, axis=1)), abs=1e-6)


def test_sparse_samples_are_cross_validated_alike():
    folds = list(StratifiedKFold(3).split(X, SPECIES))
    options = {"Cs": CS, "cv": folds, "scoring": "neg_log_loss", "tol": 1e-16, "max_iter": 1000}
    dense = SoftmaxRegressionCV(**options).fit(X, SPECIES)
    sparse = SoftmaxRegressionCV(**options).fit(sp.csr_matrix(X), SPECIES)
    # tol = 1e-16 leaves the coefficients within sqrt(2e-16 C n), 8e-7.
    np.testing.assert_allclose(sparse.scores_, dense.scores_, rtol=0, atol=1e-6)
    np.testing.assert_allclose(sparse.coefs_paths_, dense.coefs_paths_, rtol=0, atol=1e-3)
    assert sparse.C_ == dense.C_


def test_a_path_says_which_fits_did_not_converge():
    with pytest.warns(ConvergenceWarning, match="C = 0.01, 1, 30"):
        points = path(X, SPECIES, CS, max_iter=2, tol=1e-20)
    assert not any(point.converged for point in points)
    assert all(point.gradient_norm > 1e-10 and point.n_iter == 2 for point in points)


def test_folds_whose_fits_do_not_converge_are_warned_of():
    with pytest.warns(ConvergenceWarning):
        SoftmaxRegressionCV(Cs=CS, cv=3, refit=False, max_iter=1).fit(X, SPECIES)


def test_callbacks_are_told_of_steps_in_paths_and_folds():
    told = []
    path(X, SPECIES, [1.0], callbacks=[told.append])
    assert told
    told.clear()
    SoftmaxRegressionCV(Cs=[1.0], cv=3, callbacks=[told.append]).fit(X, SPECIES)
    assert told


def test_no_c_is_chosen_for_a_score_that_is_nan():
    X, y = load_iris(return_X_y=True)

    def accuracy_of_small_weights(model, X, y):
        return model.score(X, y) if abs(model.coef_).max() < 1 else np.nan

    model = SoftmaxRegressionCV(Cs=[1e-4, 1e-2, 1e3], scoring=accuracy_of_small_weights).fit(X, y)
    assert model.C_ == 1e-2
    with pytest.raises(ValueError, match="expected a number for at least one C, got NaN for every C in fold 0"):
        SoftmaxRegressionCV(Cs=[1e-2, 1e3], scoring=lambda model, X, y: np.nan).fit(X, y)
