"""solver="newton-cg" through the classifier: scikit-learn's optimum, on dense and sparse samples of every kind."""

import numpy as np
import pytest
import scipy.sparse as sp
from scipy.special import expit, softmax
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import LogisticRegression

from chainrule import SoftmaxRegression
from chainrule.estimators import path
from chainrule.solvers.convex import directions

rng = np.random.default_rng(0)
X = rng.normal(size=(150, 6)) * np.linspace(0.3, 2, 6) + np.linspace(-1, 2, 6)
DRAWN = (0.7 * X @ rng.normal(size=(6, 4)) + rng.gumbel(size=(150, 4))).argmax(axis=1)
LABELS = {"binary": (DRAWN == 1).astype(int), "multiclass": DRAWN}
WEIGHTS = rng.uniform(0.1, 3, 150)
FORMS = {"dense": np.asarray, "sparse": sp.csr_matrix}


def gradient_of(model, X, y, weights, C):
    """The gradient of the mean objective by the coefficients and the intercepts, for labels that are numbers."""
    X = X.toarray() if sp.issparse(X) else X
    z = X @ model.coef_.T + model.intercept_
    rows = np.eye(len(model.classes_))[y]
    pull = expit(z) - rows[:, 1:] if z.shape[1] == 1 else softmax(z, axis=1) - rows
    pull = pull * (weights / weights.sum())[:, None]
    return X.T @ pull + model.coef_.T / (C * weights.sum()), pull.sum(axis=0)


@pytest.mark.parametrize("kind", LABELS)
@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("C", [1e-2, 1.0, 1e3, np.inf])
@pytest.mark.parametrize("intercept", [True, False], ids=["intercept", "none"])
def test_it_finds_the_optimum_of_logistic_regression(kind, form, C, intercept):
    y, options = LABELS[kind], {"C": C, "tol": 1e-18, "fit_intercept": intercept, "max_iter": 1000}
    ours = SoftmaxRegression(solver="newton-cg", **options).fit(FORMS[form](X), y, WEIGHTS)
    theirs = LogisticRegression(**options).fit(X, y, WEIGHTS)
    assert ours.converged_
    slopes, sums = gradient_of(ours, X, y, WEIGHTS, C)
    assert abs(slopes).max() < 1e-9 + 1e-14
    assert abs(sums).max() < 1e-9 + 1e-14 or not intercept
    # Two gradients of 1e-9 over curvatures of 1e-4 and more.
    np.testing.assert_allclose(ours.coef_, theirs.coef_, rtol=0, atol=2e-5 * (1 + abs(theirs.coef_).max()))
    np.testing.assert_allclose(ours.predict_proba(X), theirs.predict_proba(X), rtol=0, atol=1e-5)


@pytest.mark.parametrize("form", FORMS)
def test_more_features_than_samples_and_parameters_than_a_hessian_holds(form):
    wide = sp.random(80, 900, 0.05, random_state=1, format="csr")
    y = np.random.default_rng(3).integers(0, 3, 80)
    model = SoftmaxRegression(solver="newton-cg", C=10.0, tol=1e-16).fit(FORMS[form](wide.toarray()), y)
    theirs = LogisticRegression(C=10.0, tol=1e-8, max_iter=5000).fit(wide, y)
    slopes, sums = gradient_of(model, wide, y, np.ones(80), 10.0)
    assert max(abs(slopes).max(), abs(sums).max()) < 1.01e-8
    assert model.n_iter_[0] < 25
    # Gradients of 1e-8 over the penalty's curvature, 1 / (C n) = 1e-3: 8e-8 measured in probabilities.
    np.testing.assert_allclose(model.predict_proba(wide), theirs.predict_proba(wide), rtol=0, atol=1e-4)


def test_the_solver_asked_for_is_the_one_that_runs(monkeypatch):
    calls = []
    solve = directions.newton_cg_direction
    monkeypatch.setattr(
        directions, "newton_cg_direction", lambda *rest, **options: calls.append(1) or solve(*rest, **options)
    )
    for solver, throughout in (("newton-cg", True), ("lbfgs", False), ("auto", False)):
        calls.clear()
        model = SoftmaxRegression(solver=solver).fit(X, DRAWN)
        # L-BFGS may end with one such step, which shows that little is left to gain.
        assert (len(calls) == model.n_iter_[0]) if throughout else (len(calls) <= 1 < model.n_iter_[0]), solver


def test_it_keeps_to_max_iter_and_warns_with_advice():
    with pytest.warns(ConvergenceWarning, match="max_iter"):
        model = SoftmaxRegression(solver="newton-cg", max_iter=2, tol=1e-20).fit(X, DRAWN)
    assert model.n_iter_.tolist() == [2]
    assert not model.converged_


def test_float32_samples_end_as_near_the_optimum_as_float64_ones():
    narrow = X.astype(np.float32)
    for form in FORMS.values():
        model = SoftmaxRegression(solver="newton-cg", tol=1e-4).fit(form(narrow), DRAWN)
        best = SoftmaxRegression(tol=1e-18).fit(narrow.astype(np.float64), DRAWN)
        # Samples that are turned are rounded to float32 once more.
        assert best.objective_ * (1 - 1e-7) <= model.objective_ <= best.objective_ * (1 + 1e-4)


def test_callbacks_standardisation_smoothing_and_paths_go_with_it():
    told = []
    model = SoftmaxRegression(
        solver="newton-cg", standardize=True, label_smoothing=0.1, tol=1e-18, callbacks=[told.append]
    )
    Z = X * np.logspace(-3, 3, 6)
    model.fit(Z, DRAWN, WEIGHTS)
    other = SoftmaxRegression(solver="lbfgs", standardize=True, label_smoothing=0.1, tol=1e-18)
    other.fit(Z, DRAWN, WEIGHTS)
    assert [step.iteration for step in told] == list(range(1, model.n_iter_[0] + 1))
    assert told[-1].value <= told[0].value
    # tol = 1e-18 leaves the coefficients within sqrt(2e-18 C n), 2e-8 for features of variance 1.
    np.testing.assert_allclose(model.predict_proba(Z), other.predict_proba(Z), rtol=0, atol=1e-6)
    points = path(sp.csr_matrix(X), DRAWN, [0.1, 10.0], solver="newton-cg", tol=1e-18)
    for point in points:
        alone = SoftmaxRegression(C=point.C, tol=1e-18, max_iter=500).fit(X, DRAWN)
        # tol = 1e-18 leaves the coefficients within sqrt(2e-18 C n), 5e-8.
        np.testing.assert_allclose(point.coef, alone.coef_, rtol=0, atol=1e-5)


def test_a_warm_start_from_its_optimum_takes_no_step():
    model = SoftmaxRegression(solver="newton-cg", warm_start=True, tol=1e-16).fit(sp.csr_matrix(X), DRAWN)
    before = model.coef_.copy()
    assert model.fit(sp.csr_matrix(X), DRAWN).n_iter_.tolist() == [1]
    # Only the means over the classes are subtracted once more.
    np.testing.assert_allclose(model.coef_, before, rtol=0, atol=1e-14)


def test_a_warm_start_from_weights_of_ones_own_ends_at_the_same_optimum():
    wide = sp.random(80, 900, 0.05, random_state=1, format="csr")
    y = np.random.default_rng(3).integers(0, 3, 80)
    cold = SoftmaxRegression(solver="newton-cg", tol=1e-16).fit(wide, y)
    warm = SoftmaxRegression(solver="newton-cg", tol=1e-16, warm_start=True).fit(wide, y)
    warm.coef_ = warm.coef_ + np.random.default_rng(0).normal(size=warm.coef_.shape)
    warm.fit(wide, y)
    assert warm.converged_
    # tol = 1e-16 leaves the coefficients within sqrt(2e-16 C n), 1e-7.
    np.testing.assert_allclose(warm.coef_, cold.coef_, rtol=0, atol=1e-4)
