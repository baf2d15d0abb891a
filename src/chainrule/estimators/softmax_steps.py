"""What surrounds a fit of softmax regression: parameters checked before it, steps reported, and warnings after it."""

from __future__ import annotations

from collections.abc import Callable
from numbers import Integral
from typing import TYPE_CHECKING

from sklearn.exceptions import ConvergenceWarning

from chainrule.arrays import Array
from chainrule.estimators import parameters as check
from chainrule.estimators.drop_in import check_solver, inverse_strength
from chainrule.estimators.notices import warn_caller
from chainrule.estimators.peer_callbacks import Steps
from chainrule.estimators.validation import METRICS
from chainrule.solvers.convex import Minimum, StepTaken

if TYPE_CHECKING:
    from chainrule.estimators.softmax_regression import SoftmaxRegression

HeldOut = tuple[Array, Array, Array | None]
"""Held-out samples, their labels and weights."""


def check_parameters(model: SoftmaxRegression) -> None:
    """Raise ValueError, naming the parameter, what was expected and what came, for a value out of range."""
    check.number("C", model.C, above=0, infinite=True)
    check_solver(model.solver, model.dual, model.intercept_scaling, inverse_strength(model.penalty, model.C))
    model._check_penalty()
    check.number("tol", model.tol, above=0)
    check.integer("max_iter", model.max_iter, at_least=0)
    if model.n_jobs is not None and (not isinstance(model.n_jobs, Integral) or model.n_jobs == 0):
        raise ValueError(f"n_jobs: expected a number of threads, or -1 for all cores, got {model.n_jobs!r}")
    check.choice("targets", model.targets, ("labels", "proba"))
    check.number("label_smoothing", model.label_smoothing, at_least=0, at_most=1)
    if not callable(model.eval_metric):
        check.choice("eval_metric", model.eval_metric, tuple(METRICS))
    if isinstance(model.class_weight, str):
        check.choice("class_weight", model.class_weight, ("balanced",))


def observer(
    model: SoftmaxRegression, held_out: HeldOut | None = None, steps: Steps | None = None
) -> Callable[[StepTaken, Callable[[], Array]], bool] | None:
    """What the solver calls after every step; None if nobody asks."""
    if held_out is None and not model.callbacks and not model.verbose and steps is None:
        return None

    def observe(step: StepTaken, theta: Callable[[], Array]) -> bool:
        if held_out is not None and model.validation_scores_ is not None:
            model.validation_scores_.append(_score(model, theta(), *held_out))
        if model.verbose:
            print(f"Iteration {step.iteration}, objective = {step.value:.8f}, gradient = {step.gradient_norm:.2e}")
        answers = [callback(step) for callback in model.callbacks or ()]  # every one is called
        if steps is not None:
            answers.append(steps.step(theta))
        return any(answers)

    return observe


def warn_of_end(model: SoftmaxRegression, result: Minimum) -> None:
    """Warn of a fit that was interrupted, or that did not converge."""
    if model.interrupted_:
        warn_caller(f"interrupted after {result.iterations} steps: the weights so far are kept", ConvergenceWarning)
    if result.converged or model.interrupted_ or "callback" in result.message:
        return
    advice = "Scale the features, or increase tol."
    if result.iterations >= model.max_iter:
        advice = "Increase the number of iterations (max_iter), scale the features, or lower C."
    # Filters of warnings look for the first words, which are scikit-learn's.
    warn_caller(
        f"{model.solver} failed to converge after {result.iterations} steps: {result.message}. The objective, "
        f"{result.value:.3g}, may still fall by about {result.remaining:.1e}: it is not known to be within "
        f"tol={model.tol:g} times itself of the optimum. {advice}",
        ConvergenceWarning,
    )


def _score(model: SoftmaxRegression, theta: Array, X: Array, y: Array, weights: Array | None) -> float:
    """The eval_metric on held-out samples."""
    logits = X @ theta[: X.shape[1]] + theta[X.shape[1] :].sum(axis=0)
    if callable(model.eval_metric):
        return float(model.eval_metric(y, model._encoding.probabilities(logits)))
    return METRICS[model.eval_metric][0](model._encoding, logits, y, weights)
