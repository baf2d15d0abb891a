"""`python -m benchmarks.softmax_regression`: time to the same optimum of a convex problem, by package.

The optimum F* is the least objective that anybody finds; a contestant has arrived when its own, computed in float64, is
within a relative 1e-6 of it. Every fit runs in a process of its own with the same number of threads and the data in
memory; the clock runs over the fit alone, after a small one that imports everything. A contestant's tolerance is
lowered until it has arrived or the limit of time is over; what counts is the median over the rounds of the fit that
arrived. "bare" is what the matrix products of chainrule's fit alone take, X W and X^T R as often as it makes them.
"""

from __future__ import annotations

import argparse
import json
import os
import pickle
import statistics
import subprocess
import sys
import tempfile
import time
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import scipy.sparse as sp

from benchmarks.machine import blas_kernels
from benchmarks.softmax_regression.contestants import CONTESTANTS, FOR_ACCURACY, TOLERANCES, objective, refuses
from benchmarks.softmax_regression.data import CASES, Data

CS = {"embeddings": (0.01, 1.0, 100.0)}
REACHED = 1e-6

OPTIMUM = "path, optimum"
PATHS: dict[str, dict[str, Any]] = {
    OPTIMUM: {"tol": 1e-10},
    "path, chainrule": {},
    "path, scikit-learn": {},
    "path, scikit-learn, tol=1e-6": {"tol": 1e-6},
}
"""Options of the cross-validated paths. The first computes the reference optima and is not timed."""


def child(path: str, contestant: str, C: float, tol: float) -> None:
    """Run one fit and print the result as JSON."""
    with Path(path).open("rb") as file:
        data: Data = pickle.load(file)
    X, y = data.train
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        if contestant in PATHS:
            answer = cross_validated(contestant, X, y)
        else:
            few = np.random.default_rng(0).standard_normal((30, 3)).astype(X.dtype)
            CONTESTANTS[contestant](few, np.arange(30) % 3, C, 1e-8)  # so that no import is timed
            started = time.perf_counter()
            W, b, told = CONTESTANTS[contestant](X, y, C, tol)
            seconds = time.perf_counter() - started
            X_test, y_test = data.test
            accuracy = float(np.mean((X_test @ W + b).argmax(axis=1) == y_test))
            answer = {"seconds": seconds, "objective": objective(X, y, W, b, C), "accuracy": accuracy, **told}
            if "products" in told:
                answer["bare"] = bare(X, W.shape[1], int(told["products"]))
    print(json.dumps(answer))


def cross_validated(contestant: str, X: Any, y: Any) -> dict[str, Any]:
    """Run a path of 10 values with 5 folds and compute the objective of each of the 50 fits on its samples."""
    from sklearn.linear_model import LogisticRegressionCV
    from sklearn.model_selection import StratifiedKFold

    from chainrule import SoftmaxRegressionCV

    options: dict[str, Any] = {"Cs": 10, "cv": 5, "max_iter": 1000, "scoring": "neg_log_loss"}
    options |= PATHS[contestant]
    kind: Any = SoftmaxRegressionCV
    if "scikit-learn" in contestant:
        options |= {"l1_ratios": (0.0,), "use_legacy_attributes": False}
        kind = LogisticRegressionCV
    kind(**options).fit(X[:1000, :2], np.arange(1000) % 2)  # so that no import is timed
    samples = X.astype(np.float64) if contestant == OPTIMUM else X
    started = time.perf_counter()
    model = kind(**options).fit(samples, y)
    seconds = time.perf_counter() - started
    classes, features = int(y.max()) + 1, X.shape[1]
    coefs = np.asarray(model.coefs_paths_).reshape(5, 10, classes, features + 1)
    reached = [
        [objective(X[train], y[train], W[:, :-1].T, W[:, -1], C) for C, W in zip(model.Cs_, fold, strict=True)]
        for (train, _), fold in zip(StratifiedKFold(5).split(X, y), coefs, strict=True)
    ]
    score = float(np.asarray(model.scores_).mean(axis=0).max())
    return {"seconds": seconds, "C": float(np.ravel(model.C_)[0]), "score": score, "objectives": reached}


def bare(X: Any, k: int, products: int) -> float:
    """Seconds for `count` products, half of them X W and half X^T R, with all threads."""
    W, R = np.ones((X.shape[1], k), X.dtype), np.ones((X.shape[0], k), X.dtype)
    transposed = X.T.tocsr() if sp.issparse(X) else X.T
    times = []
    for _ in range(5):
        started = time.perf_counter()
        X @ W
        transposed @ R
        times.append(time.perf_counter() - started)
    return statistics.median(times) * products / 2


def run(path: Path, contestant: str, C: float, tol: float, limit: float, threads: int) -> dict[str, Any] | str:
    """The result of a fit in a separate process, or why there is none."""
    names = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")
    environment = os.environ | dict.fromkeys(names, str(threads))
    command = [
        sys.executable,
        "-m",
        "benchmarks.softmax_regression",
        "--child",
        str(path),
        contestant,
        str(C),
        str(tol),
    ]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=limit, env=environment, check=True)
    except subprocess.TimeoutExpired:
        return f"not there after {limit:g} s"
    except subprocess.CalledProcessError as error:
        return f"failed: {error.stderr.strip().splitlines()[-1]}"
    answer: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return answer


def compare(path: Path, data: Data, C: float, names: list[str], options: argparse.Namespace) -> list[dict[str, Any]]:
    """Run each contestant to the optimum and print the results as they arrive."""
    X, y = data.train
    k = int(y.max()) + 1
    print(f"\n{data.name}: {X.shape[0]} x {X.shape[1]}, {k} classes, {X.dtype}, C = {C:g}", flush=True)
    exact = run(path, "chainrule", C, 1e-8, options.limit, options.threads)
    if isinstance(exact, str):
        raise SystemExit(f"the reference fit by chainrule: {exact}")
    best = exact["objective"]
    found, ours = [], float("nan")
    for name in names:
        reason, figures, answer = refuses(name, X, k), [], None
        for tol in () if reason else TOLERANCES[: 1 if name in FOR_ACCURACY else None]:
            answer = run(path, name, C, tol, options.limit, options.threads)
            if isinstance(answer, str):
                reason = answer
                break
            if answer["objective"] <= best * (1 + REACHED):
                figures = [answer]
                break
        if isinstance(answer, dict) and not figures and not reason:
            above = f"ends {answer['objective'] / best - 1:.1e} above the optimum"
            reason = f"{above}, after {answer['seconds']:.1f} s, accuracy {answer['accuracy']:.4f}"
        for _ in range(options.rounds - 1 if figures else 0):
            again = run(path, name, C, tol, options.limit, options.threads)
            figures.extend([] if isinstance(again, str) else [again])
        entry: dict[str, Any] = {"case": data.name, "C": C, "contestant": name}
        if not figures or not isinstance(answer, dict):
            print(f"  {name:<32}{reason}", flush=True)
            found.append(entry | {"reason": reason})
            continue
        seconds = statistics.median(figure["seconds"] for figure in figures)
        ours = seconds if name == "chainrule" else ours
        more = f", bare products {figures[0]['bare']:.2f} s" if "bare" in figures[0] else ""
        print(
            f"  {name:<32}{seconds:9.2f} s {seconds / ours:8.1f} x   {answer['steps']} steps, "
            f"accuracy {answer['accuracy']:.4f}{more}",
            flush=True,
        )
        found.append(entry | answer | {"seconds": seconds, "tol": tol})
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--cases", nargs="*", default=list(CASES), choices=list(CASES))
    parser.add_argument("--contestants", nargs="*", default=list(CONTESTANTS), choices=list(CONTESTANTS))
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--limit", type=float, default=300, help="seconds for a fit")
    parser.add_argument("--threads", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--no-path", action="store_true", help="leave out the cross-validated paths")
    parser.add_argument("--path-alone", action="store_true", help="only the paths")
    parser.add_argument("--json", type=Path, help="where to write the figures")
    parser.add_argument("--child", nargs=4, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.child:
        path, contestant, C, tol = options.child
        child(path, contestant, float(C), float(tol))
        return
    names = ["chainrule", *(name for name in options.contestants if name != "chainrule")]
    print(
        f"{options.threads} threads, medians of {options.rounds} rounds, at most {options.limit:g} s a fit, "
        f"OpenBLAS for {', '.join(blas_kernels())}"
    )
    figures = json.loads(options.json.read_text()) if options.json and options.json.exists() else []
    with tempfile.TemporaryDirectory() as folder:
        for case in options.cases:
            data = CASES[case]()
            path = Path(folder) / "data"
            path.write_bytes(pickle.dumps(data))
            found = []
            for C in () if options.path_alone else CS.get(case, (1.0,)):
                found += compare(path, data, C, names, options)
            if case == "embeddings" and not options.no_path:
                found += paths(Path(folder) / "part", data, options)
            new = {(entry["case"], entry["contestant"].startswith("path")) for entry in found}
            old = [e for e in figures if (e["case"], e["contestant"].startswith("path")) not in new]
            figures = old + found
            if options.json:  # after each case: a run that is broken off goes on with --cases
                options.json.write_text(json.dumps(figures, indent=1))


def paths(path: Path, data: Data, options: argparse.Namespace) -> list[dict[str, Any]]:
    """Paths of 10 values with 5 folds, on about 5 000 samples, because scikit-learn would take hours on all samples.

    Classes of less than 20 samples are left out: one that a fold lacks has no finite intercept there.
    """
    X, y = data.X[:5500], data.y[:5500]
    kept = np.bincount(y)[y] >= 20
    X, y = X[kept], np.unique(y[kept], return_inverse=True)[1]
    path.write_bytes(pickle.dumps(Data(data.name, X, y, len(y) // 11)))
    samples = len(y) - len(y) // 11
    print(
        f"\n{data.name}: {samples} samples, {y.max() + 1} classes, 10 values of C from 1e-4 to 1e4, 5 folds", flush=True
    )
    found, ours, best = [], float("nan"), np.empty(0)
    for name in PATHS:
        answer = run(path, name, 1.0, 1e-4, 4 * options.limit, options.threads)
        if isinstance(answer, str):
            print(f"  {name:<32}{answer}", flush=True)
            continue
        reached = np.array(answer["objectives"])
        if name == OPTIMUM:
            best = reached
            continue
        ours = answer["seconds"] if name == "path, chainrule" else ours
        above = reached / best - 1
        answer["above"] = above.tolist()
        print(
            f"  {name:<32}{answer['seconds']:9.2f} s {answer['seconds'] / ours:8.1f} x   best C {answer['C']:g}, "
            f"score {answer['score']:.4f}; above the optimum: at worst {above.max():.1e}, "
            f"{(above <= 1e-4).sum()} of {above.size} fits within 1e-4",
            flush=True,
        )
        each = ", ".join(f"{worst:.0e}" for worst in above.max(axis=0))
        print(f"  {'':<32}at worst for each C: {each}", flush=True)
        found.append({"case": data.name, "contestant": name} | answer)
    return found


if __name__ == "__main__":
    main()
