"""Computations in a child process with limits."""

import os
import time

import pytest

from chainrule.algebra import Exceeded, limited


def open_files():
    return set(os.listdir("/proc/self/fd")) if os.path.isdir("/proc/self/fd") else set()


@pytest.fixture(autouse=True)
def nothing_is_left():
    before = open_files()
    yield
    assert open_files() == before
    with pytest.raises(ChildProcessError):  # no child, dead or alive
        os.waitpid(-1, os.WNOHANG)


def test_a_result_and_an_exception_come_back():
    assert limited(lambda: list(range(10**6)))[-1] == 10**6 - 1
    with pytest.raises(ZeroDivisionError, match="division by zero"):
        limited(lambda: 1 / 0)


def test_too_much_time_and_too_much_memory_are_exceeded():
    with pytest.raises(Exceeded, match=r"no result within 0\.2 s"):
        limited(lambda: time.sleep(60), seconds=0.2)
    with pytest.raises(MemoryError):
        limited(lambda: len(bytearray(10**9)), megabytes=100)
