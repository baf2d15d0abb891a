"""Options that commands for tables share."""

from typing import Annotated, TypeAlias

import typer

Strict: TypeAlias = Annotated[
    bool,
    typer.Option(
        "--strict",
        help="End with an error if a cell of a table is not a number, a date or a category as in the training, or if a "
        "column is empty.",
    ),
]
