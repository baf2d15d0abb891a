"""Rows of arrays in .npy files and memory maps, without reading all of them.

Rows whose dtype is the dtype asked for are a view of the mapped file; others are read in pieces that stay in the
processor's cache and widened from there.
"""

import os
from math import prod
from typing import Any

import numpy as np

from chainrule.arrays import Array
from chainrule.storage.files import DataFileError, check_size, reading, size_of
from chainrule.storage.widening import is_bfloat16, widen, widened

PIECE = 2**18
"""Bytes that are read and widened at once."""


class NpyFile:
    """An array in a .npy file.

    Parameters
    ----------
    path : str
    ndim : int
        The number of axes that the array must have.

    Raises
    ------
    DataFileError
        If the file is no .npy file, is incomplete, or holds an array that is not of real numbers or not in C order.
    """

    def __init__(self, path: str, ndim: int = 2) -> None:
        self.path = path
        self._size = size_of(path)
        self.shape, self.stored, self._offset = self._header()
        dtype = widened(self.stored)
        if self.stored.names is not None:
            raise DataFileError(
                f"{path}: a structured array with the fields {', '.join(self.stored.names)}; save plain rows, such as "
                "numpy.lib.recfunctions.structured_to_unstructured(array)"
            )
        if dtype is None:
            raise DataFileError(f"{path}: expected real numbers, got an array of {self.stored}")
        if len(self.shape) != ndim:
            axes = "one axis" if ndim == 1 else "two axes, samples and features"
            raise DataFileError(f"{path}: expected an array of {axes}, got shape {self.shape}")
        self.dtype = dtype
        expected = self._offset + prod(self.shape) * self.stored.itemsize
        if self._size != expected:
            raise DataFileError(
                f"{path}: the file is {'incomplete' if self._size < expected else 'too long'}: an array of shape "
                f"{self.shape} of {self.stored} takes {expected} bytes, the file has {self._size}"
            )

    @property
    def layout(self) -> dict[str, str]:
        """The facts that must be equal in files that are stacked."""
        stored = "bfloat16" if is_bfloat16(self.stored) else str(self.stored)
        return {"the number of features": str(self.shape[-1]), "the dtype": stored}

    def view(self, start: int, stop: int, dtype: np.dtype[Any]) -> Array | None:
        """Rows of the mapped file; None if they have another dtype and must be converted."""
        offset, count = self._bytes(start, stop)
        if self.stored != dtype or offset % dtype.itemsize or count == 0:
            return None
        with reading(self.path, self._size) as file:
            return np.asarray(np.memmap(file, dtype, "r", offset, (stop - start, *self.shape[1:])))

    def fill(self, start: int, stop: int, out: Array) -> None:
        """Write rows to out, in the dtype of out."""
        offset, count = self._bytes(start, stop)
        flat = out.reshape(-1)
        piece = np.empty(min(PIECE, count) // self.stored.itemsize, self.stored)
        with reading(self.path, self._size) as file:
            file.seek(offset)
            for done in range(0, len(flat), max(1, len(piece))):
                part = piece[: len(flat) - done]
                self._read(file, memoryview(part.view(np.uint8)))
                widen(part, flat[done : done + len(part)])

    def ranges(self, start: int, stop: int) -> list[tuple[str, int, int]]:
        """The path, first byte and number of bytes of these rows."""
        return [(self.path, *self._bytes(start, stop))]

    def _bytes(self, start: int, stop: int) -> tuple[int, int]:
        row = prod(self.shape[1:]) * self.stored.itemsize
        return self._offset + start * row, (stop - start) * row

    def _read(self, file: Any, into: memoryview) -> None:
        while into:
            count = file.readinto(into)
            if not count:
                raise DataFileError(f"{self.path}: the file ended while it was read; do not write to it during a fit")
            into = into[count:]

    def _header(self) -> tuple[tuple[int, ...], np.dtype[Any], int]:
        with reading(self.path) as file:
            try:
                version = np.lib.format.read_magic(file)
                if version == (1, 0):
                    shape, fortran, dtype = np.lib.format.read_array_header_1_0(file)
                else:
                    shape, fortran, dtype = np.lib.format.read_array_header_2_0(file)
            except ValueError as error:
                raise DataFileError(f"{self.path}: not a .npy file: {error}") from None
            if fortran and len(shape) > 1 and min(shape) > 1:
                raise DataFileError(
                    f"{self.path}: the array is in Fortran order, where a sample is not in one piece; save "
                    "numpy.ascontiguousarray(array)"
                )
            return shape, dtype, file.tell()


class MappedRows:
    """The rows of a `numpy.memmap`.

    Parameters
    ----------
    array : memmap

    Raises
    ------
    DataFileError
        If the array is not of real numbers, of two axes and in C order.
    """

    def __init__(self, array: np.memmap[Any, Any]) -> None:
        self.path = os.fspath(array.filename or "a memory map")
        if array.ndim != 2 or not array.flags.c_contiguous:
            raise DataFileError(
                f"{self.path}: expected a memory map of two axes, samples and features, in C order, "
                f"got shape {array.shape} with strides {array.strides}"
            )
        dtype = widened(array.dtype)
        if dtype is None:
            raise DataFileError(f"{self.path}: expected real numbers, got a memory map of {array.dtype}")
        self.dtype, self.shape = dtype, array.shape
        self.layout = {"the number of features": str(array.shape[1]), "the dtype": str(array.dtype)}
        self._array = np.asarray(array)
        self._array.flags.writeable = False
        self._size = os.stat(self.path).st_size if array.filename else None

    def view(self, start: int, stop: int, dtype: np.dtype[Any]) -> Array | None:
        """Rows of the map; None if they have another dtype and must be converted."""
        self._check()
        return self._array[start:stop] if self._array.dtype == dtype and self._array.flags.aligned else None

    def fill(self, start: int, stop: int, out: Array) -> None:
        """Write rows to out, in the dtype of out."""
        self._check()
        flat, source = out.reshape(-1), self._array[start:stop].reshape(-1)
        step = PIECE // self._array.itemsize
        for done in range(0, len(flat), step):
            widen(source[done : done + step], flat[done : done + step])

    def ranges(self, start: int, stop: int) -> list[tuple[str, int, int]]:
        """The whole file: a view of a map does not know its place in it."""
        return [(self.path, 0, 0)] if self._size is not None else []

    def _check(self) -> None:
        if self._size is not None:
            check_size(self.path, self._size, os.stat(self.path).st_size)
