"""Shows for every document that its false claim fails and that all other claims hold.

NumPy and SymPy alone. One function per document computes both sides of each displayed claim from what the text says,
at random points; derivatives are complex steps, or SymPy's. `claim(line, left, right)` gives both sides,
`lazy(line, left, right)` shows that the false claim would hold in a careless reading, `given(line)` says that a line
only defines. oracle.csv says which claims have to fail. Each displayed relation has to be named by its line.
"""

import csv
import re
import sys
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path

import numpy as np
import sympy as sp

HERE = Path(__file__).parent
TRIALS = 6
DOCUMENTS = {}


class Record:
    """What one trial says about the lines of one document."""

    def __init__(self):
        self.given_lines, self.claims, self.lazies = set(), [], []

    def given(self, *lines):
        self.given_lines.update(lines)

    def claim(self, line, left, right):
        self.claims.append((line, same(left, right)))

    def claim_that(self, line, truth):
        self.claims.append((line, bool(truth)))

    def lazy(self, line, left, right):
        self.lazies.append((line, same(left, right)))

    def lazy_that(self, line, truth):
        self.lazies.append((line, bool(truth)))


def same(left, right):
    left, right = np.asarray(left, float), np.asarray(right, float)
    assert left.shape == right.shape, f"shapes {left.shape} and {right.shape}"
    return np.allclose(left, right, rtol=1e-6, atol=1e-7)


def document(name):
    def register(function):
        DOCUMENTS[name] = function
        return function

    return register


def D(f, x):
    """The derivative of f at x by complex steps; its axes are those of f(x), then those of x."""
    x = np.asarray(x, float)
    columns = []
    for place in np.ndindex(x.shape):
        moved = x.astype(complex)
        moved[place] += 1e-30j
        columns.append(np.imag(np.asarray(f(moved))) / 1e-30)
    return np.stack(columns, axis=-1).reshape(columns[0].shape + x.shape)


def D2(f, x, step=1e-4):
    """The second derivative of the number f(x), as the change of the first."""
    x = np.asarray(x, float)
    planes = []
    for place in np.ndindex(x.shape):
        e = np.zeros(x.shape)
        e[place] = step
        planes.append((D(f, x + e) - D(f, x - e)) / (2 * step))
    return np.stack(planes, axis=-1).reshape(x.shape + x.shape)


def logistic(z):
    return 1 / (1 + np.exp(-z))


def softmax(z):
    return np.exp(z) / np.exp(z).sum()


def all_but(n):
    """The pairs of different numbers below n."""
    return [(i, j) for i in range(n) for j in range(n) if i != j]


def delta(n):
    return np.eye(n)


# ------------------------------------------------------------------------------------------------ false


@document("false/001-residual.md")
def _(c, rng):
    X, y, w = rng.normal(size=(5, 3)), rng.normal(size=5), rng.normal(size=3)

    def L(w):
        return 0.5 * (y - X @ w) @ (y - X @ w)

    c.given(8)
    r = y - X @ w
    c.claim(14, D(L, w), -X.T @ r)
    c.lazy(28, D(L, w), -X.T @ r)
    r = X @ w - y
    c.claim(22, 0.5 * r @ r, 0.5 * np.sum((y - X @ w) ** 2))
    c.claim(28, D(L, w), -X.T @ r)
    c.claim(32, D2(L, w), X.T @ X)


@document("false/002-differences.md")
def _(c, rng):
    n = int(rng.integers(3, 7))
    x = rng.normal(size=n)

    def at(x, i):  # x_0 = 0, x_1, ..., x_n
        return 0 if i == 0 else x[i - 1]

    def R(x, first=1):
        return 0.5 * sum((at(x, i + 1) - at(x, i)) ** 2 for i in range(first, n))

    c.given(7)
    c.claim(13, sum(at(x, i + 1) - at(x, i) for i in range(1, n)), x[-1] - x[0])
    c.claim(19, D(R, x)[n - 1], x[-1] - x[-2])
    right = np.array([2 * at(x, i) - at(x, i - 1) - at(x, i + 1) for i in range(1, n)])
    c.claim(25, D(R, x)[: n - 1], right)
    c.lazy(25, D(R, x)[1 : n - 1], right[1:])  # inner numbers only
    c.lazy(25, D(lambda x: R(x, 0), x)[: n - 1], right)  # the sum from 0


def ridge(rng):
    m, d = 5, 3
    X = np.column_stack([np.ones(m), rng.normal(size=(m, d))])
    y, theta, lam = rng.normal(size=m), rng.normal(size=d + 1), rng.uniform(0.5, 2)

    def J(theta, first=1):
        return np.sum((X @ theta - y) ** 2) / (2 * m) + lam / 2 * np.sum(theta[first:] ** 2)

    return m, X, y, theta, lam, J


@document("false/003-ridge.md")
def _(c, rng):
    m, X, y, theta, lam, J = ridge(rng)
    c.given(7)
    c.claim(15, D(J, theta), X.T @ (X @ theta - y) / m + lam * theta)
    c.lazy(15, D(lambda t: J(t, 0), theta), X.T @ (X @ theta - y) / m + lam * theta)
    c.claim(21, np.diag(D2(J, theta))[1:], (X**2).sum(axis=0)[1:] / m + lam)


@document("false/004-pairs.md")
def _(c, rng):
    n = int(rng.integers(2, 6))
    x = rng.normal(size=n)
    pairs = all_but(n)
    c.given(9)
    c.claim(16, sum((x[i] - x[j]) ** 2 for i, j in pairs), 2 * n * np.sum(x**2) - 2 * x.sum() ** 2)
    c.claim(22, sum(x[i] * x[j] for i, j in pairs), x.sum() ** 2)
    c.lazy(22, sum(x[i] * x[j] for i in range(n) for j in range(n)), x.sum() ** 2)
    c.claim(28, sum(x[i] + x[j] for i, j in pairs), 2 * (n - 1) * x.sum())


def with_reference(z):
    """p_1, ..., p_{K-1} and p_K."""
    return np.append(np.exp(z), 1) / (1 + np.exp(z).sum())


@document("false/005-clase-de-referencia.md")
def _(c, rng):
    K = int(rng.integers(3, 6))
    z = rng.normal(size=K - 1)
    p = with_reference(z)
    J = D(lambda z: with_reference(z)[:-1], z)
    c.given(7, 13)
    c.claim(19, np.log(p[:-1] / p[-1]), z)
    c.claim(25, J, p[:-1, None] * (delta(K - 1) - p[None, :-1]))
    c.claim(31, J.sum(axis=1), np.zeros(K - 1))
    full = rng.normal(size=K)
    c.lazy(31, D(softmax, full).sum(axis=1), np.zeros(K))  # every class with a score


@document("false/006-one-example.md")
def _(c, rng):
    n = int(rng.integers(2, 6))
    x, y, w, b = rng.normal(size=n), rng.normal(size=n), rng.normal(), rng.normal()
    out = w * x + b
    c.given(6)
    c.claim(14, D(lambda out: np.sum((out - y) ** 2), out)[0], 2 * (out[0] - y[0]))
    c.claim(20, D(lambda w: w * x[0] + b, w), x[0])
    c.claim(26, D(lambda w: np.sum((w * x + b - y) ** 2), w), 2 * (out[0] - y[0]) * x[0])
    c.lazy(26, D(lambda w: (w * x[0] + b - y[0]) ** 2, w), 2 * (out[0] - y[0]) * x[0])  # the loss of one
    c.claim(30, D(lambda b: np.sum((w * x + b - y) ** 2), b), 2 * np.sum(out - y))


@document("false/007-design-matrix.md")
def _(c, rng):
    for n, d in ((3, 4), (4, 4), (5, 2)):
        examples = rng.normal(size=(n, d))
        outer = sum(np.outer(x, x) for x in examples)
        inner = sum(a @ b for a in examples for b in examples)
        X = examples  # rows
        c.claim(10, X.T @ X, outer)
        c.claim(14, np.sum((X.T @ np.ones(n)) ** 2), inner)
        c.lazy(26, np.sum((X.T @ np.ones(n)) ** 2), inner)
        X = examples.T  # columns
        c.claim(22, X @ X.T, outer)
        c.claim(26, np.sum((X.T @ np.ones(d)) ** 2), inner)


@document("false/008-superscripts.md")
def _(c, rng):
    n, m = 3, 4
    W, x = rng.normal(size=(n, n)), rng.normal(size=n)
    # examples: row i of Z is z^(i)
    Z = rng.normal(size=(m, n)) @ W.T
    J = D(np.tanh, Z)  # axes: i, entry of a, k, entry of z
    c.claim(11, np.einsum("ijij->ij", J), 1 - np.tanh(Z) ** 2)
    c.claim(15, J[1, :, 0, :], np.zeros((n, n)))
    c.lazy(28, J[1, :, 0, :], np.zeros((n, n)))
    # layers
    c.claim(24, D(lambda x: W @ x, x), W)
    c.claim(28, D(lambda z1: np.tanh(W @ np.tanh(z1)), W @ x), np.zeros((n, n)))


@document("false/009-hidden-and-output.md")
def _(c, rng):
    n = 3
    Wh, Wo = rng.normal(size=(n, n)), rng.normal(size=(n, n))
    x, t = rng.normal(size=n), rng.normal(size=n)
    h = Wh @ x
    y = Wo @ h

    def L(Wo, h):
        return 0.5 * np.sum((Wo @ h - t) ** 2)

    c.given(7, 13)
    c.claim(20, D(lambda h: Wo @ h, h), Wo)
    c.claim(21, D(lambda x: Wo @ (Wh @ x), x), Wh @ Wo)
    P = rng.normal(size=(n, n))  # powers of one matrix commute
    c.lazy(21, D(lambda x: np.linalg.matrix_power(P, 2) @ (P @ x), x), P @ np.linalg.matrix_power(P, 2))
    c.claim(22, D(lambda h: L(Wo, h), h), Wo.T @ (y - t))
    c.claim(23, D(lambda Wo: L(Wo, h), Wo), np.outer(y - t, h))


def cross_entropy(p, y):
    return -y * np.log(p) - (1 - y) * np.log(1 - p)


@document("false/010-cases.md")
def _(c, rng):
    z = rng.normal()
    p = logistic(z)
    labels = (0, 1)
    c.given(6)
    c.claim(14, cross_entropy(p, 0), -np.log(1 - p))
    c.claim(18, D(lambda z: cross_entropy(logistic(z), 0), z), p)
    left = [D(lambda p: cross_entropy(p, y), p) for y in labels]
    c.claim(26, left, [1 / (1 - p)] * 2)
    c.lazy(26, left[0], 1 / (1 - p))  # y = 0
    c.claim(30, [D2(lambda z: cross_entropy(logistic(z), y), z) for y in labels], [p * (1 - p)] * 2)


def layer_norm(x, epsilon):
    v = np.sum((x - x.mean()) ** 2) / len(x)
    return (x - x.mean()) / np.sqrt(v + epsilon)


@document("false/011-layer-norm.md")
def _(c, rng):
    n, epsilon = int(rng.integers(2, 6)), rng.uniform(0.5, 2)
    x = rng.normal(size=n)
    y, s = layer_norm(x, epsilon), np.sqrt(x.var() + epsilon)
    J = D(lambda x: layer_norm(x, epsilon), x)
    c.given(7)
    c.claim(12, y.sum(), 0)
    c.claim(16, J, (delta(n) - 1 / n - np.outer(y, y) / n) / s)
    c.claim(20, J.sum(axis=1), np.zeros(n))
    c.claim(24, J @ x, np.zeros(n))
    c.lazy(24, D(lambda x: layer_norm(x, 0), x) @ x, np.zeros(n))  # without epsilon


def states(h, w, u, inputs):
    """The states after h, for the given inputs."""
    found = []
    for x in inputs:
        h = np.tanh(w * h + u * x)
        found.append(h)
    return found


@document("false/012-through-time.md")
def _(c, rng):
    T = int(rng.integers(3, 6))
    w, u, h0, x = rng.normal(), rng.normal(), rng.normal(), rng.normal(size=T)
    h = [h0, *states(h0, w, u, x)]  # h[t] is h_t, x[t - 1] is x_t
    c.given(6)
    for t in range(1, T + 1):
        c.claim(12, D(lambda a: states(a, w, u, x[t - 1 : t])[-1], h[t - 1]), w * (1 - h[t] ** 2))
    for t in range(2, T + 1):
        left = D(lambda a: states(a, w, u, x[t - 2 : t])[-1], h[t - 2])
        c.claim(18, left, w**2 * (1 - h[t] ** 2) * (1 - h[t - 1] ** 2))
    for k in range(1, T):
        left = D(lambda a: states(a, w, u, x[k:])[-1], h[k])
        c.claim(24, left, np.prod([w * (1 - h[t] ** 2) for t in range(k, T + 1)]))
        c.lazy(24, left, np.prod([w * (1 - h[t] ** 2) for t in range(k + 1, T + 1)]))  # from k + 1


@document("false/013-softmax-in-numpy.md")
def _(c, rng):
    m, n = 3, 4
    S = rng.normal(size=(m, n))

    def program(S, axis=0):
        E = np.exp(S)
        return E / E.sum(axis=axis, keepdims=True)

    P = program(S)
    c.claim(11, P.sum(axis=1), np.ones(m))
    c.lazy(11, program(S, 1).sum(axis=1), np.ones(m))
    c.claim(17, np.einsum("ijij->ij", D(program, S)), P * (1 - P))
    c.claim(23, np.log(P), S - np.log(np.exp(S).sum(axis=0))[None, :])


def printed(value, decimals=3):
    """A number with half units rounded away from zero."""
    return Decimal(str(value)).quantize(Decimal(1).scaleb(-decimals), ROUND_HALF_UP)


@document("false/014-un-neurone.md")
def _(c, rng):
    x1, x2, w1, w2 = sp.Rational(3, 2), sp.Rational(4, 5), sp.Rational(3, 10), sp.Rational(7, 10)
    w = sp.Symbol("w")
    z = w1 * x1 + w2 * x2
    a = 1 / (1 + sp.exp(-z))
    L = -sp.log(a)
    slope = sp.diff(-sp.log(1 / (1 + sp.exp(-(w * x1 + w2 * x2)))), w).subs(w, w1)
    c.given(8)
    c.claim_that(12, z == sp.Rational(101, 100))
    c.claim_that(16, printed(sp.N(a, 20)) == Decimal("0.733"))
    c.claim_that(20, printed(sp.N(L, 20)) == Decimal("0.311"))
    c.claim(26, sp.N(slope), sp.N((a - 1) * x1))
    c.claim_that(30, printed(sp.N(slope, 20)) == Decimal("-0.401"))
    c.lazy_that(30, printed((Decimal("0.733") - 1) * Decimal("1.5")) == Decimal("-0.401"))  # with the rounded a


@document("false/015-softplus-tails.md")
def _(c, rng):
    z = sp.Symbol("z", real=True)
    f = sp.log(1 + sp.exp(z))
    c.claim_that(6, sp.limit(f - z, z, 0) == sp.log(2))
    c.claim_that(10, sp.limit((f - sp.log(2)) / z, z, 0) == sp.Rational(1, 2))
    c.claim_that(16, sp.limit(f / z, z, sp.oo) == 1)
    c.claim_that(22, sp.limit(f - z, z, sp.oo) == sp.log(2))
    c.lazy_that(22, sp.limit(f - z, z, 0) == sp.log(2))  # the limit at 0
    c.claim_that(28, sp.limit(f, z, -sp.oo) == 0)


def is_little(remainder, h, order):
    return sp.limit(remainder / h**order, h, 0) == 0


def is_big(remainder, h, order):
    return sp.limit(sp.Abs(remainder / h**order), h, 0).is_finite is True


@document("false/016-small-inputs.md")
def _(c, rng):
    z = sp.Symbol("z", real=True)
    remainder = 1 / (1 + sp.exp(-z)) - sp.Rational(1, 2) - z / 4
    c.claim_that(8, is_little(remainder, z, 2))
    c.claim_that(14, sp.limit(remainder / z**3, z, 0).is_finite)
    c.claim_that(20, is_little(remainder, z, 3))
    c.lazy_that(20, sp.limit(remainder / z**3, z, 0).is_finite)  # O for o
    c.claim_that(26, sp.limit((sp.tanh(z) - z) / z**3, z, 0).is_finite)


def some_function(rng):
    """A smooth function with its first two derivatives."""
    p, q, s = rng.uniform(0.5, 1.5, size=3)
    return (
        lambda u: np.sin(p * u) + q * u + s * u**2,
        lambda u: p * np.cos(p * u) + q + 2 * s * u,
        lambda u: -(p**2) * np.sin(p * u) + 2 * s,
    )


@document("false/017-three-times.md")
def _(c, rng):
    f, f1, f2 = some_function(rng)
    z = rng.normal()
    a, b = f(z), f(f(z))
    last = f(b)
    c.given(6)
    c.claim(13, D(lambda z: f(f(z)), z), f1(a) * f1(z))
    c.claim(14, D2(lambda z: f(f(z)), z), f2(a) * f1(z) ** 2 + f1(a) * f2(z))
    c.claim(22, D(lambda a: f(f(a)), a), f1(b) * f1(a))
    c.claim(23, D(lambda z: f(f(f(z))), z), f1(last) * f1(b) * f1(a))
    c.lazy(23, D(lambda z: f(f(f(z))), z), f1(b) * f1(a) * f1(z))  # each one step earlier


@document("false/018-round-and-straight.md")
def _(c, rng):
    w, x, t, factor = rng.normal(), rng.normal(), rng.normal(), rng.uniform(0.5, 1.5)
    b = factor * w

    def L(w, b):
        return (w * x + b - t) ** 2

    c.given(6)
    c.claim(13, D(lambda w: L(w, b), w), 2 * (w * x + b - t) * x)
    c.claim(17, D(lambda w: L(w, factor * w), w), 2 * (w * x + b - t) * (x + factor))
    c.claim(23, D2(lambda w: L(w, factor * w), w), 2 * (x + factor) ** 2)
    c.claim(27, D2(lambda w: L(w, b), w), 2 * (x + factor) ** 2)
    c.lazy(27, D2(lambda w: L(w, factor * w), w), 2 * (x + factor) ** 2)  # b moves


@document("false/019-one-step.md")
def _(c, rng):
    w, x, y, eta = rng.normal(), rng.normal(), rng.normal(), rng.uniform(0.1, 1)

    def L(w):
        return 0.5 * (w * x - y) ** 2

    new = w - eta * D(L, w)
    c.given(6)
    c.claim(12, D(L, w), (w * x - y) * x)
    c.claim(18, new, w + eta * (w * x - y) * x)
    c.lazy(18, w + eta * D(L, w), w + eta * (w * x - y) * x)  # a step of ascent
    c.claim(24, new * x - y, (1 - eta * x**2) * (w * x - y))
    c.claim(30, L(new), (1 - eta * x**2) ** 2 * L(w))


@document("false/020-ones.md")
def _(c, rng):
    n, d = 7, int(rng.integers(1, 4))
    X = rng.normal(size=(n, d))

    def hat(X):
        return X @ np.linalg.inv(X.T @ X) @ X.T

    H = hat(np.column_stack([np.ones(n), X]))
    c.given(7)
    c.claim(13, H @ H, H)
    c.claim(19, H @ np.ones(n), np.ones(n))
    c.claim(25, np.trace(H), d)
    c.lazy(25, np.trace(hat(X)), d)  # without the column of ones


def batch_norm(x, divisor):
    return (x - x.mean()) / np.sqrt(np.sum((x - x.mean()) ** 2) / divisor)


@document("false/021-batch-statistics.md")
def _(c, rng):
    m = int(rng.integers(3, 7))
    x = rng.normal(size=m)

    def right(divisor):
        v, y = np.sum((x - x.mean()) ** 2) / divisor, batch_norm(x, divisor)
        return (delta(m) - 1 / m - np.outer(y, y) / m) / np.sqrt(v)

    c.claim(10, np.sum(batch_norm(x, m) ** 2), m)
    J = D(lambda x: batch_norm(x, m - 1), x)
    c.claim(18, batch_norm(x, m - 1).sum(), 0)
    c.claim(24, J, right(m - 1))
    c.lazy(24, D(lambda x: batch_norm(x, m), x), right(m))  # the variance of the paper
    c.claim(28, J.sum(axis=1), np.zeros(m))


@document("false/022-batch-cost.md")
def _(c, rng):
    B, d = int(rng.integers(2, 5)), 3
    X, w, y = rng.normal(size=(B, d)), rng.normal(size=d), rng.integers(0, 2, size=B)
    z = X @ w
    p = logistic(z)

    def losses(z):
        return cross_entropy(logistic(z), y)

    c.given(6)
    c.claim(13, np.diag(D(losses, z)), p - y)
    c.claim(14, D(lambda z: losses(z).mean(), z), p - y)
    c.lazy(14, D(lambda z: losses(z).sum(), z), p - y)  # the sum
    c.claim(22, D(lambda w: losses(X @ w), w), (p - y)[:, None] * X)
    c.claim(23, D(lambda w: losses(X @ w).mean(), w), (p - y) @ X / B)


@document("false/023-graphs.md")
def _(c, rng):
    n = 4
    A = rng.uniform(0.1, 2, size=(n, n))
    one = np.ones(n)
    for symmetric in (True, False):
        graph = A + A.T if symmetric else A
        deg = np.diag(graph.sum(axis=1))
        first, second = (11, 15) if symmetric else (23, 27)
        c.claim(first, np.linalg.inv(deg) @ graph @ one, one)
        c.claim(second, one @ graph @ np.linalg.inv(deg), one)
        if symmetric:
            c.lazy(27, one @ graph @ np.linalg.inv(deg), one)
        else:
            c.claim(31, one @ graph @ one, np.trace(deg))


@document("false/024-tied-autoencoder.md")
def _(c, rng):
    n, k = 4, 2
    W, V, x = rng.normal(size=(k, n)), rng.normal(size=(n, k)), rng.normal(size=n)

    def L(W, V):
        return 0.5 * np.sum((V @ (W @ x) - x) ** 2)

    error = V @ W @ x - x
    c.given(7)
    c.claim(13, D(lambda V: L(W, V), V), np.outer(error, W @ x))
    c.claim(17, D(lambda W: L(W, V), W), V.T @ np.outer(error, x))
    out = W.T @ (W @ x)  # V = W^T
    c.claim(25, out, W.T @ W @ x)
    c.claim(31, D(lambda W: L(W, W.T), W), W @ np.outer(out - x, x))
    c.lazy(31, D(lambda U: L(U, W.T), W), W @ np.outer(out - x, x))  # the encoder's path alone


@document("false/025-plus-minus.md")
def _(c, rng):
    z = rng.normal()
    p = logistic(z)
    labels = np.array([-1, 1])
    P = np.array([1 - p, p])
    c.claim(7, P, logistic(labels * z))
    c.claim(13, P, p**labels * (1 - p) ** (1.0 - labels))
    zero_one = np.array([0, 1])
    c.lazy(13, P, p**zero_one * (1 - p) ** (1.0 - zero_one))
    c.claim(19, -np.log(P), np.log(1 + np.exp(-labels * z)))
    left = [D(lambda z: -np.log(1 - logistic(z)), z), D(lambda z: -np.log(logistic(z)), z)]
    c.claim(25, left, -labels * logistic(-labels * z))


@document("false/026-attention-weights.md")
def _(c, rng):
    d, n, m = int(rng.integers(2, 5)), 3, 2
    q, K, V = rng.normal(size=d), rng.normal(size=(n, d)), rng.normal(size=(n, m))

    def weights(q, scale=np.sqrt(d)):
        return softmax(K @ q / scale)

    def right(a):
        return a[:, None] * (K - a @ K)

    a = weights(q)
    c.given(7, 13)
    c.claim(20, D(lambda q: K @ q, q), K)
    c.claim(21, D(lambda a: a @ V, a), V.T)
    c.claim(22, D(weights, q), right(a))
    c.lazy(22, D(lambda q: weights(q, 1), q), right(weights(q, 1)))  # without the division
    c.claim(23, D(weights, q).sum(axis=0), np.zeros(d))


# ------------------------------------------------------------------------------------------------- true


@document("true/001-residuum.md")
def _(c, rng):
    X, y, w = rng.normal(size=(5, 3)), rng.normal(size=5), rng.normal(size=3)
    gradient = D(lambda w: 0.5 * np.sum((y - X @ w) ** 2), w)
    c.given(8)
    c.claim(14, gradient, -X.T @ (y - X @ w))
    c.claim(22, gradient, X.T @ (X @ w - y))
    c.claim(28, gradient, X.T @ X @ w - X.T @ y)


@document("true/002-chain-of-springs.md")
def _(c, rng):
    n = int(rng.integers(3, 7))
    x = rng.normal(size=n)

    def R(x):
        points = np.concatenate([[0], x])
        return 0.5 * np.sum((points[1:] - points[:-1]) ** 2)

    points = np.concatenate([[0], x])
    c.given(6)
    c.claim(12, D(R, x)[:-1], [2 * points[i] - points[i - 1] - points[i + 1] for i in range(1, n)])
    c.claim(18, D(R, x)[-1], x[-1] - x[-2])
    c.claim(24, D(R, x).sum(), x[0])


@document("true/003-penalty-without-bias.md")
def _(c, rng):
    m, X, y, theta, lam, J = ridge(rng)
    h = X @ theta
    c.given(6)
    c.claim(10, D(J, theta)[0], np.sum(h - y) / m)
    c.claim(14, D(J, theta)[1:], ((h - y) @ X / m + lam * theta)[1:])
    c.claim(18, D2(J, theta)[0, 0], 1)


@document("true/004-no-point-with-itself.md")
def _(c, rng):
    n = int(rng.integers(2, 6))
    x = rng.normal(size=n)

    def S(x):
        return sum(x[i] * x[j] for i, j in all_but(n))

    c.given(8)
    c.claim(15, sum(1 for _ in all_but(n)), n * (n - 1))
    c.claim(16, S(x), x.sum() ** 2 - np.sum(x**2))
    c.claim(17, sum((x[i] - x[j]) ** 2 for i, j in all_but(n)), 2 * (n - 1) * np.sum(x**2) - 2 * S(x))
    c.claim(24, np.diag(D2(S, x)), np.zeros(n))


@document("true/005-one-class-is-the-reference.md")
def _(c, rng):
    K = int(rng.integers(3, 6))
    z = rng.normal(size=K - 1)
    p = np.exp(z) / (1 + np.exp(z).sum())
    last = 1 - p.sum()
    J = D(with_reference, z)
    c.given(6)
    c.claim(12, last, 1 / (1 + np.exp(z).sum()))
    c.claim(18, J[:-1], p[:, None] * (delta(K - 1) - p[None, :]))
    c.claim(24, J[:-1].sum(axis=1), p * last)
    c.claim(30, J[-1], -p * last)


@document("true/006-two-losses-one-letter.md")
def _(c, rng):
    n, d = 4, 3
    X, y, w = rng.normal(size=(n, d)), rng.integers(0, 2, size=n), rng.normal(size=d)
    p = logistic(X @ w)

    def total(w):
        return cross_entropy(logistic(X @ w), y).sum()

    c.given(7, 19)
    c.claim(13, D(lambda w: cross_entropy(logistic(X[0] @ w), y[0]), w), (p[0] - y[0]) * X[0])
    c.claim(25, D(total, w), sum((p[i] - y[i]) * X[i] for i in range(n)))
    c.claim(29, D2(total, w), sum(p[i] * (1 - p[i]) * np.outer(X[i], X[i]) for i in range(n)))


@document("true/007-filas-y-columnas.md")
def _(c, rng):
    n, d = 3, 4
    examples = rng.normal(size=(n, d))
    one, outer = np.ones(n), sum(np.outer(x, x) for x in examples)
    X = examples
    c.claim(10, X.T @ X, outer)
    c.claim(14, X.T @ one, examples.sum(axis=0))
    X = examples.T
    c.claim(22, X @ X.T, outer)
    c.claim(26, X @ one, examples.sum(axis=0))
    c.claim(30, np.sum((X @ one) ** 2), sum(a @ b for a in examples for b in examples))


@document("true/008-numbers-on-top.md")
def _(c, rng):
    n, m = 3, 4
    W, x = rng.normal(size=(n, n)), rng.normal(size=n)
    z1 = W @ x
    a1 = np.tanh(z1)
    c.claim(10, D(lambda a: W @ a, a1), W)
    c.claim(14, D(lambda z: W @ np.tanh(z), z1), W @ np.diag(1 - a1 * a1))
    Z = rng.normal(size=(m, n)) @ W.T
    J = D(np.tanh, Z)
    c.claim(23, J[1, :, 0, :], np.zeros((n, n)))
    c.claim(27, J[1, :, 1, :], np.diag(1 - np.tanh(Z[1]) ** 2))


@document("true/009-marks.md")
def _(c, rng):
    d, k, m = 2, 3, 4
    Wh, Wo = rng.normal(size=(k, d)), rng.normal(size=(m, k))
    bh, bo, x, t = rng.normal(size=k), rng.normal(size=m), rng.normal(size=d), rng.normal(size=m)

    def from_zo(zo):
        return 0.5 * np.sum((zo - t) ** 2)

    def from_zh(zh, Wo=Wo):
        return from_zo(Wo @ np.tanh(zh) + bo)

    zh = Wh @ x + bh
    zo = Wo @ np.tanh(zh) + bo
    delta_o, delta_h = D(from_zo, zo), D(from_zh, zh)
    c.given(6, 10, 16)
    c.claim(23, delta_o, zo - t)
    c.claim(24, delta_h, (1 - np.tanh(zh) ** 2) * (Wo.T @ delta_o))
    c.claim(32, D(lambda Wo: from_zh(zh, Wo), Wo), np.outer(delta_o, np.tanh(zh)))
    c.claim(33, D(lambda Wh: from_zh(Wh @ x + bh), Wh), np.outer(delta_h, x))


@document("true/010-zero-or-one.md")
def _(c, rng):
    z = rng.normal()
    p = logistic(z)
    slope = [D(lambda z: cross_entropy(logistic(z), y), z) for y in (0, 1)]
    c.given(6)
    c.claim(12, cross_entropy(p, 1), -np.log(p))
    c.claim(16, slope[1], p - 1)
    c.claim(22, cross_entropy(p, 0), z - np.log(p))
    c.claim(26, slope[0], p)
    c.claim(32, slope, [p - 0, p - 1])


@document("true/011-epsilon.md")
def _(c, rng):
    n, epsilon = int(rng.integers(2, 6)), rng.uniform(0.5, 2)
    x = rng.normal(size=n)
    v = np.sum((x - x.mean()) ** 2) / n
    s = np.sqrt(v + epsilon)
    y, J = layer_norm(x, epsilon), D(lambda x: layer_norm(x, epsilon), x)
    c.given(7)
    c.claim(13, J, (delta(n) - 1 / n - np.outer(y, y) / n) / s)
    c.claim(19, np.sum(y**2) / n, v / (v + epsilon))
    c.claim(25, J @ x, epsilon / s**2 * y)


@document("true/012-unrolled.md")
def _(c, rng):
    T = int(rng.integers(3, 6))
    w, u, h0, x = rng.normal(), rng.normal(), rng.normal(), rng.normal(size=T)
    h = [h0, *states(h0, w, u, x)]
    g = [None, *(1 - value**2 for value in h[1:])]
    for t in range(1, T + 1):
        c.claim(8, D(lambda a: states(a, w, u, x[t - 1 : t])[-1], h[t - 1]), w * g[t])
    for k in range(T):
        left = D(lambda a: states(a, w, u, x[k:])[-1], h[k])
        c.claim(14, left, np.prod([w * g[t] for t in range(k + 1, T + 1)]))
        c.claim(20, left, w ** (T - k) * np.prod(g[k + 1 :]))
    last = D(lambda x: states(h0, w, u, x)[-1], x)
    for k in range(1, T + 1):
        c.claim(26, last[k - 1], u * w ** (T - k) * np.prod(g[k:]))


@document("true/013-slices.md")
def _(c, rng):
    n, d = 4, 3
    X, W = rng.normal(size=(n, d)), rng.normal(size=(d, d))
    Y = np.array([[sum(X[i, k] * W[k, j] for k in range(d)) for j in range(d)] for i in range(n)])
    for i in range(n):
        c.claim(8, Y[i, :], X[i, :] @ W)
    for j in range(d):
        c.claim(12, Y[:, j], X @ W[:, j])
    c.claim(16, Y, sum(np.outer(X[:, k], W[k, :]) for k in range(d)))
    dX = D(lambda X: 0.5 * np.sum((X @ W) ** 2), X)
    dW = D(lambda W: 0.5 * np.sum((X @ W) ** 2), W)
    for i in range(n):
        c.claim(22, dX[i, :], Y[i, :] @ W.T)
    for j in range(d):
        c.claim(26, dW[:, j], X.T @ Y[:, j])


@document("true/014-three-decimals.md")
def _(c, rng):
    symbol = sp.Symbol("w")
    w, x, b = sp.Rational(6, 10), 4, sp.Rational(-17, 10)
    L = -sp.log(1 / (1 + sp.exp(-(symbol * x + b))))
    z = w * x + b
    c.claim_that(7, z == sp.Rational(7, 10))
    c.claim_that(11, printed(sp.N(1 / (1 + sp.exp(-z)), 20)) == Decimal("0.668"))
    c.claim_that(15, printed(sp.N(L.subs(symbol, w), 20)) == Decimal("0.403"))
    c.claim_that(19, printed(sp.N(sp.diff(L, symbol).subs(symbol, w), 20)) == Decimal("-1.327"))
    c.claim_that(25, (Decimal("0.668") - 1) * 4 == Decimal("-1.328"))


@document("true/015-near-and-far.md")
def _(c, rng):
    z = sp.Symbol("z", real=True)
    f = sp.log(1 + sp.exp(z))
    c.claim_that(13, sp.limit(f - z, z, 0) == sp.log(2))
    c.claim_that(17, sp.limit(sp.tanh(z) / z, z, 0) == 1)
    c.claim_that(23, sp.limit(f - z, z, sp.oo) == 0)
    c.claim_that(27, sp.limit(sp.tanh(z) / z, z, sp.oo) == 0)


@document("true/016-differences-and-orders.md")
def _(c, rng):
    u, h = sp.symbols("u h", real=True)
    x = sp.Rational(int(rng.integers(-9, 10)), 10)
    for f in (sp.sin(u) + u**3, sp.exp(u) / 2, u**2 + u**5):

        def at(point, order=0):
            return sp.diff(f, u, order).subs(u, point)

        first = at(x + h) - at(x) - h * at(x, 1)
        one_sided = (at(x + h) - at(x)) / h - at(x, 1)
        symmetric = (at(x + h) - at(x - h)) / (2 * h) - at(x, 1)
        c.claim_that(6, is_big(first, h, 2))
        c.claim_that(12, is_little(first, h, 1))
        c.claim_that(18, is_big(one_sided, h, 1))
        c.claim_that(24, is_big(symmetric, h, 2))
        c.claim_that(30, is_little(first - h**2 / 2 * at(x, 2), h, 2))


@document("true/017-one-weight-used-twice.md")
def _(c, rng):
    f, f1, _ = some_function(rng)
    w, x = rng.normal(), rng.normal()
    a = f(w * x)
    slope = D(lambda w: f(w * f(w * x)), w)
    c.given(6, 10)
    c.claim(16, D(lambda x: f(w * f(w * x)), x), w**2 * f1(w * a) * f1(w * x))
    c.claim(22, slope, f1(w * a) * (a + w * D(lambda w: f(w * x), w)))
    c.claim(28, slope, f1(w * a) * (a + w * x * f1(w * x)))


@document("true/018-d-rond.md")
def _(c, rng):
    w, x, t, factor = rng.normal(), rng.normal(), rng.normal(), rng.normal()
    b = factor * w

    def L(w, b):
        return (w * x + b - t) ** 2

    by_w, by_b = D(lambda w: L(w, b), w), D(lambda b: L(w, b), b)
    c.given(6)
    c.claim(13, by_w, 2 * x * (w * x + b - t))
    c.claim(17, by_b, 2 * (w * x + b - t))
    c.claim(21, D(lambda w: L(w, factor * w), w), by_w + factor * by_b)
    c.claim(25, D2(lambda w: L(w, b), w), 2 * x**2)
    c.claim(29, D2(lambda w: L(w, factor * w), w), 2 * (x + factor) ** 2)


@document("true/019-one-step-uphill.md")
def _(c, rng):
    w, x, eta = rng.normal(), rng.normal(), rng.uniform(0.1, 1)
    p = logistic(w * x)
    c.given(6)
    for y in (0, 1):
        slope = D(lambda w: -cross_entropy(logistic(w * x), y), w)
        new = w + eta * slope
        c.claim(12, slope, (y - p) * x)
        c.claim(18, new, w + eta * (y - p) * x)
        c.claim(24, new, w - eta * (p - y) * x)
    c.claim(30, new * x - w * x, eta * (1 - p) * x**2)  # y = 1


@document("true/020-smoothing.md")
def _(c, rng):
    K = int(rng.integers(2, 6))
    right, epsilon, z = int(rng.integers(K)), rng.uniform(0.1, 0.9), rng.normal(size=K)
    q = np.array([1 - epsilon if k == right else epsilon / (K - 1) for k in range(K)])
    alpha, p = epsilon * K / (K - 1), softmax(z)
    c.given(7, 19)
    c.claim(13, q, (1 - alpha) * delta(K)[right] + alpha / K)
    c.claim(25, D(lambda z: -q @ np.log(softmax(z)), z), p - q)


@document("true/021-temperature.md")
def _(c, rng):
    n = int(rng.integers(2, 5))
    z, T, shift = rng.normal(size=n), rng.uniform(0.5, 2), rng.normal()

    def F(z, T):
        return T * np.log(np.exp(z / T).sum())

    p = np.exp(z / T) / np.exp(z / T).sum()
    c.given(6)
    c.claim(12, D(lambda z: F(z, T), z), p)
    c.claim(18, D2(lambda z: F(z, T), z), p[:, None] * (delta(n) - p[None, :]) / T)
    c.claim(24, D(lambda T: F(z, T), T), -np.sum(p * np.log(p)))
    c.claim(30, F(z + shift, T), F(z, T) + shift)


@document("true/022-votes.md")
def _(c, rng):
    K = int(rng.integers(2, 6))
    z = rng.normal(size=K)
    p = softmax(z)

    def gradient(t):
        return D(lambda z: -t @ np.log(softmax(z)), z)

    one_hot = delta(K)[int(rng.integers(K))]
    votes = rng.integers(1, 9, size=K)
    c.given(6)
    c.claim(14, gradient(one_hot), p - one_hot)
    c.claim(18, one_hot.sum(), 1)
    c.claim(26, gradient(votes), votes.sum() * p - votes)
    c.claim(30, gradient(votes).sum(), 0)


@document("true/023-tilde.md")
def _(c, rng):
    z = rng.normal()
    p = logistic(z)
    c.given(7)
    for y in (0, 1):
        tilde, P = 2 * y - 1, p if y else 1 - p
        slope = D(lambda z: -np.log(logistic(z) if y else 1 - logistic(z)), z)
        c.claim(13, P, p ** ((1 + tilde) / 2) * (1 - p) ** ((1 - tilde) / 2))
        c.claim(17, P, logistic(tilde * z))
        c.claim(23, slope, p - y)
        c.claim(29, slope, -tilde * logistic(-tilde * z))


@document("true/024-one-row-per-input.md")
def _(c, rng):
    n, m, k = 2, 3, 4
    A, B, x = rng.normal(size=(m, n)), rng.normal(size=(k, m)), rng.normal(size=n)

    def by(f, x):  # one row for each input
        return D(f, x).T

    z = B @ (A @ x)
    c.given(9)
    c.claim(15, by(lambda x: A @ x, x), A.T)
    c.claim(21, by(lambda x: B @ (A @ x), x), by(lambda x: A @ x, x) @ by(lambda y: B @ y, A @ x))
    c.claim(25, by(lambda x: B @ (A @ x), x), A.T @ B.T)
    c.claim(31, by(lambda x: (B @ (A @ x)) @ (B @ (A @ x)), x), 2 * A.T @ B.T @ z)


# ---------------------------------------------------------------------------------------------- checking


def displayed_relations(path):
    """The lines of the relations between $$ and $$."""
    inside, lines = False, set()
    for number, line in enumerate(path.read_text().splitlines(), 1):
        if line.strip().startswith("$$"):
            inside = not inside
        elif inside and re.search(r"=|\\approx|\\le|\\ge\b", re.sub(r"_\{[^{}]*\}|\\left|\\begin\{\w+\}", "", line)):
            lines.add(number)
    return lines


def disagreements(name, false_line, counterexample):
    path = HERE / name
    if name not in DOCUMENTS:
        yield "no function"
        return
    if name.startswith("false/") != (false_line is not None) or name.startswith("false/") != bool(counterexample):
        yield "oracle.csv does not fit the folder"
    for trial in range(TRIALS):
        record = Record()
        DOCUMENTS[name](record, np.random.default_rng(1000 * trial + 17))
        claimed = {line for line, _ in record.claims}
        if record.given_lines & claimed:
            yield f"lines {record.given_lines & claimed} are both given and claimed"
        if (record.given_lines | claimed) != displayed_relations(path):
            other = (record.given_lines | claimed) ^ displayed_relations(path)
            yield f"lines {other} are not displayed, or have no check"
        for line in sorted(claimed):
            holds = all(truth for where, truth in record.claims if where == line)
            if holds == (line == false_line):
                yield f"line {line} {'holds' if holds else 'fails'} in trial {trial}"
        if false_line is not None and false_line not in claimed:
            yield f"line {false_line} has no check"
        for line, truth in record.lazies:
            if line != false_line:
                yield f"line {line} has a careless reading, but is not false"
            elif not truth:
                yield f"line {line} fails in its careless reading, too"
        if false_line is not None and not record.lazies:
            yield "no careless reading"


def main():
    with open(HERE / "oracle.csv", newline="") as file:
        rows = list(csv.DictReader(file))
    found = sorted(f"{folder}/{path.name}" for folder in ("true", "false") for path in (HERE / folder).glob("*.md"))
    wrong = 0
    if sorted(row["file"] for row in rows) != found or sorted(DOCUMENTS) != found:
        print("oracle.csv, the functions and the folders do not name the same documents")
        wrong += 1
    for row in rows:
        problems = list(disagreements(row["file"], int(row["line"]) if row["line"] else None, row["counterexample"]))
        for problem in problems:
            print(f"{row['file']}: {problem}")
        wrong += bool(problems)
    print(f"{len(rows)} documents, {wrong} disagree")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
