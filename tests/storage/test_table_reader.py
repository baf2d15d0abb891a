"""Parquet and Arrow files, written by pyarrow: rows compared bit for bit, and tables that are refused."""

import errno
import os
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from itertools import pairwise

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chainrule.storage import Blocks, DataFileError, decoded_pieces, table_formats, table_reader, unpacked_rows

pytestmark = pytest.mark.usefixtures("small_pieces")


@pytest.fixture(params=["pieces", "unpacked"])
def small_pieces(request, monkeypatch):
    """A few rows per piece, and few pieces that are kept; or row groups in temporary files, two columns at a time."""
    if request.param == "unpacked":
        monkeypatch.setattr(table_reader, "OPEN_BYTES", 250)
    monkeypatch.setattr(table_reader, "room_for", lambda size: True)
    monkeypatch.setattr(unpacked_rows, "TILE", 100)
    monkeypatch.setattr(table_reader, "PIECE", 60)
    monkeypatch.setattr(decoded_pieces, "MOST_BYTES", 300)
    monkeypatch.setattr(decoded_pieces, "TILE_ROWS", 3)
    monkeypatch.setattr(decoded_pieces, "TILE_COLUMNS", 2)


def write(path, table, rows=1000, compression="zstd"):
    if str(path).endswith(".parquet"):
        pq.write_table(table, path, row_group_size=rows, compression=compression)
    else:
        options = pa.ipc.IpcWriteOptions(compression=None if compression == "none" else "zstd")
        with pa.ipc.new_file(path, table.schema, options=options) as file:
            file.write_table(table, max_chunksize=rows)
    return str(path)


def vectors(array):
    return pa.FixedSizeListArray.from_arrays(pa.array(array.reshape(-1)), array.shape[1])


def as_table(array, y=None, form="columns"):
    columns = {f"f{j}": array[:, j] for j in range(array.shape[1])} if form == "columns" else {"v": vectors(array)}
    return pa.table(columns if y is None else {"y": y, **columns})


@settings(max_examples=60, deadline=None)
@given(data=st.data(), kind=st.sampled_from(["parquet", "arrow"]), form=st.sampled_from(["columns", "vectors"]))
def test_any_range_over_files_and_row_groups_is_the_range_of_the_whole(tmp_path_factory, data, kind, form):
    folder = tmp_path_factory.mktemp("x")
    lengths = data.draw(st.lists(st.integers(0, 30), min_size=1, max_size=5).filter(sum))
    name = data.draw(st.sampled_from(["float16", "float32", "uint8", "int64"]))
    n = sum(lengths)
    array = np.random.default_rng(n).integers(0, 200, (n, 5)).astype(name)
    ends = np.cumsum(lengths)
    for k, (length, end) in enumerate(zip(lengths, ends, strict=True)):
        rows = slice(end - length, end)
        table = as_table(array[rows], np.arange(n)[rows], form)
        write(
            folder / f"part-{k}.{kind}",
            table,
            data.draw(st.integers(1, 12)),
            data.draw(st.sampled_from(["none", "zstd"])),
        )
    X = Blocks(f"{folder}/part-*", target="y")
    dtype = np.float64 if name == "int64" else np.float32
    assert (X.shape, X.dtype) == ((n, 5), dtype)
    assert X.feature_names == (None if form == "vectors" else ("f0", "f1", "f2", "f3", "f4"))
    np.testing.assert_array_equal(X.labels(), np.arange(n))
    for _ in range(8):
        start = data.draw(st.integers(0, n))
        stop = data.draw(st.integers(start, n))
        X.expect(start, stop)
        block = X.features(start, stop)
        assert block.dtype == dtype
        assert block.flags.c_contiguous
        assert not block.flags.writeable
        np.testing.assert_array_equal(block, array[start:stop].astype(dtype))
    assert (
        X.place(n - 1)
        == f"part-{np.flatnonzero(lengths)[-1]}.{kind}, row {np.array(lengths)[np.flatnonzero(lengths)[-1]] - 1}"
    )


@pytest.mark.parametrize("kind", ["parquet", "arrow"])
def test_empty_row_groups_and_a_file_without_rows_are_passed_over(tmp_path, kind):
    array = np.arange(12, dtype=np.float32).reshape(6, 2)
    whole = as_table(array)
    for name, borders in (("a", (0, 0, 2, 2, 6, 6)), ("b", (3, 3)), ("c", (2, 6))):
        path = tmp_path / f"{name}.{kind}"
        with pq.ParquetWriter(path, whole.schema) if kind == "parquet" else pa.ipc.new_file(path, whole.schema) as file:
            for first, stop in pairwise(borders):
                rows = [pa.array(array[first:stop, j]) for j in range(2)]
                file.write_batch(pa.record_batch(rows, schema=whole.schema))
    X = Blocks(tmp_path / f"*.{kind}")
    np.testing.assert_array_equal(X.features(0, 10), np.vstack([array, array[2:]]))
    np.testing.assert_array_equal(X.features(5, 7), array[[5, 2]])
    assert X.place(6) == f"c.{kind}, row 0"
    X.forget()
    np.testing.assert_array_equal(X.features(5, 7), array[[5, 2]])


@pytest.mark.parametrize("kind", ["parquet", "arrow"])
def test_columns_of_several_types_become_one_matrix(tmp_path, kind):
    table = pa.table(
        {
            "flag": pa.array([True, False, True]),
            "small": pa.array([1, -2, 3], pa.int8()),
            "half": pa.array(np.array([0.5, 65504, 6e-8], np.float16)),
            "species": ["a", "b", "a"],
            "weight": [1, 2, 3],
        }
    )
    path = write(tmp_path / f"x.{kind}", table)
    X = Blocks(path, target="species", weight="weight")
    assert X.dtype == np.float32
    assert X.feature_names == ("flag", "small", "half")
    expected = np.array([[1, 1, 0.5], [0, -2, 65504], [1, 3, np.float16(6e-8)]], np.float32)
    np.testing.assert_array_equal(X.features(0, 3), expected)
    assert X.labels().tolist() == ["a", "b", "a"]
    assert X.weights().tolist() == [1, 2, 3]
    assert X.weights().dtype == np.float64
    chosen = Blocks(path, columns=["weight", "flag"], labels=[0, 1, 0], weight=np.array([3, 2, 1]))
    np.testing.assert_array_equal(chosen.features(1, 3), [[2.0, 0], [3, 1]])
    assert chosen.dtype == np.float64
    assert chosen.weights().tolist() == [3, 2, 1]
    np.testing.assert_array_equal(
        Blocks(path, columns=["half"], dtype="float64").features(0, 3)[:, 0], [0.5, 65504, np.float16(6e-8)]
    )


def test_decimals_large_integers_and_the_index_of_pandas(tmp_path):
    from decimal import Decimal

    table = pa.table({"d": [Decimal("1.25"), Decimal("-3")], "n": [2**53 + 1, 7], "__index_level_0__": ["x", "y"]})
    X = Blocks(write(tmp_path / "x.parquet", table))
    np.testing.assert_array_equal(X.features(0, 2), [[1.25, 2.0**53], [-3, 7]])


def test_a_thousand_columns_keep_their_order_also_where_files_order_them_otherwise(tmp_path):
    array = np.random.default_rng(0).standard_normal((40, 1000)).astype(np.float32)
    write(tmp_path / "a.parquet", as_table(array[:25]), 10)
    write(
        tmp_path / "b.parquet",
        as_table(array[25:]).select([f"f{j}" for j in np.random.default_rng(1).permutation(1000)]),
    )
    X = Blocks(tmp_path / "*.parquet")
    np.testing.assert_array_equal(X.features(3, 39), array[3:39])


@pytest.mark.parametrize("kind", ["parquet", "arrow"])
def test_vectors_in_the_dtype_asked_for_are_not_copied(tmp_path, monkeypatch, kind):
    monkeypatch.setattr(table_reader, "PIECE", 10**6)
    array = np.random.default_rng(0).standard_normal((50, 6))
    X = Blocks(write(tmp_path / f"x.{kind}", as_table(array, form="vectors"), 20))
    first, again = X.features(3, 9), X.features(3, 9)
    np.testing.assert_array_equal(first, array[3:9])
    assert np.shares_memory(first, again)
    assert not first.flags.writeable
    assert not np.shares_memory(X.features(18, 22), first)


def test_consecutive_reads_decode_each_row_group_once(tmp_path, monkeypatch):
    monkeypatch.setattr(table_reader, "OPEN_BYTES", 2**25)
    decoded = []
    decode = table_reader.TableFile.decode
    monkeypatch.setattr(
        table_reader.TableFile, "decode", lambda self, group, row: decoded.append(group) or decode(self, group, row)
    )
    X = Blocks(write(tmp_path / "x.parquet", as_table(np.arange(200.0).reshape(100, 2)), 30))
    for start in range(0, 100, 7):
        X.features(start, min(start + 7, 100))
    assert decoded == [0, 1, 2, 3]
    X.features(99, 100)
    assert decoded == [0, 1, 2, 3]
    X.features(31, 32)
    assert decoded == [0, 1, 2, 3, 1]


def test_threads_that_read_at_once_see_the_same_rows(tmp_path):
    array = np.random.default_rng(0).standard_normal((900, 4)).astype(np.float32)
    for k in range(3):
        write(tmp_path / f"x{k}.parquet", as_table(array[300 * k : 300 * k + 300]), 70)
    X = Blocks(tmp_path / "*.parquet")
    starts = np.random.default_rng(1).integers(0, 800, 60)
    with ThreadPoolExecutor(4) as pool:
        for start, block in zip(starts, pool.map(lambda s: X.features(s, s + 100), starts), strict=True):
            np.testing.assert_array_equal(block, array[start : start + 100])


@pytest.mark.parametrize("kind", ["parquet", "arrow"])
@pytest.mark.parametrize(
    ("column", "reason"),
    [
        (pa.array(["a", "b"]), r"column 'c' is not numeric but string; encode its categories as numbers"),
        (
            pa.array(["a", "b"]).dictionary_encode(),
            r"column 'c' is not numeric but dictionary.*; encode its categories",
        ),
        (pa.array([1, 2], pa.timestamp("ms")), r"column 'c' is not numeric but timestamp\[ms\]; turn it into numbers"),
        (pa.array([None, None]), "column 'c' is not numeric but null"),
        (pa.array([["a"], ["b"]]), r"column 'c' is not numeric but list.*; turn it into numbers"),
        (pa.array([[1.0], [2.0]]), r"expected a numeric column per feature, or one column of vectors, got c, x"),
        (vectors(np.ones((2, 3))), r"expected a numeric column per feature, or one column of vectors, got c, x"),
    ],
)
def test_columns_that_are_no_features_are_named(tmp_path, kind, column, reason):
    path = write(tmp_path / f"t.{kind}", pa.table({"c": column, "x": [1.0, 2.0]}))
    with pytest.raises(DataFileError, match=rf"t.{kind}: {reason}"):
        Blocks(path)
    np.testing.assert_array_equal(Blocks(path, columns=["x"]).features(0, 2), [[1.0], [2.0]])


def test_columns_that_are_missing_or_named_twice_are_refused(tmp_path):
    path = write(tmp_path / "t.parquet", pa.table({"a": [1.0], "b": [2.0]}))
    for words in ({"target": "z"}, {"weight": "z"}, {"columns": ["a", "z"]}):
        with pytest.raises(DataFileError, match=r"t.parquet: there is no column 'z'; the file has 'a', 'b'"):
            Blocks(path, **words)
    with pytest.raises(DataFileError, match=r"got no column of features; choose with columns"):
        Blocks(path, target="a", weight="b")
    twice = pa.Table.from_arrays([pa.array([1.0]), pa.array([2.0])], names=["a", "a"])
    with pytest.raises(DataFileError, match=r"u.arrow: there are 2 columns 'a'"):
        Blocks(write(tmp_path / "u.arrow", twice))


@pytest.mark.parametrize(
    ("other", "reason"),
    [
        ({"a": [1], "b": [2.0]}, "the type of column 'a' is int64, and in .*t0.parquet it is double"),
        ({"a": [1.0]}, "the type of column 'b' is missing, and in .*t0.parquet it is double"),
        ({"a": [1.0], "b": [2.0], "c": [3.0]}, "the type of column 'c' is double, and in .*t0.parquet it is missing"),
    ],
)
def test_files_that_differ_are_both_named(tmp_path, other, reason):
    write(tmp_path / "t0.parquet", pa.table({"a": [1.0], "b": [2.0]}))
    write(tmp_path / "t1.parquet", pa.table(other))
    with pytest.raises(DataFileError, match=f"t1.parquet: {reason}"):
        Blocks(tmp_path / "t*.parquet")


def test_vectors_of_other_lengths_and_other_kinds_of_files_are_refused(tmp_path):
    write(tmp_path / "t0.parquet", as_table(np.ones((2, 3)), form="vectors"))
    write(tmp_path / "t1.parquet", as_table(np.ones((2, 4)), form="vectors"))
    with pytest.raises(
        DataFileError, match=r"t1.parquet: the type of column 'v' is fixed_size_list.*\[4\], and in .*\[3\]"
    ):
        Blocks(tmp_path / "t*.parquet")
    write(tmp_path / "t1.arrow", as_table(np.ones((2, 3)), form="vectors"))
    with pytest.raises(DataFileError, match=r"t0.parquet: expected Arrow as .*t1.arrow is; files of several kinds"):
        Blocks([tmp_path / "t1.arrow", tmp_path / "t0.parquet"])


@pytest.mark.parametrize("kind", ["parquet", "arrow"])
def test_nulls_are_named_by_file_row_and_column_when_they_are_met(tmp_path, kind):
    array = np.arange(60.0)
    for k in range(2):
        table = pa.table({"a": array, "b": pa.array(array, mask=(array == 37) & (k == 1))})
        write(tmp_path / f"t{k}.{kind}", table, 20)
    X = Blocks(tmp_path / f"t*.{kind}")
    np.testing.assert_array_equal(X.features(0, 79)[:60, 1], array)
    with pytest.raises(DataFileError, match=rf"t1.{kind}: column 'b' in row 37 is missing; drop the row, or fill it"):
        X.features(70, 110)
    np.testing.assert_array_equal(X.features(100, 120)[:, 1], array[40:])


@pytest.mark.parametrize("kind", ["parquet", "arrow"])
@pytest.mark.parametrize("make", [pa.list_, pa.large_list])
def test_lists_of_equal_length_are_vectors(tmp_path, kind, make):
    array = np.random.default_rng(0).standard_normal((37, 6)).astype(np.float32)
    for k, rows in enumerate((slice(20), slice(0, 0), slice(20, 37))):
        lists = pa.array(array[rows].tolist(), make(pa.float32()))
        write(tmp_path / f"t{k}.{kind}", pa.table({"v": lists, "y": np.arange(37)[rows]}), 9)
    X = Blocks(f"{tmp_path}/t*.{kind}", target="y", columns="v")
    assert (X.shape, X.dtype, X.columns) == ((37, 6), np.float32, ["v"])
    np.testing.assert_array_equal(X.features(0, 37), array)
    np.testing.assert_array_equal(X.features(30, 33), array[30:33])


def test_a_list_of_another_length_is_named_by_file_and_row(tmp_path):
    lists = [[1.0, 2.0]] * 12
    write(tmp_path / "t0.parquet", pa.table({"v": lists}), 5)
    write(tmp_path / "t1.parquet", pa.table({"v": [*lists[:7], [1.0], [1.0, 2.0, 3.0]]}), 5)
    X = Blocks(tmp_path / "t*.parquet")
    with pytest.raises(DataFileError, match=r"t1.parquet: column 'v' in row 7 has 1 entries, and the first row has 2"):
        X.features(10, 21)
    with pytest.raises(DataFileError, match=r"t.parquet: there are no features"):
        Blocks(write(tmp_path / "t.parquet", pa.table({"v": pa.array([None, [1.0]])})))


@pytest.mark.parametrize("inner", [True, False])
def test_nulls_in_vectors_are_named_too(tmp_path, inner):
    rows = [[1.0, 2.0]] * 9
    rows[7] = [1.0, None] if inner else None
    column = pa.array(rows, pa.list_(pa.float32(), 2))
    try:
        X = Blocks(write(tmp_path / "t.parquet", pa.table({"v": column}), 5))
    except pa.ArrowNotImplementedError:  # pyarrow 24.0 refuses, 26.0 writes
        pytest.skip("this version of pyarrow writes no files with missing vectors of a fixed length")
    assert X.features(0, 5).tolist() == [[1, 2]] * 5
    with pytest.raises(DataFileError, match=r"t.parquet: column 'v' in row 7 is missing"):
        X.features(4, 9)


@pytest.mark.parametrize(
    "labels",
    [
        pa.array([1, 2, None]),
        pa.array(["a", "b", None]),
        pa.array([0.5, 1, np.nan]),
        pa.array([True, False, None]),
        pa.array(["a", "b", None]).dictionary_encode(),
        pa.array([1, 2, None], pa.timestamp("s")),
    ],
)
def test_labels_that_are_missing_are_named(tmp_path, labels):
    X = Blocks(write(tmp_path / "t.parquet", pa.table({"y": labels, "x": [1.0, 2, 3]}), 2), target="y")
    with pytest.raises(
        DataFileError, match=r"t.parquet: column 'y' in row 2 is missing; drop the samples without labels"
    ):
        X.labels()


def test_labels_keep_their_values_and_weights_must_be_numbers(tmp_path):
    for labels in (["b", "a", "b"], [3, 1, 3], [True, False, True]):
        table = pa.table({"y": pa.array(labels).dictionary_encode() if labels[0] == "b" else labels, "x": [1.0, 2, 3]})
        X = Blocks(write(tmp_path / "t.arrow", table, 2), target="y")
        assert X.labels().tolist() == labels
        assert X.labels() is X.labels()
    X = Blocks(write(tmp_path / "t.arrow", pa.table({"w": ["1", "2"], "x": [1.0, 2]})), weight="w")
    with pytest.raises(DataFileError, match=r"t.arrow: column 'w': expected weights that are real numbers"):
        X.weights()


def test_a_table_takes_its_words_and_other_files_take_theirs(tmp_path):
    path = write(tmp_path / "t.parquet", pa.table({"y": [1], "x": [1.0]}))
    with pytest.raises(ValueError, match="target= and labels= both give the labels"):
        Blocks(path, target="y", labels=[1])
    np.save(tmp_path / "x.npy", np.ones((1, 1)))
    for words in ({"target": "y"}, {"columns": ["x"]}):
        with pytest.raises(
            ValueError, match=r"names columns of Parquet and Arrow files, got \.npy; give labels= instead"
        ):
            Blocks(tmp_path / "x.npy", **words)


@pytest.mark.parametrize("kind", ["parquet", "arrow"])
def test_files_that_are_cut_off_or_of_another_kind_are_refused_when_opened(tmp_path, kind):
    path = tmp_path / f"t.{kind}"
    write(path, as_table(np.ones((100, 3))))
    whole = path.read_bytes()
    for content in (whole[:-1], whole[: len(whole) // 2], whole[:3], b"a,b\n1,2\n" * 9):
        path.write_bytes(content)
        with pytest.raises(DataFileError, match=rf"t.{kind}: the file cannot be read as {kind.title()}: "):
            Blocks(path)
    path.write_bytes(b"")
    with pytest.raises(DataFileError, match=rf"t.{kind}: the file is empty"):
        Blocks(path)


def test_a_damaged_row_group_is_named_when_it_is_read(tmp_path):
    array = np.random.default_rng(0).standard_normal((400, 3))
    for k in range(3):
        write(tmp_path / f"t{k}.parquet", as_table(array), 100)
    path = tmp_path / "t1.parquet"
    content = bytearray(path.read_bytes())
    offset = pq.ParquetFile(path).metadata.row_group(2).column(0).data_page_offset
    content[offset : offset + 200] = b"\xff" * 200
    path.write_bytes(content)
    X = Blocks(tmp_path / "t*.parquet")
    np.testing.assert_array_equal(X.features(0, 600), np.vstack([array, array[:200]]))
    for _ in range(2):
        with pytest.raises(
            DataFileError, match=r"t1.parquet: row group 2 \(rows 200 to 299\) cannot be read as Parquet"
        ):
            X.features(590, 610)
    np.testing.assert_array_equal(X.features(700, 1200), np.vstack([array[300:], array]))


@pytest.mark.parametrize("kind", ["parquet", "arrow"])
@pytest.mark.parametrize("seed", range(30))
def test_random_damage_ends_in_an_error_or_in_numbers_and_never_in_a_crash(tmp_path, kind, seed):
    rng = np.random.default_rng(seed)
    table = pa.table({"y": [f"label {k}" for k in range(60)], "x": rng.standard_normal(60), "n": np.arange(60)})
    path = tmp_path / f"t.{kind}"
    write(path, table, 25, "none" if seed % 2 else "zstd")
    content = np.frombuffer(path.read_bytes(), np.uint8).copy()
    places = rng.integers(0, len(content), 1 + seed % 3)
    content[places] = rng.integers(0, 256, len(places))
    path.write_bytes(content.tobytes())
    with suppress(DataFileError):
        X = Blocks(path, target="y")
        X.features(0, X.shape[0])
        X.labels()


@pytest.mark.parametrize("kind", ["parquet", "arrow"])
def test_a_file_that_changes_its_size_or_goes_is_an_error_when_read(tmp_path, kind):
    path = tmp_path / f"t.{kind}"
    X = Blocks(write(path, as_table(np.ones((100, 3)))))
    path.write_bytes(path.read_bytes() + b"x")
    with pytest.raises(DataFileError, match=r"when it was opened and has"):
        X.features(0, 1)
    path.unlink()
    with pytest.raises(
        DataFileError, match=rf"t.{kind}: row group 0 \(rows 0 to 99\) cannot be read as .*No such file"
    ):
        X.features(0, 1)
    X.expect(0, 1)
    X.forget()


@pytest.mark.parametrize("kind", ["parquet", "arrow"])
def test_a_row_group_with_too_many_columns_for_memory_is_unpacked_once(tmp_path, monkeypatch, kind):
    monkeypatch.setattr(table_reader, "OPEN_BYTES", 2000)
    decoded, batches = [], getattr(table_formats, f"{kind.capitalize()}Groups").batches

    def recorded(self, group, names, rows):
        decoded.append((group, *names))
        return batches(self, group, names, rows)

    array = np.random.default_rng(0).standard_normal((200, 6))
    columns = {f"f{j}": array[:, j] if j % 2 else array[:, j].astype(np.float32) for j in range(6)}
    path = write(tmp_path / f"t.{kind}", pa.table(columns), 100)
    X = Blocks(path)
    monkeypatch.setattr(getattr(table_formats, f"{kind.capitalize()}Groups"), "batches", recorded)
    expected = np.stack([column.astype(np.float64) for column in columns.values()], axis=1)
    for start, stop in [(7, 50), (0, 3), (90, 120), (199, 200), (20, 40), (0, 200)]:
        np.testing.assert_array_equal(X.features(start, stop), expected[start:stop])
    assert len(decoded) == len(set(decoded)) >= 4
    assert {group for group, *_ in decoded} == {0, 1}


def test_vectors_read_in_random_order_are_decoded_once_more_and_kept_in_a_file(tmp_path, monkeypatch):
    monkeypatch.setattr(table_reader, "OPEN_BYTES", 2000)
    decoded, batches = [], table_formats.ParquetGroups.batches

    def recorded(self, group, names, rows):
        decoded.append(group)
        return batches(self, group, names, rows)

    monkeypatch.setattr(table_formats.ParquetGroups, "batches", recorded)
    array = np.random.default_rng(0).standard_normal((400, 5)).astype(np.float16)
    X = Blocks(write(tmp_path / "t.parquet", as_table(array, form="vectors"), 200))
    for start in (*range(0, 400, 50), 310, 150, 350, 120, 390, 199):
        np.testing.assert_array_equal(X.features(start, start + 10), array[start : start + 10].astype(np.float32))
    assert decoded == [0, 1, 1, 0]


def test_no_room_for_a_temporary_file_is_an_error_that_names_file_and_rows(tmp_path, monkeypatch):
    monkeypatch.setattr(table_reader, "OPEN_BYTES", 100)
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    X = Blocks(write(tmp_path / "t.parquet", as_table(np.random.default_rng(0).standard_normal((100, 3))), 60))

    def full(self, row, column, values):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with monkeypatch.context() as context:
        context.setattr(unpacked_rows.UnpackedRows, "write", full)
        with pytest.raises(DataFileError, match=r"t.parquet: row group 1 \(rows 60 to 99\) .* No space left"):
            X.features(70, 80)
    assert X.features(70, 80).shape == (10, 3)
    assert [path.name for path in tmp_path.iterdir()] == ["t.parquet"]


def test_memory_stays_bounded_in_a_file_of_one_large_row_group(tmp_path, monkeypatch):
    monkeypatch.setattr(table_reader, "PIECE", 2**18)
    monkeypatch.setattr(decoded_pieces, "MOST_BYTES", 2**22)
    monkeypatch.setattr(decoded_pieces, "TILE_ROWS", 1024)
    monkeypatch.setattr(unpacked_rows, "TILE", 2**18)
    array = np.random.default_rng(0).standard_normal((2**18, 64), dtype=np.float32)
    pq.write_table(as_table(array), tmp_path / "t.parquet", row_group_size=2**18, use_dictionary=False)
    X = Blocks(tmp_path / "t.parquet")
    before, most = pa.total_allocated_bytes(), 0
    for start in range(0, X.shape[0], 2**14):
        np.testing.assert_array_equal(X.features(start, start + 2**14), array[start : start + 2**14])
        most = max(most, pa.total_allocated_bytes() - before)
    # The row group holds 64 MiB. Kept are 4 MiB, one new piece of 1 MiB, and a page and a buffer of each column.
    assert most < 20 * 2**20
