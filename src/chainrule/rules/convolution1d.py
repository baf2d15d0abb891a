"""Convolution of the last axis with one kernel, which is flipped: a convolution, not a correlation.

    full:  y_i = sum_a w_a x[i - a],  i = 0 .. n + k - 2,  x = 0 outside 0 .. n - 1
    same:  the n entries of full from (k - 1) // 2 on         valid:  the n - k + 1 entries from k - 1 on

    by x: dx_j = sum_i v_i w[i - j]        by w: dw_a = sum_i v_i x[i - a], summed over the leading axes

For an odd kernel `same` is centred on each sample. For an even one its window holds one sample more on the left, as
numpy.convolve has it; that function returns max(n, k) samples, where this rule returns n, also for kernels longer than
the signal. A layer of a network usually correlates: flip the kernel, or its gradient.
"""

from __future__ import annotations

from typing import NamedTuple

from chainrule.arrays import Array, namespace
from chainrule.rules.geometry import padding_for
from chainrule.rules.rule import Rule
from chainrule.workspace import Workspace


class Residuals(NamedTuple):
    """What the derivatives need."""

    padded: Array
    """The signal between zeros: m + k - 1 entries for m outputs."""
    kernel: Array
    before: int
    """How many zeros stand before the signal."""
    length: int
    """n."""


Cotangents = tuple[Array | None, Array | None]


def _check(signal: Array, kernel: Array) -> None:
    if len(signal.shape) == 0 or signal.shape[-1] == 0:
        raise ValueError(f"signal: expected at least one sample on the last axis, got shape {tuple(signal.shape)}")
    if len(kernel.shape) != 1 or kernel.shape[0] == 0:
        raise ValueError(f"kernel: expected shape (k,) with k of at least 1, got {tuple(kernel.shape)}")


def _zeros_around(x: Array, before: int, after: int) -> Array:
    xp = namespace(x)
    parts = [x]
    for count, at in ((before, 0), (after, 1)):
        if count:
            zeros = xp.zeros_like(xp.broadcast_to(x[..., :1], (*x.shape[:-1], count)))
            parts.insert(at * len(parts), zeros)
    return x if len(parts) == 1 else xp.concatenate(parts, axis=-1)


def _weighted_windows(x: Array, taps: list[Array], count: int, out: Array | None = None) -> Array:
    """sum_a taps[a] x[i + a] for i = 0 .. count - 1."""
    xp = namespace(x)
    total = xp.multiply(x[..., :count], taps[0], out=out)
    for offset, tap in enumerate(taps[1:], start=1):
        total = xp.add(total, x[..., offset : offset + count] * tap, out=out)
    return total


def _taps(kernel: Array) -> list[Array]:
    return [kernel[a] for a in range(kernel.shape[0])]


def forward(
    signal: Array, kernel: Array, *, mode: str = "full", out: Array | None = None, work: Workspace | None = None
) -> tuple[Array, Residuals]:
    """The convolved signal, under the signal's leading axes."""
    n, k = int(signal.shape[-1]), int(kernel.shape[0])
    before, after = padding_for(mode, k)
    count = n + before + after - k + 1
    if count < 1:
        raise ValueError(f"convolve1d: a kernel of {k} samples has no valid position on a signal of {n}")
    padded = _zeros_around(signal, before, after)
    convolved = _weighted_windows(padded, _taps(kernel)[::-1], count, out)
    return convolved, Residuals(padded, kernel, before, n)


def pullback(
    residuals: Residuals, cotangent: Array, *, out: Cotangents | None = None, work: Workspace | None = None
) -> Cotangents:
    """v correlated with the kernel, cropped to the signal; and with the signal, summed over the leading axes."""
    padded, kernel, before, n = residuals
    xp, k = namespace(cotangent), int(kernel.shape[0])
    count = int(padded.shape[-1]) - k + 1
    to_signal, to_kernel = out or (None, None)
    cotangent = xp.broadcast_to(cotangent, (*padded.shape[:-1], count))
    by_signal = None
    if not out or to_signal is not None:
        around = _zeros_around(cotangent, k - 1, k - 1)
        by_signal = _weighted_windows(around[..., before:], _taps(kernel), n, to_signal)
    if out and to_kernel is None:
        return by_signal, None
    by_kernel = xp.stack([xp.sum(cotangent * window) for window in _windows(padded, k, count)], axis=0)
    return by_signal, xp.add(by_kernel, 0, out=to_kernel)


def _windows(padded: Array, k: int, count: int) -> list[Array]:
    """x[i - a] for all outputs i, in the order of the kernel's entries a."""
    return [padded[..., k - 1 - a : k - 1 - a + count] for a in range(k)]


def pushforward(residuals: Residuals, signal_tangent: Array | None, kernel_tangent: Array | None) -> Array:
    """The tangent of the signal convolved with the kernel, and the signal with the tangent of the kernel."""
    padded, kernel, before, n = residuals
    k, total = int(kernel.shape[0]), int(padded.shape[-1])
    count = total - k + 1
    moved = namespace(padded).zeros_like(padded[..., :count])
    if signal_tangent is not None:
        tangent = namespace(padded).broadcast_to(signal_tangent, (*padded.shape[:-1], n))
        around = _zeros_around(tangent, before, total - n - before)
        moved = moved + _weighted_windows(around, _taps(kernel)[::-1], count)
    if kernel_tangent is not None:
        kernel_tangent = namespace(kernel).broadcast_to(kernel_tangent, kernel.shape)
        moved = moved + _weighted_windows(padded, _taps(kernel_tangent)[::-1], count)
    return moved


def jacobian_matrix(residuals: Residuals) -> tuple[Array, Array]:
    """By the signal the Toeplitz matrix w[i - j] for every row, by the kernel x[i - a]."""
    padded, kernel, before, n = residuals
    xp, k = namespace(padded), int(kernel.shape[0])
    count = int(padded.shape[-1]) - k + 1
    reverse = xp.concatenate([kernel[a : a + 1] for a in range(k - 1, -1, -1)], axis=0)
    # Row i of the matrix is a window of the reversed kernel between zeros, one sample further left at every row.
    band = _zeros_around(reverse, count - 1, n - 1)
    first = count - 1 + before
    toeplitz = xp.stack([band[first - i : first - i + n] for i in range(count)], axis=0)
    by_signal = xp.broadcast_to(toeplitz, (*padded.shape[:-1], count, n))
    return by_signal, xp.stack(_windows(padded, k, count), axis=-1)


convolve1d = Rule(
    "convolve1d",
    forward,
    pullback,
    pushforward,
    jacobian_matrix,
    check=_check,
    inputs=("signal", "kernel"),
    options=("mode",),
    formula="y_i = sum_a w_a x[i - a]",
    derivative="by x: w[i - j]; by w: x[i - a]",
    domain="signal (..., n), kernel (k,); mode 'full', 'same' or 'valid', the last with k at most n",
    # As for a product of matrices: n / 2 units of the sum of the sizes of n terms, times 2 just above a power of two.
    error_bound=8,
)
