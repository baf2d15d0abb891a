"""Parts of softmax regressions: the encoding of labels, the problem to solve, and the coefficients that it gives."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from sklearn.utils.sparsefuncs import mean_variance_axis, min_max_axis

from chainrule import rules
from chainrule.arrays import Array, is_sparse
from chainrule.estimators.class_encoding import MULTICLASS, MULTILABEL, ClassEncoding, encoding_of
from chainrule.estimators.inputs import with_class_weight
from chainrule.solvers.convex import Problem

if TYPE_CHECKING:
    from chainrule.estimators.softmax_regression import SoftmaxRegression

LARGEST_MOVE = 0.1
"""Of a logit, by rounding the coefficients: a bound on all roundings of a row together, most of which cancel."""


def single_label_head(y: Array, *, probabilities: bool) -> ClassEncoding:
    """How the classes are encoded, where every sample has one."""
    encoding = encoding_of(y, probabilities=probabilities)
    if encoding.kind == MULTILABEL:
        raise ValueError("y: expected one label per sample; a 0/1 matrix of several labels is for MLPClassifier")
    return encoding


def weighted_problem(
    model: SoftmaxRegression,
    encoding: ClassEncoding,
    X: Array,
    y: Array,
    weights: Array | None,
    class_weight: Any = None,
) -> Problem:
    """The problem of a fit without its penalty; `class_weight` replaces the model's parameter."""
    X, y, weights = with_class_weight(class_weight or model.class_weight, encoding, X, y, weights)
    return Problem(
        X,
        encoding.targets(y, X.dtype, model.label_smoothing),
        encoding.n_outputs,
        rules.get(encoding.loss),
        weights,
        intercept=model.fit_intercept,
        label_smoothing=model.label_smoothing if encoding.kind == MULTICLASS else 0.0,
    )


def coefficients(theta: Array, intercept: bool, dtype: Any = None, *, centred: bool = True) -> tuple[Array, Array]:
    """What scikit-learn calls coef_ and intercept_, from the solver's parameters, in their dtype or another.

    A softmax stays the same when all classes' weights are moved by one vector. As there, they sum to 0: any penalty
    wants that of the coefficients, and without one, and for the intercepts, it is a choice. A stream does not make it,
    whose penalty is on moves from weights as they were.
    """
    weights = theta[:-1] if intercept else theta
    coef = np.array(weights.T, order="C")
    offsets = theta[-1].copy() if intercept else np.zeros(len(coef), theta.dtype)
    if centred and len(coef) > 1:
        # What rounding alone has left of the means stays: a last digit can be much where features are large.
        for array in (coef, offsets):
            means = array.mean(axis=0)
            if (abs(means) > 64 * np.finfo(array.dtype).eps * abs(array).max(axis=0)).any():
                array -= means
    dtype = theta.dtype if dtype is None else dtype
    return coef.astype(dtype, copy=False), offsets.astype(dtype, copy=False)


def dtype_to_show(theta: Array, X: Array) -> Any:
    """That of X for the parameters, unless rounding them to it could move a sample's logit by LARGEST_MOVE.

    Large coefficients may cancel, as those of repeated features do without a penalty: then every digit counts.
    """
    if X.dtype == theta.dtype:
        return X.dtype
    if is_sparse(X):
        lowest, highest = min_max_axis(X, axis=0)
    else:
        lowest, highest = X.min(axis=0), X.max(axis=0)
    largest = np.maximum(-lowest.astype(np.float64), highest)
    reach = largest @ abs(theta[: len(largest)]) + abs(theta[len(largest) :]).sum(axis=0)
    return X.dtype if reach.max() * np.finfo(X.dtype).eps / 2 <= LARGEST_MOVE else theta.dtype


def deviations(X: Array, shares: Array) -> Array:
    """Every feature's standard deviation, 1 for features that do not vary."""
    weights = abs(shares)
    if is_sparse(X):
        lowest, highest = min_max_axis(X, axis=0)
        variance = mean_variance_axis(X, axis=0, weights=weights.astype(X.dtype))[1].astype(np.float64)
    else:
        lowest, highest = X.min(axis=0), X.max(axis=0)
        mean = np.asarray(X.T @ weights).reshape(-1)
        variance = np.zeros(X.shape[1])
        for first in range(0, X.shape[0], 4096):
            rows = slice(first, first + 4096)
            variance += weights[rows] @ np.square(X[rows] - mean)
    return np.asarray(np.where((lowest < highest) & (variance > 0), np.sqrt(np.maximum(variance, 0)), 1.0))
