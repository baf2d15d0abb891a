"""Layer, batch, group and root-mean-square norms; standardised and unit vectors."""

import math

import numpy as np

from .case import NUMPY, PYTHON, TORCH, Case

X = np.array([[0.37, -1.25, 2.6], [1.1, 0.2, -0.4]])
R = np.array([0.9, -1.6, 2.2, 0.1])
EPS = 1e-5


def layer_norm(x):
    mu = x.mean(axis=-1, keepdims=True)
    return (x - mu) / np.sqrt(x.var(axis=-1, keepdims=True) + EPS)


def layer_norm_pullback(x, v):
    mu = x.mean(axis=-1, keepdims=True)
    inv = 1 / np.sqrt(np.mean((x - mu) ** 2, axis=-1, keepdims=True) + EPS)
    xhat = (x - mu) * inv
    return inv * (v - v.mean(axis=-1, keepdims=True) - xhat * (v * xhat).mean(axis=-1, keepdims=True))


def layer_norm_pullback_no_eps(x, v):
    mu = x.mean(axis=-1, keepdims=True)
    inv = 1 / x.std(axis=-1, keepdims=True)
    xhat = (x - mu) * inv
    return inv * (v - v.mean(axis=-1, keepdims=True) - xhat * (v * xhat).mean(axis=-1, keepdims=True))


class BatchNorm1d:
    def __init__(self, eps=1e-3):
        self.eps = eps

    def forward(self, x, weight, bias):
        mean = x.mean(0)
        var = ((x - mean) ** 2).mean(0)
        self.rstd = (var + self.eps) ** -0.5
        self.xhat = (x - mean) * self.rstd
        self.weight = weight
        return weight * self.xhat + bias

    def backward(self, grad_output):
        n = grad_output.shape[0]
        grad_bias = grad_output.sum(0)
        grad_weight = (grad_output * self.xhat).sum(0)
        grad_input = self.weight * self.rstd / n * (n * grad_output - grad_bias - self.xhat * grad_weight)
        return grad_input, grad_weight, grad_bias

    def backward_eval(self, grad_output):
        return grad_output * self.weight * self.rstd, (grad_output * self.xhat).sum(0), grad_output.sum(0)


def batch_norm(x, weight, bias):
    return BatchNorm1d().forward(x, weight, bias)


def batch_norm_backward(x, weight, bias, grad_output):
    bn = BatchNorm1d()
    bn.forward(x, weight, bias)
    return bn.backward(grad_output)


def batch_norm_backward_eval(x, weight, bias, grad_output):
    bn = BatchNorm1d()
    bn.forward(x, weight, bias)
    return bn.backward_eval(grad_output)


GAIN = np.array([1.3, 0.7, -0.2])


class RMSNorm:
    @staticmethod
    def forward(ctx, x):
        rms = (x * x).mean(-1, keepdims=True) ** 0.5
        ctx["saved"] = x, rms
        return x / rms * GAIN

    @staticmethod
    def backward(ctx, grad):
        x, rms = ctx["saved"]
        g = grad * GAIN
        return g / rms - x * (g * x).mean(-1, keepdims=True) / rms**3

    @staticmethod
    def backward_gain_late(ctx, grad):
        x, rms = ctx["saved"]
        return GAIN * (grad / rms - x * (grad * x).mean(-1, keepdims=True) / rms**3)


def rms_norm(x):
    return RMSNorm.forward({}, x)


def rms_norm_backward(x, grad):
    ctx = {}
    RMSNorm.forward(ctx, x)
    return RMSNorm.backward(ctx, grad)


def rms_norm_backward_gain_late(x, grad):
    ctx = {}
    RMSNorm.forward(ctx, x)
    return RMSNorm.backward_gain_late(ctx, grad)


def unit(x):
    return x / np.linalg.norm(x)


def unit_jacobian_half_normal(x):
    n = np.sqrt(x @ x)
    return np.eye(x.size) / n - np.outer(x, x) / n**2


def z_score_last(x):
    n = len(x)
    m = sum(x) / n
    var = 0.0
    for t in x:
        var += (t - m) ** 2
    return (x[-1] - m) / math.sqrt(var / (n - 1))


def z_score_last_gradient(x):
    n = len(x)
    m = sum(x) / n
    s = math.sqrt(sum((t - m) ** 2 for t in x) / (n - 1))
    z = (x[-1] - m) / s
    return np.array([((i == n - 1) - 1 / n - z * (x[i] - m) / (s * (n - 1))) / s for i in range(n)])


def z_score_last_gradient_population(x):
    n = len(x)
    m = sum(x) / n
    s = math.sqrt(sum((t - m) ** 2 for t in x) / n)
    z = (x[-1] - m) / s
    return np.array([((i == n - 1) - 1 / n - z * (x[i] - m) / (s * n)) / s for i in range(n)])


def variance_welford(x):
    mean, m2 = 0.0, 0.0
    for k, t in enumerate(x, start=1):
        delta = t - mean
        mean += delta / k
        m2 += delta * (t - mean)
    return m2 / len(x)


def variance_welford_gradient(x):
    m = sum(x) / len(x)
    return [2 * (t - m) / len(x) for t in x]


def variance_welford_gradient_last_mean(x):
    grads, mean = [], 0.0
    for k, t in enumerate(x, start=1):
        mean += (t - mean) / k
        grads.append(2 * (t - mean) / len(x))
    return grads


def min_max(x):
    lo, hi = x.min(), x.max()
    return (x - lo) / (hi - lo)


def min_max_pullback(x, v):
    lo, hi = x.argmin(), x.argmax()
    span = x[hi] - x[lo]
    g = v / span
    total = (v * (x - x[lo])).sum() / span**2
    g[lo] += total - v.sum() / span
    g[hi] -= total
    return g


def min_max_pullback_fixed_range(x, v):
    return v / (x.max() - x.min())


def weight_norm(v, g=1.7):
    return g * v / np.sqrt((v**2).sum(axis=1, keepdims=True))


def weight_norm_pullback(v, u, g=1.7):
    n = np.sqrt((v**2).sum(axis=1, keepdims=True))
    return g / n * u - g * (u * v).sum(axis=1, keepdims=True) / n**3 * v


W, B = np.array([1.5, 0.8, -1.1]), np.array([0.1, 0.0, -0.3])

CASES = (
    Case("layer_norm", NUMPY, layer_norm, (X,), {"pullback": layer_norm_pullback}, True),
    Case(
        "layer_norm_large", NUMPY, layer_norm, (X * 1e4,), {"pullback": layer_norm_pullback}, True, why="large inputs"
    ),
    Case(
        "layer_norm_eps",
        NUMPY,
        layer_norm,
        (X * 10,),
        {"pullback": layer_norm_pullback_no_eps},
        False,
        why="an epsilon of 1e-5 beside a variance of a hundred",
    ),
    Case("batch_norm", TORCH, batch_norm, (X.T, W[:2], B[:2]), {"pullback": batch_norm_backward}, True),
    Case("batch_norm_eval", TORCH, batch_norm, (X.T, W[:2], B[:2]), {"pullback": batch_norm_backward_eval}, False),
    Case("rms_norm", TORCH, rms_norm, (X,), {"pullback": rms_norm_backward}, True),
    Case("rms_norm_tiny", TORCH, rms_norm, (X * 1e-6,), {"pullback": rms_norm_backward}, True, why="tiny inputs"),
    Case("rms_norm_gain", TORCH, rms_norm, (X,), {"pullback": rms_norm_backward_gain_late}, False),
    Case(
        "unit_power",
        NUMPY,
        unit,
        (np.array([0.6, 0.800001]),),
        {"jacobian": unit_jacobian_half_normal},
        False,
        why="right for unit vectors, which this one nearly is",
    ),
    Case("z_score", PYTHON, z_score_last, (R,), {"gradient": z_score_last_gradient}, True),
    Case("z_score_population", PYTHON, z_score_last, (R,), {"gradient": z_score_last_gradient_population}, False),
    Case("welford", PYTHON, variance_welford, (R,), {"gradient": variance_welford_gradient}, True),
    Case("welford_running", PYTHON, variance_welford, (R,), {"gradient": variance_welford_gradient_last_mean}, False),
    Case("min_max", NUMPY, min_max, (R,), {"pullback": min_max_pullback}, True),
    Case("min_max_fixed", NUMPY, min_max, (R,), {"pullback": min_max_pullback_fixed_range}, False),
    Case("weight_norm", TORCH, weight_norm, (X,), {"pullback": weight_norm_pullback}, True),
)
