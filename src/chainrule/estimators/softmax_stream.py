"""Softmax regression on a stream: each batch of samples is seen once and then forgotten (`solvers.convex.online`)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from chainrule.arrays import Array
from chainrule.estimators.class_encoding import encoding_of, encoding_of_classes
from chainrule.estimators.drop_in import inverse_strength
from chainrule.estimators.softmax_parts import coefficients, weighted_problem
from chainrule.solvers.convex import Problem
from chainrule.solvers.convex.online import absorb, curvatures

if TYPE_CHECKING:
    from chainrule.estimators.softmax_regression import SoftmaxRegression


def absorb_batch(model: SoftmaxRegression, X: Any, y: Any, classes: Any, sample_weight: Any) -> None:
    """Move the model's weights by one batch; its first one decides the classes."""
    first = not hasattr(model, "coef_")
    if first and classes is None and model.targets != "proba":
        raise ValueError("classes must be passed on the first call to partial_fit")
    X, y, weights = model._checked_samples(X, y, sample_weight, reset=first)
    if first:
        encoding = (
            encoding_of(y, probabilities=True) if model.targets == "proba" else encoding_of_classes(np.unique(classes))
        )
        model._kind, model.classes_ = encoding.kind, encoding.classes
    elif classes is not None and not np.array_equal(np.unique(classes), model.classes_):
        raise ValueError(f"classes: expected those of the first call, {model.classes_}, got {np.unique(classes)}")
    model._check_known(y)
    problem = weighted_problem(model, model._encoding, X, y, weights)
    theta = np.zeros(problem.shape) if first else np.asarray(model._theta(), dtype=np.float64)
    precision = getattr(model, "_precision", None)
    if precision is None:
        precision = np.full(problem.shape, 1 / inverse_strength(model.penalty, model.C))
        if not first:
            # What `fit` has seen is taken to curve like this batch.
            precision += model._mass * curvatures(problem, theta)
    for name in ("objective_", "gradient_norm_", "converged_", "interrupted_"):
        model.__dict__.pop(name, None)  # of a fit, which this is not any more
    model.temperature_, model.validation_scores_ = 1.0, None
    theta, model._precision = absorb(problem, theta, precision, model.tol)
    dtype = X.dtype if first else np.result_type(model.coef_.dtype, X.dtype)
    model.coef_, model.intercept_ = coefficients(theta, model.fit_intercept, dtype, centred=False)
    model.n_iter_ = np.array([1 if first else int(model.n_iter_[0]) + 1], dtype=np.int32)


def can_stream(model: SoftmaxRegression) -> bool:
    """Raise AttributeError, so that there is no `partial_fit`, for parameters that need all samples at once."""
    needing = [name for name in ("standardize", "temperature_scaling") if getattr(model, name, False)]
    if isinstance(model.class_weight, str):
        needing.append(f"class_weight={model.class_weight!r}")
    if hasattr(model, "Cs"):
        needing.append("cross-validation")
    if needing:
        raise AttributeError(f"partial_fit sees one batch after another; {needing[0]} needs all samples at once")
    return True


def seen_mass(problem: Problem) -> float:
    """The weight of all samples of a problem together."""
    return float(problem.n_samples if problem.weights is None else abs(problem.weights).sum(dtype=np.float64))


def penalty_share(problem: Problem, C: float) -> float:
    """The penalty's strength in the mean objective, |W|^2 / (2 C) shared among the samples by weight."""
    return 1 / (C * seen_mass(problem))


def check_bounded(problem: Problem, C: float) -> None:
    """Raise ValueError where weights of both signs leave the objective without a lower bound.

    Losses grow as fast as logits and the penalty as their squares, so that weights are held by any penalty. Along an
    intercept the objective falls for ever exactly where the signed weights of a class are less than nothing together.
    """
    if problem.weights is None or not (problem.weights < 0).any():
        return
    if np.inf == C:
        raise ValueError(
            "sample_weight: negative weights need a penalty, a finite C: without one there may be no minimum"
        )
    if problem.intercept:
        mass = _signed_mass(problem)
        if not (mass > 0).all():
            raise ValueError(
                "sample_weight: with negative weights, those of each class must sum to more than 0 (no optimum for its "
                f"intercept otherwise), got the sums {mass.tolist()[:10]}; fit_intercept=False takes any weights"
            )


def _signed_mass(problem: Problem) -> Array:
    weights = np.asarray(problem.weights, dtype=np.float64)
    if problem.n_outputs == 1:
        second = float(weights @ problem.targets[:, 0])
        return np.array([weights.sum() - second, second])
    if problem.targets.ndim == 1:
        mass = np.bincount(problem.targets, weights=weights, minlength=problem.n_outputs)
    else:
        mass = weights @ problem.targets
    return np.asarray((1 - problem.label_smoothing) * mass + problem.label_smoothing * mass.sum() / len(mass))
