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
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from functools import cache
from itertools import count
from types import TracebackType
from typing import Any

from threadpoolctl import ThreadpoolController

Numbers = tuple[int, ...]
"""One number of threads for each BLAS library."""


@cache
def _libraries(of_threads: bool) -> tuple[Any, ...]:
    """The BLAS libraries loaded at the first call. The search takes a millisecond, so it runs once.

    Most libraries have one number per process; libraries built on OpenMP have one per thread.
    """
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


@dataclass
class _Request:
    thread: int
    """Identifier of the requesting thread."""
    threads: int
    found: Numbers | None
    """The number that BLAS had before the request, if the owner had not set it; else None."""


class _Owner:
    """The open requests for some libraries, oldest first. Access needs `lock`."""

    def __init__(self, *, of_threads: bool) -> None:
        self._of_threads = of_threads
        self.lock = threading.Lock()
        self._requests: dict[int, _Request] = {}
        self._set: Numbers = ()
        """The numbers that BLAS reported after the owner last set them."""
        self._dropped: deque[int] = deque()
        self._told: dict[int | Numbers, Numbers] = {}
        """The numbers that libraries reported after a number was set; some libraries have an upper limit."""

    def enter(self, key: int, threads: int) -> None:
        """Add a request and apply the smallest number."""
        with self.lock:
            now = self._numbers()
            undisturbed = self._requests and now == self._set
            self._requests[key] = _Request(threading.get_ident(), threads, None if undisturbed else now)
            self._put(self._least(), now)
        self._forget_dropped()

    def leave(self, key: int) -> None:
        """Remove a request. A second call does nothing; Ctrl-C may have interrupted the first."""
        with self.lock:
            self._leave(key)
        self._forget_dropped()

    def drop(self, key: int) -> None:
        """Remove a request from a finaliser. If the lock is held, its holder removes the request afterwards."""
        self.note_dropped(key)
        self._forget_dropped()

    def note_dropped(self, key: int) -> None:
        """Mark a request for removal at the next opportunity."""
        self._dropped.append(key)

    def allowed(self) -> int:
        """The smallest request of this thread; without one, the number of BLAS without requests; 0 without BLAS."""
        with self.lock:
            now = self._numbers()
            if not self._requests or now != self._set:
                return max(now, default=0)
            own = [one.threads for one in self._requests.values() if one.thread == threading.get_ident()]
            oldest = next(iter(self._requests.values()))
            return min(own, default=max(oldest.found or now, default=0))

    def after_fork_in_child(self) -> None:
        """Remove the requests of the other threads, which do not exist in the child."""
        try:
            for key in [key for key, one in self._requests.items() if one.thread != threading.get_ident()]:
                self._leave(key)
        finally:
            self.lock.release()

    def _leave(self, key: int) -> None:
        if key not in self._requests:
            return
        keys, found = list(self._requests), self._requests[key].found
        others = [one for one in keys if one != key]
        now = self._numbers()
        if key != keys[-1]:
            # The next newer request inherits the number to be restored at the end.
            heir = self._requests[keys[keys.index(key) + 1]]
            heir.found, found = heir.found or found, None
        if now == self._set:
            if others:
                self._put(self._least(others), now)
                now = self._set
            if found:
                # Other requests must still recognise this number as set by other code.
                ours = self._set
                self._put(found, now)
                self._set = ours if others else self._set
        del self._requests[key]

    def _numbers(self) -> Numbers:
        return tuple(int(library.num_threads) for library in _libraries(self._of_threads))

    def _least(self, keys: list[int] | None = None) -> int:
        return min(self._requests[key].threads for key in (self._requests if keys is None else keys))

    def _put(self, wanted: int | Numbers, now: Numbers) -> None:
        if self._told.get(wanted) != now:
            libraries = _libraries(self._of_threads)
            each = [wanted] * len(libraries) if isinstance(wanted, int) else wanted
            for library, threads in zip(libraries, each, strict=True):
                _set_number(library, threads)
            if wanted not in self._told:
                self._told[wanted] = self._numbers()
        self._set = self._told[wanted]

    def _forget_dropped(self) -> None:
        while self._dropped and self.lock.acquire(blocking=False):
            try:
                self._leave(self._dropped.popleft())
            finally:
                self.lock.release()


class _OwnersOfThreads(threading.local):
    """One owner per thread, for libraries whose number belongs to the thread."""

    def __init__(self) -> None:
        self.owner = _Owner(of_threads=True)


_of_process = _Owner(of_threads=False)
_of_threads = _OwnersOfThreads()
_keys = count()
if hasattr(os, "register_at_fork"):  # systems that cannot fork lack it
    os.register_at_fork(
        before=_of_process.lock.acquire,  # no other thread changes a number during the fork
        after_in_parent=_of_process.lock.release,
        after_in_child=_of_process.after_fork_in_child,
    )


class _Limit(AbstractContextManager[None]):
    """A request that is open inside a `with` block."""

    def __init__(self, threads: int) -> None:
        self._threads, self._key, self._entered = threads, next(_keys), False

    def __enter__(self) -> None:
        self._of_thread = _of_threads.owner
        self._entered = True
        _of_process.enter(self._key, self._threads)
        self._of_thread.enter(self._key, self._threads)

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        _of_process.leave(self._key)
        if self._of_thread is _of_threads.owner:
            self._of_thread.leave(self._key)
        else:
            # Another thread continued a generator. Only the first thread can restore its own number.
            self._of_thread.note_dropped(self._key)
        self._entered = False

    def __del__(self) -> None:
        # Still entered only if a generator was never closed, or Ctrl-C came before the body.
        if self._entered:
            _of_process.drop(self._key)
            self._of_thread.note_dropped(self._key)


def available_threads() -> int:
    """The number of threads that products of this thread may use: the number of cores, or less if it was limited.

    Requests of other threads do not reduce it.
    """
    return max(_of_process.allowed(), _of_threads.owner.allowed(), 1)


def single_threaded_products() -> AbstractContextManager[None]:
    """A context in which BLAS uses one thread per product."""
    return _Limit(1)


def threads_allowed(count: int | None) -> AbstractContextManager[None]:
    """A context in which BLAS uses at most `count` threads; None sets no limit."""
    return nullcontext() if count is None else _Limit(count)
