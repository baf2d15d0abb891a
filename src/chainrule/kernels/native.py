"""Which accelerators of rules over images serve an array: those of NumPy's floats, or those of PyTorch."""

from __future__ import annotations

from types import ModuleType

import numpy as np

from chainrule.arrays import Array, is_torch, is_traced


def native(x: Array) -> ModuleType | None:
    """The accelerators for arrays like `x`; None where only the rule itself will do.

    >>> native(np.zeros(2)).__name__, native(np.zeros(2, dtype=object))
    ('chainrule.kernels.on_numpy', None)
    """
    if type(x) is np.ndarray:
        if x.dtype not in (np.float32, np.float64):
            return None
        from chainrule.kernels import on_numpy

        return on_numpy
    if is_torch(x) and not is_traced(x):
        from chainrule.kernels import on_torch

        return on_torch
    return None
