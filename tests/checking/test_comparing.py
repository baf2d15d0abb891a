"""Comparison of balls: different, equal, or too wide."""

import numpy as np

from chainrule.algebra.ball import Ball
from chainrule.checking import Mismatch, Unchecked, balls, precision
from chainrule.checking.comparing import compare, digits, distinct_digits, position


def found(got, expected, **options):
    return list(compare("rule", "check", "x", got, expected, **options))


def test_balls_that_do_not_meet_are_a_mismatch_with_the_entry():
    (mismatch,) = found(balls([[1.0, 2.0]]), balls([[1.0, 2.0 + 2**-50]]))
    assert isinstance(mismatch, Mismatch)
    assert mismatch.entry == "x[0, 1]"


def test_equal_numbers_and_skipped_entries_are_no_findings():
    assert found(balls([1.0, 2.0]), balls([1.0, 3.0]), skip=np.array([False, True])) == []


def test_wide_balls_are_unchecked_and_may_be_decided_with_more_bits():
    wide = np.exp(balls([1.0])) - np.exp(balls([1.0]) + 2**-52)
    (unchecked,) = found(wide, wide)
    assert isinstance(unchecked, Unchecked)
    assert unchecked.more_bits_may_help


def test_other_shapes_are_a_mismatch():
    (mismatch,) = found(balls([1.0]), balls([[1.0]]))
    assert (mismatch.got, mismatch.expected) == ("(1,)", "(1, 1)")


def test_numbers_are_written_with_ten_digits():
    assert digits(Ball(1) / 7) == "0.1428571429"
    assert (position(()), position((1, 2))) == ("", "[1, 2]")


def test_more_digits_are_written_where_ten_are_equal():
    assert distinct_digits(Ball(0.5), Ball(-0.5)) == ("0.5000000000", "-0.5000000000")
    with precision(400):
        third = Ball(1) / 3
        got, expected = distinct_digits(third, third + Ball(2) ** -200)
    assert got != expected
    assert (len(got), got[:60]) == (len(expected), expected[:60])


def test_none_equals_only_none():
    assert found(None, None) == []
    assert [str(x) for x in found(None, balls([1.0]))] == ["rule: check: x: got None, expected an array"]
    assert [str(x) for x in found(balls([1.0]), None)] == ["rule: check: x: got an array, expected None"]
