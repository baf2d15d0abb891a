"""Sums over rows, taken in the threads of this process or on the workers of a cluster.

    blocks()                                the keys of the leaves
    map_reduce(function, state, keys)       the sum of function(leaf, state) over leaves
    close()

A leaf is a fixed number of consecutive rows, which depends on the numbers of features and classes alone. Leaves are
summed in a fixed binary tree (`tree_sums`), and each product has one thread and a fixed shape. So the bits of a sum
depend neither on threads nor on workers, and a solver need not know which engine it runs on.
"""

from chainrule.engines.dask_engine import ClusterRows
from chainrule.engines.dask_tasks import ClusterError
from chainrule.engines.engine import Engine, Leaf
from chainrule.engines.journal import JournaledEngine, JournalError
from chainrule.engines.local import Leaves, LocalEngine, leaf_rows
from chainrule.engines.meeting import Meeting, MeetingEngine, Request
from chainrule.engines.tree_sums import TreeSum, tree_sum

__all__ = [
    "ClusterError",
    "ClusterRows",
    "Engine",
    "JournalError",
    "JournaledEngine",
    "Leaf",
    "Leaves",
    "LocalEngine",
    "Meeting",
    "MeetingEngine",
    "Request",
    "TreeSum",
    "leaf_rows",
    "tree_sum",
]
