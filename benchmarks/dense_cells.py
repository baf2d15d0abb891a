"""`python -m benchmarks.dense_cells`: time to the same optimum on 24 dense problems, compared with scikit-learn.

The optimum F* is the least objective that anybody finds, a float64 fit at tol=1e-12 among them. "off" bounds how far
that fit can be above the true optimum, relative to it: |gradient|^2 / (2 l2 F), since F curves by l2 at least. A
contestant has arrived when its objective, computed in float64, is within a relative 1e-6 of F*. Its tolerance is
lowered from 1e-2 until it has arrived; what counts is the median over the rounds of that fit, in turns with the others.
Every cell has a process of its own, with the same number of threads for all. The clock runs over `fit` alone, after one
fit of few samples. Of scikit-learn's solvers the fastest counts; the others are given up when they take far longer.

A cell is held where chainrule takes at most 1.2 times as long as the fastest of scikit-learn's solvers, plus 20 ms.
"""

from __future__ import annotations

import argparse
import json
import os
import signal
import statistics
import subprocess
import sys
import time
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from scipy.special import log_expit, logsumexp

REACHED = 1e-6
TOLERANCES = tuple(10.0**-e for e in range(2, 13))
PEERS = ("lbfgs", "newton-cg", "newton-cholesky")
ALLOWED, SPARE = 1.2, 0.02
STEPS = 20_000
"""Limit of iterations that no contestant reaches."""

HOPELESS = 8.0
"""Give up a solver of scikit-learn when all its fits took this many times the last fit of the fastest solver."""


@dataclass(frozen=True)
class Cell:
    """n samples of p features, k classes.

    Features are "iid", "correlated" (factors of falling size, a tenth as many as features, and noise), or "scaled": the
    same times factors from 0.03 to 30. Labels are the largest score ("separable"), or the largest of scores with noise.
    """

    n: int
    p: int
    k: int
    C: float
    features: str
    labels: str
    dtype: str

    @property
    def name(self) -> str:
        """The name for `--only`."""
        return f"{self.n}x{self.p}-{self.k}"


CELLS = [
    # Fewer samples than features.
    Cell(100, 1000, 2, 1.0, "iid", "noisy", "float64"),
    Cell(100, 4000, 10, 1.0, "iid", "noisy", "float64"),
    Cell(100, 4096, 2, 100.0, "correlated", "noisy", "float64"),
    Cell(100, 4097, 10, 0.01, "iid", "noisy", "float32"),
    Cell(100, 50_000, 2, 1.0, "correlated", "noisy", "float64"),
    Cell(500, 10_000, 10, 1.0, "iid", "noisy", "float32"),
    Cell(500, 50_000, 10, 1e-4, "correlated", "noisy", "float32"),
    Cell(400, 50_000, 50, 1.0, "iid", "noisy", "float64"),
    Cell(1000, 4000, 50, 100.0, "correlated", "separable", "float64"),
    Cell(1000, 10_000, 2, 100.0, "scaled", "noisy", "float64"),
    Cell(2500, 10_000, 50, 1.0, "correlated", "noisy", "float32"),
    # About as many.
    Cell(100, 100, 2, 1.0, "iid", "noisy", "float64"),
    Cell(500, 500, 10, 100.0, "correlated", "noisy", "float64"),
    Cell(1000, 1000, 50, 1.0, "iid", "noisy", "float32"),
    Cell(2000, 2000, 10, 0.01, "scaled", "noisy", "float64"),
    Cell(4000, 4000, 2, 1.0, "correlated", "noisy", "float64"),
    Cell(4096, 4096, 10, 100.0, "iid", "noisy", "float32"),
    Cell(5000, 4097, 10, 1.0, "correlated", "noisy", "float64"),
    Cell(6000, 4000, 50, 0.01, "correlated", "noisy", "float32"),
    # More samples than features.
    Cell(1000, 100, 10, 1e-4, "scaled", "separable", "float64"),
    Cell(50_000, 100, 10, 1.0, "iid", "noisy", "float64"),
    Cell(50_000, 500, 50, 100.0, "correlated", "noisy", "float32"),
    Cell(25_000, 1000, 2, 1e-4, "iid", "noisy", "float64"),
    Cell(12_000, 2000, 10, 100.0, "scaled", "noisy", "float64"),
]


def samples(cell: Cell) -> tuple[Any, Any]:
    """X and y of a cell, equal at each call."""
    stream = np.random.default_rng(cell.n + cell.p + cell.k)
    n, p = cell.n, cell.p
    if cell.features == "iid":
        X = stream.standard_normal((n, p), dtype=np.float32)
    else:
        count = max(p // 10, 1)
        factors = stream.standard_normal((n, count), dtype=np.float32) * np.linspace(2, 0.1, count, dtype=np.float32)
        loadings = stream.standard_normal((count, p), dtype=np.float32) / np.float32(count**0.5)
        X = factors @ loadings + np.float32(0.3) * stream.standard_normal((n, p), dtype=np.float32)
    W = stream.standard_normal((p, cell.k), dtype=np.float32)
    scores = X @ W
    scores *= 3 / scores.std()
    if cell.labels == "noisy":
        scores += stream.gumbel(size=scores.shape)
    if cell.features == "scaled":
        X *= np.logspace(-1.5, 1.5, p, dtype=np.float32)[stream.permutation(p)]
    y = scores.argmax(axis=1)
    y[: cell.k] = np.arange(cell.k)  # no class is without a sample
    return X.astype(cell.dtype), y


def objective(X: Any, y: Any, coef: Any, intercept: Any, C: float) -> tuple[float, float]:
    """The mean objective in float64, and the squared norm of its gradient."""
    coef, intercept, n = np.asarray(coef, np.float64), np.asarray(intercept, np.float64), len(X)
    total, gradient, sums = 0.0, coef / (C * n), np.zeros(len(coef))
    for first in range(0, n, 2048):
        rows = slice(first, first + 2048)
        x = np.asarray(X[rows], np.float64)
        logits, labels = x @ coef.T + intercept, y[rows]
        if len(coef) == 1:
            total -= float(log_expit(np.where(labels == 1, logits[:, 0], -logits[:, 0])).sum())
            residuals = np.exp(log_expit(logits)) - labels[:, None]
        else:
            normal = logsumexp(logits, axis=1)
            total += float((normal - logits[np.arange(len(x)), labels]).sum())
            residuals = np.exp(logits - normal[:, None])
            residuals[np.arange(len(x)), labels] -= 1
        gradient += residuals.T @ x / n
        sums += residuals.sum(axis=0) / n
    value = total / n + float(np.sum(coef * coef)) / (2 * C * n)
    return value, float(np.sum(gradient * gradient) + np.sum(sums * sums))


Fit = Callable[[Any, Any, float, float], Any]


def chainrule(X: Any, y: Any, C: float, tol: float) -> Any:
    """A fit of chainrule with default parameters."""
    from chainrule import SoftmaxRegression

    return SoftmaxRegression(C=C, tol=tol, max_iter=STEPS).fit(X, y)


def scikit_learn(solver: str) -> Fit:
    """A fit by a solver of scikit-learn."""

    def fit(X: Any, y: Any, C: float, tol: float) -> Any:
        from sklearn.linear_model import LogisticRegression

        return LogisticRegression(C=C, tol=tol, max_iter=STEPS, solver=solver).fit(X, y)

    return fit


CONTESTANTS: dict[str, Fit] = {"chainrule": chainrule} | {name: scikit_learn(name) for name in PEERS}


@contextmanager
def at_most(seconds: float) -> Iterator[None]:
    """Raise TimeoutError if the body takes longer."""

    def stop(*_: Any) -> None:
        raise TimeoutError

    signal.signal(signal.SIGALRM, stop)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)


@dataclass
class Arrived:
    """The loosest tolerance with which a contestant reaches the optimum, and the times of its fits."""

    tol: float
    seconds: list[float]
    steps: int
    above: float

    @property
    def median(self) -> float:
        """The median over all rounds."""
        return statistics.median(self.seconds)


def timed(name: str, cell: Cell, X: Any, y: Any, tol: float, limit: float) -> tuple[float, Any]:
    """The seconds of a fit, and the fitted model."""
    with at_most(limit):
        started = time.perf_counter()
        model = CONTESTANTS[name](X, y, cell.C, tol)
        return time.perf_counter() - started, model


def arrival(
    name: str, cell: Cell, X: Any, y: Any, best: float, tolerances: tuple[float, ...], limit: float
) -> Arrived | str:
    """The first sufficient tolerance, or the reason why there is none within the limit in seconds."""
    above, left = float("nan"), limit
    for tol in tolerances:
        try:
            seconds, model = timed(name, cell, X, y, tol, left)
        except TimeoutError:
            return f"not there after {limit:.3g} s"
        left = max(left - seconds, 1e-3)
        above = objective(X, y, model.coef_, model.intercept_, cell.C)[0] / best - 1
        if above <= REACHED:
            return Arrived(tol, [seconds], int(np.max(model.n_iter_)), above)
    return f"ends {above:.1e} above the optimum"


def run_cell(cell: Cell, options: argparse.Namespace, known: dict[str, float]) -> dict[str, Any]:
    """The results of all contestants on a cell. `known` is the tolerance of scikit-learn's fastest solver, if known."""
    X, y = samples(cell)
    few = slice(0, max(2 * cell.k, 20))
    labels = np.arange(len(y[few])) % cell.k
    for name in CONTESTANTS:  # so that no import is timed
        CONTESTANTS[name](X[few, :3], labels, cell.C, 1e-2)
    precise = chainrule(X.astype(np.float64), y, cell.C, 1e-12)
    best, squared = objective(X, y, precise.coef_, precise.intercept_, cell.C)
    off = squared * cell.C * len(y) / (2 * best)
    found: dict[str, Arrived | str] = {}
    for name in CONTESTANTS:
        if known and name not in known and name != "chainrule":
            continue
        if name == "newton-cholesky" and cell.p * cell.k > options.most:
            found[name] = "its Hessian is too large"
            continue
        quick = [one.median for peer, one in found.items() if peer in PEERS and isinstance(one, Arrived)]
        limit = min(options.limit, HOPELESS * min(quick) + 0.1) if quick else options.limit
        at = known.get(name)
        tolerances = TOLERANCES if at is None else tuple(tol for tol in TOLERANCES if tol <= 1.01 * at)
        found[name] = arrival(name, cell, X, y, best, tolerances, limit)
    arrived = {name: one for name, one in found.items() if isinstance(one, Arrived)}
    fastest = min((one.median for name, one in arrived.items() if name in PEERS), default=float("nan"))
    for _ in range(options.rounds - 1):
        for name, one in arrived.items():
            if name == "chainrule" or one.seconds[0] <= 2 * fastest:
                one.seconds.append(timed(name, cell, X, y, one.tol, options.limit)[0])
    told = {name: one if isinstance(one, str) else vars(one) for name, one in found.items()}
    return {"cell": vars(cell), "optimum": best, "off": off, "limit": options.limit, "found": told}


def verdict(answer: dict[str, Any]) -> dict[str, Any]:
    """The ratio of chainrule to scikit-learn's fastest solver, or to the limit if no solver arrives within it."""
    times = {
        name: statistics.median(one["seconds"]) for name, one in answer["found"].items() if not isinstance(one, str)
    }
    peers = {name: seconds for name, seconds in times.items() if name in PEERS}
    peer = min(peers, key=lambda name: peers[name], default="")
    ours, theirs = times.get("chainrule", float("nan")), peers.get(peer, answer.get("limit", float("nan")))
    return {"ours": ours, "peer": peer, "theirs": theirs, "held": ours <= ALLOWED * theirs + SPARE}


def shown(answer: dict[str, Any]) -> str:
    """The line of a cell in the table."""
    cell, told, us = Cell(**answer["cell"]), verdict(answer), answer["found"]["chainrule"]
    kind = f"{cell.features}, {cell.labels}, {cell.dtype}"
    ours = us if isinstance(us, str) else f"tol {us['tol']:.0e}, {us['steps']} steps"
    more, held = " " if told["peer"] else ">", "held" if told["held"] else "NOT HELD"
    return (
        f"{cell.name:<14} C={cell.C:<6g} {kind:<32}{told['ours'] * 1e3:9.1f} ms {more}{told['theirs'] * 1e3:9.1f} ms "
        f"{told['ours'] / told['theirs']:6.2f}  {told['peer'] or 'none in time':<16}{held:<9} "
        f"off {answer['off']:.0e}  {ours}"
    )


def in_a_process(cell: Cell, options: argparse.Namespace, known: dict[str, float]) -> dict[str, Any]:
    names = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")
    environment = os.environ | dict.fromkeys(names, str(options.threads))
    told = [cell.name, json.dumps(known), "--rounds", str(options.rounds), "--limit", str(options.limit)]
    command = [sys.executable, "-m", "benchmarks.dense_cells", "--most", str(options.most), "--child", *told]
    done = subprocess.run(command, capture_output=True, text=True, env=environment, check=False)
    if done.returncode:
        raise SystemExit(f"{cell.name} failed:\n{done.stderr}")
    answer: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return answer


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", nargs="*", default=[], metavar="NAME", help="cells such as 100x4000-10")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--limit", type=float, default=60, help="seconds for all fits of a contestant, before rounds")
    parser.add_argument("--threads", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--most", type=int, default=6000, help="parameters up to which newton-cholesky is tried")
    parser.add_argument("--json", type=Path, help="a file of figures, to which those of this run are added")
    parser.add_argument("--again", action="store_true", help="only scikit-learn's fastest solver of the file's figures")
    parser.add_argument("--child", nargs=2, help=argparse.SUPPRESS)
    options = parser.parse_args()
    cells = {cell.name: cell for cell in CELLS}
    if unknown := set(options.only) - set(cells):
        parser.error(f"--only: expected names of cells ({', '.join(cells)}), got {', '.join(sorted(unknown))}")
    if options.child:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            print(json.dumps(run_cell(cells[options.child[0]], options, json.loads(options.child[1]))))
        return
    stored = json.loads(options.json.read_text()) if options.json and options.json.exists() else {}
    print(f"{options.threads} threads, medians of {options.rounds} rounds: chainrule, scikit-learn's fastest, ratio")
    for name in options.only or cells:
        known = {}
        if options.again and name in stored and (peer := verdict(stored[name])["peer"]):
            known = {peer: stored[name]["found"][peer]["tol"]}
        stored[name] = in_a_process(cells[name], options, known)
        print(shown(stored[name]), flush=True)
        if options.json:
            options.json.write_text(json.dumps(stored, indent=1))


if __name__ == "__main__":
    main()
