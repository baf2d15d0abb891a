"""Computations in a child process with limits."""

import os
import signal
import sys
import threading
import time
from functools import partial
from pathlib import Path

import flint
import pytest

from chainrule.algebra import Exceeded, Field, attempt, limited, variables
from chainrule.algebra.limits import in_place, limit_process, limited_each
from chainrule.algebra.memory import Restart

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="the system cannot copy a process")


def open_files():
    return set(os.listdir("/proc/self/fd")) if os.path.isdir("/proc/self/fd") else set()


def children():
    """This process's children, also those that have ended and were not waited for, where the system lists them."""
    listed = Path("/proc/self/task").glob("*/children")
    return {child for thread in listed for child in thread.read_text().split()}


@pytest.fixture(autouse=True)
def nothing_is_left():
    before, others = open_files(), children()  # tests of servers leave the process that forks
    yield
    assert open_files() == before
    assert children() == others


def factorised():
    """A polynomial that takes flint hours to factor, in one call."""
    context = flint.fmpq_mpoly_ctx.get([f"x{i}" for i in range(12)], "lex")
    p = context.constant(1)
    for k in range(6):
        p *= sum((context.gen(i) ** (1 + (i * k) % 3) * (i + k + 1) for i in range(12)), context.constant(k + 1))
    return len((p + 1).factor()[1])


def too_large_for_memory():
    context = flint.fmpq_mpoly_ctx.get([f"y{i}" for i in range(8)], "lex")
    p = sum((context.gen(i) for i in range(8)), context.constant(1))
    return len(p**60)


def test_a_result_and_an_exception_come_back():
    assert limited(lambda: list(range(10**6)))[-1] == 10**6 - 1
    with pytest.raises(ZeroDivisionError, match="division by zero"):
        limited(lambda: 1 / 0)


@pytest.mark.parametrize("bomb", [factorised, lambda: time.sleep(60)], ids=["flint", "sleep"])
def test_too_much_time_is_exceeded(bomb):
    with pytest.raises(Exceeded, match=r"no result within 0\.3 s"):
        limited(bomb, seconds=0.3)


def test_too_much_memory_is_exceeded():
    with pytest.raises(Exceeded, match="no result within 100 MB"):
        limited(lambda: len(bytearray(10**9)), megabytes=100)
    with pytest.raises(Exceeded, match="no result within 100 MB"):
        limited(too_large_for_memory, megabytes=100, seconds=60)


class Unsendable(Exception):
    def __init__(self, one, two):
        super().__init__(one)

    def __reduce__(self):
        return type(self), self.args  # the default, unless Dask has replaced it by that of tblib


def unsendable():
    raise Unsendable(1, lambda: 2)


def test_what_cannot_be_sent_is_an_error():
    with pytest.raises((AttributeError, TypeError), match="pickle"):
        limited(lambda: lambda: 1)
    with pytest.raises(RuntimeError, match="Unsendable: 1"):
        limited(unsendable)

    def exact_number():
        with Field():
            return variables("x", [2.0])

    with pytest.raises(TypeError):
        limited(exact_number)


def restart():
    raise Restart


@pytest.mark.parametrize(
    "end",
    [lambda: os.kill(os.getpid(), signal.SIGKILL), lambda: os._exit(3), restart],
    ids=["killed", "ended", "restart"],
)
def test_a_child_that_ends_without_a_result_is_exceeded(end):
    with pytest.raises(Exceeded):
        limited(end)


def test_a_child_that_is_killed_while_it_sends_is_exceeded(monkeypatch):
    monkeypatch.setattr("chainrule.algebra.limits._answer", lambda function: b"\x80\x04incomplete")
    with pytest.raises(Exceeded, match="no readable result"):
        limited(lambda: 1)


def test_a_child_is_silent(capfd):
    def loud():
        print("out")
        print("error", file=sys.stderr)
        sys.stdout.flush()
        os.write(1, b"file 1")
        os.write(2, b"file 2")
        return 1

    print("before", end="")
    assert limited(loud) == 1
    assert capfd.readouterr() == ("before", "")


def test_limits_may_be_nested():
    assert limited(lambda: limited(lambda: 5) + 1) == 6
    with pytest.raises(Exceeded, match=r"0\.2 s"):
        limited(lambda: limited(lambda: time.sleep(60), seconds=0.2))
    with pytest.raises(Exceeded):
        limited(lambda: limited(lambda: len(bytearray(10**9))), megabytes=100)


def test_an_orphan_ends_by_its_limit_of_time():
    def orphan():
        import resource

        return resource.getrlimit(resource.RLIMIT_CPU)[0]

    assert limited(orphan, seconds=1.5) == 3
    assert limited(lambda: limited(orphan, seconds=100), seconds=2) == 3


def test_threads_of_the_parent_do_no_harm():
    stop, counts = threading.Event(), [0]

    def busy():
        while not stop.is_set():
            counts[0] += 1

    threads = [threading.Thread(target=busy) for _ in range(3)]
    for thread in threads:
        thread.start()
    try:
        assert [limited(lambda i=i: i * i) for i in range(10)] == [i * i for i in range(10)]
    finally:
        stop.set()
        for thread in threads:
            thread.join()


def test_an_interrupt_in_the_parent_kills_the_child(tmp_path):
    began = tmp_path / "began"

    def child():
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        began.write_text(str(os.getpid()))
        time.sleep(60)

    def interrupt():
        while not (began.exists() and began.read_text()):
            time.sleep(0.01)
        os.kill(os.getpid(), signal.SIGINT)

    thread = threading.Thread(target=interrupt)
    thread.start()
    with pytest.raises(KeyboardInterrupt):
        limited(child, seconds=60)
    thread.join()
    with pytest.raises(ProcessLookupError):
        os.kill(int(began.read_text()), 0)


def test_the_parent_may_ignore_the_ends_of_children():
    before = signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    try:
        assert limited(lambda: 1) == 1
    finally:
        signal.signal(signal.SIGCHLD, before)


def test_expressions_that_explode_end_as_undecided():
    def explode(field):
        x = variables("x", [0.5, 0.25, 2.0, 3.0])
        total = x.sum()
        for _ in range(40):
            total = (total * total + x[0]) / (1 + total * total) + total / x[1]
        yield "it", total, total

    outcome = limited(lambda: attempt(explode), seconds=30)
    assert not outcome.proved
    assert outcome.undecided


def test_functions_share_a_process_until_one_fails():
    pids = list(limited_each([os.getpid, os.getpid, partial(time.sleep, 30), os.getpid], seconds=1))
    assert pids[0] == pids[1] != os.getpid()
    assert isinstance(pids[2], Exceeded)
    assert pids[3] not in (pids[0], os.getpid())


def test_functions_have_processor_time_and_not_time_by_the_clock():
    def compute():
        while True:
            pass

    slept, computed = limited_each([partial(time.sleep, 0.5), compute], seconds=0.3)
    assert slept is None
    assert isinstance(computed, Exceeded)


def test_a_function_that_ends_its_process_is_told_from_the_next():
    found = list(limited_each([partial(os._exit, 3), partial(int, 7)], seconds=5))
    assert isinstance(found[0], Exceeded)
    assert found[1] == 7


def test_an_error_in_one_of_several_functions_is_raised():
    with pytest.raises(ZeroDivisionError):
        list(limited_each([partial(int, 7), partial(divmod, 1, 0)]))


def test_one_of_several_functions_has_limited_memory():
    found = list(limited_each([partial(bytes, 1 << 31), partial(int, 7)], megabytes=300))
    assert isinstance(found[0], Exceeded)
    assert found[1] == 7


def test_in_place_the_computation_is_this_process_own_and_ends_in_time():
    with in_place():
        assert limited(os.getpid) == os.getpid()
        with pytest.raises(ZeroDivisionError):
            limited(lambda: 1 / 0)
        with pytest.raises(Exceeded, match=r"no result within 0\.1 s"):
            limited(lambda: time.sleep(60), seconds=0.1)
        with pytest.raises(Exceeded, match="memory of the process"):
            limited(lambda: bytearray(1 << 60))
    assert signal.getitimer(signal.ITIMER_REAL) == (0.0, 0.0)
    assert signal.getsignal(signal.SIGALRM) == signal.SIG_DFL
    assert limited(os.getpid) != os.getpid()


def test_a_limited_process_prints_nothing_and_has_little_memory(capfd):
    def limits():
        limit_process(7, 100)
        os.write(1, b"file 1")
        import resource

        with pytest.raises(MemoryError):
            bytearray(10**9)
        return resource.getrlimit(resource.RLIMIT_CPU)[0]

    assert limited(limits, seconds=60) == 8
    assert capfd.readouterr() == ("", "")
