"""The samples of a linear head in chunks, with buffers for one block of logits, and checks for non-finite numbers."""

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
"""Size of the buffer for products that NumPy adds to the gradient by weights, in numbers."""


class Direction(NamedTuple):
    """A direction in the space of the variables; None stands for zero."""

    X: Array | None = None
    W: Array | None = None
    bias: Array | None = None


class Gradients(NamedTuple):
    """One gradient, or one part of a Hessian product, per variable, in its shape; None if it was not asked for."""

    X: Array | None = None
    W: Array | None = None
    bias: Array | None = None
    temperature: Array | None = None


@dataclass(frozen=True, eq=False)
class LinearHead:
    """Samples X (rows, features), weights W (classes, features), bias and targets, with leading axes flattened."""

    X: Array
    W: Array
    bias: Array | None
    targets: Targets
    label_smoothing: float
    temperature: float
    memory: int


@dataclass(frozen=True, eq=False)
class Chunk:
    """Some rows of a head, with buffers for one block of logits."""

    head: LinearHead
    x: Array
    """The samples divided by the temperature."""
    rows: Any
    """The rows' positions in the head: a slice or an array of indices."""
    targets: Targets
    index: Array
    """0, 1, ..., number of rows - 1."""
    cut: Cut
    work: Workspace
    bias: Array | None
    """The bias divided by the temperature."""
    means: dict[str, Array]
    """Results of `mean_of_classes` by name, shared by all chunks."""

    def mean_of_classes(self, name: str, weights: Array) -> Array:
        """The mean of `weights` over classes, computed once per name: pass equal weights with equal names."""
        if name not in self.means:
            xp = namespace(weights)
            total = xp.sum(weights, axis=0, dtype=xp.float64) if is_floating(weights) else xp.sum(weights, axis=0)
            self.means[name] = as_like(total / len(weights), weights) if is_floating(weights) else total / len(weights)
        return self.means[name]

    def buffer(self, name: str, classes: slice) -> Array:
        """The buffer of that name, cut to the rows of this chunk and to these classes."""
        full = self.work(name, (self.cut.rows, self.cut.classes), self.x)
        width = classes.stop - classes.start
        return full[: len(self.x), :width]

    @property
    def blocks(self) -> Iterator[slice]:
        """Slices of classes, one per block."""
        return slices(len(self.head.W), self.cut.classes)

    @property
    def in_one_block(self) -> bool:
        """True if one block holds all classes; the first pass then leaves all exponentials in the buffer."""
        return self.cut.classes >= len(self.head.W)

    @property
    def parts(self) -> Iterator[slice]:
        """Slices of rows, one per elementwise pass, each small enough for the cache."""
        return slices(len(self.x), self.cut.rows_in_cache)

    def label_in(self, classes: slice, labels: Array) -> tuple[Array, Array]:
        """True for each label inside the slice of classes, and its index in the slice (0 outside)."""
        inside = (labels >= classes.start) & (labels < classes.stop)
        return inside, namespace(labels).where(inside, labels - classes.start, 0)


def chunks_of(head: LinearHead, kept: Array | None, buffers: int) -> Iterator[Chunk]:
    """The kept samples (None: all) in chunks that share buffers, cut so that `buffers` blocks fit into memory."""
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
    """The logits of a block without the bias, which the elementwise passes add."""
    z = chunk.buffer("logits", classes)
    return namespace(z).matmul(chunk.x, chunk.head.W[classes].T, out=z)


def tangent_logits(chunk: Chunk, tangent: Direction, classes: slice) -> Array:
    """The change of the logits along a tangent (dx, V, db): (x V^T + dx W^T + db) / tau."""
    head = chunk.head
    change = chunk.buffer("tangent", classes)
    xp, dx = namespace(change), tangent_rows(chunk, tangent)
    if tangent.W is not None:
        xp.matmul(chunk.x, tangent.W[classes].T, out=change)
        if dx is not None:
            add_product(change, dx, head.W[classes].T, chunk.work)
    elif dx is not None:
        xp.matmul(dx, head.W[classes].T, out=change)
    else:
        change[...] = 0
    if tangent.bias is not None:
        xp.add(change, tangent.bias[classes] / head.temperature, out=change)
    return change


def tangent_rows(chunk: Chunk, tangent: Direction) -> Array | None:
    """dx / tau for the rows of the chunk; None if the tangent leaves X fixed."""
    return None if tangent.X is None else tangent.X[chunk.rows] / chunk.head.temperature


def add_product(out: Array, a: Array, b: Array, work: Workspace) -> None:
    """out += a b. NumPy cannot add to `out` in a product, so it goes through a buffer that holds some rows."""
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
    """Raise ValueError if a maximum is nan or plus infinity, which merging may hide. Minus infinity is a mask."""
    if is_floating(maximum) and not bool((maximum < math.inf).all()):
        check_largest(chunk, maximum)


def check_largest(chunk: Chunk, maximum: Array) -> None:
    """Raise ValueError, naming the cause, unless the largest logit of each row is finite."""
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


def finite(head: LinearHead, gradient: Array) -> Array:
    """Return the gradients by samples; raise ValueError if they are not finite because W or the bias is not."""
    if is_floating(gradient) and not bool(namespace(gradient).isfinite(gradient).all()):
        _check_finite(head)
    return gradient


def _refuse_non_finite(name: str, array: Array, rows: Any = None) -> None:
    """Raise ValueError that names the first entry that is nan or infinite."""
    xp = namespace(array)
    if not is_floating(array) or bool(xp.isfinite(array).all()):
        return
    wrong = xp.argmax(~xp.isfinite(array.reshape(-1)) * 1, axis=-1)
    position: Any = np.unravel_index(int(wrong), tuple(array.shape))
    value = float(array.reshape(-1)[wrong])
    first = int(position[0]) if rows is None else _row_in_head(rows, int(position[0]))
    entry = ", ".join(str(k) for k in (first, *(int(k) for k in position[1:])))
    raise ValueError(f"{name}: expected finite numbers, got {value} at [{entry}]")
