"""Exponentials relative to the largest logit, shared by every rule of the softmax family.

    m = max_j x_j,   e_i = exp(x_i - m),   sum_j e_j = 1 + rest,   rest = sum over all j except one largest

Rounding x - m to its last place would cost exp as many places as x - m is large: 125 at a difference of 80. So what the
subtraction rounds away, r = (x - m) - fl(x - m), is recovered exactly (Knuth's two-sum) and put back: e^(x - m) = e^fl
(1 + r).

The largest exponential is exactly 1, so keeping it out of the sum keeps every digit of `rest`, however small:
log-sum-exp = m + log1p(rest), and the largest log-probability is -log1p(rest), where log(sum) would round to 0.
"""

from __future__ import annotations

import math
from typing import NamedTuple

from chainrule.arrays import Array, largest, namespace


class Shifted(NamedTuple):
    """Logits measured from their largest."""

    top: Array
    """Booleans: one largest entry of each row."""
    maximum: Array
    """m, of shape (..., 1)."""
    below: Array
    """x - m, at most 0."""
    exponentials: Array
    """e^(x - m), at most 1 but for the last place."""
    rest: Array
    """The sum of the exponentials except the top one, of shape (..., 1)."""


def shifted(logits: Array) -> Shifted:
    """Shift the logits by their largest; each row needs at least one entry, and a largest that is finite."""
    xp = namespace(logits)
    top = largest(logits)
    maximum = xp.amax(logits, axis=-1, keepdims=True)
    below = logits - maximum
    exponentials = _exponentials(logits, maximum, below)
    rest = xp.sum(xp.where(top, 0 * exponentials, exponentials), axis=-1, keepdims=True)
    return Shifted(top, maximum, below, exponentials, rest)


def _exponentials(logits: Array, maximum: Array, below: Array) -> Array:
    xp = namespace(logits)
    finite = below > -math.inf
    x = xp.where(finite, logits, xp.broadcast_to(maximum, logits.shape))
    difference = x - maximum
    of_x = difference + maximum
    rounded_away = (x - of_x) - ((difference - of_x) + maximum)
    exponentials = xp.exp(difference)
    return xp.where(finite, exponentials + exponentials * rounded_away, 0 * exponentials)


def check_logits(logits: Array) -> None:
    """Raise ValueError for logits without a last axis or without classes."""
    if len(logits.shape) == 0 or logits.shape[-1] == 0:
        raise ValueError(f"logits: expected at least one class on the last axis, got shape {tuple(logits.shape)}")
