"""Softmax regression on samples in Dask collections: problems whose rows lie on workers, predictions, scores."""

from copy import copy
from functools import partial
from typing import Any

import numpy as np
from sklearn.utils.validation import check_is_fitted

from chainrule.arrays import Array
from chainrule.engines import ClusterRows
from chainrule.estimators.blocks_of_rows import floats_of_product, rows_at_once
from chainrule.estimators.class_encoding import ClassEncoding, encoding_of
from chainrule.estimators.classifier import checked_labels, checked_probabilities
from chainrule.estimators.sample_weights import checked_weights, class_mass, factors_of_samples, weights_of_classes
from chainrule.estimators.samples_in_files import remember_features, stored_labels
from chainrule.estimators.samples_on_cluster import ClusterSamples, cluster_samples, lazily
from chainrule.estimators.softmax_problem import check_mass, problem_of_targets
from chainrule.solvers.convex import Problem
from chainrule.storage import OnDask


def cluster_problem(model: Any, X: Any, y: Any, sample_weight: Any, *, continues: bool, signed: bool) -> Problem:
    """The problem of a fit to Dask collections, whose labels stay on the workers; the model learns its classes.

    Raises
    ------
    ValueError
        As a fit in memory does.
    """
    samples = cluster_samples(X, y, sample_weight)
    dtype, negative, proba = dtype_of_fit(model, samples), False, model.targets == "proba"
    total = partial(total_weights, dtype, None, None)
    if samples.weights is not None:
        samples, negative = samples.counted("sample_weight", total)
    if negative and not signed:
        raise ValueError("Negative values in data passed to `sample_weight`")
    if proba and samples.y.ndim != 2:
        raise ValueError(f"y: expected rows of class probabilities, got shape {samples.y.shape}")
    # Each label twice: once would look like a regression.
    known = np.empty((0, samples.y.shape[1])) if proba else checked_labels(np.repeat(samples.labels(), 2))
    encoding = encoding_of(known, probabilities=proba)
    model._adopt_classes(encoding, continues=continues)
    remember_features(model, samples.x.shape[1], samples.names, reset=not continues)
    if model.class_weight is not None:
        mass = samples.mass(encoding, total)
        total = partial(total_weights, dtype, encoding, weights_of_classes(model.class_weight, encoding.classes, mass))
        samples, _ = samples.counted("class_weight", total)
    if negative:
        check_mass(model, samples.mass(encoding, total))
    encode = partial(_encoded, encoding, dtype, model.label_smoothing, total)
    return problem_of_targets(model, samples.rows(encode, dtype, encoding.n_outputs))


def samples_for_folds(
    model: Any, X: Any, y: Any, sample_weight: Any
) -> tuple[ClusterRows, Array, Array | None, ClassEncoding]:
    """Rows on the workers, with labels and weights in this process, which the folds are cut by.

    The rows have targets, and weights times those of their classes among all samples.
    """
    samples = cluster_samples(X, y, sample_weight)
    dtype, proba = dtype_of_fit(model, samples), model.targets == "proba"
    labels, weights = samples.sides()
    labels = checked_probabilities(labels) if proba else checked_labels(stored_labels(None, labels))
    encoding, factors = encoding_of(labels, probabilities=proba), None
    model._adopt_classes(encoding, continues=False)
    remember_features(model, samples.x.shape[1], samples.names, reset=True)
    if weights is not None:
        weights = checked_weights(weights, np.empty((len(labels), 0), dtype))
        if not weights.any():
            raise ValueError("sample_weight: every sample has the weight zero, so there is nothing to fit")
    if model.class_weight is not None:
        factors = weights_of_classes(model.class_weight, encoding.classes, class_mass(encoding, labels, weights))
    total = partial(total_weights, dtype, encoding, factors)
    encode = partial(_encoded, encoding, dtype, model.label_smoothing, total)
    return samples.rows(encode, dtype, encoding.n_outputs), labels, weights, encoding


def held_out_on_cluster(model: Any, dtype: Any, X: Any, y: Any, weights: Any) -> tuple[ClusterRows, Array, Any]:
    """Rows of held-out features on the workers, with labels and weights in this process.

    The dtype of features is that of a fit to them for None.
    """
    samples = cluster_samples(X, y, weights)
    dtype = dtype_of_fit(model, samples) if dtype is None else dtype
    remember_features(model, samples.x.shape[1], samples.names, reset=False)
    return samples.rows(_without_sides, dtype, model._encoding.n_outputs), *samples.sides()


def dtype_of_fit(model: Any, samples: ClusterSamples) -> np.dtype[Any]:
    """The dtype that a fit gives features."""
    own = np.dtype(samples.x.dtype)
    allowed = model._floats_for(own)
    allowed = allowed if isinstance(allowed, tuple) else (allowed,)
    return own if own in allowed else np.dtype(allowed[0])


def total_weights(
    dtype: Any, encoding: ClassEncoding | None, per_class: Array | None, y: Array, weights: Array | None
) -> Array | None:
    """Sample weights times the weights of classes, as `with_class_weight` computes them; None if there are neither."""
    if weights is not None:
        weights = checked_weights(weights, np.empty((len(y), 0), dtype), signed=True)
    if per_class is None or encoding is None:
        return weights
    own = factors_of_samples(encoding, per_class, checked_probabilities(y) if y.ndim == 2 else y)
    return np.asarray((own if weights is None else own * weights).astype(dtype))


def predicted(model: Any, X: Any, method: Any) -> Any:
    """The result of a method of predictions for a Dask collection, when it is computed."""
    check_is_fitted(model, "coef_")
    features, name = model.n_features_in_, type(model).__name__
    if X.ndim != 2 or X.shape[1] != features:
        raise ValueError(f"X has shape {X.shape}, but {name} is expecting {features} features as input.")
    if isinstance(X, OnDask):
        remember_features(model, features, X.feature_names, reset=False)
        X, method = X.array(), partial(method.__func__, _nameless(model))
    dtype = getattr(X, "dtype", np.float64)
    some = X._meta_nonempty if hasattr(X, "_meta_nonempty") else np.zeros((1, features), dtype)
    step = rows_at_once(features, model.coef_.shape[0], floats_of_product(dtype, model.coef_.dtype).itemsize)
    return lazily(X, method, method(some)[:0], step)


def cluster_score(model: Any, X: Any, y: Any, sample_weight: Any) -> float:
    """The share of samples in Dask collections that are predicted correctly."""
    samples = cluster_samples(X, y, sample_weight)
    remember_features(model, samples.x.shape[1], samples.names, reset=False)
    labels = samples.y.argmax(axis=1) if model.targets == "proba" else samples.y  # classes are column numbers
    right = labels == _nameless(model).predict(samples.x)
    if samples.weights is None:
        return float(right.mean().compute())
    return float(((right * samples.weights).sum() / samples.weights.sum()).compute())


# What follows is private.


def _nameless(model: Any) -> Any:
    """A copy of a model that takes features without names, as parts of arrays are."""
    other = copy(model)
    vars(other).pop("feature_names_in_", None)
    return other


def _without_sides(_: Array, __: Array | None) -> tuple[None, None]:
    """No targets and no weights."""
    return None, None


def _encoded(
    encoding: ClassEncoding, dtype: Any, label_smoothing: float, total: Any, y: Array, weights: Array | None
) -> tuple[Array, Array | None]:
    """Targets and total weights."""
    y = checked_probabilities(y) if y.ndim == 2 else y
    return encoding.targets(y, dtype, label_smoothing), total(y, weights)
