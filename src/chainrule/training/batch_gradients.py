"""The objective of a recipe and its gradient on batches, which are read as the recipe says."""

from collections.abc import Generator
from contextlib import closing

from chainrule.arrays import Array, empty
from chainrule.networks import Plan
from chainrule.progress import counted, counted_pass
from chainrule.training.data import BatchReader, Samples
from chainrule.training.parts import PartSums
from chainrule.training.recipe import Recipe
from chainrule.training.shuffled_windows import WindowReader

FULL_BATCH_BLOCK = 4096
"""Rows per block of a gradient over all samples. They bound the memory that activations take."""
IMAGE_BLOCK = 256
"""Rows per block for images, each of which has at least as many activations as pixels."""


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
        self._rows, processes = recipe.batch_size or block, recipe.processes
        self._parts = None if processes is None else PartSums(recipe.objective, theta, processes, self._rows)
        share = None if self._parts is None else self._parts.share
        serving = samples, self._rows, shuffle, recipe.seed, recipe.change, share
        self._reader = WindowReader(*serving, recipe.device) if samples.stored else BatchReader(*serving)
        self._plans: dict[int, Plan] = {}
        self._gradient = empty(theta.shape, theta)

    def close(self) -> None:
        """End the thread that reads ahead."""
        self._reader.close()

    def steps(
        self, epoch: int, first: int = 0, *, goes_on: bool = False
    ) -> Generator[tuple[float, float, Array], None, None]:
        """The objective, its weight and its gradient for the steps of an epoch, from step `first` on.

        The next step overwrites the gradient. Without a batch size there is one step, on all samples. With `goes_on`,
        another epoch follows, and its samples are read ahead.
        """
        key = self._recipe.seed, epoch + 1
        if self._recipe.batch_size is None:
            if not first:
                loss, gradient = self.on_all_samples(key)
                yield loss, 1.0, gradient
            return
        done = counted(f"epoch {epoch + 1}", len(self._samples), first * self._rows)
        with closing(self._reader.epoch(epoch, first, goes_on=goes_on)) as batches:
            for number, batch in enumerate(batches, first):
                loss, weight = self._on(batch, number, (*key, number))
                done(self._rows)
                yield loss, weight, self._gradient

    def on_all_samples(self, dropout_key: tuple[int, ...] | None = None) -> tuple[float, Array]:
        """The objective and its gradient, summed over blocks of rows; the next call may overwrite the gradient.

        With a `dropout_key`, (seed, epoch), every block has masks, drawn as for a batch of that epoch.
        """
        loss = total = 0.0
        gradient: Array = 0.0
        done = counted_pass(len(self._samples))
        with closing(self._reader.epoch(0)) as blocks:
            for number, block in enumerate(blocks):
                # A penalty is divided by its block's weight, so it would count once per block.
                value, weight = self._on(block, number, dropout_key and (*dropout_key, number), penalised=number == 0)
                done(self._rows)
                if len(self._samples) <= self._rows:
                    return value, self._gradient
                loss += value * weight
                gradient = gradient + weight * self._gradient
                total += weight
        return loss / total, gradient / total

    def _on(
        self, batch: Samples, number: int, dropout_key: tuple[int, ...] | None, *, penalised: bool = True
    ) -> tuple[float, float]:
        """The objective on a batch, and the batch's total weight."""
        objective, rows = self._recipe.objective, min(self._rows, len(self._samples) - number * self._rows)
        if self._parts is not None:
            loss, total, self._gradient = self._parts(batch, rows, dropout_key, penalised=penalised)
            return loss, total
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
