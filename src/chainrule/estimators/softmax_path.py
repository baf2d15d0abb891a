"""Softmax regression for many penalties: one factorisation of the features, each fit started from the one before.

`path` fits a list of C; `SoftmaxRegressionCV` in `softmax_cv` chooses among them.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from sklearn.exceptions import ConvergenceWarning

from chainrule.arrays import Array
from chainrule.estimators import parameters as check
from chainrule.estimators.notices import warn_caller
from chainrule.estimators.softmax_parts import coefficients, single_label_head, weighted_problem
from chainrule.estimators.softmax_regression import SoftmaxRegression
from chainrule.estimators.softmax_steps import check_parameters, observer
from chainrule.estimators.softmax_stream import penalty_share
from chainrule.solvers.convex import INTERRUPTED, Problem, Spectrum, minima


@dataclass(frozen=True)
class PathPoint:
    """One fit of a path.

    Attributes
    ----------
    C : float
    coef : ndarray of shape (n_classes, n_features), or (1, n_features)
    intercept : ndarray
    n_iter : int
    objective, gradient_norm : float
    converged : bool
    seconds : float
        Since the path was begun.
    message : str
        Why the fit ended.
    """

    C: float
    coef: Array
    intercept: Array
    n_iter: int
    objective: float
    gradient_norm: float
    converged: bool
    seconds: float
    message: str = ""

    @property
    def rows(self) -> Array:
        """The coefficients, one row per class, with the intercepts last."""
        return np.hstack([self.coef, self.intercept[:, None]])


NOT_OF_A_PATH = ("C", "warm_start", "temperature_scaling", "eval_metric")
"""Parameters of `SoftmaxRegression` that say something of a single fit, or of held-out samples."""


def path(X: Any, y: Any, Cs: Any = 10, sample_weight: Any = None, **parameters: Any) -> list[PathPoint]:
    """The optima for a list of C, in its order.

    Parameters
    ----------
    X, y, sample_weight
        As in `SoftmaxRegression.fit`.
    Cs : int or sequence of float
        A number of values spread evenly in their logarithm from 1e-4 to 1e4, or the values.
    **parameters
        Of `SoftmaxRegression`, such as `fit_intercept` and `tol`; not C, nor `warm_start`, `temperature_scaling` and
        `eval_metric`.

    Examples
    --------
    >>> from sklearn.datasets import load_iris
    >>> X, y = load_iris(return_X_y=True)
    >>> [round(float(abs(point.coef).max()), 2) for point in path(X, y, [0.01, 1.0])]
    [0.43, 2.72]
    """
    without = [name for name in NOT_OF_A_PATH if name in parameters]
    if without:
        raise ValueError(
            f"{without[0]}: a path has no use for it; it starts every fit from the one before, by Cs alone"
        )
    model = SoftmaxRegression(**parameters)
    check_parameters(model)
    values = penalties(Cs)
    X, y, weights = model._checked_samples(X, y, sample_weight, reset=True)
    encoding = single_label_head(y, probabilities=model.targets == "proba")
    problem = weighted_problem(model, encoding, X, y, weights)
    spectrum = model._spectrum(problem, max(values), len(values))
    with model._threads():
        x, spectrum = spectrum.suited(problem.x, problem, penalty_share(problem, max(values)), len(values))
    points = {point.C: point for point in along(model, replace(problem, x=x), spectrum, values)}
    warn_of(points.values(), model)
    return [points[C] for C in values]


def penalties(Cs: Any) -> list[float]:
    """The values that `Cs` stands for."""
    if isinstance(Cs, int | np.integer):
        return [float(C) for C in np.logspace(-4, 4, check.integer("Cs", int(Cs), at_least=1))]
    if isinstance(Cs, str) or not np.iterable(Cs):
        raise ValueError(f"Cs: expected a number of values, or the values, got {Cs!r}")
    values = [float(C) for C in Cs]
    if not values:
        raise ValueError("Cs: expected at least one value, got none")
    for C in values:
        check.number("Cs", C, above=0, infinite=True)
    return values


def along(
    model: SoftmaxRegression, problem: Problem, spectrum: Spectrum, values: Sequence[float]
) -> Iterator[PathPoint]:
    """The fits for growing C, each started from the one before."""
    began = time.perf_counter()
    growing = sorted(set(values))
    options = model._options(spectrum, observer(model))
    found = minima(problem, [penalty_share(problem, C) for C in growing], **options)
    with closing(found):
        for C in growing:
            with model._threads():  # not while somebody else looks at the fit
                result = next(found)
            if result.message == INTERRUPTED:
                raise KeyboardInterrupt
            coef, intercept = coefficients(result.theta, model.fit_intercept)
            seconds = time.perf_counter() - began
            ended = (result.iterations, result.value, result.gradient_norm, result.converged, seconds, result.message)
            yield PathPoint(C, coef, intercept, *ended)


def warn_of(points: Iterable[PathPoint], model: SoftmaxRegression) -> None:
    """Warn of the fits that did not converge, to whoever called `path` or `fit`."""
    failed = sorted({point.C for point in points if not point.converged and "callback" not in point.message})
    if failed:
        warn_caller(
            f"no convergence to tol={model.tol:g} for C = {', '.join(f'{C:g}' for C in failed)}. Increase max_iter, "
            "scale the features, or increase tol.",
            ConvergenceWarning,
        )
