"""Right answers in ball arithmetic, computed only from the definitions.

Nothing here is shared with the rules: softmax is e^x / sum e^x, its pullback s (v - s.v), and so on, written for single
rows of numbers that are exact floats. Every entry comes with the sum of the magnitudes of its terms, from which its
condition number follows: an entry that cancels to a thousandth of its terms costs every algorithm three digits.

Infinite logits mean limits: classes at +inf share a row, -inf masks, a row of nothing but -inf has no probabilities.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache, reduce
from typing import Any, NamedTuple

from flint import arb, ctx

Number = Any
Row = Sequence[float]


class Entry(NamedTuple):
    """One entry of a result: its value, and the sum of the magnitudes of its terms."""

    value: Number
    size: Number


NAN = Entry(arb.nan(), arb(0))


def plain(value: Number) -> Entry:
    """An entry without cancellation."""
    return Entry(value, abs(value))


class Probabilities:
    """Softmax of one row of logits, entry by entry."""

    def __init__(self, logits: Sequence[Number]) -> None:
        x = [arb(entry) for entry in logits]
        self.undefined = any(entry.is_nan() for entry in x) or not any(entry > -math.inf for entry in x)
        self.has_infinity = any(entry == math.inf for entry in x)
        if self.has_infinity:
            x = [arb(0) if entry == math.inf else arb(-math.inf) for entry in x]
        self.logits = x
        if not self.undefined:
            # Not its float: between the two may lie any number at logits near the largest float.
            self.top = reduce(lambda a, b: b if b > a else a, x)
            self.exponentials = [(entry - self.top).exp() if entry > -math.inf else arb(0) for entry in x]
            self.total = _sum(self.exponentials)

    def __getitem__(self, i: int) -> Number:
        return self.exponentials[i] / self.total

    @property
    def log_sum(self) -> Number:
        """log sum e^x of the logits. In a row with +inf, those entries are replaced by 0 and the others by -inf."""
        return self.top + self.total.log()

    def mean(self, values: Row) -> tuple[Number, Number]:
        """s.v, and s.|v|."""
        products = [e * arb(v) for e, v in zip(self.exponentials, values, strict=True)]
        return _sum(products) / self.total, _sum([abs(p) for p in products]) / self.total


@lru_cache(maxsize=256)
def _cached(x: tuple[float, ...], bits: int) -> Probabilities:
    return Probabilities(x)


def _of(x: Sequence[Number]) -> Probabilities:
    return _cached(x, ctx.prec) if isinstance(x, tuple) else Probabilities(x)


def _sum(numbers: Sequence[Number]) -> Number:
    total = arb(0)
    for number in numbers:
        total += number
    return total


def _dot(a: Sequence[Number], b: Row) -> Entry:
    products = [p * arb(q) for p, q in zip(a, b, strict=True)]
    return Entry(_sum(products), _sum([abs(p) for p in products]))


def _entries(p: Probabilities, at: Sequence[int], entry: Callable[[int], Entry]) -> list[Entry]:
    return [NAN if p.undefined else entry(i) for i in at]


def softmax(x: Row, at: Sequence[int]) -> list[Entry]:
    p = _of(x)
    return _entries(p, at, lambda i: plain(p[i]))


def softmax_linear(x: Sequence[Number], v: Row, at: Sequence[int], scale: float = 1.0) -> list[Entry]:
    """scale J v: pullback and pushforward."""
    p = _of(x)
    if p.undefined:
        return [NAN for _ in at]
    mean, size = p.mean(v)

    def entry(i: int) -> Entry:
        own, other = abs(arb(v[i])), size - p[i] * abs(arb(v[i]))
        return Entry(scale * p[i] * (arb(v[i]) - mean), abs(arb(scale)) * p[i] * ((1 - p[i]) * own + other))

    return _entries(p, at, entry)


def log_softmax(x: Row, at: Sequence[int]) -> list[Entry]:
    p = _of(x)
    return _entries(p, at, lambda i: plain(p.logits[i] - p.log_sum))


def log_softmax_pullback(x: Row, v: Row, at: Sequence[int]) -> list[Entry]:
    p = _of(x)
    total, size = _sum([arb(n) for n in v]), _sum([abs(arb(n)) for n in v])

    def entry(i: int) -> Entry:
        own = abs(arb(v[i]))
        return Entry(arb(v[i]) - p[i] * total, (1 - p[i]) * own + p[i] * (size - own))

    return _entries(p, at, entry)


def log_softmax_pushforward(x: Row, t: Row, at: Sequence[int]) -> list[Entry]:
    p = _of(x)
    if p.undefined:
        return [NAN for _ in at]
    mean, size = p.mean(t)

    def entry(i: int) -> Entry:
        own = abs(arb(t[i]))
        return Entry(arb(t[i]) - mean, (1 - p[i]) * own + (size - p[i] * own))

    return _entries(p, at, entry)


def log_sum_exp(x: Row) -> Entry:
    if any(math.isnan(entry) for entry in x):
        return NAN
    p = _of(x)
    if p.undefined:
        return plain(arb(-math.inf))
    if p.has_infinity:
        return plain(arb(math.inf))
    terms = _sum([e * abs(n) for e, n in zip(p.exponentials, p.logits, strict=True) if n.is_finite()]) / p.total
    return Entry(p.log_sum, terms + abs(p.log_sum))


def expectation(x: Row, values: Row) -> Entry:
    """s.f, which is also log-sum-exp's pushforward."""
    p = _of(x)
    return NAN if p.undefined else Entry(*p.mean(values))


def cross_entropy_on_logits(x: Row, weights: Row) -> Entry:
    """sum_i t_i (log sum e^x - x_i); classes of weight 0 add nothing."""
    p = _of(x)
    if p.undefined:
        return NAN
    terms = [arb(t) * (p.log_sum - n) for t, n in zip(weights, p.logits, strict=True) if t]
    return Entry(_sum(terms), _sum([abs(term) for term in terms]))


def cross_entropy_gradient(x: Row, weights: Row, v: float, at: Sequence[int]) -> list[Entry]:
    """v (s_i sum(t) - t_i)."""
    p = _of(x)
    total = _sum([arb(t) for t in weights])

    def entry(i: int) -> Entry:
        t = arb(weights[i])
        return Entry(arb(v) * (p[i] * total - t), abs(arb(v)) * (p[i] * (total - t) + t * (1 - p[i])))

    return _entries(p, at, entry)


def along(gradient: Sequence[Entry], tangent: Row) -> Entry:
    """gradient . tangent."""
    return Entry(
        _sum([g.value * arb(t) for g, t in zip(gradient, tangent, strict=True)]),
        _sum([g.size * abs(arb(t)) for g, t in zip(gradient, tangent, strict=True)]),
    )


def probs_loss(z: Row, weights: Row) -> Entry:
    """-sum t log z; classes of weight 0 add nothing."""
    return Entry(*_dot([-arb(n).log() if t else arb(0) for n, t in zip(z, weights, strict=True)], weights))


def log_probs_loss(z: Row, weights: Row) -> Entry:
    """-sum t z."""
    return Entry(*_dot([-arb(n) if t else arb(0) for n, t in zip(z, weights, strict=True)], weights))


@dataclass(frozen=True)
class Scalar:
    """A function of one number with its derivative."""

    value: Callable[[Number], Number]
    slope: Callable[[Number], Number]


def sigmoid(x: Number) -> Number:
    # From e^-|x|, because the ball of e^x says nothing beyond the largest exponent.
    q = (-abs(x)).exp()
    return q / (1 + q) if x < 0 else 1 / (1 + q)


def _sech_squared(x: Number) -> Number:
    q = (-2 * abs(x)).exp()
    return 4 * q / (1 + q) ** 2


def _tanh(x: Number) -> Number:
    return arb(1 if x > 0 else -1) if abs(x) == math.inf else x.tanh()


def softplus(x: Number) -> Number:
    if abs(x) == math.inf:
        return arb(math.inf if x > 0 else 0)
    # log1p and expm1 keep the accuracy of balls whose value is far below 1.
    return x.exp().log1p() if x < 0 else x + (-x).exp().log1p()


def _hypotenuse(x: Number) -> Number:
    return (1 + (x / 3) ** 2).sqrt()


def _mish_slope(x: Number) -> Number:
    risen = softplus(x).tanh()
    return risen + x * sigmoid(x) * (1 - risen) * (1 + risen)


_SELU = arb(1.0507009873554805), arb(1.6732632423543772)
"""Its constants are float64 numbers."""


def _selu(x: Number) -> Number:
    return _SELU[0] * (x if x > 0 else _SELU[1] * x.expm1())


SCALARS = {
    "tanh": Scalar(_tanh, _sech_squared),
    "sigmoid": Scalar(sigmoid, lambda x: sigmoid(x) * sigmoid(-x)),
    "softplus": Scalar(softplus, sigmoid),
    "log_sigmoid": Scalar(lambda x: -softplus(-x), lambda x: sigmoid(-x)),
    "mish": Scalar(lambda x: x * softplus(x).tanh(), _mish_slope),
    "selu": Scalar(_selu, lambda x: _SELU[0] * (arb(1) if x > 0 else _SELU[1] * x.exp())),
    "smooth_clip": Scalar(lambda x: x / _hypotenuse(x), lambda x: 1 / _hypotenuse(x) ** 3),
    "relu": Scalar(lambda x: x if x > 0 else arb(0), lambda x: arb(1 if x > 0 else 0)),
}


def mixed(function: Scalar, share: float) -> Scalar:
    """(1 - share) x + share f(x)."""
    return Scalar(lambda x: x + share * (function.value(x) - x), lambda x: 1 + share * (function.slope(x) - 1))


def wave(frequency: float, phase: float) -> Scalar:
    """cos(2 pi f x + b)."""

    def angle(x: Number) -> Number:
        return 2 * arb.pi() * frequency * x + phase

    return Scalar(lambda x: angle(x).cos(), lambda x: -2 * arb.pi() * frequency * angle(x).sin())


FINITE = ("mish", "smooth_clip")
"""Those of finite numbers alone."""


def miss(o: Number, y: float) -> Entry:
    """sigmoid(o) - y = (1 - y) sigmoid(o) - y sigmoid(-o)."""
    first, second = (1 - arb(y)) * sigmoid(o), arb(y) * sigmoid(-o)
    return Entry(first - second, first + second)


def binary_cross_entropy(o: Number, y: float) -> Entry:
    terms = [w * softplus(n) for w, n in ((arb(y), -o), (1 - arb(y), o)) if w != 0]
    return plain(_sum(terms))


def half_squared_error(o: Number, y: float) -> Entry:
    difference = miss(o, y)
    return Entry(difference.value**2 / 2, abs(difference.value) * difference.size)


def with_bits(bits: int, function: Callable[[], list[Entry]]) -> list[Entry]:
    """The entries, computed with that working precision."""
    before = ctx.prec
    ctx.prec = bits
    try:
        return function()
    finally:
        ctx.prec = before
