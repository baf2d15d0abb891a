"""At the default tolerance every fit is near the optimum, along a path and by itself, in either precision."""

import warnings

import numpy as np
import pytest
from scipy.special import logsumexp
from sklearn.datasets import load_digits, load_iris

from chainrule import SoftmaxRegression, SoftmaxRegressionCV
from chainrule.estimators.softmax_path import path

CS = (1e-4, 1e-2, 1.0, 10.0, 100.0, 1e3, 1e4)


def digits():
    X, y = load_digits(return_X_y=True)
    return X / 16, y


def embedded():
    """Like embeddings: 128 correlated features of unit length, 30 classes of uneven sizes."""
    rng = np.random.default_rng(0)
    centres = rng.normal(size=(30, 16))
    y = rng.choice(30, size=3000, p=rng.dirichlet(np.full(30, 2.0)))
    y[:30] = np.arange(30)
    X = (centres[y] + rng.normal(size=(3000, 16))) @ rng.normal(size=(16, 128)) + rng.normal(size=(3000, 128))
    return X / np.linalg.norm(X, axis=1, keepdims=True), y


DATA = {"digits": digits(), "embedded": embedded()}


def objective(coef, intercept, X, y, C):
    """By plain formulas in float64."""
    W = np.asarray(coef, np.float64).T
    logits = X.astype(np.float64) @ W + intercept
    losses = logsumexp(logits, axis=1) - logits[np.arange(len(y)), y]
    return float(np.mean(losses) + np.sum(W**2) / (2 * C * len(y)))


@pytest.fixture(scope="module", params=DATA)
def problem(request):
    """Samples, labels and, for every C, the least objective that a fit to the last digits finds."""
    X, y = DATA[request.param]
    points = path(X, y, CS, tol=1e-12, max_iter=3000)
    assert all(point.converged for point in points)
    return X, y, {point.C: objective(point.coef, point.intercept, X, y, point.C) for point in points}


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_every_point_of_a_path_is_near_the_optimum(problem, dtype):
    X, y, best = problem
    for point in path(X.astype(dtype), y, CS):
        assert point.converged
        reached = objective(point.coef, point.intercept, X, y, point.C)
        # float32 moves the samples themselves by 6e-8.
        assert best[point.C] * (1 - 1e-6) <= reached <= best[point.C] * (1 + 1e-4), point.C
        assert point.objective == pytest.approx(reached, rel=1e-5)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("C", CS)
def test_every_fit_by_itself_is_near_the_optimum(problem, dtype, C):
    X, y, best = problem
    model = SoftmaxRegression(C=C).fit(X.astype(dtype), y)
    assert model.converged_
    assert objective(model.coef_, model.intercept_, X, y, C) <= best[C] * (1 + 1e-4)


@pytest.mark.parametrize("solver", ["lbfgs", "newton-cg"])
def test_a_warm_start_at_another_penalty_is_no_optimum(solver):
    """As it was taken for one: at 1e3 and 1e4 its gradient is below 1e-4, and it is 15% and 150% too high."""
    X, y = DATA["digits"]
    before = SoftmaxRegression(C=100.0, solver=solver).fit(X, y)
    warm = SoftmaxRegression(C=1e4, solver=solver, warm_start=True)
    warm.coef_, warm.intercept_, warm.classes_ = before.coef_, before.intercept_, before.classes_
    warm.__dict__.update({name: value for name, value in vars(before).items() if name not in before.get_params()})
    cold = SoftmaxRegression(C=1e4, solver=solver).fit(X, y)
    assert objective(before.coef_, before.intercept_, X, y, 1e4) > 1.5 * cold.objective_
    # Each end may lie tol = 1e-4 above the optimum.
    assert warm.fit(X, y).objective_ == pytest.approx(cold.objective_, rel=2e-4)


def test_cross_validation_scores_fits_and_not_copies_of_one():
    X, y = DATA["digits"]
    model = SoftmaxRegressionCV(Cs=[1.0, 100.0, 1e4], cv=3, scoring="neg_log_loss").fit(X, y)
    alone = SoftmaxRegressionCV(Cs=[1e4], cv=3, scoring="neg_log_loss").fit(X, y)
    # tol = 1e-4 bounds the objective; scores of other samples differ a little more: 8e-4 measured.
    np.testing.assert_allclose(np.ravel(model.scores_[..., 2]), np.ravel(alone.scores_[..., 0]), rtol=0.02)


def test_without_a_penalty_separable_samples_end_where_the_loss_is_next_to_nothing():
    X, y = load_iris(return_X_y=True)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        model = SoftmaxRegression(C=np.inf).fit(X[:100], y[:100])
    assert model.converged_
    assert model.objective_ <= 1e-7
