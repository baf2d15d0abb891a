"""Gradients that are almost right: wrong in one entry, on one side, at one end, or by very little."""

import numpy as np
from scipy.special import expit

from .case import right, wrong

X = [(np.array([0.3, -1.2, 2.0, 0.7]),), (np.array([-0.45, 0.8, 1.1, -2.6]),)]
T = np.array([0.1, 0.2, 0.3, 0.4])


def logcosh(x):
    return np.sum(np.log(np.cosh(x)))


def perturbed(gradient, index, factor):
    """The gradient, with one entry multiplied."""

    def almost(*inputs):
        g = np.array(gradient(*inputs))
        g.flat[index] *= factor
        return g

    return almost


def softmax(x):
    return np.exp(x) / np.exp(x).sum()


def loss_with_epsilon(eps):
    def loss(x):
        return -np.sum(T * np.log(softmax(x) + eps))

    return loss


def loss_gradient(x):
    return softmax(x) - T


def loss_with_epsilon_gradient(eps):
    def gradient(x):
        s = softmax(x)
        r = T * s / (s + eps)
        return s * r.sum() - r

    return gradient


BITS = np.array([1.0, 0.0, 1.0])


def bce_with_epsilon(p, y=BITS):
    return -np.sum(y * np.log(p + 1e-9) + (1 - y) * np.log(1 - p + 1e-9))


def bce_gradient(p, y=BITS):
    return (p - y) / (p * (1 - p))


PROBS = [(np.array([0.2, 0.65, 0.9]),), (np.array([0.01, 0.4, 0.75]),)]


def clipped_log(p):
    return -np.log(np.clip(p, 1e-3, 1 - 1e-3)).sum()


def clipped_log_gradient(p):
    return np.where((p > 1e-3) & (p < 1 - 1e-3), -1 / p, 0.0)


OUTSIDE = [(np.array([0.25, 2e-4, 0.6]),), (np.array([0.9995, 0.1, 0.33]),)]


def rosenbrock(x):
    return np.sum(100.0 * (x[1:] - x[:-1] ** 2) ** 2 + (1 - x[:-1]) ** 2)


def rosenbrock_gradient(x):
    g = np.zeros_like(x)
    xm, left, after = x[1:-1], x[:-2], x[2:]
    g[1:-1] = 200 * (xm - left**2) - 400 * (after - xm**2) * xm - 2 * (1 - xm)
    g[0] = -400 * x[0] * (x[1] - x[0] ** 2) - 2 * (1 - x[0])
    g[-1] = 200 * (x[-1] - x[-2] ** 2)
    return g


def rosenbrock_last_entry(x):
    g = rosenbrock_gradient(x)
    g[-1] = 200 * (x[-1] - x[-2])
    return g


def rosenbrock_first_entry_missing(x):
    g = rosenbrock_gradient(x)
    g[0] = 0
    return g


def smooth_abs(x):
    return np.sqrt(x**2 + 1e-4).sum()


def sigmoid_approximated_in_the_tail(x):
    """A slope that is taken to be 0 beyond 4, as fixed-point kernels do."""
    return np.where(np.abs(x) < 4, expit(x) * (1 - expit(x)), 0.0)


TAIL = [(np.array([0.4, -1.7, 5.5]),), (np.array([-6.25, 1.1]),)]


def exp_sum(x):
    return np.sum(np.exp(x))


def truncated_exp(x):
    return 1 + x + x**2 / 2 + x**3 / 6 + x**4 / 24 + x**5 / 120 + x**6 / 720


def truncated_exp_slope(x):
    return np.exp(x)


LARGE = [(np.array([[12.5, -0.4], [0.8, 31.0], [2.2, 0.05]]),)]


def softsquare(x):
    return np.sum(np.log1p(x * x))


def softsquare_gradient(x):
    return 2 * x / (1 + x * x)


def softsquare_asymptotic_beyond_ten(x):
    return np.where(np.abs(x) > 10, 2 / x, 2 * x / (1 + x * x))


def skewed(x):
    return np.where(x < 0, np.expm1(x), np.sin(x))


def rounded_to_single(x):
    return np.tanh(x).astype(np.float32).astype(np.float64)


def pi_to_four_places(x):
    return 3.1416 * np.cos(3.1416 * x)


CASES = [
    right("log cosh", logcosh, X, gradient=np.tanh, evidence="complex step"),
    right(
        "loss with epsilon, in its gradient too",
        loss_with_epsilon(1e-8),
        X,
        gradient=loss_with_epsilon_gradient(1e-8),
        evidence="complex step",
    ),
    right("clipped log", clipped_log, OUTSIDE, gradient=clipped_log_gradient, step=1e-4),
    right("Rosenbrock's function", rosenbrock, X, gradient=rosenbrock_gradient, evidence="complex step"),
    right(
        "smoothed absolute value", smooth_abs, X, gradient=lambda x: x / np.sqrt(x**2 + 1e-4), evidence="complex step"
    ),
    right("log(1 + x^2), large and small", softsquare, LARGE, gradient=softsquare_gradient, evidence="complex step"),
    right("two pieces", skewed, X, slope=lambda x: np.where(x < 0, np.exp(x), np.cos(x))),
    wrong(
        "1e-6 in one entry",
        logcosh,
        X,
        "one entry by 1e-6",
        gradient=perturbed(np.tanh, 2, 1 + 1e-6),
        evidence="complex step",
    ),
    wrong(
        "1e-9 in one entry",
        logcosh,
        X,
        "one entry by 1e-9",
        gradient=perturbed(np.tanh, 0, 1 - 1e-9),
        evidence="complex step",
    ),
    wrong(
        "1e-12 in one entry",
        logcosh,
        X,
        "one entry by 1e-12",
        gradient=perturbed(np.tanh, 3, 1 + 1e-12),
        evidence="complex step",
    ),
    wrong("one entry negated", logcosh, X, "entry 1", gradient=perturbed(np.tanh, 1, -1)),
    wrong("one entry zero", logcosh, X, "entry 3", gradient=perturbed(np.tanh, 3, 0)),
    wrong("one entry of a smooth loss by 0.1%", exp_sum, X, "entry 0", gradient=perturbed(np.exp, 0, 1.001)),
    wrong(
        "gradient kept in single precision",
        logcosh,
        X,
        "rounded to 24 bits, 1e-8",
        gradient=rounded_to_single,
        evidence="complex step",
    ),
    wrong(
        "log(s + 1e-8), gradient without",
        loss_with_epsilon(1e-8),
        X,
        "epsilon",
        gradient=loss_gradient,
        evidence="complex step",
    ),
    wrong(
        "log(s + 1e-12), gradient without",
        loss_with_epsilon(1e-12),
        X,
        "epsilon",
        gradient=loss_gradient,
        evidence="complex step",
    ),
    wrong(
        "BCE with 1e-9, gradient without",
        bce_with_epsilon,
        PROBS,
        "epsilon",
        gradient=bce_gradient,
        evidence="complex step",
    ),
    wrong(
        "clip forgotten in the gradient",
        clipped_log,
        OUTSIDE,
        "0 beyond the clip",
        gradient=lambda p: -1 / p,
        step=1e-4,
    ),
    wrong(
        "clip at the wrong end",
        clipped_log,
        OUTSIDE[:1],
        "upper bound only",
        gradient=lambda p: np.where(p < 1 - 1e-3, -1 / p, 0.0),
        step=1e-4,
    ),
    wrong("Rosenbrock, square lost in the last entry", rosenbrock, X, "last entry", gradient=rosenbrock_last_entry),
    wrong("Rosenbrock, first entry forgotten", rosenbrock, X, "first entry", gradient=rosenbrock_first_entry_missing),
    wrong("smoothed absolute value as sign", smooth_abs, X, "1e-4 / x^2", gradient=np.sign, evidence="complex step"),
    wrong("slope 0 beyond 4", expit, TAIL, "wrong only at large |x|", slope=sigmoid_approximated_in_the_tail),
    wrong("truncated series, exact slope", truncated_exp, X, "the series' own derivative", slope=truncated_exp_slope),
    wrong(
        "2 / x beyond 10",
        softsquare,
        LARGE,
        "wrong only at large x",
        gradient=softsquare_asymptotic_beyond_ten,
        evidence="complex step",
    ),
    wrong("left piece's slope as the right's", skewed, X, "wrong only for x < 0", slope=np.cos),
    wrong(
        "left piece's slope negated",
        skewed,
        X,
        "only for x < 0",
        slope=lambda x: np.where(x < 0, -np.exp(x), np.cos(x)),
    ),
    wrong("pi to four places in the gradient", lambda x: np.sin(np.pi * x), X, "pi", slope=pi_to_four_places),
]
