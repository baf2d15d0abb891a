"""The contestants of `benchmarks.softmax_regression` run, and reach the same optimum for the same objective."""

import importlib.util
from pathlib import Path

import numpy as np
import pytest
import scipy.sparse as sp
from sklearn.linear_model import LogisticRegression

NEEDS = {"PyTorch": "torch", "bfloat16": "torch", "JAX": "jax"}

NAMES = (
    "chainrule",
    "chainrule, bfloat16 first",
    "scikit-learn, lbfgs",
    "scikit-learn, newton-cg",
    "scikit-learn, newton-cholesky",
    "scikit-learn, saga",
    "scikit-learn, SGDClassifier",
    "PyTorch, L-BFGS",
    "JAX, SciPy's L-BFGS",
)


@pytest.fixture(scope="module")
def contestants():
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(str(Path(__file__).parents[2]))
        from benchmarks.softmax_regression import contestants

        yield contestants


def test_no_contestant_is_forgotten(contestants):
    assert tuple(contestants.CONTESTANTS) == NAMES


@pytest.mark.filterwarnings("ignore:Sparse CSR tensor support is in beta:UserWarning")  # by PyTorch, of its own
@pytest.mark.parametrize("form", [np.asarray, sp.csr_matrix], ids=["dense", "sparse"])
@pytest.mark.parametrize("name", NAMES)
def test_a_contestant_reaches_the_optimum(contestants, name, form):
    for word, package in NEEDS.items():
        if word in name and importlib.util.find_spec(package) is None:
            pytest.skip(f"needs {package}")
    rng = np.random.default_rng(0)
    X = rng.normal(size=(400, 5))
    y = (X @ rng.normal(size=(5, 3)) + rng.gumbel(size=(400, 3))).argmax(axis=1)
    if reason := contestants.refuses(name, form(X), 3):
        pytest.skip(f"the benchmark leaves it out: {reason}")
    best = LogisticRegression(C=1.0, tol=1e-10, solver="newton-cg").fit(X, y)
    W, b, told = contestants.CONTESTANTS[name](form(X), y, 1.0, 1e-6)
    assert told["steps"] >= 1
    assert name != "chainrule" or told["products"] >= 2 * told["steps"]
    if name not in contestants.FOR_ACCURACY:
        least = contestants.objective(X, y, best.coef_.T, best.intercept_, 1.0)
        assert abs(contestants.objective(X, y, W, b, 1.0) / least - 1) < 1e-5  # the benchmark's own limit is 1e-6
