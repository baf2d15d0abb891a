"""The optimum from each kind of source is scikit-learn's, computed by its own solvers to a tight tolerance."""

import numpy as np
import pytest
import scipy.sparse
from sklearn.linear_model import LogisticRegression
from tests.peer_versions import since

from chainrule import Blocks, SoftmaxRegression

WAYS = ["memory", "npy", "npy 7", "parquet columns 50", "parquet lists 77", "arrow columns 40", "csr"]


def centred(intercepts):
    return intercepts - intercepts.mean() if len(intercepts) > 1 else intercepts


def assert_near(model, reference, tolerance=1e-5):
    assert abs(model.coef_ - reference.coef_).max() <= tolerance
    assert abs(centred(model.intercept_) - centred(reference.intercept_)).max() <= tolerance
    assert np.array_equal(model.classes_, reference.classes_)


def opened(way, x, y, on_disk, converted, folder):
    if way == "memory":
        return x
    if way == "csr":
        return Blocks(str(converted(scipy.sparse.csr_array(x), y)), labels=y)
    return on_disk(folder, way, x, y)


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("k", [2, 4])
def test_each_source_has_the_optimum_of_scikit_learn(way, k, problem, on_disk, converted, tmp_path):
    x, y = problem(607, 6, k)
    source = opened(way, x, y, on_disk, converted, tmp_path)
    for C in (0.05, 2.0):
        exact = LogisticRegression(C=C, solver="newton-cholesky", tol=1e-12, max_iter=1000).fit(x, y)
        assert_near(SoftmaxRegression(C=C, tol=1e-13, max_iter=1000).fit(source, y), exact)
        assert_near(SoftmaxRegression(C=C, tol=1e-13, max_iter=1000, solver="newton-cg").fit(source, y), exact)


@pytest.mark.parametrize("way", ["memory", "npy 7", "parquet lists 77"])
@pytest.mark.parametrize(
    "options",
    [
        {"fit_intercept": False},
        pytest.param({"class_weight": "balanced"}, marks=since("1.7", "balances classes by their weights")),
        {"class_weight": {0: 4.0, 1: 0.5}},
    ],
)
def test_options_mean_the_same_as_in_scikit_learn(way, options, problem, on_disk, converted, tmp_path):
    x, y = problem(607, 6, 3)
    weights = np.random.default_rng(2).integers(0, 4, len(x)).astype(float)
    source = opened(way, x, y, on_disk, converted, tmp_path)
    exact = LogisticRegression(solver="lbfgs", tol=1e-11, max_iter=10_000, **options).fit(x, y, weights)
    assert_near(SoftmaxRegression(tol=1e-13, max_iter=1000, **options).fit(source, y, weights), exact)


@pytest.mark.parametrize("stored", [np.float16, np.uint8, np.float32])
def test_narrow_numbers_have_the_optimum_of_scikit_learn(stored, problem, on_disk, tmp_path):
    x, y = problem(607, 6, 3, stored)
    if stored == np.uint8:
        x = (x > 8).astype(np.uint8) + (x > 11).astype(np.uint8)
    exact = LogisticRegression(solver="newton-cholesky", tol=1e-12).fit(x.astype(float), y)
    source = on_disk(tmp_path, "npy 7", x, y)
    assert_near(SoftmaxRegression(tol=1e-13, max_iter=1000, dtype="float64").fit(source), exact)
    assert_near(SoftmaxRegression(tol=1e-9, max_iter=1000).fit(source), exact, 1e-3)


def test_a_row_of_weight_two_is_two_rows(problem, on_disk, tmp_path):
    x, y = problem(607, 6, 3)
    weights = np.arange(len(x)) % 3
    repeated = np.repeat(x, weights, 0), np.repeat(y, weights)
    source = on_disk(tmp_path, "npy 7", x, y, weights.astype(float))
    one = SoftmaxRegression(tol=1e-14, max_iter=1000).fit(source)
    other = SoftmaxRegression(tol=1e-14, max_iter=1000).fit(*repeated)
    assert_near(one, other, 1e-6)


def test_many_rows_in_files_have_the_optimum_of_scikit_learn(problem, on_disk, tmp_path):
    x, y = problem(60_013, 20, 3)
    exact = LogisticRegression(solver="newton-cholesky", tol=1e-12).fit(x, y)
    assert_near(SoftmaxRegression(tol=1e-14, max_iter=1000).fit(on_disk(tmp_path, "npy 7", x, y)), exact)


def test_standardising_is_fitting_standardised_samples(problem, on_disk, tmp_path):
    x, y = problem(607, 6, 3)
    x = x * np.geomspace(0.01, 100, 6) + 3
    scale = x.std(0)
    exact = LogisticRegression(solver="newton-cholesky", tol=1e-12).fit((x - x.mean(0)) / scale, y)
    model = SoftmaxRegression(standardize=True, tol=1e-14, max_iter=1000).fit(on_disk(tmp_path, "npy 7", x, y))
    assert abs(model.coef_ * scale - exact.coef_).max() <= 1e-5
