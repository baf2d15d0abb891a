"""Dropout in place, written over its input and its cotangent, and the masks of training."""

import numpy as np

from chainrule.arrays import Array, as_like, is_torch, namespace, numpy_dtype
from chainrule.kernels.kernel import Kernel
from chainrule.rules.dropout import dropout
from chainrule.workspace import Workspace


def _forward(
    x: Array, mask: Array, *, out: Array | None = None, work: Workspace | None = None
) -> tuple[Array, tuple[Array]]:
    return namespace(x).multiply(x, mask, out=out), (mask,)


def _pullback(
    residuals: tuple[Array], cotangent: Array, *, out: tuple[Array | None, None], work: Workspace | None = None
) -> tuple[Array | None, None]:
    if out[0] is not None:
        namespace(cotangent).multiply(cotangent, residuals[0], out=out[0])
    return out


def draw_mask(stream: np.random.Generator, out: Array, work: Workspace, *, rate: float) -> Array:
    """Fill `out` with a mask from the stream: 0 with probability `rate`, else 1 / (1 - rate)."""
    shape = tuple(out.shape)
    dtype = np.float64 if numpy_dtype(out) == np.float64 else np.float32
    uniform = work("uniform", shape, np.empty(0, dtype))
    stream.random(dtype=dtype, out=uniform)
    # floor(u + 1 - rate) is 1 exactly when u >= rate.
    np.floor(np.add(uniform, 1 - rate, out=uniform), out=uniform)
    np.multiply(uniform, 1 / (1 - rate), out=uniform)
    out[...] = as_like(uniform, out) if is_torch(out) else uniform
    return out


KERNELS = {dropout: Kernel(_forward, _pullback)}
