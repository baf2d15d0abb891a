"""Modules of the user: they hold code that is checked, or register the rules and layers of a model."""

import importlib
import sys
from typing import Annotated, Any, TypeAlias

import typer

from chainrule.cli.output import CommandError

Imports: TypeAlias = Annotated[
    list[str] | None,
    typer.Option(
        "--import",
        help="A module to import first, which registers rules or layers of your own; may be given several times.",
    ),
]


def imported(name: str, *, status: int = 1) -> Any:
    """A module, from the current folder or as Python finds it; raises CommandError with the reason if it fails.

    Examples
    --------
    >>> imported("math").__name__
    'math'
    """
    if "" not in sys.path:
        sys.path.insert(0, "")
    try:
        return importlib.import_module(name)
    except Exception as error:  # the user's module may raise anything
        raise CommandError(f"cannot import {name}: {type(error).__name__}: {error}", status) from None
