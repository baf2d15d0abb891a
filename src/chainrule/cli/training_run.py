"""The steps that trainings of all models share: read, fit, evaluate on held-out samples, save, report, print."""

import csv
import shlex
import sys
import time
import warnings
from collections.abc import Callable
from contextlib import nullcontext
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import typer
from sklearn.pipeline import Pipeline

from chainrule.cli import model_files, torchrun
from chainrule.cli.block_files import has_vectors, is_in_blocks, read_training_blocks
from chainrule.cli.completion import BUILT_IN
from chainrule.cli.data_set import DataSet, encoded, read_training_rows
from chainrule.cli.output import (
    USAGE,
    CommandError,
    TrainingProgress,
    counted,
    note,
    print_importances,
    print_json,
    print_metrics,
)
from chainrule.cli.output_files import check_outputs, checkpoint_of, whole_file
from chainrule.cli.train_arguments import check_source
from chainrule.cli.train_config import RunRecord, again, config_of
from chainrule.cli.train_options import RowOptions, RunOptions
from chainrule.estimators.callbacks import TensorBoardLog
from chainrule.estimators.checkpoints import OtherFitError
from chainrule.estimators.notices import notices_kept, unlearned
from chainrule.estimators.plots import learning_curves
from chainrule.storage import OnDask
from chainrule.training import Chance
from chainrule.training.processes import from_rank_0, is_rank_0

ALL_ROWS = "no rows were held out, so there are no figures on rows that the model has not seen"
_NO_METRICS: dict[str, Any] = {"accuracy": None, "log_loss": None, "classes": [], "calibration": None}


@dataclass(frozen=True)
class TrainingOptions:
    """The options of `chainrule train` that do not describe the model."""

    data: str
    seed: int
    test_size: float
    out: Path
    config: str
    """The text of the configuration file."""
    resume: bool
    curves: Path | None
    report: Path | None
    held_out_rows: Path | None
    tensorboard: Path | None
    json: bool
    labels: Path | None = None
    imports: tuple[str, ...] = ()
    drop_unlabelled: bool = False


@dataclass(frozen=True)
class FittedModel:
    """A model with the samples that it was fitted to."""

    model: Any
    """The classifier, or a pipeline of an encoder and the classifier."""
    samples: DataSet
    """The training samples, with features as the classifier takes them."""
    given: DataSet
    """The training samples, with features as the model takes them."""
    seconds: float
    """Duration of encoding and fitting."""


def begin(options: RunOptions, config: RunRecord, *, resume: bool = False) -> TrainingOptions:
    """Check the data and the target, then the files that a training writes, before any work.

    Raises
    ------
    CommandError
        If there is no such data or target, or a file cannot be written.
    """
    if isinstance(options, RowOptions):
        from_rank_0(partial(check_source, options, getattr(options, "blocks", False)))
    files = {name: vars(options).get(name) for name in ("curves", "report", "held_out_rows")}
    if options.test_size == 0 and files["held_out_rows"] is not None:
        raise CommandError("--held-out-rows: --test-size 0 holds out no rows", status=USAGE)
    out, resume = Path(str(options.out)), resume or torchrun.is_restarted()
    check = partial(check_outputs, out, config=config, overwrite=options.overwrite, resume=resume, **files)
    kept = from_rank_0(check)
    return TrainingOptions(
        data=options.data,
        seed=options.seed,
        test_size=options.test_size,
        out=out,
        config=config.text,
        resume=resume,
        **{name: None if name in kept else file for name, file in files.items()},
        tensorboard=vars(options).get("tensorboard"),
        json=options.json,
        labels=vars(options).get("labels"),
        imports=tuple(options.imports or ()),
        drop_unlabelled=vars(options).get("drop_unlabelled", False),
    )


def rows(options: RowOptions, blocks: bool = False) -> DataSet:
    """The samples with their labels, of which features stay in files that are read in blocks.

    Tables with vectors have one reader, so that a file means the same whole and in blocks.
    """
    in_blocks = is_in_blocks(options.data, blocks)
    if not in_blocks and not has_vectors(options.data, options.drop or ()):
        columns = options.drop or (), options.words or (), options.text or ()
        return read_training_rows(options.data, options.target, options.labels, *columns, options.drop_unlabelled)
    for option in ("words", "text"):
        if vars(options)[option]:
            raise CommandError(f"--{option}: tables with vectors or in blocks have columns of numbers only")
    if options.drop_unlabelled:
        raise CommandError("--drop-unlabelled: it is not for tables with vectors or tables that are read in blocks")
    found = read_training_blocks(options.data, options.target, options.labels, options.drop or ())
    return found if in_blocks else replace(found, X=found.X[:])


def fit(classifier: Any, samples: DataSet, on_workers: bool = False, watched: DataSet | None = None) -> FittedModel:
    """Fit the encoder of the samples, if they have one, then the classifier; on the current Dask cluster, if asked.

    The classifier scores `watched` samples after each epoch, and these scores decide nothing.
    """
    started, model, given, options = time.perf_counter(), classifier, samples, {}
    if samples.encoder is not None:
        model = Pipeline([("encoder", samples.encoder), ("classifier", classifier)])
        samples = replace(samples, X=encoded(samples))
    if watched is not None:
        with notices_kept():
            X = watched.X if samples.encoder is None else samples.encoder.transform(watched.X)
        options = {"eval_set": (X, watched.y), "keep_best": False}
    classifier.fit(OnDask(samples.X) if on_workers else samples.X, samples.y, **options)
    return FittedModel(model, samples, given, time.perf_counter() - started)


def fit_network(
    options: TrainingOptions, classifier: Any, samples: DataSet, watched: DataSet | None = None
) -> FittedModel:
    """Fit a network, with progress and checkpoints; raise KeyboardInterrupt if Ctrl-C ends the first epoch.

    Progress and curves show the log-loss of the `watched` samples too, which chooses no epoch.
    Under torchrun the command ends here on all ranks but 0, which has callbacks and files.

    Raises
    ------
    CommandError
        If the run that is resumed had other options or rows.
    """
    checkpoint = checkpoint_of(options.out)
    if is_rank_0() and not options.resume:
        checkpoint.unlink(missing_ok=True)
    log = [] if options.tensorboard is None or not is_rank_0() else [TensorBoardLog(options.tensorboard)]
    progress = TrainingProgress()
    if watched is not None:
        progress.scored = "held-out"
    with progress if is_rank_0() else nullcontext(), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        classifier.set_params(callbacks=[progress, *log], checkpoint=checkpoint)
        try:
            fitted = fit(classifier, samples, watched=watched)
        except OtherFitError as error:
            raise CommandError(
                f"{checkpoint}: {_difference(error)}; give the same options as before, or start again with --overwrite"
            ) from None
        except KeyboardInterrupt:
            raise KeyboardInterrupt("interrupted in the first epoch: nothing was saved") from None
    if classifier.stopped_by_ == "interrupt" and not classifier.n_iter_:
        raise KeyboardInterrupt
    if not is_rank_0():
        raise typer.Exit(130 if classifier.stopped_by_ == "interrupt" else 0)
    return fitted


def evaluate_and_save(
    options: TrainingOptions,
    fitted: FittedModel,
    held_out: DataSet | None,
    draw: Callable[[Any], Any] = learning_curves,
) -> dict[str, Any]:
    """Write model, configuration and curves; return the metrics on held-out samples with the facts for --json."""
    model, samples = fitted.model, fitted.samples
    metrics = _NO_METRICS
    if held_out is not None:
        metrics = model_files.metrics(model_files.Scored.of(model, held_out), np.zeros(len(held_out.y), bool))
    origin = model_files.Origin(options.data, samples.target, options.test_size, options.seed, samples.columns)
    model_files.save_model(model, options.out, origin, samples)
    cut = interruption_of(model)
    with whole_file(config_of(options.out)) as file:
        file.write(options.config + (f"# the model beside this file was {cut}\n" if cut else ""))
        file.write("" if held_out is not None else f"# {ALL_ROWS}\n")
    if options.held_out_rows is not None and held_out is not None:
        _write_rows(options.held_out_rows, held_out)
    if options.curves is not None:
        draw(model_files.classifier_of(model)).savefig(options.curves, dpi=150)
    return metrics | {
        "n_train": len(samples.y),
        "n_test": 0 if held_out is None else len(held_out.y),
        "seconds": round(fitted.seconds, 3),
        "seed": options.seed,
        "model": str(options.out),
    }


def write_report(
    options: TrainingOptions,
    fitted: FittedModel,
    held_out: DataSet | None,
    results: dict[str, Any],
    images: Any = None,
) -> None:
    """Write the report to its folder, if one was given, and say where it is.

    Without held-out samples, it is a report on those that were trained on, and says so. Of tables, `results` gets the
    importances of the columns, the largest first.
    """
    if options.report is None:
        return
    from chainrule import report
    from chainrule.report.sections import importances_of

    shown = fitted.given if held_out is None else held_out
    with notices_kept():  # about held-out categories that are not among the training rows
        known = importances_of(fitted.model, shown.X, shown.y)
    if known is not None:
        ranked = known.ranked()
        results["importances"] = [{"column": name, "mean": mean, "std": std} for name, mean, std in ranked]
    model, count = fitted.model, results["n_train"] + results["n_test"]
    size = f"{count:,} rows" if images is None else f"{' x '.join(map(str, images.shape))} pixels"
    facts = {"parameters": f"{results['parameters']:,}"} if "parameters" in results else {}
    cut = interruption_of(model)
    if images is not None:
        facts["epochs"] = str(model.n_iter_)
    facts["training" + (f", {cut}" if cut else "")] = f"{fitted.seconds:.1f} s"
    kind = "rows" if images is None else "images"
    facts[f"{kind} trained on"] = f"{results['n_train']:,}"
    if held_out is None:
        facts[f"{kind} held out"] = "none"
    with notices_kept():
        path = report.write_report(
            model,
            shown.X,
            shown.y,
            options.report,
            title=f"{Path(fitted.samples.name).name}: {size}, {len(model.classes_)} classes",
            metrics=None if held_out is None else results,
            facts={**facts, "seed": str(results["seed"])},
            bad_files=() if images is None else images.bad_files,
            places=list(map(shown.where, range(len(shown.y)))),
            again=f"{again(options.out)}{cut and f'  # a whole run; this one was {cut}'}",
            importances=known,
            notes=fitted.samples.notes,
            held_out=held_out is not None,
        )
    note(f"the report is in {path}")


def show_network(options: TrainingOptions, fitted: FittedModel, results: dict[str, Any]) -> int:
    """Print the results of a network, and return the exit status."""
    classifier = model_files.classifier_of(fitted.model)
    _note_unless_learned(classifier, results)
    facts = {"epochs": classifier.n_iter_, "interrupted": classifier.stopped_by_ == "interrupt"}
    return show(
        options,
        fitted,
        results | facts,
        f"{classifier.n_iter_} epoch{'s' * (classifier.n_iter_ != 1)} in {fitted.seconds:.1f} s",
    )


def show(options: TrainingOptions, fitted: FittedModel, results: dict[str, Any], line: str) -> int:
    """Print the results, as JSON or as a table, what was chosen, the file and what it is for; return the exit status.

    All models end so, whatever word chose them: `line` says what is particular to one.
    """
    if options.json:
        print_json(results)
    else:
        samples = fitted.samples
        if results["n_test"]:
            counts = f"{counted(results['n_test'], samples.kind)} held out, {results['n_train']} trained on"
            print_metrics(results, f"{samples.name}: {counts}")
        else:
            print(f"{samples.name}: all {counted(results['n_train'], samples.kind)} trained on\n{ALL_ROWS}")
        print(f"{type(model_files.classifier_of(fitted.model)).__name__}: {line}")
        print_importances(results.get("importances", ()))
        imports = [word for name in options.imports for word in ("--import", name)]
        predict = ["chainrule", "predict", str(options.out), "DATA", *imports]
        print(f"model saved to {options.out}; new data: {shlex.join(predict)}")
        print(f"worst mistakes, with rows trained on: {shlex.join([*_mistakes_of(options, samples), *imports])}")
    if not results["interrupted"]:
        return 0
    rest = "; --resume continues from there" if checkpoint_of(options.out).exists() else ""
    print(f"interrupted: the weights so far were kept and saved to {options.out}{rest}", file=sys.stderr)
    return 130


def interruption_of(model: Any) -> str:
    """Words such as "interrupted after 3 of 10 epochs", if Ctrl-C ended the fit of a network; else an empty text."""
    network = model_files.classifier_of(model)
    if getattr(network, "stopped_by_", "") != "interrupt":
        return ""
    return f"interrupted after {network.n_iter_} of {network.max_iter} epochs"


# What follows is private.


def _note_unless_learned(classifier: Any, results: dict[str, Any]) -> None:
    """Print a note if the held-out log-loss is hardly lower than that of the class shares, after several epochs."""
    counts = [row["support"] for row in results["classes"]]
    if not counts:  # no rows were held out
        return
    chance = Chance.of(np.repeat(np.arange(len(counts)), counts), len(counts))
    if told := unlearned(chance, results["log_loss"], classifier.n_iter_):
        note(told)


_OPTIONS = {
    "alpha": "--l2",
    "hidden_layer_sizes": "--hidden",
    "image_shape": "the size of the pictures",
    "learning_rate_init": "--learning-rate",
    "max_iter": "--epochs",
    "n_iter_no_change": "--epochs",
    "random_state": "--seed",
    "weight_decay": "--l2",
}
"""The options that set parameters of other names."""


def _difference(error: OtherFitError) -> str:
    """In which options an interrupted run and the one that should continue it differ."""
    if error.differences is None:
        return "the interrupted run had other options or other rows"
    changed = {_OPTIONS.get(name, f"--{name.replace('_', '-')}"): values for name, values in error.differences.items()}
    if not changed:
        return "the interrupted run had other rows, by the data or by an option such as --test-size"
    return ", ".join(f"{option} was {old} and is {new}" for option, (old, new) in changed.items())


def _write_rows(path: Path, samples: DataSet) -> None:
    """Write the names of samples, such as the numbers of their rows, as CSV."""
    columns = samples.named()
    with whole_file(path) as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(columns)
        writer.writerows(zip(*columns.values(), strict=True))


def _mistakes_of(options: TrainingOptions, samples: DataSet) -> list[str]:
    """The command that lists the worst mistakes among all samples; of some sources it lists those held out alone."""
    every = ["--all"] if options.data in BUILT_IN or samples.kind != "rows" else []
    labels = [] if options.labels is None else ["--labels", str(options.labels)]
    labels += ["--drop-unlabelled"] * options.drop_unlabelled
    return ["chainrule", "evaluate", str(options.out), options.data, "--mistakes", "10", *every, *labels]
