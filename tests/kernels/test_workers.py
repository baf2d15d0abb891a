"""Threads that share tasks: who does what, errors, interrupts, and forked processes."""

import signal
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from chainrule.kernels import workers
from chainrule.kernels.workers import each, share


def done_by(tasks, threads):
    found = []
    share(tasks, threads, lambda thread, task: found.append((thread, task, threading.get_ident())))
    return found


@pytest.mark.parametrize(("tasks", "threads"), [(0, 2), (1, 4), (5, 1), (5, 2), (7, 3), (3, 8)])
def test_every_task_is_done_once_by_the_thread_that_has_it(tasks, threads):
    found = done_by(tasks, threads)
    assert sorted(task for _, task, _ in found) == list(range(tasks))
    used = min(threads, tasks)
    assert all(task % used == thread for thread, task, _ in found)


def test_the_first_thread_is_the_caller():
    assert {identity for thread, _, identity in done_by(6, 3) if thread == 0} == {threading.get_ident()}


@pytest.mark.parametrize("failing", [0, 1, 3])
def test_an_error_reaches_the_caller_after_all_threads_have_ended(failing):
    ended = []

    def work(thread, task):
        if task == failing:
            raise RuntimeError(f"task {task} failed")
        ended.append(task)

    with pytest.raises(RuntimeError, match=f"task {failing} failed"):
        share(4, 2, work)
    # The other thread has finished what it had, unless this one failed before that had begun.
    others = {task for task in range(4) if task % 2 != failing % 2}
    assert others & set(ended) in ([set(), others] if failing == 0 else [others])
    assert len(done_by(4, 2)) == 4


@pytest.mark.parametrize("error", [RuntimeError, KeyboardInterrupt, SystemExit])
def test_nobody_is_at_work_any_more_when_one_has_raised(error):
    begun, others = threading.Barrier(3), []

    def work(number):
        begun.wait()
        if number == 0:
            raise error("of the caller")
        time.sleep(0.05)
        others.append(number)
        return number

    with pytest.raises(error):
        each(3, work)
    assert sorted(others) == [1, 2]


def test_ctrl_c_while_the_caller_waits_for_the_others_waits_for_them():
    ended = []

    def work(number):
        if number == 1:
            for _ in range(3):
                signal.pthread_kill(threading.main_thread().ident, signal.SIGINT)
                time.sleep(0.05)
            ended.append(number)

    with pytest.raises(KeyboardInterrupt):
        each(2, work)
    assert ended == [1]
    assert each(2, lambda number: number) == [0, 1]


def test_what_has_not_begun_when_one_raises_does_not_begin(monkeypatch):
    """As where the pool is busy, or Ctrl-C comes between two that are handed over."""
    submitted = []
    monkeypatch.setattr(workers._pool, "submit", submitted.extend)

    def work(number):
        assert number == 0
        raise RuntimeError("of the caller")

    with pytest.raises(RuntimeError, match="of the caller"):
        each(3, work)
    for part in submitted:
        part()
    assert all(part.future.cancelled() for part in submitted)


def test_work_within_work_is_done_by_the_thread_that_has_it():
    def work(number):
        return each(3, lambda inner: (number, inner, threading.get_ident()))

    (first, second) = each(2, work)
    assert [pair[:2] for pair in second] == [(1, 0), (1, 1), (1, 2)]
    assert len({identity for *_, identity in second}) == 1
    assert first[0][2] == threading.get_ident()


def test_many_at_once_each_have_all_their_threads():
    together = threading.Barrier(4 * 3)
    with ThreadPoolExecutor(4) as callers:
        done = list(callers.map(lambda _: each(3, lambda number: (together.wait(30), number)[1]), range(4)))
    assert done == [[0, 1, 2]] * 4


def test_an_interrupted_submission_costs_later_work_no_thread(monkeypatch):
    def interrupt(_):
        raise KeyboardInterrupt

    each(2, lambda number: number)
    with monkeypatch.context() as patch:
        patch.setattr(ThreadPoolExecutor, "_adjust_thread_count", interrupt)
        with pytest.raises(KeyboardInterrupt):
            each(3, lambda number: number)
    test_many_at_once_each_have_all_their_threads()


FORKING = """
import os
from chainrule.kernels.workers import share

def count():
    done = []
    share(4, 2, lambda thread, task: done.append(task))
    return len(done)

count()
child = os.fork()
if not child:
    os._exit(count())
print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
print(count())
"""


@pytest.mark.skipif(sys.platform == "win32", reason="there is no fork")
def test_a_forked_process_has_threads_of_its_own():
    # In a process of its own: what other tests have loaded, JAX for one, need not bear a fork. No warning of Python's
    # comes, that a process of many threads forks: the pool has ended its own.
    command = [sys.executable, "-W", "error", "-c", FORKING]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=True)
    assert done.stdout.split() == ["4", "4"]
