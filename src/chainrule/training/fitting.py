"""Train by a recipe: run epochs of steps, and decide when to stop.

`epochs` is an iterator that the caller stops, observes and resumes as it likes; `train` does so as a recipe says.
"""

import math
import time
from collections.abc import Generator
from contextlib import closing, nullcontext
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from chainrule.arrays import Array, as_like, copy_of, numpy_dtype, on_device, to_numpy
from chainrule.kernels.blas import threads_allowed
from chainrule.solvers import Adaptive, clip_norm
from chainrule.training.batch_gradients import BatchGradients
from chainrule.training.chance import Chance
from chainrule.training.data import Samples
from chainrule.training.history import BegunEpoch, History, Progress, Run
from chainrule.training.recipe import LBFGS, Judge, Recipe
from chainrule.training.recorded_steps import RecordedSteps, can_be_recorded

SMALL_PRODUCT = 2e7
"""A product with fewer floating-point operations gets one thread. So many take a fifth of a millisecond on one current
core.

Threads that share a product spin at barriers. On small products they gain little on an idle machine and lose much on a
busy one: with two other processes on two cores, 100 epochs of a 64-256-10 network on 1293 rows took 10 to 65 s with two
threads and 0.6 to 1.2 s with one (0.6 s, idle, with either).
"""


def train(recipe: Recipe, samples: Samples, run: Run, judge: Judge | None = None) -> History:
    """Advance a run until its last epoch, or patience runs out, a callback ends it, or the user presses Ctrl-C.

    Parameters
    ----------
    recipe : Recipe
    samples : Samples
    run : Run
        Advanced in place. If a judge decides, `run.theta` holds the parameters of the best epoch at the end.
    judge : Judge, optional
        Its scores are recorded. If it decides, they determine the best epoch instead of the losses.

    Returns
    -------
    History
        The same object as `run.history`.

    Raises
    ------
    FloatingPointError
        When the loss or the judge's score is no longer finite.
    KeyboardInterrupt
        On Ctrl-C before the first epoch has ended and been judged. Later, Ctrl-C ends the fit as any other reason does.

    Examples
    --------
    >>> from chainrule.networks import mlp
    >>> from chainrule.solvers import GradientDescent
    >>> from chainrule.training import Objective
    >>> network, samples = mlp(1, (), 2), Samples(np.array([[-1.0], [1.0]]), np.array([0, 1]))
    >>> recipe = Recipe(Objective(network), GradientDescent(), learning_rate=1.0, epochs=3)
    >>> history = train(recipe, samples, Run(np.zeros(network.n_parameters)))
    >>> history.stopped_by, [round(loss, 4) for loss in history.losses]
    ('max_iter', [0.6931, 0.3133, 0.1946])
    """
    samples = samples.on(recipe.device)
    run.theta = on_device(run.theta, recipe.device)
    processes = recipe.processes
    if processes is not None:
        recipe, judge = processes.shared(recipe, judge)
    if isinstance(recipe.solver, LBFGS):
        # Each process minimises alone, with one thread: processes that differ in one bit would diverge.
        with threads_allowed(None if processes is None else 1):
            return _minimised(replace(recipe, processes=None), recipe.solver.evaluations, samples, run)
    if recipe.checkpoint is not None:
        recipe.checkpoint.restore(run)
    earlier, run.solver_state = run.solver_state, recipe.solver.start(run.theta)
    if earlier.steps:
        vectors = {name: on_device(vector, recipe.device) for name, vector in earlier.vectors.items()}
        run.solver_state.restore(vectors, earlier.steps)
    history = run.history
    run.best = copy_of(run.theta) if run.best is None else run.best
    network, rows = recipe.objective.network, recipe.batch_size or len(samples)
    largest = max((2 * rows * block.parameter.size for block in network.blocks), default=0)
    # Networks on images choose their threads themselves.
    has_small_products = network.image_shape is None and largest < SMALL_PRODUCT
    clock = FitClock()
    try:
        # A fit that diverges ends in FloatingPointError, which says more than NumPy's earlier warnings.
        with (
            threads_allowed(1 if has_small_products or processes is not None else None),
            np.errstate(over="ignore", invalid="ignore"),
            nullcontext() if processes is None else processes.fitting(),
            closing(epochs(recipe, samples, run)) as trained,
        ):
            for epoch in trained:
                if ends(recipe, run, judge, epoch, len(samples), clock):
                    break
                if recipe.checkpoint is not None:
                    recipe.checkpoint.keep(run)
    except KeyboardInterrupt:
        if math.isnan(history.best):
            raise  # nothing was learned that is worth keeping
        history.stopped_by = "interrupt"
    if judge is not None and judge.decides:
        run.theta[...] = run.best
    if recipe.checkpoint is not None and history.stopped_by != "interrupt":
        recipe.checkpoint.finished()
    return history


def ends(recipe: Recipe, run: Run, judge: Judge | None, epoch: "Epoch", rows: int, clock: "FitClock") -> bool:
    """Record an epoch in the history. True if the fit ends with it, for the reason in `run.history.stopped_by`."""
    history = run.history
    history.epochs += 1
    history.loss = epoch.loss
    history.losses.append(epoch.loss)
    _say(recipe, f"Iteration {history.epochs}, loss = {epoch.loss:.8f}")
    score = None if judge is None else _judged(recipe, run, judge)
    decides = judge if judge is not None and judge.decides else None
    larger = decides is not None and decides.larger_is_better
    figure = epoch.loss if decides is None or score is None else score
    is_best = history.take(figure, tolerance=recipe.tolerance, larger_is_better=larger)
    if decides is not None and is_best:
        run.best[...] = run.theta
    now = time.perf_counter()
    progress = Progress(
        history.epochs,
        recipe.epochs,
        epoch.loss,
        score,
        samples_per_second=rows / max(epoch.seconds, 1e-9),
        seconds=now - clock.began,
        seconds_per_epoch=now - clock.last,
        chance=chance_near(recipe, judge, epoch.loss, score),
        accuracy=None if judge is None or judge.accuracy is None else judge.accuracy(),
    )
    clock.last = now
    answers = [callback(progress) for callback in recipe.callbacks]
    if any(answers):
        history.stopped_by = "callback"
        return True
    if history.waited > recipe.patience:
        if not _reduced(recipe, run):
            _say(recipe, f"No improvement of at least tol={recipe.tolerance:g} in {recipe.patience} epochs.")
            history.stopped_by = "patience"
            return True
        history.waited = 0
    return history.epochs >= recipe.epochs


def chance_near(recipe: Recipe, judge: Judge | None, loss: float, score: float | None) -> float | None:
    """The log-loss of the class shares alone, if that of the network is hardly lower: of held-out samples if known."""
    chance, found = figure_of_chance(recipe, judge, loss, score)
    return chance.loss if chance is not None and chance.is_near(found) else None


def figure_of_chance(
    recipe: Recipe, judge: Judge | None, loss: float, score: float | None
) -> tuple[Chance | None, float]:
    """The chance that a fit is compared with, and its own figure: a held-out log-loss, or else the objective."""
    if judge is not None and judge.chance is not None and score is not None:
        return judge.chance, score
    return recipe.chance, loss


def _minimised(recipe: Recipe, evaluations: float, samples: Samples, run: Run) -> History:
    """Minimise by SciPy's L-BFGS from `run.theta`, in place. Ctrl-C keeps the last iterate, if there is one."""
    from scipy.optimize import minimize

    theta, history = run.theta, run.history
    gradients = BatchGradients(recipe, samples, theta)
    reached: Any = None

    def value_and_gradient(vector: Array) -> tuple[float, Array]:
        run.samples_seen += len(samples)
        theta[...] = as_like(vector, theta)
        loss, gradient = gradients.on_all_samples()
        return loss, to_numpy(gradient).astype(np.float64)

    def iterated(intermediate_result: Any) -> None:
        nonlocal reached
        reached, history.loss = intermediate_result.x.copy(), float(intermediate_result.fun)
        history.epochs += 1

    try:
        result = minimize(
            value_and_gradient,
            to_numpy(theta).astype(np.float64),
            method="L-BFGS-B",
            jac=True,
            callback=iterated,
            # By default SciPy also stops where the objective falls by less than 2e-9 of itself, long before a small
            # gtol is met.
            options={
                "maxfun": _count(evaluations),
                "maxiter": _count(recipe.epochs),
                "gtol": recipe.tolerance,
                "ftol": 64 * np.finfo(numpy_dtype(theta)).eps,
            },
        )
    except KeyboardInterrupt:
        if reached is None:
            raise
        history.stopped_by = "interrupt"
    else:
        reached, history.loss, history.epochs = result.x, float(result.fun), int(result.nit)
        history.stopped_by, history.message = "convergence" if result.status == 0 else "max_iter", str(result.message)
        if not np.isfinite(history.loss):
            raise FloatingPointError(
                f"the loss is {history.loss} after {history.epochs} iterations: the inputs are too large"
            )
    theta[...] = as_like(reached, theta)
    history.best = history.loss
    return history


def _count(limit: float) -> int:
    return int(min(limit, np.iinfo(np.int32).max))


def _say(recipe: Recipe, line: str) -> None:
    if recipe.say is not None:
        recipe.say(line)


def _judged(recipe: Recipe, run: Run, judge: Judge) -> float:
    """Record and return the judge's score of the parameters. NaN is an error unless the metric may be undefined."""
    history = run.history
    score, scores = judge.score(run.theta), [] if history.scores is None else history.scores
    history.scores = scores
    if math.isnan(score) and not judge.may_be_nan:
        raise FloatingPointError(
            f"the {judge.metric} of the held-out samples is NaN: the inputs are too large or the learning rate "
            f"({recipe.learning_rate:g}) is too high"
        )
    if math.isnan(score) and not scores:
        raise ValueError(
            f"eval_metric: {judge.metric} of the held-out samples is NaN after the first epoch, so that no epoch can "
            "be judged by it"
        )
    # A run without scores may be resumed with a judge that only records.
    scores += [math.nan] * (len(history.losses) - 1 - len(scores))
    scores.append(score)
    _say(recipe, f"Validation score ({judge.metric}): {score:f}")
    return score


def _reduced(recipe: Recipe, run: Run) -> bool:
    """Lower the learning rate if the schedule allows it. True if it was lowered, so that training goes on."""
    schedule, rate = recipe.schedule, recipe.learning_rate * run.rate_scale
    if not isinstance(schedule, Adaptive) or rate <= schedule.smallest:
        return False
    run.rate_scale /= schedule.factor
    _say(recipe, f"Setting learning rate to {recipe.learning_rate * run.rate_scale:g}")
    return True


@dataclass
class FitClock:
    """The times at which a fit began and at which its last epoch ended."""

    began: float = field(default_factory=time.perf_counter)
    last: float = field(init=False)

    def __post_init__(self) -> None:
        self.last = self.began


@dataclass(frozen=True)
class Epoch:
    """The figures of one epoch.

    Attributes
    ----------
    number : int
        Counted from 1.
    loss : float
        The mean objective over the epoch's batches, each evaluated before its step.
    seconds : float
    learning_rate : float
        The rate of the last step.

    Examples
    --------
    >>> Epoch(number=1, loss=0.5, seconds=0.02, learning_rate=1e-3).loss
    0.5
    """

    number: int
    loss: float
    seconds: float
    learning_rate: float


def epochs(recipe: Recipe, samples: Samples, run: Run) -> Generator[Epoch, None, None]:
    """Train one epoch after another without end, and advance `run` in place.

    Order, changes and dropout depend only on (seed, epoch, batch, layer), so a run resumed from a copy of `run`
    continues as if it had not stopped.

    Raises
    ------
    FloatingPointError
        When the loss is no longer finite.

    Examples
    --------
    >>> from itertools import islice
    >>> from chainrule.networks import mlp
    >>> from chainrule.solvers import GradientDescent
    >>> from chainrule.training import Objective
    >>> network, samples = mlp(1, (), 2), Samples(np.array([[-1.0], [1.0]]), np.array([0, 1]))
    >>> recipe, run = Recipe(Objective(network), GradientDescent(), learning_rate=1.0), Run(np.zeros(4))
    >>> [round(epoch.loss, 4) for epoch in islice(epochs(recipe, samples, run), 3)]
    [0.6931, 0.3133, 0.1946]
    """
    assert not isinstance(recipe.solver, LBFGS)
    if can_be_recorded(recipe, samples, run.theta):
        with closing(RecordedSteps(recipe, samples, run)) as recorded:
            while True:
                started = time.perf_counter()
                begun, rate = recorded.epoch(recipe.learning_rate * run.rate_scale)
                yield ended(run, len(samples), begun, time.perf_counter() - started, rate)
    with closing(BatchGradients(recipe, samples, run.theta)) as gradients:
        while True:
            started, begun = time.perf_counter(), run.begun
            initial = rate = recipe.learning_rate * run.rate_scale
            goes_on = run.history.epochs + 1 < recipe.epochs
            with closing(gradients.steps(run.epoch, begun.steps, goes_on=goes_on)) as steps:
                for loss, weight, gradient in steps:
                    if recipe.max_norm is not None:
                        clip_norm(gradient, recipe.max_norm)
                    rate = recipe.schedule(initial, run.solver_state.steps, run.samples_seen)
                    recipe.solver.step(run.theta, gradient, run.solver_state, rate)
                    begun = BegunEpoch(begun.steps + 1, begun.loss + loss * weight, begun.weight + weight)
                    if samples.stored and recipe.checkpoint is not None:
                        run.begun = begun
                        recipe.checkpoint.keep(run)
            yield ended(run, len(samples), begun, time.perf_counter() - started, rate)


def ended(run: Run, rows: int, begun: BegunEpoch, seconds: float, rate: float) -> Epoch:
    """Count an epoch of the run as finished, and return its figures.

    Raises
    ------
    FloatingPointError
        When the loss is no longer finite.
    """
    run.begun = BegunEpoch()
    run.epoch += 1
    run.samples_seen += rows
    mean = begun.loss / begun.weight
    if not math.isfinite(mean):
        raise FloatingPointError(
            f"the loss is {mean} in epoch {run.epoch}: the inputs are too large or the learning rate "
            f"({rate:g}) is too high"
        )
    return Epoch(run.epoch, mean, seconds, rate)
