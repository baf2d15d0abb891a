"""`chainrule rules`: the operators with their formulas and derivatives."""

import sys
from typing import Annotated

import typer


def rules(json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False) -> int:
    """List the operators with their formulas and derivatives."""
    from rich.console import Console
    from rich.table import Column, Table

    from chainrule import rules as registry
    from chainrule.cli.derive import known
    from chainrule.cli.output import print_json

    every = [registry.get(name) for name in registry.names()]
    if json:
        print_json({rule.name: known(rule) for rule in every})
        return 0
    headings = (Column(heading, overflow="fold") for heading in ("rule", "kind", "formula", "derivative"))
    table = Table(*headings, box=None, pad_edge=False)
    for rule in every:
        table.add_row(rule.name, rule.kind, rule.formula, rule.derivative)
    # Without a terminal, use 400 columns; rich would assume 80.
    Console(highlight=False, markup=False, width=None if sys.stdout.isatty() else 400).print(table)
    return 0
