"""`python -m benchmarks.tabular`: error, log-loss, calibration and CPU seconds on tables, in five stratified folds.

Contestants have their defaults and one thread. `--ablate` compares `TabularClassifier` with itself without one piece
of its recipe each, and with pieces that it does without. `--rows 100` fits on so many rows of each table.
`--repeats 10 --base SoftmaxRegression` divides each table ten times, and prints differences and standard errors by
table. The defaults were chosen on one half of the tables (`--half development`); the other half is reported. Within a
table, everything that is fitted or chosen sees the four folds of training only.
"""

from __future__ import annotations

import argparse
import itertools
import json
import os
import sys
import time
import warnings
from pathlib import Path
from typing import Any

import numpy as np
from sklearn.metrics import log_loss
from sklearn.model_selection import train_test_split

from benchmarks.machine import blas_kernels
from benchmarks.tables import markdown
from benchmarks.tabular.contestants import ABLATIONS, behind_encoder, every, expected_calibration_error, ours
from benchmarks.tabular.summary import DIFFERENCES, differences, drawn, lines, save
from benchmarks.tabular.tables import folds, names, read
from benchmarks.tabular.variants import VARIANTS
from chainrule import SoftmaxRegression

BASE = "scikit-learn's MLP"
ONE_THREAD = dict.fromkeys(("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS"), "1")
"""All contestants have one thread, so that their CPU seconds compare."""
HEADER = ["", "error", "log-loss", "rank by error", "rank by log-loss", "calibration error", "CPU seconds"]


def figures_of(contestant: Any, table: str, rows: int | None = None, repeats: int = 1) -> list[dict[str, float]]:
    """The figures of a contestant on each fold of a table, fitted on so many of its rows, or on all."""
    frame, labels = read(table)
    classes, found = np.arange(labels.max() + 1), []
    for train, test in itertools.chain.from_iterable(folds(frame, labels, seed=seed) for seed in range(repeats)):
        if rows is not None:
            train, _ = train_test_split(train, train_size=rows, stratify=labels[train], random_state=0)
        began = time.process_time()
        probabilities = np.asarray(contestant(frame.iloc[train], labels[train], frame.iloc[test]), dtype=np.float64)
        seconds = time.process_time() - began
        found.append(
            {
                "error": float(np.mean(probabilities.argmax(axis=1) != labels[test])),
                # scikit-learn moves probabilities of 0 to the smallest distance from 1, for all sides alike.
                "log_loss": float(log_loss(labels[test], probabilities, labels=classes)),
                "calibration": expected_calibration_error(probabilities, labels[test]),
                "seconds": seconds,
            }
        )
    return found


def holds(table: str, rows: int) -> bool:
    """True if the folds have so many rows to fit and some more, of which two are of the rarest class."""
    counts = np.bincount(read(table)[1])
    return bool(0.75 * counts.sum() > rows and counts.min() * rows >= 2 * counts.sum())


def main() -> None:
    """Run what is not in the JSON yet, and print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--half", choices=("development", "reported"), default="reported")
    parser.add_argument("--only", nargs="*", help="contestants to run; all are printed")
    parser.add_argument("--tables", nargs="*", help="tables to run, of both halves")
    parser.add_argument("--rows", type=int, help="rows to fit on, on tables that have more and no rare class")
    parser.add_argument("--repeats", type=int, default=1, help="how often to divide each table into folds")
    parser.add_argument("--base", default=BASE, help="the contestant that others are compared with")
    parser.add_argument("--ablate", action="store_true")
    parser.add_argument("--again", nargs="*", default=[], help="contestants to run anew")
    parser.add_argument("--json", type=Path, help="figures so far; those found are added")
    parser.add_argument("--figure", type=Path, help="where to draw log-loss and error over CPU seconds")
    options = parser.parse_args()
    if not os.environ.items() >= ONE_THREAD.items():
        # Libraries read these variables when they are loaded, so that the process starts anew.
        command = [sys.executable, "-m", "benchmarks.tabular", *sys.argv[1:]]
        os.execve(sys.executable, command, {**os.environ, **ONE_THREAD})
    warnings.simplefilter("ignore")
    contestants = every()
    base = options.base
    if options.ablate:
        base = "TabularClassifier"
        contestants = {base: contestants[base]} | {name: ours(**left) for name, left in ABLATIONS.items()} | VARIANTS
    if options.repeats > 1:
        contestants |= {"SoftmaxRegression": behind_encoder(SoftmaxRegression())}
    tables = options.tables or names()[options.half == "reported"]
    if options.rows is not None:
        tables = [table for table in tables if holds(table, options.rows)]
    found = json.loads(options.json.read_text()) if options.json and options.json.exists() else {"figures": {}}
    found |= {"threads": 1, "blas": blas_kernels()}
    figures = found["figures"]
    for name in options.again:
        figures.pop(name, None)
    for name, contestant in contestants.items():
        if options.only is not None and name not in options.only:
            continue
        for table in tables:
            if table not in figures.setdefault(name, {}):
                figures[name][table] = figures_of(contestant, table, options.rows, options.repeats)
                if options.json:
                    options.json.write_text(json.dumps(found, indent=1))
    shown = {name: figures[name] for name in contestants if all(table in figures.get(name, ()) for table in tables)}
    if base in shown:
        table = lines(shown, tables, base)
        print(markdown(HEADER, table))
        if options.repeats > 1:
            print(f"\n{markdown(DIFFERENCES, differences(shown, tables, base))}")
        for name in (name for name in contestants if name not in shown):
            some = [table for table in tables if table in figures.get(name, ())]
            if some:
                print(f"\n{name} on {len(some)} of the {len(tables)} tables, and others on the same:\n")
                both = {other: figures[other] for other in ("TabularClassifier", base, name) if other in figures}
                print(markdown(HEADER, lines(both, some, base)))
        if options.figure:
            save(drawn(shown, tables, base), options.figure)
        if options.json and not options.ablate and options.tables is options.rows is None and options.repeats == 1:
            found |= {"tables": len(tables), "header": HEADER, "lines": table}
            options.json.write_text(json.dumps(found, indent=1))


if __name__ == "__main__":
    main()
