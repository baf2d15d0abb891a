"""Softmax, log-softmax, log-sum-exp and entropy: homework, blog and research versions, and their classic mistakes."""

import numpy as np
from scipy.special import log_softmax as scipy_log_softmax
from scipy.special import logsumexp
from scipy.special import softmax as scipy_softmax

from .case import right, wrong

X = [(np.array([0.3, -1.2, 2.0, 0.7]),), (np.array([1.5, -3.0, 0.1]),), (np.array([-0.4, 0.9, 0.2, 2.5, -1.7]),)]
BATCH = np.array([[0.2, -1.1, 0.7, 1.9], [2.3, 0.4, -0.6, 0.1], [-1.4, 0.8, 0.3, -0.2]])
LOGITS = [(BATCH,), (BATCH * -1.3 + 0.5,)]


# --- one vector ---


def softmax(x):
    e = np.exp(x - np.max(x))
    return e / e.sum()


def softmax_jacobian(x):
    s = softmax(x)
    return np.diag(s) - np.outer(s, s)


def softmax_jacobian_loops(x):
    s = softmax(x)
    n = len(s)
    J = np.zeros((n, n))
    for i in range(n):
        for j in range(n):
            if i == j:
                J[i, j] = s[i] * (1 - s[i])
            else:
                J[i, j] = -s[i] * s[j]
    return J


def softmax_grad_column(x):
    s = softmax(x).reshape(-1, 1)
    return np.diagflat(s) - np.dot(s, s.T)


def softmax_backward(x, dout):
    p = softmax(x)
    return p * (dout - np.dot(dout, p))


def naive_softmax(z):
    return np.exp(z) / np.sum(np.exp(z))


def softmax_diagonal(x):
    s = softmax(x)
    return np.diag(s * (1 - s))


def softmax_jacobian_loops_plus(x):
    s = softmax(x)
    n = len(s)
    J = np.zeros((n, n))
    for i in range(n):
        for j in range(n):
            J[i, j] = s[i] * (1 - s[i]) if i == j else s[i] * s[j]
    return J


def softmax_backward_elementwise(x, dout):
    p = softmax(x)
    return p * (1 - p) * dout


def softmax_backward_plain_sum(x, dout):
    p = softmax(x)
    return p * (dout - dout.sum())


# --- a batch of rows ---


def softmax_rows(z):
    shifted = z - z.max(axis=1, keepdims=True)
    e = np.exp(shifted)
    return e / e.sum(axis=1, keepdims=True)


def softmax_rows_backward(z, grad):
    a = softmax_rows(z)
    return a * (grad - np.sum(grad * a, axis=1, keepdims=True))


def softmax_rows_jacobian(z):
    a = softmax_rows(z)
    n, k = a.shape
    J = np.zeros((n, k, n, k))
    for row in range(n):
        J[row, :, row, :] = np.diag(a[row]) - np.outer(a[row], a[row])
    return J


def softmax_rows_jacobian_einsum(z):
    a = scipy_softmax(z, axis=-1)
    within = np.einsum("ni,ij->nij", a, np.eye(a.shape[1])) - np.einsum("ni,nj->nij", a, a)
    return np.einsum("nij,nm->nimj", within, np.eye(a.shape[0]))


def softmax_rows_backward_axis0(z, grad):
    a = softmax_rows(z)
    return a * (grad - np.sum(grad * a, axis=0, keepdims=True))


def softmax_rows_backward_all(z, grad):
    a = softmax_rows(z)
    return a * (grad - np.sum(grad * a))


# --- log-softmax ---


def log_softmax(x):
    m = x.max()
    return x - m - np.log(np.sum(np.exp(x - m)))


def log_softmax_jacobian(x):
    s = softmax(x)
    return np.eye(len(x)) - s


def log_softmax_jacobian_swapped(x):
    s = softmax(x)
    return np.eye(len(x)) - s[:, None]


def log_softmax_jacobian_wrong_quotient(x):
    return softmax_jacobian(x) / log_softmax(x)[:, np.newaxis]


def log_softmax_backward(x, v):
    return v - softmax(x) * v.sum()


def log_softmax_backward_swapped(x, v):
    return v - (softmax(x) * v).sum()


def log_softmax_backward_elementwise(x, v):
    return (1 - softmax(x)) * v


def scipy_log_softmax_pullback(x, v):
    return v - np.exp(scipy_log_softmax(x)) * np.sum(v)


# --- log-sum-exp, entropy ---


def entropy_of_logits(x):
    s = softmax(x)
    return -np.sum(s * np.log(s))


def entropy_of_logits_gradient(x):
    s = softmax(x)
    return -s * (np.log(s) + entropy_of_logits(x))


def entropy_of_logits_wrong_sign_inside(x):
    s = softmax(x)
    return -s * (np.log(s) - entropy_of_logits(x))


def entropy_stops_at_the_probabilities(x):
    return -(np.log(softmax(x)) + 1)


CASES = [
    right("softmax, Jacobian from diag and outer", softmax, X, jacobian=softmax_jacobian),
    right("softmax, Jacobian by two loops", softmax, X, jacobian=softmax_jacobian_loops),
    right("softmax without a shift, column notation", naive_softmax, X, jacobian=softmax_grad_column),
    right("softmax, backward", softmax, X, pullback=softmax_backward),
    right("rows of softmax, backward", softmax_rows, LOGITS, pullback=softmax_rows_backward),
    right("rows of softmax, Jacobian with four indices", softmax_rows, LOGITS, jacobian=softmax_rows_jacobian),
    right("rows of softmax, einsum", softmax_rows, LOGITS, jacobian=softmax_rows_jacobian_einsum),
    right("log-softmax, Jacobian", log_softmax, X, jacobian=log_softmax_jacobian),
    right("log-softmax, backward", log_softmax, X, pullback=log_softmax_backward),
    right("SciPy's log-softmax, pullback", scipy_log_softmax, X, pullback=scipy_log_softmax_pullback),
    right("SciPy's logsumexp, gradient is softmax", logsumexp, X, gradient=softmax),
    right("entropy of softmax", entropy_of_logits, X, gradient=entropy_of_logits_gradient),
    wrong(
        "softmax Jacobian, diagonal alone",
        softmax,
        X,
        "the -s_i s_j are missing",
        jacobian=softmax_diagonal,
        slip="diagonal",
    ),
    wrong("softmax Jacobian, +s_i s_j", softmax, X, "off-diagonal sign", jacobian=softmax_jacobian_loops_plus),
    wrong("softmax backward, s (1 - s)", softmax, X, "diagonal alone", pullback=softmax_backward_elementwise),
    wrong("softmax backward, sum without s", softmax, X, "v.sum() for v @ s", pullback=softmax_backward_plain_sum),
    wrong(
        "rows of softmax, sum over the batch axis", softmax_rows, LOGITS, "axis=0", pullback=softmax_rows_backward_axis0
    ),
    wrong("rows of softmax, sum over everything", softmax_rows, LOGITS, "no axis", pullback=softmax_rows_backward_all),
    wrong(
        "log-softmax Jacobian, [i=j] - s_i",
        log_softmax,
        X,
        "s_i where s_j belongs",
        jacobian=log_softmax_jacobian_swapped,
        slip=("indices swapped", "transposed"),
    ),
    wrong(
        "log-softmax Jacobian divided by log s",
        log_softmax,
        X,
        "d log s is ds / s, not ds / log s",
        jacobian=log_softmax_jacobian_wrong_quotient,
    ),
    wrong(
        "log-softmax backward, s inside the sum",
        log_softmax,
        X,
        "J v where J^T v belongs",
        pullback=log_softmax_backward_swapped,
        slip=("indices swapped", "transposed"),
    ),
    wrong("log-softmax backward, elementwise", log_softmax, X, "diagonal", pullback=log_softmax_backward_elementwise),
    wrong("logsumexp, exp without the sum", logsumexp, X, "not normalised", gradient=np.exp),
    wrong("entropy, minus H", entropy_of_logits, X, "sign inside", gradient=entropy_of_logits_wrong_sign_inside),
    wrong("entropy, no softmax chain", entropy_of_logits, X, "chain", gradient=entropy_stops_at_the_probabilities),
]
