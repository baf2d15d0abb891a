"""Small convex problems of both kinds, and the formulas they stand for, plainly."""

from contextlib import contextmanager
from dataclasses import dataclass

import numpy as np
import pytest
import scipy.sparse as sp
from scipy.special import log_expit, log_softmax

from chainrule.rules import binary_cross_entropy, softmax_cross_entropy
from chainrule.solvers.convex import Problem, device_engine
from chainrule.solvers.convex import problem as problem_module
from chainrule.storage import StoredRows


@dataclass(frozen=True)
class Plain:
    """F, its gradient and its Hessian for a problem, in float64 and without blocks, centring or stored logits."""

    problem: Problem

    @property
    def ones(self):
        x = self.problem.x.toarray() if sp.issparse(self.problem.x) else self.problem.x
        x = np.asarray(x, dtype=np.float64)
        return np.hstack([x, np.ones((len(x), 1))]) if self.problem.intercept else x

    @property
    def shares(self):
        weights = self.problem.weights
        n = self.problem.n_samples
        return np.full(n, 1 / n) if weights is None else np.asarray(weights, dtype=np.float64) / abs(weights).sum()

    @property
    def rows(self):
        targets, k = self.problem.targets, self.problem.n_outputs
        rows = np.asarray(targets, dtype=np.float64) if targets.ndim == 2 else np.eye(k)[targets]
        smoothing = self.problem.label_smoothing
        return rows if k == 1 else (1 - smoothing) * rows + smoothing * rows.sum(axis=1, keepdims=True) / k

    @property
    def penalties(self):
        return np.append(np.full(self.problem.n_features, self.problem.l2), [0.0] * self.problem.intercept)[:, None]

    def value(self, theta):
        z = self.ones @ theta
        if z.shape[1] == 1:
            losses = -self.rows * log_expit(z) - (1 - self.rows) * log_expit(-z)
        else:
            losses = -self.rows * log_softmax(z, axis=1)
        return self.shares @ losses.sum(axis=1) + np.sum(self.penalties * theta**2) / 2

    def gradient(self, theta):
        z, rows = self.ones @ theta, self.rows
        pull = np.exp(log_expit(z)) - rows
        if z.shape[1] > 1:
            pull = np.exp(log_softmax(z, axis=1)) * rows.sum(axis=1, keepdims=True) - rows
        return self.ones.T @ (self.shares[:, None] * pull) + self.penalties * theta

    def hessian(self, theta):
        z = self.ones @ theta
        if z.shape[1] == 1:
            each = np.exp(log_expit(z) + log_expit(-z))[:, :, None]
        else:
            probs = np.exp(log_softmax(z, axis=1))
            each = probs[:, :, None] * (np.eye(z.shape[1]) - probs[:, None, :])
            each = each * self.rows.sum(axis=1)[:, None, None]
        whole = np.einsum("i,ia,ikm,ib->akbm", self.shares, self.ones, each, self.ones, optimize=True)
        return whole.reshape(theta.size, theta.size) + np.diag(np.repeat(self.penalties, z.shape[1]))

    def minimum(self):
        """min F, by Newton's method with the whole Hessian and halved steps, to the last digit."""
        theta, value = np.zeros(self.problem.shape), self.value(np.zeros(self.problem.shape))
        for _ in range(200):
            # Least squares: without a penalty, what all logits have in common has no curvature.
            step = np.linalg.lstsq(self.hessian(theta), self.gradient(theta).reshape(-1), rcond=1e-13)[0]
            step = step.reshape(theta.shape)
            while self.value(theta - step) > value and abs(step).max() > 1e-300:
                step /= 2
            theta = theta - step
            if not self.value(theta) < value:
                return value
            value = self.value(theta)
        raise AssertionError("Newton's method did not end")


@contextmanager
def threads_for_small_problems():
    """Within it, problems of any size are shared by as many threads as are asked for."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(problem_module, "WORTH_THREADS", 0)
        yield


@pytest.fixture(autouse=True)
def all_threads():
    with threads_for_small_problems():
        yield


@threads_for_small_problems()
def make(kind, n=60, d=4, k=3, seed=0, **options):
    """Overlapping classes of like sizes, in three leaves; `kind` is "softmax", "rows" (of any sum) or "logit"."""
    options = {"rows_of_leaf": n // 3 + 5} | options
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(n, d)) * np.linspace(0.5, 2, d) + np.linspace(-1, 3, d)
    logits = x @ rng.normal(size=(d, 1 if kind == "logit" else k))
    logits -= logits.mean(axis=0)
    if kind == "logit":
        targets = (logits + rng.logistic(size=(n, 1)) > 0).astype(np.float64)
        return Problem(x, targets, 1, binary_cross_entropy, **options)
    if kind == "rows":
        return Problem(x, rng.uniform(0.1, 2, size=(n, k)), k, softmax_cross_entropy, **options)
    return Problem(x, (logits + rng.gumbel(size=logits.shape)).argmax(axis=1), k, softmax_cross_entropy, **options)


WEIGHTS = np.random.default_rng(9).uniform(0.1, 3, 60)
PROBLEMS = {
    "softmax": make("softmax", l2=0.1),
    "softmax, weighted": make("softmax", l2=0.01, weights=WEIGHTS),
    "softmax, no penalty": make("softmax"),
    "softmax, no intercept": make("softmax", l2=0.1, intercept=False),
    "softmax, smoothed": make("softmax", l2=0.01, label_smoothing=0.2),
    "rows": make("rows", l2=0.05, weights=WEIGHTS),
    "logit": make("logit", l2=0.1),
    "logit, weighted": make("logit", l2=0.01, weights=WEIGHTS),
    "logit, no penalty": make("logit"),
    "logit, no intercept": make("logit", l2=0.1, intercept=False),
}


@pytest.fixture(params=PROBLEMS)
def problem(request):
    return PROBLEMS[request.param]


@pytest.fixture
def plain(problem):
    return Plain(problem)


@pytest.fixture
def theta(problem):
    return np.random.default_rng(3).normal(size=problem.shape) * 0.5


@pytest.fixture(scope="session")
def source_of(array_source):
    return lambda x: StoredRows(array_source(x), x.dtype)


@pytest.fixture(scope="session")
def plainly():
    return Plain


@pytest.fixture(scope="session")
def problem_of():
    return make


@pytest.fixture(params=["whole", "parts", "sent again"])
def parts_of_device(request, monkeypatch):
    """All rows at once; some 50 rows of six features at a time; and the same where the device has no room for them."""
    if request.param != "whole":
        monkeypatch.setattr(device_engine, "ENTRIES", 300)
    if request.param == "sent again":
        monkeypatch.setattr(device_engine.DeviceEngine, "_free", lambda _: 0.0)
