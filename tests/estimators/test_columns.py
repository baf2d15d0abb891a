"""Columns of tables, read as numbers or as words."""

from datetime import UTC, date, datetime

import numpy as np
import pytest

from chainrule.estimators.columns import (
    MISSING,
    as_floats,
    as_numbers,
    as_words,
    is_missing,
    mostly_numbers,
    read_dates,
    read_numbers,
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
    read = read_dates(cells(date(1970, 1, 3), noon, noon.replace(tzinfo=UTC), None, NAN, 3))
    np.testing.assert_array_equal(as_floats(read.values), [2, 1.5, 1.5, NAN, NAN, NAN])
    assert read.unreadable.tolist() == [5]
    assert read_numbers(np.array([36], dtype="m8[h]")).values.tolist() == [1.5]


@pytest.mark.parametrize(
    ("text", "instant"),
    [
        ("1969-12-31", "1969-12-31"),
        (" 2024-02-29 ", "2024-02-29"),
        ("2024-02-29 06:00", "2024-02-29T06"),
        ("2024-02-29T06:00:00.125Z", "2024-02-29T06:00:00.125"),
        ("2024-02-29T01:00+02:00", "2024-02-28T23"),
        ("", "NaT"),
    ],
)
def test_dates_as_text_follow_iso_8601(text, instant):
    read = mostly_numbers(cells(text, "2000-01-01", None))
    np.testing.assert_array_equal(read.values, np.array([instant, "2000-01-01", "NaT"], dtype="M8[ms]"))
    assert not len(read.unreadable)


@pytest.mark.parametrize(
    "text", ["2023-02-29", "29/02/2024", "2024-1-1", "2024-01-01 noon", "0001-01-01T00:00+05:00", "5"]
)
def test_other_texts_are_no_dates(text):
    dates = [f"2024-01-{day:02d}" for day in range(1, 10)]
    read = mostly_numbers(cells(*dates, text))
    assert (read.kind, read.unreadable.tolist()) == ("date", [9])
    assert np.isnat(read.values[9])
    assert mostly_numbers(cells(dates[0], text)) is None, "half of the cells are neither"


def test_dates_in_a_column_of_numbers_are_not_numbers():
    read = mostly_numbers(cells(*range(9), "2024-01-01"))
    assert (read.kind, read.unreadable.tolist()) == ("number", [9])
    assert mostly_numbers(cells(*range(9), date(2024, 1, 1))).unreadable.tolist() == [9]


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
