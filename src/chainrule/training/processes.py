"""The processes that fit one network together: a group of torch.distributed, started by torchrun or by the user.

Rank 0 decides, reads and writes files, and prints; the others do as it says. All messages go through `exchange`, for
arrays of known shapes, and through `from_rank_0` and `same_everywhere`, for other values. A process that is silent for
longer than SILENCE counts as lost, and the others end with ConnectionError.
"""

from __future__ import annotations

import pickle
import sys
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np

from chainrule.arrays import Array, is_torch, to_numpy
from chainrule.engines.ctrl_c import ctrl_c_calls
from chainrule.kernels.blas import available_threads

if TYPE_CHECKING:
    from chainrule.training.history import Progress
    from chainrule.training.recipe import Judge, Recipe

SILENCE = 60.0
"""Seconds without an answer after which another process counts as lost."""

Value = TypeVar("Value")

_fit = threading.Lock()
"""Held by the fit of this process that shares its batches with other processes."""


@dataclass(frozen=True)
class Processes:
    """The processes of the default group of torch.distributed, as one of them sees them.

    Parameters
    ----------
    rank : int
        The number of this process.
    count : int
    threads : int
        Threads of this process.
    device : str
        Where arrays lie while they are sent: "cuda" for NCCL, "cpu" for other backends.
    interrupted : threading.Event
        Set by Ctrl-C. Rank 0 tells the others with the next gradient, and all stop after the same step.
    """

    rank: int
    count: int
    threads: int = 1
    device: str = "cpu"
    interrupted: threading.Event = field(default_factory=threading.Event, compare=False)

    def exchange(self, sent: Mapping[int, Sequence[Array]], received: Mapping[int, Sequence[Array]]) -> None:
        """Send arrays to other ranks, and receive theirs in place. All arrays must be contiguous.

        Raises
        ------
        ConnectionError
            If a process is lost.
        """
        torch, distributed = sys.modules["torch"], _distributed()

        def wires(arrays: Mapping[int, Sequence[Array]]) -> list[tuple[int, int, Array, Any]]:
            return [
                (rank, tag, array, torch.as_tensor(array, device=self.device))
                for rank, some in arrays.items()
                for tag, array in enumerate(some)
            ]

        coming = wires(received)
        operations = [distributed.P2POp(distributed.isend, wire, rank, tag=tag) for rank, tag, _, wire in wires(sent)]
        operations += [distributed.P2POp(distributed.irecv, wire, rank, tag=tag) for rank, tag, _, wire in coming]
        self._finish(lambda: distributed.batch_isend_irecv(operations))
        for _, _, array, wire in coming:
            if array is not wire and not (type(array) is np.ndarray and self.device == "cpu"):
                array[...] = wire if is_torch(array) else to_numpy(wire)

    def from_rank_0(self, compute: Callable[[], Value]) -> Value:
        """The result of a function that is called on rank 0 only; an error there is raised on all ranks.

        Raises
        ------
        ConnectionError
            If a process is lost.
        """
        value: Any = None
        error: BaseException | None = None
        if self.rank == 0:
            try:
                value = compute()
            except (Exception, KeyboardInterrupt) as raised:
                error = raised
        outcome = self._from(0, (value, None if error is None else _portable(error)))
        if error is not None:
            raise error
        if outcome[1] is not None:
            raise outcome[1]
        found: Value = value if self.rank == 0 else outcome[0]
        return found

    def same_everywhere(self, facts: Mapping[str, str]) -> None:
        """Check that named facts, given as texts, equal those of rank 0.

        Raises
        ------
        ValueError
            On all ranks, if they differ on one of them; the message names the rank and the facts.
        RuntimeError
            If another thread of this process is in the middle of a fit.
        ConnectionError
            If a process is lost.
        """
        if _fit.locked():
            raise RuntimeError("a group of processes fits one network at a time, and another thread is fitting one")
        first, *others = [self._from(rank, dict(facts)) for rank in range(self.count)]
        differences = [
            f"{name} is {own.get(name, 'absent')} on rank {rank} and {first.get(name, 'absent')} on rank 0"
            for rank, own in enumerate(others, start=1)
            for name in first | own
            if own.get(name) != first.get(name)
        ]
        if differences:
            raise ValueError(f"all processes of a fit need the same: {'; '.join(differences)}")

    def shared(self, recipe: Recipe, judge: Judge | None) -> tuple[Recipe, Judge | None]:
        """The recipe and the judge for this rank: every rank decides as rank 0 does, and only rank 0 reports."""

        def answer(progress: Progress) -> bool:
            return self.from_rank_0(lambda: sum(bool(callback(progress)) for callback in recipe.callbacks) > 0)

        def score(theta: Array) -> float:
            own = score_of_rank(theta)  # every rank computes it, so that none waits for long
            return self.from_rank_0(lambda: own)

        if judge is not None:
            score_of_rank = judge.score
            judge = replace(judge, score=score)
        say = recipe.say if self.rank == 0 else None
        return replace(recipe, callbacks=(answer,) if recipe.callbacks else (), say=say), judge

    @contextmanager
    def fitting(self) -> Iterator[None]:
        """A context in which Ctrl-C sets `interrupted`, and in which no other thread of this process may fit."""
        if not _fit.acquire(blocking=False):
            raise RuntimeError("a group of processes fits one network at a time, and another thread is fitting one")
        try:
            with ctrl_c_calls(self.interrupted.set):
                yield
        finally:
            _fit.release()

    # What follows is private.

    def _from(self, rank: int, value: Any) -> Any:
        """The value of one rank, of which the others get a copy."""
        if self.count == 1:
            return value
        torch, distributed = sys.modules["torch"], _distributed()
        message = np.frombuffer(pickle.dumps(value) if rank == self.rank else b"", np.uint8)
        size = torch.tensor([len(message)], device=self.device)
        self._finish(lambda: [distributed.broadcast(size, rank, async_op=True)])
        wire = torch.zeros(int(size), dtype=torch.uint8, device=self.device)
        if rank == self.rank:
            wire[...] = torch.tensor(message)
        self._finish(lambda: [distributed.broadcast(wire, rank, async_op=True)])
        return pickle.loads(to_numpy(wire).tobytes())

    def _finish(self, start: Callable[[], Iterable[Any]]) -> None:
        """Start messages, and wait until they have arrived."""
        try:
            for message in start():
                message.wait(timedelta(seconds=SILENCE))
        except RuntimeError as error:
            reason = " ".join(str(error).split())[:200]
            raise ConnectionError(
                f"rank {self.rank}: another process of this fit has ended, or has not answered for {SILENCE:g} s "
                f"({reason})"
            ) from error


def processes_of_group() -> Processes | None:
    """The processes of the group that torch.distributed was initialised with; None if it was not."""
    distributed = _distributed()
    if distributed is None or not distributed.is_available() or not distributed.is_initialized():
        return None
    device = "cuda" if distributed.get_backend() == "nccl" else "cpu"
    return Processes(distributed.get_rank(), distributed.get_world_size(), available_threads(), device)


def from_rank_0(compute: Callable[[], Value]) -> Value:
    """The result of a function on rank 0 of the group, or in this process without a group; see `Processes`."""
    processes = processes_of_group()
    return compute() if processes is None else processes.from_rank_0(compute)


def is_rank_0() -> bool:
    """True on rank 0 of the group, and without a group."""
    processes = processes_of_group()
    return processes is None or processes.rank == 0


def _distributed() -> Any:
    return sys.modules.get("torch.distributed")


def _portable(error: BaseException) -> BaseException:
    """The error, or one with its message if it cannot be sent."""
    try:
        pickle.loads(pickle.dumps(error))
    except Exception:  # an error's own methods pickle it, and may raise anything
        return RuntimeError(f"{type(error).__name__} on rank 0: {error}")
    return error
