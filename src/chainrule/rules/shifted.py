"""Exponentials of logits, shared by every rule of the softmax family.

    m = max_j x_j,   e_i = exp(x_i - c),   sum_j e_j = e_top + rest

Any c gives the same quotients. But rounding x - c to its last place costs exp as many places as x - c is large: 64 at
a difference of 80. So c is chosen by row to make that difference exact wherever it matters. e^-L is the first
exponential that is 0 (L = 104 in float32, 746 in float64), B the largest logit whose exponentials can still be added up
(81 and 702 for 1000 classes), and [z] is z rounded down to a multiple of g = 4096 eps (1 where that is more), itself a
multiple of the last place of every x that matters:

    c = m        where 2 L <= |m|. Every x whose exponential is not 0 is so near to m that x - m is exact.
    c = [m]      where -2 L < m < 0. x - c is no larger than x, and c a multiple of the last place of x: exact too. (But
                 for |x| < g, where what is rounded away is at most a quarter of eps.)
    c = 0        where 0 <= m <= B. Nothing is rounded but by exp, and because e^m >= 1, nothing underflows that would
                 not with c = m.
    c = [m - B]  where B < m < 2 L: as little as keeps the sum from overflow. From x = c / 2 on, x - c is exact, by
                 Sterbenz's lemma or since it is no larger than x. Below, it is small: where e^(x - m) is a normal
                 number, |x - c| lies under log(classes). Rounding costs at most 4 places where that is under 8 (2900
                 classes), and at most 8 under 16 (8 million). Smaller probabilities lack those places anyway.

Where B < 1, which takes half precision and thousands of classes, c = m throughout.

A largest exponential is kept out of the sum, which saves every digit of `rest`, however small: log-sum-exp = m +
log1p(rest / e_top), and the largest log-probability is -log1p(rest / e_top), where log(sum) would round to 0.

Infinite logits mean the limits of finite ones, the same in every rule of the family:

    -inf                     the class is masked: probability 0, and no derivative passes through it
    +inf, one or n of them   they share the row equally: probability 1 / n each, 0 elsewhere; log-sum-exp = +inf
    -inf throughout          log-sum-exp = -inf; there are no probabilities, so all else is nan in that row
    nan                      nan in that row

No row sees another one, and none of this warns.
"""

from __future__ import annotations

import math
from typing import NamedTuple

from chainrule.arrays import (
    Array,
    argmax,
    class_mask,
    empty,
    extent,
    is_floating,
    may_write,
    namespace,
    put_class,
    surely,
    take_class,
)

CONDITIONED_BOUND = 16
"""Largest error of the family's public forms, in units in the last place of the sum of the magnitudes of the terms.

Where nothing cancels that sum is the result itself; elsewhere the result's error is this many units times its
condition number, the sum of the magnitudes over the magnitude of the sum. Each rule says which terms it means.

An exponential is off by at most 3 units by exp (NumPy's for float32; others are better) and those far below the largest
by 4 or 8 more where x - c is rounded, its row's sum by 3 and log2(k) roundings (both libraries add pairwise), and every
quotient, difference and product adds half a unit: 35 at a million classes if all of them pointed one way. They do not:
6.7 is the most measured. A subnormal probability lacks places, which no weight of its row brings back.
"""


class Shifted(NamedTuple):
    """Logits and their exponentials; `logits` and `maximum` have the rule for infinities applied."""

    logits: Array
    """Where the largest was +inf: 0 at each +inf and -inf elsewhere. Where it was -inf: nan."""
    maximum: Array
    """The largest of those logits, of shape (..., 1)."""
    top: Array
    """The index of one largest entry of each row, of shape (...)."""
    exponentials: Array
    """e^(x - c), whose sum is a finite number; its rows follow upon another."""
    at_top: Array
    """The largest exponential, of shape (..., 1)."""
    rest: Array
    """The sum of the exponentials except that one, of shape (..., 1)."""
    differences: Array | None
    """x - m, an array of its own, where it was asked for."""

    @property
    def total(self) -> Array:
        """The sum of the exponentials, of shape (..., 1)."""
        return self.at_top + self.rest

    @property
    def log_rest(self) -> Array:
        """log(sum / e_top) >= 0: how far log-sum-exp lies above the largest logit."""
        return namespace(self.rest).log1p(self.rest / self.at_top)


def shifted(logits: Array, *, differences: bool = False, out: Array | None = None) -> Shifted:
    """The exponentials of every row, which needs at least one entry; and the differences x - m, if asked for.

    The exponentials are written to `out`, which may be the logits, if it is given: its rows should follow upon another,
    unless they are of a few columns only.

    >>> import numpy as np
    >>> result = shifted(np.array([0.0, -40.0]))
    >>> result.exponentials, result.rest
    (array([1.00000000e+00, 4.24835426e-18]), array([4.24835426e-18]))
    """
    top = argmax(logits)
    maximum = take_class(logits, top)
    extremes = extent(maximum)
    if not all(map(math.isfinite, extremes)):
        logits, maximum = _without_infinite_maximum(logits, maximum)
    origin = _origin(maximum, logits.shape[-1], extremes)
    below = _less(logits, maximum) if differences else None
    shared = below is not None and origin is maximum
    exponentials = namespace(logits).exp(below) if shared else _exponentials(logits, origin, out)
    at_top = take_class(exponentials, top)
    exponentials, rest = without_entry(exponentials, top)
    return Shifted(logits, maximum, top, with_entry(exponentials, top, at_top), at_top, rest, below)


def _without_infinite_maximum(logits: Array, maximum: Array) -> tuple[Array, Array]:
    xp = namespace(logits)
    if surely(abs(maximum) < math.inf):  # balls, of which no extremes are seen
        return logits, maximum
    infinite, masked = maximum == math.inf, maximum == -math.inf
    shares = xp.where(logits == math.inf, xp.zeros_like(logits), xp.full_like(logits, -math.inf))
    nothing = xp.full_like(logits, math.nan)
    logits = xp.where(infinite, shares, xp.where(masked, nothing, logits))
    return logits, xp.where(infinite, xp.zeros_like(maximum), xp.where(masked, nothing[..., :1], maximum))


def _origin(maximum: Array, classes: int, extremes: tuple[float, float]) -> Array | None:
    """c; None if it is 0 throughout."""
    if not is_floating(maximum):
        return maximum
    xp, info = namespace(maximum), namespace(maximum).finfo(maximum.dtype)
    largest = math.log(float(info.max)) - math.log(classes) - 1
    if largest >= 1 and extremes[0] >= 0 and extremes[1] <= largest:
        return None
    least = 2 - 2 * math.log(float(info.smallest_normal) * float(info.eps))
    if largest < 1 or extremes[0] >= least or extremes[1] <= -least:
        return maximum
    far = abs(maximum) >= least
    grid = min(4096 * float(info.eps), 1.0)
    # Far ones are left out of the division, which would overflow.
    nothing = far | (maximum >= 0) & (maximum <= largest)
    start = xp.where(nothing, xp.zeros_like(maximum), xp.where(maximum < 0, maximum, maximum - largest))
    return xp.where(far, maximum, xp.floor(start / grid) * grid)


def _exponentials(logits: Array, origin: Array | None, out: Array | None) -> Array:
    xp = namespace(logits)
    out = _room(logits) if out is None else out
    return xp.exp(logits if origin is None else xp.subtract(logits, origin, out=out), out=out)


def _less(logits: Array, origin: Array) -> Array:
    """x - c, an array of its own."""
    return namespace(logits).subtract(logits, origin, out=_room(logits))


def _room(logits: Array) -> Array | None:
    """An `out=` whose rows follow upon another: NumPy adds rows pairwise only there, columns one after another."""
    return empty(tuple(logits.shape), logits) if may_write(logits) else None


def own(x: Array) -> Array | None:
    """`x` as an `out=`: a fresh array that nobody else has seen, unless autograd may still need what it holds."""
    return x if may_write(x) else None


def with_entry(x: Array, index: Array, values: Array | float) -> Array:
    """`x`, a fresh array, with the entry of each row at `index` replaced; in place. `values` are (..., 1), or one."""
    if may_write(x):
        put_class(x, index, values)
        return x
    return namespace(x).where(class_mask(index, x.shape[-1]), values, x)


def without_entry(x: Array, index: Array) -> tuple[Array, Array]:
    """`x`, a fresh array, with 0 at `index`, and the sum of each row then, of shape (..., 1)."""
    x = with_entry(x, index, 0.0)
    return x, namespace(x).sum(x, axis=-1, keepdims=True)


def check_logits(logits: Array) -> None:
    """Raise ValueError for logits without a last axis or without classes."""
    if len(logits.shape) == 0 or logits.shape[-1] == 0:
        raise ValueError(f"logits: expected at least one class on the last axis, got shape {tuple(logits.shape)}")
