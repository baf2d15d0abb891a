"""Weights: an integer weight is a row given so often, zero is absence, and classes may have weights of their own."""

import numpy as np
import pytest
import scipy.sparse
from sklearn.datasets import load_iris

from chainrule import MLPClassifier

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")

X, SPECIES = load_iris(return_X_y=True)
X = ((X - X.mean(axis=0)) / X.std(axis=0))[::3]
SPECIES = SPECIES[::3]
TARGETS = {
    "binary": SPECIES == 1,
    "multiclass": SPECIES,
    "multilabel": np.stack([SPECIES == 0, SPECIES != 1, X[:, 1] > 0], axis=1).astype(int),
}
COUNTS = np.random.default_rng(0).integers(0, 4, 50)
"""50 rows, 70 with repetition: one batch of the default size either way."""
DETERMINISTIC = [
    {"solver": "gd", "learning_rate_init": 0.3},
    {"solver": "adam", "learning_rate_init": 0.01},
    {"solver": "adamw", "learning_rate_init": 0.01},
    {"solver": "sgd", "learning_rate_init": 0.1},
    {"solver": "lbfgs", "max_iter": 10},
]


def fitted(x, y, weights=None, **parameters):
    parameters = {"alpha": 0.1, "tol": 0, "max_iter": 60, "random_state": 0, "n_iter_no_change": 1000} | parameters
    return MLPClassifier((6, 5), "tanh", **parameters).fit(x, y, weights)


def assert_equal_models(one, other, atol=0.0):
    for got, want in zip(one.coefs_ + one.intercepts_, other.coefs_ + other.intercepts_, strict=True):
        np.testing.assert_allclose(got, want, rtol=0, atol=atol)


@pytest.mark.parametrize("kind", TARGETS)
@pytest.mark.parametrize("parameters", DETERMINISTIC, ids=lambda parameters: parameters["solver"])
def test_an_integer_weight_is_a_row_given_so_often(kind, parameters):
    y, index = TARGETS[kind], np.repeat(np.arange(50), COUNTS)
    assert len(index) < 200
    weighted, repeated = fitted(X, y, COUNTS, **parameters), fitted(X[index], y[index], **parameters)
    # 60 steps along gradients that are rounded otherwise; adam divides small gradients by themselves, and L-BFGS
    # differences of gradients by each other: measured, 6e-14 at most.
    assert_equal_models(weighted, repeated, 1e-11)
    assert weighted.loss_ == pytest.approx(repeated.loss_, rel=1e-10, abs=0)


def test_weights_are_told_from_their_absence():
    weighted, plain = fitted(X, SPECIES, COUNTS, solver="gd"), fitted(X, SPECIES, solver="gd")
    assert max(abs(a - b).max() for a, b in zip(weighted.coefs_, plain.coefs_, strict=True)) > 1e-3


@pytest.mark.parametrize("layout", [np.asarray, scipy.sparse.csr_matrix])
@pytest.mark.parametrize("kind", TARGETS)
@pytest.mark.parametrize("solver", ["gd", "adam", "sgd", "lbfgs"])
def test_a_weight_of_zero_is_absence_bit_for_bit(kind, solver, layout):
    y, here = TARGETS[kind], COUNTS > 0
    weights, options = COUNTS + 0.25 * here, {"solver": solver, "max_iter": 10, "batch_size": 7}
    options["dropout"] = 0.0 if solver == "lbfgs" else 0.1
    assert 0 in weights
    zeros, absent = fitted(layout(X), y, weights, **options), fitted(layout(X[here]), y[here], weights[here], **options)
    assert_equal_models(zeros, absent)
    assert zeros.t_ == absent.t_


def test_equal_weights_are_no_weights_but_for_the_penalty():
    # alpha / (2 w) |W|^2 is divided by the total weight: a common factor of 2 on all weights halves the penalty.
    for solver in ("gd", "lbfgs"):
        ones = fitted(X, SPECIES, np.ones(50), solver=solver, max_iter=10)
        assert_equal_models(ones, fitted(X, SPECIES, solver=solver, max_iter=10), 1e-11)
        doubled = fitted(X, SPECIES, np.full(50, 2.0), solver=solver, max_iter=10, alpha=0.2)
        assert_equal_models(doubled, ones, 1e-11)


def test_partial_fit_takes_weights_too():
    here = COUNTS > 0
    models = [MLPClassifier((6,), random_state=0, batch_size=7) for _ in range(2)]
    for _ in range(3):
        models[0].partial_fit(X, SPECIES, COUNTS, classes=[0, 1, 2])
        models[1].partial_fit(X[here], SPECIES[here], COUNTS[here], classes=[0, 1, 2])
    assert_equal_models(*models)


def test_a_heavy_class_is_preferred():
    weights = np.where(SPECIES == 1, 1000.0, 1.0)
    model = fitted(X, SPECIES, weights, solver="lbfgs", max_iter=200)
    assert (model.predict(X[SPECIES == 1]) == 1).all()
    lighter = fitted(X, SPECIES, 1 / weights, solver="lbfgs", max_iter=200)
    assert (model.predict(X) == 1).sum() > (lighter.predict(X) == 1).sum()


@pytest.mark.parametrize(
    ("class_weight", "factors"),
    [
        ({0: 3.0, 1: 1.0, 2: 0.5}, [3.0, 1.0, 0.5]),
        ({2: 7.0}, [1.0, 1.0, 7.0]),
        ("balanced", None),
    ],
    ids=["all", "one", "balanced"],
)
@pytest.mark.parametrize("weights", [None, COUNTS + 0.5], ids=["", "weights"])
def test_class_weights_multiply_sample_weights(class_weight, factors, weights):
    y = np.where(X[:, 0] > 1, 2, np.where(X[:, 1] > 0, 1, 0))
    own = np.ones(50) if weights is None else weights
    if factors is None:  # every class the same total weight, and all of it what it was
        totals = np.bincount(y, own)
        assert totals.max() > 2 * totals.min()
        factors = own.sum() / (3 * totals)
    options = {"solver": "gd", "learning_rate_init": 0.3}
    by_class = fitted(X, y, weights, class_weight=class_weight, **options)
    assert_equal_models(by_class, fitted(X, y, own * np.array(factors)[y], **options), 1e-12)


@pytest.mark.parametrize(
    ("weights", "message"),
    [
        (np.where(np.arange(50) == 7, -1e-9, 1.0), "Negative values in data passed to `sample_weight`"),
        (np.zeros(50), "(?i)sample.weight.*zero"),
        (np.ones(49), r"sample_weight.shape == \(49,\), expected \(50,\)"),
        (np.ones((50, 1)), "Sample weights must be 1D"),
        (np.where(np.arange(50) == 7, np.nan, 1.0), "sample_weight contains NaN"),
        (np.where(np.arange(50) == 7, np.inf, 1.0), "sample_weight contains infinity"),
    ],
    ids=["negative", "all zero", "too few", "a column", "nan", "infinite"],
)
def test_weights_that_make_no_sense_are_refused(weights, message):
    with pytest.raises(ValueError, match=message):
        fitted(X, SPECIES, weights)


def test_a_class_left_out_by_weights_of_zero_is_no_class():
    assert fitted(X, SPECIES, np.where(SPECIES == 1, 0, 1)).classes_.tolist() == [0, 2]
    with pytest.raises(ValueError, match="at least two classes"):
        fitted(X, SPECIES, np.where(SPECIES == 1, 1, 0))
