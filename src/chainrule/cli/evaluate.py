"""`chainrule evaluate`: the metrics of a saved model on samples whose labels are known."""

from __future__ import annotations

import math
from bisect import bisect_right
from collections.abc import Callable, Sequence
from operator import itemgetter
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from chainrule.cli.completion import BUILT_IN, data_names, paths
from chainrule.cli.table_options import Strict
from chainrule.cli.user_modules import Imports
from chainrule.progress import ProgressLine

if TYPE_CHECKING:
    from chainrule.arrays import Array
    from chainrule.cli.data_set import DataSet
    from chainrule.cli.model_files import Scored

MOST_CONFUSED = 12
"""Most classes whose confusion matrix is printed; a wider one would be broken in a terminal of 80 columns."""


def evaluate(
    model: Annotated[
        str, typer.Argument(help="A file written by `chainrule train` or by `model.save`.", autocompletion=paths)
    ],
    data: Annotated[
        str,
        typer.Argument(
            help="A built-in data set, a table with the target column, rows of features, images, or a glob in quotes. "
            "Tables and large .npy files are read in blocks.",
            autocompletion=data_names,
        ),
    ],
    target: Annotated[
        str | None, typer.Option(help="The column of labels; by default, the column that the model predicts.")
    ] = None,
    labels: Annotated[Path | None, typer.Option(help="A file of labels for .npy features or images.")] = None,
    mistakes: Annotated[
        int, typer.Option(min=0, help="How many of the worst mistakes to list, with their rows or files.")
    ] = 0,
    every_row: Annotated[
        bool, typer.Option("--all", help="For the training data, also score the rows that were trained on.")
    ] = False,
    drop_unlabelled: Annotated[
        bool, typer.Option("--drop-unlabelled", help="Leave out the rows of a table in which the label is missing.")
    ] = False,
    report: Annotated[
        Path | None,
        typer.Option(help="A folder for a page about the model and the scored rows, report.html.", metavar="DIR"),
    ] = None,
    strict: Strict = False,
    imports: Imports = None,
    json: Annotated[bool, typer.Option("--json", help="Print one JSON object instead of tables.")] = False,
) -> int:
    """Print accuracy, log-loss and per-class figures.

    If DATA is the built-in data set or the pictures that the model was trained on, only the rows held out in training
    are scored, unless --all is given. For other data, all rows are scored. Rows that equal training rows are counted
    and scored separately, and the calibration error is that of the other rows. --mistakes 10 lists the ten
    misclassified rows whose true class got the lowest probability. Data row 1 is the first after the header; rows and
    images in arrays are counted from 0.
    """
    import numpy as np

    from chainrule.cli import model_files, output
    from chainrule.cli.output import CommandError
    from chainrule.cli.table_blocks import TableBlocks
    from chainrule.storage import StoredRows

    loaded, origin, trained = model_files.load_model(model)
    classes = loaded.classes_
    every = model_files.read_samples(
        loaded,
        data,
        target or origin.target,
        labels,
        origin.columns,
        strict=strict,
        drop_unlabelled=drop_unlabelled,
    )
    scored, held_out = every.whole() if every_row else every.test or every, False
    if not every_row and data == origin.data and (every.kind == "images" or data in BUILT_IN):
        kept, others = every.split(origin.test_size, origin.seed)
        # If a file has changed since the training, the split of that time cannot be repeated.
        if others is not None and (trained is None or trained.are(kept.X, np.searchsorted(classes, kept.y))):
            scored, held_out = others, True
    if report is not None and isinstance(scored.X, TableBlocks | StoredRows):
        raise CommandError(f"--report: {every.name} is read in blocks; in Python, write_report takes rows in memory")
    parts: list[Any] = []
    digests, places = [], []
    with ProgressLine() as line:
        for block in model_files.blocks_of(scored):
            places.append((sum(len(part.actual) for part in parts), block.where))
            parts.append(model_files.Scored.of(model_files.classifier_of(loaded), block))
            if trained is not None and not held_out:
                digests.append(trained.digests(block.X, np.searchsorted(classes, block.y)))
            if block is not scored:
                line.show(f"{sum(len(part.actual) for part in parts):,} rows, {scored.X.done:.0%} of {every.name}")
    predictions = model_files.Scored.joined(parts)
    seen = np.zeros(len(predictions.actual), bool) if held_out else None
    if trained is not None and not held_out:
        seen = trained.seen_among(np.concatenate(digests))
    results = model_files.metrics(predictions, seen)
    unreadable = scored.X.unreadable if isinstance(scored.X, TableBlocks) else every.unreadable
    results |= {"model": model, "n_rows": len(predictions.actual), "held_out": held_out, "unreadable": unreadable}
    if mistakes:
        results["mistakes"] = _worst(predictions, places, mistakes, seen)
    if len(classes) <= MOST_CONFUSED:
        results["confusion"] = confusion(predictions)
    known, note = _trained_on(results, every.kind)
    if note:
        output.note(note)
    if json:
        output.print_json(results)
    else:
        output.print_metrics(results, f"{every.name}: {output.counted(results['n_rows'], every.kind)}{known}")
        output.print_confusion(classes.tolist(), results.get("confusion"))
        output.print_mistakes(results.get("mistakes", ()))
    if report is not None:
        _write_report(model_files.classifier_of(loaded), scored, report, results)
    return 0


def confusion(predictions: Scored) -> list[list[int]]:
    """The number of samples for each class, the rows, and each prediction, the columns."""
    import numpy as np

    count = len(predictions.classes)
    pairs = np.bincount(predictions.actual * count + predictions.predicted, minlength=count**2)
    found: list[list[int]] = pairs.reshape(count, count).tolist()
    return found


def _write_report(classifier: Any, scored: DataSet, folder: Path, results: dict[str, Any]) -> None:
    """Write the page about the scored samples, and say where it is."""
    from chainrule.cli import output
    from chainrule.estimators.notices import notices_kept
    from chainrule.report import write_report

    with notices_kept():  # the scores have said them
        path = write_report(
            classifier,
            scored.X,
            scored.y,
            folder,
            title=f"{scored.name}: {results['n_rows']:,} {scored.kind}, {len(classifier.classes_)} classes",
            metrics=results,
            places=list(map(scored.where, range(len(scored.y)))),
            held_out=None if results["trained_on"] is None else results["trained_on"] == 0,
        )
    output.note(f"the report is in {path}")


def _worst(
    predictions: Scored, places: Sequence[tuple[int, Callable[[int], str]]], most: int, seen: Array | None
) -> list[dict[str, object]]:
    """The worst mistakes; for each block, its first sample and the function that names the place of each are given.

    `seen` says which samples were trained on, if that is known.
    """
    from chainrule.estimators.class_scores import most_wrong

    actual, predicted, log_probs = predictions.actual, predictions.predicted, predictions.log_probs
    classes, found = predictions.classes.tolist(), []
    for number in most_wrong(actual, predicted, log_probs, most):
        first, where = places[bisect_right(places, number, key=itemgetter(0)) - 1]
        label, wrong = classes[actual[number]], classes[predicted[number]]
        probability = math.exp(log_probs[number])
        told = {"where": where(number - first), "label": label, "probability": probability, "predicted": wrong}
        found.append(told if seen is None else told | {"trained_on": bool(seen[number])})
    return found


def _trained_on(results: dict[str, Any], kind: str) -> tuple[str, str]:
    """How many of the scored samples the model was trained on: words for the title, and a note."""
    count, trained_on = results["n_rows"], results["trained_on"]
    if results["held_out"]:
        return " held out when the model was trained", ""
    if trained_on is None:
        return "", f"unknown which {kind} were trained on: this model file has no record of training rows"
    if not trained_on:
        return ", none of them trained on", ""
    rest = "" if trained_on == count else f"; only the scores of the others are scores on new {kind}"
    return f", {trained_on} of them trained on", f"{trained_on} of {count} {kind} were trained on{rest}"
