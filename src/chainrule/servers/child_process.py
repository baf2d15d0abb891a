"""A task in a child process with limits. Its answer is JSON: a process that ran code from outside is not to be trusted.

Children are copies of a process that has imported everything and has no threads, which Python calls a fork server. It
has none of the server's files. So a child starts in milliseconds, and cannot write into the server's protocol.
"""

from __future__ import annotations

import asyncio
import json
import multiprocessing
import os
import signal
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from multiprocessing.connection import Connection, wait
from typing import Any, TypeAlias

from chainrule.algebra.limits import in_place, limit_process
from chainrule.servers import code_lock, tasks

Task: TypeAlias = str | Callable[..., dict[str, Any]]
"""The name of a function of `tasks`, or a function of another module, which a child can import."""

MOST_BYTES = 64 * 2**20
"""Most bytes of an answer."""

STARTED = b" "
"""The first byte that a child writes; JSON may begin with it."""

SECONDS_TO_START = 60.0
"""The longest time for the imports of the process that is copied, and for the copy."""

ONE_THREAD = dict.fromkeys(("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS"), "1")
"""A child may start no threads, which a BLAS would otherwise do."""


WARM, SINGLE = ("chainrule.servers.warm_template",), ("chainrule.checking", "chainrule.servers.child_process")
"""The modules in memory of the process that is copied: for many checks, and for a single one, which is sooner done."""


class TaskFailed(Exception):
    """A task gave no result; the message says why."""


@dataclass(frozen=True)
class Limits:
    """The time and memory that a child may use.

    Attributes
    ----------
    seconds : float
        The longest time, on the clock and of computation.
    megabytes : int
        Memory in addition to that of the imported packages.
    locked : bool
        True for code from outside (`code_lock`).
    """

    seconds: float = 50.0
    megabytes: int = 2000
    locked: bool = False


FOR_FORMULAS = Limits()
FOR_CODE = Limits(seconds=12.0, megabytes=1000, locked=True)


def prepare(modules: Sequence[str] = WARM) -> None:
    """Start the process of which children are copies, if there is none, with these modules in memory.

    Raises
    ------
    TaskFailed
        If the system cannot copy processes.
    """
    from multiprocessing import forkserver

    context = _context()
    context.set_forkserver_preload(["__main__", *modules])
    before = {name: os.environ.get(name) for name in ONE_THREAD}
    os.environ.update(ONE_THREAD)
    try:
        forkserver.ensure_running()
    finally:
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value


async def result_of(task: Task, arguments: Mapping[str, Any], limits: Limits = FOR_FORMULAS) -> dict[str, Any]:
    """The result of a task, computed in a child, which is ended if this is cancelled.

    Parameters
    ----------
    task : Task
    arguments : mapping
        Its keywords: values that JSON has.
    limits : Limits

    Raises
    ------
    TaskFailed
        If the task refuses its arguments, takes too long or too much memory, or its process ends without a result.
    """
    try:
        given = json.dumps(dict(arguments))
    except RecursionError:
        raise TaskFailed("the arguments are nested too deeply") from None
    child = await asyncio.to_thread(_Child.started, task, given, limits)
    try:
        answer = await asyncio.to_thread(child.answer)
    finally:
        child.end()
    try:
        found = json.loads(answer)
    except (ValueError, RecursionError):
        found = None
    if not isinstance(found, dict) or ("result" in found) is ("error" in found):
        raise TaskFailed("the code has damaged the answer")
    if "error" in found:
        raise TaskFailed(str(found["error"]))
    return dict(found["result"])


# What follows is private.


def _context() -> multiprocessing.context.ForkServerContext:
    try:
        return multiprocessing.get_context("forkserver")
    except ValueError:
        raise TaskFailed("this system cannot copy a process, so that no check can be limited") from None


@dataclass(frozen=True)
class _Child:
    """A process that works on a task, and the pipe for its answer."""

    process: multiprocessing.process.BaseProcess
    pipe: Connection
    limits: Limits

    @staticmethod
    def started(task: Task, arguments: str, limits: Limits) -> _Child:
        prepare(WARM if isinstance(task, str) else SINGLE)
        context = _context()
        reading, writing = context.Pipe(duplex=False)
        process = context.Process(target=_work, args=(writing, task, arguments, limits), daemon=True)
        process.start()
        writing.close()
        return _Child(process, reading, limits)

    def answer(self) -> bytes:
        """All bytes of the answer.

        Raises
        ------
        TaskFailed
            If there are none, or they do not come in time.
        """
        end, parts, size = time.monotonic() + SECONDS_TO_START, list[bytes](), 0
        while ready := wait([self.pipe, self.process.sentinel], max(0.0, end - time.monotonic())):
            # Processes that the child has started may hold the pipe open: its own end is an end, too.
            part = os.read(self.pipe.fileno(), 1 << 16) if self.pipe in ready else b""
            if not part:
                self.process.join(1.0)
                if size <= len(STARTED):
                    raise TaskFailed(self._why_ended())
                return b"".join(parts)
            if not parts:
                end = time.monotonic() + self.limits.seconds
            parts.append(part)
            size += len(part)
            if size > MOST_BYTES:
                raise TaskFailed(f"the answer has more than {MOST_BYTES >> 20} MB")
        raise TaskFailed(f"no result within {self.limits.seconds:g} s")

    def end(self) -> None:
        """End the process and those that it has started."""
        pid = self.process.pid
        if pid is not None and self.process.exitcode is None:
            with suppress(ProcessLookupError, PermissionError):
                os.killpg(pid, signal.SIGKILL)
            self.process.kill()  # if it has not yet a group of its own

    def _why_ended(self) -> str:
        code = self.process.exitcode
        if code == -signal.SIGXCPU:
            return f"no result within {self.limits.seconds:g} s of computation"
        if code is None or code >= 0:
            return "the process ended itself without a result"
        limit = f"perhaps it needs more than {self.limits.megabytes} MB, or is nested too deeply"
        return f"the process was ended by {signal.Signals(-code).name} without a result; {limit}"


def _work(pipe: Connection, task: Task, arguments: str, limits: Limits) -> None:
    """Run in the child: write the answer, and end."""
    try:
        os.write(pipe.fileno(), STARTED)
        os.setsid()
        limit_process(limits.seconds, limits.megabytes)
        if limits.locked:
            code_lock.lock(pipe.fileno(), limits.seconds)
            with in_place():
                answer = _answer(task, arguments, limits)
        else:
            answer = _answer(task, arguments, limits)
        while answer:
            answer = answer[os.write(pipe.fileno(), answer) :]
    finally:
        os._exit(0)


def _answer(task: Task, arguments: str, limits: Limits) -> bytes:
    try:
        function = getattr(tasks, task) if isinstance(task, str) else task
        found = {"result": function(**json.loads(arguments))}
    except MemoryError:
        found = {"error": f"it needs more than {limits.megabytes} MB"}
    except RecursionError:
        found = {"error": "it is nested too deeply"}
    except tasks.TaskRefused as error:
        found = {"error": str(error)}
    except BaseException as error:  # code may raise anything, as sys.exit does
        found = {"error": " ".join(f"{type(error).__name__}: {error}".split())[:1000]}
    return json.dumps(found, allow_nan=False).encode()
