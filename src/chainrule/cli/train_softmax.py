"""`chainrule train --model softmax`: softmax regression on a table or on rows of features."""

from __future__ import annotations

import sys
import time
import warnings
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from sklearn.pipeline import Pipeline

from chainrule.cli import model_files, output, training_rows
from chainrule.cli.errors import CommandError

FOLDS = 5


@dataclass(frozen=True)
class SoftmaxOptions:
    """The options of `chainrule train --model softmax`."""

    data: str
    target: str | None
    labels: Path | None
    drop: tuple[str, ...]
    C: float | None
    """None chooses C by cross-validation."""
    label_smoothing: float
    seed: int
    test_size: float
    out: Path
    overwrite: bool
    curves: Path | None
    json: bool


def train(options: SoftmaxOptions) -> int:
    """Fit, evaluate on held-out rows, and save."""
    model_files.check_outputs(options.out, overwrite=options.overwrite, others={"--curves": options.curves})
    if options.curves is not None and options.C is not None:
        raise CommandError("--curves: scores are drawn against C, which --C gives; leave one of them out")
    data = training_rows.read(options.data, options.target, options.labels, options.drop)
    train_rows, test_rows = model_files.split_rows(data.y, options.test_size, options.seed)
    classifier = _classifier(options, data.y[train_rows])
    model = classifier if data.encoder is None else Pipeline([("encoder", data.encoder), ("classifier", classifier)])
    started = time.perf_counter()
    features = data.rows(train_rows)
    if data.encoder is not None:
        features = training_rows.encoded(data.encoder, features, data.notes)
    with output.SolverProgress() as progress, warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        classifier.set_params(callbacks=[progress])
        classifier.fit(features, data.y[train_rows])
    seconds = time.perf_counter() - started
    for message in {str(warning.message) for warning in caught}:
        output.note(message)
    if options.curves is not None:
        from chainrule.estimators.plots import scores_of_path

        scores_of_path(classifier).savefig(options.curves, dpi=150)
    test_features = model_files.features_of(model, data.rows(test_rows))
    results = model_files.metrics(data.y[test_rows], classifier.predict_log_proba(test_features), classifier.classes_)
    origin = model_files.Origin(options.data, data.target, options.test_size, options.seed)
    model_files.save_model(model, options.out, origin, features, data.y[train_rows])
    C = float(getattr(classifier, "C_", classifier.C))
    results |= {
        "n_train": len(train_rows),
        "n_test": len(test_rows),
        "unreadable": data.unreadable,
        "C": C,
        "gradient_norm": classifier.gradient_norm_,
        "converged": bool(classifier.converged_),
        "seconds": round(seconds, 3),
        "seed": options.seed,
        "interrupted": classifier.interrupted_,
        "model": str(options.out),
    }
    if options.json:
        output.print_json(results)
    else:
        output.print_metrics(results, f"{data.name}: {len(test_rows)} rows held out, {len(train_rows)} trained on")
        chosen = "" if options.C is not None else f", the best of {len(classifier.Cs_)} in {classifier.cv} folds"
        ended = f"gradient {classifier.gradient_norm_:.1e} after {seconds:.1f} s"
        output.print_line(f"C = {C:g}{chosen}; {ended}; model saved to {options.out}")
    if classifier.interrupted_:
        print(f"interrupted: the weights so far were kept and saved to {options.out}", file=sys.stderr)
        return 130
    return 0


def _classifier(options: SoftmaxOptions, y: Any) -> Any:
    from chainrule.estimators import SoftmaxRegression, SoftmaxRegressionCV

    settings: dict[str, Any] = {"max_iter": 1000, "label_smoothing": options.label_smoothing}
    if options.C is not None:
        return SoftmaxRegression(C=options.C, **settings)
    rarest = int(np.unique(y, return_counts=True)[1].min())
    if rarest < 2:
        raise CommandError("--C auto needs every class twice, to be chosen by cross-validation; give a number instead")
    return SoftmaxRegressionCV(cv=min(FOLDS, rarest), scoring="neg_log_loss", **settings)
