"""Batch, layer and root-mean-square normalisation, and statistics over an axis."""

import numpy as np

from .case import right, wrong

rng = np.random.default_rng(7)
X = rng.normal(1.0, 2.0, size=(4, 3))
GAMMA, BETA = np.array([0.7, 1.9, -0.4]), np.array([0.1, -0.3, 0.8])
BATCHES = [(X, GAMMA, BETA), (X[:3] ** 2 + 0.1, GAMMA + 1, BETA)]
EPS = 1e-5


def batchnorm(x, gamma, beta):
    mu = x.mean(axis=0)
    var = x.var(axis=0)
    return gamma * (x - mu) / np.sqrt(var + EPS) + beta


def batchnorm_backward(x, gamma, beta, dout):
    """Step by step along the computational graph."""
    N = x.shape[0]
    mu = np.mean(x, axis=0)
    xmu = x - mu
    var = np.mean(xmu**2, axis=0)
    sqrtvar = np.sqrt(var + EPS)
    ivar = 1.0 / sqrtvar
    xhat = xmu * ivar
    dbeta = np.sum(dout, axis=0)
    dgamma = np.sum(dout * xhat, axis=0)
    dxhat = dout * gamma
    divar = np.sum(dxhat * xmu, axis=0)
    dxmu1 = dxhat * ivar
    dsqrtvar = -1.0 / sqrtvar**2 * divar
    dvar = 0.5 / np.sqrt(var + EPS) * dsqrtvar
    dxmu2 = 2 * xmu * (1.0 / N * np.ones(x.shape) * dvar)
    dx1 = dxmu1 + dxmu2
    dmu = -np.sum(dx1, axis=0)
    return dx1 + 1.0 / N * np.ones(x.shape) * dmu, dgamma, dbeta


def batchnorm_backward_short(x, gamma, beta, dout):
    N = len(x)
    std = np.sqrt(x.var(axis=0) + EPS)
    xhat = (x - x.mean(axis=0)) / std
    dgamma = (dout * xhat).sum(axis=0)
    dx = gamma / (N * std) * (N * dout - dout.sum(axis=0) - xhat * dgamma)
    return dx, dgamma, dout.sum(axis=0)


def batchnorm_variance_constant(x, gamma, beta, dout):
    _, dgamma, dbeta = batchnorm_backward_short(x, gamma, beta, dout)
    std = np.sqrt(x.var(axis=0) + EPS)
    return gamma / std * (dout - dout.mean(axis=0)), dgamma, dbeta


def batchnorm_statistics_constant(x, gamma, beta, dout):
    _, dgamma, dbeta = batchnorm_backward_short(x, gamma, beta, dout)
    return dout * gamma / np.sqrt(x.var(axis=0) + EPS), dgamma, dbeta


def batchnorm_gamma_of_x(x, gamma, beta, dout):
    dx, _, dbeta = batchnorm_backward_short(x, gamma, beta, dout)
    return dx, (dout * x).sum(axis=0), dbeta


def batchnorm_unbiased(x, gamma, beta, dout):
    N = len(x)
    std = np.sqrt(x.var(axis=0, ddof=1) + EPS)
    xhat = (x - x.mean(axis=0)) / std
    dgamma = (dout * xhat).sum(axis=0)
    return gamma / (N * std) * (N * dout - dout.sum(axis=0) - xhat * dgamma), dgamma, dout.sum(axis=0)


def batchnorm_eps_in_value_only(x, gamma, beta, dout):
    """1e-5 in the forward pass, none in the backward pass."""
    N = len(x)
    std = x.std(axis=0)
    xhat = (x - x.mean(axis=0)) / std
    dgamma = (dout * xhat).sum(axis=0)
    return gamma / (N * std) * (N * dout - dout.sum(axis=0) - xhat * dgamma), dgamma, dout.sum(axis=0)


def batchnorm_without_gamma(x, gamma, beta, dout):
    dx, dgamma, dbeta = batchnorm_backward_short(x, np.ones_like(gamma), beta, dout)
    return dx, dgamma, dbeta


def layernorm(x, gamma, beta):
    mean = x.mean(-1, keepdims=True)
    variance = ((x - mean) ** 2).mean(-1, keepdims=True)
    return gamma * (x - mean) / np.sqrt(variance + EPS) + beta


def layernorm_backward(x, gamma, beta, dout):
    mean = x.mean(-1, keepdims=True)
    rstd = 1 / np.sqrt(x.var(-1, keepdims=True) + EPS)
    norm = (x - mean) * rstd
    dnorm = dout * gamma
    dx = dnorm - dnorm.mean(-1, keepdims=True) - norm * (dnorm * norm).mean(-1, keepdims=True)
    return dx * rstd, (dout * norm).sum(0), dout.sum(0)


def layernorm_axis_zero(x, gamma, beta, dout):
    mean = x.mean(-1, keepdims=True)
    rstd = 1 / np.sqrt(x.var(-1, keepdims=True) + EPS)
    norm = (x - mean) * rstd
    dnorm = dout * gamma
    dx = dnorm - dnorm.mean(0, keepdims=True) - norm * (dnorm * norm).mean(0, keepdims=True)
    return dx * rstd, (dout * norm).sum(0), dout.sum(0)


def layernorm_no_rstd(x, gamma, beta, dout):
    dx, dgamma, dbeta = layernorm_backward(x, gamma, beta, dout)
    return dx * np.sqrt(x.var(-1, keepdims=True) + EPS), dgamma, dbeta


def layernorm_gamma_not_summed(x, gamma, beta, dout):
    dx, dgamma, dbeta = layernorm_backward(x, gamma, beta, dout)
    return dx, dgamma, dbeta / len(x)


ROWS = [(X, GAMMA), (X[:2] - 0.5, GAMMA * 2)]


def rmsnorm(x, weight):
    return x / np.sqrt(np.mean(x**2, axis=-1, keepdims=True) + 1e-6) * weight


def rmsnorm_backward(x, weight, dout):
    r = 1 / np.sqrt(np.mean(x**2, axis=-1, keepdims=True) + 1e-6)
    g = dout * weight
    return r * g - x * r**3 * np.mean(g * x, axis=-1, keepdims=True), np.sum(dout * x * r, axis=0)


def rmsnorm_sum_for_mean(x, weight, dout):
    r = 1 / np.sqrt(np.mean(x**2, axis=-1, keepdims=True) + 1e-6)
    g = dout * weight
    return r * g - x * r**3 * np.sum(g * x, axis=-1, keepdims=True), np.sum(dout * x * r, axis=0)


def rmsnorm_square_for_cube(x, weight, dout):
    r = 1 / np.sqrt(np.mean(x**2, axis=-1, keepdims=True) + 1e-6)
    g = dout * weight
    return r * g - x * r**2 * np.mean(g * x, axis=-1, keepdims=True), np.sum(dout * x * r, axis=0)


VECTORS = [(np.array([0.4, -1.3, 2.2, 0.9]),), (np.array([3.1, 0.2, -0.7]),)]


def standardise(v):
    return (v - v.mean()) / v.std()


def standardise_jacobian(v):
    n, s = len(v), v.std()
    z = (v - v.mean()) / s
    return (np.eye(n) - 1 / n - np.outer(z, z) / n) / s


def standardise_jacobian_no_n(v):
    n, s = len(v), v.std()
    z = (v - v.mean()) / s
    return (np.eye(n) - 1 / n - np.outer(z, z)) / s


def variance_gradient(v):
    return 2 * (v - v.mean()) / len(v)


CASES = [
    right("batchnorm, the graph step by step", batchnorm, BATCHES, pullback=batchnorm_backward),
    right("batchnorm, short form", batchnorm, BATCHES, pullback=batchnorm_backward_short),
    right("layernorm", layernorm, BATCHES, pullback=layernorm_backward),
    right("RMSnorm", rmsnorm, ROWS, pullback=rmsnorm_backward),
    right("standardised vector", standardise, VECTORS, jacobian=standardise_jacobian),
    right("variance", np.var, VECTORS, gradient=variance_gradient),
    wrong("batchnorm, variance constant", batchnorm, BATCHES, "a term lost", pullback=batchnorm_variance_constant),
    wrong("batchnorm, both constant", batchnorm, BATCHES, "two terms lost", pullback=batchnorm_statistics_constant),
    wrong("batchnorm, gamma's of x", batchnorm, BATCHES, "x for xhat", pullback=batchnorm_gamma_of_x),
    wrong("batchnorm, ddof 1", batchnorm, BATCHES, "another variance", pullback=batchnorm_unbiased),
    wrong("batchnorm, no eps backward", batchnorm, BATCHES, "1e-5 left out", pullback=batchnorm_eps_in_value_only),
    wrong("batchnorm, gamma left out", batchnorm, BATCHES, "gamma of dx", pullback=batchnorm_without_gamma),
    wrong("layernorm, means over rows", layernorm, BATCHES, "axis 0", pullback=layernorm_axis_zero),
    wrong("layernorm, no 1/std", layernorm, BATCHES, "rstd lost", pullback=layernorm_no_rstd),
    wrong(
        "layernorm, beta's mean",
        layernorm,
        BATCHES[:1],
        "mean for sum",
        pullback=layernorm_gamma_not_summed,
        slip="factor",
        factor=4,
    ),
    wrong("RMSnorm, sum for mean", rmsnorm, ROWS, "1/d lost", pullback=rmsnorm_sum_for_mean),
    wrong("RMSnorm, r^2", rmsnorm, ROWS, "r^3", pullback=rmsnorm_square_for_cube),
    wrong("standardised, 1/n lost", standardise, VECTORS, "z z^T / n", jacobian=standardise_jacobian_no_n),
    wrong(
        "variance, n - 1",
        np.var,
        VECTORS[:1],
        "ddof",
        gradient=lambda v: 2 * (v - v.mean()) / (len(v) - 1),
        slip="factor",
    ),
    wrong("variance, mean constant twice", np.var, VECTORS, "v, not centred", gradient=lambda v: 2 * v / len(v)),
]
