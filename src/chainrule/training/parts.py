"""Gradients of batches that are cut into parts. Their bits depend neither on processes nor on threads.

A batch is cut into PARTS parts of consecutive rows. Any process may compute a part, with single-threaded products. The
parts are summed in a binary tree,

    ((g0 + g1) + (g2 + g3)) + ((g4 + g5) + (g6 + g7)),

so that every process and every thread adds its own parts, and passes on one or two sums. Every process then adds the
sums of all processes for an equal share of the parameters, and sends the result to the others: with n processes, each
sends and receives about 2 (n - 1) / n times the gradient.

`engines.TreeSum` does not fit here: it keeps a part in memory until its neighbour arrives, and sums float32 in float64.
Here parts are computed in order into a few buffers, and their sums keep dtype and device.
"""

from collections.abc import Callable
from itertools import pairwise
from operator import itemgetter
from typing import TypeAlias

import numpy as np

from chainrule.arrays import Array, empty, is_torch
from chainrule.kernels.blas import single_threaded_products
from chainrule.kernels.workers import share
from chainrule.networks import Plan
from chainrule.networks.plan import Masks, masks_of
from chainrule.networks.tiles import WORTH_THREADS
from chainrule.training.data import Samples
from chainrule.training.processes import Processes
from chainrule.training.recipe import Objective
from chainrule.workspace import Workspace

PARTS = 8
"""Parts of a batch, and the most processes that can share it."""
EXTRAS = 3
"""Entries after the gradient: the sum of the weighted losses, the sum of the weights, and 1 after Ctrl-C."""

Node: TypeAlias = tuple[int, int]
"""A node of the tree: the number of its first part, and of the part after its last."""


def borders_of(rows: int) -> list[int]:
    """The first row of each part of a batch, and the number of rows: the first parts have a row more than the others.

    >>> borders_of(10), borders_of(3)
    ([0, 2, 4, 5, 6, 7, 8, 9, 10], [0, 1, 2, 3, 3, 3, 3, 3, 3])
    """
    each, more = divmod(rows, PARTS)
    return [each * part + min(part, more) for part in range(PARTS + 1)]


def parts_of(rank: int, count: int) -> range:
    """The parts that a process computes.

    >>> [parts_of(rank, 3) for rank in range(3)]
    [range(0, 2), range(2, 5), range(5, 8)]
    """
    return range(PARTS * rank // count, PARTS * (rank + 1) // count)


def nodes_of(rank: int, count: int) -> list[Node]:
    """The largest nodes of the tree whose parts all belong to one process.

    >>> [nodes_of(rank, 3) for rank in range(3)]
    [[(0, 2)], [(2, 4), (4, 5)], [(5, 6), (6, 8)]]
    """
    mine = parts_of(rank, count)

    def below(start: int, stop: int) -> list[Node]:
        if mine.start <= start and stop <= mine.stop:
            return [(start, stop)]
        middle = (start + stop) // 2
        return [] if stop - start == 1 else below(start, middle) + below(middle, stop)

    return below(0, PARTS)


class PartSums:
    """The objective and its gradient on batches that processes and their threads share.

    Parameters
    ----------
    objective : Objective
    theta : array
        The parameters, used in place.
    processes : Processes
    rows : int
        Rows of most batches. They decide how many threads are used.

    Raises
    ------
    ValueError
        If there are more processes than parts.
    """

    def __init__(self, objective: Objective, theta: Array, processes: Processes, rows: int) -> None:
        if processes.count > PARTS:
            raise ValueError(f"at most {PARTS} processes can share the batches of a fit, got {processes.count}")
        self._objective, self._theta, self._processes = objective, theta, processes
        worth = not is_torch(theta) and rows * objective.network.n_products / processes.count > WORTH_THREADS
        self._threads = processes.threads if worth else 1
        self._nodes = [nodes_of(rank, processes.count) for rank in range(processes.count)]
        self._tasks = self._nodes[processes.rank]
        while len(self._tasks) < min(self._threads, len(parts_of(processes.rank, processes.count))):
            self._tasks = [half for node in self._tasks for half in _halves(*node)]
        length = objective.network.n_parameters + EXTRAS
        ends = [length * rank // processes.count for rank in range(processes.count + 1)]
        self._columns = [slice(start, stop) for start, stop in pairwise(ends)]
        self._length = length
        self._memory: dict[tuple[object, ...], Array] = {}
        self._plans: dict[tuple[int, int], Plan] = {}
        self._work = Workspace()

    def share(self, rows: int) -> slice:
        """The rows of a batch that this process works on; all rows of a batch that has fewer rows than parts."""
        if rows < PARTS:
            return slice(0, rows)
        mine, borders = parts_of(self._processes.rank, self._processes.count), borders_of(rows)
        return slice(borders[mine.start], borders[mine.stop])

    def __call__(
        self, batch: Samples, rows: int, dropout_key: tuple[int, ...] | None, *, penalised: bool = True
    ) -> tuple[float, float, Array]:
        """The objective on a batch of `rows` rows, its weight, and its gradient, which the next call overwrites.

        Parameters
        ----------
        batch : Samples
            The whole batch, or the share of this process.
        rows : int
        dropout_key : tuple of int, optional
            (seed, epoch, batch), which decides the masks of the whole batch.
        penalised : bool
            True to add the penalty.

        Raises
        ------
        KeyboardInterrupt
            On all ranks, after Ctrl-C on rank 0.
        ValueError
            If the weights of the batch have no positive sum.
        ConnectionError
            If a process is lost.
        """
        size, present = self._length - EXTRAS, min(PARTS, rows)
        tasks = [task for task in self._tasks if task[0] < present]
        gradient_of = self._gradients(batch, rows, dropout_key, penalised=penalised)
        done: dict[Node, Array] = {}

        def work(thread: int, number: int) -> None:
            # Threads of the pool do not share these settings. Images have as many tiles as threads.
            with single_threaded_products(), np.errstate(over="ignore", invalid="ignore"):
                done[tasks[number]] = gradient_of(thread, tasks[number])

        share(len(tasks), self._threads, work)
        mine = {
            node: _added(node, present, done.get) for node in self._nodes[self._processes.rank] if node[0] < present
        }
        whole = mine[0, PARTS] if self._processes.count == 1 else self._over_processes(mine, present)
        loss, weight, interrupted = (float(entry) for entry in whole[size:])
        if interrupted:
            raise KeyboardInterrupt
        if not weight > 0:
            raise ValueError("the weights of a batch must have a positive sum")
        gradient = whole[:size]
        gradient /= weight
        return loss / weight, weight, gradient

    # What follows is private.

    def _gradients(
        self, batch: Samples, rows: int, dropout_key: tuple[int, ...] | None, *, penalised: bool
    ) -> Callable[[int, Node], Array]:
        """A function of a thread and a node that computes the sum over the parts of the node."""
        objective, borders, present = self._objective, borders_of(rows), min(PARTS, rows)
        network, size = objective.network, self._length - EXTRAS
        first = 0 if len(batch) == rows else self.share(rows).start
        interrupted = float(self._processes.rank == 0 and self._processes.interrupted.is_set())
        masks: Masks = {}
        if dropout_key is not None:
            masks = masks_of(network, rows, dropout_key, self._theta, self._work)

        def sum_over(thread: int, task: Node) -> Array:
            def of_part(node: Node) -> Array | None:
                part, after = node
                if after - part > 1:
                    return None
                # In a task, as many sums wait for part k as k has ones in binary. Each of them keeps its buffer.
                out = self._buffer((task, (part - task[0]).bit_count()), self._length)
                inside = slice(borders[part], borders[after])
                some = batch.each(itemgetter(slice(inside.start - first, inside.stop - first)))
                if (thread, len(some)) not in self._plans:
                    self._plans[thread, len(some)] = Plan(network, len(some), self._theta, out[:size])
                plan = self._plans[thread, len(some)]
                plan.write_to(out[:size])
                out[size] = plan.loss_and_gradient(
                    some.x,
                    some.targets,
                    some.weights,
                    l2=0.5 * objective.alpha if penalised and part == 0 else 0.0,
                    penalise_biases=objective.penalise_biases,
                    label_smoothing=objective.label_smoothing,
                    masks={index: mask[inside] for index, mask in masks.items()} if masks else None,
                    total_weight=1.0,
                    validate=False,
                )
                out[size + 1] = len(some) if some.weights is None else some.weights.sum()
                out[size + 2] = interrupted
                return out

            return _added(task, present, of_part)

        return sum_over

    def _over_processes(self, mine: dict[Node, Array], present: int) -> Array:
        """The sum over all parts, from the nodes of all processes."""
        processes = self._processes
        whole, own = self._buffer(("whole",), self._length), self._columns[processes.rank]
        width = own.stop - own.start
        theirs = {
            rank: {node: self._buffer((rank, node), width) for node in nodes if node[0] < present}
            for rank, nodes in enumerate(self._nodes)
            if rank != processes.rank
        }
        processes.exchange(
            {rank: [total[self._columns[rank]] for total in mine.values()] for rank in theirs},
            {rank: list(nodes.values()) for rank, nodes in theirs.items()},
        )
        sums = {node: total[own] for node, total in mine.items()}
        for nodes in theirs.values():
            sums |= nodes
        whole[own] = _added((0, PARTS), present, sums.get)
        processes.exchange(
            {rank: [whole[own]] for rank in theirs}, {rank: [whole[self._columns[rank]]] for rank in theirs}
        )
        return whole

    def _buffer(self, name: tuple[object, ...], length: int) -> Array:
        if name not in self._memory:
            self._memory[name] = empty((length,), self._theta)
        return self._memory[name]


def _halves(start: int, stop: int) -> list[Node]:
    middle = (start + stop) // 2
    return [(start, stop)] if stop - start == 1 else [(start, middle), (middle, stop)]


def _added(node: Node, present: int, known: Callable[[Node], Array | None]) -> Array:
    """The sum over a node, in the memory of its first known node; parts from `present` on are empty."""
    total = known(node)
    if total is not None:
        return total
    first, second = _halves(*node)
    total = _added(first, present, known)
    if second[0] < present:
        total += _added(second, present, known)
    return total
