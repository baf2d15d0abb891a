"""Softmax regression for many penalties: one factorisation of the features, each fit begun where the last one ended.

`path` fits a list of C; `SoftmaxRegressionCV` in `softmax_cv` chooses among them.
"""

import time
from collections.abc import Iterable, Sequence
from contextlib import closing
from dataclasses import dataclass
from typing import Any

import numpy as np
from sklearn.exceptions import ConvergenceWarning

from chainrule.arrays import Array
from chainrule.estimators import parameters as check
from chainrule.estimators.notices import warn_caller
from chainrule.estimators.softmax_recipe import SoftmaxRecipe, coefficients, penalty_share
from chainrule.estimators.softmax_regression import SoftmaxRegression
from chainrule.kernels.blas import threads_allowed
from chainrule.progress import shown
from chainrule.solvers.convex import INTERRUPTED, Problem, Spectrum, minima


@dataclass(frozen=True)
class PathPoint:
    """One fit of a path.

    Attributes
    ----------
    C : float
        The inverse strength of the penalty.
    coef : ndarray of shape (n_classes, n_features), or (1, n_features)
    intercept : ndarray of shape (n_classes,) or (1,)
    n_iter : int
    objective, gradient_norm : float
    converged : bool
    seconds : float
        Time since the start of the path.
    message : str
        Why the fit ended.

    Examples
    --------
    >>> X, y = [[0.0], [1.0], [2.0], [3.0]], [0, 1, 0, 1]
    >>> for point in path(X, y, [0.01, 1.0]):
    ...     print(point.C, point.coef.shape, point.converged, point.rows.shape)
    0.01 (1, 1) True (1, 2)
    1.0 (1, 1) True (1, 2)
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


NOT_OF_A_PATH = ("checkpoint", "C", "warm_start", "temperature_scaling", "eval_metric")
"""Parameters of `SoftmaxRegression` that concern a single fit or held-out samples."""


def path(X: Any, y: Any = None, Cs: Any = 10, sample_weight: Any = None, **parameters: Any) -> list[PathPoint]:
    """The optimal coefficients for several values of C, in the order of `Cs`.

    Parameters
    ----------
    X, y, sample_weight
        As in `SoftmaxRegression.fit`.
    Cs : int or sequence of float
        The values of C, or how many values to space evenly on a log scale from 1e-4 to 1e4.
    **parameters
        Parameters of `SoftmaxRegression`, such as `fit_intercept` and `tol`, except C, `warm_start`,
        `temperature_scaling`, `eval_metric` and `checkpoint`.

    Examples
    --------
    >>> from sklearn.datasets import load_iris
    >>> X, y = load_iris(return_X_y=True)
    >>> [round(float(abs(point.coef).max()), 2) for point in path(X, y, [0.01, 1.0])]
    [0.43, 2.72]
    """
    for name in NOT_OF_A_PATH:
        if name in parameters:
            raise ValueError(f"{name}: a path has no use for it; it starts every fit from the one before, by Cs alone")
    model = SoftmaxRegression(**parameters)
    model._check_parameters()
    values = penalties(Cs)
    with shown(model.verbose):
        problem, recipe = model._read_problem(X, y, sample_weight, continues=False, signed=False)[0], model._recipe()
        x, spectrum = recipe.shared(problem, problem.x, max(values), len(values))
        points = along(recipe, problem.of(x), values, spectrum)
    warn_of(points, model.tol)
    return points


def penalties(Cs: Any) -> list[float]:
    """The values of the parameter `Cs`, which is a number of values or the values."""
    if isinstance(Cs, int | np.integer):
        Cs = np.logspace(-4, 4, check.integer("Cs", int(Cs), at_least=1))
    values = [] if isinstance(Cs, str) or not np.iterable(Cs) else list(Cs)
    if not values:
        raise ValueError(f"Cs: expected a whole number of values, or a sequence of them, got {Cs!r}")
    return [check.number("Cs", float(C), above=0, infinite=True) for C in values]


def along(recipe: SoftmaxRecipe, problem: Problem, values: Sequence[float], spectrum: Spectrum) -> list[PathPoint]:
    """The fits for these values of C, in their order; they run for growing C, each begun where the last one ended.

    Ctrl-C raises KeyboardInterrupt.
    """
    began, growing, points = time.perf_counter(), sorted(set(values)), {}
    strengths = [penalty_share(problem, C) for C in growing]
    with (
        threads_allowed(recipe.threads),
        closing(minima(problem, strengths, **recipe.options(problem, spectrum))) as found,
    ):
        for C, result in zip(growing, found, strict=True):
            if result.message == INTERRUPTED:
                raise KeyboardInterrupt
            points[C] = PathPoint(
                C,
                *coefficients(result.theta, problem.intercept),
                result.iterations,
                result.value,
                result.gradient_norm,
                result.converged,
                time.perf_counter() - began,
                result.message,
            )
    return [points[C] for C in values]


def warn_of(points: Iterable[PathPoint], tol: float) -> None:
    """Warn the caller of `path` or `fit` about the fits that did not converge."""
    failed = sorted({point.C for point in points if not point.converged and "callback" not in point.message})
    if failed:
        warn_caller(
            f"no convergence to tol={tol:g} for C = {', '.join(f'{C:g}' for C in failed)}. Increase max_iter, "
            "scale the features, or increase tol.",
            ConvergenceWarning,
        )
