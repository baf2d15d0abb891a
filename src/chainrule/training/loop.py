"""Training: epochs of steps, as an iterator that the caller stops, observes and resumes as it likes."""

import time
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from functools import partial

from chainrule.arrays import Array
from chainrule.networks.network import Network
from chainrule.networks.plan import Plan
from chainrule.solvers import Schedule, Solver, SolverState, clip_norm, constant
from chainrule.training.data import BatchReader, Change, Samples, len_
from chainrule.training.history import History

FULL_BATCH_BLOCK = 4096
"""Rows per block where a gradient runs over all samples: bounds the memory of activations."""
IMAGE_BLOCK = 256
"""The same for images, each of which has as many activations as a row has pixels and more."""


@dataclass
class Run:
    """Everything that changes while training, and so everything that a checkpoint needs.

    Parameters
    ----------
    theta : array
        The flat parameters, updated in place.
    solver_state : SolverState
        `train` replaces it by a state of the recipe's solver, with these vectors if there have been steps.
    epoch : int
        Epochs finished.
    samples_seen : int
    history : History
    best : array, optional
        The parameters after the best epoch, where a judge compares epochs.
    rate_scale : float
        Factor by which an adaptive schedule has lowered the learning rate.
    """

    theta: Array
    solver_state: SolverState = field(default_factory=SolverState)
    epoch: int = 0
    samples_seen: int = 0
    history: History = field(default_factory=History)
    best: Array = None
    rate_scale: float = 1.0


@dataclass(frozen=True)
class Objective:
    """The function that training minimises: the weighted mean loss plus a penalty.

    Parameters
    ----------
    network : Network
    alpha : float
        Adds alpha / (2 w) times the sum of the squared weights, w being the batch's total weight: its number of
        samples, where samples have no weights.
    label_smoothing : float
    penalise_biases : bool
        True if the penalty includes the biases.
    """

    network: Network
    alpha: float = 0.0
    label_smoothing: float = 0.0
    penalise_biases: bool = False

    def value_and_gradient(
        self, plan: Plan, batch: Samples, dropout_key: tuple[int, ...] | None = None
    ) -> tuple[float, float]:
        """The objective on a batch, and the batch's total weight; the gradient goes to plan.gradient."""
        total = len(batch) if batch.weights is None else float(batch.weights.sum())
        loss = plan.loss_and_gradient(
            batch.x,
            batch.targets,
            batch.weights,
            l2=0.5 * self.alpha / total,
            penalise_biases=self.penalise_biases,
            label_smoothing=self.label_smoothing,
            dropout_key=dropout_key,
            validate=False,
        )
        return loss, total


@dataclass(frozen=True)
class Epoch:
    """The figures of one epoch."""

    number: int
    """Counted from 1."""
    loss: float
    """The mean objective over the epoch's batches, before each step."""
    samples: int
    seconds: float
    learning_rate: float


@dataclass
class Plans:
    """Plans of one network for the batch sizes that occur; all share theta and the gradient."""

    network: Network
    theta: Array
    _plans: dict[int, Plan] = field(default_factory=dict)

    def __call__(self, rows: int) -> Plan:
        """The plan for batches of that size."""
        if rows not in self._plans:
            gradient = next(iter(self._plans.values())).gradient if self._plans else None
            self._plans[rows] = Plan(self.network, rows, self.theta, gradient)
        return self._plans[rows]


def epochs(
    run: Run,
    objective: Objective,
    samples: Samples,
    solver: Solver,
    *,
    learning_rate: float,
    batch_size: int | None,
    schedule: Schedule | None = None,
    shuffle: bool = True,
    seed: int = 0,
    max_norm: float | None = None,
    change: Change | None = None,
) -> Iterator[Epoch]:
    """Train without end, an epoch at a time.

    Order, changes and dropout depend only on (seed, epoch, batch, layer), so a run resumed from a copy of `run`
    continues as if it had not stopped.

    Parameters
    ----------
    run : Run
        Advanced in place.
    batch_size : int or None
        Samples per step. None takes one step per epoch, from the gradient over all samples in their order.
    schedule : Schedule, optional
        `constant` if absent.
    max_norm : float, optional
        Gradients of larger norm are scaled down to it.
    change : callable, optional
        Changes the rows of every batch at random, as `Augmentation` does.

    Yields
    ------
    Epoch

    Raises
    ------
    FloatingPointError
        When the loss is no longer finite.
    """
    schedule = schedule or constant
    if batch_size is None:
        gradients = FullBatch(objective, samples, run.theta).epoch
    else:
        reader = BatchReader(samples, batch_size, shuffle=shuffle, seed=seed, change=change)
        gradients = partial(_of_batches, reader, objective, Plans(objective.network, run.theta))
    while True:
        started, total_loss, total_weight, rate = time.perf_counter(), 0.0, 0.0, learning_rate
        for loss, weight, gradient in gradients(seed, run.epoch):
            total_loss += loss * weight
            total_weight += weight
            if max_norm is not None:
                clip_norm(gradient, max_norm)
            rate = schedule(learning_rate, run.solver_state.steps, run.samples_seen)
            solver.step(run.theta, gradient, run.solver_state, rate)
        run.epoch += 1
        run.samples_seen += len(samples)
        mean = total_loss / total_weight
        check_finite(mean, run.epoch, rate)
        yield Epoch(run.epoch, mean, len(samples), time.perf_counter() - started, rate)


def _of_batches(
    reader: BatchReader, objective: Objective, plans: Plans, seed: int, epoch: int
) -> Iterator[tuple[float, float, Array]]:
    """The objective on every batch of an epoch, the batch's weight, and the gradient, which the next overwrites."""
    for number, batch in enumerate(reader.epoch(epoch)):
        plan = plans(len(batch))
        yield *objective.value_and_gradient(plan, batch, (seed, epoch + 1, number)), plan.gradient


class FullBatch:
    """The objective on all samples and its gradient, summed over blocks of rows.

    Parameters
    ----------
    objective : Objective
    samples : Samples
    theta : array
        The parameters, used in place.
    """

    def __init__(self, objective: Objective, samples: Samples, theta: Array) -> None:
        self._objective, self._samples = objective, samples
        self._plans = Plans(objective.network, theta)
        self._rows = FULL_BATCH_BLOCK if objective.network.image_shape is None else IMAGE_BLOCK

    def epoch(self, seed: int, number: int) -> Iterator[tuple[float, float, Array]]:
        """The objective with the masks of that epoch, the weight 1, and the gradient: the one step of an epoch."""
        loss, gradient = self.value_and_gradient((seed, number + 1))
        yield loss, 1.0, gradient

    def value_and_gradient(self, dropout_key: tuple[int, int] | None = None) -> tuple[float, Array]:
        """The objective and its flat gradient, which the next call overwrites where there is one block.

        With a `dropout_key`, (seed, epoch), masks are drawn as for the batches of that epoch, one for each block.
        """
        if len(self._samples) <= self._rows:
            plan = self._plans(len(self._samples))
            key = None if dropout_key is None else (*dropout_key, 0)
            loss, _ = self._objective.value_and_gradient(plan, self._samples, key)
            return loss, plan.gradient
        reader = BatchReader(self._samples, self._rows, shuffle=False, seed=0)
        loss = total = 0.0
        gradient: Array = 0.0
        for number, batch in enumerate(reader.epoch(0)):
            plan = self._plans(len_(batch.x))
            # Each block carries alpha / (2 w_block), weighted by w_block: summed and divided by the total weight, that
            # would count the penalty once per block, so only the first block carries it.
            objective = replace(self._objective, alpha=0.0) if total else self._objective
            key = None if dropout_key is None else (*dropout_key, number)
            value, weight = objective.value_and_gradient(plan, batch, key)
            loss += value * weight
            gradient = gradient + weight * plan.gradient
            total += weight
        return loss / total, gradient / total


def check_finite(loss: float, epoch: int, rate: float) -> None:
    """Raise FloatingPointError unless the loss is a finite number."""
    if not abs(loss) < float("inf"):
        raise FloatingPointError(
            f"the loss is {loss} in epoch {epoch}: the inputs are too large or the learning rate ({rate:g}) is too high"
        )
