"""The problem that a softmax regression solves, from checked samples and the parameters of the estimator."""

import math
from typing import Any

from chainrule import rules
from chainrule.arrays import Array
from chainrule.engines import ClusterRows
from chainrule.estimators.class_encoding import MULTICLASS
from chainrule.estimators.sample_weights import class_mass, with_class_weight
from chainrule.estimators.softmax_recipe import check_bounded
from chainrule.solvers.convex import Problem


def problem_of_samples(
    model: Any,
    X: Any,
    y: Array,
    weights: Array | None,
    class_weight: Any = None,
    *,
    weightless: bool = False,
    rows_of_leaf: int = 0,
) -> Problem:
    """The problem of a fit without its penalty.

    Parameters
    ----------
    model : SoftmaxRegression
        Knows its classes.
    X : array, StoredRows or ClusterRows
        The rows of a cluster have targets and total weights of their own.
    y, weights : arrays
    class_weight : optional
        In place of the model's.
    weightless : bool
        True keeps samples whose weight is zero.
    rows_of_leaf : int
        As for `Problem`; the rows of a cluster have their own.

    Raises
    ------
    ValueError
        For weights that leave the objective without a minimum.
    """
    encoding, chosen = model._encoding, class_weight or model.class_weight
    X, y, weights = with_class_weight(chosen, encoding, X, y, weights, weightless=weightless)
    if weights is not None and (weights < 0).any():
        check_mass(model, class_mass(encoding, y, weights))
    if isinstance(X, ClusterRows):
        return problem_of_targets(model, X)
    return problem_of_targets(model, X, encoding.targets(y, X.dtype, model.label_smoothing), weights, rows_of_leaf)


def problem_of_targets(
    model: Any, X: Any, targets: Array | None = None, weights: Array | None = None, rows_of_leaf: int = 0
) -> Problem:
    """The problem of encoded samples; without targets, the rows of a cluster have them."""
    encoding = model._encoding
    return Problem(
        X,
        targets,
        encoding.n_outputs,
        rules.get(encoding.loss),
        weights,
        intercept=bool(model.fit_intercept),
        label_smoothing=model.label_smoothing if encoding.kind == MULTICLASS else 0.0,
        rows_of_leaf=rows_of_leaf,
    )


def inverse_strength(model: Any) -> float:
    """C, or infinity for no penalty."""
    return math.inf if model.penalty is None else float(model.C)


def check_mass(model: Any, mass: Array) -> None:
    """Raise ValueError if weights of both signs, with these sums by class, leave no minimum."""
    smoothed = (1 - model.label_smoothing) * mass + model.label_smoothing * mass.sum() / len(mass)
    check_bounded(inverse_strength(model), model.fit_intercept, smoothed)
