"""The weights of samples: checked, and multiplied by the weights of their classes."""

from collections.abc import Sequence
from numbers import Number
from typing import Any, TypeAlias

import numpy as np
from sklearn.utils.validation import check_array, check_non_negative

from chainrule.arrays import Array
from chainrule.estimators import parameters as check
from chainrule.estimators.class_encoding import MULTILABEL, ClassEncoding

CheckedSamples: TypeAlias = tuple[Array, Array, Array | None]
"""X, y and the sample weights, if there are any."""

ROWS_OF_MASSES = 1 << 16
"""Rows whose weights are summed by class at once."""


def checked_weights(sample_weight: Any, X: Array, *, signed: bool = False) -> Array:
    """One weight per row of X, in its dtype, from an array or one number; below zero only if `signed`."""
    weights = np.full(X.shape[0], sample_weight) if isinstance(sample_weight, Number) else sample_weight
    weights = check_array(weights, ensure_2d=False, dtype=X.dtype, order="C", input_name="sample_weight")
    if weights.shape != (X.shape[0],):
        expected = (X.shape[0],)
        raise ValueError(f"Sample weights must be 1D: sample_weight.shape == {weights.shape}, expected {expected}!")
    if not signed:
        check_non_negative(weights, "`sample_weight`")
    return weights


def without_weightless(
    name: str, X: Array, y: Array, weights: Array, *, weightless: bool = False
) -> tuple[Array, Array, Array]:
    """The samples whose weight is not zero, or all if `weightless`; ValueError, naming the parameter, for no weight."""
    counted = weights != 0
    if not counted.any():
        raise ValueError(f"{name}: every sample has the weight zero, so there is nothing to fit")
    return (X, y, weights) if weightless or counted.all() else (X[counted], y[counted], weights[counted])


def with_class_weight(
    class_weight: Any,
    encoding: ClassEncoding,
    X: Array,
    y: Array,
    weights: Array | None,
    *,
    classes_to_come: bool = False,
    weightless: bool = False,
) -> CheckedSamples:
    """The samples, with weights multiplied by the weights of their classes, without those whose product is zero.

    For "balanced" the classes are counted by sample weight, so that a weight of 2 still means the sample twice. Rows of
    probabilities take the mean weight of their classes, and 0/1 matrices the product over their columns. Only with
    `classes_to_come` may a dict name labels that are not among the classes. With `weightless`, all samples stay.
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
            factors = factors * weights_of_classes(one, present, np.bincount(numbers, weights), [0, 1])[numbers]
    else:
        per_class = weights_of_classes(class_weight, encoding.classes, class_mass(encoding, y, weights))
        factors = factors_of_samples(encoding, per_class, y)
    total = (factors if weights is None else factors * weights).astype(X.dtype)
    return without_weightless("class_weight", X, y, total, weightless=weightless)


def factors_of_samples(encoding: ClassEncoding, per_class: Array, y: Array) -> Array:
    """The weight of the class of each label, or the mean weight of the classes of each row of probabilities."""
    if y.ndim == 1:
        return per_class[np.searchsorted(encoding.classes, y)]
    # Each row is summed by itself, so that the sum does not depend on the rows beside it.
    return np.asarray((np.ascontiguousarray(y) * per_class).sum(axis=1))


def class_mass(encoding: ClassEncoding, y: Array, weights: Array | None) -> Array:
    """The total weight of the samples of each class; `y` holds labels or rows of probabilities.

    Weights are summed in parts of ROWS_OF_MASSES rows, so that others may sum the parts elsewhere.
    """
    count = len(encoding.classes)
    mass: Any = np.zeros(count, dtype=np.intp)
    for start in range(0, max(len(y), 1), ROWS_OF_MASSES):
        part, own = y[start : start + ROWS_OF_MASSES], None
        if weights is not None:
            own = weights[start : start + ROWS_OF_MASSES]
        if y.ndim == 1:
            mass = mass + np.bincount(np.searchsorted(encoding.classes, part), own, count)
        else:
            part = np.ascontiguousarray(part)
            mass = mass + (part if own is None else part * own[:, None]).sum(axis=0)
    return np.asarray(mass)


def weights_of_classes(class_weight: Any, classes: Array, mass: Array, known: Sequence[Any] | None = None) -> Array:
    """One factor per class, from a dict or "balanced"; `mass` is the total weight of the samples of each class.

    "balanced" gives all classes the same total weight: sum(mass) / (number of classes x mass of the class).

    Raises
    ------
    ValueError
        For any other word, and for a dict with weights below 0 or with labels that are not `known`; by default the
        classes are known.
    """
    known = classes.tolist() if known is None else known
    if isinstance(class_weight, str):
        return np.asarray(mass.sum() / (len(classes) * np.where(mass > 0, mass, np.inf)))
    if not isinstance(class_weight, dict):
        raise ValueError(f"class_weight: expected a dict, 'balanced' or None, got {class_weight!r}")
    for label, weight in class_weight.items():
        if label not in known:
            raise ValueError(f"class_weight: {label!r} is not a class; the classes are {check.listed(known)}")
        check.number(f"class_weight of {label!r}", weight, at_least=0)
    return np.array([class_weight.get(label, 1.0) for label in classes.tolist()])
