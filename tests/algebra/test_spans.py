"""Linear relations among arguments: combinations, finer members, members that stand alone."""

from fractions import Fraction

import pytest

from chainrule.algebra import Field, Memory, variables
from chainrule.algebra.field import Restart
from chainrule.algebra.spans import Span


@pytest.fixture
def numbers():
    with Field():
        yield variables("x", [0.5, 3.0, 7.0])


def test_combinations_of_members_are_found(numbers):
    x, y, z = numbers
    span = Span("exp 0")
    members = [x + y, y + z, x * y - z]
    for member in members:
        assert span.combination(member) is None
        span.add(member, str(member))
    found = span.combination(3 * members[0] - members[1] / 2 + 4 * members[2])
    assert found == {0: 3, 1: Fraction(-1, 2), 2: 4}
    assert span.combination(x) is None


def test_a_fraction_of_a_member_asks_for_a_finer_one(numbers):
    x, y, _ = numbers
    span, memory = Span("exp 0"), Memory()
    span.add(x, "x")
    span.add(y, "y")
    assert span.whole(2 * x - y, memory) == {0: 2, 1: -1}
    with pytest.raises(Restart):
        span.whole(x + y / 2, memory)
    with pytest.raises(Restart):
        span.whole(y / 3, memory)
    assert memory.fineness == {("exp 0", 1): 6}


def test_coefficients_that_are_not_small_make_no_combination(numbers):
    x = numbers[0]
    span = Span("exp 0")
    span.add(x, "x")
    assert span.combination(x / 1000) == {}
    assert span.whole(x / 1000, Memory()) is None
