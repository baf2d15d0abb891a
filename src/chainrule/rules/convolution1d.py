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

import numpy as np

from chainrule.arrays import Array, look_up, matmul, namespace, sum_to
from chainrule.rules.geometry import padding_for
from chainrule.rules.rule import Rule


class Residuals(NamedTuple):
    """What the derivatives need."""

    signal: Array
    kernel: Array
    start: int
    """The output's first entry, as an entry of full."""
    outputs: int
    """How many entries the output has."""


def _check(signal: Array, kernel: Array) -> None:
    if len(signal.shape) == 0 or signal.shape[-1] == 0:
        raise ValueError(f"signal: expected at least one sample on the last axis, got shape {tuple(signal.shape)}")
    if len(kernel.shape) != 1 or kernel.shape[0] == 0:
        raise ValueError(f"kernel: expected shape (k,) with k of at least 1, got {tuple(kernel.shape)}")


def _windows(residuals: Residuals) -> Array:
    """X[i, a] = x[i - a], 0 outside the signal: y_i = sum_a w_a X[i, a]."""
    signal, kernel, start, count = residuals
    outputs, taps = np.arange(start, start + count), np.arange(int(kernel.shape[0]))
    return look_up(signal, outputs[:, None] - taps)


def forward(signal: Array, kernel: Array, *, mode: str = "full") -> tuple[Array, Residuals]:
    """The convolved signal, under the signal's leading axes."""
    n, k = int(signal.shape[-1]), int(kernel.shape[0])
    before, after = padding_for(mode, k)
    count = n + before + after - k + 1
    if count < 1:
        raise ValueError(f"convolve1d: a kernel of {k} samples has no valid position on a signal of {n}")
    residuals = Residuals(signal, kernel, k - 1 - before, count)
    return _weighted(kernel, _windows(residuals)), residuals


def _weighted(kernel: Array, windows: Array) -> Array:
    return namespace(windows).sum(kernel * windows, axis=-1)


def _whole(residuals: Residuals, cotangent: Array) -> Array:
    return namespace(cotangent).broadcast_to(cotangent, (*residuals.signal.shape[:-1], residuals.outputs))


def _signal_pullback(residuals: Residuals, cotangent: Array) -> Array:
    """The cotangent correlated with the kernel: output j + a is the one in which w_a meets x_j."""
    signal, kernel, start, _ = residuals
    samples, taps = np.arange(int(signal.shape[-1])), np.arange(int(kernel.shape[0]))
    return _weighted(kernel, look_up(_whole(residuals, cotangent), samples[:, None] + taps - start))


def _kernel_pullback(residuals: Residuals, cotangent: Array) -> Array:
    """v X, summed over the leading axes."""
    products = matmul(_whole(residuals, cotangent)[..., None, :], _windows(residuals))
    return sum_to(products[..., 0, :], tuple(residuals.kernel.shape))


def _pushforward(residuals: Residuals, signal_tangent: Array | None, kernel_tangent: Array | None) -> Array:
    """The tangent of the signal convolved with the kernel, and the signal with the tangent of the kernel."""
    signal, kernel, *_ = residuals
    xp = namespace(signal)
    moved = 0 * _whole(residuals, 0 * signal[..., :1])
    if signal_tangent is not None:
        tangent = xp.broadcast_to(signal_tangent, signal.shape)
        moved = moved + _weighted(kernel, _windows(residuals._replace(signal=tangent)))
    if kernel_tangent is not None:
        moved = moved + _weighted(xp.broadcast_to(kernel_tangent, kernel.shape), _windows(residuals))
    return moved


def _jacobian(residuals: Residuals) -> tuple[Array, Array]:
    """By the signal the Toeplitz matrix w[i - j] for every row, by the kernel X."""
    signal, kernel, start, count = residuals
    outputs, samples = np.arange(start, start + count), np.arange(int(signal.shape[-1]))
    toeplitz = look_up(kernel, outputs[:, None] - samples)
    by_signal = namespace(signal).broadcast_to(toeplitz, (*signal.shape[:-1], *toeplitz.shape))
    return by_signal, _windows(residuals)


convolve1d = Rule(
    "convolve1d",
    forward,
    {"signal": _signal_pullback, "kernel": _kernel_pullback},
    _pushforward,
    _jacobian,
    check=_check,
    inputs=("signal", "kernel"),
    options=("mode",),
    kind="layer",
    formula="y_i = sum_a w_a x[i - a]",
    derivative="by x: w[i - j]; by w: x[i - a]",
    domain="signal (..., n), kernel (k,); mode 'full', 'same' or 'valid', the last with k at most n",
    # As for a product of matrices: n / 2 units of the sum of the sizes of n terms, times 2 just above a power of two.
    error_bound=8,
)
