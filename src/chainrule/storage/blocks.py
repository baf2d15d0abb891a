"""Samples in files as one object: `Blocks`."""

import os
from collections.abc import Iterator, Sequence
from typing import Any, Protocol

import numpy as np
import scipy.sparse as sp

from chainrule.arrays import Array
from chainrule.progress import counted
from chainrule.storage.csr_reader import CsrFolder
from chainrule.storage.files import DataFileError, advise, find_files
from chainrule.storage.npy_reader import MappedRows, NpyFile
from chainrule.storage.side_arrays import Side, as_weights, read_side
from chainrule.storage.table_reader import TableFile, column_names, open_tables, vector_columns

Paths = str | os.PathLike[str] | Sequence[str | os.PathLike[str]]

KINDS = {
    ".npy": ".npy",
    ".csr": ".csr",
    **dict.fromkeys((".parquet", ".pq"), "Parquet"),
    **dict.fromkeys((".arrow", ".feather", ".ipc"), "Arrow"),
}
"""The kinds of files, by the ending of the name."""


class Part(Protocol):
    """Consecutive samples in one file."""

    @property
    def path(self) -> str:
        """The file or folder."""

    @property
    def shape(self) -> tuple[int, ...]:
        """The number of samples and of features."""

    @property
    def dtype(self) -> np.dtype[Any]:
        """The dtype in which features are read by default."""

    @property
    def layout(self) -> dict[str, str]:
        """Properties that must be equal in all files."""

    def view(self, start: int, stop: int, dtype: np.dtype[Any]) -> Array | None:
        """Rows without a copy; None if they must be converted."""

    def fill(self, start: int, stop: int, out: Array) -> None:
        """Write rows to out, in the dtype of out."""

    def ranges(self, start: int, stop: int) -> list[tuple[str, int, int]]:
        """The path, first byte and number of bytes of these rows; 0 bytes stand for the rest of the file."""


class Blocks:
    """Samples in files, which a fit reads a block at a time.

    Parameters
    ----------
    paths : path, glob, list of them, or memmap
        Files of one kind: `.npy`, Parquet (`.parquet`, `.pq`), Arrow (`.arrow`, `.feather`, `.ipc`), or the `.csr`
        folders of sparse samples that `chainrule convert` writes. All must have the same columns and dtypes. The files
        of a glob are stacked in natural order, where part-9 comes before part-10; a list keeps its order.
    target : str, optional
        The column of a table that holds the labels.
    labels : array or path, optional
        The labels of all samples: an array, a `.npy` file (or a glob of them), or a text file with one label per line.
        By default, the labels that folders of sparse samples hold.
    weight : str, array or path, optional
        The weights of all samples: the name of a column of a table, otherwise an array or a file, as for labels.
    columns : str or sequence of str, optional
        The columns of a table that hold features, in this order: columns of numbers, or one column of vectors (lists of
        numbers of equal length). By default, all columns except target and weight.
    dtype : {"auto", "float32", "float64"}
        The dtype in which features are read. "auto" is float32 for float32, float16, bfloat16 (as ml_dtypes saves it),
        bool and one-byte integers, and float64 for other numbers or if columns differ.
    n_features : int, optional
        The expected number of features: files with another number are refused, but sparse samples may have fewer.

    Attributes
    ----------
    shape : tuple of int
        The number of samples and of features.
    dtype : dtype
        float32 or float64.
    sparse : bool
        True if blocks are CSR matrices.
    feature_names : tuple of str, or None
    columns : list of str, or None
        The columns of a table that hold features: the feature names, or the name of the column of vectors.
    paths : tuple of str
        The files, in the order of their samples.

    Raises
    ------
    DataFileError
        If no file matches, or a file is empty, damaged, or differs from the first. Later calls raise it if a file has
        changed or turns out to be damaged.

    Examples
    --------
    >>> import tempfile, numpy as np
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     for k in range(3):
    ...         np.save(f"{folder}/part-{k}.npy", np.full((2, 4), k, np.float16))
    ...     X = Blocks(f"{folder}/part-*.npy", labels=[0, 1, 0, 1, 1, 0])
    ...     X.shape, X.features(1, 3), X.place(3)
    ((6, 4), array([[0., 0., 0., 0.], [1., 1., 1., 1.]], dtype=float32), 'part-1.npy, row 1')
    """

    def __init__(
        self,
        paths: Paths | np.memmap[Any, Any],
        *,
        target: str | None = None,
        labels: Side | None = None,
        weight: Side | None = None,
        columns: str | Sequence[str] | None = None,
        dtype: str = "auto",
        n_features: int | None = None,
    ) -> None:
        if target is not None and labels is not None:
            raise ValueError("target= and labels= both give the labels; expected one of them")
        found = [] if isinstance(paths, np.memmap) else find_files(paths)
        kind = _common_kind(found)
        is_table = kind in ("Parquet", "Arrow")
        for name, value in (("target", target), ("columns", columns)):
            if value is not None and not is_table:
                raise ValueError(f"{name}= names columns of Parquet and Arrow files, got {kind}; give labels= instead")
        self._weight_column = weight if is_table and isinstance(weight, str) else None
        self._target = target
        columns = [columns] if isinstance(columns, str) else columns
        self._parts: list[Any]  # `Part`s, or `CsrFolder`s, whose rows are matrices
        if isinstance(paths, np.memmap):
            self._parts = [MappedRows(paths)]
        elif is_table:
            self._parts = [*open_tables(found, kind, columns, target, self._weight_column)]
        elif kind == ".csr":
            self._parts = [CsrFolder(path, n_features) for path in found]
        else:
            self._parts = [NpyFile(path) for path in found]
        first = self._parts[0]
        for part in self._parts[1:]:
            _check_alike(first, part)
        self._ends = np.cumsum([part.shape[0] for part in self._parts])
        self.shape: tuple[int, int] = (int(self._ends[-1]), first.shape[1])
        if 0 in self.shape:
            raise DataFileError(f"{first.path}: there are no {'features' if self.shape[0] else 'samples'}")
        if n_features not in (None, self.shape[1]):
            raise DataFileError(f"{first.path}: expected {n_features} features, got {self.shape[1]}")
        if dtype not in ("auto", "float32", "float64"):
            raise ValueError(f"dtype: expected 'auto', 'float32' or 'float64', got {dtype!r}")
        self.dtype: np.dtype[Any] = first.dtype if dtype == "auto" else np.dtype(dtype)
        self.sparse = kind == ".csr"
        self.feature_names: Sequence[str] | None = first.feature_names if isinstance(first, TableFile) else None
        self.columns = list(first.names) if isinstance(first, TableFile) else None
        self.paths = tuple(part.path for part in self._parts)
        # The map of an array may be written to; a file that is read by name may not.
        self._stamps = {} if isinstance(paths, np.memmap) else {path: _stamp(path) for path in self._files()}
        self._labels = None if labels is None else read_side(labels, self.shape[0], "labels")
        self._weights = None
        if weight is not None and self._weight_column is None:
            self._weights = read_side(weight, self.shape[0], "weights")

    @property
    def is_mapped(self) -> bool:
        """True for a memory map, which has no file of its own."""
        return isinstance(self._parts[0], MappedRows)

    @property
    def stamps(self) -> tuple[Any, ...]:
        """The files with their sizes and times, which distinguish them from files that were written later."""
        return tuple(self._stamps.items())

    def __repr__(self) -> str:
        files = self.paths[0] if len(self.paths) == 1 else f"{self.paths[0]}, ... ({len(self.paths)} files)"
        return f"<Blocks: {self.shape[0]} samples of {self.shape[1]} features in {self.dtype}, {files}>"

    def __getstate__(self) -> dict[str, Any]:
        """The attributes without the times of files: another machine may have copies."""
        return vars(self) | {"_stamps": {}}

    def features(self, start: int, stop: int) -> Array:
        """The features of samples start, ..., stop - 1: an array in C order that cannot be written to, or a CSR matrix.

        Raises
        ------
        DataFileError
            If a file has changed or is damaged, or if a number exceeds the range of the dtype.
        """
        pieces = list(self._pieces(start, stop))
        for part, *_ in pieces:
            self._check_unchanged(part)
        if self.sparse:
            rows = [part.rows(first, last, self.dtype) for part, first, last, _ in pieces]
            empty = sp.csr_matrix((0, self.shape[1]), dtype=self.dtype)
            return rows[0] if len(rows) == 1 else sp.vstack([empty, *rows], format="csr")
        if len(pieces) == 1:
            part, first, last, _ = pieces[0]
            view: Array | None = part.view(first, last, self.dtype)
            if view is not None:
                return view
        block = np.empty((stop - start, self.shape[1]), self.dtype)
        for part, first, last, at in pieces:
            try:
                part.fill(first, last, block[at : at + last - first])
            except FloatingPointError:
                raise DataFileError(
                    f"{part.path}: a number in rows {first} to {last - 1} exceeds {self.dtype}; use dtype='float64'"
                ) from None
        block.flags.writeable = False
        return block

    def labels(self) -> Array | None:
        """The labels of all samples; None if there are none.

        Raises
        ------
        DataFileError
            If a label is missing, or a file is damaged.
        """
        if self._labels is None:
            self._labels = self._side("labels", self._target)
        return self._labels

    def weights(self) -> Array | None:
        """The weights of all samples in float64; None if there are none. Raises as `labels` does."""
        if self._weights is None:
            values = self._side("weights", self._weight_column)
            if values is not None:
                self._weights = as_weights(values, f"{self.paths[0]}: column {self._weight_column!r}")
        return self._weights

    def place(self, row: int) -> str:
        """The file of a sample and its row in the file, counted from 0."""
        ((part, first, _, _),) = self._pieces(row, row + 1)
        names = [os.path.basename(path) for path in self.paths]
        name = os.path.basename(part.path)
        return f"{name if names.count(name) == 1 else part.path}, row {first}"

    def expect(self, start: int, stop: int) -> None:
        """Start reading these samples ahead, if the system can."""
        for part, first, last, _ in self._pieces(start, stop):
            for path, offset, length in part.ranges(first, last):
                advise(path, offset, length, "WILLNEED")

    def forget(self) -> None:
        """Ask the system to drop the files from its cache, so that the next pass reads the disk; for benchmarks."""
        for part in self._parts:
            if isinstance(part, TableFile):
                part.forget()
            for path, _, _ in part.ranges(0, part.shape[0]):
                advise(path, 0, 0, "DONTNEED")

    def _side(self, what: str, column: str | None) -> Array | None:
        """The labels or weights that the files hold."""
        for part in self._parts:
            self._check_unchanged(part)
        if column is not None:
            done = counted(what, self.shape[0])
            columns = [part.column(column, what, done) for part in self._parts]
            for part, values in zip(self._parts, columns, strict=True):
                if len(values) != part.shape[0]:
                    raise DataFileError(
                        f"{part.path}: had {part.shape[0]} samples when it was opened and has {len(values)} now"
                    )
            return np.concatenate(columns)
        found = {part.path: part.side(what) for part in self._parts if self.sparse}
        values = [array for array in found.values() if array is not None]
        if values and len(values) < len(found):
            without = next(path for path, array in found.items() if array is None)
            raise DataFileError(f"{without}: there are no {what}, and other folders have them")
        return np.concatenate(values) if values else None

    def _files(self) -> list[str]:
        return [path for part in self._parts for path in _files_of(part)]

    def _check_unchanged(self, part: Any) -> None:
        """Raise DataFileError if a file was replaced since it was opened; readers notice another size themselves."""
        for path in _files_of(part) if self._stamps else ():
            (size, *times), (known, *before) = _stamp(path), self._stamps[path]
            if size == known and times != before:
                raise DataFileError(f"{path}: the file has changed since it was opened")

    def _pieces(self, start: int, stop: int) -> Iterator[tuple[Any, int, int, int]]:
        """For each file with some of these samples: the first and last row in the file, and the place in the block."""
        if not 0 <= start <= stop <= self.shape[0]:
            raise IndexError(f"rows {start} to {stop} of {self.shape[0]} samples")
        row = start
        for k in range(int(np.searchsorted(self._ends, start, "right")), len(self._parts)):
            if row == stop:
                return
            part = self._parts[k]
            begin = int(self._ends[k]) - part.shape[0]
            last = min(stop - begin, part.shape[0])
            if part.shape[0]:
                yield part, row - begin, last, row - start
                row = begin + last


def columns_of(paths: Paths) -> list[str] | None:
    """The columns of the first of some tables; None for files of arrays.

    Parameters
    ----------
    paths : path, glob, or list of them

    Returns
    -------
    list of str, or None

    Raises
    ------
    DataFileError
        If no file matches, or the files are of several kinds.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     np.save(f"{folder}/x.npy", np.ones((4, 3)))
    ...     print(columns_of(f"{folder}/*.npy"))
    None
    """
    found = find_files(paths)
    kind = _common_kind(found)
    return column_names(found[0], kind) if kind in ("Parquet", "Arrow") else None


def vectors_of(path: str | os.PathLike[str]) -> list[str]:
    """The columns of a file that hold vectors; none for files that are no tables.

    Parameters
    ----------
    path : path
        One file.

    Returns
    -------
    list of str

    Raises
    ------
    DataFileError
        If a table does not exist or cannot be read.
    ImportError
        If pyarrow, the extra 'tables', is needed and not installed.

    Examples
    --------
    >>> vectors_of("x.npy")
    []
    """
    kind = KINDS.get(os.path.splitext(path)[1].lower())
    return vector_columns(os.fspath(path), kind) if kind in ("Parquet", "Arrow") else []


# What follows is private.


def _files_of(part: Any) -> list[str]:
    """The files of a part: one file, or the files in a folder."""
    return list(dict.fromkeys(path for path, _, _ in part.ranges(0, part.shape[0]))) or [part.path]


def _stamp(path: str) -> tuple[int, ...]:
    """The size, number and time of a file, which tell it from one written later; zeros if there is no file."""
    try:
        found = os.stat(path)
    except OSError:
        return 0, 0, 0
    return found.st_size, found.st_ino, found.st_mtime_ns


def _common_kind(paths: Sequence[str]) -> str:
    """The kind of all files; "a memory map" if there are none."""
    kinds = [_kind(path) for path in paths]
    for path, kind in zip(paths, kinds, strict=True):
        if kind != kinds[0]:
            raise DataFileError(
                f"{path}: expected {kinds[0]} as {paths[0]} is; files of several kinds cannot be stacked"
            )
    return kinds[0] if kinds else "a memory map"


def _kind(path: str) -> str:
    ending = os.path.splitext(path)[1].lower()
    if ending not in KINDS:
        raise DataFileError(
            f"{path}: unknown kind of file; expected one ending in {', '.join(KINDS)}; "
            "`chainrule convert` makes .csr of svmlight files"
        )
    return KINDS[ending]


def _check_alike(first: Any, other: Any) -> None:
    for name in first.layout | other.layout:
        here, there = (part.layout.get(name, "missing") for part in (other, first))
        if here != there:
            raise DataFileError(f"{other.path}: {name} is {here}, and in {first.path} it is {there}")
