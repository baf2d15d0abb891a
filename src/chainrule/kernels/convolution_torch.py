"""Convolutions of images by PyTorch's own functions."""

from __future__ import annotations

import sys
from typing import Any

from chainrule.arrays import Array
from chainrule.kernels.layout import FEW_CHANNELS, channels_last, four_axes
from chainrule.rules.windows import Windows


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
    torch = _torch()
    images, padding = _padded(four_axes(x), windows)
    value = torch.conv2d(images, weight, bias, windows.stride, padding, windows.dilation, groups)
    value = value.reshape(*x.shape[:-3], *value.shape[1:])
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
) -> tuple[Array | None, Array | None, Array | None]:
    """The wanted ones of the cotangents by x, weight and bias."""
    images, padding = _padded(four_axes(x), windows)
    pulled = four_axes(cotangent)
    geometry = windows.stride, padding, windows.dilation, groups
    if images.shape[1] >= FEW_CHANNELS or not (wanted[0] and wanted[1]):
        by_x, by_weight, by_bias = _backward(pulled, images, weight, geometry, wanted)
    else:
        # Of few channels the weights' cotangent takes a third of the time with the channels last, that of the images
        # two thirds with them first.
        by_x, *_ = _backward(pulled.contiguous(), images, weight, geometry, (wanted[0], False, False))
        last = channels_last(pulled), channels_last(images)
        _, by_weight, by_bias = _backward(*last, weight, geometry, (False, *wanted[1:]))
    if wanted[0]:
        (above, below), (left, right) = windows.padding
        if padding == (0, 0) and windows.is_padded:
            by_x = by_x[:, :, above : by_x.shape[2] - below, left : by_x.shape[3] - right]
        by_x = by_x.reshape(x.shape)
    results = [
        result if buffer is None or not asked else buffer.copy_(result)
        for result, buffer, asked in zip((by_x, by_weight, by_bias), out, wanted, strict=True)
    ]
    return tuple(result if asked else None for result, asked in zip(results, wanted, strict=True))  # type: ignore[return-value]


def _backward(cotangent: Array, images: Array, weight: Array, geometry: Any, wanted: tuple[bool, ...]) -> Any:
    if not any(wanted):
        return None, None, None
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
    """Images, and the symmetric padding that is left to the library; other zeros are put around them here."""
    (above, below), (left, right) = windows.padding
    if above == below and left == right:
        return images, (above, left)
    return _torch().nn.functional.pad(images, (left, right, above, below)), (0, 0)


def _torch() -> Any:
    return sys.modules["torch"]
