"""Convolution of the last axis with one kernel, which is flipped: a convolution, not a correlation.

    full:  y_i = sum_a w_a x[i - a],  i = 0 .. n + k - 2,  x = 0 outside 0 .. n - 1
    same:  the n entries of full from (k - 1) // 2 on         valid:  the n - k + 1 entries from k - 1 on

    by x: dx_j = sum_i v_i w[i - j]        by w: dw_a = sum_i v_i x[i - a], summed over the leading axes

For an odd kernel `same` is centred on each sample. For an even one its window holds one sample more on the left, as
numpy.convolve has it; that function returns max(n, k) samples, where this rule returns n, also for kernels longer than
the signal. A layer of a network usually correlates: flip the kernel, or its gradient.

A signal is an image of one row and one channel, so all of it is the two-dimensional convolution.
"""

from chainrule.arrays import Array
from chainrule.rules.convolution2d import by_flipped_weight, convolve, convolve_jacobian, convolve_pushforward
from chainrule.rules.correlation2d import Residuals, x_pullback
from chainrule.rules.geometry import padding_for
from chainrule.rules.rule import Rule


def _check(signal: Array, kernel: Array) -> None:
    if len(signal.shape) == 0 or signal.shape[-1] == 0:
        raise ValueError(f"signal: expected at least one sample on the last axis, got shape {tuple(signal.shape)}")
    if len(kernel.shape) != 1 or kernel.shape[0] == 0:
        raise ValueError(f"kernel: expected shape (k,) with k of at least 1, got {tuple(kernel.shape)}")


def _as_image(signal: Array) -> Array:
    return signal[..., None, None, :]


def _as_weight(kernel: Array) -> Array:
    return kernel[None, None, None, :]


def forward(signal: Array, kernel: Array, *, mode: str = "full") -> tuple[Array, Residuals]:
    """The convolved signal, under the signal's leading axes."""
    n, k = int(signal.shape[-1]), int(kernel.shape[0])
    before, after = padding_for(mode, k)
    if n + before + after < k:
        raise ValueError(f"convolve1d: a kernel of {k} samples has no valid position on a signal of {n}")
    value, residuals = convolve(_as_image(signal), _as_weight(kernel), padding=((0, 0), (before, after)))
    return value[..., 0, 0, :], residuals


def _signal_pullback(residuals: Residuals, cotangent: Array) -> Array:
    return x_pullback(residuals, _as_image(cotangent))[..., 0, 0, :]


def _kernel_pullback(residuals: Residuals, cotangent: Array) -> Array:
    return by_flipped_weight(residuals, _as_image(cotangent))[0, 0, 0]


def _pushforward(residuals: Residuals, signal_tangent: Array, kernel_tangent: Array) -> Array:
    """The tangent of the signal convolved with the kernel, and the signal with the tangent of the kernel."""
    return convolve_pushforward(residuals, _as_image(signal_tangent), _as_weight(kernel_tangent))[..., 0, 0, :]


def _jacobian(residuals: Residuals) -> tuple[Array, Array]:
    """By the signal the Toeplitz matrix w[i - j] for every row, by the kernel x[i - a]."""
    by_image, by_weight = convolve_jacobian(residuals)
    return by_image[..., 0, 0, :, 0, 0, :], by_weight[..., 0, 0, :, 0, 0, 0, :]


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
    # As for a product of matrices: n / 2 ulp of the sum of the sizes of n terms, times 2 just above a power of two.
    error_bound=8,
)
