"""`chainrule rules`: the operators with their formulas and derivatives."""

from typing import Annotated

import typer

from chainrule.cli.derive import known
from chainrule.cli.output import print_json, print_table
from chainrule.cli.user_modules import Imports


def rules(
    json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
    imports: Imports = None,
) -> int:
    """List the operators with their formulas and derivatives."""
    from chainrule import rules as registry

    every = [registry.get(name) for name in registry.names()]
    if json:
        print_json({rule.name: known(rule) for rule in every})
    else:
        rows = ((rule.name, rule.kind, rule.formula, rule.derivative) for rule in every)
        headings = ("rule", "kind", "formula", "derivative")
        print_table(dict.fromkeys(headings, "left"), rows, width=400, box=None, pad_edge=False)
    return 0
