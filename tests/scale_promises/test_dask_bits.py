"""Fits on a Dask cluster of this machine have the bits of memory; bad arrays end in an error, not in a hang."""

import os
import signal
import threading
import warnings

import numpy as np
import pytest

from chainrule import SoftmaxRegression

distributed = pytest.importorskip("distributed", reason="needs Dask: pip install -e '.[dask]'")
da = pytest.importorskip("dask.array", reason="needs Dask: pip install -e '.[dask]'")

pytestmark = pytest.mark.filterwarnings("ignore")  # of a cluster that starts and ends


@pytest.fixture(scope="module")
def cluster(cluster_of_processes):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        with cluster_of_processes(dashboard_address=None) as running:
            yield running


@pytest.fixture
def client(cluster):
    with distributed.Client(cluster) as running:
        yield running


@pytest.fixture(scope="module")
def rows(problem):
    return problem(20_011, 37, 5, np.float32)


CHUNKS = {
    "odd": ((1, 7, 10_000, 3, 10_000), (37,)),
    "columns too": (997, (5, 1, 31)),
    "one": ((20_011,), (37,)),
    "empty ones": ((0, 15_000, 0, 5_011, 0), (37,)),
}


@pytest.mark.parametrize("chunks", CHUNKS)
def test_chunks_do_not_change_bits(chunks, client, rows, reference, assert_same_bits):
    x, y = rows
    array = da.from_array(x, chunks=CHUNKS[chunks])
    assert_same_bits(SoftmaxRegression(tol=1e-6).fit(array, y), reference)
    assert_same_bits(SoftmaxRegression(tol=1e-6).fit(array, da.from_array(y, chunks=4_001)), reference)


@pytest.mark.parametrize("workers", [3, 1])
def test_the_number_of_workers_does_not_change_bits(workers, cluster, client, rows, reference, assert_same_bits):
    cluster.scale(workers)
    client.wait_for_workers(workers, timeout=60)
    x, y = rows
    assert_same_bits(SoftmaxRegression(tol=1e-6).fit(da.from_array(x, chunks=(4_001, 37)), y), reference)


def test_unknown_chunks_and_data_frames(client, rows, reference, assert_same_bits):
    dd = pytest.importorskip("dask.dataframe", reason="needs Dask: pip install -e '.[dask]'")
    import pandas as pd

    x, y = rows
    array = da.from_array(x, chunks=(4_001, 37))
    unknown = array[array[:, 0] < np.inf]
    assert np.isnan(unknown.shape[0])
    assert_same_bits(SoftmaxRegression(tol=1e-6).fit(unknown, y), reference)
    frame = pd.DataFrame(x, columns=[f"f{j}" for j in range(37)])
    model = SoftmaxRegression(tol=1e-6).fit(dd.from_pandas(frame, npartitions=5, sort=False), y)
    assert_same_bits(model, reference)


@pytest.mark.parametrize(
    "options",
    [
        {"solver": "newton-cg"},
        {"standardize": True},
        {"C": np.inf},
        {"class_weight": "balanced"},
    ],
)
def test_options_on_a_cluster(options, client, problem, assert_same_bits):
    x, y = problem(4_001, 9, 40)
    y = y * 1_000 - 5
    weights = 0.5 + np.arange(len(y)) % 4 / 3.0
    model = SoftmaxRegression(max_iter=1000, **options).fit(da.from_array(x, chunks=(611, 4)), y, weights)
    assert_same_bits(model, SoftmaxRegression(max_iter=1000, **options).fit(x, y, weights))


def test_weights_of_zero_on_a_cluster(client, problem, assert_same_bits):
    x, y = problem(12, 2, 2)
    weights = (np.arange(12) % 4 > 0) * 1.0
    model = SoftmaxRegression().fit(da.from_array(x, chunks=(5, 2)), y, weights)
    assert_same_bits(model, SoftmaxRegression().fit(x, y, weights))


def test_a_killed_worker_changes_no_bit(cluster, client, rows, reference, assert_same_bits):
    x, y = rows
    steps = []

    def kill(record):
        steps.append(record)
        if len(steps) == 2:
            process = next(iter(client.run(os.getpid).values()))
            os.kill(process, signal.SIGKILL)

    model = SoftmaxRegression(tol=1e-6, callbacks=[kill]).fit(da.from_array(x, chunks=(4_001, 37)), y)
    assert len(steps) > 2
    assert_same_bits(model, reference)


def test_predictions_of_a_dask_array(client, rows, reference):
    x, _ = rows
    got = np.asarray(reference.predict_proba(da.from_array(x, chunks=(4_001, 37))), np.float64)
    # Predictions take the chunks as they are, and BLAS may round rows of other chunks otherwise. A logit of 37 products
    # and an offset is rounded by at most 38 eps times their absolute sum. Errors of logits of at most e change a
    # probability by a factor between exp(-2e) and exp(2e); its own rounding is within 20 eps.
    terms = np.abs(x) @ np.abs(reference.coef_.T) + np.abs(reference.intercept_)
    unit = np.finfo(np.float32).eps
    bound = np.expm1(4 * 38 * unit * terms.max(axis=1, keepdims=True)) + 20 * unit
    expected = reference.predict_proba(x)
    assert got.shape == expected.shape
    assert np.all(np.abs(got - expected) <= bound * expected)


BAD = {
    "labels of another length": (lambda x, y: (x, y[:-1]), r"20.?011"),
    "labels of another length on Dask": (lambda x, y: (x, da.from_array(y[:-1], chunks=999)), r"20.?011"),
    "one class": (lambda x, y: (x, np.zeros(len(x))), "class"),
    "nan": (lambda x, y: (da.where(x == x[17_007, 5], np.nan, x), y), r"17.?007.*feature 5"),
}


@pytest.mark.parametrize("bad", BAD)
def test_bad_arrays_end_in_errors(bad, client, rows):
    x, y = rows
    model = SoftmaxRegression().fit(x[:900], y[:900])
    before, threads = model.coef_.tobytes(), threading.active_count()
    spoil, words = BAD[bad]
    with pytest.raises(ValueError, match=words):
        model.fit(*spoil(da.from_array(x, chunks=(4_001, 37)), y))
    assert model.coef_.tobytes() == before
    assert threading.active_count() <= threads + 3


def test_a_chunk_that_fails_ends_in_its_error(client, rows):
    x, y = rows

    def read(block, block_id=None):
        if block_id[0] == 3:
            raise OSError("the disk of chunk 3 is gone")
        return block

    array = da.from_array(x, chunks=(4_001, 37)).map_blocks(read, dtype=x.dtype, meta=np.empty((0, 0), x.dtype))
    with pytest.raises(Exception, match="the disk of chunk 3 is gone"):
        SoftmaxRegression().fit(array, y)
