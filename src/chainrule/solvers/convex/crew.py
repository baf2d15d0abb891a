"""Work on blocks of rows that stay in the processor's cache, spread over threads.

NumPy's products take several threads, its exponentials one. Here every thread has row blocks of its own and does all
that there is to do on them, with products of one thread each, so that the exponentials are spread too and every row is
read from memory once. Results are added in a fixed order: they depend on the number of threads, and not on their pace.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from itertools import pairwise
from typing import Any, TypeVar

import numpy as np

from chainrule.arrays import Array
from chainrule.kernels.blas import available_threads, single_threaded_products
from chainrule.kernels.workers import each

Result = TypeVar("Result")

TOGETHER = 1 << 14
"""Entries of vectors that a thread works on at once, while they are in the cache."""

WORTH_SHARING = 1 << 18
"""Entries of vectors from which a second thread saves time."""

ADDED_AT_ONCE = 1 << 16
"""Products of float32 numbers that are added in float32; sums of so many are added in float64."""


class Crew:
    """Threads that work on parts of the rows, as many as are given, or else as this thread's products may take.

    Their products are to have one thread each; `single_threaded_products` sees to that.
    """

    def __init__(self, count: int | None = None) -> None:
        self.count = max(1, available_threads() if count is None else count)

    def each(self, work: Callable[[int], Result]) -> list[Result]:
        """The results of work(0), work(1), ... for every thread; see `kernels.workers.each`."""
        return each(self.count, work)


@contextmanager
def crew(threads: int | None = None) -> Iterator[Crew]:
    """Threads, with BLAS at one thread per call for the time of the context."""
    team = Crew(threads)
    with single_threaded_products():
        yield team


def cut(start: int, stop: int, size: int) -> list[slice]:
    """Consecutive slices of at most `size`, which may come out as less than 1.

    >>> cut(5, 10, 3)
    [slice(5, 8, None), slice(8, 10, None)]
    """
    size = max(size, 1)
    return [slice(first, min(first + size, stop)) for first in range(start, stop, size)]


def row_blocks(rows: int, size: int, threads: int) -> list[list[slice]]:
    """For every thread, its consecutive row blocks of at most `size` rows.

    >>> row_blocks(10, 3, 2)
    [[slice(0, 3, None), slice(3, 5, None)], [slice(5, 8, None), slice(8, 10, None)]]
    """
    edges = [rows * number // threads for number in range(threads + 1)]
    return [cut(start, stop, size) for start, stop in pairwise(edges)]


def over_rows(team: Crew | None, shape: tuple[int, int], work: Callable[[slice], float]) -> float:
    """The sum of `work` over slices of all rows; by all threads if the array is large."""
    threads = 1 if team is None or shape[0] * shape[1] < WORTH_SHARING else team.count
    shares = row_blocks(shape[0], TOGETHER // max(shape[1], 1), threads)

    def share(thread: int) -> float:
        return sum(work(rows) for rows in shares[thread]) if thread < threads else 0.0

    return share(0) if team is None or threads == 1 else sum(team.each(share))


def added(parts: Sequence[Any]) -> Any:
    """The sum of arrays or numbers, into the first."""
    total = parts[0]
    for part in parts[1:]:
        total += part
    return total


def dot(a: Array, b: Array) -> float:
    """The inner product of two arrays; of large float32 ones in chunks whose sums are added as float64."""
    first, second = a.reshape(-1), b.reshape(-1)
    if first.dtype == np.float64 or len(first) <= ADDED_AT_ONCE:
        return float(np.dot(first, second))
    return float(sum(float(np.dot(first[part], second[part])) for part in cut(0, len(first), ADDED_AT_ONCE)))
