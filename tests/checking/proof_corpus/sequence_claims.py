"""Cumulative sums and products, norms, sorting, interpolation, dynamic programming and steps of equations."""

import math

import numpy as np
from tests.checking.proof_corpus.case import NUMPY, PYTHON, TORCH, Case

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

    @staticmethod
    def backward_diagonal(ctx, grad):
        return grad * ctx["y"] / ctx["x"]


def cumprod(x):
    return CumProd.forward({}, x)


def cumprod_backward(x, grad):
    ctx = {}
    CumProd.forward(ctx, x)
    return CumProd.backward(ctx, grad)


def cumprod_backward_diagonal(x, grad):
    ctx = {}
    CumProd.forward(ctx, x)
    return CumProd.backward_diagonal(ctx, grad)


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


def p_norm_gradient_no_sign(x, p=3.5):
    return (np.abs(x) / p_norm(x, p)) ** (p - 1)


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


def soft_dtw(x):
    """The soft distance of dynamic time warping from a fixed pair."""
    ref = (0.5, -0.6)
    n, m = len(x), 2
    table = {}
    for i in range(n):
        for j in range(m):
            before = [table[k] for k in ((i - 1, j), (i, j - 1), (i - 1, j - 1)) if k in table]
            best = -math.log(sum(math.exp(-b) for b in before)) if before else 0.0
            table[i, j] = (x[i] - ref[j]) ** 2 + best
    return table[n - 1, m - 1]


def soft_dtw_gradient(x):
    ref = (0.5, -0.6)
    n, m = len(x), 2
    table, weight = {}, {}
    for i in range(n):
        for j in range(m):
            keys = [k for k in ((i - 1, j), (i, j - 1), (i - 1, j - 1)) if k in table]
            total = sum(math.exp(-table[k]) for k in keys)
            for k in keys:
                weight[i, j, k] = math.exp(-table[k]) / total
            table[i, j] = (x[i] - ref[j]) ** 2 - (math.log(total) if keys else 0.0)
    bar = dict.fromkeys(table, 0.0)
    bar[n - 1, m - 1] = 1.0
    for i in reversed(range(n)):
        for j in reversed(range(m)):
            for k in ((i - 1, j), (i, j - 1), (i - 1, j - 1)):
                if k in table:
                    bar[k] += bar[i, j] * weight[i, j, k]
    return [sum(2 * bar[i, j] * (x[i] - ref[j]) for j in range(m)) for i in range(n)]


def shortest_path(x):
    """The least cost from the top to the bottom of a triangle of costs."""
    left, right = x[0] + x[1], x[0] + x[2]
    return min(left + x[3], left + x[4], right + x[4], right + x[5])


def shortest_path_gradient(x):
    paths = ((0, 1, 3), (0, 1, 4), (0, 2, 4), (0, 2, 5))
    best = min(paths, key=lambda p: sum(x[i] for i in p))
    return [1.0 if i in best else 0.0 for i in range(6)]


def shortest_path_gradient_greedy(x):
    side = 1 if x[1] < x[2] else 2
    last = side + 2 if x[side + 2] < x[side + 3] else side + 3
    return [1.0 if i in (0, side, last) else 0.0 for i in range(6)]


def field(y, k):
    return np.array([y[1], -k * np.sin(y[0])])


def rk4(k):
    y, h = np.array([0.9, 0.0]), 0.2
    for _ in range(3):
        a = field(y, k)
        b = field(y + h / 2 * a, k)
        c = field(y + h / 2 * b, k)
        d = field(y + h * c, k)
        y = y + h / 6 * (a + 2 * b + 2 * c + d)
    return y[0]


def field_tangent(y, dy, k):
    return np.array([dy[1], -np.sin(y[0]) - k * np.cos(y[0]) * dy[0]])


def rk4_sensitivity(k):
    y, dy, h = np.array([0.9, 0.0]), np.zeros(2), 0.2
    for _ in range(3):
        a, da = field(y, k), field_tangent(y, dy, k)
        b, db = field(y + h / 2 * a, k), field_tangent(y + h / 2 * a, dy + h / 2 * da, k)
        c, dc = field(y + h / 2 * b, k), field_tangent(y + h / 2 * b, dy + h / 2 * db, k)
        d, dd = field(y + h * c, k), field_tangent(y + h * c, dy + h * dc, k)
        y = y + h / 6 * (a + 2 * b + 2 * c + d)
        dy = dy + h / 6 * (da + 2 * db + 2 * dc + dd)
    return dy[0]


def rk4_sensitivity_halved(k):
    """With twice as many steps of half the length: another discretisation."""
    y, dy, h = np.array([0.9, 0.0]), np.zeros(2), 0.1
    for _ in range(6):
        a, da = field(y, k), field_tangent(y, dy, k)
        b, db = field(y + h / 2 * a, k), field_tangent(y + h / 2 * a, dy + h / 2 * da, k)
        c, dc = field(y + h / 2 * b, k), field_tangent(y + h / 2 * b, dy + h / 2 * db, k)
        d, dd = field(y + h * c, k), field_tangent(y + h * c, dy + h * dc, k)
        y = y + h / 6 * (a + 2 * b + 2 * c + d)
        dy = dy + h / 6 * (da + 2 * db + 2 * dc + dd)
    return dy[0]


def lotka(p):
    x, y = 1.0, 0.5
    for _ in range(4):
        x, y = x + 0.1 * (p[0] * x - p[1] * x * y), y + 0.1 * (p[2] * x * y - p[3] * y)
    return x * y


def lotka_adjoint(p):
    path = [(1.0, 0.5)]
    for _ in range(4):
        x, y = path[-1]
        path.append((x + 0.1 * (p[0] * x - p[1] * x * y), y + 0.1 * (p[2] * x * y - p[3] * y)))
    x, y = path.pop()
    bx, by = y, x
    g = np.zeros(4)
    while path:
        x, y = path.pop()
        g += 0.1 * np.array([bx * x, -bx * x * y, by * x * y, -by * y])
        bx, by = (
            bx * (1 + 0.1 * (p[0] - p[1] * y)) + by * 0.1 * p[2] * y,
            by * (1 + 0.1 * (p[2] * x - p[3])) - bx * 0.1 * p[1] * x,
        )
    return g


def lotka_adjoint_sequential(p):
    path = [(1.0, 0.5)]
    for _ in range(4):
        x, y = path[-1]
        path.append((x + 0.1 * (p[0] * x - p[1] * x * y), y + 0.1 * (p[2] * x * y - p[3] * y)))
    x, y = path.pop()
    bx, by = y, x
    g = np.zeros(4)
    while path:
        x, y = path.pop()
        g += 0.1 * np.array([bx * x, -bx * x * y, by * x * y, -by * y])
        bx = bx * (1 + 0.1 * (p[0] - p[1] * y)) + by * 0.1 * p[2] * y
        by = by * (1 + 0.1 * (p[2] * x - p[3])) - bx * 0.1 * p[1] * x
    return g


class MomentumSGD:
    """The loss after three steps, in the starting point: a gradient through an optimiser."""

    curvature = np.array([1.0, 4.0])

    def run(self, w):
        m = np.zeros(2)
        for _ in range(3):
            m = 0.9 * m + self.curvature * w
            w = w - 0.1 * m
        return 0.5 * (self.curvature * w**2).sum(), w

    def backward(self, w):
        _, final = self.run(w)
        bw, bm = self.curvature * final, np.zeros(2)
        for _ in range(3):
            bm = bm - 0.1 * bw
            bw = bw + self.curvature * bm
            bm = 0.9 * bm
        return bw

    def backward_no_momentum(self, w):
        _, final = self.run(w)
        return self.curvature * final * (1 - 0.1 * self.curvature) ** 3


def meta_loss(w):
    return MomentumSGD().run(w)[0]


def meta_loss_backward(w):
    return MomentumSGD().backward(w)


def meta_loss_backward_no_momentum(w):
    return MomentumSGD().backward_no_momentum(w)


def total_variation(x):
    return np.abs(np.diff(x)).sum() + 0.5 * np.square(np.diff(x, 2)).sum()


def total_variation_backward(x):
    s, d = np.sign(x[1:] - x[:-1]), x[2:] - 2 * x[1:-1] + x[:-2]
    return np.pad(s, (1, 0)) - np.pad(s, (0, 1)) + np.pad(d, (2, 0)) - 2 * np.pad(d, (1, 1)) + np.pad(d, (0, 2))


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


COSTS = np.array([0.4, 0.5, 0.9, 2.0, 1.9, 0.3])
RATES = np.array([1.1, 0.4, 0.3, 0.8])

CASES = (
    Case("cumsum", NUMPY, cumsum_loss, (X,), {"gradient": cumsum_loss_gradient}, True),
    Case("cumsum_unreversed", NUMPY, cumsum_loss, (X,), {"gradient": cumsum_loss_gradient_unreversed}, False),
    Case("cumprod", TORCH, cumprod, (X,), {"pullback": cumprod_backward}, True),
    Case("cumprod_diagonal", TORCH, cumprod, (X,), {"pullback": cumprod_backward_diagonal}, False),
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
    Case("p_norm_no_sign", NUMPY, p_norm, (X,), {"gradient": p_norm_gradient_no_sign}, False),
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
    Case("soft_dtw", PYTHON, soft_dtw, (X[:3],), {"gradient": soft_dtw_gradient}, True),
    Case("shortest_path", PYTHON, shortest_path, (COSTS,), {"gradient": shortest_path_gradient}, True),
    Case("shortest_path_greedy", PYTHON, shortest_path, (COSTS,), {"gradient": shortest_path_gradient_greedy}, False),
    Case("rk4", NUMPY, rk4, (1.6,), {"gradient": rk4_sensitivity}, True),
    Case(
        "rk4_halved",
        NUMPY,
        rk4,
        (1.6,),
        {"gradient": rk4_sensitivity_halved},
        False,
        why="the slope of a finer solution",
    ),
    Case("lotka", PYTHON, lotka, (RATES,), {"gradient": lotka_adjoint}, True),
    Case("lotka_sequential", PYTHON, lotka, (RATES,), {"gradient": lotka_adjoint_sequential}, False),
    Case("meta_loss", TORCH, meta_loss, (X[:2],), {"gradient": meta_loss_backward}, True),
    Case("meta_loss_momentum", TORCH, meta_loss, (X[:2],), {"gradient": meta_loss_backward_no_momentum}, False),
    Case("total_variation", TORCH, total_variation, (X,), {"gradient": total_variation_backward}, True),
    Case("gather", TORCH, gather_scatter, (X[:3],), {"gradient": gather_scatter_backward}, True),
    Case("gather_once", TORCH, gather_scatter, (X[:3],), {"gradient": gather_scatter_backward_once}, False),
)
