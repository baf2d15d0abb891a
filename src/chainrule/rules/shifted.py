"""Exponentials of logits, shared by every rule of the softmax family.

    m = max_j x_j,   e_i = exp(x_i - c),   sum_j e_j = e_top + rest

Any c gives the same quotients. With L = 104 in float32 and 746 in float64, beyond which e^-L is 0, it is chosen by row:

    c = 0      where 0 <= m and e^m is so small that no sum overflows. Nothing is rounded but by exp, and because
               e^m >= 1, nothing underflows that would not with c = m.
    c = m      where m <= -L or 2 L <= m. Every x whose exponential is not 0 is so near to m that x - m is exact.
    c = [m]    elsewhere: m rounded down to a multiple of g = 4096 eps. Rounding x - c to its last place would cost exp
               as many places as x - c is large: 125 at a difference of 80. So what the subtraction rounds away,
               r = (x - c) - d with d = fl(x - c), is recovered and put back: e^(x - c) = e^d (1 + r). Because c is a
               multiple of g, r = x - (d + c) exactly, in two operations instead of the six of a general two-sum:
               wherever e^d is not 0, the last place of d is at most g, so d and c are multiples of the last place of
               d, and their sum d + c, no larger than |d| or equal to x, is a float.

The last formula gives r = 0 for the first two, so that a row's results do not depend on its neighbours.

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

import numpy as np

from chainrule.arrays import (
    Array,
    add_product,
    argmax,
    class_mask,
    empty,
    extent,
    is_floating,
    is_torch,
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

An exponential is off by at most 4 units (3 by NumPy's float32 exp, others are better; half a unit by each rounding of
e + e r), its row's sum by that and log2(k) roundings (both libraries add pairwise), and every quotient, difference and
product adds half a unit: 28 at a million classes if all of them pointed one way. They do not: 6.2 is the most measured.
"""

NUMPY_BLOCK = 2**16
"""Entries in a block of rows: three of them lie in a core's own cache, as float32."""
TORCH_BLOCK = 2**17
"""The same for PyTorch, which gives each thread 2^15 entries at least."""


class Shifted(NamedTuple):
    """Logits and their exponentials; `logits` and `maximum` have the rule for infinities applied."""

    logits: Array
    """Where the largest was +inf: 0 at each +inf and -inf elsewhere. Where it was -inf: nan."""
    maximum: Array
    """The largest of those logits, of shape (..., 1)."""
    top: Array
    """The index of one largest entry of each row, of shape (...)."""
    exponentials: Array
    """e^(x - c), each about 1 at most."""
    at_top: Array
    """The largest exponential, of shape (..., 1)."""
    rest: Array
    """The sum of the exponentials except that one, of shape (..., 1)."""

    @property
    def total(self) -> Array:
        """The sum of the exponentials, of shape (..., 1)."""
        return self.at_top + self.rest

    @property
    def log_rest(self) -> Array:
        """log(sum / e_top) >= 0: how far log-sum-exp lies above the largest logit."""
        return namespace(self.rest).log1p(self.rest / self.at_top)


def shifted(logits: Array) -> Shifted:
    """The exponentials of every row, which needs at least one entry.

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
    origin, exact = _origin(maximum, logits.shape[-1], extremes)
    exponentials = _exponentials(logits, origin, exact)
    at_top = take_class(exponentials, top)
    exponentials, rest = without_entry(exponentials, top)
    if origin is not None and is_floating(logits) and not surely(rest == rest):
        # What is fast for finite x - c gives nan where that is -inf.
        exponentials = _any_exponentials(logits, origin)
        at_top = take_class(exponentials, top)
        exponentials, rest = without_entry(exponentials, top)
    return Shifted(logits, maximum, top, with_entry(exponentials, top, at_top), at_top, rest)


def _without_infinite_maximum(logits: Array, maximum: Array) -> tuple[Array, Array]:
    xp = namespace(logits)
    if surely(abs(maximum) < math.inf):  # balls, of which no extremes are seen
        return logits, maximum
    infinite, masked = maximum == math.inf, maximum == -math.inf
    shares = xp.where(logits == math.inf, xp.zeros_like(logits), xp.full_like(logits, -math.inf))
    nothing = xp.full_like(logits, math.nan)
    logits = xp.where(infinite, shares, xp.where(masked, nothing, logits))
    return logits, xp.where(infinite, xp.zeros_like(maximum), xp.where(masked, nothing[..., :1], maximum))


def _origin(maximum: Array, classes: int, extremes: tuple[float, float]) -> tuple[Array | None, bool]:
    """c, None if it is 0 throughout, and whether x - c is sure to be exact wherever its exponential is not 0."""
    if not is_floating(maximum):
        return maximum, True
    xp, info = namespace(maximum), namespace(maximum).finfo(maximum.dtype)
    largest = math.log(float(info.max)) - math.log(classes) - 1
    if extremes[0] >= 0 and extremes[1] <= largest:
        return None, True
    fits = (maximum >= 0) & (maximum <= largest)
    nothing = 1 - math.log(float(info.smallest_normal) * float(info.eps))
    near = (maximum <= -nothing) | (maximum >= 2 * nothing)
    grid = min(4096 * float(info.eps), 1.0)
    origin = xp.where(near, maximum, xp.floor(maximum / grid) * grid)
    return xp.where(fits, xp.zeros_like(maximum), origin), surely(fits | near)


def _exponentials(logits: Array, origin: Array | None, exact: bool) -> Array:
    """e^(x - c) where x - c is finite; other entries may be nan, for which `_any_exponentials` is there."""
    xp = namespace(logits)
    if origin is None:
        return xp.exp(logits)
    if not may_write(logits):
        return _any_exponentials(logits, origin)
    if exact:
        difference = logits - origin
        return xp.exp(difference, out=difference)
    # Row-major whatever the logits are, so that its rows in two dimensions are a view.
    exponentials = empty(tuple(logits.shape), logits)
    classes = logits.shape[-1]
    x, c, e = logits.reshape(-1, classes), origin.reshape(-1, 1), exponentials.reshape(-1, classes)
    # A few rows at a time, so that what lies between the logits and the exponentials stays in the cache.
    count = max(1, (TORCH_BLOCK if is_torch(logits) else NUMPY_BLOCK) // classes)
    room = namespace(logits).empty_like(e[:count])
    with np.errstate(invalid="ignore"):
        for start in range(0, x.shape[0], count):
            rows = slice(start, start + count)
            _write(x[rows], c[rows], e[rows], room[: x[rows].shape[0]])
    return exponentials


def _write(logits: Array, origin: Array, exponentials: Array, room: Array) -> None:
    xp = namespace(logits)
    difference = xp.subtract(logits, origin, out=room)
    xp.exp(difference, out=exponentials)
    rounded_away = xp.subtract(logits, xp.add(difference, origin, out=room), out=room)
    add_product(exponentials, rounded_away, exponentials, room=room)


def _any_exponentials(logits: Array, origin: Array) -> Array:
    """e^(x - c): 0 where x - c is -inf, nan where it is nan."""
    xp = namespace(logits)
    if not is_floating(logits):
        return xp.exp(logits - origin)
    origin = xp.broadcast_to(origin, logits.shape)
    counted = logits - origin > -math.inf
    x = xp.where(counted, logits, origin)
    difference = x - origin
    exponentials = xp.exp(difference)
    exponentials = exponentials + exponentials * (x - (difference + origin))
    return xp.where(counted, exponentials, 0 * exponentials)


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
