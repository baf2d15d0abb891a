"""Rows of a sparse matrix whose three arrays are mapped files.

A folder NAME.csr holds data.npy, indices.npy and indptr.npy as in `scipy.sparse.csr_matrix`, shape.npy with the numbers
of samples and features, and perhaps labels.npy and weights.npy.
"""

import os
from typing import Any

import numpy as np
import scipy.sparse as sp

from chainrule.arrays import Array
from chainrule.storage.files import DataFileError
from chainrule.storage.npy_reader import NpyFile
from chainrule.storage.side_arrays import read_side

_PIECE = 2**20
"""Row borders that are checked at once."""


class CsrFolder:
    """A folder with the arrays of a CSR matrix.

    Parameters
    ----------
    path : str
    n_features : int, optional
        The number of features, at least the number in the folder, which is the default.

    Raises
    ------
    DataFileError
        If a file is missing or damaged, or if the arrays do not fit together.
    """

    def __init__(self, path: str, n_features: int | None = None) -> None:
        self.path = path
        self._data, self._indices, self._indptr = (self._open(name) for name in ("data", "indices", "indptr"))
        shape = self._open("shape")
        for name, file in (("indices", self._indices), ("indptr", self._indptr), ("shape", shape)):
            if file.stored.name not in ("int32", "int64"):
                raise DataFileError(f"{file.path}: expected {name} in int32 or int64, got {file.stored}")
        size = _read(shape, 0, shape.shape[0], shape.stored).tolist()
        if len(size) != 2 or min(size) < 0:
            raise DataFileError(f"{shape.path}: expected the numbers of samples and features, got {size}")
        if n_features is not None and n_features < size[1]:
            raise DataFileError(f"{path}: expected at most {n_features} features, got {size[1]}")
        self.shape: tuple[int, int] = (size[0], size[1] if n_features is None else n_features)
        self.dtype = self._data.dtype
        self.layout = {"the number of features": str(self.shape[1]), "the dtype": str(self._data.stored)}
        self._check_borders()

    def rows(self, start: int, stop: int, dtype: np.dtype[Any]) -> Any:
        """Rows as a CSR matrix with sorted indices; its arrays are views of the files where dtypes permit.

        Raises
        ------
        DataFileError
            If an index is out of range, or if the indices of a row do not increase.
        """
        borders = _read(self._indptr, start, stop + 1, self._indptr.stored)
        first, last = int(borders[0]), int(borders[-1])
        # A file that was overwritten since it was opened must not lead to reads outside the others.
        if not 0 <= first <= last <= self._data.shape[0] or (np.diff(borders) < 0).any():
            raise DataFileError(
                f"{self._indptr.path}: rows {start} to {stop - 1} do not increase; the file has changed"
            )
        indices = _read(self._indices, first, last, self._indices.stored)
        borders = borders - first
        wrong = (indices < 0) | (indices >= self.shape[1])
        repeated = indices[1:] <= indices[:-1]
        begins = borders[1:-1][(borders[1:-1] > 0) & (borders[1:-1] < len(indices))]
        repeated[begins - 1] = False
        for places, reason in ((wrong, f"is not below {self.shape[1]}"), (repeated, "is not below the next")):
            if places.any():
                place = int(places.argmax())
                row = start + int(np.searchsorted(borders, place, "right")) - 1
                raise DataFileError(f"{self._indices.path}: an index of row {row} {reason}: {indices[place]}")
        data = _read(self._data, first, last, dtype)
        fits = last - first <= np.iinfo(indices.dtype).max
        borders = borders.astype(indices.dtype if fits else np.int64)
        block = sp.csr_matrix((data, indices, borders), shape=(stop - start, self.shape[1]), copy=False)
        block.has_canonical_format = True  # spares SciPy a pass over the indices
        return block

    def ranges(self, start: int, stop: int) -> list[tuple[str, int, int]]:
        """The path, first byte and number of bytes of these rows in each file."""
        borders = _read(self._indptr, start, stop + 1, self._indptr.stored)
        first, last = int(borders[0]), int(borders[-1])
        return [
            *self._data.ranges(first, last),
            *self._indices.ranges(first, last),
            *self._indptr.ranges(start, stop + 1),
        ]

    def side(self, what: str) -> Array | None:
        """The labels or weights in the folder; None if it has none."""
        path = os.path.join(self.path, f"{what}.npy")
        return read_side(path, self.shape[0], what) if os.path.exists(path) else None

    # What follows is private.

    def _open(self, name: str) -> NpyFile:
        return NpyFile(os.path.join(self.path, f"{name}.npy"), ndim=1)

    def _check_borders(self) -> None:
        count, rows = self._data.shape[0], self.shape[0]
        if self._indices.shape[0] != count or self._indptr.shape[0] != rows + 1:
            raise DataFileError(
                f"{self.path}: {rows} samples with {count} entries need {rows + 1} row borders and {count} indices, "
                f"got {self._indptr.shape[0]} and {self._indices.shape[0]}"
            )
        before = 0
        for start in range(0, rows + 1, _PIECE):
            stop = min(start + _PIECE, rows + 1)
            borders = _read(self._indptr, start, stop, self._indptr.stored)
            falls = np.flatnonzero(np.diff(borders, prepend=before) < 0)
            if len(falls):
                raise DataFileError(f"{self._indptr.path}: the border before row {start + falls[0]} is too small")
            if start == 0 and borders[0] != 0:
                raise DataFileError(f"{self._indptr.path}: the first border is {borders[0]}, expected 0")
            before = int(borders[-1])
        if before != count:
            raise DataFileError(f"{self._indptr.path}: the last border is {before}, expected {count}")


def _read(file: NpyFile, start: int, stop: int, dtype: np.dtype[Any]) -> Array:
    """Entries of an array, without a copy where the dtype permits."""
    entries = file.view(start, stop, dtype)
    if entries is None:
        entries = np.empty(stop - start, dtype)
        file.fill(start, stop, entries)
    return entries
