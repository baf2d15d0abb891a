"""The interface of engines, through which a solver takes sums, and the leaves that its functions see."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from chainrule.arrays import Array
from chainrule.engines.tree_sums import Lender
from chainrule.workspace import Workspace


@dataclass(frozen=True, eq=False)
class Leaf:
    """Some consecutive rows, as a function sees them.

    Attributes
    ----------
    number : int
        Leaves are numbered from 0 in the order of rows.
    rows : slice
        The position of these rows among all rows.
    x : array or CSR matrix
        Features, C-contiguous. Nobody may write to them.
    targets, weights : array or None
    works : sequence of Workspace
        Buffers for each thread that works on the leaf.
    lender : Lender
        Lends the arrays that a function returns.
    kept : dict or None
        Results that may be kept for later calls; None if the engine keeps nothing.
    in_memory : bool
        True if the rows lie in memory anyhow, so that a converted copy of them may be kept too.
    """

    number: int
    rows: slice
    x: Array
    targets: Array | None
    weights: Array | None
    works: Sequence[Workspace]
    lender: Lender
    kept: dict[Any, Any] | None
    in_memory: bool


Sums = Any
"""A number, an array, a list, or a tuple of these. Lists are joined, everything else is added."""

LeafFunction = Callable[[Leaf, Any], Sums]
"""A function of a leaf and a state. It returns arrays that it does not use again, and depends on nothing else, except
that it may read results of the same function of the same state from `Leaf.kept`."""


class Engine(Protocol):
    """Takes sums over the leaves of some rows.

    Attributes
    ----------
    threads : int
        The number of threads for work on vectors in this process.
    """

    threads: int

    @property
    def x(self) -> Any:
        """The features of all rows, for comparison."""

    def with_threads(self, count: int) -> Engine:
        """The engine of the same rows with at most this many threads in this process."""

    def blocks(self) -> Sequence[int]:
        """The keys of all leaves, in the order of rows."""

    def map_reduce(self, function: LeafFunction, state: Any, keys: Sequence[int] | None = None) -> Sums:
        """The sum of function(leaf, state) over some leaves, by default all, in the order of `tree_sums`."""

    def close(self) -> None:
        """End threads and files that the engine has opened."""
