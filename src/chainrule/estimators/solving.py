"""From an estimator's parameters to the solver, schedule and objective that they describe."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from chainrule import rules
from chainrule.estimators import parameters as check
from chainrule.estimators.notices import warn_caller
from chainrule.estimators.validation import METRICS
from chainrule.networks import Network, mlp
from chainrule.solvers import SGD, Adam, Adaptive, Constant, Cosine, GradientDescent, InverseScaling, Schedule, Solver

SOLVERS = ("adam", "adamw", "sgd", "gd", "lbfgs")
NEEDS_ONE_OBJECTIVE = "compares objectives from step to step and cannot have other units left out in each"
SCHEDULES = ("constant", "invscaling", "adaptive", "cosine")


def check_parameters(model: Any) -> None:
    """Raise ValueError, naming the parameter, what was expected and what came, for a value out of range."""
    check.choice("solver", model.solver, SOLVERS)
    check.choice("learning_rate", model.learning_rate, SCHEDULES)
    if not isinstance(model.batch_size, str) or model.batch_size != "auto":
        check.integer("batch_size", model.batch_size, at_least=1)
    for name in ("max_iter", "n_iter_no_change", "max_fun"):
        if getattr(model, name) != np.inf:
            check.integer(name, getattr(model, name), at_least=1)
    for name in ("alpha", "power_t", "tol", "weight_decay"):
        check.number(name, getattr(model, name), at_least=0)
    for name in ("learning_rate_init", "epsilon"):
        check.number(name, getattr(model, name), above=0)
    for name in ("beta_1", "beta_2", "dropout", "validation_fraction"):
        check.number(name, getattr(model, name), at_least=0, below=1)
    for name in ("momentum", "label_smoothing"):
        check.number(name, getattr(model, name), at_least=0, at_most=1)
    check.choice("targets", model.targets, ("labels", "proba"))
    check.choice("loss", model.loss, ("log_loss", "squared_error"))
    check.choice("new_classes", model.new_classes, ("error", "add"))
    if not callable(model.eval_metric):
        check.choice("eval_metric", model.eval_metric, tuple(METRICS))
    if isinstance(model.class_weight, str):
        check.choice("class_weight", model.class_weight, ("balanced",))
    for name in ("shuffle", "warm_start", "nesterovs_momentum", "early_stopping"):
        check.choice(name, str(getattr(model, name)), ("True", "False"))
    listed = isinstance(model.callbacks, Sequence) and not isinstance(model.callbacks, str)
    if model.callbacks is not None and not (listed and all(map(callable, model.callbacks))):
        raise ValueError(f"callbacks: expected a sequence of callables or None, got {model.callbacks!r}")
    if model.max_grad_norm is not None:
        check.number("max_grad_norm", model.max_grad_norm, above=0)
    if model.solver == "lbfgs":
        for name in ("callbacks", "checkpoint", "max_grad_norm"):
            if getattr(model, name) is not None:
                raise ValueError(f"{name}: expected None for lbfgs, which has no epochs, got {getattr(model, name)!r}")
    if model.solver == "lbfgs" and model.dropout:
        raise ValueError(f"dropout: expected 0 for lbfgs, which {NEEDS_ONE_OBJECTIVE}, got {model.dropout!r}")


def check_activation(activation: Any) -> None:
    """Raise ValueError unless this is a name, a Rule, or a sequence of these."""
    given = [activation] if isinstance(activation, str | rules.Rule) else activation
    if not isinstance(given, Sequence) or not all(isinstance(one, str | rules.Rule) for one in given):
        names = ", ".join(rules.activation_names())
        raise ValueError(
            f"activation: expected a name ({names}), a Rule, or one of these per layer, got {activation!r}"
        )


def mlp_of(model: Any, loss: str) -> Network:
    """The multilayer perceptron that the estimator was fitted with, for its numbers of features and outputs."""
    given = model._built_with("activation")
    names = given if isinstance(given, str | rules.Rule) else list(given)
    return mlp(
        model.n_features_in_,
        check.hidden_sizes(model._built_with("hidden_layer_sizes")),
        model.n_outputs_,
        activation=[_activation(name) for name in names] if isinstance(names, list) else _activation(names),
        dropout_rate=model._built_with("dropout"),
        loss=loss,
    )


def _activation(name: Any) -> Any:
    """scikit-learn calls the sigmoid "logistic"."""
    return "sigmoid" if isinstance(name, str) and name == "logistic" else name


def solver_of(model: Any, n_weights: int) -> Solver:
    """The solver by which the estimator steps."""
    if model.solver == "gd":
        return GradientDescent()
    if model.solver == "sgd":
        return SGD(model.momentum, model.nesterovs_momentum and model.momentum > 0)
    decay = model.weight_decay if model.solver == "adamw" else 0.0
    return Adam(model.beta_1, model.beta_2, model.epsilon, decay, n_weights)


def schedule_of(model: Any, steps_per_epoch: int) -> Schedule:
    """The learning rates over a fit."""
    if model.learning_rate == "cosine":
        return Cosine(int(model.max_iter) * steps_per_epoch)
    if model.solver == "sgd" and model.learning_rate == "invscaling":
        return InverseScaling(model.power_t)
    if model.solver == "sgd" and model.learning_rate == "adaptive":
        return Adaptive()
    return Constant()


def batch_size_of(model: Any, n_samples: int) -> int:
    """Rows per step."""
    if model.solver == "gd":
        return n_samples
    if model.batch_size == "auto":
        return min(int(model._rows_of_a_batch), n_samples)
    if model.batch_size > n_samples:
        warn_caller(
            f"Got `batch_size` less than 1 or larger than sample size. It is going to be clipped to {n_samples}",
        )
    return min(int(model.batch_size), n_samples)
