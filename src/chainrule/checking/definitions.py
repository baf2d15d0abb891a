"""Textbook definitions of all registered rules, as functions of their inputs and options, for arrays of balls.

The formulas ignore overflow and cancellation, which do no harm to balls.

>>> DEFINITIONS["sigmoid"](balls([0.0]))
BallArray([0.5], dtype=object)
"""

from collections.abc import Callable
from functools import reduce
from typing import Any

import numpy as np

from chainrule.arrays import class_mask, holds_labels
from chainrule.checking.balls import balls


def _softmax(x: Any) -> Any:
    e = np.exp(x)
    return e / np.sum(e, axis=-1, keepdims=True)


def _log_sum_exp(x: Any) -> Any:
    return np.log(np.sum(np.exp(x), axis=-1))


def _sigmoid(x: Any) -> Any:
    return 1 / (1 + np.exp(-x))


def _counted(weights: Any, x: Any) -> Any:
    """weights * x, with 0 * infinity = 0."""
    return np.where(weights == 0, balls(np.zeros(x.shape)), x) * weights


def _rows(targets: Any, x: Any) -> Any:
    """Labels as rows of 0 and 1."""
    if not holds_labels(np.asarray(targets)):
        return targets
    return balls(class_mask(np.asarray(targets), x.shape[-1]).astype(np.float64))


def _cross_entropy_on_logits(x: Any, targets: Any, label_smoothing: Any = 0.0) -> Any:
    k, targets = x.shape[-1], _rows(targets, x)
    total = np.sum(targets, axis=-1, keepdims=True)
    weights = (1 - label_smoothing) * targets + label_smoothing * total / k
    return np.sum(_counted(weights, _log_sum_exp(x)[..., None] - x), axis=-1)


def _by_sign(below: float, at: float, above: float) -> Callable[[Any], Any]:
    return lambda x: balls(np.where(x > 0, above, np.where(x < 0, below, at)))


def _convolution(signal: Any, kernel: Any, mode: str = "full") -> Any:
    n, k = signal.shape[-1], len(kernel)
    first, count = {"full": (0, n + k - 1), "same": ((k - 1) // 2, n), "valid": (k - 1, n - k + 1)}[mode]
    result = balls(np.zeros((*signal.shape[:-1], count)))
    for i in range(count):
        for a in range(k):
            if 0 <= first + i - a < n:
                result[..., i] = result[..., i] + kernel[a] * signal[..., first + i - a]
    return result


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


def _correlation(
    x: Any, weight: Any, bias: Any = None, stride: Any = 1, padding: Any = 0, dilation: Any = 1, groups: int = 1
) -> Any:
    (s_h, s_w), (d_h, d_w) = _pair(stride), _pair(dilation)
    filters, channels, k_h, k_w = weight.shape
    spans = d_h * (k_h - 1) + 1, d_w * (k_w - 1) + 1
    around = _with_zeros(x, padding, spans)
    rows, columns = ((n - span) // s + 1 for n, span, s in zip(around.shape[-2:], spans, (s_h, s_w), strict=True))
    result = balls(np.zeros((*x.shape[:-3], filters, rows, columns)))
    for o, i, j, c, a, b in np.ndindex(filters, rows, columns, channels, k_h, k_w):
        channel = o // (filters // groups) * channels + c
        term = weight[o, c, a, b] * around[..., channel, i * s_h + a * d_h, j * s_w + b * d_w]
        result[..., o, i, j] = result[..., o, i, j] + term
    return result if bias is None else result + bias[:, None, None]


def _flipped_correlation(x: Any, weight: Any, **options: Any) -> Any:
    return _correlation(x, weight[:, :, ::-1, ::-1], **options)


def _pooled(around: Any, kernel: Any, stride: Any, combine: Callable[[list[Any]], Any]) -> Any:
    """The combined entries of each window of padded images."""
    (k_h, k_w), (s_h, s_w) = _pair(kernel), _pair(kernel if stride is None else stride)
    rows, columns = (around.shape[-2] - k_h) // s_h + 1, (around.shape[-1] - k_w) // s_w + 1
    result = balls(np.zeros((*around.shape[:-2], rows, columns)))
    for i, j in np.ndindex(rows, columns):
        result[..., i, j] = combine([around[..., i * s_h + a, j * s_w + b] for a, b in np.ndindex(k_h, k_w)])
    return result


def _top(entries: list[Any]) -> Any:
    return reduce(lambda top, entry: np.where(entry > top, entry, top), entries)


def _largest(x: Any, kernel: Any = 2, stride: Any = None, padding: Any = 0) -> Any:
    inside = _with_zeros(x * 0 + 1, padding)
    around = np.where(inside == 1, _with_zeros(x, padding), balls(np.full(inside.shape, -np.inf)))
    return _pooled(around, kernel, stride, _top)


def _mean(x: Any, kernel: Any = 2, stride: Any = None, padding: Any = 0) -> Any:
    around = _with_zeros(x, padding)
    return _pooled(around, kernel, stride, lambda entries: np.sum(np.stack(entries), axis=0) / len(entries))


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
    "affine": lambda x, weight, bias: np.matmul(x, weight) + bias,
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
