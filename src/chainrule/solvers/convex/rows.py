"""Arrays with a row per sample and a column per logit."""

from __future__ import annotations

from typing import Any

import numpy as np

from chainrule.arrays import Array, empty_classes_major
from chainrule.solvers.convex.products import Block
from chainrule.workspace import Workspace

FEW_OUTPUTS = 32
"""Up to this many logits, NumPy's reductions along a row are faster with the columns lying together in memory."""


def empty_rows(count: int, n_outputs: int, dtype: Any) -> Array:
    """As many rows, in the order of memory that reductions are fast in."""
    if n_outputs <= FEW_OUTPUTS:
        return empty_classes_major(count, n_outputs, np.empty(0, dtype))
    return np.empty((count, n_outputs), dtype)


class RowBuffers:
    """Rows for a block, by name: for every thread the same memory again at every call."""

    def __init__(self, threads: int, n_outputs: int, dtype: Any) -> None:
        self._n_outputs, self._like = n_outputs, np.empty(0, dtype)
        self._works = [Workspace() for _ in range(threads)]

    def __call__(self, block: Block, name: str) -> Array:
        """Rows of all logits, in the order of `empty_rows`."""
        work, count, k = self._works[block.thread], block.rows.stop - block.rows.start, self._n_outputs
        return work(name, (count, k), self._like) if k > FEW_OUTPUTS else work(name, (k, count), self._like).T

    def column(self, block: Block, name: str) -> Array:
        """A column of as many rows."""
        return self._works[block.thread](name, (block.rows.stop - block.rows.start, 1), self._like)

    def workspace(self, block: Block) -> Workspace:
        """The memory of a block's thread, for a rule."""
        return self._works[block.thread]
