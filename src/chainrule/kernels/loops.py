"""The compiled loops: elementary functions, layers with their activations, losses, and steps of solvers.

Arrays are contiguous and of one dtype, float32 or float64; numbers beside them have this dtype, too. All loops are in
one file, because numba compiles a function again only when its own file has changed.
"""

import math
from collections.abc import Callable
from fractions import Fraction
from typing import Any

import numpy as np
from numba import types
from numba.extending import intrinsic, overload

from chainrule.kernels.compiling import compiled

# Elementary functions
# --------------------
# These are polynomials without branches, so that the compiler computes several entries at a time. The functions of libm
# take one entry at a time, and NumPy has vectors for some dtypes and processors only. With x = k log(2) + r,
# |r| <= log(2) / 2:
#
#     e^x = 2^k e^r,   e^x - 1 = 2^k (e^r - 1) + (2^k - 1),   log(1 + x) = 2 artanh(x / (2 + x)).
#
# e^r - 1 and artanh are their Taylor polynomials, of degrees whose remainder is below a quarter of an ulp.

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

    @overload(function, inline="never")
    def choose(x: Any) -> Any:
        chosen = _BY_DTYPE[x][name]

        def implementation(x: Any) -> Any:
            return chosen(x)

        return implementation

    return function


exp, expm1, log1p = _elementwise("exp"), _elementwise("expm1"), _elementwise("log1p")
relu, step = _elementwise("relu"), _elementwise("step")
sigmoid, tanh, softplus = _elementwise("sigmoid"), _elementwise("tanh"), _elementwise("softplus")

# Layers
# ------
# Activations act on flat arrays, and their pullbacks need the output alone. The output may be the input, and the result
# of a pullback may be the cotangent.


@compiled()
def add_bias(products: Any, bias: Any) -> None:
    """products + bias, in place."""
    for i in range(products.shape[0]):
        for j in range(products.shape[1]):
            products[i, j] += bias[j]


@compiled()
def sum_rows(cotangent: Any, total: Any) -> None:
    """The sum of the rows, which is the cotangent of the bias."""
    total[:] = 0
    for i in range(cotangent.shape[0]):
        for j in range(cotangent.shape[1]):
            total[j] += cotangent[i, j]


@compiled()
def relu_value(x: Any, out: Any) -> None:
    """max(x, 0)."""
    for i in range(x.size):
        out[i] = relu(x[i])


@compiled()
def relu_pullback(y: Any, cotangent: Any, out: Any) -> None:
    """v [y > 0]."""
    for i in range(y.size):
        out[i] = cotangent[i] * step(y[i])


@compiled()
def sigmoid_value(x: Any, out: Any) -> None:
    """1 / (1 + e^-x)."""
    for i in range(x.size):
        out[i] = sigmoid(x[i])


@compiled()
def sigmoid_pullback(y: Any, cotangent: Any, out: Any) -> None:
    """v (y - y^2)."""
    for i in range(y.size):
        out[i] = cotangent[i] * (y[i] - y[i] * y[i])


@compiled()
def tanh_value(x: Any, out: Any) -> None:
    """tanh(x)."""
    for i in range(x.size):
        out[i] = tanh(x[i])


@compiled()
def tanh_pullback(y: Any, cotangent: Any, out: Any) -> None:
    """v (1 - y^2)."""
    for i in range(y.size):
        out[i] = cotangent[i] - cotangent[i] * y[i] * y[i]


@compiled()
def softplus_value(x: Any, out: Any) -> None:
    """max(x, 0) + log(1 + e^-|x|)."""
    for i in range(x.size):
        out[i] = softplus(x[i])


@compiled()
def softplus_pullback(y: Any, cotangent: Any, out: Any) -> None:
    """v (1 - e^-y)."""
    for i in range(y.size):
        out[i] = -cotangent[i] * expm1(-y[i])


@compiled()
def log_sigmoid_value(x: Any, out: Any) -> None:
    """-softplus(-x)."""
    for i in range(x.size):
        out[i] = -softplus(-x[i])


@compiled()
def log_sigmoid_pullback(y: Any, cotangent: Any, out: Any) -> None:
    """v (1 - e^y)."""
    for i in range(y.size):
        out[i] = -cotangent[i] * expm1(y[i])


# Losses
# ------
# One loss per row, and its slopes by the logits, times the row's share of the mean. The slopes may overwrite the
# logits.


@compiled(stored=False)
def largest(x: Any) -> Any:
    """The largest entry of a row, or any if one is nan; eight candidates at a time, because each waits for itself."""
    count = x.size - x.size % 8
    a = b = c = d = e = f = g = h = x[0]
    for j in range(0, count, 8):
        a, b = max(a, x[j]), max(b, x[j + 1])
        c, d = max(c, x[j + 2]), max(d, x[j + 3])
        e, f = max(e, x[j + 4]), max(f, x[j + 5])
        g, h = max(g, x[j + 6]), max(h, x[j + 7])
    for j in range(count, x.size):
        a = max(a, x[j])
    return max(max(max(a, b), max(c, d)), max(max(e, f), max(g, h)))


@compiled(stored=False, reassociate=True)
def total(x: Any) -> Any:
    """The sum of a row, in several parts."""
    value = x[0] - x[0]
    for j in range(x.size):
        value += x[j]
    return value


@compiled()
def cross_entropy_of_labels(logits: Any, labels: Any, shares: Any, smoothing: Any, losses: Any, slopes: Any) -> None:
    """log(sum e^b) - (1 - s) b_y - s mean(b) with b = logits - max, and p - (1 - s) e_y - s / k.

    The slope at the label is minus the sum of the other probabilities, which does not cancel.
    """
    classes = logits.shape[1]
    each = smoothing / logits.dtype.type(classes)
    for i in range(logits.shape[0]):
        row, label, share = slopes[i], labels[i], shares[i, 0]
        top = largest(logits[i])
        at_label = logits[i, label] - top
        below = each - each
        if smoothing > 0:
            below = total(logits[i]) - logits.dtype.type(classes) * top
        for j in range(classes):
            row[j] = exp(logits[i, j] - top)
        of_label = row[label]
        row[label] = of_label - of_label
        others = total(row)
        # Where the label has the largest logit, a small loss keeps its digits.
        whole = others + of_label
        loss = math.log1p(others) if of_label == 1 else math.log(whole)
        losses[i, 0] = loss - (at_label - smoothing * at_label) - each * below
        scale, less = share / whole, share * each
        for j in range(classes):
            row[j] = row[j] * scale - less
        row[label] = share * (smoothing - each) - others * scale


@compiled(stored=False, reassociate=True)
def inner(x: Any, y: Any) -> Any:
    """The inner product of two rows, in several parts."""
    value = x[0] - x[0]
    for j in range(x.size):
        value += x[j] * y[j]
    return value


@compiled()
def softmax_tangents(logits: Any, tangents: Any, shares: Any, out: Any) -> None:
    """p (v - p.v), times the row's share, for probabilities p and tangents v of the logits."""
    for i in range(logits.shape[0]):
        row, top = out[i], largest(logits[i])
        for j in range(row.size):
            row[j] = exp(logits[i, j] - top)
        whole = total(row)
        mean, scale = inner(row, tangents[i]) / whole, shares[i, 0] / whole
        for j in range(row.size):
            row[j] = row[j] * scale * (tangents[i, j] - mean)


@compiled()
def cross_entropy_of_rows(logits: Any, targets: Any, shares: Any, smoothing: Any, losses: Any, slopes: Any) -> None:
    """T log(sum e^b) - sum t b with T = sum t and t smoothed, and T p - t."""
    classes = logits.shape[1]
    for i in range(logits.shape[0]):
        row, share = slopes[i], shares[i, 0]
        top, weight = largest(logits[i]), total(targets[i])
        each = smoothing * weight / logits.dtype.type(classes)
        whole = product = share - share
        for j in range(classes):
            below = logits[i, j] - top
            target = targets[i, j] - smoothing * targets[i, j] + each
            product += target * below
            row[j] = exp(below)
            whole += row[j]
        losses[i, 0] = weight * math.log(whole) - product
        scale = weight / whole
        for j in range(classes):
            target = targets[i, j] - smoothing * targets[i, j] + each
            row[j] = (row[j] * scale - target) * share


@compiled()
def binary_cross_entropy(logits: Any, targets: Any, shares: Any, losses: Any, slopes: Any) -> None:
    """softplus(o) - y o, summed over the logits of a row, and p - y."""
    for i in range(logits.shape[0]):
        loss = shares[i, 0] - shares[i, 0]
        for j in range(logits.shape[1]):
            logit, target = logits[i, j], targets[i, j]
            loss += softplus(logit) - target * logit
            slopes[i, j] = (sigmoid(logit) - target) * shares[i, 0]
        losses[i, 0] = loss


@compiled()
def half_squared_error(logits: Any, targets: Any, shares: Any, losses: Any, slopes: Any) -> None:
    """(p - y)^2 / 2, summed over the logits of a row, and (p - y) (p - p^2)."""
    for i in range(logits.shape[0]):
        loss = shares[i, 0] - shares[i, 0]
        for j in range(logits.shape[1]):
            p = sigmoid(logits[i, j])
            miss = p - targets[i, j]
            loss += miss * miss
            slopes[i, j] = miss * (p - p * p) * shares[i, 0]
        losses[i, 0] = loss / logits.dtype.type(2)


# Steps of solvers
# ----------------
# On flat arrays. Each takes one pass over memory.


@compiled()
def adam(theta: Any, gradient: Any, mean: Any, square: Any, beta_1: Any, beta_2: Any, rate: Any, epsilon: Any) -> None:
    """M <- b1 M + g, V <- b2 V + g^2, theta <- theta - rate M / (sqrt(V) + epsilon)."""
    for i in range(theta.size):
        slope = gradient[i]
        first, second = beta_1 * mean[i] + slope, beta_2 * square[i] + slope * slope
        mean[i], square[i] = first, second
        theta[i] -= rate * first / (np.sqrt(second) + epsilon)


@compiled()
def momentum(theta: Any, gradient: Any, velocity: Any, decay: Any, rate: Any, look_ahead: Any) -> None:
    """u <- mu u - eta g; theta <- theta + u, or theta + mu u - eta g where it looks ahead."""
    for i in range(theta.size):
        change = rate * gradient[i]
        speed = decay * velocity[i] - change
        velocity[i] = speed
        theta[i] += decay * speed - change if look_ahead else speed


@compiled(reassociate=True)
def add_penalty(theta: Any, gradient: Any, rate: Any) -> Any:
    """g <- g + rate theta. Returns the sum of theta^2."""
    squares = rate - rate
    for i in range(theta.size):
        weight = theta[i]
        gradient[i] += rate * weight
        squares += weight * weight
    return squares
