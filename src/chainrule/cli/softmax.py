"""`chainrule train --model softmax`: softmax regression on a table or on rows of features."""

from __future__ import annotations

import sys
import time
import warnings
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from chainrule.cli import data as source
from chainrule.cli import model as models
from chainrule.cli import output, samples
from chainrule.cli.errors import CommandError

FOLDS = 5


@dataclass(frozen=True)
class Options:
    """What `chainrule train --model softmax` was told."""

    data: str
    target: str | None
    labels: Path | None
    C: float | None
    """None: chosen by cross-validation."""
    label_smoothing: float
    seed: int
    test_size: float
    out: Path
    curves: Path | None
    json: bool


def train(options: Options) -> int:
    """Fit, evaluate on held-out rows, and save."""
    models.check_writable(options.out)
    if options.curves is not None:
        models.check_writable(options.curves, "--curves")
        if options.C is not None:
            raise CommandError("--curves: scores are drawn against C, which --C gives; leave one of them out")
    name, target, X, y, encoder = _samples(options)
    train_rows, test_rows = models.split_rows(y, options.test_size, options.seed)
    classifier = _classifier(options, y[train_rows])
    model = classifier
    if encoder is not None:
        from sklearn.pipeline import Pipeline

        model = Pipeline([("encoder", encoder), ("classifier", classifier)])
    started = time.perf_counter()
    with output.SolverProgress() as progress, warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        classifier.set_params(callbacks=[progress])
        model.fit(_rows(X, train_rows), y[train_rows])
    seconds = time.perf_counter() - started
    for message in {str(warning.message) for warning in caught}:
        output.note(message)
    if encoder is not None:
        for column, reason in encoder.left_out_.items():
            output.note(f"column {column!r} is left out: {reason}")
    if options.curves is not None:
        from chainrule.estimators.plots import scores_of_path

        scores_of_path(classifier).savefig(options.curves, dpi=150)
    results = models.metrics(y[test_rows], model.predict_log_proba(_rows(X, test_rows)), model.classes_)
    models.save_model(model, options.out, models.Origin(options.data, target, options.test_size, options.seed))
    C = float(getattr(classifier, "C_", classifier.C))
    results |= {
        "n_train": len(train_rows),
        "n_test": len(test_rows),
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
        output.print_metrics(results, f"{name}: {len(test_rows)} rows held out, {len(train_rows)} trained on")
        chosen = "" if options.C is not None else f", the best of {len(classifier.Cs_)} in {classifier.cv} folds"
        ended = f"gradient {classifier.gradient_norm_:.1e} after {seconds:.1f} s"
        output.print_line(f"C = {C:g}{chosen}; {ended}; model saved to {options.out}")
    if classifier.interrupted_:
        print(f"interrupted: the weights so far were kept and saved to {options.out}", file=sys.stderr)
        return 130
    return 0


def _samples(options: Options) -> tuple[str, str, Any, Any, Any]:
    """The name, the target's name, features, labels, and the encoder that the features need."""
    from chainrule.cli.train import check_classes

    if samples.is_array_file(options.data):
        read = samples.read(options.data, options.target, options.labels)
        if read.y is None:
            raise CommandError(f"{options.data}: there are no labels; give a file of them with --labels")
        _check_finite(read)
        y = source.as_labels(read.y, f"{read.name}: the labels")
        check_classes(y, "array of labels")
        return read.name, options.target or "y", read.X, y, None
    if options.labels is not None:
        raise CommandError("--labels: only for .npy, .npz and svmlight files; a table has a --target column")
    from chainrule.estimators.tables import TableEncoder

    table, known = source.read(options.data)
    target = options.target or known
    if target is None:
        raise CommandError(f"--target: name the column to predict; {table.name} has {output.listed(table.columns)}")
    features, values = source.split_target(table, target)
    y = source.as_labels(values, f"{table.name}: the target {target!r}")
    check_classes(y, f"target {target!r}")
    return table.name, target, features, y, TableEncoder()


def _check_finite(read: samples.ArraySamples) -> None:
    values = read.X.data if hasattr(read.X, "tocsr") else read.X
    if not np.isfinite(values).all():
        raise CommandError(
            f"{read.name}: the features hold NaN or infinity in {int((~np.isfinite(values)).sum())} places"
        )


def _classifier(options: Options, y: Any) -> Any:
    from chainrule.estimators import SoftmaxRegression, SoftmaxRegressionCV

    settings: dict[str, Any] = {"max_iter": 1000, "label_smoothing": options.label_smoothing}
    if options.C is not None:
        return SoftmaxRegression(C=options.C, **settings)
    rarest = int(np.unique(y, return_counts=True)[1].min())
    if rarest < 2:
        raise CommandError("--C auto needs every class twice, to be chosen by cross-validation; give a number instead")
    return SoftmaxRegressionCV(cv=min(FOLDS, rarest), scoring="neg_log_loss", **settings)


def _rows(X: Any, rows: Any) -> Any:
    return {name: values[rows] for name, values in X.items()} if isinstance(X, dict) else X[rows]
