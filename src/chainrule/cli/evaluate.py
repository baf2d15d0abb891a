"""`chainrule evaluate`: the metrics of a saved model on rows whose labels are known."""

from __future__ import annotations

from typing import Annotated

import typer

from chainrule.cli.errors import CommandError


def evaluate(
    model: Annotated[str, typer.Argument(help="A file written by `chainrule train`.")],
    data: Annotated[str, typer.Argument(help="A built-in data set, or a table with the target column.")],
    json: Annotated[bool, typer.Option("--json", help="Print one JSON object instead of tables.")] = False,
) -> int:
    """Print accuracy, log-loss and per-class figures.

    For the built-in data set that the model was trained on, the rows held out then are used.
    """
    from chainrule.cli import data as source
    from chainrule.cli import model as models
    from chainrule.cli import output

    pipeline, origin = models.load_model(model)
    table, _ = source.read(data)
    models.require_columns(pipeline, table)
    features, target = source.split_target(table, origin.target, what="evaluate")
    classes = pipeline.classes_
    y, unknown = source.labels_like(target, classes)
    if unknown:
        raise CommandError(
            f"{table.name}: the model was not trained on the labels {output.listed(unknown)}; "
            f"it knows {output.listed(map(models.plain, classes))}"
        )
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
