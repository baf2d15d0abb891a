"""`chainrule derive`: the facts about an operator and its derivation, whose steps are checked as it is printed."""

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
    from rich.console import Console

    from chainrule.rules import Rule

WIDTH = 100


def derive(
    name: Annotated[str, typer.Argument(help="A rule; `chainrule rules` lists them.")],
    html: Annotated[bool, typer.Option("--html", help="Print a page for browsers.")] = False,
    latex: Annotated[bool, typer.Option("--latex", help="Print LaTeX to paste; it needs the package amsmath.")] = False,
    json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> int:
    """Show one operator: formula, derivatives, domain, kinks, error bound, its derivation, and how it is computed."""
    from chainrule import derivations
    from chainrule import rules as registry
    from chainrule.checking.derivations import reading

    if html + latex + json > 1:
        raise CommandError("give one of --html, --latex and --json")
    try:
        rule = registry.get(name)
        text = derivations.text(derivations.family_of(name))
    except ValueError as error:
        raise CommandError(str(error)) from None
    if html:
        print(reading.page(text, rule.name), end="")
    elif latex:
        print(reading.latex(text), end="")
    elif json:
        print(json_module.dumps({**known(rule), "derivation": text}, ensure_ascii=False))
    else:
        _print(rule, text)
    return 0


def known(rule: Rule) -> dict[str, Any]:
    """The facts that a rule states, by heading."""
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


def _print(rule: Rule, text: str) -> None:
    from rich.console import Console

    console = Console(highlight=False)
    console.width = min(console.width, WIDTH) if sys.stdout.isatty() else WIDTH
    with console.capture() as written:
        _write(console, rule, text)
    # Remove the spaces with which rich pads paragraphs to the width.
    print("\n".join(line.rstrip() for line in written.get().splitlines()))


def _write(console: Console, rule: Rule, text: str) -> None:
    from rich.markdown import Markdown
    from rich.padding import Padding
    from rich.text import Text

    from chainrule.checking.derivations import reading

    facts = known(rule)
    console.print(Text(f"{rule.name}({', '.join(rule.inputs)})", "bold"))
    for label, value in facts.items():
        if label not in ("inputs", "notes"):
            console.print(Text(f"  {label:<12} {value}"), soft_wrap=True)
    console.print()
    for part in reading.terminal(text):
        if isinstance(part, str):
            console.print(Markdown(part))
        else:
            drawn = Text(part[1], no_wrap=True)
            drawn.highlight_words(["✓"], "green")
            console.print(Padding(drawn, (1, 0, 1, 4)), soft_wrap=True)
    if facts["notes"]:
        console.print(Text("\nHow it is computed\n", "bold"))
        console.print(Text(facts["notes"]), soft_wrap=True)


def _home(rule: Rule) -> str:
    """The docstring of the module that defines the rule."""
    from chainrule import rules as package

    for found in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
        module = importlib.import_module(found.name)
        # The defining module contains the rule's name as a string; modules that import the rule do not.
        if module.__dict__.get(rule.name) is rule and f'"{rule.name}",' in inspect.getsource(module):
            return module.__doc__ or ""
    return ""
