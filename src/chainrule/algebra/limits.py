"""A computation in a child process with limits of time and memory, because calls of flint cannot be interrupted."""

from __future__ import annotations

import faulthandler
import math
import os
import pickle
import select
import signal
import time
import warnings
from collections.abc import Callable
from contextlib import redirect_stderr, redirect_stdout, suppress
from typing import TypeVar

Result = TypeVar("Result")

SECONDS = 10.0
MEGABYTES = 2000


class Exceeded(Exception):
    """The computation took too long or too much memory, or the system cannot limit it."""


def limited(function: Callable[[], Result], *, seconds: float = SECONDS, megabytes: int = MEGABYTES) -> Result:
    """The function's result, computed in a child process; whatever else it changes is lost, and it prints nothing.

    Raises
    ------
    Exceeded
        If the child ends without a result that can be sent, or the system has no `fork`.
    Exception
        The error that the function raised.

    Examples
    --------
    >>> limited(lambda: sum(range(10)))
    45
    """
    if not hasattr(os, "fork"):
        raise Exceeded("this system cannot copy a process, so that the computation cannot be limited")
    reading, writing = os.pipe()
    child = 0
    try:
        with warnings.catch_warnings():
            # Python and JAX warn of forks in processes with threads. The child takes no lock of theirs: it does not
            # print, import or call a BLAS. If it waits for one all the same, its time ends.
            warnings.simplefilter("ignore")
            child = os.fork()
        if child == 0:
            os.close(reading)
            _compute(function, writing, seconds, megabytes)
        os.close(writing)
        writing = -1
        answer = _read(reading, time.monotonic() + seconds)
    finally:
        os.close(reading)
        if writing >= 0:
            os.close(writing)
        if child:
            with suppress(ProcessLookupError):
                os.kill(child, signal.SIGKILL)
            with suppress(ChildProcessError):  # where the program ignores the ends of its children
                os.waitpid(child, 0)
    if answer is None:
        raise Exceeded(f"no result within {seconds:g} s")
    try:
        succeeded, result = pickle.loads(answer)
    except Exception as error:  # the child was killed, or its answer cannot be read
        raise Exceeded(f"no result within {megabytes} MB" if not answer else f"no readable result: {error}") from None
    if succeeded:
        return result  # type: ignore[no-any-return]  # pickled by the child
    raise result


def _compute(function: Callable[[], object], writing: int, seconds: float, megabytes: int) -> None:
    """Run in the child: send the pickled result, and end."""
    try:
        _set_limits(seconds, megabytes)
        faulthandler.disable()  # its report of the abort by which flint ends would go to the parent's terminal
        silent = os.open(os.devnull, os.O_WRONLY)
        os.dup2(silent, 1)
        os.dup2(silent, 2)  # flint prints where it runs out of memory
        with open(os.devnull, "w", encoding="utf-8") as nowhere, redirect_stdout(nowhere), redirect_stderr(nowhere):
            answer = _answer(function)
        with os.fdopen(writing, "wb") as pipe:
            pipe.write(answer)
    finally:
        os._exit(0)


def _answer(function: Callable[[], object]) -> bytes:
    """The pickled result or error; nothing where there is too little memory."""
    try:
        return pickle.dumps((True, function()))
    except MemoryError:
        return b""
    except Exception as error:  # sent to the parent
        try:
            answer = pickle.dumps((False, error))
            pickle.loads(answer)
        except Exception:  # some errors cannot be sent, or not be made again
            answer = pickle.dumps((False, RuntimeError(f"{type(error).__name__}: {error}")))
        return answer


def _set_limits(seconds: float, megabytes: int) -> None:
    import resource

    def lower(kind: int, limit: int) -> None:
        soft, hard = resource.getrlimit(kind)
        resource.setrlimit(kind, (min((x for x in (soft, hard, limit) if x >= 0), default=limit), hard))

    lower(resource.RLIMIT_AS, _size() + megabytes * 2**20)
    lower(resource.RLIMIT_CORE, 0)
    # Ends the child, and its own children, if the parent was killed and cannot.
    lower(resource.RLIMIT_CPU, math.ceil(seconds) + 1)


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
    pipe = select.poll()  # `select` fails for files with high numbers
    pipe.register(reading, select.POLLIN)
    while True:
        if not pipe.poll(max(0.0, 1000 * (until - time.monotonic()))):
            return None
        part = os.read(reading, 1 << 16)
        if not part:
            return b"".join(parts)
        parts.append(part)
