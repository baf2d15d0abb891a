"""The samples of a linear head in chunks, with buffers for one block of logits, and checks for non-finite numbers.

Only one block of the rows x classes array of logits is in memory. For a budget of r x k numbers with k classes, there
are two ways to cut it:

    r rows, all classes:        3 products; the logits stay in memory until the gradient
    more rows, some classes:    4 products; the log-sum-exp grows block by block, then the logits are computed again

On a CPU a product of 64 rows takes 1.5 times as long per row as one of 512 rows, a product of 16 rows 3 times. That
costs more than a fourth product, so the second way is used if fewer than 128 rows fit into the budget.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any, NamedTuple

import numpy as np

from chainrule.arrays import Array, is_torch, namespace, numpy_dtype
from chainrule.heads.arguments import is_finite, weights_block
from chainrule.workspace import Workspace

ENOUGH_ROWS = 128
"""Fewest rows for which a product runs near full speed."""

FULL_ROWS = 512
"""Number of rows above which products gain no speed."""

CACHE_BYTES = 1 << 20
"""Approximate size of one core's L2 cache. Elementwise passes run over parts of a block that fit into it."""

CACHE_BYTES_TORCH = 8 << 20
"""Size for tensors. PyTorch starts threads for each pass, so its parts are larger: as much as a shared cache holds."""

NUMBERS_AT_ONCE = 1 << 20
"""Size of the buffer for products that NumPy adds to the gradient by weights, in numbers."""


class Cut(NamedTuple):
    """The shape of a block, rows x classes, and the number of rows that one elementwise pass covers."""

    rows: int
    classes: int
    rows_in_cache: int


def cut(num_rows: int, num_classes: int, memory: int, buffers: int, like: Array) -> Cut:
    """The block size at which `buffers` blocks fit into `memory` bytes. Blocks are nearly equal in size.

    >>> import numpy as np
    >>> cut(2048, 50_000, 64 << 20, 1, np.zeros(1, np.float32))
    Cut(rows=293, classes=50000, rows_in_cache=5)
    >>> cut(2048, 50_000, 1 << 20, 1, np.zeros(1, np.float32))
    Cut(rows=512, classes=511, rows_in_cache=512)
    """
    itemsize = numpy_dtype(like).itemsize
    numbers = max(1, memory // (itemsize * buffers))
    rows, classes = min(num_rows, numbers // num_classes), num_classes
    if rows < min(num_rows, ENOUGH_ROWS):
        rows = min(num_rows, FULL_ROWS, numbers)
        classes = _even(num_classes, min(num_classes, max(1, numbers // rows)))
    rows = max(1, _even(num_rows, max(1, rows)))
    on_gpu = is_torch(like) and like.device.type != "cpu"
    cache = CACHE_BYTES_TORCH if is_torch(like) else CACHE_BYTES
    return Cut(rows, classes, rows if on_gpu else min(rows, max(1, cache // (itemsize * classes))))


def slices(total: int, size: int) -> Iterator[slice]:
    """Consecutive slices of that size; the last may be shorter. A total of 0 gives one empty slice.

    >>> list(slices(5, 3))
    [slice(0, 3, None), slice(3, 5, None)]
    """
    for first in range(0, max(1, total), size):
        yield slice(first, min(first + size, total))


class Direction(NamedTuple):
    """A direction in the space of the variables; None stands for zero."""

    X: Array | None = None
    W: Array | None = None
    bias: Array | None = None


ZERO = Direction()


class Gradients(NamedTuple):
    """One gradient, or one part of a Hessian product, per variable, in its shape; None if it was not asked for.

    Attributes
    ----------
    X : array of shape (..., features), or None
    W : array of shape (classes, features), or None
    bias : array of shape (classes,), or None
    temperature : number, or None

    Examples
    --------
    >>> from chainrule import LinearCrossEntropy
    >>> head = LinearCrossEntropy(np.array([[2.0]]), np.array([[0.0], [0.0]]), [0])
    >>> _, gradients = head.value_and_gradients(of=["W"])
    >>> gradients.W.tolist(), gradients.X
    ([[-1.0], [1.0]], None)
    """

    X: Array | None = None
    W: Array | None = None
    bias: Array | None = None
    temperature: Array | None = None


@dataclass(frozen=True, eq=False)
class LinearHead:
    """Samples X (rows, features), weights W (classes, features), bias and targets, with leading axes flattened.

    The targets are labels (rows,) or class weights (rows, classes).
    """

    X: Array
    W: Array
    bias: Array | None
    targets: Array
    label_smoothing: float
    temperature: float
    memory: int


@dataclass(frozen=True, eq=False)
class Chunk:
    """Some rows of a head, with buffers for one block of logits. X and the biases are divided by the temperature.

    Attributes
    ----------
    part : slice
        The place of the chunk among the samples that are kept.
    rows : slice or array of indices
        The rows' positions in the head.
    index : array
        0, 1, ..., number of rows - 1.
    """

    head: LinearHead
    part: slice
    rows: Any
    x: Array
    bias: Array | None
    tangent: Direction
    targets: Array
    index: Array
    cut: Cut
    work: Workspace

    def buffer(self, name: str, classes: slice) -> Array:
        """The buffer of that name, cut to the rows of this chunk and to these classes."""
        full = self.work(name, (self.cut.rows, self.cut.classes), self.x)
        return full[: len(self.x), : classes.stop - classes.start]

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

    @property
    def labels(self) -> Array | None:
        """The targets if they are labels."""
        return self.targets if self.targets.ndim == 1 else None

    def weights(self, part: slice, classes: slice) -> Array:
        """The targets of some rows and classes if they are class weights."""
        return weights_block(self.targets, part, classes, self.x)

    @cached_property
    def mass(self) -> Array:
        """The sum of the targets of each row, for rows of class weights."""
        xp = namespace(self.x)
        return xp.concatenate(
            [sum(xp.sum(self.weights(part, classes), axis=-1) for classes in self.blocks) for part in self.parts]
        )

    def label_in(self, classes: slice, labels: Array) -> tuple[Array, Array]:
        """True for each label inside the slice of classes, and its index in the slice (0 outside)."""
        inside = (labels >= classes.start) & (labels < classes.stop)
        return inside, namespace(labels).where(inside, labels - classes.start, 0)


def chunks_of(head: LinearHead, kept: Array | None, buffers: int, tangent: Direction = ZERO) -> Iterator[Chunk]:
    """The kept samples (None: all) in chunks that share buffers, cut so that `buffers` blocks fit into memory.

    Without samples there is one empty chunk.
    """
    X, tau = head.X, head.temperature
    count = len(X) if kept is None else len(kept)
    sizes = cut(count, len(head.W), head.memory, buffers, X)
    work = Workspace()
    bias = None if head.bias is None else head.bias / tau
    tangent_bias = None if tangent.bias is None else tangent.bias / tau
    for part in slices(count, sizes.rows):
        rows = part if kept is None else kept[part]
        x = X[rows]
        here = Direction(None if tangent.X is None else tangent.X[rows] / tau, tangent.W, tangent_bias)
        index = namespace(X).arange(len(x), device=x.device)
        yield Chunk(head, part, rows, x / tau if tau != 1 else x, bias, here, head.targets[rows], index, sizes, work)


def logits(chunk: Chunk, classes: slice) -> Array:
    """The logits of a block without the bias, which the elementwise passes add."""
    z = chunk.buffer("logits", classes)
    return namespace(z).matmul(chunk.x, chunk.head.W[classes].T, out=z)


def tangent_logits(chunk: Chunk, classes: slice) -> Array:
    """The change of the logits along the chunk's tangent (dx, V, db): x V^T + dx W^T + db."""
    tangent, change = chunk.tangent, chunk.buffer("tangent", classes)
    xp, weights = namespace(change), chunk.head.W[classes].T
    if tangent.W is not None:
        xp.matmul(chunk.x, tangent.W[classes].T, out=change)
        if tangent.X is not None:
            add_product(change, tangent.X, weights, chunk.work)
    elif tangent.X is not None:
        xp.matmul(tangent.X, weights, out=change)
    else:
        change[...] = 0
    if tangent.bias is not None:
        xp.add(change, tangent.bias[classes], out=change)
    return change


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


def check_largest(chunk: Chunk, maximum: Array) -> None:
    """Raise ValueError, naming the cause, unless the largest logit of each row is finite."""
    if is_finite(maximum):
        return
    head, xp = chunk.head, namespace(maximum)
    first = int(xp.argmax(~xp.isfinite(maximum) * 1))
    row = chunk.rows.start + first if isinstance(chunk.rows, slice) else int(chunk.rows[first])
    _check_entries("X", head.X[row], row)
    check_parameters(head)
    if head.bias is not None and bool((head.bias == -math.inf).all()):
        raise ValueError("bias: every class is masked by minus infinity")
    raise ValueError(f"the logits of row {row} overflow {maximum.dtype}: the largest is {float(maximum[first])}")


def check_parameters(head: LinearHead) -> None:
    """Raise ValueError that names an entry of W or the bias that is nan or infinite. Minus infinity masks a class."""
    _check_entries("W", head.W)
    if head.bias is not None:
        _check_entries("bias", namespace(head.bias).where(head.bias == -math.inf, 0.0, head.bias))


# What follows is private.


def _even(total: int, at_most: int) -> int:
    """The part size when `total` is cut into as few nearly equal parts as possible, none above `at_most`."""
    parts = -(-total // at_most)
    return -(-total // parts) if parts else 0


def _check_entries(name: str, array: Array, *leading: int) -> None:
    """Raise ValueError that names the first entry that is not finite, with these indices before its own."""
    if is_finite(array):
        return
    xp = namespace(array)
    wrong = int(xp.argmax(~xp.isfinite(array) * 1))
    position = (*leading, *(int(k) for k in np.unravel_index(wrong, tuple(array.shape))))
    value = float(array.reshape(-1)[wrong])
    raise ValueError(f"{name}: expected finite numbers, got {value} at [{', '.join(map(str, position))}]")
