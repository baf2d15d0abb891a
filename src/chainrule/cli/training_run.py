"""The part of `chainrule train` that all models share: fit, evaluate on held-out samples, save, print the results."""

import sys
import time
import warnings
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from sklearn.pipeline import Pipeline

from chainrule.cli import model_files, output, training_rows
from chainrule.cli.data_set import DataSet
from chainrule.cli.output_files import checkpoint_of
from chainrule.estimators import TableEncoder
from chainrule.estimators.callbacks import TensorBoardLog
from chainrule.estimators.plots import learning_curves


@dataclass(frozen=True)
class TrainingOptions:
    """The options of `chainrule train` that do not describe the model."""

    data: str
    seed: int
    test_size: float
    out: Path
    resume: bool
    curves: Path | None
    tensorboard: Path | None
    json: bool


@dataclass(frozen=True)
class FittedModel:
    """A model with the samples that it was fitted to."""

    model: Any
    """The classifier, or a pipeline of an encoder and the classifier."""
    samples: DataSet
    """The training samples, with features as the classifier takes them."""
    seconds: float
    """Duration of encoding and fitting."""


def fit(classifier: Any, samples: DataSet) -> FittedModel:
    """Fit the encoder of the samples, if they have one, then the classifier."""
    started, model = time.perf_counter(), classifier
    if samples.encoder is not None:
        # A step named "encoder" marks a model of tables.
        step = "encoder" if isinstance(samples.encoder, TableEncoder) else "scaler"
        model = Pipeline([(step, samples.encoder), ("classifier", classifier)])
        samples = replace(samples, X=training_rows.encoded(samples))
    classifier.fit(samples.X, samples.y)
    return FittedModel(model, samples, time.perf_counter() - started)


def fit_network(options: TrainingOptions, classifier: Any, samples: DataSet) -> FittedModel:
    """Fit a network, with progress and checkpoints.

    Raises
    ------
    KeyboardInterrupt
        If Ctrl-C was pressed before the end of the first epoch.
    """
    checkpoint = checkpoint_of(options.out)
    if not options.resume:
        checkpoint.unlink(missing_ok=True)
    log = [] if options.tensorboard is None else [TensorBoardLog(options.tensorboard)]
    with output.TrainingProgress() as progress, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        fitted = fit(classifier.set_params(callbacks=[progress, *log], checkpoint=checkpoint), samples)
    if classifier.stopped_by_ == "interrupt" and not classifier.n_iter_:
        raise KeyboardInterrupt
    return fitted


def evaluate_and_save(
    options: TrainingOptions,
    fitted: FittedModel,
    held_out: DataSet,
    draw: Callable[[Any], Any] = learning_curves,
) -> dict[str, Any]:
    """Write the model file and the curves, and return the metrics on held-out samples with the facts for --json."""
    model, samples = fitted.model, fitted.samples
    metrics = model_files.metrics(held_out.y, model.predict_log_proba(held_out.X), model.classes_)
    origin = model_files.Origin(options.data, samples.target, options.test_size, options.seed)
    model_files.save_model(model, options.out, origin, samples)
    if options.curves is not None:
        draw(model_files.classifier_of(model)).savefig(options.curves, dpi=150)
    return metrics | {
        "n_train": len(samples.y),
        "n_test": len(held_out.y),
        "seconds": round(fitted.seconds, 3),
        "seed": options.seed,
        "model": str(options.out),
    }


def show(options: TrainingOptions, fitted: FittedModel, results: dict[str, Any], line: str) -> int:
    """Print the results, as JSON or as a table with a last line, and return the exit status."""
    if options.json:
        output.print_json(results)
    else:
        samples = fitted.samples
        counts = f"{results['n_test']} {samples.kind} held out, {results['n_train']} trained on"
        output.print_metrics(results, f"{samples.name}: {counts}")
        print(f"{line}; model saved to {options.out}")
    if not results["interrupted"]:
        return 0
    rest = "; --resume continues from there" if checkpoint_of(options.out).exists() else ""
    print(f"interrupted: the weights so far were kept and saved to {options.out}{rest}", file=sys.stderr)
    return 130


def show_network(options: TrainingOptions, fitted: FittedModel, results: dict[str, Any]) -> int:
    """Print the results of a network, and return the exit status."""
    classifier = model_files.classifier_of(fitted.model)
    facts = {"epochs": classifier.n_iter_, "interrupted": classifier.stopped_by_ == "interrupt"}
    return show(options, fitted, results | facts, f"{classifier.n_iter_} epochs in {fitted.seconds:.1f} s")
