"""Encode tables as features of a network.

Numbers are centred at the median of their column, divided by its interquartile range and bounded smoothly, so that
neither units nor outliers matter. Missing numbers become the median and are flagged. Each category becomes a column.
Columns that cannot help are left out and listed: columns without values, and text that differs in nearly every row.

skrub 0.11 was tried instead of this module: its TableVectorizer fails 40 of the 82 tests of tables here (it names no
unreadable cells, reads dates as several columns and overflows at large numbers), could replace about 100 of the 138
statements, needs pandas, matplotlib and requests, and does not read the model files of version 0.1.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any, TypeAlias

import numpy as np
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.feature_extraction.text import HashingVectorizer
from sklearn.preprocessing import OneHotEncoder
from sklearn.utils.validation import check_is_fitted, validate_data

from chainrule.arrays import Array
from chainrule.estimators.columns import (
    MISSING,
    Numbers,
    as_floats,
    as_words,
    is_missing,
    mostly_numbers,
    read_dates,
    read_numbers,
    without_infinite,
)
from chainrule.estimators.frames import as_columns, check_has_rows, is_frame, lacking
from chainrule.estimators.notices import notices_kept, notices_noted, warn_caller
from chainrule.estimators.odd_cells import OddCells, not_numbers, not_seen, texts_at
from chainrule.estimators.reading_notes import left_out, why_words
from chainrule.estimators.transactions import all_or_nothing
from chainrule.storage import StoredRows, is_source

Told: TypeAlias = Callable[[str, Mapping[int, str], int], object]

MOST_CATEGORIES = 64
"""Largest number of categories of a column; rarer categories are merged into the last one."""
LARGEST_NUMBER = 1e300
"""Larger numbers are read as this number."""
HASHES = 256
"""Columns in which the words of a text are counted."""
_BLOCK = 2**16
"""Numbers in a block that is scaled at a time, small enough for the cache."""


class SmoothScaler(TransformerMixin, BaseEstimator):  # type: ignore[misc]
    """Scale each column: z = (x - median) / IQR, then z / sqrt(1 + (z / 3)^2), which lies within +-3.

    If the interquartile range (IQR) is 0, half the range is used instead; constant columns become 0.
    Source: the preprocessing of RealMLP (Holzmueller, Grinsztajn and Steinwart, 2024).

    Examples
    --------
    >>> SmoothScaler().fit_transform(np.array([[0.0], [1.0], [2.0], [3.0], [1e300]])).round(2).ravel()
    array([-0.95, -0.49,  0.  ,  0.49,  3.  ])
    """

    @all_or_nothing
    def fit(self, X: Any, y: Any = None) -> SmoothScaler:
        """Learn the median and the width of every column."""
        validate_data(self, X, skip_check_array=True)
        X = np.asarray(X, dtype=np.float64)
        # Halves are subtracted, since the range of the largest floats is not a float.
        halves = np.sort(X / 2, axis=0)
        low, quarter, self.median_, three_quarters, high = (_quantile(halves, q) for q in (0, 0.25, 0.5, 0.75, 1))
        self.median_ = self.median_ * 2
        width = 2 * np.minimum(three_quarters - quarter, np.finfo(np.float64).max / 4)
        self.width_ = np.where(width > 0, width, high - low)
        return self

    def transform(self, X: Any) -> Any:
        """The scaled columns. For samples in files they are float32, computed one block at a time during reading."""
        check_is_fitted(self)
        if is_source(X):
            if X.sparse:
                raise ValueError("X: expected dense features, which are scaled, got sparse ones")
            rows = X if isinstance(X, StoredRows) else StoredRows(X, np.dtype(X.dtype))
            return rows.changed(self.scaled).astype(np.float32)
        return self.scaled(X)

    def scaled(self, X: Any) -> Array:
        """The scaled columns as an array, whatever `set_output` says."""
        width = np.where(self.width_ > 0, self.width_, np.inf)
        X = np.asarray(X, dtype=np.float64)
        scaled = np.empty_like(X)
        rows = max(1, _BLOCK // max(1, X.shape[1]))
        with np.errstate(over="ignore"):
            centre = self.median_ / width
            for start in range(0, len(X), rows):
                block = X[start : start + rows] / width
                block -= centre
                np.clip(block, -1e150, 1e150, out=block)
                root = np.square(block / 3)
                root += 1
                np.divide(block, np.sqrt(root, out=root), out=scaled[start : start + rows])
        return scaled

    def get_feature_names_out(self, input_features: Any = None) -> Array:
        """The names of the columns."""
        check_is_fitted(self)
        return column_names(self, input_features, len(self.median_))


def column_names(estimator: Any, given: Any, count: int) -> Array:
    """The names of the columns of a matrix: those given, those of the fit, or x0, x1, ..."""
    names = getattr(estimator, "feature_names_in_", None) if given is None else given
    return np.array([f"x{column}" for column in range(count)] if names is None else names, dtype=object)


def _quantile(ordered: Array, share: float) -> Array:
    """A quantile of every column of sorted numbers, linear between two of them."""
    place = share * (len(ordered) - 1)
    below = int(place)
    low, high = ordered[below], ordered[min(below + 1, len(ordered) - 1)]
    return low + (high - low) * (place - below)


class TableEncoder(TransformerMixin, BaseEstimator):  # type: ignore[misc]
    """Encode columns of numbers, categories, dates and text as float32 features.

    `fit` and `transform` take a data frame, or a mapping of column names to one-dimensional arrays. A column holds
    numbers, or dates, if at most a tenth of its cells are words. These words, and marks such as "-" and "n/a?", count
    as missing, and a warning names the column, the cells and their rows. So does `transform` for categories that `fit`
    has not seen. Dates may be text in ISO 8601 format.

    Parameters
    ----------
    words : sequence of str or None, default=None
        Columns that are read as categories even if they hold numbers, such as postal codes, or text that differs in
        nearly every row.
    text : sequence of str or None, default=None
        Columns of sentences, which would otherwise be left out. Words are counted in 256 columns by their hash, and the
        counts of each row are scaled to the Euclidean norm 1.

    Attributes
    ----------
    numeric_, categorical_, text_ : list of str
        The columns used, by how they are read.
    dates_ : list of str
        The columns among `numeric_` that hold dates, which become days since 1970.
    left_out_ : dict of str to str
        The columns left out, and why.
    column_notes_ : list of str
        The warnings of `fit`, without those on columns that are left out.

    Examples
    --------
    >>> table = {"width": np.array([1.0, 2.0, np.nan]), "kind": np.array(["a", "b", "a"], dtype=object)}
    >>> TableEncoder().fit(table).transform(table).shape
    (3, 4)
    """

    def __init__(self, words: Sequence[str] | None = None, text: Sequence[str] | None = None) -> None:
        self.words, self.text = words, text

    @all_or_nothing
    def fit(self, X: Any, y: Any = None, known_words: Collection[str] = ()) -> TableEncoder:
        """Decide how each column is read, and learn scales and categories.

        Parameters
        ----------
        X : data frame, or mapping of names to arrays
        y : ignored
        known_words : collection of str
            Columns that hold no numbers in a larger table, of which X is a part.

        Raises
        ------
        ValueError
            If the table has no rows, no column that can be used, or lacks one of `words` or `text`.
        """
        columns = as_columns(X)
        check_has_rows(columns)
        for parameter in ("words", "text"):
            unknown = [name for name in getattr(self, parameter) or () if name not in columns]
            if unknown:
                raise ValueError(f"{parameter}: the table has no columns {', '.join(map(repr, unknown))}")
        self.numeric_: list[str] = []
        self.dates_: list[str] | None = []
        self.categorical_: list[str] = []
        self.text_: list[str] = []
        self.left_out_: dict[str, str] = {}
        with notices_noted() as notices:
            for name, values in columns.items():
                self._decide(name, values, name in known_words)
            numbers = self._numbers(columns, self._warned) if self.numeric_ else None
        self.column_notes_: list[str] = [message for message, _ in notices]
        if not self.used_:
            reasons = "; ".join(f"{name!r}: {reason}" for name, reason in self.left_out_.items())
            raise ValueError(f"no column can be used as a feature ({reasons or 'there is none'})")
        for name, reason in self.left_out_.items():
            warn_caller(left_out(name, reason, f"text=[{name!r}]"))
        if numbers is not None:
            self.flagged_ = np.flatnonzero(np.isnan(numbers).any(axis=0))
            self.scaler_ = SmoothScaler().fit(self._filled(numbers, np.nanmedian(numbers, axis=0)))
        if self.categorical_:
            self.encoder_ = OneHotEncoder(
                handle_unknown="infrequent_if_exist", max_categories=MOST_CATEGORIES, sparse_output=False
            )
            self.encoder_.fit(self._words(columns))
        return self

    def fit_transform(self, X: Any, y: Any = None) -> Any:
        """The features of the table that the encoder is fitted to; the warnings are those of `fit`."""
        self.fit(X)
        with notices_kept():
            return self.encoded(X)

    def transform(self, X: Any) -> Any:
        """The features as float32, one row per row of the table. The table may lack the columns that were left out."""
        check_is_fitted(self)
        return self.encoded(X)

    def encoded(self, X: Any, told: Told | None = None) -> Array:
        """The features as an array, whatever `set_output` says.

        For each column, `told` gets its name, the cells that cannot be read as in `fit` by
        position, and the number of cells that are not missing. By default there are warnings of such cells.
        """
        told = self._warned if told is None else told
        columns = as_columns(X)
        if what := lacking(self.used_, columns):
            if not (is_frame(X) or isinstance(X, Mapping)):
                names = ", ".join(map(repr, self.used_))
                raise ValueError(f"X: expected a table with the columns {names}, got an array of shape {np.shape(X)}")
            raise ValueError(f"the table {what}")
        check_has_rows(columns)
        parts = []
        if self.numeric_:
            filled = self._filled(self._numbers(columns, told), self.scaler_.median_[: len(self.numeric_)])
            parts.append(self.scaler_.scaled(filled))
        if self.categorical_:
            words = self._words(columns)
            for name, column in zip(self.categorical_, words.T, strict=True):
                told(name, self._not_seen(name, column), int(np.count_nonzero(column != MISSING)))
            parts.append(self.encoder_.transform(words))
        for name in self.text_:
            told(name, {}, int(np.count_nonzero(~is_missing(columns[name]))))
            parts.append(_hashed(columns[name]))
        return np.ascontiguousarray(np.hstack(parts), dtype=np.float32)

    def unseen(self, X: Any) -> dict[str, dict[int, str]]:
        """For each categorical column, the cells with values that `fit` has not seen, by position; not missing cells.

        Examples
        --------
        >>> kinds = np.array(["a", "b", "a"], dtype=object)
        >>> encoder = TableEncoder().fit({"kind": kinds, "place": kinds})
        >>> encoder.unseen({"kind": np.array(["a", "c", None], dtype=object), "place": kinds})
        {'kind': {1: 'c'}, 'place': {}}
        """
        check_is_fitted(self)
        columns = as_columns(X)
        return {name: self._not_seen(name, as_words(columns[name])) for name in self.categorical_}

    def sentence(self, name: str, cells: OddCells) -> str:
        """A sentence about cells of a column that are no numbers, no dates, or no categories that `fit` has seen."""
        if name in self.numeric_:
            return not_numbers(name, cells, "date" if name in (self.dates_ or ()) else "number")
        known = self._known(name)
        return not_seen(name, cells, known, as_rare=len(known) > MOST_CATEGORIES)

    def get_feature_names_out(self, input_features: Any = None) -> Array:
        """The names of the features: numeric columns, flags for missing values, categories, and hashes of words."""
        check_is_fitted(self)
        names = [*self.numeric_, *(f"{self.numeric_[column]} is missing" for column in getattr(self, "flagged_", ()))]
        if self.categorical_:
            names += self.encoder_.get_feature_names_out(self.categorical_).tolist()
        names += [f"{name}, hash {number}" for name in self.text_ for number in range(HASHES)]
        return np.array(names, dtype=object)

    def sources(self) -> list[str]:
        """For each feature, the column that it is made from."""
        check_is_fitted(self)
        names = [*self.numeric_, *(self.numeric_[column] for column in getattr(self, "flagged_", ()))]
        if self.categorical_:
            # Names of categories follow the number of their column and an underscore.
            numbered = self.encoder_.get_feature_names_out([str(number) for number in range(len(self.categorical_))])
            names += [self.categorical_[int(name.partition("_")[0])] for name in numbered]
        return names + [name for name in self.text_ for _ in range(HASHES)]

    def read(self, name: str, values: Array) -> Numbers:
        """A numeric column: numbers as float64, or dates as datetime64[ms] if `fit` has seen dates.

        Raises
        ------
        ValueError
            If there are numbers where `fit` has seen dates, or dates where it has seen numbers.
        """
        if self.dates_ is None:
            return without_infinite(mostly_numbers(values) or read_numbers(values))
        is_date, kind = name in self.dates_, values.dtype.kind
        if kind == "M" and not is_date:
            raise ValueError(f"column {name!r}: expected numbers, as in fit, got dates")
        if kind in "iufbm" and is_date and not is_missing(values).all():
            raise ValueError(f"column {name!r}: expected dates, as in fit, got numbers")
        return read_dates(values) if is_date else without_infinite(read_numbers(values))

    @property
    def used_(self) -> list[str]:
        """The columns that `transform` needs."""
        return [*self.numeric_, *self.categorical_, *self.text_]

    def described(self) -> dict[str, str]:
        """How each column is read."""
        check_is_fitted(self)
        found = {}
        for number, name in enumerate(self.numeric_):
            median, width = self.scaler_.median_[number], self.scaler_.width_[number]
            gaps = ", missing values flagged" if number in self.flagged_ else ""
            how = f"numbers, scaled by median {median:g} and width {width:g}"
            if name in (self.dates_ or ()):
                day = np.datetime64(int(np.floor(median)), "D")
                how = f"dates, scaled by median {day} and width {width:g} days"
            found[name] = how + gaps if width else "constant"
        for name in self.categorical_:
            count = len(self._known(name))
            most = f", of which the rarest are one (at most {MOST_CATEGORIES})" if count > MOST_CATEGORIES else ""
            found[name] = f"{count} categories{most}" if count > 1 else "1 category"
        found |= dict.fromkeys(self.text_, f"text, whose words are counted in {HASHES} columns")
        return found | {name: f"left out: {reason}" for name, reason in self.left_out_.items()}

    def _decide(self, name: str, values: Array, known_words: bool) -> None:
        """List a column as numeric or categorical, or as left out with the reason."""
        present, chosen = ~is_missing(values), name in (self.words or ())
        numbers = None if chosen or known_words else mostly_numbers(values)
        if not present.any():
            self.left_out_[name] = "no values"
        elif name in (self.text or ()):
            self.text_.append(name)
        elif numbers is None:
            if not (chosen or known_words) and (why := why_words(name, values)):
                warn_caller(why)
            words = as_words(values)[present].tolist()
            distinct = len(set(words))
            if not chosen and distinct > 20 and distinct > 0.5 * len(words):
                self.left_out_[name] = f"text with {distinct} distinct values in {len(words)} rows"
            else:
                self.categorical_.append(name)
        elif np.isfinite(numbers.values).any():
            self.numeric_.append(name)
            if numbers.values.dtype.kind == "M":
                self.dates_ = [*(self.dates_ or ()), name]
        else:
            self.left_out_[name] = "no finite values"

    def _warned(self, name: str, cells: Mapping[int, str], present: int) -> None:
        if cells:
            warn_caller(self.sentence(name, OddCells().add(cells, present)))

    def _numbers(self, columns: Mapping[str, Array], told: Told) -> Array:
        """The numeric columns side by side, with NaN for missing numbers; `told` is as in `encoded`."""
        # In Fortran order, since columns are sorted.
        table = np.empty((len(columns[self.numeric_[0]]), len(self.numeric_)), order="F")
        for j, name in enumerate(self.numeric_):
            read = self.read(name, columns[name])
            told(name, texts_at(columns[name], read.unreadable), read.present)
            values = as_floats(read.values)
            # Sums of two numbers must stay finite where medians are taken.
            np.clip(values, -LARGEST_NUMBER, LARGEST_NUMBER, out=table[:, j])
        return table

    def _filled(self, numbers: Array, medians: Array) -> Array:
        """Numbers with the median of their column for NaN, followed by flags of the columns that had gaps in `fit`."""
        gone = np.isnan(numbers)
        if gone.any():
            numbers = np.where(gone, medians, numbers)
        return np.hstack([numbers, gone[:, self.flagged_]]) if len(self.flagged_) else numbers

    def _not_seen(self, name: str, words: Array) -> dict[int, str]:
        """The cells of a column of words that are no categories of `fit`, by position; not missing cells."""
        new = {*words.tolist()} - {*self._known(name), MISSING}
        return {position: word for position, word in enumerate(words.tolist()) if word in new} if new else {}

    def _known(self, name: str) -> Any:
        """The categories of a column in `fit`."""
        return self.encoder_.categories_[self.categorical_.index(name)]

    def _words(self, columns: Mapping[str, Array]) -> Any:
        return np.column_stack([as_words(columns[name]) for name in self.categorical_]).astype(object)

    def __setstate__(self, state: dict[str, Any]) -> None:
        # Files of chainrule 0.1 hold scikit-learn's imputer, of which only the flagged columns are needed.
        # They do not say which columns are dates: `read` goes by the cells then.
        state = {"words": None, "text": None, **state}
        if "numeric_" in state:
            state.setdefault("text_", [])
            state.setdefault("column_notes_", [])
            state.setdefault("dates_", None)
        imputer = state.pop("imputer_", None)
        if imputer is not None:
            state["flagged_"] = np.asarray(imputer.indicator_.features_)
        super().__setstate__(state)


def _hashed(values: Array) -> Array:
    """The counts of words in texts, by their hash, with the norm 1; zeros for missing texts."""
    texts = np.where(is_missing(values), "", values).astype(str)
    return np.asarray(HashingVectorizer(n_features=HASHES, alternate_sign=False).transform(texts).toarray())
