"""`python -m benchmarks.old_and_new COMMIT`: is this working tree as fast as an earlier commit?

Every task runs in a fresh process of its own, once on the commit and once on the working tree, in turns, with the first
of a pair alternating. A task is timed after one untimed run and prints the least of its repetitions. The table shows
the ratio new / old, the geometric mean over the pairs, and its 95% interval by Student's t on the paired logarithms.
A task is held where the upper end of the interval is below the limit.
"""

from __future__ import annotations

import argparse
import json
import math
import os
import statistics
import subprocess
import sys
import tempfile
import time
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.machine import blas_kernels

Task = Callable[[], Callable[[], Any]]
"""Makes the data, and returns the function that is timed."""

HERE = Path(__file__).resolve().parent.parent


def _digits(shape: tuple[int, ...] = (-1, 64), dtype: type = np.float64) -> tuple[Any, Any]:
    from sklearn.datasets import load_digits

    X, y = load_digits(return_X_y=True)
    return (X / 16).reshape(shape).astype(dtype), y


def _clusters(n: int, d: int, k: int) -> tuple[Any, Any]:
    """Correlated float32 features of k overlapping classes."""
    stream = np.random.default_rng(0)
    y = stream.integers(0, k, n)
    X = stream.standard_normal((k, d), dtype=np.float32)[y] / 3
    X += (
        stream.standard_normal((n, d // 8), dtype=np.float32)
        @ stream.standard_normal((d // 8, d), dtype=np.float32)
        / 8
    )
    X += stream.standard_normal((n, d), dtype=np.float32) / 4
    return X, y


def softmax_regression_digits() -> Callable[[], Any]:
    from chainrule import SoftmaxRegression

    X, y = _digits()
    return lambda: SoftmaxRegression().fit(X, y)


def softmax_regression_many_classes() -> Callable[[], Any]:
    from chainrule import SoftmaxRegression

    X, y = _clusters(8000, 256, 60)
    return lambda: SoftmaxRegression(C=1.0).fit(X, y)


def softmax_regression_embeddings() -> Callable[[], Any]:
    from chainrule import SoftmaxRegression

    X, y = _clusters(30_000, 768, 20)
    return lambda: SoftmaxRegression(C=0.01).fit(X, y)


def softmax_regression_wide() -> Callable[[], Any]:
    from chainrule import SoftmaxRegression

    X, y = _clusters(6000, 2048, 100)
    return lambda: SoftmaxRegression(C=0.1).fit(X, y)


def softmax_regression_sparse() -> Callable[[], Any]:
    from scipy.sparse import random as random_sparse

    from chainrule import SoftmaxRegression

    X = random_sparse(6000, 20_000, 0.004, "csr", np.float64, np.random.default_rng(0))
    y = np.asarray((X @ np.random.default_rng(1).standard_normal((20_000, 10))).argmax(axis=1))
    return lambda: SoftmaxRegression(C=10.0).fit(X, y)


def softmax_path_digits() -> Callable[[], Any]:
    from chainrule.estimators import path

    X, y = _digits()
    return lambda: path(X, y, np.logspace(-3, 3, 7))


def mlp_digits() -> Callable[[], Any]:
    from chainrule import MLPClassifier

    X, y = _digits()
    return lambda: MLPClassifier((100,), max_iter=8, random_state=0).fit(X, y)


def mlp_wide() -> Callable[[], Any]:
    from chainrule import MLPClassifier

    X, y = _clusters(6000, 784, 10)
    return lambda: MLPClassifier((256, 128), batch_size=128, max_iter=1, random_state=0).fit(X, y)


def conv_digits() -> Callable[[], Any]:
    from chainrule import ConvClassifier

    X, y = _digits((-1, 1, 8, 8), np.float32)
    return lambda: ConvClassifier(max_iter=1, random_state=0).fit(X, y)


def predict_softmax() -> Callable[[], Any]:
    from chainrule import SoftmaxRegression

    X, y = _clusters(200_000, 64, 10)
    model = SoftmaxRegression().fit(X[:2000], y[:2000])
    return lambda: model.predict_proba(X)


def predict_mlp() -> Callable[[], Any]:
    from chainrule import MLPClassifier

    X, y = _digits()
    model = MLPClassifier((100,), max_iter=2, random_state=0).fit(X, y)
    return lambda: [model.predict_proba(X) for _ in range(20)]


def predict_conv() -> Callable[[], Any]:
    from chainrule import ConvClassifier

    X, y = _digits((-1, 1, 8, 8), np.float32)
    model = ConvClassifier(max_iter=1, random_state=0).fit(X, y)
    return lambda: model.predict_proba(X)


def linear_cross_entropy() -> Callable[[], Any]:
    from chainrule.heads import LinearCrossEntropy

    stream = np.random.default_rng(0)
    X, W = (stream.standard_normal(shape, dtype=np.float32) for shape in ((1024, 128), (8000, 128)))
    labels = stream.integers(0, 8000, 1024)
    return lambda: LinearCrossEntropy(X, W, labels).value_and_gradients()


def softmax_rule() -> Callable[[], Any]:
    from chainrule import rules

    stream = np.random.default_rng(0)
    x, v = stream.standard_normal((2, 1000, 1000))
    return lambda: (rules.softmax(x), rules.softmax.vjp(x, v))


TASKS: dict[str, Task] = {
    task.__name__: task
    for task in (
        softmax_regression_digits,
        softmax_regression_many_classes,
        softmax_regression_embeddings,
        softmax_regression_wide,
        softmax_regression_sparse,
        softmax_path_digits,
        mlp_digits,
        mlp_wide,
        conv_digits,
        predict_softmax,
        predict_mlp,
        predict_conv,
        linear_cross_entropy,
        softmax_rule,
    )
}


def run_task(name: str, repetitions: int) -> float:
    """The least seconds of some repetitions, after one that is not timed."""
    run = TASKS[name]()
    run()
    seconds = []
    for _ in range(repetitions):
        started = time.perf_counter()
        run()
        seconds.append(time.perf_counter() - started)
    return min(seconds)


def in_a_process(name: str, source: Path, options: argparse.Namespace) -> float:
    """Seconds of a task with the package in `source`."""
    threads = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), str(options.threads))
    environment = os.environ | threads | {"PYTHONPATH": os.pathsep.join([str(source), str(HERE)])}
    command = [
        sys.executable,
        "-m",
        "benchmarks.old_and_new",
        "--child",
        name,
        "--repetitions",
        str(options.repetitions),
    ]
    done = subprocess.run(command, capture_output=True, text=True, env=environment, cwd=HERE, check=False)
    if done.returncode:
        raise SystemExit(f"{name} failed on {source}:\n{done.stderr}")
    seconds: float = json.loads(done.stdout.splitlines()[-1])
    return seconds


def interval(ratios: list[float]) -> tuple[float, float, float]:
    """The geometric mean of ratios and its 95% interval.

    >>> [round(number, 3) for number in interval([1.0, 1.1, 0.9, 1.0])]
    [0.997, 0.874, 1.138]
    """
    from scipy.stats import t

    logs = [math.log(ratio) for ratio in ratios]
    mean, half = statistics.fmean(logs), math.inf
    if len(logs) > 1:
        half = float(t.ppf(0.975, len(logs) - 1)) * statistics.stdev(logs) / math.sqrt(len(logs))
    return math.exp(mean), math.exp(mean - half), math.exp(mean + half)


def compare(name: str, old: Path, options: argparse.Namespace) -> dict[str, Any]:
    """A task's seconds on both sides, pair by pair."""
    sides: dict[str, list[float]] = {"old": [], "new": []}
    sources = {"old": old / "src", "new": HERE / "src"}
    for pair in range(options.pairs):
        for side in ("old", "new") if pair % 2 else ("new", "old"):
            sides[side].append(in_a_process(name, sources[side], options))
    mean, low, high = interval([new / before for before, new in zip(sides["old"], sides["new"], strict=True)])
    return sides | {"ratio": mean, "low": low, "high": high, "held": high < options.limit}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("commit", nargs="?", help="a commit that is older than the working tree")
    parser.add_argument("--only", nargs="*", default=[], metavar="TASK", help=f"some of: {', '.join(TASKS)}")
    parser.add_argument("--pairs", type=int, default=15)
    parser.add_argument("--repetitions", type=int, default=3)
    parser.add_argument("--limit", type=float, default=1.05, help="for the upper end of the interval")
    parser.add_argument("--threads", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--json", type=Path, help="write all seconds to this file")
    parser.add_argument("--child", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.child:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            print(json.dumps(run_task(options.child, options.repetitions)))
        return
    if options.commit is None:
        parser.error("expected a commit to compare with, such as HEAD~1")
    if unknown := set(options.only) - set(TASKS):
        parser.error(f"--only: expected names of tasks ({', '.join(TASKS)}), got {', '.join(sorted(unknown))}")
    found = {}
    with tempfile.TemporaryDirectory() as folder:
        old = Path(folder) / "old"
        subprocess.run(["git", "worktree", "add", "--detach", str(old), options.commit], cwd=HERE, check=True)
        try:
            print(
                f"new / old over {options.pairs} pairs, {options.threads} threads, OpenBLAS for "
                f"{', '.join(blas_kernels())}; milliseconds old, new; ratio [95%]"
            )
            for name in options.only or TASKS:
                found[name] = one = compare(name, old, options)
                old_ms, new_ms = (statistics.median(one[side]) * 1e3 for side in ("old", "new"))
                verdict = "held" if one["held"] else "NOT HELD"
                print(
                    f"{name:<34}{old_ms:9.2f}{new_ms:9.2f}   {one['ratio']:.3f} [{one['low']:.3f}, {one['high']:.3f}]  "
                    f"{verdict}",
                    flush=True,
                )
                if options.json:
                    options.json.write_text(json.dumps(found, indent=1))
        finally:
            subprocess.run(["git", "worktree", "remove", "--force", str(old)], cwd=HERE, check=True)
    raise SystemExit(0 if all(one["held"] for one in found.values()) else 1)


if __name__ == "__main__":
    main()
