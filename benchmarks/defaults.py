"""`python -m benchmarks.defaults`: fits with default settings on one thread, as most users make them.

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


def objective(model: Any, X: Any, y: Any, C: float) -> float:
    """scikit-learn's objective, C times the losses plus half the squared weights, in float64."""
    log_probs = model.predict_log_proba(X)[np.arange(len(y)), np.searchsorted(model.classes_, y)]
    return float(-C * log_probs.sum(dtype=np.float64) + np.square(model.coef_, dtype=np.float64).sum() / 2)


def compare(X: Any, y: Any, C: float, rounds: int) -> dict[str, dict[str, float]]:
    """Median seconds of fits in turn, and the objective that each estimator reaches."""
    seconds: dict[str, list[float]] = {name: [] for name in CONTESTANTS}
    reached: dict[str, float] = {}
    for lap in range(rounds + 1):
        for name, make in CONTESTANTS.items():
            model, begin = make(C=C), time.perf_counter()
            model.fit(X, y)
            if lap:  # the first lap loads code and warms caches
                seconds[name].append(time.perf_counter() - begin)
            reached[name] = objective(model, X, y, C)
    best = objective(SoftmaxRegression(C=C, tol=1e-12, max_iter=1000).fit(X.astype(np.float64), y), X, y, C)
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
