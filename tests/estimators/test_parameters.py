"""Checks of what users set: every bound from both sides, and messages that say what was expected and what came."""

import decimal
import fractions
import math

import numpy as np
import pytest

from chainrule.estimators import parameters


@pytest.mark.parametrize(
    ("bounds", "inside", "outside"),
    [
        ({"at_least": 0}, [0, 0.0, -0.0, 5e-324, 1e308], [-5e-324, -1]),
        ({"above": 0}, [5e-324, 1], [0, -0.0, -1]),
        ({"at_most": 1}, [1, -1e308, 1.0], [1 + 2**-52, 2]),
        ({"below": 1}, [1 - 2**-53, -5], [1, 1.0]),
        ({"at_least": 0, "below": 1}, [0, 0.999], [-0.1, 1]),
        ({"above": 0, "at_most": 1}, [1, 1e-300], [0, 1.1]),
        ({}, [0, -1e308, 7], []),
    ],
)
def test_a_number_lies_within_its_bounds(bounds, inside, outside):
    for value in inside:
        assert parameters.number("alpha", value, **bounds) == value
    for value in outside:
        with pytest.raises(ValueError, match="alpha: expected a number"):
            parameters.number("alpha", value, **bounds)


@pytest.mark.parametrize("value", [np.float32(0.5), np.float64(0.5), fractions.Fraction(1, 2), 0.5])
def test_every_kind_of_real_number_becomes_a_float(value):
    result = parameters.number("alpha", value)
    assert (type(result), result) == (float, 0.5)
    assert parameters.number("alpha", np.int8(3)) == 3.0


@pytest.mark.parametrize(
    "value", [math.nan, "0.5", None, [0.5], 0.5j, True, np.True_, decimal.Decimal("0.5"), np.ones(1)]
)
def test_what_is_no_real_number_is_refused(value):
    with pytest.raises(ValueError, match="alpha: expected a number of at least 0, got"):
        parameters.number("alpha", value, at_least=0)


@pytest.mark.parametrize("value", [math.inf, -math.inf])
def test_infinity_is_a_number_only_on_request(value):
    assert parameters.number("alpha", value, infinite=True) == value
    with pytest.raises(ValueError, match="alpha: expected a number, got"):
        parameters.number("alpha", value)
    with pytest.raises(ValueError, match="alpha: expected a number, got nan"):
        parameters.number("alpha", math.nan, infinite=True)


def test_the_message_on_a_number_holds_all_bounds_and_the_value_as_written():
    with pytest.raises(ValueError) as raised:
        parameters.number("dropout", "half", at_least=0, below=1)
    assert str(raised.value) == "dropout: expected a number of at least 0 and below 1, got 'half'"
    with pytest.raises(ValueError) as raised:
        parameters.number("share", 2, above=0.25, at_most=1)
    assert str(raised.value) == "share: expected a number above 0.25 and at most 1, got 2"


@pytest.mark.parametrize("value", [1, 3, np.int64(2), np.uint8(1), 10**30])
def test_whole_numbers_become_ints(value):
    result = parameters.integer("max_iter", value, at_least=1)
    assert (type(result), result) == (int, value)


@pytest.mark.parametrize("value", [0, -1, 1.0, 2.5, "3", None, True, np.True_, math.inf, np.float64(2), [1]])
def test_what_is_no_whole_number_of_that_size_is_refused(value):
    with pytest.raises(ValueError) as raised:
        parameters.integer("max_iter", value, at_least=1)
    assert str(raised.value) == f"max_iter: expected a whole number of at least 1, got {value!r}"


@pytest.mark.parametrize("value", ["sgdd", "", "ADAM", None, 0, ["adam"], ("adam",), np.array(["adam"])])
def test_a_word_that_is_no_choice_is_answered_with_all_choices(value):
    assert parameters.choice("solver", "sgd", ["adam", "sgd"]) == "sgd"
    with pytest.raises(ValueError) as raised:
        parameters.choice("solver", value, ["adam", "sgd"])
    assert str(raised.value) == f"solver: expected one of 'adam', 'sgd', got {value!r}"


@pytest.mark.parametrize(
    ("value", "sizes"),
    [
        (50, (50,)),
        (np.int32(50), (50,)),
        ((), ()),
        ([100, 50], (100, 50)),
        (np.array([3, 4]), (3, 4)),
        (range(1, 4), (1, 2, 3)),
        ((1,), (1,)),
    ],
)
def test_hidden_sizes_are_one_number_or_several(value, sizes):
    result = parameters.hidden_sizes("hidden_layer_sizes", value)
    assert result == sizes
    assert all(type(size) is int for size in result)


@pytest.mark.parametrize("value", [0, -1, (3, 0), [2, -5], 2.5, (2.5,), None, "abc", [[3]], (True,), np.array([1.0])])
def test_hidden_sizes_below_one_are_refused_in_words_that_scikit_learns_users_know(value):
    with pytest.raises(ValueError, match="hidden_layer_sizes must be > 0: expected a width of at least 1") as raised:
        parameters.hidden_sizes("hidden_layer_sizes", value)
    assert str(raised.value).endswith(f"got {value!r}")
