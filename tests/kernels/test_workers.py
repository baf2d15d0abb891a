"""Threads that share tasks: who does what, errors, forked processes, and the threads of BLAS."""

import subprocess
import sys
import threading

import pytest
from threadpoolctl import threadpool_info

from chainrule.kernels.workers import available_threads, share, single_threaded_products


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
    # The other thread has finished what it had.
    assert {task for task in range(4) if task % 2 != failing % 2} <= set(ended)
    assert len(done_by(4, 2)) == 4


def test_products_have_one_thread_inside_and_as_many_as_before_outside():
    def counts():
        return [pool["num_threads"] for pool in threadpool_info() if pool["user_api"] == "blas"]

    before = counts()
    assert available_threads() == max(before)
    with single_threaded_products():
        assert set(counts()) == {1}
        assert available_threads() == 1
    assert counts() == before


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
"""


@pytest.mark.skipif(sys.platform == "win32", reason="there is no fork")
def test_a_forked_process_has_threads_of_its_own():
    # In a process of its own: what other tests have loaded, JAX for one, need not bear a fork.
    command = [sys.executable, "-W", "ignore::DeprecationWarning", "-c", FORKING]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=True)
    assert done.stdout.strip() == "4"
