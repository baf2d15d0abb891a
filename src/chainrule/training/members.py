"""Train many networks at once: fits of one architecture take their steps in one stack.

Fits that see the same batches (the same samples, seed and batch size) share the batches and the product of the first
layer. Other fits of the same sizes share their steps only. Each thread of the process advances one stack by one epoch
at a time, with single-threaded products. After each epoch, every member is judged as `train` judges it, and those that
have ended leave the stack. Fits that no stack can take are trained one after another.
"""

import threading
from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np

from chainrule.arrays import is_sparse
from chainrule.kernels.blas import available_threads, single_threaded_products
from chainrule.kernels.workers import each
from chainrule.networks.member_plan import takes_members
from chainrule.solvers import SGD, Adam, GradientDescent
from chainrule.training.batch_gradients import FULL_BATCH_BLOCK
from chainrule.training.data import Samples
from chainrule.training.fitting import train
from chainrule.training.member_stack import Errors, MemberStack, Sweep
from chainrule.training.recipe import Fit

MOST_MEMBERS = 16
"""Most members of a stack. More members save no time per member, and their arrays no longer fit in the cache."""
MOST_BYTES = 1 << 29
"""Stacks of at most this many bytes in all advance in turn; otherwise, each is finished before the next begins."""


def train_many(
    fits: Iterable[Fit], *, threads: int | None = None, done: Callable[[Fit], object] | None = None
) -> Errors:
    """Advance each run as `train` does. Each result equals that of a separate fit, up to rounding.

    Parameters
    ----------
    fits : iterable of Fit
        They may come one by one. Samples that equal those of an earlier fit are replaced by the earlier ones.
    threads : int, optional
        By default, as many as products may use.
    done : callable, optional
        Called with each fit that has ended, by the thread that ended it.

    Returns
    -------
    list
        For each fit the exception that ended it, or None. Ctrl-C ends the fits that still run: with a
        `KeyboardInterrupt` before their first epoch has ended, and later as any other reason does.

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
    sweep = Sweep(taken, [None] * len(taken), done or (lambda fit: None))
    count = len(taken) - len(single)
    if count == 1:
        single += streams.popitem()[1][0]
    threads = available_threads() if threads is None else threads
    stacks = _stacks(streams, sweep, max(1, min(MOST_MEMBERS, -(-count // threads))))
    _advance(stacks, threads, sweep)
    for number in sorted(single):
        if sweep.stopped.is_set():
            sweep.errors[number] = KeyboardInterrupt()
            continue
        fit = taken[number]
        try:
            train(fit.recipe, fit.samples, fit.run, fit.judge)
        except KeyboardInterrupt as error:
            sweep.stopped.set()
            sweep.errors[number] = error
        except Exception as error:
            sweep.errors[number] = error
        if fit.run.history.stopped_by == "interrupt":
            sweep.stopped.set()
        sweep.done(fit)
    return sweep.errors


def _key(fit: Fit) -> Any:
    """The settings that members of a stack have in common; None for a fit that no stack takes."""
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
        or not takes_members(objective.network)
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
    """A partial function as a tuple of its parts, because two partial functions are never equal."""
    return (noise.func, noise.args, tuple(noise.keywords.items())) if isinstance(noise, partial) else noise


def _equal(one: Samples, other: Samples) -> bool:
    """True if the samples are the same."""
    pairs = [(one.targets, other.targets), (one.weights, other.weights), (one.x[:1], other.x[:1]), (one.x, other.x)]
    return all(a is b or (a is not None and b is not None and np.array_equal(a, b)) for a, b in pairs)


def _stacks(streams: dict[Any, list[list[int]]], sweep: Sweep, most: int) -> list[MemberStack]:
    """Stacks of at most `most` fits: first those that share their batches, then the others."""
    stacks, others = [], dict[Any, list[int]]()
    for (key, _), lists in streams.items():
        for numbers in lists:
            if len(numbers) > 1:
                stacks += [MemberStack(part, sweep, shared=True) for part in _parts(numbers, most)]
            else:
                others.setdefault(key, []).extend(numbers)
    for numbers in others.values():
        stacks += [MemberStack(part, sweep, shared=False) for part in _parts(numbers, most)]
    return stacks


def _parts(numbers: list[int], most: int) -> list[list[int]]:
    """Parts of nearly equal lengths.

    >>> _parts([0, 1, 2, 3, 4], 2)
    [[0], [1, 2], [3, 4]]
    """
    count = -(-len(numbers) // most)
    return [numbers[len(numbers) * k // count : len(numbers) * (k + 1) // count] for k in range(count)]


def _advance(stacks: list[MemberStack], threads: int, sweep: Sweep) -> None:
    """Run epochs of all stacks until every member has ended."""
    queue, left, changed = deque(stacks), len(stacks), threading.Condition()
    in_turn = sum(stack.nbytes for stack in stacks) <= MOST_BYTES

    def work(thread: int) -> None:
        nonlocal left
        # Threads of the pool do not share these settings.
        with single_threaded_products(), np.errstate(over="ignore", invalid="ignore"):
            while True:
                with changed:
                    # The first thread stays to the end, because it is the one that Ctrl-C reaches.
                    while left and not queue and not sweep.stopped.is_set():
                        changed.wait()
                    if not left or sweep.stopped.is_set():
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
                sweep.stopped.set()
                changed.notify_all()
            raise

    try:
        each(min(threads, len(stacks)), watched)
    except KeyboardInterrupt:
        for stack in stacks:
            stack.interrupt()
