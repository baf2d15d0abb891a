"""`Meeting`: fits that run as if they were alone, and whose sums come from common passes."""

import _thread
import threading
import time

import numpy as np
import pytest

from chainrule.engines import Leaves, LocalEngine, Meeting

X = np.arange(40.0).reshape(20, 2)
TARGETS = [np.full(20, float(number)) for number in range(4)]


def of_leaf(leaf, state):
    return float(leaf.x.sum() * state + leaf.targets.sum())


class Fits:
    """Fits that ask for as many sums as their number, and the numbers of fits in each pass."""

    def __init__(self, threads=1, rank=None):
        self.passes = []
        self.meeting = Meeting(self.joint, threads, rank)
        self.engines = [self.meeting.around(LocalEngine(Leaves(X, one, None, 7))) for one in TARGETS]

    def joint(self, rows, requests):
        self.passes.append(len(requests))

        def every(leaf, _):
            return tuple(
                one.function(one.engine.leaves.leaf(leaf.number, leaf.x, leaf.works, leaf.lender, None), one.state)
                for one in requests
            )

        return rows.map_reduce(every, None, requests[0].keys)

    def fit(self, number):
        return [self.engines[number].map_reduce(of_leaf, state) for state in range(number)]

    def hold(self, most, fit=None):
        return self.meeting.hold([lambda number=number: (fit or self.fit)(number) for number in range(4)], most)


@pytest.mark.parametrize("threads", [1, 2])
def test_each_fit_has_its_own_sums_and_passes_are_common(threads):
    fits = Fits(threads)
    found = fits.hold(most=4)
    assert found == [([X.sum() * state + 20 * number for state in range(number)], None) for number in range(4)]
    assert fits.passes == [3, 2, 1]


def test_no_more_fits_at_once_than_allowed():
    fits = Fits()
    assert [error for _, error in fits.hold(most=2)] == [None] * 4
    # 0 asks for nothing; 1 and 2, then 2 and 3, then 3 alone.
    assert fits.passes == [2, 2, 1, 1]


def test_sums_of_some_leaves_are_passes_of_their_own():
    fits = Fits()
    found = fits.hold(4, lambda number: fits.engines[number].map_reduce(of_leaf, 1, [0] if number else [1, 2]))
    assert [result for result, _ in found] == [X[7:].sum(), *(X[:7].sum() + 7 * number for number in (1, 2, 3))]
    assert sorted(fits.passes) == [1, 3]


def test_requests_of_the_highest_rank_wait_for_each_other():
    fits = Fits(rank=lambda request: request.state)
    # As many sums of rank 0 as the number, and one of rank 1.
    found = fits.hold(4, lambda number: [fits.engines[number].map_reduce(of_leaf, n) for n in [0] * number + [1]][-1])
    assert [result for result, _ in found] == [X.sum() + 20 * number for number in range(4)]
    assert fits.passes == [3, 2, 1, 4]


def test_outside_the_meeting_an_engine_answers_at_once():
    assert Fits().engines[3].map_reduce(of_leaf, 2) == 2 * X.sum() + 60


def test_an_error_ends_its_own_fit_alone():
    fits = Fits()

    def fit(number):
        if number == 2:
            raise FloatingPointError("overflow")
        return fits.fit(number)

    found = fits.hold(4, fit)
    assert isinstance(found[2][1], FloatingPointError)
    assert [error for number, (_, error) in enumerate(found) if number != 2] == [None] * 3


def test_an_error_of_a_pass_is_raised_in_the_fits_that_wait_for_it():
    fits = Fits()

    def fit(number):
        fits.engines[number].map_reduce(lambda leaf, _: 1 / 0, None)

    assert all(isinstance(error, ZeroDivisionError) for _, error in fits.hold(4, fit))


@pytest.mark.parametrize("most", [2, 4])
def test_ctrl_c_reaches_each_fit_where_it_asks_for_a_sum(most):
    fits, begun = Fits(), []

    def fit(number):
        begun.append(number)
        if number == 1:
            _thread.interrupt_main()
            while not fits.meeting._interrupts:  # until the main thread notices
                time.sleep(0.01)
        try:
            fits.engines[number].map_reduce(of_leaf, 0)
        except KeyboardInterrupt:
            return "stopped", fits.engines[number].map_reduce(of_leaf, 1)
        return "went on"

    found = fits.hold(most, fit)
    assert begun == [0, 1]
    assert [result for result, _ in found[:2]] == [("stopped", X.sum() + 20 * number) for number in (0, 1)]
    assert all(isinstance(error, KeyboardInterrupt) for _, error in found[2:])


def test_threads_end_with_their_fits():
    before = threading.active_count()
    Fits().hold(most=4)
    deadline = time.monotonic() + 10
    while threading.active_count() > before and time.monotonic() < deadline:
        time.sleep(0.01)
    assert threading.active_count() <= before


def test_what_a_fit_keeps_is_its_own_until_it_closes():
    one, other = Fits().engines[:2]
    one.kept[0]["logits"] = 1
    assert "logits" not in other.kept[0]
    one.close()
    assert one.kept == {0: {}, 1: {}, 2: {}}
