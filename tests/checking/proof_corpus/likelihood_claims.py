"""Log-likelihoods of distributions and mixtures."""

import math

import numpy as np
from tests.checking.proof_corpus.case import NUMPY, PYTHON, TORCH, Case

X = np.array([0.37, -1.25, 2.6, 0.9])
MU, SIGMA = np.array([0.4, -0.2]), np.array([0.8, 1.7])


def gaussian(mu, sigma):
    total = 0.0
    for x in X:
        total += -0.5 * math.log(2 * math.pi) - math.log(sigma) - (x - mu) ** 2 / (2 * sigma**2)
    return total


def gaussian_gradient(mu, sigma):
    r = [x - mu for x in X]
    return sum(r) / sigma**2, sum(t * t for t in r) / sigma**3 - len(X) / sigma


def gaussian_gradient_variance(mu, sigma):
    r = [x - mu for x in X]
    return sum(r) / sigma**2, sum(t * t for t in r) / (2 * sigma**4) - len(X) / (2 * sigma**2)


def gaussian_gradient_sufficient(mu, sigma):
    n, mean = len(X), sum(X) / len(X)
    ss = sum((x - mean) ** 2 for x in X)
    return n * (mean - mu) / sigma**2, (ss + n * (mean - mu) ** 2 - n * sigma**2) / sigma**3


def gaussian_2d(x):
    """The density of a correlated pair, with a covariance of determinant 1.04."""
    cov = np.array([[1.3, 0.51], [0.51, 1.0]])
    d = x - np.array([0.2, -0.4])
    return -0.5 * d @ np.linalg.inv(cov) @ d - 0.5 * np.log(np.linalg.det(cov)) - np.log(2 * np.pi)


def gaussian_2d_gradient(x):
    cov = np.array([[1.3, 0.51], [0.51, 1.0]])
    return -np.linalg.solve(cov, x - np.array([0.2, -0.4]))


def gaussian_2d_gradient_cov(x):
    cov = np.array([[1.3, 0.51], [0.51, 1.0]])
    return -cov @ (x - np.array([0.2, -0.4]))


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


def student(x, nu=3.5):
    return np.sum(-(nu + 1) / 2 * np.log1p(x**2 / nu))


def student_gradient(x, nu=3.5):
    return -(nu + 1) * x / (nu + x**2)


def student_gradient_nu(x, nu=3.5):
    return -nu * x / (nu + x**2)


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


def mixture_gradient_scale(x):
    a = 0.3 * math.exp(-0.5 * (x - 1) ** 2)
    b = 0.7 * math.exp(-0.5 * ((x + 2) / 0.5) ** 2) / 0.5
    r = a / (a + b)
    return -r * (x - 1) - (1 - r) * (x + 2) / 0.5


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

    def backward_m_step(self):
        return (self.resp * (X[:, None] - self.means)).sum(0) / self.resp.sum(0)


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


def gmm_backward_m_step(means):
    model = GMM()
    model.forward(means)
    return model.backward_m_step()


def beta_density(p, a=2.5, b=1.2):
    return sum((a - 1) * math.log(t) + (b - 1) * math.log(1 - t) for t in p)


def beta_density_gradient(p, a=2.5, b=1.2):
    return [((a - 1) - (a + b - 2) * t) / (t * (1 - t)) for t in p]


def beta_density_gradient_sign(p, a=2.5, b=1.2):
    return [(a - 1) / t + (b - 1) / (1 - t) for t in p]


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


def lognormal_pdf(x):
    return -np.sum(np.log(x) + (np.log(x) - 0.3) ** 2 / 0.98)


def lognormal_pdf_gradient(x):
    return -(1 + (np.log(x) - 0.3) / 0.49) / x


def lognormal_pdf_gradient_jacobian(x):
    return -((np.log(x) - 0.3) / 0.49) / x


def probit(z):
    """The log of the normal distribution function."""
    return sum(math.log(0.5 * math.erfc(-t / math.sqrt(2))) for t in z)


def probit_gradient(z):
    return [math.sqrt(2 / math.pi) * math.exp(-t * t / 2) / math.erfc(-t / math.sqrt(2)) for t in z]


def probit_gradient_tail(z):
    return [math.sqrt(2 / math.pi) * math.exp(-t * t / 2) / math.erfc(t / math.sqrt(2)) for t in z]


def von_mises(theta, kappa=1.4):
    return kappa * np.cos(theta - 0.5).sum()


def von_mises_gradient(theta, kappa=1.4):
    return kappa * (np.sin(0.5) * np.cos(theta) - np.cos(0.5) * np.sin(theta))


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
UNIT = np.array([0.2, 0.55, 0.9])

CASES = (
    Case("gaussian", PYTHON, gaussian, (0.3, 1.2), {"gradient": gaussian_gradient}, True),
    Case("gaussian_sufficient", PYTHON, gaussian, (0.3, 1.2), {"gradient": gaussian_gradient_sufficient}, True),
    Case("gaussian_variance", PYTHON, gaussian, (0.3, 1.2), {"gradient": gaussian_gradient_variance}, False),
    Case("gaussian_2d", NUMPY, gaussian_2d, (PAIR,), {"gradient": gaussian_2d_gradient}, True),
    Case("gaussian_2d_covariance", NUMPY, gaussian_2d, (PAIR,), {"gradient": gaussian_2d_gradient_cov}, False),
    Case("gaussian_nll", TORCH, gaussian_nll, (X[::-1].copy(), X / 3), {"gradient": gaussian_nll_backward}, True),
    Case(
        "gaussian_nll_var", TORCH, gaussian_nll, (X[::-1].copy(), X / 3), {"gradient": gaussian_nll_backward_var}, False
    ),
    Case("student", NUMPY, student, (X,), {"gradient": student_gradient}, True),
    Case("student_nu", NUMPY, student, (X,), {"gradient": student_gradient_nu}, False),
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
    Case("mixture_scale", PYTHON, mixture, (-0.4,), {"gradient": mixture_gradient_scale}, False),
    Case("gmm", TORCH, gmm, (PAIR,), {"gradient": gmm_backward}, True),
    Case("gmm_hard", TORCH, gmm, (PAIR,), {"gradient": gmm_backward_hard}, False),
    Case("gmm_m_step", TORCH, gmm, (PAIR,), {"gradient": gmm_backward_m_step}, False),
    Case("beta_density", PYTHON, beta_density, (UNIT,), {"gradient": beta_density_gradient}, True),
    Case("beta_density_sign", PYTHON, beta_density, (UNIT,), {"gradient": beta_density_gradient_sign}, False),
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
    Case("lognormal", NUMPY, lognormal_pdf, (SIGMA,), {"gradient": lognormal_pdf_gradient}, True),
    Case("lognormal_jacobian", NUMPY, lognormal_pdf, (SIGMA,), {"gradient": lognormal_pdf_gradient_jacobian}, False),
    Case("probit", PYTHON, probit, (X,), {"gradient": probit_gradient}, True),
    Case("probit_tail", PYTHON, probit, (X,), {"gradient": probit_gradient_tail}, False),
    Case("von_mises", NUMPY, von_mises, (X,), {"gradient": von_mises_gradient}, True),
    Case("dirichlet", TORCH, dirichlet, (X[:3],), {"gradient": dirichlet_backward}, True),
    Case("dirichlet_alpha", TORCH, dirichlet, (X[:3],), {"gradient": dirichlet_backward_alpha}, False),
)
