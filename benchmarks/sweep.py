"""`python -m benchmarks.sweep`: seconds to search 16 settings in five folds of scikit-learn's digits, 80 networks.

The network has one hidden layer of 100 units; four penalties and four learning rates are searched, with the default
limits of epochs and stopping of both packages, and the best setting is fitted to all samples. Contestants take turns,
and the figures are medians over the rounds. The mean accuracy of the folds, the mean of the last training losses and
the sum of the epochs of the 80 fits stand beside them: nobody stops early.
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
from sklearn.datasets import load_digits
from sklearn.exceptions import ConvergenceWarning
from sklearn.model_selection import GridSearchCV
from sklearn.neural_network import MLPClassifier as Peer

from benchmarks.machine import blas_kernels
from chainrule import MLPClassifier, MLPSearchCV
from chainrule.kernels.compiling import described

GRID = {"alpha": [1e-5, 1e-4, 1e-3, 1e-2], "learning_rate_init": [5e-4, 1e-3, 2e-3, 4e-3]}
FOLDS = 5


def searches(network: dict[str, Any], skip: set[str]) -> dict[str, Callable[[], Any]]:
    """The contestants by name: functions that return an unfitted search."""
    peer, ours = Peer(**network), MLPClassifier(**network)
    every: dict[str, Callable[[], Any]] = {
        "scikit-learn, n_jobs=1": lambda: GridSearchCV(peer, GRID, cv=FOLDS, n_jobs=1),
        "scikit-learn, n_jobs=2": lambda: GridSearchCV(peer, GRID, cv=FOLDS, n_jobs=2),
        "GridSearchCV of chainrule's": lambda: GridSearchCV(ours, GRID, cv=FOLDS),
        "MLPSearchCV": lambda: MLPSearchCV(ours, GRID, cv=FOLDS),
    }
    return {name: make for name, make in every.items() if name not in skip}


def epochs_and_losses(search: Any, X: Any, y: Any) -> tuple[int, float]:
    """The sum of the epochs, and the mean last loss, of the fits of a search."""
    kept: list[tuple[int, float]] = []

    def accuracy(model: Any, X: Any, y: Any) -> float:
        kept.append((model.n_iter_, model.loss_))
        return float(model.score(X, y))

    search.set_params(scoring=accuracy, n_jobs=1, refit=False).fit(X, y)
    return sum(epochs for epochs, _ in kept), float(np.mean([loss for _, loss in kept]))


def main() -> None:
    """Print the table, and write it as JSON if asked to."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--dtype", choices=("float64", "float32"), default="float64", help="of X, for all contestants")
    parser.add_argument("--units", type=int, default=100)
    parser.add_argument("--skip", nargs="*", default=[], help="contestants to leave out")
    parser.add_argument("--json", type=Path, help="where to write the figures")
    options = parser.parse_args()
    warnings.simplefilter("ignore", ConvergenceWarning)
    X, y = load_digits(return_X_y=True)
    X = X.astype(options.dtype)
    makers = searches({"hidden_layer_sizes": (options.units,), "random_state": 0}, set(options.skip))
    print(f"{os.cpu_count()} threads, {options.dtype}, OpenBLAS for {', '.join(blas_kernels())}, {described()}")
    # Before the clock runs: all code is compiled, and the processes of n_jobs=2 have started.
    for make in makers.values():
        make().set_params(param_grid={"max_iter": [2, 3]}).fit(X, y)
    times: dict[str, list[float]] = {name: [] for name in makers}
    found: dict[str, dict[str, Any]] = {}
    for _ in range(options.rounds):
        for name, make in makers.items():
            search = make()
            start = time.perf_counter()
            search.fit(X, y)
            times[name].append(time.perf_counter() - start)
            found[name] = {"accuracy": float(search.cv_results_["mean_test_score"].mean()), "best": search.best_params_}
    figures = []
    median = {name: statistics.median(values) for name, values in times.items()}
    fastest = median.get("MLPSearchCV", min(median.values()))
    for name, seconds in median.items():
        epochs, loss = epochs_and_losses(makers[name](), X, y)
        figures.append({"name": name, "seconds": times[name], "epochs": epochs, "loss": loss, **found[name]})
        print(
            f"  {name:<30}{seconds:8.2f} s  {seconds / fastest:6.2f} x   accuracy {found[name]['accuracy']:.4f}, "
            f"loss {loss:.5f}, {epochs} epochs, best {found[name]['best']}",
            flush=True,
        )
    if options.json:
        about = {"dtype": options.dtype, "openblas": blas_kernels(), "compiled": described(), "units": options.units}
        options.json.write_text(json.dumps({**about, "figures": figures}, indent=1))


if __name__ == "__main__":
    main()
