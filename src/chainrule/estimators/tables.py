"""From the columns of a table, as they come, to the numbers that a network takes.

Numbers are centred at their median, divided by their interquartile range and bounded smoothly, so that neither units
nor outliers matter; missing ones are set to the median and flagged. Categories become one column each. What cannot help
is left out and listed: columns without values, and text that differs in nearly every row, such as names and keys.
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from datetime import UTC, date, datetime
from typing import Any

import numpy as np
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.impute import SimpleImputer
from sklearn.preprocessing import OneHotEncoder
from sklearn.utils.validation import check_is_fitted

from chainrule.arrays import Array
from chainrule.estimators.transactions import all_or_nothing

MISSING = "(missing)"
MOST_CATEGORIES = 64
"""Rarer categories beyond this many are treated as one."""
LARGEST_NUMBER = 1e300
"""Numbers beyond are taken for this one."""


class SmoothScaler(TransformerMixin, BaseEstimator):  # type: ignore[misc]
    """(x - median) / IQR, then z / sqrt(1 + (z / 3)^2), which lies within +-3.

    Where the interquartile range is 0, half the range stands in for it; constant columns become 0.
    Source: the preprocessing of RealMLP (Holzmueller, Grinsztajn and Steinwart, 2024).

    Examples
    --------
    >>> SmoothScaler().fit_transform(np.array([[0.0], [1.0], [2.0], [3.0], [1e300]])).round(2).ravel()
    array([-0.95, -0.49,  0.  ,  0.49,  3.  ])
    """

    @all_or_nothing
    def fit(self, X: Any, y: Any = None) -> SmoothScaler:
        """Learn the median and the width of every column."""
        X = np.asarray(X, dtype=np.float64)
        # Halved before they are subtracted: the range of the largest floats has no float.
        low, quarter, self.median_, three_quarters, high = np.quantile(X / 2, [0, 0.25, 0.5, 0.75, 1], axis=0)
        self.median_ = self.median_ * 2
        width = 2 * np.minimum(three_quarters - quarter, np.finfo(np.float64).max / 4)
        self.width_ = np.where(width > 0, width, high - low)
        return self

    def transform(self, X: Any) -> Any:
        """The scaled columns."""
        check_is_fitted(self)
        width = np.where(self.width_ > 0, self.width_, np.inf)
        with np.errstate(over="ignore"):
            scaled = np.asarray(X, dtype=np.float64) / width - self.median_ / width
        bounded = np.clip(scaled, -1e150, 1e150)
        return bounded / np.sqrt(1 + np.square(bounded / 3))


class TableEncoder(TransformerMixin, BaseEstimator):  # type: ignore[misc]
    """Columns of numbers, categories, dates and text to float32 features.

    `fit` and `transform` take a data frame, or a mapping of column names to one-dimensional arrays.

    Attributes
    ----------
    numeric_, categorical_ : list of str
        The columns used, by how they are read.
    left_out_ : dict of str to str
        The columns left out, and why.

    Examples
    --------
    >>> table = {"width": np.array([1.0, 2.0, np.nan]), "kind": np.array(["a", "b", "a"], dtype=object)}
    >>> TableEncoder().fit(table).transform(table).shape
    (3, 4)
    """

    @all_or_nothing
    def fit(self, X: Any, y: Any = None) -> TableEncoder:
        """Decide how each column is read, and learn scales and categories."""
        columns = as_columns(X)
        self.numeric_: list[str] = []
        self.categorical_: list[str] = []
        self.left_out_: dict[str, str] = {}
        for name, values in columns.items():
            self._place(name, values)
        if not self.numeric_ and not self.categorical_:
            reasons = "; ".join(f"{name!r}: {reason}" for name, reason in self.left_out_.items())
            raise ValueError(f"no column can be used as a feature ({reasons or 'there is none'})")
        if self.numeric_:
            self.imputer_ = SimpleImputer(strategy="median", add_indicator=True)
            self.scaler_ = SmoothScaler()
            self.scaler_.fit(self.imputer_.fit_transform(self._numbers(columns)))
        if self.categorical_:
            self.encoder_ = OneHotEncoder(
                handle_unknown="infrequent_if_exist", max_categories=MOST_CATEGORIES, sparse_output=False
            )
            self.encoder_.fit(self._words(columns))
        return self

    def transform(self, X: Any) -> Any:
        """Features as float32, one row per row of the table; columns that were not used may be missing."""
        check_is_fitted(self)
        columns = as_columns(X)
        absent = [name for name in (*self.numeric_, *self.categorical_) if name not in columns]
        if absent:
            raise ValueError(f"the table lacks the columns {', '.join(map(repr, absent))}")
        parts = []
        if self.numeric_:
            parts.append(self.scaler_.transform(self.imputer_.transform(self._numbers(columns))))
        if self.categorical_:
            parts.append(self.encoder_.transform(self._words(columns)))
        return np.hstack(parts).astype(np.float32)

    def _place(self, name: str, values: Array) -> None:
        numbers = as_numbers(values)
        present = ~is_missing(values)
        if not present.any():
            self.left_out_[name] = "no values"
        elif numbers is not None:
            if np.isfinite(numbers).any():
                self.numeric_.append(name)
            else:
                self.left_out_[name] = "no finite values"
        else:
            words = as_words(values)[present]
            distinct = len(np.unique(words))
            if distinct > 20 and distinct > 0.5 * len(words):
                self.left_out_[name] = f"text with {distinct} distinct values in {len(words)} rows"
            else:
                self.categorical_.append(name)

    def _numbers(self, columns: Mapping[str, Array]) -> Any:
        read = [as_numbers(columns[name], force=True) for name in self.numeric_]
        table = np.column_stack([column for column in read if column is not None])
        # Sums of two numbers must stay finite where medians are taken.
        return np.clip(np.where(np.isfinite(table), table, np.nan), -LARGEST_NUMBER, LARGEST_NUMBER)

    def _words(self, columns: Mapping[str, Array]) -> Any:
        return np.column_stack([as_words(columns[name]) for name in self.categorical_]).astype(object)


def as_columns(table: Any) -> dict[str, Array]:
    """The columns of a data frame or a mapping, by name."""
    if isinstance(table, Mapping):
        return {str(name): np.asarray(values) for name, values in table.items()}
    if not hasattr(table, "columns"):
        raise TypeError(f"expected a data frame or a mapping of column names to arrays, got {type(table).__name__}")
    names = [str(name) for name in table.columns]
    return {name: column_values(table.iloc[:, position]) for position, name in enumerate(names)}


def column_values(column: Any) -> Array:
    """A data frame's column as floats, booleans, dates, or objects in which None marks what is missing."""
    kind = getattr(column.dtype, "kind", "O")
    if kind == "M":
        # With a time zone: instants, in universal time.
        return np.asarray(column, dtype="datetime64[ms]")
    if kind == "m":
        return np.asarray(column.to_numpy())
    if kind in "iuf":
        return np.asarray(column.to_numpy(dtype=np.float64, na_value=np.nan))
    values = np.empty(len(column), dtype=object)
    values[:] = [None if missing else value for value, missing in zip(column, column.isna(), strict=True)]
    return values


def is_missing(values: Array) -> Array:
    """Booleans: None, NaN and NaT."""
    if values.dtype.kind == "f":
        return np.isnan(values)
    if values.dtype.kind in "mM":
        return np.isnat(values)
    if values.dtype.kind == "O":
        return np.array([_is_nothing(value) for value in values], dtype=bool)
    return np.zeros(len(values), dtype=bool)


def as_numbers(values: Array, *, force: bool = False) -> Array | None:
    """A column as float64, dates as days; None if it holds words. With `force`, words become NaN.

    Booleans are words: true and false, and perhaps missing.
    """
    if values.dtype.kind in "iuf":
        return values.astype(np.float64)
    if values.dtype.kind in "mM":
        days = values.astype("datetime64[ms]" if values.dtype.kind == "M" else "timedelta64[ms]").astype(np.int64)
        return np.where(np.isnat(values), np.nan, days / 86_400_000.0)
    values = values.astype(object)
    missing = is_missing(values)
    values[~missing] = [_days(value) if isinstance(value, date) else value for value in values[~missing]]
    if not force:
        if any(isinstance(value, bool | np.bool_) for value in values[~missing]):
            return None
        try:
            numbers = np.where(missing, np.nan, values).astype(np.float64)
        except (TypeError, ValueError, OverflowError):
            return None
        # Python reads 1_000 as a number; people do not.
        return None if any(isinstance(value, str) and "_" in value for value in values) else numbers
    result = np.full(len(values), np.nan)
    for i in np.flatnonzero(~missing):
        with suppress(TypeError, ValueError, OverflowError):
            result[i] = float(values[i])
    return result


def _days(value: date) -> float:
    """Days since 1970; a date and time without a zone is taken as universal time."""
    if not isinstance(value, datetime):
        return float(value.toordinal() - date(1970, 1, 1).toordinal())
    instant = value if value.tzinfo else value.replace(tzinfo=UTC)
    return (instant - datetime(1970, 1, 1, tzinfo=UTC)).total_seconds() / 86400


def _is_nothing(value: Any) -> bool:
    return value is None or (isinstance(value, float | np.floating) and bool(np.isnan(value)))


def as_words(values: Array) -> Array:
    """A column as text; what is missing is a category of its own."""
    missing = is_missing(values)
    words = [MISSING if gone else _word(value) for value, gone in zip(values, missing, strict=True)]
    return np.array(words, dtype=object)


def _word(value: Any) -> str:
    """Text for a value; 3.0 and 3 are one category, since a missing value elsewhere turns whole numbers into floats."""
    if isinstance(value, float | np.floating) and float(value).is_integer():
        return str(int(value))
    return str(value)
