"""Elementary functions of numbers, for compiled loops.

They are polynomials without branches, so that the compiler computes several entries at a time. The functions of libm
take one entry at a time, and NumPy has vectors for some dtypes and processors only. With x = k log(2) + r and
|r| <= log(2) / 2:

    e^x = 2^k e^r,   e^x - 1 = 2^k (e^r - 1) + (2^k - 1),   log(1 + x) = 2 artanh(x / (2 + x)).

e^r - 1 and artanh are their Taylor polynomials, of degrees whose remainder is below a quarter of an ulp.
"""

import math
from collections.abc import Callable
from fractions import Fraction
from typing import Any

import numpy as np
from numba import types
from numba.extending import intrinsic, overload

from chainrule.kernels.compiling import compiled

LOG_2 = Fraction("0.6931471805599453094172321214581765680755001343602552541206800094933936")


class _Constants:
    """The constants for one dtype."""

    def __init__(self, dtype: Any) -> None:
        info, bits = np.finfo(dtype), {np.float32: np.int32, np.float64: np.int64}[dtype]
        # k has at most `iexp` bits, so k times the upper part of log(2) is exact.
        kept = info.nmant - info.iexp
        upper = Fraction(round(LOG_2 * 2**kept), 2**kept)
        self.upper, self.lower, self.per_log_2 = dtype(upper), dtype(LOG_2 - upper), dtype(1 / LOG_2)
        # A number to which this one is added is rounded to an integer, which then is in the last bits.
        self.rounder = dtype(3 * 2 ** (info.nmant - 1))
        self.digits, self.bias = bits(info.nmant), bits(info.maxexp - 1)
        self.lowest = dtype(math.ceil(math.log(info.smallest_normal)))
        # The powers from the highest on, without the first ones: r + r^2 / 2 + ..., s + s^3 / 3 + ...
        degree, terms = {np.float32: (7, 8), np.float64: (13, 17)}[dtype]
        self.exp_powers = tuple(dtype(1 / math.factorial(n)) for n in range(degree, 1, -1))
        self.artanh_powers = tuple(dtype(1 / (2 * n + 1)) for n in range(terms, 0, -1))
        self.half = terms // 2
        self.zero, self.one = dtype(0), dtype(1)


_SINGLE, _DOUBLE = _Constants(np.float32), _Constants(np.float64)


@intrinsic
def _as_bits(context: Any, number: Any) -> Any:
    """The bits of a float as an integer of the same size."""
    result = {types.float32: types.int32, types.float64: types.int64}[number]
    return result(number), _reinterpreted


@intrinsic
def _as_float(context: Any, bits: Any) -> Any:
    """The float that has these bits."""
    result = {types.int32: types.float32, types.int64: types.float64}[bits]
    return result(bits), _reinterpreted


def _reinterpreted(context: Any, builder: Any, signature: Any, values: Any) -> Any:
    return builder.bitcast(values[0], context.get_value_type(signature.return_type))


def _functions(c: _Constants) -> dict[str, Callable[..., Any]]:
    """The functions of numbers of one dtype."""
    upper, lower, per_log_2, rounder, digits, bias = c.upper, c.lower, c.per_log_2, c.rounder, c.digits, c.bias
    integer: Any = type(c.bias)
    lowest, zero, one, two = c.lowest, c.zero, c.one, c.one + c.one
    exp_powers, last_powers, first_powers = c.exp_powers, c.artanh_powers[: c.half], c.artanh_powers[c.half :]

    @compiled(stored=False)
    def parts(x: Any) -> Any:  # 2^k, e^r - 1
        shifted = x * per_log_2 + rounder
        k = shifted - rounder
        r = (x - k * upper) - k * lower
        tail = zero
        for coefficient in exp_powers:
            tail = tail * r + coefficient
        return _as_float(integer((_as_bits(shifted) + bias) << digits)), tail * (r * r) + r

    @compiled(stored=False)
    def exp(x: Any) -> Any:  # for x of at most 0; 0 below the normal numbers
        scale, rest = parts(lowest if x < lowest else x)  # a nan stays a nan
        return zero if x < lowest else scale * rest + scale

    @compiled(stored=False)
    def expm1(x: Any) -> Any:  # for x of at most 0
        scale, rest = parts(lowest if x < lowest else x)
        return scale * rest + (scale - one)

    @compiled(stored=False)
    def log1p(x: Any) -> Any:  # for x from 0 to 1
        s = x / (two + x)
        q = s * s
        tail = zero
        for coefficient in last_powers:  # the compiler unrolls two short loops, but not a long one
            tail = tail * q + coefficient
        for coefficient in first_powers:
            tail = tail * q + coefficient
        return two * (s * q * tail + s)

    @compiled(stored=False)
    def relu(x: Any) -> Any:
        return zero if x <= zero else x

    @compiled(stored=False)
    def step(x: Any) -> Any:
        return one if x > zero else zero

    @compiled(stored=False)
    def sigmoid(x: Any) -> Any:
        tail = exp(-abs(x))
        return (tail if x < zero else one) / (one + tail)

    @compiled(stored=False)
    def tanh(x: Any) -> Any:
        lost = expm1(-two * abs(x))
        y = -lost / (two + lost)
        return -y if x < zero else y

    @compiled(stored=False)
    def softplus(x: Any) -> Any:
        return (zero if x < zero else x) + log1p(exp(-abs(x)))

    return {
        "exp": exp,
        "expm1": expm1,
        "log1p": log1p,
        "relu": relu,
        "step": step,
        "sigmoid": sigmoid,
        "tanh": tanh,
        "softplus": softplus,
    }


_BY_DTYPE = {types.float32: _functions(_SINGLE), types.float64: _functions(_DOUBLE)}


def _elementwise(name: str) -> Callable[[Any], Any]:
    """A function of numbers of either dtype, for compiled code; from Python it takes float64."""

    def function(x: Any) -> Any:
        return _BY_DTYPE[types.float64][name](x)

    @overload(function, inline="always")
    def choose(x: Any) -> Any:
        chosen = _BY_DTYPE[x][name]

        def implementation(x: Any) -> Any:
            return chosen(x)

        return implementation

    return function


exp, expm1, log1p = _elementwise("exp"), _elementwise("expm1"), _elementwise("log1p")
relu, step = _elementwise("relu"), _elementwise("step")
sigmoid, tanh, softplus = _elementwise("sigmoid"), _elementwise("tanh"), _elementwise("softplus")
