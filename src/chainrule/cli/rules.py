"""`chainrule rules` and `chainrule derive`: the operators, and what is known of each."""

from __future__ import annotations

import importlib
import inspect
import json as json_module
import pkgutil
import sys
from typing import TYPE_CHECKING, Annotated, Any

import typer

from chainrule.cli.errors import CommandError

if TYPE_CHECKING:
    from chainrule.rules import Rule


def rules(json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False) -> int:
    """List the operators with their formulas and derivatives."""
    from rich.console import Console
    from rich.table import Table

    from chainrule import rules as registry

    every = [registry.get(name) for name in registry.names()]
    if json:
        print(json_module.dumps({rule.name: _known(rule) for rule in every}))
        return 0
    table = Table(box=None, pad_edge=False)
    for heading in ("rule", "formula", "derivative"):
        table.add_column(heading, overflow="fold")
    for rule in every:
        table.add_row(rule.name, rule.formula, rule.derivative)
    # Without a terminal, lines are not cut to eighty columns.
    Console(highlight=False, markup=False, width=None if sys.stdout.isatty() else 200).print(table)
    return 0


def derive(
    name: Annotated[str, typer.Argument(help="A rule; `chainrule rules` lists them.")],
    json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> int:
    """Show one operator: formula, derivatives, domain, kinks, error bound, and why they are computed as they are."""
    from chainrule import rules as registry
    from chainrule.cli.output import print_line

    try:
        rule = registry.get(name)
    except ValueError as error:
        raise CommandError(str(error)) from None
    known = _known(rule)
    if json:
        print(json_module.dumps(known))
        return 0
    print_line(f"{rule.name}({', '.join(rule.inputs)})")
    for label, text in known.items():
        if label not in ("inputs", "notes"):
            print_line(f"  {label:<12} {text}")
    if known["notes"]:
        print_line(f"\n{known['notes']}")
    return 0


def _known(rule: Rule) -> dict[str, Any]:
    bound = rule.error_bound
    return {
        "inputs": list(rule.inputs),
        "formula": rule.formula,
        "derivative": rule.derivative,
        "domain": rule.domain,
        "kinks": rule.kinks,
        "error bound": "not stated" if bound is None else f"{bound} ulp, in value, pullback and pushforward",
        "notes": inspect.cleandoc(_home(rule)),
    }


def _home(rule: Rule) -> str:
    """The text at the top of the file that defines the rule."""
    from chainrule import rules as package

    for found in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
        module = importlib.import_module(found.name)
        # Where it is made, not where it is only used: there its name stands as a string.
        if module.__dict__.get(rule.name) is rule and f'"{rule.name}",' in inspect.getsource(module):
            return module.__doc__ or ""
    return ""
