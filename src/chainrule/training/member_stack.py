"""A stack: fits of networks of one architecture that take steps together, one epoch at a time."""

import math
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, TypeAlias

import numpy as np

from chainrule.arrays import Array, copy_of
from chainrule.networks.member_plan import Blocks, MemberPlan, blocks_of, member_of, parts_of, put_member
from chainrule.networks.plan import Masks, masks_of
from chainrule.solvers import Adam, Rates, SolverState, clip_norm, constant
from chainrule.training.data import BatchReader, Samples
from chainrule.training.fitting import FitClock, ended, ends
from chainrule.training.history import BegunEpoch
from chainrule.training.recipe import LBFGS, Fit
from chainrule.workspace import Workspace

Errors: TypeAlias = list[BaseException | None]

GATHERED_AT_ONCE = 1 << 25
"""Most bytes of all members' features for which they are copied to one array, to gather batches from."""


@dataclass
class Sweep:
    """The fits, their errors, and the function to call when a fit has ended."""

    fits: list[Fit]
    errors: Errors
    done: Callable[[Fit], object]
    stopped: threading.Event = field(default_factory=threading.Event)


class MemberStack:
    """Fits that take their steps together."""

    def __init__(self, numbers: Sequence[int], sweep: Sweep, *, shared: bool) -> None:
        self._numbers, self._sweep, self._shared = list(numbers), sweep, shared
        self._clocks: list[FitClock] = []
        first = self._fits[0]
        self._samples, self._recipe = len(first.samples), first.recipe
        self._network, self._dtype = first.recipe.objective.network, first.samples.x.dtype
        self._batch = first.recipe.batch_size or self._samples
        self._theta: Array = None
        self._plans: dict[int, MemberPlan] = {}
        self._over: set[int] = set()  # the places of members that have ended in this epoch
        self._work = Workspace()

    @property
    def nbytes(self) -> int:
        """An estimate of the stack's bytes: parameters, gradients, two vectors of the solver, and outputs."""
        outputs = 2 * self._batch * sum(self._network.widths)
        return len(self._numbers) * int(self._dtype.itemsize) * (4 * self._network.n_parameters + outputs)

    @property
    def _fits(self) -> list[Fit]:
        return [self._sweep.fits[number] for number in self._numbers]

    def epoch(self) -> bool:
        """Train each member for an epoch. True if some members go on."""
        if self._theta is None:
            self._begin()
        fits, started = self._fits, time.perf_counter()
        loss, weight = np.zeros(len(fits)), np.zeros(len(fits))
        first = [fit.recipe.learning_rate * fit.run.rate_scale for fit in fits]
        alphas = np.array([fit.recipe.objective.alpha for fit in fits])
        varying = any(fit.recipe.schedule is not constant for fit in fits)
        rates, each = first, self._rates(first)
        for number, batch in enumerate(self._batches()):
            x, targets, weights = batch
            total: Any = x.shape[1] if weights is None else weights.sum(axis=1)
            means = self._plan(x.shape[1]).losses_and_gradients(
                x,
                targets,
                weights,
                (0.5 * alphas / total).astype(self._dtype),
                label_smoothing=self._recipe.objective.label_smoothing,
                masks=self._masks(x.shape[1], number),
            )
            self._clip()
            if varying:
                steps = self._state.steps
                rates = [
                    fit.recipe.schedule(rate, steps, fit.run.samples_seen)
                    for fit, rate in zip(fits, first, strict=True)
                ]
                each = self._rates(rates)
            self._solver.step(self._theta, self._gradient, self._state, each)
            loss += means.astype(np.float64) * total
            weight += total
        seconds = (time.perf_counter() - started) / len(fits)
        self._keep(
            [
                self._goes_on(place, BegunEpoch(0, float(loss[place]), float(weight[place])), seconds, rates[place])
                for place in range(len(fits))
            ]
        )
        return bool(self._numbers)

    def interrupt(self) -> None:
        """End the members that still run."""
        for place, number in enumerate(self._numbers):
            if place in self._over:
                continue
            history = self._sweep.fits[number].run.history
            if math.isnan(history.best):
                self._sweep.errors[number] = KeyboardInterrupt()
            else:
                history.stopped_by = "interrupt"
                self._hand_over(place)
            self._sweep.done(self._sweep.fits[number])
        self._numbers = []

    # What follows is private.

    def _begin(self) -> None:
        """Put the members in one flat vector, and start solver and readers."""
        network, fits = self._network, self._fits
        self._theta = np.empty(len(fits) * network.n_parameters, self._dtype)
        blocks = self._blocks(self._theta)
        for place, fit in enumerate(fits):
            put_member(network, blocks, place, fit.run.theta)
            if fit.run.best is None and fit.judge is not None:
                fit.run.best = copy_of(fit.run.theta)
        self._prepare()
        self._state = self._solver.start(self._theta)
        self._clocks = [FitClock() for _ in fits]
        self._readers = [
            BatchReader(
                fit.samples, self._batch, fit.recipe.shuffle and fit.recipe.batch_size is not None, fit.recipe.seed
            )
            for fit in (fits[:1] if self._shared else fits)
        ]
        x = fits[0].samples.x
        gathers = len(self._readers) > 1 and len(fits) * x.nbytes <= GATHERED_AT_ONCE
        self._gathered = MemberBatches(self._readers) if gathers else None

    def _prepare(self) -> None:
        """Make everything that depends on the number of members."""
        count, solver = len(self._numbers), self._recipe.solver
        assert not isinstance(solver, LBFGS)
        weights = count * self._network.n_weights
        self._solver = replace(solver, n_weights=weights) if isinstance(solver, Adam) else solver
        self._gradient, self._parts = np.empty_like(self._theta), parts_of(self._network, count)
        self._plans, self._over = {}, set()

    def _blocks(self, flat: Array) -> Blocks:
        return blocks_of(self._network, flat, len(self._numbers))

    def _rates(self, rates: list[float]) -> Rates:
        return Rates(np.tile(np.array(rates, self._dtype), len(self._network.blocks)), self._parts)

    def _batches(self) -> Iterator[tuple[Array, Array, Array | None]]:
        """All members' x, targets and weights by batch. The first axis counts members, or is 1 if they share."""
        if self._gathered is not None:
            yield from self._gathered.epoch(self._fits[0].run.epoch)
            return
        epochs = [reader.epoch(self._fits[0].run.epoch) for reader in self._readers]
        for batches in zip(*epochs, strict=True):
            if len(batches) == 1:
                x, targets, weights = (None if array is None else array[None] for array in _arrays(batches[0]))
            else:
                columns = zip(*map(_arrays, batches), strict=True)
                x, targets, weights = (self._put_together(name, parts) for name, parts in enumerate(columns))
            yield x, targets, weights

    def _put_together(self, name: int, parts: Sequence[Any]) -> Array | None:
        if parts[0] is None:
            return None
        out = self._work(f"batch {name}", (len(parts), *parts[0].shape), parts[0])
        return np.stack(parts, out=out)

    def _plan(self, samples: int) -> MemberPlan:
        if samples not in self._plans:
            self._plans[samples] = MemberPlan(self._network, samples, len(self._numbers), self._theta, self._gradient)
        return self._plans[samples]

    def _masks(self, samples: int, number: int) -> Masks | None:
        """The masks of a batch, as each member's own fit draws them."""
        layers = self._network.layers
        if not any(layer.noise is not None for layer in layers):
            return None
        drawn = []
        for fit in self._fits[:1] if self._shared else self._fits:
            key = fit.recipe.seed, fit.run.epoch + 1, number
            masks = masks_of(self._network, samples, key, self._theta, self._work)
            drawn.append({index: mask.T.copy() for index, mask in masks.items()})
        return {index: np.stack([masks[index] for masks in drawn]) for index in drawn[0]}

    def _clip(self) -> None:
        for place, fit in enumerate(self._fits):
            if fit.recipe.max_norm is not None:
                blocks = self._blocks(self._gradient)
                vector = self._work("gradient", (self._network.n_parameters,), self._theta)
                clip_norm(member_of(self._network, blocks, place, out=vector), fit.recipe.max_norm)
                put_member(self._network, blocks, place, vector)

    def _goes_on(self, place: int, figures: BegunEpoch, seconds: float, rate: float) -> bool:
        """Judge a member's epoch. True if it goes on; otherwise it is copied to its run."""
        number = self._numbers[place]
        fit = self._sweep.fits[number]
        if fit.judge is not None:
            member_of(self._network, self._blocks(self._theta), place, out=fit.run.theta)
        try:
            epoch = ended(fit.run, self._samples, figures, seconds, rate)
            if not ends(fit.recipe, fit.run, fit.judge, epoch, self._samples, self._clocks[place]):
                return True
            self._hand_over(place)
        except Exception as error:
            self._sweep.errors[number] = error
        self._over.add(place)
        self._sweep.done(fit)
        return False

    def _hand_over(self, place: int) -> None:
        """Copy a member to its run."""
        fit, network = self._sweep.fits[self._numbers[place]], self._network
        run, solver = fit.run, fit.recipe.solver
        assert not isinstance(solver, LBFGS)
        member_of(network, self._blocks(self._theta), place, out=run.theta)
        run.solver_state = solver.start(run.theta)
        run.solver_state.steps = self._state.steps
        for name, vector in run.solver_state.vectors.items():
            member_of(network, self._blocks(self._state.vectors[name]), place, out=vector)
        if fit.judge is not None:
            run.theta[...] = run.best

    def _keep(self, goes_on: list[bool]) -> None:
        """Leave only the members that go on."""
        if all(goes_on):
            return
        kept = np.flatnonzero(goes_on)

        def part(flat: Array) -> Array:
            blocks = sorted(zip(self._network.blocks, self._blocks(flat), strict=True), key=lambda pair: pair[0].start)
            return np.concatenate([block[kept].reshape(-1) for _, block in blocks])

        self._theta = part(self._theta)
        vectors = {name: part(vector) for name, vector in self._state.vectors.items()}
        self._state = SolverState(vectors, self._state.steps, np.empty_like(self._theta))
        self._numbers = [self._numbers[place] for place in kept]
        self._clocks = [self._clocks[place] for place in kept]
        if not self._shared:
            self._readers = [self._readers[place] for place in kept]
        if self._gathered is not None:
            self._gathered.keep(kept)
        self._prepare()


class MemberBatches:
    """The batches of members with samples of their own, gathered for all members at once.

    They equal the batches of the members' readers. The samples of all members are copied to one array, so that a batch
    takes one gather in place of one per member.

    Parameters
    ----------
    readers : sequence of BatchReader
        All have the same number of samples and the same batch size.
    """

    def __init__(self, readers: Sequence[BatchReader]) -> None:
        self._readers, self._work = list(readers), Workspace()
        columns = zip(*(_arrays(reader.samples) for reader in readers), strict=True)
        self._arrays = [None if parts[0] is None else np.concatenate(parts) for parts in columns]
        self._starts = len(readers[0].samples) * np.arange(len(readers))

    def keep(self, kept: Array) -> None:
        """Leave only these members."""
        self._readers, self._starts = [self._readers[place] for place in kept], self._starts[kept]

    def epoch(self, number: int) -> Iterator[tuple[Array, Array, Array | None]]:
        """The batches of an epoch, each with a first axis of members. The next one may overwrite them."""
        count, rows = len(self._readers[0].samples), self._readers[0].batch_size
        order = np.stack([reader.order(number) for reader in self._readers]) + self._starts[:, None]
        for start in range(0, count, rows):
            index = order[:, start : start + rows]
            x, targets, weights = (self._of(name, index) for name in range(3))
            yield x, targets, weights

    def _of(self, name: int, index: Array) -> Array | None:
        array = self._arrays[name]
        if array is None:
            return None
        out = self._work(f"batch {name}", (*index.shape, *array.shape[1:]), array, array.dtype)
        return np.take(array, index, axis=0, out=out, mode="clip")


def _arrays(samples: Samples) -> tuple[Array, Array, Array | None]:
    return samples.x, samples.targets, samples.weights
