"""Fewer samples than features: the fit is in the samples' row space, and its optimum is that of all features."""

import tracemalloc

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import StratifiedKFold
from tests.peer_versions import since

from chainrule import SoftmaxRegression, SoftmaxRegressionCV
from chainrule.estimators.softmax_path import path
from chainrule.solvers.convex import spectrum

N, D, K = 45, 200, 3


@pytest.fixture(autouse=True)
def reductions(monkeypatch):
    """The row spaces that fits ask for: every test of this file is about some."""
    made = []
    row_space = spectrum.row_space

    def watched(*arguments):
        made.append(row_space(*arguments))
        return made[-1]

    monkeypatch.setattr(spectrum, "row_space", watched)
    yield made
    assert made
    assert None not in made


def data(dtype=np.float64):
    rng = np.random.default_rng(0)
    X = rng.normal(size=(N, D)) * np.linspace(0.3, 2, D) + rng.normal(size=D)
    scores = X @ rng.normal(size=(D, K)) + 3 * rng.gumbel(size=(N, K))
    y = (scores - scores.mean(axis=0)).argmax(axis=1)
    X[:, 7] = 3.0
    X[40:] = X[:5]  # a sample may come twice, with another label
    return X.astype(dtype), y


def objective(X, y, coef, intercept, C, weights=None, penalised=1.0):
    logits = np.asarray(X, np.float64) @ np.asarray(coef, np.float64).T + intercept
    losses = np.logaddexp.reduce(logits, axis=1) - logits[np.arange(len(y)), y]
    return np.sum(losses * (1 if weights is None else weights)) + np.sum((coef * penalised) ** 2) / (2 * C)


def theirs(X, y, C, weights=None, **options):
    model = LogisticRegression(C=C, tol=1e-10, max_iter=10_000, solver="newton-cg", **options)
    return model.fit(np.asarray(X, np.float64), y, sample_weight=weights)


@pytest.mark.parametrize("C", [1e-4, 1.0, 100.0])
@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@pytest.mark.parametrize("solver", ["auto", "newton-cg"])
def test_the_objective_is_that_of_scikit_learns_fit(C, dtype, solver):
    X, y = data(dtype)
    # float32 gradients have errors of 1e-7; 1e-6 is above them.
    model = SoftmaxRegression(C=C, tol=1e-10 if dtype is np.float64 else 1e-6, max_iter=500, solver=solver).fit(X, y)
    other = theirs(X, y, C)
    assert model.converged_
    best = objective(X, y, other.coef_, other.intercept_, C)
    assert objective(X, y, model.coef_, model.intercept_, C) <= best * (1 + 1e-6)
    assert model.coef_.shape == (K, D)


@pytest.mark.parametrize(
    "options",
    [
        {"fit_intercept": False},
        pytest.param({"class_weight": "balanced"}, marks=since("1.7", "balances classes by their weights")),
    ],
    ids=str,
)
def test_it_is_so_without_an_intercept_and_with_weights(options):
    X, y = data()
    weights = np.random.default_rng(1).uniform(0, 3, N)
    weights[[3, 17]] = 0.0
    model = SoftmaxRegression(tol=1e-11, max_iter=500, **options).fit(X, y, sample_weight=weights)
    other = theirs(X, y, 1.0, weights, **options)
    # Both gradients are 1e-10 and less, over curvatures of 1 / 45 at least.
    np.testing.assert_allclose(model.coef_, other.coef_, rtol=0, atol=1e-6)


def test_standardised_features_are_penalised_by_their_deviations():
    X, y = data()
    model = SoftmaxRegression(tol=1e-11, max_iter=500, standardize=True).fit(X, y)
    sizes = np.where(X.std(axis=0) > 0, X.std(axis=0), 1.0)
    other = theirs((X - X.mean(axis=0)) / sizes, y, 1.0)
    # Gradients of 1e-10 over curvatures of 1 / 45 at least: 2e-13 measured.
    np.testing.assert_allclose(model.coef_ * sizes, other.coef_, rtol=0, atol=1e-6)


def test_a_warm_start_goes_on_from_the_weights():
    X, y = data()
    model = SoftmaxRegression(tol=1e-10, max_iter=500, warm_start=True).fit(X, y)
    found = model.coef_.copy()
    again = model.set_params(tol=1e-6).fit(X, y)
    assert again.n_iter_.tolist() == [1]
    # No step is taken; the weights go through the basis of the row space and back.
    np.testing.assert_allclose(again.coef_, found, rtol=0, atol=1e-6)


@pytest.mark.parametrize("standardize", [False, True])
def test_a_path_has_the_optima_of_single_fits(standardize):
    X, y = data()
    Cs = [1e-3, 0.1, 10.0]
    points = path(X, y, Cs, tol=1e-10, max_iter=500, standardize=standardize)
    for C, point in zip(Cs, points, strict=True):
        model = SoftmaxRegression(C=C, tol=1e-10, max_iter=500, standardize=standardize).fit(X, y)
        assert point.converged
        # The last step of Newton's method ends far below tol = 1e-10: 7e-11 measured in coefficients.
        assert point.objective == pytest.approx(model.objective_, rel=1e-9)
        np.testing.assert_allclose(point.coef, model.coef_, rtol=0, atol=1e-5)


@pytest.mark.parametrize("weighted", [False, True])
def test_every_fold_has_its_own_optimum(weighted):
    X, y = data()
    Cs, folds = [0.01, 1.0], StratifiedKFold(3)
    weights = np.random.default_rng(1).uniform(0, 3, N) if weighted else None
    if weights is not None:
        weights[[3, 17]] = 0.0
    model = SoftmaxRegressionCV(Cs=Cs, cv=folds, tol=1e-10, max_iter=500).fit(X, y, sample_weight=weights)
    for fold, (train, _) in enumerate(folds.split(X, y)):
        for number, C in enumerate(Cs):
            own = None if weights is None else weights[train]
            coefs = model.coefs_paths_[fold, 0, number]
            other = theirs(X[train], y[train], C, own)
            best = objective(X[train], y[train], other.coef_, other.intercept_, C, own)
            assert objective(X[train], y[train], coefs[:, :-1], coefs[:, -1], C, own) <= best * (1 + 1e-8)
    alone = SoftmaxRegression(C=model.C_, tol=1e-10, max_iter=500).fit(X, y, sample_weight=weights)
    # The last step of Newton's method ends far below tol = 1e-10: 2e-9 measured.
    np.testing.assert_allclose(model.coef_, alone.coef_, rtol=0, atol=1e-5)


def test_a_class_of_no_weight_does_not_spoil_the_folds_of_the_others():
    X, y = data()
    model = SoftmaxRegressionCV(Cs=[0.1], cv=3, tol=1e-10, max_iter=500, class_weight={0: 1.0, 1: 1.0, 2: 1e-6})
    alone = SoftmaxRegression(C=0.1, tol=1e-10, max_iter=500, class_weight={0: 1.0, 1: 1.0, 2: 1e-6})
    # The last step of Newton's method ends far below tol = 1e-10: 5e-10 measured.
    np.testing.assert_allclose(model.fit(X, y).coef_, alone.fit(X, y).coef_, rtol=0, atol=1e-5)


def test_callbacks_and_held_out_samples_see_the_weights_of_all_features():
    X, y = data()
    model = SoftmaxRegression(tol=1e-8, max_iter=500).fit(X[:40], y[:40], eval_set=(X[40:], y[40:]))
    last = model.predict_log_proba(X[40:])[np.arange(5), y[40:]]
    # The solver and the model compute logits in other orders.
    assert model.validation_scores_[-1] == pytest.approx(-last.mean(), rel=1e-6)


def test_a_fit_of_20000_features_takes_the_memory_of_its_samples():
    rng = np.random.default_rng(0)
    X, y = rng.normal(size=(50, 20_000)), np.arange(50) % 5
    model = SoftmaxRegression().fit(X, y)  # what libraries keep
    tracemalloc.start()
    try:
        model.fit(X, y)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert model.converged_
    # X is 8 MB. A covariance would take 3.2 GB.
    assert peak < 3 * X.nbytes
