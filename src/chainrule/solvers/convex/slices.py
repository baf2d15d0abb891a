"""Vectors and rows in slices that stay in the cache, shared among threads and summed in a fixed order."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from chainrule.arrays import Array
from chainrule.kernels.workers import share

VECTOR_ENTRIES = 1 << 14
"""Entries of a vector that a thread works on at once, so that they stay in the cache."""

WORTH_SHARING = 1 << 18
"""Smallest number of entries of a vector for which a second thread saves time."""

SUMMED_IN_FLOAT32 = 1 << 16
"""Most products of float32 numbers that are summed in float32. The partial sums are added in float64."""


def cut(start: int, stop: int, size: int) -> list[slice]:
    """Consecutive slices of at most `size` entries; a size below 1 counts as 1.

    >>> cut(5, 10, 3)
    [slice(5, 8, None), slice(8, 10, None)]
    """
    size = max(size, 1)
    return [slice(first, min(first + size, stop)) for first in range(start, stop, size)]


def over_rows(threads: int, shape: tuple[int, int], work: Callable[[slice], float]) -> float:
    """The sum of `work` over fixed slices of all rows, in their order. Only large arrays use more than one thread."""
    slices = cut(0, shape[0], VECTOR_ENTRIES // max(shape[1], 1))
    values = [0.0] * len(slices)

    def one(_: int, number: int) -> None:
        values[number] = work(slices[number])

    share(len(slices), threads if shape[0] * shape[1] >= WORTH_SHARING else 1, one)
    return sum(values)


def dot(a: Array, b: Array) -> float:
    """The inner product of two arrays. Large float32 arrays are summed in chunks, and the chunks in float64."""
    if a.dtype == np.float64:
        return float(np.vdot(a, b))
    first, second = a.reshape(-1), b.reshape(-1)
    return float(sum(float(np.dot(first[part], second[part])) for part in cut(0, len(first), SUMMED_IN_FLOAT32)))
