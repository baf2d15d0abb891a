"""The engine of dense rows whose passes are taken on a device of PyTorch, such as a GPU.

The rows lie in the device's memory, if they fit; else they are sent again in every pass. The solver's vectors stay in
main memory, except those of L-BFGS: a pass takes W to the device and brings x^T R back, which are small beside many
rows. `device_passes` has the passes that are taken there; the threads of this process take all others.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from functools import cached_property
from typing import Any

import numpy as np

from chainrule.arrays import Array, holds_labels
from chainrule.engines import Engine
from chainrule.extras import import_extra
from chainrule.progress import counted_pass
from chainrule.solvers.convex.device_passes import PASSES
from chainrule.solvers.convex.device_vectors import DeviceVectors
from chainrule.solvers.convex.problem import Problem
from chainrule.solvers.convex.rows import LogitPoint, View, over_blocks, pulled_back
from chainrule.workspace import Workspace

ENTRIES = 1 << 26
"""Most entries of the features or the logits of a part: 256 MiB in float32. A part of 32768 rows, 2048 features and
1000 classes keeps a GPU busy for milliseconds, much longer than Python takes to launch its thirty kernels."""

SPARE = 1 << 32
"""Bytes of a GPU's memory that samples and logits leave free."""


class DeviceEngine:
    """The engine of rows whose passes are taken on a device.

    Parameters
    ----------
    engine : LocalEngine
        The engine of the same rows in main memory.
    device : str
    memory : dict, optional
        What lies on the device; engines with other numbers of threads share it.
    """

    def __init__(self, engine: Any, device: str, memory: dict[Any, Any] | None = None) -> None:
        self.torch = import_extra("torch", "torch", f"device={device!r} needs PyTorch")
        self.engine, self.device, self.work = engine, device, Workspace()
        self._memory: dict[Any, Any] = {} if memory is None else memory

    @property
    def threads(self) -> int:
        """The number of threads in this process."""
        return int(self.engine.threads)

    @property
    def x(self) -> Any:
        """The features of all rows, in main memory."""
        return self.engine.x

    def with_threads(self, count: int) -> DeviceEngine:
        """The engine of the same rows with at most this many threads for passes in this process."""
        return DeviceEngine(self.engine.with_threads(count), self.device, self._memory)

    def around(self, engine: Engine) -> DeviceEngine:
        """The same device for the rows of another engine."""
        return DeviceEngine(engine, self.device)

    def blocks(self) -> Sequence[int]:
        """The keys of all leaves, in the order of rows."""
        return list(self.engine.blocks())

    def map_reduce(self, function: Callable[..., Any], state: Any, keys: Sequence[int] | None = None) -> Any:
        """The sum of a function over rows: on the device, if it is one of `PASSES` over all of them."""
        there = PASSES.get(state[1]) if keys is None and function in (over_blocks, pulled_back) else None
        return self.engine.map_reduce(function, state, keys) if there is None else there(self, state[0], state[2])

    def close(self) -> None:
        """Forget the results that were kept."""
        for name in [name for name in self._memory if isinstance(name, tuple)]:
            del self._memory[name]
        self.engine.close()

    def room(self) -> float:
        """Bytes of the device's memory that logits may have beside the samples; 0 in main memory."""
        if self._in_main_memory:
            return 0.0
        return self._free() - SPARE - (0.0 if "x" in self._memory else self.x.nbytes)

    @cached_property
    def vectors(self) -> DeviceVectors:
        """The place of L-BFGS's vectors."""
        return DeviceVectors(self.torch, self.device)

    # What follows is for the passes.

    def parts(self, view: View) -> Iterator[tuple[slice, Any]]:
        """The rows in parts, with their features: in the samples' dtype, or less their centre in bfloat16."""
        x, done = self.x, counted_pass(self.x.shape[0])
        size, resident = self._size(view.n_outputs), self._resident(view.narrow)
        for start in range(0, len(x), size):
            rows = slice(start, min(start + size, len(x)))
            yield rows, self._sent(x[rows], view.narrow) if resident is None else resident[rows]
            done(rows.stop - rows.start)

    def remembered(self, point: LogitPoint, rows: slice, like: Any, compute: Callable[[Any], None]) -> Any:
        """The logits of rows that `compute` fills at a point. They are kept if the point has a slot.

        `like` is an array of weights, which has the dtype.
        """
        shape = rows.stop - rows.start, like.shape[1]
        if point.slot is None:
            out = self.work("logits", shape, like)
            compute(out)
            return out
        whole, versions = self._memory.get(("logits", point.slot), (None, {}))
        if whole is None or whole.dtype != like.dtype:
            whole, versions = self.torch.empty((len(self.x), shape[1]), dtype=like.dtype, device=self.device), {}
            self._memory["logits", point.slot] = whole, versions
        if versions.get(rows.start) != point.version:
            compute(whole[rows])
            versions[rows.start] = point.version
        return whole[rows]

    def shares(self, rows: slice, view: View) -> Any:
        """The shares of rows in the loss, as a column in float64."""
        weights, torch = self.engine.leaves.weights, self.torch
        if weights is None:
            return torch.full((rows.stop - rows.start, 1), 1 / view.mass, dtype=torch.float64, device=self.device)
        return self._kept("weights", lambda: self.tensor(weights, torch.float64))[rows, None] / (view.mass or 1.0)

    def targets(self, rows: slice, view: View, dtype: Any) -> Any:
        """The targets of rows: labels, or numbers in a dtype."""
        targets = self.engine.leaves.targets
        if view.n_outputs > 1 and holds_labels(targets):
            return self._kept("targets", lambda: self.tensor(targets, self.torch.int64))[rows]
        return self._kept("targets", lambda: self.tensor(targets))[rows].to(dtype)

    def tensor(self, array: Array, dtype: Any = None) -> Any:
        """An array on the device."""
        return self.torch.as_tensor(np.ascontiguousarray(array), dtype=dtype, device=self.device)

    # What follows is private.

    @property
    def _in_main_memory(self) -> bool:
        return str(self.torch.device(self.device).type) != "cuda"

    def _size(self, n_outputs: int) -> int:
        """Rows of a part."""
        return max(1, ENTRIES // max(int(self.x.shape[1]), n_outputs))

    def _kept(self, name: str, make: Callable[[], Any]) -> Any:
        """What lies on the device under a name; it is made at the first call."""
        if name not in self._memory:
            self._memory[name] = make()
        return self._memory[name]

    def _resident(self, narrow: Any) -> Any:
        """All samples on the device; None if they do not fit."""
        size = self.x.nbytes if narrow is None else 2 * self.x.size
        fits = size + SPARE <= self._free()
        return self._kept("x" if narrow is None else "narrow x", lambda: self._sent(self.x, narrow) if fits else None)

    def _free(self) -> float:
        """The free bytes of a GPU's memory."""
        return math.inf if self._in_main_memory else float(self.torch.cuda.mem_get_info(self.device)[0])

    def _sent(self, x: Array, narrow: Any) -> Any:
        """Samples on the device, as `parts` says."""
        if narrow is None:
            return self.tensor(x)
        size, centre = self._size(1), 0.0 if narrow.centre is None else self.tensor(narrow.centre)
        parts = (self.tensor(x[start : start + size]) for start in range(0, len(x), size))
        return self.torch.cat([(part - centre).to(self.torch.bfloat16) for part in parts])


def put_on(problem: Problem, device: str | None) -> Problem:
    """The problem with its passes on a device; unchanged for None.

    Raises
    ------
    ValueError
        For sparse samples, and for samples that are not in memory.
    ImportError
        Without PyTorch.
    """
    if device is None:
        return problem
    if problem.sparse or not problem.in_memory:
        raise ValueError(f"device={device!r} takes dense X in memory; X that is sparse or in files is for device=None")
    return replace(problem, engine=DeviceEngine(problem.engine, device))
