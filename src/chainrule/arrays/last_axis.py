"""Functions along the last axis of an array: the entry at a label, the largest entry, sums that do not cancel.

A row is one slice along the last axis. In an array of logits it has one entry per class.
"""

import math
import sys
from typing import Any

import numpy as np

from chainrule.arrays.conversions import as_array, to_numpy
from chainrule.arrays.libraries import Array, empty, holds_labels, is_jax, is_torch, is_traced, namespace

FEW_COLUMNS = 32
"""Largest number of columns for which NumPy reduces rows faster if each column is contiguous in memory."""


def empty_classes_major(rows: int, columns: int, like: Array) -> Array:
    """An uninitialised rows x columns array whose columns are contiguous in memory.

    With few columns, NumPy then reduces rows one whole column at a time: the maxima of 200 x 10 float32 entries take
    2 us instead of 10.

    >>> made = empty_classes_major(200, 10, np.zeros(1, np.float32))
    >>> made.shape, made.T.flags.c_contiguous
    ((200, 10), True)
    """
    return empty((columns, rows), like).T


def row_shape(x: Array) -> tuple[int, ...]:
    """The shape of `x` reduced along the last axis with keepdims=True.

    >>> row_shape(np.ones((2, 3)))
    (2, 1)
    """
    return (*x.shape[:-1], 1)


def class_mask(labels: Array, num_classes: int) -> Array:
    """Booleans of shape (..., num_classes), true at each label.

    >>> class_mask(np.array([2, 0]), 3)
    array([[False, False,  True],
           [ True, False, False]])
    """
    if is_torch(labels):
        return labels[..., None] == sys.modules["torch"].arange(num_classes, device=labels.device)
    return labels[..., None] == np.arange(num_classes)


def _refuse_floats(what: str, labels: Array) -> None:
    if not holds_labels(labels):
        raise ValueError(f"{what}: expected integer labels, got {labels.dtype}")


def check_labels(what: str, labels: Array, num_classes: int) -> None:
    """Raise ValueError unless all labels are integers in 0..num_classes - 1; the message names the extremes.

    Parameters
    ----------
    what : str
        The words before the colon of the message.
    labels : array of any shape
        Values that a framework traces are not looked at.
    num_classes : int

    Raises
    ------
    ValueError

    Examples
    --------
    >>> check_labels("targets", np.array([0, 3]), 3)
    Traceback (most recent call last):
        ...
    ValueError: targets: labels lie in 0..2 for 3 classes, got 0..3
    """
    _refuse_floats(what, labels)
    if 0 in labels.shape or is_traced(labels):
        return
    # Inside jax.jit the minimum of a known array would be traced.
    known = to_numpy(labels) if is_jax(labels) else labels
    least, largest = int(known.min()), int(known.max())
    if least < 0 or largest >= num_classes:
        raise ValueError(
            f"{what}: labels lie in 0..{num_classes - 1} for {num_classes} classes, got {least}..{largest}"
        )


def one_hot(labels: Array, num_classes: int, *, dtype: Any = None) -> Array:
    """Rows with a 1 at the label and 0 elsewhere, of shape labels.shape + (num_classes,).

    Labels count from 0. The rows are float64 unless a dtype of the labels' library is given.

    Raises
    ------
    ValueError
        If labels are not integers in 0..num_classes - 1.

    Examples
    --------
    >>> one_hot(np.array([2, 0]), 3)
    array([[0., 0., 1.],
           [1., 0., 0.]])
    """
    labels = as_array(labels)
    check_labels("labels", labels, num_classes)
    rows = class_mask(labels, num_classes)
    return rows.to(dtype or sys.modules["torch"].float64) if is_torch(rows) else rows.astype(dtype or np.float64)


def largest(x: Array) -> Array:
    """Booleans of x's shape, true at exactly one largest entry of each row (the first, if several tie).

    >>> largest(np.array([[1.0, 3.0, 3.0]]))
    array([[False,  True, False]])
    """
    if x.shape[-1] == 0:
        raise ValueError("the last axis is empty: there is no largest entry")
    return class_mask(argmax(x), x.shape[-1])


def argmax(x: Array) -> Array:
    """The index of a largest entry of each row (the first, if several tie), of shape x.shape[:-1].

    NumPy searches tensors in main memory, in a fifth of the time that PyTorch takes.

    >>> argmax(np.array([[1.0, 3.0, 3.0]]))
    array([1])
    """
    xp = namespace(x)
    if not is_torch(x) or is_traced(x) or x.device.type != "cpu" or x.dtype not in (xp.float32, xp.float64):
        return xp.argmax(x, axis=-1)
    return xp.from_numpy(np.asarray(np.argmax(x.detach().numpy(), axis=-1)))


def take_class(x: Array, labels: Array) -> Array:
    """The entry of each row of `x` at its label, of shape labels.shape + (1,).

    The values of labels are not looked at: `check_labels` does that.

    Raises
    ------
    ValueError
        If labels are not integers.

    Examples
    --------
    >>> take_class(np.array([[1.0, 2.0], [3.0, 4.0]]), np.array([1, 0]))
    array([[2.],
           [3.]])
    """
    _refuse_floats("labels", labels)
    if type(x) is np.ndarray and x.ndim == 2 and labels.ndim == 1:
        return x[np.arange(len(x)), labels, None]
    index = labels[..., None]
    if is_torch(x):
        # `gather` takes half the time of `take_along_dim` and does not broadcast.
        torch, index = sys.modules["torch"], index.long()
        return torch.gather(x, -1, index) if x.shape[:-1] == labels.shape else torch.take_along_dim(x, index, dim=-1)
    return namespace(x).take_along_axis(x, index, axis=-1)


def with_class(x: Array, labels: Array, values: Array | float) -> Array:
    """A copy of `x` with the entry of each row at its label replaced.

    `values` is one number, or an array of shape labels.shape + (1,).

    >>> with_class(np.zeros((2, 2)), np.array([1, 0]), 3.0)
    array([[0., 3.],
           [3., 0.]])
    """
    if is_torch(x):
        return namespace(x).scatter(x, -1, labels[..., None].long(), values)
    if type(x) is not np.ndarray:
        return namespace(x).where(class_mask(labels, x.shape[-1]), values, x)
    x = x.copy()
    # A flat index is five times as fast as NumPy's put_along_axis.
    x.reshape(-1)[np.arange(labels.size) * x.shape[-1] + labels.reshape(-1)] = np.reshape(values, -1)
    return x


def row_sum(x: Array) -> Array:
    """The sum of each row, of shape (..., 1), by pairwise or blocked summation whatever the layout in memory.

    NumPy adds the columns one after another where each column is contiguous; long rows are copied before.

    >>> row_sum(np.array([[1.0, 2.0], [3.0, 4.0]]))
    array([[3.],
           [7.]])
    """
    if type(x) is np.ndarray and x.shape[-1] > FEW_COLUMNS:
        x = np.ascontiguousarray(x)
    return namespace(x).sum(x, axis=-1, keepdims=True)


def row_dot(a: Array, b: Array) -> Array:
    """The sum of a * b over each row, of shape (..., 1).

    NumPy's rows of 64 to 4096 floats go through `vecdot`, which allocates no products: 130 us instead of 380 for
    1000 x 1000 float32. At these lengths its partial sums are as accurate as pairwise summation.

    >>> row_dot(np.array([[1.0, 2.0]]), np.array([[3.0, 4.0]]))
    array([[11.]])
    """
    if type(a) is np.ndarray and type(b) is np.ndarray and a.dtype.kind == "f" and 64 <= a.shape[-1] <= 4096:
        return np.vecdot(a, b)[..., None]
    return row_sum(a * b)


def gather_rows(x: Array, index: Array, *, out: Array) -> Array:
    """Write the rows of `x` at `index` to `out`, and return `out`.

    Parameters
    ----------
    x : (n, ...) array
    index : (m,) array of int
        From 0 to n - 1. For NumPy a number beyond is not an error, but read as the nearest row.
    out : (m, ...) array
        In the dtype of `x`.

    Returns
    -------
    array
        `out`.

    Examples
    --------
    >>> gather_rows(np.array([[1.0], [2.0], [3.0]]), np.array([2, 0]), out=np.empty((2, 1)))
    array([[3.],
           [1.]])
    """
    if is_torch(x):
        torch = sys.modules["torch"]
        return torch.index_select(x, 0, torch.as_tensor(index, device=x.device), out=out)
    # With mode="clip" NumPy writes to `out` without a buffer. The indices come from a permutation and are in range.
    x.take(index, axis=0, out=out, mode="clip")
    return out


def diagonal_matrix(x: Array) -> Array:
    """Square matrices with the rows of `x` on their diagonals: shape (..., k) becomes (..., k, k).

    >>> diagonal_matrix(np.array([1.0, 2.0]))
    array([[1., 0.],
           [0., 2.]])
    """
    return namespace(x).where(on_diagonal(x), x[..., None], 0 * x[..., None])


def broadcast_jacobian(slopes: Array, shape: tuple[int, ...]) -> Array:
    """The Jacobian by an array of this shape that is broadcast to y: an entry of y has the slope of its place.

    y has the shape to which `shape` and that of the slopes broadcast. The Jacobian has the shape of y, then that of a
    row of the array: its last axis, and those before it that do not lie along leading axes of y.

    >>> broadcast_jacobian(np.array([[2.0, 3.0], [5.0, 7.0]]), (2, 1)).tolist()
    [[[2.0], [3.0]], [[5.0], [7.0]]]
    """
    xp, of_y = namespace(slopes), np.broadcast_shapes(tuple(slopes.shape), shape)
    leading = 0
    while len(shape) == len(of_y) and leading < len(shape) - 1 and shape[leading] == of_y[leading]:
        leading += 1
    row = shape[leading:] or (1,)
    same = on_diagonal(empty((math.prod(row),), slopes)).reshape(row + row)
    slopes = xp.broadcast_to(slopes, of_y)[(..., *(None for _ in row))]
    return xp.where(same, slopes, 0 * slopes)


def on_diagonal(x: Array) -> Array:
    """Booleans of shape (k, k), true on the diagonal, for k entries along the last axis of `x`.

    >>> on_diagonal(np.ones((5, 2)))
    array([[ True, False],
           [False,  True]])
    """
    count = x.shape[-1]
    positions = sys.modules["torch"].arange(count, device=x.device) if is_torch(x) else np.arange(count)
    return positions[:, None] == positions
