"""scikit-learn's parameters of logistic regression, and what they come down to where the penalty is the L2 one.

Code that was written for ``LogisticRegression`` says `penalty`, `l1_ratio`, `dual`, `intercept_scaling` and names of
solvers. What has the same optimum is served, by the methods there are here; anything else is an error that says so.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from chainrule.estimators import parameters as check
from chainrule.estimators.notices import warn_caller

DEPRECATED = "deprecated"
"""The default of `penalty`, as in scikit-learn: it has not been given."""

METHODS = {
    "auto": "auto",
    "lbfgs": "lbfgs",
    "newton-cg": "newton-cg",
    "newton-cholesky": "auto",
    "sag": "auto",
    "saga": "auto",
    "liblinear": "auto",
}
"""What solves for each name of a solver. With an L2 penalty there is one optimum, whatever finds it."""

_WITHOUT_L1 = ("auto", "lbfgs", "newton-cg", "newton-cholesky", "sag")


def inverse_strength(penalty: Any, C: float) -> float:
    """C, or infinity where there is to be no penalty.

    >>> inverse_strength("l2", 3.0), inverse_strength(None, 3.0)
    (3.0, inf)
    """
    return math.inf if penalty is None else C


def check_solver(solver: Any, dual: Any, intercept_scaling: Any, C: float) -> None:
    """Raise ValueError for what no solver here takes."""
    check.choice("solver", solver, tuple(METHODS))
    if dual is not False and dual != 0:
        raise ValueError(f"Solver {solver} supports only dual=False, got dual={dual!r}: the primal form is solved here")
    check.number("intercept_scaling", intercept_scaling, above=0)
    if intercept_scaling != 1:
        raise ValueError(
            f"intercept_scaling: expected 1, since the intercept is not penalised, got {intercept_scaling!r}; "
            "scikit-learn has a use for it with solver='liblinear' only"
        )
    if solver == "liblinear" and math.inf == C:
        raise ValueError(
            "C=np.inf as well as penalty=None is not supported for the liblinear solver; leave `solver` out"
        )


def check_liblinear(solver: str, n_classes: int, fit_intercept: bool) -> None:
    """Raise ValueError where "liblinear" was asked for, and has another optimum or none."""
    if solver != "liblinear":
        return
    if n_classes > 2:
        raise ValueError(
            f"The 'liblinear' solver does not support multiclass classification, and there are {n_classes} classes: "
            "leave `solver` out, or wrap the estimator in a OneVsRestClassifier"
        )
    if fit_intercept:
        raise ValueError(
            "solver='liblinear' penalises the intercept, and no method here does: leave `solver` out, or give "
            "fit_intercept=False, where the optimum is the same"
        )


def check_penalty(penalty: Any, l1_ratios: Sequence[Any], name: str, solver: str) -> None:
    """Raise ValueError for any penalty but the L2 one or none; warn of what scikit-learn has deprecated.

    `l1_ratios` are the values of the parameter `name`; None stands for 0.
    """
    if isinstance(penalty, str) and penalty != DEPRECATED:
        check.choice("penalty", penalty, ("l2", "l1", "elasticnet"))
    elif penalty is not None and penalty != DEPRECATED:
        raise ValueError(f"penalty: expected 'l2' or None, got {penalty!r}")
    for value in l1_ratios:
        if value is not None:
            check.number(name, value, at_least=0, at_most=1)
    if penalty != DEPRECATED:
        warn_caller(
            "'penalty' was deprecated in version 1.8 of scikit-learn, which removes it in 1.10. Leave it out instead "
            "of penalty='l2', and give C=np.inf instead of penalty=None.",
            FutureWarning,
        )
        if penalty in ("l1", "l2") and any(value is not None and value != (penalty == "l1") for value in l1_ratios):
            warn_caller(
                f"Inconsistent values: penalty={penalty} with {name}={l1_ratios[0]}. penalty is deprecated. Please use "
                f"{name} only.",
                UserWarning,
            )
    elif name == "l1_ratio" and None in l1_ratios:
        warn_caller(
            "'l1_ratio=None' was deprecated in version 1.8 of scikit-learn, which takes it for an error in 1.10. Leave "
            "it out, or give l1_ratio=0.",
            FutureWarning,
        )
    if penalty == "elasticnet" and None in l1_ratios:
        raise ValueError(f"{name} must be specified when penalty is elasticnet")
    wanted = [1.0] if penalty == "l1" else [0.0] if penalty in ("l2", None) else [value or 0.0 for value in l1_ratios]
    if any(wanted):
        kind = "l1" if all(value == 1 for value in wanted) else "elasticnet"
        reason = f"{name}: expected 0, since the penalty is the L2 one, got {max(wanted):g}"
        if solver == "liblinear" and kind == "elasticnet":
            reason = f"Only 'saga' solver supports elasticnet penalty, got solver=liblinear. {reason}"
        if solver in _WITHOUT_L1:
            reason = f"Solver {solver} supports only 'l2' or None penalties, got {kind} penalty. {reason}"
        raise ValueError(reason)


def check_ratios(l1_ratios: Any) -> list[Any]:
    """The values that `l1_ratios` stands for; None is one of them, 0."""
    if l1_ratios is None:
        return [None]
    values = list(l1_ratios) if np.iterable(l1_ratios) and not isinstance(l1_ratios, str) else []
    if not values:
        raise ValueError(f"l1_ratios: expected values such as (0,), or None, got {l1_ratios!r}")
    return values
