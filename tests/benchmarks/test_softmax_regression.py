"""The contestants of `benchmarks.softmax_regression` run, and reach the same optimum for the same objective."""

import importlib.util

import numpy as np
import pytest
import scipy.sparse as sp
from benchmarks.softmax_regression.contestants import CONTESTANTS, FOR_ACCURACY, objective, refuses
from sklearn.linear_model import LogisticRegression

NEEDS = {"PyTorch": "torch", "bfloat16": "torch", "JAX": "jax"}


@pytest.mark.filterwarnings("ignore:Sparse CSR tensor support is in beta:UserWarning")  # by PyTorch, of its own
@pytest.mark.parametrize("form", [np.asarray, sp.csr_matrix], ids=["dense", "sparse"])
@pytest.mark.parametrize("name", CONTESTANTS)
def test_a_contestant_reaches_the_optimum(name, form):
    for word, package in NEEDS.items():
        if word in name and importlib.util.find_spec(package) is None:
            pytest.skip(f"needs PyTorch or JAX: pip install -e '.[{package}]'")
    rng = np.random.default_rng(0)
    X = rng.normal(size=(400, 5))
    y = (X @ rng.normal(size=(5, 3)) + rng.gumbel(size=(400, 3))).argmax(axis=1)
    if reason := refuses(name, form(X), 3):
        pytest.skip(f"the benchmark leaves it out: {reason}")
    best = LogisticRegression(C=1.0, tol=1e-10, solver="newton-cg").fit(X, y)
    W, b, told = CONTESTANTS[name](form(X), y, 1.0, 1e-6)
    assert told["steps"] >= 1
    assert name != "chainrule" or told["products"] >= 2 * told["steps"]
    if name not in FOR_ACCURACY:
        least = objective(X, y, best.coef_.T, best.intercept_, 1.0)
        assert abs(objective(X, y, W, b, 1.0) / least - 1) < 1e-5  # tol=1e-6 above bounds gradients, not the objective
