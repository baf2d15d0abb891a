"""Whose arrays are, and the way to NumPy and back, for every library that has the array API and is installed."""

import numpy as np
import pytest

from chainrule.arrays import in_library, in_numpy, library_of

NUMBERS = np.arange(6.0, dtype=np.float32).reshape(2, 3)


def of_torch():
    torch = pytest.importorskip("torch", reason="needs PyTorch: pip install -e '.[torch]'")
    return torch.asarray(NUMBERS), "torch on cpu"


def of_jax():
    jax = pytest.importorskip("jax", reason="needs JAX: pip install -e '.[jax]'")
    return jax.numpy.asarray(NUMBERS), f"jax.numpy on {jax.devices()[0]}"


def of_strict(device="CPU_DEVICE"):
    strict = pytest.importorskip("array_api_strict", reason="needs array-api-strict: pip install -e '.[interop]'")
    device = strict.Device(device)
    return strict.asarray(NUMBERS, device=device), f"array_api_strict on {device}"


@pytest.mark.parametrize(
    "given", [of_torch, of_jax, of_strict, lambda: of_strict("device1")], ids=["torch", "jax", "strict", "device1"]
)
def test_numbers_go_to_numpy_and_back_to_their_library_and_device(given):
    x, name = given()
    library = library_of(x)
    assert str(library) == name
    plain = in_numpy(x)
    assert type(plain) is np.ndarray
    np.testing.assert_array_equal(plain, NUMBERS, strict=True)
    back = in_library(plain, library)
    assert type(back) is type(x)
    assert library_of(back) == library
    np.testing.assert_array_equal(in_numpy(back), NUMBERS, strict=True)


@pytest.mark.parametrize("x", [NUMBERS, np.float64(1), np.float64, np.array(["a"]), [1.0], None, "a", {}])
def test_all_else_stays(x):
    assert library_of(x) is None
    assert in_numpy(x) is x
    assert in_library(x, None) is x


def test_what_is_no_array_of_numbers_stays_with_a_library():
    library = library_of(of_torch()[0])
    for x in (np.array(["a"]), np.array([None]), 2.0, np.float64(2), [1.0], {"a": NUMBERS}):
        assert in_library(x, library) is x


def test_memory_is_shared_and_gradients_are_left_behind():
    tensor = of_torch()[0].requires_grad_()
    plain, others = in_numpy((tensor, [1]))
    assert plain.ctypes.data == tensor.data_ptr()
    assert others == [1]
