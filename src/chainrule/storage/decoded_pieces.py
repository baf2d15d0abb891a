"""The rows of tables that were decoded last, so that consecutive reads do not decode twice."""

from collections import OrderedDict
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from threading import Lock
from typing import Any, Protocol

import numpy as np

from chainrule.arrays import Array
from chainrule.storage.widening import widen

MOST_BYTES = 2**25
"""Bytes of decoded rows that are kept in memory, over all files."""
MOST_PIECES = 64
TILE_ROWS, TILE_COLUMNS = 1024, 64
"""Size of a tile that stays in the processor's cache while its columns become rows."""


@dataclass(frozen=True)
class DecodedRows:
    """Consecutive rows of a file, as columns in the types of the file.

    Parameters
    ----------
    first, stop : int
        The rows in the file.
    columns : list of (n,) array, or one (n, features) array
    nbytes : int
    """

    first: int
    stop: int
    columns: list[Array] | Array
    nbytes: int
    on_disk: int = 0

    def copy_to(self, start: int, stop: int, out: Array) -> None:
        """Write rows of the file to out, in the dtype of out."""
        if not isinstance(self.columns, list):
            step = max(1, TILE_ROWS * TILE_COLUMNS // self.columns.shape[1])
            for at in range(start, stop, step):
                rows = self.columns[at - self.first : min(at + step, stop) - self.first]
                widen(rows, out[at - start : at - start + step])
            return
        with np.errstate(over="raise"):
            for j in range(0, len(self.columns), TILE_COLUMNS):
                columns = self.columns[j : j + TILE_COLUMNS]
                for at in range(start, stop, TILE_ROWS):
                    rows = slice(at - self.first, min(at + TILE_ROWS, stop) - self.first)
                    tile = np.concatenate([column[rows] for column in columns], dtype=out.dtype, casting="unsafe")
                    out[at - start : at - start + TILE_ROWS, j : j + TILE_COLUMNS] = tile.reshape(len(columns), -1).T


class RowsOfFile(Protocol):
    """Consecutive rows of a file: `DecodedRows`, or rows in a temporary file."""

    @property
    def first(self) -> int:
        """The first row in the file."""

    @property
    def stop(self) -> int:
        """The row after the last one."""

    @property
    def nbytes(self) -> int:
        """Bytes in memory."""

    @property
    def on_disk(self) -> int:
        """Bytes in a temporary file."""

    def copy_to(self, start: int, stop: int, out: Array) -> None:
        """Write rows of the file to out, in the dtype of out."""


class DecodedPieces:
    """The pieces used last, and the place of the last read.

    They are at most `MOST_PIECES` and `MOST_BYTES`, and leave room for one more on the disk; the last one is kept in
    any case.

    Parameters
    ----------
    room : callable
        True for a number of bytes if temporary files of this size have room.
    """

    def __init__(self, room: Callable[[int], bool] = lambda size: True) -> None:
        self._lock, self._room = Lock(), room
        self._pieces: OrderedDict[tuple[str, int], RowsOfFile] = OrderedDict()
        self._cursor: tuple[str, int, Iterator[RowsOfFile]] | None = None

    def find(self, file: Any, row: int) -> RowsOfFile:
        """The piece with this row.

        Parameters
        ----------
        file : TableFile
            Has the attribute `path`, and the methods `group_of(row)`, the number of the row group, and
            `decode(group, row)`, an iterator over its pieces of which the one with this row is wanted first.
        row : int
            A row of the file.
        """
        with self._lock:
            for key, piece in reversed(self._pieces.items()):
                if key[0] == file.path and piece.first <= row < piece.stop:
                    self._pieces.move_to_end(key)
                    return piece
            group = file.group_of(row)
            cursor, self._cursor = self._cursor, None  # an error leaves no cursor
            # A row group is decoded from its beginning. Go on if the row is ahead, in the group of the last read.
            if cursor is None or cursor[0] != file.path or file.group_of(cursor[1]) != group or cursor[1] >= row:
                cursor = (file.path, row, file.decode(group, row))
            for piece in cursor[2]:
                self._keep(file.path, piece)
                if piece.stop > row:
                    self._cursor = (file.path, piece.stop - 1, cursor[2])
                    return piece
            raise AssertionError("a row group ended before its last row")

    def forget(self) -> None:
        """Drop all pieces and close the file."""
        with self._lock:
            self._pieces.clear()
            self._cursor = None

    def _keep(self, path: str, piece: RowsOfFile) -> None:
        self._pieces[path, piece.first] = piece
        while len(self._pieces) > 1 and piece.on_disk and not self._room(piece.on_disk):
            self._pieces.popitem(last=False)
        surplus = sum(kept.nbytes for kept in self._pieces.values()) - MOST_BYTES
        while len(self._pieces) > 1 and (surplus > 0 or len(self._pieces) > MOST_PIECES):
            surplus -= self._pieces.popitem(last=False)[1].nbytes
