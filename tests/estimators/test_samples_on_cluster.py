"""Fits to Dask collections have the bits of fits in memory, however the rows are cut, and whoever computes."""

import os
import signal
import threading
import time
import warnings
from itertools import pairwise

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
import scipy.sparse as sp
from sklearn.exceptions import ConvergenceWarning

from chainrule import SoftmaxRegression
from chainrule.engines import ClusterError, dask_engine

distributed = pytest.importorskip("distributed", reason="needs Dask: pip install -e '.[dask]'")
da = pytest.importorskip("dask.array", reason="needs Dask: pip install -e '.[dask]'")

N, D, K = 4801, 6, 4
rng = np.random.default_rng(3)
X = rng.normal(size=(N, D)) * np.geomspace(0.1, 10, D) + np.linspace(-3, 20, D)
NUMBERS = ((X - X.mean(axis=0)) @ rng.normal(size=(D, K)) / 10 + rng.gumbel(size=(N, K))).argmax(axis=1)
LABELS = np.array([-7, 3, 4, 1000])[NUMBERS]
WORDS = np.array(["pear", "apple", "fig", "a plum with a long name"])[NUMBERS]
SOFT = rng.dirichlet(np.ones(K), N)
WEIGHTS = np.where(np.arange(N) % 7, rng.uniform(0.1, 3, N), 0.0)
SPARSE = sp.csr_array(X * (rng.random((N, D)) < 0.3))
CHUNKS = {"one": N, "odd": (1, 1000, 37, 2000, N - 3038), "many": 331}


@pytest.fixture(autouse=True)
def small_leaves(monkeypatch):
    """Several leaves and chunks for a few rows."""
    monkeypatch.setattr(dask_engine, "CHUNK_BYTES", 2 * 1024 * D * 8)
    monkeypatch.setattr("chainrule.engines.local.MOST_ROWS", 512)


@pytest.fixture(params=["threads of this process", "cluster"])
def anywhere(request):
    """Without any client, and with one."""
    return request.getfixturevalue("dask_client") if request.param == "cluster" else None


def in_memory(x, y, weights=None, **options):
    return SoftmaxRegression(**options).fit(x, y, weights)


def assert_same(model, other):
    assert np.array_equal(model.classes_, other.classes_)
    assert model.coef_.dtype == other.coef_.dtype
    assert np.array_equal(model.coef_, other.coef_)
    assert np.array_equal(model.intercept_, other.intercept_)
    assert model.objective_ == other.objective_
    assert model.n_iter_ == other.n_iter_


def dask_array(x, chunks="odd"):
    if not sp.issparse(x):
        return da.from_array(x, chunks=(CHUNKS[chunks], *x.shape[1:]))
    cut = np.cumsum([0, *da.core.normalize_chunks((CHUNKS[chunks],), (N,))[0]])
    parts = [x[start:stop] for start, stop in pairwise(cut)]
    blocks = [da.from_array(part, chunks=part.shape, asarray=False) for part in parts]
    return da.concatenate(blocks)


@pytest.mark.parametrize("chunks", CHUNKS)
def test_a_fit_does_not_depend_on_chunks_or_on_where_it_runs(anywhere, chunks):
    assert_same(SoftmaxRegression().fit(dask_array(X, chunks), dask_array(LABELS, "odd")), in_memory(X, LABELS))


@pytest.mark.parametrize("options", [
    {"standardize": True}, {"C": np.inf}, {"solver": "newton-cg"}, {"fit_intercept": False}, {"label_smoothing": 0.1},
    {"certify": True}, {"dtype": "float32"}, {"class_weight": "balanced"}, {"class_weight": {3: 2.0, 1000: 0.5}},
], ids=str)  # fmt: skip
def test_parameters_mean_the_same(dask_somewhere, options):
    assert_same(SoftmaxRegression(**options).fit(dask_array(X), dask_array(LABELS)), in_memory(X, LABELS, **options))


def test_two_classes_and_more_than_two_classes_have_the_same_bits(dask_somewhere):
    for labels in (NUMBERS > 1, NUMBERS, np.arange(N) % 40):
        assert_same(SoftmaxRegression().fit(dask_array(X), dask_array(labels)), in_memory(X, labels))


def test_fewer_samples_than_features_have_the_same_bits(dask_somewhere):
    x = np.tile(X[:40], 3) * rng.uniform(0.5, 2, (40, 3 * D))
    wide = da.from_array(x, chunks=(7, 9))
    for options in ({}, {"C": np.inf}):
        assert_same(SoftmaxRegression(**options).fit(wide, LABELS[:40]), in_memory(x, LABELS[:40], **options))


@pytest.mark.parametrize("dtype", [np.float32, np.float16, np.int8])
def test_other_precisions_become_what_they_become_in_memory(dask_somewhere, dtype):
    x = X.astype(dtype)
    assert_same(SoftmaxRegression().fit(dask_array(x), dask_array(LABELS)), in_memory(x, LABELS))


def test_labels_may_be_words_or_have_gaps_and_a_class_may_be_rare(dask_client):
    assert_same(SoftmaxRegression().fit(dask_array(X), dask_array(WORDS)), in_memory(X, WORDS))
    assert_same(SoftmaxRegression().fit(dask_array(X), dask_array(WORDS.astype(object))), in_memory(X, WORDS))
    rare = np.where(np.arange(N) == 4000, 99, LABELS % 2)  # one sample of one chunk
    assert_same(SoftmaxRegression().fit(dask_array(X, "many"), dask_array(rare)), in_memory(X, rare))


def test_labels_in_memory_and_columns_of_one_are_taken(dask_client):
    expected = in_memory(X, LABELS, WEIGHTS + 1)
    assert_same(SoftmaxRegression().fit(dask_array(X), LABELS, WEIGHTS + 1), expected)
    assert_same(SoftmaxRegression().fit(dask_array(X), dask_array(LABELS[:, None]), dask_array(WEIGHTS + 1)), expected)


def test_weights_have_the_same_bits(dask_somewhere):
    weights = WEIGHTS + 0.5
    for options in ({}, {"class_weight": "balanced"}):
        model = SoftmaxRegression(**options).fit(dask_array(X), dask_array(LABELS), dask_array(weights, "many"))
        assert_same(model, in_memory(X, LABELS, weights, **options))


@pytest.mark.parametrize("x", [X, X.astype(np.float32), SPARSE], ids=["float64", "float32", "sparse"])
def test_samples_of_weight_zero_are_left_out(dask_somewhere, x):
    for options in ({}, {"class_weight": "balanced"}):
        model = SoftmaxRegression(**options).fit(dask_array(x), dask_array(LABELS), dask_array(WEIGHTS, "many"))
        assert_same(model, in_memory(x, LABELS, WEIGHTS, **options))


@pytest.mark.parametrize("options", [{}, {"class_weight": "balanced"}, {"fit_intercept": False}], ids=str)
def test_negative_weights_have_the_same_bits(dask_somewhere, options):
    weights = WEIGHTS - 0.2
    model = SoftmaxRegression(**options).fit(dask_array(X), dask_array(LABELS), dask_array(weights))
    assert_same(model, in_memory(X, LABELS, weights, **options))


@pytest.mark.parametrize(("options", "weights", "match"), [
    ({"C": np.inf}, WEIGHTS - 0.2, "^sample_weight: negative weights need a penalty"),
    ({}, np.where(LABELS == 3, -1.0, 1.0), "^sample_weight: with negative weights, the weights of each class"),
    ({"class_weight": dict.fromkeys([-7, 3, 4, 1000], 0.0)}, None, "^class_weight: every sample has the weight zero"),
    ({}, np.zeros(N), "^sample_weight: every sample has the weight zero"),
])  # fmt: skip
def test_weights_without_a_minimum_are_refused_as_in_memory(options, weights, match):
    for x, y, w in ((X, LABELS, weights), (dask_array(X), dask_array(LABELS), weights)):
        with pytest.raises(ValueError, match=match):
            SoftmaxRegression(**options).fit(x, y, w)


@pytest.mark.parametrize("class_weight", [{3: 0.0}, {-7: 0.0, 1000: 2.5}], ids=str)
def test_classes_of_weight_zero_have_the_same_bits(dask_somewhere, class_weight):
    options = {"class_weight": class_weight}
    model = SoftmaxRegression(**options).fit(dask_array(X), dask_array(LABELS))
    assert_same(model, in_memory(X, LABELS, **options))
    assert len(model.classes_) == K


def test_soft_targets_have_the_same_bits(dask_somewhere):
    hard = np.eye(K)[NUMBERS]
    soft = np.where(np.arange(N)[:, None] % 3, SOFT, hard)
    for options in ({}, {"class_weight": "balanced"}, {"class_weight": {0: 3.0, 2: 0.25}}, {"class_weight": {1: 0.0}}):
        for weights in (None, WEIGHTS):
            model = SoftmaxRegression(targets="proba", **options)
            model.fit(dask_array(X), da.from_array(soft, chunks=(700, 3)), weights)
            assert_same(model, in_memory(X, np.asfortranarray(soft), weights, targets="proba", **options))


def test_one_weight_may_stand_for_all(dask_somewhere):
    assert_same(SoftmaxRegression().fit(dask_array(X), dask_array(LABELS), 2.0), in_memory(X, LABELS, 2.0))


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_sparse_chunks_have_the_same_bits(anywhere, dtype):
    x = SPARSE.astype(dtype)
    assert_same(SoftmaxRegression().fit(dask_array(x), dask_array(LABELS)), in_memory(x, LABELS))


def test_rows_that_do_not_fit_into_the_workers_memory_are_read_in_each_pass(dask_client, monkeypatch):
    monkeypatch.setattr(dask_engine, "SHARE_OF_MEMORY", 0.0)
    assert_same(SoftmaxRegression().fit(dask_array(X), dask_array(LABELS)), in_memory(X, LABELS))


class TestFrames:
    """Dataframes: columns of several dtypes, partitions of any length."""

    @pytest.fixture
    def frame(self):
        frame = pd.DataFrame({f"column {number}": X[:, number] for number in range(D)})
        return frame.assign(label=WORDS, kind=pd.Categorical(WORDS), weight=WEIGHTS + 1)

    @pytest.fixture
    def dd(self):
        return pytest.importorskip("dask.dataframe", reason="needs Dask: pip install -e '.[dask]'")

    def test_columns_keep_their_names_and_labels_may_be_a_column(self, frame, dd, dask_client):
        features, parts = list(frame.columns[:D]), dd.from_pandas(frame, npartitions=7)
        expected = in_memory(frame[features], WORDS, WEIGHTS + 1)
        for label in ("label", "kind"):
            model = SoftmaxRegression().fit(parts[features], parts[label], parts["weight"])
            assert_same(model, expected)
            assert np.array_equal(model.feature_names_in_, features)

    def test_columns_in_float32_or_of_both_kinds_have_the_dtype_of_memory(self, frame, dd, dask_client):
        features = list(frame.columns[:D])
        for chosen in (features, features[:2]):
            mixed = frame[features].astype(dict.fromkeys(chosen, "float32"))
            model = SoftmaxRegression().fit(dd.from_pandas(mixed, npartitions=3), WORDS)
            assert_same(model, in_memory(mixed, WORDS))

    def test_divisions_may_be_unknown_and_partitions_empty(self, frame, dd, dask_client):
        features, parts = list(frame.columns[:D]), dd.from_pandas(frame, npartitions=7).clear_divisions()
        some = parts[parts["column 3"] > 12]
        kept = frame[frame["column 3"] > 12]
        assert 1000 < len(kept) < 4000
        assert_same(SoftmaxRegression().fit(some[features], some["label"]), in_memory(kept[features], kept["label"]))
        late = dd.concat([parts.partitions[:2][parts.partitions[:2]["column 0"] > 1e9], parts])
        assert_same(SoftmaxRegression().fit(late[features], late["label"]), in_memory(frame[features], WORDS))
        numbers, labels = late[features].to_dask_array(), late["label"].astype(object).to_dask_array()
        assert_same(SoftmaxRegression().fit(numbers, labels), in_memory(X, WORDS))  # two of the lengths are 0

    def test_columns_of_arrow_are_taken(self, frame, dd, dask_client):
        features = list(frame.columns[:D])
        nullable = frame.assign(number=LABELS)[[*features, "number"]].astype("Float64")
        arrow = nullable.astype({features[0]: pd.ArrowDtype(pa.float64()), "number": "Int64"})
        parts = dd.from_pandas(arrow, npartitions=3)
        assert_same(SoftmaxRegression().fit(parts[features], parts["number"]), in_memory(frame[features], LABELS))

    def test_a_column_without_numbers_is_named(self, frame, dd, dask_client):
        with pytest.raises(ValueError, match=r"^X: column 'label' holds .*, expected numbers"):
            SoftmaxRegression().fit(dd.from_pandas(frame, npartitions=2), WORDS)


@pytest.mark.parametrize("count", [1, 3])
def test_the_number_of_workers_changes_nothing(dask_client, dask_cluster, count):
    dask_cluster.scale(count)
    while len(dask_client.nthreads()) != count:
        time.sleep(0.05)
    assert_same(SoftmaxRegression().fit(dask_array(X), dask_array(LABELS)), in_memory(X, LABELS))


def test_threads_of_one_worker_change_nothing():
    options = {"processes": False, "dashboard_address": ":0", "silence_logs": 50}
    with (
        distributed.LocalCluster(n_workers=1, threads_per_worker=2, **options) as cluster,
        distributed.Client(cluster, set_as_default=False) as client,
        client.as_current(),
    ):
        assert_same(SoftmaxRegression().fit(dask_array(X), dask_array(LABELS)), in_memory(X, LABELS))


def test_a_dead_worker_neither_hangs_a_fit_nor_changes_it(dask_client):
    expected, killed = in_memory(X, LABELS, tol=1e-9), []

    def kill(step):
        if step.iteration <= 3:
            victim = sorted(dask_client.nthreads())[0]
            os.kill(dask_client.run(os.getpid, workers=[victim])[victim], signal.SIGKILL)
            killed.append(victim)

    model = SoftmaxRegression(tol=1e-9, callbacks=[kill]).fit(dask_array(X), dask_array(LABELS))
    assert len(killed) == 3
    assert_same(model, expected)


def test_a_scheduler_that_ends_in_a_fit_ends_it_in_an_error_and_leaves_the_model(monkeypatch):
    monkeypatch.setattr(dask_engine, "SECONDS_WITHOUT_WORKER", 0.6)
    monkeypatch.setattr(dask_engine, "SECONDS_BETWEEN_LOOKS", 0.2)
    options = {"processes": False, "dashboard_address": ":0", "silence_logs": 50}
    with (
        distributed.LocalCluster(n_workers=1, threads_per_worker=1, **options) as cluster,
        distributed.Client(cluster, set_as_default=False) as client,
        client.as_current(),
    ):
        model = SoftmaxRegression(tol=1e-12, callbacks=[lambda step: cluster.close() if step.iteration == 2 else None])
        with pytest.raises(ClusterError):
            model.fit(dask_array(X), dask_array(LABELS))
        assert not hasattr(model, "coef_")


def test_ctrl_c_keeps_the_weights_of_the_last_step(dask_client):
    class Interrupting:
        def __call__(self, step):
            if step.iteration == 2:
                threading.Timer(0.02, signal.raise_signal, (signal.SIGINT,)).start()
                time.sleep(0.2)

    model = SoftmaxRegression(tol=1e-12, callbacks=[Interrupting()])
    with pytest.warns(ConvergenceWarning, match="interrupted after 2 steps"):
        model.fit(dask_array(X), dask_array(LABELS))
    assert model.interrupted_
    expected = SoftmaxRegression(tol=1e-12, callbacks=[lambda step: step.iteration == 2]).fit(X, LABELS)
    assert np.array_equal(model.coef_, expected.coef_)


@pytest.mark.parametrize("wrong", [np.nan, -np.inf])
def test_a_sample_that_is_not_finite_is_named(anywhere, wrong):
    x, sparse = X.copy(), SPARSE.copy()
    x[4321, 5] = wrong
    with pytest.raises(ValueError, match=rf"^X: sample 4321: feature 5 is {wrong}, expected a number"):
        SoftmaxRegression().fit(dask_array(x), dask_array(LABELS))
    sparse.data[sparse.indptr[4321]] = wrong
    column = sparse.indices[sparse.indptr[4321]]
    with pytest.raises(ValueError, match=rf"^X: sample 4321: feature {column} is {wrong}, expected a number"):
        SoftmaxRegression().fit(dask_array(sparse), dask_array(LABELS))


def test_samples_that_do_not_fit_together_are_told(dask_client):
    x, y = dask_array(X), dask_array(LABELS)
    with pytest.raises(ValueError, match=r"^y: expected one entry for each of 4801 samples, got 4800"):
        SoftmaxRegression().fit(x, y[1:])
    with pytest.raises(ValueError, match=r"^y: expected one entry for each of 4801 samples, got 17"):
        SoftmaxRegression().fit(x, LABELS[:17])
    with pytest.raises(ValueError, match=r"^sample_weight: expected one entry for each of 4801 samples, got 4800"):
        SoftmaxRegression().fit(x, y, dask_array(WEIGHTS)[1:])
    with pytest.raises(ValueError, match=r"^y: expected labels, got None"):
        SoftmaxRegression().fit(x, None)
    with pytest.raises(ValueError, match=r"^X: expected samples with features, got shape \(4801,\)"):
        SoftmaxRegression().fit(x[:, 0], y)
    with pytest.raises(ValueError, match=r"^y: expected at least two classes, got one class"):
        SoftmaxRegression().fit(x, da.zeros(N, chunks=100, dtype=int))
    with pytest.raises(ValueError, match=r"sample_weight contains NaN"):
        SoftmaxRegression().fit(x, y, dask_array(np.where(WEIGHTS, 1.0, np.nan)))
    with pytest.raises(ValueError, match=r"^y: expected one label per sample, got shape \(4801, 4\)"):
        SoftmaxRegression().fit(x, dask_array(SOFT))
    with pytest.raises(ValueError, match=r"^y: expected rows of class probabilities, got shape \(4801,\)"):
        SoftmaxRegression(targets="proba").fit(x, y)
    soft = SOFT.copy()
    soft[4000] = 0.9
    with pytest.raises(ValueError, match=r"rows? must hold probabilities"):
        SoftmaxRegression(targets="proba").fit(x, dask_array(soft))


def test_labels_that_are_missing_are_told(dask_client):
    with pytest.raises(ValueError, match=r"^y: a label is nan, expected a number or a word"):
        SoftmaxRegression().fit(dask_array(X), dask_array(np.where(np.arange(N) == 77, np.nan, LABELS)))
    words = WORDS.astype(object)
    words[77] = None
    with pytest.raises(ValueError, match=r"^y: expected numbers or words, without missing ones"):
        SoftmaxRegression().fit(dask_array(X), dask_array(words))
    with pytest.raises(ValueError, match=r"Unknown label type: continuous"):
        SoftmaxRegression().fit(dask_array(X), dask_array(X[:, 0]))


def test_a_warm_start_continues_and_needs_the_same_classes(dask_client):
    model = SoftmaxRegression(warm_start=True, max_iter=2, tol=1e-9)
    other = SoftmaxRegression(warm_start=True, max_iter=2, tol=1e-9)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for _ in range(2):
            model.fit(dask_array(X), dask_array(LABELS))
            other.fit(X, LABELS)
    assert_same(model, other)
    with pytest.raises(ValueError, match=r"same classes"):
        model.fit(dask_array(X), dask_array(WORDS))


def test_dask_says_nothing_to_users(dask_client, capfd, monkeypatch):
    monkeypatch.setattr(dask_engine, "CHUNK_BYTES", 1 << 27)
    large = da.from_array(np.tile(X, (60, 1)), chunks=(100_000, D))  # 14 MB in the graph
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        SoftmaxRegression().fit(large, np.tile(LABELS, 60))
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize("method", ["predict", "predict_proba", "predict_log_proba", "decision_function"])
@pytest.mark.parametrize("labels", [WORDS, NUMBERS > 1])
def test_predictions_are_lazy_and_those_of_memory(dask_client, method, labels):
    model = in_memory(X, labels)
    expected = getattr(model, method)(X)
    found = getattr(model, method)(dask_array(X))
    assert isinstance(found, da.Array)
    assert found.shape == expected.shape
    assert found.dtype == expected.dtype
    assert (
        np.allclose(found.compute(), expected, rtol=1e-12) if expected.dtype.kind == "f" else (found == expected).all()
    )
    sparse = getattr(model, method)(dask_array(SPARSE)).compute()
    assert sparse.shape == expected.shape


def test_predictions_for_dataframes_know_empty_partitions_and_names(dask_client):
    dd = pytest.importorskip("dask.dataframe", reason="needs Dask: pip install -e '.[dask]'")
    frame = pd.DataFrame(X, columns=[f"column {number}" for number in range(D)])
    parts, model = dd.from_pandas(frame, npartitions=5), in_memory(frame, WORDS)
    some = dd.concat([parts[parts["column 0"] > 1e9], parts])
    assert np.array_equal(model.predict(some).compute(), model.predict(frame))
    with pytest.raises(ValueError, match="feature names"):
        model.predict(parts.rename(columns={"column 1": "other"})).compute()


def test_scores_are_numbers(dask_client):
    model, weights = in_memory(X, WORDS), WEIGHTS + 1
    assert model.score(dask_array(X), dask_array(WORDS)) == pytest.approx(model.score(X, WORDS), rel=1e-12)
    found = model.score(dask_array(X), dask_array(WORDS), dask_array(weights))
    assert isinstance(found, float)
    assert found == pytest.approx(model.score(X, WORDS, weights), rel=1e-12)


def test_scores_of_dataframes_compare_names():
    dd = pytest.importorskip("dask.dataframe", reason="needs Dask: pip install -e '.[dask]'")
    frame = pd.DataFrame(X, columns=[f"column {number}" for number in range(D)])
    model, parts = in_memory(frame, NUMBERS), dd.from_pandas(frame, npartitions=3)
    assert model.score(parts, NUMBERS) == pytest.approx(model.score(frame, NUMBERS), rel=1e-12)
    with pytest.raises(ValueError, match="feature names"):
        model.score(parts.rename(columns={"column 1": "other"}), NUMBERS)


def test_a_wrong_number_of_features_is_told_at_once():
    with pytest.raises(ValueError, match=r"^X has shape \(4801, 5\), but SoftmaxRegression is expecting 6 features"):
        in_memory(X, WORDS).predict(dask_array(X)[:, :5])
