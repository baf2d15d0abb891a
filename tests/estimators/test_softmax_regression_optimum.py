"""SoftmaxRegression finds the optimum of its objective: by a gradient of the tests' own, and next to scikit-learn's.

    F(W, b) = sum_i w_i (log sum_j exp(z_ij) - t_i . z_i) / sum_i w_i + |W|^2 / (2 C sum_i w_i),    z = x W + b

How far two points may be apart follows from their gradients: |a - b| <= |g(a) - g(b)| / (least curvature between them).
"""

import warnings

import numpy as np
import pytest
import scipy.sparse as sp
from scipy.special import log_softmax
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import LogisticRegression

from chainrule import SoftmaxRegression


def draw(classes, n=120, d=5, seed=0):
    """Overlapping classes: labels drawn from a softmax of a linear function, so that C = inf has an optimum."""
    rng = np.random.default_rng(seed)
    X = rng.normal(size=(n, d)) * np.linspace(0.5, 2, d) + np.linspace(-1, 2, d)
    logits = X @ rng.normal(size=(d, classes)) * 0.7
    return X, (logits + rng.gumbel(size=logits.shape)).argmax(axis=1)


DATA = {"binary": draw(2), "multiclass": draw(4)}
WEIGHTS = np.random.default_rng(1).uniform(0.1, 3, 120)


def rows_of(y, classes):
    return (np.asarray(y)[:, None] == classes).astype(np.float64)


def parameters_of(model):
    """(d + 1, k) as float64, the intercepts last."""
    return np.vstack([model.coef_.T, np.broadcast_to(model.intercept_, len(model.coef_))]).astype(np.float64)


def logits_of(theta, X):
    X = X.toarray() if sp.issparse(X) else X
    z = X.astype(np.float64) @ theta[:-1] + theta[-1]
    return np.hstack([np.zeros_like(z), z]) if z.shape[1] == 1 else z


def objective(theta, X, rows, weights=None, C=1.0, penalised=1.0):
    """F, its gradient of theta's shape, and its Hessian on theta's entries in order; plain formulas, all in float64."""
    X = X.toarray() if sp.issparse(X) else X
    k = theta.shape[1]
    ones = np.hstack([X.astype(np.float64), np.ones((len(X), 1))])
    share = np.ones(len(X)) if weights is None else np.asarray(weights, dtype=np.float64)
    mass = share.sum()
    share = share / mass
    log_probs = log_softmax(logits_of(theta, X), axis=1)
    probs = np.exp(log_probs)
    shrunk = theta.copy()
    shrunk[:-1] *= np.asarray(penalised, dtype=np.float64).reshape(-1, 1) ** 2
    shrunk[-1] = 0
    value = -share @ np.sum(rows * log_probs, axis=1) + np.sum(theta * shrunk) / (2 * C * mass)
    gradient = ones.T @ (share[:, None] * (probs - rows))[:, -k:] + shrunk / (C * mass)
    curvatures = probs[:, :, None] * (np.eye(probs.shape[1]) - probs[:, None, :])
    hessian = np.einsum("i,ia,ikm,ib->akbm", share, ones, curvatures[:, -k:, -k:], ones, optimize=True)
    penalty = np.repeat(np.append(np.broadcast_to(penalised, len(theta) - 1), 0.0) ** 2, k) / (C * mass)
    return value, gradient, hessian.reshape(theta.size, theta.size) + np.diag(penalty)


def least_curvature(hessian, shape, intercept=True):
    """The least curvature along directions that change the loss: for a softmax, they sum to 0 over the classes."""
    d, k = shape
    moving = np.eye(k) if k == 1 else np.linalg.svd(np.ones((1, k)))[2][1:].T
    basis = np.kron(np.eye(d)[:, : d if intercept else d - 1], moving)
    return np.linalg.eigvalsh(basis.T @ hessian @ basis)[0]


def assert_same_optimum(ours, theirs, X, rows, weights=None, C=1.0, intercept=True):
    a, b = (theta - (theta.mean(axis=1, keepdims=True) if theta.shape[1] > 1 else 0) for theta in (ours, theirs))
    ends = [objective(theta, X, rows, weights, C) for theta in (a, b)]
    lines = slice(None) if intercept else slice(-1)
    residue = sum(np.linalg.norm(end[1][lines]) for end in ends)
    # Half the curvature at an end is more than its change on a way as short as the bound.
    bound = 2 * residue / min(least_curvature(end[2], a.shape, intercept) for end in ends)
    assert bound < 1e-2 * np.linalg.norm(b), "a bound as wide as this would show nothing"
    assert np.linalg.norm(a - b) <= bound + 1e-12 * np.linalg.norm(b)


@pytest.mark.parametrize("kind", DATA)
@pytest.mark.parametrize("C", [1e-3, 1.0, 1e3, np.inf])
@pytest.mark.parametrize("intercept", [True, False], ids=["intercept", "none"])
@pytest.mark.parametrize("weights", [None, WEIGHTS], ids=["equal", "weighted"])
def test_the_optimum_is_that_of_logistic_regression(kind, C, intercept, weights):
    X, y = DATA[kind]
    ours = SoftmaxRegression(C=C, tol=1e-18, fit_intercept=intercept).fit(X, y, weights)
    theirs = LogisticRegression(C=C, tol=1e-9, fit_intercept=intercept, max_iter=1000).fit(X, y, weights)
    rows = rows_of(y, ours.classes_)
    assert ours.coef_.shape == theirs.coef_.shape
    assert ours.intercept_.shape == theirs.intercept_.shape
    assert_same_optimum(parameters_of(ours), parameters_of(theirs), X, rows, weights, C, intercept)
    # Gradients of 1e-9 over curvatures of 1e-5 without a penalty: 5e-5 measured in logits.
    np.testing.assert_allclose(ours.predict_proba(X), theirs.predict_proba(X), rtol=0, atol=1e-5)
    np.testing.assert_allclose(ours.decision_function(X), theirs.decision_function(X), rtol=0, atol=1e-4)
    assert (ours.predict(X) == theirs.predict(X)).all()
    assert ours.score(X, y, weights) == theirs.score(X, y, weights)
    if kind == "multiclass":
        # What all classes have in common is left out. It is pulled at by the penalty, 1 / (120 C), and by the rounding
        # of gradients, 1e-16.
        common = 1e-12 + 1e-15 * 120 * min(C, 1e6)
        np.testing.assert_allclose(ours.coef_.sum(axis=0), 0, atol=common)
        np.testing.assert_allclose(ours.intercept_.sum(), 0, atol=common)
    if not intercept:
        assert (ours.intercept_ == 0).all()


@pytest.mark.parametrize("kind", DATA)
@pytest.mark.parametrize("intercept", [True, False], ids=["intercept", "none"])
@pytest.mark.parametrize("C", [0.1, 1e2, np.inf])
def test_the_optimum_is_stationary_and_the_attributes_say_how_much_so(kind, intercept, C):
    X, y = DATA[kind]
    model = SoftmaxRegression(C=C, tol=1e-20, fit_intercept=intercept).fit(X, y, WEIGHTS)
    value, gradient, _ = objective(parameters_of(model), X, rows_of(y, model.classes_), WEIGHTS, C)
    assert model.converged_ is True
    assert model.gradient_norm_ <= 1e-10
    gradient = gradient if intercept else gradient[:-1]
    # A sum of 120 products of size 1 is rounded at 1e-15.
    assert model.gradient_norm_ == pytest.approx(abs(gradient).max(), rel=0, abs=1e-14)
    assert model.objective_ == pytest.approx(value, rel=1e-13, abs=0)
    # sum_i w_i (s_i - t_i) x_i^T + W / C = 0, the condition as it stands.
    probs = model.predict_proba(X)
    pull = (WEIGHTS[:, None] * (probs - rows_of(y, model.classes_))).T @ X
    pull = pull[1:] if kind == "binary" else pull
    np.testing.assert_allclose(pull + model.coef_ / C, 0, atol=1e-10 * WEIGHTS.sum() + 1e-12)
    if intercept:
        frequencies = WEIGHTS @ rows_of(y, model.classes_) / WEIGHTS.sum()
        np.testing.assert_allclose(WEIGHTS @ probs / WEIGHTS.sum(), frequencies, atol=2e-10)


@pytest.mark.parametrize("kind", DATA)
def test_the_gradient_norm_is_that_of_the_features_as_they_are(kind):
    X, y = DATA[kind]
    model = SoftmaxRegression(max_iter=3, tol=1e-300)
    with pytest.warns(ConvergenceWarning):
        model.fit(X, y)
    gradient = objective(parameters_of(model), X, rows_of(y, model.classes_))[1]
    # The solver adds the rows in blocks.
    assert model.gradient_norm_ == pytest.approx(abs(gradient).max(), rel=1e-9)


@pytest.mark.parametrize("kind", DATA)
@pytest.mark.parametrize("class_weight", ["balanced", {0: 3.0, 1: 0.25}], ids=["balanced", "dict"])
@pytest.mark.parametrize("weights", [None, WEIGHTS], ids=["equal", "weighted"])
def test_class_weights_mean_what_they_mean_in_scikit_learn(kind, class_weight, weights):
    X, y = DATA[kind]
    options = {"class_weight": class_weight, "tol": 1e-20}
    ours = SoftmaxRegression(**options).fit(X, y, weights)
    rows = rows_of(y, ours.classes_)
    share = np.ones(len(y)) if weights is None else weights
    if class_weight == "balanced":
        # Counted by sample weight, so that a weight of 2 is still the sample twice.
        factor = share.sum() / (len(ours.classes_) * (share @ rows))
    else:
        factor = np.array([class_weight.get(c, 1.0) for c in ours.classes_])
    by_hand = SoftmaxRegression(tol=1e-20).fit(X, y, share * (rows @ factor))
    assert_same_optimum(parameters_of(ours), parameters_of(by_hand), X, rows, share * (rows @ factor))
    if class_weight != "balanced" or weights is None:
        theirs = LogisticRegression(max_iter=1000, **options).fit(X, y, weights)
        assert_same_optimum(parameters_of(ours), parameters_of(theirs), X, rows, share * (rows @ factor))


@pytest.mark.parametrize("kind", DATA)
@pytest.mark.parametrize("form", [np.asfortranarray, sp.csr_matrix, sp.csc_matrix, sp.csr_array, sp.csc_array])
def test_the_form_of_x_does_not_matter(kind, form):
    X, y = DATA[kind]
    X = np.where(np.random.default_rng(2).random(X.shape) < 0.4, 0.0, X)
    dense = SoftmaxRegression(C=10.0, tol=1e-20).fit(X, y, WEIGHTS)
    other = SoftmaxRegression(C=10.0, tol=1e-20).fit(form(X), y, WEIGHTS)
    rows = rows_of(y, dense.classes_)
    assert_same_optimum(parameters_of(other), parameters_of(dense), X, rows, WEIGHTS, 10.0)
    # Sparse products add in another order.
    np.testing.assert_allclose(other.predict_proba(form(X)), other.predict_proba(X), rtol=1e-12)


def float32_bound(theta, X):
    """How far products in float32 can put a gradient's entry off: logits by (d + 4) u |x| |W|, sums by u more."""
    sizes = abs(X).astype(np.float64)
    logits = sizes @ abs(theta[:-1]) + abs(theta[-1])
    rounding = (X.shape[1] + 4) * np.finfo(np.float32).eps
    each = np.hstack([sizes, np.ones((len(X), 1))]).T @ (logits.max(axis=1) + 1) / len(X)
    return 2 * rounding * each.max()


@pytest.mark.parametrize("kind", DATA)
@pytest.mark.parametrize("C", [0.1, 10.0, np.inf])
def test_float32_ends_as_near_the_optimum_as_float64(kind, C):
    X, y = DATA[kind]
    X = X.astype(np.float32)
    model = SoftmaxRegression(C=C).fit(X, y)
    theta = parameters_of(model)
    gradient = objective(theta, X, rows_of(y, model.classes_), None, C)[1]
    assert model.converged_
    best = SoftmaxRegression(C=C, tol=1e-18).fit(X.astype(np.float64), y)
    assert model.objective_ <= best.objective_ * (1 + 1e-4)
    assert model.gradient_norm_ == pytest.approx(abs(gradient).max(), rel=0, abs=float32_bound(theta, X))
    wide = SoftmaxRegression(C=C, dtype="float64").fit(X, y)
    assert wide.coef_.dtype == np.float64
    narrow = SoftmaxRegression(C=C, dtype="float32").fit(X.astype(np.float64), y)
    np.testing.assert_array_equal(narrow.coef_, model.coef_)


def test_string_labels_are_sorted_and_returned():
    X, y = DATA["multiclass"]
    names = np.array(["pear", "apple", "fig", "quince"])
    model = SoftmaxRegression(tol=1e-20).fit(X, names[y])
    plain = SoftmaxRegression(tol=1e-20).fit(X, y)
    assert model.classes_.tolist() == sorted(names)
    # tol = 1e-20 leaves the coefficients within sqrt(2e-20 C n), 2e-9.
    np.testing.assert_allclose(model.coef_, plain.coef_[np.argsort(names)], rtol=0, atol=1e-8)
    assert (model.predict(X) == names[plain.predict(X)]).all()
    assert SoftmaxRegression().fit(X, y == 2).predict(X).dtype == bool


@pytest.mark.parametrize("kind", DATA)
@pytest.mark.parametrize("standardize", [False, True])
def test_integer_weights_are_rows_given_as_often(kind, standardize):
    X, y = DATA[kind]
    times = np.random.default_rng(3).integers(0, 4, len(y))
    options = {"tol": 1e-20, "standardize": standardize}
    weighted = SoftmaxRegression(**options).fit(X, y, times)
    repeated = SoftmaxRegression(**options).fit(X.repeat(times, axis=0), y.repeat(times))
    # The gradients' sum, 2e-10, over the least curvature, 1e-2 here, is 2e-8.
    np.testing.assert_allclose(weighted.coef_, repeated.coef_, rtol=0, atol=1e-7)
    np.testing.assert_allclose(weighted.intercept_, repeated.intercept_, rtol=0, atol=1e-7)
    assert weighted.objective_ == pytest.approx(repeated.objective_, rel=1e-12, abs=0)


@pytest.mark.parametrize("kind", DATA)
def test_the_order_of_rows_and_the_size_of_all_weights_do_not_matter(kind):
    X, y = DATA[kind]
    rows = rows_of(y, np.unique(y))
    order = np.random.default_rng(4).permutation(len(y))
    model = SoftmaxRegression(tol=1e-20).fit(X, y, WEIGHTS)
    moved = SoftmaxRegression(tol=1e-20).fit(X[order], y[order], WEIGHTS[order])
    assert_same_optimum(parameters_of(moved), parameters_of(model), X, rows, WEIGHTS)
    # A thousandth of the weights with a thousand times the C is the same objective, times a thousandth.
    scaled = SoftmaxRegression(tol=1e-20, C=1e3).fit(X, y, WEIGHTS / 1e3)
    assert_same_optimum(parameters_of(scaled), parameters_of(model), X, rows, WEIGHTS)


@pytest.mark.parametrize("C", [1.0, np.inf])
def test_a_constant_added_to_all_logits_changes_nothing(C):
    X, y = DATA["multiclass"]
    cold = SoftmaxRegression(C=C, tol=1e-20).fit(X, y)
    model = SoftmaxRegression(C=C, tol=1e-20, warm_start=True).fit(X, y)
    model.intercept_ = model.intercept_ + 1000.0
    model.coef_ = model.coef_ + 0.1  # has to be found again where there is a penalty
    model.fit(X, y)
    assert model.converged_
    np.testing.assert_allclose(model.predict_proba(X), cold.predict_proba(X), rtol=0, atol=1e-7)
    theta, before = parameters_of(model), parameters_of(cold)
    assert_same_optimum(theta, before, X, rows_of(y, cold.classes_), None, C)
    if C == 1.0:
        np.testing.assert_allclose(model.coef_, cold.coef_, rtol=0, atol=1e-6)


@pytest.mark.parametrize("kind", DATA)
@pytest.mark.parametrize("standardize", [False, True])
def test_a_warm_start_goes_on_from_where_it_was(kind, standardize):
    X, y = DATA[kind]
    again = SoftmaxRegression(tol=1e-16, warm_start=True, standardize=standardize).fit(X, y)
    assert again.n_iter_[0] > 2
    assert again.fit(X, y).n_iter_.tolist() == [1]
    model = SoftmaxRegression(tol=1e-16, warm_start=True).fit(X, y)
    steps, first = model.n_iter_[0], parameters_of(model)
    assert steps > 2
    model.fit(X, y)
    assert model.n_iter_.tolist() == [1]
    # Turned into the covariance's eigenvectors and back: two sums of five products each.
    np.testing.assert_allclose(parameters_of(model), first, rtol=0, atol=10 * 2**-53 * abs(first).max())
    near = model.set_params(C=1.05, tol=1e-4).fit(X, y).n_iter_[0]
    assert near < SoftmaxRegression(tol=1e-4, C=1.05).fit(X, y).n_iter_[0]
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        bits = SoftmaxRegression(tol=1e-16, warm_start=True, max_iter=2)
        for _ in range(200):
            bits.fit(X, y)
    assert caught[0].category is ConvergenceWarning
    assert bits.converged_
    assert_same_optimum(parameters_of(bits), first, X, rows_of(y, model.classes_))
