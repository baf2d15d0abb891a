"""Training: epochs of steps, as an iterator that the caller stops, observes and resumes as it likes."""

import math
import time
from collections.abc import Iterator
from dataclasses import dataclass

from chainrule.arrays import Array, empty
from chainrule.networks.plan import Plan
from chainrule.solvers import clip_norm
from chainrule.training.data import BatchReader, Samples
from chainrule.training.history import Run
from chainrule.training.recipe import LBFGS, Recipe

FULL_BATCH_BLOCK = 4096
"""Rows per block where a gradient runs over all samples: bounds the memory of activations."""
IMAGE_BLOCK = 256
"""The same for images, each of which has as many activations as a row has pixels and more."""


@dataclass(frozen=True)
class Epoch:
    """The figures of one epoch."""

    number: int
    """Counted from 1."""
    loss: float
    """The mean objective over the epoch's batches, before each step."""
    seconds: float
    learning_rate: float
    """The rate of the last step."""


def epochs(recipe: Recipe, samples: Samples, run: Run) -> Iterator[Epoch]:
    """Train without end, an epoch at a time, and advance `run` in place.

    Order, changes and dropout depend only on (seed, epoch, batch, layer), so a run resumed from a copy of `run`
    continues as if it had not stopped.

    Raises
    ------
    FloatingPointError
        When the loss is no longer finite.
    """
    assert not isinstance(recipe.solver, LBFGS)
    gradients = BatchGradients(recipe, samples, run.theta)
    while True:
        started, total_loss, total_weight, rate = time.perf_counter(), 0.0, 0.0, recipe.learning_rate
        for loss, weight, gradient in gradients.steps(run.epoch):
            total_loss += loss * weight
            total_weight += weight
            if recipe.max_norm is not None:
                clip_norm(gradient, recipe.max_norm)
            rate = recipe.schedule(recipe.learning_rate, run.solver_state.steps, run.samples_seen)
            recipe.solver.step(run.theta, gradient, run.solver_state, rate)
        run.epoch += 1
        run.samples_seen += len(samples)
        mean = total_loss / total_weight
        if not math.isfinite(mean):
            raise FloatingPointError(
                f"the loss is {mean} in epoch {run.epoch}: the inputs are too large or the learning rate ({rate:g}) "
                "is too high"
            )
        yield Epoch(run.epoch, mean, time.perf_counter() - started, rate)


class BatchGradients:
    """The objective and its gradient on batches of any size, with one plan per size.

    Parameters
    ----------
    recipe : Recipe
    samples : Samples
    theta : array
        The parameters, used in place.
    """

    def __init__(self, recipe: Recipe, samples: Samples, theta: Array) -> None:
        self._recipe, self._samples, self._theta = recipe, samples, theta
        block = FULL_BATCH_BLOCK if recipe.objective.network.image_shape is None else IMAGE_BLOCK
        shuffle = recipe.shuffle and recipe.batch_size is not None
        self._reader = BatchReader(samples, recipe.batch_size or block, shuffle, recipe.seed, recipe.change)
        self._plans: dict[int, Plan] = {}
        self._gradient = empty(theta.shape, theta)

    def steps(self, epoch: int) -> Iterator[tuple[float, float, Array]]:
        """The objective, its weight and its gradient for every step of an epoch; the next step overwrites the gradient.

        Without a batch size there is one step, on all samples.
        """
        key = self._recipe.seed, epoch + 1
        if self._recipe.batch_size is None:
            loss, gradient = self.on_all_samples(key)
            yield loss, 1.0, gradient
            return
        for number, batch in enumerate(self._reader.epoch(epoch)):
            loss, weight = self._on(batch, (*key, number))
            yield loss, weight, self._gradient

    def on_all_samples(self, dropout_key: tuple[int, ...] | None = None) -> tuple[float, Array]:
        """The objective and its gradient, summed over blocks of rows; the next call may overwrite the gradient.

        With a `dropout_key`, (seed, epoch), every block has masks, drawn as for a batch of that epoch.
        """
        loss = total = 0.0
        gradient: Array = 0.0
        for number, block in enumerate(self._reader.epoch(0)):
            # The penalty of each block is divided by the block's weight, and would count once per block.
            value, weight = self._on(block, dropout_key and (*dropout_key, number), penalised=number == 0)
            if len(block) == len(self._samples):
                return value, self._gradient
            loss += value * weight
            gradient = gradient + weight * self._gradient
            total += weight
        return loss / total, gradient / total

    def _on(
        self, batch: Samples, dropout_key: tuple[int, ...] | None, *, penalised: bool = True
    ) -> tuple[float, float]:
        """The objective on a batch, and the batch's total weight."""
        objective, rows = self._recipe.objective, len(batch)
        if rows not in self._plans:
            self._plans[rows] = Plan(objective.network, rows, self._theta, self._gradient)
        total = rows if batch.weights is None else float(batch.weights.sum())
        loss = self._plans[rows].loss_and_gradient(
            batch.x,
            batch.targets,
            batch.weights,
            l2=0.5 * objective.alpha / total if penalised else 0.0,
            penalise_biases=objective.penalise_biases,
            label_smoothing=objective.label_smoothing,
            dropout_key=dropout_key,
            validate=False,
        )
        return loss, total
