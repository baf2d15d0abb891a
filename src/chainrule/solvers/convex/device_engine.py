"""The engine for dense rows that takes its passes on a PyTorch device, such as a GPU.

The rows lie in the device's memory if they fit; otherwise every pass sends them again. The solver's vectors stay in
main memory, except those of L-BFGS and of conjugate gradients: a pass sends W to the device and brings x^T R back,
which are small beside many rows. `device_passes` has the device's passes. Threads of this process take the others: the
sample, the whole Hessian, the last evaluation for a certificate, and sums over some leaves for preconditioners.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from functools import cached_property
from typing import Any

import numpy as np

from chainrule.arrays import Array, holds_labels, on_device
from chainrule.engines import Engine
from chainrule.extras import import_extra
from chainrule.kernels.blas import single_threaded_products
from chainrule.progress import counted_pass
from chainrule.solvers.convex.device_passes import PASSES, curvature
from chainrule.solvers.convex.device_vectors import DeviceVectors
from chainrule.solvers.convex.evaluation import STORED_BYTES
from chainrule.solvers.convex.features import Features
from chainrule.solvers.convex.problem import Problem
from chainrule.solvers.convex.row_blocks import LogitPoint, View
from chainrule.solvers.convex.rows import over_blocks, pulled_back
from chainrule.workspace import Workspace

ENTRIES = 1 << 26
"""Most entries of the features or the logits of a part: 256 MiB in float32. A part of 32768 rows, 2048 features and
1000 classes keeps a GPU busy for milliseconds, much longer than Python takes to launch its thirty kernels."""

SPARE = 1 << 32
"""Bytes of a GPU's memory that samples and logits leave free."""


class DeviceEngine:
    """The engine that takes the passes over its rows on a device.

    Parameters
    ----------
    engine : LocalEngine
        The engine of the same rows in main memory.
    device : str
    memory : dict, optional
        Arrays on the device, which engines with other numbers of threads share.
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
        """An engine on this device for another engine's rows. It shares memory if they are the same rows."""
        return DeviceEngine(engine, self.device, self._memory if engine.x is self.x else None)

    def blocks(self) -> Sequence[int]:
        """The keys of all leaves, in the order of rows."""
        return list(self.engine.blocks())

    def map_reduce(self, function: Callable[..., Any], state: Any, keys: Sequence[int] | None = None) -> Any:
        """The sum of a function over rows; on the device if the function is in `PASSES` and all rows count."""
        of_rows = function in (over_blocks, pulled_back)
        there = PASSES.get(state[1]) if of_rows and keys is None else None
        if there is not None:
            return there(self, state[0], state[2])
        if of_rows and 8 * len(self.x) * state[0].n_outputs > STORED_BYTES:
            state = state[0]._replace(keeps=False), *state[1:]  # the device may keep more than main memory
        with single_threaded_products():
            return self.engine.map_reduce(function, state, keys)

    def close(self) -> None:
        """Forget the results that were kept."""
        for name in ("logits", "rounded", "keeps rounded"):
            self._memory.pop(name, None)
        self.engine.close()

    def room(self, *, narrow: bool) -> float:
        """Bytes of the device's memory that logits may use beside the samples; 0 if it is main memory.

        `narrow` tells whether there is a second copy of the samples, in bfloat16.
        """
        if self._in_main_memory:
            return 0.0
        coming = 0 if "x" in self._memory else self.x.nbytes
        return self._free() - SPARE - coming - (2 * self.x.size if narrow and "narrow x" not in self._memory else 0)

    @cached_property
    def vectors(self) -> DeviceVectors:
        """The place of the vectors of L-BFGS and of conjugate gradients."""
        return DeviceVectors(self.device)

    def curvature(
        self, view: View, point: LogitPoint, features: Features, l2: float, dtype: Any, *, tf32: bool = False
    ) -> Callable[[Array], Array]:
        """The Hessian at a point as a function of a direction on the device, where the product is too.

        PyTorch has one precision of products for the whole process, so `tf32` sets it for the time of each product.
        """
        times = curvature(self, view, point, features, l2, getattr(self.torch, np.dtype(dtype).name))

        def in_tf32(direction: Array) -> Array:
            before = self.torch.get_float32_matmul_precision()
            self.torch.set_float32_matmul_precision("high")
            try:
                return times(direction)
            finally:
                self.torch.set_float32_matmul_precision(before)

        return in_tf32 if tf32 and not self._in_main_memory else times

    # What follows is for the passes.

    @property
    def gpu_like(self) -> Any:
        """A tensor on the GPU, by which kernels are chosen; None if the device is main memory."""
        return None if self._in_main_memory else self._like

    def parts(self, view: View) -> Iterator[tuple[slice, Any]]:
        """The rows in parts, with features in the samples' dtype, or minus their centre in bfloat16."""
        x, done = self.x, counted_pass(self.x.shape[0])
        size, resident = self._size(view.n_outputs), self._resident(view.narrow)
        for start in range(0, len(x), size):
            rows = slice(start, min(start + size, len(x)))
            yield rows, self._sent(x[rows], view.narrow) if resident is None else resident[rows]
            done(rows.stop - rows.start)

    def remembered(self, point: LogitPoint, rows: slice, compute: Callable[[Any], None]) -> Any:
        """The logits of rows at a point, which `compute` fills, in its weights' dtype; kept if it has a slot."""
        weights, _ = point.folded
        dtype = getattr(self.torch, weights.dtype.name)
        if point.slot is None:
            out = self.work("logits", (rows.stop - rows.start, weights.shape[1]), self._like, dtype)
            compute(out)
            return out
        return self._filled("logits", point.slot, point, rows, dtype, compute)

    def rounded(self, point: LogitPoint, rows: slice, compute: Callable[[], Any]) -> Any:
        """The probabilities of rows at a point in bfloat16, from `compute`; kept for the last point if they fit."""
        if point.slot is None or not self._kept("keeps rounded", lambda: self._fits(point)):
            return compute().to(self.torch.bfloat16)

        def fill(out: Any) -> None:
            out.copy_(compute())

        return self._filled("rounded", "last point", point, rows, self.torch.bfloat16, fill)

    def equal_share(self, view: View) -> float | None:
        """The share that all rows have in the Hessian; None if it depends on the row."""
        leaves = self.engine.leaves
        return 1 / view.mass if leaves.weights is None and holds_labels(leaves.targets) else None

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
        """An array on the device, in its dtype or another."""
        tensor = on_device(array, self.device)
        return tensor if dtype is None else tensor.to(dtype)

    # What follows is private.

    @cached_property
    def _like(self) -> Any:
        """An empty tensor on the device."""
        return self.torch.empty(0, device=self.device)

    @property
    def _in_main_memory(self) -> bool:
        return str(self.torch.device(self.device).type) != "cuda"

    def _size(self, n_outputs: int) -> int:
        """Rows of a part."""
        return max(1, ENTRIES // max(int(self.x.shape[1]), n_outputs))

    def _filled(
        self, name: str, slot: str, point: LogitPoint, rows: slice, dtype: Any, fill: Callable[[Any], None]
    ) -> Any:
        """These rows of the array under a name and slot, which `fill` writes if they are those of another point."""
        slots = self._kept(name, dict[str, Any])
        whole, versions = slots.get(slot, (None, {}))
        if whole is None or whole.dtype != dtype:
            whole = None  # freed before the next is made
            slots.pop(slot, None)
            shape = len(self.x), point.folded[0].shape[1]
            whole, versions = self.torch.empty(shape, dtype=dtype, device=self.device), {}
            slots[slot] = whole, versions
        if versions.get(rows.start) != point.version:
            fill(whole[rows])
            versions[rows.start] = point.version
        return whole[rows]

    def _fits(self, point: LogitPoint) -> bool:
        """True if there is room for rounded probabilities."""
        return bool(2 * len(self.x) * point.folded[0].shape[1] + SPARE <= self._free())

    def _kept(self, name: str, make: Callable[[], Any]) -> Any:
        """The array or other object that engines share under a name. The first call makes it."""
        if name not in self._memory:
            self._memory[name] = make()
        return self._memory[name]

    def _resident(self, narrow: Any) -> Any:
        """All samples on the device; None if they do not fit."""

        def all_of_them() -> Any:
            size = self.x.nbytes if narrow is None else 2 * self.x.size
            return self._sent(self.x, narrow) if size + SPARE <= self._free() else None

        return self._kept("x" if narrow is None else "narrow x", all_of_them)

    def _free(self) -> float:
        """The free bytes of a GPU's memory, for decisions made once: this frees PyTorch's cache."""
        if self._in_main_memory:
            return math.inf
        self.torch.cuda.empty_cache()  # cached blocks count as taken
        return float(self.torch.cuda.mem_get_info(self.device)[0])

    def _sent(self, x: Array, narrow: Any) -> Any:
        """Samples on the device, as `parts` says."""
        if narrow is None:
            return self.tensor(x)
        size, centre = self._size(1), 0.0 if narrow.centre is None else self.tensor(narrow.centre)
        found = self.torch.empty(x.shape, dtype=self.torch.bfloat16, device=self.device)
        for start in range(0, len(x), size):
            found[start : start + size] = self.tensor(x[start : start + size]) - centre
        return found


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
