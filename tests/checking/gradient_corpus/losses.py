"""Losses with their gradients: squared, absolute, Huber, binary cross entropy, margins, likelihoods."""

import numpy as np
from scipy.special import expit, gammaln

from .case import right, wrong

PREDICTED = np.array([0.7, -1.3, 2.1, 0.4, 5.2])
WANTED = np.array([1.1, 0.2, 1.8, -2.5, 0.9])
PAIRS = [
    (PREDICTED, WANTED),
    (np.array([[1.5, -0.2], [0.3, 2.2], [-3.0, 0.6]]), np.array([[1.2, 0.9], [-1.1, 0.7], [0.4, -0.8]])),
]


# --- squared, absolute, Huber ---


def mse(pred, target):
    return np.mean((pred - target) ** 2)


def mse_grad(pred, target):
    d = 2 * (pred - target) / pred.size
    return d, -d


def half_sse(y):
    return 0.5 * np.sum((y - WANTED) ** 2)


def mse_by_axis(pred, target):
    return ((pred - target) ** 2).sum(axis=-1).mean()


def mse_by_axis_grad(pred, target):
    n = pred.shape[0] if pred.ndim > 1 else 1
    return 2 / n * (pred - target), 2 / n * (target - pred)


def mse_divided_by_rows(pred, target):
    d = 2 * (pred - target) / len(pred)
    return d, -d


def mse_no_two(pred, target):
    d = (pred - target) / pred.size
    return d, -d


def mse_same_sign(pred, target):
    d = 2 * (pred - target) / pred.size
    return d, d


def huber(pred, target, delta=1.0):
    r = pred - target
    return np.where(np.abs(r) <= delta, 0.5 * r**2, delta * (np.abs(r) - 0.5 * delta)).sum()


def huber_grad(pred, target, delta=1.0):
    r = pred - target
    g = np.clip(r, -delta, delta)
    return g, -g


def huber_loop(pred):
    total = 0.0
    for p, t in zip(pred, WANTED, strict=True):
        r = abs(p - t)
        total += 0.5 * r * r if r <= 1.2 else 1.2 * (r - 0.6)
    return total


def huber_loop_grad(pred):
    g = np.empty(len(pred))
    for i in range(len(pred)):
        r = pred[i] - WANTED[i]
        g[i] = r if abs(r) <= 1.2 else 1.2 * np.sign(r)
    return g


def huber_unclipped(pred, target):
    return pred - target, target - pred


def huber_unsigned(pred):
    r = pred - WANTED
    return np.where(np.abs(r) <= 1.2, r, 1.2)


def huber_forgot_delta(pred):
    r = pred - WANTED
    return np.where(np.abs(r) <= 1.2, r, np.sign(r))


# --- binary cross entropy ---

BINARY = [
    (np.array([0.2, 0.85, 0.6]), np.array([0.0, 1.0, 0.3])),
    (np.array([0.47, 0.08, 0.91]), np.array([1.0, 0.4, 0.7])),
]


def bce(p, y):
    return -np.mean(y * np.log(p) + (1 - y) * np.log(1 - p))


def bce_grad(p, y):
    n = len(p)
    return (p - y) / (p * (1 - p)) / n, -(np.log(p) - np.log(1 - p)) / n


def bce_grad_of_the_logit(p, y):
    return (p - y) / len(p), -(np.log(p) - np.log(1 - p)) / len(p)


def bce_plus_between(p, y):
    return (-y / p - (1 - y) / (1 - p)) / len(p), bce_grad(p, y)[1]


BITS = np.array([1.0, 0.0, 0.0, 1.0])


def bce_logits(z, y=BITS):
    return np.sum(np.maximum(z, 0) - z * y + np.log1p(np.exp(-np.abs(z))))


def bce_logits_grad(z, y=BITS):
    return expit(z) - y


LOGITS = [(np.array([0.3, -1.8, 2.2, -0.4]),), (np.array([4.1, 0.25, -0.7, 1.6]),)]


# --- hinge, triplet ---

SCORES = [
    (np.array([[3.2, 5.1, -1.7], [1.3, 2.5, 2.0], [2.2, 2.5, -3.1], [0.4, 0.1, 0.7]]), np.array([0, 1, 2, 1])),
]


def hinge(S, y):
    N = S.shape[0]
    margins = np.maximum(0, S - S[np.arange(N), y][:, None] + 1.0)
    margins[np.arange(N), y] = 0
    return margins.sum() / N


def hinge_grad(S, y):
    N = S.shape[0]
    margins = S - S[np.arange(N), y][:, None] + 1.0
    mask = (margins > 0).astype(float)
    mask[np.arange(N), y] = 0
    mask[np.arange(N), y] = -mask.sum(axis=1)
    return mask / N


def hinge_loops(S, y):
    loss = 0.0
    for i in range(len(y)):
        for j in range(S.shape[1]):
            if j == y[i]:
                continue
            margin = S[i, j] - S[i, y[i]] + 1
            if margin > 0:
                loss += margin
    return loss


def hinge_loops_grad(S, y):
    d = np.zeros(S.shape)
    for i in range(len(y)):
        for j in range(S.shape[1]):
            if j != y[i] and S[i, j] - S[i, y[i]] + 1 > 0:
                d[i, j] += 1
                d[i, y[i]] -= 1
    return d


def hinge_correct_class_forgotten(S, y):
    g = hinge_grad(S, y)
    g[np.arange(len(y)), y] = 0
    return g


def hinge_correct_class_once(S, y):
    g = hinge_grad(S, y)
    g[np.arange(len(y)), y] = -1 / len(y)
    return g


def hinge_mask_without_margin(S, y):
    d = np.zeros(S.shape)
    for i in range(len(y)):
        for j in range(S.shape[1]):
            if j != y[i] and S[i, j] - S[i, y[i]] > 0:
                d[i, j] += 1
                d[i, y[i]] -= 1
    return d


POINTS, SIDES = np.array([[1.0, 0.5], [-0.7, 1.2], [0.3, -2.0]]), np.array([1, -1, 1])


def squared_hinge(w, X=POINTS, y=SIDES):
    return np.sum(np.maximum(0, 1 - y * (X @ w)) ** 2)


def squared_hinge_grad(w, X=POINTS, y=SIDES):
    return -2 * X.T @ (y * np.maximum(0, 1 - y * (X @ w)))


def squared_hinge_no_label(w, X=POINTS, y=SIDES):
    return -2 * X.T @ np.maximum(0, 1 - y * (X @ w))


TRIPLET = [(np.array([0.2, 1.1, -0.4]), np.array([0.9, 0.3, 0.5]), np.array([-0.6, 1.0, 0.7]))]


def triplet(a, p, n):
    return max(0.0, np.sum((a - p) ** 2) - np.sum((a - n) ** 2) + 1.0)


def triplet_grad(a, p, n):
    active = float(np.sum((a - p) ** 2) - np.sum((a - n) ** 2) + 1.0 > 0)
    return 2 * (n - p) * active, -2 * (a - p) * active, 2 * (a - n) * active


def triplet_swapped(a, p, n):
    da, dp, dn = triplet_grad(a, p, n)
    return da, dn, dp


def triplet_anchor_half(a, p, n):
    _, dp, dn = triplet_grad(a, p, n)
    return 2 * (a - p), dp, dn


# --- likelihoods ---

COUNTS = np.array([2, 0, 5, 1])
DESIGN = np.array([[1.0, 0.3], [1.0, -1.2], [1.0, 2.1], [1.0, 0.8]])
WEIGHTS = [(np.array([0.4, 0.6]),), (np.array([-0.3, 0.25]),)]


def poisson_nll(w):
    eta = DESIGN @ w
    return np.sum(np.exp(eta) - COUNTS * eta + gammaln(COUNTS + 1))


def poisson_grad(w):
    return DESIGN.T @ (np.exp(DESIGN @ w) - COUNTS)


def poisson_no_exp(w):
    return DESIGN.T @ (DESIGN @ w - COUNTS)


def poisson_transposed_sum(w):
    return (DESIGN * (np.exp(DESIGN @ w) - COUNTS)[:, None]).mean(axis=0)


GAUSS = [
    (np.array([0.3, 1.4, -0.8]), np.array([0.2, -0.5, 0.1])),
    (np.array([2.0, -1.1, 0.6]), np.array([-0.7, 0.35, 0.9])),
]
OBSERVED = np.array([0.9, 0.1, -1.6])


def gaussian_nll(mu, log_sigma):
    return np.sum(0.5 * ((OBSERVED - mu) / np.exp(log_sigma)) ** 2 + log_sigma + 0.5 * np.log(2 * np.pi))


def gaussian_grad(mu, log_sigma):
    z = (OBSERVED - mu) * np.exp(-log_sigma)
    return -z * np.exp(-log_sigma), 1 - z**2


def gaussian_sigma_for_log_sigma(mu, log_sigma):
    sigma = np.exp(log_sigma)
    z = (OBSERVED - mu) / sigma
    return -z / sigma, (1 - z**2) / sigma


def gaussian_mu_sign(mu, log_sigma):
    dmu, ds = gaussian_grad(mu, log_sigma)
    return -dmu, ds


def gaussian_no_normaliser(mu, log_sigma):
    dmu, ds = gaussian_grad(mu, log_sigma)
    return dmu, ds - 1


CASES = [
    right("MSE in both inputs", mse, PAIRS, gradient=mse_grad),
    right("half the squared error", half_sse, [(PREDICTED,)], gradient=lambda y: y - WANTED),
    right("MSE over rows", mse_by_axis, PAIRS, gradient=mse_by_axis_grad),
    right("Huber by np.where, clip", huber, PAIRS, gradient=huber_grad),
    right("Huber in a loop", huber_loop, [(PREDICTED,)], gradient=huber_loop_grad),
    right("BCE on probabilities", bce, BINARY, gradient=bce_grad),
    right("BCE on logits", bce_logits, LOGITS, gradient=bce_logits_grad),
    right("multiclass hinge, masks", hinge, SCORES, gradient=hinge_grad),
    right("multiclass hinge, loops", hinge_loops, SCORES, gradient=hinge_loops_grad),
    right("squared hinge", squared_hinge, WEIGHTS, gradient=squared_hinge_grad),
    right("triplet loss", triplet, TRIPLET, gradient=triplet_grad),
    right("Poisson regression", poisson_nll, WEIGHTS, gradient=poisson_grad),
    right("Gaussian likelihood", gaussian_nll, GAUSS, gradient=gaussian_grad),
    wrong("MSE without 2", mse, PAIRS, "2 lost", gradient=mse_no_two, slip="factor", factor=2),
    wrong(
        "MSE over rows, two means",
        mse,
        PAIRS[1:],
        "rows for entries",
        gradient=mse_divided_by_rows,
        slip="factor",
        factor=2,
    ),
    wrong("MSE, the target's sign", mse, PAIRS, "d/dtarget is -d/dpred", gradient=mse_same_sign, slip="sign"),
    wrong(
        "half the squared error, doubled",
        half_sse,
        [(PREDICTED,)],
        "2",
        gradient=lambda y: 2 * (y - WANTED),
        slip="factor",
        factor=2,
    ),
    wrong(
        "half the squared error, t - y", half_sse, [(PREDICTED,)], "negated", gradient=lambda y: WANTED - y, slip="sign"
    ),
    wrong("Huber never clipped", huber, PAIRS, "large residuals", gradient=huber_unclipped),
    wrong("Huber, delta for delta sign(r)", huber_loop, [(PREDICTED,)], "unsigned", gradient=huber_unsigned),
    wrong("Huber, sign(r) without delta", huber_loop, [(PREDICTED,)], "delta lost", gradient=huber_forgot_delta),
    wrong("BCE, p - y for probabilities", bce, BINARY, "the logit's gradient", gradient=bce_grad_of_the_logit),
    wrong("BCE, sign of the second term", bce, BINARY, "1 - p has derivative -1", gradient=bce_plus_between),
    wrong(
        "BCE on logits, s' kept",
        bce_logits,
        LOGITS,
        "s(1-s) cancels",
        gradient=lambda z: bce_logits_grad(z) * expit(z) * (1 - expit(z)),
    ),
    wrong("BCE on logits, y - s", bce_logits, LOGITS, "negated", gradient=lambda z: -bce_logits_grad(z), slip="sign"),
    wrong("hinge, correct class forgotten", hinge, SCORES, "its column", gradient=hinge_correct_class_forgotten),
    wrong("hinge, correct class once", hinge, SCORES, "-count, not -1", gradient=hinge_correct_class_once),
    wrong(
        "hinge, mask without the margin",
        hinge_loops,
        SCORES,
        "+ 1 lost in the mask",
        gradient=hinge_mask_without_margin,
    ),
    wrong(
        "hinge in loops, mean", hinge_loops, SCORES, "a sum, not a mean", gradient=hinge_grad, slip="factor", factor=4
    ),
    wrong("squared hinge without labels", squared_hinge, WEIGHTS, "y lost", gradient=squared_hinge_no_label),
    wrong("triplet, positive and negative swapped", triplet, TRIPLET, "order of the tuple", gradient=triplet_swapped),
    wrong("triplet, anchor sees one distance", triplet, TRIPLET, "half of it", gradient=triplet_anchor_half),
    wrong("Poisson, identity link", poisson_nll, WEIGHTS, "exp lost", gradient=poisson_no_exp),
    wrong(
        "Poisson, mean for sum", poisson_nll, WEIGHTS, "1/n", gradient=poisson_transposed_sum, slip="factor", factor=4
    ),
    wrong(
        "Gaussian, sigma for log sigma",
        gaussian_nll,
        GAUSS,
        "chain factor sigma",
        gradient=gaussian_sigma_for_log_sigma,
    ),
    wrong("Gaussian, sign of mu", gaussian_nll, GAUSS, "negated", gradient=gaussian_mu_sign, slip="sign"),
    wrong("Gaussian, normaliser forgotten", gaussian_nll, GAUSS, "d log sigma is 1", gradient=gaussian_no_normaliser),
]
