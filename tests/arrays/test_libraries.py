"""The library of an array, and functions that the libraries spell differently."""

import numpy as np
import pytest
from scipy import sparse

from chainrule import arrays
from chainrule.checking import balls


def test_the_namespace_is_the_arrays_library():
    torch = pytest.importorskip("torch", reason="needs PyTorch: pip install -e '.[torch]'")
    assert arrays.namespace(np.ones(1)) is np
    assert arrays.namespace([1.0]) is np
    assert arrays.namespace(torch.ones(1)) is torch


def test_a_condition_counts_only_if_its_values_can_be_read():
    torch = pytest.importorskip("torch", reason="needs PyTorch: pip install -e '.[torch]'")
    assert arrays.surely(torch.tensor([True]))
    assert not arrays.surely(torch.tensor([True], device="meta"))
    assert arrays.is_traced(torch.ones(1, device="meta"))
    assert not arrays.surely(torch.ones(1, device="meta") < np.inf)


def test_all_entries_of_a_condition_count():
    assert arrays.surely(np.zeros(0) < np.inf)
    assert arrays.surely(balls([1.0]) < np.inf)
    for x in (np.array([1.0, np.inf]), np.array([np.nan, 1.0])):
        assert not arrays.surely(x < np.inf)


def test_sparse_products_are_dense_and_written_to_out():
    a, b, out = sparse.csr_array(np.diag([2.0, 3.0])), np.array([[1.0, 4.0], [5.0, 6.0]]), np.empty((2, 2))
    assert arrays.matmul(a, b).tolist() == [[2.0, 8.0], [15.0, 18.0]]
    assert arrays.matmul(a, b, out=out) is out
    assert out.tolist() == [[2.0, 8.0], [15.0, 18.0]]


def test_jax_arrays_cannot_be_written_to():
    jnp = pytest.importorskip("jax.numpy", reason="needs JAX: pip install -e '.[jax]'")
    x = jnp.ones(2)
    assert not arrays.may_write(x)
    with pytest.raises(TypeError, match="exp: JAX arrays cannot be written to, got out=ndarray"):
        arrays.namespace(x).exp(x, out=np.empty(2))


def test_every_exported_name_is_there_and_no_other():
    assert len(set(arrays.__all__)) == len(arrays.__all__)
    public = {name for name in vars(arrays) if not name.startswith("_")} - {
        "array_api",
        "conversions",
        "libraries",
        "last_axis",
    }
    assert public == set(arrays.__all__)


def test_sums_undo_broadcasting():
    x = np.arange(24.0).reshape(2, 3, 4)
    for shape in [(4,), (3, 1), (1, 3, 4), (2, 1, 1), ()]:
        assert arrays.sum_to(x, shape).shape == shape
        assert arrays.sum_to(x, shape).sum() == x.sum()
