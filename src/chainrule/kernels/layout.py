"""The layout of images in memory. Their shape is always samples x channels x height x width.

On NumPy the samples may come last: channels x height x width x samples. Loops over patches, pools and padding then run
over neighbouring pixels of all samples, long enough to be fast in NumPy; products write channels to their place; and
the images of a batch, flattened, are its matrix of features, transposed. On PyTorch the channels may come last, which
is how its convolutions and pools are fastest.
"""

import math
import sys
import threading
from typing import Any

import numpy as np

from chainrule.arrays import Array, empty, is_torch
from chainrule.workspace import Workspace

NUMPY = np.ndarray[Any, Any]
Shape = tuple[int, ...]

FEW_CHANNELS = 16
"""With fewer channels, or with channels that do not lie last, slices are several times as fast as PyTorch's max pool,
and its convolutions prefer other layouts."""


def empty_samples_last(shape: Shape, like: Array) -> Array:
    """An uninitialised array of shape (samples, channels, height, width) in which the samples lie together in memory.

    >>> empty_samples_last((4, 3, 2, 2), np.zeros(1)).strides
    (8, 128, 64, 32)
    """
    samples, *image = shape
    return empty((*image, samples), like).transpose(len(image), *range(len(image)))


def samples_last(x: NUMPY) -> NUMPY:
    """Images (samples, channels, height, width) seen as (channels, height, width, samples)."""
    return x.transpose(1, 2, 3, 0)


def are_channels_last(x: Array) -> bool:
    """True if PyTorch's images have their channels last in memory."""
    return x.ndim == 4 and bool(x.is_contiguous(memory_format=sys.modules["torch"].channels_last))


def channels_last(x: Array) -> Array:
    """PyTorch's images with their channels last in memory: a copy unless they are. Rows are returned unchanged."""
    return x.contiguous(memory_format=sys.modules["torch"].channels_last) if x.ndim == 4 else x


def empty_in_layout_of(like: Array, shape: Shape) -> Array:
    """An uninitialised array of that shape, with as many axes as `like`, in the same order in memory."""
    if not is_torch(like):
        return np.empty_like(like, shape=shape)
    torch = sys.modules["torch"]
    order = torch.channels_last if are_channels_last(like) else torch.contiguous_format
    return torch.empty(shape, dtype=like.dtype, device=like.device, memory_format=order)


def work_in_layout_of(like: Array, name: str, shape: Shape, work: Workspace, dtype: Any = None) -> Array:
    """A buffer of the workspace with that shape and the memory order of `like`, which may be a slice of images."""
    samples, channels, height, width = shape if len(shape) == 4 else (0, 0, 0, 0)
    if is_torch(like):
        if like.ndim == 4 and like.stride(1) == 1 and channels > 1:
            return work(name, (samples, height, width, channels), like, dtype).permute(0, 3, 1, 2)
    elif like.ndim == 4 and like.shape[0] > 1 and like.strides[0] == like.itemsize:
        return work(name, (channels, height, width, samples), like, dtype).transpose(3, 0, 1, 2)
    return work(name, shape, like, dtype)


class _Scratch(threading.local):
    def __init__(self) -> None:
        self.buffers: dict[tuple[str, Any], NUMPY] = {}
        self.works: dict[Any, Workspace] = {}


_scratch = _Scratch()


def scratch(name: str, shape: Shape, dtype: Any) -> NUMPY:
    """A buffer of this thread, which the next call of that name overwrites; it grows and is never freed."""
    count, key = math.prod(shape), (name, dtype)
    buffer = _scratch.buffers.get(key)
    if buffer is None or buffer.size < count:
        buffer = _scratch.buffers[key] = np.empty(count, dtype)
    return buffer[:count].reshape(shape)


def transient_work(like: Array) -> Workspace:
    """This thread's workspace for arrays like `like` that are not kept from a forward to its pullback."""
    key = like.dtype, str(like.device) if is_torch(like) else ""
    if key not in _scratch.works:
        _scratch.works[key] = Workspace()
    return _scratch.works[key]
