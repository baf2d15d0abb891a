"""Blocks of rows for threads, and sums over them.

NumPy's products use several threads, its exponentials one. Here each thread owns some blocks of rows, does all the work
on a block while it is in the processor's cache, and uses products of one thread (`single_threaded_products`): so the
exponentials use all cores, and each row is read from memory once. Results are added in a fixed order. They depend on
the number of threads, and not on the time that each thread takes.
"""

from collections.abc import Callable
from itertools import pairwise

import numpy as np

from chainrule.arrays import Array
from chainrule.kernels.workers import each

ENTRIES_AT_ONCE = 1 << 14
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


def row_blocks(rows: int, size: int, threads: int) -> list[list[slice]]:
    """For each thread, its consecutive blocks of at most `size` rows.

    >>> row_blocks(10, 3, 2)
    [[slice(0, 3, None), slice(3, 5, None)], [slice(5, 8, None), slice(8, 10, None)]]
    """
    edges = [rows * number // threads for number in range(threads + 1)]
    return [cut(start, stop, size) for start, stop in pairwise(edges)]


def over_rows(threads: int, shape: tuple[int, int], work: Callable[[slice], float]) -> float:
    """The sum of `work` over slices of all rows. Only large arrays use more than one thread."""
    threads = threads if shape[0] * shape[1] >= WORTH_SHARING else 1
    blocks = row_blocks(shape[0], ENTRIES_AT_ONCE // max(shape[1], 1), threads)
    return sum(each(threads, lambda thread: sum(map(work, blocks[thread]))))


def dot(a: Array, b: Array) -> float:
    """The inner product of two arrays. Large float32 arrays are summed in chunks, and the chunks in float64."""
    if a.dtype == np.float64:
        return float(np.vdot(a, b))
    first, second = a.reshape(-1), b.reshape(-1)
    return float(sum(float(np.dot(first[part], second[part])) for part in cut(0, len(first), SUMMED_IN_FLOAT32)))
