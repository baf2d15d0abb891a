"""Row groups of many columns, unpacked to temporary files.

While a column of a Parquet file is read, one of its pages and its dictionary are in memory, which is up to 2 MB. A
thousand columns would take more memory than a fit may have. Such a row group is therefore decoded some columns at a
time and written to a temporary file, from which any rows can be read.
"""

import mmap
import os
import shutil
import tempfile
import weakref
from collections.abc import Sequence
from typing import Any

import numpy as np

from chainrule.arrays import Array
from chainrule.storage.decoded_pieces import DecodedRows

TILE = 2**23
"""Bytes of consecutive rows that are near each other in the file."""


class UnpackedRows:
    """Consecutive rows of a file, as columns in the types of the file, in a temporary file without a name.

    The file consists of tiles of rows, in which each column is contiguous. It goes with the object.

    Parameters
    ----------
    first, stop : int
        The rows in the file.
    dtypes : sequence of dtype
        Of the columns; a single one may be that of vectors, as in np.dtype(("f2", (384,))).

    Raises
    ------
    OSError
        If there is no room for the file.

    Examples
    --------
    >>> rows = UnpackedRows(10, 13, [np.dtype("f4"), np.dtype("i8")])
    >>> rows.write(10, 0, np.array([0.5, 1.5, 2.5], "f4")), rows.write(10, 1, np.array([7, 8, 9]))
    (None, None)
    >>> rows.flush()
    >>> out = np.empty((2, 2), np.float32)
    >>> rows.copy_to(11, 13, out)
    >>> out
    array([[1.5, 8. ],
           [2.5, 9. ]], dtype=float32)
    """

    nbytes = 0
    """Bytes in memory."""

    def __init__(self, first: int, stop: int, dtypes: Sequence[np.dtype[Any]]) -> None:
        self.first, self.stop, self._dtypes = first, stop, dtypes
        self._before = np.cumsum([0, *(dtype.itemsize for dtype in dtypes)]).tolist()
        self._rows = max(1, TILE // self._before[-1])
        self.on_disk = (stop - first) * self._before[-1]
        self._file = tempfile.TemporaryFile(dir=temporary_folder())  # noqa: SIM115 - the finaliser closes it
        weakref.finalize(self, self._file.close)

    def write(self, row: int, column: int, values: Array) -> None:
        """Write consecutive values of a column, the first of them for `row`."""
        itemsize = self._dtypes[column].itemsize
        while len(values):
            first, stop = self._tile(row)
            part, values = values[: stop - row], values[stop - row :]
            self._file.seek(self._place(first, stop, column) + (row - first) * itemsize)
            self._file.write(np.ascontiguousarray(part, self._dtypes[column].base).data)
            row += len(part)

    def flush(self) -> None:
        """Hand all that was written to the system: from now on rows may be read."""
        self._file.flush()

    def copy_to(self, start: int, stop: int, out: Array) -> None:
        """Write rows of the file to out, in the dtype of out; raises FloatingPointError if one exceeds its range."""
        # The map is closed with the last array in it.
        mapped, row = mmap.mmap(self._file.fileno(), 0, access=mmap.ACCESS_READ), start
        while row < stop:
            first, last = self._tile(row)
            end = min(stop, last)
            columns = [
                np.frombuffer(mapped, dtype, last - first, self._place(first, last, column))
                for column, dtype in enumerate(self._dtypes)
            ]
            vectors = columns[0].ndim == 2
            DecodedRows(first, last, columns[0] if vectors else columns, 0).copy_to(
                row, end, out[row - start : end - start]
            )
            row = end

    # What follows is private.

    def _tile(self, row: int) -> tuple[int, int]:
        """The first row of the tile with this row, and the row after its last one."""
        first = row - (row - self.first) % self._rows
        return first, min(first + self._rows, self.stop)

    def _place(self, first: int, stop: int, column: int) -> int:
        """The first byte of a column in a tile."""
        return int((first - self.first) * self._before[-1] + (stop - first) * self._before[column])


def temporary_folder() -> str:
    """TMPDIR, or where the system keeps large temporary files on a disk: its /tmp may be in memory."""
    large = "/var/tmp"
    return large if "TMPDIR" not in os.environ and os.access(large, os.W_OK) else tempfile.gettempdir()


def room_for(size: int) -> bool:
    """True if a temporary file of this size fits twice on the disk, of which 8 GB or a quarter stay free."""
    disk = shutil.disk_usage(temporary_folder())
    return disk.free - 2 * size >= min(2**33, disk.total // 4)
