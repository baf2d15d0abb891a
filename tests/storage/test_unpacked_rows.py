"""Rows in temporary files: what is written in any pieces is read back in any ranges."""

import os

import numpy as np
import pytest

from chainrule.storage import unpacked_rows
from chainrule.storage.unpacked_rows import UnpackedRows, room_for, temporary_folder


@pytest.mark.parametrize("tile", [1, 40, 10**6])
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_columns_written_in_pieces_are_read_as_rows(monkeypatch, tile, dtype):
    monkeypatch.setattr(unpacked_rows, "TILE", tile)
    rng = np.random.default_rng(0)
    columns = [rng.integers(0, 100, 23).astype(kind) for kind in ("?", "f4", "i8", "f2", "u1", "f8")]
    whole = np.stack([column.astype(dtype) for column in columns], axis=1)
    rows = UnpackedRows(100, 123, [column.dtype for column in columns])
    for number in (3, 0, 5, 1, 2, 4):  # in any order
        step = 3 + number
        for start in range(0, 23, step):
            rows.write(100 + start, number, columns[number][start : start + step])
    rows.flush()
    assert rows.on_disk == 23 * (1 + 4 + 8 + 2 + 1 + 8)
    for start, stop in ((100, 123), (104, 105), (107, 121)):
        out = np.full((stop - start, 6), np.nan, dtype)
        rows.copy_to(start, stop, out)
        np.testing.assert_array_equal(out, whole[start - 100 : stop - 100])


def test_a_number_beyond_float32_is_an_error_and_the_file_stays_readable():
    rows = UnpackedRows(0, 2, [np.dtype(np.float64)])
    rows.write(0, 0, np.array([1.0, -1e300]))
    rows.flush()
    with pytest.raises(FloatingPointError):
        rows.copy_to(0, 2, np.empty((2, 1), np.float32))
    out = np.empty((2, 1))
    rows.copy_to(0, 2, out)
    assert out[1, 0] == -1e300


def test_the_file_has_no_name_that_could_stay(tmp_path, monkeypatch):
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    assert temporary_folder() == str(tmp_path)
    rows = UnpackedRows(0, 1000, [np.dtype(np.float64)])
    rows.write(0, 0, np.zeros(1000))
    rows.flush()
    assert not os.listdir(tmp_path) or os.name == "nt"


@pytest.mark.parametrize(("total", "kept"), [(1000, 250), (2**40, 2**33)])
def test_a_quarter_of_a_small_disk_and_8_gb_of_a_large_one_stay_free(monkeypatch, total, kept):
    monkeypatch.setattr("shutil.disk_usage", lambda folder: type("Usage", (), {"total": total, "free": kept + 200}))
    assert room_for(100)
    assert not room_for(101)
