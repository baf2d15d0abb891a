"""A computation in a child process with limits of time and memory, because calls of flint cannot be interrupted."""

from __future__ import annotations

import os
import pickle
import select
import signal
import time
import warnings
from collections.abc import Callable
from contextlib import suppress
from typing import TypeVar

Result = TypeVar("Result")

SECONDS = 10.0
MEGABYTES = 2000


class Exceeded(Exception):
    """The computation took too long or too much memory, or the system cannot limit it."""


def limited(function: Callable[[], Result], *, seconds: float = SECONDS, megabytes: int = MEGABYTES) -> Result:
    """The function's result, computed in a child process; whatever else it changes is lost.

    Raises
    ------
    Exceeded
        If the child ends without a result, or the system has no `fork`.
    Exception
        What the function raised.

    Examples
    --------
    >>> limited(lambda: sum(range(10)))
    45
    """
    if not hasattr(os, "fork"):
        raise Exceeded("this system cannot copy a process, so that the computation cannot be limited")
    reading, writing = os.pipe()
    with warnings.catch_warnings():
        # Python and JAX warn of forks in processes with threads. The child takes no lock of theirs: it does not print,
        # import or call a BLAS.
        warnings.simplefilter("ignore")
        child = os.fork()
    if child == 0:
        os.close(reading)
        _compute(function, writing, megabytes)
    os.close(writing)
    try:
        answer = _read(reading, time.monotonic() + seconds)
    finally:
        os.close(reading)
        with suppress(ProcessLookupError):
            os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
    if answer is None:
        raise Exceeded(f"no result within {seconds:g} s")
    if not answer:
        raise Exceeded(f"no result within {megabytes} MB")
    succeeded, result = pickle.loads(answer)
    if succeeded:
        return result  # type: ignore[no-any-return]  # pickled by the child
    raise result


def _compute(function: Callable[[], object], writing: int, megabytes: int) -> None:
    """Run in the child: send the pickled result, and end."""
    answer = b""
    try:
        import resource

        limit = _size() + megabytes * 2**20
        resource.setrlimit(resource.RLIMIT_AS, (limit, resource.getrlimit(resource.RLIMIT_AS)[1]))
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        silent = os.open(os.devnull, os.O_WRONLY)
        os.dup2(silent, 1)
        os.dup2(silent, 2)  # flint prints where it runs out of memory
        try:
            answer = pickle.dumps((True, function()))
        except Exception as error:  # sent to the parent
            answer = pickle.dumps((False, error))
        with os.fdopen(writing, "wb") as pipe:
            pipe.write(answer)
    finally:
        os._exit(0)


def _size() -> int:
    """The process's address space in bytes; 0 where the system does not say."""
    try:
        with open("/proc/self/statm", encoding="ascii") as numbers:
            return int(numbers.read().split()[0]) * os.sysconf("SC_PAGE_SIZE")
    except OSError:
        return 1 << 40


def _read(reading: int, until: float) -> bytes | None:
    """All bytes that the child writes; None if it has not ended in time."""
    parts: list[bytes] = []
    while True:
        ready, _, _ = select.select([reading], [], [], max(0.0, until - time.monotonic()))
        if not ready:
            return None
        part = os.read(reading, 1 << 16)
        if not part:
            return b"".join(parts)
        parts.append(part)
