"""Linear relations among arguments: combinations, finer members, members that stand alone."""

from fractions import Fraction

import numpy as np
import pytest

from chainrule.algebra import Field, Memory, attempt, spans, variables
from chainrule.algebra.memory import Restart
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


def test_members_with_different_denominators_combine_over_the_common_one(numbers):
    x, y, z = numbers
    first, second, third = x / (1 + x), (y - x) / (1 + y) ** 2, z / (1 + z * x)
    span = Span("exp 0")
    span.add(first - second, "first")
    assert span.combination(second - third) is None
    span.add(second - third, "second")
    span.add(third, "third")
    assert span.combination(first) == {0: 1, 1: 1, 2: 1}
    assert span.combination(2 * second) == {1: 2, 2: 2}
    assert span.combination(first + x) is None


def test_long_numerators_stand_apart(numbers, monkeypatch):
    x, y, _ = numbers
    span = Span("exp 0")
    monkeypatch.setattr(spans, "MOST_TERMS", 2)
    span.add(x / (1 + x), "first")
    span.add(y / (1 + y), "second")
    assert span.combination(2 * y / (1 + y)) == {1: 2}
    assert span.combination(3 * x / (1 + x)) == {0: 3}
    assert span.combination(x / (1 + x) - y / (1 + y)) is None


def test_softmax_after_tanh_and_sigmoid_needs_a_common_denominator():
    def equalities(field):
        x = variables("x", [0.5, -1.25, 2.0])
        for function in (np.tanh, lambda x: 1 / (1 + np.exp(-x))):
            y = function(x)
            shifted = np.exp(y - y[2])
            yield "probabilities", shifted / shifted.sum(), np.exp(y) / np.exp(y).sum()

    assert attempt(equalities).proved


def test_a_long_number_is_not_mistaken_for_a_numerator_over_the_common_denominator():
    def fraction_and_numerator(field):
        x = variables("x", [Fraction(k, 8) for k in range(1, 9)])
        below = np.prod(1 + x)
        above = sum(k * y for k, y in enumerate(x)) ** 2
        yield "a wrong equality", np.exp(above / below), np.exp(above)

    assert attempt(fraction_and_numerator).differences
