"""From the public parameters of an estimator to the recipe of its fit."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from sklearn.exceptions import ConvergenceWarning

from chainrule import rules
from chainrule.estimators import parameters as check
from chainrule.estimators.notices import warn_caller
from chainrule.estimators.validation import METRICS
from chainrule.solvers import SGD, Adam, Adaptive, Constant, Cosine, GradientDescent, InverseScaling, Schedule, Solver
from chainrule.training import LBFGS, Change, History, Objective, Recipe

SOLVERS = ("adam", "adamw", "sgd", "gd", "lbfgs")
NEEDS_ONE_OBJECTIVE = "compares objectives from step to step and cannot have other units left out in each"
SCHEDULES = ("constant", "invscaling", "adaptive", "cosine")


class Parameters:
    """The parameters that say how a network is trained; `MLPClassifier` documents each of them."""

    solver: str
    alpha: float
    batch_size: Any
    learning_rate: str
    learning_rate_init: float
    power_t: float
    max_iter: int
    shuffle: bool
    random_state: Any
    tol: float
    verbose: bool
    warm_start: bool
    momentum: float
    nesterovs_momentum: bool
    early_stopping: bool
    validation_fraction: float
    beta_1: float
    beta_2: float
    epsilon: float
    n_iter_no_change: int
    max_fun: int
    label_smoothing: float
    dropout: float
    weight_decay: float
    max_grad_norm: float | None
    callbacks: Any
    class_weight: Any
    targets: str
    loss: str
    eval_metric: Any
    new_classes: str
    checkpoint: Any
    device: str | None


def check_parameters(parameters: Parameters) -> None:
    """Raise ValueError, naming the parameter, what was expected and what came, for a value out of range."""
    check.choice("solver", parameters.solver, SOLVERS)
    check.choice("learning_rate", parameters.learning_rate, SCHEDULES)
    if not isinstance(parameters.batch_size, str) or parameters.batch_size != "auto":
        check.integer("batch_size", parameters.batch_size, at_least=1)
    for name in ("max_iter", "n_iter_no_change", "max_fun"):
        if getattr(parameters, name) != np.inf:
            check.integer(name, getattr(parameters, name), at_least=1)
    for name in ("alpha", "power_t", "tol", "weight_decay"):
        check.number(name, getattr(parameters, name), at_least=0)
    for name in ("learning_rate_init", "epsilon"):
        check.number(name, getattr(parameters, name), above=0)
    for name in ("beta_1", "beta_2", "dropout", "validation_fraction"):
        check.number(name, getattr(parameters, name), at_least=0, below=1)
    for name in ("momentum", "label_smoothing"):
        check.number(name, getattr(parameters, name), at_least=0, at_most=1)
    check.choice("targets", parameters.targets, ("labels", "proba"))
    check.choice("loss", parameters.loss, ("log_loss", "squared_error"))
    check.choice("new_classes", parameters.new_classes, ("error", "add"))
    if not callable(parameters.eval_metric):
        check.choice("eval_metric", parameters.eval_metric, tuple(METRICS))
    if isinstance(parameters.class_weight, str):
        check.choice("class_weight", parameters.class_weight, ("balanced",))
    for name in ("shuffle", "warm_start", "nesterovs_momentum", "early_stopping"):
        check.choice(name, str(getattr(parameters, name)), ("True", "False"))
    listed = isinstance(parameters.callbacks, Sequence) and not isinstance(parameters.callbacks, str)
    if parameters.callbacks is not None and not (listed and all(map(callable, parameters.callbacks))):
        raise ValueError(f"callbacks: expected a sequence of callables or None, got {parameters.callbacks!r}")
    if parameters.max_grad_norm is not None:
        check.number("max_grad_norm", parameters.max_grad_norm, above=0)
    if parameters.solver == "lbfgs":
        for name in ("callbacks", "checkpoint", "max_grad_norm"):
            if getattr(parameters, name) is not None:
                raise ValueError(
                    f"{name}: expected None for lbfgs, which has no epochs, got {getattr(parameters, name)!r}"
                )
    if parameters.solver == "lbfgs" and parameters.dropout:
        raise ValueError(f"dropout: expected 0 for lbfgs, which {NEEDS_ONE_OBJECTIVE}, got {parameters.dropout!r}")


def check_activation(activation: Any) -> None:
    """Raise ValueError unless this is a name, a Rule, or a sequence of these."""
    given = [activation] if isinstance(activation, str | rules.Rule) else activation
    if not isinstance(given, Sequence) or not all(isinstance(one, str | rules.Rule) for one in given):
        names = ", ".join(rules.activation_names())
        raise ValueError(
            f"activation: expected a name ({names}), a Rule, or one of these per layer, got {activation!r}"
        )


def activation_of(given: Any) -> Any:
    """The parameter `activation` in the names of `chainrule.networks`: scikit-learn calls the sigmoid "logistic"."""
    if isinstance(given, str | rules.Rule):
        return "sigmoid" if isinstance(given, str) and given == "logistic" else given
    return [activation_of(one) for one in given]


def recipe_of(
    parameters: Parameters,
    objective: Objective,
    n_samples: int,
    *,
    default_batch_size: int,
    seed: int,
    judged: bool,
    change: Change | None,
) -> Recipe:
    """The recipe of a fit with these parameters to that many samples."""
    batch_size = _batch_size(parameters, n_samples, default_batch_size)
    # Held-out samples without early stopping choose the best epoch, and never the last.
    endless = judged and not parameters.early_stopping
    return Recipe(
        objective,
        _solver(parameters, objective.network.n_weights),
        learning_rate=parameters.learning_rate_init,
        schedule=_schedule(parameters, steps_per_epoch=-(-n_samples // (batch_size or n_samples))),
        batch_size=batch_size,
        epochs=parameters.max_iter,
        shuffle=parameters.shuffle,
        seed=seed,
        max_norm=parameters.max_grad_norm,
        change=change,
        tolerance=parameters.tol,
        patience=np.inf if endless else parameters.n_iter_no_change,
        callbacks=tuple(parameters.callbacks or ()),
        say=print if parameters.verbose else None,
    )


def one_epoch_of(recipe: Recipe, parameters: Parameters) -> Recipe:
    """The recipe of a `partial_fit`: a single epoch, whose cosine counts epochs as steps, and which nobody watches."""
    return replace(recipe, schedule=_schedule(parameters, steps_per_epoch=1), epochs=1, patience=np.inf, callbacks=())


def warn_unless_converged(parameters: Parameters, history: History, *, watched: bool) -> None:
    """Warn where the fit ended before it converged. Fits that keep their best epoch may end anywhere."""
    whole = parameters.solver == "lbfgs"
    if history.stopped_by == "interrupt":
        done, kept = ("iterations", "their weights") if whole else ("epochs", "the best weights so far")
        warn_caller(f"Training interrupted by user after {history.epochs} {done}; {kept} are kept.")
    elif history.stopped_by == "max_iter" and whole:
        warn_caller(
            f"lbfgs failed to converge after {history.epochs} iterations ({history.message}). Increase max_iter "
            "or max_fun, or scale the features.",
            ConvergenceWarning,
        )
    elif history.stopped_by == "max_iter" and not watched and parameters.learning_rate != "cosine":
        warn_caller(
            f"Stochastic Optimizer: Maximum iterations ({parameters.max_iter}) reached and the optimization hasn't "
            "converged yet.",
            ConvergenceWarning,
        )


def _solver(parameters: Parameters, n_weights: int) -> Solver | LBFGS:
    if parameters.solver == "lbfgs":
        return LBFGS(parameters.max_fun)
    if parameters.solver == "gd":
        return GradientDescent()
    if parameters.solver == "sgd":
        return SGD(parameters.momentum, parameters.nesterovs_momentum and parameters.momentum > 0)
    decay = parameters.weight_decay if parameters.solver == "adamw" else 0.0
    return Adam(parameters.beta_1, parameters.beta_2, parameters.epsilon, decay, n_weights)


def _schedule(parameters: Parameters, steps_per_epoch: int) -> Schedule:
    if parameters.learning_rate == "cosine" and parameters.solver != "lbfgs":
        return Cosine(int(parameters.max_iter) * steps_per_epoch)
    if parameters.solver == "sgd" and parameters.learning_rate == "invscaling":
        return InverseScaling(parameters.power_t)
    if parameters.solver == "sgd" and parameters.learning_rate == "adaptive":
        return Adaptive()
    return Constant()


def _batch_size(parameters: Parameters, n_samples: int, default: int) -> int | None:
    """Rows per step; None for all."""
    if parameters.solver in ("gd", "lbfgs"):
        return None
    if parameters.batch_size == "auto":
        return min(default, n_samples)
    if parameters.batch_size > n_samples:
        warn_caller(
            f"Got `batch_size` less than 1 or larger than sample size. It is going to be clipped to {n_samples}",
        )
    return min(int(parameters.batch_size), n_samples)
