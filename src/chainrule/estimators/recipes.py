"""The parameters of training, their limits, and the recipe of the fit that they describe."""

import math
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

from chainrule.estimators import parameters as check
from chainrule.estimators.notices import warn_caller
from chainrule.estimators.validation import METRICS
from chainrule.progress import tell
from chainrule.solvers import SGD, Adam, Adaptive, Cosine, GradientDescent, InverseScaling, Schedule, Solver, constant
from chainrule.training import LBFGS, Change, Checkpointing, Objective, Recipe
from chainrule.training.processes import Processes

NEEDS_ONE_OBJECTIVE = "compares objectives from step to step and cannot have other units left out in each"


@dataclass(eq=False, repr=False, kw_only=True)
class Parameters:
    """The parameters of training; `MLPClassifier` documents each of them."""

    solver: str = "adam"
    alpha: float = 0.0001
    batch_size: Any = "auto"
    learning_rate: str = "constant"
    learning_rate_init: float = 0.001
    power_t: float = 0.5
    max_iter: int = 200
    shuffle: bool = True
    random_state: Any = None
    tol: float = 1e-4
    verbose: bool = False
    warm_start: bool = False
    momentum: float = 0.9
    nesterovs_momentum: bool = True
    early_stopping: bool = False
    validation_fraction: float = 0.1
    beta_1: float = 0.9
    beta_2: float = 0.999
    epsilon: float = 1e-8
    n_iter_no_change: int = 10
    max_fun: int = 15000
    label_smoothing: float = 0.0
    dropout: float = 0.0
    weight_decay: float = 0.01
    max_grad_norm: float | None = None
    callbacks: Any = None
    class_weight: Any = None
    targets: str = "labels"
    loss: str = "log_loss"
    eval_metric: Any = "accuracy"
    new_classes: str = "error"
    dtype: Any = "auto"
    checkpoint: Any = None
    device: str | None = None


def _loss(name: str, value: Any) -> None:
    try:
        check.choice(name, value, ("log_loss", "squared_error"))
    except ValueError as error:
        raise ValueError(
            f"{error}; network_of_layers(loss=...) takes a loss of your own (docs: howto/own_rule)"
        ) from None


_COUNT = partial(check.integer, at_least=1)
_AT_LEAST_0 = partial(check.number, at_least=0)
_ABOVE_0 = partial(check.number, above=0)
_BELOW_1 = partial(check.number, at_least=0, below=1)
_UP_TO_1 = partial(check.number, at_least=0, at_most=1)

LIMITS: check.Limits = {
    "solver": partial(check.choice, allowed=("adam", "adamw", "sgd", "gd", "lbfgs")),
    "learning_rate": partial(check.choice, allowed=("constant", "invscaling", "adaptive", "cosine")),
    "batch_size": check.unless("auto", _COUNT),
    "max_iter": check.unless(math.inf, _COUNT),
    "n_iter_no_change": check.unless(math.inf, _COUNT),
    "max_fun": check.unless(math.inf, _COUNT),
    "alpha": _AT_LEAST_0,
    "power_t": _AT_LEAST_0,
    "tol": _AT_LEAST_0,
    "weight_decay": _AT_LEAST_0,
    "learning_rate_init": _ABOVE_0,
    "epsilon": _ABOVE_0,
    "beta_1": _BELOW_1,
    "beta_2": _BELOW_1,
    "dropout": _BELOW_1,
    "validation_fraction": _BELOW_1,
    "momentum": _UP_TO_1,
    "label_smoothing": _UP_TO_1,
    "targets": partial(check.choice, allowed=("labels", "proba")),
    "loss": _loss,
    "new_classes": partial(check.choice, allowed=("error", "add")),
    "eval_metric": partial(check.metric, allowed=tuple(METRICS)),
    "class_weight": check.class_weight,
    "shuffle": check.flag,
    "warm_start": check.flag,
    "nesterovs_momentum": check.flag,
    "early_stopping": check.flag,
    "callbacks": check.callables,
    "max_grad_norm": check.unless(None, _ABOVE_0),
    "device": check.device,
}
"""The check of each parameter, in the order of the checks."""


def recipe_of(
    parameters: Parameters,
    objective: Objective,
    n_samples: int,
    *,
    default_batch_size: int,
    seed: int,
    judged: bool,
    change: Change | None,
    checkpoint: Checkpointing | None = None,
    processes: Processes | None = None,
) -> Recipe:
    """The recipe of a fit with these parameters to that many samples.

    Raises
    ------
    ValueError
        For parameters that a solver on all samples at once does not support.
    """
    if parameters.solver == "lbfgs":
        for name in ("callbacks", "checkpoint", "max_grad_norm"):
            if getattr(parameters, name) is not None:
                raise ValueError(
                    f"{name}: expected None for lbfgs, which has no epochs, got {getattr(parameters, name)!r}"
                )
        if parameters.dropout:
            raise ValueError(f"dropout: expected 0 for lbfgs, which {NEEDS_ONE_OBJECTIVE}, got {parameters.dropout!r}")
        if any(layer.noise is not None for layer in objective.network.layers):
            raise ValueError(f"layers: expected none of dropout for lbfgs, which {NEEDS_ONE_OBJECTIVE}")
        if judged:
            raise ValueError("eval_set: lbfgs has no epochs to judge; choose another solver")
    batch_size = _batch_size(parameters, n_samples, default_batch_size)
    if change is not None and batch_size is None:
        raise ValueError(f"augment: {parameters.solver} sees all samples at once; choose a solver that takes batches")
    # Held-out samples without early stopping choose the best epoch and do not end the fit.
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
        patience=math.inf if endless else parameters.n_iter_no_change,
        callbacks=tuple(parameters.callbacks or ()),
        say=tell if parameters.verbose else None,
        device=parameters.device,
        checkpoint=checkpoint,
        processes=processes,
    )


def one_epoch_of(recipe: Recipe, parameters: Parameters) -> Recipe:
    """The recipe of a `partial_fit`: one epoch without patience; a cosine counts epochs as its steps."""
    return replace(recipe, schedule=_schedule(parameters, steps_per_epoch=1), epochs=1, patience=math.inf)


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
    return constant


def _batch_size(parameters: Parameters, n_samples: int, default: int) -> int | None:
    """Rows per step; None for all rows."""
    if parameters.solver in ("gd", "lbfgs"):
        return None
    if parameters.batch_size == "auto":
        return min(default, n_samples)
    if parameters.batch_size > n_samples:
        warn_caller(
            f"Got `batch_size` less than 1 or larger than sample size. It is going to be clipped to {n_samples}",
        )
    return min(int(parameters.batch_size), n_samples)
