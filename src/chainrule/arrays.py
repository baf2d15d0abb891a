"""The array vocabulary that every rule is written in, and the only module that knows which library it is on.

A rule asks `namespace(x)` for the functions that NumPy and PyTorch spell alike (exp, log1p, matmul, sum, amax, where,
..., with the keywords axis, keepdims and out) and for nothing else. NumPy arrays of `checking.balls.Ball` objects are
NumPy arrays, so ball arithmetic needs no third spelling. What the two libraries do spell differently is bridged here.
`jax.numpy` spells all of it like NumPy; its arrays, traced ones included, are only never written to.
"""

from __future__ import annotations

import math
import sys
from collections.abc import Sequence
from typing import Any, TypeAlias

import numpy as np

Array: TypeAlias = Any
"""A numpy.ndarray (of floats, or of balls), a torch.Tensor or a jax.Array: one source serves all."""

Namespace: TypeAlias = Any


def is_torch(x: object) -> bool:
    """Whether `x` is a PyTorch tensor, found out without importing PyTorch."""
    torch = sys.modules.get("torch")
    return torch is not None and isinstance(x, torch.Tensor)


def is_jax(x: object) -> bool:
    """Whether `x` is a JAX array or a tracer of one, found out without importing JAX."""
    jax = sys.modules.get("jax")
    return jax is not None and not isinstance(x, np.ndarray) and isinstance(x, jax.Array)


class _JaxNumpy:
    """`jax.numpy` for rules: most of its functions do not know the `out=None` that rules pass on."""

    def abs(self, x: Array, *, out: None = None) -> Array:
        """|x|, whose derivative at 0 is 0 as in PyTorch; that of `jax.numpy.abs` is 1."""
        return x * self.sign(x)

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_"):
            raise AttributeError(name)
        function = getattr(sys.modules["jax.numpy"], name)

        def without_out(*arguments: Any, out: None = None, **keywords: Any) -> Any:
            if out is not None:
                raise TypeError(f"{name}: arrays of JAX are not written to, got out={type(out).__name__}")
            return function(*arguments, **keywords)

        setattr(self, name, without_out)
        return without_out


_jax_numpy = _JaxNumpy()


def namespace(x: object) -> Namespace:
    """What holds the functions that act on `x`: `torch` for tensors, `jax.numpy` for JAX, `numpy` for everything else.

    >>> namespace(np.ones(3)).__name__
    'numpy'
    """
    if type(x) is np.ndarray:
        return np
    if is_torch(x):
        return sys.modules["torch"]
    return _jax_numpy if is_jax(x) else np


def is_sparse(x: object) -> bool:
    """Whether `x` is a SciPy sparse matrix or array, found out without importing SciPy."""
    return type(x) is not np.ndarray and hasattr(x, "tocsr")


def matmul(a: Array, b: Array, *, out: Array | None = None) -> Array:
    """The matrix product, in which `a` may be sparse; then `b` is dense, and the product is too."""
    if is_sparse(a):
        product = a @ b
        if out is None:
            return product
        out[...] = product
        return out
    return namespace(b).matmul(a, b, out=out)


def as_array(x: object) -> Array:
    """`x` as an array: tensors and arrays of any library pass through, lists and numbers become NumPy arrays.

    >>> as_array([1, 2.5])
    array([1. , 2.5])
    """
    return x if isinstance(x, np.ndarray) or is_torch(x) or is_jax(x) else np.asarray(x)


def as_floats(x: object) -> Array:
    """`x` as an array that a derivative can be taken at: integers and booleans become float64 (JAX: its default float).

    >>> as_floats([1, 2])
    array([1., 2.])
    """
    array = as_array(x)
    if is_torch(array):
        return array if array.is_floating_point() else array.double()
    if is_jax(array):
        return array.astype(float) if array.dtype.kind in "iub" else array
    return array.astype(np.float64) if array.dtype.kind in "iub" else array


def as_like(x: object, like: Array) -> Array:
    """`x` on the library, dtype and device of `like`."""
    if is_torch(like):
        return sys.modules["torch"].as_tensor(x, dtype=like.dtype, device=like.device)
    return (sys.modules["jax.numpy"] if is_jax(like) else np).asarray(x, dtype=like.dtype)


def copy_of(x: Array) -> Array:
    """A copy that shares no memory."""
    return x.clone() if is_torch(x) else x.copy()


def to_numpy(x: Array) -> np.ndarray[Any, Any]:
    """`x` as a NumPy array in the machine's memory."""
    return x.detach().cpu().numpy() if is_torch(x) else np.asarray(x)


def surely(condition: Array) -> bool:
    """Whether all of these booleans are true and can be seen to be: False where a framework traces without values.

    So a rule asks before it takes a shortcut, never before it does what is needed only where the condition fails.

    >>> surely(np.array([1.0, 2.0]) > 0), surely(np.array([1.0, -2.0]) > 0)
    (True, False)
    """
    return not is_traced(condition) and bool(condition.all())


def extent(x: Array) -> tuple[float, float]:
    """The smallest and the largest of an array of floats; nan if they cannot be seen, or are no machine floats.

    >>> extent(np.array([3.0, -1.0]))
    (-1.0, 3.0)
    """
    if not is_floating(x) or is_traced(x) or 0 in x.shape:
        return math.nan, math.nan
    smallest, largest = x.detach().aminmax() if is_torch(x) else (x.min(), x.max())
    return float(smallest), float(largest)


def surely_finite(x: Array) -> bool:
    """Whether all of these floats are finite and can be seen to be; see `surely`. One reduction where that takes three.

    >>> surely_finite(np.array([1.0, 2.0])), surely_finite(np.array([1.0, np.nan]))
    (True, False)
    """
    return all(map(math.isfinite, extent(x)))


def is_traced(x: Array) -> bool:
    """Whether `x` has no values to look at, or hides them: in jax.jit, torch.compile and torch.func, on meta."""
    if is_torch(x):
        torch = sys.modules["torch"]
        # PyTorch has no public name for this question.
        return bool(x.is_meta or torch.compiler.is_compiling() or torch._C._functorch.is_functorch_wrapped_tensor(x))
    return is_jax(x) and isinstance(x, sys.modules["jax"].core.Tracer)


def may_write(x: Array) -> bool:
    """Whether a fresh array of floats may be overwritten: not where a framework traces, or may differentiate by it."""
    if not is_floating(x) or is_jax(x):
        return False
    return not (is_torch(x) and (x.requires_grad or is_traced(x)))


def holds_labels(x: Array) -> bool:
    """Whether `x` holds integers: class labels rather than rows of class probabilities."""
    if is_torch(x):
        return not (x.is_floating_point() or x.is_complex() or x.dtype == sys.modules["torch"].bool)
    return x.dtype.kind in "iu"


def numpy_dtype(x: Array) -> np.dtype[Any]:
    """The NumPy dtype of `x`, or its counterpart for a tensor."""
    return np.dtype(str(x.dtype).removeprefix("torch.")) if is_torch(x) else x.dtype


def is_floating(x: Array) -> bool:
    """Whether `x` holds machine floats, as opposed to integers or balls."""
    return bool(x.is_floating_point()) if is_torch(x) else x.dtype.kind == "f"


def on_device(x: Array, device: str | None) -> Array:
    """A NumPy array as it is for device None, or as a PyTorch tensor on the device, such as "cpu" or "cuda"."""
    if device is None:
        return x
    try:
        import torch
    except ImportError:
        raise ImportError(
            f"device={device!r} needs PyTorch, the extra 'torch': pip install 'chainrule[torch]'"
        ) from None
    return torch.as_tensor(np.ascontiguousarray(x), device=device)


def empty(shape: tuple[int, ...], like: Array, dtype: Any = None) -> Array:
    """An uninitialised array on the library and device of `like`, in its dtype unless another is given."""
    if is_torch(like):
        return sys.modules["torch"].empty(shape, dtype=dtype or like.dtype, device=like.device)
    # Keeps subclasses: arrays of balls turn what is stored in them into balls.
    return np.empty_like(like, dtype=dtype, shape=shape, order="C")


FEW_COLUMNS = 32
"""Up to this many, NumPy's work along a row is faster with the columns lying together in memory."""


def empty_classes_major(rows: int, columns: int, like: Array) -> Array:
    """An uninitialised rows x columns array whose columns lie together in memory.

    With few columns, reductions along a row then run over whole columns at once: the maxima of 200 x 10 float32
    entries take 2 us instead of 10 on NumPy.
    """
    return empty((columns, rows), like).T


def row_shape(x: Array) -> tuple[int, ...]:
    """The shape of a reduction along the last axis that keeps the axis."""
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


def check_labels(what: str, labels: Array, num_classes: int) -> None:
    """Raise ValueError unless all labels are integers in 0..num_classes - 1; the message names the extremes."""
    if not holds_labels(labels):
        raise ValueError(f"{what}: expected integer labels, got {labels.dtype}")
    if 0 in labels.shape or is_traced(labels):
        return
    if not (int(labels.min()) >= 0 and int(labels.max()) < num_classes):
        raise ValueError(
            f"{what}: labels lie in 0..{num_classes - 1} for {num_classes} classes, "
            f"got {int(labels.min())}..{int(labels.max())}"
        )


def one_hot(labels: Array, num_classes: int, *, dtype: Any = None) -> Array:
    """Rows of 0 and a single 1 at each label, of shape labels.shape + (num_classes,).

    Labels count from 0. The rows are float64 unless another dtype, of the labels' library, is given.

    Raises
    ------
    ValueError
        For labels that are no integers, or not in 0..num_classes - 1.

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

    Tensors in the machine's memory are looked at by NumPy, whose search takes a fifth of the time of PyTorch's.

    >>> argmax(np.array([[1.0, 3.0, 3.0]]))
    array([1])
    """
    xp = namespace(x)
    if not is_torch(x) or is_traced(x) or x.device.type != "cpu" or x.dtype not in (xp.float32, xp.float64):
        return xp.argmax(x, axis=-1)
    return xp.from_numpy(np.asarray(np.argmax(x.detach().numpy(), axis=-1)))


def _are_few_columns(x: Array) -> bool:
    """Whether an array of NumPy's has a few columns of floats, each together in memory."""
    few = x.ndim == 2 and 1 < x.shape[1] <= FEW_COLUMNS and x.dtype.kind == "f"
    return few and bool(x.T.flags.c_contiguous)


def rest_of_sum(x: Array) -> tuple[Array, Array]:
    """For every entry, the sum of the *other* entries of its row; and the row's sum, of shape (..., 1).

    The difference `sum - x` cancels where one entry holds nearly all of the sum, and only there, so that entry
    (the one of largest magnitude) gets a sum of its own.

    >>> rest, total = rest_of_sum(np.array([1.0, 1e-20]))
    >>> rest
    array([1.e-20, 1.e+00])
    """
    xp = namespace(x)
    dominant = largest(abs(x))
    without = xp.sum(xp.where(dominant, 0 * x, x), axis=-1, keepdims=True)
    total = without + xp.sum(xp.where(dominant, x, 0 * x), axis=-1, keepdims=True)
    return xp.where(dominant, without, total - x), total


def take_class(x: Array, labels: Array) -> Array:
    """The entry of each row of `x` at its label, of shape labels.shape + (1,).

    >>> take_class(np.array([[1.0, 2.0], [3.0, 4.0]]), np.array([1, 0]))
    array([[2.],
           [3.]])
    """
    if type(x) is np.ndarray and _are_few_columns(x) and labels.shape == x.shape[:1]:
        return x.T.reshape(-1)[_places_by_columns(x, labels)][:, None]
    index = labels[..., None]
    if is_torch(x):
        # `gather` does not broadcast, and takes half the time.
        torch, index = sys.modules["torch"], index.long()
        return torch.gather(x, -1, index) if x.shape[:-1] == labels.shape else torch.take_along_dim(x, index, dim=-1)
    return namespace(x).take_along_axis(x, index, axis=-1)


def _places_by_columns(x: Array, labels: Array) -> Array:
    """Where the entries at the labels lie in memory that has the columns of `x` one after another."""
    return labels * len(x) + np.arange(len(x))


def row_dot(a: Array, b: Array, *, spare: Array | None = None) -> tuple[Array, Array | None]:
    """The sum of a * b over every row, of shape (..., 1), and on PyTorch the products, if they may be written to.

    NumPy's rows of 64 to 4096 floats go through its fused product, whose many partial sums are as good as pairwise ones
    at that length and which makes no array of products: 130 us instead of 380 for 1000 x 1000 float32.

    Who needs no products may write to them, and `spare`, perhaps one of the factors, is where they may be written:
    fresh memory costs as much as three passes over memory that is there.

    >>> row_dot(np.array([[1.0, 2.0]]), np.array([[3.0, 4.0]]))
    (array([[11.]]), None)
    """
    if type(a) is np.ndarray and type(b) is np.ndarray and a.dtype.kind == "f" and 64 <= a.shape[-1] <= 4096:
        return np.vecdot(a, b)[..., None], None
    products = a * b if spare is None else namespace(a).multiply(a, b, out=spare)
    reusable = is_torch(products) and may_write(products)
    return namespace(a).sum(products, axis=-1, keepdims=True), products if reusable else None


def put_class(x: Array, labels: Array, values: Array | float) -> None:
    """Overwrite the entry of each row of `x` at its label, in place, by one number, or labels.shape + (1,) of them.

    >>> x = np.zeros((2, 2))
    >>> put_class(x, np.array([1, 0]), np.array([[3.0], [4.0]]))
    >>> x
    array([[0., 3.],
           [4., 0.]])
    """
    index = labels[..., None]
    if is_torch(x):
        x.scatter_(-1, index.long(), values)
    elif x.flags.c_contiguous:
        # A flat index is five times as fast as NumPy's put_along_axis.
        x.reshape(-1)[np.arange(labels.size) * x.shape[-1] + labels.reshape(-1)] = np.reshape(values, -1)
    elif type(x) is np.ndarray and _are_few_columns(x):
        x.T.reshape(-1)[_places_by_columns(x, labels)] = np.reshape(values, -1)
    else:
        np.put_along_axis(x, index, values, axis=-1)


def larger_than_zero(x: Array, *, out: Array | None = None) -> Array:
    """1 where x > 0 and 0 elsewhere, in the dtype of `x`, for x without NaN.

    NumPy's comparison, cast, is four times as fast as its sign.

    >>> larger_than_zero(np.array([-2.0, 0.0, 3.0]))
    array([0., 0., 1.])
    """
    if is_torch(x) or is_jax(x) or x.dtype == object:
        return namespace(x).sign(namespace(x).clip(x, 0, None), out=out)
    return np.greater(x, 0, out=np.empty_like(x) if out is None else out, casting="unsafe")


def sum_to(x: Array, shape: tuple[int, ...]) -> Array:
    """Sum `x` over the axes along which an array of that shape was broadcast to it: the pullback of broadcasting.

    >>> sum_to(np.ones((2, 3)), (3,))
    array([2., 2., 2.])
    """
    xp = namespace(x)
    extra = x.ndim - len(shape)
    if extra:
        x = xp.sum(x, axis=tuple(range(extra)))
    stretched = tuple(axis for axis, size in enumerate(shape) if size == 1 and x.shape[axis] != 1)
    return xp.sum(x, axis=stretched, keepdims=True) if stretched else x


def diagonal_matrix(x: Array) -> Array:
    """Square matrices with the rows of `x` on their diagonals: shape (..., k) becomes (..., k, k).

    >>> diagonal_matrix(np.array([1.0, 2.0]))
    array([[1., 0.],
           [0., 2.]])
    """
    return namespace(x).where(on_diagonal(x), x[..., None], 0 * x[..., None])


def on_diagonal(x: Array) -> Array:
    """Booleans of shape (k, k), true on the diagonal, for k entries along the last axis of `x`."""
    count = x.shape[-1]
    positions = sys.modules["torch"].arange(count, device=x.device) if is_torch(x) else np.arange(count)
    return positions[:, None] == positions


def gather_rows(x: Array, index: Array, *, out: Array) -> Array:
    """The rows of `x` at `index`, written to `out`."""
    if is_torch(x):
        torch = sys.modules["torch"]
        return torch.index_select(x, 0, torch.as_tensor(index, device=x.device), out=out)
    # mode="clip" is what lets NumPy write straight to `out`; the indices come from a permutation and are in range.
    x.take(index, axis=0, out=out, mode="clip")
    return out


def random_stream(*key: int) -> np.random.Generator:
    """A generator that depends on nothing but its key, such as (seed, epoch, batch, layer).

    The stream is counter based (Philox): runs that are resumed, reordered or spread over machines draw the same
    numbers. The first entry is the seed, any integer below 2^64; up to four more, each below 2^32, select the stream.

    >>> bool(random_stream(7, 3, 1).random() == random_stream(7, 3, 1).random())
    True
    >>> bool(random_stream(7, 3, 1).random() == random_stream(7, 1, 3).random())
    False
    """
    seed, path = key[0], (*key[1:], 0, 0, 0, 0)[:4]
    if len(key) > 5 or not 0 <= seed < 2**64 or not all(0 <= part < 2**32 for part in path):
        raise ValueError(f"a stream's key is a seed below 2**64 and up to four numbers below 2**32, got {key}")
    # The path goes to the upper half of the 256-bit counter, so that streams never overlap within 2^128 draws.
    # As uint64 at once: NumPy makes floats of a list whose entries take 64 bits, and so one stream of many.
    counter = np.array([0, 0, path[0] | path[1] << 32, path[2] | path[3] << 32], dtype=np.uint64)
    return np.random.Generator(np.random.Philox(key=seed, counter=counter))


def same_shape(what: str, got: Sequence[int], expected: Sequence[int]) -> None:
    """Raise a ValueError that names both shapes unless they agree."""
    if tuple(got) != tuple(expected):
        raise ValueError(f"{what}: expected shape {tuple(expected)}, got {tuple(got)}")
