"""Conversion to float32 and float64, against PyTorch's and NumPy's own."""

import numpy as np
import pytest

from chainrule.storage.widening import is_bfloat16, widen, widened

PATTERNS = np.arange(65536, dtype=np.uint16)


def converted(source, dtype=np.float32):
    out = np.empty(source.shape, dtype)
    widen(source, out)
    return out


def bits(x):
    return x.view(np.uint32)


def test_every_finite_half_precision_number_keeps_its_value_and_sign():
    every = PATTERNS.view(np.float16)
    finite = every[np.isfinite(every)]
    assert len(finite) == 63488
    np.testing.assert_array_equal(bits(converted(finite)), bits(finite.astype(np.float32)))
    np.testing.assert_array_equal(
        bits(converted(finite.reshape(2, -1))), bits(finite.astype(np.float32).reshape(2, -1))
    )


def test_infinity_and_nan_of_half_precision_stay_as_they_are():
    for special in (np.inf, -np.inf, np.nan):
        given = np.array([1.5, special, -6e-8], np.float16)
        np.testing.assert_array_equal(bits(converted(given)), bits(given.astype(np.float32)))


def test_subnormal_numbers_survive_a_thread_that_flushes_them():
    torch = pytest.importorskip("torch", reason="needs PyTorch: pip install -e '.[torch]'")
    given = np.array([6e-8, -6e-5, 3.0], np.float16)
    expected = given.astype(np.float64)
    if not torch.set_flush_denormal(True):
        pytest.skip("this processor cannot flush subnormal numbers")
    try:
        found = converted(given)
    finally:
        torch.set_flush_denormal(False)
    np.testing.assert_array_equal(found.astype(np.float64), expected)


def test_bfloat16_is_read_as_pytorch_reads_it():
    torch = pytest.importorskip("torch", reason="needs PyTorch: pip install -e '.[torch]'")
    raw = PATTERNS.view("V2")
    assert is_bfloat16(raw.dtype)
    expected = torch.from_numpy(PATTERNS.view(np.int16)).view(torch.bfloat16).float().numpy()
    np.testing.assert_array_equal(bits(converted(raw)), bits(expected))
    finite = np.isfinite(expected)
    np.testing.assert_array_equal(converted(raw[finite], np.float64), expected[finite].astype(np.float64))


@pytest.mark.parametrize("name", ["uint8", "int8", "bool", "int16", "uint64", "float32", "float64", ">f4", ">i8"])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_other_numbers_are_converted_as_numpy_does(name, dtype):
    given = np.frombuffer(np.random.default_rng(3).bytes(96), np.uint8).astype(np.dtype(name))[::-1]
    np.testing.assert_array_equal(converted(given, dtype), given.astype(dtype))


def test_small_types_become_float32_and_others_float64():
    for name in ("float16", "float32", ">f4", "uint8", "int8", "bool", "V2"):
        assert widened(np.dtype(name)) == np.float32
    for name in ("float64", "int16", "uint16", "int32", "int64", "uint64", "longdouble"):
        assert widened(np.dtype(name)) == np.float64
    for name in ("complex64", "U5", "O", "V4", "M8[s]"):
        assert widened(np.dtype(name)) is None


def test_a_number_beyond_float32_is_an_error():
    assert converted(np.array([1e38, np.inf]))[1] == np.inf
    with pytest.raises(FloatingPointError):
        converted(np.array([0.0, 1e39]))
