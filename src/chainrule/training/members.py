"""Train many networks at once: fits of one architecture take their steps in one stack.

Fits that see the same batches (the same samples, seed and batch size) share the batches and the product of the first
layer. Other fits of the same sizes share their steps only. Each thread of the process advances a stack by an epoch
at a time, with single-threaded products. After each epoch, every member is judged as `train` judges it, and those
that have ended leave the stack. Fits that no stack can take are trained one after another.
"""

import math
import threading
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any, TypeAlias

import numpy as np

from chainrule.arrays import Array, copy_of, is_sparse
from chainrule.kernels.blas import available_threads, single_threaded_products
from chainrule.kernels.workers import each
from chainrule.networks import member_plan
from chainrule.networks.member_plan import MemberPlan, empty_blocks, member_of, put_member
from chainrule.networks.plan import Masks, masks_of
from chainrule.solvers import SGD, Adam, GradientDescent, SolverState, clip_norm, constant
from chainrule.training.data import BatchReader, Samples
from chainrule.training.fitting import FULL_BATCH_BLOCK, Clock, ended, ends, train
from chainrule.training.history import BegunEpoch
from chainrule.training.recipe import Fit
from chainrule.workspace import Workspace

MOST_MEMBERS = 8
"""Members of a stack. More of them take no less time each, and their arrays leave the processor's cache."""
MOST_BYTES = 1 << 29
"""Bytes of all stacks up to which they advance in turn; beyond it, a stack is finished before the next one begins."""

Errors: TypeAlias = list[BaseException | None]


def train_many(fits: Iterable[Fit], *, threads: int | None = None, done: Callable[[int], object] | None = None) -> Errors:
    """Advance each run as `train` does: the result of each is that of its own fit, up to rounding.

    Parameters
    ----------
    fits : iterable of Fit
        They may come one by one: samples that are equal to those of an earlier fit are dropped for these.
    threads : int, optional
        By default, the threads that products may use.
    done : callable, optional
        Called with the number of each fit that has ended, by the thread that ended it.

    Returns
    -------
    list
        For each fit the exception that ended it, or None. Ctrl-C ends the fits that still run: with a
        `KeyboardInterrupt` before their first epoch has ended, and later like any other reason.

    Examples
    --------
    >>> from chainrule.networks import mlp
    >>> from chainrule.solvers import Adam
    >>> from chainrule.training import Objective, Recipe, Run
    >>> network, x = mlp(1, (3,), 2), np.array([[-1.0], [1.0]])
    >>> fits = [
    ...     Fit(Recipe(Objective(network), Adam(), rate, epochs=5), Samples(x, np.array([0, 1])), Run(theta))
    ...     for rate, theta in ((0.1, network.initial_parameters(0)), (0.2, network.initial_parameters(0)))
    ... ]
    >>> train_many(fits)
    [None, None]
    >>> [fit.run.history.epochs for fit in fits]
    [5, 5]
    """
    taken: list[Fit] = []
    streams: dict[Any, list[list[int]]] = {}
    single: list[int] = []
    for number, fit in enumerate(fits):
        taken.append(fit)
        key = _key(fit)
        if key is None:
            single.append(number)
            continue
        of_key = streams.setdefault((key, fit.recipe.seed), [])
        for same in of_key:
            if _equal(taken[same[0]].samples, fit.samples):
                fit.samples = taken[same[0]].samples
                same.append(number)
                break
        else:
            of_key.append([number])
    progress = _Progress(taken, [None] * len(taken), done or (lambda number: None))
    count = len(taken) - len(single)
    if count == 1:
        single += streams.popitem()[1][0]
    threads = available_threads() if threads is None else threads
    stacks = _stacks(streams, progress, max(1, min(MOST_MEMBERS, count // (2 * threads))))
    _advance(stacks, threads, progress)
    for number in sorted(single):
        if progress.stopped.is_set():
            progress.errors[number] = KeyboardInterrupt()
            continue
        fit = taken[number]
        try:
            train(fit.recipe, fit.samples, fit.run, fit.judge)
        except KeyboardInterrupt as error:
            progress.stopped.set()
            progress.errors[number] = error
        except Exception as error:
            progress.errors[number] = error
        if fit.run.history.stopped_by == "interrupt":
            progress.stopped.set()
        progress.done(number)
    return progress.errors


@dataclass
class _Progress:
    """The fits, what became of them, and who is told."""

    fits: list[Fit]
    errors: Errors
    done: Callable[[int], object]
    stopped: threading.Event = field(default_factory=threading.Event)


def _key(fit: Fit) -> Any:
    """What members of a stack have in common; None for a fit that no stack takes."""
    recipe, samples = fit.recipe, fit.samples
    solver, objective = recipe.solver, recipe.objective
    if (
        not isinstance(solver, Adam | SGD | GradientDescent)
        or recipe.device is not None
        or recipe.checkpoint is not None
        or recipe.processes is not None
        or recipe.change is not None
        or samples.stored
        or is_sparse(samples.x)
        or fit.run.solver_state.steps
        or fit.run.epoch
        or objective.penalise_biases
        or (recipe.batch_size is None and len(samples) > FULL_BATCH_BLOCK)
        or not member_plan.takes_members(objective.network)
    ):
        return None
    layers = tuple(
        (layer.rule, layer.out_shape, tuple(layer.options.items()), _hashable(layer.noise))
        for layer in objective.network.layers
    )
    kind = samples.targets.shape[1:], samples.targets.dtype, samples.weights is None
    batches = len(samples), samples.x.shape[1], samples.x.dtype, recipe.batch_size, recipe.shuffle
    steps = replace(solver, n_weights=None) if isinstance(solver, Adam) else solver
    return layers, objective.network.loss, objective.label_smoothing, kind, batches, steps


def _hashable(noise: Any) -> Any:
    """A partial function by its parts, since two partial functions are never equal."""
    return (noise.func, noise.args, tuple(noise.keywords.items())) if isinstance(noise, partial) else noise


def _equal(one: Samples, other: Samples) -> bool:
    """True if the samples are the same."""
    pairs = [(one.targets, other.targets), (one.weights, other.weights), (one.x[:1], other.x[:1]), (one.x, other.x)]
    return all(a is b or (a is not None and b is not None and np.array_equal(a, b)) for a, b in pairs)


def _stacks(streams: dict[Any, list[list[int]]], progress: _Progress, most: int) -> list["_Stack"]:
    """Stacks of at most so many fits: first those that share their batches, then the others."""
    stacks, others = [], dict[Any, list[int]]()
    for (key, _), lists in streams.items():
        for numbers in lists:
            if len(numbers) > 1:
                stacks += [_Stack(part, progress, shared=True) for part in _parts(numbers, most)]
            else:
                others.setdefault(key, []).extend(numbers)
    for numbers in others.values():
        stacks += [_Stack(part, progress, shared=False) for part in _parts(numbers, most)]
    return stacks


def _parts(numbers: list[int], most: int) -> list[list[int]]:
    """Parts of nearly equal lengths.

    >>> _parts([0, 1, 2, 3, 4], 2)
    [[0], [1, 2], [3, 4]]
    """
    count = -(-len(numbers) // most)
    return [numbers[len(numbers) * k // count : len(numbers) * (k + 1) // count] for k in range(count)]


def _advance(stacks: list["_Stack"], threads: int, progress: _Progress) -> None:
    """Run epochs of all stacks until every member has ended."""
    queue, left, changed = deque(stacks), len(stacks), threading.Condition()
    in_turn = sum(stack.nbytes for stack in stacks) <= MOST_BYTES

    def work(thread: int) -> None:
        nonlocal left
        # Threads of the pool have settings of their own.
        with single_threaded_products(), np.errstate(over="ignore", invalid="ignore"):
            while True:
                with changed:
                    # The first thread stays to the end, because it is the one that Ctrl-C reaches.
                    changed.wait_for(lambda: queue or not left or progress.stopped.is_set())
                    if not left or progress.stopped.is_set():
                        return
                    stack = queue.popleft()
                goes_on = stack.epoch()
                with changed:
                    if not goes_on:
                        left -= 1
                    elif in_turn:
                        queue.append(stack)
                    else:
                        queue.appendleft(stack)
                    changed.notify_all()

    def watched(thread: int) -> None:
        try:
            work(thread)
        except BaseException:
            with changed:
                progress.stopped.set()
                changed.notify_all()
            raise

    try:
        each(min(threads, len(stacks)), watched)
    except KeyboardInterrupt:
        for stack in stacks:
            stack.interrupt()


class _Stack:
    """Fits that take their steps together."""

    def __init__(self, numbers: Sequence[int], progress: _Progress, *, shared: bool) -> None:
        self._numbers, self._progress, self._shared = list(numbers), progress, shared
        self._clocks: list[Clock] = []
        first = self._fits[0]
        self._samples, self._recipe = len(first.samples), first.recipe
        self._network, self._dtype = first.recipe.objective.network, first.samples.x.dtype
        self._batch = first.recipe.batch_size or self._samples
        self._theta: list[Array] = []
        self._plans: dict[int, MemberPlan] = {}
        self._work = Workspace()

    @property
    def nbytes(self) -> int:
        """About the bytes that the stack takes: parameters, gradients, two vectors of the solver, and outputs."""
        outputs = 2 * self._batch * sum(self._network.widths)
        return len(self._numbers) * self._dtype.itemsize * (4 * self._network.n_parameters + outputs)

    @property
    def _fits(self) -> list[Fit]:
        return [self._progress.fits[number] for number in self._numbers]

    def epoch(self) -> bool:
        """Train each member for an epoch. True if some go on."""
        if not self._theta:
            self._begin()
        fits, started = self._fits, time.perf_counter()
        loss, weight = np.zeros(len(fits)), np.zeros(len(fits))
        first = [fit.recipe.learning_rate * fit.run.rate_scale for fit in fits]
        alphas = np.array([fit.recipe.objective.alpha for fit in fits])
        varying = any(fit.recipe.schedule is not constant for fit in fits)
        rates, column = first, np.array(first, self._dtype)[:, None]
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
                steps = self._states[0].steps
                rates = [
                    fit.recipe.schedule(rate, steps, fit.run.samples_seen)
                    for fit, rate in zip(fits, first, strict=True)
                ]
                column = np.array(rates, self._dtype)[:, None]
            for theta, gradient, state, solver in zip(
                self._theta, self._gradient, self._states, self._solvers, strict=True
            ):
                rows = len(fits), -1
                solver.step(theta.reshape(rows), gradient.reshape(rows), state, column)
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
            history = self._progress.fits[number].run.history
            if math.isnan(history.best):
                self._progress.errors[number] = KeyboardInterrupt()
            else:
                history.stopped_by = "interrupt"
                self._hand_over(place)
            self._progress.done(number)
        self._numbers = []

    # What follows is private.

    def _begin(self) -> None:
        """Put the members together."""
        network, fits = self._network, self._fits
        self._theta = empty_blocks(network, len(fits), self._dtype)
        for place, fit in enumerate(fits):
            put_member(network, self._theta, place, fit.run.theta)
            if fit.run.best is None and fit.judge is not None:
                fit.run.best = copy_of(fit.run.theta)
        solver: Any = self._recipe.solver
        whole = replace(solver, n_weights=None) if isinstance(solver, Adam) else solver
        without_decay = replace(whole, weight_decay=0.0) if isinstance(solver, Adam) else solver
        self._solvers = [whole if block.parameter.penalised else without_decay for block in network.blocks]
        self._states = [
            solver.start(theta.reshape(len(fits), -1)) for solver, theta in zip(self._solvers, self._theta, strict=True)
        ]
        self._gradient = [np.empty_like(theta) for theta in self._theta]
        self._clocks = [Clock() for _ in fits]
        self._readers = [
            BatchReader(
                fit.samples, self._batch, fit.recipe.shuffle and fit.recipe.batch_size is not None, fit.recipe.seed
            )
            for fit in (fits[:1] if self._shared else fits)
        ]

    def _batches(self) -> Iterator[tuple[Array, Array, Array | None]]:
        """The batches of all members: x, targets and weights, with a first axis of members, or of length 1."""
        epochs = [reader.epoch(self._fits[0].run.epoch) for reader in self._readers]
        for batches in zip(*epochs, strict=True):
            if len(batches) == 1:
                yield tuple(None if a is None else a[None] for a in _arrays(batches[0]))  # type: ignore[misc]
                continue
            columns = zip(*map(_arrays, batches), strict=True)
            yield tuple(self._put_together(name, parts) for name, parts in enumerate(columns))  # type: ignore[misc]

    def _put_together(self, name: int, parts: Sequence[Array | None]) -> Array | None:
        if parts[0] is None:
            return None
        out = self._work(f"batch {name}", (len(parts), *parts[0].shape), parts[0])
        return np.stack(parts, out=out)

    def _plan(self, samples: int) -> MemberPlan:
        if samples not in self._plans:
            self._plans[samples] = MemberPlan(self._network, samples, self._theta, self._gradient)
        return self._plans[samples]

    def _masks(self, samples: int, number: int) -> Masks | None:
        """The masks of a batch, as each member's own fit draws them."""
        layers = self._network.layers
        if not any(layer.noise is not None for layer in layers):
            return None
        drawn = []
        for fit in self._fits[:1] if self._shared else self._fits:
            key = fit.recipe.seed, fit.run.epoch + 1, number
            masks = masks_of(self._network, samples, key, self._theta[0], self._work)
            drawn.append({index: mask.T.copy() for index, mask in masks.items()})
        return {index: np.stack([masks[index] for masks in drawn]) for index in drawn[0]}

    def _clip(self) -> None:
        for place, fit in enumerate(self._fits):
            if fit.recipe.max_norm is not None:
                vector = self._work("gradient", (self._network.n_parameters,), self._theta[0])
                clip_norm(member_of(self._network, self._gradient, place, out=vector), fit.recipe.max_norm)
                put_member(self._network, self._gradient, place, vector)

    def _goes_on(self, place: int, figures: BegunEpoch, seconds: float, rate: float) -> bool:
        """Judge the epoch of a member. A member that ends is handed over."""
        number = self._numbers[place]
        fit = self._progress.fits[number]
        if fit.judge is not None:
            member_of(self._network, self._theta, place, out=fit.run.theta)
        try:
            epoch = ended(fit.run, self._samples, figures, seconds, rate)
            if not ends(fit.recipe, fit.run, fit.judge, epoch, self._samples, self._clocks[place]):
                return True
            self._hand_over(place)
        except Exception as error:
            self._progress.errors[number] = error
        self._progress.done(number)
        return False

    def _hand_over(self, place: int) -> None:
        """Copy a member to its run."""
        fit, network = self._progress.fits[self._numbers[place]], self._network
        run, solver = fit.run, fit.recipe.solver
        assert isinstance(solver, Adam | SGD | GradientDescent)
        member_of(network, self._theta, place, out=run.theta)
        run.solver_state = solver.start(run.theta)
        run.solver_state.steps = self._states[0].steps
        for name, vector in run.solver_state.vectors.items():
            blocks = [
                state.vectors[name].reshape(theta.shape)
                for state, theta in zip(self._states, self._theta, strict=True)
            ]
            member_of(network, blocks, place, out=vector)
        if fit.judge is not None:
            run.theta[...] = run.best

    def _keep(self, goes_on: list[bool]) -> None:
        """Leave only the members that go on."""
        if all(goes_on):
            return
        kept = np.flatnonzero(goes_on)
        for places in (self._numbers, self._clocks, *([] if self._shared else [self._readers])):
            places[:] = [places[place] for place in kept]
        self._theta = [theta[kept] for theta in self._theta]
        self._gradient = [np.empty_like(theta) for theta in self._theta]
        self._states = [
            SolverState(
                {name: vector[kept] for name, vector in state.vectors.items()}, state.steps, state.buffer[: len(kept)]
            )
            for state in self._states
        ]
        self._plans = {}


def _arrays(samples: Samples) -> tuple[Array, Array, Array | None]:
    return samples.x, samples.targets, samples.weights
