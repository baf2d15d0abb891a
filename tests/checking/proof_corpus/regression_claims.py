"""Losses of regressions: linear, logistic, Poisson, gamma, and penalties."""

import math

import numpy as np

from .case import NUMPY, PYTHON, TORCH, Case

X = np.array([[1.0, 0.5, -1.2], [0.3, -0.7, 2.0], [1.0, 1.0, 0.4], [-0.6, 0.25, 0.9]])
W = np.array([0.4, -0.9, 0.15])
Y = np.array([1.0, 0.0, 1.0, 0.0])
T = np.array([0.7, 2.0, 1.3, 0.2])
COUNTS = np.array([2.0, 0.0, 3.0, 1.0])


def ridge_of_data(x, y, w):
    return ((y - x @ w) ** 2).sum()


def ridge_of_data_gradient(x, y, w):
    r = y - x @ w
    return -2 * np.outer(r, w), 2 * r, -2 * x.T @ r


def ridge_of_data_gradient_outer(x, y, w):
    r = y - x @ w
    return -2 * np.outer(w, r), 2 * r, -2 * x.T @ r


def logistic(w):
    z = X @ w
    return np.mean(np.logaddexp(0, z) - Y * z)


def logistic_gradient_tanh(w):
    return ((1 + np.tanh(X @ w / 2)) / 2 - Y) @ X / len(Y)


def logistic_gradient_probit(w):
    p = np.array([0.5 * (1 + math.erf(z / 1.702 / math.sqrt(2) * 1.702)) for z in X @ w])
    return X.T @ (p - Y) / len(Y)


class PoissonNLL:
    @staticmethod
    def forward(ctx, log_input):
        ctx["rate"] = np.exp(log_input)
        return (ctx["rate"] - COUNTS * log_input).mean()

    @staticmethod
    def backward(ctx, grad_output):
        return grad_output * (ctx["rate"] - COUNTS) / COUNTS.size

    @staticmethod
    def backward_of_rate(ctx, grad_output):
        return grad_output * (1 - COUNTS / ctx["rate"]) / COUNTS.size


def poisson(log_input):
    return PoissonNLL.forward({}, log_input)


def poisson_backward(log_input):
    ctx = {}
    PoissonNLL.forward(ctx, log_input)
    return PoissonNLL.backward(ctx, 1.0)


def poisson_backward_of_rate(log_input):
    ctx = {}
    PoissonNLL.forward(ctx, log_input)
    return PoissonNLL.backward_of_rate(ctx, 1.0)


def gamma_deviance(w):
    total = 0.0
    for row, t in zip(X, T, strict=True):
        eta = sum(a * b for a, b in zip(row, w, strict=True))
        mu = math.exp(eta)
        total += 2 * (math.log(mu / t) + t / mu - 1)
    return total


def gamma_deviance_gradient(w):
    g = [0.0, 0.0, 0.0]
    for row, t in zip(X, T, strict=True):
        mu = math.exp(sum(a * b for a, b in zip(row, w, strict=True)))
        for j in range(3):
            g[j] += 2 * (1 - t / mu) * row[j]
    return np.array(g)


def gamma_deviance_gradient_last_row(w):
    for row, t in zip(X, T, strict=True):
        mu = math.exp(sum(a * b for a, b in zip(row, w, strict=True)))
        g = [2 * (1 - t / mu) * row[j] for j in range(3)]
    return np.array(g)


def negative_binomial(eta, r=2.5):
    total = 0.0
    for k, e in zip(COUNTS, eta, strict=True):
        mu = math.exp(e)
        total += (k + r) * math.log(r + mu) - k * e
    return total


def negative_binomial_gradient(eta, r=2.5):
    out = []
    for k, e in zip(COUNTS, eta, strict=True):
        mu = math.exp(e)
        out.append(r * (mu - k) / (r + mu))
    return out


def negative_binomial_gradient_large_r(eta, r=2.5e9):
    return negative_binomial_gradient(eta, r)


class LinearRegression:
    """A module with a flat vector of parameters, weights first."""

    def __init__(self, params):
        self.weight, self.bias = params[:3], params[3]

    def __call__(self, x):
        return (x * self.weight).sum(-1) + self.bias

    def loss(self, x, target):
        self.err = self(x) - target
        return (self.err**2).mean() + 1e-2 * abs(self.weight).sum()

    def zero_grad_and_backward(self, x):
        g = 2 * self.err / self.err.size
        return np.concatenate([(g[:, None] * x).sum(0) + 1e-2 * np.sign(self.weight), [g.sum()]])

    def backward_decayed_bias(self, x):
        g = 2 * self.err / self.err.size
        grad = np.append((g[:, None] * x).sum(0), g.sum())
        return grad + 1e-2 * np.sign(np.append(self.weight, self.bias))


def lasso(params):
    return LinearRegression(params).loss(X, T)


def lasso_backward(params):
    model = LinearRegression(params)
    model.loss(X, T)
    return model.zero_grad_and_backward(X)


def lasso_backward_bias(params):
    model = LinearRegression(params)
    model.loss(X, T)
    return model.backward_decayed_bias(X)


def weighted_least_squares(w):
    total = 0.0
    for i in range(4):
        r = T[i] - (X[i, 0] * w[0] + X[i, 1] * w[1] + X[i, 2] * w[2])
        total += (i + 1) / 10 * r * r
    return total


def weighted_least_squares_gradient_unweighted(w):
    return np.einsum("i,ij,i->j", np.full(4, -0.5), X, T - X @ w)


def cox_partial(eta):
    """The events in the order of time, all observed."""
    total = 0.0
    for i in range(len(eta)):
        risk = 0.0
        for j in range(i, len(eta)):
            risk += math.exp(eta[j])
        total += math.log(risk) - eta[i]
    return total


def cox_partial_gradient(eta):
    n = len(eta)
    risk = [sum(math.exp(e) for e in eta[i:]) for i in range(n)]
    return [math.exp(eta[k]) * sum(1 / risk[i] for i in range(k + 1)) - 1 for k in range(n)]


def cox_partial_gradient_own_risk(eta):
    n = len(eta)
    risk = [sum(math.exp(e) for e in eta[i:]) for i in range(n)]
    return [math.exp(eta[k]) / risk[k] - 1 for k in range(n)]


def multinomial(wflat):
    logits = X @ wflat.reshape(3, 2)
    m = logits.max(1)
    lse = m + np.log(np.exp(logits - m[:, None]).sum(1))
    return (lse - logits[np.arange(4), [0, 1, 1, 0]]).sum()


def multinomial_backward(wflat):
    logits = X @ wflat.reshape(3, 2)
    p = np.exp(logits - logits.max(1, keepdims=True))
    p /= p.sum(1, keepdims=True)
    p -= np.eye(2)[[0, 1, 1, 0]]
    return (X.T @ p).reshape(-1)


def multinomial_backward_order(wflat):
    logits = X @ wflat.reshape(3, 2)
    p = np.exp(logits - logits.max(1, keepdims=True))
    p /= p.sum(1, keepdims=True)
    p -= np.eye(2)[[0, 1, 1, 0]]
    return (p.T @ X).reshape(-1)


WB = np.array([0.4, -0.9, 0.15, 0.6])
WF = np.array([0.4, -0.9, 0.15, 0.6, -0.3, 1.1])

CASES = (
    Case("least_squares_of_data", NUMPY, ridge_of_data, (X[:3], T[:3], W), {"gradient": ridge_of_data_gradient}, True),
    Case(
        "least_squares_outer",
        NUMPY,
        ridge_of_data,
        (X[:3], T[:3], W),
        {"gradient": ridge_of_data_gradient_outer},
        False,
    ),
    Case("logistic_tanh", NUMPY, logistic, (W,), {"gradient": logistic_gradient_tanh}, True),
    Case("logistic_probit", PYTHON, logistic, (W,), {"gradient": logistic_gradient_probit}, False),
    Case("poisson", TORCH, poisson, (T,), {"gradient": poisson_backward}, True),
    Case("poisson_of_rate", TORCH, poisson, (T,), {"gradient": poisson_backward_of_rate}, False),
    Case("gamma_deviance", PYTHON, gamma_deviance, (W,), {"gradient": gamma_deviance_gradient}, True),
    Case(
        "gamma_deviance_last_row", PYTHON, gamma_deviance, (W,), {"gradient": gamma_deviance_gradient_last_row}, False
    ),
    Case("negative_binomial", PYTHON, negative_binomial, (T,), {"gradient": negative_binomial_gradient}, True),
    Case(
        "negative_binomial_default",
        PYTHON,
        negative_binomial,
        (T,),
        {"gradient": negative_binomial_gradient_large_r},
        False,
    ),
    Case("lasso", TORCH, lasso, (WB,), {"gradient": lasso_backward}, True),
    Case("lasso_bias", TORCH, lasso, (WB,), {"gradient": lasso_backward_bias}, False),
    Case(
        "weighted_squares_mean",
        NUMPY,
        weighted_least_squares,
        (W,),
        {"gradient": weighted_least_squares_gradient_unweighted},
        False,
        why="with the mean of the weights",
    ),
    Case("cox", PYTHON, cox_partial, (WB,), {"gradient": cox_partial_gradient}, True),
    Case("cox_own_risk", PYTHON, cox_partial, (WB,), {"gradient": cox_partial_gradient_own_risk}, False),
    Case("multinomial", TORCH, multinomial, (WF,), {"gradient": multinomial_backward}, True),
    Case("multinomial_order", TORCH, multinomial, (WF,), {"gradient": multinomial_backward_order}, False),
)
