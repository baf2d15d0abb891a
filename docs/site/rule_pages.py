"""A page for each derivation of the package: its rules, its steps with their verdicts, and how each rule is computed.

Every step is checked when the page is made. That takes some minutes in all, so verdicts are kept in build/derivations
under the hash of the sources that they depend on.
"""

from __future__ import annotations

import hashlib
import os
import pickle
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

from chainrule import derivations, rules
from chainrule.documents import Report, check_derivation
from chainrule.documents.reports import article
from docs.site.files import write_if_new

ROOT = Path(__file__).parents[2]
KEPT = ROOT / "build" / "derivations"
SECONDS = 6.0
"""The longest time for one step."""

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
    by_family = {family: [name for name in rules.names() if derivations.family_of(name) == family] for family in families}
    with ProcessPoolExecutor(os.process_cpu_count() if hasattr(os, "process_cpu_count") else os.cpu_count()) as pool:
        reports = dict(zip(families, pool.map(checked, families), strict=True))
    rows = []
    for family, report in reports.items():
        write_if_new(home / f"{family}.md", page(family, by_family[family], report))
        claims = report.claims
        decided = sum(step.is_decided for step in claims)
        proved = sum(step.verdict == "proved" for step in claims)
        named = ", ".join(f"`{name}`" for name in by_family[family])
        rows.append(f"| [{title(family)}]({family}.md) | {named} | {len(claims)} | {decided} | {proved} |")
    write_if_new(home / "index.md", INTRODUCTION.format(rows="\n".join(rows), names="\n".join(families)))


def checked(family: str) -> Report:
    """The report on a derivation, from an earlier build if nothing changed since."""
    place = KEPT / f"{family}.{_digest(family)}"
    if place.exists():
        kept: Report = pickle.loads(place.read_bytes())  # our own file
        return kept
    report = check_derivation(derivations.text(family), name=f"{family}.md", repairs=False, seconds=SECONDS)
    KEPT.mkdir(parents=True, exist_ok=True)
    place.write_bytes(pickle.dumps(report))
    return report


def title(family: str) -> str:
    """The heading of a derivation."""
    text = derivations.text(family)
    return next(line[2:] for line in text.splitlines() if line.startswith("# "))


def page(family: str, names: list[str], report: Report) -> str:
    """The Markdown of a page."""
    written = []
    for part in article.parts(derivations.text(family), report):
        if isinstance(part, str):
            written.append(part.strip())
        else:
            written.append(f"```{{raw}} html\n{article.table_of(part)}\n```")
    counts = ", ".join(f"{number} {verdict}" for verdict, number in report.counts.items())
    heading, body = "\n\n".join(filter(None, written)).split("\n", 1)
    return "\n".join(
        [heading, "", f"Checked in exact numbers: {counts}.", "", body, "", "## The rules", "", *map(_facts, names)]
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
    return "\n".join([f"### {name}", "", "| | |", "| --- | --- |", *(f"| {k} | {v} |" for k, v in facts.items()), ""])


def _digest(family: str) -> str:
    """A hash of the derivation and of all code that its verdicts come from."""
    found = hashlib.sha256(derivations.text(family).encode())
    for room in ("algebra", "arrays", "checking", "documents", "rules"):
        for path in sorted((ROOT / "src" / "chainrule" / room).rglob("*.py")):
            found.update(path.read_bytes())
    return found.hexdigest()[:16]
