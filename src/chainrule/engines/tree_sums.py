"""Sums in a fixed binary tree, whose bits do not depend on the order in which the parts arrive.

Node (level, j) is the sum of the leaves j 2^level, ..., (j + 1) 2^level - 1. A node without a right half is its left
half. A worker adds up the nodes that it has whole, and only their sums travel.
"""

import threading
from collections.abc import Iterable
from typing import Any

import numpy as np

from chainrule.arrays import Array

SUMMED_IN_FLOAT32 = 1 << 22
"""Float32 arrays of at least this many entries are summed in float32, because their sums need most of the memory. All
others are summed in float64."""

LENT = 1 << 14
"""Least entries of an array that is lent a second time."""


class Lender:
    """Memory for the parts of sums. Fresh memory takes longer than the sum, so that parts return their memory."""

    def __init__(self) -> None:
        self._free: dict[tuple[tuple[int, ...], np.dtype[Any]], list[Array]] = {}
        self._lent: set[int] = set()
        self._lock = threading.Lock()

    def lend(self, shape: tuple[int, ...], dtype: Any) -> Array:
        """An array with any content, which its user returns as (a part of) a sum."""
        with self._lock:
            free = self._free.get((shape, np.dtype(dtype)))
            array: Array = free.pop() if free else np.empty(shape, dtype)
            self._lent.add(id(array))
        return array

    def take_back(self, array: Array) -> None:
        """Take an array that was lent and that nobody uses any more. Others would pile up."""
        with self._lock:
            if id(array) in self._lent:
                self._lent.remove(id(array))
                if array.size >= LENT and array.base is None and array.flags.c_contiguous:
                    self._free.setdefault((array.shape, array.dtype), []).append(array)


class TreeSum:
    """The sum of `count` parts, added at their positions in any order, by several threads.

    >>> total = TreeSum(3)
    >>> for position in (2, 0, 1):
    ...     total.add([position], position)
    >>> total.result()
    [0, 1, 2]

    Several sums of some of the parts make the same nodes:

    >>> first, second = TreeSum(5), TreeSum(5)
    >>> for position in range(3):
    ...     first.add([position], position)
    >>> for position in range(3, 5):
    ...     second.add([position], position)
    >>> first.nodes(), second.nodes()
    ([([0, 1], 0, 1), ([2], 2, 0)], [([3], 3, 0), ([4], 1, 2)])
    >>> for node in second.nodes():
    ...     first.add(*node)
    >>> first.result()
    [0, 1, 2, 3, 4]

    Parameters
    ----------
    count : int
    lender : Lender, optional
        Takes the memory of parts back.
    """

    def __init__(self, count: int, lender: Lender | None = None) -> None:
        self._count, self._lender = count, lender or Lender()
        self._waiting: dict[tuple[int, int], Any] = {}
        self._lock = threading.Lock()

    def add(self, part: Any, position: int, level: int = 0) -> None:
        """Add the part at this position, or the sum of a node, and take each sum that it completes."""
        while True:
            sibling, count = position ^ 1, self._count_at(level)
            if sibling < count or count == 1:
                with self._lock:
                    if (level, sibling) not in self._waiting:
                        self._waiting[level, position] = part
                        return
                    other = self._waiting.pop((level, sibling))
                part = added(*((part, other) if position < sibling else (other, part)), self._lender)
            level, position = level + 1, position >> 1

    def nodes(self) -> list[tuple[Any, int, int]]:
        """The sums of the largest whole nodes so far, in the order of their parts: arguments of `add` elsewhere."""
        return [(part, j, level) for (level, j), part in sorted(self._waiting.items(), key=_first)]

    def result(self) -> Any:
        """The sum. Parts that are still missing are an error of the caller."""
        root = [part for (level, _), part in self._waiting.items() if self._count_at(level) == 1]
        if not root:
            raise ValueError(f"expected {self._count} parts, some are missing")
        return root[0]

    def _count_at(self, level: int) -> int:
        """The number of nodes at a level."""
        return -(-self._count >> level)


def tree_sum(parts: Iterable[Any], count: int, lender: Lender | None = None) -> Any:
    """The sum of parts that arrive in order.

    >>> tree_sum([1.0, 2.0, 4.0], 3)
    7.0
    """
    total = TreeSum(count, lender)
    for position, part in enumerate(parts):
        total.add(part, position)
    return total.result()


def added(left: Any, right: Any, lender: Lender) -> Any:
    """The sum of two numbers, of two arrays, or of two tuples entry by entry; two lists are joined.

    It may lie in the memory of `left`, unless nobody may write there.
    """
    if left is None or right is None:
        return left if right is None else right
    if isinstance(left, tuple):
        return tuple(added(a, b, lender) for a, b in zip(left, right, strict=True))
    if not isinstance(left, np.ndarray) or left.dtype == bool:
        return left | right if isinstance(left, np.ndarray) else left + right
    result = left
    if left.dtype == np.float32 and left.size < SUMMED_IN_FLOAT32:
        result = lender.lend(left.shape, np.float64)
    elif not left.flags.writeable:
        result = lender.lend(left.shape, left.dtype)
    if right.dtype != result.dtype or left.dtype != result.dtype:
        np.add(left, right, out=result, dtype=np.float64)
    else:
        np.add(left, right, out=result)
    for spent in (right,) if result is left else (left, right):
        lender.take_back(spent)
    return result


# What follows is private.


def _first(item: tuple[tuple[int, int], Any]) -> int:
    """The first leaf of a node."""
    (level, j), _ = item
    return j << level
