"""Samples, labels and weights as users give them, checked and brought to the forms that training takes."""

from __future__ import annotations

from typing import Any

import numpy as np
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import _check_sample_weight, column_or_1d, validate_data

from chainrule.arrays import Array

FLOATS = (np.float64, np.float32)


def checked_samples(
    model: Any, X: Any, y: Any, sample_weight: Any, *, reset: bool
) -> tuple[Array, Array, Array | None]:
    """X as floats (dense, or CSR), y as labels or a 0/1 matrix, and positive weights.

    Samples of weight zero are left out: they then count for nothing, not even for the number of samples.

    Raises
    ------
    ValueError
        For NaN, infinity, unfitting shapes, continuous labels, negative weights, or weights that are all zero.
    """
    X, y = validate_data(
        model, X, y, accept_sparse=["csr", "csc"], multi_output=True, dtype=FLOATS, order="C", reset=reset
    )
    check_classification_targets(y)
    y = y.toarray() if hasattr(y, "toarray") else y
    if y.ndim == 2 and y.shape[1] == 1:
        y = column_or_1d(y, warn=True)
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


def checked_features(model: Any, X: Any, dtype: Any) -> Array:
    """X for prediction, with the features that the model was fitted to, in its dtype."""
    X = validate_data(model, X, accept_sparse=["csr", "csc"], dtype=FLOATS, order="C", reset=False)
    return _rows_first(X).astype(dtype, copy=False)


def _rows_first(X: Array) -> Array:
    return X.tocsr() if hasattr(X, "tocsr") else X
