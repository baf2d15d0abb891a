"""Textbook definitions of all registered rules, as functions of their inputs and options, for arrays of balls
or of exact numbers.

The formulas ignore overflow and cancellation, which do no harm to these.

>>> from chainrule.algebra import balls
>>> DEFINITIONS["sigmoid"](balls([0.0]))
BallArray([0.5], dtype=object)
"""

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from chainrule.algebra.number_array import numbers
from chainrule.arrays import class_mask, holds_labels


def _softmax(x: Any) -> Any:
    e = np.exp(x)
    return e / np.sum(e, axis=-1, keepdims=True)


def _log_sum_exp(x: Any) -> Any:
    return np.log(np.sum(np.exp(x), axis=-1))


def _sigmoid(x: Any) -> Any:
    return 1 / (1 + np.exp(-x))


def _mish(x: Any) -> Any:
    grown = np.exp(x)
    return x * (2 * grown + grown * grown) / (2 + 2 * grown + grown * grown)


def _parametric_activation(x: Any, share: Any, activation: str = "mish") -> Any:
    return x + share * (DEFINITIONS[activation](x) - x)


def _periodic_embedding(x: Any, frequency: Any, phase: Any, flat: bool = False) -> Any:
    turn = 4 * np.arccos(0 * x)
    waves = np.cos((turn * x)[..., None] * frequency + phase)
    return waves.reshape(*x.shape[:-1], phase.size) if flat else waves


def _embedding(codes: Any, table: Any, flat: bool = False) -> Any:
    one_hot = numbers(class_mask(np.asarray(codes), len(table)).astype(np.float64), type(table))
    rows = np.matmul(one_hot, table)
    return rows.reshape(*rows.shape[:-2], rows.shape[-2] * rows.shape[-1]) if flat else rows


def _counted(weights: Any, x: Any) -> Any:
    """weights * x, with 0 * infinity = 0."""
    if np.isfinite(x).all():
        return weights * x
    return np.where(weights == 0, numbers(np.zeros(x.shape), type(x)), x) * weights


def _rows(targets: Any, x: Any) -> Any:
    """Labels as rows of 0 and 1."""
    if not holds_labels(np.asarray(targets)):
        return targets
    return numbers(class_mask(np.asarray(targets), x.shape[-1]).astype(np.float64), type(x))


def _cross_entropy_on_logits(x: Any, targets: Any, label_smoothing: Any = 0.0) -> Any:
    k, targets = x.shape[-1], _rows(targets, x)
    total = np.sum(targets, axis=-1, keepdims=True)
    weights = (1 - label_smoothing) * targets + label_smoothing * total / k
    return np.sum(_counted(weights, _log_sum_exp(x)[..., None] - x), axis=-1)


def _members_cross_entropy(x: Any, targets: Any, label_smoothing: Any = 0.0) -> Any:
    return np.sum(_cross_entropy_on_logits(x, targets, label_smoothing), axis=0) / len(x)


def _by_sign(below: float, at: float, above: float) -> Callable[[Any], Any]:
    return lambda x: numbers(np.where(x > 0, above, np.where(x < 0, below, at)), type(x))


def _convolution(signal: Any, kernel: Any, mode: str = "full") -> Any:
    n, k = signal.shape[-1], len(kernel)
    first, count = {"full": (0, n + k - 1), "same": ((k - 1) // 2, n), "valid": (k - 1, n - k + 1)}[mode]
    around = np.pad(signal, [(0, 0)] * (signal.ndim - 1) + [(k - 1, k - 1)])
    entries = sliding_window_view(around, k, axis=-1, subok=True)
    return np.matmul(entries, kernel[::-1])[..., first : first + count]


def _pair(value: Any) -> tuple[int, int]:
    return (value, value) if isinstance(value, int) else value


def _with_zeros(x: Any, padding: Any, spans: tuple[int, int] = (1, 1)) -> Any:
    """Images padded with zeros."""
    if isinstance(padding, str):
        sides = {
            "full": [(span - 1, span - 1) for span in spans],
            "same": [(span // 2, (span - 1) // 2) for span in spans],
            "valid": [(0, 0), (0, 0)],
        }[padding]
    else:
        sides = [_pair(side) for side in _pair(padding)]
    return np.pad(x, [(0, 0)] * (x.ndim - 2) + sides)


def _windows(around: Any, sizes: Any, stride: Any, dilation: tuple[int, int] = (1, 1)) -> Any:
    """The entries [i, j, a, b] of all windows [i, j] of padded images."""
    (k_h, k_w), (s_h, s_w), (d_h, d_w) = _pair(sizes), _pair(sizes if stride is None else stride), dilation
    spans = d_h * (k_h - 1) + 1, d_w * (k_w - 1) + 1
    every = sliding_window_view(around, spans, axis=(-2, -1), subok=True)
    return every[..., ::s_h, ::s_w, ::d_h, ::d_w]


def _correlation(
    x: Any, weight: Any, bias: Any = None, stride: Any = 1, padding: Any = 0, dilation: Any = 1, groups: int = 1
) -> Any:
    sizes, (d_h, d_w) = weight.shape[-2:], _pair(dilation)
    around = _with_zeros(x, padding, (d_h * (sizes[0] - 1) + 1, d_w * (sizes[1] - 1) + 1))
    windows = np.split(_windows(around, sizes, stride, (d_h, d_w)), groups, axis=-5)
    pairs = zip(windows, np.split(weight, groups), strict=True)
    result = np.concatenate([np.einsum("...cijab,ocab->...oij", *pair) for pair in pairs], axis=-3)
    return result if bias is None else result + bias[:, None, None]


def _flipped_correlation(x: Any, weight: Any, **options: Any) -> Any:
    return _correlation(x, weight[:, :, ::-1, ::-1], **options)


def _largest(x: Any, kernel: Any = 2, stride: Any = None, padding: Any = 0) -> Any:
    inside = _with_zeros(x * 0 + 1, padding)
    around = np.where(inside == 1, _with_zeros(x, padding), numbers(np.full(inside.shape, -np.inf), type(x)))
    return np.max(_windows(around, kernel, stride), axis=(-2, -1))


def _mean(x: Any, kernel: Any = 2, stride: Any = None, padding: Any = 0) -> Any:
    return np.mean(_windows(_with_zeros(x, padding), kernel, stride), axis=(-2, -1))


DEFINITIONS: dict[str, Callable[..., Any]] = {
    "identity": lambda x: x,
    "relu": lambda x: np.where(x > 0, x, 0 * x),
    "sigmoid": _sigmoid,
    "tanh": lambda x: 2 / (1 + np.exp(-2 * x)) - 1,
    "softplus": lambda x: np.log(1 + np.exp(x)),
    "log_sigmoid": lambda x: np.log(_sigmoid(x)),
    "heaviside": _by_sign(0.0, 0.5, 1.0),
    "sign": _by_sign(-1.0, 0.0, 1.0),
    "logarithm": np.log,
    "scaled_sigmoid": lambda x, slope: _sigmoid(slope * x),
    "softmax": _softmax,
    "scaled_softmax": lambda x, scale: _softmax(scale * x),
    "softmax_expectation": lambda x, values: np.sum(_softmax(x) * values, axis=-1),
    "log_softmax": lambda x: x - _log_sum_exp(x)[..., None],
    "log_sum_exp": _log_sum_exp,
    "cross_entropy": lambda z, targets: -np.sum(_counted(_rows(targets, z), np.log(z)), axis=-1),
    "nll": lambda z, targets: -np.sum(_counted(_rows(targets, z), z), axis=-1),
    "softmax_cross_entropy": _cross_entropy_on_logits,
    "binary_cross_entropy": lambda o, y: y * np.log(1 + np.exp(-o)) + (1 - y) * np.log(1 + np.exp(o)),
    "half_squared_error": lambda o, y: (_sigmoid(o) - y) * (_sigmoid(o) - y) / 2,
    "linear": lambda x, weight: np.matmul(x, weight),
    "affine": lambda x, weight, bias: np.matmul(x, weight) + (bias if bias.ndim == 1 else bias[:, None]),
    "scaling": lambda x, scale: x * scale,
    "smooth_clip": lambda x, limit=3.0: x / np.sqrt(1 + (x / limit) * (x / limit)),
    "mish": _mish,
    "selu": lambda x: 1.0507009873554805 * np.where(x > 0, x, 1.6732632423543772 * (np.exp(x) - 1)),
    "parametric_activation": _parametric_activation,
    "periodic_embedding": _periodic_embedding,
    "embedding": _embedding,
    "members_cross_entropy": _members_cross_entropy,
    "l2_penalty": lambda theta, strength: strength * np.sum(theta * theta, axis=-1),
    "dropout": lambda x, mask: x * mask,
    "convolve1d": _convolution,
    "correlate2d": _correlation,
    "convolve2d": _flipped_correlation,
    "conv2d": _correlation,
    "zero_pad2d": lambda x, padding=1: _with_zeros(x, padding),
    "max_pool2d": _largest,
    "avg_pool2d": _mean,
    "global_avg_pool2d": lambda x: np.mean(x, axis=(-2, -1)),
    "flatten": lambda x: x.reshape(*x.shape[:-3], x.shape[-3] * x.shape[-2] * x.shape[-1]),
}
