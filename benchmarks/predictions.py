"""`python -m benchmarks.predictions`: predictions of softmax regression for many classes, beside their product alone.

The product is X W by blocks of rows into the same memory, with all threads, in the same run and by turns.
"""

from __future__ import annotations

import argparse
import statistics
import time
from collections.abc import Callable

import numpy as np

from benchmarks.machine import blas_kernels
from chainrule import SoftmaxRegression

ROWS = 2000
"""Rows of a block of the bare product."""


def seconds_of(work: Callable[[], object]) -> float:
    """The seconds of a call."""
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


def compare(n: int, d: int, k: int, rounds: int) -> None:
    """Print the medians for n samples."""
    stream = np.random.default_rng(0)
    X = stream.standard_normal((n, d), dtype=np.float32)
    model = SoftmaxRegression(tol=1.0, certify=False).fit(np.vstack([X[:k], X[:k]]), np.arange(2 * k) % k)
    model.coef_, logits = stream.standard_normal((k, d), dtype=np.float32), np.empty((ROWS, k), np.float32)

    def product() -> None:
        for start in range(0, n, ROWS):
            block = X[start : start + ROWS]
            np.matmul(block, model.coef_.T, out=logits[: len(block)])

    works: dict[str, Callable[[], object]] = {"product": product, "predict": lambda: model.predict(X)}
    found: dict[str, list[float]] = {name: [] for name in works}
    for _ in range(rounds):
        for name, work in works.items():
            found[name].append(seconds_of(work))
    bare, whole = (statistics.median(found[name]) for name in ("product", "predict"))
    print(f"{n} x {d}, {k} classes: product {bare:.3f} s, predict {whole:.3f} s ({whole / bare:.2f})", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--classes", type=int, nargs="*", default=[2000, 20_000])
    parser.add_argument("--rounds", type=int, default=5)
    options = parser.parse_args()
    print(f"medians of {options.rounds} rounds, OpenBLAS for {', '.join(blas_kernels())}")
    for k in options.classes:
        compare(max(20_000, k), 64, k, options.rounds)


if __name__ == "__main__":
    main()
