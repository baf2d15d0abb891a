"""Buffers that are allocated once and reused, and access to one entry per row of a buffer."""

import sys
from typing import Any

import numpy as np

from chainrule.arrays import Array, empty, is_torch


class ClassEntries:
    """Read and write one entry per row of a fixed two-dimensional buffer, in place and without temporary arrays.

    Training uses it instead of `take_class` and `class_mask`, which allocate.
    """

    def __init__(self, buffer: Array) -> None:
        self.buffer = buffer
        self._torch = is_torch(buffer)
        if self._torch:
            return
        if not buffer.flags.forc:
            raise ValueError("expected a buffer with contiguous memory")
        self._flat = buffer.reshape(-1, order="A")
        row, self._stride = (stride // buffer.itemsize for stride in buffer.strides)
        self._starts = row * np.arange(len(buffer))
        self._index = np.empty(len(buffer), dtype=np.intp)

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


class Workspace:
    """Named buffers: the first call with a name and shape allocates, later calls return the same buffer.

    >>> work = Workspace()
    >>> first = work("row_max", (2, 1), np.zeros(3))
    >>> work("row_max", (2, 1), np.zeros(3)) is first
    True
    """

    def __init__(self) -> None:
        self._buffers: dict[tuple[Any, ...], Array] = {}
        self._entries: ClassEntries | None = None

    def __call__(self, name: str, shape: tuple[int, ...], like: Array, dtype: Any = None) -> Array:
        """The buffer of that name and shape in the library, device and dtype of `like` (or in `dtype`)."""
        kind = like.dtype if dtype is None else np.dtype(dtype) if isinstance(dtype, type) else dtype
        key = name, shape, kind, like.device
        buffer = self._buffers.get(key)
        if buffer is None:
            buffer = self._buffers[key] = empty(shape, like, dtype)
        return buffer

    def zeros(self, shape: tuple[int, ...], like: Array) -> Array:
        """Zeros of that shape in the library, on the device and in the dtype of `like`. Do not write to them."""
        key = "zeros", shape, like.dtype, like.device
        if key not in self._buffers:
            self("zeros", shape, like)[...] = 0
        return self._buffers[key]

    def class_entries(self, buffer: Array) -> ClassEntries:
        """Access to one entry per row of `buffer`, kept as long as the calls pass the same buffer."""
        if self._entries is None or self._entries.buffer is not buffer:
            self._entries = ClassEntries(buffer)
        return self._entries


def scratch(work: Workspace | None, name: str, shape: tuple[int, ...], like: Array) -> Array | None:
    """A value for `out=`: the named buffer, or None (allocate) without a workspace."""
    return None if work is None else work(name, shape, like)
