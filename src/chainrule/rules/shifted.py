"""Exponentials of logits, shared by every rule of the softmax family.

    m = max_j x_j,   e_i = exp(x_i - c),   s_i = e_i / sum_j e_j,   log sum_j exp(x_j) = m + log1p(rest / e_top)

Every c gives the same quotients. In floats, rounding x - c makes exp wrong by about |x - c| ulp: 64 ulp at a
difference of 80. So c is a whole number that makes the difference exact:

    c = floor(m - min(max(m, 0), B))   for m < 2 L, where e^-L is the smallest number and e^B can be added k times
    c = floor(m)                       for larger m

From x = c / 2 to 2 c the difference is exact by Sterbenz's lemma, and for c = 0 trivially. For m < 0, x - c is no
larger than x and a multiple of its ulp, or smaller than 1 and off by a quarter of eps at most. For m > B and x < c / 2,
|x - c| is below log k + 2 wherever e^(x - m) is a normal number: 4 ulp at most for 400 classes, 8 ulp for a million.

The largest exponential is kept out of the sum, so that `rest` keeps its digits however small it is: the largest
log-probability is -log1p(rest / e_top), where log(sum) would round to 0.

Infinite logits mean the limits of finite ones, the same in every rule of the family:

    -inf                     the class is masked: probability 0, and no derivative passes through it
    +inf, one or n of them   they share the row equally: probability 1 / n each, 0 elsewhere; log-sum-exp = +inf
    -inf throughout          log-sum-exp = -inf; there are no probabilities, so all else is nan in that row
    nan                      nan in that row

No row affects another one, and none of this warns.
"""

import math
from typing import NamedTuple

from chainrule.arrays import Array, argmax, is_floating, namespace, row_sum, surely, take_class, with_class

CONDITIONED_BOUND = 16
"""Largest error of the family's public forms, in ulp of the sum of the magnitudes of the terms.

Each rule says which terms it means. An exponential is off by 3 ulp (NumPy's in float32) and one far below the largest
by 4 or 8 more, its row's sum by 3 and log2(k) roundings, and every quotient, difference and product by half an ulp: 35
at a million classes if all pointed one way; 6.7 is the most measured. Subnormal probabilities lack digits.
"""


class Shifted(NamedTuple):
    """Logits after the rule for infinities, and their exponentials; row values have shape (..., 1), `top` (...)."""

    logits: Array
    maximum: Array
    exponentials: Array
    top: Array
    """Index of one largest entry of each row."""
    rest: Array
    """Sum of the exponentials except the one at `top`."""

    @property
    def total(self) -> Array:
        """Sum of the exponentials."""
        return take_class(self.exponentials, self.top) + self.rest

    @property
    def probs(self) -> Array:
        """s."""
        return self.exponentials / self.total

    @property
    def log_rest(self) -> Array:
        """log(sum / e_top) >= 0: log-sum-exp minus the largest logit."""
        return namespace(self.rest).log1p(self.rest / take_class(self.exponentials, self.top))


def shifted(logits: Array) -> Shifted:
    """The exponentials of every row, which needs at least one entry.

    >>> import numpy as np
    >>> result = shifted(np.array([0.0, -40.0]))
    >>> result.exponentials, result.rest
    (array([1.00000000e+00, 4.24835426e-18]), array([4.24835426e-18]))
    """
    top = argmax(logits)
    logits, maximum = after_limits(logits)
    exponentials = exponentials_of(logits, maximum)
    return Shifted(logits, maximum, exponentials, top, sum_of_others(exponentials, top))


def after_limits(logits: Array) -> tuple[Array, Array]:
    """Logits of the same probabilities that have no infinite maximum, and the largest of each row."""
    xp = namespace(logits)
    maximum = xp.amax(logits, axis=-1, keepdims=True)
    if surely(abs(maximum) < math.inf):
        return logits, maximum
    logits = xp.where((maximum == math.inf) & (logits < math.inf), -math.inf, logits)
    logits = xp.where(logits == math.inf, 0.0, logits)
    logits = xp.where(maximum == -math.inf, math.nan, logits)
    return logits, xp.where(maximum == math.inf, 0.0, xp.where(maximum == -math.inf, math.nan, maximum))


def exponentials_of(logits: Array, maximum: Array) -> Array:
    """exp(x - c), without the subtraction if c is 0 in every row, as it is for most logits."""
    c = origin(maximum, logits.shape[-1])
    return namespace(logits).exp(logits if is_floating(c) and surely(c == 0) else logits - c)


def origin(maximum: Array, classes: int) -> Array:
    """c, from m and the number of classes. The smallest Python float stands for smaller long doubles of NumPy."""
    if not is_floating(maximum):
        return maximum
    xp, info = namespace(maximum), namespace(maximum).finfo(maximum.dtype)
    summable = math.log(float(info.max) / (4 * classes))
    vanishing = -math.log(max(float(info.smallest_normal) * float(info.eps), 5e-324))
    room = xp.where(maximum < 2 * vanishing, xp.clip(maximum, 0, summable), min(summable, 0.0))
    return xp.floor(maximum - room)


def sum_of_others(x: Array, index: Array) -> Array:
    """Sum of each row without its entry at the index, of shape (..., 1)."""
    return row_sum(with_class(x, index, 0.0))


def check_logits(logits: Array) -> None:
    """Raise ValueError for logits without a last axis or without classes."""
    if len(logits.shape) == 0 or logits.shape[-1] == 0:
        raise ValueError(f"logits: expected at least one class on the last axis, got shape {tuple(logits.shape)}")
