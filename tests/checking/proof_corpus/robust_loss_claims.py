"""Huber, hinge, pinball, triplet and cosine losses."""

import math

import numpy as np

from .case import NUMPY, PYTHON, TORCH, Case

R = np.array([0.37, -1.25, 2.6, -0.08])
A = np.array([0.5, -1.0, 1.5])
B = np.array([0.9, 0.3, -0.7])
C = np.array([-1.2, 0.8, 0.25])


def huber(r, delta=1.0):
    a = np.abs(r)
    return np.where(a <= delta, 0.5 * r**2, delta * (a - 0.5 * delta)).sum()


def huber_gradient(r, delta=1.0):
    return np.clip(r, -delta, delta)


def pseudo_huber(r, d=0.6):
    return sum(d * d * (math.sqrt(1 + (t / d) ** 2) - 1) for t in r)


def pseudo_huber_gradient(r, d=0.6):
    return np.array([d * t / math.hypot(t, d) for t in r])


class LogCosh:
    @staticmethod
    def forward(ctx, x):
        ctx["x"] = x
        return (np.abs(x) + np.log1p(np.exp(-2 * np.abs(x))) - 0.6931471805599453).sum()

    @staticmethod
    def backward(ctx, grad_output):
        return grad_output * np.tanh(ctx["x"])

    @staticmethod
    def backward_abs(ctx, grad_output):
        return grad_output * np.abs(np.tanh(ctx["x"]))


def log_cosh(x):
    return LogCosh.forward({}, x)


def log_cosh_backward(x):
    ctx = {}
    LogCosh.forward(ctx, x)
    return LogCosh.backward(ctx, 1.0)


def log_cosh_backward_abs(x):
    ctx = {}
    LogCosh.forward(ctx, x)
    return LogCosh.backward_abs(ctx, 1.0)


LABEL = np.array([1.0, -1.0, -1.0, 1.0])


def squared_hinge(w):
    margin = 1 - LABEL * w
    return np.mean(np.maximum(0, margin) ** 2)


def squared_hinge_gradient(w):
    margin = 1 - LABEL * w
    g = -2 * LABEL * margin
    g[margin <= 0] = 0
    return g / w.size


def squared_hinge_gradient_no_label(w):
    return -2 * np.maximum(0, 1 - LABEL * w) / w.size


class MultiMarginLoss:
    """The mean over the other classes of the hinge between their score and the target's."""

    def __init__(self, target, margin=1.0):
        self.target, self.margin = target, margin

    def forward(self, x):
        self.n = x.size
        z = self.margin - x[self.target] + x
        self.active = z > 0
        self.active[self.target] = False
        return z[self.active].sum() / self.n

    def backward(self):
        grad = np.zeros(self.n)
        grad[self.active] = 1.0
        grad[self.target] = -grad.sum()
        return grad / self.n

    def backward_one(self):
        grad = np.zeros(self.n)
        grad[self.active] = 1.0
        grad[self.target] = -1.0
        return grad / self.n


def multi_margin(x):
    return MultiMarginLoss(1).forward(x)


def multi_margin_backward(x):
    loss = MultiMarginLoss(1)
    loss.forward(x)
    return loss.backward()


def multi_margin_backward_one(x):
    loss = MultiMarginLoss(1)
    loss.forward(x)
    return loss.backward_one()


def triplet(anchor, positive, negative, margin=2.0):
    dp = np.linalg.norm(anchor - positive)
    dn = np.linalg.norm(anchor - negative)
    return max(dp - dn + margin, 0.0)


def triplet_gradient(anchor, positive, negative, margin=2.0):
    u, w = anchor - positive, anchor - negative
    dp, dn = math.sqrt(u @ u), math.sqrt(w @ w)
    if dp - dn + margin <= 0:
        return 0 * u, 0 * u, 0 * u
    return u / dp - w / dn, -u / dp, w / dn


def triplet_gradient_inactive(anchor, positive, negative, margin=0.2):
    return triplet_gradient(anchor, positive, negative, margin)


class CosineSimilarity:
    def __init__(self, eps=1e-8):
        self.eps = eps

    def forward(self, a, b):
        self.a, self.b = a, b
        self.na, self.nb = (a * a).sum() ** 0.5, (b * b).sum() ** 0.5
        self.cos = (a * b).sum() / max(self.na * self.nb, self.eps)
        return self.cos

    def backward(self, g):
        ua, ub = self.a / self.na, self.b / self.nb
        return g * (ub - self.cos * ua) / self.na, g * (ua - self.cos * ub) / self.nb

    def backward_swapped(self, g):
        ua, ub = self.a / self.na, self.b / self.nb
        return g * (ub - self.cos * ua) / self.nb, g * (ua - self.cos * ub) / self.na


def cosine(a, b):
    return CosineSimilarity().forward(a, b)


def cosine_backward(a, b):
    m = CosineSimilarity()
    m.forward(a, b)
    return m.backward(1.0)


def cosine_backward_swapped(a, b):
    m = CosineSimilarity()
    m.forward(a, b)
    return m.backward_swapped(1.0)


def tukey(r, c=2.0):
    total = 0.0
    for t in r:
        if abs(t) <= c:
            total += c * c / 6 * (1 - (1 - (t / c) ** 2) ** 3)
        else:
            total += c * c / 6
    return total


def tukey_gradient(r, c=2.0):
    return np.array([t * (1 - (t / c) ** 2) ** 2 if abs(t) < c else 0.0 for t in r])


def tukey_gradient_power(r, c=2.0):
    return np.array([t * (1 - (t / c) ** 2) if abs(t) < c else 0.0 for t in r])


CASES = (
    Case("huber_clip", NUMPY, huber, (R,), {"gradient": huber_gradient}, True),
    Case(
        "huber_at_delta",
        NUMPY,
        huber,
        (np.array([1.0, -1.0, 0.3]),),
        {"gradient": huber_gradient},
        True,
        why="the formula changes there, the slope does not",
        kink=True,
    ),
    Case("pseudo_huber", PYTHON, pseudo_huber, (R,), {"gradient": pseudo_huber_gradient}, True),
    Case("log_cosh", TORCH, log_cosh, (R,), {"gradient": log_cosh_backward}, True),
    Case("log_cosh_abs", TORCH, log_cosh, (R,), {"gradient": log_cosh_backward_abs}, False),
    Case("squared_hinge", NUMPY, squared_hinge, (R,), {"gradient": squared_hinge_gradient}, True),
    Case("squared_hinge_label", NUMPY, squared_hinge, (R,), {"gradient": squared_hinge_gradient_no_label}, False),
    Case("multi_margin", TORCH, multi_margin, (R,), {"gradient": multi_margin_backward}, True),
    Case("multi_margin_one", TORCH, multi_margin, (R,), {"gradient": multi_margin_backward_one}, False),
    Case("triplet", NUMPY, triplet, (A, B, C), {"gradient": triplet_gradient}, True),
    Case(
        "triplet_margin",
        NUMPY,
        triplet,
        (A, B, 1.5 * C),
        {"gradient": triplet_gradient_inactive},
        False,
        why="with another margin the loss would be zero here",
    ),
    Case("cosine", TORCH, cosine, (A, B), {"gradient": cosine_backward}, True),
    Case(
        "cosine_norms",
        TORCH,
        cosine,
        (A, B),
        {"gradient": cosine_backward_swapped},
        False,
        why="right for vectors of one length",
    ),
    Case("tukey", PYTHON, tukey, (R,), {"gradient": tukey_gradient}, True),
    Case("tukey_power", PYTHON, tukey, (R,), {"gradient": tukey_gradient_power}, False),
)
