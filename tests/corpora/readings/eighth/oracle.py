"""Shows for every document that its false claim fails and that all other claims hold.

NumPy, SymPy and exact rationals alone. One function per document computes each displayed claim from what the text says,
exactly, symbolically or at many points of the range that the text allows, special points included.

`claim(line, truth)` may be called many times for a line: a true claim has to hold each time, the false claim of a
document has to fail at least once. `lazy(line, truth)` shows that the false claim holds in a careless reading,
`given(line)` names lines that only define or suppose, `denied(line, truth)` those that the text itself calls wrong.
oracle.csv says which claims have to fail. Each displayed relation has to be named by its line.
"""

import csv
import math
import re
import sys
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction
from itertools import product
from math import comb, factorial
from pathlib import Path

import numpy as np
import sympy as sp

HERE = Path(__file__).parent
DOCUMENTS = {}
INFINITY = sp.oo


class Record:
    """What a function says about the lines of its document."""

    def __init__(self):
        self.given_lines, self.claims, self.lazies, self.denials = set(), [], [], []

    def given(self, *lines):
        self.given_lines.update(lines)

    def claim(self, line, truth):
        self.claims.append((line, bool(truth)))

    def lazy(self, line, truth):
        self.lazies.append((line, bool(truth)))

    def denied(self, line, truth):
        self.denials.append((line, bool(truth)))


def document(name):
    def register(function):
        DOCUMENTS[name] = function
        return function

    return register


def same(left, right, tolerance=1e-9):
    """Equal numbers or arrays; NaN, for what does not exist, is equal to nothing."""
    return np.allclose(np.asarray(left, float), np.asarray(right, float), rtol=tolerance, atol=tolerance)


def slope(f, x, step=1e-6):
    """The derivative of calculus at x, or NaN where the slopes from both sides differ."""
    right, left = (f(x + step) - f(x)) / step, (f(x) - f(x - step)) / step
    return (f(x + step) - f(x - step)) / (2 * step) if abs(right - left) < 1e-3 else math.nan


def same_slope(f, x, value):
    return same(slope(f, x), value, 1e-5)


def zero(expression):
    return sp.simplify(expression) == 0


def agree(left, right, points):
    """Two SymPy expressions have the same values at all points, which are dictionaries."""
    return all(abs(sp.N((left - right).subs(point), 30)) < 1e-20 for point in points)


def limit(f, x, at, side):
    """The limit from one side, or from both ('+-'), which is None if the sides differ."""
    if side != "+-":
        return sp.limit(f, x, at, side)
    left, right = sp.limit(f, x, at, "-"), sp.limit(f, x, at, "+")
    return right if left == right else None


def printed(value, places=2):
    """The number as it is printed with that many decimals."""
    exact = value if isinstance(value, Decimal) else Decimal(str(sp.N(value, 40)))
    return exact.quantize(Decimal(1).scaleb(-places), ROUND_HALF_UP)


def rational(rng, low=-9, high=9):
    return Fraction(int(rng.integers(low, high + 1)), int(rng.integers(1, 6)))


def distribution(rng, n):
    weights = rng.uniform(0.1, 1, size=n)
    return weights / weights.sum()



# ------------------------------------------------------------------------------------------------ false


@document("false/001-half-integer-powers.md")
def _(c, rng):
    def g(x):
        return ((x - 1) ** 2) ** 1.5

    c.given(10)
    for x in rng.uniform(1.01, 5, size=20):
        c.claim(5, same(((x - 1) ** 2) ** 0.5, x - 1))
        c.lazy(20, same(g(x), (x - 1) ** 3))  # Part 1 has x > 1
    for x in [0, 1, 2, *rng.uniform(-5, 5, size=20)]:
        c.claim(15, same(g(x), (x - 1) ** 2 * math.sqrt((x - 1) ** 2)))
        c.claim(20, same(g(x), (x - 1) ** 3))
        c.claim(25, same_slope(g, x, 3 * (x - 1) * abs(x - 1)))


@document("false/002-hinge-and-squared-hinge.md")
def _(c, rng):
    def h(m):
        return max(0, 1 - m)

    others = [-1, 0, 2, *rng.uniform(-3, 3, size=20)]
    for m in [1, *others]:
        c.claim(9, same_slope(lambda m: h(m) ** 2 / 2, m, -h(m)))
        c.claim(21, h(m) == (1 - m) * (m < 1))
        c.claim(27, same_slope(h, m, -float(m < 1)))
    for m in others:
        c.claim(15, same_slope(lambda m: -h(m), m, float(m < 1)))
        c.lazy(27, same_slope(h, m, -float(m < 1)))  # away from the corner


@document("false/003-winkel-im-dreieck.md")
def _(c, rng):
    for alpha, beta, gamma in math.pi * rng.dirichlet([1, 1, 1], size=50):
        c.claim(7, same(gamma, math.pi - alpha - beta))
        c.claim(13, same(math.sin(gamma), math.sin(alpha + beta)))
        c.claim(19, same(math.acos(math.cos(alpha)), alpha))
        c.claim(25, same(math.asin(math.sin(alpha)), alpha))
        if alpha < math.pi / 2:
            c.lazy(25, same(math.asin(math.sin(alpha)), alpha))  # a triangle without an obtuse angle


@document("false/004-partie-entiere.md")
def _(c, rng):
    for x, n in product([Fraction(k, 4) for k in range(-12, 13)], range(-3, 4)):
        c.claim(9, x - math.floor(x) < 1)
        c.claim(15, math.floor(x + n) == math.floor(x) + n)
        c.claim(21, math.ceil(x) == -math.floor(-x))
        c.claim(27, math.floor(x) + math.floor(-x) == -1)
        if x.denominator > 1:
            c.lazy(27, math.floor(x) + math.floor(-x) == -1)  # no whole number


@document("false/005-limit-at-a-jump.md")
def _(c, rng):
    x = sp.Symbol("x", real=True)
    f = 1 / (1 + sp.exp(1 / x))
    c.given(5)
    c.claim(10, agree(f + f.subs(x, -x), sp.Integer(1), [{x: sp.Rational(k, 7)} for k in range(-20, 21) if k]))
    c.claim(15, sp.limit(f, x, INFINITY) == sp.Rational(1, 2))
    c.claim(20, limit(x * f, x, 0, "+-") == 0)
    c.claim(25, limit(f, x, 0, "+-") == 0)
    c.lazy(25, limit(f, x, 0, "+") == 0)  # from the right


@document("false/006-forward-and-backward.md")
def _(c, rng):
    for n in range(2, 7):
        a, b = ([rational(rng) for _ in range(n + 2)] for _ in "ab")

        def forward(a, k):
            return a[k + 1] - a[k]

        def backward(a, k):
            return a[k] - a[k - 1]

        ab = [u * v for u, v in zip(a, b, strict=True)]
        c.claim(7, sum(forward(a, k) for k in range(1, n)) == a[n] - a[1])
        c.claim(11, sum(forward(a, k) for k in range(n)) == a[n] - a[0])
        for k in range(1, n + 1):
            c.claim(16, backward(ab, k) == a[k] * backward(b, k) + b[k - 1] * backward(a, k))
        c.claim(21, sum(backward(a, k) for k in range(1, n + 1)) == a[n] - a[0])
        c.claim(26, sum(backward(a, k) for k in range(1, n)) == a[n] - a[1])
        c.lazy(26, sum(forward(a, k) for k in range(1, n)) == a[n] - a[1])  # the difference of the first part


@document("false/007-rows-of-pascal.md")
def _(c, rng):
    for n in range(9):
        row = [comb(n, k) for k in range(n + 1)]
        alternating = sum((-1) ** k * v for k, v in enumerate(row))
        c.claim(8, sum(row) == 2**n)
        c.claim(14, alternating == 0)
        c.claim(20, sum(k * v for k, v in enumerate(row)) == n * Fraction(2) ** (n - 1))
        c.claim(26, sum(v * v for v in row) == comb(2 * n, n))
        if n > 0:
            c.lazy(14, alternating == 0)  # every row but the first


@document("false/008-below-the-diagonal.md")
def _(c, rng):
    def by_rows(a, with_diagonal):
        return sum(a[i, j] for i in range(len(a)) for j in range(i + with_diagonal))

    def by_columns(a):
        return sum(a[i, j] for j in range(len(a)) for i in range(j, len(a)))

    for n in range(1, 6):
        points = rng.integers(0, 20, size=n)
        d = abs(points[:, None] - points)
        a = rng.integers(1, 9, size=(n, n))
        c.claim(8, d.sum() == 2 * by_rows(d, False))
        c.claim(14, by_rows(d, False) == by_columns(d))
        c.claim(22, by_rows(a, True) == by_columns(a))
        c.claim(26, by_rows(a, False) == by_columns(a))
        np.fill_diagonal(a, 0)
        c.lazy(26, by_rows(a, False) == by_columns(a))  # the diagonal of the distances


@document("false/009-growth.md")
def _(c, rng):
    k = sp.Symbol("k", integer=True)
    for q in (sp.Rational(3, 2), sp.Integer(2), sp.Rational(11, 10)):
        for n in range(1, 6):
            c.claim(8, sum(q**j for j in range(n)) == (q**n - 1) / (q - 1))
        c.claim(14, sp.summation((1 / q) ** k, (k, 0, INFINITY)) == q / (q - 1))
        c.claim(20, zero(sp.summation(k * (1 / q) ** k, (k, 1, INFINITY)) - q / (q - 1) ** 2))
        c.claim(26, sp.summation(q**k, (k, 0, INFINITY)) == 1 / (1 - q))
        c.lazy(26, sp.summation((1 / q) ** k, (k, 0, INFINITY)) == 1 / (1 - 1 / q))  # the formula for small q


@document("false/010-below-the-exponential.md")
def _(c, rng):
    for x in rng.uniform(0.01, 6, size=20):
        c.claim(6, math.exp(x) > x**3 / 6)
        c.lazy(18, math.exp(x) >= 1 + x + x**2 / 2)  # x > 0
    for x in [0, *rng.uniform(-6, -0.01, size=20), *rng.uniform(0.01, 6, size=20)]:
        c.claim(12, math.exp(x) >= 1 + x)
        c.claim(18, math.exp(x) >= 1 + x + x**2 / 2)
        c.claim(24, math.exp(x) >= 1 + x + x**2 / 2 + x**3 / 6)


@document("false/011-four-means.md")
def _(c, rng):
    for n in range(2, 6):
        p, x = distribution(rng, n), rng.uniform(0.1, 4, size=n)
        mu = p @ x
        c.claim(8, p @ np.log(x) <= math.log(mu))
        c.claim(14, p @ np.sqrt(x) <= math.sqrt(mu))
        c.claim(20, p @ (x * np.log(x)) <= mu * math.log(mu))
        c.claim(26, p @ (1 / x) >= 1 / mu)
        c.lazy(20, p @ (mu * np.log(x)) <= mu * math.log(mu))  # the logarithm is the only thing that bends


@document("false/012-squares-of-labels.md")
def _(c, rng):
    for y, p in product((0, 1), [rational(rng) for _ in range(9)]):
        c.claim(8, (y - p) ** 2 == p**2 + (1 - 2 * p) * y)
        c.claim(12, (2 * y - 1) ** 2 == 1)
        c.lazy(24, (1 + y) ** 2 == 1 + 3 * y)  # the labels of the first section
    for y, m in product((-1, 1), [rational(rng) for _ in range(9)]):
        c.claim(20, y**3 == y)
        c.claim(24, (1 + y) ** 2 == 1 + 3 * y)
        c.claim(28, (y - m) ** 2 == (1 - y * m) ** 2)


def normal_sample(rng, n):
    """The log-likelihood of n different rationals, their mean, and the mean square of the deviations."""
    mu, v = sp.symbols("mu v", positive=True)
    x = [sp.Rational(int(k), 3) for k in rng.permutation(30)[:n]]
    mean = sum(x) / n
    log_likelihood = -sp.Rational(n, 2) * sp.log(2 * sp.pi * v) - sum((xi - mu) ** 2 for xi in x) / (2 * v)
    return mu, v, x, mean, sum((xi - mean) ** 2 for xi in x) / n, log_likelihood


@document("false/013-two-variances.md")
def _(c, rng):
    c.given(6, 12)
    for n in range(2, 6):
        mu, v, x, mean, over_n, loglik = normal_sample(rng, n)
        s2 = over_n * n / (n - 1)
        by_v = sp.diff(loglik, v).subs(mu, mean)
        c.claim(18, zero(sp.diff(loglik, mu).subs(mu, mean)))
        c.claim(22, zero(by_v + n / (2 * v) - (n - 1) * s2 / (2 * v**2)))
        c.claim(28, zero(by_v.subs(v, s2)))
        c.lazy(28, zero(by_v.subs(v, over_n)))  # the variance with 1/n


@document("false/014-divergence-read-backwards.md")
def _(c, rng):
    def D(p, q):
        return q @ np.log(q / p)

    c.given(7)
    for n in range(2, 7):
        p, q = distribution(rng, n), distribution(rng, n)
        c.claim(13, D(p, q) > 0)
        c.claim(19, same(D(p, q) + D(q, p), (p - q) @ np.log(p / q)))
        c.claim(25, same(-p @ np.log(q), -p @ np.log(p) + D(p, q)))
        c.lazy(25, same(-p @ np.log(q), -p @ np.log(p) + p @ np.log(p / q)))  # the usual divergence


@document("false/015-entropia-en-bits.md")
def _(c, rng):
    p = sp.Symbol("p", positive=True)
    points = [{p: sp.Rational(k, 11)} for k in range(1, 11)]

    def entropy(base):
        return (-p * sp.log(p) - (1 - p) * sp.log(1 - p)) / sp.log(base)

    H = entropy(2)
    c.given(6)
    c.claim(11, zero(H.subs(p, sp.Rational(1, 2)) - 1))
    c.claim(16, agree(H.subs(p, 1 - p), H, points))
    c.claim(21, agree(sp.diff(H, p), sp.log((1 - p) / p) / sp.log(2), points))
    c.claim(26, agree(sp.diff(H, p, 2), -1 / (p * (1 - p)), points))
    c.lazy(26, agree(sp.diff(entropy(sp.E), p, 2), -1 / (p * (1 - p)), points))  # the natural logarithm


@document("false/016-per-metre.md")
def _(c, rng):
    x, y, s = sp.symbols("x y s", real=True)
    h = x**2 * y
    v = sp.Matrix([3, 4])
    gradient = sp.Matrix([h.diff(x), h.diff(y)])
    here = gradient.subs({x: 1, y: 2})

    def along(u):
        return h.subs({x: 1 + s * u[0], y: 2 + s * u[1]}).diff(s).subs(s, 0)

    c.claim(7, gradient == sp.Matrix([2 * x * y, x**2]))
    c.claim(11, here.dot(v) == 16)
    c.claim(15, along(v / v.norm()) == 16)
    c.claim(21, here.norm() == sp.sqrt(17) and zero(along(here / here.norm()) - sp.sqrt(17)))
    c.lazy(15, along(v) == 16)  # per unit of the parameter


@document("false/017-cusp.md")
def _(c, rng):
    t, u = sp.symbols("t u", positive=True)
    x, y = t**2, t**3
    graph = u ** sp.Rational(3, 2)  # y as a function of u = x
    c.claim(9, zero(x.diff(t) - 2 * t))
    c.claim(10, zero(y.diff(t) - 3 * t**2))
    c.claim(17, zero(graph.diff(u).subs(u, x) - 3 * t / 2))
    c.claim(23, zero(graph.diff(u, 2).subs(u, x) - sp.Rational(3, 2)))
    c.claim(29, zero(y.diff(t, 2) / x.diff(t, 2) - 3 * t))
    c.lazy(23, zero((3 * t / 2).diff(t) - sp.Rational(3, 2)))  # the derivative of the slope in time


@document("false/018-polar-derivatives.md")
def _(c, rng):
    x, y, r = sp.symbols("x y r", positive=True)
    theta = sp.Symbol("theta", positive=True)
    radius, angle = sp.sqrt(x**2 + y**2), sp.atan(y / x)
    X, Y = r * sp.cos(theta), r * sp.sin(theta)
    c.claim(7, zero(X.diff(r) - sp.cos(theta)))
    c.claim(13, zero(radius.diff(x) - 1 / sp.cos(angle)))
    c.claim(19, zero(angle.diff(x) + y / radius**2))
    c.claim(25, zero(X.diff(r) * Y.diff(theta) - X.diff(theta) * Y.diff(r) - r))
    c.lazy(13, zero((x / sp.cos(theta)).diff(x) - 1 / sp.cos(theta)))  # theta fixed


@document("false/019-area-functions.md")
def _(c, rng):
    x, t, front = sp.symbols("x t front", real=True)
    for f in (sp.Integer(1), t**3 - t + 2, sp.cos(t), sp.exp(-t)):

        def area(integrand, low, high):
            return sp.integrate(sp.expand(integrand), (t, low, high))

        value = f.subs(t, x)
        c.claim(6, zero(area(f, 0, x).diff(x) - value))
        c.claim(12, zero(area(f, x, x**2).diff(x) - 2 * x * f.subs(t, x**2) + value))
        c.claim(18, zero(area(t * f, 0, x).diff(x) - x * value))
        c.claim(22, zero(area(x * f, 0, x).diff(x) - x * value))
        c.claim(28, zero(area((x - t) * f, 0, x).diff(x) - area(f, 0, x)))
        c.lazy(22, zero((front * area(f, 0, x)).diff(x).subs(front, x) - x * value))  # the factor stands still


def inverse(f, y):
    """The u with f(u) = y for an increasing function."""
    low, high = -60.0, 60.0
    for _ in range(200):
        middle = (low + high) / 2
        low, high = (middle, high) if f(middle) < y else (low, middle)
    return (low + high) / 2


@document("false/020-two-inverses.md")
def _(c, rng):
    def first(y):
        return inverse(lambda u: u + math.exp(u) - 1, y)

    def g(y):
        return inverse(lambda u: u + math.exp(u), y)

    def dg(y):
        return 1 / (1 + math.exp(g(y)))

    c.claim(6, same(first(0), 0))
    c.claim(12, same(g(1), 0))
    for y in [0, 1, *rng.uniform(-5, 5, size=10)]:
        c.claim(18, same_slope(g, y, dg(y)))
    c.claim(22, same_slope(g, 0, 0.5))
    c.claim(28, same_slope(dg, 1, -1 / 8))
    c.lazy(22, same_slope(first, 0, 0.5))  # the inverse of the first function


@document("false/021-logarithm-and-tangent.md")
def _(c, rng):
    others = [0.01, 0.5, 2, 3, *rng.uniform(0.01, 9, size=30)]
    for x in [1, *others]:
        c.claim(6, math.log(x) < x)
        c.claim(10, math.log(x) < x - 1)
        c.claim(14, math.log(1 + x) < x)
        c.claim(20, math.log(x) >= 1 - 1 / x)
    for x in others:
        c.lazy(10, math.log(x) < x - 1)  # any point but 1


@document("false/022-minimo-su-un-intervallo.md")
def _(c, rng):
    x = sp.Symbol("x", real=True)
    f = x**3 - 3 * x

    def values(low, high):  # where the extreme values can be
        return [f.subs(x, a) for a in (low, high, *sp.solve(f.diff(x), x)) if low <= a <= high]

    c.claim(6, zero(f.diff(x) - 3 * (x - 1) * (x + 1)))
    c.claim(13, f.subs(x, 1) == -2)
    c.claim(14, f.diff(x, 2).subs(x, 1) == 6)
    c.claim(21, min(values(-3, 3)) == -2)
    c.claim(27, max(values(-3, 3)) == 18)
    c.lazy(21, min(values(0, 3)) == -2)  # near the critical point


def stationary(L, x, y, multiplier):
    (solution,) = sp.solve([L.diff(x), L.diff(y), L.diff(multiplier)], [x, y, multiplier], dict=True)
    return solution[x], solution[y], solution[multiplier]


def best_product(c, y):
    """The largest x y with x + 2 y = c, at the vertex of a parabola that opens downwards."""
    f = (c - 2 * y) * y
    return f.subs(y, sp.solve(f.diff(y), y)[0])


@document("false/023-plus-multiplier.md")
def _(c, rng):
    x, y, k = sp.symbols("x y lambda", real=True)
    budget = sp.Symbol("c", positive=True)
    at_x, at_y, multiplier = stationary(x * y + k * (x + 2 * y - budget), x, y, k)
    V = best_product(budget, y)
    c.given(6)
    c.claim(13, zero(at_x - budget / 2))
    c.claim(14, zero(at_y - budget / 4))
    c.claim(15, zero(multiplier + budget / 4))
    c.claim(22, zero(V - budget**2 / 8))
    c.claim(28, zero(V.diff(budget) - multiplier))
    c.lazy(28, zero(V.diff(budget) - stationary(x * y - k * (x + 2 * y - budget), x, y, k)[2]))  # the minus sign


@document("false/024-log-odds-of-a-test.md")
def _(c, rng):
    before, test = sp.log(sp.Rational(4, 96)), sp.log(sp.Rational(80, 15))
    sick, healthy = sp.Rational(4, 100) * sp.Rational(8, 10), sp.Rational(96, 100) * sp.Rational(15, 100)
    c.claim(9, printed(before) == Decimal("-3.18"))
    c.claim(15, printed(test) == Decimal("1.67"))
    c.claim(21, printed(before + test) == Decimal("-1.51"))
    c.claim(27, printed(sick / (sick + healthy)) == Decimal("0.18"))
    c.lazy(21, printed(before) + printed(test) == Decimal("-1.51"))  # the printed numbers


@document("false/025-many-tosses.md")
def _(c, rng):
    p = sp.Symbol("p", positive=True)
    points = [{p: sp.Rational(k, 7)} for k in range(1, 7)]
    c.given(8)
    for n in (1, 2, 3, 5):
        y = [int(k) for k in rng.integers(0, 2, size=n)]
        s = sum(y)
        likelihood = sp.prod([p if yi else 1 - p for yi in y])
        sums = sum(yi * sp.log(p) + (1 - yi) * sp.log(1 - p) for yi in y)
        short = s * sp.log(p) + (1 - s) * sp.log(1 - p)
        if n == 1:
            c.lazy(10, agree(sums, short, points))  # one toss
            continue
        c.claim(9, agree(sp.log(likelihood), sums, points))
        c.claim(10, agree(sums, short, points))
        c.claim(17, agree(sp.diff(sp.log(likelihood), p), s / p - (n - s) / (1 - p), points))
        c.claim(23, agree(sp.diff(sp.log(likelihood), p, 2), -s / p**2 - (n - s) / (1 - p) ** 2, points))


def joint(rng):
    """Exact probabilities, values of X and values of Y, such that the covariance is zero."""
    while True:
        weights = [[Fraction(int(rng.integers(1, 9))) for _ in range(3)] for _ in range(3)]
        total = sum(map(sum, weights))
        P = [[w / total for w in row] for row in weights]
        X, Y = [Fraction(-1), Fraction(0), rational(rng, 1, 5)], [rational(rng), rational(rng)]
        mean = sum(X[i] * P[i][j] for i in range(3) for j in range(3))
        pull = [sum((X[i] - mean) * P[i][j] for i in range(3)) for j in range(3)]
        if pull[2] != 0:
            return P, X, [*Y, -(Y[0] * pull[0] + Y[1] * pull[1]) / pull[2]]


def expectation(P, X, Y, f):
    return sum(P[i][j] * f(X[i], Y[j]) for i in range(len(X)) for j in range(len(Y)))


def variance(P, X, Y, f):
    return expectation(P, X, Y, lambda x, y: f(x, y) ** 2) - expectation(P, X, Y, f) ** 2


@document("false/026-uncorrelated.md")
def _(c, rng):
    third = Fraction(1, 3)
    example = ([[0, third], [third, 0], [0, third]], [-1, 0, 1], [0, 1])  # Y = X^2
    for P, X, Y in [example, *(joint(rng) for _ in range(5))]:

        def E(f, P=P, X=X, Y=Y):
            return expectation(P, X, Y, f)

        spread = variance(P, X, Y, lambda x, y: x) + variance(P, X, Y, lambda x, y: y)
        c.claim(8, E(lambda x, y: x * y) == E(lambda x, y: x) * E(lambda x, y: y))
        c.claim(14, variance(P, X, Y, lambda x, y: x + y) == spread)
        c.claim(20, E(lambda x, y: x**2 * y) == E(lambda x, y: x**2) * E(lambda x, y: y))
        c.claim(26, variance(P, X, Y, lambda x, y: x - y) == spread)
        rows, columns = [sum(row) for row in P], [sum(column) for column in zip(*P, strict=True)]
        Q = [[a * b for b in columns] for a in rows]  # independent
        lazy = expectation(Q, X, Y, lambda x, y: x**2 * y)
        c.lazy(20, lazy == expectation(Q, X, Y, lambda x, y: x**2) * expectation(Q, X, Y, lambda x, y: y))


# ------------------------------------------------------------------------------------------------- true


@document("true/001-cube-of-a-root.md")
def _(c, rng):
    def f(x):
        return (x**2) ** 1.5

    for x in [-1, 0, 1, *rng.uniform(-4, 4, size=30)]:
        c.claim(6, same(f(x), abs(x) ** 3))
        if x < 0:
            c.claim(12, same(f(x), -(x**3)))
        if x > 0:
            c.claim(18, same(f(x), x**3))
        c.claim(24, same_slope(f, x, 3 * x * abs(x)))
        c.claim(28, same_slope(lambda x: 3 * x * abs(x), x, 6 * abs(x)))


@document("true/002-on-the-left.md")
def _(c, rng):
    u = sp.Symbol("u", negative=True)
    for x in [-1, -2, *rng.uniform(-5, -0.05, size=20)]:
        c.claim(6, same(math.sqrt(x**2), -x))
        c.claim(10, same(math.log(x**2), 2 * math.log(-x)))
        c.claim(14, same_slope(abs, x, -1))
        c.claim(18, same_slope(lambda x: math.log(-x), x, 1 / x))
    c.claim(24, zero(sp.log(-u).diff(u) - 1 / u) and sp.log(1) - sp.log(sp.E) == -1)


@document("true/003-two-branches.md")
def _(c, rng):
    for x in [0, 0.5, -0.5, *rng.uniform(-0.95, 0.95, size=20)]:
        root = math.sqrt(1 - x**2)
        c.claim(7, same(slope(math.asin, x) * math.cos(math.asin(x)), 1, 1e-5))
        c.claim(12, same(math.cos(math.asin(x)), root))
        c.claim(17, same_slope(math.asin, x, 1 / root))

        def left(x):
            return math.pi - math.asin(x)

        assert same(math.sin(left(x)), x) and math.pi / 2 < left(x) < 3 * math.pi / 2
        c.claim(22, same(math.asin(math.sin(left(x))), math.pi - left(x)))
        c.claim(26, same_slope(left, x, -1 / root))


@document("true/004-huber.md")
def _(c, rng):
    def H(r):
        return r * r / 2 if abs(r) <= 1 else abs(r) - 0.5

    r = sp.Symbol("r", positive=True)
    c.given(5)
    for x in [-2, -1, 0, 1, 2, *rng.uniform(-3, 3, size=30)]:
        c.claim(10, same_slope(H, x, max(-1, min(1, x))))
        if x > 1:
            c.claim(15, same_slope(H, x, 1))
        if x < -1:
            c.claim(20, same_slope(H, x, -1))
    c.claim(25, sp.limit((r - sp.Rational(1, 2)).diff(r, 2), r, 1, "+") == 0)
    c.claim(29, sp.limit((r**2 / 2).diff(r, 2), r, 1, "-") == 1)


@document("true/005-grenzwerte-am-rand.md")
def _(c, rng):
    x = sp.Symbol("x", real=True)
    c.claim(6, limit(sp.exp(-1 / x), x, 0, "+") == 0)
    c.claim(10, limit(abs(x) / x, x, 0, "-") == -1)
    c.claim(16, limit(x**2 / abs(x), x, 0, "+-") == 0)
    c.claim(22, limit(x * sp.log(x), x, 0, "+") == 0)


@document("true/006-summation-by-parts.md")
def _(c, rng):
    for n in range(1, 8):
        a = [0, *(rational(rng) for _ in range(n))]
        change = [None, *(a[k] - a[k - 1] for k in range(1, n + 1))]
        c.claim(8, sum(change[1:]) == a[n])
        c.claim(14, sum(k * change[k] for k in range(1, n + 1)) == n * a[n] - sum(a[1:n]))
        c.claim(21, math.prod(Fraction(k + 1, k) for k in range(1, n + 1)) == n + 1)
        c.claim(25, math.prod(1 - Fraction(1, k * k) for k in range(2, n + 1)) == Fraction(n + 1, 2 * n))


@document("true/007-binomials.md")
def _(c, rng):
    for n in range(1, 9):
        for k in range(1, n + 1):
            c.claim(7, k * comb(n, k) == n * comb(n - 1, k - 1))
        c.claim(12, sum((-1) ** k * comb(n, k) for k in range(n + 1)) == 0)
        c.claim(22, Fraction(factorial(n + 1), factorial(n - 1)) == n * (n + 1))
        c.claim(27, sum(k * factorial(k) for k in range(n + 1)) == factorial(n + 1) - 1)
    c.claim(17, sum((-1) ** k * comb(0, k) for k in range(1)) == 1)


@document("true/008-sums-with-one-letter.md")
def _(c, rng):
    for n in range(1, 7):
        x, y = ([rational(rng) for _ in range(n)] for _ in "xy")
        pairs = list(product(range(n), range(n)))
        squares = sum(v * v for v in x)
        c.claim(6, sum(x) * sum(y) == sum(x[i] * y[j] for i, j in pairs))
        c.claim(12, sum(x) ** 2 == squares + sum(x[i] * x[j] for i, j in pairs if i != j))
        c.claim(18, sum(x) ** 2 == squares + 2 * sum(x[i] * x[j] for i, j in pairs if i < j))
        c.claim(24, sum(x[j] for i, j in pairs if j >= i) == sum((j + 1) * x[j] for j in range(n)))


@document("true/009-discounting.md")
def _(c, rng):
    t = sp.Symbol("t", integer=True)
    for T in range(1, 6):

        def paid(gamma, T=T):
            return sum(gamma**k for k in range(T))

        for gamma in (sp.Rational(1, 2), sp.Rational(9, 10), sp.Rational(1, 7)):
            c.claim(6, paid(gamma) == (1 - gamma**T) / (1 - gamma))
            c.claim(12, zero(sp.summation(gamma**t, (t, T, INFINITY)) - gamma**T / (1 - gamma)))
        c.claim(18, paid(1) == T)
        for gamma in (Fraction(3, 2), Fraction(4)):
            c.claim(24, paid(gamma) == (gamma**T - 1) / (gamma - 1))


@document("true/010-x-to-the-x.md")
def _(c, rng):
    x = sp.Symbol("x", positive=True)
    y = x**x
    points = [{x: sp.Rational(k, 3)} for k in range(1, 10)]
    c.denied(5, agree(y.diff(x), x * x ** (x - 1), points))
    c.claim(10, agree(sp.log(y), x * sp.log(x), points))
    c.claim(15, agree(y.diff(x) / y, sp.log(x) + 1, points))
    c.claim(20, agree(y.diff(x), x**x * (sp.log(x) + 1), points))
    c.claim(25, agree(y.diff(x), x * x ** (x - 1) + x**x * sp.log(x), points))


@document("true/011-between-two-numbers.md")
def _(c, rng):
    slack = 1e-12
    for a, t in product([1, 2, *rng.uniform(0.01, 5, size=6)], [0, 0.5, 1, *rng.uniform(0, 1, size=4)]):
        for b in (a, *rng.uniform(0.01, 5, size=4)):
            m = t * a + (1 - t) * b
            c.claim(6, math.log(m) >= t * math.log(a) + (1 - t) * math.log(b) - slack)
            c.claim(10, math.exp(m) <= (t * math.exp(a) + (1 - t) * math.exp(b)) * (1 + slack))
            c.claim(14, m**2 <= t * a**2 + (1 - t) * b**2 + slack)
            c.claim(20, same(abs(m), t * abs(a) + (1 - t) * abs(b)))
            c.claim(26, math.sqrt(a * b) <= (a + b) / 2 + slack)


@document("true/012-etiquettes.md")
def _(c, rng):
    z = sp.Symbol("z", real=True)
    s = 1 / (1 + sp.exp(-z))
    points = [{z: sp.Rational(k, 4)} for k in range(-12, 13)]
    c.given(6)
    for y in (-1, 1):
        t = sp.Rational(1 + y, 2)
        loss = sp.log(1 + sp.exp(-y * z))
        c.claim(12, agree(loss.diff(z), -y / (1 + sp.exp(y * z)), points))
        c.claim(18, agree(loss.diff(z, 2), s * (1 - s), points))
        c.claim(24, agree(loss.diff(z), s - t, points))
        c.claim(28, agree(loss, -t * sp.log(s) - (1 - t) * sp.log(1 - s), points))


@document("true/013-one-over-n.md")
def _(c, rng):
    c.given(5, 10)
    for n in range(2, 6):
        mu, v, x, mean, over_n, loglik = normal_sample(rng, n)
        s2 = sum((xi - mean) ** 2 for xi in x) / (n - 1)
        there = {mu: mean, v: over_n}
        c.claim(15, zero(loglik.diff(v).subs(there)))
        c.claim(19, zero(loglik.subs(there) + sp.Rational(n, 2) * (sp.log(2 * sp.pi * over_n) + 1)))
        c.claim(24, s2 == sp.Rational(n, n - 1) * over_n)
        c.claim(29, over_n == sum((a - b) ** 2 for a in x for b in x) / (2 * n**2))


@document("true/014-nats-and-bits.md")
def _(c, rng):
    p, q = sp.symbols("p q", positive=True)
    D = p * sp.log(p / q) + (1 - p) * sp.log((1 - p) / (1 - q))
    half, quarter = sp.Rational(1, 2), sp.Rational(1, 4)
    points = [{p: sp.Rational(i, 7), q: sp.Rational(j, 7)} for i in range(1, 7) for j in range(1, 7)]

    def log2(u):
        return sp.log(u) / sp.log(2)

    fair = (D / sp.log(2)).subs(q, half)
    c.given(6)
    c.claim(12, agree(D.diff(q), (q - p) / (q * (1 - q)), points))
    c.claim(16, agree(D.diff(p), sp.log(p * (1 - q) / (q * (1 - p))), points))
    c.claim(22, agree(fair, 1 + p * log2(p) + (1 - p) * log2(1 - p), points))
    c.claim(28, agree(fair.subs(p, quarter), 3 * log2(3) / 4 - 1, [{}]))


@document("true/015-empates.md")
def _(c, rng):
    numbers = [Fraction(k, 2) for k in range(-4, 5)]
    for x, y in product(numbers, numbers):
        c.claim(6, max(x, y) == (x + y + abs(x - y)) / 2)
        c.claim(10, max(x, y) + min(x, y) == x + y)
        c.claim(14, (x < y) + (x == y) + (x > y) == 1)
        if x != y:
            c.claim(20, same_slope(lambda u, y=float(y): max(u, y), float(x), float(x > y)))
    for x in [-1, 0, 1, *rng.uniform(-3, 3, size=20)]:
        c.claim(26, same_slope(lambda u: max(0, u) ** 2, x, 2 * max(0, x)))


@document("true/016-any-vector.md")
def _(c, rng):
    x, y, h = sp.symbols("x y h", real=True)
    f = x**2 * y
    v = sp.Matrix([3, 4])

    def along(u):
        moved = f.subs({x: 1 + h * u[0], y: 2 + h * u[1]})
        return sp.limit((moved - 2) / h, h, 0)

    hessian = sp.hessian(f, (x, y)).subs({x: 1, y: 2})
    c.given(5)
    c.claim(10, along(v) == 16)
    c.claim(15, along(2 * v) == 32)
    c.claim(20, along(v / v.norm()) == sp.Rational(16, 5))
    second = f.subs({x: 1 + 3 * h, y: 2 + 4 * h}).diff(h, 2).subs(h, 0)
    c.claim(25, (v.T * hessian * v)[0] == 84 and second == 84)


@document("true/017-cycloid.md")
def _(c, rng):
    t = sp.Symbol("t", positive=True)
    x, y = t - sp.sin(t), 1 - sp.cos(t)
    points = [{t: sp.Rational(k, 4)} for k in range(1, 25)]  # up to 6 < 2 pi
    dy_dx = y.diff(t) / x.diff(t)
    speed = sp.sqrt(x.diff(t) ** 2 + y.diff(t) ** 2)
    c.claim(5, agree(dy_dx, sp.sin(t) / (1 - sp.cos(t)), points))
    c.claim(10, agree(dy_dx.diff(t), -1 / (1 - sp.cos(t)), points))
    c.claim(15, agree(dy_dx.diff(t) / x.diff(t), -1 / y**2, points))
    c.claim(20, agree(speed, 2 * sp.sin(t / 2), points))
    c.claim(25, sp.integrate(2 * sp.sin(t / 2), (t, 0, 2 * sp.pi)) == 8)


@document("true/018-no-reciprocal.md")
def _(c, rng):
    x, y = sp.symbols("x y", real=True)
    r, theta = sp.symbols("r theta", positive=True)
    X, Y = r * sp.cos(theta), r * sp.sin(theta)
    radius, angle = sp.sqrt(x**2 + y**2), sp.atan2(y, x)
    c.claim(7, zero(X.diff(r) - X / r))
    c.claim(11, zero(radius.diff(x) - x / radius))
    chain = X.diff(r) * radius.diff(x).subs({x: X, y: Y}) + X.diff(theta) * angle.diff(x).subs({x: X, y: Y})
    c.claim(17, zero(chain - 1))
    nodes, weights = np.polynomial.legendre.leggauss(60)
    for R in (0.3, 1, 2.5):  # strips of the disc at x = R sin(phi), each integrated over y by the error function
        phi = nodes * math.pi / 2
        height = R * np.cos(phi)
        strip = np.exp(-((R * np.sin(phi)) ** 2)) * math.sqrt(math.pi) * np.array([math.erf(u) for u in height])
        c.claim(23, same(weights @ (strip * height) * math.pi / 2, math.pi * (1 - math.exp(-R * R))))


@document("true/019-bound-letters.md")
def _(c, rng):
    x, t = sp.symbols("x t", real=True)  # t is the letter under the integral
    for f in (sp.Integer(1), t**3 - t + 2, sp.cos(t), sp.exp(-t)):
        value = f.subs(t, x)
        area = sp.integrate(f, (t, 0, x))
        c.claim(7, zero(sp.integrate(t * f, (t, 0, x)).diff(x) - x * value))
        c.claim(13, zero((x * area).diff(x) - x * value - area))
        c.claim(19, zero(sp.integrate(f, (t, -x, x)).diff(x) - value - f.subs(t, -x)))
        c.claim(25, zero(sp.integrate(f, (t, 0, 1)).diff(x)))


@document("true/020-even-functions.md")
def _(c, rng):
    x = sp.Symbol("x", real=True)
    for half in (x**2 + x, sp.exp(x), sp.cos(x - 1), x**4 - 3 * x + 2, sp.sin(x) * sp.exp(-x / 2)):
        f = half + half.subs(x, -x)  # even
        df = f.diff(x)
        c.claim(6, zero(f.subs(x, -x).diff(x) + df.subs(x, -x)))
        c.claim(11, zero(f.subs(x, -x).diff(x) - df))
        c.claim(16, zero(df.subs(x, -x) + df))
        c.claim(21, zero(df.subs(x, 0)))
        c.claim(26, zero(df.subs(x, -2) + df.subs(x, 2)))


@document("true/021-no-root-lost.md")
def _(c, rng):
    x, y = sp.symbols("x y", real=True)
    c.given(6, 7)
    for at_x, at_y in sp.solve([x * y - x, x + y - 3], [x, y]):
        c.claim(20 if at_x == 0 else 15, at_y == (3 if at_x == 0 else 1))
        c.claim(25, (at_y - 1) * (at_y - 3) == 0)
        c.claim(29, at_x * (at_x - 2) == 0)


@document("true/022-vincolo-e-bordo.md")
def _(c, rng):
    x, y, k = sp.symbols("x y lambda", real=True)
    at_x, at_y, multiplier = stationary(x * y - k * (x + 2 * y - 4), x, y, k)
    along = (4 - 2 * y) * y  # 0 <= y <= 2
    values = [along.subs(y, v) for v in (0, 2, *sp.solve(along.diff(y), y))]
    c.given(5)
    c.claim(11, at_x == 2)
    c.claim(12, at_y == 1)
    c.claim(13, multiplier == 1)
    c.claim(19, [(x * y).diff(u).subs({x: 2, y: 1}) for u in (x, y)] == [1, 2])
    c.claim(24, max(values) == 2)
    c.claim(29, min(values) == 0)


@document("true/023-rounding-on-the-way.md")
def _(c, rng):
    z = printed(Decimal("0.37") * Decimal("2.6"))
    power = printed((-z).exp())
    a = printed(1 / (1 + power))
    c.claim(6, z == Decimal("0.96"))
    c.claim(11, power == Decimal("0.38"))
    c.claim(16, a == Decimal("0.72"))
    c.claim(21, printed(-a.ln()) == Decimal("0.33"))
    c.claim(26, printed((1 + (-Decimal("0.37") * Decimal("2.6")).exp()).ln()) == Decimal("0.32"))


@document("true/024-fixed-and-moving.md")
def _(c, rng):
    t, x = sp.symbols("t x", positive=True)
    F = t * x**2
    c.claim(6, zero(F.diff(t) - x**2))
    c.claim(7, zero(F.diff(x) - 2 * t * x))
    growing, falling = {x: sp.exp(t)}, {x: 1 / t}
    c.claim(13, zero(F.subs(growing).diff(t) - (1 + 2 * t) * sp.exp(2 * t)))
    c.claim(18, zero(F.diff(t).subs(growing) - sp.exp(2 * t)))
    c.claim(24, zero(F.diff(t).subs(falling) - 1 / t**2))
    c.claim(25, zero(F.subs(falling).diff(t) + 1 / t**2))


# ---------------------------------------------------------------------------------------------- checking


def displayed_relations(path):
    """The lines of the relations between $$ and $$, without those in bounds and brackets."""
    inside, lines = False, set()
    for number, line in enumerate(path.read_text().splitlines(), 1):
        if line.strip().startswith("$$"):
            inside = not inside
        elif inside:
            bare = re.sub(r"_\{[^{}]*\}|\[[^\[\]]*\]|\\begin\{\w+\}", "", line)
            if re.search(r"=|\\approx|\\le\b|\\ge\b|<|>", bare):
                lines.add(number)
    return lines


def disagreements(name, false_line, counterexample):
    path = HERE / name
    if name not in DOCUMENTS:
        yield "no function"
        return
    if name.startswith("false/") != (false_line is not None) or name.startswith("false/") != bool(counterexample):
        yield "oracle.csv does not fit the folder"
    record = Record()
    DOCUMENTS[name](record, np.random.default_rng(17))
    claimed = {line for line, _ in record.claims}
    denied = {line for line, _ in record.denials}
    twice = (record.given_lines & claimed) | (record.given_lines & denied) | (claimed & denied)
    if twice:
        yield f"lines {sorted(twice)} have two roles"
    other = (record.given_lines | claimed | denied) ^ displayed_relations(path)
    if other:
        yield f"lines {sorted(other)} are not displayed, or have no check"
    for line in sorted(claimed):
        holds = all(truth for where, truth in record.claims if where == line)
        if holds == (line == false_line):
            yield f"line {line} {'holds' if holds else 'fails'}"
    for line in sorted(denied):
        if all(truth for where, truth in record.denials if where == line):
            yield f"line {line} is denied, but holds"
    if false_line is not None and false_line not in claimed:
        yield f"line {false_line} has no check"
    if false_line is not None and not record.lazies:
        yield "no careless reading"
    for line in sorted({line for line, _ in record.lazies}):
        if line != false_line:
            yield f"line {line} has a careless reading, but is not false"
        elif not all(truth for _, truth in record.lazies):
            yield f"line {line} fails in its careless reading, too"


def main():
    with open(HERE / "oracle.csv", newline="") as file:
        rows = list(csv.DictReader(file))
    found = sorted(f"{folder}/{path.name}" for folder in ("true", "false") for path in (HERE / folder).glob("*.md"))
    wrong = 0
    if sorted(row["file"] for row in rows) != found or sorted(DOCUMENTS) != found:
        print("oracle.csv, the functions and the folders do not name the same documents")
        wrong += 1
    for row in rows:
        line = int(row["line"]) if row["line"] else None
        problems = list(disagreements(row["file"], line, row["counterexample"]))
        for problem in problems:
            print(f"{row['file']}: {problem}")
        wrong += bool(problems)
    print(f"{len(rows)} documents, {wrong} disagree")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
