"""Convolutions and max pools of images by PyTorch's own functions."""

import sys
from collections.abc import Callable
from typing import Any

from chainrule.arrays import Array, is_torch
from chainrule.kernels.layout import FEW_CHANNELS, are_channels_last, channels_last
from chainrule.rules.windows import Windows
from chainrule.workspace import Workspace

Buffer = Array | None
Choice = tuple[Array, ...]


def correlate(
    x: Array,
    weight: Array,
    bias: Array | None,
    windows: Windows,
    groups: int,
    *,
    out: Array | None = None,
) -> Array:
    """Correlation with the kernel, and a bias per output channel."""
    images, padding = _padded(x, windows)
    value = _torch().conv2d(images, weight, bias, windows.stride, padding, windows.dilation, groups)
    return value if out is None else out.copy_(value)


def transposed(
    x: Array,
    weight: Array,
    cotangent: Array,
    windows: Windows,
    groups: int,
    *,
    wanted: tuple[bool, bool, bool],
    out: tuple[Array | None, ...],
) -> tuple[Array | None, ...]:
    """The cotangents of x, weight and bias that are wanted; None for the others."""
    images, padding = _padded(x, windows)
    geometry = windows.stride, padding, windows.dilation, groups
    if images.shape[1] >= FEW_CHANNELS or not (wanted[0] and wanted[1]):
        pulled = _backward(cotangent, images, weight, geometry, wanted)
    else:
        # With 8 channels, the weight's cotangent takes 0.4 of the time with the channels last, and the images'
        # cotangent takes 0.75 to 1.1 of it with the channels first.
        by_x, *_ = _backward(cotangent.contiguous(), images, weight, geometry, (True, False, False))
        last = channels_last(cotangent), channels_last(images)
        pulled = by_x, *_backward(*last, weight, geometry, (False, *wanted[1:]))[1:]
    if wanted[0] and images is not x:
        (above, below), (left, right) = windows.padding
        inside = pulled[0][:, :, above : images.shape[2] - below, left : images.shape[3] - right]
        pulled = inside, *pulled[1:]
    return tuple(
        result if buffer is None or result is None else buffer.copy_(result)
        for result, buffer in zip(pulled, out, strict=True)
    )


def _backward(cotangent: Array, images: Array, weight: Array, geometry: Any, wanted: tuple[bool, ...]) -> Any:
    stride, padding, dilation, groups = geometry
    return _torch().ops.aten.convolution_backward(
        cotangent,
        images,
        weight,
        [weight.shape[0]],
        stride,
        padding,
        dilation,
        False,
        [0, 0],
        groups,
        list(wanted),
    )


def _padded(images: Array, windows: Windows) -> tuple[Array, tuple[int, int]]:
    """Images, and the symmetric padding that is left to the library; other padding is added here."""
    (above, below), (left, right) = windows.padding
    if above == below and left == right:
        return images, (above, left)
    return _torch().nn.functional.pad(images, (left, right, above, below)), (0, 0)


def max_pool_forms(x: Array, windows: Windows) -> tuple[Callable[..., Any], Callable[..., Any]] | None:
    """The functions that take the maxima of windows and pass cotangents back; None if slices do both, which is faster
    on blocks unless there are many channels and they lie last."""
    if not is_torch(x) or x.ndim != 4 or any(before != after for before, after in windows.padding):
        return None
    many_last = are_channels_last(x) and x.shape[-3] >= FEW_CHANNELS
    return None if windows.are_blocks and not many_last else (_largest, _to_largest)


def _largest(x: Array, windows: Windows, out: Buffer, work: Workspace) -> tuple[Array, Choice]:
    value, index = _torch().ops.aten.max_pool2d_with_indices(x, *_geometry(windows))
    return value if out is None else out.copy_(value), (x, index)


def _to_largest(choice: Choice, cotangent: Array, windows: Windows, shape: tuple[int, ...], out: Buffer) -> Array:
    images, index = choice
    backward = _torch().ops.aten.max_pool2d_with_indices_backward
    by_x = backward(cotangent, images, *_geometry(windows), False, index)
    return by_x if out is None else out.copy_(by_x)


def _geometry(windows: Windows) -> tuple[Any, ...]:
    padding = [before for before, _ in windows.padding]
    return list(windows.kernel), list(windows.stride), padding, list(windows.dilation)


def _torch() -> Any:
    return sys.modules["torch"]
