"""Comparisons of exact numbers with 0: their outcomes at the sample, and what is recorded."""

import math
import operator

import numpy as np
import pytest

from chainrule.algebra import Exact, Field, Undecided, variables
from chainrule.algebra.comparisons import known_sign, record, sign_at_sample
from chainrule.algebra.memory import Restart


@pytest.fixture
def field():
    with Field() as entered:
        yield entered


def recorded(field):
    return [str(condition) for condition in field.conditions]


def test_a_comparison_is_decided_by_the_sample_and_recorded_once(field):
    x, y = variables("x", [2.0, 3.0])
    assert x < y
    assert not x > y
    assert x != y
    assert x < y
    assert recorded(field) == ["x0 - x1 < 0", "x0 - x1 <= 0", "x0 - x1 != 0"]


def test_a_comparison_with_one_outcome_for_all_inputs_is_not_recorded(field):
    (x,) = variables("x", [2.0])
    assert x * x + 1 > 0
    assert np.exp(x) > 0
    assert x == x
    assert Exact(3) > 2
    assert x < math.inf
    assert x > -math.inf
    assert (x - 1) * (x + 1) == x * x - 1
    assert recorded(field) == []


def test_ties_at_the_sample_are_undecided(field):
    x, y = variables("x", [2.0, 2.0])
    for compare in (operator.lt, operator.le, operator.eq, operator.ne, operator.gt, operator.ge):
        with pytest.raises(Undecided, match="cannot be decided"):
            compare(x, y)
    assert recorded(field) == []


def test_a_close_comparison_asks_for_more_bits(field):
    (x,) = variables("x", [2.0])
    tiny = (x * 2.0**-400).exp() - 1
    with pytest.raises(Restart):
        bool(tiny > 0)
    assert field.memory.bits > 400


def test_a_sign_for_all_inputs_comes_without_a_number_to_record(field):
    (x,) = variables("x", [-2.0])
    assert sign_at_sample(x - x) == (0, None)
    assert sign_at_sample(-1 - x * x) == (-1, None)
    sign, number = sign_at_sample(x)
    assert (sign, number) == (-1, x)


def test_a_sum_with_logarithms_has_the_sign_of_its_exponential_less_one(field):
    (x,) = variables("x", [2.0])
    assert known_sign(x + np.log(1 + np.exp(-x))) == 1
    assert known_sign(x - np.log(1 + np.exp(x))) == -1
    assert known_sign(x - np.log(2 + x * x)) == 0


def test_a_recorded_sign_of_a_variable_decides_what_depends_on_it(field):
    x, y = variables("x", [2.0, 3.0])
    assert known_sign(x + y) == 0
    record(x, ">")
    record(-y, "<=")
    assert known_sign(x + y) == 1
    assert (known_sign(y), known_sign(x * y)) == (0, 0)  # y may be 0
    assert recorded(field) == ["x0 > 0", "-x1 <= 0"]
