"""Threads that work on parts of the rows, and the number of BLAS's own threads, which is always restored."""

import threading

import numpy as np
import pytest
from threadpoolctl import threadpool_info, threadpool_limits

from chainrule.kernels.blas import available_threads, single_threaded_products
from chainrule.kernels.workers import each
from chainrule.solvers.convex import INTERRUPTED, minima, minimise
from chainrule.solvers.convex.slices import cut, over_rows


def blas_threads():
    return [pool["num_threads"] for pool in threadpool_info() if pool["user_api"] == "blas"]


class Interrupt(BaseException):
    """Like a KeyboardInterrupt, which pytest would take for the user's own."""


@pytest.fixture(autouse=True)
def two_threads():
    with threadpool_limits(2, user_api="blas"):
        if not blas_threads() or set(blas_threads()) != {2}:
            pytest.skip("needs a BLAS whose threads can be set")
        yield
        assert set(blas_threads()) == {2}


def test_blas_has_one_thread_inside_and_its_own_again_afterwards():
    with single_threaded_products():
        assert set(blas_threads()) == {1}
    assert set(blas_threads()) == {2}


@pytest.mark.parametrize("error", [ValueError, KeyboardInterrupt, SystemExit, Interrupt])
def test_blas_has_its_threads_again_after_errors_and_interrupts(error):
    with pytest.raises(error), single_threaded_products():
        raise error
    assert set(blas_threads()) == {2}


@pytest.mark.parametrize("error", [ValueError, KeyboardInterrupt, Interrupt])
@pytest.mark.parametrize("place", [0, 1])
def test_what_a_thread_raises_reaches_the_caller(error, place):
    def work(number):
        if number == place:
            raise error
        return number

    with pytest.raises(error), single_threaded_products():
        each(2, work)
    assert set(blas_threads()) == {2}


@pytest.mark.parametrize("error", [ValueError, Interrupt])
def test_an_interrupted_minimisation_puts_the_threads_back(problem, error):
    def stop(progress, theta):
        assert set(blas_threads()) == {1}
        raise error

    with pytest.raises(error):
        minimise(problem, tol=1e-12, threads=2, callback=stop)
    assert set(blas_threads()) == {2}


def test_between_two_minima_blas_has_its_threads(problem):
    found = minima(problem, [1e-2, 1e-3], threads=2)
    next(found)
    assert set(blas_threads()) == {2}
    next(found)
    assert set(blas_threads()) == {2}  # and the generator is never closed


def test_one_call_after_another_works_with_the_same_threads():
    before = threading.active_count()
    for _ in range(10):
        with single_threaded_products():
            each(3, lambda number: number)
    # The pool starts threads when all that it has are busy: two are enough.
    assert threading.active_count() <= before + 2


def test_ctrl_c_keeps_the_weights_of_the_last_step_and_puts_the_threads_back(problem):
    steps = []

    def stop(progress, theta):
        steps.append(theta())
        if progress.iteration == 2:
            raise KeyboardInterrupt
        return False

    result = minimise(problem, tol=1e-12, threads=2, callback=stop)
    assert set(blas_threads()) == {2}
    assert result.message == INTERRUPTED
    assert not result.converged
    np.testing.assert_array_equal(result.theta, steps[-1])
    assert result.iterations == len(steps) == 2


def test_nested_limits_end_in_order():
    with single_threaded_products():
        with single_threaded_products():
            assert each(1, lambda number: number) == [0]
        assert set(blas_threads()) == {1}
    assert set(blas_threads()) == {2}


@pytest.mark.parametrize("count", [1, 2, 5])
def test_every_thread_has_its_number_and_results_come_in_order(count):
    with single_threaded_products():
        names = set()

        def work(number):
            names.add(threading.get_ident())
            return number**2

        assert each(count, work) == [number**2 for number in range(count)]
        assert each(count, work) == [number**2 for number in range(count)]
        assert threading.get_ident() in names, "the calling thread works, too"
        if count > 1:
            assert len(names) > 1


def test_as_many_threads_as_blas_may_use():
    assert available_threads() == 2
    with threadpool_limits(1, user_api="blas"):
        assert available_threads() == 1
        assert each(available_threads(), lambda number: number) == [0]
    assert each(available_threads(), lambda number: number) == [0, 1]


@pytest.mark.parametrize(("start", "stop", "size"), [(0, 10, 3), (4, 5, 5), (2, 2, 3), (0, 7, 7), (3, 1000, 0)])
def test_slices_cover_every_row_once(start, stop, size):
    covered = np.zeros(stop, dtype=int)
    for part in cut(start, stop, size):
        assert 0 < part.stop - part.start <= max(size, 1)
        covered[part] += 1
    assert (covered[:start] == 0).all()
    assert (covered[start:] == 1).all()


@pytest.mark.parametrize("threads", [1, 2, 3])
@pytest.mark.parametrize("rows", [0, 1, 1000, 100_000])
def test_work_on_slices_covers_all_rows_and_is_added(threads, rows):
    touched = np.zeros(rows, dtype=int)

    def work(part):
        touched[part] += 1
        return float(part.stop - part.start)

    assert over_rows(threads, (rows, 3), work) == rows
    assert (touched == 1).all()


def test_sums_over_slices_have_the_same_bits_with_any_number_of_threads():
    numbers = np.random.default_rng(0).normal(size=(100_000, 3))
    sums = {over_rows(threads, numbers.shape, lambda part: float(numbers[part].sum())) for threads in (1, 2, 3, 5)}
    assert len(sums) == 1
