"""Columns of tables, read as numbers or as words."""

from datetime import UTC, date, datetime

import numpy as np
import pytest

from chainrule.estimators.columns import (
    MISSING,
    as_numbers,
    as_words,
    is_missing,
    mostly_numbers,
    named_cells,
    read_numbers,
    unreadable_cells,
)

NAN = float("nan")


def cells(*values):
    return np.array(values, dtype=object)


@pytest.mark.parametrize(
    ("column", "missing"),
    [
        (np.array([1.0, NAN]), [False, True]),
        (np.array([1, 0]), [False, False]),
        (np.array(["NaT", "2020-01-01"], dtype="M8[D]"), [True, False]),
        (cells(None, NAN, "nan", 0), [True, True, False, False]),
    ],
)
def test_missing_cells(column, missing):
    assert is_missing(column).tolist() == missing


def test_text_is_read_as_people_write_numbers():
    read = read_numbers(cells("1.5", " 2 ", "1e3", "1_000", "", None, True))
    np.testing.assert_array_equal(read.values, [1.5, 2, 1000, NAN, NAN, NAN, 1])
    assert read.unreadable.tolist() == [3]


def test_dates_and_times_are_days_since_1970():
    noon = datetime(1970, 1, 2, 12)
    read = read_numbers(cells(date(1970, 1, 3), noon, noon.replace(tzinfo=UTC)))
    assert read.values.tolist() == [2, 1.5, 1.5]
    assert read_numbers(np.array([36], dtype="m8[h]")).values.tolist() == [1.5]


def test_a_column_of_numbers_has_no_word_and_no_boolean():
    assert as_numbers(cells("1", 2, None)).tolist()[:2] == [1, 2]
    assert as_numbers(cells("1", "two")) is None
    assert as_numbers(cells(1, True)) is None
    assert as_numbers(np.array([True, False])) is None


def test_a_tenth_of_words_is_borne_and_marks_do_not_count():
    numbers = [str(n) for n in range(9)]
    assert mostly_numbers(cells(*numbers, "nine")).unreadable.tolist() == [9]
    assert mostly_numbers(cells(*numbers[:8], "eight")) is None
    assert mostly_numbers(cells("1", "-", "n/a?", "#REF!")).unreadable.tolist() == [1, 2, 3]
    assert mostly_numbers(cells("-", "?")) is None, "marks alone are words"
    assert mostly_numbers(cells(True, False)) is None


def test_words_are_texts_and_missing_is_one_of_them():
    assert as_words(cells("a", None, 3.0, 3, 3.5, NAN)).tolist() == ["a", MISSING, "3", "3", "3.5", MISSING]
    assert as_words(np.array(["2020-01-01", "NaT"], dtype="M8[D]")).tolist() == ["2020-01-01", MISSING]


def test_cells_are_named_with_their_rows():
    column = cells("a", 1, "b" * 50, "a", "c", "d")
    assert named_cells(column, [0, 2, 3, 4, 5], "line", most=2) == (
        f"'a' (2 cells, the first in line 1), '{'b' * 37}...' (line 3) and 2 more"
    )
    one = unreadable_cells("width", column, [4])
    assert one == "column 'width': 1 cell is not a number and counts as missing: 'c' (row 5)"
