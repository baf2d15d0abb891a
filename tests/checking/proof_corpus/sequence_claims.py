"""Cumulative sums and products, norms, sorting, gathering and interpolation."""

import math

import numpy as np

from .case import NUMPY, PYTHON, TORCH, Case

X = np.array([0.37, -1.25, 2.6, 0.9])
V = np.array([0.5, 1.0, -2.0, 0.25])


def cumsum_loss(x):
    return np.sum(np.cumsum(x) ** 2)


def cumsum_loss_gradient(x):
    return 2 * np.cumsum(np.cumsum(x)[::-1])[::-1]


def cumsum_loss_gradient_unreversed(x):
    return 2 * np.cumsum(np.cumsum(x))


class CumProd:
    @staticmethod
    def forward(ctx, x):
        y = np.cumprod(x)
        ctx["x"], ctx["y"] = x, y
        return y

    @staticmethod
    def backward(ctx, grad):
        x, y = ctx["x"], ctx["y"]
        return np.flip(np.cumsum(np.flip(grad * y))) / x


def cumprod(x):
    return CumProd.forward({}, x)


def cumprod_backward(x, grad):
    ctx = {}
    CumProd.forward(ctx, x)
    return CumProd.backward(ctx, grad)


def product(x):
    p = 1.0
    for t in x:
        p *= t
    return p


def product_gradient_two_sweeps(x):
    """Without division, so that zeros are no trouble."""
    n = len(x)
    left, right = [1.0] * n, [1.0] * n
    for i in range(1, n):
        left[i] = left[i - 1] * x[i - 1]
    for i in range(n - 2, -1, -1):
        right[i] = right[i + 1] * x[i + 1]
    return [a * b for a, b in zip(left, right, strict=True)]


def product_gradient_guarded(x):
    p = product(x)
    return [p / (t + 1e-12) for t in x]


def p_norm(x, p=3.5):
    return np.sum(np.abs(x) ** p) ** (1 / p)


def p_norm_gradient(x, p=3.5):
    return np.sign(x) * (np.abs(x) / p_norm(x, p)) ** (p - 1)


def spread(x):
    s = np.sort(x)
    return s @ V


def spread_gradient(x):
    g = np.empty_like(x)
    g[np.argsort(x)] = V
    return g


def spread_gradient_ranks(x):
    return V[np.argsort(np.argsort(x))]


def spread_gradient_argsort(x):
    return V[np.argsort(x)]


def top_two(x):
    order = sorted(range(len(x)), key=lambda i: -x[i])
    return x[order[0]] ** 2 + 3 * x[order[1]]


def top_two_gradient(x):
    first = int(np.argmax(x))
    rest = np.array(x)
    rest[first] = -np.inf
    g = np.zeros(len(x))
    g[first] = 2 * x[first]
    g[int(np.argmax(rest))] = 3.0
    return g


def top_two_gradient_first_only(x):
    g = np.zeros(len(x))
    g[int(np.argmax(x))] = 2 * max(x) + 3
    return g


def median_loss(x):
    return np.median(x) ** 2


def median_loss_gradient(x):
    g = np.zeros_like(x)
    order = x.argsort()
    middle = order[len(x) // 2 - 1 : len(x) // 2 + 1]
    g[middle] = x[middle].mean()
    return g


def median_loss_gradient_own(x):
    g = np.zeros_like(x)
    middle = x.argsort()[len(x) // 2 - 1 : len(x) // 2 + 1]
    g[middle] = x[middle]
    return g


def interpolate(y, at=(0.3, 1.6, 2.75)):
    total = 0.0
    for t in at:
        k = int(t)
        total += (y[k] + (t - k) * (y[k + 1] - y[k])) ** 2
    return total


def interpolate_gradient(y, at=(0.3, 1.6, 2.75)):
    g = [0.0] * len(y)
    for t in at:
        k = math.floor(t)
        w = t - k
        value = (1 - w) * y[k] + w * y[k + 1]
        g[k] += 2 * value * (1 - w)
        g[k + 1] += 2 * value * w
    return g


def interpolate_gradient_swapped(y, at=(0.3, 1.6, 2.75)):
    g = [0.0] * len(y)
    for t in at:
        k = math.floor(t)
        w = t - k
        value = (1 - w) * y[k] + w * y[k + 1]
        g[k] += 2 * value * w
        g[k + 1] += 2 * value * (1 - w)
    return g


def gather_scatter(x):
    index = np.array([0, 2, 2, 1])
    return (np.exp(x[index]) * V).sum()


def gather_scatter_backward(x):
    grad = np.zeros_like(x)
    np.add.at(grad, [0, 2, 2, 1], np.exp(x[[0, 2, 2, 1]]) * V)
    return grad


def gather_scatter_backward_once(x):
    grad = np.zeros_like(x)
    grad[[0, 2, 2, 1]] += np.exp(x[[0, 2, 2, 1]]) * V
    return grad


CASES = (
    Case("cumsum", NUMPY, cumsum_loss, (X,), {"gradient": cumsum_loss_gradient}, True),
    Case("cumsum_unreversed", NUMPY, cumsum_loss, (X,), {"gradient": cumsum_loss_gradient_unreversed}, False),
    Case("cumprod", TORCH, cumprod, (X,), {"pullback": cumprod_backward}, True),
    Case("product", PYTHON, product, (X,), {"gradient": product_gradient_two_sweeps}, True),
    Case(
        "product_with_zero",
        PYTHON,
        product,
        (np.array([0.0, 2.0, -3.0]),),
        {"gradient": product_gradient_two_sweeps},
        True,
        why="a zero among the factors",
    ),
    Case(
        "product_guarded",
        PYTHON,
        product,
        (np.array([0.0, 2.0, -3.0]),),
        {"gradient": product_gradient_guarded},
        False,
        why="a quotient guarded by 1e-12, at a zero",
    ),
    Case("p_norm", NUMPY, p_norm, (X,), {"gradient": p_norm_gradient}, True),
    Case("sorted_dot", NUMPY, spread, (X,), {"gradient": spread_gradient}, True),
    Case("sorted_dot_ranks", NUMPY, spread, (X,), {"gradient": spread_gradient_ranks}, True),
    Case(
        "sorted_dot_argsort",
        NUMPY,
        spread,
        (X[[2, 0, 1, 3]],),
        {"gradient": spread_gradient_argsort},
        False,
        why="right where the order is its own inverse",
    ),
    Case("top_two", PYTHON, top_two, (X,), {"gradient": top_two_gradient}, True),
    Case("top_two_first", PYTHON, top_two, (X,), {"gradient": top_two_gradient_first_only}, False),
    Case("median", NUMPY, median_loss, (X,), {"gradient": median_loss_gradient}, True),
    Case(
        "median_own",
        NUMPY,
        median_loss,
        (X,),
        {"gradient": median_loss_gradient_own},
        False,
        why="right for the sum, not per entry",
    ),
    Case("interpolate", PYTHON, interpolate, (X,), {"gradient": interpolate_gradient}, True),
    Case("interpolate_swapped", PYTHON, interpolate, (X,), {"gradient": interpolate_gradient_swapped}, False),
    Case("gather", TORCH, gather_scatter, (X[:3],), {"gradient": gather_scatter_backward}, True),
    Case("gather_once", TORCH, gather_scatter, (X[:3],), {"gradient": gather_scatter_backward_once}, False),
)
