"""Samples in files as estimators take them: checked against what the estimator knows, as `StoredRows`."""

from typing import Any

import numpy as np
from sklearn.utils.validation import check_array

from chainrule.arrays import Array
from chainrule.estimators.notices import warn_caller
from chainrule.storage import RowSource, StoredRows


def stored_rows(estimator: Any, source: RowSource, *, reset: bool, dtypes: Any = None) -> StoredRows:
    """All samples of a source, with the features of the estimator; `reset` makes the estimator remember them.

    Samples that are `StoredRows` already stay so.

    Parameters
    ----------
    dtypes : dtype or tuple of dtypes, optional
        The dtypes that the features may keep; others become the first of them. By default any is kept.

    Raises
    ------
    ValueError
        If there are no samples, or if features differ in number or name from those of the fit.
    """
    count, features = source.shape
    if not count or not features:
        raise ValueError(f"X: expected samples with features, got a source of shape {tuple(source.shape)}")
    remember_features(estimator, features, source.feature_names, reset=reset)
    allowed = dtypes if isinstance(dtypes, tuple) else (dtypes or source.dtype,)
    dtype = np.dtype(source.dtype if source.dtype in allowed else allowed[0])
    return source.astype(dtype) if isinstance(source, StoredRows) else StoredRows(source, dtype)


def remember_features(estimator: Any, features: int, feature_names: Any, *, reset: bool) -> None:
    """Give the estimator the number and the names of the features, or compare them with those it has.

    Raises
    ------
    ValueError
        If they differ.
    """
    name = type(estimator).__name__
    names = None if feature_names is None else np.array(list(feature_names), dtype=object)
    if reset:
        estimator.n_features_in_ = features
        vars(estimator).pop("feature_names_in_", None)
        if names is not None:
            estimator.feature_names_in_ = names
    elif features != estimator.n_features_in_:
        raise ValueError(
            f"X has {features} features, but {name} is expecting {estimator.n_features_in_} features as input."
        )
    else:
        _check_names(name, getattr(estimator, "feature_names_in_", None), names)


def stored_labels(source: RowSource | None, y: Any) -> Array:
    """The given labels; for None, the labels in the files.

    Raises
    ------
    ValueError
        If there are none, or if they hold NaN or infinity.
    """
    y = source.labels() if y is None and source is not None else y
    if y is None:
        raise ValueError("y: expected labels, since the files hold none")
    return np.asarray(check_array(y, accept_sparse="csr", ensure_2d=False, dtype=None, input_name="y"))


def stored_weights(source: RowSource, sample_weight: Any) -> Any:
    """The given weights; for None, the weights in the files, if there are any."""
    return source.weights() if sample_weight is None else sample_weight


def _check_names(name: str, known: Array | None, names: Array | None) -> None:
    if (known is None) != (names is None):
        given, fitted = ("has no", "with") if names is None else ("has", "without")
        warn_caller(f"X {given} feature names, but {name} was fitted {fitted} feature names")
    elif known is not None and names is not None and not np.array_equal(known, names):
        place = int(np.flatnonzero(known != names)[0])
        raise ValueError(
            "The feature names should match those that were passed during fit: "
            f"feature {place} was {known[place]!r}, and is {names[place]!r} now"
        )
