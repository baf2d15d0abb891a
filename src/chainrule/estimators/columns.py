"""Columns of tables, read as numbers or as words.

A column is numeric if at least nine tenths of its informative cells are numbers. Empty cells and marks such as "-",
"?", "n/a?" or "#REF!" are not informative. In a numeric column, cells that are not numbers count as missing and are
named in a message.
"""

import re
from collections.abc import Sequence
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


@dataclass(frozen=True)
class Numbers:
    """A column read as numbers."""

    values: Array
    """float64, with NaN for cells that are missing or not a number."""
    unreadable: Array
    """The positions of the cells that are neither empty nor a number."""


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
    """A column as float64: dates as days since 1970, True as 1 and False as 0."""
    nowhere = np.empty(0, dtype=np.intp)
    if values.dtype.kind in "iufb":
        return Numbers(values.astype(np.float64), nowhere)
    if values.dtype.kind in "mM":
        days = values.astype("datetime64[ms]" if values.dtype.kind == "M" else "timedelta64[ms]").astype(np.int64)
        return Numbers(np.where(np.isnat(values), np.nan, days / 86_400_000.0), nowhere)
    if holds_text(values) and len(places := _places(values)) < len(values):
        of_distinct = read_numbers(np.array([*places, None], dtype=object)[:-1])
        codes = np.fromiter(map(places.__getitem__, values.tolist()), dtype=np.intp, count=len(values))
        return Numbers(of_distinct.values[codes], np.flatnonzero(np.isin(codes, of_distinct.unreadable)))
    numbers, unreadable = np.empty(len(values)), []
    for position, value in enumerate(values.tolist()):
        try:
            if isinstance(value, str) and "_" in value:
                raise ValueError  # Python reads 1_000 as a number, but people do not
            numbers[position] = float(value)
        except (TypeError, ValueError, OverflowError):
            numbers[position] = _days(value) if isinstance(value, date) else np.nan
            if not isinstance(value, date) and value is not None and str(value).strip():
                unreadable.append(position)
    return Numbers(numbers, np.array(unreadable, dtype=np.intp))


def as_numbers(values: Array) -> Array | None:
    """A column as numbers, or None if a cell is a word or a boolean."""
    numbers = read_numbers(values)
    return None if len(numbers.unreadable) or _has_truths(values) else numbers.values


def mostly_numbers(values: Array) -> Numbers | None:
    """A numeric column, or None if it is a column of words."""
    if _has_truths(values):
        return None
    numbers = read_numbers(values)
    if not len(numbers.unreadable):
        return numbers
    words = sum(not is_mark(values[position]) for position in numbers.unreadable)
    there = int(np.count_nonzero(~np.isnan(numbers.values)))
    return numbers if there and words <= MOST_WORDS * (words + there) else None


def is_mark(value: Any) -> bool:
    """True if a cell is a mark for a missing number: "?", "--", "n/a?", "#DIV/0!", "unknown".

    >>> [is_mark(cell) for cell in ("-", "N/A", "#REF!", "12 kg", "x")]
    [True, True, True, False, False]
    """
    return isinstance(value, str) and _MARK.fullmatch(value) is not None


def named_cells(values: Array, positions: Sequence[int] | Array, row: str = "row", most: int = 3) -> str:
    """The first distinct values among some cells, each with its first row, counted from 1.

    >>> named_cells(np.array(["1", "n/a?", "2", "n/a?", "12 kg"], dtype=object), [1, 3, 4])
    "'n/a?' (2 cells, the first in row 2), '12 kg' (row 5)"
    """
    found: dict[str, list[int]] = {}
    for position in positions:
        found.setdefault(str(values[position]), []).append(int(position) + 1)
    shown = []
    for text, rows in list(found.items())[:most]:
        short = repr(text if len(text) <= 40 else f"{text[:37]}...")
        several = f"{len(rows)} cells, the first in " if len(rows) > 1 else ""
        shown.append(f"{short} ({several}{row} {rows[0]})")
    more = sum(len(rows) for rows in list(found.values())[most:])
    return ", ".join(shown) + (f" and {more} more" if more else "")


def unreadable_cells(name: str, values: Array, positions: Sequence[int] | Array, row: str = "row") -> str:
    """A sentence about the cells of a numeric column that are not numbers."""
    count = len(positions)
    cells = "1 cell is not a number and counts" if count == 1 else f"{count} cells are not numbers and count"
    return f"column {name!r}: {cells} as missing: {named_cells(values, positions, row)}"


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


def _has_truths(values: Array) -> bool:
    return values.dtype.kind == "b" or (
        values.dtype.kind == "O"
        and not holds_text(values)
        and any(isinstance(value, bool | np.bool_) for value in values.tolist())
    )


def _places(values: Array) -> dict[Any, int]:
    """The distinct values, each with its place among them."""
    return {value: place for place, value in enumerate(dict.fromkeys(values.tolist()))}


def _days(value: date) -> float:
    """Days since 1970; a date and time without a zone is universal time."""
    if not isinstance(value, datetime):
        return float(value.toordinal() - date(1970, 1, 1).toordinal())
    instant = value if value.tzinfo else value.replace(tzinfo=UTC)
    return (instant - datetime(1970, 1, 1, tzinfo=UTC)).total_seconds() / 86400
