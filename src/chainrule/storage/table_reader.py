"""Rows of Parquet and Arrow files, through pyarrow: one numeric column per feature, or one column of vectors.

A Parquet file is read by row groups, an Arrow file by record batches; both are called row groups here.
"""

import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from itertools import pairwise
from typing import Any

import numpy as np

from chainrule.arrays import Array
from chainrule.extras import import_extra
from chainrule.storage.decoded_pieces import DecodedPieces, DecodedRows
from chainrule.storage.files import DataFileError, check_size, size_of
from chainrule.storage.side_arrays import check_present
from chainrule.storage.table_formats import LastOpened
from chainrule.storage.unpacked_rows import UnpackedRows, room_for, temporary_folder
from chainrule.storage.widening import widened

PIECE = 2**23
"""Bytes of a row group that are decoded at once, if the format allows; twice as many in separate columns."""
OPEN_BYTES = 2**25
"""Bytes of memory of the columns that are read at once; bytes of vectors that are decoded to come to a row."""


def open_tables(
    paths: Sequence[str], kind: str, columns: Sequence[str] | None, target: str | None, weight: str | None
) -> list["TableFile"]:
    """Parquet (kind "Parquet") or Arrow files whose features are these columns, by default all but target and weight.

    Raises
    ------
    DataFileError
        If the first file is not such a table, or a column is missing or holds no numbers. The caller compares layouts.
    ImportError
        If pyarrow, the extra 'tables', is not installed.
    """
    pa = import_extra("pyarrow", "tables", f"reading {kind} files needs pyarrow")
    recent, opened = DecodedPieces(room_for), LastOpened()
    sides = [name for name in (target, weight) if name is not None]
    first = TableFile(pa, paths[0], kind, columns, sides, recent, opened)
    return [first, *(TableFile(pa, path, kind, columns, sides, recent, opened, first) for path in paths[1:])]


def column_names(path: str, kind: str) -> list[str]:
    """The columns of a Parquet or Arrow file, without the names of rows that pandas saves; raises as `open_tables`."""
    pa = import_extra("pyarrow", "tables", f"reading {kind} files needs pyarrow")
    size_of(path)
    with _explained(pa, path, kind, "the file"):
        return _features_among(LastOpened().open(pa, path, kind).schema.names)


def vector_columns(path: str, kind: str) -> list[str]:
    """The columns of a Parquet or Arrow file that hold lists of numbers; raises as `open_tables`."""
    pa = import_extra("pyarrow", "tables", f"reading {kind} files needs pyarrow")
    with _explained(pa, path, kind, "the file"):
        schema = LastOpened().open(pa, path, kind).schema
    return [field.name for field in schema if _is_vector(pa, field.type) and _is_number(pa, field.type.value_type)]


class TableFile:
    """A Parquet or Arrow file.

    Parameters
    ----------
    pa : module
        pyarrow.
    path : str
    kind : {"Parquet", "Arrow"}
    columns : sequence of str, optional
        The columns of the features; by default all but `sides`.
    sides : sequence of str
        The columns of labels and weights.
    recent : DecodedPieces
    opened : LastOpened
        Both are shared by all files.
    like : TableFile, optional
        The first file, which gives the order of the columns and the length of vectors.
    """

    def __init__(
        self,
        pa: Any,
        path: str,
        kind: str,
        columns: Sequence[str] | None,
        sides: Sequence[str],
        recent: DecodedPieces,
        opened: LastOpened,
        like: "TableFile | None" = None,
    ) -> None:
        self._pa, self.path, self._kind, self._recent = pa, path, kind, recent
        self._opened = opened
        self._size = size_of(path)
        with _explained(pa, path, kind, "the file"):
            reader = self._reader()
            schema, lengths = reader.schema, reader.lengths()
            present = schema.names
        if min(lengths, default=0) < 0:
            raise DataFileError(f"{path}: a row group has {min(lengths)} rows; the file is damaged")
        self._starts = np.concatenate([[0], np.cumsum(lengths, dtype=np.int64)])
        features = [name for name in _features_among(present) if name not in sides]
        chosen = features if columns is None else list(columns)
        self.layout = {
            f"the type of column {name!r}": str(schema.field(name).type)
            for name in [*chosen, *sides]
            if schema.get_field_index(name) >= 0
        }
        if like is None:
            for name in [*chosen, *sides]:
                _check_named(path, name, schema)
            dtypes = [self._dtype(name, schema.field(name).type) for name in chosen]
            vectors = [name for name in chosen if _is_vector(pa, schema.field(name).type)]
            if not chosen or (vectors and len(chosen) > 1):
                raise DataFileError(
                    f"{path}: expected a numeric column per feature, or one column of vectors, got "
                    f"{', '.join(chosen) or 'no column of features'}; choose with columns=[...]"
                )
        self.names: tuple[str, ...] = tuple(chosen) if like is None else like.names
        self._vectors = self.names[0] in schema.names and _is_vector(pa, schema.field(self.names[0]).type)
        width = like.shape[1] if like is not None else self._length() if self._vectors else len(self.names)
        self.shape: tuple[int, int] = (int(self._starts[-1]), width)
        # Later files have the types of the first, or are refused.
        self.dtype = np.result_type(*dtypes) if like is None else np.dtype(np.float32)

    @property
    def feature_names(self) -> tuple[str, ...] | None:
        """The columns, unless there is one column of vectors."""
        return None if self._vectors else self.names

    def view(self, start: int, stop: int, dtype: np.dtype[Any]) -> Array | None:
        """Rows of a decoded column of vectors; None if they lie in several pieces or must be converted."""
        if self._vectors and start < stop:
            piece = self._recent.find(self, start)
            rows = piece.columns if isinstance(piece, DecodedRows) else []
            if not isinstance(rows, list) and rows.dtype == dtype and stop <= piece.stop:
                return rows[start - piece.first : stop - piece.first]
        return None

    def fill(self, start: int, stop: int, out: Array) -> None:
        """Write rows to out, in the dtype of out."""
        row = start
        while row < stop:
            piece = self._recent.find(self, row)
            end = min(stop, piece.stop)
            piece.copy_to(row, end, out[row - start : end - start])
            row = end

    def ranges(self, start: int, stop: int) -> list[tuple[str, int, int]]:
        """Approximate bytes of the row groups with these rows, as if all rows took equally many."""
        per_row = self._size / max(1, self.shape[0])
        first = int(self._starts[self.group_of(start)] * per_row)
        last = int(self._starts[self.group_of(stop - 1) + 1] * per_row)
        return [(self.path, first, last - first)]

    def forget(self) -> None:
        """Drop the decoded rows of all files."""
        self._recent.forget()
        self._opened.close()

    def column(self, name: str, what: str, done: Callable[[int], object]) -> Array:
        """A column of labels or weights; raises DataFileError if a value is missing.

        `done` is called with the number of rows of each batch that is read.
        """
        with _explained(self._pa, self.path, self._kind, f"the column {name!r}"):
            reader, parts = self._reader(), []
            for group in range(len(self._starts) - 1):
                for batch in reader.batches(group, [name], 2**16):
                    batch.validate(full=True)  # damaged offsets of strings would read other memory
                    column = batch.column(name)
                    if self._pa.types.is_dictionary(column.type):
                        column = column.dictionary_decode()
                    values = column.to_numpy(zero_copy_only=False)
                    parts.append((column.null_count, values.copy() if values.base is not None else values))
                    done(batch.num_rows)
        self._pa.default_memory_pool().release_unused()
        values = np.concatenate([part for _, part in parts]) if parts else np.empty(0)
        nulls = any(count for count, _ in parts)
        if nulls and values.dtype.kind != "f":
            values = values.astype(object)
        check_present(values, lambda row: f"{self.path}: column {name!r} in row {row}", what)
        return values

    def group_of(self, row: int) -> int:
        """The number of the row group with this row."""
        return int(np.searchsorted(self._starts, row, "right")) - 1

    def decode(self, group: int, row: int) -> Iterator[DecodedRows | UnpackedRows]:
        """The rows of a row group, piece by piece, or in a temporary file.

        The file is for columns that need much memory, and for vectors of which a row far from the first one is wanted:
        whoever reads in random order will want others, and each time all before them would be decoded again.
        """
        first, stop = map(int, self._starts[group : group + 2])
        what = f"row group {group} (rows {first} to {stop - 1})"
        with _explained(self._pa, self.path, self._kind, what):
            check_size(self.path, self._size, os.stat(self.path).st_size)
            reader = self._reader()
            strips = [slice(1)] if self._vectors else _strips(reader.memory(group, self.names))
            far = self._vectors and (row - first) * self.shape[1] * self.dtype.itemsize > OPEN_BYTES
            if len(strips) <= 1 and not far:
                yield from self._pieces(reader, group, self.names, what)
            elif first < stop:
                yield self._unpacked(reader, group, strips, what)

    # What follows is private.

    def _length(self) -> int:
        """The number of entries of a vector: that of its type, or of the first list, to which others are compared."""
        (name,), reader = self.names, self._reader()
        kind = reader.schema.field(name).type
        if self._pa.types.is_fixed_size_list(kind):
            return int(kind.list_size)
        with _explained(self._pa, self.path, self._kind, f"the column {name!r}"):
            for group in range(len(self._starts) - 1):
                for batch in reader.batches(group, [name], 1):
                    for entries in batch.column(name)[:1]:
                        return len(entries.values or ())
        return 0

    def _pieces(self, reader: Any, group: int, names: Sequence[str], what: str) -> Iterator[DecodedRows]:
        """The rows of some columns of a row group."""
        first, stop = map(int, self._starts[group : group + 2])
        size = PIECE if self._vectors else 2 * PIECE  # each column of a piece costs microseconds
        rows = max(1, size // ((self.shape[1] if self._vectors else len(names)) * self.dtype.itemsize))
        for batch in reader.batches(group, names, rows):
            if batch.num_rows:
                batch.validate()
                yield self._piece(batch, names, first)
                first += batch.num_rows
        if first != stop:
            raise DataFileError(f"{self.path}: {what} ends at row {first}; the file is damaged")

    def _unpacked(self, reader: Any, group: int, strips: Sequence[slice], what: str) -> UnpackedRows:
        """The rows of a row group in a temporary file, to which some columns at a time are written."""
        kinds = [reader.schema.field(name).type for name in self.names]
        if self._vectors:
            dtypes = [np.dtype((self._stored_dtype(kinds[0].value_type), (self.shape[1],)))]
        else:
            dtypes = [self._stored_dtype(kind) for kind in kinds]
        first, stop = map(int, self._starts[group : group + 2])
        with self._room(what):
            unpacked = UnpackedRows(first, stop, dtypes)
        for strip in strips:
            for piece in self._pieces(reader, group, self.names[strip], what):
                with self._room(what):
                    columns = [piece.columns] if self._vectors else piece.columns
                    for column, values in enumerate(columns, strip.start or 0):
                        unpacked.write(piece.first, column, values)
        with self._room(what):
            unpacked.flush()
        self._pa.default_memory_pool().release_unused()
        return unpacked

    @contextmanager
    def _room(self, what: str) -> Iterator[None]:
        """Raise DataFileError where a temporary file cannot be written."""
        try:
            yield
        except OSError as error:
            raise DataFileError(
                f"{self.path}: {what} has too many columns for memory, and cannot be unpacked to "
                f"{temporary_folder()}: {error.strerror}; set TMPDIR, or write smaller row groups"
            ) from None

    def _piece(self, batch: Any, names: Sequence[str], first: int) -> DecodedRows:
        columns = []
        for name in names:
            column = batch.column(name)
            if self._vectors and not column.null_count:
                self._check_lengths(name, column, first)
            flat = column.flatten() if self._vectors and not column.null_count else column
            if flat.null_count:
                row = int(np.flatnonzero(flat.is_null().to_numpy(zero_copy_only=False))[0])
                row = first + (row if flat is column else row // self.shape[1])
                raise DataFileError(f"{self.path}: column {name!r} in row {row} is missing; drop the row, or fill it")
            if self._pa.types.is_decimal(flat.type):
                flat = flat.cast(self._pa.float64())
            columns.append(flat.to_numpy(zero_copy_only=False))
        if not self._vectors:
            return DecodedRows(first, first + batch.num_rows, columns, batch.nbytes)
        rows = columns[0].reshape(batch.num_rows, -1)
        rows.flags.writeable = False
        return DecodedRows(first, first + batch.num_rows, rows, batch.nbytes)

    def _check_lengths(self, name: str, column: Any, first: int) -> None:
        """Raise DataFileError for the first vector of another length; `first` is the row of the first vector."""
        if self._pa.types.is_fixed_size_list(column.type):
            return
        lengths = np.diff(column.offsets.to_numpy())
        other = np.flatnonzero(lengths != self.shape[1])
        if len(other):
            raise DataFileError(
                f"{self.path}: column {name!r} in row {first + other[0]} has {lengths[other[0]]} entries, and the "
                f"first row has {self.shape[1]}; vectors must have equal lengths"
            )

    def _reader(self) -> Any:
        return self._opened.open(self._pa, self.path, self._kind)

    def _stored_dtype(self, kind: Any) -> np.dtype[Any]:
        """The dtype in which a column is decoded."""
        return np.dtype(np.float64 if self._pa.types.is_decimal(kind) else kind.to_pandas_dtype())

    def _dtype(self, name: str, kind: Any) -> np.dtype[Any]:
        types = self._pa.types
        entry = kind.value_type if _is_vector(self._pa, kind) else kind
        if _is_number(self._pa, entry):
            dtype = widened(self._stored_dtype(entry))
            assert dtype is not None
            return dtype
        if types.is_dictionary(kind) or types.is_string(kind) or types.is_large_string(kind):
            advice = "encode its categories as numbers, or leave it out with columns=[...]"
        else:
            advice = "turn it into numbers, or leave it out with columns=[...]"
        raise DataFileError(f"{self.path}: column {name!r} is not numeric but {kind}; {advice}")


@contextmanager
def _explained(pa: Any, path: str, kind: str, what: str) -> Iterator[None]:
    """Raise DataFileError instead of the errors of pyarrow and of the system."""
    try:
        yield
    except DataFileError:
        raise
    except (pa.ArrowException, OSError, UnicodeError) as error:
        reason = " ".join(str(error).split())[:200]
        raise DataFileError(f"{path}: {what} cannot be read as {kind}: {reason}") from None


def _is_vector(pa: Any, kind: Any) -> bool:
    """True for a type of lists."""
    types = pa.types
    return bool(types.is_fixed_size_list(kind) or types.is_list(kind) or types.is_large_list(kind))


def _is_number(pa: Any, kind: Any) -> bool:
    """True for a type of numbers and for truth values."""
    types = pa.types
    tests = types.is_boolean, types.is_integer, types.is_floating, types.is_decimal
    return any(test(kind) for test in tests)


def _features_among(names: Sequence[str]) -> list[str]:
    """The names without those under which pandas saves the names of rows."""
    return [name for name in names if not name.startswith("__index_level_")]


def _check_named(path: str, name: str, schema: Any) -> None:
    count = schema.names.count(name)
    if count != 1:
        shown = ", ".join(map(repr, schema.names[:20])) + ", ..." * (len(schema.names) > 20)
        problem = "there is no column" if count == 0 else f"there are {count} columns"
        raise DataFileError(f"{path}: {problem} {name!r}; the file has {shown}")


def _strips(memory: Sequence[int]) -> list[slice]:
    """Columns in groups that take at most `OPEN_BYTES` of memory each, or are single columns."""
    borders, size = [0], 0
    for column, needed in enumerate(memory):
        if size + needed > OPEN_BYTES and column > borders[-1]:
            borders.append(column)
            size = 0
        size += needed
    return [slice(*pair) for pair in pairwise([*borders, len(memory)])]
