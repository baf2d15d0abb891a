"""Logits leaf by leaf: x W + b, with the same bits wherever the rows lie."""

import numpy as np
import pytest
import scipy.sparse as sp

from chainrule import Blocks
from chainrule.engines import ClusterRows, leaf_rows
from chainrule.estimators.logits_of_rows import KnownLogits, logits_of
from chainrule.kernels.blas import threads_allowed
from chainrule.storage import StoredRows

N, D = 9000, 40
rng = np.random.default_rng(4)
X = (rng.normal(size=(N, D)) * np.geomspace(1e-3, 1e3, D)).astype(np.float32)


@pytest.mark.parametrize("outputs", [1, 7, 50])
def test_logits_have_the_same_bits_with_any_threads_and_from_files(outputs, tmp_path):
    weights, offset = rng.normal(size=(D, outputs)), rng.normal(size=outputs)
    found = logits_of(X, weights, offset)
    assert found.dtype == np.float64
    np.testing.assert_allclose(found, X.astype(float) @ weights + offset, rtol=0, atol=1e-9)
    with threads_allowed(1):
        assert np.array_equal(logits_of(X, weights, offset), found)
    np.save(tmp_path / "x.npy", X)
    assert np.array_equal(logits_of(StoredRows(Blocks(tmp_path / "x.npy"), X.dtype), weights, offset), found)
    assert logits_of(X, weights.astype(np.float32), offset).dtype == np.float32


def test_logits_of_sparse_rows_are_products():
    x, weights = sp.random(N, D, 0.2, "csr", random_state=1), rng.normal(size=(D, 3))
    np.testing.assert_allclose(logits_of(x, weights, np.ones(3)), x @ weights + 1, rtol=0, atol=1e-12)


def test_logits_on_a_cluster_have_the_bits_of_memory(dask_client):
    dask = pytest.importorskip("dask", reason="needs Dask: pip install -e '.[dask]'")
    size, weights, offset = leaf_rows(D, 3), rng.normal(size=(D, 3)), rng.normal(size=3)
    chunks = [dask.delayed((X[start : start + 2 * size], None, None)) for start in range(0, N, 2 * size)]
    for client in (None, dask_client):
        rows = ClusterRows(chunks, X.shape, X.dtype, False, size, 2, client)
        assert np.array_equal(logits_of(rows, weights, offset), logits_of(X, weights, offset))


def test_known_logits_are_not_overwritten():
    logits = np.arange(6.0).reshape(3, 2)
    known = KnownLogits(logits)
    assert known.results(lambda logits: np.negative(logits, out=logits))[2, 1] == -5
    assert logits[2, 1] == 5
