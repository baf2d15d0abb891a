"""`python -m benchmarks.defaults`: fits with default settings but C on one thread, as most users make them.

Each estimator keeps the tolerance and the number of steps that it has without options, so that they end at different
distances from the optimum, which the table shows. The data are standardised tables of scikit-learn, and latent semantic
analysis (384 features, of length 1) of 20 000 descriptions of Debian packages in their sections.
"""

import argparse
import json
import statistics
import time
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from sklearn import datasets
from sklearn.decomposition import TruncatedSVD
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.preprocessing import Normalizer, StandardScaler
from threadpoolctl import threadpool_limits

from benchmarks.softmax_regression.contestants import objective
from benchmarks.softmax_regression.data import texts
from chainrule import SoftmaxRegression

TABLES = {
    "iris": datasets.load_iris,
    "wine": datasets.load_wine,
    "breast cancer": datasets.load_breast_cancer,
    "digits": datasets.load_digits,
}
CONTESTANTS = {
    "chainrule": SoftmaxRegression,
    "scikit-learn, lbfgs": LogisticRegression,
    "scikit-learn, newton-cg": lambda **options: LogisticRegression(solver="newton-cg", **options),
}


def cases(*, with_texts: bool) -> Iterator[tuple[str, Any, Any]]:
    """Names, features and labels."""
    for name, load in TABLES.items():
        X, y = load(return_X_y=True)
        yield name, StandardScaler().fit_transform(X), y
    if with_texts:
        documents, y = texts()
        chosen = np.random.default_rng(0).permutation(len(documents))[:20_000]
        counts = TfidfVectorizer(sublinear_tf=True, min_df=2).fit_transform([documents[i] for i in chosen])
        reduced = TruncatedSVD(384, random_state=0).fit_transform(counts)
        yield "texts", Normalizer().fit_transform(reduced).astype(np.float32), y[chosen]


def objective_of(model: Any, X: Any, y: Any, C: float) -> float:
    """The objective of a fitted classifier; one logit is the softmax of the logits 0 and z."""
    W, b = model.coef_.T, model.intercept_
    if len(b) == 1:
        W, b = np.hstack([np.zeros_like(W), W]), np.append(0.0, b)
    return objective(X, np.searchsorted(model.classes_, y), W, b, C)


def compare(X: Any, y: Any, C: float, rounds: int) -> dict[str, dict[str, float]]:
    """Median milliseconds of fits in turn, and how far each estimator ends above the optimum, relatively."""
    best = objective_of(SoftmaxRegression(C=C, tol=1e-12, max_iter=1000).fit(X.astype(np.float64), y), X, y, C)
    seconds: dict[str, list[float]] = {name: [] for name in CONTESTANTS}
    # A first fit, which is not timed, loads code and warms caches. All fits of an estimator are the same.
    reached = {name: objective_of(make(C=C).fit(X, y), X, y, C) for name, make in CONTESTANTS.items()}
    for _ in range(rounds):
        for name, make in CONTESTANTS.items():
            model, begin = make(C=C), time.perf_counter()
            model.fit(X, y)
            seconds[name].append(time.perf_counter() - begin)
    return {
        name: {"ms": 1e3 * statistics.median(seconds[name]), "above": reached[name] / best - 1} for name in CONTESTANTS
    }


def main() -> None:
    """Measure, print and store."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument("--no-texts", action="store_true", help="only the small tables, which need no apt-cache")
    parser.add_argument("--json", type=Path, help="where to write the figures")
    options = parser.parse_args()
    warnings.simplefilter("ignore")  # fits that stop early say so; the table shows by how much
    found = []
    with threadpool_limits(1):
        for name, X, y in cases(with_texts=not options.no_texts):
            for C in (1.0, 100.0):
                result = compare(X, y, C, min(options.rounds, 3) if len(X) > 10_000 else options.rounds)
                found.append({"case": name, "shape": X.shape, "classes": len(set(y)), "C": C, "results": result})
                told = ", ".join(f"{who} {row['ms']:.1f} ms (+{row['above']:.0e})" for who, row in result.items())
                print(f"{name} {X.shape}, C = {C:g}: {told}", flush=True)
    if options.json:
        options.json.write_text(json.dumps(found, indent=1) + "\n")


if __name__ == "__main__":
    main()
