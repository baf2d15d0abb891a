"""`chainrule train --model mlp`: a multilayer perceptron on a table or on rows of features."""

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
from chainrule.estimators import MLPClassifier, SmoothScaler
from chainrule.estimators.callbacks import TensorBoardLog
from chainrule.estimators.plots import learning_curves

LEARNING_RATES = {"adam": 3e-3, "adamw": 3e-3, "sgd": 0.05, "gd": 0.5}
EPOCHS = {"adam": 100, "adamw": 100, "sgd": 100, "gd": 1000}
FEWEST_TO_VALIDATE = 50
"""Fewest training rows of which some are held out to choose the best epoch."""


@dataclass(frozen=True)
class MLPOptions:
    """The options of `chainrule train --model mlp`."""

    data: str
    target: str | None
    labels: Path | None
    drop: tuple[str, ...]
    hidden: tuple[int, ...]
    activation: str
    solver: str
    l2: float | None
    label_smoothing: float
    dropout: float
    batch_size: int
    epochs: int | None
    learning_rate: float | None
    seed: int
    test_size: float
    out: Path
    overwrite: bool
    resume: bool
    curves: Path | None
    tensorboard: Path | None
    json: bool


def train(options: MLPOptions) -> int:
    """Fit, evaluate on held-out rows, and save."""
    path = options.out
    checkpoint = model_files.check_outputs(
        path, overwrite=options.overwrite, resume=options.resume, others={"--curves": options.curves}
    )
    callbacks: list[Any] = [] if options.tensorboard is None else [TensorBoardLog(options.tensorboard)]
    data = training_rows.read(options.data, options.target, options.labels, options.drop)
    train_rows, test_rows = model_files.split_rows(data.y, options.test_size, options.seed)
    y = data.y[train_rows]
    classifier = _classifier(options, len(y))
    started = time.perf_counter()
    encoder, features = _encoded(data, train_rows)
    with output.TrainingProgress() as progress, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        if not options.resume:
            checkpoint.unlink(missing_ok=True)
        classifier.set_params(callbacks=[progress, *callbacks], checkpoint=checkpoint)
        classifier.fit(features, y)
    seconds = time.perf_counter() - started
    interrupted = classifier.stopped_by_ == "interrupt"
    if interrupted and not classifier.n_iter_:
        raise KeyboardInterrupt
    step = "scaler" if data.encoder is None else "encoder"
    model = classifier if encoder is None else Pipeline([(step, encoder), ("classifier", classifier)])
    test_features = model_files.features_of(model, data.rows(test_rows))
    results = model_files.metrics(data.y[test_rows], classifier.predict_log_proba(test_features), classifier.classes_)
    if options.curves is not None:
        learning_curves(classifier).savefig(options.curves, dpi=150)
    origin = model_files.Origin(options.data, data.target, options.test_size, options.seed)
    model_files.save_model(model, path, origin, features, y)
    results |= {
        "n_train": len(train_rows),
        "n_test": len(test_rows),
        "unreadable": data.unreadable,
        "epochs": classifier.n_iter_,
        "seconds": round(seconds, 3),
        "seed": options.seed,
        "interrupted": interrupted,
        "model": str(path),
    }
    if options.json:
        output.print_json(results)
    else:
        output.print_metrics(results, f"{data.name}: {len(test_rows)} rows held out, {len(train_rows)} trained on")
        output.print_line(f"{classifier.n_iter_} epochs in {seconds:.1f} s; model saved to {path}")
    if interrupted:
        print(
            f"interrupted: the best weights so far were kept and saved to {path}; --resume goes on from there",
            file=sys.stderr,
        )
    return 130 if interrupted else 0


def _encoded(data: training_rows.TrainingRows, rows: Any) -> tuple[Any, Any]:
    """The encoder or scaler fitted to these rows (None for sparse rows), and the features of the rows."""
    X = data.rows(rows)
    if data.encoder is not None:
        return data.encoder, training_rows.encoded(data.encoder, X, data.notes)
    if hasattr(X, "tocsr"):
        # Sparse rows are usually scaled counts of words; scaling again would turn zeros into other numbers.
        return None, X
    scaler = SmoothScaler().fit(X)
    return scaler, scaler.transform(X).astype(np.float32)


def _classifier(options: MLPOptions, count: int) -> MLPClassifier:
    decoupled = options.solver == "adamw"
    l2 = options.l2
    epochs = options.epochs or EPOCHS[options.solver]
    classifier: MLPClassifier = MLPClassifier(
        options.hidden,
        options.activation,
        solver=options.solver,
        alpha=0.0 if decoupled else (1e-4 if l2 is None else l2),
        weight_decay=0.01 if l2 is None else l2,
        label_smoothing=options.label_smoothing,
        dropout=options.dropout,
        batch_size=min(options.batch_size, count),
        max_iter=epochs,
        learning_rate="cosine",
        learning_rate_init=options.learning_rate or LEARNING_RATES[options.solver],
        random_state=options.seed,
        early_stopping=count >= FEWEST_TO_VALIDATE,
        eval_metric="log_loss",
        # Never stop early: the small steps at the end of the cosine schedule improve the fit most.
        n_iter_no_change=epochs,
        tol=0.0,
    )
    return classifier
