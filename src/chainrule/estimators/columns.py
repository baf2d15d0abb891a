"""Columns of tables, read as numbers, as dates or as words.

A column is numeric if at least nine tenths of its informative cells are numbers. Empty cells and marks such as "-",
"?", "n/a?" or "#REF!" are not informative. In a numeric column, cells that are not numbers count as missing and are
named in a message. The same holds for dates, which text gives as ISO 8601 does: 2024-01-31, 2024-01-31 12:30, or
2024-01-31T12:30:00+01:00.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

import numpy as np

from chainrule.arrays import Array

MISSING = "(missing)"
MOST_WORDS = 0.1
"""Largest share of words among the informative cells of a numeric column."""

_MARK = re.compile(
    r"[\W_]*|#\w[\w/!?]*|[\W_]*(n[./]?a\.?|nan|null|none|nil|missing|unknown)[\W_]*", flags=re.IGNORECASE
)
"""Marks for missing numbers: punctuation alone, errors of spreadsheets, and a few words."""


_ISO_DATE = re.compile(r"\s*(\d{4}-\d\d-\d\d(?:[T ]\d.*)?)\s*")
_MS_OF_A_DAY = 86_400_000.0
_NOWHERE = np.empty(0, dtype=np.intp)


@dataclass(frozen=True)
class Numbers:
    """A column read as numbers or as dates."""

    values: Array
    """float64 with NaN, or datetime64[ms] with NaT, for cells that are missing or unreadable."""
    unreadable: Array
    """The positions of the cells that are neither empty nor a number or date."""

    @property
    def present(self) -> int:
        """The number of cells that are not empty."""
        return len(self.unreadable) + int(np.count_nonzero(~is_missing(self.values)))

    @property
    def kind(self) -> str:
        """The word for a cell in messages: a date or a number."""
        return "date" if self.values.dtype.kind == "M" else "number"


def column_values(column: Any) -> Array:
    """The values of a data frame's column: floats, booleans, dates, or objects with None for missing values."""
    kind = getattr(column.dtype, "kind", "O")
    if kind == "M":
        # Instants with a time zone become universal time.
        return np.asarray(column, dtype="datetime64[ms]")
    if kind == "m":
        return np.asarray(column.to_numpy())
    if kind in "iuf":
        return np.asarray(column.to_numpy(dtype=np.float64, na_value=np.nan))
    # tolist converts all values at once, which is much faster for categories and for strings of Arrow.
    values = np.fromiter(column.tolist(), dtype=object, count=len(column))
    values[np.asarray(column.isna(), dtype=bool)] = None
    return values


def is_missing(values: Array) -> Array:
    """True for None, NaN and NaT."""
    if values.dtype.kind == "f":
        return np.isnan(values)
    if values.dtype.kind in "mM":
        return np.isnat(values)
    if values.dtype.kind != "O":
        return np.zeros(len(values), dtype=bool)
    if holds_text(values):
        return np.array([cell is None for cell in values.tolist()], dtype=bool)
    gone = (cell is None or (isinstance(cell, float | np.floating) and cell != cell) for cell in values.tolist())
    return np.fromiter(gone, dtype=bool, count=len(values))


def holds_text(values: Array) -> bool:
    """True if every cell is a string or None. Such columns are read by their distinct values, which are few."""
    return values.dtype.kind == "O" and set(map(type, values.tolist())) <= {str, type(None)}


def read_numbers(values: Array) -> Numbers:
    """A column as float64: durations as days, True as 1 and False as 0."""
    if values.dtype.kind in "iufbm":
        return Numbers(as_floats(values), _NOWHERE)
    return _read(values, _number, np.empty(len(values)))


def without_infinite(numbers: Numbers) -> Numbers:
    """The same, with infinite numbers among the cells that cannot be read, since no model can scale them.

    >>> found = without_infinite(read_numbers(np.array([1.0, np.inf])))
    >>> found.values, found.unreadable
    (array([ 1., nan]), array([1]))
    """
    infinite = np.isinf(numbers.values) if numbers.values.dtype.kind == "f" else np.zeros(0, bool)
    if not infinite.any():
        return numbers
    unreadable = np.union1d(numbers.unreadable, np.flatnonzero(infinite))
    return Numbers(np.where(infinite, np.nan, numbers.values), unreadable)


def read_dates(values: Array) -> Numbers:
    """A column as datetime64[ms], in universal time; a date and time without a zone is taken for universal time.

    >>> read_dates(np.array(["2024-02-29 06:00", "2024-02-29T06:00+02:00", "2023-02-29"], dtype=object)).values
    array(['2024-02-29T06:00:00.000', '2024-02-29T04:00:00.000',
                               'NaT'], dtype='datetime64[ms]')
    """
    if values.dtype.kind == "M":
        return Numbers(values.astype("datetime64[ms]"), _NOWHERE)
    return _read(values, _instant, np.empty(len(values), dtype="datetime64[ms]"))


def as_floats(values: Array) -> Array:
    """Numbers in float64: dates as days since 1970, durations as days."""
    if values.dtype.kind not in "mM":
        return values.astype(np.float64, copy=False)
    kind = "datetime64[ms]" if values.dtype.kind == "M" else "timedelta64[ms]"
    return np.where(np.isnat(values), np.nan, values.astype(kind).astype(np.int64) / _MS_OF_A_DAY)


def as_numbers(values: Array) -> Array | None:
    """A column as numbers, or None if a cell is a word or a boolean."""
    numbers = read_numbers(values)
    return None if len(numbers.unreadable) or has_truths(values) else numbers.values


def mostly_numbers(values: Array) -> Numbers | None:
    """A column of numbers or of dates, or None if it is a column of words."""
    if has_truths(values):
        return None
    for read in (read_numbers, read_dates)[values.dtype.kind == "M" :]:
        numbers = read(values)
        if not len(numbers.unreadable):
            return numbers
        words = sum(not is_mark(values[position]) for position in numbers.unreadable)
        there = int(np.count_nonzero(~is_missing(numbers.values)))
        if there and words <= MOST_WORDS * (words + there):
            return numbers
    return None


def has_truths(values: Array) -> bool:
    """True if a cell is True or False.

    >>> has_truths(np.array([1, True], dtype=object)), has_truths(np.array([1, 0], dtype=object))
    (True, False)
    """
    return values.dtype.kind == "b" or (
        values.dtype.kind == "O"
        and not holds_text(values)
        and any(isinstance(value, bool | np.bool_) for value in values.tolist())
    )


def is_mark(value: Any) -> bool:
    """True if a cell is a mark for a missing number: "?", "--", "n/a?", "#DIV/0!", "unknown".

    >>> [is_mark(cell) for cell in ("-", "N/A", "#REF!", "12 kg", "x")]
    [True, True, True, False, False]
    """
    return isinstance(value, str) and _MARK.fullmatch(value) is not None


def as_words(values: Array) -> Array:
    """A column as text; missing values become a category of their own."""
    if holds_text(values):
        return np.where(is_missing(values), MISSING, values)
    listed = values.tolist() if values.dtype.kind == "O" else list(values)
    words = []
    for value, gone in zip(listed, is_missing(values), strict=True):
        # 3.0 and 3 are one category, since a missing value elsewhere makes whole numbers floats.
        whole = isinstance(value, float | np.floating) and float(value).is_integer()
        words.append(MISSING if gone else str(int(value) if whole else value))
    return np.fromiter(words, dtype=object, count=len(values))


def _places(values: Array) -> dict[Any, int]:
    """The distinct values, each with its place among them."""
    return {value: place for place, value in enumerate(dict.fromkeys(values.tolist()))}


def _read(values: Array, read: Callable[[Any], Any], out: Array) -> Numbers:
    """The cells that `read` understands, in `out`. It returns None for empty cells, and raises for unreadable ones."""
    if holds_text(values) and len(places := _places(values)) < len(values):
        of_distinct = _read(np.array([*places, None], dtype=object)[:-1], read, out[: len(places)].copy())
        codes = np.fromiter(map(places.__getitem__, values.tolist()), dtype=np.intp, count=len(values))
        return Numbers(of_distinct.values[codes], np.flatnonzero(np.isin(codes, of_distinct.unreadable)))
    nothing, unreadable = np.array("NaT" if out.dtype.kind == "M" else np.nan, out.dtype), []
    for position, value in enumerate(values.tolist()):
        try:
            found = None if value is None or (isinstance(value, str) and not value.strip()) else read(value)
        except (TypeError, ValueError, OverflowError):
            unreadable.append(position)
            found = None
        out[position] = nothing if found is None else found
    return Numbers(out, np.array(unreadable, dtype=np.intp))


def _number(value: Any) -> float:
    if isinstance(value, str) and "_" in value:
        raise ValueError  # Python reads 1_000 as a number, but people do not
    if isinstance(value, np.ndarray) and value.ndim:
        raise TypeError  # before NumPy 2.4, an array of one entry is a number to Python
    return float(value)


def _instant(value: Any) -> np.datetime64 | None:
    if isinstance(value, str):
        written = _ISO_DATE.fullmatch(value)
        if written is None:
            raise ValueError
        value = datetime.fromisoformat(written[1])
    if isinstance(value, float | np.floating) and value != value:
        return None
    if not isinstance(value, date):
        raise TypeError
    if isinstance(value, datetime) and value.tzinfo:
        value = value.astimezone(UTC).replace(tzinfo=None)
    return np.datetime64(value, "ms")
