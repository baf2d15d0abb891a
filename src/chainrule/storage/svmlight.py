"""Conversion of svmlight text to a folder that `Blocks` reads, in bounded memory.

    line: label index:value index:value ... # comment

scikit-learn parses the lines, a block of them at a time.
"""

import bz2
import gzip
import io
import os
import shutil
import zlib
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any

import numpy as np

from chainrule.arrays import Array
from chainrule.storage.files import DataFileError, size_of

BLOCK = 2**23
"""Bytes of text that are parsed at once."""
LARGEST_INDEX = 2**31 - 2
_OPENED: dict[str, Any] = {".gz": gzip.open, ".bz2": bz2.open}

Converted = Callable[[int, int, int], None]
"""A callback that gets the number of bytes read, the size of the file and the number of samples."""


def convert_svmlight(
    source: str,
    out: str,
    *,
    n_features: int | None = None,
    zero_based: bool | None = None,
    dtype: str = "float64",
    progress: Converted | None = None,
) -> tuple[int, int, int]:
    """Write the samples of an svmlight file as a folder of CSR arrays, with labels in int64 if all are whole.

    The folder gets its name when it is complete. Before, its name ends in .part; an error removes it.

    Parameters
    ----------
    source : str
        The text; .gz and .bz2 are decompressed.
    out : str
        The folder to write, which must not exist.
    n_features : int, optional
        By default, the largest index decides.
    zero_based : bool, optional
        True if the first feature has index 0, False if it has index 1; by default, 0 if this index occurs.
    dtype : {"float64", "float32"}
        The dtype of the values.
    progress : callable, optional

    Returns
    -------
    tuple of int
        The numbers of samples, features and entries.

    Raises
    ------
    DataFileError
        If a line is wrong, which is named by its number, or if a file cannot be read or written.
    """
    if os.path.exists(out):
        raise DataFileError(f"{out} exists; name another folder, or remove it first")
    partial = f"{out}.part"
    try:
        shutil.rmtree(partial, ignore_errors=True)  # a conversion that was killed left it
        os.mkdir(partial)
        with ExitStack() as stack:
            names = {"data": dtype, "indices": "int32", "indptr": "int64", "labels": "float64"}
            written = {
                name: stack.enter_context(_GrowingArray(os.path.join(partial, f"{name}.npy"), np.dtype(kind)))
                for name, kind in names.items()
            }
            shape, shift = _write_blocks(source, written, n_features, zero_based, progress)
        if shift:
            _subtract(os.path.join(partial, "indices.npy"))
        _save_whole(os.path.join(partial, "labels.npy"))
        np.save(os.path.join(partial, "shape.npy"), np.array(shape, np.int64))
        os.rename(partial, out)
        return (*shape, written["data"].length)
    except BaseException as error:
        shutil.rmtree(partial, ignore_errors=True)
        if isinstance(error, OSError):
            raise DataFileError(f"{out}: cannot be written: {error.strerror or error}; nothing is kept") from None
        raise


# What follows is private.


class _GrowingArray:
    """A .npy file of one axis that is written piece by piece. NumPy's header leaves room for the final length."""

    def __init__(self, path: str, dtype: np.dtype[Any]) -> None:
        self._file = open(path, "wb", buffering=0)  # noqa: SIM115 - `__exit__` closes it
        self._dtype, self.length = dtype, 0

    def __enter__(self) -> "_GrowingArray":
        return self

    def __exit__(self, *exception: object) -> None:
        with self._file:
            if exception[0] is None:
                self._file.seek(0)
                self._write_header()
                os.fsync(self._file.fileno())

    def append(self, values: Array) -> None:
        if self._file.tell() == 0:
            self._write_header()
        with np.errstate(over="ignore"):  # a value beyond float32 is infinite, as it is in a list of numbers
            rest = memoryview(np.ascontiguousarray(values, self._dtype)).cast("B")
        self.length += len(values)
        while rest:
            rest = rest[self._file.write(rest) :]

    def _write_header(self) -> None:
        header = {"descr": self._dtype.str, "fortran_order": False, "shape": (self.length,)}
        np.lib.format.write_array_header_1_0(self._file, header)


def _write_blocks(
    source: str, written: dict[str, Any], n_features: int | None, zero_based: bool | None, progress: Converted | None
) -> tuple[tuple[int, int], bool]:
    """The shape, and True if 1 must be subtracted from the indices."""
    size = size_of(source)
    written["indptr"].append(np.zeros(1, np.int64))
    # The blocks with the smallest and the largest index, whose lines an error names.
    lowest, highest = (LARGEST_INDEX + 1, 0, b""), (-1, 0, b"")
    line = 1
    for text, position in _blocks(source):
        X, y = _parsed(source, text, line)
        written["indptr"].append(X.indptr[1:] + np.int64(written["data"].length))
        for name, values in (("data", X.data), ("indices", X.indices), ("labels", y)):
            written[name].append(values)
        if X.nnz:
            lowest = min(lowest, (int(X.indices.min()), line, text), key=lambda found: found[0])
            highest = max(highest, (int(X.indices.max()), line, text), key=lambda found: found[0])
        line += text.count(b"\n")
        if progress is not None:
            progress(position, size, written["labels"].length)
    if written["labels"].length == 0:
        raise DataFileError(f"{source}: there are no samples")
    shift = highest[0] >= 0 and (lowest[0] > 0 if zero_based is None else not zero_based)
    if shift and lowest[0] == 0:
        raise DataFileError(f"{source}: line {_line_of(*lowest)}: the index is 0, and the first feature has index 1")
    width = highest[0] + (0 if shift else 1)
    if n_features is not None and width > n_features:
        raise DataFileError(
            f"{source}: line {_line_of(*highest)}: the index {highest[0]} belongs to feature {width} of {n_features}"
        )
    return (written["labels"].length, width if n_features is None else n_features), shift


def _blocks(source: str) -> Iterator[tuple[bytes, int]]:
    """Whole lines of text, with the number of bytes of the file that were read."""
    try:
        with (
            open(source, "rb") as file,
            _OPENED.get(os.path.splitext(source)[1].lower(), io.BufferedReader)(file) as text,
        ):
            rest = b""
            while more := text.read(BLOCK):
                lines, newline, rest = (rest + more).rpartition(b"\n")
                if newline:
                    yield lines + newline, file.tell()
            if rest:
                yield rest, file.tell()
    except (OSError, EOFError, zlib.error) as error:
        raise DataFileError(f"{source}: cannot be read: {getattr(error, 'strerror', None) or error}") from None


def _parsed(source: str, text: bytes, first_line: int) -> tuple[Any, Array]:
    try:
        return _parse(text)
    except (ValueError, OverflowError):
        for number, line in enumerate(text.split(b"\n"), first_line):
            try:
                _parse(line)
            except (ValueError, OverflowError) as error:
                shown = line[:60].decode("utf-8", "backslashreplace").strip()
                raise DataFileError(f"{source}: line {number}: {error}: {shown}") from None
        raise


def _parse(text: bytes) -> tuple[Any, Array]:
    from sklearn.datasets import load_svmlight_file

    X, y = load_svmlight_file(io.BytesIO(text), zero_based=True)
    if X.shape[1] > LARGEST_INDEX + 1:
        raise ValueError(f"the index {X.shape[1] - 1} is larger than {LARGEST_INDEX}")
    return X, y


def _line_of(index: int, first_line: int, text: bytes) -> int:
    """The number of the first line with this index."""
    lines = enumerate(text.split(b"\n"), first_line)
    return next(number for number, line in lines if index in _parse(line)[0].indices)


def _subtract(path: str) -> None:
    indices = np.load(path, mmap_mode="r+")
    for start in range(0, len(indices), BLOCK):
        indices[start : start + BLOCK] -= 1
    indices.flush()


def _save_whole(path: str) -> None:
    """Replace labels that are whole numbers by integers."""
    labels = np.load(path)
    if (np.abs(labels) < 2**53).all() and (labels == np.round(labels)).all():
        np.save(path, labels.astype(np.int64))
