"""The largest entries of windows by PyTorch's own pool."""

import sys
from collections.abc import Callable
from typing import Any

from chainrule.arrays import Array, is_torch
from chainrule.kernels.layout import FEW_CHANNELS, are_channels_last
from chainrule.rules.windows import Windows
from chainrule.workspace import Workspace

Buffer = Array | None
Choice = tuple[Array, ...]


def forms(x: Array, windows: Windows) -> tuple[Callable[..., Any], Callable[..., Any]] | None:
    """The functions that take the maxima and give cotangents back to them; None if slices do both, which is faster on
    blocks unless there are many channels and they lie last."""
    if not is_torch(x) or x.ndim != 4 or any(before != after for before, after in windows.padding):
        return None
    many_last = are_channels_last(x) and x.shape[-3] >= FEW_CHANNELS
    return None if windows.are_blocks and not many_last else (_largest, _to_largest)


def _largest(x: Array, windows: Windows, out: Buffer, work: Workspace) -> tuple[Array, Choice]:
    value, index = sys.modules["torch"].ops.aten.max_pool2d_with_indices(x, *_geometry(windows))
    return value if out is None else out.copy_(value), (x, index)


def _to_largest(choice: Choice, cotangent: Array, windows: Windows, shape: tuple[int, ...], out: Buffer) -> Array:
    images, index = choice
    backward = sys.modules["torch"].ops.aten.max_pool2d_with_indices_backward
    by_x = backward(cotangent, images, *_geometry(windows), False, index)
    return by_x if out is None else out.copy_(by_x)


def _geometry(windows: Windows) -> tuple[Any, ...]:
    padding = [before for before, _ in windows.padding]
    return list(windows.kernel), list(windows.stride), padding, list(windows.dilation)
