"""The owner of BLAS's threads: what was there comes back, in whatever order who asked for fewer leaves."""

import gc
import os
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from threadpoolctl import ThreadpoolController, threadpool_info, threadpool_limits

from chainrule.kernels import blas
from chainrule.kernels.blas import available_threads, single_threaded_products, threads_allowed


def numbers():
    return {pool["num_threads"] for pool in threadpool_info() if pool["user_api"] == "blas"}


@pytest.fixture(autouse=True)
def three_threads():
    with threadpool_limits(3, user_api="blas"):
        if numbers() != {3}:
            pytest.skip("needs a BLAS whose threads can be set")
        yield
        assert numbers() == {3}


def test_one_thread_inside_and_as_many_as_before_outside():
    assert available_threads() == 3
    with single_threaded_products():
        assert numbers() == {1}
        assert available_threads() == 1
    assert numbers() == {3}


@pytest.mark.parametrize("count", [1, 2, 5])
def test_another_number(count):
    with threads_allowed(count):
        assert numbers() == {count}
        assert available_threads() == count
        with single_threaded_products():
            assert numbers() == {1}
        assert numbers() == {count}


def test_no_number_changes_nothing():
    with threads_allowed(None):
        assert numbers() == {3}


def test_the_least_that_is_asked_for_is_what_there_is():
    with threads_allowed(2), threads_allowed(5):
        assert numbers() == {2}
        assert available_threads() == 2


@pytest.mark.parametrize("order", [(0, 1, 2), (2, 1, 0), (1, 0, 2), (1, 2, 0)])
@pytest.mark.parametrize("threads", [(1, 1, 1), (1, 2, 1), (2, 1, 5)])
def test_threads_that_enter_and_leave_in_any_order(order, threads):
    """Each context is entered and left in a thread of its own, while the others are within theirs."""
    with ThreadPoolExecutor(1) as first, ThreadPoolExecutor(1) as second, ThreadPoolExecutor(1) as third:
        places = first, second, third
        contexts = [threads_allowed(count) for count in threads]
        inside = []
        for place, context, count in zip(places, contexts, threads, strict=True):
            place.submit(context.__enter__).result()
            inside.append(count)
            assert numbers() == {min(inside)}
        for left in order:
            assert available_threads() == 3, "this thread has not asked for fewer"
            assert places[left].submit(available_threads).result() == threads[left]
            places[left].submit(contexts[left].__exit__, None, None, None).result()
            inside.remove(threads[left])
            assert numbers() == ({min(inside)} if inside else {3})


def test_a_context_that_is_left_by_another_thread_ends():
    context = single_threaded_products()
    context.__enter__()
    with ThreadPoolExecutor(1) as pool:
        pool.submit(context.__exit__, None, None, None).result()
    assert numbers() == {3}


def test_a_generator_that_nobody_closes_ends_its_request_when_it_is_collected():
    def forever():
        with single_threaded_products():
            yield numbers()

    generator = forever()
    assert next(generator) == {1}
    del generator
    gc.collect()
    assert numbers() == {3}


def test_a_context_that_is_entered_and_forgotten_ends():
    single_threaded_products().__enter__()
    gc.collect()
    assert numbers() == {3}


def test_a_collection_in_the_midst_of_a_change_waits_for_its_end():
    forgotten = single_threaded_products()
    forgotten.__enter__()
    with blas._of_process.lock:  # as if the collector ran where the lock is held
        del forgotten
        gc.collect()
        assert numbers() == {1}
    with threads_allowed(2):
        assert numbers() == {2}
    assert numbers() == {3}


class TestSomebodyElseSetsIt:
    """A user, or another library such as scikit-learn, for a while or for good."""

    def test_for_a_while_around_an_inner_context(self):
        with single_threaded_products():
            with threadpool_limits(4, user_api="blas"):
                assert available_threads() == 4
                with single_threaded_products():
                    assert numbers() == {1}
                assert numbers() == {4}
            assert numbers() == {1}
        assert numbers() == {3}

    def test_for_good(self):
        with single_threaded_products():
            limits = threadpool_limits(4, user_api="blas")
        assert numbers() == {4}
        limits.restore_original_limits()
        assert numbers() == {1}, "that was what they found"
        set_to(3)

    def test_for_good_and_then_an_inner_context(self):
        with single_threaded_products():
            set_to(4)
            with single_threaded_products():
                assert numbers() == {1}
            assert numbers() == {4}
        assert numbers() == {4}
        set_to(3)

    def test_a_while_that_ends_inside(self):
        limits = threadpool_limits(1, user_api="blas")
        first = single_threaded_products()
        first.__enter__()
        limits.restore_original_limits()
        assert numbers() == {3}
        with single_threaded_products():
            assert numbers() == {1}
            first.__exit__(None, None, None)
            assert numbers() == {1}
        assert numbers() == {3}


def set_to(count):
    for library in ThreadpoolController().select(user_api="blas").lib_controllers:
        library.set_num_threads(count)


class PerThread:
    """A library whose number is one of the thread that sets it, as where OpenBLAS is built on OpenMP."""

    threading_layer = "openmp"

    def __init__(self):
        self.local = threading.local()

    @property
    def num_threads(self):
        return getattr(self.local, "number", 6)

    def set_num_threads(self, number):
        self.local.number = number


def test_numbers_of_threads_are_kept_apart(monkeypatch):
    library = PerThread()
    monkeypatch.setattr(blas, "_libraries", lambda of_threads: (library,) if of_threads else ())
    monkeypatch.setattr(blas, "_of_threads", blas._OwnersOfThreads())
    monkeypatch.setattr(blas, "_of_process", blas._Owner(of_threads=False))
    here, there = single_threaded_products(), threads_allowed(2)
    with ThreadPoolExecutor(1) as pool:
        here.__enter__()
        assert pool.submit(available_threads).result() == 6
        pool.submit(there.__enter__).result()
        assert (library.num_threads, pool.submit(lambda: library.num_threads).result()) == (1, 2)
        here.__exit__(None, None, None)
        assert (library.num_threads, pool.submit(lambda: library.num_threads).result()) == (6, 2)
        there.__exit__(None, None, None)  # in a thread that cannot set the other's number
        assert pool.submit(lambda: library.num_threads).result() == 2
        with single_threaded_products():
            assert library.num_threads == 1
        pool.submit(single_threaded_products().__enter__).result()
        assert library.num_threads == 6


FORK_WHILE_ANOTHER_THREAD_FITS = """
import os, threading
from threadpoolctl import threadpool_info, threadpool_limits
from chainrule.kernels.blas import available_threads, single_threaded_products, threads_allowed

def numbers():
    return {pool["num_threads"] for pool in threadpool_info() if pool["user_api"] == "blas"}

import numpy, scipy.linalg
with threadpool_limits(3, user_api="blas"):
    inside, go_on = threading.Event(), threading.Event()

    def fit():
        with single_threaded_products():
            inside.set()
            go_on.wait()

    thread = threading.Thread(target=fit)
    thread.start()
    inside.wait()
    with threads_allowed(2):
        child = os.fork()
        if not child:
            within = numbers(), available_threads()
            os.write(1, repr(within).encode())
        else:
            os.waitpid(child, 0)
            go_on.set()
            thread.join()
            assert numbers() == {2}
    if not child:
        os.write(1, repr((numbers(), available_threads())).encode())
        os._exit(0)
    assert numbers() == {3}
"""

WITHOUT_FORK = """
import os
del os.register_at_fork, os.fork
import chainrule
from chainrule import SoftmaxRegression, ConvClassifier
from sklearn.datasets import load_digits
X, y = load_digits(return_X_y=True)
print(SoftmaxRegression(n_jobs=2).fit(X, y).score(X, y) > 0.9)
"""


def run(code):
    command = [sys.executable, "-W", "ignore::DeprecationWarning", "-c", code]
    return subprocess.run(command, capture_output=True, text=True, timeout=120, check=True).stdout.strip()


@pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no fork")
def test_a_forked_process_keeps_the_requests_of_the_thread_that_it_has():
    assert run(FORK_WHILE_ANOTHER_THREAD_FITS) == "({2}, 2)({3}, 3)"


def test_systems_without_fork_will_do():
    assert run(WITHOUT_FORK) == "True"
