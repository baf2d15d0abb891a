"""`chainrule predict`: the predictions and probabilities of a saved model for the rows of a table."""

from collections.abc import Iterable
from contextlib import ExitStack
from pathlib import Path
from typing import Annotated, Any, Literal

import typer

from chainrule.cli.completion import data_names, paths
from chainrule.cli.output import CommandError, print_json
from chainrule.cli.table_options import Strict
from chainrule.cli.user_modules import Imports
from chainrule.progress import ProgressLine


def predict(
    model: Annotated[
        str, typer.Argument(help="A file written by `chainrule train` or by `model.save`.", autocompletion=paths)
    ],
    data: Annotated[
        str,
        typer.Argument(
            help="A built-in data set, a table with the model's columns, rows of features, a picture, a folder of "
            "pictures, images in a .npy, .npz or IDX file, a glob in quotes, or - for a CSV table on standard input. "
            "Tables and large .npy files are read in blocks, so that they may be larger than memory.",
            autocompletion=data_names,
        ),
    ],
    out: Annotated[
        Path | None,
        typer.Option(help="A CSV or .parquet file to write or replace; by default, CSV on standard output."),
    ] = None,
    ids: Annotated[
        list[str] | None,
        typer.Option("--id", help="A column of a table to carry along, such as a key; may be given several times."),
    ] = None,
    dtype: Annotated[
        Literal["auto", "float32", "float64"],
        typer.Option(help="The dtype of the model's arithmetic; auto is that of the weights. Use that of `export`."),
    ] = "auto",
    strict: Strict = False,
    imports: Imports = None,
    json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> int:
    """Write the prediction and the probability of each class for each row of the data.

    Each output row begins with the row's number: counted from 1 after the header in tables, from 0 in arrays. If there
    are several tables, the file comes first. Rows for pictures begin with the file, in the natural order of names:
    9.png comes before 10.png. --id adds columns of the table.
    """
    import numpy as np

    from chainrule.cli import block_files, model_files, output_files, table_files
    from chainrule.cli.prediction_files import predictions_to
    from chainrule.cli.table_blocks import TableBlocks
    from chainrule.storage import StoredRows

    if out is not None:
        output_files.check_writable(out)
        _check_no_input(out, (model, data))
    loaded, origin, _ = model_files.load_model(model)
    classifier, labels = model_files.classifier_of(loaded), loaded.classes_.tolist()
    if dtype != "auto":
        if not hasattr(classifier, "astype"):
            raise CommandError(
                f"--dtype: it is for softmax regression, MLPs and networks of images; {model} is of another kind"
            )
        classifier = classifier.astype(dtype)
    kept, keys, count = [], dict[str, list[Any]](), 0
    with ExitStack() as stack:
        source = stack.enter_context(table_files.from_standard_input(data))
        samples = model_files.read_samples(loaded, source, columns=origin.columns, ids=ids or (), strict=strict)
        X = samples.X
        if out is not None:
            _check_no_input(out, samples.files or getattr(getattr(X, "source", X), "paths", ()))
        line = stack.enter_context(ProgressLine())
        write = None if json and out is None else stack.enter_context(predictions_to(out, labels))
        for block in model_files.blocks_of(samples):
            named = block.named()
            for rows, part in block_files.parts_of(classifier, block.X, "predict_proba"):
                count += len(part)
                these = {name: values[rows] for name, values in named.items()}
                if write is not None:
                    write(part, these)
                if json:
                    kept.append(part)
                    for name, values in these.items():
                        keys.setdefault(name, []).extend(values)
                    if isinstance(X, StoredRows | TableBlocks) and count * len(labels) > block_files.MOST_IN_JSON:
                        raise CommandError(
                            f"--json: {count} rows of {len(labels)} classes are too many for one object; use --out"
                        )
                if isinstance(X, StoredRows):
                    line.show(f"{count:,} of {X.shape[0]:,} rows")
                elif isinstance(X, TableBlocks):
                    line.show(f"{count:,} rows, {X.done:.0%} of {data}")
    if json:
        probabilities = np.concatenate(kept)
        print_json(
            {
                "model": model,
                **{plural: keys.pop(name) for name, plural in (("file", "files"), ("row", "rows")) if name in keys},
                **({"ids": keys} if keys else {}),
                "classes": labels,
                "predictions": [labels[i] for i in probabilities.argmax(axis=1)],
                "probabilities": probabilities.astype(float).tolist(),
            }
        )
    elif out is not None:
        print(f"{count} predictions written to {out}")
    return 0


def _check_no_input(out: Path, inputs: Iterable[str]) -> None:
    for read in map(Path, inputs):
        if out.exists() and read.exists() and out.samefile(read):
            raise CommandError(f"--out: {out} is an input file; name another file")
