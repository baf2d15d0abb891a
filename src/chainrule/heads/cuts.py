"""How the rows x classes logits are cut, so that only a block of them exists at a time.

Two ways, for n rows, k classes, d features, and a budget of r x k numbers:

    r rows, all classes:    logits stay until the gradient, so 3 products; the weights' gradient is added to per block
    n' rows, some classes:  the log-sum-exp grows class block by class block, then logits are formed again: 4 products

Blocks of few rows slow every product down, by 1.5 at 64 and by 3 at 16 on a processor, which costs more than a fourth
product: the second way takes over where the budget does not hold 128 rows.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from chainrule.arrays import Array, is_torch, numpy_dtype

ENOUGH_ROWS = 128
"""Products of fewer rows are slow."""
FULL_ROWS = 512
"""Products of more rows are no faster."""
CACHE_BYTES = 1 << 20
"""About the second cache of one core: elementwise passes run over parts of a block that stay in it."""
CACHE_BYTES_TORCH = 8 << 20
"""The same for tensors, whose every pass starts and joins threads: fewer passes, over what a shared cache holds."""


class Cut(NamedTuple):
    """The sizes of a block: rows x classes, and the rows whose elementwise passes run together."""

    rows: int
    classes: int
    rows_in_cache: int


def cut(num_rows: int, num_classes: int, memory: int, buffers: int, like: Array) -> Cut:
    """Blocks of which `buffers` together fit in `memory` bytes, equal in size as far as possible.

    >>> import numpy as np
    >>> cut(2048, 50_000, 64 << 20, 1, np.zeros(1, np.float32))
    Cut(rows=293, classes=50000, rows_in_cache=5)
    >>> cut(2048, 50_000, 1 << 20, 1, np.zeros(1, np.float32))
    Cut(rows=512, classes=511, rows_in_cache=512)
    """
    itemsize = numpy_dtype(like).itemsize
    numbers = max(1, memory // (itemsize * buffers))
    rows, classes = min(num_rows, numbers // num_classes), num_classes
    if rows < min(num_rows, ENOUGH_ROWS):
        rows = min(num_rows, FULL_ROWS, numbers)
        classes = _even(num_classes, min(num_classes, max(1, numbers // rows)))
    rows = max(1, _even(num_rows, max(1, rows)))
    on_gpu = is_torch(like) and like.device.type != "cpu"
    cache = CACHE_BYTES_TORCH if is_torch(like) else CACHE_BYTES
    return Cut(rows, classes, rows if on_gpu else min(rows, max(1, cache // (itemsize * classes))))


def _even(total: int, at_most: int) -> int:
    """The size of the parts when the total is cut into as few as that allows, of nearly one size."""
    parts = -(-total // at_most)
    return -(-total // parts) if parts else 0


def slices(total: int, size: int) -> Iterator[slice]:
    """Consecutive slices of that size; the last may be shorter.

    >>> list(slices(5, 3))
    [slice(0, 3, None), slice(3, 5, None)]
    """
    for first in range(0, total, size):
        yield slice(first, min(first + size, total))
