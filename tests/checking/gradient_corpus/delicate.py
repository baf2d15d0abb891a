"""Correct code where it is hard to see that it is: kinks, ties, seeds, branches, odd inputs.

Never a fail: a checker may pass these or say that it could not check.
"""

import numpy as np
from scipy.special import logsumexp, xlogy

from .case import delicate


def relu(x):
    return np.maximum(x, 0)


def softmax(x):
    e = np.exp(x - x.max())
    return e / e.sum()


def softmax_jacobian(x):
    s = softmax(x)
    return np.diag(s) - np.outer(s, s)


def hinge(z):
    return np.sum(np.maximum(0, 1 - z))


def max_pool(x):
    return x.reshape(-1, 2).max(axis=1)


def max_pool_backward(x, g):
    windows = x.reshape(-1, 2)
    d = np.zeros_like(windows)
    d[np.arange(len(windows)), windows.argmax(axis=1)] = g
    return d.reshape(x.shape)


def largest_gradient_first(x):
    g = np.zeros_like(x)
    g[np.argmax(x)] = 1
    return g


def largest_gradient_shared(x):
    ties = x == x.max()
    return ties / ties.sum()


def shifts_in_place(x):
    x -= x.max()
    return np.log(np.exp(x).sum()) - x[0]


def shifts_in_place_gradient(x):
    p = softmax(x)
    p[0] -= 1
    return p


def subtracts_in_place_from_its_labels(z, y):
    p = np.exp(z - logsumexp(z))
    p[y] -= 1
    return p


def dropout_with_a_seed(x, seed=3):
    keep = np.random.default_rng(seed).random(x.shape) < 0.7
    return np.sum((x * keep / 0.7) ** 2)


def dropout_with_a_seed_gradient(x, seed=3):
    keep = np.random.default_rng(seed).random(x.shape) < 0.7
    return 2 * x * keep / 0.49


def noisy_objective(w):
    noise = np.random.RandomState(0).normal(size=w.shape)
    return np.sum(np.cos(w + 0.1 * noise))


def noisy_objective_gradient(w):
    noise = np.random.RandomState(0).normal(size=w.shape)
    return -np.sin(w + 0.1 * noise)


def log_where(x):
    """The branch that is not used gives nan."""
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.where(x > 0, np.log(x), x)


def log_where_slope(x):
    with np.errstate(divide="ignore"):
        return np.where(x > 0, 1 / x, 1.0)


def sqrt_where(x):
    with np.errstate(invalid="ignore"):
        return np.sum(np.where(x >= 1, np.sqrt(x - 1), 0.0))


def sqrt_where_gradient(x):
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.where(x >= 1, 0.5 / np.sqrt(x - 1), 0.0)


def power_sum(x, p):
    return np.sum(x**p)


def gathered(x, indices, mask):
    return np.sum(x[indices] ** 2 * mask)


def gathered_gradient(x, indices, mask):
    g = np.zeros_like(x)
    np.add.at(g, indices, 2 * x[indices] * mask)
    return g, None, None


SUBGRADIENT = "any value between the one-sided derivatives is a subgradient"

CASES = [
    delicate(
        "ReLU at 0, slope 0",
        relu,
        [(np.array([0.0, 1.5, -2.0]),)],
        SUBGRADIENT,
        slope=lambda x: 1.0 * (x > 0),
        evidence="argued",
    ),
    delicate(
        "ReLU at 0, slope 1",
        relu,
        [(np.array([0.0, 1.5, -2.0]),)],
        SUBGRADIENT,
        slope=lambda x: 1.0 * (x >= 0),
        evidence="argued",
    ),
    delicate(
        "ReLU at 0, slope 1/2",
        relu,
        [(np.array([0.0, -0.0, 3.0]),)],
        SUBGRADIENT,
        slope=lambda x: np.heaviside(x, 0.5),
        evidence="argued",
    ),
    delicate(
        "|x| at 0, sign",
        lambda x: np.abs(x).sum(),
        [(np.array([0.0, -1.2, 0.7]),)],
        SUBGRADIENT,
        gradient=np.sign,
        evidence="argued",
    ),
    delicate(
        "|x| at 0, right slope",
        lambda x: np.abs(x).sum(),
        [(np.array([0.0, -1.2]),)],
        SUBGRADIENT,
        gradient=lambda x: np.where(x >= 0, 1.0, -1.0),
        evidence="argued",
    ),
    delicate(
        "leaky ReLU at 0",
        lambda x: np.where(x > 0, x, 0.1 * x),
        [(np.array([0.0, 2.0, -1.0]),)],
        SUBGRADIENT,
        slope=lambda x: np.where(x > 0, 1, 0.1),
        evidence="argued",
    ),
    delicate(
        "max, one of two ties",
        np.max,
        [(np.array([2.0, -1.0, 2.0]),)],
        SUBGRADIENT,
        gradient=largest_gradient_first,
        evidence="argued",
    ),
    delicate(
        "max, shared among ties",
        np.max,
        [(np.array([2.0, -1.0, 2.0]),)],
        SUBGRADIENT,
        gradient=largest_gradient_shared,
        evidence="argued",
    ),
    delicate(
        "max pooling with ties",
        max_pool,
        [(np.array([2.0, 2.0, 0.5, 1.5]),)],
        SUBGRADIENT,
        pullback=max_pool_backward,
        evidence="argued",
    ),
    delicate(
        "max pooling, all equal", max_pool, [(np.zeros(6),)], SUBGRADIENT, pullback=max_pool_backward, evidence="argued"
    ),
    delicate(
        "hinge at its margin, 0",
        hinge,
        [(np.array([1.0, 0.3, 2.2]),)],
        SUBGRADIENT,
        gradient=lambda z: -1.0 * (z < 1),
        evidence="argued",
    ),
    delicate(
        "hinge at its margin, -1",
        hinge,
        [(np.array([1.0, 0.3, 2.2]),)],
        SUBGRADIENT,
        gradient=lambda z: -1.0 * (z <= 1),
        evidence="argued",
    ),
    delicate(
        "clip at its bound",
        lambda x: np.clip(x, -1, 1),
        [(np.array([1.0, -1.0, 0.5]),)],
        SUBGRADIENT,
        slope=lambda x: 1.0 * (np.abs(x) <= 1),
        evidence="argued",
    ),
    delicate(
        "norm at the origin",
        np.linalg.norm,
        [(np.zeros(3),)],
        "0 is a subgradient of |x| at 0",
        gradient=np.zeros_like,
        evidence="argued",
    ),
    delicate(
        "one-class softmax",
        softmax,
        [(np.array([3.7]),)],
        "constant 1, Jacobian 0",
        jacobian=softmax_jacobian,
        evidence=lambda x: np.zeros((1, 1)),
    ),
    delicate(
        "shifts its argument in place",
        shifts_in_place,
        [(np.array([0.4, 1.8, -0.6]),)],
        "an input overwritten by a shift that changes nothing",
        gradient=shifts_in_place_gradient,
    ),
    delicate(
        "labels as 0-d integer",
        lambda z, y: logsumexp(z) - z[y],
        [(np.array([0.4, 1.8, -0.6]), np.array(2))],
        "an integer has no gradient",
        gradient=subtracts_in_place_from_its_labels,
    ),
    delicate(
        "label as a Python int",
        lambda z, y: logsumexp(z) - z[y],
        [(np.array([0.4, 1.8, -0.6]), 1)],
        "an integer has no gradient",
        gradient=subtracts_in_place_from_its_labels,
    ),
    delicate(
        "dropout with a seed",
        dropout_with_a_seed,
        [(np.array([0.4, 1.8, -0.6, 2.2, -1.0]),)],
        "the same mask in both",
        gradient=dropout_with_a_seed_gradient,
    ),
    delicate(
        "noise from RandomState(0)",
        noisy_objective,
        [(np.array([0.4, 1.8, -0.6]),)],
        "the same noise in both",
        gradient=noisy_objective_gradient,
    ),
    delicate(
        "np.where with nan in the unused branch",
        log_where,
        [(np.array([0.5, -1.5, 3.0]),)],
        "np.log(-1.5) is never taken",
        slope=log_where_slope,
    ),
    delicate(
        "np.where, sqrt of negatives unused",
        sqrt_where,
        [(np.array([0.2, 4.0, -3.0]),)],
        "nan is never taken",
        gradient=sqrt_where_gradient,
    ),
    delicate(
        "an integer exponent",
        power_sum,
        [(np.array([0.7, -1.4]), 3)],
        "p is no variable",
        gradient=lambda x, p: p * x ** (p - 1),
    ),
    delicate(
        "indices and a mask of booleans",
        gathered,
        [(np.array([0.7, -1.4, 2.0]), np.array([2, 2, 0, 1]), np.array([True, True, False, True]))],
        "neither has a gradient",
        gradient=gathered_gradient,
    ),
    delicate(
        "integers beside floats, None for them",
        lambda x, k: np.sum(np.cos(k * x)),
        [(np.array([0.7, -1.4]), np.array([1, 3]))],
        "k is integer",
        gradient=lambda x, k: (-k * np.sin(k * x), None),
    ),
    delicate(
        "an empty array, sum",
        lambda x: np.sum(x**2),
        [(np.zeros(0),), (np.zeros((0, 3)),)],
        "a gradient without entries",
        gradient=lambda x: 2 * x,
    ),
    delicate(
        "an empty array, slope",
        np.tanh,
        [(np.zeros((2, 0)),)],
        "a slope without entries",
        slope=lambda x: 1 - np.tanh(x) ** 2,
    ),
    delicate(
        "an empty batch beside weights",
        lambda x, w: np.sum(x @ w),
        [(np.zeros((0, 2)), np.array([0.5, 1.5]))],
        "0 rows, gradient 0 in w",
        gradient=lambda x, w: (np.zeros((0, 2)), x.sum(axis=0)),
    ),
    delicate("a 0-d array", np.sin, [(np.array(0.8),)], "shape ()", gradient=np.cos),
    delicate("a 0-d array, slope", np.sin, [(np.array(-2.4),)], "shape ()", slope=np.cos),
    delicate(
        "a Python float",
        lambda x: x * x - 3 * x,
        [(1.7,), (-0.4,)],
        "a number, not an array",
        gradient=lambda x: 2 * x - 3,
    ),
    delicate(
        "a 0-d array, Jacobian",
        lambda x: np.array([np.sin(x), x**2]),
        [(np.array(0.8),)],
        "shape (2,)",
        jacobian=lambda x: np.array([np.cos(x), 2 * x]),
    ),
    delicate(
        "a constant function",
        lambda x: np.float64(3.25),
        [(np.array([1.0, 2.0]),)],
        "gradient 0",
        gradient=np.zeros_like,
    ),
    delicate(
        "xlogy at 0",
        lambda p: -xlogy(p, p).sum(),
        [(np.array([0.25, 0.75, 0.5]),)],
        "in the interior it is smooth",
        gradient=lambda p: -np.log(p) - 1,
    ),
    delicate(
        "a gradient of exactly 0",
        lambda x: np.sum((x - 2.0) ** 4),
        [(np.array([2.0, 2.0]),)],
        "a minimum: relative errors have no meaning",
        gradient=lambda x: 4 * (x - 2.0) ** 3,
        evidence=lambda x: np.zeros(2),
    ),
    delicate(
        "gradient given as a list",
        lambda x: x[0] * x[1],
        [(np.array([0.7, -1.4]),)],
        "numbers in a list are an array",
        gradient=lambda x: [x[1], x[0]],
    ),
    delicate(
        "gradient of shape (n, 1) for (n, 1)",
        lambda x: float((x.T @ x).item()),
        [(np.array([[0.7], [-1.4]]),)],
        "a column",
        gradient=lambda x: 2 * x,
    ),
    delicate(
        "a gradient in single precision inputs",
        lambda x: np.sum(np.tanh(x)),
        [(np.array([0.7, -1.4], dtype=np.float32),)],
        "rounded to 24 bits because its input is",
        gradient=lambda x: 1 - np.tanh(x) ** 2,
        evidence="argued",
    ),
    delicate(
        "float32 softmax",
        softmax,
        [(np.array([0.7, -1.4, 3.0], dtype=np.float32),)],
        "rounded to 24 bits because its input is",
        jacobian=softmax_jacobian,
        evidence="argued",
    ),
]
