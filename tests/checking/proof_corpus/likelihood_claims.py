"""Log-likelihoods of distributions and mixtures."""

import math

import numpy as np

from .case import PYTHON, TORCH, Case

X = np.array([0.37, -1.25, 2.6, 0.9])
MU, SIGMA = np.array([0.4, -0.2]), np.array([0.8, 1.7])


def gaussian(mu, sigma):
    total = 0.0
    for x in X:
        total += -0.5 * math.log(2 * math.pi) - math.log(sigma) - (x - mu) ** 2 / (2 * sigma**2)
    return total


def gaussian_gradient_variance(mu, sigma):
    r = [x - mu for x in X]
    return sum(r) / sigma**2, sum(t * t for t in r) / (2 * sigma**4) - len(X) / (2 * sigma**2)


def gaussian_gradient_sufficient(mu, sigma):
    n, mean = len(X), sum(X) / len(X)
    ss = sum((x - mean) ** 2 for x in X)
    return n * (mean - mu) / sigma**2, (ss + n * (mean - mu) ** 2 - n * sigma**2) / sigma**3


class GaussianNLLLoss:
    def __init__(self, full=True):
        self.full = full

    def forward(self, mean, log_var):
        self.r, self.w = X - mean, np.exp(-log_var)
        loss = 0.5 * (log_var + self.r**2 * self.w)
        if self.full:
            loss = loss + 0.5 * math.log(2 * math.pi)
        return loss.sum()

    def backward(self):
        return -self.r * self.w, 0.5 - 0.5 * self.r**2 * self.w

    def backward_var(self):
        return -self.r * self.w, 0.5 * self.w - 0.5 * (self.r * self.w) ** 2


def gaussian_nll(mean, log_var):
    return GaussianNLLLoss().forward(mean, log_var)


def gaussian_nll_backward(mean, log_var):
    loss = GaussianNLLLoss()
    loss.forward(mean, log_var)
    return loss.backward()


def gaussian_nll_backward_var(mean, log_var):
    loss = GaussianNLLLoss()
    loss.forward(mean, log_var)
    return loss.backward_var()


def mixture(x):
    a = 0.3 * math.exp(-0.5 * (x - 1) ** 2)
    b = 0.7 * math.exp(-0.5 * ((x + 2) / 0.5) ** 2) / 0.5
    return math.log(a + b)


def mixture_gradient(x):
    a = 0.3 * math.exp(-0.5 * (x - 1) ** 2)
    b = 0.7 * math.exp(-0.5 * ((x + 2) / 0.5) ** 2) / 0.5
    r = a / (a + b)
    return -r * (x - 1) - (1 - r) * (x + 2) / 0.25


def mixture_gradient_far_component(x):
    """Only the nearer component."""
    return -(x - 1)


class GMM:
    """The likelihood of the data in the means of two components."""

    log_pi = np.log(np.array([0.35, 0.65]))

    def forward(self, means):
        z = self.log_pi - 0.5 * (X[:, None] - means) ** 2 - 0.5 * np.log(2 * np.pi)
        m = z.max(-1, keepdims=True)
        lse = m + np.log(np.exp(z - m).sum(-1, keepdims=True))
        self.resp = np.exp(z - lse)
        self.means = means
        return lse.sum()

    def backward(self):
        return (self.resp * (X[:, None] - self.means)).sum(0)

    def backward_hard(self):
        hard = np.eye(2)[self.resp.argmax(-1)]
        return (hard * (X[:, None] - self.means)).sum(0)


def gmm(means):
    return GMM().forward(means)


def gmm_backward(means):
    model = GMM()
    model.forward(means)
    return model.backward()


def gmm_backward_hard(means):
    model = GMM()
    model.forward(means)
    return model.backward_hard()


def weibull(params):
    k, lam = params
    data = (0.5, 1.1, 2.3)
    return sum(math.log(k / lam) + (k - 1) * math.log(t / lam) - (t / lam) ** k for t in data)


def weibull_gradient(params):
    k, lam = params
    dk = dl = 0.0
    for t in (0.5, 1.1, 2.3):
        u = math.log(t / lam)
        p = math.exp(k * u)
        dk += 1 / k + u - p * u
        dl += k / lam * (p - 1)
    return np.array([dk, dl])


def weibull_gradient_log(params):
    k, lam = params
    dk = dl = 0.0
    for t in (0.5, 1.1, 2.3):
        u = math.log(t / lam)
        p = (t / lam) ** k
        dk += 1 / k + u - p * math.log(t)
        dl += k / lam * (p - 1)
    return np.array([dk, dl])


def probit(z):
    """The log of the normal distribution function."""
    return sum(math.log(0.5 * math.erfc(-t / math.sqrt(2))) for t in z)


def probit_gradient(z):
    return [math.sqrt(2 / math.pi) * math.exp(-t * t / 2) / math.erfc(-t / math.sqrt(2)) for t in z]


def probit_gradient_tail(z):
    return [math.sqrt(2 / math.pi) * math.exp(-t * t / 2) / math.erfc(t / math.sqrt(2)) for t in z]


def dirichlet(logits):
    p = np.exp(logits) / np.exp(logits).sum()
    return ((np.array([0.7, 2.0, 3.1]) - 1) * np.log(p)).sum()


def dirichlet_backward(logits):
    alpha = np.array([0.7, 2.0, 3.1]) - 1
    p = np.exp(logits) / np.exp(logits).sum()
    return alpha - alpha.sum() * p


def dirichlet_backward_alpha(logits):
    alpha = np.array([0.7, 2.0, 3.1])
    p = np.exp(logits) / np.exp(logits).sum()
    return alpha - alpha.sum() * p


PAIR = np.array([0.6, -1.4])

CASES = (
    Case("gaussian_sufficient", PYTHON, gaussian, (0.3, 1.2), {"gradient": gaussian_gradient_sufficient}, True),
    Case("gaussian_variance", PYTHON, gaussian, (0.3, 1.2), {"gradient": gaussian_gradient_variance}, False),
    Case("gaussian_nll", TORCH, gaussian_nll, (X[::-1].copy(), X / 3), {"gradient": gaussian_nll_backward}, True),
    Case(
        "gaussian_nll_var", TORCH, gaussian_nll, (X[::-1].copy(), X / 3), {"gradient": gaussian_nll_backward_var}, False
    ),
    Case("mixture", PYTHON, mixture, (-0.4,), {"gradient": mixture_gradient}, True),
    Case(
        "mixture_far",
        PYTHON,
        mixture,
        (1.9,),
        {"gradient": mixture_gradient_far_component},
        False,
        why="the other component is lighter by exp(-30)",
    ),
    Case("gmm", TORCH, gmm, (PAIR,), {"gradient": gmm_backward}, True),
    Case("gmm_hard", TORCH, gmm, (PAIR,), {"gradient": gmm_backward_hard}, False),
    Case("weibull", PYTHON, weibull, (SIGMA[::-1].copy(),), {"gradient": weibull_gradient}, True),
    Case(
        "weibull_log",
        PYTHON,
        weibull,
        (SIGMA[::-1].copy(),),
        {"gradient": weibull_gradient_log},
        False,
        why="right where the scale is one",
    ),
    Case("probit", PYTHON, probit, (X,), {"gradient": probit_gradient}, True),
    Case("probit_tail", PYTHON, probit, (X,), {"gradient": probit_gradient_tail}, False),
    Case("dirichlet", TORCH, dirichlet, (X[:3],), {"gradient": dirichlet_backward}, True),
    Case("dirichlet_alpha", TORCH, dirichlet, (X[:3],), {"gradient": dirichlet_backward_alpha}, False),
)
