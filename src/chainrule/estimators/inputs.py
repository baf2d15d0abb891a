"""Samples, labels and weights as users give them, checked and brought to the forms that training takes."""

from __future__ import annotations

from numbers import Number
from typing import Any

import numpy as np
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import (
    check_array,
    check_consistent_length,
    check_non_negative,
    column_or_1d,
    validate_data,
)

from chainrule.arrays import Array, is_sparse
from chainrule.estimators import parameters as check
from chainrule.estimators.class_encoding import MULTILABEL, ClassEncoding

SUM_TOLERANCE = 1e-4
"""By how much a row of probabilities may miss 1: float32 sums over many thousands of classes stay within it."""


def checked_samples(
    model: Any,
    X: Any,
    y: Any,
    sample_weight: Any,
    *,
    reset: bool,
    weightless: bool = False,
    signed: bool = False,
) -> tuple[Array, Array, Array | None]:
    """X as floats (dense, or CSR), y as labels, a 0/1 matrix or rows of probabilities, and weights.

    Samples of weight zero are left out unless `weightless`: they count for nothing, not even for the number of samples.
    Weights below zero are an error unless `signed`.

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
            accept_sparse=sparse_of(model),
            multi_output=True,
            dtype=floats_of(model),
            order="C",
            reset=reset,
        )
        y = checked_labels(y)
    X = _rows_first(X)
    if sample_weight is None:
        return X, y, None
    weights = checked_weights(sample_weight, X, signed=signed)
    counted = weights != 0
    if not counted.any():
        raise ValueError("sample_weight: every weight is zero, so there is nothing to fit")
    if not counted.all() and not weightless:
        X, y, weights = X[counted], y[counted], weights[counted]
    return X, y, weights


def checked_weights(sample_weight: Any, X: Array, *, signed: bool = False) -> Array:
    """One weight per row of X, in its dtype; a single number stands for that weight everywhere."""
    weights = np.full(X.shape[0], sample_weight) if isinstance(sample_weight, Number) else sample_weight
    weights = check_array(weights, ensure_2d=False, dtype=X.dtype, order="C", input_name="sample_weight")
    if weights.shape != (X.shape[0],):
        expected = (X.shape[0],)
        raise ValueError(f"Sample weights must be 1D: sample_weight.shape == {weights.shape}, expected {expected}!")
    if not signed:
        check_non_negative(weights, "`sample_weight`")
    return weights


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
    """X to judge by, with the features that the model was fitted to, in its dtype."""
    return _rows_first(_features(model, X, reset=False)).astype(dtype, copy=False)


def features_to_predict(model: Any, X: Any) -> Array:
    """X with the features that the model was fitted to, dense as it comes, of any real dtype, or as CSR.

    Nothing is read, cast or copied that need not be. NaN and infinity are left to `blocks_of_rows.finite_block`.
    """
    formats = sparse_of(model)
    X = validate_data(model, X, accept_sparse=formats, dtype="numeric", ensure_all_finite=False, reset=False)
    return X.tocsr() if is_sparse(X) else X


def joined_eval_set(eval_set: Any, X: Any, y: Any, sample_weight: Any) -> Any:
    """The held-out samples, given whole or apart, as a tuple; None where there are none."""
    if X is None and y is None and sample_weight is None:
        if eval_set is not None and (not isinstance(eval_set, tuple | list) or len(eval_set) not in (2, 3)):
            raise ValueError("eval_set: expected a tuple (X, y) or (X, y, sample_weight)")
        return eval_set
    if eval_set is not None:
        raise ValueError("give eval_set, or X_val and y_val, and not both")
    if X is None or y is None:
        raise ValueError(f"X_val and y_val belong together, but {'X_val' if X is None else 'y_val'} is None")
    return X, y, sample_weight


def sparse_of(model: Any) -> Any:
    """The sparse formats that the estimator takes; False for none."""
    formats = getattr(model, "_sparse", ("csr", "csc"))
    return list(formats) if formats else False


def floats_of(model: Any) -> Any:
    """The dtypes in which the estimator takes X: as it comes, or the one it was told."""
    if isinstance(model.dtype, str) and model.dtype == "auto":
        first = getattr(model, "_first_dtype", np.float64)
        return (first, np.float32 if first is np.float64 else np.float64)
    try:
        dtype = None if model.dtype is None else np.dtype(model.dtype)
    except TypeError:
        dtype = None
    if dtype not in (np.float32, np.float64):
        raise ValueError(f"dtype: expected 'auto', 'float32' or 'float64', got {model.dtype!r}")
    return dtype


def with_class_weight(
    class_weight: Any,
    encoding: ClassEncoding,
    X: Array,
    y: Array,
    weights: Array | None,
    *,
    classes_to_come: bool = False,
) -> tuple[Array, Array, Array | None]:
    """The samples, with weights multiplied by those of their classes; samples that then weigh nothing are left out.

    For "balanced" the classes are counted by sample weight, so that a weight of 2 still means the sample twice. Rows of
    probabilities take the mean weight of their classes, and 0/1 matrices the product over their columns. Only where
    there are `classes_to_come` may a dict name others than those of the encoding.
    """
    if class_weight is None:
        return X, y, weights
    if classes_to_come and isinstance(class_weight, dict):
        class_weight = {label: weight for label, weight in class_weight.items() if label in encoding.classes}
    if encoding.kind == MULTILABEL:
        per_column = class_weight if isinstance(class_weight, list) else [class_weight] * y.shape[1]
        if len(per_column) != y.shape[1]:
            raise ValueError(f"class_weight: expected one for each of {y.shape[1]} columns, got {len(per_column)}")
        factors = np.ones(len(y))
        for one, column in zip(per_column, y.T, strict=True):
            present, numbers = np.unique(column, return_inverse=True)
            factors = factors * _by_class(one, present, [0, 1], np.bincount(numbers, weights))[numbers]
    else:
        per_class = _by_class(class_weight, encoding.classes, encoding.classes.tolist(), _mass(encoding, y, weights))
        factors = y @ per_class if y.ndim == 2 else per_class[np.searchsorted(encoding.classes, y)]
    total = (factors if weights is None else factors * weights).astype(X.dtype)
    counted = total != 0
    if not counted.any():
        raise ValueError("class_weight: every sample has the weight zero, so there is nothing to fit")
    return (X, y, total) if counted.all() else (X[counted], y[counted], total[counted])


def weights_of_classes(class_weight: Any, encoding: ClassEncoding, y: Array, weights: Array | None) -> Any:
    """`class_weight` with numbers in the place of "balanced", those of these samples."""
    if not isinstance(class_weight, str):
        return class_weight
    labels = encoding.classes.tolist()
    return dict(
        zip(labels, _by_class(class_weight, encoding.classes, labels, _mass(encoding, y, weights)), strict=True)
    )


def _mass(encoding: ClassEncoding, y: Array, weights: Array | None) -> Array:
    """The weight of the samples of each class."""
    if y.ndim == 2:
        return np.asarray((y if weights is None else y * weights[:, None]).sum(axis=0))
    return np.bincount(np.searchsorted(encoding.classes, y), weights=weights, minlength=len(encoding.classes))


def _by_class(class_weight: Any, classes: Array, known: list[Any], mass: Array) -> Array:
    """One factor per class; "balanced" gives each the same total weight: sum(w) / (classes x sum(w of the class)).

    Raises
    ------
    ValueError
        For any other word, and for a dict with labels that are not `known` or with weights below 0.
    """
    if isinstance(class_weight, str):
        return np.asarray(mass.sum() / (len(classes) * np.where(mass > 0, mass, np.inf)))
    if not isinstance(class_weight, dict):
        raise ValueError(f"class_weight: expected a dict, 'balanced' or None, got {class_weight!r}")
    for label, weight in class_weight.items():
        if label not in known:
            raise ValueError(f"class_weight: {label!r} is no class; the classes are {known[:20]}")
        check.number(f"class_weight of {label!r}", weight, at_least=0)
    return np.array([class_weight.get(label, 1.0) for label in classes.tolist()])


def _features(model: Any, X: Any, *, reset: bool) -> Array:
    return validate_data(model, X, accept_sparse=sparse_of(model), dtype=floats_of(model), order="C", reset=reset)


def _rows_first(X: Array) -> Array:
    if not is_sparse(X):
        return X
    rows = X.tocsr()
    if not rows.has_canonical_format:
        # An entry may be given in parts, to be added up; what is squared must be whole.
        rows = rows.copy() if rows is X else rows
        rows.sum_duplicates()
    return rows
