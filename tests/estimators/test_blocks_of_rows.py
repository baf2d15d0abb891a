"""Predictions take little memory beyond their result, and have the precision that scikit-learn's have."""

import tracemalloc

import numpy as np
import pytest
import scipy.sparse
from sklearn.linear_model import LogisticRegression
from tests.peer_versions import since

from chainrule import ConvClassifier, MLPClassifier, SoftmaxRegression
from chainrule.estimators import blocks_of_rows
from chainrule.estimators.blocks_of_rows import finite_block, rows_at_once
from chainrule.estimators.class_encoding import ClassEncoding
from chainrule.kernels.blas import threads_allowed

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")

RNG = np.random.default_rng(0)
X = RNG.normal(size=(300, 6))
Y = (X @ RNG.normal(size=(6, 4))).argmax(axis=1)
CALLS = ["predict", "predict_proba", "predict_log_proba", "decision_function"]
MIB = 2**20
KEEPS = since("1.9", "keeps coefficients of float32 in float32")


@pytest.fixture
def two_threads():
    """Each thread has memory of its own; the bounds of these tests are for two."""
    with threads_allowed(2):
        yield


def peak_beyond_result(call, x):
    """Bytes that a call takes at its peak besides those of its result."""
    tracemalloc.start()
    try:
        result = call(x)
        return tracemalloc.get_traced_memory()[1] - result.nbytes
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize(
    "of_fit",
    [
        pytest.param(np.float16, marks=KEEPS),
        pytest.param(np.float32, marks=KEEPS),
        np.float64,
        np.int32,
    ],
)
@pytest.mark.parametrize("of_x", [np.float16, np.float32, np.float64, np.int8, np.int64, bool])
@pytest.mark.parametrize("classes", [2, 4])
def test_dtypes_are_those_of_the_peer(of_fit, of_x, classes):
    y = Y % classes
    ours = SoftmaxRegression().fit((3 * X).astype(of_fit), y)
    # Half precision is fitted in float32, as it is when files are read; the peer fits it in float64.
    theirs = LogisticRegression().fit((3 * X).astype(np.float32 if of_fit is np.float16 else of_fit), y)
    assert ours.coef_.dtype == theirs.coef_.dtype
    assert ours.intercept_.dtype == theirs.intercept_.dtype
    rows = (3 * X).astype(of_x)
    for call in CALLS:
        mine, other = getattr(ours, call)(rows), getattr(theirs, call)(rows)
        assert mine.dtype == other.dtype, call
        assert mine.shape == other.shape, call
    # Both stop at their default tolerances, which differ; the test is about dtypes.
    assert np.allclose(ours.decision_function(rows), theirs.decision_function(rows), atol=0.05)


@pytest.mark.parametrize("fit_intercept", [True, False])
def test_a_fit_shows_what_its_solver_found_rounded_to_the_precision_of_the_samples(fit_intercept):
    small = X.astype(np.float32)
    rounded = SoftmaxRegression(fit_intercept=fit_intercept).fit(small, Y)
    exact = SoftmaxRegression(fit_intercept=fit_intercept, dtype="float64").fit(small, Y)
    assert rounded.coef_.dtype == rounded.intercept_.dtype == np.float32
    assert exact.coef_.dtype == exact.intercept_.dtype == np.float64
    # Rounding to float32 changes coefficients up to 3.7 by at most 1.2e-7. The fits stop at gradients near 4e-9, which
    # leaves them about 1e-7 apart. The largest difference measured is 2.0e-7.
    np.testing.assert_allclose(rounded.coef_, exact.coef_, rtol=0, atol=1e-6)
    again = SoftmaxRegression(fit_intercept=fit_intercept, warm_start=True).fit(small, Y).fit(small, Y)
    assert again.coef_.dtype == np.float32
    assert again.objective_ == pytest.approx(exact.objective_, rel=1e-5)


def test_streams_keep_the_precision_that_they_have():
    small = X.astype(np.float32)
    model = SoftmaxRegression().partial_fit(small, Y, classes=range(4))
    assert model.coef_.dtype == np.float32
    assert model.partial_fit(X, Y).coef_.dtype == np.float64
    assert model.partial_fit(small, Y).coef_.dtype == np.float64


@pytest.mark.parametrize("call", CALLS)
@pytest.mark.parametrize("kind", ["two classes", "four classes", "cast", "integers", "columns first"])
@pytest.mark.usefixtures("two_threads")
def test_a_linear_model_takes_no_memory_with_the_number_of_rows(kind, call):
    dtype = np.float32 if kind == "cast" else np.float64
    model = SoftmaxRegression().fit(X, Y % 2 if kind == "two classes" else Y)
    rows = np.resize(X, (100_000, 6)).astype(np.int16 if kind == "integers" else dtype)
    rows = np.asfortranarray(rows) if kind == "columns first" else rows
    # X is 4.8 MB, its logits for four classes 3.2 MB.
    count = 200_000
    rows = np.concatenate([rows, rows], axis=0)
    assert len(rows) == count
    few = peak_beyond_result(getattr(model, call), rows[: count // 4])
    assert peak_beyond_result(getattr(model, call), rows) < max(1.3 * few, 9 * MIB)


@pytest.mark.parametrize("sparse", [False, True])
@pytest.mark.usefixtures("two_threads")
def test_many_classes_need_no_logits_of_all_rows_for_labels(sparse):
    model = SoftmaxRegression().fit(X, Y)
    model.coef_, model.intercept_ = RNG.normal(size=(20_000, 6)), np.zeros(20_000)
    model.classes_ = np.arange(20_000)
    rows = np.resize(X, (2000, 6))
    expected = (rows @ model.coef_.T).argmax(axis=1)
    given = scipy.sparse.csr_array(rows) if sparse else rows
    # All logits are 305 MiB.
    assert peak_beyond_result(model.predict, given) < 40 * MIB
    assert np.array_equal(model.predict(given), expected)
    assert peak_beyond_result(model.predict_proba, given) < 80 * MIB


@pytest.mark.parametrize("order", ["C", "F"])
@pytest.mark.usefixtures("two_threads")
def test_memory_mapped_samples_are_not_read_as_a_whole(tmp_path, order):
    shape = (200_000, 30)
    mapped = np.memmap(tmp_path / "x.dat", np.float32, "w+", shape=shape, order=order)
    mapped[:] = np.resize(RNG.normal(size=(500, 30)), shape)
    mapped.flush()
    readable = np.memmap(tmp_path / "x.dat", np.float32, "r", shape=shape, order=order)
    linear = SoftmaxRegression().fit(mapped[:500], Y[np.arange(500) % 300])
    network = MLPClassifier((4,), max_iter=2).fit(mapped[:500], Y[np.arange(500) % 300])
    for model in (linear, network):
        # X is 23 MiB.
        assert peak_beyond_result(model.predict, readable) < 8 * MIB
        assert np.array_equal(model.predict(readable[-500:]), model.predict(np.array(readable[-500:])))
    images = ConvClassifier("flatten", image_shape=(5, 6), max_iter=2, batch_size=100)
    images.fit(mapped[:500], Y[np.arange(500) % 300])
    assert peak_beyond_result(images.predict, readable[:50_000]) < 8 * MIB


@pytest.mark.parametrize("dtype", [np.float64, np.uint8])
@pytest.mark.usefixtures("two_threads")
def test_networks_cast_their_blocks_and_not_all_rows(dtype):
    model = MLPClassifier((4,), max_iter=2, dtype="float32").fit(X, Y)
    rows = np.zeros((200_000, 6), dtype)
    assert model.predict_proba(rows).dtype == np.float32
    assert peak_beyond_result(model.predict_proba, rows) < 4 * MIB


@pytest.mark.usefixtures("two_threads")
def test_wide_networks_take_fewer_rows_at_once():
    model = MLPClassifier((4,), max_iter=1).partial_fit(X[:4], Y[:4], classes=range(20_000))
    rows = np.zeros((4000, 6))
    # All logits are 610 MiB, and those of 2048 rows 312 MiB.
    assert peak_beyond_result(model.predict, rows) < 130 * MIB


@pytest.mark.parametrize("call", CALLS)
@pytest.mark.parametrize("step", [1, 7, 300])
def test_blocks_of_any_size_say_the_same(call, step, monkeypatch):
    whole = SoftmaxRegression().fit(X, Y)
    expected = getattr(whole, call)(X)
    monkeypatch.setattr(blocks_of_rows, "rows_at_once", lambda *_: step)
    # Products of other sizes add in other orders.
    assert np.allclose(getattr(whole, call)(X), expected, rtol=1e-12, atol=1e-12)
    names = np.array(["a", "bb", "ccc", "dddd"])[Y]
    assert np.array_equal(
        SoftmaxRegression().fit(X, names).predict(X), np.array(["a", "bb", "ccc", "dddd"])[whole.predict(X)]
    )


MODELS = {
    "two classes": (lambda: SoftmaxRegression(), 2),
    "four classes": (lambda: SoftmaxRegression(), 4),
    "many classes": (lambda: SoftmaxRegression(), 50),
    "network": (lambda: MLPClassifier((5,), max_iter=2, random_state=0), 4),
    "images": (
        lambda: ConvClassifier("conv 3 2x2 pad 1, relu, pool 2", image_shape=(2, 3), max_iter=2, random_state=0),
        4,
    ),
}


@pytest.mark.parametrize("call", CALLS)
@pytest.mark.parametrize("kind", MODELS)
def test_threads_that_share_the_rows_say_the_same(kind, call, monkeypatch):
    make, classes = MODELS[kind]
    model = make().fit(X, np.arange(300) % classes)
    expected, kept = getattr(model, call)(X), X.copy()
    for threads in (2, 3, 7):
        monkeypatch.setattr(blocks_of_rows, "threads_worth", lambda *_, threads=threads: threads)
        # Products of other sizes add in other orders.
        assert np.allclose(getattr(model, call)(X), expected, rtol=1e-12, atol=1e-12)
        wrong = X.copy()
        wrong[-1, 0] = np.nan
        with pytest.raises(ValueError, match="Input X contains NaN"):
            getattr(model, call)(wrong)
    assert np.array_equal(X, kept)


@pytest.mark.parametrize("kind", ["multiclass", "binary", "multilabel-indicator"])
def test_probabilities_overwrite_logits_only_where_that_is_asked_for(kind):
    logits = RNG.normal(size=(5, 1 if kind == "binary" else 3))
    encoding, kept = ClassEncoding(kind, np.arange(2 if kind == "binary" else 3)), logits.copy()
    expected = encoding.probabilities(logits)
    assert np.array_equal(logits, kept)
    assert np.array_equal(encoding.probabilities(logits, out=logits), expected)
    by_columns = np.asfortranarray(kept)
    # A rounding error of the last operation.
    assert np.allclose(encoding.probabilities(by_columns, out=by_columns), expected, rtol=1e-15)


def test_logits_that_overflow_keep_their_probabilities():
    model = SoftmaxRegression().fit(X, Y)
    model.coef_ = np.array([[1e300] * 6, [-1e300] * 6, [0.0] * 6, [1.0] * 6])
    with np.errstate(over="ignore"):
        assert np.array_equal(model.predict_proba(np.full((2, 6), 1e300)), [[1, 0, 0, 0]] * 2)


@pytest.mark.parametrize("wrong", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize("kind", ["dense", "float16", "float32", "sparse", "network", "images"])
def test_what_is_not_finite_is_refused_in_every_block(wrong, kind):
    dtype = {"float16": np.float16, "float32": np.float32}.get(kind, np.float64)
    rows = np.resize(X, (50_000, 6)).astype(dtype)
    rows[-1, -1] = wrong
    model = {"network": MLPClassifier((3,), max_iter=1), "images": ConvClassifier("flatten", max_iter=1)}.get(
        kind, SoftmaxRegression()
    )
    model.fit(X, Y)
    given = scipy.sparse.csr_array(rows) if kind == "sparse" else rows
    expected = "NaN" if np.isnan(wrong) else "infinity"
    with pytest.raises(ValueError, match=f"Input X contains {expected}(.|\n)*"):
        model.predict(given)
    assert len(model.predict(given[:-1])) == 49_999


def test_finite_numbers_whose_squares_overflow_are_finite():
    for dtype in (np.float16, np.float32, np.float64):
        large = np.full((3, 4), np.finfo(dtype).max)
        assert finite_block(large, "Model") is large
    with pytest.raises(ValueError, match="Model does not accept missing values"):
        finite_block(np.array([[1e300, np.nan]]), "Model")


def test_blocks_hold_what_the_cache_holds():
    assert rows_at_once(100, 10, 4) == 2621
    assert rows_at_once(10_000, 10, 8) == 256
    assert rows_at_once(64, 10**8, 4) == 16
    assert rows_at_once(0, 1, 8) > 0


def test_sparse_coefficients_predict_the_same_on_dense_and_sparse_rows():
    model = SoftmaxRegression(C=0.1).fit(X, Y)
    expected = model.decision_function(X)
    for rows in (X, scipy.sparse.csr_array(X), scipy.sparse.csc_matrix(X)):
        # Sparse products add in another order.
        assert np.allclose(model.decision_function(rows), expected, rtol=1e-13, atol=1e-13)
    model.sparsify()
    for rows in (X, scipy.sparse.csr_array(X), scipy.sparse.csc_matrix(X)):
        assert np.allclose(model.decision_function(rows), expected, rtol=1e-13, atol=1e-13)
