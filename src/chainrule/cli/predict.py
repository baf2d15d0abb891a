"""`chainrule predict`: the predictions and probabilities of a saved model for the rows of a table."""

from __future__ import annotations

import csv
import sys
from pathlib import Path
from typing import Annotated

import typer

from chainrule.cli.errors import CommandError


def predict(
    model: Annotated[str, typer.Argument(help="A file written by `chainrule train`.")],
    data: Annotated[
        str, typer.Argument(help="A built-in data set, a table with the model's columns, rows of features, or images.")
    ],
    out: Annotated[Path | None, typer.Option(help="A CSV file to write [standard output].")] = None,
    json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> int:
    """Write the prediction and the probability of each class for each row of the data."""
    from chainrule.cli import class_labels, model_files, model_inputs, output, output_files

    if out is not None:
        output_files.check_writable(out)
        for read in map(Path, (model, data)):
            if out.exists() and read.exists() and out.samefile(read):
                raise CommandError(f"--out: {out} is an input file; name another file")
    loaded, *_ = model_files.load_model(model)
    probabilities = loaded.predict_proba(model_inputs.read(loaded, data).X)
    labels = [class_labels.plain(label) for label in loaded.classes_]
    predictions = [labels[i] for i in probabilities.argmax(axis=1)]
    if json:
        output.print_json(
            {
                "model": model,
                "classes": labels,
                "predictions": predictions,
                "probabilities": probabilities.astype(float).tolist(),
            }
        )
    if json and out is None:
        return 0
    header = ["prediction", *(f"probability_{label}" for label in labels)]
    rows = ([label, *row] for label, row in zip(predictions, probabilities.tolist(), strict=True))
    if out is None:
        _write(sys.stdout, header, rows)
        return 0
    with out.open("w", newline="", encoding="utf-8") as file:
        _write(file, header, rows)
    if not json:
        output.print_line(f"{len(predictions)} predictions written to {out}")
    return 0


def _write(file: object, header: list[str], rows: object) -> None:
    writer = csv.writer(file, lineterminator="\n")  # type: ignore[arg-type]
    writer.writerow(header)
    writer.writerows(rows)  # type: ignore[arg-type]
