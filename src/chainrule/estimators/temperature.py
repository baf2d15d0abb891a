"""Temperature scaling: the number that divides the logits so that held-out samples have the least log-loss.

With c = 1 / T the mean loss is convex in c:  dl/dc = E_S[z] - t . z,  d2l/dc2 = Var_S[z],  S = softmax(c z).
Source: Guo, Pleiss, Sun and Weinberger (2017).
"""

import numpy as np

from chainrule import rules
from chainrule.arrays import Array
from chainrule.estimators.class_encoding import BINARY, ClassEncoding

SMALLEST, LARGEST = 1e-3, 1e3
"""Limits on c, which would be infinite if all samples were classified correctly, and 0 if no better than by chance."""


def best_temperature(encoding: ClassEncoding, logits: Array, y: Array, weights: Array | None = None) -> float:
    """The temperature T, between 1e-3 and 1e3, by bisection for log c.

    Examples
    --------
    >>> from chainrule.estimators.class_encoding import encoding_of
    >>> logits = np.array([[4.0, 0.0, 0.0], [4.0, 0.0, 0.0], [0.0, 4.0, 0.0], [0.0, 0.0, 4.0]])
    >>> round(best_temperature(encoding_of(np.arange(3)), logits, np.array([0, 1, 1, 2])), 3)
    2.232
    """
    z = np.hstack([0 * logits, logits]) if encoding.kind == BINARY else logits
    z = z - z.max(axis=1, keepdims=True)
    targets = y if y.ndim == 2 else (y[:, None] == encoding.classes).astype(np.float64)
    shares = np.full(len(z), 1 / len(z)) if weights is None else weights / weights.sum()
    at_target = (targets * z).sum(axis=1)
    low, high = np.log(SMALLEST), np.log(LARGEST)
    for _ in range(100):
        middle = (low + high) / 2
        slope = shares @ (rules.softmax_expectation(np.exp(middle) * z, z) - at_target)
        low, high = (low, middle) if slope > 0 else (middle, high)
    return float(np.exp(-(low + high) / 2))
