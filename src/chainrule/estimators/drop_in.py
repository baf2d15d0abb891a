"""Checks of the parameters of `SoftmaxRegression`, including scikit-learn's parameters that have no effect here.

Code written for ``LogisticRegression`` gives `penalty`, `l1_ratio`, `dual`, `intercept_scaling` and names of solvers.
Values with the same optimum are accepted and solved by the methods of this package; all others are errors that say why.
"""

import math
from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

import numpy as np

from chainrule.estimators import parameters as check
from chainrule.estimators.notices import warn_caller
from chainrule.estimators.validation import METRICS

DEPRECATED = "deprecated"
"""Default of `penalty`, as in scikit-learn: it was not given."""

METHODS = {
    "auto": "auto",
    "lbfgs": "lbfgs",
    "newton-cg": "newton-cg",
    "newton-cholesky": "auto",
    "sag": "auto",
    "saga": "auto",
    "liblinear": "auto",
}
"""The method for each name of a solver. With an L2 penalty there is one optimum, so any method may find it."""

INSTEAD = "for weights that are exactly 0 use scikit-learn's LogisticRegression(solver='saga', l1_ratio={:g})"

_WITHOUT_L1 = ("lbfgs", "newton-cg", "newton-cholesky", "sag")


LIMITS: check.Limits = {
    "C": partial(check.number, above=0, infinite=True),
    "solver": partial(check.choice, allowed=tuple(METHODS)),
    "intercept_scaling": partial(check.number, above=0),
    "tol": partial(check.number, above=0),
    "max_iter": partial(check.integer, at_least=0),
    "n_jobs": check.threads,
    "targets": partial(check.choice, allowed=("labels", "proba")),
    "label_smoothing": partial(check.number, at_least=0, at_most=1),
    "eval_metric": partial(check.metric, allowed=tuple(METRICS)),
    "class_weight": check.class_weight,
    "device": check.device,
}
"""The check of each parameter alone, in the order in which they are made."""


def check_same_optimum(given: Mapping[str, Any], l1_ratios: Sequence[Any], name: str = "l1_ratio") -> None:
    """Raise ValueError for parameters that ask for another optimum; warn of those that scikit-learn has deprecated.

    `l1_ratios` are the values of the parameter called `name`; None among them means 0.
    """
    solver, penalty, C = given["solver"], given["penalty"], given.get("C", 1.0)
    if given["dual"] is not False and given["dual"] != 0:
        raise ValueError(
            f"Solver {solver} supports only dual=False, got dual={given['dual']!r}: the primal form is solved here"
        )
    if given["intercept_scaling"] != 1:
        raise ValueError(
            "intercept_scaling: expected 1, since the intercept is not penalised, got "
            f"{given['intercept_scaling']!r}; scikit-learn uses other values only for solver='liblinear'"
        )
    if solver == "liblinear" and (penalty is None or math.inf == C):
        raise ValueError(
            "C=np.inf as well as penalty=None is not supported for the liblinear solver; leave `solver` out"
        )
    _check_penalty(penalty, l1_ratios, name, solver)
    if penalty is None and C != 1:
        warn_caller(f"Setting penalty=None will ignore the C and l1_ratio parameters, and C={C:g} was given")


def check_liblinear(n_classes: int, fit_intercept: bool) -> None:
    """Raise ValueError for solver="liblinear" if its optimum differs from the one that is found here."""
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


def _check_penalty(penalty: Any, l1_ratios: Sequence[Any], name: str, solver: str) -> None:
    """Raise ValueError for any penalty but the L2 one or none; warn of what scikit-learn has deprecated."""
    if penalty not in ("l2", "l1", "elasticnet", None, DEPRECATED):
        raise ValueError(f"penalty: expected 'l2' or None, got {penalty!r}")
    given = [value for value in l1_ratios if value is not None]
    for value in given:
        check.number(name, value, at_least=0, at_most=1)
    if penalty == "elasticnet" and None in l1_ratios:
        raise ValueError(f"{name} must be specified when penalty is elasticnet")
    wanted = {"l1": [1.0], "l2": [], None: []}.get(penalty, given)
    if any(wanted):
        kind = "l1" if all(value == 1 for value in wanted) else "elasticnet"
        expected = "penalty: expected 'l2', got 'l1'" if penalty == "l1" else f"{name}: expected 0, got {max(wanted):g}"
        reason = f"{expected}: only the L2 penalty is supported; {INSTEAD.format(max(wanted))}"
        if solver == "liblinear" and kind == "elasticnet":
            reason = f"Only 'saga' solver supports elasticnet penalty, got solver=liblinear. {reason}"
        if solver in _WITHOUT_L1:
            # scikit-learn's words for a solver that was named.
            reason = f"Solver {solver} supports only 'l2' or None penalties, got {kind} penalty. {reason}"
        raise ValueError(reason)
    if penalty != DEPRECATED:
        warn_caller(
            "'penalty' was deprecated in version 1.8 of scikit-learn, which removes it in 1.10. Leave it out instead "
            "of penalty='l2', and give C=np.inf instead of penalty=None.",
            FutureWarning,
        )
        if penalty == "l2" and any(given):
            warn_caller(
                f"Inconsistent values: penalty={penalty} with {name}={l1_ratios[0]}. penalty is deprecated. Please use "
                f"{name} only.",
            )
    elif name == "l1_ratio" and None in l1_ratios:
        warn_caller(
            "'l1_ratio=None' was deprecated in version 1.8 of scikit-learn, which refuses it in 1.10. Leave it out, or "
            "give l1_ratio=0.",
            FutureWarning,
        )


def check_ratios(l1_ratios: Any) -> list[Any]:
    """The values of the parameter `l1_ratios`; None means one value, 0."""
    if l1_ratios is None:
        return [None]
    values = list(l1_ratios) if np.iterable(l1_ratios) and not isinstance(l1_ratios, str) else []
    if not values:
        raise ValueError(f"l1_ratios: expected values such as (0,), or None, got {l1_ratios!r}")
    return values
