"""A pool of threads that work on different samples at the same time, each with single-threaded products.

NumPy's loops and products release the interpreter lock, so two Python threads keep two cores busy. They wait for each
other once, at the end; threads inside BLAS would wait for each other at every product.

The process has one pool. It grows to the largest number of threads that have worked at the same time.
"""

import os
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Generic, TypeVar

Result = TypeVar("Result")

MOST_THREADS = 1 << 12
"""Upper limit of the pool, which starts a thread only if all others are busy. Callers set the real limit."""

PREFIX = "chainrule worker"
"""The names of the pool's threads begin with this."""


class _Part(Generic[Result]):
    """The work of one thread. It exists before it is submitted, so that it can be cancelled after Ctrl-C."""

    def __init__(self, work: Callable[[int], Result], number: int) -> None:
        self._work, self._number = work, number
        self.future: Future[Result] = Future()

    def __call__(self) -> None:
        if not self.future.set_running_or_notify_cancel():
            return
        try:
            result = self._work(self._number)
        except BaseException as error:
            self.future.set_exception(error)
        else:
            self.future.set_result(result)


class _Pool:
    def __init__(self) -> None:
        self.lock = threading.Lock()
        self._threads: ThreadPoolExecutor | None = None

    @property
    def is_mine(self) -> bool:
        """True if the calling thread belongs to the pool."""
        return threading.current_thread().name.startswith(PREFIX)

    def submit(self, parts: Sequence[_Part[Result]]) -> None:
        with self.lock:
            if self._threads is None:
                self._threads = ThreadPoolExecutor(MOST_THREADS, PREFIX)
            try:
                for part in parts:
                    self._threads.submit(part)
            except BaseException:
                # Ctrl-C may leave work that no idle thread was counted for: the count would be one too high for good.
                self._threads.shutdown(wait=False)
                self._threads = None
                raise

    def before_fork(self) -> None:
        """Finish the work and end the threads, because a child process would lack them."""
        self.lock.acquire()
        if self._threads is not None and not self.is_mine:
            self._threads.shutdown()
            self._threads = None

    def after_fork_in_child(self) -> None:
        """Forget the threads, which do not exist in the child."""
        self._threads = None
        self.lock.release()


_pool = _Pool()
if hasattr(os, "register_at_fork"):  # systems that cannot fork lack it
    os.register_at_fork(
        before=_pool.before_fork,
        after_in_parent=_pool.lock.release,
        after_in_child=_pool.after_fork_in_child,
    )


def each(count: int, work: Callable[[int], Result]) -> list[Result]:
    """The results of work(0), ..., work(count - 1), each in a thread; the calling thread runs work(0).

    All threads have finished when the function returns or raises, also after an exception or Ctrl-C. A call from a
    thread of the pool runs all work in that thread.

    >>> each(3, lambda number: number**2)
    [0, 1, 4]
    """
    if count <= 1 or _pool.is_mine:
        return [work(number) for number in range(count)]
    parts = [_Part(work, number) for number in range(1, count)]
    futures = [part.future for part in parts]
    done = False
    try:
        _pool.submit(parts)
        first = work(0)
        done = True
    finally:
        _end(futures, wanted=done)
    return [first, *(future.result() for future in futures)]


def _end(futures: Sequence[Future[Result]], *, wanted: bool) -> None:
    """Wait until all work has finished. If the results are not wanted, cancel work that has not begun."""
    interrupt: KeyboardInterrupt | None = None
    while True:
        try:
            for future in futures:
                if wanted or not future.cancel():
                    future.exception()
            break
        except KeyboardInterrupt as error:
            interrupt, wanted = error, False
    if interrupt is not None:
        raise interrupt


def share(tasks: int, threads: int, work: Callable[[int, int], None]) -> None:
    """Call work(thread, task) for each task. Thread t runs the tasks t, t + threads, ..., in this order.

    >>> done = []
    >>> share(3, 2, lambda thread, task: done.append((thread, task)))
    >>> sorted(done)
    [(0, 0), (0, 2), (1, 1)]
    """
    threads = min(threads, tasks)

    def run(thread: int) -> None:
        for task in range(thread, tasks, threads):
            work(thread, task)

    each(threads, run)
