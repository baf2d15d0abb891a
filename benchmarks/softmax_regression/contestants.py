"""Fits of one softmax regression by different packages, each with its own kind of tolerance.

Every contestant takes X, labels y from 0 to k - 1, C and a tolerance, and returns W (d, k), b (k) and what else there
is to tell. All minimise  mean cross entropy + |W|^2 / (2 C n)  with a free intercept.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any
from unittest.mock import patch

import numpy as np
import scipy.sparse as sp
from scipy.special import logsumexp

Fit = tuple[Any, Any, dict[str, Any]]

STEPS = 20_000
"""Limit of iterations that no contestant reaches."""


def objective(X: Any, y: Any, W: Any, b: Any, C: float) -> float:
    """The objective in float64, computed in blocks of a few thousand rows."""
    W, b = np.asarray(W, np.float64), np.asarray(b, np.float64)
    total = 0.0
    for first in range(0, X.shape[0], 4096):
        rows = slice(first, first + 4096)
        logits = X[rows] @ W + b
        total += float(np.sum(logsumexp(logits, axis=1) - logits[np.arange(len(logits)), y[rows]]))
    return (total + np.sum(W * W) / (2 * C)) / X.shape[0]


def chainrule(X: Any, y: Any, C: float, tol: float, **parameters: Any) -> Fit:
    from chainrule import SoftmaxRegression
    from chainrule.estimators import softmax_recipe

    minimise, told = softmax_recipe.minimise, {}

    def counting(*arguments: Any, **options: Any) -> Any:
        result = minimise(*arguments, **options)
        told["products"] = result.products
        return result

    model = SoftmaxRegression(C=C, tol=tol, max_iter=STEPS, **parameters)
    with patch.object(softmax_recipe, "minimise", counting):
        model.fit(X, y)
    W, b = model.coef_.T, model.intercept_
    if W.shape[1] == 1:
        W, b = np.hstack([-W / 2, W / 2]), np.append(-b / 2, b / 2)
    # What products alone would take is measured in the samples' precision.
    return W, b, {"steps": int(model.n_iter_[0])} | ({} if model.mixed_precision else told)


def scikit_learn(solver: str) -> Callable[[Any, Any, float, float], Fit]:
    """scikit-learn's logistic regression with a given solver."""

    def fit(X: Any, y: Any, C: float, tol: float) -> Fit:
        from sklearn.linear_model import LogisticRegression

        model = LogisticRegression(C=C, tol=tol, max_iter=STEPS, solver=solver).fit(X, y)
        return model.coef_.T, model.intercept_, {"steps": int(np.max(model.n_iter_))}

    return fit


def sgd(X: Any, y: Any, C: float, tol: float) -> Fit:
    """scikit-learn's SGD with one classifier per class against the rest; only its accuracy is compared."""
    from sklearn.linear_model import SGDClassifier

    model = SGDClassifier(loss="log_loss", alpha=1 / (C * X.shape[0]), tol=tol, random_state=0).fit(X, y)
    return model.coef_.T, model.intercept_, {"steps": int(model.n_iter_)}


def pytorch(X: Any, y: Any, C: float, tol: float) -> Fit:
    """L-BFGS with a strong Wolfe line search."""
    import torch

    n, k = X.shape[0], int(y.max()) + 1
    if sp.issparse(X):
        features = torch.sparse_csr_tensor(
            *map(torch.from_numpy, (X.indptr, X.indices, X.data)), X.shape, check_invariants=False
        )
    else:
        features = torch.from_numpy(X)
    labels = torch.from_numpy(y)
    W = torch.zeros(X.shape[1], k, dtype=features.dtype, requires_grad=True)
    b = torch.zeros(k, dtype=features.dtype, requires_grad=True)
    solver = torch.optim.LBFGS(
        [W, b], max_iter=STEPS, max_eval=2 * STEPS, history_size=10, tolerance_grad=tol, tolerance_change=0.0,
        line_search_fn="strong_wolfe",
    )  # fmt: skip

    def closure() -> Any:
        solver.zero_grad()
        loss = torch.nn.functional.cross_entropy(features @ W + b, labels) + (W * W).sum() / (2 * C * n)
        loss.backward()
        return loss

    solver.step(closure)
    return W.detach().numpy(), b.detach().numpy(), {"steps": int(solver.state[W]["n_iter"])}


def jax(X: Any, y: Any, C: float, tol: float) -> Fit:
    """SciPy's L-BFGS with value and gradient compiled by JAX."""
    import jax.numpy as jnp
    from jax import config, jit, nn, value_and_grad
    from scipy.optimize import minimize

    config.update("jax_enable_x64", X.dtype == np.float64)
    n, d, k = X.shape[0], X.shape[1], int(y.max()) + 1
    features, labels = jnp.asarray(X), jnp.asarray(y)

    @jit
    @value_and_grad
    def loss(theta: Any) -> Any:
        W, b = theta[:-k].reshape(d, k), theta[-k:]
        logits = nn.log_softmax(features @ W + b)
        return -jnp.mean(jnp.take_along_axis(logits, labels[:, None], axis=1)) + jnp.sum(W * W) / (2 * C * n)

    def both(theta: Any) -> Any:
        value, gradient = loss(jnp.asarray(theta, X.dtype))
        return float(value), np.asarray(gradient, np.float64)

    options = {"maxiter": STEPS, "maxfun": 2 * STEPS, "gtol": tol, "ftol": 0.0}
    found = minimize(both, np.zeros((d + 1) * k), jac=True, method="L-BFGS-B", options=options)
    return found.x[:-k].reshape(d, k), found.x[-k:], {"steps": int(found.nit)}


TOLERANCES = (1e-3, 1e-4, 1e-5, 1e-6, 1e-7, 1e-8)
"""Tolerances, tried in this order until the objective is reached."""

FOR_ACCURACY = {"scikit-learn, SGDClassifier"}
"""Contestants with another objective; they are fitted once, with the first tolerance."""

CONTESTANTS: dict[str, Callable[[Any, Any, float, float], Fit]] = {
    "chainrule": chainrule,
    "chainrule, bfloat16 first": partial(chainrule, mixed_precision=True),
    "scikit-learn, lbfgs": scikit_learn("lbfgs"),
    "scikit-learn, newton-cg": scikit_learn("newton-cg"),
    "scikit-learn, newton-cholesky": scikit_learn("newton-cholesky"),
    "scikit-learn, saga": scikit_learn("saga"),
    "scikit-learn, SGDClassifier": sgd,
    "PyTorch, L-BFGS": pytorch,
    "JAX, SciPy's L-BFGS": jax,
}


def refuses(name: str, X: Any, k: int) -> str:
    """The reason why a contestant does not run on a case; empty if it runs."""
    if name == "scikit-learn, newton-cholesky" and X.shape[1] * k > 6000:
        return "its Hessian does not fit"
    if sp.issparse(X) and (name.startswith("JAX") or "bfloat16" in name):
        return "no sparse products"
    return ""
