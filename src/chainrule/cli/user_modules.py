"""Modules of the user: they hold code that is checked, or register the rules and layers of a model."""

import importlib
import sys
from typing import Annotated, Any, TypeAlias

import typer

from chainrule.cli.output import CommandError


def imported(name: str, *, status: int = 1) -> Any:
    """A module, from the current folder or as Python finds it; raises CommandError with the reason if it fails.

    Examples
    --------
    >>> imported("math").__name__
    'math'
    """
    if "" not in sys.path:
        sys.path.insert(0, "")
    if name.endswith(".ipynb"):
        convert = "jupyter nbconvert --to script"
        raise CommandError(f"{name}: notebooks are not imported; make a module of it: {convert} {name}", status)
    try:
        return importlib.import_module(name)
    except Exception as error:  # the user's module may raise anything
        hint = f"; leave out .py: {name.removesuffix('.py')}" if name.endswith(".py") else ""
        raise CommandError(f"cannot import {name}: {type(error).__name__}: {error}{hint}", status) from None


def _import_all(context: typer.Context, names: list[str] | None) -> list[str] | None:
    """Import the modules before other options are looked at, which may name what they register."""
    for name in () if context.resilient_parsing else names or ():
        imported(name)
    return names


Imports: TypeAlias = Annotated[
    list[str] | None,
    typer.Option(
        "--import",
        is_eager=True,
        callback=_import_all,
        help="A module to import first, which registers your own rules or layers; may be given several times.",
    ),
]
"""The option of every command that reads or makes models, or looks at rules."""
