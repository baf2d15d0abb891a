"""Labels and weights of samples in files: one number or name per sample, read whole."""

import os
import re
from collections.abc import Sequence
from typing import Any

import numpy as np

from chainrule.arrays import Array
from chainrule.storage.files import DataFileError, find_files, size_of

Side = str | os.PathLike[str] | Sequence[Any] | Array
"""Values, or the path of a file with them."""


def read_side(given: Side, rows: int, what: str) -> Array:
    """Labels or weights, one per sample.

    Parameters
    ----------
    given : path or array
        A glob, or the path of a .npy file or of a text file with one label per line. Files of a glob are stacked.
    rows : int
        The number of samples.
    what : {"labels", "weights"}

    Raises
    ------
    DataFileError
        If a file cannot be read, if the number of values differs from the number of samples, or if one is missing.
    """
    if isinstance(given, str | os.PathLike):
        paths = find_files(given)
        source, values = ", ".join(paths[:2]) + ", ..." * (len(paths) > 2), np.concatenate([*map(_read, paths)])
    else:
        source, values = f"{what}=", np.asarray(given)
    if values.ndim == 0 or len(values) != rows or (values.ndim != 1 and what == "weights"):
        raise DataFileError(f"{source}: expected {rows} {what}, one per sample, got an array of shape {values.shape}")
    check_present(values, lambda row: f"{source}: the value in row {row}", what)
    return as_weights(values, source) if what == "weights" else values


def check_present(values: Array, place: Any, what: str) -> None:
    """Raise DataFileError that begins with place(row) if a value is None or NaN."""
    if values.dtype.kind in "fO":
        missing = values != values if values.dtype.kind == "f" else np.array([v is None or v != v for v in values])
        if missing.any():
            row = int(missing.reshape(len(values), -1).any(axis=1).argmax())
            raise DataFileError(f"{place(row)} is missing; drop the samples without {what}, or fill them")


def as_weights(values: Array, source: str) -> Array:
    """Weights in float64; raises DataFileError if they are not real numbers."""
    if values.dtype.kind not in "fiub":
        raise DataFileError(f"{source}: expected weights that are real numbers, got an array of {values.dtype}")
    return values.astype(np.float64)


# What follows is private.


def _read(path: str) -> Array:
    size_of(path)
    try:
        if path.lower().endswith(".npy"):
            with open(path, "rb") as file:
                return np.atleast_1d(np.load(file, allow_pickle=False))
        with open(path, encoding="utf-8-sig") as file:
            words = [line.strip() for line in file]
    except (OSError, ValueError, EOFError) as error:
        reason = getattr(error, "strerror", None) or error
        raise DataFileError(
            f"{path}: cannot be read: {reason}; expected a .npy file, or text with one label on each line"
        ) from None
    if "" in words:
        raise DataFileError(f"{path}: line {words.index('') + 1} is empty; expected one label on each line")
    whole = all(re.fullmatch(r"-?[0-9]{1,18}", word) for word in words)
    return np.array(words, np.int64 if whole else None)
