"""The engine of a Dask cluster: each pass is a graph of tasks, and nothing else lies on the workers but the rows.

A task sums some leaves, whose number is a power of two; further tasks add two sums each, as the tree says. The state is
the argument of all tasks. So Dask's own remedies for workers that die or join are enough: tasks are run again, and have
the same bits. Tasks are free to run anywhere, and nothing is scattered.
"""

from __future__ import annotations

import pickle
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from chainrule.arrays import Array
from chainrule.engines.engine import LeafFunction, Sums
from chainrule.engines.fingerprint import differences, fingerprint
from chainrule.engines.local import Leaves, in_step
from chainrule.engines.tree_sums import Lender, TreeSum, added, tree_sum
from chainrule.extras import import_extra
from chainrule.kernels.blas import single_threaded_products
from chainrule.storage.stored_rows import ENTRIES_OF_A_SPARSE_ROW, stacked
from chainrule.workspace import Workspace

RETRIES = 2
"""The number of times that a failed task is tried again."""

SECONDS_WITHOUT_WORKER = 60.0
"""Time without any worker after which a pass ends in an error."""

SECONDS_BETWEEN_LOOKS = 5.0
"""Time between two looks at whether there are workers."""

SHARE_OF_MEMORY = 0.5
"""Share of the workers' memory that rows may need to be kept there from pass to pass."""


class ClusterError(RuntimeError):
    """A pass that a cluster could not take; the message names the rows or the worker."""


@dataclass(frozen=True, eq=False)
class ClusterRows:
    """Rows on the workers of a cluster, or files that workers read.

    Parameters
    ----------
    chunks : sequence of Delayed
        Each becomes a tuple (features, targets, weights) of consecutive rows, in the order of rows.
    shape : tuple of int
        The number of rows and of features.
    dtype : dtype
        That of the features.
    sparse : bool
    size : int
        Rows of a leaf.
    leaves : int
        Leaves of a chunk, a power of two. The last chunk may have fewer.
    client : distributed.Client or None
        None computes in the threads of this process.
    held : int
        Bytes of these rows, and of those that they come from, that workers keep.
    """

    chunks: Sequence[Any]
    shape: tuple[int, int]
    dtype: Any
    sparse: bool
    size: int
    leaves: int
    client: Any = None
    held: int = 0

    def __getitem__(self, rows: Array) -> ClusterRows:
        """The rows of an ascending index, or under a mask, in leaves of the same size."""
        dask = import_extra("dask", "dask", "sums on a cluster need Dask")
        numbers = np.flatnonzero(rows) if rows.dtype == bool else rows
        choose, join = dask.delayed(_chosen, pure=False), dask.delayed(_joined, pure=False)
        rows_of_chunk, chunks = self.leaves * self.size, []
        for start in range(0, max(len(numbers), 1), rows_of_chunk):
            wanted = numbers[start : start + rows_of_chunk]
            # Parts are chosen where their chunk lies, so that no other rows travel.
            homes, ends = np.unique(wanted // rows_of_chunk, return_index=True)
            wanted = (wanted % rows_of_chunk).astype(np.int32 if rows_of_chunk < 1 << 31 else np.int64)
            parts = np.split(wanted, ends[1:])
            pieces = [choose(self.chunks[home], part) for home, part in zip(homes, parts, strict=False)]
            chunks.append(join(pieces) if pieces else choose(self.chunks[0], wanted))
        return replace(self, chunks=chunks, shape=(len(numbers), self.shape[1])).kept()

    def kept(self) -> ClusterRows:
        """The same rows, which stay on the workers from pass to pass if there is room."""
        entries = min(self.shape[1], ENTRIES_OF_A_SPARSE_ROW) if self.sparse else self.shape[1]
        held = self.held + self.shape[0] * entries * np.dtype(self.dtype).itemsize
        if self.client is None or held > SHARE_OF_MEMORY * memory_of(self.client):
            return self
        return replace(self, chunks=kept_on_workers(self.client, self.chunks), held=held)

    def mapped(self, function: Callable[[Array, Any], Array], state: Any, n_features: int) -> ClusterRows:
        """The same rows with other features, which a function computes leaf by leaf."""
        dask = import_extra("dask", "dask", "sums on a cluster need Dask")
        cloudpickle = import_extra("cloudpickle", "dask", "sums on a cluster need Dask")
        call = dask.delayed(_held, pure=False)(cloudpickle.dumps((function, state)))
        task = dask.delayed(_mapped, pure=False)
        chunks = [task(call, chunk, self.size) for chunk in self.chunks]
        return replace(self, chunks=chunks, shape=(self.shape[0], n_features)).kept()

    def engine(self) -> DaskEngine:
        """The engine of these rows."""
        return DaskEngine(self)


@dataclass(eq=False)
class DaskEngine:
    """The engine of a Dask cluster.

    Parameters
    ----------
    rows : ClusterRows
    threads : int
        Threads for work on vectors in this process.
    """

    rows: ClusterRows
    threads: int = 1
    _fingerprint: tuple[str, ...] = field(default_factory=fingerprint)

    @property
    def x(self) -> ClusterRows:
        """The rows."""
        return self.rows

    def with_threads(self, count: int) -> DaskEngine:
        """The same rows, with this many threads for work on vectors in this process."""
        return DaskEngine(self.rows, count)

    def blocks(self) -> Sequence[int]:
        """The numbers of all leaves."""
        return range(max(1, -(-self.rows.shape[0] // self.rows.size)))

    def map_reduce(self, function: LeafFunction, state: Any, keys: Sequence[int] | None = None) -> Sums:
        """The sum of function(leaf, state) over some leaves.

        Raises
        ------
        ClusterError
            If rows cannot be read, workers or the scheduler are gone, or a worker has other versions than this process.
        """
        dask, rows = import_extra("dask", "dask", "sums on a cluster need Dask"), self.rows
        cloudpickle = import_extra("cloudpickle", "dask", "sums on a cluster need Dask")
        call = dask.delayed(_held, pure=False)(cloudpickle.dumps((function, state, self._fingerprint)))
        wanted = None if keys is None else set(keys)
        sums, task = [], dask.delayed(_sum_of_chunk, pure=False)
        for number, chunk in enumerate(rows.chunks):
            first = number * rows.leaves
            some = None if wanted is None else sorted(wanted & set(range(first, first + rows.leaves)))
            if some is None or some:
                sums.append(task(call, chunk, first, rows.size, some))
        if wanted is not None:  # parts in the order of leaves
            parts = [part for found in self._result(dask.delayed(sums)) for part in found]
            return tree_sum(parts, len(parts))
        add = dask.delayed(_added, pure=False)
        while len(sums) > 1:
            pairs = [add(*sums[start : start + 2]) for start in range(0, len(sums) - 1, 2)]
            sums = pairs + (sums[-1:] if len(sums) % 2 else [])
        return self._result(sums[0])

    def close(self) -> None:
        """Leave the cluster as it is: its rows disappear with the last reference to them."""

    # What follows is private.

    def _result(self, root: Any) -> Any:
        """The result of a graph."""
        client = self.rows.client
        if client is None:
            with single_threaded_products():
                return root.compute(scheduler="threads")
        return _changed(in_step, _waited_for(client, root))


def kept_on_workers(client: Any, chunks: Sequence[Any]) -> list[Any]:
    """Chunks, or whole collections, that stay on the workers, and are computed again if their worker dies."""
    with _any_size():
        return list(client.persist(list(chunks), retries=RETRIES))


def memory_of(client: Any) -> float:
    """The memory limits of all workers, in bytes."""
    workers = client.scheduler_info(n_workers=-1)["workers"].values()
    return float(sum(worker["memory_limit"] or 0 for worker in workers))


def all_results(client: Any, tasks: Sequence[Any]) -> list[Any]:
    """The results of some tasks.

    Raises
    ------
    ClusterError
        If workers or the scheduler are gone.
    """
    dask = import_extra("dask", "dask", "sums on a cluster need Dask")
    if client is None:
        return list(dask.compute(*tasks, scheduler="threads"))
    return list(_waited_for(client, dask.delayed(list)(list(tasks))))


# What follows is private.

_here = threading.local()
"""Buffers of this thread of a worker."""


def _any_size() -> Any:
    """A context in which Dask does not warn of a graph of several megabytes: the state of a pass is that large."""
    dask = import_extra("dask", "dask", "sums on a cluster need Dask")
    return dask.config.set({"distributed.admin.large-graph-warning-threshold": "1 TiB"})


def _waited_for(client: Any, root: Any) -> Any:
    """The result of a graph, or the exception of a task, or an error if nobody is left to compute it."""
    distributed = import_extra("distributed", "dask", "sums on a cluster need Dask")
    if client.status != "running":
        raise ClusterError(f"the client of the cluster is {client.status}, expected a running one")
    with _any_size():
        future = client.compute(root, retries=RETRIES)
    without = None  # the time since which there is no worker
    try:
        while True:
            try:
                return future.result(timeout=SECONDS_BETWEEN_LOOKS)
            except distributed.KilledWorker as error:
                raise ClusterError(f"workers died again and again on the same task: {error}") from error
            except (OSError, distributed.CancelledError) as error:
                if future.status == "error":  # a task has raised it
                    raise
                if not isinstance(error, TimeoutError):
                    raise ClusterError(f"the scheduler is gone, or has dropped the pass: {error}") from error
            now = time.monotonic()
            without = None if _has_workers(client) else without or now
            if without is not None and now - without >= SECONDS_WITHOUT_WORKER:
                seconds, status = now - without, client.status
                raise ClusterError(f"no worker, or no scheduler, for {seconds:.0f} seconds (client: {status})")
    finally:
        future.release()


def _has_workers(client: Any) -> bool:
    """True if the scheduler answers that it has workers."""
    try:
        return client.status == "running" and bool(
            client.sync(client.scheduler.nthreads, workers=None, callback_timeout=SECONDS_BETWEEN_LOOKS)
        )
    except (OSError, TimeoutError):
        return False


def _held(call: bytes) -> bytes:
    """The call itself: a task whose result workers fetch from each other."""
    return call


def _mapped(call: bytes, chunk: tuple[Any, Any, Any], size: int) -> tuple[Any, Any, Any]:
    """A chunk with other features."""
    function, state = pickle.loads(call)
    x, targets, weights = chunk
    leaves = Leaves(x, targets, weights, size)
    with single_threaded_products():
        parts = [function(leaves.features(number), state) for number in leaves.numbers]
    return np.concatenate(parts), targets, weights


def _chosen(chunk: tuple[Any, Any, Any], rows: Array) -> tuple[Any, Any, Any]:
    """Some rows of a chunk, by their numbers in it."""
    x, targets, weights = chunk
    return x[rows], None if targets is None else targets[rows], None if weights is None else weights[rows]


def _joined(pieces: Sequence[tuple[Any, Any, Any]]) -> tuple[Any, Any, Any]:
    """One chunk of the rows of several pieces."""
    if len(pieces) == 1:
        return pieces[0]
    features, targets, weights = zip(*pieces, strict=True)
    sides = (None if part[0] is None else np.concatenate(part) for part in (targets, weights))
    return stacked(list(features)), *sides


def _sum_of_chunk(call: bytes, chunk: tuple[Any, Array, Array | None], first: int, size: int, some: Any) -> Any:
    """The sum of a function over the leaves of a chunk, or a list of its values for some leaves."""
    function, state, expected = pickle.loads(call)
    different = differences(expected, fingerprint())
    if different:
        raise ClusterError(f"worker {_address()} has {different}: it would change the bits of the fit")
    x, targets, weights = chunk
    leaves = Leaves(x, targets, weights, size, first)
    buffers = getattr(_here, "buffers", None)
    if buffers is None:
        buffers = _here.buffers = [Workspace()], Lender()
    works, lender = buffers
    total, parts = TreeSum(leaves.count, lender), []
    with single_threaded_products():
        for position, number in enumerate(leaves.numbers):
            if some is not None and number not in some:
                continue
            try:
                part = function(leaves.leaf(number, leaves.features(number), works, lender, None), state)
            except Exception as error:  # whatever a read or the function raises, the rows belong to it
                start, stop = number * size, min((number + 1) * size, first * size + x.shape[0])
                raise ClusterError(f"rows {start} to {stop - 1}: {type(error).__name__}: {error}") from error
            parts.append(part) if some is not None else total.add(position, part)
    return parts if some is not None else total.result()


def _added(left: Any, right: Any) -> Any:
    """The sum of two nodes of the tree. Tasks may run twice, so that arguments are not written to."""
    return added(_changed(lambda array: array.copy("K"), left), right, Lender())


def _changed(function: Callable[[Array], Array], sums: Any) -> Any:
    """Sums with a function of each array in their place."""
    if isinstance(sums, tuple | list):
        return type(sums)(_changed(function, part) for part in sums)
    return function(sums) if isinstance(sums, np.ndarray) else sums


def _address() -> str:
    """The address of this worker."""
    distributed = import_extra("distributed", "dask", "sums on a cluster need Dask")
    try:
        return str(distributed.get_worker().address)
    except ValueError:
        return "of this process"
