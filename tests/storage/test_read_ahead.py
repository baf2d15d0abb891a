"""A thread reads ahead, in order and within its bound; it ends with the generator, whatever happens."""

import threading
import time
from contextlib import closing

import pytest

from chainrule.storage import read_ahead
from chainrule.storage.read_ahead import READER


def readers():
    return [thread for thread in threading.enumerate() if thread.name.startswith(READER)]


@pytest.mark.parametrize("ahead", [0, 1, 3, 100])
def test_results_come_in_the_order_of_the_tasks(ahead):
    assert list(read_ahead(range(17), lambda number: 3 * number, ahead)) == [3 * number for number in range(17)]
    assert list(read_ahead([], pytest.fail, ahead)) == []
    assert readers() == []


def test_at_most_the_given_number_of_results_is_read_in_advance():
    done = []
    with closing(read_ahead(range(10), done.append, 3)) as results:
        for taken, _ in enumerate(results, 1):
            assert len(done) <= taken + 3
    assert done == list(range(10))


def test_reading_goes_on_while_the_caller_works():
    second = threading.Event()
    results = read_ahead(range(2), lambda number: second.set() if number else None)
    next(results)
    assert second.wait(60), "the second is read before it is asked for"
    assert len(list(results)) == 1


def test_an_error_is_raised_where_its_result_would_be():
    def read(number):
        if number == 2:
            raise OSError("the disk is gone")
        return number

    results = read_ahead(range(5), read, 4)
    assert [next(results), next(results)] == [0, 1]
    with pytest.raises(OSError, match="the disk is gone"):
        next(results)
    assert readers() == []


def test_a_closed_generator_drops_what_is_not_begun_and_leaves_no_thread():
    began, goes_on, seen = threading.Event(), threading.Event(), []

    def read(number):
        seen.append(number)
        if number == 1:
            began.set()
            goes_on.wait(60)
        elif number:
            time.sleep(0.02)  # so that the generator is closed long before the last read
        return number

    results = read_ahead(range(100), read, 50)
    next(results)
    began.wait(60)
    goes_on.set()
    results.close()
    assert readers() == []
    assert 2 <= len(seen) < 51, "50 reads were planned"
