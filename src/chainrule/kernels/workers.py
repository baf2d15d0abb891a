"""Threads that work on different samples at the same time, each with products of a single thread.

NumPy's loops and products run outside the interpreter's lock, so that two threads of Python keep two cores busy; they
meet once, at the end, where threads that share every product would meet at every product.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import cache

from threadpoolctl import ThreadpoolController


@cache
def _controller() -> ThreadpoolController:
    return ThreadpoolController()


_pools: dict[int, ThreadPoolExecutor] = {}
# A forked process has the pools, but not their threads.
os.register_at_fork(after_in_child=_pools.clear)


def available_threads() -> int:
    """The threads that BLAS may use now: as many as the cores, or fewer where the user or joblib said so."""
    counts = [int(info["num_threads"]) for info in _controller().info() if info.get("user_api") == "blas"]
    return max(counts, default=1)


@contextmanager
def single_threaded_products() -> Iterator[None]:
    """Within this context BLAS takes one thread per product; put back afterwards."""
    with _controller().limit(limits=1, user_api="blas"):
        yield


@contextmanager
def threads_allowed(count: int | None) -> Iterator[None]:
    """Within this context BLAS takes that many threads, if a number is given; put back afterwards."""
    if count is None:
        yield
        return
    with _controller().limit(limits=count, user_api="blas"):
        yield


def share(tasks: int, threads: int, work: Callable[[int, int], None]) -> None:
    """Call work(thread, task) for every task; thread t has the tasks t, t + threads, ..., one after another.

    >>> done = []
    >>> share(3, 2, lambda thread, task: done.append((thread, task)))
    >>> sorted(done)
    [(0, 0), (0, 2), (1, 1)]
    """
    threads = min(threads, tasks)

    def run(thread: int) -> None:
        for task in range(thread, tasks, threads):
            work(thread, task)

    if threads <= 1:
        if tasks:
            run(0)
        return
    others = [_pool(threads - 1).submit(run, thread) for thread in range(1, threads)]
    try:
        run(0)
    finally:
        # Nobody goes on while others still write to what is shared.
        errors = [other.exception() for other in others]
    for error in errors:
        if error is not None:
            raise error


def _pool(count: int) -> ThreadPoolExecutor:
    if count not in _pools:
        _pools[count] = ThreadPoolExecutor(count, thread_name_prefix="chainrule")
    return _pools[count]
