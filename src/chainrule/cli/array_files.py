"""Samples stored as arrays: .npz, .npy and svmlight files."""

from __future__ import annotations

import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from chainrule.cli.errors import CommandError

ARRAY_ENDINGS = (".npz", ".npy")
SVMLIGHT_ENDINGS = tuple(kind + end for kind in (".svmlight", ".libsvm", ".svm") for end in ("", ".gz", ".bz2"))
ENDINGS = (*ARRAY_ENDINGS, *SVMLIGHT_ENDINGS)

BEGINNINGS = {".npy": b"\x93NUMPY", ".npz": b"PK"}
"""The first bytes of .npy and .npz files."""

LABEL_NAMES = ("y", "labels", "label", "target", "targets", "classes")
FEATURE_NAMES = ("X", "x", "embeddings", "features", "data", "vectors")


@dataclass(frozen=True)
class ArraySamples:
    """Rows of features, dense or CSR, and their labels; None if the file has no labels."""

    name: str
    X: Any
    y: Any | None


def is_array_file(source: str) -> bool:
    """True if the ending of the file name says that it holds arrays."""
    return source.lower().endswith(ENDINGS)


def read(
    source: str, target: str | None = None, labels: Path | None = None, n_features: int | None = None
) -> ArraySamples:
    """The samples in a file.

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
    CommandError
        If the file is missing, damaged or empty, or holds anything other than samples.
    """
    path = Path(source)
    if not path.exists():
        raise CommandError(f"{source}: there is no such file")
    if path.stat().st_size == 0:
        raise CommandError(f"{source}: the file is empty")
    try:
        X, y = _read(path, target, n_features)
    except CommandError:
        raise
    except (OSError, ValueError, KeyError, zipfile.BadZipFile, EOFError) as error:
        raise CommandError(f"{source}: cannot be read: {' '.join(str(error).split())[:300]}") from None
    if labels is not None:
        y = _labels_of(labels)
    if X.ndim != 2 or X.dtype.kind not in "fiub":
        raise CommandError(f"{source}: expected rows of numbers, got an array of shape {X.shape} of {X.dtype}")
    if X.shape[0] == 0:
        raise CommandError(f"{source}: there are no rows")
    if y is not None and y.shape != (X.shape[0],):
        raise CommandError(f"{source}: {X.shape[0]} rows of features, but labels of shape {y.shape}")
    return ArraySamples(path.name, X.astype(np.float64) if X.dtype.kind in "iub" else X, y)


def _read(path: Path, target: str | None, n_features: int | None) -> tuple[Any, Any]:
    lower = path.name.lower()
    if lower.endswith(ARRAY_ENDINGS):
        _check_beginning(path)
    if lower.endswith(".npy"):
        with path.open("rb") as opened:
            return np.load(opened, allow_pickle=False), None
    if lower.endswith(".npz"):
        # Open the file here, because NumPy does not close a damaged file.
        with path.open("rb") as opened, np.load(opened, allow_pickle=False) as file:
            return _from_arrays(path, file, target)
    from sklearn.datasets import load_svmlight_file

    X, y = load_svmlight_file(str(path), n_features=n_features)
    return X.tocsr(), y.astype(np.int64) if (y == np.round(y)).all() else y


def _check_beginning(path: Path) -> None:
    """Raise CommandError for wrong first bytes. NumPy would take the file for a pickle and advise to trust it."""
    kind = path.suffix.lower()
    with path.open("rb") as opened:
        if opened.read(len(BEGINNINGS[kind])) != BEGINNINGS[kind]:
            raise CommandError(f"{path}: cannot be read: it does not begin as a {kind} file does")


def _from_arrays(path: Path, file: Any, target: str | None) -> tuple[Any, Any]:
    names = list(file.files)
    if target is not None and target not in names:
        raise CommandError(f"--target: {path} has no array {target!r}; it has {', '.join(names)}")
    label = target or next((name for name in LABEL_NAMES if name in names), None)
    y = None if label is None else file[label]
    if {"data", "indices", "indptr", "shape"} <= set(names):
        import scipy.sparse as sp

        parts = (file["data"], file["indices"], file["indptr"])
        return sp.csr_matrix(parts, shape=tuple(file["shape"])), y
    wide = [name for name in names if name != label and file[name].ndim == 2]
    known = [name for name in FEATURE_NAMES if name in wide]
    if not known and len(wide) != 1:
        shapes = ", ".join(f"{name} {file[name].shape}" for name in names)
        raise CommandError(f"{path}: expected one array of features, named X or alone of two dimensions; got {shapes}")
    return file[known[0] if known else wide[0]], y


def _labels_of(path: Path) -> Any:
    if not path.exists():
        raise CommandError(f"--labels: {path}: there is no such file")
    if path.suffix.lower() == ".npy":
        try:
            _check_beginning(path)
            return np.load(path, allow_pickle=False)
        except (OSError, ValueError, EOFError) as error:
            raise CommandError(f"--labels: {path}: cannot be read: {error}") from None
    try:
        return np.array([line.strip() for line in path.read_text(encoding="utf-8").splitlines()], dtype=object)
    except UnicodeDecodeError as error:
        raise CommandError(f"--labels: {path}: expected text, one label on each line: {error}") from None
