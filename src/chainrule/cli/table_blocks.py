"""Tables of any size for a model that encodes their columns: CSV, Parquet and Arrow files, a block of rows at a time.

A row gets the same features in any block, since the model knows how each column is read: columns of words stay text,
and in columns of numbers each cell is read by itself.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Generator, Iterable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Any

import numpy as np

from chainrule.arrays import Array
from chainrule.cli.array_files import TABLE_ENDINGS
from chainrule.cli.data_set import MORE_COLUMNS, DataSet, as_known_classes
from chainrule.cli.output import CommandError, first_notes, listed, one_line
from chainrule.cli.table_files import (
    DECIMAL_COMMAS,
    check_ids,
    check_labelled,
    check_target,
    column_of_keys,
    data_row,
    text_options,
)
from chainrule.estimators import TableEncoder
from chainrule.estimators.columns import Numbers, column_values, read_numbers, unreadable_cells
from chainrule.extras import import_extra
from chainrule.storage import KINDS, read_ahead
from chainrule.storage.files import find_files, size_of
from chainrule.storage.table_formats import LastOpened

CELLS_OF_A_BLOCK = 1 << 18
"""About the number of cells, or of features, that are read at a time: 25 MB as text."""
LOOKED_AT = 1000
"""Rows that tell whether rows have more fields than the header."""
CELLS_NAMED = 10_000
"""Most cells per column that are kept for a note."""
MOST_CATEGORIES_NAMED = 5
"""Most categories that a note names."""


OTHERS = "..."
"""Stands for further categories that training has not seen."""


def unseen_categories(unseen: Mapping[str, Counter[str]]) -> Iterator[str]:
    """A note on each column with categories that training has not seen.

    >>> list(unseen_categories({"town": Counter({"Bonn": 2})}))
    ["column 'town': 2 cells hold categories that were not seen in training, and count as none of them: 'Bonn' (2)"]
    """
    for name, counts in unseen.items():
        named = ", ".join(f"{word!r} ({count:,})" for word, count in counts.most_common(MOST_CATEGORIES_NAMED))
        more = len(counts) - MOST_CATEGORIES_NAMED
        cells = f"{counts.total():,} cell{'s hold categories' if counts.total() > 1 else ' holds a category'}"
        verb = "were not seen in training, and count" if counts.total() > 1 else "was not seen in training, and counts"
        yield f"column {name!r}: {cells} that {verb} as none of them: {named}{f' and {more:,} more' * (more > 0)}"


class NumberColumns:
    """The columns of a frame that a classifier was fitted to without an encoder: numbers, in their order.

    It stands in the place of a `TableEncoder`. A row with a missing number is refused when the classifier predicts.

    Examples
    --------
    >>> NumberColumns(["a", "b"]).transform({"b": np.array([1.0]), "a": np.array([2.0])})
    array([[2., 1.]])
    """

    def __init__(self, names: Iterable[str]) -> None:
        self.numeric_ = self.used_ = list(map(str, names))
        self.dates_: list[str] = []

    def read(self, name: str, values: Array) -> Numbers:
        """The cells of a column as float64."""
        return read_numbers(values)

    def transform(self, columns: Mapping[str, Array]) -> Array:
        """The columns side by side."""
        return np.column_stack([self.read(name, columns[name]).values for name in self.used_])

    def unseen(self, columns: Mapping[str, Array]) -> dict[str, Counter[str]]:
        """No categories: there are none."""
        return {}

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
    ) -> None:
        self.paths = find_files(data)
        self.done = 0.0
        self.unreadable: dict[str, int] = {}
        self._encoder, self._classes, self._target, self._ids = encoder, classes, target, ids
        self._files = [self._opened(path, _kind(path)) for path in self.paths]
        widest = max(len(encoder.used_), len(encoder.sources()), len(classes))
        self._rows = max(1, CELLS_OF_A_BLOCK // widest)

    def __iter__(self) -> Iterator[DataSet]:
        """The blocks: features as the classifier takes them, labels as classes of the model, or None."""
        self.done, self.unreadable = 0.0, dict[str, int]()
        notes, total, unseen = list[str](), 0, dict[str, Counter[str]]()
        sizes = np.cumsum([0, *map(os.path.getsize, self.paths)])
        for file, before, after in zip(self._files, sizes[:-1], sizes[1:], strict=True):
            cells: dict[str, dict[int, str]] = {}
            first = 0
            with closing(self._blocks_of(file)) as blocks:
                for columns, share in blocks:
                    block = self._encoded(file.path, first, columns, cells)
                    for name, counts in self._encoder.unseen(columns).items():
                        kept = unseen.setdefault(name, Counter())
                        kept.update(counts if len(kept) < CELLS_NAMED else {OTHERS: counts.total()})
                    first += len(block.X)
                    self.done = float(before + share * (after - before)) / max(1, sizes[-1])
                    yield block
            source = f"{Path(file.path).name}: " if len(self.paths) > 1 else ""
            for name, found in cells.items():
                kind = "date" if name in (self._encoder.dates_ or ()) else "number"
                notes.append(source + unreadable_cells(name, found, list(found), "data row", kind))
            total += first
        if total == 0:
            raise CommandError(f"{self.paths[0]}: the file has a header, but no rows")
        first_notes([*notes, *unseen_categories(unseen)], MORE_COLUMNS)

    # What follows is private.

    def _encoded(self, path: str, first: int, columns: dict[str, Array], cells: dict[str, dict[int, str]]) -> DataSet:
        """A block of rows, the first of which has this number in the file."""
        source, y = Path(path).name, None
        if self._target is not None:
            check_labelled(columns[self._target], self._target, source)
            y = as_known_classes(columns[self._target], source, self._classes)
        kept_ids = {name: column_of_keys(columns[name]) for name in self._ids}
        for name in self._encoder.numeric_:
            numbers = self._encoder.read(name, columns[name])
            if len(numbers.unreadable):
                self.unreadable[name] = self.unreadable.get(name, 0) + len(numbers.unreadable)
                kept = cells.setdefault(name, {})
                for row in numbers.unreadable[: CELLS_NAMED - len(kept)].tolist():
                    kept[first + row] = str(columns[name][row])
            columns[name] = numbers.values
        several = f"{source}, " if len(self.paths) > 1 else ""
        features = self._encoder.transform(columns)
        count = len(features)
        keys: dict[str, Sequence[Any]] = {"file": [path] * count} if several else {}
        keys |= {"row": range(first + 1, first + count + 1), **kept_ids}
        return DataSet(source, features, y, where=lambda number: several + data_row(first + number), keys=keys)

    def _opened(self, path: str, kind: str) -> _File:
        """The file; raises CommandError if it lacks columns."""
        pd = import_extra("pandas", "tables", f"reading {kind} files needs pandas")
        size_of(path)
        with _explained(path, kind):
            if kind == "CSV":
                options = text_options(pd, Path(path))
                head = pd.read_csv(path, dtype=str, nrows=LOOKED_AT, **options)
                names = list(map(str, head.columns))
                if not isinstance(head.index, pd.RangeIndex) and head.iloc[:, -1].isna().all():
                    options["index_col"] = False  # rows end with a separator; otherwise they begin with a name
            else:
                pa = import_extra("pyarrow", "tables", f"reading {kind} files needs pyarrow")
                options, names = {}, LastOpened().open(pa, path, kind).schema.names
        absent = [name for name in self._encoder.used_ if name not in names]
        if absent:
            raise CommandError(f"{Path(path).name} lacks the columns {listed(absent, 10)}, which the model needs")
        if self._target is not None:
            check_target(names, self._target, Path(path).name, what="evaluate")
        check_ids(self._ids, names, Path(path).name)
        sides = [*([] if self._target is None else [self._target]), *self._ids]
        return _File(path, kind, list(dict.fromkeys([*self._encoder.used_, *sides])), options)

    def _blocks_of(self, file: _File) -> Generator[tuple[dict[str, Array], float]]:
        """The columns of a file, block by block, with the share of the file that has been read."""
        frames = self._texts(file) if file.kind == "CSV" else self._batches(file)

        def read(_: int) -> tuple[Any, float]:
            with _explained(file.path, file.kind):
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


@contextmanager
def _explained(path: str, kind: str) -> Iterator[None]:
    """Raise CommandError instead of the errors of pandas and pyarrow, of which there are many kinds."""
    try:
        yield
    except (CommandError, ImportError, PermissionError, MemoryError):
        raise
    except Exception as error:  # they have no class in common
        raise CommandError(f"{path}: cannot be read as {kind}: {one_line(error)}") from None


def _as_written(column: Any, commas: bool) -> Any:
    """Cells of numbers that pandas has left as text or read as truth values, as text; decimal commas become points."""
    texts = column.map(str, na_action="ignore").astype(object)
    if commas:
        written = texts.str.fullmatch(DECIMAL_COMMAS).eq(True)
        texts = texts.where(~written, texts.str.replace(",", ".", regex=False))
    return texts


def _kind(path: str) -> str:
    """CSV, Parquet or Arrow; raises CommandError for other files."""
    if path.lower().endswith(TABLE_ENDINGS) and not path.lower().endswith(".parquet"):
        return "CSV"
    kind = KINDS.get(Path(path).suffix.lower())
    if kind not in ("Parquet", "Arrow") or Path(path).is_dir():
        raise CommandError(f"{path}: unknown kind of file; expected a file ending in {', '.join(TABLE_ENDINGS)}")
    return kind
