"""Linear layers, two-layer networks and regressions, with the gradient of every parameter."""

import numpy as np
from scipy.special import expit

from .case import right, wrong

rng = np.random.default_rng(20240611)
X = rng.normal(size=(5, 3))
W = rng.normal(size=(3, 4))
B = rng.normal(size=4)
Y = rng.integers(0, 4, size=5)
AFFINE = [(X, W, B), (X[:2] * 2 - 0.5, W - 0.3, B * 0.1)]


def affine(x, w, b):
    return x @ w + b


def affine_backward(x, w, b, dout):
    return dout @ w.T, x.T @ dout, dout.sum(axis=0)


def affine_jacobian(x, w, b):
    n, m = len(x), w.shape[1]
    dx = np.einsum("ik,jl->ijkl", np.eye(n), w.T)
    dw = np.einsum("ik,jl->ijkl", x, np.eye(m))
    db = np.tile(np.eye(m), (n, 1, 1))
    return dx, dw, db


def affine_bias_not_summed(x, w, b, dout):
    return dout @ w.T, x.T @ dout, dout[0]


def affine_bias_full(x, w, b, dout):
    return dout @ w.T, x.T @ dout, dout


def affine_bias_mean(x, w, b, dout):
    return dout @ w.T, x.T @ dout, dout.mean(axis=0)


def affine_weight_transposed(x, w, b, dout):
    return dout @ w.T, dout.T @ x, dout.sum(axis=0)


def affine_updated_weight(x, w, b, dout):
    dw = x.T @ dout
    w = w - 0.1 * dw
    return dout @ w.T, dw, dout.sum(axis=0)


SQUARE = np.array([[0.7, -1.2, 0.4], [2.0, 0.3, -0.6], [-0.9, 1.1, 1.8]])
SQUARES = [(np.array([0.5, -1.4, 2.2]), SQUARE), (np.array([1.3, 0.2, -0.8]), SQUARE.T - 0.5)]


def matvec(x, M):
    return M.dot(x)


def matvec_backward(x, M, g):
    return M.T.dot(g), np.outer(g, x)


def bilinear_loss(x, M):
    return np.sum(np.tanh(M @ x) * np.array([1.0, -2.0, 0.5]))


def bilinear_grad(x, M):
    g = np.array([1.0, -2.0, 0.5]) * (1 - np.tanh(M @ x) ** 2)
    return M.T @ g, np.outer(g, x)


def bilinear_outer_swapped(x, M):
    g = np.array([1.0, -2.0, 0.5]) * (1 - np.tanh(M @ x) ** 2)
    return M.T @ g, np.outer(x, g)


def matvec_forgot_transpose(x, M, g):
    return M.dot(g), np.outer(g, x)


# --- logistic regression ---

FEATURES = rng.normal(size=(6, 3))
TRUTH = np.array([1, 0, 0, 1, 1, 0])


class LogisticRegression:
    def __init__(self, X, y, C=0.8):
        self.X, self.y, self.C = X, y, C

    def loss(self, w, b):
        z = self.X @ w + b
        return np.mean(np.logaddexp(0, z) - self.y * z) + 0.5 * self.C * w @ w

    def grad(self, w, b):
        error = expit(self.X @ w + b) - self.y
        return self.X.T @ error / len(self.y) + self.C * w, error.mean()

    def grad_no_penalty(self, w, b):
        error = expit(self.X @ w + b) - self.y
        return self.X.T @ error / len(self.y), error.mean()

    def grad_penalty_twice(self, w, b):
        error = expit(self.X @ w + b) - self.y
        return self.X.T @ error / len(self.y) + 2 * self.C * w, error.mean()

    def grad_bias_penalised(self, w, b):
        dw, db = self.grad(w, b)
        return dw, db + self.C * b

    def grad_bias_sum(self, w, b):
        dw, db = self.grad(w, b)
        return dw, db * len(self.y)

    def grad_penalty_per_row(self, w, b):
        error = expit(self.X @ w + b) - self.y
        return (self.X.T @ error + self.C * w) / len(self.y), error.mean()


logistic = LogisticRegression(FEATURES, TRUTH)
LOGISTIC = [(np.array([0.4, -1.3, 0.9]), 0.35), (np.array([1.6, 0.2, -0.7]), -1.2)]


def make_logistic(X, y, reg):
    """A closure that returns value and gradient, as scipy.optimize.minimize(jac=True) takes it."""
    Xb = np.c_[np.ones(len(X)), X]

    def f(theta):
        h = 1 / (1 + np.exp(-Xb.dot(theta)))
        J = -(y * np.log(h) + (1 - y) * np.log(1 - h)).mean() + reg / (2 * len(y)) * (theta[1:] ** 2).sum()
        grad = Xb.T.dot(h - y) / len(y)
        grad[1:] += reg / len(y) * theta[1:]
        return J, grad

    return f


def make_logistic_bias_penalised(X, y, reg):
    f = make_logistic(X, y, reg)

    def g(theta):
        J, grad = f(theta)
        grad[0] += reg / len(y) * theta[0]
        return J, grad

    return g


THETA = [(np.array([0.7, 0.4, -1.3, 0.9]),), (np.array([-1.1, 0.3, 0.2, 1.4]),)]


# --- two layers ---

W1, B1 = rng.normal(size=(3, 6)), rng.normal(size=6)
W2, B2 = rng.normal(size=(6, 4)), rng.normal(size=4)
NETWORK = [(W1, B1, W2, B2), (W1 * 0.6 + 0.05, B1 - 0.2, W2 * -0.8, B2 + 1.0)]


def network_loss(W1, b1, W2, b2, X=X, y=Y, reg=0.05):
    h = np.maximum(0, X.dot(W1) + b1)
    scores = h.dot(W2) + b2
    scores = scores - scores.max(axis=1, keepdims=True)
    p = np.exp(scores) / np.exp(scores).sum(axis=1, keepdims=True)
    return -np.log(p[np.arange(len(y)), y]).mean() + reg * (np.sum(W1 * W1) + np.sum(W2 * W2))


def network_grad(W1, b1, W2, b2, X=X, y=Y, reg=0.05, mistake=None):
    n = len(y)
    a = X.dot(W1) + b1
    h = np.maximum(0, a)
    scores = h.dot(W2) + b2
    p = np.exp(scores - scores.max(axis=1, keepdims=True))
    p /= p.sum(axis=1, keepdims=True)
    p[np.arange(n), y] -= 1
    if mistake != "no mean":
        p /= n
    dW2 = h.T.dot(p)
    db2 = p.sum(axis=0)
    if mistake == "updated weights":
        W2 = W2 - 0.5 * dW2
    dh = p.dot(W2.T)
    if mistake == "mask of the gradient":
        dh[dh <= 0] = 0
    elif mistake == "mask of the scores":
        dh[scores.sum(axis=1) <= 0] = 0
    elif mistake != "no mask":
        dh[a <= 0] = 0
    dW1 = X.T.dot(dh)
    db1 = dh.sum(axis=0)
    if mistake == "one row in the bias":
        db1 = dh[0]
    if mistake != "no penalty":
        dW2 = dW2 + 2 * reg * W2
        if mistake != "one penalty":
            dW1 = dW1 + (reg if mistake == "half a penalty" else 2 * reg) * W1
    return dW1, db1, dW2, db2


def with_mistake(mistake):
    def gradient(W1, b1, W2, b2):
        return network_grad(W1, b1, W2, b2, mistake=mistake)

    return gradient


def tanh_network(x, U, V):
    h = np.tanh(x @ U)
    return 0.5 * np.sum((h @ V - 1.0) ** 2)


def tanh_network_grad(x, U, V, mistake=None):
    h = np.tanh(x @ U)
    e = h @ V - 1.0
    back = e @ V.T
    da = back * (1 - (x @ U) ** 2) if mistake == "input" else back * (1 - h**2)
    if mistake == "linear":
        da = back
    return da @ U.T, x.T @ da, (np.ones_like(h) if mistake == "stale" else h).T @ e


TANH = [(rng.normal(size=(2, 3)), rng.normal(size=(3, 4)) * 0.6, rng.normal(size=(4, 2)))]


def deep_linear(x, weights=(0.7, -1.4, 2.2)):
    """A chain of sigmoids with scalar weights."""
    for w in weights:
        x = expit(w * x)
    return x


def deep_slope(x, weights=(0.7, -1.4, 2.2)):
    activations = [x]
    for w in weights:
        activations.append(expit(w * activations[-1]))
    d = 1.0
    for w, a in zip(reversed(weights), reversed(activations[1:]), strict=True):
        d = d * w * a * (1 - a)
    return d


def deep_slope_stale(x, weights=(0.7, -1.4, 2.2)):
    a = x
    for w in weights:
        a = expit(w * a)
    d = 1.0
    for w in weights:
        d = d * w * a * (1 - a)
    return d


CHAIN = [(np.array([0.4, -1.2, 2.0]),)]


def logistic_column(W, X=FEATURES):
    """Sum of squares of an activation, the weight a matrix."""
    return (expit(X @ W) ** 2).sum()


def logistic_column_grad(W, X=FEATURES):
    s = expit(X @ W)
    return X.T @ (2 * s * s * (1 - s))


COLUMN = [(rng.normal(size=(3, 3)),), (rng.normal(size=(3, 2)),)]

CASES = [
    right("affine, backward", affine, AFFINE, pullback=affine_backward),
    right("affine, Jacobians by einsum", affine, AFFINE, jacobian=affine_jacobian),
    right("matrix times vector", matvec, SQUARES, pullback=matvec_backward),
    right("tanh of a matrix times a vector", bilinear_loss, SQUARES, gradient=bilinear_grad),
    right("logistic regression, a class", logistic.loss, LOGISTIC, gradient=logistic.grad),
    right("logistic regression for SciPy", make_logistic(FEATURES, TRUTH, 1.3), THETA, gradient=True),
    right("two layers, each parameter", network_loss, NETWORK, gradient=network_grad, step=0.002),
    right("two layers of tanh", tanh_network, TANH, gradient=tanh_network_grad),
    right("a chain of sigmoids", deep_linear, CHAIN, slope=deep_slope),
    right("matrix weight", logistic_column, COLUMN, gradient=logistic_column_grad),
    wrong("bias: first row", affine, AFFINE, "not summed", pullback=affine_bias_not_summed),
    wrong("bias: every row", affine, AFFINE, "not summed: wrong shape", pullback=affine_bias_full),
    wrong("bias: mean of the rows", affine, AFFINE[:1], "sum", pullback=affine_bias_mean, slip="factor", factor=5),
    wrong(
        "weight transposed",
        affine,
        AFFINE,
        "dout^T x: wrong shape",
        pullback=affine_weight_transposed,
        slip="transposed",
    ),
    wrong("weight updated before dx", affine, AFFINE, "w - lr dw in dx", pullback=affine_updated_weight),
    wrong("outer product swapped", bilinear_loss, SQUARES, "x g^T", gradient=bilinear_outer_swapped, slip="transposed"),
    wrong(
        "M for M^T",
        matvec,
        SQUARES,
        "M g for M^T g",
        pullback=matvec_forgot_transpose,
        slip=("transposed", "indices swapped"),
    ),
    wrong(
        "square weight transposed",
        logistic_column,
        COLUMN[:1],
        "the transpose",
        gradient=lambda W: logistic_column_grad(W).T,
        slip="transposed",
    ),
    wrong(
        "oblong weight transposed",
        logistic_column,
        COLUMN[1:],
        "the transpose, of another shape",
        gradient=lambda W: logistic_column_grad(W).T,
        slip="transposed",
    ),
    wrong("logistic, penalty forgotten", logistic.loss, LOGISTIC, "C w", gradient=logistic.grad_no_penalty),
    wrong("logistic, penalty twice", logistic.loss, LOGISTIC, "half", gradient=logistic.grad_penalty_twice),
    wrong("logistic, bias penalised", logistic.loss, LOGISTIC, "C b", gradient=logistic.grad_bias_penalised),
    wrong(
        "logistic, bias summed",
        logistic.loss,
        LOGISTIC,
        "mean",
        gradient=logistic.grad_bias_sum,
        slip="factor",
        factor=6,
    ),
    wrong("logistic, penalty over n", logistic.loss, LOGISTIC, "C / n", gradient=logistic.grad_penalty_per_row),
    wrong(
        "logistic for SciPy, bias penalised",
        make_logistic_bias_penalised(FEATURES, TRUTH, 1.3),
        THETA,
        "theta[0] is not in the penalty",
        gradient=True,
    ),
    *(
        wrong(f"two layers, {mistake}", network_loss, NETWORK, mistake, gradient=with_mistake(mistake), step=0.002)
        for mistake in (
            "no mean",
            "updated weights",
            "mask of the gradient",
            "mask of the scores",
            "no mask",
            "one row in the bias",
            "no penalty",
            "one penalty",
            "half a penalty",
        )
    ),
    wrong(
        "tanh at its input",
        tanh_network,
        TANH,
        "1 - a^2, a before tanh",
        gradient=lambda *a: tanh_network_grad(*a, mistake="input"),
    ),
    wrong("tanh' left out", tanh_network, TANH, "linear", gradient=lambda *a: tanh_network_grad(*a, mistake="linear")),
    wrong(
        "stale hidden layer",
        tanh_network,
        TANH,
        "ones for h",
        gradient=lambda *a: tanh_network_grad(*a, mistake="stale"),
    ),
    wrong("chain of sigmoids, last activation", deep_linear, CHAIN, "stale a", slope=deep_slope_stale),
]
