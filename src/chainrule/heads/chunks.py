"""A linear head's samples in chunks, with buffers for one block of their logits, and what is refused in them."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from chainrule.arrays import Array, as_like, is_floating, is_torch, namespace
from chainrule.heads.cuts import Cut, cut, slices
from chainrule.heads.targets import Targets
from chainrule.workspace import Workspace

NUMBERS_AT_ONCE = 1 << 20
"""Where products are added to the weights' gradient: so many of its entries are computed beside it, then added."""


class Tangent(NamedTuple):
    """A direction in the variables; None stands for zero."""

    X: Array | None = None
    W: Array | None = None
    bias: Array | None = None


class Gradients(NamedTuple):
    """Gradients, or rows of a Hessian product, by variable: of the variable's shape, or None if not asked for."""

    X: Array | None = None
    W: Array | None = None
    bias: Array | None = None
    temperature: Array | None = None


@dataclass(frozen=True, eq=False)
class LinearHead:
    """Samples (rows, features), classes (classes, features), and what they are trained towards; all of it flat."""

    X: Array
    W: Array
    bias: Array | None
    targets: Targets
    label_smoothing: float
    temperature: float
    memory: int


@dataclass(frozen=True, eq=False)
class Chunk:
    """Some rows of a head, with buffers for one block of their logits."""

    head: LinearHead
    x: Array
    """The samples over the temperature."""
    rows: Any
    """Where they are in the head: a slice or positions."""
    targets: Targets
    index: Array
    """0, 1, ..., one per row."""
    cut: Cut
    work: Workspace
    bias: Array | None
    """The bias over the temperature."""
    means: dict[str, Array]
    """What `mean_of_classes` has found; all chunks share it."""

    def mean_of_classes(self, name: str, weights: Array) -> Array:
        """The mean over classes of `weights`, which is the same at every call with that name."""
        if name not in self.means:
            xp = namespace(weights)
            total = xp.sum(weights, axis=0, dtype=xp.float64) if is_floating(weights) else xp.sum(weights, axis=0)
            self.means[name] = as_like(total / len(weights), weights) if is_floating(weights) else total / len(weights)
        return self.means[name]

    def buffer(self, name: str, classes: slice) -> Array:
        """The buffer of that name, in the size of this block."""
        full = self.work(name, (self.cut.rows, self.cut.classes), self.x)
        width = classes.stop - classes.start
        return full[: len(self.x), :width]

    @property
    def blocks(self) -> Iterator[slice]:
        """The classes, block by block."""
        return slices(len(self.head.W), self.cut.classes)

    @property
    def in_one_block(self) -> bool:
        """Whether the first pass leaves all exponentials in the buffer."""
        return self.cut.classes >= len(self.head.W)

    @property
    def parts(self) -> Iterator[slice]:
        """The rows whose elementwise passes run together, in the cache."""
        return slices(len(self.x), self.cut.rows_in_cache)

    def label_in(self, classes: slice, labels: Array) -> tuple[Array, Array]:
        """Whether each label lies among the classes, and where (0 if not)."""
        inside = (labels >= classes.start) & (labels < classes.stop)
        return inside, namespace(labels).where(inside, labels - classes.start, 0)


def chunks_of(head: LinearHead, kept: Array | None, buffers: int) -> Iterator[Chunk]:
    """The samples that are kept (None: all), cut for that many buffers of one block; they share the buffers."""
    X = head.X
    count = len(X) if kept is None else len(kept)
    sizes = cut(count, len(head.W), head.memory, buffers, X)
    work = Workspace()
    bias = None if head.bias is None else head.bias / head.temperature
    xp, means = namespace(X), {}  # type: tuple[Any, dict[str, Array]]
    for part in slices(count, sizes.rows):
        rows = part if kept is None else kept[part]
        x = X[rows]
        _refuse_non_finite("X", x, rows)
        some = head.targets.take(rows)
        index = xp.arange(len(x), device=x.device)
        x = x / head.temperature if head.temperature != 1 else x
        yield Chunk(head, x, rows, some, index, sizes, work, bias, means)


def logits(chunk: Chunk, classes: slice) -> Array:
    """A block's logits but for the bias, which the passes over cached parts add."""
    z = chunk.buffer("logits", classes)
    return namespace(z).matmul(chunk.x, chunk.head.W[classes].T, out=z)


def tangent_logits(chunk: Chunk, tangent: Tangent, classes: slice) -> Array:
    """d(logits) along a tangent: (x V^T + dx W^T + db) / tau."""
    head = chunk.head
    moved = chunk.buffer("tangent", classes)
    xp, dx = namespace(moved), tangent_rows(chunk, tangent)
    if tangent.W is not None:
        xp.matmul(chunk.x, tangent.W[classes].T, out=moved)
        if dx is not None:
            add_product(moved, dx, head.W[classes].T, chunk.work)
    elif dx is not None:
        xp.matmul(dx, head.W[classes].T, out=moved)
    else:
        moved[...] = 0
    if tangent.bias is not None:
        xp.add(moved, tangent.bias[classes] / head.temperature, out=moved)
    return moved


def tangent_rows(chunk: Chunk, tangent: Tangent) -> Array | None:
    """dx / tau of the chunk."""
    return None if tangent.X is None else tangent.X[chunk.rows] / chunk.head.temperature


def add_product(out: Array, a: Array, b: Array, work: Workspace) -> None:
    """out += a b, through a buffer of some of the rows at a time where the library cannot add to a product's result."""
    xp = namespace(out)
    if is_torch(out):
        out.addmm_(a, b)
        return
    rows = max(1, min(len(out), NUMBERS_AT_ONCE // max(1, out.shape[1])))
    buffer = work("product", (rows, out.shape[1]), out)
    for part in slices(len(out), rows):
        share = buffer[: part.stop - part.start]
        xp.matmul(a[part], b, out=share)
        xp.add(out[part], share, out=out[part])


def refuse_lost(chunk: Chunk, maximum: Array) -> None:
    """A block's maximum that is nan or plus infinity may not survive the next block's; minus infinity is a mask."""
    if is_floating(maximum) and not bool((maximum < math.inf).all()):
        check_largest(chunk, maximum)


def check_largest(chunk: Chunk, maximum: Array) -> None:
    """Raise ValueError, with the reason, unless every row's largest logit is finite."""
    if not is_floating(maximum) or bool(namespace(maximum).isfinite(maximum).all()):
        return
    head, xp = chunk.head, namespace(maximum)
    _check_finite(head)
    if head.bias is not None and bool((head.bias == -math.inf).all()):
        raise ValueError("bias: every class is masked by minus infinity")
    row = int(xp.argmax(~xp.isfinite(maximum) * 1, axis=-1))
    raise ValueError(
        f"the logits of row {_row_in_head(chunk.rows, row)} overflow {maximum.dtype}: the largest is "
        f"{float(maximum[row])}"
    )


def _row_in_head(rows: Any, row: int) -> int:
    return rows.start + row if isinstance(rows, slice) else int(rows[row])


def _check_finite(head: LinearHead) -> None:
    _refuse_non_finite("W", head.W)
    if head.bias is not None:
        allowed = head.bias == -math.inf
        _refuse_non_finite("bias", namespace(head.bias).where(allowed, 0.0, head.bias))


def finite(head: LinearHead, moved: Array) -> Array:
    """The samples' gradients; if a weight is infinite, they show it."""
    if is_floating(moved) and not bool(namespace(moved).isfinite(moved).all()):
        _check_finite(head)
    return moved


def _refuse_non_finite(name: str, array: Array, rows: Any = None) -> None:
    """Raise ValueError for the first entry that is nan or infinite."""
    xp = namespace(array)
    if not is_floating(array) or bool(xp.isfinite(array).all()):
        return
    wrong = xp.argmax(~xp.isfinite(array.reshape(-1)) * 1, axis=-1)
    position: Any = np.unravel_index(int(wrong), tuple(array.shape))
    value = float(array.reshape(-1)[wrong])
    first = int(position[0]) if rows is None else _row_in_head(rows, int(position[0]))
    entry = ", ".join(str(k) for k in (first, *(int(k) for k in position[1:])))
    raise ValueError(f"{name}: expected finite numbers, got {value} at [{entry}]")
