"""Parquet and Arrow files as pyarrow opens them: their row groups, one batch of rows after the other."""

import os
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from chainrule.extras import import_extra

BUFFER = 2**16
"""Bytes that are read from each column of a Parquet file at once."""
OPEN_COLUMN = 2**21
"""Bytes of memory that a column of a Parquet file takes at most while it is read: mostly a page and a dictionary."""


class ParquetGroups:
    """An open Parquet file.

    Parameters
    ----------
    pa : module
        pyarrow.
    path : str
    """

    def __init__(self, pa: Any, path: str) -> None:
        pq = import_extra("pyarrow.parquet", "tables", "reading Parquet files needs pyarrow")
        # Without a buffer size, a row group is read whole, compressed.
        self._file = pq.ParquetFile(path, buffer_size=BUFFER, pre_buffer=False)
        self.schema = self._file.schema_arrow

    def lengths(self) -> list[int]:
        """The numbers of rows of the row groups."""
        metadata = self._file.metadata
        return [metadata.row_group(k).num_rows for k in range(metadata.num_row_groups)]

    def batches(self, group: int, names: Sequence[str], rows: int) -> Iterator[Any]:
        """Record batches of columns of a row group, of at most so many rows."""
        yield from self._file.iter_batches(rows, row_groups=[group], columns=list(names), use_threads=False)

    def memory(self, group: int, names: Sequence[str]) -> list[int]:
        """Approximate bytes of memory that each column takes while it is read."""
        columns = self._file.metadata.row_group(group)
        sizes = {}
        for number in range(columns.num_columns):
            column = columns.column(number)
            sizes[column.path_in_schema] = column.total_uncompressed_size
        return [min(sizes.get(name, OPEN_COLUMN), OPEN_COLUMN) for name in names]


class ArrowGroups:
    """An open Arrow file, mapped to memory; its record batches are the row groups.

    Parameters
    ----------
    pa : module
        pyarrow.
    path : str
    """

    def __init__(self, pa: Any, path: str) -> None:
        self._pa, self._map = pa, pa.memory_map(path)
        self.schema = pa.ipc.open_file(self._map).schema

    def lengths(self) -> list[int]:
        """The numbers of rows of the row groups."""
        # Record batches say their length only when a column is read: take the narrowest.
        widths = [getattr(kind, "list_size", np.inf) if "list" in str(kind) else 1 for kind in self.schema.types]
        reader = self._with([int(np.argmin(widths))] if widths else [])
        return [reader.get_batch(k).num_rows for k in range(reader.num_record_batches)]

    def batches(self, group: int, names: Sequence[str], rows: int) -> Iterator[Any]:
        """The columns of a row group as one record batch."""
        yield self._with([self.schema.get_field_index(name) for name in names]).get_batch(group)

    def memory(self, group: int, names: Sequence[str]) -> list[int]:
        """The bytes of memory that each column takes while it is read: pyarrow copies the columns that are chosen."""
        rows = self._with([self.schema.get_field_index(names[0])]).get_batch(group).num_rows
        return [rows * self.schema.field(name).type.bit_width // 8 for name in names]

    def _with(self, fields: list[int]) -> Any:
        options = self._pa.ipc.IpcReadOptions(included_fields=fields, use_threads=False)
        return self._pa.ipc.open_file(self._map, options=options)


class LastOpened:
    """Opens files, and keeps the last one open: its metadata is then not parsed again for each row group."""

    def __init__(self) -> None:
        self._last: tuple[Any, Any] | None = None

    def open(self, pa: Any, path: str, kind: str) -> ParquetGroups | ArrowGroups:
        """The file as `ParquetGroups` (kind "Parquet") or `ArrowGroups`; raises the errors of pyarrow and OSError."""
        found = os.stat(path)
        key = path, kind, found.st_size, found.st_ino, found.st_mtime_ns
        if self._last is None or self._last[0] != key:
            self._last = None  # two files would be open at once
            self._last = key, (ParquetGroups if kind == "Parquet" else ArrowGroups)(pa, path)
        return self._last[1]

    def close(self) -> None:
        """Keep no file open."""
        self._last = None
