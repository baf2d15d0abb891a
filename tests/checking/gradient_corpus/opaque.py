"""Functions that take numbers out of arrays: the math module, float(), loops over Python numbers, bisection."""

import bisect
import math

import numpy as np

from .case import right, wrong

SCALARS = [(0.7,), (-1.3,), (2.4,)]
VECTORS = [(np.array([0.3, -1.2, 2.0]),), (np.array([1.1, 0.4, -0.7, 1.9]),)]


def logistic(x):
    if x >= 0:
        return 1 / (1 + math.exp(-x))
    e = math.exp(x)
    return e / (1 + e)


def softplus(x):
    return max(x, 0) + math.log1p(math.exp(-abs(x)))


def gelu(x):
    return 0.5 * x * (1 + math.erf(x / math.sqrt(2)))


def gelu_slope(x):
    return 0.5 * (1 + math.erf(x / math.sqrt(2))) + x * math.exp(-x * x / 2) / math.sqrt(2 * math.pi)


def softmax(x):
    top = max(x)
    e = [math.exp(v - top) for v in x]
    total = math.fsum(e)
    return np.array([v / total for v in e])


def softmax_jacobian(x):
    s = softmax(x)
    return np.diag(s) - np.outer(s, s)


def log_sum_exp(x):
    top = float(np.max(x))
    return top + math.log(sum(math.exp(float(v) - top) for v in x))


def cross_entropy(x, label=1):
    return log_sum_exp(x) - float(x[label])


def cross_entropy_gradient(x, label=1):
    g = softmax(x)
    g[label] -= 1
    return g


def rosenbrock(x):
    a = [float(v) for v in x]
    return sum(100 * (a[i + 1] - a[i] ** 2) ** 2 + (1 - a[i]) ** 2 for i in range(len(a) - 1))


def rosenbrock_gradient(x):
    g = np.zeros(len(x))
    for i in range(len(x) - 1):
        g[i] += -400 * x[i] * (x[i + 1] - x[i] ** 2) - 2 * (1 - x[i])
        g[i + 1] += 200 * (x[i + 1] - x[i] ** 2)
    return g


def rosenbrock_overwritten(x):
    g = np.zeros(len(x))
    for i in range(len(x) - 1):
        g[i] = -400 * x[i] * (x[i + 1] - x[i] ** 2) - 2 * (1 - x[i])
        g[i + 1] = 200 * (x[i + 1] - x[i] ** 2)
    return g


def every(function):
    """The function at every entry, through Python's floats."""

    def mapped(x):
        return np.array([function(float(v)) for v in np.ravel(x)]).reshape(np.shape(x))

    return mapped


KNOTS, HEIGHTS = [-2.0, -0.5, 0.8, 3.0], [1.0, -0.4, 0.9, 0.2]


def interpolate(x):
    """Piecewise linear, by a table."""
    i = bisect.bisect(KNOTS, float(x)) - 1
    t = (float(x) - KNOTS[i]) / (KNOTS[i + 1] - KNOTS[i])
    return (1 - t) * HEIGHTS[i] + t * HEIGHTS[i + 1]


def interpolate_slope(x):
    i = bisect.bisect(KNOTS, float(x)) - 1
    return (HEIGHTS[i + 1] - HEIGHTS[i]) / (KNOTS[i + 1] - KNOTS[i])


def square_root_by_newton(x):
    r = float(x) if x > 1 else 1.0
    while abs(r * r - x) > 1e-14 * x:
        r = 0.5 * (r + float(x) / r)
    return r


POSITIVE = [(0.3,), (5.5,)]


def von_mises(mu, kappa, data=(0.2, 1.4, -0.5)):
    return -float(kappa) * sum(math.cos(d - float(mu)) for d in data)


def von_mises_gradient(mu, kappa, data=(0.2, 1.4, -0.5)):
    return -kappa * sum(math.sin(d - mu) for d in data), -sum(math.cos(d - mu) for d in data)


def von_mises_chain_sign(mu, kappa, data=(0.2, 1.4, -0.5)):
    dmu, dkappa = von_mises_gradient(mu, kappa, data)
    return -dmu, dkappa


ANGLES = [(0.6, 1.7), (-1.1, 0.4)]


def in_single_precision(x):
    y = np.asarray(x, dtype=np.float32)
    return float(np.sum(np.tanh(y)))


def through_text(x):
    return math.sin(float(repr(float(x))))


CASES = [
    right("math: logistic", logistic, SCALARS, gradient=lambda x: logistic(x) * (1 - logistic(x)), opaque=True),
    right("math: softplus of every entry", every(softplus), VECTORS, slope=every(logistic), opaque=True),
    right("math: GELU of every entry", every(gelu), VECTORS, slope=every(gelu_slope), opaque=True),
    right("math: softmax", softmax, VECTORS, jacobian=softmax_jacobian, opaque=True),
    right("float(): cross entropy", cross_entropy, VECTORS, gradient=cross_entropy_gradient, opaque=True),
    right("float(): Rosenbrock", rosenbrock, VECTORS, gradient=rosenbrock_gradient, opaque=True),
    right("bisect: interpolation", interpolate, SCALARS, gradient=interpolate_slope, opaque=True),
    right("Newton's square root", square_root_by_newton, POSITIVE, gradient=lambda x: 0.5 / math.sqrt(x), opaque=True),
    right("math: von Mises likelihood", von_mises, ANGLES, gradient=von_mises_gradient, opaque=True),
    right("float(repr(x))", through_text, SCALARS, gradient=math.cos, opaque=True),
    right(
        "float32 inside",
        in_single_precision,
        VECTORS,
        gradient=lambda x: 1 - np.tanh(x) ** 2,
        opaque=True,
        step=0.2,
        rtol=1e-4,  # the value carries 24 bits
    ),
    wrong("math: logistic' = s", logistic, SCALARS, "s for s (1 - s)", gradient=logistic, opaque=True),
    wrong("math: softplus' = softplus", every(softplus), VECTORS, "itself", slope=every(softplus), opaque=True),
    wrong(
        "math: GELU', density lost",
        every(gelu),
        VECTORS,
        "the product rule",
        slope=every(lambda x: 0.5 * (1 + math.erf(x / math.sqrt(2)))),
        opaque=True,
    ),
    wrong(
        "math: softmax, diagonal alone",
        softmax,
        VECTORS,
        "off the diagonal",
        jacobian=lambda x: np.diag(softmax(x) * (1 - softmax(x))),
        slip="diagonal",
        opaque=True,
    ),
    wrong(
        "float(): cross entropy, negated",
        cross_entropy,
        VECTORS,
        "y - p",
        gradient=lambda x: -cross_entropy_gradient(x),
        slip="sign",
        opaque=True,
    ),
    wrong(
        "float(): Rosenbrock, = for +=",
        rosenbrock,
        VECTORS,
        "overwritten",
        gradient=rosenbrock_overwritten,
        opaque=True,
    ),
    wrong(
        "bisect: interpolation, 10% too steep",
        interpolate,
        SCALARS,
        "a width measured wrongly",
        gradient=lambda x: interpolate_slope(x) * 1.1,
        slip="factor",
        opaque=True,
    ),
    wrong(
        "Newton's square root, 1 / sqrt(x)",
        square_root_by_newton,
        POSITIVE,
        "1/2",
        gradient=lambda x: 1 / math.sqrt(x),
        slip="factor",
        factor=2,
        opaque=True,
    ),
    wrong(
        "math: von Mises, sign of mu",
        von_mises,
        ANGLES,
        "chain",
        gradient=von_mises_chain_sign,
        slip="sign",
        opaque=True,
    ),
    wrong(
        "math: von Mises, 0.01% off",
        von_mises,
        ANGLES,
        "1e-4 in kappa",
        gradient=lambda mu, k: (von_mises_gradient(mu, k)[0], 1.0001 * von_mises_gradient(mu, k)[1]),
        opaque=True,
    ),
    wrong(
        "float32 inside, 1 - tanh",
        in_single_precision,
        VECTORS,
        "the square is lost",
        gradient=lambda x: 1 - np.tanh(x),
        opaque=True,
        step=0.2,
    ),
]
