"""Sizes of convolutions and pools along one axis, and counts of their parameters.

    outputs = floor((n + before + after - d (k - 1) - 1) / stride) + 1      n samples, kernel k, dilation d
    dropped = (n + before + after - d (k - 1) - 1) mod stride               samples at the end that no window reaches
    parameters = k_1 k_2 ... in_channels out_channels (+ out_channels biases)

A non-overlapping r x r pool is a kernel of r with stride r. Stride 1 and an odd kernel with (k - 1) / 2 zeros on each
side keep n.
"""

import math
from collections.abc import Sequence
from typing import TypeAlias

Padding: TypeAlias = "int | tuple[int, int]"
"""Zeros on each side, or before and after."""


def conv_output_size(n: int, kernel: int, stride: int = 1, padding: Padding = 0, dilation: int = 1) -> int:
    """The number of positions that a window of `kernel` samples takes on `n` samples.

    Parameters
    ----------
    n, kernel, stride, dilation : int
        At least 1. Dilation d leaves d - 1 samples out between neighbouring taps.
    padding : int or pair of int
        Zeros on each side, or before and after.

    Raises
    ------
    ValueError
        Where a size is impossible, or the window is longer than the padded signal.

    Examples
    --------
    >>> conv_output_size(128, 8, stride=2, padding=3)
    64
    >>> conv_output_size(64, 2, stride=2)
    32
    """
    return _reach(n, kernel, stride, padding, dilation) // stride + 1


def dropped_border(n: int, kernel: int, stride: int = 1, padding: Padding = 0, dilation: int = 1) -> int:
    """The number of samples at the end, zeros of the padding included, that no window reaches.

    >>> dropped_border(128, 7, stride=2, padding=3)
    1
    """
    return _reach(n, kernel, stride, padding, dilation) % stride


def padding_for(mode: str, kernel: int) -> tuple[int, int]:
    """The zeros before and after a signal with which a window of `kernel` samples at stride 1 gives that mode.

    full: n + k - 1 positions; same: n, where an even kernel has one zero more before; valid: n - k + 1, no zeros.

    >>> padding_for("same", 3), padding_for("same", 4), padding_for("full", 3)
    ((1, 1), (2, 1), (2, 2))
    """
    _at_least_one("kernel", kernel)
    if mode == "full":
        return kernel - 1, kernel - 1
    if mode == "same":
        return kernel // 2, (kernel - 1) // 2
    if mode == "valid":
        return 0, 0
    raise ValueError(f"mode: expected 'full', 'same' or 'valid', got {mode!r}")


def conv_parameter_count(kernel: int | Sequence[int], in_channels: int, out_channels: int, *, bias: bool = True) -> int:
    """The parameters of a convolution, whatever the size of its input; one bias per output channel.

    >>> conv_parameter_count((3, 3), 32, 64, bias=False), conv_parameter_count((3, 3), 32, 64)
    (18432, 18496)
    """
    sizes = (kernel,) if isinstance(kernel, int) else tuple(kernel)
    for name, size in (
        *(("kernel", size) for size in sizes),
        ("in_channels", in_channels),
        ("out_channels", out_channels),
    ):
        _at_least_one(name, size)
    return math.prod(sizes) * in_channels * out_channels + (out_channels if bias else 0)


def _reach(n: int, kernel: int, stride: int, padding: Padding, dilation: int) -> int:
    """The largest distance of a window from its first position, in samples."""
    for name, size in (("n", n), ("kernel", kernel), ("stride", stride), ("dilation", dilation)):
        _at_least_one(name, size)
    before, after = (padding, padding) if isinstance(padding, int) else padding
    if before < 0 or after < 0:
        raise ValueError(f"padding: expected at least 0 on each side, got {padding}")
    span, padded = dilation * (kernel - 1) + 1, n + before + after
    if span > padded:
        raise ValueError(
            f"a kernel of {kernel}{f' with dilation {dilation}, {span} samples long,' if dilation > 1 else ''} "
            f"does not fit on {n} samples with padding {padding}, {padded} in all"
        )
    return padded - span


def _at_least_one(name: str, size: int) -> None:
    if size < 1:
        raise ValueError(f"{name}: expected at least 1, got {size}")
