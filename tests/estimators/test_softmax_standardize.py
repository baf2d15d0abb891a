"""standardize=True on awkward features: the penalty is on weights times deviations, computed here by hand."""

import numpy as np
import pytest
import scipy.sparse as sp
from scipy.special import softmax

from chainrule import SoftmaxRegression

rng = np.random.default_rng(0)
SMALL = rng.normal(size=(140, 3))
LABELS = (SMALL @ rng.normal(size=(3, 3)) * 2 + rng.gumbel(size=(140, 3))).argmax(axis=1)
WEIGHTS = rng.uniform(0.1, 3, 140)
FORMS = {"dense": np.asarray, "csr": sp.csr_matrix, "csc": sp.csc_matrix, "array": sp.csr_array}


def deviation_of(X, weights=None):
    """In two passes, in longer floats."""
    X = X.astype(np.longdouble)
    share = np.full(len(X), 1 / len(X)) if weights is None else abs(weights) / abs(weights).sum()
    mean = share @ X
    deviation = np.sqrt(share @ np.square(X - mean)).astype(np.float64)
    return np.where(X.max(axis=0) > X.min(axis=0), deviation, 1.0)


def assert_stationary(model, X, weights, C, tol):
    """sum_i w_i (s_i - t_i) x_i / sum w + W s^2 / (C sum w) = 0, by centred features."""
    weights = np.ones(len(X)) if weights is None else weights
    probs = softmax(X @ model.coef_.T + model.intercept_, axis=1)
    pull = weights[:, None] / weights.sum() * (probs - np.eye(3)[LABELS])
    shrunk = model.coef_.T * np.square(deviation_of(X, weights))[:, None] / (C * weights.sum())
    gradient = (X - X.mean(axis=0)).T @ pull + shrunk
    np.testing.assert_allclose(gradient, 0, rtol=0, atol=tol)


@pytest.mark.parametrize("form", ["dense", "csr"])
@pytest.mark.parametrize("weights", [None, WEIGHTS], ids=["equal", "weighted"])
@pytest.mark.parametrize("C", [0.1, 10.0])
def test_the_end_is_stationary_for_the_penalty_on_weights_times_deviations(form, weights, C):
    X = SMALL * [1e-1, 1.0, 10.0] + [0.0, 3.0, 100.0]
    model = SoftmaxRegression(C=C, standardize=True, tol=1e-18, max_iter=1000).fit(FORMS[form](X), LABELS, weights)
    assert model.converged_
    # Every entry of the gradient is within 1e-9, and so are those of the features less 100.
    assert_stationary(model, X, weights, C, 1.02e-7)


@pytest.mark.parametrize("form", ["dense", "csr"])
@pytest.mark.parametrize("solver", ["lbfgs", "newton-cg"])
def test_units_do_not_change_probabilities(form, solver):
    X = SMALL + np.array([0.0, 1.0, 2.0])
    options = {"standardize": True, "tol": 1e-18, "solver": solver, "max_iter": 1000}
    plain = SoftmaxRegression(**options).fit(FORMS[form](X), LABELS)
    units = np.array([1e-4, 1.0, 1e4])
    scaled = SoftmaxRegression(**options | {"tol": 1e-16}).fit(FORMS[form](X * units), LABELS)
    # tol = 1e-16 leaves the coefficients within sqrt(2e-16 C n), 2e-7 for features of variance 1.
    np.testing.assert_allclose(scaled.predict_proba(X * units), plain.predict_proba(X), rtol=0, atol=1e-6)
    np.testing.assert_allclose(scaled.coef_ * units, plain.coef_, rtol=0, atol=1e-4)


def test_an_added_constant_does_not_change_probabilities_of_dense_samples():
    options = {"standardize": True, "tol": 1e-16, "max_iter": 1000}
    plain = SoftmaxRegression(**options).fit(SMALL, LABELS)
    for mean in (10.0, 1e3):
        # Logits are rounded at 1e-13, and the gradient by features of this size a thousand times as much.
        moved = SoftmaxRegression(**options).fit(SMALL + mean, LABELS)
        np.testing.assert_allclose(moved.predict_proba(SMALL + mean), plain.predict_proba(SMALL), rtol=0, atol=1e-6)


@pytest.mark.parametrize("kind", ["zero", "constant", "one entry", "explicit zeros"])
def test_sparse_features_that_hardly_vary_are_as_dense_ones(kind):
    extra = {
        "zero": np.zeros((140, 1)),
        "constant": np.full((140, 1), 4.0),
        "one entry": np.eye(140)[:, :1] * 7,
        "explicit zeros": np.zeros((140, 1)),
    }[kind]
    X = np.hstack([SMALL, extra])
    sparse = sp.csr_matrix(X)
    if kind == "explicit zeros":
        sparse = sp.csr_matrix(np.hstack([SMALL, np.ones((140, 1))]))
        sparse.data[sparse.indices == 3] = 0.0
        assert sparse.nnz == 560
    options = {"standardize": True, "tol": 1e-18, "max_iter": 1000}
    dense, other = (SoftmaxRegression(**options).fit(form, LABELS) for form in (X, sparse))
    # tol = 1e-18 leaves the coefficients within sqrt(2e-18 C n), 2e-8 for features of variance 1.
    np.testing.assert_allclose(other.coef_, dense.coef_, rtol=0, atol=1e-5)
    assert_stationary(dense, X, None, 1.0, 1e-7)


@pytest.mark.parametrize("weights", [None, WEIGHTS], ids=["equal", "weighted"])
def test_sparse_float32_features_are_standardised(weights):
    X = SMALL.astype(np.float32)
    dense = SoftmaxRegression(standardize=True, tol=1e-5).fit(X, LABELS, weights)
    sparse = SoftmaxRegression(standardize=True, tol=1e-5).fit(sp.csr_matrix(X), LABELS, weights)
    # Gradients of 1e-5 over curvatures of 1e-2.
    np.testing.assert_allclose(sparse.coef_, dense.coef_, rtol=0, atol=5e-3)


def test_sparse_entries_given_in_parts_vary_like_their_sum():
    whole = sp.csr_matrix(SMALL)
    halves = sp.csr_matrix((whole.data.repeat(2) / 2, whole.indices.repeat(2), 2 * whole.indptr), shape=whole.shape)
    of_parts, of_whole = (SoftmaxRegression(standardize=True, tol=1e-16).fit(form, LABELS) for form in (halves, whole))
    # Sums in another order.
    np.testing.assert_allclose(of_parts.coef_, of_whole.coef_, rtol=0, atol=1e-9)
    assert not halves.has_canonical_format, "the user's matrix stays as it is"
