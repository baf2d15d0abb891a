"""The one owner of the number of threads that BLAS takes.

That number belongs to the process, and fits may run in many threads of it. Whoever needs another number requests it for
the time of a context, and the owner keeps all requests:

- while there are any, BLAS has the least that is requested;
- what BLAS had before comes back when the last one leaves, in whatever order they leave;
- a request that is dropped without being left, as by a generator that nobody closes, ends when it is collected;
- a number that somebody else sets meanwhile is put back when the request that found it leaves. If it still stands when
  the last request leaves, it stays;
- a forked process keeps the requests of the thread that it has, and no other.

What threads of a fit may be many is asked by `available_threads`, which does not depend on what other threads request.
"""

from __future__ import annotations

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
"""One for each library."""


@cache
def _libraries(of_threads: bool) -> tuple[Any, ...]:
    """The BLAS libraries that were loaded at the first call; to look for them takes a millisecond.

    Their numbers are of the process, or, as OpenMP's are, of the thread that sets them.
    """
    found = ThreadpoolController().select(user_api="blas").lib_controllers
    return tuple(
        library
        for library in found
        if library.num_threads is not None and (getattr(library, "threading_layer", "") == "openmp") == of_threads
    )


def _set_number(library: Any, threads: int) -> None:
    """Set it, also where threadpoolctl lets no thread but the last that set it do so; and let others set it later."""
    clear = getattr(library, "clear_controlling_thread", None)
    if clear is not None:
        clear(force=True)
    library.set_num_threads(threads)
    if clear is not None:
        clear(force=True)


@dataclass
class _Request:
    thread: int
    """By which it was made."""
    threads: int
    found: Numbers | None
    """What BLAS had when it was made, if that was not the owner's doing."""


class _Owner:
    """All requests for the threads of some libraries, oldest first. Only `_lock`'s holder touches them."""

    def __init__(self, *, of_threads: bool) -> None:
        self._of_threads = of_threads
        self._lock = threading.Lock()
        self._requests: dict[int, _Request] = {}
        self._set: Numbers = ()
        """What BLAS has had since the owner set it last."""
        self._dropped: deque[int] = deque()
        self._told: dict[int | Numbers, Numbers] = {}
        """What libraries had after they were told a number: some have a largest one."""

    def enter(self, key: int, threads: int) -> None:
        """Take in a request."""
        with self._lock:
            now = self._numbers()
            undisturbed = self._requests and now == self._set
            self._requests[key] = _Request(threading.get_ident(), threads, None if undisturbed else now)
            self._put(self._least(), now)
        self._forget_dropped()

    def leave(self, key: int) -> None:
        """Forget a request, if it is known; once more does no harm, as where Ctrl-C cut the first time short."""
        with self._lock:
            self._leave(key)
        self._forget_dropped()

    def drop(self, key: int) -> None:
        """As `leave`, from a finaliser, which may run inside the lock: then its holder sees to it."""
        self.note_dropped(key)
        self._forget_dropped()

    def note_dropped(self, key: int) -> None:
        """Note it, to be seen to at the next opportunity."""
        self._dropped.append(key)

    def allowed(self) -> int:
        """By this thread's requests; or, if it has none, what BLAS has without any. 0 without libraries."""
        with self._lock:
            now = self._numbers()
            if not self._requests or now != self._set:
                return max(now, default=0)
            own = [one.threads for one in self._requests.values() if one.thread == threading.get_ident()]
            oldest = next(iter(self._requests.values()))
            return min(own, default=max(oldest.found or now, default=0))

    def before_fork(self) -> None:
        """Nobody else is in the midst of a change while the process forks."""
        self._lock.acquire()

    def after_fork(self) -> None:
        """In the parent."""
        self._lock.release()

    def after_fork_in_child(self) -> None:
        """The other threads are gone, and do not leave any more."""
        try:
            for key in [key for key, one in self._requests.items() if one.thread != threading.get_ident()]:
                self._leave(key)
        finally:
            self._lock.release()

    def _leave(self, key: int) -> None:
        if key not in self._requests:
            return
        keys, found = list(self._requests), self._requests[key].found
        others = [one for one in keys if one != key]
        now = self._numbers()
        if key != keys[-1]:
            # Newer requests stand upon this one, and the next of them inherits what comes back at the end.
            heir = self._requests[keys[keys.index(key) + 1]]
            heir.found, found = heir.found or found, None
        if now == self._set:
            if others:
                self._put(self._least(others), now)
                now = self._set
            if found:
                # Under other requests it is still somebody else's: they look for their own number.
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
        while self._dropped and self._lock.acquire(blocking=False):
            try:
                self._leave(self._dropped.popleft())
            finally:
                self._lock.release()


class _OwnersOfThreads(threading.local):
    """For libraries whose number is one of the thread: an owner for each thread."""

    def __init__(self) -> None:
        self.owner = _Owner(of_threads=True)


_of_process = _Owner(of_threads=False)
_of_threads = _OwnersOfThreads()
_keys = count()
if hasattr(os, "register_at_fork"):  # systems that cannot fork lack it
    os.register_at_fork(
        before=_of_process.before_fork,
        after_in_parent=_of_process.after_fork,
        after_in_child=_of_process.after_fork_in_child,
    )


class _Limit(AbstractContextManager[None]):
    """A request, for the time of a context."""

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
            # Of a generator that another thread goes on with: only its first thread can set its own number.
            self._of_thread.note_dropped(self._key)
        self._entered = False

    def __del__(self) -> None:
        # Left, but for a generator that was never closed, or for Ctrl-C between entering and the body.
        if self._entered:
            _of_process.drop(self._key)
            self._of_thread.note_dropped(self._key)


def available_threads() -> int:
    """The threads that this thread's products may take: as many as the cores, or fewer where somebody said so.

    Requests of other threads are no reason to take fewer.
    """
    return max(_of_process.allowed(), _of_threads.owner.allowed(), 1)


def single_threaded_products() -> AbstractContextManager[None]:
    """Within this context BLAS takes one thread per product."""
    return _Limit(1)


def threads_allowed(count: int | None) -> AbstractContextManager[None]:
    """Within this context BLAS takes that many threads at most, if a number is given."""
    return nullcontext() if count is None else _Limit(count)
