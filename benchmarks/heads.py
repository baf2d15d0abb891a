"""`python -m benchmarks.heads`: seconds to fit a logistic regression to each of many labels of the same samples.

The samples are like embeddings: normalised rows whose features have variances that fall like 1 / j. Each label is drawn
from a logistic model of its own. Contestants take turns, and the figures are medians over the rounds. Beside them is
the largest excess of an objective over its optimum, as a share of it; `--peer-tol` is scikit-learn's tol, which is for
gradients. `products` is the time of x W and x^T R for all labels, in float32 and without anything between them.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import time
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from scipy.special import expit
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import LogisticRegression
from sklearn.multiclass import OneVsRestClassifier

from benchmarks.machine import blas_kernels
from chainrule import SoftmaxRegression, fit_many


def samples(n: int, d: int, labels: int) -> tuple[Any, Any]:
    """X in float32, and a 0/1 matrix with a column per label."""
    random = np.random.default_rng(0)
    X = random.standard_normal((n, d)) @ (random.standard_normal((d, d)) / np.sqrt(np.arange(1, d + 1))[:, None])
    X = (X / np.linalg.norm(X, axis=1, keepdims=True)).astype(np.float32)
    odds = 20 * X @ random.standard_normal((d, labels)) - 2
    return X, (random.random(odds.shape) < expit(odds)).astype(np.int64)


def objectives(models: Any, X: Any, Y: Any, C: float) -> Any:
    """The mean objective of each label's fit, in float64."""
    W = np.concatenate([model.coef_ for model in models]).astype(np.float64).T
    b = np.concatenate([model.intercept_ for model in models])
    losses = np.logaddexp(0, (1 - 2 * Y) * (X @ W + b)).mean(axis=0)
    return losses + np.square(W).sum(axis=0) / (2 * C * len(X))


def contestants(X: Any, Y: Any, C: float, peer_tol: float) -> dict[str, Callable[[], Any]]:
    """Functions that return the fitted models of all labels, by name."""

    def peer(solver: str, n_jobs: int | None = None) -> Callable[[], Any]:
        one = LogisticRegression(C=C, tol=peer_tol, solver=solver, max_iter=1000)
        return lambda: OneVsRestClassifier(one, n_jobs=n_jobs).fit(X, Y).estimators_

    return {
        "fit_many": lambda: fit_many([SoftmaxRegression(C=C) for _ in Y.T], X, ys=Y.T),
        "one SoftmaxRegression after another": lambda: [SoftmaxRegression(C=C).fit(X, y) for y in Y.T],
        "scikit-learn, lbfgs": peer("lbfgs"),
        "scikit-learn, lbfgs, n_jobs=2": peer("lbfgs", 2),
        "scikit-learn, newton-cholesky": peer("newton-cholesky"),
    }


def products(X: Any, labels: int) -> float:
    """Seconds for one product of X and one of its transpose, with as many columns as labels."""
    W, R = np.ones((X.shape[1], labels), X.dtype), np.ones((len(X), labels), X.dtype)
    times = []
    for _ in range(7):
        start = time.perf_counter()
        X @ W
        X.T @ R
        times.append(time.perf_counter() - start)
    return statistics.median(times)


def main() -> None:
    """Print the table, and write it as JSON if asked to."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--rows", type=int, default=20_000)
    parser.add_argument("--features", type=int, default=384)
    parser.add_argument("--labels", type=int, default=50)
    parser.add_argument("--C", type=float, default=1.0)
    parser.add_argument("--peer-tol", type=float, default=1e-5)
    parser.add_argument("--skip", nargs="*", default=[], help="contestants to leave out")
    parser.add_argument("--json", type=Path, help="where to write the figures")
    options = parser.parse_args()
    warnings.simplefilter("ignore", ConvergenceWarning)
    X, Y = samples(options.rows, options.features, options.labels)
    exact = [SoftmaxRegression(C=options.C, tol=1e-10) for _ in Y.T]
    best = objectives(fit_many(exact, X.astype(np.float64), ys=Y.T), X, Y, options.C)
    every = contestants(X, Y, options.C, options.peer_tol)
    every = {name: fit for name, fit in every.items() if name not in options.skip}
    print(f"{os.cpu_count()} threads, {X.shape[0]} x {X.shape[1]}, {Y.shape[1]} labels, C = {options.C:g}, float32")
    print(f"OpenBLAS for {', '.join(blas_kernels())}; products {products(X, Y.shape[1]):.4f} s")
    times: dict[str, list[float]] = {name: [] for name in every}
    found: dict[str, float] = {}
    for _ in range(options.rounds):
        for name, fit in every.items():
            start = time.perf_counter()
            models = fit()
            times[name].append(time.perf_counter() - start)
            found[name] = float((objectives(models, X, Y, options.C) / best - 1).max())
    median = {name: statistics.median(values) for name, values in times.items()}
    fastest = median.get("fit_many", min(median.values()))
    for name, seconds in median.items():
        print(f"  {name:<36}{seconds:8.2f} s  {seconds / fastest:6.1f} x   excess {found[name]:.0e}", flush=True)
    if options.json:
        about = {"openblas": blas_kernels(), **{key: str(value) for key, value in vars(options).items()}}
        options.json.write_text(json.dumps({**about, "seconds": times, "excess": found}, indent=1))


if __name__ == "__main__":
    main()
