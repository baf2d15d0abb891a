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
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, redirect_stderr, redirect_stdout, suppress
from contextvars import ContextVar
from functools import partial
from typing import TypeVar

Result = TypeVar("Result")

SECONDS = 10.0
MEGABYTES = 2000

PATIENCE = 4
"""How many seconds a process that shares the machine with others may take for one second of processor time."""


class Exceeded(Exception):
    """The computation took too long or too much memory, or the system cannot limit it.

    Examples
    --------
    >>> limited(lambda: time.sleep(60), seconds=0.02)
    Traceback (most recent call last):
        ...
    chainrule.algebra.limits.Exceeded: no result within 0.02 s
    """


_IN_PLACE = ContextVar("in place", default=False)


@contextmanager
def in_place() -> Iterator[None]:
    """Where `limited` computes in this process: one that has limits of its own, and may start no other.

    A call of flint then runs until the process's own time is over.

    Examples
    --------
    >>> found = []
    >>> with in_place():
    ...     limited(lambda: found.append(1))
    >>> found
    [1]
    """
    token = _IN_PLACE.set(True)
    try:
        yield
    finally:
        _IN_PLACE.reset(token)


def limit_process(seconds: float, megabytes: int) -> None:
    """Limit the computing time and the memory of this process for good, and let it print nothing more."""
    _set_limits(seconds, megabytes)
    _be_silent()


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
    if _IN_PLACE.get():
        return _computed_here(function, seconds)
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


def limited_each(
    functions: Sequence[Callable[[], Result]], *, seconds: float = SECONDS, megabytes: int = MEGABYTES
) -> Iterator[Result | Exceeded]:
    """The functions' results in order, from one child process; one that dies or takes too long is replaced.

    `seconds` are processor time, so that the results do not depend on what else the machine does.

    Yields
    ------
    Result or Exceeded
        The error in place of the result of a function that took more than `seconds`, or `PATIENCE` times as long by the
        clock, or too much memory.

    Raises
    ------
    Exception
        The error that a function raised.

    Examples
    --------
    >>> list(limited_each([lambda: 1 + 1, lambda: 6 * 7]))
    [2, 42]
    """
    if not hasattr(os, "fork"):
        raise Exceeded("this system cannot copy a process, so that the computation cannot be limited")
    done = 0
    while done < len(functions):
        with _child(partial(_compute_each, functions[done:], seconds=seconds, megabytes=megabytes)) as pipe:
            while done < len(functions):
                answer = _read_one(pipe, time.monotonic() + PATIENCE * seconds)
                done += 1
                if answer is None:
                    yield Exceeded(f"no result within {seconds:g} s and {megabytes} MB")
                    break
                succeeded, result = pickle.loads(answer)
                if not succeeded:
                    raise result
                yield result


def _computed_here(function: Callable[[], Result], seconds: float) -> Result:
    def over(*_: object) -> None:
        raise Exceeded(f"no result within {seconds:g} s")

    before = signal.signal(signal.SIGALRM, over)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        return function()
    except MemoryError:
        raise Exceeded("no result within the memory of the process") from None
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


@contextmanager
def _child(run: Callable[[int], None]) -> Iterator[int]:
    """The reading end of a pipe to which a child process writes; the child is ended at the end."""
    reading, writing = os.pipe()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # as in `limited`
        child = os.fork()
    if child == 0:
        os.close(reading)
        run(writing)
    os.close(writing)
    try:
        yield reading
    finally:
        os.close(reading)
        with suppress(ProcessLookupError):
            os.kill(child, signal.SIGKILL)
        with suppress(ChildProcessError):
            os.waitpid(child, 0)


def _compute_each(functions: Sequence[Callable[[], object]], writing: int, *, seconds: float, megabytes: int) -> None:
    """Run in the child: send the pickled results, each after its length, until one needs too much time or memory."""
    try:
        _set_limits(math.inf, megabytes)
        _be_silent()
        signal.signal(signal.SIGPROF, signal.SIG_DFL)  # it ends the process, also in a call of flint
        with open(os.devnull, "w", encoding="utf-8") as nowhere, redirect_stdout(nowhere), redirect_stderr(nowhere):
            for function in functions:
                signal.setitimer(signal.ITIMER_PROF, seconds)
                answer = _answer(function)
                signal.setitimer(signal.ITIMER_PROF, 0)
                if not answer:
                    break
                _write(writing, len(answer).to_bytes(8, "big") + answer)
    finally:
        os._exit(0)


def _write(writing: int, answer: bytes) -> None:
    while answer:
        answer = answer[os.write(writing, answer) :]


def _read_one(reading: int, until: float) -> bytes | None:
    """The next answer; None if it does not come in time, or the child ended."""
    length = _read_bytes(reading, 8, until)
    return None if length is None else _read_bytes(reading, int.from_bytes(length, "big"), until)


def _read_bytes(reading: int, count: int, until: float) -> bytes | None:
    parts, pipe = b"", select.poll()
    pipe.register(reading, select.POLLIN)
    while len(parts) < count:
        if not pipe.poll(max(0.0, 1000 * (until - time.monotonic()))):
            return None
        part = os.read(reading, count - len(parts))
        if not part:
            return None
        parts += part
    return parts


def _be_silent() -> None:
    """Print nothing more."""
    faulthandler.disable()  # its report of the abort by which flint ends would go to the parent's terminal
    silent = os.open(os.devnull, os.O_WRONLY)
    os.dup2(silent, 1)
    os.dup2(silent, 2)  # flint prints where it runs out of memory


def _compute(function: Callable[[], object], writing: int, seconds: float, megabytes: int) -> None:
    """Run in the child: send the pickled result, and end."""
    try:
        _set_limits(seconds, megabytes)
        _be_silent()
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
    if math.isfinite(seconds):
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
