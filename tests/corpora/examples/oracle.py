#!/usr/bin/env python3
"""Recompute every displayed relation of the example documents (NumPy only).

One function per document returns a list with one entry per relation sign in
the displays, in reading order: None for a definition, a given value or a plain
assignment, else (left, right, tolerance) or (left, right, tolerance, sign).
Tolerance 0 means exact to 1e-9.  The sign is "=" unless given ("<", ">=").
Wherever the text right of a sign is plain arithmetic or an array of numbers,
its value must also agree with the entry, so that no number is mistyped here.
"""
import csv
import os
import re
import sys

import numpy as np

HERE = os.path.dirname(os.path.abspath(__file__))
A = np.array
D = {}
rng = np.random.default_rng(20261127)


def doc(number):
    def keep(f):
        D[number] = f
        return f
    return keep


def r(k):
    """Half a unit of the k-th decimal."""
    return 0.5 * 10.0 ** -k


def u(k):
    """One and a half units of the k-th decimal: rounded inputs were used."""
    return 1.5 * 10.0 ** -k


def sig(z):
    return 1 / (1 + np.exp(-z))


def softmax(z):
    e = np.exp(z)
    return e / e.sum()


def cs(f, x):
    """Derivative by a complex step (exact to rounding error)."""
    return np.imag(f(x + 1e-30j)) / 1e-30


log, exp, sqrt, log2 = np.log, np.exp, np.sqrt, np.log2


@doc(1)
def _():
    w, b = 0.8, -0.4
    L = lambda w, x, y: -y * log(sig(w * x + b)) - (1 - y) * log(1 - sig(w * x + b))
    out = [None, None]
    x, y = 1.5, 1
    z = w * x + b
    p = sig(z)
    out += [(z, 0.8 * 1.5 - 0.4, 0), (0.8 * 1.5 - 0.4, 0.8, 0), (p, sig(0.8), 0), (sig(0.8), 0.6900, r(4)),
            (L(w, x, y), -log(0.69), r(4)), (-log(0.69), 0.3711, r(4)),
            (cs(lambda t: L(t, x, y), w), (p - y) * x, 0), ((p - y) * x, -0.4650, r(4))]
    x, y = -2, 0
    z = w * x + b
    p = sig(z)
    out += [(z, 0.8 * -2 - 0.4, 0), (0.8 * -2 - 0.4, -2, 0), (p, sig(-2), 0), (sig(-2), 0.1192, r(4)),
            (L(w, x, y), -log(1 - 0.1192), r(4)), (-log(1 - 0.1192), 0.1269, r(4)),
            (cs(lambda t: L(t, x, y), w), (p - y) * x, 0), ((p - y) * x, -0.4650, r(4))]
    return out


@doc(2)
def _():
    x, y, w, eta = 2, 3, 0.5, 0.1
    yh = w * x
    g = (yh - y) * x
    out = [None, (w * x, 0.5 * 2, 0), (0.5 * 2, 1, 0),
           None, ((yh - y) ** 2 / 2, (1 - 3) ** 2 / 2, 0), ((1 - 3) ** 2 / 2, 2, 0),
           (cs(lambda t: (t * x - y) ** 2 / 2, w), g, 0), (g, -2 * 2, 0), (-2 * 2, -4, 0),
           None, (w - eta * g, 0.5 + 0.1 * 4, 0), (0.5 + 0.1 * 4, 0.9, 0)]
    w = w - eta * g
    yh = w * x
    out += [None, (w * x, 1.8, 0), None, ((yh - y) ** 2 / 2, 0.72, 0),
            (cs(lambda t: (t * x - y) ** 2 / 2, w), (yh - y) * x, 0), ((yh - y) * x, -4, 0),
            (2 - 0.72, 1.28, 0)]
    return out


@doc(3)
def _():
    w, x, t = rng.normal(size=(3, 20))
    out = [None,
           (cs(lambda s: (w * x - s) ** 2, t), -2 * (w * x - t), 0),
           (cs(lambda s: (s * x - t) ** 2, w), 2 * (w * x - t), 0),
           (cs(lambda s: -2 * (w * x - s), t), 2 + 0 * t, 0)]
    x, w, t = 1, 3, 2.5
    g = cs(lambda s: (s * x - t) ** 2, w)
    out += [(w * x - t, 3 - 2.5, 0), (3 - 2.5, 0.5, 0), ((w * x - t) ** 2, 0.5 ** 2, 0), (0.5 ** 2, 0.25, 0),
            (g, 1, 0), None, (w - 0.25 * g, 3 - 0.25, 0), (3 - 0.25, 2.75, 0),
            ((2.75 * x - t) ** 2, (2.75 - 2.5) ** 2, 0), ((2.75 - 2.5) ** 2, 0.0625, 0)]
    return out


@doc(4)
def _():
    z = A([2.0, 1.0, 0.1])
    e, p = exp(z), softmax(z)
    S = 7.3891 + 2.7183 + 1.1052
    return [None, (e[0], 7.3891, r(4)), (e[1], 2.7183, r(4)), (e[2], 1.1052, r(4)),
            (e.sum(), S, u(4)), (S, 11.2126, 0),
            (p[0], 7.3891 / 11.2126, r(4)), (7.3891 / 11.2126, 0.6590, r(4)),
            (p[1], 2.7183 / 11.2126, r(4)), (2.7183 / 11.2126, 0.2442, r(4)),
            (p[2], 1.1052 / 11.2126, r(4)), (1.1052 / 11.2126, 0.0986, r(4)),
            None, (-log(p[0]), 0.4170, u(4)), None, (-log(p[2]), 2.317, r(3))]


@doc(5)
def _():
    H = lambda *p: -sum(q * log2(q) for q in p)
    s = 0.5 * 1 + 0.25 * 2 + 0.125 * 3 + 0.125 * 3
    return [None, (H(0.5, 0.25, 0.125, 0.125), s, 0), (s, 1.75, 0),
            (H(0.9, 0.1), -0.9 * log2(0.9) - 0.1 * log2(0.1), 0),
            (-0.9 * log2(0.9) - 0.1 * log2(0.1), 0.4690, r(4)),
            (H(0.2, 0.3, 0.5), -0.2 * log2(0.2) - 0.3 * log2(0.3) - 0.5 * log2(0.5), 0),
            (-0.2 * log2(0.2) - 0.3 * log2(0.3) - 0.5 * log2(0.5), 1.0297, r(4)),
            (log2(3), 1.5850, r(4)), (1 / log(2), 1.4427, r(4))]


@doc(6)
def _():
    q = lambda W, x: x @ W @ x
    grad = lambda W, x: A([cs(lambda t: q(W, A([t, x[1]])), x[0]), cs(lambda t: q(W, A([x[0], t])), x[1])])
    W, x = rng.normal(size=(2, 2)), rng.normal(size=2)
    out = [None, (q(W, 2 * x), 4 * q(W, x), 0), (grad(W, x), 2 * W @ x, 0), None, None]
    W, x = A([[2.0, 1], [1, 3]]), A([1.0, 2])
    n = x - 0.1 * grad(W, x)
    out += [(W @ x, A([4, 7]), 0), (q(W, x), 1 * 4 + 2 * 7, 0), (1 * 4 + 2 * 7, 18, 0), (grad(W, x), A([8, 14]), 0),
            (n, A([0.2, 0.6]), 0), (0.2 * 1 + 0.6 * 2, 1.4, 0)]
    assert abs(q(W, n) - 1.4) < 1e-9
    return out


@doc(7)
def _():
    x = A([2.0, 4, 6, 8])
    m, v = x.mean(), x.var()
    h = (x - m) / sqrt(v)
    y = 2 * h + 1
    return [(m, (2 + 4 + 6 + 8) / 4, 0), ((2 + 4 + 6 + 8) / 4, 5, 0), (v, (9 + 1 + 1 + 9) / 4, 0),
            ((9 + 1 + 1 + 9) / 4, 5, 0), (sqrt(v), sqrt(5), 0), (sqrt(5), 2.2361, r(4)),
            (h[0], (2 - 5) / 2.2361, r(4)), ((2 - 5) / 2.2361, -1.3416, r(4)),
            (h[1], (4 - 5) / 2.2361, r(4)), ((4 - 5) / 2.2361, -0.4472, r(4)),
            (h[2], -h[1], 0), (h[3], -h[0], 0),
            None, (y[0], -1.6832, u(4)), None, (y[3], 2.6832, u(4))]


@doc(8)
def _():
    f = lambda w: w ** 2 - 4 * w
    d = lambda w: 2 * w - 4
    t = rng.normal(size=9)
    w0 = 5
    w1 = w0 - 0.1 * d(w0)
    return [None, (cs(f, t), d(t), 0), (d(5), 2 * 5 - 4, 0), (2 * 5 - 4, 6, 0),
            None, (w1, 5 - 0.1 * 6, 0), (5 - 0.1 * 6, 4.4, 0), (d(4.4), 4.8, 0),
            None, (w1 - 0.25 * d(w1), 3.92, 0), (f(5), 5, 0), (f(4.4), 1.76, 0), (f(2), -4, 0)]


@doc(9)
def _():
    s, c, pi = 0.95, 0.90, 0.01
    pos = s * pi + (1 - c) * (1 - pi)
    out = [None, None, None, None, (pos, 0.0095 + 0.0990, 0), (0.0095 + 0.0990, 0.1085, 0),
           None, (s * pi / pos, 0.0095 / 0.1085, 0), (0.0095 / 0.1085, 0.0876, r(4)),
           None, (c * (1 - pi) / (1 - pos), 0.9994, r(4))]
    pi = 0.20
    pos = s * pi + (1 - c) * (1 - pi)
    out += [(pos, 0.19 + 0.08, 0), (0.19 + 0.08, 0.27, 0), (s * pi / pos, 0.19 / 0.27, 0), (0.19 / 0.27, 0.704, r(3)),
            None, (c * (1 - pi) / (1 - pos), 0.9994, r(4))]
    return out


@doc(10)
def _():
    Q = A([[1.0, 0, 1, 1], [0, 1, 0, 2]])
    K = A([[1.0, 2, 1, 0], [0, 1, 1, -1]])
    V = A([[1.0, 0], [0, 2]])
    S = Q @ K.T / sqrt(4)
    o = softmax(S[0]) @ V
    a = 0.7311 * V[0] + 0.2689 * V[1]
    return [None] * 6 + [None, (S[0, 0], 1, 0), None, (S[0, 1], 0, 0), None, (S[1, 0], 2, 0), None, (S[1, 1], -0.5, 0),
                         (o, a, u(4)), (a, A([0.7311, 0.5378]), 0)]


@doc(11)
def _():
    x, k = A([1.0, 3, 2, -1, 4]), A([1.0, 0, -2])
    c = np.correlate(x, k, "valid")
    y = np.convolve(x, k)
    e = [1 * 1 + 0 * 3 - 2 * 2, 1 * 3 + 0 * 2 - 2 * -1, 1 * 2 + 0 * -1 - 2 * 4, 1 * 2 + 0 * 3 - 2 * 1]
    return [None, (c[0], e[0], 0), (e[0], -3, 0), (c[1], e[1], 0), (e[1], 5, 0), (c[2], e[2], 0), (e[2], -6, 0),
            None, (y[2], e[3], 0), (e[3], 0, 0),
            (y[3], k[0] * x[3] + k[1] * x[2] + k[2] * x[1], 0), (k[0] * x[3] + k[1] * x[2] + k[2] * x[1], 5, 0),
            (y[4], k[0] * x[4] + k[1] * x[3] + k[2] * x[2], 0), (k[0] * x[4] + k[1] * x[3] + k[2] * x[2], 0, 0)]


@doc(12)
def _():
    x = rng.normal(size=6)
    X = np.column_stack([np.ones(6), x])
    out = [(X.T @ X, A([[6, x.sum()], [x.sum(), (x ** 2).sum()]]), 0),
           (np.linalg.det(X.T @ X), 6 * (x ** 2).sum(), 0)]
    x, y = A([-1.0, 0, 1]), A([1.0, 2, 4])
    X = np.column_stack([np.ones(3), x])
    a, b = np.linalg.solve(X.T @ X, X.T @ y)
    out += [(X.T @ X, A([[3, 0], [0, 2]]), 0), (X.T @ y, A([7, 3]), 0), (np.linalg.det(X.T @ X), 6, 0),
            (a, 7 / 3, 0), (7 / 3, 2.333, r(3)), (b, 3 / 2, 0), (3 / 2, 1.5, 0),
            (1 - (a - b), 1 / 6, 0), (2 - a, -1 / 3, 0), (4 - (a + b), 1 / 6, 0), (a + 2 * b, 16 / 3, 0)]
    return out


@doc(13)
def _():
    T2 = lambda x: 1 + x + x ** 2 / 2
    T3 = lambda x: T2(x) + x ** 3 / 6
    x = 0.1
    out = [None, None, (T2(x), 1 + 0.1 + 0.005, 0), (1 + 0.1 + 0.005, 1.105, 0), (exp(x), 1.10517, r(5)),
           (exp(x) - T2(x), 0.00017, r(5)), None, (T3(x), 1.10517, r(5))]
    x = 0.3
    out += [(T2(x), 1 + 0.3 + 0.045, 0), (1 + 0.3 + 0.045, 1.345, 0), (exp(x), 1.34986, r(5)),
            (exp(x) - T2(x), 0.00486, r(5)), None, (T3(x), 1.10517, r(5))]
    return out


@doc(14)
def _():
    z = rng.normal(size=20)
    s = sig
    return [None, (s(-z), 1 - s(z), 0), (cs(s, z), s(z) * (1 - s(z)), 0), (cs(s, z), exp(z) / (1 + exp(-z)) ** 2, 0),
            (cs(s, -z), cs(s, z), 0), (s(0), 1 / (1 + 1), 0), (1 / (1 + 1), 0.5, 0),
            (cs(s, 0), 0.5 * 0.5, 0), (0.5 * 0.5, 0.25, 0), (0.5 + 0.25 * 0.4, 0.6, 0), (s(0.4), 0.5987, r(4))]


@doc(15)
def _():
    x = A([1.0, 2, 3, 6])
    m, v = x.mean(), x.var()
    out = [None, (m, 12 / 4, 0), (12 / 4, 3, 0), (v, (4 + 1 + 0 + 9) / 4, 0), ((4 + 1 + 0 + 9) / 4, 3.5, 0),
           (sqrt(v), 1.8708, r(4)), ((x[0] - m) / sqrt(v), -1.0690, r(4)), ((x[3] - m) / sqrt(v), 1.6036, r(4))]
    x = A([2.0, 2, 4, 8])
    m, v = x.mean(), x.var()
    out += [None, (m, 16 / 4, 0), (16 / 4, 4, 0), (v, (4 + 4 + 0 + 16) / 4, 0), ((4 + 4 + 0 + 16) / 4, 6, 0),
            (sqrt(v), 2.4495, r(4)), ((x[0] - m) / sqrt(v), -0.8165, r(4)), ((x[3] - m) / sqrt(v), 1.6036, r(4))]
    return out


@doc(16)
def _():
    f = lambda x: x ** 3
    return [(cs(f, 2), 3 * 2 ** 2, 0), (3 * 2 ** 2, 12, 0), (f(2.1), 9.261, 0), (f(1.9), 6.859, 0),
            ((f(2.1) - f(2)) / 0.1, 1.261 / 0.1, 0), (1.261 / 0.1, 12.61, 0),
            ((f(2.1) - f(1.9)) / 0.2, 2.402 / 0.2, 0), (2.402 / 0.2, 12.01, 0),
            (f(2.01), 8.120601, 0), (f(1.99), 7.880599, 0),
            ((f(2.01) - f(2)) / 0.01, 12.0601, 0), ((f(2.01) - f(1.99)) / 0.02, 24.0002, 0)]


@doc(17)
def _():
    d = lambda w: 2 * (w - 3)
    t = rng.normal(size=9)
    w0 = 0
    g = d(w0)
    out = [None, (cs(lambda w: (w - 3) ** 2, t), d(t), 0), (g, 2 * (0 - 3), 0), (2 * (0 - 3), -6, 0),
           None, (w0 - 0.1 * g, 0 + 0.6, 0), (0 + 0.6, 0.6, 0)]
    w1 = w0 - 0.1 * g
    g = d(w1)
    out += [((w1 - 3) ** 2, (0.6 - 3) ** 2, 0), ((0.6 - 3) ** 2, 5.76, 0), (g, 2 * (0.6 - 3), 0),
            (2 * (0.6 - 3), -4.8, 0), None, (w1 - 0.1 * g, 1.2, 0)]
    w2 = w1 - 0.1 * g
    assert abs((w2 - 3) / (w1 - 3) - 0.8) < 1e-9
    return out + [(1 - 2 * 0.1, 0.8, 0)]


@doc(18)
def _():
    x, t, w1, w2 = 2, 1, 0.25, 1.2
    E = lambda a, b: (b * sig(a * x) - t) ** 2 / 2
    h = sig(w1 * x)
    y = w2 * h
    g2, g1 = (y - t) * h, (y - t) * w2 * h * (1 - h) * x
    out = [None, (h, sig(0.5), 0), (sig(0.5), 0.6225, r(4)), None, (y, 0.7470, u(4)),
           (cs(lambda s: E(w1, s), w2), g2, 0), (g2, -0.1575, u(4)),
           (cs(lambda s: E(s, w2), w1), g1, 0), (g1, -0.1427, u(4)),
           (w2 - 0.5 * g2, 1.2 + 0.5 * 0.1575, r(4)), (1.2 + 0.5 * 0.1575, 1.2788, r(4)),
           (w1 - 0.5 * g1, 0.25 + 0.5 * 0.1427, r(4)), (0.25 + 0.5 * 0.1427, 0.3214, r(4))]
    w1, w2 = w1 - 0.5 * g1, w2 - 0.5 * g2
    h = sig(w1 * x)
    y = w2 * h
    g2 = (y - t) * h
    return out + [None, (h, 0.6554, u(4)), None, (y, 0.8381, u(4)),
                  (cs(lambda s: E(w1, s), w2), g2, 0), (g2, -0.1575, u(4))]


@doc(19)
def _():
    KL = lambda p, q: (p * log(p / q)).sum()
    X = lambda p, q: -(p * log(q)).sum()
    p, q = rng.dirichlet(np.ones(5), size=2)
    out = [None, (KL(p, q), 0, 0, ">="), (KL(p, p), 0, 0), (KL(p, q), KL(q, p), 0), (KL(p, q), X(p, q) - X(p, p), 0)]
    p, q = A([0.3, 0.7]), A([0.7, 0.3])
    a, b = 0.3 * log(3 / 7) + 0.7 * log(7 / 3), 0.4 * log(7 / 3)
    c, d = -0.3 * log(0.3) - 0.7 * log(0.7), -0.3 * log(0.7) - 0.7 * log(0.3)
    return out + [(KL(p, q), a, 0), (a, b, 0), (b, 0.3389, r(4)), (X(p, p), c, 0), (c, 0.6109, r(4)),
                  (X(p, q), d, 0), (d, 0.9498, r(4)), (0.9498 - 0.6109, 0.3389, 0)]


@doc(20)
def _():
    TP, FN, FP, TN = 6, 3, 2, 9
    return [None] * 4 + [((TP + TN) / 20, 15 / 20, 0), (15 / 20, 0.75, 0), (TP / (TP + FP), 6 / 8, 0), (6 / 8, 0.75, 0),
                         (TP / (TP + FN), 6 / 9, 0), (6 / 9, 0.6667, r(4)),
                         (TN / (TN + FP), 9 / 11, 0), (9 / 11, 0.8128, r(4)),
                         (2 * TP / (2 * TP + FP + FN), 12 / 17, 0), (12 / 17, 0.7059, r(4))]


@doc(21)
def _():
    x, W, b, v, t, c = A([1.0, -2]), A([[2.0, 1], [-1, 1]]), A([1.0, 1]), A([3.0, -1]), 2, 0.5
    z = W @ x + b
    h = np.maximum(0, z)
    y = v @ h + c
    d = y - t
    gz = d * v * (z > 0)
    assert np.allclose(gz, [4.5, 0]) and d == 1.5
    return [None] * 4 + [None, (z, A([1, -2]), 0), None, (h, A([1, 0]), 0), None, (y, 3.5, 0),
                         None, ((y - t) ** 2 / 2, 1.125, 0), None, (d * h, A([1.5, 0]), 0),
                         (np.outer(gz, x), np.outer([4.5, 0], x), 0),
                         (np.outer([4.5, 0], x), A([[4.5, 9], [0, 0]]), 0)]


@doc(22)
def _():
    pr = 0.5 * 0.25 * 0.125 * 0.2
    H = (1 + 2 + 3 + log2(5)) / 4
    return [(-log2(0.5), 1, 0), (-log2(0.25), 2, 0), (-log2(0.125), 3, 0), (-log2(0.2), 2.3219, r(4)),
            None, (H, 2.0805, r(4)), (pr, 0.003125, 0), (0.003125, 1 / 320, 0),
            (2 ** H, 320 ** 0.25, 0), (320 ** 0.25, 4.2298, r(4)), (2 ** log2(16), 16, 0)]


@doc(23)
def _():
    out = [None, None]
    for beta, eta, first, ws, shift, v2c, w2c in ((0.9, 0.1, 0.9 * 1 + 2, 0.71, 0.29, 4.61, 0.249),
                                                  (0.5, 0.2, 0.5 * 1 + 2, 0.5, 0.5, 3.25, 0.249)):
        v1 = beta * 1 + 2
        w1 = 1 - eta * v1
        v2 = beta * v1 + 2
        w2 = w1 - eta * v2
        out += [(v1, first, 0), (first, 2.9 if beta == 0.9 else 2.5, 0), (w1, 1 - shift, 0), (1 - shift, ws, 0),
                None, (v2, v2c, 0), None, (w2, w2c, 0)]
    return out


@doc(24)
def _():
    x, y = A([1.0, 2, 3]), A([2.0, 3, 5])
    sxy, sxx = x @ y, x @ x
    w = sxy / (sxx + 1)
    out = [(sxy, 2 + 6 + 15, 0), (2 + 6 + 15, 23, 0), (sxx, 1 + 4 + 9, 0), (1 + 4 + 9, 14, 0),
           (w, 23 / 15, 0), (23 / 15, 1.5333, r(4)), (1 * w ** 2, 2.3511, r(4)),
           (2 - w, 0.4667, r(4)), (3 - 2 * w, -0.0667, r(4)), (5 - 3 * w, 0.4, 0)]
    w = sxy / (sxx + 9)
    return out + [(w, 23 / 23, 0), (23 / 23, 1, 0), (2 - w, 1, 0), (3 - 2 * w, 1, 0), (5 - 3 * w, 2, 0),
                  (9 * w ** 2, 2.3511, r(4))]


@doc(25)
def _():
    w, g = A([0.12, -0.05]), A([3e-3, -4e-3])
    n2 = g @ g
    return [None, None, (n2 * 1e6, (9e-6 + 16e-6) * 1e6, 0), ((9e-6 + 16e-6) * 1e6, 2.5e-5 * 1e6, 0),
            (sqrt(n2) * 1e3, 5e-3 * 1e3, 0),
            (w[0] - 1e-2 * g[0], 0.12 - 3e-5, 0), (0.12 - 3e-5, 0.11997, 0),
            (w[1] - 1e-2 * g[1], -0.05 + 4e-5, 0), (-0.05 + 4e-5, -0.0496, 0),
            (1e-3 / 5e-3, 0.2, 0), (0.2 * 3e-3 * 1e4, 6e-4 * 1e4, 0), (0.2 * -4e-3 * 1e4, -8e-4 * 1e4, 0)]


@doc(26)
def _():
    x, y, w, b, eta = 2, 3, 0.5, 0.0, 0.1
    yh = w * x + b
    e = yh - y
    out = [(yh, 0.5 * 2 + 0, 0), (0.5 * 2 + 0, 1, 0), (e, 1 - 3, 0), (1 - 3, -2, 0),
           None, (w - eta * e * x, 0.5 + 0.4, 0), (0.5 + 0.4, 0.9, 0), None, (b - eta * e, 0 + 0.2, 0), (0 + 0.2, 0.2, 0)]
    w, b = w - eta * e * x, b - eta * e
    yh = w * x + b
    e = yh - y
    out += [None, (yh, 2, 0), None, (e, -1, 0), None, (w - eta * e * x, 1.1, 0), None, (b - eta * e, 0.3, 0)]
    w, b = w - eta * e * x, b - eta * e
    yh = w * x + b
    return out + [(yh, 2.5, 0), ((yh - y) ** 2 / 2, 0.125, 0)]


@doc(27)
def _():
    w, b = A([1.0, -1]), 0.5
    L = lambda w, x, y: -y * log(sig(w @ x + b)) - (1 - y) * log(1 - sig(w @ x + b))
    t, x = rng.normal(size=2), rng.normal(size=2)
    num = A([cs(lambda s: L(A([s, t[1]]), x, 0.3), t[0]), cs(lambda s: L(A([t[0], s]), x, 0.3), t[1])])
    out = [None, None, None, (num, (sig(t @ x + b) - 0.3) * x, 0)]
    x = A([2.0, 1])
    z = w @ x + b
    p = sig(z)
    out += [(z, 2 - 1 + 0.5, 0), (2 - 1 + 0.5, 1.5, 0), (p, sig(1.5), 0), (sig(1.5), 0.818, r(3)),
            (L(w, x, 1), -log(p), 0), (-log(p), 0.201, r(3))]
    x = A([1.0, 3])
    z = w @ x + b
    p = sig(z)
    return out + [(z, -1.5, 0), (p, 0.182, r(3)), (L(w, x, 0), -log(1 - p), 0), (-log(1 - p), 0.201, r(3)),
                  None, ((p - 0) * x, A([0.182, 0.547]), r(3))]


@doc(28)
def _():
    f = lambda x: x ** 3 - 2 * x
    d = lambda x: 3 * x ** 2 - 2
    s = lambda x: 6 * x
    t = rng.normal(size=9)
    return [None, (cs(f, t), d(t), 0), (cs(d, t), s(t), 0),
            (f(2), 8 - 4, 0), (8 - 4, 4, 0), (d(2), 10, 0), (s(2), 12, 0),
            (f(3), 27 - 6, 0), (27 - 6, 21, 0), (d(3), 25, 0), (s(3), 18, 0),
            (3 - f(3) / d(3), 3 - 0.84, 0), (3 - 0.84, 2.16, 0), (2 - f(2) / d(2), 1.6, 0)]


@doc(29)
def _():
    z = A([1, 0.5, -0.5])
    e = exp(z)
    S = 2.72 + 1.65 + 0.61
    return [None, None, None, (e[0], 2.72, r(2)), (e[1], 1.65, r(2)), (e[2], 0.61, r(2)),
            (e.sum(), S, u(2)), (S, 4.98, 0), (e[0] / e.sum(), 2.72 / 4.98, r(2)), (2.72 / 4.98, 0.55, r(2)),
            (e[1] / e.sum(), 1.65 / 4.98, r(2)), (1.65 / 4.98, 0.33, r(2)),
            (e[2] / e.sum(), 0.61 / 4.98, r(2)), (0.61 / 4.98, 0.12, r(2)),
            (-log(e[2] / e.sum()), -log(0.12), 2 * r(2) / 0.3), (-log(0.12), 2.12, r(2))]


@doc(30)
def _():
    z = A([2.0, 1, 0])
    p, q = softmax(z), softmax(z / 2)
    return [None, None, (p[0], exp(2) / 11.1073, r(4)), (exp(2) / 11.1073, 0.6652, r(4)), (p[1], 0.2447, r(4)),
            (p[2], 0.0900, r(4)), (exp(1) + exp(0.5) + 1, 5.3670, r(4)),
            (q[0], 0.5065, r(4)), (q[1], 0.3072, r(4)), (q[2], 0.1863, r(4)),
            (q[0] / q[2], exp(1), 0), (exp(1), 2.7183, r(4))]


@doc(31)
def _():
    K, v = np.eye(2), A([10.0, 20])
    s = K @ A([2.0, 0]) / sqrt(2)
    a = softmax(s)
    out = [None] * 4 + [(s[0], 2 / sqrt(2), 0), (2 / sqrt(2), 1.4142, r(4)), (s[1], 0, 0),
                        (a[0], exp(s[0]) / (exp(s[0]) + exp(s[1])), 0), (a[0], 0.8044, r(4)),
                        (a[1], 1 - a[0], 0), (1 - a[0], 0.1956, r(4)),
                        (a @ v, 8.044 + 3.912, 1.5 * r(3)), (8.044 + 3.912, 11.956, 0)]
    s = K @ A([1.0, 1]) / sqrt(2)
    a = softmax(s)
    return out + [(s[0], s[1], 0), (s[1], 0.7071, r(4)), (a[0], exp(s[0]) / (exp(s[0]) + exp(s[1])), 0), (a[0], 0.5, 0),
                  None, (a @ v, 15, 0)]


@doc(32)
def _():
    x = A([1.0, 3, 5, 7])
    m, v = x.mean(), x.var()
    h = (7 - m) / sqrt(v)
    g = (5 - 2) / sqrt(9)
    return [(m, (1 + 3 + 5 + 7) / 4, 0), ((1 + 3 + 5 + 7) / 4, 4, 0), (v, (9 + 1 + 1 + 9) / 4, 0),
            ((9 + 1 + 1 + 9) / 4, 5, 0), None, (h, 3 / sqrt(5), 0), (3 / sqrt(5), 1.342, r(3)),
            (0.9 * 0 + 0.1 * 4, 0.4, 0), None, None, None, (g, 1, 0), (0.5 * g - 1, -0.5, 0)]


@doc(33)
def _():
    x = A([0.0, 1, 2])
    out = [(3 * (x @ x) - x.sum() ** 2, 3 * 5 - 3 ** 2, 0), (3 * 5 - 3 ** 2, 6, 0)]
    y = A([1.0, 3, 5])
    a, b = np.polyfit(x, y, 1)
    fa, fb = (lambda y: (3 * (x @ y) - 3 * y.sum()) / 6), (lambda y: (5 * y.sum() - 3 * (x @ y)) / 6)
    out += [(a, fa(y), 0), (fa(y), 2, 0), (b, fb(y), 0), (fb(y), 1, 0)]
    y = A([1.0, 3, 8])
    a, b = np.polyfit(x, y, 1)
    s = 0.25 + 1 + 0.25
    assert abs(((a * x + b - y) ** 2).sum() - 1.5) < 1e-9
    return out + [(y.sum(), 1 + 3 + 8, 0), (1 + 3 + 8, 12, 0), (x @ y, 0 + 3 + 16, 0), (0 + 3 + 16, 19, 0),
                  (a, fa(y), 0), (fa(y), 3.5, 0), (b, fb(y), 0), (fb(y), 0.5, 0), (s, 1.5, 0)]


@doc(34)
def _():
    out = []
    for lg, one, H, ten in ((log2, 2, 0.8113, 3.3219), (log, 1.3863, 0.5623, 2.3026)):
        h = -0.25 * lg(0.25) - 0.75 * lg(0.75)
        p = A([0.25, 0.75])
        out += [(-lg(1 / 4), one, 0 if lg is log2 else r(4)), (-(p * lg(p)).sum(), h, 0), (h, H, r(4)), (lg(10), ten, r(4))]
    return out + [(log(2), 0.6931, r(4)), (0.8113 * 0.6931, 0.5623, r(4))]


@doc(35)
def _():
    eta = lambda k: 0.4 / (1 + k)
    w = 10.0
    out = [None, None, (eta(0), 0.4, 0), (w - eta(0) * w, 10 - 4, 0), (10 - 4, 6, 0)]
    w -= eta(0) * w
    out += [(eta(1), 0.2, 0), (w - eta(1) * w, 6 - 1.2, 0), (6 - 1.2, 4.8, 0)]
    w -= eta(1) * w
    out += [(eta(2), 0.133, r(3)), None, (w - eta(2) * w, 4.16, 0)]
    return out + [(4.16 ** 2 / 2, 8.6528, 0), (8.6528 / 50, 0.173, r(3))]


@doc(36)
def _():
    X = A([[1, 0, 2, 3], [4, 6, 6, 8], [3, 1, 1, 0], [1, 2, 2, 4]])
    K = A([[1, 0], [0, -1]])
    win = lambda i, j: X[2 * i:2 * i + 2, 2 * j:2 * j + 2]
    Y = A([[(win(i, j) * K).sum() for j in (0, 1)] for i in (0, 1)])
    P = A([[win(i, j).max() for j in (0, 1)] for i in (0, 1)])
    assert win(0, 0).mean() == 2.75
    return [None, None, (Y[0, 0], 1 * 1 - 1 * 6, 0), (1 * 1 - 1 * 6, -5, 0), (Y[0, 1], 2 - 8, 0), (2 - 8, -6, 0),
            (Y[1, 0], 3 - 2, 0), (3 - 2, 1, 0), (Y[1, 1], 1 - 4, 0), (1 - 4, -3, 0),
            (np.maximum(0, Y + 4), A([[0, 0], [5, 1]]), 0), (P, A([[6, 8], [3, 4]]), 0), ((1 + 0 + 4 + 6) / 4, 2.75, 0)]


@doc(37)
def _():
    f = lambda x: log(1 + x ** 2)
    t = rng.normal(size=9)
    d = lambda x: cs(f, x)
    return [None, (d(t), 1 / (1 + t ** 2) * 2 * t, 0), (1 / (1 + t ** 2) * 2 * t, 2 * t / (1 + t ** 2), 0),
            (1 + 1 ** 2, 1 + 1 ** 2, 0), (1 + 1 ** 2, 2, 0), (f(1), log(2), 0), (log(2), 0.6931, r(4)),
            (d(1), 2 / 2, 0), (2 / 2, 1, 0), (1 + 3 ** 2, 10, 0), (f(3), 2.3026, r(4)), (d(3), 0.6, 0),
            (f(3) + 0.1 * d(3), 2.3626, r(4)), (log(10.61), 2.3618, r(4))]


@doc(38)
def _():
    b1, b2 = 0.9, 0.999
    m, v, w = 0.0, 0.0, 1.0
    g = 0.5
    m, v = b1 * m + (1 - b1) * g, b2 * v + (1 - b2) * g * g
    mh, vh = m / (1 - b1), v / (1 - b2)
    w = w - 0.01 * mh / sqrt(vh)
    out = [(m, 0.9 * 0 + 0.1 * 0.5, 0), (0.9 * 0 + 0.1 * 0.5, 0.05, 0), (v, 0.999 * 0 + 0.001 * 0.25, 0),
           (0.999 * 0 + 0.001 * 0.25, 0.00025, 0), None, (mh, 0.5, 0), None, (vh, 0.25, 0),
           (w, 1 - 0.01 * 0.5 / 0.5, 0), (1 - 0.01 * 0.5 / 0.5, 0.99, 0)]
    g = 0.3
    m, v = b1 * m + (1 - b1) * g, b2 * v + (1 - b2) * g * g
    mh, vh = m / (1 - b1 ** 2), v / (1 - b2 ** 2)
    w = w - 0.01 * mh / sqrt(vh)
    rough = 0.99 - 0.01 * 0.395 / sqrt(0.170)
    return out + [None, (m, 0.075, 0), (v, 0.000340, r(6)), None, (mh, 0.395, r(3)), None, (vh, 0.170, r(3)),
                  (w, rough, r(4)), (rough, 0.9804, r(4))]


@doc(39)
def _():
    f = lambda w: exp(2 * w)
    t = rng.normal(size=9) / 3
    return [(cs(f, t), 2 * exp(2 * t), 0), (cs(f, 0), 2, 0), (f(0.01), 1.020201, r(6)), (f(-0.01), 0.980199, r(6)),
            ((f(0.01) - f(-0.01)) / 0.02, 0.040002 / 0.02, r(4)), (0.040002 / 0.02, 2.0001, 0),
            ((f(0.01) - f(0)) / 0.01, 0.020201 / 0.01, r(4)), (0.020201 / 0.01, 2.0201, 0),
            (1e-4 / 6 * 8 * 1e4, 1.33, r(2)), ((2.0001 - 2) / 2, 5e-5, 0), (5e-5, 1e-3, 0, "<")]


@doc(40)
def _():
    W, b, v, x, t = A([[1, -1], [0.5, 0.5]]), A([0.5, 0]), A([2.0, -1]), A([1.0, 2]), -1
    out = [None] * 4
    z = W @ x + b
    h = np.maximum(0, z)
    y = v @ h
    d = y - t
    gz = d * v * (z > 0)
    out += [None, (z, A([-0.5, 1.5]), 0), (y, -1.5, 0), ((y - t) ** 2 / 2, 0.125, 0),
            None, (d * h, A([0, -0.75]), 0), (np.outer(gz, x), A([[0, 0], [0.5, 1]]), 0)]
    W, b, v = W - 0.1 * np.outer(gz, x), b - 0.1 * gz, v - 0.1 * d * h
    out += [(W, A([[1, -1], [0.45, 0.4]]), 0), (b, A([0.5, -0.05]), 0), (v, A([2, -0.925]), 0)]
    z = W @ x + b
    y = v @ np.maximum(0, z)
    return out + [None, (z, A([-0.5, 1.2]), 0), (y, -1.11, 0), ((y - t) ** 2 / 2, 0.00605, 0)]


# ---------------------------------------------------------------- the check

DISPLAY = re.compile(
    r"\$\$(.*?)\$\$|\\\[(.*?)\\\]|\\begin\{(equation\*?|align\*?|gather\*?)\}(.*?)\\end\{\3\}", re.S)
LIMITS = re.compile(r"_\{[^{}]*=[^{}]*\}")
SIGN = re.compile(r"\\(?:approx|leq|geq|le|ge|neq|ne|lt|gt|leftarrow|gets|equiv|sim)(?![A-Za-z])|:=|=|<|>")


def signs(text):
    """(line, sign) of every relation sign in the displays of a document."""
    found = []
    for m in DISPLAY.finditer(text):
        body = LIMITS.sub(lambda s: "." * len(s.group()), m.group())
        for s in SIGN.finditer(body):
            found.append((text.count("\n", 0, m.start() + s.start()) + 1, s.group()))
    return found


def rights(text):
    """The text right of every relation sign, up to where that side ends."""
    sides = []
    for m in DISPLAY.finditer(text):
        body = LIMITS.sub(lambda s: "." * len(s.group()), next(g for g in m.group(1, 2, 4) if g is not None))
        body = re.sub(r"\\begin\{[bp]matrix\}(.*?)\\end\{[bp]matrix\}",
                      lambda s: "[" + s.group(1).replace("&", ";").replace(r"\\", ";") + "]", body, flags=re.S)
        at = list(SIGN.finditer(body))
        for s, n in zip(at, at[1:] + [None]):
            sides.append(re.split(r"\\q?quad|\\\\|&", body[s.end():n.start() if n else None])[0])
    return sides


def plain(side):
    """Value of plain arithmetic or of a list of numbers in LaTeX, else None."""
    t = side.replace("{,}", ".").strip().rstrip(".,").strip()
    t = re.sub(r"\\[,; ]", " ", t).strip()
    t = re.sub(r"\^T$", "", t).strip()
    if re.fullmatch(r"\(.*[,;].*\)|\[.*\]", t, re.S):
        parts = [plain(q) for q in re.split(r"[,;]", t[1:-1])]
        return None if None in parts else A(parts)
    percent = t.endswith(r"\%")
    t = t[:-2] if percent else t
    t = re.sub(r"\\t?frac\s*(\d)\s*(\d)", r"((\1)/(\2))", t)
    t = re.sub(r"\\t?frac\s*(\d)\{", r"\\frac{\1}{", t)
    t = re.sub(r"\\sqrt\s*(\d)", r"\\sqrt{\1}", t)
    for _ in range(3):
        t = re.sub(r"\\sqrt\{([^{}]*)\}", r" sqrt(\1)", t)
        t = re.sub(r"\\frac\{([^{}]*)\}\{([^{}]*)\}", r"((\1)/(\2))", t)
        t = re.sub(r"\^\{([^{}]*)\}", r"**(\1)", t)
    t = re.sub(r"\\ln\s*([\d.]+)", r"log(\1)", t).replace(r"\ln", "log")
    t = t.replace(r"\cdot", "*").replace(r"\times", "*").replace("^", "**").replace("$", "")
    t = re.sub(r"log\s*\(\((\d+)\)/\((\d+)\)\)", r"log(\1/\2)", t)
    t = re.sub(r"([\d.)])\s+(?=log|sqrt)|([\d.)])\s*(?=\()", r"\1\2*", t)
    t = re.sub(r"\be\*\*", "2.718281828459045**", t)
    if not re.fullmatch(r"(?:log|sqrt|[\d.+\-*/() \n])+", t) or not re.search(r"\d", t):
        return None
    value = eval(t.replace("\n", " "), {"__builtins__": {}}, {"log": np.log, "sqrt": np.sqrt})
    return value / 100 if percent else value


def holds(entry):
    left, right, tol = entry[:3]
    sign = entry[3] if len(entry) > 3 else "="
    left, right = np.broadcast_arrays(np.asarray(left, float), np.asarray(right, float))
    if sign == "<":
        return bool((left < right).all())
    if sign == ">=":
        return bool((left >= right).all())
    return bool((np.abs(left - right) <= tol + 1e-9).all())


def main():
    with open(os.path.join(HERE, "oracle.csv"), newline="", encoding="utf-8") as f:
        rows = list(csv.DictReader(f))
    on_disk = sorted(d + "/" + n for d in ("false", "true") for n in os.listdir(os.path.join(HERE, d)))
    bad = 0
    if sorted(row["file"] for row in rows) != on_disk or len(rows) != len(D):
        print("oracle.csv, the folders and the functions do not list the same documents")
        bad += 1
    total = read = tested = 0
    for row in rows:
        name = row["file"]
        with open(os.path.join(HERE, name), encoding="utf-8") as f:
            text = f.read()
        lines = text.split("\n")
        entries = D[int(os.path.basename(name)[:3])]()
        found = signs(text)
        total += len(found)
        why = []
        tested += sum(e is not None for e in entries)
        if len(entries) != len(found):
            why.append("%d entries but %d relation signs" % (len(entries), len(found)))
        if not 6 <= len(found) <= 20 or not 10 <= len(text.splitlines()) <= 45:
            why.append("size: %d signs, %d lines" % (len(found), len(text.splitlines())))
        if row["truth"] != name.split("/")[0]:
            why.append("truth and folder differ")
        for i, (e, side) in enumerate(zip(entries, rights(text))):
            value = plain(side)
            if e is None or value is None:
                continue
            read += 1
            mine = np.ravel(np.asarray(e[1], float))
            value = np.ravel(np.asarray(value, float))
            if name[6:9] == "025" or "times" in side:  # entries scaled by a power of ten
                shift = np.log10(np.abs(mine / value))
                ok = np.allclose(shift, np.round(shift), atol=1e-9)
            else:
                ok = value.size in (1, mine.size) and np.allclose(mine, value, rtol=0, atol=1e-9)
            if not ok:
                why.append("line %d: text has %s, entry has %s" % (found[i][0], value, mine))
        failed = [i for i, e in enumerate(entries) if e is not None and not holds(e)]
        places = [found[i][0] if i < len(found) else 0 for i in failed]
        if row["truth"] == "true":
            if failed or row["line"] or row["claim"] or row["why"]:
                why.append("should be true, fails: %s" % [(places[j], entries[i]) for j, i in enumerate(failed)])
        else:
            if len(failed) != 1 or str(places[0]) != row["line"]:
                why.append("expected one failure in line %s, got %s"
                           % (row["line"], [(places[j], entries[i]) for j, i in enumerate(failed)]))
            elif row["claim"] not in lines[int(row["line"]) - 1]:
                why.append("claim is not in line %s" % row["line"])
        if why:
            bad += 1
            print(name + ": " + "; ".join(why))
    print("%d relation signs in displays, %d recomputed, %d of these also read from the text" % (total, tested, read))
    print("%d documents, %d disagree" % (len(rows), bad))
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
