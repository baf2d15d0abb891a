"""Rows of .npy files and memory maps, compared with NumPy bit for bit, and files that are refused."""

import numpy as np
import pytest

from chainrule import storage
from chainrule.storage import npy_reader
from chainrule.storage.files import DataFileError
from chainrule.storage.npy_reader import MappedRows, NpyFile


def saved(path, array):
    np.save(path, array)
    return str(path)


@pytest.fixture
def numbers():
    rng = np.random.default_rng(5)
    return rng.integers(-100, 100, (1003, 7)) * 2.0 ** rng.integers(-3, 4, (1003, 7))


@pytest.mark.parametrize("name", ["float16", "float32", "float64", "uint8", "int8", "bool", "int64", ">f4", ">u2"])
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_rows_are_numpys(tmp_path, monkeypatch, numbers, name, dtype):
    monkeypatch.setattr(npy_reader, "PIECE", 64)
    array = numbers.astype(int).astype(name) if np.dtype(name).kind in "uib" else numbers.astype(name)
    file = NpyFile(saved(tmp_path / "x.npy", array))
    mapped = MappedRows(np.load(tmp_path / "x.npy", mmap_mode="r"))
    for start, stop in ((0, 1003), (5, 6), (1002, 1003), (17, 930), (4, 4)):
        for part in (file, mapped):
            out = np.full((stop - start, 7), np.nan, dtype)
            part.fill(start, stop, out)
            np.testing.assert_array_equal(out, array[start:stop].astype(dtype))


def test_rows_in_the_dtype_of_the_file_are_a_view_of_it(tmp_path, numbers):
    file = NpyFile(saved(tmp_path / "x.npy", numbers.astype(np.float32)))
    view = file.view(600, 1003, np.dtype(np.float32))
    np.testing.assert_array_equal(view, numbers[600:].astype(np.float32))
    assert isinstance(view.base, np.memmap)
    assert type(view) is np.ndarray
    assert not view.flags.writeable
    assert view.flags.c_contiguous
    assert file.view(0, 3, np.dtype(np.float64)) is None
    mapped = np.load(tmp_path / "x.npy", mmap_mode="r+")
    assert np.shares_memory(MappedRows(mapped).view(3, 9, np.dtype(np.float32)), mapped[3:9])
    assert not MappedRows(mapped).view(3, 9, np.dtype(np.float32)).flags.writeable


def test_two_raw_bytes_are_bfloat16(tmp_path):
    array = np.linspace(-3, 3, 24, dtype=np.float32).reshape(8, 3)
    raw = np.ascontiguousarray(array.view(np.uint16)[:, 1::2]).view("V2")  # as ml_dtypes.bfloat16 is saved
    file = NpyFile(saved(tmp_path / "x.npy", raw))
    out = np.empty((8, 3), np.float32)
    file.fill(0, 8, out)
    np.testing.assert_array_equal(out.view(np.uint32), array.view(np.uint32) & 0xFFFF0000)
    assert file.layout["the dtype"] == "bfloat16"
    assert file.view(0, 8, np.dtype(np.float32)) is None


@pytest.mark.parametrize(
    ("array", "reason"),
    [
        (np.zeros(5), r"two axes, samples and features, got shape \(5,\)"),
        (np.zeros((5, 2, 2)), r"got shape \(5, 2, 2\)"),
        (np.asfortranarray(np.zeros((5, 2))), "Fortran order.*numpy.ascontiguousarray"),
        (np.zeros((5, 2), "f4, i2"), "structured array with the fields f0, f1.*structured_to_unstructured"),
        (np.array([["a", "b"]]), "expected real numbers, got an array of <U1"),
        (np.zeros((5, 2), complex), "expected real numbers, got an array of complex128"),
        (np.array([[{}]]), "expected real numbers, got an array of object"),
    ],
)
def test_other_arrays_are_refused_with_the_reason(tmp_path, array, reason):
    with pytest.raises(DataFileError, match=f"x.npy: .*{reason}"):
        NpyFile(saved(tmp_path / "x.npy", array))


def test_a_single_row_or_column_has_no_order(tmp_path):
    for shape in ((1, 5), (5, 1)):
        array = np.asfortranarray(np.arange(5.0).reshape(shape))
        np.testing.assert_array_equal(NpyFile(saved(tmp_path / "x.npy", array)).view(0, shape[0], array.dtype), array)


@pytest.mark.parametrize("kept", [3, 20, 127, 128, 140, -1])
def test_a_file_that_is_cut_off_is_refused_when_opened(tmp_path, kept):
    path = tmp_path / "x.npy"
    np.save(path, np.ones((5, 2)))
    path.write_bytes(path.read_bytes()[:kept])
    with pytest.raises(DataFileError, match=r"x.npy: (not a .npy file|the file is incomplete)"):
        NpyFile(str(path))


def test_bytes_after_the_array_and_other_files_are_refused(tmp_path):
    path = tmp_path / "x.npy"
    np.save(path, np.ones((5, 2)))
    path.write_bytes(path.read_bytes() + b"0")
    with pytest.raises(
        DataFileError, match=r"too long: an array of shape \(5, 2\) of float64 takes 208 bytes.* has 209"
    ):
        NpyFile(str(path))
    path.write_bytes(b"PAR1" * 100)
    with pytest.raises(DataFileError, match=r"x.npy: not a .npy file: the magic string"):
        NpyFile(str(path))


@pytest.mark.parametrize("name", ["float32", "float16"])
@pytest.mark.parametrize("change", [b"", b"more"])
def test_a_file_that_changes_its_size_is_an_error_when_read(tmp_path, name, change):
    path = tmp_path / "x.npy"
    file = NpyFile(saved(path, np.ones((50, 2), name)))
    mapped = MappedRows(np.load(path, mmap_mode="r"))
    path.write_bytes(path.read_bytes() + change if change else path.read_bytes()[:-1])
    for part in (file, mapped):
        with pytest.raises(DataFileError, match="when it was opened"):
            part.fill(0, 2, np.empty((2, 2), np.float32))
        if part.dtype == name:
            with pytest.raises(DataFileError, match="when it was opened"):
                part.view(0, 2, part.dtype)


def test_a_file_that_ends_while_it_is_read_is_an_error(tmp_path, monkeypatch):
    path = tmp_path / "x.npy"
    file = NpyFile(saved(path, np.ones((50, 2), np.float16)))
    path.write_bytes(path.read_bytes()[:-1])
    monkeypatch.setattr("chainrule.storage.files.check_size", lambda *size: None)
    with pytest.raises(DataFileError, match="the file ended while it was read"):
        file.fill(0, 50, np.empty((50, 2), np.float32))


def test_only_maps_of_plain_rows_are_taken(tmp_path):
    mapped = np.load(saved(tmp_path / "x.npy", np.zeros((6, 4))), mmap_mode="r")
    for array, reason in (
        (mapped[:, ::2], r"C order, got shape \(6, 2\) with strides \(32, 16\)"),
        (mapped.reshape(-1), "expected a memory map of two axes"),
        (mapped.astype("M8[s]").view(np.memmap), "expected real numbers"),
        (mapped.view("M8[s]"), "x.npy: expected real numbers, got a memory map of datetime64"),
    ):
        with pytest.raises(DataFileError, match=reason):
            MappedRows(array)


def test_a_part_of_a_map_is_that_part(tmp_path):
    array = np.arange(24.0).reshape(6, 4)
    X = storage.Blocks(np.load(saved(tmp_path / "x.npy", array), mmap_mode="r")[2:5], dtype="float32")
    assert X.shape == (3, 4)
    np.testing.assert_array_equal(X.features(1, 3), array[3:5].astype(np.float32))
    assert X.place(1) == "x.npy, row 1"
    X.expect(0, 2)
    X.forget()
