"""Buffers that are allocated once and reused, and access to one entry per row of a buffer."""

from __future__ import annotations

import sys
from typing import Any

import numpy as np

from chainrule.arrays import Array, empty, is_torch


class Workspace:
    """Named buffers: the first call with a name and shape allocates, later calls return the same buffer.

    >>> work = Workspace()
    >>> first = work("row_max", (2, 1), np.zeros(3))
    >>> work("row_max", (2, 1), np.zeros(3)) is first
    True
    """

    def __init__(self) -> None:
        self._buffers: dict[tuple[str, tuple[int, ...]], Array] = {}
        self._others: dict[tuple[str, tuple[int, ...], str, str], Array] = {}
        """Buffers of one name and shape in several dtypes or on several devices."""
        self._parts: dict[str, Workspace] = {}
        self._entries: ClassEntries | None = None

    def __call__(self, name: str, shape: tuple[int, ...], like: Array, dtype: Any = None) -> Array:
        """The buffer of that name and shape in the library, device and dtype of `like` (or in `dtype`)."""
        buffer = self._first(name, shape, like, dtype)
        return self._other(name, shape, like, dtype)[0] if buffer is None else buffer

    def _first(self, name: str, shape: tuple[int, ...], like: Array, dtype: Any = None) -> Array | None:
        """The first buffer of that name and shape if its dtype and device match, else None."""
        buffer = self._buffers.get((name, shape))
        # Compare devices first: comparing dtypes of two libraries raises an error.
        if buffer is None or buffer.device != like.device or buffer.dtype != (like.dtype if dtype is None else dtype):
            return None
        return buffer

    def _other(self, name: str, shape: tuple[int, ...], like: Array, dtype: Any = None) -> tuple[Array, bool]:
        """A buffer that is not the first of its name and shape, and True if it was allocated now."""
        wanted = like.dtype if dtype is None else np.dtype(dtype) if isinstance(dtype, type) else dtype
        key = name, shape, str(wanted), repr(like.device)
        buffer = self._others.get(key)
        if buffer is not None:
            return buffer, False
        buffer = self._others[key] = empty(shape, like, dtype)
        self._buffers.setdefault((name, shape), buffer)
        return buffer, True

    def zeros(self, shape: tuple[int, ...], like: Array) -> Array:
        """Zeros of that shape in the library, on the device and in the dtype of `like`. Do not write to them."""
        buffer = self._first("zeros", shape, like)
        if buffer is None:
            buffer, new = self._other("zeros", shape, like)
            if new:
                buffer[...] = 0
        return buffer

    def part(self, name: str) -> Workspace:
        """The inner workspace of that name, for a rule that is composed of other rules.

        >>> work = Workspace()
        >>> work.part("inner") is work.part("inner"), work.part("inner") is work.part("outer")
        (True, False)
        """
        if name not in self._parts:
            self._parts[name] = Workspace()
        return self._parts[name]

    def class_entries(self, buffer: Array) -> ClassEntries:
        """Access to one entry per row of `buffer`, kept as long as the calls pass the same buffer."""
        if self._entries is None or self._entries.buffer is not buffer:
            self._entries = ClassEntries(buffer)
        return self._entries


def scratch(work: Workspace | None, name: str, shape: tuple[int, ...], like: Array) -> Array | None:
    """A value for `out=`: the named buffer, or None (allocate) without a workspace."""
    return None if work is None else work(name, shape, like)


class ClassEntries:
    """Reads and writes one entry per row of a fixed two-dimensional buffer, in place and without temporary arrays.

    Training uses it instead of `take_class` and `class_mask`, which allocate.
    """

    def __init__(self, buffer: Array) -> None:
        rows, columns = buffer.shape
        self.buffer = buffer
        self._torch = is_torch(buffer)
        if self._torch:
            return
        classes_major = not buffer.flags.c_contiguous
        self._flat = (buffer.T if classes_major else buffer).reshape(-1)
        if not np.shares_memory(self._flat, buffer):
            raise ValueError("expected a buffer with contiguous memory")
        self._stride = rows if classes_major else 1
        self._starts = np.arange(rows) * (1 if classes_major else columns)
        self._index = np.empty(rows, dtype=np.intp)

    def at(self, labels: Array, *, out: Array) -> Array:
        """Write the entries at `labels` to `out` (rows x 1), and remember the positions for `put`."""
        if self._torch:
            self._index = labels[:, None]
            return sys.modules["torch"].gather(self.buffer, 1, self._index, out=out)
        np.multiply(labels, self._stride, out=self._index, casting="unsafe")
        np.add(self._index, self._starts, out=self._index)
        np.take(self._flat, self._index, out=out.reshape(-1), mode="clip")
        return out

    def put(self, values: Array) -> None:
        """Overwrite the entries that the last `at` read, by a number or a rows x 1 array."""
        if self._torch:
            is_number = isinstance(values, int | float)
            self.buffer.scatter_(1, self._index, values if is_number else values.contiguous())
        else:
            self._flat[self._index] = values if isinstance(values, int | float) else values.reshape(-1)
