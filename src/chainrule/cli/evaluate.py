"""`chainrule evaluate`: the metrics of a saved model on rows whose labels are known."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from chainrule.cli.errors import CommandError


def evaluate(
    model: Annotated[str, typer.Argument(help="A file written by `chainrule train`.")],
    data: Annotated[str, typer.Argument(help="A built-in data set, a table with the target column, or images.")],
    labels: Annotated[Path | None, typer.Option(help="A file of labels for .npy features.")] = None,
    json: Annotated[bool, typer.Option("--json", help="Print one JSON object instead of tables.")] = False,
) -> int:
    """Print accuracy, log-loss and per-class figures.

    For the built-in data set that the model was trained on, the rows held out then are used.
    """
    from chainrule.cli import data as source
    from chainrule.cli import model as models
    from chainrule.cli import output

    pipeline, origin = models.load_model(model)
    if models.is_for_images(pipeline):
        from chainrule.cli import images

        return images.evaluate(pipeline, origin, model, data, json=json)
    if models.is_for_rows(pipeline):
        found = models.rows_like(pipeline, data, None if origin.target == "y" else origin.target, labels)
        if found.y is None:
            raise CommandError(f"{data}: there are no labels; give a file of them with --labels")
        return _report(pipeline, found.X, found.y, found.name, model, json=json)
    table, _ = source.read(data)
    models.require_columns(pipeline, table)
    features, target = source.split_target(table, origin.target, what="evaluate")
    classes = pipeline.classes_
    y = _known(target, classes, table.name)
    held_out = data in source.BUILT_IN and data == origin.data
    if held_out:
        rows = models.split_rows(y, origin.test_size, origin.seed)[1]
        features, y = {name: values[rows] for name, values in features.items()}, y[rows]
    results = models.metrics(y, pipeline.predict_log_proba(features), classes)
    results |= {"model": model, "n_rows": len(y), "held_out": held_out}
    if json:
        output.print_json(results)
    else:
        which = "rows held out when the model was trained" if held_out else "rows"
        output.print_metrics(results, f"{table.name}: {len(y)} {which}")
    return 0


def _known(labels: Any, classes: Any, name: str) -> Any:
    """Labels in the type of the model's classes, none of them unknown."""
    from chainrule.cli import data as source
    from chainrule.cli import model as models
    from chainrule.cli import output

    y, unknown = source.labels_like(labels, classes)
    if unknown:
        raise CommandError(
            f"{name}: the model was not trained on the labels {output.listed(unknown)}; "
            f"it knows {output.listed(map(models.plain, classes))}"
        )
    return y


def _report(classifier: Any, X: Any, labels: Any, name: str, model: str, *, json: bool) -> int:
    from chainrule.cli import model as models
    from chainrule.cli import output

    y = _known(labels, classifier.classes_, name)
    results = models.metrics(y, classifier.predict_log_proba(X), classifier.classes_)
    results |= {"model": model, "n_rows": len(y), "held_out": False}
    if json:
        output.print_json(results)
    else:
        output.print_metrics(results, f"{name}: {len(y)} rows")
    return 0
