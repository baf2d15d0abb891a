"""The engine of a Dask cluster: each pass is a graph of tasks, and nothing else lies on the workers but the rows.

A task sums some leaves, as far as the tree says, and the driver adds these sums; if they are many, further tasks add
some each before. The state is an argument of tasks. So Dask's own remedies for workers that die or join are enough:
tasks are run again, and have the same bits. Tasks are free to run anywhere, and nothing is scattered.
"""

from __future__ import annotations

import asyncio
import concurrent.futures
import time
import uuid
from bisect import bisect_left
from collections.abc import Callable, Sequence
from contextlib import nullcontext
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

import numpy as np

from chainrule.arrays import Array
from chainrule.engines import dask_tasks
from chainrule.engines.dask_tasks import ClusterError
from chainrule.engines.engine import Engine, LeafFunction, Sums
from chainrule.engines.fingerprint import fingerprint
from chainrule.engines.local import Leaves, LocalEngine, in_step
from chainrule.extras import import_extra
from chainrule.kernels.blas import available_threads, single_threaded_products
from chainrule.progress import counted_pass
from chainrule.storage.stored_rows import ENTRIES_OF_A_SPARSE_ROW

RETRIES = 2
"""The number of times that a failed task is tried again."""

SECONDS_WITHOUT_WORKER = 60.0
"""Time without any worker after which a pass ends in an error."""

SECONDS_BETWEEN_LOOKS = 5.0
"""Time between two looks at whether there are workers."""

CHUNK_BYTES = 1 << 27
"""Most bytes of features of a chunk, unless a leaf is larger."""

GATHERED_BYTES = 1 << 24
"""Most bytes of features that are summed in this process. A pass over as many takes 10 to 20 ms with two threads, and
the messages of a pass on a cluster take as long."""

SENT_BYTES = 1 << 23
"""Most bytes that the scheduler sends with the tasks of a pass, the state with each. A larger state is sent once, and
workers fetch it from each other, which takes two more messages one after the other."""

FAN_IN = 16
"""Sums that one task adds, and most sums that the driver adds itself."""

SHARE_OF_MEMORY = 0.5
"""Share of the workers' memory that rows may need to be kept there from pass to pass."""


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
        Leaves of a chunk. The last chunk may have fewer.
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
        choose, join = dask.delayed(dask_tasks.chosen, pure=False), dask.delayed(dask_tasks.joined, pure=False)
        shape = len(numbers), self.shape[1]
        leaves = leaves_of_chunk(shape, self.dtype, self.size, sparse=self.sparse, client=self.client)
        rows_of_chunk, step, chunks = self.leaves * self.size, leaves * self.size, []
        for start in range(0, max(len(numbers), 1), step):
            wanted = numbers[start : start + step]
            # Parts are chosen where their chunk lies, so that no other rows travel.
            homes, ends = np.unique(wanted // rows_of_chunk, return_index=True)
            wanted = (wanted % rows_of_chunk).astype(np.int32 if rows_of_chunk < 1 << 31 else np.int64)
            parts = np.split(wanted, ends[1:])
            pieces = [choose(self.chunks[home], part) for home, part in zip(homes, parts, strict=False)]
            chunks.append(join(pieces) if pieces else choose(self.chunks[0], wanted))
        return replace(self, chunks=chunks, shape=shape, leaves=leaves).kept()

    def kept(self) -> ClusterRows:
        """The same rows, which stay on the workers from pass to pass if there is room."""
        held = self.held + self.shape[0] * bytes_of_row(self.shape[1], self.dtype, sparse=self.sparse)
        if self.client is None or held > SHARE_OF_MEMORY * memory_of(self.client):
            return self
        return replace(self, chunks=kept_on_workers(self.client, self.chunks), held=held)

    def mapped(self, function: Callable[[Array, Any], Array], state: Any, n_features: int) -> ClusterRows:
        """The same rows with other features, which a function computes leaf by leaf."""
        dask = import_extra("dask", "dask", "sums on a cluster need Dask")
        cloudpickle = import_extra("cloudpickle", "dask", "sums on a cluster need Dask")
        call = dask.delayed(dask_tasks.held, pure=False)(cloudpickle.dumps((function, state)))
        task = dask.delayed(dask_tasks.mapped, pure=False)
        chunks = [task(call, chunk, self.size) for chunk in self.chunks]
        return replace(self, chunks=chunks, shape=(self.shape[0], n_features)).kept()

    def engine(self) -> Engine:
        """The engine of these rows. A few megabytes are sent here, where a pass takes less time than its messages."""
        row = bytes_of_row(self.shape[1], self.dtype, sparse=self.sparse)
        if self.client is None or self.shape[0] * row > GATHERED_BYTES:
            return DaskEngine(self)
        return LocalEngine(Leaves(*self._gathered, self.size))

    @cached_property
    def _gathered(self) -> tuple[Any, Any, Any]:
        """Features, targets and weights in this process."""
        return dask_tasks.joined(all_results(self.client, self.chunks))


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
    _name: str = field(default_factory=lambda: uuid.uuid4().hex)
    _fingerprint: tuple[str, ...] = field(default_factory=fingerprint)
    _last: list[Any] = field(default_factory=list)
    """The futures of the last pass. They are released after the next pass is sent: Dask sends nothing within 10 ms of
    another message, and a pass would have to wait for that."""

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
        call = cloudpickle.dumps((function, state, self._name, self._fingerprint))
        if len(rows.chunks) * len(call) > SENT_BYTES:
            call = dask.delayed(dask_tasks.held, pure=False)(call)
        wanted = self.blocks() if keys is None else sorted(set(keys))
        sums, task, position = [], dask.delayed(dask_tasks.sum_of_chunk, pure=False), 0
        count = rows.shape[0] if keys is None else min(len(keys) * rows.size, rows.shape[0])
        done = counted_pass(count)
        # Tasks of one name are a group to Dask, which spreads a large group without looking where its chunks lie.
        name = f"sum_of_chunk-{uuid.uuid4().hex}"
        for number, chunk in enumerate(rows.chunks):
            first = number * rows.leaves
            some = wanted[position : bisect_left(wanted, first + rows.leaves)]
            if some:
                leaves = None if keys is None else some
                key = name, number
                sums.append(task(call, chunk, first, rows.size, leaves, position, len(wanted), dask_key_name=key))
            position += len(some)
        add = dask.delayed(dask_tasks.added, pure=False)
        while keys is None and len(sums) > FAN_IN:  # what single leaves return comes here at once
            sums = [add(sums[start : start + FAN_IN], len(wanted)) for start in range(0, len(sums), FAN_IN)]
        total = dask_tasks.changed(_own, dask_tasks.sum_of_nodes(self._results(sums), len(wanted)).result())
        done(count)
        return total

    def close(self) -> None:
        """Release the last sums. The rows disappear with the last reference to them."""
        _release(self._last)

    # What follows is private.

    def _results(self, tasks: Sequence[Any]) -> list[Any]:
        """The results of some tasks."""
        with single_threaded_products() if self.rows.client is None else nullcontext():
            return all_results(self.rows.client, tasks, self._last)


def bytes_of_row(n_features: int, dtype: Any, *, sparse: bool) -> int:
    """Bytes of the features of a row; for a sparse one, an estimate."""
    return int((min(n_features, ENTRIES_OF_A_SPARSE_ROW) if sparse else n_features) * np.dtype(dtype).itemsize)


def leaves_of_chunk(shape: tuple[int, int], dtype: Any, size: int, *, sparse: bool, client: Any) -> int:
    """The leaves of a chunk.

    The threads of all workers, as many as there are now, have equally many chunks. So no thread waits for another.

    Parameters
    ----------
    shape : tuple of int
        The number of rows and of features.
    dtype : dtype
    size : int
        Rows of a leaf.
    sparse : bool
    client : distributed.Client or None
    """
    threads = available_threads() if client is None else sum(client.nthreads().values())
    leaves = max(1, -(-shape[0] // size))
    most = max(1, CHUNK_BYTES // (size * bytes_of_row(shape[1], dtype, sparse=sparse)))
    turns = -(-leaves // (most * max(1, threads)))
    return -(-leaves // (turns * max(1, threads)))


def kept_on_workers(client: Any, chunks: Sequence[Any]) -> list[Any]:
    """Chunks, or whole collections, that stay on the workers, and are computed again if their worker dies."""
    with _any_size():
        return list(client.persist(list(chunks), retries=RETRIES))


def memory_of(client: Any) -> float:
    """The memory limits of all workers, in bytes."""
    workers = client.scheduler_info(n_workers=-1)["workers"].values()
    return float(sum(worker["memory_limit"] or 0 for worker in workers))


def all_results(client: Any, tasks: Sequence[Any], last: list[Any] | None = None) -> list[Any]:
    """The results of some tasks.

    Parameters
    ----------
    client : distributed.Client or None
    tasks : sequence of Delayed
    last : list of Future, optional
        Futures that are released as soon as the tasks are sent. If the results are small, it gets their futures.

    Raises
    ------
    ClusterError
        If workers or the scheduler are gone.
    """
    dask = import_extra("dask", "dask", "sums on a cluster need Dask")
    if client is None:
        return list(dask.compute(*tasks, scheduler="threads"))
    return _waited_for(client, tasks, [] if last is None else last)


# What follows is private.


def _any_size() -> Any:
    """A context in which Dask does not warn of a graph of several megabytes: the state of a pass is that large."""
    dask = import_extra("dask", "dask", "sums on a cluster need Dask")
    return dask.config.set({"distributed.admin.large-graph-warning-threshold": "1 TiB"})


def _waited_for(client: Any, tasks: Sequence[Any], last: list[Any]) -> list[Any]:
    """The results of some tasks, or the exception of one, or an error if nobody is left to compute them."""
    sizeof = import_extra("dask.sizeof", "dask", "sums on a cluster need Dask").sizeof
    distributed = import_extra("distributed", "dask", "sums on a cluster need Dask")
    if client.status != "running":
        raise ClusterError(f"the client of the cluster is {client.status}, expected a running one")
    with _any_size():
        futures = client.compute(list(tasks), retries=RETRIES, traverse=False)
    _release(last)
    # Workers on this machine are within reach; a way past the scheduler takes half as long.
    direct = True if isinstance(client.cluster, distributed.LocalCluster) else None

    async def gathered() -> list[Any]:
        return list(await client.gather(futures, direct=direct, asynchronous=True))

    # Neither a look at the workers nor a large result ends the wait and starts another one.
    arriving = asyncio.run_coroutine_threadsafe(gathered(), client.loop.asyncio_loop)
    without = None  # the time since which there is no worker
    try:
        while not concurrent.futures.wait([arriving], SECONDS_BETWEEN_LOOKS).done:
            now = time.monotonic()
            without = None if _has_workers(client) else without or now
            if without is not None and now - without >= SECONDS_WITHOUT_WORKER:
                seconds, status = now - without, client.status
                raise ClusterError(f"no worker, or no scheduler, for {seconds:.0f} seconds (client: {status})")
        found = arriving.result()
        if sizeof(found) <= SENT_BYTES:
            last.extend(futures)
        return found
    except distributed.KilledWorker as error:
        raise ClusterError(f"workers died again and again on the same task: {error}") from error
    except (OSError, distributed.CancelledError) as error:
        if any(future.status == "error" for future in futures):  # a task has raised it
            raise
        raise ClusterError(f"the scheduler is gone, or has dropped the pass: {error}") from error
    finally:
        arriving.cancel()
        if not last:
            _release(futures)


def _release(futures: list[Any]) -> None:
    """Release futures."""
    while futures:
        futures.pop().release()


def _has_workers(client: Any) -> bool:
    """True if the scheduler answers that it has workers."""
    try:
        return client.status == "running" and bool(
            client.sync(client.scheduler.ncores, workers=None, callback_timeout=SECONDS_BETWEEN_LOOKS)
        )
    except (OSError, TimeoutError):
        return False


def _own(array: Array) -> Array:
    """An array that the solver may write to, with entries at multiples of their size in memory."""
    return in_step(array) if array.flags.writeable else array.copy("K")
