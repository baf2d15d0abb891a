"""The time that is left for a claim."""

import time

import pytest

from chainrule.documents.evidence.clocks import TOO_LONG, Clock, OutOfTime


def test_a_clock_that_has_ended_stops_what_takes_too_long():
    Clock(1000).check()
    Clock().check()
    with pytest.raises(OutOfTime, match=TOO_LONG):
        Clock(-1).check()


def test_a_part_of_a_clock_ends_before_it():
    whole = Clock(1000)
    part = whole.part()
    assert whole.until - 600 < part.until < whole.until - 400
    assert Clock().part().until == float("inf")


def test_a_clock_counts_what_its_thread_computes_and_not_what_it_waits_for():
    clock = Clock(0.05)
    time.sleep(0.1)
    clock.check()
    until = time.thread_time() + 0.1
    while time.thread_time() < until:
        pass
    with pytest.raises(OutOfTime, match=TOO_LONG):
        clock.check()
