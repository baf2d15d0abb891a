"""The textbook definition of what every registered rule computes, for arrays of balls.

Formulas without any care for overflow or cancellation, which balls do not need.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from chainrule.arrays import class_mask, holds_labels
from chainrule.checking.balls import balls


def definition(name: str) -> Callable[..., Any] | None:
    """The textbook formula of the rule of that name, a function of its inputs and options, for arrays of balls.

    >>> definition("sigmoid")(balls([0.0]))
    BallArray([0.5], dtype=object)
    """
    return _DEFINITIONS.get(name)


def _softmax(x: Any) -> Any:
    e = np.exp(x)
    return e / np.sum(e, axis=-1, keepdims=True)


def _log_sum_exp(x: Any) -> Any:
    return np.log(np.sum(np.exp(x), axis=-1))


def _sigmoid(x: Any) -> Any:
    return 1 / (1 + np.exp(-x))


def _counted(weights: Any, x: Any) -> Any:
    """weights * x, in which nothing times infinity is nothing."""
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


_DEFINITIONS: dict[str, Callable[..., Any]] = {
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
}
