"""The engine of one process: threads share the leaves of rows in memory or in files.

Each thread takes the next leaf, so that no thread waits for another. Leaves of files are read ahead by one thread. With
sparse rows, a sum has an entry per feature of a large vocabulary, so that leaves are large: there the threads share
each leaf instead.
"""

import threading
from collections.abc import Generator, Sequence
from contextlib import closing, nullcontext
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from chainrule.arrays import Array, csr_rows, is_sparse
from chainrule.engines.engine import Leaf, LeafFunction, Sums
from chainrule.engines.tree_sums import Lender, TreeSum
from chainrule.kernels.workers import each
from chainrule.progress import counted_pass
from chainrule.storage import StoredRows, read_ahead
from chainrule.workspace import Workspace

LEAF_ENTRIES = 1 << 21
"""Entries of features and logits of a dense leaf: 8 MB in float32. Threads of Python wait for each other between calls
of NumPy. With two threads, passes take up to 7% longer with half as many entries, and 7 to 14% with a quarter."""

FEWEST_ROWS, MOST_ENTRIES = 1024, 1 << 24
"""Rows that make adding a product worth its time, as long as they have at most this many entries."""

LEAST_ROWS, MOST_ROWS = 64, 1 << 16
"""Bounds on the rows of a dense leaf. With 28 features and one logit, passes over leaves of 32768 rows take a sixth
longer, and of 8192 rows 80% longer."""

SPARSE_ROWS = 4096
"""Fewest rows of a sparse leaf."""


def leaf_rows(n_features: int, n_outputs: int, *, sparse: bool = False) -> int:
    """The number of rows of a leaf.

    A sparse leaf has two rows per feature: adding its products then takes a hundredth of the products' time with ten
    entries per row, and less with more.

    >>> leaf_rows(28, 1), leaf_rows(384, 58), leaf_rows(2048, 1000), leaf_rows(50_000, 20, sparse=True)
    (65536, 4194, 1024, 100000)
    """
    if sparse:
        return max(SPARSE_ROWS, 2 * n_features)
    entries = n_features + 2 * n_outputs
    least = min(FEWEST_ROWS, MOST_ENTRIES // entries)
    return int(np.clip(LEAF_ENTRIES // entries, max(least, LEAST_ROWS), MOST_ROWS))


def in_step(array: Array) -> Array:
    """The array, or a copy of it whose entries lie at multiples of their size in memory.

    What arrives over a network may begin anywhere. NumPy multiplies such matrices without BLAS, with other bits.
    """
    return array if array.flags.aligned else array.copy("K")


@dataclass(frozen=True, eq=False)
class Leaves:
    """Rows, cut into leaves.

    Parameters
    ----------
    x : (n, d) array, CSR matrix or StoredRows
    targets : (n,) or (n, k) array
    weights : (n,) array, optional
    size : int
        Rows of a leaf.
    first : int
        The number of the first leaf, for a part of all rows.
    """

    x: Any
    targets: Array | None
    weights: Array | None
    size: int
    first: int = 0

    @property
    def count(self) -> int:
        """The number of leaves; 1 if there are no rows."""
        return max(1, -(-int(self.x.shape[0]) // self.size))

    @property
    def stored(self) -> bool:
        """True if features are read from files."""
        return isinstance(self.x, StoredRows)

    @property
    def sparse(self) -> bool:
        """True if features are sparse."""
        return is_sparse(self.x) or (self.stored and self.x.sparse)

    @property
    def numbers(self) -> range:
        """The numbers of the leaves."""
        return range(self.first, self.first + self.count)

    def rows_of(self, keys: Sequence[int]) -> int:
        """The number of rows of some leaves; the last leaf of all may be short."""
        missing = self.count * self.size - int(self.x.shape[0])
        return len(keys) * self.size - (missing if self.numbers[-1] in keys else 0)

    def features(self, number: int) -> Array:
        """The features of a leaf."""
        start = (number - self.first) * self.size
        stop = min(start + self.size, self.x.shape[0])
        if is_sparse(self.x):
            return self.x if stop - start == self.x.shape[0] else csr_rows(self.x, slice(start, stop))
        x = self.x[start:stop]
        return x if is_sparse(x) else np.require(x, requirements=("C", "A"))

    def leaf(self, number: int, x: Array, works: Sequence[Workspace], lender: Lender, kept: Any) -> Leaf:
        """The leaf with these features."""
        start = (number - self.first) * self.size
        part = slice(start, start + x.shape[0])
        rows = slice(number * self.size, number * self.size + x.shape[0])
        targets = None if self.targets is None else in_step(self.targets[part])
        weights = None if self.weights is None else in_step(self.weights[part])
        return Leaf(number, rows, x, targets, weights, works, lender, kept, not self.stored)


@dataclass(eq=False)
class LocalEngine:
    """The engine of one process.

    Parameters
    ----------
    leaves : Leaves
    threads : int
    small : bool
        True if a second thread would take longer.
    """

    leaves: Leaves
    threads: int = 1
    small: bool = False
    _lender: Lender = field(default_factory=Lender)

    def __post_init__(self) -> None:
        self._works = [Workspace() for _ in range(self.threads)]
        self._kept: dict[int, dict[Any, Any]] = {number: {} for number in self.leaves.numbers}

    @property
    def x(self) -> Any:
        """The features of all rows."""
        return self.leaves.x

    def with_threads(self, count: int) -> "LocalEngine":
        """The same rows, shared by up to this many threads."""
        return LocalEngine(self.leaves, 1 if self.small else count, self.small)

    def blocks(self) -> Sequence[int]:
        """The numbers of all leaves."""
        return self.leaves.numbers

    def map_reduce(self, function: LeafFunction, state: Any, keys: Sequence[int] | None = None) -> Sums:
        """The sum of function(leaf, state) over some leaves."""
        leaves = self.leaves
        keys = leaves.numbers if keys is None else keys
        total, done = TreeSum(len(keys), self._lender), counted_pass(leaves.rows_of(keys))
        threads = 1 if leaves.sparse else min(self.threads, len(keys))
        lock, ended = threading.Lock(), threading.Event()
        features = read_ahead(keys, leaves.features) if leaves.stored else map(leaves.features, keys)
        with closing(features) if isinstance(features, Generator) else nullcontext():
            arrived = enumerate(features)

            def work(thread: int) -> None:
                works = self._works if leaves.sparse else self._works[thread : thread + 1]
                try:
                    while not ended.is_set():
                        with lock:
                            position, x = next(arrived, (-1, None))
                        if position < 0:
                            return
                        number = keys[position]
                        leaf = leaves.leaf(number, x, works, self._lender, self._kept[number])
                        total.add(function(leaf, state), position)
                        done(leaf.x.shape[0])
                except BaseException:
                    ended.set()  # no thread takes another leaf, also after Ctrl-C
                    raise

            each(threads, work)
        return total.result()

    def close(self) -> None:
        """Forget the results that were kept."""
        self._kept = {number: {} for number in self.leaves.numbers}
