"""Arrays of one library, dtype or device made from others, or from lists and numbers."""

import sys
from typing import Any

import numpy as np

from chainrule.arrays.libraries import Array, is_jax, is_torch
from chainrule.extras import import_extra


def as_array(x: object) -> Array:
    """`x` as an array. Arrays of any library are returned unchanged; lists and numbers become NumPy arrays.

    >>> as_array([1, 2.5])
    array([1. , 2.5])
    """
    return x if isinstance(x, np.ndarray) or is_torch(x) or is_jax(x) else np.asarray(x)


def as_floats(x: object) -> Array:
    """`x` as an array of floats. Integers and booleans become float64 (for JAX, its default float).

    >>> as_floats([1, 2])
    array([1., 2.])
    """
    array = as_array(x)
    if is_torch(array):
        return array if array.is_floating_point() else array.double()
    return array.astype(float) if array.dtype.kind in "iub" else array


def whole_numbers(x: Array) -> Array:
    """`x` as integers that may be indices, rounded towards 0.

    >>> whole_numbers(np.array([2.0, 0.0]))
    array([2, 0])
    """
    return x.long() if is_torch(x) else x.astype(int)


def as_like(x: object, like: Array) -> Array:
    """`x` in the library, dtype and device of `like`.

    >>> as_like([1, 2], np.zeros(1, np.float32))
    array([1., 2.], dtype=float32)
    """
    if is_torch(like):
        return sys.modules["torch"].as_tensor(x, dtype=like.dtype, device=like.device)
    return (sys.modules["jax.numpy"] if is_jax(like) else np).asarray(x, dtype=like.dtype)


def copy_of(x: Array) -> Array:
    """A copy of `x` that shares no memory with it.

    >>> x = np.zeros(2)
    >>> np.shares_memory(copy_of(x), x)
    False
    """
    return x.clone() if is_torch(x) else x.copy()


def to_numpy(x: Array) -> np.ndarray[Any, Any]:
    """`x` as a NumPy array in main memory, detached from autograd.

    NumPy's own arrays, and tensors in main memory, are not copied.

    >>> x = np.ones(2)
    >>> to_numpy(x) is x
    True
    """
    refuse_bfloat16(x)
    return x.detach().cpu().numpy() if is_torch(x) else np.asarray(x)


def without_autograd(x: Any) -> Any:
    """A tensor in main memory as a NumPy array of the same numbers, which is not copied; anything else as it is.

    Raises
    ------
    TypeError
        For a tensor of bfloat16, which NumPy lacks.
    ValueError
        For a tensor that requires grad, since no gradient flows through a fit or a prediction.

    Examples
    --------
    >>> without_autograd([1.0, 2.0])
    [1.0, 2.0]
    """
    refuse_bfloat16(x)
    if is_torch(x) and x.requires_grad:
        raise ValueError("expected numbers without gradients, got a tensor that requires grad; give X.detach()")
    return to_numpy(x) if is_torch(x) and x.device.type == "cpu" else x


def refuse_bfloat16(x: object) -> None:
    """Raise TypeError for a tensor of bfloat16, which NumPy lacks; anything else passes.

    >>> refuse_bfloat16(np.ones(2))
    """
    if is_torch(x) and str(getattr(x, "dtype", "")) == "torch.bfloat16":
        raise TypeError(
            "expected an array of float64, float32 or float16, got a tensor of torch.bfloat16, which NumPy lacks; "
            "X.float() has the same values in float32"
        )


def on_device(x: Array, device: str | None) -> Array:
    """A NumPy array as a PyTorch tensor on a device such as "cpu" or "cuda"; unchanged if the device is None.

    A tensor on "cpu" shares the memory of a contiguous array.

    Raises
    ------
    ImportError
        If a device is given, and PyTorch, the extra 'torch', is not installed.

    Examples
    --------
    >>> on_device(np.array([1.0, 2.0]), None)
    array([1., 2.])
    """
    if device is None:
        return x
    torch = import_extra("torch", "torch", f"device={device!r} needs PyTorch")
    return torch.as_tensor(np.ascontiguousarray(x), device=device)
