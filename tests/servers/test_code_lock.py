"""The three locks around code from outside, each alone: what one of them misses, another one must refuse."""

import ctypes
import os
import platform
import resource
import signal
import socket
import subprocess
import sys
import threading
from pathlib import Path

import numpy as np
import pytest

from chainrule.servers import code_lock
from chainrule.servers.tasks import TaskRefused

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="needs processes that fork")
FILTERED = sys.platform == "linux" and platform.machine() in ("x86_64", "aarch64")
FILE = __file__


def fork():
    if not os.fork():
        os._exit(0)


SET_LIMIT, ACCESS = resource.setrlimit, ctypes.CDLL(None).access

ACTIONS = {
    "open": lambda: Path(FILE).read_text(encoding="utf-8"),
    "os.open": lambda: os.open(FILE, os.O_RDONLY),
    "list": lambda: os.listdir("/"),
    "remove": lambda: os.remove(FILE + ".none"),
    "rename": lambda: os.rename(FILE + ".none", FILE + ".two"),
    "link": lambda: os.symlink(FILE, FILE + ".link"),
    "mode": lambda: os.chmod(FILE, 0o644),
    "fork": fork,
    "run": lambda: subprocess.run(["true"]),
    "exec": lambda: os.execv("/bin/true", ["true"]),
    "kill": lambda: os.kill(os.getppid(), 0),
    "thread": lambda: threading.Thread(target=print).start(),
    "socket": socket.socket,
    "limit": lambda: SET_LIMIT(resource.RLIMIT_NOFILE, (64, 64)),
}
BY = {
    "hook": set(ACTIONS) - {"thread"} | ({"thread"} if sys.version_info >= (3, 12) else set()),
    "filter": set(ACTIONS),
    "limits": {"open", "os.open", "list", "socket", "run"},
}
"""The actions that each lock refuses by itself. Limits of processes do not hold for root."""


def outcome(action, monkeypatch, locks=("hook", "filter", "limits")):
    """The kind of error that the action raises in a locked child, or its result."""
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            if "hook" not in locks:
                monkeypatch.setattr(sys, "addaudithook", lambda hook: None)
            if "filter" not in locks:
                monkeypatch.setattr(code_lock, "_filter", lambda: None)
            if "limits" not in locks:
                monkeypatch.setattr(resource, "setrlimit", lambda kind, limits: None)
            code_lock.lock(writing, 5.0)
            try:
                told = repr(action())
            except BaseException as error:
                told = type(error).__name__
            os.write(writing, told.encode())
        finally:
            os._exit(0)
    os.close(writing)
    with os.fdopen(reading, "rb") as pipe:
        found = pipe.read().decode()
    status = os.waitpid(child, 0)[1]
    return found or signal.Signals(status & 127).name


@pytest.mark.parametrize("name", ACTIONS)
def test_a_locked_process_reaches_nothing_outside(name, monkeypatch):
    assert outcome(ACTIONS[name], monkeypatch) in ("PermissionError", "RuntimeError", "ImportError")


@pytest.mark.parametrize(("lock", "name"), [(lock, name) for lock, names in BY.items() for name in sorted(names)])
def test_each_lock_refuses_by_itself(lock, name, monkeypatch):
    if lock == "filter" and not FILTERED:
        pytest.skip("the kernel's filter is made for Linux on x86-64 and ARM64")
    assert outcome(ACTIONS[name], monkeypatch, (lock,)).endswith("Error")


def test_the_filter_holds_for_calls_that_python_does_not_see(monkeypatch):
    if not FILTERED:
        pytest.skip("the kernel's filter is made for Linux on x86-64 and ARM64")

    assert outcome(lambda: ACCESS(FILE.encode(), os.F_OK), monkeypatch, ("hook", "limits")) == "0"
    assert outcome(lambda: ACCESS(FILE.encode(), os.F_OK), monkeypatch) == "-1"


def test_a_locked_process_computes(monkeypatch):
    assert outcome(lambda: float(np.sum(np.ones((50, 50)) @ np.ones((50, 50)))), monkeypatch) == "125000.0"


def test_a_locked_process_ends_in_time(monkeypatch):
    def forever():
        signal.signal(signal.SIGXCPU, signal.SIG_IGN)
        while True:
            pass

    monkeypatch.setattr(code_lock.math, "ceil", lambda seconds: 1)
    assert outcome(forever, monkeypatch) == "SIGKILL"


def test_a_filter_that_the_kernel_does_not_take_is_refused(monkeypatch):
    if not FILTERED:
        pytest.skip("the kernel's filter is made for Linux on x86-64 and ARM64")
    with pytest.raises(TaskRefused, match="code cannot be locked in"):
        code_lock._apply(b"\xff" * 8)


def test_an_unknown_machine_has_no_filter(monkeypatch):
    monkeypatch.setattr(platform, "machine", lambda: "z80")
    assert code_lock._filter() is None
