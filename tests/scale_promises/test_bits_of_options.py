"""Options and shapes under which memory, disk and any number of threads must give the same bits."""

import warnings

import numpy as np
import pytest
from sklearn.exceptions import ConvergenceWarning
from threadpoolctl import threadpool_limits

from chainrule import Blocks, SoftmaxRegression


def compare(x, y, on_disk, folder, assert_same_bits, weights=None, way="npy 7", **options):
    expected = SoftmaxRegression(**options).fit(x, y, weights)
    options.pop("n_jobs", None)
    assert_same_bits(SoftmaxRegression(n_jobs=1, **options).fit(x, y, weights), expected)
    if "parquet" in way:
        source = on_disk(folder, way, x, y, weights)
        assert_same_bits(SoftmaxRegression(n_jobs=3, **options).fit(source), expected)
        return expected, source  # tables have names of features, of which predictions would warn
    else:
        on_disk(folder, way, x, None)
        source = Blocks(str(folder / "part-*.npy"))
        assert_same_bits(SoftmaxRegression(n_jobs=3, **options).fit(source, y, weights), expected)
    with threadpool_limits(1):
        assert_same_bits(SoftmaxRegression(**options).fit(np.asfortranarray(x), y, weights), expected)
    assert np.array_equal(expected.predict_proba(source), expected.predict_proba(x))
    return expected, source


OPTIONS = {
    "plain": {},
    "tight": {"tol": 1e-12},
    "weak penalty": {"C": 1e6, "max_iter": 500},
    "strong penalty": {"C": 1e-4},
    "no penalty": {"C": np.inf, "max_iter": 500},
    "no intercept": {"fit_intercept": False},
    "newton-cg": {"solver": "newton-cg"},
    "standardize": {"standardize": True},
    "standardize without intercept": {"standardize": True, "fit_intercept": False},
    "balanced": {"class_weight": "balanced"},
    "some classes count more": {"class_weight": {0: 3.0, 2: 0.25}},
    "smoothing": {"label_smoothing": 0.1},
    "float64": {"dtype": "float64"},
    "float32": {"dtype": "float32"},
    "certify": {"certify": True},
}


@pytest.mark.parametrize("options", OPTIONS)
def test_options(options, problem, on_disk, assert_same_bits, tmp_path):
    for dtype in (np.float32, np.float64):
        x, y = problem(3_001, 17, 4, dtype)
        compare(x, y, on_disk, tmp_path, assert_same_bits, **OPTIONS[options])


@pytest.mark.parametrize("options", ["newton-cg", "standardize"])
def test_options_with_many_rows(options, problem, on_disk, assert_same_bits, tmp_path):
    x, y = problem(20_011, 56, 3, np.float32)
    compare(x, y, on_disk, tmp_path, assert_same_bits, **OPTIONS[options])


SHAPES = {
    "two classes": (3_001, 12, 2),
    "40 classes": (2_003, 17, 40),
    "300 classes": (2_001, 19, 300),
    "300 classes, few rows": (450, 33, 300),
    "one row a class": (40, 6, 40),
    "fewer rows than features": (40, 301, 3),
    "fewer rows, two classes": (25, 1_203, 2),
    "two rows": (2, 3, 2),
    "one feature": (1_001, 1, 3),
    "two rows, many features": (2, 2_048, 2),
    "wide": (1_001, 501, 5),
}


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("solver", ["auto", "newton-cg"])
def test_shapes(shape, solver, problem, on_disk, assert_same_bits, tmp_path):
    n, d, k = SHAPES[shape]
    dtype = np.float64 if n % 2 else np.float32
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "The number of unique classes", UserWarning)
        compare(*problem(n, d, k, dtype), on_disk, tmp_path, assert_same_bits, way="npy", solver=solver)


def test_duplicated_columns_without_a_penalty(problem, on_disk, assert_same_bits, tmp_path):
    x, y = problem(4_003, 7, 3)
    x = np.concatenate([x, x[:, ::-1], np.ones((len(x), 1)), np.zeros((len(x), 1))], 1)
    for solver in ("auto", "newton-cg"):
        folder = tmp_path / solver
        compare(x, y, on_disk, folder, assert_same_bits, C=np.inf, solver=solver, max_iter=1000)


def test_features_of_very_different_sizes(problem, on_disk, assert_same_bits, tmp_path):
    x, y = problem(4_003, 9, 3)
    x = x * np.geomspace(1e-4, 1e4, 9) + np.linspace(0, 500, 9)
    compare(x, y, on_disk, tmp_path, assert_same_bits, standardize=True, max_iter=1000)


@pytest.mark.parametrize("way", ["npy 7", "parquet columns 333"])
def test_weights_with_zeros(way, problem, on_disk, assert_same_bits, tmp_path):
    x, y = problem(6_001, 11, 4, np.float32)
    weights = np.random.default_rng(3).gamma(0.5, size=len(x))
    weights[np.random.default_rng(4).random(len(x)) < 0.4] = 0
    weights[:700] = 0  # a whole file, and more
    compare(x, y, on_disk, tmp_path, assert_same_bits, weights, way, class_weight="balanced")


def test_weights_of_both_signs(problem, on_disk, assert_same_bits, tmp_path):
    x, y = problem(3_001, 6, 3)
    weights = np.where(np.arange(len(x)) % 17 == 3, -0.02, 1.0)
    compare(x, y, on_disk, tmp_path, assert_same_bits, weights, C=0.1)


def test_targets_of_probabilities(problem, on_disk, assert_same_bits, tmp_path):
    x, _ = problem(5_001, 9, 4, np.float32)
    chances = np.random.default_rng(0).dirichlet([0.3, 1, 2, 0.5], size=len(x))
    compare(x, chances, on_disk, tmp_path, assert_same_bits, targets="proba")
    compare(x, chances, on_disk, tmp_path / "cg", assert_same_bits, targets="proba", solver="newton-cg")


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
@pytest.mark.parametrize("steps", [1, 2, 5])
def test_fits_that_are_cut_short(steps, problem, on_disk, assert_same_bits, tmp_path):
    assert issubclass(ConvergenceWarning, UserWarning)
    x, y = problem(9_001, 23, 4, np.float32)
    compare(x, y, on_disk, tmp_path, assert_same_bits, max_iter=steps, tol=1e-12)


def test_warm_starts(problem, on_disk, assert_same_bits, tmp_path):
    x, y = problem(5_001, 9, 4)
    source = on_disk(tmp_path, "npy 7", x, y)
    one, other = SoftmaxRegression(warm_start=True), SoftmaxRegression(warm_start=True, n_jobs=1)
    for size in (1.0, 10.0):
        one.set_params(C=size).fit(x, y)
        other.set_params(C=size).fit(source)
    assert_same_bits(one, other)


@pytest.mark.parametrize("of_files", [False, True])
def test_held_out_samples_and_temperature(of_files, problem, on_disk, assert_same_bits, tmp_path):
    x, y = problem(5_001, 9, 4, np.float32)
    held, labels = problem(2_001, 9, 4, np.float32, seed=8)
    source = on_disk(tmp_path / "train", "npy 7", x, y)
    expected = SoftmaxRegression(temperature_scaling=True).fit(x, y, eval_set=(held, labels))
    given = (held, labels)
    if of_files:
        given = (on_disk(tmp_path / "held", "npy 7", held, labels), labels)
    model = SoftmaxRegression(temperature_scaling=True, n_jobs=1).fit(source, eval_set=given)
    assert_same_bits(model, expected)
    assert model.temperature_ == expected.temperature_
    assert model.validation_scores_ == expected.validation_scores_


def test_certificates_are_the_same(problem, on_disk, tmp_path):
    x, y = problem(5_001, 9, 4)
    source = on_disk(tmp_path, "npy 7", x, y)
    one = SoftmaxRegression(certify=True).fit(x, y).certificate_
    other = SoftmaxRegression(certify=True, n_jobs=1).fit(source).certificate_
    assert one == other


def test_labels_with_gaps(problem, on_disk, assert_same_bits, tmp_path):
    x, y = problem(3_001, 5, 4)
    y = np.array([-7, 3, 1_000_000_007, 3_000_000_000_000])[y]
    model, _ = compare(x, y, on_disk, tmp_path, assert_same_bits)
    assert list(model.classes_) == [-7, 3, 1_000_000_007, 3_000_000_000_000]
    assert set(model.predict(x)) <= set(y)


def test_rows_sorted_by_class(problem, on_disk, assert_same_bits, tmp_path):
    x, y = problem(6_001, 8, 5, np.float32)
    order = np.argsort(y, kind="stable")
    compare(x[order], y[order], on_disk, tmp_path, assert_same_bits)


def test_fitting_twice_gives_the_same_bits(problem, assert_same_bits):
    x, y = problem(20_011, 31, 6, np.float32)
    model = SoftmaxRegression(n_jobs=2)
    first = model.fit(x, y).coef_.copy()
    assert model.fit(x, y).coef_.tobytes() == first.tobytes()
