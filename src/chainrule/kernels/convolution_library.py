"""The convolutions that act on an array: tiles for NumPy, PyTorch's own, or only the rule."""

from types import ModuleType

import numpy as np

from chainrule.arrays import Array, is_torch, is_traced
from chainrule.kernels import convolution_numpy, convolution_torch


def library_of(x: Array) -> ModuleType | None:
    """The convolutions for arrays like `x`; None if only the rule can be used.

    >>> library_of(np.zeros(2)).__name__, library_of(np.zeros(2, dtype=object))
    ('chainrule.kernels.convolution_numpy', None)
    """
    if type(x) is np.ndarray and x.dtype in (np.float32, np.float64):
        return convolution_numpy
    if is_torch(x) and not is_traced(x):
        return convolution_torch
    return None
