"""The epochs of a fit: observing, stopping, and keeping the best weights."""

from __future__ import annotations

import math
import time
from collections.abc import Iterator
from typing import Any

import numpy as np
from sklearn.exceptions import ConvergenceWarning

from chainrule.arrays import Array, copy_of
from chainrule.estimators.checkpoints import Checkpointer
from chainrule.estimators.notices import warn_caller
from chainrule.estimators.progress import Progress
from chainrule.estimators.solving import batch_size_of, schedule_of
from chainrule.estimators.validation import Validation
from chainrule.networks import Network
from chainrule.solvers import Adaptive, Schedule, Solver
from chainrule.training import Epoch, Objective, Patience, Run, Samples, epochs, full_batch_epochs
from chainrule.training.threads import suitable_threads


def epochs_of(
    model: Any, run: Run, objective: Objective, solver: Solver, samples: Samples, schedule: Schedule, rows: int
) -> Iterator[Epoch]:
    """The endless epochs that the estimator's parameters describe."""
    rate, seed, norm = model.learning_rate_init, model._seed, model.max_grad_norm
    if model.solver == "gd":
        return full_batch_epochs(
            run, objective, samples, solver, learning_rate=rate, schedule=schedule, seed=seed, max_norm=norm
        )
    return epochs(
        run,
        objective,
        samples,
        solver,
        learning_rate=rate,
        batch_size=rows,
        schedule=schedule,
        shuffle=model.shuffle,
        seed=seed,
        max_norm=norm,
        change=model._change_of_batches(),
    )


def record(model: Any, epoch: Epoch) -> None:
    """Note an epoch in the estimator's attributes."""
    model.n_iter_ += 1
    model.t_ += epoch.samples
    model.loss_ = epoch.loss
    model.loss_curve_.append(epoch.loss)
    say(model, f"Iteration {model.n_iter_}, loss = {epoch.loss:.8f}")


def say(model: Any, line: str) -> None:
    """Print a line if the estimator is verbose."""
    if model.verbose:
        print(line)


def fit_epochs(
    model: Any,
    run: Run,
    objective: Objective,
    solver: Solver,
    samples: Samples,
    validation: Validation | None,
    checkpointer: Checkpointer | None = None,
) -> None:
    """Run epochs until the last, until patience runs out, or until somebody stops them.

    With a validation set, the weights of its best epoch are put back at the end.
    """
    rows = batch_size_of(model, len(samples))
    schedule = schedule_of(model, -(-len(samples) // rows))
    watched = validation is not None
    patience = Patience(
        model.tol, model.n_iter_no_change, larger_is_better=validation is not None and validation.larger_is_better
    )
    best = copy_of(run.theta)
    if checkpointer is not None:
        checkpointer.restore(model, solver, run, best, patience, schedule)
    model.stopped_by_ = "max_iter"
    began = last = time.perf_counter()
    try:
        # A fit that diverges ends in FloatingPointError, which says more than the warnings on the way there.
        with suitable_threads(objective.network, rows), np.errstate(over="ignore", invalid="ignore"):
            for epoch in epochs_of(model, run, objective, solver, samples, schedule, rows):
                record(model, epoch)
                score = None if validation is None else _validated(model, objective.network, run.theta, validation)
                exhausted = patience.exhausted_after(epoch.loss if score is None else score)
                exhausted = exhausted and (not watched or model.early_stopping)
                model._no_improvement_count = patience.waited
                if score is None:
                    model.best_loss_ = patience.best
                else:
                    model.best_validation_score_ = patience.best
                    if patience.improved:
                        best[...] = run.theta
                now = time.perf_counter()
                progress = Progress(
                    model.n_iter_,
                    model.max_iter,
                    epoch.loss,
                    score,
                    epoch.samples_per_second,
                    now - began,
                    now - last,
                )
                last = now
                if _stopped(model, progress):
                    model.stopped_by_ = "callback"
                    break
                if exhausted and not (isinstance(schedule, Adaptive) and _reduced(model, schedule)):
                    say(model, f"No improvement of at least tol={model.tol:g} in {model.n_iter_no_change} epochs.")
                    model.stopped_by_ = "patience"
                    break
                if exhausted:
                    patience.waited = 0
                if model.n_iter_ >= model.max_iter:
                    break
                # Not after the last epoch: a run killed here goes on from the epoch before, and ends the same way.
                if checkpointer is not None:
                    checkpointer.epoch_ended(model, run, best, patience, schedule)
    except KeyboardInterrupt:
        if not model.n_iter_ or (watched and model.best_validation_score_ is None):
            raise  # nothing was learned that is worth keeping
        model.stopped_by_ = "interrupt"
        warn_caller(
            f"Training interrupted by user after {model.n_iter_} epochs; the best weights so far are kept.",
        )
    if checkpointer is not None and model.stopped_by_ != "interrupt":
        checkpointer.finished()
    if validation is not None:
        run.theta[...] = best
    elif model.stopped_by_ == "max_iter" and model.learning_rate != "cosine":
        warn_caller(
            f"Stochastic Optimizer: Maximum iterations ({model.max_iter}) reached and the optimization hasn't "
            "converged yet.",
            ConvergenceWarning,
        )


def _stopped(model: Any, progress: Progress) -> bool:
    """Tell every callback; whether one of them wants to end the fit."""
    answers = [callback(progress) for callback in model.callbacks or ()]
    return any(answers)


def _validated(model: Any, network: Network, theta: Array, validation: Validation) -> float:
    score = validation.score(network, theta, model._head)
    if math.isnan(score) and not callable(model.eval_metric):
        raise FloatingPointError(
            f"the {model.eval_metric} of the held-out samples is NaN: the inputs are too large or the learning rate "
            f"({model.learning_rate_init:g}) is too high"
        )
    if math.isnan(score) and not model.validation_scores_:
        raise ValueError(
            f"eval_metric: {_name_of(model.eval_metric)} of the held-out samples is NaN after the first epoch, so that "
            "no epoch can be judged by it"
        )
    model.validation_scores_.append(score)
    say(model, f"Validation score: {score:f}")
    return score


def _name_of(metric: Any) -> str:
    return str(getattr(metric, "__name__", type(metric).__name__))


def _reduced(model: Any, schedule: Adaptive) -> bool:
    reduced = schedule.reduce(model.learning_rate_init)
    if reduced:
        say(model, f"Setting learning rate to {model.learning_rate_init * schedule.scale:g}")
    return reduced
