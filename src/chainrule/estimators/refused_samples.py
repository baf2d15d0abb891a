"""Errors about samples that name the place and say what to do, in place of scikit-learn's general ones."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from chainrule.arrays import Array, is_sparse
from chainrule.storage.stored_rows import first_not_finite


def refusal(error: ValueError, X: Any, name: str, *, images: bool = False) -> ValueError:
    """The error for samples X that an estimator called `name` refuses; the given one if nothing more is known.

    Names of files, vectors in cells and single samples get advice. NaN, infinity and words are placed by row, counted
    from 0, and by column. The error for NaN keeps the words that others look for.

    >>> print(refusal(ValueError("Input X contains NaN."), np.array([[1.0], [np.nan]]), "ConvClassifier", images=True))
    Input X contains NaN, the first in row 1 (counted from 0), column 0. ConvClassifier takes finite numbers.
    """
    text = str(error)
    shape = np.shape(X) if not isinstance(X, Mapping) else ()
    if text.startswith("Expected 2D array, got 1D array"):
        return ValueError(
            f"Expected 2D array, got 1D array instead, of shape {shape}. Reshape your data: X.reshape(1, -1), or A[:1] "
            "in place of A[0], for a single sample; X.reshape(-1, 1) for a single feature."
        )
    if isinstance(X, str | Path):
        return ValueError(f"X: expected samples, got the name {str(X)!r}; chainrule.Blocks opens files of samples")
    named = _column_of_vectors(X) if "setting an array element with a sequence" in text else None
    if named is not None:
        return ValueError(
            f"X: column {named!r} holds vectors; numpy.stack(X[{named!r}]) is a matrix of them, and chainrule.Blocks "
            "reads such columns from Parquet files"
        )
    advice = "" if images else " For tables with gaps and words there is TabularClassifier."
    if text.startswith("could not convert string"):
        found = _first_word(X)
        if found is not None:
            return ValueError(
                f"X: could not convert string {found[2]!r} to a number, in row {found[0]} (counted from 0), "
                f"{_column(X, found[1])}. {name} takes numbers.{advice}"
            )
    for what in ("NaN", "infinity"):
        if text.startswith(f"Input X contains {what}"):
            place = _first_not_finite(X)
            if place is not None:
                row, column, _ = place
                return ValueError(
                    f"Input X contains {what}, the first in row {row} (counted from 0), {_column(X, column)}. {name} "
                    f"takes finite numbers.{advice}"
                )
    return error


# What follows is private.


def _column_of_vectors(X: Any) -> Any:
    """The name of the first column of a data frame with a list or an array in its first cell; None without one."""
    for name in getattr(X, "columns", ()):
        if len(X) and np.ndim(next(iter(X[name][:1]))):
            return name
    return None


def _first_not_finite(X: Any) -> tuple[int, int, float] | None:
    if is_sparse(X):
        return first_not_finite(X.tocsr())
    try:
        rows: Array = np.ascontiguousarray(X, dtype=np.float64)
    except (TypeError, ValueError):  # such as pandas.NA
        return None
    return first_not_finite(rows) if rows.ndim == 2 else None


def _first_word(X: Any) -> tuple[int, int, str] | None:
    """The row, the column and the text of the first cell that is not the text of a number."""
    rows = np.asarray(X, dtype=object)
    for place, cell in np.ndenumerate(rows):
        try:
            float(cell)
        except (TypeError, ValueError):
            return None if len(place) != 2 else (*place, str(cell)[:40])
    return None


def _column(X: Any, number: int) -> str:
    names = getattr(X, "columns", None)
    return f"column {number}" if names is None else f"column {names[number]!r}"
