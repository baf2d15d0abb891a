"""Cross entropies, focal losses, label smoothing."""

import math

import numpy as np

from .case import NUMPY, PYTHON, TORCH, Case

LOGITS = np.array([[0.37, -1.25, 2.6], [1.1, 0.2, -0.4]])
LABELS = np.array([2, 0])
Y = np.array([1.0, 0.0, 1.0])
S = np.array([0.8, -1.3, 0.25])


def ce_labels(logits, labels):
    shifted = logits - logits.max(axis=1, keepdims=True)
    logp = shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True))
    return -logp[np.arange(len(labels)), labels].mean()


def ce_labels_gradient(logits, labels):
    p = np.exp(logits - logits.max(axis=1, keepdims=True))
    p /= p.sum(axis=1, keepdims=True)
    p[np.arange(len(labels)), labels] -= 1
    p /= len(labels)
    return p


def ce_labels_gradient_unaveraged(logits, labels):
    p = np.exp(logits - logits.max(axis=1, keepdims=True))
    p /= p.sum(axis=1, keepdims=True)
    p[np.arange(len(labels)), labels] -= 1
    return p


def ce_labels_gradient_slice(logits, labels):
    p = np.exp(logits - logits.max(axis=1, keepdims=True))
    p /= p.sum(axis=1, keepdims=True)
    p[:, labels] -= 1
    return p / len(labels)


class CrossEntropyLoss:
    def __init__(self, target, label_smoothing=0.0, reduction="sum"):
        self.target, self.eps, self.reduction = target, label_smoothing, reduction

    def forward(self, input):
        n, k = input.shape
        self.q = np.full((n, k), self.eps / k)
        self.q[range(n), self.target] += 1 - self.eps
        m = input.max(-1, keepdims=True)
        lse = m + np.log(np.exp(input - m).sum(-1, keepdims=True))
        self.p = np.exp(input - lse)
        loss = (self.q * (lse - input)).sum()
        return loss / n if self.reduction == "mean" else loss

    def backward(self, grad_output=1.0):
        scale = len(self.target) if self.reduction == "mean" else 1
        return grad_output * (self.p - self.q) / scale


def smoothed(input):
    return CrossEntropyLoss(LABELS, 0.1).forward(input)


def smoothed_backward(input):
    loss = CrossEntropyLoss(LABELS, 0.1)
    loss.forward(input)
    return loss.backward()


def smoothed_backward_other_convention(input):
    loss = CrossEntropyLoss(LABELS, 0.1)
    loss.forward(input)
    n, k = input.shape
    q = np.full((n, k), 0.1 / (k - 1))
    q[range(n), LABELS] = 0.9
    return loss.p - q


def bce_logits(s):
    return np.sum(np.maximum(s, 0) - s * Y + np.log1p(np.exp(-np.abs(s))))


def bce_logits_gradient(s):
    return 1 / (1 + np.exp(-s)) - Y


def bce_logits_gradient_stable(s):
    e = np.exp(-np.abs(s))
    return np.where(s >= 0, 1 / (1 + e), e / (1 + e)) - Y


def bce_logits_gradient_abs(s):
    e = np.exp(-np.abs(s))
    return 1 / (1 + e) - Y


def bce_probability(p):
    total = 0.0
    for i in range(len(p)):
        total -= Y[i] * math.log(p[i]) + (1 - Y[i]) * math.log(1 - p[i])
    return total / len(p)


def bce_probability_gradient(p):
    return [(p[i] - Y[i]) / (p[i] * (1 - p[i])) / len(p) for i in range(len(p))]


def bce_probability_gradient_eps(p):
    return [(p[i] - Y[i]) / (p[i] * (1 - p[i]) + 1e-8) / len(p) for i in range(len(p))]


def focal_loss(s, gamma=2.0, alpha=0.25):
    p = 1 / (1 + np.exp(-s))
    pt = np.where(Y == 1, p, 1 - p)
    at = np.where(Y == 1, alpha, 1 - alpha)
    return np.sum(-at * (1 - pt) ** gamma * np.log(pt))


def focal_loss_gradient(s, gamma=2.0, alpha=0.25):
    p = 1 / (1 + np.exp(-s))
    pt = np.where(Y == 1, p, 1 - p)
    at = np.where(Y == 1, alpha, 1 - alpha)
    dpt = np.where(Y == 1, 1.0, -1.0) * p * (1 - p)
    return at * (gamma * (1 - pt) ** (gamma - 1) * np.log(pt) - (1 - pt) ** gamma / pt) * dpt


def focal_loss_gradient_compact(s, gamma=2.0, alpha=0.25):
    t = 2 * Y - 1
    q = 1 / (1 + np.exp(-s * t))
    a = np.where(t > 0, alpha, 1 - alpha)
    return a * t * (1 - q) ** gamma * (gamma * q * np.log(q) + q - 1)


def focal_loss_gradient_detached(s, gamma=2.0, alpha=0.25):
    t = 2 * Y - 1
    q = 1 / (1 + np.exp(-s * t))
    a = np.where(t > 0, alpha, 1 - alpha)
    return a * t * (1 - q) ** gamma * (q - 1)


class BCEWithLogits:
    """With a weight for the positive class."""

    def __init__(self, pos_weight=3.0):
        self.pos_weight = pos_weight

    def forward(self, x, target):
        log_weight = 1 + (self.pos_weight - 1) * target
        self.saved = x, target, log_weight
        return ((1 - target) * x + log_weight * (np.log1p(np.exp(-abs(x))) + np.maximum(-x, 0))).mean()

    def backward(self, grad_output):
        x, target, log_weight = self.saved
        sigmoid = 1 / (1 + np.exp(-x))
        return grad_output * ((1 - target) - log_weight * (1 - sigmoid)) / x.size


def weighted_bce(x):
    return BCEWithLogits().forward(x, Y)


def weighted_bce_backward(x):
    m = BCEWithLogits()
    m.forward(x, Y)
    return m.backward(1.0)


def weighted_bce_backward_swapped(x):
    m = BCEWithLogits()
    m.forward(x, Y)
    _, target, w = m.saved
    return (w * (1 - target) - (1 - 1 / (1 + np.exp(-x)))) / x.size


def nll_recursive(z, k=1):
    def log_total(i):
        if i == len(z) - 1:
            return z[i]
        rest = log_total(i + 1)
        hi, lo = (z[i], rest) if z[i] > rest else (rest, z[i])
        return hi + math.log1p(math.exp(lo - hi))

    return log_total(0) - z[k]


def nll_recursive_gradient(z, k=1):
    total = sum(math.exp(t) for t in z)
    return np.array([math.exp(t) / total - (1.0 if i == k else 0.0) for i, t in enumerate(z)])


def nll_recursive_gradient_other_class(z, k=2):
    total = sum(math.exp(t) for t in z)
    return np.array([math.exp(t) / total - (1.0 if i == k else 0.0) for i, t in enumerate(z)])


def poly_loss(x):
    e = np.exp(x - x.max(-1, keepdims=True))
    pt = (e / e.sum(-1, keepdims=True))[[0, 1], LABELS]
    return (-np.log(pt) + 0.5 * (1 - pt)).sum()


def poly_loss_backward(x):
    e = np.exp(x - x.max(-1, keepdims=True))
    p = e / e.sum(-1, keepdims=True)
    onehot = np.eye(3)[LABELS]
    pt = (p * onehot).sum(-1, keepdims=True)
    return (1 + 0.5 * pt) * (p - onehot)


def poly_loss_backward_sign(x):
    e = np.exp(x - x.max(-1, keepdims=True))
    p = e / e.sum(-1, keepdims=True)
    onehot = np.eye(3)[LABELS]
    pt = (p * onehot).sum(-1, keepdims=True)
    return (1 - 0.5 * pt) * (p - onehot)


P = np.array([0.3, 0.65, 0.8])

CASES = (
    Case("ce_labels", NUMPY, ce_labels, (LOGITS, LABELS), {"gradient": ce_labels_gradient}, True),
    Case("ce_labels_no_mean", NUMPY, ce_labels, (LOGITS, LABELS), {"gradient": ce_labels_gradient_unaveraged}, False),
    Case("ce_labels_slice", NUMPY, ce_labels, (LOGITS, LABELS), {"gradient": ce_labels_gradient_slice}, False),
    Case("smoothed_ce", TORCH, smoothed, (LOGITS,), {"gradient": smoothed_backward}, True),
    Case("smoothed_ce_convention", TORCH, smoothed, (LOGITS,), {"gradient": smoothed_backward_other_convention}, False),
    Case("bce_logits", NUMPY, bce_logits, (S,), {"gradient": bce_logits_gradient}, True),
    Case("bce_logits_stable", NUMPY, bce_logits, (S * 30,), {"gradient": bce_logits_gradient_stable}, True),
    Case("bce_logits_abs", NUMPY, bce_logits, (S,), {"gradient": bce_logits_gradient_abs}, False),
    Case("bce_probability", PYTHON, bce_probability, (P,), {"gradient": bce_probability_gradient}, True),
    Case(
        "bce_probability_eps",
        PYTHON,
        bce_probability,
        (P,),
        {"gradient": bce_probability_gradient_eps},
        False,
        why="an epsilon of 1e-8 in the denominator",
    ),
    Case("focal", NUMPY, focal_loss, (S,), {"gradient": focal_loss_gradient}, True),
    Case("focal_compact", NUMPY, focal_loss, (S,), {"gradient": focal_loss_gradient_compact}, True),
    Case("focal_detached", NUMPY, focal_loss, (S,), {"gradient": focal_loss_gradient_detached}, False),
    Case("weighted_bce", TORCH, weighted_bce, (S,), {"gradient": weighted_bce_backward}, True),
    Case("weighted_bce_swapped", TORCH, weighted_bce, (S,), {"gradient": weighted_bce_backward_swapped}, False),
    Case("nll_recursive", PYTHON, nll_recursive, (LOGITS[0],), {"gradient": nll_recursive_gradient}, True),
    Case("nll_class", PYTHON, nll_recursive, (LOGITS[0],), {"gradient": nll_recursive_gradient_other_class}, False),
    Case("poly_loss", TORCH, poly_loss, (LOGITS,), {"gradient": poly_loss_backward}, True),
    Case("poly_loss_sign", TORCH, poly_loss, (LOGITS,), {"gradient": poly_loss_backward_sign}, False),
)
