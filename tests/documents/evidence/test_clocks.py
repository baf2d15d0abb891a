"""The time that is left for a claim."""

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
