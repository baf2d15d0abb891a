"""Inverses of positive definite matrices, by LAPACK without Python's lock, so that threads invert at the same time.

SciPy's wrappers hold the lock during a call. SciPy exports the same routines of its LAPACK to Cython; ctypes calls them
and lets go of the lock.
"""

import ctypes
from collections.abc import Callable
from functools import cache, lru_cache

import numpy as np
from scipy.linalg import cython_lapack

from chainrule.arrays import Array


def invert(matrix: Array) -> bool:
    """Invert a positive definite matrix in float32 in place, from its upper triangle. False if it has no inverse; its
    entries are then lost.

    >>> matrix = np.array([[4.0, 2.0], [2.0, 2.0]], np.float32)
    >>> invert(matrix), matrix.tolist()
    (True, [[0.5, -0.5], [-0.5, 1.0]])
    """
    if matrix.dtype != np.float32 or not matrix.flags.c_contiguous or matrix.shape != matrix.shape[::-1]:
        raise ValueError(f"expected a contiguous square matrix in float32, got {matrix.dtype} {matrix.shape}")
    size, failed = ctypes.c_int(len(matrix)), ctypes.c_int(0)
    # The upper triangle of contiguous rows is the lower triangle of contiguous columns.
    arguments = (ctypes.c_char(b"L"), size, matrix.ctypes.data, size, failed)
    for name in ("spotrf", "spotri"):
        _routine(name)(*(each if isinstance(each, int) else ctypes.byref(each) for each in arguments))
        if failed.value:
            return False
    # NumPy copies overlapping memory first.
    np.copyto(matrix, matrix.T, where=_below(len(matrix)))
    return True


# What follows is private.


@cache
def _routine(name: str) -> Callable[..., None]:
    """A routine of five arguments: triangle, size, matrix, leading dimension, and the number of a failed pivot."""
    capsule, api = cython_lapack.__pyx_capi__[name], ctypes.pythonapi
    name_of, pointer_of = api.PyCapsule_GetName, api.PyCapsule_GetPointer
    name_of.restype, name_of.argtypes = ctypes.c_char_p, [ctypes.py_object]
    pointer_of.restype, pointer_of.argtypes = ctypes.c_void_p, [ctypes.py_object, ctypes.c_char_p]
    made: Callable[..., None] = ctypes.CFUNCTYPE(None, *[ctypes.c_void_p] * 5)(pointer_of(capsule, name_of(capsule)))
    return made


@lru_cache(maxsize=2)
def _below(size: int) -> Array:
    """True below the diagonal."""
    return np.tri(size, k=-1, dtype=bool)
