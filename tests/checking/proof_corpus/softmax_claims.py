"""Softmax, log-softmax and their relatives."""

import math

import numpy as np

from .case import NUMPY, PYTHON, TORCH, Case

Z = np.array([0.37, -1.25, 2.6])
Z2 = np.array([[0.37, -1.25, 2.6], [1.1, 0.2, -0.4]])


def softmax(z):
    e = np.exp(z - np.max(z))
    return e / np.sum(e)


def softmax_jacobian(z):
    s = softmax(z)
    return np.diag(s) - np.outer(s, s)


def softmax_jacobian_no_outer_diagonal(z):
    s = softmax(z)
    J = -np.outer(s, s)
    np.fill_diagonal(J, s)
    return J


def softmax_jacobian_of_twins(z):
    s = softmax(z)
    return np.eye(len(z)) * s.mean() - np.outer(s, s)


def softmax_axis(z):
    e = np.exp(z - z.max(axis=1, keepdims=True))
    return e / e.sum(axis=1, keepdims=True)


def softmax_axis_pullback(z, v):
    s = softmax_axis(z)
    return s * (v - np.sum(s * v, axis=1, keepdims=True))


def softmax_axis_pullback_no_keepdims(z, v):
    s = softmax_axis(z)
    return s * (v - np.sum(s * v))


class Softmax:
    @staticmethod
    def forward(ctx, x, dim):
        x = x - x.max(dim, keepdims=True)
        y = np.exp(x)
        y = y / y.sum(dim, keepdims=True)
        ctx["y"], ctx["dim"] = y, dim
        return y

    @staticmethod
    def backward(ctx, grad_output):
        y, dim = ctx["y"], ctx["dim"]
        grad = grad_output * y
        return grad - y * grad.sum(dim, keepdims=True), None


def softmax_columns(x):
    return Softmax.forward({}, x, 0)


def softmax_columns_backward(x, grad_output):
    ctx = {}
    Softmax.forward(ctx, x, 0)
    return Softmax.backward(ctx, grad_output)[0]


class SoftmaxDetached(Softmax):
    @staticmethod
    def backward(ctx, grad_output):
        y = ctx["y"]
        return grad_output * y * (1 - y), None


def softmax_columns_backward_diagonal(x, grad_output):
    ctx = {}
    SoftmaxDetached.forward(ctx, x, 0)
    return SoftmaxDetached.backward(ctx, grad_output)[0]


class LogSoftmax:
    """Remembers its output, as a module does."""

    def __init__(self, dim=-1):
        self.dim = dim

    def forward(self, x):
        shift = x.max(self.dim, keepdims=True)
        self.output = x - shift - np.log(np.exp(x - shift).sum(self.dim, keepdims=True))
        return self.output

    def backward(self, grad_output):
        return grad_output - np.exp(self.output) * grad_output.sum(self.dim, keepdims=True)


def log_softmax(x):
    return LogSoftmax().forward(x)


def log_softmax_backward(x, grad_output):
    module = LogSoftmax()
    module.forward(x)
    return module.backward(grad_output)


def log_softmax_backward_mean(x, grad_output):
    module = LogSoftmax()
    out = module.forward(x)
    return grad_output - np.exp(out) * grad_output.mean(-1, keepdims=True)


def log_sum_exp(x):
    m = max(x)
    total = 0.0
    for t in x:
        total += math.exp(t - m)
    return m + math.log(total)


def log_sum_exp_gradient(x):
    total = sum(math.exp(t - x[0]) for t in x)
    return np.array([math.exp(t - x[0]) / total for t in x])


def log_sum_exp_gradient_from_value(x):
    value = log_sum_exp(x)
    return np.array([math.exp(t - value) for t in x])


def log_sum_exp_gradient_max(x):
    m = max(x)
    total = sum(math.exp(t - m) for t in x)
    return np.array([math.exp(t - m) / total if t < m else 1.0 for t in x])


def masked_softmax(scores):
    keep = np.array([True, False, True])
    e = np.where(keep, np.exp(scores - scores[keep].max()), 0.0)
    return e / e.sum()


def masked_softmax_pullback(scores, v):
    p = masked_softmax(scores)
    return p * (v - p @ v)


def masked_softmax_pullback_leaks(scores, v):
    p, q = masked_softmax(scores), softmax(scores)
    return p * (v - q @ v)


def soft_argmax(x):
    w = [math.exp(3 * t) for t in x]
    return sum(i * wi for i, wi in enumerate(w)) / sum(w)


def soft_argmax_gradient(x):
    w = [math.exp(3 * t) for t in x]
    total = sum(w)
    centre = soft_argmax(x)
    return [3 * wi / total * (i - centre) for i, wi in enumerate(w)]


def soft_argmax_gradient_from_one(x):
    w = [math.exp(3 * t) for t in x]
    total = sum(w)
    centre = soft_argmax(x)
    return [3 * wi / total * (i - centre) for i, wi in enumerate(w, start=1)]


class Softmin:
    def __call__(self, x):
        e = np.exp(-x)
        self.p = e / e.sum()
        return (self.p * x).sum()

    def grad(self, x):
        out = self(x)
        return self.p * (1.0 - x + out)


def softmin_mean(x):
    return Softmin()(x)


def softmin_mean_grad(x):
    return Softmin().grad(x)


def softmin_mean_grad_detached(x):
    module = Softmin()
    module(x)
    return module.p


CASES = (
    Case("softmax_jacobian", NUMPY, softmax, (Z,), {"jacobian": softmax_jacobian}, True),
    Case("softmax_no_square", NUMPY, softmax, (Z,), {"jacobian": softmax_jacobian_no_outer_diagonal}, False),
    Case(
        "softmax_mean_diagonal",
        NUMPY,
        softmax,
        (np.array([0.5, 0.5, 0.5 + 1e-6]),),
        {"jacobian": softmax_jacobian_of_twins},
        False,
        why="right where all the inputs are the same, which they nearly are",
    ),
    Case("softmax_axis", NUMPY, softmax_axis, (Z2,), {"pullback": softmax_axis_pullback}, True),
    Case("softmax_sum_of_all", NUMPY, softmax_axis, (Z2,), {"pullback": softmax_axis_pullback_no_keepdims}, False),
    Case("softmax_columns", TORCH, softmax_columns, (Z2,), {"pullback": softmax_columns_backward}, True),
    Case("softmax_diagonal", TORCH, softmax_columns, (Z2,), {"pullback": softmax_columns_backward_diagonal}, False),
    Case("log_softmax", TORCH, log_softmax, (Z2,), {"pullback": log_softmax_backward}, True),
    Case("log_softmax_mean", TORCH, log_softmax, (Z2,), {"pullback": log_softmax_backward_mean}, False),
    Case("log_sum_exp_shifted", PYTHON, log_sum_exp, (Z,), {"gradient": log_sum_exp_gradient}, True),
    Case("log_sum_exp_large", PYTHON, log_sum_exp, (Z + 900,), {"gradient": log_sum_exp_gradient_from_value}, True),
    Case("log_sum_exp_max", PYTHON, log_sum_exp, (Z,), {"gradient": log_sum_exp_gradient_max}, False),
    Case("soft_argmax", PYTHON, soft_argmax, (Z / 4,), {"gradient": soft_argmax_gradient}, True),
    Case("soft_argmax_from_one", PYTHON, soft_argmax, (Z / 4,), {"gradient": soft_argmax_gradient_from_one}, False),
    Case("softmin_mean", TORCH, softmin_mean, (Z,), {"gradient": softmin_mean_grad}, True),
    Case("softmin_mean_detached", TORCH, softmin_mean, (Z,), {"gradient": softmin_mean_grad_detached}, False),
    Case("masked_softmax", NUMPY, masked_softmax, (Z,), {"pullback": masked_softmax_pullback}, True),
    Case("masked_softmax_leak", NUMPY, masked_softmax, (Z,), {"pullback": masked_softmax_pullback_leaks}, False),
)
