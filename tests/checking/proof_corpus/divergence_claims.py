"""Entropies and divergences between distributions."""

import math

import numpy as np

from .case import NUMPY, PYTHON, TORCH, Case

P = np.array([0.2, 0.5, 0.3])
Q = np.array([0.4, 0.35, 0.25])
Z = np.array([0.9, -0.3, 0.15])


def kl(p, q):
    return np.sum(p * (np.log(p) - np.log(q)))


def kl_gradient_no_one(p, q):
    return np.log(p / q), -p / q


def entropy_of_logits(z):
    p = np.exp(z) / np.exp(z).sum()
    return -(p * np.log(p)).sum()


def entropy_of_logits_gradient(z):
    p = np.exp(z) / np.exp(z).sum()
    h = -(p * np.log(p)).sum()
    return -p * (np.log(p) + h)


def entropy_of_logits_gradient_covariance(z):
    p = np.exp(z) / np.exp(z).sum()
    return (np.outer(p, p) - np.diag(p)) @ z


def entropy_of_logits_gradient_covariance_sign(z):
    p = np.exp(z) / np.exp(z).sum()
    return (np.diag(p) - np.outer(p, p)) @ z


def entropy_loop(p):
    h = 0.0
    for t in p:
        if t > 0:
            h -= t * math.log2(t)
    return h


def entropy_loop_gradient(p):
    return [-(math.log(t) + 1) / math.log(2) for t in p]


def entropy_loop_gradient_digits(p):
    return [-(math.log(t) + 1) * 1.442695 for t in p]


def jensen_shannon(p, q):
    total = 0.0
    for a, b in zip(p, q, strict=True):
        m = (a + b) / 2
        total += 0.5 * a * math.log(a / m) + 0.5 * b * math.log(b / m)
    return total


def jensen_shannon_gradient(p, q):
    dp = np.array([0.5 * math.log(2 * a / (a + b)) for a, b in zip(p, q, strict=True)])
    dq = np.array([0.5 * math.log(2 * b / (a + b)) for a, b in zip(p, q, strict=True)])
    return dp, dq


def jensen_shannon_gradient_half(p, q):
    dp = np.array([0.5 * math.log(a / (a + b)) for a, b in zip(p, q, strict=True)])
    dq = np.array([0.5 * math.log(b / (a + b)) for a, b in zip(p, q, strict=True)])
    return dp, dq


class GaussianKL:
    """The divergence of a diagonal normal from the standard one, as in a variational autoencoder."""

    @staticmethod
    def forward(ctx, mu, logvar):
        ctx.append((mu, logvar))
        return -0.5 * (1 + logvar - mu**2 - np.exp(logvar)).sum(-1)

    @staticmethod
    def backward(ctx, grad_output):
        mu, logvar = ctx.pop()
        g = np.expand_dims(grad_output, -1)
        return g * mu, g * 0.5 * (np.exp(logvar) - 1)


def vae_kl(mu, logvar):
    return GaussianKL.forward([], mu, logvar)


def vae_kl_backward(mu, logvar, v):
    ctx = []
    GaussianKL.forward(ctx, mu, logvar)
    return GaussianKL.backward(ctx, v)


def vae_kl_backward_summed(mu, logvar, v):
    g = v.sum()
    return g * mu, g * 0.5 * np.expm1(logvar)


class KLDivLoss:
    def __init__(self, log_target=False):
        self.log_target = log_target

    def forward(self, input, target):
        self.target = np.exp(target) if self.log_target else target
        logs = target if self.log_target else np.log(target)
        return (self.target * (logs - input)).sum() / input.shape[0]

    def backward(self, input):
        return -self.target / input.shape[0]


def distillation(student):
    return KLDivLoss().forward(student, np.array([[0.2, 0.8], [0.55, 0.45]]))


def distillation_backward(student):
    loss = KLDivLoss()
    loss.forward(student, np.array([[0.2, 0.8], [0.55, 0.45]]))
    return loss.backward(student)


def distillation_backward_columns(student):
    loss = KLDivLoss()
    loss.forward(student, np.array([[0.2, 0.8], [0.55, 0.45]]))
    return loss.backward(student).T


def temperature_kl(student, teacher, T=2.0):
    a, b = np.exp(student / T), np.exp(teacher / T)
    a, b = a / a.sum(), b / b.sum()
    return T * T * (b * (np.log(b) - np.log(a))).sum()


def temperature_kl_backward(student, teacher, T=2.0):
    a, b = np.exp(student / T), np.exp(teacher / T)
    a, b = a / a.sum(), b / b.sum()
    ratio = np.log(b) - np.log(a)
    return T * (a - b), T * b * (ratio - (b * ratio).sum())


def temperature_kl_backward_hinton(student, teacher, T=2.0):
    a, b = np.exp(student / T), np.exp(teacher / T)
    a, b = a / a.sum(), b / b.sum()
    return T * (a - b), T * (b - a)


def mutual_information(joint):
    rows, cols = joint.sum(1, keepdims=True), joint.sum(0, keepdims=True)
    return np.sum(joint * np.log(joint / (rows * cols)))


def mutual_information_gradient(joint):
    return np.log(joint / joint.sum(1)[:, None] / joint.sum(0)) - 1


def mutual_information_gradient_one(joint):
    return np.log(joint / joint.sum(1)[:, None] / joint.sum(0)) + 1


JOINT = np.array([[0.1, 0.25], [0.4, 0.25]])
MU = np.array([[0.4, -0.9], [1.2, 0.1]])
LOGVAR = np.array([[-0.3, 0.2], [0.55, -1.0]])

CASES = (
    Case("kl_no_one", NUMPY, kl, (P, Q), {"gradient": kl_gradient_no_one}, False),
    Case("entropy_logits", NUMPY, entropy_of_logits, (Z,), {"gradient": entropy_of_logits_gradient}, True),
    Case(
        "entropy_logits_covariance",
        NUMPY,
        entropy_of_logits,
        (Z,),
        {"gradient": entropy_of_logits_gradient_covariance},
        True,
    ),
    Case(
        "entropy_logits_sign",
        NUMPY,
        entropy_of_logits,
        (Z,),
        {"gradient": entropy_of_logits_gradient_covariance_sign},
        False,
    ),
    Case("entropy_bits", PYTHON, entropy_loop, (P,), {"gradient": entropy_loop_gradient}, True),
    Case(
        "entropy_bits_digits",
        PYTHON,
        entropy_loop,
        (P,),
        {"gradient": entropy_loop_gradient_digits},
        False,
        why="log2(e) to seven digits",
    ),
    Case("jensen_shannon", PYTHON, jensen_shannon, (P, Q), {"gradient": jensen_shannon_gradient}, True),
    Case("jensen_shannon_half", PYTHON, jensen_shannon, (P, Q), {"gradient": jensen_shannon_gradient_half}, False),
    Case("vae_kl", TORCH, vae_kl, (MU, LOGVAR), {"pullback": vae_kl_backward}, True),
    Case(
        "vae_kl_summed",
        TORCH,
        vae_kl,
        (MU, LOGVAR),
        {"pullback": vae_kl_backward_summed},
        False,
        why="right for equal cotangents",
    ),
    Case(
        "distillation",
        TORCH,
        distillation,
        (LOGVAR,),
        {"gradient": distillation_backward},
        True,
        why="a gradient that does not depend on the input",
    ),
    Case("distillation_transposed", TORCH, distillation, (LOGVAR,), {"gradient": distillation_backward_columns}, False),
    Case("temperature_kl", TORCH, temperature_kl, (Z, P), {"gradient": temperature_kl_backward}, True),
    Case("temperature_kl_teacher", TORCH, temperature_kl, (Z, P), {"gradient": temperature_kl_backward_hinton}, False),
    Case(
        "mutual_information",
        NUMPY,
        mutual_information,
        (JOINT,),
        {"gradient": mutual_information_gradient},
        True,
        why="the inputs sum to one, the formula is for all",
    ),
    Case(
        "mutual_information_one",
        NUMPY,
        mutual_information,
        (JOINT,),
        {"gradient": mutual_information_gradient_one},
        False,
    ),
)
