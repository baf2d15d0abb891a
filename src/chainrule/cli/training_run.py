"""The training of each model of `chainrule train`: fit, evaluate on held-out samples, save, print the results."""

import sys
import time
import warnings
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import typer
from sklearn.pipeline import Pipeline

from chainrule.cli import image_files, model_files
from chainrule.cli.data_set import DataSet, check_classes, encoded
from chainrule.cli.output import (
    CommandError,
    SolverProgress,
    TrainingProgress,
    note,
    print_json,
    print_metrics,
)
from chainrule.cli.output_files import checkpoint_of
from chainrule.estimators import (
    ConvClassifier,
    MLPClassifier,
    SmoothScaler,
    SoftmaxRegression,
    SoftmaxRegressionCV,
    TabularClassifier,
)
from chainrule.estimators.callbacks import TensorBoardLog
from chainrule.estimators.plots import learning_curves, scores_of_path
from chainrule.progress import shown
from chainrule.storage import OnDask, StoredRows
from chainrule.training.image_sources import Images
from chainrule.training.processes import is_rank_0

FEWEST_TO_VALIDATE = 50
"""Fewest training rows of which some are held out to choose the best epoch."""
FOLDS = 5


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


def train_mlp(
    options: TrainingOptions, every: DataSet, settings: dict[str, Any], hidden: tuple[int, ...], activation: str
) -> int:
    """Train a multilayer perceptron on rows, and return the exit status. The settings are keywords of MLPClassifier."""
    # Sparse rows are usually scaled counts of words; scaling again would turn zeros into other numbers.
    if every.encoder is None and not (hasattr(every.X, "tocsr") or getattr(every.X, "sparse", False)):
        every = replace(every, encoder=SmoothScaler())
    samples, held_out = every.split(options.test_size, options.seed)
    validated = len(samples.y) >= FEWEST_TO_VALIDATE
    classifier: Any = MLPClassifier(hidden, activation, early_stopping=validated, eval_metric="log_loss", **settings)
    fitted = _fit_network(options, classifier, samples)
    results = _evaluate_and_save(options, fitted, held_out) | {"unreadable": every.unreadable}
    return _show_network(options, fitted, results)


def train_tabular(
    options: TrainingOptions, every: DataSet, settings: dict[str, Any], report: Path | None = None
) -> int:
    """Train networks of folds and softmax regression on rows, write a report, and return the exit status.

    The settings are keywords of TabularClassifier.
    """
    if hasattr(every.X, "tocsr") or isinstance(every.X, StoredRows):
        raise CommandError("--model tabular takes whole tables and dense rows; choose mlp or softmax")
    every = every if every.encoder is not None else replace(every, encoder=SmoothScaler())
    samples, held_out = every.split(options.test_size, options.seed)
    classifier = TabularClassifier(encode=False, random_state=options.seed, **settings)
    with shown(True), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        fitted = _fit(classifier, samples)
    results = _evaluate_and_save(options, fitted, held_out) | {
        "unreadable": every.unreadable,
        "interrupted": classifier.interrupted_,
        "epochs": classifier.n_iter_,
        "parts": classifier.parts(),
    }
    if report is not None:
        note(f"the report is in {_write_report(report, fitted, held_out, results)}")
    lines = "\n".join(f"{part['weight']:.2f} {part['name']}" for part in results["parts"])
    return _show(options, fitted, results, f"the probabilities are the mean of\n{lines}\nin {fitted.seconds:.1f} s")


def train_softmax(
    options: TrainingOptions,
    every: DataSet,
    C: float | None,
    label_smoothing: float,
    cluster: Callable[[], AbstractContextManager[Any]] | None = None,
    run: Path | None = None,
) -> int:
    """Train softmax regression on rows, and return the exit status. None for C chooses C by cross-validation.

    With a `cluster`, which gives a client of Dask, workers read the rows of files. The folder `run` holds the sums of
    an interrupted fit with this C.

    Raises
    ------
    CommandError
        If C is to be chosen and a class has one training row only.
    """
    samples, held_out = every.split(options.test_size, options.seed)
    settings: dict[str, Any] = {"max_iter": 1000, "label_smoothing": label_smoothing, "certify": True}
    if C is None:
        rarest = int(np.unique(samples.y, return_counts=True)[1].min())
        if rarest < 2:
            raise CommandError(
                "--C auto needs every class twice, to be chosen by cross-validation; give a number instead"
            )
        if isinstance(samples.X, StoredRows):
            note(f"--C auto fits ten values of C in {FOLDS} folds, each in passes over the files; --C NUMBER fits once")
        # In each fold, every class must occur.
        classifier: Any = SoftmaxRegressionCV(cv=min(FOLDS, rarest), scoring="neg_log_loss", **settings)
    else:
        classifier = SoftmaxRegression(C=C, checkpoint=run, **settings)
    with SolverProgress() as progress, warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        classifier.set_params(callbacks=[progress])
        if cluster is None:
            fitted = _fit(classifier, samples)
        else:
            with cluster():
                fitted = _fit_on_workers(classifier, samples)
    for message in {str(warning.message) for warning in caught}:
        note(message)
    certificate = classifier.certificate_
    results = _evaluate_and_save(options, fitted, held_out, draw=scores_of_path) | {
        "unreadable": every.unreadable,
        "C": float(getattr(classifier, "C_", classifier.C)),
        "gradient_norm": classifier.gradient_norm_,
        "converged": bool(classifier.converged_),
        "interrupted": classifier.interrupted_,
        "certificate": None if certificate is None else vars(certificate),
    }
    chosen = "" if C is not None else f", the best of {len(classifier.Cs_)} in {classifier.cv} folds"
    ended = f"gradient {classifier.gradient_norm_:.1e} after {fitted.seconds:.1f} s"
    known = "" if certificate is None else f"\nthe coefficients are {certificate}"
    return _show(options, fitted, results, f"C = {results['C']:g}{chosen}; {ended}{known}")


def train_images(
    options: TrainingOptions,
    settings: dict[str, Any],
    *,
    layers: str,
    augment: str,
    size: tuple[int, int] | None,
    report: Path | None,
) -> int:
    """Train a convolutional network, write its report, and return the exit status.

    The settings are keywords of ConvClassifier.

    Raises
    ------
    CommandError
        If the images cannot be read, are not of the size that --size gives, or have too few classes.
    """
    images = image_files.read(options.data, size)
    if size is not None and images.shape[1:] != size:
        found, expected = ("x".join(map(str, sides)) for sides in (images.shape[1:], size))
        raise CommandError(
            f"--size: only pictures in folders are scaled; the images of {options.data} are {found}, not {expected}"
        )
    check_classes(images.labels, "array of labels")
    kind = f"images of {' x '.join(map(str, images.shape))}"
    samples, held_out = image_files.data_set(images, options.data, kind).split(options.test_size, options.seed)
    classifier: Any = ConvClassifier(layers, image_shape=images.shape, augment=augment, dtype="float32", **settings)
    fitted = _fit_network(options, classifier, samples)
    results = _evaluate_and_save(options, fitted, held_out) | {
        "image_shape": list(images.shape),
        "parameters": classifier.network_.n_parameters,
        "left_out": len(images.bad_files),
    }
    if report is not None:
        note(f"the report is in {_write_report(report, fitted, held_out, results, images)}")
    return _show_network(options, fitted, results)


def _write_report(
    folder: Path, fitted: FittedModel, held_out: DataSet, results: dict[str, Any], images: Images | None = None
) -> Path:
    from chainrule.report import write_report

    model, count = fitted.model, results["n_train"] + results["n_test"]
    size = f"{count:,} rows" if images is None else f"{' x '.join(map(str, images.shape))} pixels"
    facts = {"parameters": f"{results['parameters']:,}"} if "parameters" in results else {}
    if images is not None:
        facts["epochs"] = str(model.n_iter_)
    facts["training"] = f"{fitted.seconds:.1f} s"
    facts[f"{'rows' if images is None else 'images'}, of which held out"] = f"{count:,}, {results['n_test']:,}"
    return write_report(
        model,
        held_out.X,
        held_out.y,
        folder,
        title=f"{Path(fitted.samples.name).name}: {size}, {len(model.classes_)} classes",
        metrics=results,
        facts={**facts, "seed": str(results["seed"])},
        bad_files=() if images is None else images.bad_files,
    )


def _fit(classifier: Any, samples: DataSet) -> FittedModel:
    """Fit the encoder of the samples, if they have one, then the classifier."""
    started, model = time.perf_counter(), classifier
    if samples.encoder is not None:
        model = Pipeline([("encoder", samples.encoder), ("classifier", classifier)])
        samples = replace(samples, X=encoded(samples))
    classifier.fit(samples.X, samples.y)
    return FittedModel(model, samples, time.perf_counter() - started)


def _fit_on_workers(classifier: Any, samples: DataSet) -> FittedModel:
    """Fit the classifier on the current Dask cluster."""
    started = time.perf_counter()
    classifier.fit(OnDask(samples.X), samples.y)
    return FittedModel(classifier, samples, time.perf_counter() - started)


def _fit_network(options: TrainingOptions, classifier: Any, samples: DataSet) -> FittedModel:
    """Fit a network, with progress and checkpoints; raise KeyboardInterrupt if Ctrl-C ends the first epoch.

    Under torchrun the command ends here on all ranks but 0, which has callbacks and files.
    """
    checkpoint = checkpoint_of(options.out)
    if is_rank_0() and not options.resume:
        checkpoint.unlink(missing_ok=True)
    log = [] if options.tensorboard is None or not is_rank_0() else [TensorBoardLog(options.tensorboard)]
    progress = TrainingProgress(quiet=0.0)
    with progress if is_rank_0() else nullcontext(), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        fitted = _fit(classifier.set_params(callbacks=[progress, *log], checkpoint=checkpoint), samples)
    if classifier.stopped_by_ == "interrupt" and not classifier.n_iter_:
        raise KeyboardInterrupt
    if not is_rank_0():
        raise typer.Exit(130 if classifier.stopped_by_ == "interrupt" else 0)
    return fitted


def _evaluate_and_save(
    options: TrainingOptions, fitted: FittedModel, held_out: DataSet, draw: Callable[[Any], Any] = learning_curves
) -> dict[str, Any]:
    """Write the model file and the curves, and return the metrics on held-out samples with the facts for --json."""
    model, samples = fitted.model, fitted.samples
    metrics = model_files.metrics(model_files.Scored.of(model, held_out))
    origin = model_files.Origin(options.data, samples.target, options.test_size, options.seed, samples.columns)
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


def _show_network(options: TrainingOptions, fitted: FittedModel, results: dict[str, Any]) -> int:
    """Print the results of a network, and return the exit status."""
    classifier = model_files.classifier_of(fitted.model)
    facts = {"epochs": classifier.n_iter_, "interrupted": classifier.stopped_by_ == "interrupt"}
    return _show(options, fitted, results | facts, f"{classifier.n_iter_} epochs in {fitted.seconds:.1f} s")


def _show(options: TrainingOptions, fitted: FittedModel, results: dict[str, Any], line: str) -> int:
    """Print the results, as JSON or as a table with a last line, and return the exit status."""
    if options.json:
        print_json(results)
    else:
        samples = fitted.samples
        counts = f"{results['n_test']} {samples.kind} held out, {results['n_train']} trained on"
        print_metrics(results, f"{samples.name}: {counts}")
        print(f"{line}; model saved to {options.out}")
    if not results["interrupted"]:
        return 0
    rest = "; --resume continues from there" if checkpoint_of(options.out).exists() else ""
    print(f"interrupted: the weights so far were kept and saved to {options.out}{rest}", file=sys.stderr)
    return 130
