"""A page for each derivation of the package: its rules, its steps with their verdicts, and how each rule is computed.

Every step is checked when the page is made. That takes some minutes in all, so verdicts are kept in build/derivations
under the hash of the sources that they depend on; the tests, which check the same steps, keep them there, too.
"""

from __future__ import annotations

import hashlib
import json
import os
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

from chainrule import derivations, rules
from chainrule.documents import Report, check_derivation
from chainrule.documents.reports import article
from docs.site.files import write_if_new

ROOT = Path(__file__).parents[2]
KEPT = ROOT / "build" / "derivations"
SECONDS = 4.0
"""The longest time for one step."""

SECONDS_OF = {
    "backpropagation": 0.4,
    "binary_cross_entropy": 6.0,
    "pooling": 1.0,
}
"""The same, where longer times decide hardly more (numbers of thousands of terms), or more."""

INTRODUCTION = """\
# Derivations

Every operator of chainrule has a derivation: the formulas of its value, its Jacobian, its pullback and its pushforward,
each of them a step from the one before. The last step of a chain compares the formula with the code that runs in
training. The steps were checked when this page was built. `proved` means that both sides are equal for all numbers, at
sizes up to 5; [Proofs](../check/proofs.md) says what that rests on. `verified` means equality at points that were
tried in ball arithmetic.

`chainrule derive NAME` shows the same in a terminal.

| derivation | rules | steps | decided | proved |
| --- | --- | --- | --- | --- |
{rows}

```{{toctree}}
:hidden:

{names}
```
"""


def write(source: Path) -> None:
    """Write docs/rules."""
    home, families = source / "rules", derivations.families()
    with ProcessPoolExecutor(os.cpu_count()) as pool:
        found = dict(zip(families, pool.map(page, families), strict=True))
    rows = []
    for family, (text, counts) in found.items():
        write_if_new(home / f"{family}.md", text)
        named = ", ".join(f"`{name}`" for name in rules_of(family))
        rows.append(f"| [{title(family)}]({family}.md) | {named} | {' | '.join(map(str, counts))} |")
    write_if_new(home / "index.md", INTRODUCTION.format(rows="\n".join(rows), names="\n".join(families)))


def page(family: str) -> tuple[str, list[int]]:
    """The Markdown of a page, and its numbers of steps, of decided and of proved ones; kept, if nothing has changed."""
    if not _place(family).exists():
        keep(family, checked(family))
    text, counts = json.loads(_place(family).read_text())
    return text, counts


def checked(family: str) -> Report:
    """The report about a derivation."""
    text, seconds = derivations.text(family), SECONDS_OF.get(family, SECONDS)
    return check_derivation(text, name=f"{family}.md", repairs=False, seconds=seconds)


def keep(family: str, report: Report) -> None:
    """Keep the page of a derivation with this report about it."""
    decided = sum(step.is_decided for step in report.claims)
    proved = sum(step.verdict == "proved" for step in report.claims)
    KEPT.mkdir(parents=True, exist_ok=True)
    _place(family).write_text(json.dumps([_markdown(family, report), [len(report.claims), decided, proved]]))


def rules_of(family: str) -> list[str]:
    """The rules that a derivation is about."""
    return [name for name in rules.names() if derivations.family_of(name) == family]


def title(family: str) -> str:
    """The heading of a derivation."""
    text = derivations.text(family)
    return next(line[2:] for line in text.splitlines() if line.startswith("# "))


def _markdown(family: str, report: Report) -> str:
    written = []
    for part in article.parts(derivations.text(family), report):
        if isinstance(part, str):
            written.append(part.strip())
        else:
            written.append(f"```{{raw}} html\n{article.table_of(part)}\n```")
    counts = ", ".join(
        f"{number} {verdict}{'s' if verdict == 'definition' and number > 1 else ''}"
        for verdict, number in report.counts.items()
    )
    heading, body = "\n\n".join(filter(None, written)).split("\n", 1)
    return "\n".join(
        [
            heading,
            "",
            f"Checked in exact numbers: {counts}.",
            "",
            body,
            "",
            "## The rules",
            "",
            *map(_facts, rules_of(family)),
        ]
    )


def _facts(name: str) -> str:
    rule = rules.get(name)
    bound = "not stated" if rule.error_bound is None else f"{rule.error_bound} ulp" if rule.error_bound else "exact"
    facts = {
        "value": f"`{rule.formula}`",
        "derivative": f"`{rule.derivative}`",
        "domain": rule.domain,
        "kinks": rule.kinks,
        "error bound": bound,
        "source": f"`{rule.forward.__module__}`",
    }
    table = (f"| {heading} | {_cell(fact)} |" for heading, fact in facts.items())
    return "\n".join([f"### {name}", "", "| | |", "| --- | --- |", *table, ""])


def _cell(text: str) -> str:
    """A text inside of a table, where a bar would end the cell."""
    return text.replace("|", "\\|")


def _place(family: str) -> Path:
    """Where a page is kept: under a hash of the derivation and of all code that its verdicts come from."""
    found = hashlib.sha256(derivations.text(family).encode())
    for room in ("algebra", "arrays", "checking", "documents", "rules"):
        for path in sorted((ROOT / "src" / "chainrule" / room).rglob("*.py")):
            found.update(path.read_bytes())
    return KEPT / f"{family}.{found.hexdigest()[:16]}.json"
