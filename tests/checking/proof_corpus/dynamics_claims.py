"""Steps of equations, dynamic programming, optimisers and differences."""

import math

import numpy as np

from .case import NUMPY, PYTHON, TORCH, Case

X = np.array([0.37, -1.25, 2.6, 0.9])


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


COSTS = np.array([0.4, 0.5, 0.9, 2.0, 1.9, 0.3])
RATES = np.array([1.1, 0.4, 0.3, 0.8])

CASES = (
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
)
