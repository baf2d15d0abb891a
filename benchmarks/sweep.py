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

from sklearn.datasets import load_digits
from sklearn.exceptions import ConvergenceWarning
from sklearn.model_selection import GridSearchCV
from sklearn.neural_network import MLPClassifier as Peer

from benchmarks.machine import blas_kernels
from chainrule import MLPClassifier, MLPSearchCV
from chainrule.kernels.compiling import described

GRID = {"alpha": [1e-5, 1e-4, 1e-3, 1e-2], "learning_rate_init": [5e-4, 1e-3, 2e-3, 4e-3]}
FOLDS = 5


def figures_of(model: Any, X: Any, y: Any) -> dict[str, float]:
    """The scores of a fit: its accuracy on the held-out fold, its last training loss and its epochs."""
    return {"accuracy": model.score(X, y), "loss": model.loss_, "epochs": model.n_iter_}


SEARCH: dict[str, Any] = {"cv": FOLDS, "scoring": figures_of, "refit": "accuracy"}


def searches(network: dict[str, Any], skip: set[str]) -> dict[str, Callable[[], Any]]:
    """The contestants by name: functions that return an unfitted search."""
    peer, ours = Peer(**network), MLPClassifier(**network)
    every: dict[str, Callable[[], Any]] = {
        "scikit-learn, n_jobs=1": lambda: GridSearchCV(peer, GRID, n_jobs=1, **SEARCH),
        "scikit-learn, n_jobs=2": lambda: GridSearchCV(peer, GRID, n_jobs=2, **SEARCH),
        "GridSearchCV of chainrule's": lambda: GridSearchCV(ours, GRID, **SEARCH),
        "MLPSearchCV": lambda: MLPSearchCV(ours, GRID, **SEARCH),
        "MLPSearchCV in float32": lambda: MLPSearchCV(MLPClassifier(**network, dtype="float32"), GRID, **SEARCH),
    }
    return {name: make for name, make in every.items() if name not in skip}


def main() -> None:
    """Print the table, and write it as JSON if asked to."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--dtype", choices=("float64", "float32"), default="float64", help="of X")
    parser.add_argument("--units", type=int, default=100)
    parser.add_argument("--skip", nargs="*", default=[], help="contestants to leave out")
    parser.add_argument("--json", type=Path, help="where to write the figures")
    options = parser.parse_args()
    warnings.simplefilter("ignore", ConvergenceWarning)
    X, y = load_digits(return_X_y=True)
    X = X.astype(options.dtype)
    skip = {*options.skip, *(["MLPSearchCV in float32"] if options.dtype == "float32" else [])}
    makers = searches({"hidden_layer_sizes": (options.units,), "random_state": 0}, skip)
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
            mean = {key: search.cv_results_[f"mean_test_{key}"] for key in ("accuracy", "loss", "epochs")}
            found[name] = {
                "accuracy": float(mean["accuracy"].mean()),
                "loss": float(mean["loss"].mean()),
                "epochs": round(float(mean["epochs"].sum()) * FOLDS),
                "best": search.best_params_,
            }
    median = {name: statistics.median(values) for name, values in times.items()}
    fastest = median.get("MLPSearchCV", min(median.values()))
    for name, seconds in median.items():
        one = found[name]
        print(
            f"  {name:<28}{seconds:8.2f} s  {seconds / fastest:6.2f} x   accuracy {one['accuracy']:.4f}, "
            f"loss {one['loss']:.5f}, {one['epochs']} epochs, best {one['best']}",
            flush=True,
        )
    if options.json:
        about = {"dtype": options.dtype, "openblas": blas_kernels(), "compiled": described(), "units": options.units}
        options.json.write_text(json.dumps({**about, "seconds": times, "found": found}, indent=1))


if __name__ == "__main__":
    main()
