"""The compiled loops: elementary functions, layers with their activations, losses, and steps of solvers.

Arrays are contiguous and of one dtype, float32 or float64. Numbers beside them are Python's, which are passed faster
than NumPy's, and are rounded to this dtype. All loops are in one file, because numba compiles a function again only
when its own file has changed.
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

# Activations
# -----------
# In place, on flat arrays; the pullbacks need the output alone. Loops that write to another array than they read would
# not use vectors where both are the same memory.


@compiled()
def relu_value(x: Any) -> None:
    """max(x, 0)."""
    for i in range(x.size):
        x[i] = relu(x[i])


@compiled()
def relu_pullback(y: Any, cotangent: Any) -> None:
    """v [y > 0]."""
    for i in range(y.size):
        cotangent[i] *= step(y[i])


@compiled()
def sigmoid_value(x: Any) -> None:
    """1 / (1 + e^-x)."""
    for i in range(x.size):
        x[i] = sigmoid(x[i])


@compiled()
def sigmoid_pullback(y: Any, cotangent: Any) -> None:
    """v (y - y^2)."""
    for i in range(y.size):
        cotangent[i] *= y[i] - y[i] * y[i]


@compiled()
def tanh_value(x: Any) -> None:
    """tanh(x)."""
    for i in range(x.size):
        x[i] = tanh(x[i])


@compiled()
def tanh_pullback(y: Any, cotangent: Any) -> None:
    """v (1 - y^2)."""
    for i in range(y.size):
        cotangent[i] -= cotangent[i] * y[i] * y[i]


@compiled()
def softplus_value(x: Any) -> None:
    """max(x, 0) + log(1 + e^-|x|)."""
    for i in range(x.size):
        x[i] = softplus(x[i])


@compiled()
def softplus_pullback(y: Any, cotangent: Any) -> None:
    """v (1 - e^-y)."""
    for i in range(y.size):
        cotangent[i] *= -expm1(-y[i])


@compiled()
def log_sigmoid_value(x: Any) -> None:
    """-softplus(-x)."""
    for i in range(x.size):
        x[i] = -softplus(-x[i])


@compiled()
def log_sigmoid_pullback(y: Any, cotangent: Any) -> None:
    """v (1 - e^y)."""
    for i in range(y.size):
        cotangent[i] *= -expm1(y[i])


# Dense layers
# ------------
# All layers of a batch in one call each way; `networks.dense` describes the arguments. SciPy's BLAS takes the products.


@compiled(stored=False)
def _matrix(flat: Any, start: Any, rows: Any, columns: Any) -> Any:
    return flat[start : start + rows * columns].reshape(rows, columns)


# Each loop runs over whole arrays: a sum of indices, which could be negative, would be checked for each entry.


@compiled(stored=False)
def _add_bias(products: Any, bias: Any) -> None:
    for i in range(products.shape[0]):
        for j in range(bias.size):
            products[i, j] += bias[j]


@compiled(stored=False)
def _sum_rows(cotangent: Any, total: Any) -> None:
    total[:] = 0
    for i in range(cotangent.shape[0]):
        for j in range(total.size):
            total[j] += cotangent[i, j]


@compiled(stored=False)
def _masked(x: Any, mask: Any, out: Any) -> None:
    for i in range(mask.size):
        out[i] = x[i] * mask[i]


def _passes(activate: Any, pull: Any) -> Any:
    """The forward and the backward pass with this activation between the layers."""

    @compiled(stored=False, inline=True)
    def forward(x: Any, theta: Any, layers: Any, buffers: Any, logits: Any) -> None:
        outputs, masks, inputs, _ = buffers
        rows, at, last = x.shape[0], 0, layers.shape[0] - 1
        for number in range(last + 1):
            before, width, weight, bias = layers[number]
            y = logits if number == last else _matrix(outputs, at, rows, width)
            h = x if number == 0 else _matrix(inputs, at - rows * before, rows, before)
            np.dot(h, _matrix(theta, weight, before, width), y)
            _add_bias(y, theta[bias : bias + width])
            if number < last:
                stop = at + rows * width
                activate(outputs[at:stop])
                _masked(outputs[at:stop], masks[at:stop], inputs[at:stop])
                at = stop

    @compiled(stored=False, inline=True)
    def backward(x: Any, theta: Any, layers: Any, buffers: Any, v: Any, gradient: Any, to_x: Any) -> None:
        outputs, masks, inputs, cotangents = buffers
        rows, at, last = x.shape[0], outputs.size, layers.shape[0] - 1
        for number in range(last, -1, -1):
            before, width, weight, bias = layers[number]
            _sum_rows(v, gradient[bias : bias + width])
            at -= rows * before
            h = x if number == 0 else _matrix(inputs, at, rows, before)
            np.dot(h.T, v, _matrix(gradient, weight, before, width))
            if number > 0:
                to_h = _matrix(cotangents, at, rows, before)
                np.dot(v, _matrix(theta, weight, before, width).T, to_h)
                stop = at + rows * before
                _masked(cotangents[at:stop], masks[at:stop], cotangents[at:stop])
                pull(outputs[at:stop], cotangents[at:stop])
                v = to_h
            elif to_x.size > 0:
                np.dot(v, _matrix(theta, weight, before, width).T, to_x)

    return forward, backward


# numba keeps machine code of functions with names of their own only, so there is a pair for each activation.


@compiled()
def identity_value(x: Any) -> None:
    """x."""


@compiled()
def identity_pullback(y: Any, cotangent: Any) -> None:
    """v."""


_identity_forward, _identity_backward = _passes(identity_value, identity_pullback)


@compiled()
def dense_identity(x: Any, theta: Any, layers: Any, buffers: Any, logits: Any) -> None:
    """The forward pass."""
    _identity_forward(x, theta, layers, buffers, logits)


@compiled()
def dense_identity_pullback(x: Any, theta: Any, layers: Any, buffers: Any, v: Any, gradient: Any, to_x: Any) -> None:
    """The backward pass."""
    _identity_backward(x, theta, layers, buffers, v, gradient, to_x)


_relu_forward, _relu_backward = _passes(relu_value, relu_pullback)


@compiled()
def dense_relu(x: Any, theta: Any, layers: Any, buffers: Any, logits: Any) -> None:
    """The forward pass."""
    _relu_forward(x, theta, layers, buffers, logits)


@compiled()
def dense_relu_pullback(x: Any, theta: Any, layers: Any, buffers: Any, v: Any, gradient: Any, to_x: Any) -> None:
    """The backward pass."""
    _relu_backward(x, theta, layers, buffers, v, gradient, to_x)


_sigmoid_forward, _sigmoid_backward = _passes(sigmoid_value, sigmoid_pullback)


@compiled()
def dense_sigmoid(x: Any, theta: Any, layers: Any, buffers: Any, logits: Any) -> None:
    """The forward pass."""
    _sigmoid_forward(x, theta, layers, buffers, logits)


@compiled()
def dense_sigmoid_pullback(x: Any, theta: Any, layers: Any, buffers: Any, v: Any, gradient: Any, to_x: Any) -> None:
    """The backward pass."""
    _sigmoid_backward(x, theta, layers, buffers, v, gradient, to_x)


_tanh_forward, _tanh_backward = _passes(tanh_value, tanh_pullback)


@compiled()
def dense_tanh(x: Any, theta: Any, layers: Any, buffers: Any, logits: Any) -> None:
    """The forward pass."""
    _tanh_forward(x, theta, layers, buffers, logits)


@compiled()
def dense_tanh_pullback(x: Any, theta: Any, layers: Any, buffers: Any, v: Any, gradient: Any, to_x: Any) -> None:
    """The backward pass."""
    _tanh_backward(x, theta, layers, buffers, v, gradient, to_x)


_softplus_forward, _softplus_backward = _passes(softplus_value, softplus_pullback)


@compiled()
def dense_softplus(x: Any, theta: Any, layers: Any, buffers: Any, logits: Any) -> None:
    """The forward pass."""
    _softplus_forward(x, theta, layers, buffers, logits)


@compiled()
def dense_softplus_pullback(x: Any, theta: Any, layers: Any, buffers: Any, v: Any, gradient: Any, to_x: Any) -> None:
    """The backward pass."""
    _softplus_backward(x, theta, layers, buffers, v, gradient, to_x)


_log_sigmoid_forward, _log_sigmoid_backward = _passes(log_sigmoid_value, log_sigmoid_pullback)


@compiled()
def dense_log_sigmoid(x: Any, theta: Any, layers: Any, buffers: Any, logits: Any) -> None:
    """The forward pass."""
    _log_sigmoid_forward(x, theta, layers, buffers, logits)


@compiled()
def dense_log_sigmoid_pullback(x: Any, theta: Any, layers: Any, buffers: Any, v: Any, gradient: Any, to_x: Any) -> None:
    """The backward pass."""
    _log_sigmoid_backward(x, theta, layers, buffers, v, gradient, to_x)


@compiled()
def add_bias_of_rows(products: Any, bias: Any) -> None:
    """products + bias, in place, with an output of all samples in each row."""
    for i in range(products.shape[0]):
        constant = bias[i]
        for j in range(products.shape[1]):
            products[i, j] += constant


@compiled(reassociate=True)
def sum_of_rows(cotangent: Any, sums: Any) -> None:
    """The sum of each row, which is the cotangent of that bias."""
    for i in range(cotangent.shape[0]):
        value = cotangent[i, 0] - cotangent[i, 0]
        for j in range(cotangent.shape[1]):
            value += cotangent[i, j]
        sums[i] = value


# Losses
# ------
# One loss per row. Its slopes by the logits, times the row's share of the mean, overwrite the logits.

TOGETHER = 2048
"""The most entries of rows that are taken together. They stay in the first cache."""


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
def cross_entropy_of_labels(logits: Any, labels: Any, shares: Any, smoothing: Any, losses: Any) -> None:
    """log(sum e^b) - (1 - s) b_y - s mean(b) with b = logits - max, and p - (1 - s) e_y - s / k.

    The slope at the label is minus the sum of the other probabilities, which does not cancel. Some rows are taken
    together, so that the exponentials of few classes fill whole vectors.
    """
    rows, classes = logits.shape
    smoothing = logits.dtype.type(smoothing)
    each = smoothing / logits.dtype.type(classes)
    together = TOGETHER // classes + 1
    for start in range(0, rows, together):
        stop = start + together if start + together < rows else rows
        for i in range(start, stop):
            row, label = logits[i], labels[i]
            top = largest(row)
            at_label = row[label] - top
            losses[i, 0] = smoothing * at_label - at_label
            if smoothing > 0:
                losses[i, 0] -= each * (total(row) - logits.dtype.type(classes) * top)
            for j in range(classes):
                row[j] -= top
        entries = logits[start:stop].reshape(-1)
        for j in range(entries.size):
            entries[j] = exp(entries[j])
        for i in range(start, stop):
            row, label, share = logits[i], labels[i], shares[i, 0]
            of_label = row[label]
            row[label] = of_label - of_label
            others = total(row)
            # Where the label has the largest logit, a small loss keeps its digits.
            whole = others + of_label
            losses[i, 0] += math.log1p(others) if of_label == 1 else math.log(whole)
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
def cross_entropy_by_class(
    logits: Any, labels: Any, shares: Any, smoothing: Any, losses: Any, slopes: Any, room: Any
) -> None:
    """The same with a class in each row. The loops over samples compute several at a time, in three rows of memory."""
    classes, samples = logits.shape
    smoothing = logits.dtype.type(smoothing)
    result = logits if slopes is None else slopes
    top, at_label, others = room[0], room[1], room[2]
    each = smoothing / logits.dtype.type(classes)
    top[:] = logits[0]
    for c in range(1, classes):
        for i in range(samples):
            top[i] = max(top[i], logits[c, i])
    for i in range(samples):
        at_label[i] = logits[labels[i], i] - top[i]
        losses[i] = smoothing * at_label[i] - at_label[i]
    if smoothing > 0:
        for c in range(classes):
            for i in range(samples):
                losses[i] -= each * (logits[c, i] - top[i])
    others[:] = 0
    for c in range(classes):
        for i in range(samples):
            of_class = exp(logits[c, i] - top[i])
            result[c, i] = of_class
            others[i] += of_class if labels[i] != c else of_class - of_class
    for i in range(samples):
        of_label = exp(at_label[i])
        whole = others[i] + of_label
        losses[i] += math.log1p(others[i]) if of_label == 1 else math.log(whole)
        top[i] = shares[i] / whole
        at_label[i] = shares[i] * (smoothing - each) - others[i] * top[i]
    for c in range(classes):
        for i in range(samples):
            result[c, i] = result[c, i] * top[i] - shares[i] * each
    for i in range(samples):
        result[labels[i], i] = at_label[i]


@compiled()
def cross_entropy_of_rows(logits: Any, targets: Any, shares: Any, smoothing: Any, losses: Any) -> None:
    """T log(sum e^b) - sum t b with T = sum t and t smoothed, and T p - t."""
    classes, smoothing = logits.shape[1], logits.dtype.type(smoothing)
    for i in range(logits.shape[0]):
        row, share = logits[i], shares[i, 0]
        top, weight = largest(row), total(targets[i])
        each = smoothing * weight / logits.dtype.type(classes)
        product = share - share
        for j in range(classes):
            row[j] -= top
            product += (targets[i, j] - smoothing * targets[i, j] + each) * row[j]
        for j in range(classes):
            row[j] = exp(row[j])
        whole = total(row)
        losses[i, 0] = weight * math.log(whole) - product
        scale = weight / whole
        for j in range(classes):
            target = targets[i, j] - smoothing * targets[i, j] + each
            row[j] = (row[j] * scale - target) * share


@compiled()
def binary_cross_entropy(logits: Any, targets: Any, shares: Any, losses: Any) -> None:
    """softplus(o) - y o, summed over the logits of a row, and p - y."""
    for i in range(logits.shape[0]):
        loss = shares[i, 0] - shares[i, 0]
        for j in range(logits.shape[1]):
            logit, target = logits[i, j], targets[i, j]
            loss += softplus(logit) - target * logit
            logits[i, j] = (sigmoid(logit) - target) * shares[i, 0]
        losses[i, 0] = loss


@compiled()
def half_squared_error(logits: Any, targets: Any, shares: Any, losses: Any) -> None:
    """(p - y)^2 / 2, summed over the logits of a row, and (p - y) (p - p^2)."""
    for i in range(logits.shape[0]):
        loss = shares[i, 0] - shares[i, 0]
        for j in range(logits.shape[1]):
            p = sigmoid(logits[i, j])
            miss = p - targets[i, j]
            loss += miss * miss
            logits[i, j] = miss * (p - p * p) * shares[i, 0]
        losses[i, 0] = loss / logits.dtype.type(2)


# Steps of solvers
# ----------------
# On flat arrays. Each takes one pass over memory.


@compiled()
def adam(theta: Any, gradient: Any, mean: Any, square: Any, beta_1: Any, beta_2: Any, rate: Any, epsilon: Any) -> None:
    """M <- b1 M + g, V <- b2 V + g^2, theta <- theta - rate M / (sqrt(V) + epsilon)."""
    beta_1, beta_2 = theta.dtype.type(beta_1), theta.dtype.type(beta_2)
    rate, epsilon = theta.dtype.type(rate), theta.dtype.type(epsilon)
    for i in range(theta.size):
        slope = gradient[i]
        first, second = beta_1 * mean[i] + slope, beta_2 * square[i] + slope * slope
        mean[i], square[i] = first, second
        theta[i] -= rate * first / (np.sqrt(second) + epsilon)


@compiled()
def momentum(theta: Any, gradient: Any, velocity: Any, decay: Any, rate: Any, look_ahead: Any) -> None:
    """u <- mu u - eta g; theta <- theta + u, or theta + mu u - eta g where it looks ahead."""
    decay, rate = theta.dtype.type(decay), theta.dtype.type(rate)
    for i in range(theta.size):
        change = rate * gradient[i]
        speed = decay * velocity[i] - change
        velocity[i] = speed
        theta[i] += decay * speed - change if look_ahead else speed


@compiled(reassociate=True)
def add_penalty(theta: Any, gradient: Any, rate: Any) -> Any:
    """g <- g + rate theta. Returns the sum of theta^2."""
    rate = theta.dtype.type(rate)
    squares = rate - rate
    for i in range(theta.size):
        weight = theta[i]
        gradient[i] += rate * weight
        squares += weight * weight
    return squares


# Many networks at once, each with parts of its own. `starts` are the first entries of the parts, and the length.


@compiled()
def adam_of_parts(
    theta: Any, gradient: Any, mean: Any, square: Any, starts: Any, beta_1: Any, beta_2: Any, rates: Any, epsilon: Any
) -> None:
    """Adam with a rate for each part."""
    for p in range(rates.size):
        a, b = starts[p], starts[p + 1]
        adam(theta[a:b], gradient[a:b], mean[a:b], square[a:b], beta_1, beta_2, rates[p], epsilon)


@compiled()
def momentum_of_parts(
    theta: Any, gradient: Any, velocity: Any, starts: Any, decay: Any, rates: Any, look_ahead: Any
) -> None:
    """Momentum with a rate for each part."""
    for p in range(rates.size):
        a, b = starts[p], starts[p + 1]
        momentum(theta[a:b], gradient[a:b], velocity[a:b], decay, rates[p], look_ahead)


@compiled()
def add_penalty_of_parts(theta: Any, gradient: Any, starts: Any, rates: Any, squares: Any) -> None:
    """The gradient of a penalty with a rate for each part, and the sums of the squares."""
    for p in range(rates.size):
        a, b = starts[p], starts[p + 1]
        squares[p] = add_penalty(theta[a:b], gradient[a:b], rates[p])


# The passes of many networks with hidden layers, forward and backward, in one call: Python's threads would otherwise
# wait for each other's calls. numba leaves products to SciPy's BLAS.

ACTIVATIONS = ("identity", "relu", "sigmoid", "tanh", "softplus", "log_sigmoid")
"""The names of the activations; their places are their numbers below."""


@compiled(stored=False)
def activate(x: Any, number: Any) -> None:
    """Write the values of an activation over its input."""
    if number == 1:
        relu_value(x)
    elif number == 2:
        sigmoid_value(x)
    elif number == 3:
        tanh_value(x)
    elif number == 4:
        softplus_value(x)
    elif number == 5:
        log_sigmoid_value(x)


@compiled(stored=False)
def pull_back(y: Any, cotangent: Any, number: Any) -> None:
    """Write the pullback of an activation over the cotangent."""
    if number == 1:
        relu_pullback(y, cotangent)
    elif number == 2:
        sigmoid_pullback(y, cotangent)
    elif number == 3:
        tanh_pullback(y, cotangent)
    elif number == 4:
        softplus_pullback(y, cotangent)
    elif number == 5:
        log_sigmoid_pullback(y, cotangent)


@compiled(stored=False)
def as_one(of_members: Any) -> Any:
    """The rows of all members in one matrix."""
    return of_members.reshape(of_members.shape[0] * of_members.shape[1], of_members.shape[2])


@compiled()
def passes_of_members(
    x: Any,
    labels: Any,
    shares: Any,
    smoothing: Any,
    layers: Any,
    slopes: Any,
    outputs: Any,
    cotangents: Any,
    activations: Any,
    logits: Any,
    losses: Any,
    room: Any,
) -> None:
    """The losses of members on their batches, or on one, and the gradients of their means.

    `layers` are tuples of weights and biases, and `slopes` of their gradients; there are outputs and cotangents for
    each hidden layer.
    """
    (weights, biases), (to_weights, to_biases) = layers, slopes
    shared, last = len(x) == 1, len(outputs)
    if shared:
        np.dot(as_one(weights[0]), x[0].T, as_one(outputs[0]))
    for m in range(len(losses)):
        if not shared:
            np.dot(weights[0][m], x[m].T, outputs[0][m])
        for layer in range(last):
            output = outputs[layer][m]
            if layer > 0:
                np.dot(weights[layer][m], outputs[layer - 1][m], output)
            add_bias_of_rows(output, biases[layer][m])
            activate(output.reshape(output.size), activations[layer])
        np.dot(weights[last][m], outputs[last - 1][m], logits)
        add_bias_of_rows(logits, biases[last][m])
        of_member = labels[0 if len(labels) == 1 else m]
        cross_entropy_by_class(logits, of_member, shares[m], smoothing, losses[m], None, room)
        cotangent = logits
        for layer in range(last, 0, -1):
            output, below = outputs[layer - 1][m], cotangents[layer - 1][m]
            sum_of_rows(cotangent, to_biases[layer][m])
            np.dot(cotangent, output.T, to_weights[layer][m])
            np.dot(weights[layer][m].T, cotangent, below)
            pull_back(output.reshape(output.size), below.reshape(below.size), activations[layer - 1])
            cotangent = below
        sum_of_rows(cotangent, to_biases[0][m])
        if not shared:
            np.dot(cotangent, x[m], to_weights[0][m])
    if shared:
        np.dot(as_one(cotangents[0]), x[0], as_one(to_weights[0]))
