"""Tables of any size for a model that encodes their columns: CSV, Parquet and Arrow files, a block of rows at a time.

A row gets the same features in any block, since the model knows how each column is read: columns of words stay text,
and in columns of numbers each cell is read by itself.
"""

from __future__ import annotations

import os
from collections.abc import Generator, Iterable, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Any

import numpy as np

from chainrule.arrays import Array
from chainrule.cli.array_files import TABLE_ENDINGS
from chainrule.cli.csv_files import is_csv
from chainrule.cli.data_set import MORE_COLUMNS, DataSet, as_known_classes
from chainrule.cli.output import CommandError, first_notes, note
from chainrule.cli.table_files import (
    check_ids,
    check_target,
    column_of_keys,
    data_row,
    explained,
    labelled_rows,
    left_out,
    text_options,
)
from chainrule.estimators import TableEncoder
from chainrule.estimators.columns import column_values, read_numbers
from chainrule.estimators.frames import lacking
from chainrule.estimators.odd_cells import OddCells, all_empty, not_numbers, texts_at
from chainrule.estimators.reading_notes import DECIMAL_COMMAS
from chainrule.estimators.tables import Told
from chainrule.extras import import_extra
from chainrule.storage import KINDS, read_ahead
from chainrule.storage.files import find_files, size_of
from chainrule.storage.table_formats import LastOpened

CELLS_OF_A_BLOCK = 1 << 18
"""About the number of cells, or of features, that are read at a time: 25 MB as text."""
LOOKED_AT = 1000
"""Rows that tell whether rows have more fields than the header."""


class NumberColumns:
    """The columns of a frame that a classifier was fitted to without an encoder: numbers, in their order.

    It stands in the place of a `TableEncoder`. A row with a missing number is refused when the classifier predicts.

    Examples
    --------
    >>> columns = {"b": np.array([1.0]), "a": np.array([2.0])}
    >>> NumberColumns(["a", "b"]).encoded(columns)
    array([[2., 1.]])
    """

    def __init__(self, names: Iterable[str]) -> None:
        self.numeric_ = self.used_ = list(map(str, names))

    def encoded(self, columns: Mapping[str, Array], told: Told | None = None) -> Array:
        """The columns side by side; `told` is as in `TableEncoder.encoded`, and nothing is told by default."""
        read = {name: read_numbers(columns[name]) for name in self.used_}
        if told is not None:
            for name, numbers in read.items():
                told(name, texts_at(columns[name], numbers.unreadable), numbers.present)
        return np.column_stack([numbers.values for numbers in read.values()])

    def sentence(self, name: str, cells: OddCells) -> str:
        """A sentence about cells of a column that are not numbers."""
        return not_numbers(name, cells)

    def sources(self) -> list[str]:
        """For each feature, its column."""
        return self.used_


class TableBlocks:
    """The rows of files, encoded by a model.

    Parameters
    ----------
    data : str
        A file or a glob, whose files follow one another in natural order.
    encoder : TableEncoder or NumberColumns
    classes : array
        The classes of the model.
    target : str, optional
        The column of labels. Without it, labels are not read.
    ids : sequence of str
        Further columns, which stand as they are in the `keys` of each block.
    strict : bool
        True to end with an error if a cell cannot be read as in the training, after the notes on such cells.
    drop_unlabelled : bool
        True to leave out rows without a label.

    Attributes
    ----------
    done : float
        The share of the files that has been read.
    unreadable : dict of str to int
        The cells that are not numbers, by column, among those that have been read.

    Raises
    ------
    CommandError, DataFileError
        If there is no such file, or no such kind of file. Iteration raises CommandError if a file is damaged or lacks
        columns, or if the model does not know a label.
    ImportError
        If pandas or pyarrow, the extra 'tables', is needed and not installed.
    """

    def __init__(
        self,
        data: str,
        encoder: TableEncoder | NumberColumns,
        classes: Array,
        target: str | None = None,
        ids: Sequence[str] = (),
        *,
        strict: bool = False,
        drop_unlabelled: bool = False,
    ) -> None:
        self.paths = find_files(data)
        self.done = 0.0
        self.unreadable: dict[str, int] = {}
        self._encoder, self._classes, self._target, self._ids = encoder, classes, target, ids
        self._strict, self._drop = strict, drop_unlabelled
        self._files = [self._opened(path, _kind(path)) for path in self.paths]
        widest = max(len(encoder.used_), len(encoder.sources()), len(classes))
        self._rows = max(1, CELLS_OF_A_BLOCK // widest)

    def __iter__(self) -> Iterator[DataSet]:
        """The blocks: features as the classifier takes them, labels as classes of the model, or None."""
        self.done, self.unreadable = 0.0, dict[str, int]()
        notes, total, labelled = list[str](), 0, 0
        sizes = np.cumsum([0, *map(os.path.getsize, self.paths)])
        for file, before, after in zip(self._files, sizes[:-1], sizes[1:], strict=True):
            odd: dict[str, OddCells] = {}
            first = read = 0
            with closing(self._blocks_of(file)) as blocks:
                for columns, share in blocks:
                    count = len(next(iter(columns.values())))
                    rows = np.arange(count) if self._target is None else self._labelled(file.path, first, columns)
                    self.done = float(before + share * (after - before)) / max(1, sizes[-1])
                    if len(rows):
                        kept = {name: values[rows] for name, values in columns.items()}
                        yield self._encoded(file.path, first + rows, kept, odd)
                    first, read = first + count, read + len(rows)
            source = f"{Path(file.path).name}: " if len(self.paths) > 1 else ""
            notes += [source + sentence for sentence in self._sentences(odd, read)]
            total, labelled = total + first, labelled + read
        if total == 0:
            raise CommandError(f"{self.paths[0]}: the file has a header, but no rows")
        if not labelled:
            raise CommandError(f"{self.paths[0]}: the target {self._target!r} is missing in all rows")
        if labelled < total:
            note(left_out(total - labelled, str(self._target)))
        first_notes(notes, MORE_COLUMNS)
        if self._strict and notes:
            raise CommandError(
                "--strict: the model cannot read some cells as it read those of its training; see the notes"
            )

    # What follows is private.

    def _sentences(self, odd: Mapping[str, OddCells], rows: int) -> list[str]:
        """Sentences about odd columns of a file. A single row may lack a cell; several should not all lack it."""
        empty = [all_empty(name, rows) for name, cells in odd.items() if not cells.present and rows > 1]
        return [*empty, *(self._encoder.sentence(name, cells) for name, cells in odd.items() if cells.found)]

    def _labelled(self, path: str, first: int, columns: Mapping[str, Array]) -> Array:
        """The positions of the rows with a label in a block, the first row of which has this number in the file."""
        target = str(self._target)
        return labelled_rows(columns[target], target, path, drop=self._drop, first=first)

    def _encoded(self, path: str, rows: Array, columns: dict[str, Array], odd: dict[str, OddCells]) -> DataSet:
        """A block of rows, which have these numbers in the file."""
        source = Path(path).name
        y = None if self._target is None else as_known_classes(columns[self._target], source, self._classes)
        kept_ids = {name: column_of_keys(columns[name]) for name in self._ids}

        def place(number: int) -> str:
            return data_row(int(rows[number]))

        def told(name: str, cells: Mapping[int, str], present: int) -> None:
            if cells and name in self._encoder.numeric_:
                self.unreadable[name] = self.unreadable.get(name, 0) + len(cells)
            odd.setdefault(name, OddCells()).add(cells, present, place)

        several = f"{source}, " if len(self.paths) > 1 else ""
        features = self._encoder.encoded(columns, told)
        keys: dict[str, Sequence[Any]] = {"file": [path] * len(rows)} if several else {}
        keys |= {"row": (rows + 1).tolist(), **kept_ids}
        return DataSet(source, features, y, where=lambda number: several + place(number), keys=keys)

    def _opened(self, path: str, kind: str) -> _File:
        """The file; raises CommandError if it lacks columns."""
        pd = import_extra("pandas", "tables", f"reading {kind} files needs pandas")
        size_of(path)
        with explained(path, kind):
            if kind == "CSV":
                options = text_options(pd, Path(path))
                head = pd.read_csv(path, dtype=str, nrows=LOOKED_AT, **options)
                names = list(map(str, head.columns))
                if not isinstance(head.index, pd.RangeIndex) and head.iloc[:, -1].isna().all():
                    options["index_col"] = False  # rows end with a separator; otherwise they begin with a name
            else:
                pa = import_extra("pyarrow", "tables", f"reading {kind} files needs pyarrow")
                options, names = {}, LastOpened().open(pa, path, kind).schema.names
        if what := lacking(self._encoder.used_, names):
            raise CommandError(f"{Path(path).name} {what}")
        if self._target is not None:
            check_target(names, self._target, Path(path).name, what="evaluate")
        check_ids(self._ids, names, Path(path).name)
        sides = [*([] if self._target is None else [self._target]), *self._ids]
        return _File(path, kind, list(dict.fromkeys([*self._encoder.used_, *sides])), options)

    def _blocks_of(self, file: _File) -> Generator[tuple[dict[str, Array], float]]:
        """The columns of a file, block by block, with the share of the file that has been read."""
        frames = self._texts(file) if file.kind == "CSV" else self._batches(file)

        def read(_: int) -> tuple[Any, float]:
            with explained(file.path, file.kind):
                return next(frames, (None, 1.0))

        # In a thread, also because pandas would turn a KeyboardInterrupt in its midst into an error of the file.
        with closing(frames), closing(read_ahead(count(), read)) as found:
            for frame, share in found:
                if frame is None:
                    return
                if len(frame):
                    yield {str(name): column_values(column) for name, column in frame.items()}, share

    def _texts(self, file: _File) -> Generator[tuple[Any, float]]:
        """The frames of a CSV file."""
        pd = import_extra("pandas", "tables", "reading CSV files needs pandas")
        words = [name for name in file.columns if name not in self._encoder.numeric_]
        options = file.options | {
            "compression": "gzip" if file.path.lower().endswith(".gz") else None,
            "dtype": dict.fromkeys(words, str),
            "usecols": lambda name: name in file.columns,
            "chunksize": self._rows,
        }
        with open(file.path, "rb") as stream, pd.read_csv(stream, **options) as frames:
            for frame in frames:
                for name in self._encoder.numeric_:
                    if frame[name].dtype.kind not in "iuf":
                        frame[name] = _as_written(frame[name], file.options["sep"] == ";")
                yield frame, stream.tell() / os.path.getsize(file.path)

    def _batches(self, file: _File) -> Generator[tuple[Any, float]]:
        """The frames of a Parquet or Arrow file."""
        pa = import_extra("pyarrow", "tables", f"reading {file.kind} files needs pyarrow")
        reader, done = LastOpened().open(pa, file.path, file.kind), 0
        lengths = reader.lengths()
        for group in range(len(lengths)):
            for batch in reader.batches(group, file.columns, self._rows):
                batch.validate(full=True)  # damaged offsets of strings would read other memory
                for start in range(0, batch.num_rows, self._rows):
                    frame = batch.slice(start, self._rows).to_pandas(ignore_metadata=True)
                    done += len(frame)
                    yield frame, done / sum(lengths)


@dataclass(frozen=True)
class _File:
    """A file of a table, the columns that are read, and the options of pandas.read_csv."""

    path: str
    kind: str
    columns: list[str]
    options: dict[str, Any]


def _as_written(column: Any, commas: bool) -> Any:
    """Cells of numbers that pandas has left as text or read as truth values, as text; decimal commas become points."""
    texts = column.map(str, na_action="ignore").astype(object)
    if commas:
        written = texts.str.fullmatch(DECIMAL_COMMAS).eq(True)
        texts = texts.where(~written, texts.str.replace(",", ".", regex=False))
    return texts


def _kind(path: str) -> str:
    """CSV, Parquet or Arrow; raises CommandError for other files."""
    if is_csv(path):
        return "CSV"
    kind = KINDS.get(Path(path).suffix.lower())
    if kind not in ("Parquet", "Arrow") or Path(path).is_dir():
        raise CommandError(f"{path}: unknown kind of file; expected a file ending in {', '.join(TABLE_ENDINGS)}")
    return kind
