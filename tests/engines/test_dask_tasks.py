"""The tasks of a pass, without a cluster; tests/engines/test_dask_engine.py runs them on one."""

import gc
import pickle

import numpy as np
import pytest

from chainrule.engines import ClusterError, Leaves, LocalEngine, dask_tasks
from chainrule.engines.fingerprint import fingerprint

N, SIZE = 20, 3
X = np.random.default_rng(0).normal(size=(N, 2)) * [1e-3, 1e3]
CHUNKS = ((X[:9], None, None), (X[9:], None, None))


def gram(leaf, state):
    """The sum of a leaf, and how often it was computed from this leaf."""
    leaf.kept["passes"] = leaf.kept.get("passes", 0) + 1
    return leaf.x.T @ leaf.x * state, leaf.kept["passes"]


def call_of(engine, known=None, function=gram):
    return pickle.dumps((function, 0.5, engine, known or fingerprint()))


def passed(engine, chunks=CHUNKS):
    nodes = [
        dask_tasks.sum_of_chunk(call_of(engine), chunk, first, SIZE, None, first, 7)
        for chunk, first in zip(chunks, (0, 3), strict=True)
    ]
    return dask_tasks.sum_of_nodes([dask_tasks.added(nodes, 7)], 7).result()


def test_sums_of_chunks_have_the_bits_of_one_process_and_keep_results_for_one_engine():
    expected, _ = LocalEngine(Leaves(X, None, None, SIZE), 1).map_reduce(gram, 0.5)
    chunks = tuple((features.copy(), None, None) for features, _, _ in CHUNKS)
    for engine, passes in (("a", 7), ("a", 14), ("b", 7), ("a", 7)):
        total, count = passed(engine, chunks)
        np.testing.assert_array_equal(total, expected)
        assert count == passes, "the results of another engine are not its own"
    kept = len(dask_tasks._kept)
    del chunks
    gc.collect()
    assert len(dask_tasks._kept) == kept - 2, "results go with the rows"


def test_rows_are_chosen_mapped_and_joined():
    y, weights = np.arange(N), np.linspace(0, 1, N)
    parts = [(X[rows], y[rows], weights[rows]) for rows in (slice(0, 9), slice(9, N))]
    for whole, joined in zip((X, y, weights), dask_tasks.joined(parts), strict=True):
        np.testing.assert_array_equal(joined, whole)
    features, targets, none = dask_tasks.chosen((X, y, None), np.array([4, 0]))
    np.testing.assert_array_equal(features, X[[4, 0]])
    assert targets.tolist() == [4, 0]
    assert none is None
    doubled = dask_tasks.mapped(pickle.dumps((np.multiply, 2.0)), parts[1], SIZE)
    np.testing.assert_array_equal(doubled[0], 2 * X[9:])


def fails(leaf, state):
    """Fail on the rows of leaf 4."""
    if leaf.number == 4:
        raise ValueError("no such number")
    return leaf.x.sum(axis=0)


def test_errors_name_the_rows():
    with pytest.raises(ClusterError, match="rows 12 to 14: ValueError: no such number"):
        dask_tasks.sum_of_chunk(call_of("a", function=fails), CHUNKS[1], 3, SIZE, None, 3, 7)


def test_a_process_with_other_versions_is_refused():
    pytest.importorskip("distributed", reason="needs Dask: pip install -e '.[dask]'")
    other = fingerprint()
    other = (other[0], "numpy 1.7.0", *other[2:])
    with pytest.raises(ClusterError, match=r"instead of numpy 1\.7\.0: it would change the bits"):
        dask_tasks.sum_of_chunk(call_of("a", other), CHUNKS[0], 0, SIZE, None, 0, 7)
