"""Cross entropies of logits, with labels, with soft targets and with a temperature, and the classic mistakes."""

import numpy as np
from scipy.special import log_softmax as scipy_log_softmax
from scipy.special import logsumexp
from scipy.special import softmax as scipy_softmax

from .case import right, wrong
from .softmaxes import BATCH, LOGITS, X, softmax, softmax_jacobian, softmax_rows

LABELS = np.array([2, 0, 3])
BATCHES = [(BATCH, LABELS), (BATCH[::-1] * 1.7 + 0.25, np.array([1, 1, 2]))]

# --- cross entropy with labels ---


def cross_entropy(logits, y):
    n = logits.shape[0]
    p = softmax_rows(logits)
    return -np.log(p[np.arange(n), y]).mean()


def cross_entropy_gradient(logits, y):
    n = logits.shape[0]
    grad = softmax_rows(logits)
    grad[range(n), y] -= 1
    return grad / n


def softmax_loss(x, y):
    """In the manner of a course assignment: loss and gradient together."""
    shifted_logits = x - np.max(x, axis=1, keepdims=True)
    Z = np.sum(np.exp(shifted_logits), axis=1, keepdims=True)
    log_probs = shifted_logits - np.log(Z)
    probs = np.exp(log_probs)
    N = x.shape[0]
    loss = -np.sum(log_probs[np.arange(N), y]) / N
    dx = probs.copy()
    dx[np.arange(N), y] -= 1
    dx /= N
    return loss, dx


def softmax_loss_loops(x, y):
    loss = 0.0
    for i in range(x.shape[0]):
        scores = x[i] - x[i].max()
        loss += -scores[y[i]] + np.log(np.sum(np.exp(scores)))
    return loss


def softmax_loss_loops_gradient(x, y):
    dx = np.zeros_like(x)
    for i in range(x.shape[0]):
        scores = x[i] - x[i].max()
        p = np.exp(scores) / np.sum(np.exp(scores))
        for j in range(x.shape[1]):
            dx[i, j] = p[j] - (j == y[i])
    return dx, None


def cross_entropy_one_hot_gradient(logits, y):
    onehot = np.eye(logits.shape[1])[y]
    return (softmax_rows(logits) - onehot) / len(y)


def no_mean(logits, y):
    return cross_entropy_gradient(logits, y) * len(y)


def mean_twice(logits, y):
    return cross_entropy_gradient(logits, y) / len(y)


def targets_minus_probs(logits, y):
    return (np.eye(logits.shape[1])[y] - softmax_rows(logits)) / len(y)


def normalised_down_the_batch(logits, y):
    e = np.exp(logits - logits.max())
    p = e / e.sum(axis=0)
    p[range(len(y)), y] -= 1
    return p / len(y)


def label_off_by_one(logits, y):
    grad = softmax_rows(logits)
    grad[range(len(y)), y - 1] -= 1
    return grad / len(y)


def only_the_first_label(logits, y):
    grad = softmax_rows(logits)
    grad[:, y[0]] -= 1
    return grad / len(y)


def mean_over_all_entries(logits, y):
    return (softmax_rows(logits) - np.eye(logits.shape[1])[y]) / logits.size


def softmax_loss_forgets_to_copy_mean(x, y):
    loss, dx = softmax_loss(x, y)
    return loss, dx * x.shape[0]


# --- cross entropy with soft targets, not summing to one ---

TARGETS = np.array([0.2, 0.9, 0.05, 0.6])
SOFT = [(np.array([0.3, -1.2, 2.0, 0.7]), TARGETS), (np.array([-1.0, 0.4, 0.8, 1.6]), np.array([0.3, 0.1, 0.15, 0.2]))]


def soft_cross_entropy(x, t):
    return -np.sum(t * scipy_log_softmax(x))


def soft_cross_entropy_gradient(x, t):
    return scipy_softmax(x) * t.sum() - t, -scipy_log_softmax(x)


def soft_cross_entropy_assumes_a_distribution(x, t):
    return scipy_softmax(x) - t, -scipy_log_softmax(x)


def soft_loss_of_logits(x):
    return t_dot(TARGETS, logsumexp(x) - x)


def t_dot(t, v):
    return t.dot(v)


def batch_soft(z, T=((0.5, 0.2, 0.1, 0.4), (0.0, 0.3, 0.3, 0.1), (0.9, 0.0, 0.8, 0.2))):
    return -np.mean(np.sum(np.array(T) * np.log(softmax_rows(z)), axis=1))


def batch_soft_gradient(z, T=((0.5, 0.2, 0.1, 0.4), (0.0, 0.3, 0.3, 0.1), (0.9, 0.0, 0.8, 0.2))):
    T = np.array(T)
    return (softmax_rows(z) * T.sum(axis=1, keepdims=True) - T) / len(T)


def batch_soft_assumes(z, T=((0.5, 0.2, 0.1, 0.4), (0.0, 0.3, 0.3, 0.1), (0.9, 0.0, 0.8, 0.2))):
    return (softmax_rows(z) - np.array(T)) / len(T)


def divided_by_log(x):
    """The gradient of log s taken as 1 / log s."""
    s = softmax(x)
    return softmax_jacobian(x) @ (-TARGETS / np.log(s))


def soft_via_jacobian(x):
    s = softmax(x)
    return softmax_jacobian(x).T @ (-TARGETS / s)


# --- temperature ---

WARM = [(np.array([0.3, -1.2, 2.0]), 2.5), (np.array([1.1, 0.6, -0.9]), 0.7)]


def tempered(x, T):
    return logsumexp(x / T) - x[0] / T


def tempered_gradient(x, T):
    p = scipy_softmax(x / T)
    y = np.array([1.0, 0.0, 0.0])
    return (p - y) / T, -((p - y) @ x) / T**2


def tempered_without_chain(x, T):
    p = scipy_softmax(x / T)
    p[0] -= 1
    return p, -(p @ x) / T**2


def tempered_sign_of_temperature(x, T):
    dx, dT = tempered_gradient(x, T)
    return dx, -dT


def tempered_multiplied(x, T):
    p = scipy_softmax(x / T) - np.eye(3)[0]
    return p * T, -(p @ x) / T**2


# --- negative log-likelihood of log-probabilities ---


def nll(logp, y):
    return -np.mean(logp[np.arange(len(y)), y])


def nll_gradient(logp, y):
    g = np.zeros(logp.shape)
    g[np.arange(len(y)), y] = -1.0 / len(y)
    return g


def nll_positive(logp, y):
    return np.eye(logp.shape[1])[y] / len(y)


def nll_no_mean(logp, y):
    return -np.eye(logp.shape[1])[y]


CASES = [
    right("cross entropy, labels, p[range(n), y] -= 1", cross_entropy, BATCHES, gradient=cross_entropy_gradient),
    right("cross entropy, one-hot", cross_entropy, BATCHES, gradient=cross_entropy_one_hot_gradient),
    right("softmax loss, value and gradient", softmax_loss, BATCHES, gradient=True),
    right("softmax loss, loops, None for labels", softmax_loss_loops, BATCHES, gradient=softmax_loss_loops_gradient),
    right("soft cross entropy in both inputs", soft_cross_entropy, SOFT, gradient=soft_cross_entropy_gradient),
    right("soft cross entropy, chained Jacobian", soft_loss_of_logits, X[:1], gradient=soft_via_jacobian),
    right("batch soft cross entropy, defaults", batch_soft, LOGITS, gradient=batch_soft_gradient),
    right("tempered cross entropy, logits and temperature", tempered, WARM, gradient=tempered_gradient),
    right("negative log-likelihood", nll, BATCHES, gradient=nll_gradient),
    wrong("cross entropy, no mean", cross_entropy, BATCHES, "n", gradient=no_mean, slip="factor", factor=3),
    wrong("cross entropy, mean twice", cross_entropy, BATCHES, "n^2", gradient=mean_twice, slip="factor", factor=3),
    wrong("cross entropy, y - p", cross_entropy, BATCHES, "negated", gradient=targets_minus_probs, slip="sign"),
    wrong("cross entropy, axis 0", cross_entropy, BATCHES, "normalised by column", gradient=normalised_down_the_batch),
    wrong("cross entropy, y - 1", cross_entropy, BATCHES, "labels from 0, not 1", gradient=label_off_by_one),
    wrong(
        "cross entropy, softmax alone",
        cross_entropy,
        BATCHES,
        "-1 at the label forgotten",
        gradient=lambda z, y: softmax_rows(z) / len(y),
    ),
    wrong("cross entropy, y[0] for all rows", cross_entropy, BATCHES[:1], "y[0]", gradient=only_the_first_label),
    wrong(
        "cross entropy, mean over entries",
        cross_entropy,
        BATCHES,
        "n k for n",
        gradient=mean_over_all_entries,
        slip="factor",
        factor=4,
    ),
    wrong(
        "softmax loss and gradient, the mean in the value only",
        softmax_loss_forgets_to_copy_mean,
        BATCHES,
        "mean missing in the gradient",
        gradient=True,
        slip="factor",
        factor=3,
    ),
    wrong(
        "soft cross entropy, s - t",
        soft_cross_entropy,
        SOFT,
        "s sum(t) - t; these targets do not sum to one",
        gradient=soft_cross_entropy_assumes_a_distribution,
        slip="sum to one",
    ),
    wrong(
        "batch soft cross entropy, s - t",
        batch_soft,
        LOGITS,
        "rows of targets that do not sum to one",
        gradient=batch_soft_assumes,
        slip=None,
    ),
    wrong("soft cross entropy, 1 / log s", soft_loss_of_logits, X[:1], "t / s, not t / log s", gradient=divided_by_log),
    wrong("temperature forgotten", tempered, WARM, "1 / T in dx", gradient=tempered_without_chain, slip="factor"),
    wrong("temperature multiplied", tempered, WARM, "T for 1 / T", gradient=tempered_multiplied, slip="factor"),
    wrong("temperature's sign", tempered, WARM, "d(1/T)/dT < 0", gradient=tempered_sign_of_temperature, slip="sign"),
    wrong("NLL, positive", nll, BATCHES, "the minus is lost", gradient=nll_positive, slip="sign"),
    wrong("NLL, no mean", nll, BATCHES, "1 / n is lost", gradient=nll_no_mean, slip="factor", factor=3),
]
