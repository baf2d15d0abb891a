"""How the rows x classes array of logits is cut into blocks, so that only one block is in memory.

For a budget of r x k numbers with k classes, there are two ways:

    r rows, all classes:        3 products; the logits stay in memory until the gradient
    more rows, some classes:    4 products; the log-sum-exp grows block by block, then the logits are computed again

On a CPU a product of 64 rows takes 1.5 times as long per row as one of 512 rows, a product of 16 rows 3 times. That
costs more than a fourth product, so the second way is used if fewer than 128 rows fit into the budget.
"""

from collections.abc import Iterator
from typing import NamedTuple

from chainrule.arrays import Array, is_torch, numpy_dtype

ENOUGH_ROWS = 128
"""Fewest rows for which a product runs near full speed."""
FULL_ROWS = 512
"""Number of rows above which products gain no speed."""
CACHE_BYTES = 1 << 20
"""Approximate size of one core's L2 cache. Elementwise passes run over parts of a block that fit into it."""
CACHE_BYTES_TORCH = 8 << 20
"""Size for tensors. PyTorch starts threads for each pass, so its parts are larger: as much as a shared cache holds."""


class Cut(NamedTuple):
    """The shape of a block, rows x classes, and the number of rows that one elementwise pass covers."""

    rows: int
    classes: int
    rows_in_cache: int


def cut(num_rows: int, num_classes: int, memory: int, buffers: int, like: Array) -> Cut:
    """The block size at which `buffers` blocks fit into `memory` bytes. Blocks are nearly equal in size.

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
    """The part size when `total` is cut into as few nearly equal parts as possible, none above `at_most`."""
    parts = -(-total // at_most)
    return -(-total // parts) if parts else 0


def slices(total: int, size: int) -> Iterator[slice]:
    """Consecutive slices of that size; the last may be shorter. A total of 0 gives one empty slice.

    >>> list(slices(5, 3))
    [slice(0, 3, None), slice(3, 5, None)]
    """
    for first in range(0, max(1, total), size):
        yield slice(first, min(first + size, total))
