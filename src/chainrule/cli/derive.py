"""`chainrule derive`: the facts about an operator and its derivation, whose steps are checked as it is printed."""

from __future__ import annotations

import inspect
import sys
from typing import TYPE_CHECKING, Annotated, Any

import typer

from chainrule.cli.output import CommandError, print_json
from chainrule.cli.user_modules import Imports
from chainrule.progress import ProgressLine

if TYPE_CHECKING:
    from chainrule.documents import Report
    from chainrule.rules import Rule

WIDTH = 100
SECONDS = 2.0
"""The longest time for one step of a derivation."""


def derive(
    name: Annotated[str, typer.Argument(help="A rule; `chainrule rules` lists them.")],
    html: Annotated[bool, typer.Option("--html", help="Print a page for browsers.")] = False,
    latex: Annotated[bool, typer.Option("--latex", help="Print LaTeX to paste; it needs the package amsmath.")] = False,
    json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
    imports: Imports = None,
) -> int:
    """Show one operator: formula, derivatives, domain, kinks, error bound, its derivation, and how it is computed."""
    from chainrule import derivations
    from chainrule import rules as registry

    if html + latex + json > 1:
        raise CommandError("give one of --html, --latex and --json")
    if name not in registry.names():
        known_names = ", ".join(registry.names())
        raise CommandError(
            f"no rule is named {name!r}; there are {known_names}; --import MODULE adds rules of your own"
        )
    rule = registry.get(name)
    try:
        text = derivations.text(derivations.family_of(name))
    except ValueError:  # a rule of the user
        text = ""
    if not text and (html or latex):
        raise CommandError(
            f"{name} is a rule of your own and has no derivation here; without options its facts are shown. Write a "
            f"document with the line 'code: {name}', and check it: chainrule check DOCUMENT --import MODULE"
        )
    if html:
        from chainrule.documents.reports import article

        print(article.page(text, rule.name, _checked(rule.name, text)), end="")
    elif latex:
        from chainrule.documents.reports import article

        print(article.latex(text), end="")
    elif json:
        print_json(known(rule) | {"derivation": text})
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
        "notes": inspect.cleandoc(sys.modules[rule.forward.__module__].__doc__ or ""),
    }


def _checked(name: str, text: str) -> Report:
    from chainrule.documents.checked import check_pieces
    from chainrule.documents.sources.opening import pieces_of

    with ProgressLine() as line:

        def progress(done: int, of: int) -> None:
            line.show(f"{name}: {done} of {of} relations")

        return check_pieces(pieces_of(text, f"{name}.md"), mending=False, seconds=SECONDS, progress=progress)


def _print(rule: Rule, text: str) -> None:
    from rich.console import Console
    from rich.markdown import Markdown
    from rich.padding import Padding
    from rich.text import Text

    from chainrule.documents.reports import article

    console = Console(highlight=False)
    console.width = min(console.width, WIDTH) if sys.stdout.isatty() else WIDTH
    facts, report = known(rule), _checked(rule.name, text) if text else None
    with console.capture() as written:
        console.print(Text(f"{rule.name}({', '.join(facts.pop('inputs'))})", "bold"))
        notes = facts.pop("notes")
        for label, value in facts.items():
            console.print(Text(f"  {label:<12} {value}"), soft_wrap=True)
        console.print()
        for part in article.terminal(text, report) if report else ():
            if isinstance(part, str):
                console.print(Markdown(part))
            else:
                drawn = Text(part[1], no_wrap=True)
                drawn.highlight_words(["✓"], "green")
                console.print(Padding(drawn, (1, 0, 1, 4)), soft_wrap=True)
        if notes:
            console.print(Text("\nHow it is computed\n", "bold"))
            console.print(Text(notes), soft_wrap=True)
    # Remove the spaces with which rich pads paragraphs to the width.
    print("\n".join(line.rstrip() for line in written.get().splitlines()))
