"""Samples in files as one object, for every kind of file: rows over the borders of files, and files that do not fit."""

import os
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import chainrule
from chainrule.storage import Blocks, DataFileError, RowSource, columns_of, is_source


def write_npy(folder, k, rows):
    np.save(folder / f"part-{k}.npy", rows)


def write(folder, lengths, array, write_part=write_npy):
    """Write consecutive rows to one file each, and return the glob."""
    at = 0
    for k, length in enumerate(lengths):
        write_part(folder, k, array[at : at + length])
        at += length
    return f"{folder}/part-*.*"


def test_it_is_a_row_source_and_part_of_the_package(tmp_path):
    X = Blocks(write(tmp_path, [3], np.zeros((3, 2))))
    assert is_source(X)
    assert isinstance(X, RowSource)
    assert chainrule.Blocks is Blocks
    assert (X.shape, X.dtype, X.sparse, X.feature_names) == ((3, 2), np.float64, False, None)
    assert X.labels() is None
    assert X.weights() is None
    assert "3 samples of 2 features in float64" in repr(X)


@settings(max_examples=60, deadline=None)
@given(data=st.data(), name=st.sampled_from(["float16", "float32", "uint8", "int32"]))
def test_any_range_over_any_split_is_the_range_of_the_whole(tmp_path_factory, data, name):
    lengths = data.draw(st.lists(st.integers(0, 40), min_size=1, max_size=12).filter(sum))
    rng = np.random.default_rng(sum(lengths))
    array = rng.integers(0, 200, (sum(lengths), 3)).astype(name)
    X = Blocks(write(tmp_path_factory.mktemp("x"), lengths, array))
    expected = np.float64 if name == "int32" else np.float32
    for _ in range(5):
        start = data.draw(st.integers(0, len(array)))
        stop = data.draw(st.integers(start, len(array)))
        block = X.features(start, stop)
        assert block.dtype == expected
        assert block.flags.c_contiguous
        assert not block.flags.writeable
        np.testing.assert_array_equal(block, array[start:stop].astype(expected))
        X.expect(start, stop)
    for row in range(len(array)):
        name, _, inside = X.place(row).partition(", row ")
        np.testing.assert_array_equal(np.load(os.path.join(os.path.dirname(X.paths[0]), name))[int(inside)], array[row])


def test_more_than_ten_files_are_stacked_by_number(tmp_path):
    array = np.arange(24.0).reshape(12, 2)
    X = Blocks(write(tmp_path, [1] * 12, array), labels=range(12), weight=np.arange(12))
    np.testing.assert_array_equal(X.features(0, 12), array)
    assert X.place(10) == "part-10.npy, row 0"
    assert X.labels().tolist() == list(range(12))
    assert X.weights().dtype == np.float64
    backwards = Blocks([tmp_path / "part-10.npy", tmp_path / "part-2.npy"])
    np.testing.assert_array_equal(backwards.features(0, 2), array[[10, 2]])


def test_files_of_the_same_name_are_told_apart_by_their_folders(tmp_path):
    for folder in ("a", "b"):
        (tmp_path / folder).mkdir()
        np.save(tmp_path / folder / "x.npy", np.zeros((2, 1)))
    X = Blocks([tmp_path / "a/x.npy", tmp_path / "b/x.npy"])
    assert X.place(3) == f"{tmp_path}/b/x.npy, row 1"
    assert "(2 files)" in repr(X)


def test_rows_outside_are_an_error(tmp_path):
    X = Blocks(write(tmp_path, [3], np.zeros((3, 2))))
    for start, stop in ((-1, 2), (0, 4), (2, 1)):
        with pytest.raises(IndexError, match="of 3 samples"):
            X.features(start, stop)
    with pytest.raises(IndexError):
        X.place(3)


def test_the_dtype_can_be_chosen_and_overflow_is_an_error(tmp_path):
    array = np.array([[1.0, 2.0], [3.0, 1e200], [5.0, 6.0]])
    X = Blocks(write(tmp_path, [1, 2], array), dtype="float32")
    assert X.features(0, 1).dtype == np.float32
    with pytest.raises(
        DataFileError, match=r"part-1.npy: a number in rows 0 to 1 exceeds float32; use dtype='float64'"
    ):
        X.features(0, 3)
    with pytest.raises(ValueError, match="dtype: expected 'auto', 'float32' or 'float64', got 'float16'"):
        Blocks(X.paths, dtype="float16")


@pytest.mark.parametrize(
    ("other", "reason"),
    [
        (np.zeros((2, 4)), "part-2.npy: the number of features is 4, and in .*part-0.npy it is 3"),
        (np.zeros((2, 3), np.float32), "part-2.npy: the dtype is float32, and in .*part-0.npy it is float64"),
    ],
)
def test_files_that_differ_are_both_named(tmp_path, other, reason):
    glob = write(tmp_path, [2, 2], np.zeros((4, 3)))
    write_npy(tmp_path, 2, other)
    with pytest.raises(DataFileError, match=reason):
        Blocks(glob)


def test_files_that_cannot_be_samples_are_refused(tmp_path):
    glob = write(tmp_path, [2], np.zeros((2, 3)))
    with pytest.raises(DataFileError, match="expected 4 features, got 3"):
        Blocks(glob, n_features=4)
    with pytest.raises(DataFileError, match=r"nothing\*.npy: there is no such file"):
        Blocks(tmp_path / "nothing*.npy")
    with pytest.raises(DataFileError, match=r"expected 2 labels, one per sample, got an array of shape \(3,\)"):
        Blocks(glob, labels=[1, 2, 3])
    for shape, what in (((0, 3), "samples"), ((3, 0), "features")):
        np.save(tmp_path / "none.npy", np.zeros(shape))
        with pytest.raises(DataFileError, match=f"none.npy: there are no {what}"):
            Blocks(tmp_path / "none.npy")
    (tmp_path / "part-9.xlsx").write_text("x")
    with pytest.raises(DataFileError, match=r"part-9.xlsx: unknown kind of file; expected one ending in .npy"):
        Blocks(glob)


def test_threads_that_read_at_once_see_the_same_rows(tmp_path):
    array = np.random.default_rng(0).standard_normal((5000, 40)).astype(np.float16)
    X = Blocks(write(tmp_path, [1700, 1, 3299], array))
    starts = np.random.default_rng(1).integers(0, 4000, 200)
    with ThreadPoolExecutor(4) as pool:
        for start, block in zip(starts, pool.map(lambda s: X.features(s, s + 1000), starts), strict=True):
            np.testing.assert_array_equal(block, array[start : start + 1000].astype(np.float32))


def test_memory_holds_one_block_and_not_the_files(tmp_path):
    import tracemalloc

    for k in range(3):
        rows = np.lib.format.open_memmap(tmp_path / f"part-{k}.npy", "w+", np.float16, (32_768, 512))
        rows[::1000] = 1
        del rows
    X = Blocks(tmp_path / "*.npy")
    tracemalloc.start()
    try:
        total = sum(float(X.features(at, at + 2048).sum()) for at in range(0, X.shape[0], 2048))
        X.forget()
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert total == 3 * 33 * 512
    # The files hold 96 MiB; a block of 2048 rows in float32 takes 4 MiB, and the last is kept until the next is there.
    assert peak < 10 * 2**20


def test_the_columns_of_tables_are_listed_without_reading_them(tmp_path):
    import pyarrow as pa
    import pyarrow.parquet as pq

    table = pa.table({"b": [1.0], "a": ["word"], "__index_level_0__": [0]})
    pq.write_table(table, tmp_path / "part-0.parquet")
    assert columns_of(tmp_path / "*.parquet") == ["b", "a"]
    with pa.ipc.new_file(str(tmp_path / "one.arrow"), table.schema) as file:
        file.write_table(table)
    assert columns_of(tmp_path / "one.arrow") == ["b", "a"]
    np.save(tmp_path / "x.npy", np.ones((2, 2)))
    assert columns_of(tmp_path / "x.npy") is None
    (tmp_path / "part-0.parquet").write_bytes(b"PAR1 and no more")
    with pytest.raises(DataFileError, match=r"part-0\.parquet: the file cannot be read as Parquet"):
        columns_of(tmp_path / "*.parquet")
    assert Blocks(tmp_path / "one.arrow", target="a").columns == ["b"]
