"""Takes away from a process, for good, what code needs to do harm: files, the network, other processes, memory, time.

Three locks, each for what the others may miss:

- limits of the system: no further file, no bytes into files, no further process or thread, memory and time;
- an audit hook, which refuses with a message what Python does outside of the process;
- on Linux (x86-64 and ARM64) a filter of the kernel, which refuses all calls but those that a computation needs. It
  also holds for code that breaks out of Python, as NumPy's strides allow.
"""

from __future__ import annotations

import ctypes
import math
import os
import platform
import struct
import sys
from typing import Any

from chainrule.servers.tasks import TaskRefused

_OUTSIDE = frozenset({
    *("open", "os", "subprocess", "socket", "shutil", "ctypes", "signal", "resource", "pty", "glob", "tempfile"),
    *("mmap", "fcntl", "syslog", "webbrowser", "_thread", "_posixsubprocess", "pathlib", "sqlite3", "ftplib", "http"),
    *("imaplib", "nntplib", "poplib", "smtplib", "telnetlib", "urllib"),
})  # fmt: skip
"""The first words of audit events that reach outside of the process."""

_CALLS = {
    # read write close fstat poll lseek mmap mprotect munmap brk rt_sigaction rt_sigprocmask rt_sigreturn sched_yield
    # mremap madvise nanosleep setitimer getpid exit sigaltstack gettid futex sched_getaffinity restart_syscall
    # clock_gettime clock_getres clock_nanosleep exit_group getrandom gettimeofday getrusage
    "x86_64": (0xC000003E, [
        0, 1, 3, 5, 7, 8, 9, 10, 11, 12, 13, 14, 15, 24, 25, 28, 35, 38, 39, 60, 96, 98, 131, 186, 202, 204, 219, 228,
        229, 230, 231, 318,
    ]),
    "aarch64": (0xC00000B7, [
        63, 64, 57, 80, 73, 62, 222, 226, 215, 214, 134, 135, 139, 124, 216, 233, 101, 103, 172, 93, 169, 165, 132, 178,
        98, 123, 128, 113, 114, 115, 94, 278,
    ]),
}  # fmt: skip
"""By machine: the kernel's number for it, and the numbers of the calls that a computation needs."""


def lock(pipe: int, seconds: float) -> None:
    """Lock this process; it keeps only the file `pipe`, to which it may write, and computes for some seconds.

    Raises
    ------
    TaskRefused
        If the system does not offer one of the locks.
    """
    import resource

    filtered = _filter() if sys.platform == "linux" else None
    os.closerange(3, pipe)
    os.closerange(pipe + 1, resource.getrlimit(resource.RLIMIT_NOFILE)[0])
    # At the first limit of time the process is told, and at the second one it is ended.
    resource.setrlimit(resource.RLIMIT_CPU, (math.ceil(seconds), math.ceil(seconds) + 1))
    for kind, most in {
        resource.RLIMIT_NOFILE: 0,  # files that are open stay so
        resource.RLIMIT_FSIZE: 0,
        resource.RLIMIT_CORE: 0,
        resource.RLIMIT_NPROC: 0,
        resource.RLIMIT_AS: resource.getrlimit(resource.RLIMIT_AS)[0],
    }.items():
        resource.setrlimit(kind, (most, most))
    if filtered is not None:
        _apply(filtered)
    sys.addaudithook(_refuse)


# What follows is private.

_NO_NEW_PRIVILEGES, _SET_FILTER, _FILTER_MODE = 38, 22, 2
_LOAD, _EQUAL, _RETURN = 0x20, 0x15, 0x06
_ALLOWED, _NOT_PERMITTED = 0x7FFF0000, 0x00050001
"""Answers of the filter: go on, and the error EPERM."""


def _refuse(event: str, arguments: tuple[Any, ...]) -> None:
    word = event.partition(".")[0]
    if word == "import":
        raise ImportError(
            f"code may not import {arguments[0]} here; NumPy, SciPy and what computes in Python are there"
        )
    if word in _OUTSIDE:
        named = repr(arguments[0])[:100] if arguments else ""
        raise PermissionError(f"code may not use files, processes or the network here: {event}({named})")


def _filter() -> bytes | None:
    """The filter as instructions of four numbers each; None for a machine whose calls are not known."""
    if platform.machine() not in _CALLS:
        return None
    machine, calls = _CALLS[platform.machine()]
    steps = [(_LOAD, 0, 0, 4), (_EQUAL, 0, len(calls) + 1, machine), (_LOAD, 0, 0, 0)]
    steps += [(_EQUAL, len(calls) - number, 0, call) for number, call in enumerate(calls)]
    steps += [(_RETURN, 0, 0, _NOT_PERMITTED), (_RETURN, 0, 0, _ALLOWED)]
    return b"".join(struct.pack("HBBI", *step) for step in steps)


class _Program(ctypes.Structure):
    _fields_ = (("length", ctypes.c_ushort), ("steps", ctypes.c_char_p))


def _apply(steps: bytes) -> None:
    control = ctypes.CDLL(None, use_errno=True).prctl
    control.argtypes = (ctypes.c_int, *[ctypes.c_ulong] * 4)
    program = _Program(len(steps) // 8, steps)
    set_filter = (_SET_FILTER, _FILTER_MODE, ctypes.addressof(program), 0, 0)
    if control(_NO_NEW_PRIVILEGES, 1, 0, 0, 0) or control(*set_filter):
        raise TaskRefused(f"code cannot be locked in: {os.strerror(ctypes.get_errno())}")
