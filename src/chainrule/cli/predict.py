"""`chainrule predict`: the predictions and probabilities of a saved model for the rows of a table."""

import csv
import sys
from contextlib import nullcontext
from pathlib import Path
from typing import Annotated

import typer

from chainrule.cli.output import CommandError


def predict(
    model: Annotated[str, typer.Argument(help="A file written by `chainrule train`.")],
    data: Annotated[
        str, typer.Argument(help="A built-in data set, a table with the model's columns, rows of features, or images.")
    ],
    out: Annotated[Path | None, typer.Option(help="A CSV file to write; by default, standard output.")] = None,
    json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> int:
    """Write the prediction and the probability of each class for each row of the data."""
    from chainrule.cli import model_files, output, output_files

    if out is not None:
        output_files.check_writable(out)
        for read in map(Path, (model, data)):
            if out.exists() and read.exists() and out.samefile(read):
                raise CommandError(f"--out: {out} is an input file; name another file")
    loaded, *_ = model_files.load_model(model)
    probabilities = model_files.classifier_of(loaded).predict_proba(model_files.read_samples(loaded, data).X)
    labels = loaded.classes_.tolist()
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
    if out is not None or not json:
        with nullcontext(sys.stdout) if out is None else out.open("w", newline="", encoding="utf-8") as file:
            writer = csv.writer(file, lineterminator="\n")
            writer.writerow(["prediction", *(f"probability_{label}" for label in labels)])
            writer.writerows([label, *row] for label, row in zip(predictions, probabilities.tolist(), strict=True))
    if out is not None and not json:
        print(f"{len(predictions)} predictions written to {out}")
    return 0
