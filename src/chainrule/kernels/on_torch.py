"""Convolutions and pools of images by PyTorch's own functions."""

from __future__ import annotations

import sys
from typing import Any

from chainrule.arrays import Array
from chainrule.kernels import blocks
from chainrule.kernels.layout import are_channels_last, channels_last
from chainrule.kernels.shapes import Windows
from chainrule.workspace import Workspace

FEW_CHANNELS = 16
"""With fewer, or with channels that do not come last, slices are several times as fast as the library's max pool, and
its convolutions prefer other layouts."""


def correlate(
    x: Array,
    weight: Array,
    bias: Array | None,
    windows: Windows,
    groups: int,
    turned: bool,
    *,
    out: Array | None = None,
) -> Array:
    """Correlation with the kernel, or with the turned kernel, and a bias per output channel."""
    torch = _torch()
    images, padding = _padded(_four_axes(x), windows)
    kernel = weight.flip((2, 3)) if turned else weight
    value = torch.conv2d(images, kernel, bias, windows.stride, padding, windows.dilation, groups)
    value = value.reshape(*x.shape[:-3], *value.shape[1:])
    return value if out is None else out.copy_(value)


def transposed(
    x: Array,
    weight: Array,
    cotangent: Array,
    windows: Windows,
    groups: int,
    turned: bool,
    *,
    wanted: tuple[bool, bool, bool],
    out: tuple[Array | None, ...],
) -> tuple[Array | None, Array | None, Array | None]:
    """The wanted ones of the cotangents by x, weight and bias."""
    images, padding = _padded(_four_axes(x), windows)
    kernel, pulled = weight.flip((2, 3)) if turned else weight, _four_axes(cotangent)
    geometry = windows.stride, padding, windows.dilation, groups
    if images.shape[1] >= FEW_CHANNELS or not (wanted[0] and wanted[1]):
        by_x, by_weight, by_bias = _backward(pulled, images, kernel, geometry, wanted)
    else:
        # Of few channels the weights' cotangent takes a third of the time with the channels last, that of the images
        # two thirds with them first.
        by_x, *_ = _backward(pulled.contiguous(), images, kernel, geometry, (wanted[0], False, False))
        last = channels_last(pulled), channels_last(images)
        _, by_weight, by_bias = _backward(*last, kernel, geometry, (False, *wanted[1:]))
    if wanted[0]:
        (above, below), (left, right) = windows.padding
        if padding == (0, 0) and windows.is_padded:
            by_x = by_x[:, :, above : by_x.shape[2] - below, left : by_x.shape[3] - right]
        by_x = by_x.reshape(x.shape)
    if turned and wanted[1]:
        by_weight = by_weight.flip((2, 3))
    results = [
        result if buffer is None or not asked else buffer.copy_(result)
        for result, buffer, asked in zip((by_x, by_weight, by_bias), out, wanted, strict=True)
    ]
    return tuple(result if asked else None for result, asked in zip(results, wanted, strict=True))  # type: ignore[return-value]


def _backward(cotangent: Array, images: Array, kernel: Array, geometry: Any, wanted: tuple[bool, ...]) -> Any:
    if not any(wanted):
        return None, None, None
    stride, padding, dilation, groups = geometry
    return _torch().ops.aten.convolution_backward(
        cotangent,
        images,
        kernel,
        [kernel.shape[0]],
        stride,
        padding,
        dilation,
        False,
        [0, 0],
        groups,
        list(wanted),
    )


def pools(windows: Windows) -> bool:
    """Whether `largest` takes these windows."""
    return all(before == after for before, after in windows.padding)


def by_slices(windows: Windows, channels: int, come_last: bool) -> bool:
    """Whether `largest` works on slices, in buffers that it is given; the library's pool allocates its own."""
    return windows.are_blocks and not (come_last and channels >= FEW_CHANNELS)


def largest(
    x: Array, windows: Windows, *, out: Array | None, work: Workspace | None
) -> tuple[Array, tuple[Array, ...]]:
    """The largest entry of every window, the first of equal ones, and what `to_largest` needs."""
    if by_slices(windows, int(x.shape[-3]), are_channels_last(x)):
        return blocks.largest(x, windows, out=out, work=work)
    images = _four_axes(x)
    value, index = _torch().ops.aten.max_pool2d_with_indices(images, *_pool(windows))
    value = value.reshape(*x.shape[:-2], *windows.count)
    return value if out is None else out.copy_(value), (images, index)


def to_largest(
    choice: tuple[Array, ...], cotangent: Array, windows: Windows, shape: tuple[int, ...], *, out: Array | None
) -> Array:
    """The cotangent of every window to its largest entry."""
    if len(choice) != 2 or choice[1].dtype != _torch().int64:
        return blocks.to_largest(choice, cotangent, windows, shape, out=out)
    images, index = choice
    by_x = (
        _torch()
        .ops.aten.max_pool2d_with_indices_backward(_four_axes(cotangent), images, *_pool(windows), False, index)
        .reshape(shape)
    )
    return by_x if out is None else out.copy_(by_x)


def _pool(windows: Windows) -> tuple[Any, ...]:
    padding = [before for before, _ in windows.padding]
    return list(windows.kernel), list(windows.stride), padding, list(windows.dilation)


def _four_axes(x: Array) -> Array:
    return x if x.ndim == 4 else x.reshape(-1, *x.shape[-3:])


def _padded(images: Array, windows: Windows) -> tuple[Array, tuple[int, int]]:
    """Images, and the symmetric padding that is left to the library; other zeros are put around them here."""
    (above, below), (left, right) = windows.padding
    if above == below and left == right:
        return images, (above, left)
    return _torch().nn.functional.pad(images, (left, right, above, below)), (0, 0)


def _torch() -> Any:
    return sys.modules["torch"]
