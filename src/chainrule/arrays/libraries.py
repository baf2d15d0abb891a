"""The library that an array belongs to, and one spelling for functions that the libraries spell differently."""

import sys
from collections.abc import Sequence
from contextlib import AbstractContextManager, nullcontext
from typing import Any, TypeAlias

import numpy as np

Array: TypeAlias = Any
"""A numpy.ndarray (of floats or of balls), a torch.Tensor or a jax.Array."""

Namespace: TypeAlias = Any
"""A module of array functions: numpy, torch or jax.numpy."""

# glibc returns freed memory to the system beyond a limit, and the next temporary array gets fresh pages: softmax of
# 6000 x 1000 numbers and its vjp then take three times as long. Its limit becomes twice the size of the largest array
# that was freed, up to 64 MiB. So free one that no code writes to.
np.empty((1 << 25) - (1 << 16), np.uint8)


def is_torch(x: object) -> bool:
    """True if `x` is a PyTorch tensor. Does not import PyTorch.

    >>> is_torch(np.ones(3))
    False
    """
    torch = sys.modules.get("torch")
    return torch is not None and isinstance(x, torch.Tensor)


def is_jax(x: object) -> bool:
    """True if `x` is a JAX array or a tracer of one. Does not import JAX.

    >>> is_jax(np.ones(3))
    False
    """
    jax = sys.modules.get("jax")
    return jax is not None and not isinstance(x, np.ndarray) and isinstance(x, jax.Array)


class _JaxNumpy:
    """`jax.numpy`, whose functions here accept the `out=None` that NumPy's and PyTorch's accept."""

    def abs(self, x: Array, *, out: None = None) -> Array:
        """|x|, with derivative 0 at 0 as in PyTorch; `jax.numpy.abs` has derivative 1 there."""
        return x * self.sign(x)

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_"):
            raise AttributeError(name)
        function = getattr(sys.modules["jax.numpy"], name)

        def without_out(*arguments: Any, out: None = None, **keywords: Any) -> Any:
            if out is not None:
                raise TypeError(f"{name}: JAX arrays cannot be written to, got out={type(out).__name__}")
            return function(*arguments, **keywords)

        setattr(self, name, without_out)
        return without_out


_jax_numpy = _JaxNumpy()


def namespace(x: object) -> Namespace:
    """The module whose functions act on `x`: `torch` for tensors, `jax.numpy` for JAX, `numpy` for everything else.

    >>> namespace(np.ones(3)).__name__
    'numpy'
    """
    if type(x) is np.ndarray:
        return np
    if is_torch(x):
        return sys.modules["torch"]
    return _jax_numpy if is_jax(x) else np


def is_sparse(x: object) -> bool:
    """True if `x` is a SciPy sparse matrix or array. Does not import SciPy.

    >>> from scipy import sparse
    >>> is_sparse(sparse.csr_array(np.eye(2))), is_sparse(np.eye(2))
    (True, False)
    """
    return type(x) is not np.ndarray and hasattr(x, "tocsr")


def csr_rows(x: Array, rows: slice) -> Array:
    """Consecutive rows of a CSR matrix, which share its memory; slices of SciPy are copies.

    Parameters
    ----------
    x : CSR matrix or array of shape (n, columns)
    rows : slice
        With a start and a stop from 0 to n, and no step.

    Returns
    -------
    CSR matrix or array of shape (stop - start, columns)

    Examples
    --------
    >>> from scipy import sparse
    >>> x = sparse.csr_array(np.diag([2.0, 3.0, 5.0]))
    >>> rows = csr_rows(x, slice(1, 3))
    >>> rows.toarray(), np.shares_memory(rows.data, x.data)
    (array([[0., 3., 0.],
           [0., 0., 5.]]), True)
    """
    first, last = int(x.indptr[rows.start]), int(x.indptr[rows.stop])
    parts = x.data[first:last], x.indices[first:last], x.indptr[rows.start : rows.stop + 1] - first
    return type(x)(parts, shape=(rows.stop - rows.start, x.shape[1]))


def matmul(a: Array, b: Array, *, out: Array | None = None) -> Array:
    """The matrix product. `a` may be sparse if `b` is dense; the product is dense.

    Parameters
    ----------
    a : (..., n, k) array, or (n, k) sparse matrix
    b : (..., k, m) array
    out : (..., n, m) array, optional
        The product is written to it.

    Returns
    -------
    array of shape (..., n, m)
        `out`, if it was given.

    Examples
    --------
    >>> from scipy import sparse
    >>> matmul(sparse.csr_array(np.diag([2.0, 3.0])), np.array([[1.0, 4.0], [5.0, 6.0]]))
    array([[ 2.,  8.],
           [15., 18.]])
    """
    if out is None:
        return a @ b
    if is_sparse(a):
        out[...] = a @ b
        return out
    return namespace(b).matmul(a, b, out=out)


def surely(condition: Array) -> bool:
    """True if all entries of a boolean array are known to be true; False while a framework traces without values.

    Use it to decide on a shortcut that is valid only if the condition holds. A traced call then takes the general path.

    >>> surely(np.array([1.0, 2.0]) > 0), surely(np.array([1.0, -2.0]) > 0)
    (True, False)
    """
    return not is_traced(condition) and bool(condition.all())


def unwarned(x: Array) -> AbstractContextManager[Any]:
    """A context in which NumPy does not warn of results that are not a number, for code that looks for them itself.

    >>> x = np.array([np.inf, 1.0])
    >>> with unwarned(x):
    ...     x - x
    array([nan,  0.])
    """
    return nullcontext() if is_torch(x) or is_jax(x) else np.errstate(invalid="ignore")


def is_traced(x: Array) -> bool:
    """True if the values of `x` cannot be read: under jax.jit, torch.compile and torch.func, and on the meta device.

    >>> is_traced(np.ones(3))
    False
    """
    if is_torch(x):
        torch = sys.modules["torch"]
        # PyTorch has no public function that tells whether torch.func wraps a tensor.
        return bool(x.is_meta or torch.compiler.is_compiling() or torch._C._functorch.is_functorch_wrapped_tensor(x))
    return is_jax(x) and isinstance(x, sys.modules["jax"].core.Tracer)


def may_write(x: Array) -> bool:
    """True if a newly allocated array of floats may be overwritten: no framework traces it or differentiates by it.

    >>> may_write(np.exp(np.zeros(2))), may_write(np.array([1, 2]))
    (True, False)
    """
    if not is_floating(x) or is_jax(x):
        return False
    return not (is_torch(x) and (x.requires_grad or is_traced(x)))


def holds_labels(x: Array) -> bool:
    """True if `x` holds integers, which are class labels; floats are rows of class probabilities.

    >>> holds_labels(np.array([2, 0])), holds_labels(np.array([[0.1, 0.9]]))
    (True, False)
    """
    if is_torch(x):
        return not (x.is_floating_point() or x.is_complex() or x.dtype == sys.modules["torch"].bool)
    return x.dtype.kind in "iu"


def numpy_dtype(x: Array) -> np.dtype[Any]:
    """The dtype of `x` as a NumPy dtype, also for a tensor.

    >>> numpy_dtype(np.zeros(1, np.float32))
    dtype('float32')
    """
    return np.dtype(str(x.dtype).removeprefix("torch.")) if is_torch(x) else x.dtype


def is_on_gpu(x: Array) -> bool:
    """True for tensors in the memory of a CUDA device.

    >>> is_on_gpu(np.array([0.5]))
    False
    """
    return is_torch(x) and bool(x.device.type == "cuda")


def is_floating(x: Array) -> bool:
    """True if `x` holds machine floats; False for integers, booleans and balls.

    >>> is_floating(np.array([0.5])), is_floating(np.array([1]))
    (True, False)
    """
    return bool(x.is_floating_point()) if is_torch(x) else x.dtype.kind == "f"


def empty(shape: tuple[int, ...], like: Array, dtype: Any = None) -> Array:
    """An uninitialised array in the library and on the device of `like`, in its dtype unless another is given.

    Parameters
    ----------
    shape : tuple of int
    like : array
    dtype : dtype of the library of `like`, optional

    Returns
    -------
    array
        In C order. For an array of balls it is one too, so that numbers stored in it become balls.

    Examples
    --------
    >>> made = empty((2, 3), np.zeros(1, np.float32))
    >>> made.shape, made.dtype
    ((2, 3), dtype('float32'))
    """
    if is_torch(like):
        return sys.modules["torch"].empty(shape, dtype=dtype or like.dtype, device=like.device)
    # np.empty_like keeps the subclass: an array of balls converts numbers that are stored in it into balls.
    return np.empty_like(like, dtype=dtype, shape=shape, order="C")


def larger_than_zero(x: Array, *, out: Array | None = None) -> Array:
    """1 where x > 0 and 0 elsewhere, in the dtype of `x`, for x without NaN.

    NumPy's comparison with a cast is four times as fast as its sign.

    >>> larger_than_zero(np.array([-2.0, 0.0, 3.0]))
    array([0., 0., 1.])
    """
    if is_torch(x) or is_jax(x) or x.dtype == object:
        return namespace(x).sign(namespace(x).clip(x, 0, None), out=out)
    return np.greater(x, 0, out=np.empty_like(x) if out is None else out, casting="unsafe")


def look_up(x: Array, positions: np.ndarray[Any, Any], outside: float = 0.0) -> Array:
    """The entries of `x` at positions along its last axis, and the number `outside` where the position is -1.

    >>> look_up(np.array([5.0, 7.0]), np.array([[1, -1], [-1, 0]]))
    array([[7., 0.],
           [0., 5.]])
    """
    beyond = namespace(x).zeros_like(x[..., :1]) + outside
    index = sys.modules["torch"].as_tensor(positions, device=x.device) if is_torch(x) else positions
    return namespace(x).concatenate([x, beyond], axis=-1)[..., index]


def sum_to(x: Array, shape: tuple[int, ...]) -> Array:
    """Sum `x` over the axes that were broadcast from `shape` to x.shape: the pullback of broadcasting.

    >>> sum_to(np.ones((2, 3)), (3,))
    array([2., 2., 2.])
    """
    xp = namespace(x)
    extra = x.ndim - len(shape)
    if extra:
        x = xp.sum(x, axis=tuple(range(extra)))
    stretched = tuple(axis for axis, size in enumerate(shape) if size == 1 and x.shape[axis] != 1)
    return xp.sum(x, axis=stretched, keepdims=True) if stretched else x


def same_shape(what: str, got: Sequence[int], expected: Sequence[int]) -> None:
    """Raise ValueError unless both shapes are equal; the message names them.

    >>> same_shape("targets", (3,), (4,))
    Traceback (most recent call last):
        ...
    ValueError: targets: expected shape (4,), got (3,)
    """
    if tuple(got) != tuple(expected):
        raise ValueError(f"{what}: expected shape {tuple(expected)}, got {tuple(got)}")
