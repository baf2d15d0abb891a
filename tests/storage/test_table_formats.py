"""Row groups of Parquet and Arrow files, and the file that stays open."""

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from chainrule.storage import table_formats
from chainrule.storage.table_formats import ArrowGroups, LastOpened, ParquetGroups


@pytest.fixture
def table():
    rng = np.random.default_rng(0)
    return pa.table({"a": rng.standard_normal(90_000), "b": rng.integers(0, 5, 90_000)})


def test_a_column_of_parquet_takes_its_bytes_or_two_megabytes(tmp_path, table, monkeypatch):
    pq.write_table(table, tmp_path / "t.parquet", row_group_size=60_000, use_dictionary=["b"])
    groups = ParquetGroups(pa, str(tmp_path / "t.parquet"))
    assert groups.lengths() == [60_000, 30_000]
    first, second = groups.memory(0, ["a", "b"]), groups.memory(1, ["b", "a"])
    assert 480_000 <= first[0] < 500_000
    assert first[1] < 60_000
    assert 240_000 <= second[1] < 260_000
    monkeypatch.setattr(table_formats, "OPEN_COLUMN", 2**17)
    assert groups.memory(0, ["a", "b", "unknown"]) == [2**17, first[1], 2**17]


@pytest.mark.parametrize("compression", [None, "zstd"])
def test_a_column_of_arrow_takes_its_numbers(tmp_path, table, compression):
    table = table.append_column("c", pa.array(np.arange(90_000) % 3 == 0))
    options = pa.ipc.IpcWriteOptions(compression=compression)
    with pa.ipc.new_file(tmp_path / "t.arrow", table.schema, options=options) as file:
        file.write_table(table, max_chunksize=60_000)
    groups = ArrowGroups(pa, str(tmp_path / "t.arrow"))
    assert groups.lengths() == [60_000, 30_000]
    assert groups.memory(1, ["a", "c"]) == [240_000, 3_750]


def test_one_file_stays_open_until_it_changes(tmp_path, table):
    paths = [str(tmp_path / name) for name in ("one.parquet", "two.parquet")]
    for path in paths:
        pq.write_table(table, path)
    opened = LastOpened()
    first = opened.open(pa, paths[0], "Parquet")
    assert opened.open(pa, paths[0], "Parquet") is first
    assert opened.open(pa, paths[1], "Parquet") is not first
    again = opened.open(pa, paths[0], "Parquet")
    assert again is not first
    pq.write_table(table.slice(10), paths[0])
    assert opened.open(pa, paths[0], "Parquet").lengths() == [89_990]
    opened.close()
    assert opened._last is None
    with pytest.raises(OSError, match="No such file"):
        opened.open(pa, str(tmp_path / "three.parquet"), "Parquet")
