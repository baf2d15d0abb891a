"""Convolutions of images on NumPy's floats, by tiles of patches that stay in the processor's cache.

A tile is a block of output pixels of all samples. Its patches, with one row for entry (c, a, b) of every window, are
copied to a buffer of bounded size and multiplied by the weights. So the matrix of all patches, k_h k_w times as large
as the images, never exists. The images have shape samples x channels x height x width; reading is fastest if the
samples lie last in memory.
"""

from collections.abc import Iterator

import numpy as np

from chainrule.kernels.layout import NUMPY, samples_last, scratch
from chainrule.rules.windows import Windows, windows_on

PATCH_BYTES = 1 << 20
"""Size of the patches of a tile: small enough for a core's own cache, large enough to be worth a call."""


def correlate(
    x: NUMPY,
    weight: NUMPY,
    bias: NUMPY | None,
    windows: Windows,
    groups: int,
    *,
    out: NUMPY | None = None,
) -> NUMPY:
    """Correlation with the kernel, and a bias per output channel."""
    if out is None:
        out = np.empty((len(x), weight.shape[0], *windows.count), x.dtype)
    matrix = np.ascontiguousarray(weight).reshape(groups, weight.shape[0] // groups, -1)
    around, result = _padded(samples_last(x), windows), samples_last(out)
    for rows, columns in _blocks(windows, matrix.shape[-1] * groups * around.shape[-1] * x.itemsize):
        patches = _patches(around, windows, rows, columns).reshape(groups, matrix.shape[-1], -1)
        place = result[:, rows, columns]
        product = _as_rows(place, groups)
        np.matmul(matrix, patches, out=product)
        if bias is not None:
            np.add(product, bias.reshape(groups, -1, 1), out=product)
        if not _rows_together(place):
            place[...] = product.reshape(place.shape)
    return out


def transposed(
    x: NUMPY,
    weight: NUMPY,
    cotangent: NUMPY,
    windows: Windows,
    groups: int,
    *,
    wanted: tuple[bool, bool, bool],
    out: tuple[NUMPY | None, ...],
) -> tuple[NUMPY | None, NUMPY | None, NUMPY | None]:
    """The cotangents of x, weight and bias that are wanted; None for the others."""
    like = x, weight, weight[:, 0, 0, 0]
    by_x, by_weight, by_bias = (
        np.empty(part.shape, x.dtype) if want and buffer is None else buffer
        for part, want, buffer in zip(like, wanted, out, strict=True)
    )
    if by_x is not None:
        backwards = _backwards(windows)
        if backwards is None:
            _scatter(weight, cotangent, windows, groups, by_x)
        else:
            # At stride 1 the transpose is a correlation too: the channels are swapped, and the kernel is flipped.
            parts = weight.reshape(groups, weight.shape[0] // groups, *weight.shape[1:]).swapaxes(1, 2)
            kernel = parts.reshape(groups * weight.shape[1], -1, *windows.kernel)[..., ::-1, ::-1]
            correlate(cotangent, kernel, None, backwards, groups, out=by_x)
    if by_weight is not None:
        by_weight[...] = _by_weight(x, weight, cotangent, windows, groups)
    if by_bias is not None:
        samples_last(cotangent).reshape(len(weight), -1).sum(axis=1, out=by_bias)
    return by_x, by_weight, by_bias


def _backwards(windows: Windows) -> Windows | None:
    """The windows of the transpose if it is a correlation of the cotangent, otherwise None."""
    spans = [d * (k - 1) for k, d in zip(windows.kernel, windows.dilation, strict=True)]
    padding = [(s - before, s - after) for s, (before, after) in zip(spans, windows.padding, strict=True)]
    if windows.stride != (1, 1) or min(min(sides) for sides in padding) < 0:
        return None
    return windows_on(windows.count, windows.kernel, 1, (padding[0], padding[1]), windows.dilation)


def _by_weight(x: NUMPY, weight: NUMPY, cotangent: NUMPY, windows: Windows, groups: int) -> NUMPY:
    """Products of patches and cotangents, added up over the blocks."""
    around, v = _padded(samples_last(x), windows), samples_last(cotangent)
    size, channels = weight[0].size, weight.shape[0] // groups
    # Sum the transpose: the product then takes the patches as they lie in memory.
    total, part = np.zeros((groups, size, channels), x.dtype), np.empty((groups, size, channels), x.dtype)
    for rows, columns in _blocks(windows, size * groups * around.shape[-1] * x.itemsize):
        patches = _patches(around, windows, rows, columns).reshape(groups, size, -1)
        np.matmul(patches, _as_rows(v[:, rows, columns], groups).transpose(0, 2, 1), out=part)
        np.add(total, part, out=total)
    return total.transpose(0, 2, 1).reshape(weight.shape)


def _scatter(weight: NUMPY, cotangent: NUMPY, windows: Windows, groups: int, by_x: NUMPY) -> None:
    """Products of weights and cotangents, each added to the pixel that its entry of a window read."""
    matrix, v = np.ascontiguousarray(weight).reshape(groups, weight.shape[0] // groups, -1), samples_last(cotangent)
    size, (height, width) = matrix.shape[-1], windows.size
    (above, _), (left, _) = windows.padding
    (sh, sw), (dh, dw) = windows.stride, windows.dilation
    sums = scratch("kernel sums", (by_x.shape[1], *windows.padded, v.shape[-1]), by_x.dtype)
    sums[...] = 0
    for rows, columns in _blocks(windows, size * groups * v.shape[-1] * by_x.itemsize):
        rows_of_v = _as_rows(v[:, rows, columns], groups)
        back = scratch("kernel patches", (groups, size, rows_of_v.shape[-1]), by_x.dtype)
        np.matmul(matrix.transpose(0, 2, 1), rows_of_v, out=back)
        patches = back.reshape(len(sums), *windows.kernel, rows.stop - rows.start, columns.stop - columns.start, -1)
        for a, b in windows.entries:
            place = sums[:, _entry_of(rows, a * dh, sh), _entry_of(columns, b * dw, sw)]
            np.add(place, patches[:, a, b], out=place)
    samples_last(by_x)[...] = sums[:, above : above + height, left : left + width]


def _blocks(windows: Windows, bytes_per_pixel: int) -> Iterator[tuple[slice, slice]]:
    """Rectangles of output pixels, whole rows if they fit. The patches of each take PATCH_BYTES or are one pixel."""
    height, width = windows.count
    pixels = max(1, PATCH_BYTES // bytes_per_pixel)
    rows, columns = max(1, min(height, pixels // width)), min(width, pixels)
    # Blocks of one size: a last one of a single row would waste a product.
    rows = -(-height // -(-height // rows))
    for top in range(0, height, rows):
        for left in range(0, width, columns):
            yield slice(top, min(top + rows, height)), slice(left, min(left + columns, width))


def _padded(x: NUMPY, windows: Windows) -> NUMPY:
    """channels x height x width x samples with zeros around, in memory in that order."""
    if not windows.is_padded and x.flags.c_contiguous:
        return x
    (above, below), (left, right) = windows.padding
    height, width = windows.padded
    around = scratch("kernel padded", (x.shape[0], height, width, x.shape[-1]), x.dtype)
    around[:, :above] = 0
    around[:, height - below :] = 0
    around[:, :, :left] = 0
    around[:, :, width - right :] = 0
    around[:, above : height - below, left : width - right] = x
    return around


def _patches(around: NUMPY, windows: Windows, rows: slice, columns: slice) -> NUMPY:
    """A copy of a block's patches: channels, kernel's rows and columns, block's rows and columns, samples."""
    (sh, sw), (dh, dw) = windows.stride, windows.dilation
    c, h, w, t = around.strides
    corner = rows.start * sh * h + columns.start * sw * w
    shape = (around.shape[0], *windows.kernel, rows.stop - rows.start, columns.stop - columns.start, around.shape[-1])
    # A padded image is contiguous in memory. For this view, NumPy's as_strided takes three times as long.
    view = np.ndarray(shape, around.dtype, around, corner, (c, dh * h, dw * w, sh * h, sw * w, t))
    copied = scratch("kernel patches", shape, around.dtype)
    np.copyto(copied, view)
    return copied


def _entry_of(block: slice, offset: int, stride: int) -> slice:
    """The pixels, along one axis, that an entry at that offset reads in a block of windows."""
    return slice(block.start * stride + offset, (block.stop - 1) * stride + offset + 1, stride)


def _rows_together(x: NUMPY) -> bool:
    """True if the pixels and samples of each channel of (channels, rows, columns, samples) are contiguous in memory."""
    _, h, w, t = x.strides
    return t == x.itemsize and w == x.shape[3] * t and h == x.shape[2] * w


def _as_rows(block: NUMPY, groups: int) -> NUMPY:
    """A block as groups x channels x pixels: a view if its pixels are contiguous in memory, else a copy."""
    if not _rows_together(block):
        copied = scratch("kernel rows of a block", block.shape, block.dtype)
        np.copyto(copied, block)
        block = copied
    return block.reshape(groups, block.shape[0] // groups, -1)
