"""Correct code at huge and tiny scales, where floats overflow, underflow or cancel; ties that leave softmax smooth.

Never a fail: a checker may pass these or say that it could not check.
"""

import mpmath
import numpy as np
from scipy.special import expit, logsumexp

from .case import delicate


def softmax(x):
    e = np.exp(x - x.max())
    return e / e.sum()


def naive_softmax(x):
    return np.exp(x) / np.exp(x).sum()


def softmax_jacobian(x):
    s = softmax(x)
    return np.diag(s) - np.outer(s, s)


def naive_softmax_jacobian(x):
    s = naive_softmax(x)
    return np.diag(s) - np.outer(s, s)


def exact_softmax_jacobian(x):
    """diag(s) - s s^T at 800 digits."""
    with mpmath.workdps(800):
        e = [mpmath.exp(mpmath.mpf(float(v))) for v in x]
        s = [v / mpmath.fsum(e) for v in e]
        return np.array([[float(a * ((i == j) - b)) for j, b in enumerate(s)] for i, a in enumerate(s)])


def shifts_in_place_gradient(x):
    p = softmax(x)
    p[0] -= 1
    return p


def variance_by_moments(x):
    """E[x^2] - E[x]^2: right, and it cancels."""
    return np.mean(x**2) - np.mean(x) ** 2


def half_square(x):
    return 0.5 * x * x


def norm_gradient(x):
    return x / np.linalg.norm(x)


def exact_norm_gradient(x):
    with mpmath.workdps(400):
        v = [mpmath.mpf(float(t)) for t in x]
        n = mpmath.sqrt(mpmath.fsum(t * t for t in v))
        return np.array([float(t / n) for t in v])


def exact_sech2(x):
    with mpmath.workdps(60):
        return np.array([float(mpmath.sech(mpmath.mpf(float(t))) ** 2) for t in x])


def exact_sigmoid_slope(x):
    with mpmath.workdps(400):
        s = [1 / (1 + mpmath.exp(-mpmath.mpf(float(t)))) for t in x]
        return np.array([float(t * (1 - t)) for t in s])


CASES = [
    delicate(
        "softmax shifted by its largest, tied",
        softmax,
        [(np.array([1.0, 1.0, -0.5]),)],
        "smooth although max is not",
        jacobian=softmax_jacobian,
        evidence=exact_softmax_jacobian,
    ),
    delicate(
        "softmax of equal logits",
        softmax,
        [(np.zeros(4),)],
        "smooth although max is not",
        jacobian=softmax_jacobian,
        evidence=exact_softmax_jacobian,
    ),
    delicate(
        "softmax at logits of 700",
        softmax,
        [(np.array([700.0, 698.5, 690.0]),)],
        "in range after the shift",
        jacobian=softmax_jacobian,
        evidence=exact_softmax_jacobian,
    ),
    delicate(
        "softmax at logits of -800",
        softmax,
        [(np.array([-800.0, -801.0, -803.5]),)],
        "in range after the shift",
        jacobian=softmax_jacobian,
        evidence=exact_softmax_jacobian,
    ),
    delicate(
        "softmax with a tail that underflows",
        softmax,
        [(np.array([800.0, 0.0, -50.0]),)],
        "a probability below the smallest float is 0",
        jacobian=softmax_jacobian,
        evidence="argued",
    ),
    delicate(
        "naive softmax at 700",
        naive_softmax,
        [(np.array([700.0, 699.0]),)],
        "still finite",
        jacobian=naive_softmax_jacobian,
        evidence=exact_softmax_jacobian,
    ),
    delicate(
        "naive softmax that overflows",
        naive_softmax,
        [(np.array([1000.0, 0.0]),)],
        "the formula is right; floats give nan",
        jacobian=naive_softmax_jacobian,
        evidence="argued",
    ),
    delicate(
        "naive softmax that underflows",
        naive_softmax,
        [(np.array([-1000.0, -1001.0]),)],
        "the formula is right; floats give 0/0",
        jacobian=naive_softmax_jacobian,
        evidence="argued",
    ),
    delicate(
        "softplus that overflows",
        lambda x: np.log(1 + np.exp(x)),
        [(np.array([1000.0, 1.0]),)],
        "the formula is right; floats give inf",
        slope=expit,
        evidence="argued",
    ),
    delicate(
        "tanh' cancels at 20",
        np.tanh,
        [(np.array([20.0, 0.5]),)],
        "1 - tanh^2 rounds to 0; the truth is 1.7e-17",
        slope=lambda x: 1 - np.tanh(x) ** 2,
        evidence=exact_sech2,
    ),
    delicate(
        "sigmoid' cancels at 40",
        expit,
        [(np.array([40.0, -1.0]),)],
        "s (1 - s) rounds to 0; the truth is 4e-18",
        slope=lambda x: expit(x) * (1 - expit(x)),
        evidence=exact_sigmoid_slope,
    ),
    delicate(
        "sigmoid' at -700",
        expit,
        [(np.array([-700.0]),)],
        "s is 1e-304",
        slope=lambda x: expit(x) * (1 - expit(x)),
        evidence=exact_sigmoid_slope,
    ),
    delicate(
        "cross entropy whose gradient cancels",
        lambda x: logsumexp(x) - x[0],
        [(np.array([45.0, 1.0, 2.0]),)],
        "p - 1 rounds to 0 at the label; the truth is -6e-19",
        gradient=shifts_in_place_gradient,
        evidence="argued",
    ),
    delicate(
        "variance by moments",
        variance_by_moments,
        [(np.array([1e6, 1e6 + 1, 1e6 + 3]),)],
        "E[x^2] - E[x]^2 loses 12 digits; the gradient's formula too",
        gradient=lambda x: 2 * x / 3 - 2 * np.mean(x) / 3,
        evidence="argued",
    ),
    delicate(
        "half a square, 1e150",
        half_square,
        [(np.array([1e150, -3e149]),)],
        "x is the slope at every scale",
        slope=lambda x: x,
        evidence=lambda x: x,
    ),
    delicate(
        "half a square, 1e-200",
        half_square,
        [(np.array([1e-200, -3e-201]),)],
        "the value underflows, the slope is x",
        slope=lambda x: x,
        evidence=lambda x: x,
    ),
    delicate(
        "half a square that overflows",
        half_square,
        [(np.array([1e200]),)],
        "the value is inf, the slope is x",
        slope=lambda x: x,
        evidence=lambda x: x,
    ),
    delicate(
        "norm at 1e150",
        np.linalg.norm,
        [(np.array([3e150, -4e150]),)],
        "squares are 1e301, in range",
        gradient=norm_gradient,
        evidence=exact_norm_gradient,
    ),
    delicate(
        "norm at 1e-100",
        np.linalg.norm,
        [(np.array([3e-100, -4e-100, 1e-101]),)],
        "squares are 1e-200, in range",
        gradient=norm_gradient,
        evidence=exact_norm_gradient,
    ),
    delicate(
        "log at 1e-200",
        lambda x: np.log(x).sum(),
        [(np.array([1e-200, 2.0, 1e200]),)],
        "1/x is in range",
        gradient=lambda x: 1 / x,
        evidence=lambda x: np.array([float(1 / mpmath.mpf(float(t))) for t in x]),
    ),
    delicate(
        "mixed scales",
        lambda x: np.sum(x**2),
        [(np.array([1e100, 1e-100, -2.5]),)],
        "entries of one gradient 1e200 apart",
        gradient=lambda x: 2 * x,
        evidence=lambda x: x + x,
    ),
]
