"""The number of threads that BLAS uses, changed by requests that one owner keeps.

The number belongs to the process, and fits may run in several of its threads. A fit requests another number with a
context manager. The owner holds all open requests:

- While requests are open, BLAS uses the smallest requested number.
- When the last request closes, in whatever order, BLAS gets its original number back.
- A request that is never closed, such as one in an abandoned generator, ends when Python collects it.
- If other code sets a number in the meantime, that number returns when the request that found it closes. If it is still
  set when the last request closes, it stays.
- A forked process keeps only the requests of the thread that forked.

`available_threads` tells how many threads a fit may use. It does not depend on the requests of other threads.
"""

import os
import threading
from collections import deque
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from threadpoolctl import ThreadpoolController

from chainrule.kernels.compiling import available

Numbers = tuple[int, ...]
"""One number of threads for each BLAS library."""


@cache
def _libraries(of_threads: bool) -> tuple[Any, ...]:
    """The BLAS libraries loaded at the first call. The search takes a millisecond, so it runs once.

    SciPy's library is loaded first if compiled loops may take products. Most libraries have one number per process;
    libraries built on OpenMP have one per thread.
    """
    if available():
        import scipy.linalg  # noqa: F401
    found = ThreadpoolController().select(user_api="blas").lib_controllers
    return tuple(
        library
        for library in found
        if library.num_threads is not None and (getattr(library, "threading_layer", "") == "openmp") == of_threads
    )


def _set_number(library: Any, threads: int) -> None:
    """Set the number from any thread. threadpoolctl would allow only the thread that set it last."""
    clear = getattr(library, "clear_controlling_thread", None)
    if clear is not None:
        clear(force=True)
    library.set_num_threads(threads)
    if clear is not None:
        clear(force=True)


@dataclass(eq=False)
class _Frame:
    """The requests since the owner last found a number that it had not set."""

    found: Numbers
    ours: Numbers = ()
    """The number that BLAS reported after the owner last set it."""
    requests: dict[object, tuple[int, int]] = field(default_factory=dict)
    """The requesting thread and its number, by request."""


class _Owner:
    """The open requests for some libraries, oldest first. Access needs `lock`."""

    def __init__(self, *, of_threads: bool) -> None:
        self._of_threads = of_threads
        self.lock = threading.Lock()
        self._frames: list[_Frame] = []
        self.ended: deque[object] = deque()
        """Requests that have ended. Whoever has the lock next removes them."""

    def open(self, request: object, threads: int) -> None:
        """Add a request and apply the smallest number."""
        with self.lock:
            now = self._numbers()
            if not self._frames or now != self._frames[-1].ours:
                self._frames.append(_Frame(now))
            self._frames[-1].requests[request] = threading.get_ident(), threads
            self._apply_smallest(now)
        self.remove_ended()

    def remove_ended(self) -> None:
        """Remove the requests that have ended. If the lock is held, its holder does it afterwards."""
        while self.ended and self.lock.acquire(blocking=False):
            try:
                self._remove(self.ended[0])
                self.ended.popleft()
            finally:
                self.lock.release()

    def allowed(self) -> int:
        """The smallest number requested by this thread; without a request, BLAS's original number; 0 without BLAS."""
        with self.lock:
            now = self._numbers()
            if not self._frames or now != self._frames[-1].ours:
                return max(now, default=0)
            requests = [request for frame in self._frames for request in frame.requests.values()]
            own = [threads for thread, threads in requests if thread == threading.get_ident()]
            return min(own, default=max(self._frames[0].found, default=0))

    def after_fork_in_child(self) -> None:
        """Remove the requests of the other threads, which do not exist in the child."""
        try:
            requests = [item for frame in self._frames for item in frame.requests.items()]
            for request, (thread, _) in requests:
                if thread != threading.get_ident():
                    self._remove(request)
        finally:
            self.lock.release()

    def _remove(self, request: object) -> None:
        frame = next((frame for frame in self._frames if request in frame.requests), None)
        if frame is None:
            return
        last, top = len(frame.requests) == 1, self._frames[-1]
        # The request is deleted last, so that a second call completes what Ctrl-C has interrupted.
        if self._numbers() == top.ours:
            if last and frame is top:
                self._put(frame.found, top.ours)
            else:
                self._apply_smallest(top.ours, without=request)
        del frame.requests[request]
        if last:
            self._frames.remove(frame)

    def _numbers(self) -> Numbers:
        return tuple(int(library.num_threads) for library in _libraries(self._of_threads))

    def _apply_smallest(self, now: Numbers, *, without: object = None) -> None:
        requests = [item for frame in self._frames for item in frame.requests.items()]
        smallest = min(threads for request, (_, threads) in requests if request is not without)
        self._frames[-1].ours = self._put((smallest,) * len(now), now)

    def _put(self, wanted: Numbers, now: Numbers) -> Numbers:
        """Set the number, and return the number that BLAS then reports."""
        if wanted == now:
            return now
        for library, threads in zip(_libraries(self._of_threads), wanted, strict=True):
            _set_number(library, threads)
        return self._numbers()


class _OwnersOfThreads(threading.local):
    """One owner per thread, for libraries whose number belongs to the thread."""

    def __init__(self) -> None:
        self.owner = _Owner(of_threads=True)


_of_process = _Owner(of_threads=False)
_of_threads = _OwnersOfThreads()
if hasattr(os, "register_at_fork"):  # systems that cannot fork lack it
    os.register_at_fork(
        before=_of_process.lock.acquire,  # no other thread changes a number during the fork
        after_in_parent=_of_process.lock.release,
        after_in_child=_of_process.after_fork_in_child,
    )


@contextmanager
def _limited(threads: int) -> Iterator[None]:
    """A context with a request. A generator that is never closed ends when Python collects it, and so does this one."""
    request, of_thread = object(), _of_threads.owner
    try:
        _of_process.open(request, threads)
        of_thread.open(request, threads)
        yield
    finally:
        _of_process.ended.append(request)
        of_thread.ended.append(request)
        _of_process.remove_ended()
        # If another thread continued a generator, only the first thread can restore its own number.
        if of_thread is _of_threads.owner:
            of_thread.remove_ended()


def available_threads() -> int:
    """The number of threads that products of this thread may use: the number of cores, or less if it was limited.

    Requests of other threads do not reduce it.
    """
    return max(_of_process.allowed(), _of_threads.owner.allowed(), 1)


def single_threaded_products() -> AbstractContextManager[None]:
    """A context in which BLAS uses one thread per product."""
    return _limited(1)


def threads_allowed(count: int | None) -> AbstractContextManager[None]:
    """A context in which BLAS uses at most `count` threads; None sets no limit."""
    return nullcontext() if count is None else _limited(count)
