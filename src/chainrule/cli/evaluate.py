"""`chainrule evaluate`: the metrics of a saved model on rows whose labels are known."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from chainrule.cli.errors import CommandError

if TYPE_CHECKING:
    from chainrule.cli.trained_rows import TrainedRows


def evaluate(
    model: Annotated[str, typer.Argument(help="A file written by `chainrule train`.")],
    data: Annotated[str, typer.Argument(help="A built-in data set, a table with the target column, or images.")],
    labels: Annotated[Path | None, typer.Option(help="A file of labels for .npy features.")] = None,
    json: Annotated[bool, typer.Option("--json", help="Print one JSON object instead of tables.")] = False,
) -> int:
    """Print accuracy, log-loss and per-class figures.

    If DATA is the built-in data set or the pictures of the training, only the rows held out in training are scored. Of
    other data all rows are scored. Rows equal to training rows are counted and scored separately from the rest.
    """
    from chainrule.cli import model_files

    pipeline, origin, trained = model_files.load_model(model)
    unreadable: dict[str, int] = {}
    held_out = False
    if model_files.is_for_images(pipeline):
        from chainrule.cli import image_files

        name, kind = data, "images"
        X, target, held_out = image_files.to_evaluate(pipeline, origin, trained, data)
        y = known_labels(target, pipeline.classes_, data)
    elif model_files.is_for_rows(pipeline):
        found = model_files.rows_like(pipeline, data, None if origin.target == "y" else origin.target, labels)
        if found.y is None:
            raise CommandError(f"{data}: there are no labels; give a file of them with --labels")
        name, kind = found.name, "rows"
        X, y = found.X, known_labels(found.y, pipeline.classes_, found.name)
    else:
        from chainrule.cli import table_sources
        from chainrule.cli.training_rows import read_like

        encoder = pipeline.named_steps["encoder"]
        table, _ = table_sources.read(data, as_written=[*encoder.categorical_, origin.target])
        model_files.require_columns(pipeline, table)
        columns, target = table_sources.split_target(table, origin.target, what="evaluate")
        name, kind = table.name, "rows"
        y = known_labels(target, pipeline.classes_, name)
        X, unreadable = read_like(encoder, columns)
        held_out = data in table_sources.BUILT_IN and data == origin.data
        if held_out:
            rows = model_files.split_rows(y, origin.test_size, origin.seed)[1]
            X, y = {column: values[rows] for column, values in X.items()}, y[rows]
    features = model_files.features_of(pipeline, X)
    log_probs = model_files.classifier_of(pipeline).predict_log_proba(features)
    results = model_files.metrics(y, log_probs, pipeline.classes_)
    results |= {"model": model, "n_rows": len(y), "held_out": held_out, "unreadable": unreadable}
    results |= _apart(features, y, log_probs, pipeline.classes_, trained, held_out=held_out)
    _show(results, name, kind, json=json)
    return 0


def known_labels(labels: Any, classes: Any, name: str) -> Any:
    """Labels converted to the model's classes; CommandError if the model does not know a label."""
    from chainrule.cli import model_files, output, table_sources

    y, unknown = table_sources.labels_like(labels, classes)
    if unknown:
        raise CommandError(
            f"{name}: the model was not trained on the labels {output.listed(unknown)}; "
            f"it knows {output.listed(map(model_files.plain, classes))}"
        )
    return y


def _apart(
    X: Any, y: Any, log_probs: Any, classes: Any, trained: TrainedRows | None, *, held_out: bool
) -> dict[str, Any]:
    """The number of training rows (None if the model file does not tell), and separate scores of both kinds of rows."""
    import numpy as np

    from chainrule.cli import model_files

    if held_out:
        return {"trained_on": 0, "seen": None, "unseen": None}
    if trained is None:
        return {"trained_on": None, "seen": None, "unseen": None}
    seen = trained.seen(X, np.searchsorted(classes, y))
    scores: list[dict[str, Any] | None] = []
    for rows in (seen, ~seen):
        scored = model_files.metrics(y[rows], log_probs[rows], classes) if rows.any() and not rows.all() else None
        kept = ("accuracy", "log_loss")
        scores.append(scored and {"n_rows": int(rows.sum()), **{name: scored[name] for name in kept}})
    return {"trained_on": int(seen.sum()), "seen": scores[0], "unseen": scores[1]}


def _show(results: dict[str, Any], name: str, kind: str, *, json: bool) -> None:
    from chainrule.cli import output

    count, trained_on = results["n_rows"], results["trained_on"]
    if trained_on is None:
        output.note(f"unknown which {kind} were trained on: this model file is older than the record of training rows")
    elif trained_on:
        rest = "" if trained_on == count else f"; only the scores of the others are scores on new {kind}"
        output.note(f"{trained_on} of {count} {kind} were trained on{rest}")
    if json:
        output.print_json(results)
        return
    if results["held_out"]:
        said = " held out when the model was trained"
    else:
        said = "" if trained_on is None else f", {trained_on or 'none'} of them trained on"
    output.print_metrics(results, f"{name}: {count} {kind}{said}")
