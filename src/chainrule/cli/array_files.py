"""Samples stored as arrays: .npz, .npy and svmlight files."""

import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import scipy.sparse as sp
from sklearn.datasets import load_svmlight_file

from chainrule.cli.output import CommandError, one_line

SVMLIGHT_ENDINGS = tuple(kind + end for kind in (".svmlight", ".libsvm", ".svm") for end in ("", ".gz", ".bz2"))
BEGINNINGS = {".npy": b"\x93NUMPY", ".npz": b"PK"}
"""The first bytes of .npy and .npz files."""

TABLE_ENDINGS = (".csv", ".tsv", ".csv.gz", ".tsv.gz", ".parquet")
"""The endings of files whose columns have names."""
LABEL_NAMES = ("y", "labels", "label", "target", "targets", "classes")
FEATURE_NAMES = ("X", "x", "embeddings", "features", "data", "vectors")


def is_array_file(source: str) -> bool:
    """True if the ending of the file name says that it holds arrays."""
    return source.lower().endswith((*BEGINNINGS, *SVMLIGHT_ENDINGS))


def read(
    source: str, target: str | None = None, labels: Path | None = None, n_features: int | None = None
) -> tuple[Any, Any]:
    """The rows of features in a file, dense or CSR, and their labels; None if the file has no labels.

    Parameters
    ----------
    source : str
        A .npz file with a two-dimensional array and an array of labels, a .npy file, or a svmlight file.
    target : str, optional
        The name of the labels in a .npz file. The names in LABEL_NAMES need not be given.
    labels : Path, optional
        A file of labels, one per row: .npy, or text with one on each line.
    n_features : int, optional
        The number of features of a svmlight file, which does not store it.

    Raises
    ------
    OSError
        If the file does not exist.
    CommandError
        If the file is damaged or empty, or holds anything other than samples.
    """
    path = Path(source)
    if path.stat().st_size == 0:
        raise CommandError(f"{source}: the file is empty")
    if source.lower().endswith(TABLE_ENDINGS):
        raise CommandError(
            f"{source}: the model takes rows of numbers without names of columns: a .npy, .npz or .svmlight file"
        )
    try:
        if path.suffix.lower() in BEGINNINGS:
            X, y = _read_numpy(path, target)
        else:
            X, y = load_svmlight_file(source, n_features=n_features)
            y = y.astype(np.int64) if (y == np.round(y)).all() else y
    except (OSError, ValueError, KeyError, zipfile.BadZipFile, EOFError) as error:
        raise CommandError(f"{source}: cannot be read: {one_line(error)}") from None
    if labels is not None:
        y = read_labels(labels)
    if X.ndim != 2 or X.dtype.kind not in "fiub":
        raise CommandError(f"{source}: expected rows of numbers, got an array of shape {X.shape} of {X.dtype}")
    if X.shape[0] == 0:
        raise CommandError(f"{source}: there are no rows")
    if y is not None and y.shape != (X.shape[0],):
        raise CommandError(f"{source}: {X.shape[0]} rows of features, but labels of shape {y.shape}")
    return X.astype(np.float64) if X.dtype.kind in "iub" else X, y


def _read_numpy(path: Path, target: str | None = None) -> tuple[Any, Any]:
    """The features and labels in a .npz file, or the array in a .npy file and None."""
    kind = path.suffix.lower()
    # Open the file here, because NumPy does not close a damaged file.
    with path.open("rb") as file:
        # Check the first bytes, because NumPy would take other files for pickles and advise to trust them.
        if file.read(len(BEGINNINGS[kind])) != BEGINNINGS[kind]:
            raise ValueError(f"it does not begin as a {kind} file does")
        file.seek(0)
        if kind == ".npy":
            return np.load(file, allow_pickle=False), None
        with np.load(file, allow_pickle=False) as arrays:
            return _samples_in(path, arrays, target)


def _samples_in(path: Path, arrays: Any, target: str | None) -> tuple[Any, Any]:
    names = list(arrays.files)
    if target is not None and target not in names:
        raise CommandError(f"--target: {path} has no array {target!r}; it has {', '.join(names)}")
    label = target or next((name for name in LABEL_NAMES if name in names), None)
    y = None if label is None else arrays[label]
    if {"data", "indices", "indptr", "shape"} <= set(names):
        parts = (arrays["data"], arrays["indices"], arrays["indptr"])
        rows = sp.csr_matrix(parts, shape=tuple(arrays["shape"]))
        # An index out of range would make products read and write other memory.
        rows.check_format(full_check=True)
        return rows, y
    wide = [name for name in names if name != label and arrays[name].ndim == 2]
    known = [name for name in FEATURE_NAMES if name in wide]
    if not known and len(wide) != 1:
        shapes = ", ".join(f"{name} {arrays[name].shape}" for name in names)
        raise CommandError(f"{path}: expected one array of features, named X or alone of two dimensions; got {shapes}")
    return arrays[known[0] if known else wide[0]], y


def read_labels(path: Path) -> Any:
    """The labels in a file, one for each sample: .npy, or text with one on each line; otherwise a CommandError."""
    try:
        if path.suffix.lower() == ".npy":
            return _read_numpy(path)[0]
        return np.array([line.strip() for line in path.read_text(encoding="utf-8").splitlines()], dtype=object)
    except (OSError, ValueError, EOFError) as error:
        expected = "expected a .npy file, or text with one label on each line"
        reason = error.strerror if isinstance(error, OSError) else one_line(error)
        raise CommandError(f"--labels: {path}: cannot be read: {reason}; {expected}") from None
