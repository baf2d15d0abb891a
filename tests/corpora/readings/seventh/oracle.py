"""Shows for every document that its false claim fails and that all other claims hold.

NumPy alone. One function per document computes both sides of each displayed claim from what the text says, at random
points; derivatives are complex steps. `given(line)` says that a line only defines, `claim(line, left, right)` gives the
two sides, `lazy(line, left, right)` shows that the false claim would hold in a careless reading, and
`counterexample(line, left, right, (stated left, stated right))` checks the numbers that oracle.csv tells.
oracle.csv says which claims have to fail. Each displayed relation has to be named by its line.
"""

import csv
import itertools
import re
import sys
from pathlib import Path

import numpy as np

HERE = Path(__file__).parent
TRIALS = 6
DOCUMENTS = {}


class Record:
    """What one trial says about the lines of one document."""

    def __init__(self):
        self.given_lines, self.claims, self.lazies, self.examples = set(), [], [], []

    def given(self, *lines):
        self.given_lines.update(lines)

    def claim(self, line, left, right):
        self.claims.append((line, same(left, right)))

    def claim_that(self, line, truth):
        self.claims.append((line, bool(truth)))

    def lazy(self, line, left, right):
        self.lazies.append((line, same(left, right)))

    def counterexample(self, line, left, right, stated):
        as_stated = same(left, np.reshape(stated[0], np.shape(left))) and same(
            right, np.reshape(stated[1], np.shape(right))
        )
        self.examples.append((line, as_stated and not same(left, right)))


def same(left, right):
    left, right = np.asarray(left, float), np.asarray(right, float)
    assert left.shape == right.shape, f"shapes {left.shape} and {right.shape}"
    return np.allclose(left, right, rtol=1e-6, atol=1e-7)


def document(name):
    def register(function):
        assert name not in DOCUMENTS
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


def along(F, X, H):
    """The derivative of F at X in the direction H."""
    return D(lambda t: F(X + t * H), 0.0)


def logistic(z):
    return 1 / (1 + np.exp(-z))


def softmax(z, axis=-1):
    e = np.exp(z)
    return e / e.sum(axis=axis, keepdims=True)


def norm(x):
    return np.sqrt(np.sum(x * x))


def maximum(x):
    """The largest entry of x, also for complex steps."""
    return x[np.argmax(np.real(x))]


def relu(z):
    return np.where(np.real(z) > 0, z, 0)


def some_loss(rng, shape):
    """A function of an array that is not linear, and not symmetric in the entries."""
    c, d = rng.normal(size=shape), rng.normal(size=shape)
    return lambda y: np.sum(c * y + d * np.sin(y) + 0.3 * y * y)


def invertible(rng, n):
    """An n by n matrix with positive determinant, well away from 0."""
    while True:
        X = np.eye(n) + 0.6 * rng.normal(size=(n, n))
        if np.linalg.det(X) > 0.3:
            return X


# ------------------------------------------------------------------------------------------------ false


@document("false/001-product-of-symmetric.md")
def _(c, rng):
    def gradient(f, X):
        return D(lambda X: np.trace(f(X)), X)

    def sides(A, B, X):
        return gradient(lambda X: X.T @ A @ B @ X, X), 2 * A @ B @ X

    A, B = rng.normal(size=(2, 4, 4))
    A, B, X, C = A + A.T, B + B.T, rng.normal(size=(4, 3)), rng.normal(size=(3, 4))
    c.claim(7, gradient(lambda X: X.T @ A @ X, X), 2 * A @ X)
    c.claim(13, gradient(lambda X: C @ X, X), C.T)
    c.claim(19, gradient(lambda X: X.T @ A @ B @ A @ X, X), 2 * A @ B @ A @ X)
    c.claim(25, *sides(A, B, X))
    c.lazy(25, *sides(A, A @ A + A, X))  # as if a product of symmetric matrices were symmetric
    c.counterexample(25, *sides(np.diag([1, 0]), np.array([[0, 1], [1, 0]]), np.ones((2, 1))), ([1, 1], [2, 0]))
    c.claim(31, D(lambda X: np.sum((B @ X) ** 2), X), 2 * B @ B @ X)


@document("false/002-numerator-layout.md")
def _(c, rng):
    def numerator(f, X):
        return D(f, X).T

    def squares(X):
        return np.trace(X.T @ X)

    X, A, a, b = invertible(rng, 3), rng.normal(size=(3, 3)), rng.normal(size=3), rng.normal(size=3)
    c.claim(11, numerator(lambda X: np.trace(A @ X), X), A)
    c.claim(12, numerator(lambda X: a @ X @ b, X), np.outer(b, a))
    c.claim(13, numerator(lambda X: np.trace(X @ X), X), 2 * X)
    c.claim(14, numerator(squares, X), 2 * X)
    c.lazy(14, D(squares, X), 2 * X)  # the denominator layout
    X1 = np.array([[1, 1], [0, 1]])
    c.counterexample(14, numerator(squares, X1), 2 * X1, ([[2, 0], [2, 2]], [[2, 2], [0, 2]]))
    c.claim(15, numerator(lambda X: np.log(np.linalg.det(X) ** 2) / 2, X), np.linalg.inv(X))


@document("false/003-inverse-squared.md")
def _(c, rng):
    inverse = np.linalg.inv

    def sides(X, H):
        return along(lambda X: inverse(X @ X), X, H), -2 * inverse(X @ X @ X) @ H

    X, H = invertible(rng, 3), rng.normal(size=(3, 3))
    c.claim(7, along(inverse, X, H), -inverse(X) @ H @ inverse(X))
    c.claim(13, along(lambda X: np.log(np.linalg.det(X)), X, H), np.trace(inverse(X) @ H))
    c.claim(19, *sides(X, H))
    c.lazy(19, *sides(X, X @ X + X))  # as if X and H commuted
    c.counterexample(
        19, *sides(np.diag([1.0, 2.0]), np.array([[0, 1], [0, 0]])), ([[0, -3 / 4], [0, 0]], [[0, -2], [0, 0]])
    )
    c.claim(25, along(lambda X: np.trace(inverse(X @ X)), X, H), -2 * np.trace(inverse(X @ X @ X) @ H))


def by_rows(M):
    return np.asarray(M).reshape(-1)


def by_columns(M):
    return np.asarray(M).T.reshape(-1)


@document("false/004-vec-by-rows.md")
def _(c, rng):
    def sides(A, X, B, vec=by_rows):
        return vec(A @ X @ B), np.kron(B.T, A) @ vec(X)

    A, B, X = rng.normal(size=(3, 3, 3))
    a, b, one = rng.normal(size=3), rng.normal(size=3), np.eye(3)
    c.claim(8, by_rows(A @ X), np.kron(A, one) @ by_rows(X))
    c.claim(12, by_rows(X @ B), np.kron(one, B.T) @ by_rows(X))
    c.claim(16, *sides(A, X, B))
    c.lazy(16, *sides(A, X, B, by_columns))
    c.counterexample(
        16, *sides(np.array([[0, 1], [0, 0]]), np.eye(2), np.eye(2)), ([0, 1, 0, 0], [0, 0, 1, 0])
    )
    c.claim(20, by_rows(np.outer(a, b)), np.kron(a, b))


@document("false/005-already-averaged.md")
def _(c, rng):
    def cost_of_scores(Z, Y):
        A = logistic(Z)
        return -np.sum(Y * np.log(A) + (1 - Y) * np.log(1 - A)) / Y.shape[1]

    def cost(W, X, b, Y):
        return cost_of_scores(W @ X + b[:, None], Y)

    def sides(W, X, b, Y):
        dZ = D(lambda Z: cost_of_scores(Z, Y), W @ X + b[:, None])
        return D(lambda b: cost(W, X, b, Y), b), dZ.sum(axis=1) / Y.shape[1]

    d, k, m = 3, 2, 4
    W, X, b = rng.normal(size=(k, d)), rng.normal(size=(d, m)), rng.normal(size=k)
    Y = rng.integers(0, 2, size=(k, m))
    Z = W @ X + b[:, None]
    dZ = D(lambda Z: cost_of_scores(Z, Y), Z)
    c.given(7, 13)
    c.claim(20, dZ, (logistic(Z) - Y) / m)
    c.claim(21, D(lambda W: cost(W, X, b, Y), W), dZ @ X.T)
    c.claim(22, *sides(W, X, b, Y))
    c.lazy(22, sides(W, X, b, Y)[0], (logistic(Z) - Y) @ np.ones(m) / m)  # dZ without 1/m, as in the well-known course
    c.counterexample(22, *sides(np.zeros((1, 1)), np.zeros((1, 2)), np.zeros(1), np.zeros((1, 2))), (1 / 2, 1 / 4))
    c.claim(23, D(lambda X: cost(W, X, b, Y), X), W.T @ dZ)


@document("false/006-mean-of-all-entries.md")
def _(c, rng):
    def loss(W, X, T):
        return np.mean((X @ W - T) ** 2)

    def right(W, X, T):
        return 2 / len(X) * X.T @ (X @ W - T)

    def sides(W, X, T):
        return D(lambda W: loss(W, X, T), W), right(W, X, T)

    N, d, K = 5, 3, int(rng.integers(2, 5))
    X, W, T = rng.normal(size=(N, d)), rng.normal(size=(d, K)), rng.normal(size=(N, K))
    jacobian = D(lambda W: X @ W, W)
    for n, j, k in np.ndindex(N, d, K):
        c.claim(9, jacobian[n, k, j, k], X[n, j])
    c.claim(15, *sides(W, X, T))
    c.lazy(15, D(lambda W: np.mean(np.sum((X @ W - T) ** 2, axis=1)), W), right(W, X, T))  # mean over the batch only
    c.counterexample(15, *sides(np.zeros((1, 2)), np.ones((1, 1)), -np.ones((1, 2))), ([1, 1], [2, 2]))
    second = D2(lambda W: loss(W, X, T), W)
    for j, k in np.ndindex(d, K):
        c.claim(21, second[j, k, j, k], 2 / (N * K) * np.sum(X[:, j] ** 2))


@document("false/007-gebundene-einbettung.md")
def _(c, rng):
    def loss_of_scores(z, u):
        return -np.log(softmax(z)[u])

    def loss(E, w, u):
        return loss_of_scores(E @ E[w], u)

    def sides(E, w, u):
        p, y = softmax(E @ E[w]), np.eye(len(E))[u]
        return D(lambda E: loss(E, w, u), E)[w], (p - y) @ E

    V, d = 5, 3
    E = rng.normal(size=(V, d))
    w, u = rng.permutation(V)[:2]
    z, y = E @ E[w], np.eye(V)[u]
    c.given(7)
    c.claim(14, D(lambda z: loss_of_scores(z, u), z), softmax(z) - y)
    for v in set(range(V)) - {w}:
        c.claim(20, D(lambda E: loss(E, w, u), E)[v], (softmax(z) - y)[v] * E[w])
    c.claim(26, *sides(E, w, u))
    c.lazy(26, D(lambda h: loss_of_scores(E @ h, u), E[w]), sides(E, w, u)[1])  # the output has a matrix of its own
    p_w = np.e / (1 + np.e)
    c.counterexample(26, *sides(np.array([[1.0], [0.0]]), 0, 1), (2 * p_w, p_w))


@document("false/008-star.md")
def _(c, rng):
    def loss(Y, T):
        return np.sum((Y - T) ** 2) / 2

    def dZ(Z, T):
        return D(lambda Z: loss(np.sin(Z), T), Z)

    def right(Z, T):  # the star is the product of matrices
        return D(lambda Y: loss(Y, T), np.sin(Z)) @ np.cos(Z)

    A, X, T = rng.normal(size=(3, 3, 3))
    Z = A @ X
    Y = np.sin(Z)
    c.given(9)
    c.claim(15, D(lambda Y: loss(Y, T), Y), Y - T)
    c.claim(19, dZ(Z, T), right(Z, T))
    c.lazy(19, dZ(Z, T), (Y - T) * np.cos(Z))  # the star of NumPy
    c.counterexample(19, dZ(np.zeros((2, 2)), -np.eye(2)), right(np.zeros((2, 2)), -np.eye(2)), (np.eye(2), [1] * 4))
    c.claim(23, D(lambda A: loss(np.sin(A @ X), T), A), dZ(Z, T) @ X.T)
    c.claim(27, D(lambda X: loss(np.sin(A @ X), T), X), A.T @ dZ(Z, T))


@document("false/009-columns-of-weights.md")
def _(c, rng):
    def sides(S, V, O_bar, axis=0):  # the softmax of every column
        P, P_bar = softmax(S, axis), V.T @ O_bar
        S_bar = D(lambda S: np.sum(O_bar * (V @ softmax(S, axis))), S)
        ones = np.ones((len(S), len(S)))
        return S_bar, P * (P_bar - (P * P_bar) @ ones)

    n, d = 4, 3
    S, V, O_bar = rng.normal(size=(n, n)), rng.normal(size=(d, n)), rng.normal(size=(d, n))
    P = softmax(S, 0)
    c.given(7)
    c.claim(13, D(lambda V: np.sum(O_bar * (V @ P)), V), O_bar @ P.T)
    c.claim(17, D(lambda P: np.sum(O_bar * (V @ P)), P), V.T @ O_bar)
    c.claim(21, *sides(S, V, O_bar))
    c.lazy(21, *sides(S, V, O_bar, axis=1))
    e1 = np.array([[1.0, 0.0]])
    c.counterexample(21, *sides(np.zeros((2, 2)), e1, e1), ([[1 / 4, 0], [-1 / 4, 0]], [[1 / 4, -1 / 4], [0, 0]]))
    c.claim(27, np.ones(n) @ P, np.ones(n))


@document("false/010-mask-after-softmax.md")
def _(c, rng):
    def a(S):
        return np.tril(softmax(S, 1))

    def masked_before(S):
        e = np.tril(np.exp(S))
        return e / e.sum(axis=1, keepdims=True)

    n = 4
    S = rng.normal(size=(n, n))
    A, P, slope, other = a(S), softmax(S, 1), D(a, S), D(masked_before, S)
    c.given(6)
    for i in range(n):
        c.claim(12, A[i].sum(), 1 - P[i, i + 1 :].sum())
        for j in range(i + 1):
            for k in range(i + 1):
                c.claim(18, slope[i, j, i, k], A[i, j] * ((j == k) - A[i, k]))
            for k in range(i + 1, n):
                c.claim(24, slope[i, j, i, k], 0)
                c.lazy(24, other[i, j, i, k], 0)
    c.counterexample(24, D(a, np.zeros((2, 2)))[0, 0, 0, 1], 0, (-1 / 4, 0))


@document("false/011-two-classes.md")
def _(c, rng):
    def loss(z, y):
        return -np.log(softmax(z)[y])

    K = 4
    z, label = rng.normal(size=K), rng.integers(K)
    y = np.eye(K)[label]
    c.claim(9, D(lambda z: -y @ np.log(softmax(z)), z), softmax(z) - y)
    z = rng.normal(size=2)
    p = softmax(z)
    for y in (0, 1):
        slope = D(lambda z: loss(z, y), z)
        c.claim(18, loss(z, y), -y * np.log(p[1]) - (1 - y) * np.log(p[0]))
        c.claim(24, slope, p - y)
        c.lazy(24, slope[1], p[1] - y)  # as for one logistic unit
        c.claim(28, np.diag(D2(lambda z: loss(z, y), z)), np.full(2, p[0] * p[1]))
    c.counterexample(24, D(lambda z: loss(z, 1), np.zeros(2))[0], softmax(np.zeros(2))[0] - 1, (1 / 2, -1 / 2))


@document("false/012-class-weights.md")
def _(c, rng):
    def loss(z, w, y):
        return -np.sum(w * y * np.log(softmax(z)))

    def sides(z, w, y):
        return D(lambda z: loss(z, w, y), z), w * (softmax(z) - y)

    K = 4
    z, w, right_class = rng.normal(size=K), np.exp(rng.normal(size=K)), rng.integers(K)
    y = np.eye(K)[right_class]
    slope = sides(z, w, y)[0]
    c.given(7)
    c.claim(12, loss(z, w, y), -w[right_class] * np.log(softmax(z)[right_class]))
    c.claim(16, slope[right_class], w[right_class] * (softmax(z)[right_class] - 1))
    c.claim(20, *sides(z, w, y))
    c.lazy(20, *sides(z, np.full(K, 1.7), y))  # the same weight for all classes
    c.counterexample(20, *sides(np.zeros(2), np.array([1, 3]), np.array([1, 0])), ([-1 / 2, 1 / 2], [-1 / 2, 3 / 2]))
    c.claim(24, slope.sum(), 0)


@document("false/013-delta-by-activation.md")
def _(c, rng):
    def layers(W, b, a0):
        activations = [a0]
        for weights, bias in zip(W, b):
            activations.append(np.tanh(weights @ activations[-1] + bias))
        return activations

    def cost_from(l, a, W, b, t):  # the cost as a function of the activation of layer l
        return np.sum((layers(W[l:], b[l:], a)[-1] - t) ** 2) / 2

    def delta(l, W, b, a0, t):
        return D(lambda a: cost_from(l, a, W, b, t), layers(W, b, a0)[l])

    def by_weight(l, W, b, a0, t):  # W^l is W[l - 1]
        return D(lambda w: cost_from(0, a0, [*W[: l - 1], w, *W[l:]], b, t), W[l - 1])

    def by_bias(l, W, b, a0, t):
        return D(lambda v: cost_from(0, a0, W, [*b[: l - 1], v, *b[l:]], t), b[l - 1])

    def sides(l, W, b, a0, t):
        return by_weight(l, W, b, a0, t), np.outer(delta(l, W, b, a0, t), layers(W, b, a0)[l - 1])

    sizes = [3, 4, 2, 3]
    W = [rng.normal(size=shape) for shape in zip(sizes[1:], sizes)]
    b, a0, t = [rng.normal(size=n) for n in sizes[1:]], rng.normal(size=3), rng.normal(size=3)
    a = layers(W, b, a0)
    c.given(7)
    c.claim(14, delta(3, W, b, a0, t), a[3] - t)
    for l in (1, 2, 3):
        s, d = 1 - a[l] ** 2, delta(l, W, b, a0, t)
        c.claim(15, delta(l - 1, W, b, a0, t), W[l - 1].T @ (s * d))
        c.claim(16, by_bias(l, W, b, a0, t), s * d)
        c.claim(17, *sides(l, W, b, a0, t))
        c.lazy(17, by_weight(l, W, b, a0, t), np.outer(by_bias(l, W, b, a0, t), a[l - 1]))  # the error by z^l
    example = sides(1, [np.zeros((1, 1))], [np.arctanh([0.5])], np.ones(1), np.zeros(1))
    c.counterexample(17, *example, (3 / 8, 1 / 2))


@document("false/014-evaluation-mode.md")
def _(c, rng):
    def stored(x, mu, v, eps):
        return (x - mu) / np.sqrt(v + eps)

    def trained(x, eps):
        return stored(x, x.mean(), ((x - x.mean()) ** 2).mean(), eps)

    m, eps = 5, 0.3
    x, L = rng.normal(size=m), some_loss(rng, m)
    y, root = trained(x, eps), np.sqrt(x.var() + eps)
    g = D(L, y)
    in_training = D(lambda x: L(trained(x, eps)), x)
    c.claim(11, in_training, (g - g.sum() / m - y / m * (g @ y)) / root)
    c.claim(16, y.sum(), 0)
    mu, v = rng.normal(), np.exp(rng.normal())
    c.claim(24, np.diag(D(lambda x: stored(x, mu, v, eps), x)), np.full(m, 1 / np.sqrt(v + eps)))
    c.claim(28, D(lambda x: L(stored(x, mu, v, eps)), x).sum(), 0)
    c.lazy(28, in_training.sum(), 0)
    c.counterexample(28, D(lambda x: stored(x, 0, 0.5, 0.5)[0], np.zeros(2)).sum(), 0, (1, 0))


def normalised(x, eps):
    centred = x - x.mean()
    s = np.sqrt((centred * centred).mean() + eps)
    return centred / s, s


@document("false/015-gain.md")
def _(c, rng):
    def backward(x, gamma, y_bar, eps):  # the gradient by x, and the formula of the second section
        x_hat, s = normalised(x, eps)
        formula = gamma / s * (y_bar - y_bar.mean() - (x_hat * y_bar).mean() * x_hat)
        return D(lambda x: y_bar @ (gamma * normalised(x, eps)[0]), x), formula

    n, eps = 5, 0.2
    x, y_bar, beta = rng.normal(size=(3, n))
    x_hat = normalised(x, eps)[0]
    gamma = rng.normal()
    c.claim(12, D(lambda gamma: y_bar @ (gamma * x_hat + beta[0]), gamma), x_hat @ y_bar)
    c.claim(16, *backward(x, gamma, y_bar, eps))
    c.lazy(29, *backward(x, gamma, y_bar, eps))  # one gain for all entries
    gamma = rng.normal(size=n)
    c.claim(25, D(lambda gamma: y_bar @ (gamma * x_hat + beta), gamma), x_hat * y_bar)
    c.claim(29, *backward(x, gamma, y_bar, eps))
    example = backward(np.array([1.0, -1.0]), np.array([1.0, 2.0]), np.ones(2), 3)
    c.counterexample(29, *example, ([-3 / 16, 3 / 16], [0, 0]))


@document("false/016-rms.md")
def _(c, rng):
    def rms(x):
        return np.sqrt((x * x).mean())

    def sides(x):
        y, r = x / rms(x), rms(x)
        return D(lambda x: x / rms(x), x), (np.eye(len(x)) - np.outer(y, y)) / r

    n = int(rng.integers(2, 6))
    x = rng.normal(size=n)
    u = x / norm(x)
    of_unit = np.eye(n) - np.outer(u, u)
    c.claim(8, D(lambda x: x / norm(x), x), of_unit / norm(x))
    c.claim(14, D(rms, x), x / rms(x) / n)
    c.claim(18, *sides(x))
    c.lazy(18, sides(x)[0], of_unit / rms(x))  # as if y had length 1
    c.counterexample(18, *sides(np.ones(2)), ([[1 / 2, -1 / 2], [-1 / 2, 1 / 2]], [[0, -1], [-1, 0]]))
    c.claim(24, sides(x)[0] @ x, np.zeros(n))


@document("false/017-deux-blocs.md")
def _(c, rng):
    def jacobians(F, G, x):
        return D(F, x), D(G, x + F(x))

    def whole(F, G, x):
        y = x + F(x)
        return y + G(y)

    def sides(F, G, x):
        JF, JG = jacobians(F, G, x)
        return D(lambda x: whole(F, G, x), x), np.eye(len(x)) + JF + JG + JF @ JG

    def tanh_layer(A):
        return lambda x: np.tanh(A @ x)

    n = 3
    A, B = rng.normal(size=(2, n, n))
    F, G, x, L = tanh_layer(A), tanh_layer(B), rng.normal(size=n), some_loss(rng, n)
    JF, JG = jacobians(F, G, x)
    one = np.eye(n)
    c.claim(7, D(lambda x: x + F(x), x), one + JF)
    c.claim(13, D(lambda x: whole(F, G, x), x), (one + JG) @ (one + JF))
    c.claim(19, *sides(F, G, x))
    c.lazy(19, *sides(tanh_layer(A[:1, :1]), tanh_layer(B[:1, :1]), x[:1]))  # numbers commute
    linear = sides(lambda x: np.array([x[1], 0 * x[1]]), lambda y: np.array([0 * y[0], y[0]]), np.ones(2))
    c.counterexample(19, *linear, ([[1, 1], [1, 2]], [[2, 1], [1, 1]]))
    gradient = D(lambda x: L(whole(F, G, x)), x)
    c.claim(25, gradient, (one + JF).T @ (one + JG).T @ D(L, whole(F, G, x)))


def masks(n, p):
    """All masks with their probabilities, when each entry is 0 with the probability p."""
    for m in itertools.product((0, 1), repeat=n):
        m = np.array(m)
        yield m, np.prod(np.where(m == 1, 1 - p, p))


@document("false/018-dropout-both-ways.md")
def _(c, rng):
    def gradient(m, scale, x, L):
        return D(lambda x: L(scale * m * x), x)

    def right(m, scale, p, x, L):
        return m * D(L, scale * m * x) / (1 - p)

    n, p = 4, rng.uniform(0.2, 0.8)
    x, L = rng.normal(size=n), some_loss(rng, n)
    m = rng.permutation([1, 1, 0, 1])
    up = 1 / (1 - p)
    c.claim(11, sum(chance * up * mask * x for mask, chance in masks(n, p)), x)
    c.claim(17, gradient(m, up, x, L), right(m, up, p, x, L))
    c.lazy(29, gradient(m, up, x, L), right(m, up, p, x, L))  # the survivors are scaled
    c.claim(25, sum(chance * mask * x for mask, chance in masks(n, p)), (1 - p) * x)
    c.claim(29, gradient(m, 1, x, L), right(m, 1, p, x, L))
    m, x = np.ones(1), np.zeros(1)
    c.counterexample(29, gradient(m, 1, x, np.sum), right(m, 1, 1 / 2, x, np.sum), (1, 2))


@document("false/019-filas-repetidas.md")
def _(c, rng):
    def by_rows_of(E, words, L):
        return D(lambda E: L(E[words]), E)

    V, d = 7, 3
    E = rng.normal(size=(V, d))
    la, casa, y, mesa = rng.permutation(V)[:4]
    words = [la, casa, y, la, mesa]
    L = some_loss(rng, (len(words), d))
    G, g = by_rows_of(E, words, L), D(L, E[words])
    c.given(7)
    for v in set(range(V)) - set(words):
        c.claim(14, G[v], np.zeros(d))
    c.claim(20, G[words], g)
    different = [la, casa, y, mesa]
    L4 = some_loss(rng, (4, d))
    c.lazy(20, by_rows_of(E, different, L4)[different], D(L4, E[different]))
    c.claim(26, G.sum(axis=0), g.sum(axis=0))
    weights = np.array([[1.0], [2.0]])
    example = by_rows_of(np.zeros((1, 1)), [0, 0], lambda x: np.sum(weights * x))
    c.counterexample(20, example[0], weights[0], (3, 1))


@document("false/020-flipped-kernel.md")
def _(c, rng):
    def at(x, i):  # x_1, ..., x_n, and 0 outside
        return x[i - 1] if 1 <= i <= len(x) else 0

    def layer(w, x, sign):
        n = len(x)
        return np.stack([sum(w[k] * at(x, i + sign * k) for k in range(len(w))) for i in range(1, n + 1)])

    def by_signal(w, x, L, sign):
        g = D(L, layer(w, x, sign))
        right = [sum(w[k] * at(g, j - k) for k in range(len(w))) for j in range(1, len(x) + 1)]
        return D(lambda x: L(layer(w, x, sign)), x), np.array(right)

    def by_kernel(w, x, L, sign):
        g = D(L, layer(w, x, sign))
        right = [sum(g[i - 1] * at(x, i + sign * k) for i in range(1, len(x) + 1)) for k in range(len(w))]
        return D(lambda w: L(layer(w, x, sign)), w), np.array(right)

    n, K = 6, int(rng.integers(2, 5))
    w, x, L = rng.normal(size=K), rng.normal(size=n), some_loss(rng, n)
    c.claim(10, *by_kernel(w, x, L, +1))
    c.claim(11, *by_signal(w, x, L, +1))
    c.claim(19, *by_kernel(w, x, L, -1))
    c.claim(20, *by_signal(w, x, L, -1))
    c.lazy(20, *by_signal(w, x, L, +1))
    example = by_signal(np.array([0.0, 1.0]), np.zeros(3), lambda y: y[1], -1)
    c.counterexample(20, example[0][0], example[1][0], (1, 0))


@document("false/021-empates.md")
def _(c, rng):
    def routine(x, y_bar):  # equal parts for the places of the maximum
        M = x == x.max()
        return np.where(M, y_bar / M.sum(), 0)

    n, y_bar = 5, rng.normal()
    x = rng.permutation([0.0, 3, 1, 3, 3])  # a tie
    M = x == x.max()
    back = routine(x, y_bar)
    c.claim(7, back[~M], np.zeros((~M).sum()))
    c.claim(13, back[M], np.full(M.sum(), y_bar))
    c.claim(20, back.sum(), y_bar)
    x = rng.normal(size=n)  # no ties: the derivative exists
    M = x == x.max()
    slope = y_bar * D(maximum, x)
    c.claim(7, slope[~M], np.zeros(n - 1))
    c.claim(20, slope.sum(), y_bar)
    c.lazy(13, slope[M], np.full(1, y_bar))
    c.counterexample(13, routine(np.zeros(2), 1.0)[0], 1, (1 / 2, 1))
    c.claim(26, y_bar * D(np.mean, x), np.full(n, y_bar / n))


@document("false/022-peephole.md")
def _(c, rng):
    def forget(c0, x, h, w_f, u_f, v_f):
        return logistic(w_f * x + u_f * h + v_f * c0)

    def state(c0, x, h, f, w_i, u_i, w_g, u_g):
        return f * c0 + logistic(w_i * x + u_i * h) * np.tanh(w_g * x + u_g * h)

    def sides(c0, x, h, w_f, u_f, v_f, others):
        def new_state(c0):
            return state(c0, x, h, forget(c0, x, h, w_f, u_f, v_f), *others)

        return D(new_state, c0), forget(c0, x, h, w_f, u_f, v_f)

    c0, x, h, w_f, u_f, v_f, w_i, u_i, w_g, u_g = rng.normal(size=10)
    f = forget(c0, x, h, w_f, u_f, v_f)
    c.given(9)
    c.claim(15, D(lambda c0: forget(c0, x, h, w_f, u_f, v_f), c0), v_f * f * (1 - f))
    c.claim(21, *sides(c0, x, h, w_f, u_f, v_f, (w_i, u_i, w_g, u_g)))
    c.lazy(21, D(lambda c0: state(c0, x, h, f, w_i, u_i, w_g, u_g), c0), f)  # no peephole: the gate is fixed
    c.counterexample(21, *sides(1, 1, 0, -1, 0, 1, (0, 0, 0, 0)), (3 / 4, 1 / 2))
    i, g = logistic(w_i * x + u_i * h), np.tanh(w_g * x + u_g * h)
    c.claim(27, D(lambda w_g: state(c0, x, h, f, w_i, u_i, w_g, u_g), w_g), i * (1 - g**2) * x)


@document("false/023-clip-by-layer.md")
def _(c, rng):
    def clipped(g, bound):
        return min(1, bound / norm(g)) * g

    def sides(clipped_g, g):
        return clipped_g @ g, norm(clipped_g) * norm(g)

    bound = np.exp(rng.normal())
    layers = [bound * factor * rng.normal(size=3) for factor in (0.1, 3, 10)]
    g = np.concatenate(layers)
    c.claim_that(11, norm(clipped(g, bound)) <= bound * (1 + 1e-12))
    c.claim(15, *sides(clipped(g, bound), g))
    c.lazy(31, *sides(clipped(g, bound), g))  # everything at once
    parts = [clipped(part, bound) for part in layers]
    for part, clipped_part in zip(layers, parts):
        c.claim_that(23, norm(clipped_part) <= bound * (1 + 1e-12))
        c.claim(27, *sides(clipped_part, part))
    c.claim(31, *sides(np.concatenate(parts), g))
    c.counterexample(31, *sides(np.array([1.0, 1.0]), np.array([1.0, 7.0])), (8, 10))


@document("false/024-decay-and-momentum.md")
def _(c, rng):
    def steps(w0, gradient, eta, lam, beta, penalty):
        """w_0, w_1, w_2 and the gradients g_0, g_1 of the plain loss."""
        w, v, weights, gradients = w0, 0 * w0, [w0], []
        for _ in range(2):
            g = gradient(w)
            gradients.append(g)
            v = beta * v + g + (lam * w if penalty else 0)
            w = (1 if penalty else 1 - eta * lam) * w - eta * v
            weights.append(w)
        return weights, gradients

    def sides(w0, gradient, eta, lam, beta, penalty):
        (_, w1, w2), (g0, g1) = steps(w0, gradient, eta, lam, beta, penalty)
        return w2, (1 - eta * lam) * w1 - eta * (beta * g0 + g1)

    L, w0 = some_loss(rng, 3), rng.normal(size=3)
    eta, lam, beta = rng.uniform(0.1, 0.9, size=3)

    def gradient(w):
        return D(L, w)

    c.given(11)
    c.claim(17, *sides(w0, gradient, eta, lam, beta, penalty=False))
    c.lazy(30, *sides(w0, gradient, eta, lam, beta, penalty=False))
    (_, w1, _), (g0, _) = steps(w0, gradient, eta, lam, beta, penalty=True)
    c.claim(26, w1, (1 - eta * lam) * w0 - eta * g0)
    c.claim(30, *sides(w0, gradient, eta, lam, beta, penalty=True))
    c.counterexample(30, *sides(np.ones(1), np.ones_like, 1, 1, 1, penalty=True), (-3, -2))


@document("false/025-gauss-newton.md")
def _(c, rng):
    def sides(r, w):
        J = D(r, w)
        return D2(lambda w: r(w) @ r(w) / 2, w), J.T @ J

    n, d = 5, 3
    X, y, w = rng.normal(size=(n, d)), rng.normal(size=n), rng.normal(size=d)

    def r(w):
        return np.tanh(X @ w) - y

    c.claim(9, *sides(lambda w: X @ w - y, w))
    c.lazy(23, *sides(lambda w: X @ w - y, w))
    a = np.tanh(X @ w)
    c.claim(15, D(r, w), np.diag(1 - a**2) @ X)
    c.claim(19, D(lambda w: r(w) @ r(w) / 2, w), D(r, w).T @ r(w))
    c.claim(23, *sides(r, w))
    c.counterexample(23, *sides(np.tanh, np.arctanh([0.5])), (3 / 16, 9 / 16))


@document("false/026-max-subtracted.md")
def _(c, rng):
    def Q(z):
        return np.sum(np.exp(z - maximum(z)))

    n = int(rng.integers(2, 6))
    z = rng.normal(size=n)
    p = np.exp(z - z.max()) / Q(z)
    c.given(7)
    c.claim(13, np.log(np.sum(np.exp(z))), z.max() + np.log(Q(z)))
    c.claim(19, D(lambda z: np.exp(z - maximum(z)) / Q(z), z), np.diag(p) - np.outer(p, p))
    c.claim(23, D(lambda z: maximum(z) + np.log(Q(z)), z), p)
    c.claim(27, D(lambda z: np.log(Q(z)), z), p)
    c.lazy(27, D(lambda y: np.log(np.sum(np.exp(y - z.max()))), z), p)  # as if m were a constant
    z = np.array([np.log(3), 0])
    c.counterexample(27, D(lambda z: np.log(Q(z)), z)[0], softmax(z)[0], (-1 / 4, 3 / 4))


# ------------------------------------------------------------------------------------------------- true


@document("true/001-symmetric-at-the-end.md")
def _(c, rng):
    A, S, x, X = rng.normal(size=(4, 4)), rng.normal(size=(4, 4)), rng.normal(size=4), rng.normal(size=(4, 3))
    S = S + S.T

    def gradient(M):
        return D(lambda X: np.trace(X.T @ M @ X), X)

    c.claim(7, D(lambda x: x @ S @ x, x), 2 * S @ x)
    c.claim(11, D(lambda x: x @ A @ x, x), A @ x + A.T @ x)
    c.claim(15, gradient(S), 2 * S @ X)
    c.claim(19, gradient(A @ S @ A.T), 2 * A @ S @ A.T @ X)
    c.claim(23, gradient(A @ S), (A @ S + S @ A.T) @ X)


@document("true/002-disposition-numerateur.md")
def _(c, rng):
    A, x, b, X = rng.normal(size=(3, 3)), rng.normal(size=3), rng.normal(size=3), rng.normal(size=(4, 3))
    row = D(lambda x: np.sum((A @ x - b) ** 2), x)
    c.claim(11, D(lambda x: x @ A @ x, x), x @ (A + A.T))
    c.claim(12, row, 2 * (A @ x - b) @ A)
    c.claim(20, D(lambda X: np.trace(X.T @ X), X).T, 2 * X.T)
    c.claim(21, D(lambda X: np.trace(X @ A @ X.T), X).T, (A + A.T) @ X.T)
    X = invertible(rng, 3)
    c.claim(22, D(lambda X: np.log(np.linalg.det(X) ** 2) / 2, X).T, np.linalg.inv(X))


@document("true/003-volume.md")
def _(c, rng):
    n, k = 5, 3
    X, A = rng.normal(size=(n, k)), rng.normal(size=(n, n))
    det, inverse = np.linalg.det, np.linalg.inv
    pseudo = inverse(X.T @ X) @ X.T
    c.claim(7, pseudo @ X, np.eye(k))
    c.claim(13, D(lambda X: np.log(det(X.T @ X)), X), 2 * pseudo.T)
    c.claim(17, D(lambda X: det(X.T @ X), X), 2 * det(X.T @ X) * X @ inverse(X.T @ X))
    M = X.T @ A @ X
    right = det(M) * (A @ X @ inverse(M) + A.T @ X @ inverse(M).T)
    c.claim(23, D(lambda X: det(X.T @ A @ X), X), right)


@document("true/004-zeilenweise.md")
def _(c, rng):
    A, X, B = rng.normal(size=(2, 3)), rng.normal(size=(3, 4)), rng.normal(size=(4, 5))
    a, b, S = rng.normal(size=2), rng.normal(size=4), rng.normal(size=(3, 3))
    jacobian = D(lambda v: (A @ v.reshape(3, 4) @ B).reshape(-1), by_rows(X))
    of_square = D(lambda v: (v.reshape(3, 3) @ v.reshape(3, 3)).reshape(-1), by_rows(S))
    c.claim(7, by_rows(A @ X @ B), np.kron(A, B.T) @ by_rows(X))
    c.claim(11, by_rows(np.outer(a, b)), np.kron(a, b))
    c.claim(17, jacobian, np.kron(A, B.T))
    c.claim(23, of_square, np.kron(np.eye(3), S.T) + np.kron(S, np.eye(3)))


@document("true/005-broadcast-bias.md")
def _(c, rng):
    N, d, K = 5, 3, 4
    X, W, b, y = rng.normal(size=(N, d)), rng.normal(size=(d, K)), rng.normal(size=K), rng.integers(K, size=N)

    def loss(Z):
        return -np.mean(np.log(softmax(Z, 1))[np.arange(N), y])

    Z = X @ W + b
    dZ = D(loss, Z)
    c.given(7)
    for i, k in np.ndindex(N, K):
        c.claim(14, dZ[i, k], (softmax(Z, 1)[i, k] - (k == y[i])) / N)
    c.claim(18, D(lambda W: loss(X @ W + b), W), X.T @ dZ)
    c.claim(22, D(lambda b: loss(X @ W + b), b), dZ.sum(axis=0))
    c.claim(26, D(lambda X: loss(X @ W + b), X), dZ @ W.T)


@document("true/006-two-means.md")
def _(c, rng):
    N, d, K = 5, 3, 4
    X, W, T = rng.normal(size=(N, d)), rng.normal(size=(d, K)), rng.normal(size=(N, K))

    def l1(Y):
        return np.mean(np.sum((Y - T) ** 2, axis=1))

    def l2(Y):
        return np.mean((Y - T) ** 2)

    Y = X @ W
    c.claim(9, l1(Y), K * l2(Y))
    c.claim(15, D(lambda W: l1(X @ W), W), 2 / N * X.T @ (Y - T))
    c.claim(19, D(lambda W: l2(X @ W), W), 2 / (N * K) * X.T @ (Y - T))
    c.claim(25, D(l2, Y), 2 / (N * K) * (Y - T))


@document("true/007-weight-used-twice.md")
def _(c, rng):
    W, x, t = rng.normal(size=(3, 3)), rng.normal(size=3), rng.normal(size=3)

    def loss(W, x):
        return np.sum((W @ np.tanh(W @ x) - t) ** 2) / 2

    h = np.tanh(W @ x)
    delta = W @ h - t
    epsilon = (1 - h * h) * (W.T @ delta)
    c.given(6)
    c.claim(12, D(lambda h: np.sum((W @ h - t) ** 2) / 2, h), W.T @ delta)
    c.claim(18, D(lambda x: loss(W, x), x), W.T @ epsilon)
    c.claim(24, D(lambda W: loss(W, x), W), np.outer(delta, h) + np.outer(epsilon, x))


@document("true/008-star-is-elementwise.md")
def _(c, rng):
    W, X, V, T = rng.normal(size=(3, 4)), rng.normal(size=(4, 5)), rng.normal(size=(2, 3)), rng.normal(size=(2, 5))

    def loss(V, Y):
        return np.sum((V @ Y - T) ** 2) / 2

    Z = W @ X
    Y = np.sin(Z)
    R = V @ Y - T
    c.given(9)
    c.claim(16, D(lambda V: loss(V, Y), V), R @ Y.T)
    c.claim(17, D(lambda Y: loss(V, Y), Y), V.T @ R)
    c.claim(18, D(lambda Z: loss(V, np.sin(Z)), Z), (V.T @ R) * np.cos(Z))
    c.claim(19, D(lambda W: loss(V, np.sin(W @ X)), W), ((V.T @ R) * np.cos(Z)) @ X.T)


@document("true/009-one-column-per-query.md")
def _(c, rng):
    d, n = 3, 4
    Q, K, V, O_bar = rng.normal(size=(4, d, n))

    def scores(Q, K):
        return K.T @ Q / np.sqrt(d)

    def loss(P, V):  # any loss with the gradient O_bar at O
        return np.sum(O_bar * (V @ P))

    S = scores(Q, K)
    P = softmax(S, 0)
    P_bar = D(lambda P: loss(P, V), P)
    S_bar = D(lambda S: loss(softmax(S, 0), V), S)
    c.given(7)
    c.claim(14, D(lambda V: loss(P, V), V), O_bar @ P.T)
    c.claim(15, P_bar, V.T @ O_bar)
    c.claim(16, S_bar, P * (P_bar - np.ones((n, n)) @ (P * P_bar)))
    c.claim(17, D(lambda Q: loss(softmax(scores(Q, K), 0), V), Q), K @ S_bar / np.sqrt(d))
    c.claim(18, D(lambda K: loss(softmax(scores(Q, K), 0), V), K), Q @ S_bar.T / np.sqrt(d))


@document("true/010-causal-mask.md")
def _(c, rng):
    n = 4
    S = rng.normal(size=(n, n))
    A = softmax(np.where(np.tri(n) == 1, S, -np.inf), 1)

    def visible(S):
        e = np.exp(S) * np.tri(n)
        return e / e.sum(axis=1, keepdims=True)

    slope = D(visible, S)
    for i, j, k in np.ndindex(n, n, n):
        if k > i:
            c.claim(19, slope[i, j, i, k], 0)
        elif j <= i:
            c.claim(7, A[i, j], np.exp(S[i, j]) / np.exp(S[i, : i + 1]).sum())
            c.claim(13, slope[i, j, i, k], A[i, j] * ((j == k) - A[i, k]))
    c.claim(25, slope[0, 0, 0, 0], 0)
    c.claim(31, A.sum(axis=1), np.ones(n))


@document("true/011-label-as-index.md")
def _(c, rng):
    K = 4
    z, y = rng.normal(size=K), int(rng.integers(K))
    p, unit = softmax(z), np.eye(K)[y]

    def loss(z):
        return -np.log(softmax(z)[y])

    slope = D(loss, z)
    c.claim(10, D(lambda z: -unit @ np.log(softmax(z)), z), p - unit)
    c.claim(18, loss(z), -z[y] + np.log(np.sum(np.exp(z))))
    c.claim(24, slope[y], p[y] - 1)
    for k in set(range(K)) - {y}:
        c.claim(30, slope[k], p[k])


@document("true/012-weights-and-soft-labels.md")
def _(c, rng):
    K = 4
    z, w, right_class = rng.normal(size=K), np.exp(rng.normal(size=K)), rng.integers(K)
    p, hard, soft = softmax(z), np.eye(K)[right_class], softmax(rng.normal(size=K))

    def slope(y):
        return D(lambda z: -np.sum(w * y * np.log(softmax(z))), z)

    c.given(6)
    c.claim(12, slope(hard), w[right_class] * (p - hard))
    c.claim(18, slope(soft), p * (w @ soft) - w * soft)
    c.claim(24, slope(soft).sum(), 0)


@document("true/013-destilacion.md")
def _(c, rng):
    K, T = 4, np.exp(rng.normal() / 2)
    z, q = rng.normal(size=K), softmax(rng.normal(size=K))
    p = softmax(z / T)

    def loss(z):
        return -(T**2) * np.sum(q * np.log(softmax(z / T)))

    c.given(7)
    c.claim(13, D(loss, z), T * (p - q))
    c.claim(19, np.diag(D2(loss, z)), p * (1 - p))
    c.claim(25, D(lambda z: softmax(z / T), z), (np.diag(p) - np.outer(p, p)) / T)


@document("true/014-batch-norm-adjoints.md")
def _(c, rng):
    m, eps = 5, 0.2
    x, L = rng.normal(size=m), some_loss(rng, m)

    def variance(x, mu):
        return np.mean((x - mu) ** 2)

    def loss(x, mu, v):
        return L((x - mu) / np.sqrt(v + eps))

    mu = x.mean()
    v = variance(x, mu)
    s = np.sqrt(v + eps)
    y = (x - mu) / s
    y_bar = D(L, y)
    v_bar = D(lambda v: loss(x, mu, v), v)
    mu_bar = D(lambda mu: loss(x, mu, variance(x, mu)), mu)
    c.given(6)
    c.claim(15, v_bar, -(y_bar @ y) / (2 * s**2))
    c.claim(21, mu_bar, -y_bar.sum() / s)
    x_bar = D(lambda x: loss(x, x.mean(), variance(x, x.mean())), x)
    c.claim(27, x_bar, y_bar / s + 2 / m * (x - mu) * v_bar + mu_bar / m)


@document("true/015-gain-inside.md")
def _(c, rng):
    d, eps = 5, 0.2
    x, gamma, beta = rng.normal(size=(3, d))
    L = some_loss(rng, d)
    x_hat, s = normalised(x, eps)
    g = D(L, gamma * x_hat + beta)
    u = gamma * g
    c.given(8)
    c.claim(14, D(lambda gamma: L(gamma * x_hat + beta), gamma), g * x_hat)
    c.claim(18, D(lambda x_hat: L(gamma * x_hat + beta), x_hat), u)
    x_bar = D(lambda x: L(gamma * normalised(x, eps)[0] + beta), x)
    c.claim(22, x_bar, (u - u.mean() - (u * x_hat).mean() * x_hat) / s)


@document("true/016-directions.md")
def _(c, rng):
    n = int(rng.integers(2, 6))
    x, v = rng.normal(size=(2, n))
    u = x / norm(x)

    def rms(x):
        return np.sqrt(np.mean(x * x))

    y = x / rms(x)
    c.claim(6, D(lambda x: x / norm(x), x), (np.eye(n) - np.outer(u, u)) / norm(x))
    c.claim(12, D(lambda x: x @ v / norm(x), x), (v - (u @ v) * u) / norm(x))
    c.claim(18, y, np.sqrt(n) * u)
    c.claim(22, D(lambda x: x / rms(x), x), (np.eye(n) - np.outer(y, y) / n) / rms(x))


@document("true/017-gru-paths.md")
def _(c, rng):
    k = 3
    W, U, P, Q = rng.normal(size=(4, k, k))
    h, x = rng.normal(size=(2, k))
    L = some_loss(rng, k)

    def new(z, n, h):
        return (1 - z) * n + z * h

    def gates(U, h):
        return logistic(W @ x + U @ h), np.tanh(P @ x + Q @ h)

    z, n = gates(U, h)
    g = D(L, new(z, n, h))
    z_bar, n_bar = D(lambda z: L(new(z, n, h)), z), D(lambda n: L(new(z, n, h)), n)
    a, b = z_bar * z * (1 - z), n_bar * (1 - n * n)
    c.given(7)
    c.claim(13, z_bar, g * (h - n))
    c.claim(17, n_bar, (1 - z) * g)
    c.claim(24, D(lambda h: L(new(*gates(U, h), h)), h), z * g + U.T @ a + Q.T @ b)
    c.claim(30, D(lambda U: L(new(*gates(U, h), h)), U), np.outer(a, h))


@document("true/018-zeros-and-ones.md")
def _(c, rng):
    n, p = 4, rng.uniform(0.1, 0.9)
    x, t = rng.normal(size=(2, n))
    m = rng.integers(0, 2, size=n)
    y = m * x
    c.claim(7, m * y, y)
    c.claim(13, D(lambda x: np.sum((m * x) ** 2) / 2, x), y)
    c.claim(19, D(lambda x: np.sum((m * x - t) ** 2) / 2, x), y - m * t)
    c.claim(25, sum(chance * np.sum((mask * x) ** 2) for mask, chance in masks(n, p)), (1 - p) * x @ x)


@document("true/019-log-sum-exp.md")
def _(c, rng):
    n = 4
    z, shift = rng.normal(size=n), rng.normal()
    p, largest = softmax(z), np.eye(n)[np.argmax(z)]
    c.claim(6, np.log(np.exp(z).sum()), shift + np.log(np.exp(z - shift).sum()))
    c.claim(12, D(lambda z: np.log(np.exp(z).sum()), z), p)
    c.claim(18, D(lambda z: np.log(np.exp(z - maximum(z)).sum()), z), p - largest)
    for t in (-3, 0, 2, rng.normal()):
        c.claim(24, np.log(1 + np.exp(t)), max(t, 0) + np.log(1 + np.exp(-abs(t))))


@document("true/020-stride-two.md")
def _(c, rng):
    n = 4
    w, x, L = rng.normal(size=3), rng.normal(size=2 * n + 1), some_loss(rng, n)

    def layer(w, x):
        return np.stack([w @ x[2 * i : 2 * i + 3] for i in range(n)])

    g = D(L, layer(w, x))

    def at(i):
        return g[i] if 0 <= i < n else 0

    by_w, by_x = D(lambda w: L(layer(w, x)), w), D(lambda x: L(layer(w, x)), x)
    c.given(6)
    for k in range(3):
        c.claim(12, by_w[k], sum(g[i] * x[2 * i + k] for i in range(n)))
    for i in range(n):
        c.claim(18, by_x[2 * i + 1], w[1] * g[i])
    for i in range(n + 1):
        c.claim(24, by_x[2 * i], w[0] * at(i) + w[2] * at(i - 1))


@document("true/021-sem-quinas.md")
def _(c, rng):
    W, x, z = rng.normal(size=(4, 3)), rng.normal(size=3), np.zeros(4)
    while np.min(np.abs(z)) < 0.05 or np.all(z < 0) or np.all(z > 0):
        W = rng.normal(size=(4, 3))
        z = W @ x
    h = relu(z)

    def loss(z):
        return np.sum(relu(z) ** 2) / 2

    c.claim(8, np.diag(D(relu, z)), h / z)
    c.claim(14, D(loss, z), h)
    c.claim(18, D(lambda W: loss(W @ x), W), np.outer(h, x))
    c.claim(24, np.diag(D2(loss, z)), h / z)
    c.claim(30, h, (z + np.abs(z)) / 2)


@document("true/022-counting-from-zero.md")
def _(c, rng):
    sizes = [3, 4, 2, 3]
    W = [rng.normal(size=shape) for shape in zip(sizes[1:], sizes)]
    t = rng.normal(size=3)

    def cost_from(l, a, W):
        for weights in W[l:]:
            a = np.tanh(weights @ a)
        return np.sum((a - t) ** 2) / 2

    a = [rng.normal(size=3)]
    for weights in W:
        a.append(np.tanh(weights @ a[-1]))
    delta = [D(lambda v: cost_from(l, v, W), a[l]) for l in range(4)]
    c.given(6)
    c.claim(13, delta[3], a[3] - t)
    for l in range(3):
        back = (1 - a[l + 1] ** 2) * delta[l + 1]
        c.claim(19, delta[l], W[l].T @ back)
        by_weight = D(lambda w: cost_from(0, a[0], [*W[:l], w, *W[l + 1 :]]), W[l])
        c.claim(25, by_weight, np.outer(back, a[l]))


@document("true/023-hessian-times-vector.md")
def _(c, rng):
    n, d = 5, 3
    X, y, w, v = rng.normal(size=(n, d)), rng.normal(size=n), rng.normal(size=d), rng.normal(size=d)

    def r(w):
        return np.tanh(X @ w) - y

    def gradient(w):  # J^T r, written so that it takes complex steps
        return X.T @ ((1 - np.tanh(X @ w) ** 2) * r(w))

    def hessian(w):
        return D2(lambda w: r(w) @ r(w) / 2, w)

    assert same(gradient(w), D(lambda w: r(w) @ r(w) / 2, w))
    a, J = np.tanh(X @ w), D(r, w)
    c.claim(8, D(lambda w: v @ gradient(w), w), hessian(w) @ v)
    c.claim(14, hessian(w), J.T @ J - 2 * X.T @ np.diag(r(w) * a * (1 - a * a)) @ X)
    zero = np.zeros(d)
    c.claim(20, hessian(zero), D(r, zero).T @ D(r, zero))
    c.claim(24, hessian(zero), X.T @ X)


@document("true/024-decay-two-ways.md")
def _(c, rng):
    L, w0 = some_loss(rng, 3), rng.normal(size=3)
    eta, lam, beta = rng.uniform(0.1, 0.9, size=3)
    g0 = D(L, w0)

    def half(w):
        return L(w) + lam / 2 * np.sum(w * w)

    def whole(w):
        return L(w) + lam * np.sum(w * w)

    c.claim(8, w0 - eta * D(half, w0), (1 - eta * lam) * w0 - eta * g0)
    c.claim(14, w0 - eta * D(whole, w0), (1 - 2 * eta * lam) * w0 - eta * g0)
    v1 = beta * 0 + D(half, w0)
    w1 = w0 - eta * v1
    w2 = w1 - eta * (beta * v1 + D(half, w1))
    c.claim(21, w1, (1 - eta * lam) * w0 - eta * g0)
    c.claim(27, w2, (1 - eta * lam) * w1 - eta * D(L, w1) - eta * beta * (g0 + lam * w0))


# ---------------------------------------------------------------------------------------------- checking


def displayed_relations(path):
    """The lines of the relations between $$ and $$."""
    inside, lines = False, set()
    for number, line in enumerate(path.read_text().splitlines(), 1):
        if line.strip().startswith("$$"):
            inside = not inside
        elif inside and re.search(r"=|\\le\b|\\ge\b", re.sub(r"_\{[^{}]*\}|\\left|\\begin\{\w+\}", "", line)):
            lines.add(number)
    return lines


def disagreements_of_trial(name, false_line, trial):
    record = Record()
    DOCUMENTS[name](record, np.random.default_rng(1000 * trial + 23))
    claimed = {line for line, _ in record.claims}
    if record.given_lines & claimed:
        yield f"lines {record.given_lines & claimed} are both given and claimed"
    if (record.given_lines | claimed) != displayed_relations(HERE / name):
        other = (record.given_lines | claimed) ^ displayed_relations(HERE / name)
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
    for line, truth in record.examples:
        if line != false_line or not truth:
            yield f"the counterexample of line {line} is not as stated"
    if false_line is not None and not (record.lazies and record.examples):
        yield "no careless reading, or no counterexample"


def disagreements(name, false_line, counterexample):
    if name.startswith("false/") != (false_line is not None) or name.startswith("false/") != bool(counterexample):
        yield "oracle.csv does not fit the folder"
    for trial in range(TRIALS):
        yield from disagreements_of_trial(name, false_line, trial)


def main():
    with open(HERE / "oracle.csv", newline="") as file:
        rows = list(csv.DictReader(file))
    found = sorted(f"{folder}/{path.name}" for folder in ("true", "false") for path in (HERE / folder).glob("*.md"))
    wrong = 0
    if sorted(row["file"] for row in rows) != found or sorted(DOCUMENTS) != found:
        print("oracle.csv, the functions and the folders do not name the same documents")
        return 1
    for row in rows:
        problems = list(disagreements(row["file"], int(row["line"]) if row["line"] else None, row["counterexample"]))
        for problem in problems:
            print(f"{row['file']}: {problem}")
        wrong += bool(problems)
    print(f"{len(rows)} documents, {wrong} disagree")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
