"""Operators, entries and code on exact numbers."""

from fractions import Fraction

import numpy as np
import pytest

from chainrule.algebra import Field, exact_numbers, variables
from chainrule.documents.evidence.array_values import (
    Undefined,
    applied,
    entry_of,
    made_by_size,
    place_of,
    result_of_code,
    single,
    turned,
)
from chainrule.documents.language import terms
from chainrule.documents.language.derivation import ValueKind
from chainrule.documents.language.terms import Name, Number


@pytest.fixture(autouse=True)
def entered():
    with Field():
        yield


@pytest.fixture
def matrix():
    return exact_numbers(np.array([[1, 2, 3], [4, 5, 6]]))


def test_whole_numbers_stay_whole_under_sums_and_products():
    assert [applied(sign, [7, 3]) for sign in "+-*"] == [10, 4, 21]
    assert isinstance(applied("negative", [7]), int)
    assert not isinstance(applied("/", [7, 2]), int)


def test_entries_count_from_one_and_a_column_has_one_index(matrix):
    assert single(entry_of(matrix, [2, 3])) == 6
    assert single(entry_of(matrix[:, 1:2], [2])) == 5
    for indices, reason in (([0, 1], "beyond the end"), ([3, 1], "beyond the end"), ([1], "1 indices for 2 axes")):
        with pytest.raises(Undefined, match=reason):
            entry_of(matrix, indices)


def test_the_place_of_an_entry_counts_from_zero(matrix):
    assert place_of(matrix, [2, 3]) == (1, 2)
    assert place_of(matrix[:1], [3]) == (0, 2)
    assert place_of(matrix[:, :1], [2]) == (1, 0)
    with pytest.raises(Undefined):
        place_of(matrix, [4, 1])


def test_rows_become_columns_where_a_function_takes_columns(matrix):
    column, square = ValueKind((Name("n"), Number(Fraction(1)))), ValueKind((Name("n"), Name("n")))
    [found] = turned([matrix[:1]], [column])
    assert found.shape == (3, 1)
    assert turned([matrix[:1]], [square]) is None
    assert turned([matrix[:, :1]], [column]) is None


def test_arrays_that_a_size_makes():
    assert [bool(each.num) for each in made_by_size("unit", [2, 3]).ravel()] == [False, True, False]
    assert made_by_size("ones", [3]).shape == made_by_size("zeros", [3]).shape == (3, 1)
    assert made_by_size("eye", [3]).shape == (3, 3)
    with pytest.raises(Undefined):
        made_by_size("unit", [4, 3])


def test_a_long_number_is_a_constant_where_numbers_are_opaque():
    total = single(0)
    for prime in (2, 3, 5, 7, 11, 13, 17, 19):
        total = applied("+", [total, applied("log", [prime])])
    kept, short = single(applied("+", [total, 0])), single(applied("+", [total, 0], opaque=True))
    assert (len(kept.num), len(short.num)) == (8, 1)
    assert float(short.value.mid()) == float(kept.value.mid())


def test_a_long_number_with_variables_stays():
    total = single(0)
    for entry in variables("x", np.arange(8) / 8):
        total = applied("+", [total, entry], opaque=True)
    assert len(single(total).num) == 8


def test_code_takes_columns_as_rows_and_returns_columns():
    column = variables("x", np.array([[0.0], [1.0]]))
    assert result_of_code(terms.RuleCall("softmax", "forward", (Name("x"),), axes=(1,)), [column]).shape == (2, 1)
    with pytest.raises(Undefined, match="linear"):
        result_of_code(terms.RuleCall("linear", "forward", (), axes=(1, 1, 1)), [column, column, column])


def test_sizes_that_differ_are_told_in_the_words_of_a_reader():
    with Field(), pytest.raises(ValueError, match="the sizes of its parts differ"):
        applied("@", [np.ones((2, 3), int), np.ones((2, 3), int)])
    with Field(), pytest.raises(ValueError, match="the sizes of its parts differ"):
        applied("+", [np.ones((2, 3), int), np.ones((2, 2), int)])
