"""Recorded calls, repeated with edited functions."""

import functools
from dataclasses import dataclass

import numpy as np
import pytest

from chainrule.algebra import Field, variables
from chainrule.checking import balls, precision
from chainrule.checking.mutation.recorded_calls import EditedFunction, Recorder

X = balls(np.array([0.5, 3.0]))


def shifted(x, by=1):
    return x + by


def total(x):
    return np.sum(shifted(x)) + np.sum(shifted(x, by=2))


def calls_of(function, run):
    calls = Recorder().calls(frozenset({function.__code__}), run)
    return calls[function.__code__]


def is_same(function, edited, calls):
    return EditedFunction(function.__code__, edited.__code__).is_same_in({function.__code__: calls})


def with_another_name(x, by=1):
    return [result := x + by, result][1]


def with_other_order(x, by=1):
    return by + x


def without_shift(x, by=1):
    return x


def at_another_number(x, by=1):
    return x + 1


def of_another_type(x, by=1):
    return tuple(x + by)


def that_raises(x, by=1):
    raise ValueError


def that_writes(x, by=1):
    result = x + by
    x[...] = 0
    return result


@pytest.mark.parametrize(
    ("other", "same"),
    [
        (with_another_name, True),
        (with_other_order, True),
        (without_shift, False),
        (at_another_number, False),
        (of_another_type, False),
        (that_raises, False),
        (that_writes, False),
    ],
)
def test_an_edit_is_the_same_only_if_all_calls_are(other, same):
    calls = calls_of(shifted, lambda: total(X))
    assert [call.variables["by"] for call in calls] == [1, 2]
    assert is_same(shifted, other, calls) is same
    assert X[0] == 0.5


def test_equal_calls_are_recorded_once_and_other_precisions_apart():
    recorder, codes = Recorder(), frozenset({shifted.__code__})
    first, again = (recorder.calls(codes, lambda: shifted(X / 3))[shifted.__code__] for _ in range(2))
    assert first == again
    with precision(400):
        (other,) = recorder.calls(codes, lambda: shifted(X / 3))[shifted.__code__]
    assert other not in first


def test_no_calls_show_nothing():
    assert calls_of(shifted, lambda: None) == ()
    assert not is_same(shifted, shifted, ())
    assert not is_same(shifted, shifted, None)
    assert not EditedFunction(shifted.__code__, shifted.__code__).is_same_in({})


def fresh(x):
    return x.copy()


def itself(x):
    return x


def test_a_result_that_shares_memory_with_an_argument_is_not_the_same_as_a_copy():
    assert not is_same(fresh, itself, calls_of(fresh, lambda: fresh(X)))
    assert not is_same(itself, fresh, calls_of(itself, lambda: itself(X)))
    assert is_same(itself, itself, calls_of(itself, lambda: itself(X)))


def overwriting(x):
    x += 1
    return x


def failing(x):
    raise ValueError(x)


def of_many(*numbers, **named):
    return sum(numbers) + named["more"]


class Counter:
    count = 0


def counting(counter):
    counter.count += 1
    return counter.count


def numbers_up_to(n):
    yield from range(n)


@pytest.mark.parametrize(
    ("function", "arguments"),
    [(overwriting, (balls([1.0]),)), (counting, (Counter(),)), (numbers_up_to, (3,))],
)
def test_calls_that_cannot_be_repeated_show_nothing(function, arguments):
    assert calls_of(function, lambda: function(*arguments)) is None


def test_calls_that_raise_show_nothing():
    def run():
        with pytest.raises(ValueError, match="3"):
            failing(3)

    assert calls_of(failing, run) is None


def test_every_kind_of_argument_is_passed_on():
    calls = calls_of(of_many, lambda: of_many(1, 2, more=3))
    assert calls[0].result == 6
    assert is_same(of_many, of_many, calls)


def scaled_by(factor):
    def scaled(x):
        return factor * x

    return scaled


def test_closed_over_variables_are_kept():
    double, triple = scaled_by(2), scaled_by(3)
    calls = calls_of(double, lambda: (double(X), triple(X)))
    assert sorted(call.variables["factor"] for call in calls) == [2, 3]
    assert is_same(double, double, calls)


@dataclass(frozen=True)
class Size:
    height: int

    @functools.cached_property
    def half(self):
        return self.height // 2


def half_of(size):
    return size.half


def test_records_are_copied_without_their_cached_properties():
    size = Size(8)
    (call,) = calls_of(half_of, lambda: half_of(size))
    assert call.variables["size"] == size
    assert "half" in vars(size)
    assert "half" not in vars(call.variables["size"])


def row_sums(x):
    return x.sum(axis=-1)


def reversed_sums(x):
    return x[..., ::-1].sum(axis=-1)


def test_floats_are_the_same_only_bit_by_bit_and_in_one_order_of_memory():
    x = np.array([[0.1, 0.2, 0.3, 1e16, -1e16]])
    calls = calls_of(row_sums, lambda: row_sums(x))
    assert is_same(row_sums, row_sums, calls)
    assert not is_same(row_sums, reversed_sums, calls)
    assert calls_of(row_sums, lambda: row_sums(x[:, ::2])) is None


def test_exact_numbers_are_the_same_by_their_normal_forms():
    with Field():
        x = variables("x", [2.0, 3.0])
        calls = calls_of(shifted, lambda: shifted(x * x, by=x[0]))
        assert is_same(shifted, with_other_order, calls)
        assert not is_same(shifted, without_shift, calls)
