"""`chainrule predict`: the predictions and probabilities of a saved model for the rows of a table."""

import csv
import sys
from collections.abc import Iterable
from contextlib import nullcontext
from pathlib import Path
from typing import Annotated, Any

import typer

from chainrule.cli.completion import data_names, paths
from chainrule.cli.output import CommandError
from chainrule.progress import ProgressLine


def predict(
    model: Annotated[str, typer.Argument(help="A file written by `chainrule train`.", autocompletion=paths)],
    data: Annotated[
        str,
        typer.Argument(
            help="A built-in data set, a table with the model's columns, rows of features, or images. Files are read "
            "in blocks as by `chainrule train`.",
            autocompletion=data_names,
        ),
    ],
    out: Annotated[Path | None, typer.Option(help="A CSV file to write; by default, standard output.")] = None,
    json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> int:
    """Write the prediction and the probability of each class for each row of the data."""
    import numpy as np

    from chainrule.cli import block_files, model_files, output, output_files
    from chainrule.storage import StoredRows

    if out is not None:
        output_files.check_writable(out)
        _check_no_input(out, (model, data))
    loaded, origin, _ = model_files.load_model(model)
    X = model_files.read_samples(loaded, data, columns=origin.columns).X
    stored, labels = isinstance(X, StoredRows), loaded.classes_.tolist()
    if out is not None and stored:
        _check_no_input(out, X.source.paths)
    if json and stored and X.shape[0] * len(labels) > block_files.MOST_IN_JSON:
        raise CommandError(f"--json: {X.shape[0]} rows of {len(labels)} classes are too many for one object; use --out")
    parts: Iterable[tuple[slice, Any]] = block_files.parts_of(model_files.classifier_of(loaded), X, "predict_proba")
    if json:
        probabilities = np.concatenate([part for _, part in parts])
        parts = [(slice(None), probabilities)]
        output.print_json(
            {
                "model": model,
                "classes": labels,
                "predictions": [labels[i] for i in probabilities.argmax(axis=1)],
                "probabilities": probabilities.astype(float).tolist(),
            }
        )
    count = 0
    if out is not None or not json:
        destination = nullcontext(sys.stdout) if out is None else output_files.whole_file(out)
        with ProgressLine() as line, destination as file:
            writer = csv.writer(file, lineterminator="\n")
            writer.writerow(["prediction", *(f"probability_{label}" for label in labels)])
            for _, part in parts:
                predictions = [labels[i] for i in part.argmax(axis=1)]
                writer.writerows([label, *row] for label, row in zip(predictions, part.tolist(), strict=True))
                count += len(part)
                if stored:
                    line.show(f"{count:,} of {X.shape[0]:,} rows")
    if out is not None and not json:
        print(f"{count} predictions written to {out}")
    return 0


def _check_no_input(out: Path, inputs: Iterable[str]) -> None:
    for read in map(Path, inputs):
        if out.exists() and read.exists() and out.samefile(read):
            raise CommandError(f"--out: {out} is an input file; name another file")
