"""A fit has the same bits with any number of threads, and wherever its samples lie."""

from dataclasses import replace

import numpy as np
import pytest
import scipy.sparse as sp
from tests.thorough import THOROUGH
from threadpoolctl import threadpool_limits

from chainrule import SoftmaxRegression
from chainrule.engines import local
from chainrule.estimators.softmax_path import path
from chainrule.rules import binary_cross_entropy, softmax_cross_entropy
from chainrule.solvers.convex import (
    Problem,
    class_blocks,
    deviations,
    directions,
    evaluation,
    minima,
    minimise,
    spectrum,
    spectrum_of,
)

THREADS = (1, 2, 3, 5) if THOROUGH else (1, 3)
N, D, K = 601, 13, 4
rng = np.random.default_rng(7)
X = rng.normal(size=(N, D)) * np.geomspace(0.1, 10, D) + np.linspace(-3, 20, D)
LOGITS = (X - X.mean(axis=0)) @ rng.normal(size=(D, K)) / 10
LABELS = (LOGITS + rng.gumbel(size=LOGITS.shape)).argmax(axis=1)
SOFT = rng.dirichlet(np.ones(K), N) * rng.uniform(0.5, 2, (N, 1))
WEIGHTS = np.where(np.arange(N) % 7, rng.uniform(0.1, 3, N), 0.0)
SIGNED = np.where(np.arange(N) % 11, WEIGHTS, -0.1)
MASK = rng.random((N, D)) < 0.3


def softmax(x, targets=LABELS, weights=None, l2=1e-3, leaf=47, **options):
    return Problem(x, targets, K, softmax_cross_entropy, weights, l2, rows_of_leaf=leaf, **options)


def logit(x, weights=None, l2=1e-3, leaf=47):
    targets = (LABELS > 1).astype(x.dtype)[:, None]
    return Problem(x, targets, 1, binary_cross_entropy, weights, l2, rows_of_leaf=leaf)


SPARSE = sp.csr_matrix(X * MASK)
PROBLEMS = {
    "softmax": lambda: softmax(X),
    "float32": lambda: softmax(X.astype(np.float32)),
    "sparse": lambda: softmax(SPARSE),
    "sparse array in float32": lambda: softmax(sp.csr_array(SPARSE.astype(np.float32)), leaf=97),
    "logit": lambda: logit(X),
    "logit in float32": lambda: logit(X.astype(np.float32), WEIGHTS),
    "sparse logit": lambda: logit(SPARSE, WEIGHTS),
    "soft targets": lambda: softmax(X, SOFT, WEIGHTS),
    "weights of both signs": lambda: softmax(X, weights=SIGNED, l2=0.1),
    "no penalty": lambda: softmax(X, l2=0.0),
    "no penalty in float32": lambda: softmax(X.astype(np.float32), l2=0.0),
    "no intercept": lambda: softmax(X, intercept=False, label_smoothing=0.1),
    "more features than samples": lambda: replace(
        softmax(np.tile(X[:40], 3) * rng_of(1).uniform(0.5, 2, (40, 3 * D)), LABELS[:40], leaf=9), l2=0.01
    ),
    "one row in a leaf": lambda: softmax(X[:97], LABELS[:97], leaf=1),
    "leaves by themselves": lambda: softmax(X, leaf=0),
}


def rng_of(seed):
    return np.random.default_rng(seed)


@pytest.fixture(params=PROBLEMS)
def problem(request):
    return PROBLEMS[request.param]()


@pytest.fixture(params=["kept", "not kept"])
def kept(request, monkeypatch):
    if request.param == "not kept":
        monkeypatch.setattr(evaluation, "STORED_BYTES", 0)


def bits(found):
    """All that a minimisation tells, with the bytes of its parameters."""
    return found.theta.tobytes(), found.value, found.gradient_norm, found.remaining, found.iterations, found.message


def assert_one(results):
    assert len(set(results)) == 1


@pytest.mark.parametrize("method", ["auto", "lbfgs", "newton-cg"])
def test_threads_do_not_change_a_bit(problem, kept, method):
    results = [minimise(problem, tol=1e-9, method=method, threads=threads) for threads in THREADS]
    assert results[0].iterations > 2
    assert_one(map(bits, results))


@pytest.mark.parametrize("method", ["auto", "newton-cg"])
def test_samples_in_files_give_the_bits_of_samples_in_memory(problem, source_of, kept, method):
    files = problem.of(source_of(problem.x))
    expected = minimise(problem, tol=1e-9, method=method, threads=2)
    for threads in (1, 3):
        assert bits(minimise(files, tol=1e-9, method=method, threads=threads)) == bits(expected)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("offset", [1, 2, 3, 5, 7])
def test_the_place_of_samples_in_memory_does_not_change_a_bit(dtype, offset):
    """Copies that begin at other addresses, some of which no vector instruction likes."""
    x = X.astype(dtype)
    memory = np.empty(x.size * x.itemsize + 64 * offset, np.uint8)
    there = memory[x.itemsize * offset :][: x.size * x.itemsize].view(dtype).reshape(x.shape)
    there[...] = x
    assert bits(minimise(softmax(there), tol=1e-9)) == bits(minimise(softmax(x), tol=1e-9))


def test_the_layout_of_samples_does_not_change_a_bit():
    """Rows of a larger array, every second row and column, and columns first."""
    expected = bits(minimise(softmax(X), tol=1e-9))
    larger = np.full((2 * N + 3, 2 * D + 1), np.nan)
    for there in (larger[3 : N + 3, 1 : D + 1], larger[: 2 * N : 2, : 2 * D : 2], np.empty_like(X, order="F")):
        there[...] = X
        assert bits(minimise(softmax(there), tol=1e-9)) == expected


@pytest.mark.parametrize("form", [np.asarray, sp.csr_matrix], ids=["dense", "sparse"])
def test_scaled_features_and_paths_have_the_same_bits(form, source_of):
    results = []
    for x in (form(X), source_of(form(X))):
        for threads in THREADS:
            problem = softmax(x).with_threads(threads)
            scale = deviations(problem)
            found = minima(problem, (0.1, 1e-3), tol=1e-9, threads=threads, spectrum=spectrum_of(problem, scale))
            results.append((scale.tobytes(), *map(bits, found)))
    assert_one(results)


@pytest.mark.parametrize("rotating", [True, False])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_rotated_samples_have_the_same_bits(source_of, monkeypatch, dtype, rotating):
    worth = (lambda found, *_: found.features.rotation is not None) if rotating else lambda *_: False
    monkeypatch.setattr(spectrum.Spectrum, "worth_rotating", worth)
    x = X.astype(dtype)
    results = [minimise(softmax(form(x)), tol=1e-9, threads=t) for form in (np.asarray, source_of) for t in THREADS]
    assert_one(map(bits, results))


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_class_blocks_have_the_same_bits(source_of, monkeypatch, dtype):
    made = []
    make = class_blocks.class_blocks
    monkeypatch.setattr(directions, "class_blocks", lambda *rest: made.append(1) or make(*rest))
    monkeypatch.setattr(directions, "MOST_PARAMETERS", 0)
    monkeypatch.setattr(directions, "is_quick", lambda problem: False)
    monkeypatch.setattr(directions, "BLOCKS_AFTER", 2)
    monkeypatch.setattr(directions, "steps_of_blocks", lambda *_: 1.0)
    monkeypatch.setattr(class_blocks, "LEAST_SAMPLES", 50)
    x, centres = rng_of(3).normal(size=(2000, 9)), rng_of(4).normal(size=(30, 9)) * 2
    labels = np.arange(2000) % 30
    x = (x + centres[labels]).astype(dtype)
    results = []
    for form in (np.asarray, source_of):
        for threads in THREADS:
            made.clear()
            problem = Problem(form(x), labels, 30, softmax_cross_entropy, l2=1e-5, rows_of_leaf=130)
            results.append(bits(minimise(problem, tol=1e-8, max_iter=300, threads=threads)))
            assert made
    assert_one(results)


ESTIMATORS = {
    "default": {},
    "no penalty": {"C": np.inf},
    "standardized": {"standardize": True},
    "newton-cg": {"solver": "newton-cg"},
    "liblinear's optimum": {"C": 100.0, "tol": 1e-10},
}


@pytest.mark.parametrize("options", ESTIMATORS)
@pytest.mark.parametrize("form", ["float64", "float32", "columns first", "csr", "csc"])
def test_estimators_have_the_same_bits_with_any_number_of_threads(monkeypatch, options, form):
    forms = {"columns first": np.asfortranarray, "csr": sp.csr_matrix, "csc": sp.csc_matrix}
    x = forms[form](X) if form in forms else X.astype(form)
    monkeypatch.setattr(local, "MOST_ROWS", 90)
    monkeypatch.setattr(local, "LEAST_ROWS", 90)
    monkeypatch.setattr(local, "FEWEST_ROWS", 90)
    monkeypatch.setattr(local, "SPARSE_ROWS", 90)
    results = []
    for count in THREADS:
        with threadpool_limits(count, user_api="blas"):
            model = SoftmaxRegression(**ESTIMATORS[options], max_iter=200).fit(x, LABELS, WEIGHTS)
            results.append((model.coef_.tobytes(), model.intercept_.tobytes(), model.n_iter_.tolist() == 0))
    assert_one(results)


def test_paths_of_estimators_have_the_same_bits(monkeypatch):
    monkeypatch.setattr(local, "MOST_ROWS", 90)
    monkeypatch.setattr(local, "FEWEST_ROWS", 90)
    paths = [path(X, LABELS, [0.1, 1.0, 10.0], n_jobs=threads) for threads in THREADS]
    assert_one(tuple(point.coef.tobytes() for point in points) for points in paths)
