"""Entropies, divergences, penalties, quadratic forms, norms and the cosine, with their derivatives."""

import numpy as np
from scipy.special import xlogy

from .case import right, wrong

# --- entropies and divergences ---

DISTRIBUTIONS = [
    (np.array([0.2, 0.5, 0.3]), np.array([0.6, 0.15, 0.25])),
    (np.array([0.05, 0.7, 0.25]), np.array([0.3, 0.3, 0.4])),
]


def kl(p, q):
    return np.sum(p * (np.log(p) - np.log(q)))


def kl_grad(p, q):
    return np.log(p / q) + 1, -p / q


def kl_xlogy(p, q):
    return (xlogy(p, p) - xlogy(p, q)).sum()


def kl_without_one(p, q):
    return np.log(p / q), -p / q


def kl_reversed(p, q):
    return np.log(p / q) + 1, -q / p


def kl_positive(p, q):
    return np.log(p / q) + 1, p / q


def entropy(p):
    return -(p * np.log(p)).sum()


def entropy_base_two(p):
    return -np.sum(p * np.log2(p))


# --- penalties, forms, norms ---

A = np.array([[2.0, -0.7, 0.3], [1.1, 0.5, -1.9], [0.4, 2.2, 1.3]])
V = [(np.array([0.6, -1.1, 2.3]),), (np.array([-0.25, 1.75, 0.9]),)]


def ridge(w, lam=0.3):
    return lam * np.sum(w**2)


def lasso(w, lam=0.3):
    return lam * np.abs(w).sum()


def elastic_net(w):
    return 0.3 * np.linalg.norm(w, 1) + 0.5 * 0.7 * np.dot(w, w)


def quadratic_form(x):
    return x @ A @ x


def half_quadratic_residual(x):
    r = A.dot(x) - np.array([1.0, -2.0, 0.5])
    return 0.5 * r.dot(r)


def norm(x):
    return np.linalg.norm(x)


def unit(x):
    return x / np.linalg.norm(x)


def unit_jacobian(x):
    n = np.linalg.norm(x)
    u = x / n
    return (np.eye(x.size) - np.outer(u, u)) / n


COSINE = [(np.array([0.6, -1.1, 2.3]), np.array([1.4, 0.2, 0.7]))]


def cosine(a, b):
    return np.dot(a, b) / (np.linalg.norm(a) * np.linalg.norm(b))


def cosine_grad(a, b):
    na, nb = np.linalg.norm(a), np.linalg.norm(b)
    c = a @ b / (na * nb)
    return b / (na * nb) - c * a / na**2, a / (na * nb) - c * b / nb**2


def cosine_norms_constant(a, b):
    n = np.linalg.norm(a) * np.linalg.norm(b)
    return b / n, a / n


def cosine_norm_not_squared(a, b):
    na, nb = np.linalg.norm(a), np.linalg.norm(b)
    return b / (na * nb) - cosine(a, b) * a / na, a / (na * nb) - cosine(a, b) * b / nb


CASES = [
    right("KL divergence", kl, DISTRIBUTIONS, gradient=kl_grad),
    right("KL divergence by xlogy", kl_xlogy, DISTRIBUTIONS, gradient=kl_grad),
    right("entropy", entropy, [d[:1] for d in DISTRIBUTIONS], gradient=lambda p: -np.log(p) - 1),
    right("ridge", ridge, V, gradient=lambda w, lam=0.3: 2 * lam * w),
    right("lasso", lasso, V, gradient=lambda w: 0.3 * np.sign(w)),
    right("elastic net", elastic_net, V, gradient=lambda w: 0.3 * np.sign(w) + 0.7 * w),
    right("quadratic form, A not symmetric", quadratic_form, V, gradient=lambda x: (A + A.T) @ x),
    right("least squares", half_quadratic_residual, V, gradient=lambda x: A.T @ (A @ x - np.array([1.0, -2.0, 0.5]))),
    right("norm", norm, V, gradient=lambda x: x / np.linalg.norm(x)),
    right("x / |x|", unit, V, jacobian=unit_jacobian),
    right("cosine similarity", cosine, COSINE, gradient=cosine_grad),
    wrong("KL without + 1", kl, DISTRIBUTIONS, "p log p has log p + 1", gradient=kl_without_one),
    wrong("KL, q / p", kl, DISTRIBUTIONS, "ratio upside down", gradient=kl_reversed),
    wrong("KL, sign in q", kl_xlogy, DISTRIBUTIONS, "negated in q", gradient=kl_positive, slip="sign"),
    wrong(
        "entropy, plus",
        entropy,
        [d[:1] for d in DISTRIBUTIONS],
        "negated",
        gradient=lambda p: np.log(p) + 1,
        slip="sign",
    ),
    wrong(
        "entropy in bits, as nats",
        entropy_base_two,
        [d[:1] for d in DISTRIBUTIONS],
        "log 2 lost",
        gradient=lambda p: -np.log(p) - 1,
        slip="factor",
    ),
    wrong("ridge without 2", ridge, V, "2 lost", gradient=lambda w: 0.3 * w, slip="factor", factor=2),
    wrong("lasso as ridge", lasso, V, "sign(w), not w", gradient=lambda w: 0.3 * w),
    wrong(
        "elastic net, 2 in the second", elastic_net, V, "half forgotten", gradient=lambda w: 0.3 * np.sign(w) + 1.4 * w
    ),
    wrong("quadratic form, 2 A x", quadratic_form, V, "A is not symmetric", gradient=lambda x: 2 * A @ x),
    wrong("quadratic form, A x", quadratic_form, V, "one of two terms", gradient=lambda x: A @ x),
    wrong(
        "least squares, A for A^T",
        half_quadratic_residual,
        V,
        "transpose",
        gradient=lambda x: A @ (A @ x - np.array([1.0, -2.0, 0.5])),
    ),
    wrong("norm, not divided", norm, V, "x / |x|", gradient=lambda x: x),
    wrong("x / |x|, norm constant", unit, V, "quotient rule", jacobian=lambda x: np.eye(3) / np.linalg.norm(x)),
    wrong(
        "x / |x|, not divided",
        unit,
        V,
        "1/|x| lost",
        jacobian=lambda x: unit_jacobian(x) * np.linalg.norm(x),
        slip="factor",
    ),
    wrong("cosine, norms constant", cosine, COSINE, "quotient rule", gradient=cosine_norms_constant),
    wrong("cosine, |a| for |a|^2", cosine, COSINE, "square lost", gradient=cosine_norm_not_squared),
]
