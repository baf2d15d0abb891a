"""Samples, labels and weights as users give them, checked and brought to the forms that training takes."""

from __future__ import annotations

from typing import Any

import numpy as np
from sklearn.utils.class_weight import compute_class_weight, compute_sample_weight
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import (
    _check_sample_weight,
    check_array,
    check_consistent_length,
    column_or_1d,
    validate_data,
)

from chainrule.arrays import Array
from chainrule.estimators.heads import MULTILABEL, Head

SUM_TOLERANCE = 1e-4
"""By how much a row of probabilities may miss 1: float32 sums over many thousands of classes stay within it."""


def checked_samples(
    model: Any, X: Any, y: Any, sample_weight: Any, *, reset: bool
) -> tuple[Array, Array, Array | None]:
    """X as floats (dense, or CSR), y as labels, a 0/1 matrix or rows of probabilities, and positive weights.

    Samples of weight zero are left out: they then count for nothing, not even for the number of samples.

    Raises
    ------
    ValueError
        For NaN, infinity, unfitting shapes, continuous labels, rows that do not sum to one, negative weights, or
        weights that are all zero.
    """
    if model.targets == "proba":
        X = _features(model, X, reset=reset)
        y = checked_probabilities(y)
        check_consistent_length(X, y)
    else:
        X, y = validate_data(
            model,
            X,
            y,
            accept_sparse=["csr", "csc"],
            multi_output=True,
            dtype=floats_of(model),
            order="C",
            reset=reset,
        )
        y = checked_labels(y)
    X = _rows_first(X)
    if sample_weight is None:
        return X, y, None
    weights = _check_sample_weight(sample_weight, X, dtype=X.dtype, ensure_non_negative=True)
    counted = weights > 0
    if not counted.any():
        raise ValueError("sample_weight: every weight is zero, so there is nothing to fit")
    if not counted.all():
        X, y, weights = X[counted], y[counted], weights[counted]
    return X, y, weights


def checked_labels(y: Array) -> Array:
    """Labels in one column, or a dense 0/1 matrix."""
    check_classification_targets(y)
    y = y.toarray() if hasattr(y, "toarray") else y
    return column_or_1d(y, warn=True) if y.ndim == 2 and y.shape[1] == 1 else y


def checked_probabilities(y: Any) -> Array:
    """Rows of class probabilities."""
    rows = check_array(y, dtype=np.float64, input_name="y")
    if rows.shape[1] < 2:
        raise ValueError(f"y: expected a probability for each of at least two classes, got shape {rows.shape}")
    wrong = np.flatnonzero((rows < 0).any(axis=1) | (np.abs(rows.sum(axis=1) - 1) > SUM_TOLERANCE))
    if len(wrong):
        raise ValueError(
            f"y: every row must hold probabilities that sum to 1; row {wrong[0]} is {rows[wrong[0]].tolist()[:10]}, "
            f"with the sum {rows[wrong[0]].sum():.6g} ({len(wrong)} such rows)"
        )
    return rows


def checked_features(model: Any, X: Any, dtype: Any) -> Array:
    """X for prediction, with the features that the model was fitted to, in its dtype."""
    return _rows_first(_features(model, X, reset=False)).astype(dtype, copy=False)


def floats_of(model: Any) -> Any:
    """The dtypes in which the estimator takes X: as it comes, or the one it was told."""
    if isinstance(model.dtype, str) and model.dtype == "auto":
        return (np.float64, np.float32)
    try:
        dtype = np.dtype(model.dtype)
    except TypeError:
        dtype = None
    if dtype not in (np.float32, np.float64):
        raise ValueError(f"dtype: expected 'auto', 'float32' or 'float64', got {model.dtype!r}")
    return dtype


def with_class_weight(class_weight: Any, head: Head, y: Array, weights: Array | None, dtype: Any) -> Array | None:
    """Sample weights times those of their classes.

    For "balanced" the classes are counted by sample weight, so that a weight of 2 still means the sample twice. Rows of
    probabilities take the mean weight of their classes.
    """
    if class_weight is None:
        return weights
    if head.kind == MULTILABEL:
        factors = compute_sample_weight(class_weight, y)
    elif y.ndim == 2:
        total = y if weights is None else y * weights[:, None]
        mass = total.sum(axis=0)
        if isinstance(class_weight, str):
            per_class = mass.sum() / (len(mass) * np.where(mass > 0, mass, np.inf))
        else:
            per_class = np.array([class_weight.get(label, 1.0) for label in head.classes.tolist()])
        factors = y @ per_class
    else:
        per_class = compute_class_weight(class_weight, classes=head.classes, y=y, sample_weight=weights)
        factors = per_class[np.searchsorted(head.classes, y)]
    return (factors if weights is None else factors * weights).astype(dtype)


def _features(model: Any, X: Any, *, reset: bool) -> Array:
    return validate_data(model, X, accept_sparse=["csr", "csc"], dtype=floats_of(model), order="C", reset=reset)


def _rows_first(X: Array) -> Array:
    return X.tocsr() if hasattr(X, "tocsr") else X
