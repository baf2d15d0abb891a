"""`chainrule convert`: svmlight text as a folder that fits read from disk."""

from pathlib import Path
from typing import Annotated, Literal

import typer

from chainrule.cli.output import CommandError, print_json
from chainrule.progress import ProgressLine


def convert(
    source: Annotated[str, typer.Argument(help="An svmlight file; .gz and .bz2 are decompressed.")],
    out: Annotated[Path, typer.Argument(help="The folder to write, which ends in .csr.")],
    n_features: Annotated[int | None, typer.Option(min=1, help="Feature count; by default, from the indices.")] = None,
    zero_based: Annotated[
        Literal["auto", "yes", "no"],
        typer.Option(help="Whether indices start at 0; auto means yes if the index 0 occurs."),
    ] = "auto",
    dtype: Annotated[Literal["float64", "float32"], typer.Option(help="The dtype of the values.")] = "float64",
    json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> int:
    """Convert an svmlight file, in bounded memory, to a folder of arrays that later fits read from disk."""
    from chainrule.cli import array_files
    from chainrule.storage.svmlight import convert_svmlight

    if not source.lower().endswith(array_files.SVMLIGHT_ENDINGS):
        endings = ", ".join(array_files.SVMLIGHT_ENDINGS)
        raise CommandError(f"{source}: unknown kind of file; expected a file ending in {endings}")
    if out.suffix != ".csr":
        raise CommandError(f"{out}: expected a name that ends in .csr")
    with ProgressLine() as line:
        samples, features, entries = convert_svmlight(
            source,
            str(out),
            n_features=n_features,
            zero_based={"yes": True, "no": False}.get(zero_based),
            dtype=dtype,
            progress=lambda done, size, rows: line.show(f"{done / size:.0%} of {source}: {rows:,} samples"),
        )
    if json:
        print_json({"out": str(out), "samples": samples, "features": features, "entries": entries})
    else:
        print(f"{samples} samples of {features} features, {entries} entries, written to {out}")
    return 0
