"""Public documents against their adjudications: `python -m tests.corpora.measured FOLDER [NAME ...] [--each]`.

FOLDER holds the raw texts under the names owner__repository__file, as the tables of `public_documents` name them; those
of `course_documents` lie beside their tables.
Prints a line for each document, then false faults, errors that were found, and false claims that were taken for true.
"""

import argparse
import csv
import re
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import groupby
from pathlib import Path

from chainrule.documents.checked import with_declarations
from chainrule.documents.sources.opening import read
from chainrule.documents.verdicts.document_steps import steps_of
from chainrule.documents.verdicts.step import Step

HERE = Path(__file__).parent
HOLDS = ("proved", "verified", "held", "proved if")


@dataclass
class Measured:
    """What became of the claims of one document."""

    name: str
    claims: int = 0
    listed: int = 0
    decided: int = 0
    verdicts: Counter[str] = field(default_factory=Counter)
    false_faults: list[str] = field(default_factory=list)
    found: list[str] = field(default_factory=list)
    missed: list[str] = field(default_factory=list)
    taken: list[str] = field(default_factory=list)
    lines: list[str] = field(default_factory=list)
    seconds: float = 0.0


def rows_of(table: Path) -> list[dict[str, str]]:
    """The adjudicated relations of a document."""
    with table.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def paired(rows: list[dict[str, str]], steps: list[Step]) -> Iterator[tuple[dict[str, str], Step | None]]:
    """Each row with its step: those of one line in their order, the same sign and the likest text first."""
    by_line: dict[tuple[str, int], list[Step]] = {}
    for step in steps:
        by_line.setdefault(("" if step.cell is None else str(step.cell), step.line), []).append(step)
    for place, group in groupby(rows, key=lambda row: (row["cell"], int(row["line"]))):
        here, wanted = list(by_line.get(place, [])), list(group)
        for position, row in enumerate(wanted):
            spare = len(here) - (len(wanted) - position)  # steps that no row is about
            like = [k for k, step in enumerate(here[: max(spare, 0) + 1]) if step.sign in row["relation"]]
            alike = [k for k in like if (here[k].verdict.name == "definition") == (row["kind"] == "definition")]
            like = alike or like
            at = max(like, key=lambda k: (_likeness(row["relation"], here[k].text), -k)) if like else 0
            yield row, (here[at] if here else None)
            here = here[at + 1 :]


def _likeness(relation: str, text: str) -> float:
    """How much of a relation's letters and signs stands in a text, as a table abbreviates it."""
    left, right = (Counter(re.findall(r"[^\W_]|[=+*/^()-]", each)) for each in (relation, text))
    return (left & right).total() / max(left.total(), right.total(), 1)


def measured(path: Path, table: Path, seconds: float, declarations: str = "") -> Measured:
    """A document, read with declarations or without hints, against its table."""
    found, begin = Measured(path.stem), time.perf_counter()
    steps = list(steps_of(with_declarations(read(path), declarations), seconds=seconds).steps)
    found.seconds = time.perf_counter() - begin
    for row, step in paired(rows_of(table), steps):
        verdict = step.verdict if step else None
        name = verdict.name if verdict else "not listed"
        if row["kind"] == "claim":
            found.claims += 1
            found.listed += step is not None
            found.decided += bool(verdict and verdict.decided)
            found.verdicts[name] += 1
        place = f"{row['cell'] and row['cell'] + ':'}{row['line']} ({row['part']})"
        told = f"{path.name[:40]} {place} {name}: {row['relation']} [{row['kind']}, {row['truth']} {row['needs']}]"
        false = row["truth"] == "false"
        if verdict and verdict.fault and not false:
            found.false_faults.append(told)
        if false and row["kind"] == "claim":
            (found.found if verdict and verdict.fault else found.missed).append(told)
            if name in HOLDS:
                found.taken.append(told)
        reason = "" if step is None else step.reason or "; ".join(step.doubts)
        found.lines.append(
            f"{place:9} {name:22} {row['kind'][:5]:5} {row['truth']:8} {row['relation']:27} {reason[:90]}"
        )
    return found


def main() -> None:
    """Measure the documents of a folder."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("names", nargs="*", help="parts of names of documents")
    parser.add_argument("--tables", default="public_documents", help="the folder of adjudications")
    parser.add_argument("--declare", type=Path, help="a folder of declarations, NAME.txt for each document")
    parser.add_argument("--list", default="", help="the letter of a list")
    parser.add_argument("--each", action="store_true", help="print each relation")
    parser.add_argument("--seconds", type=float, default=5.0, help="time for one claim")
    chosen = parser.parse_args()
    every = []
    for index in sorted((HERE / chosen.tables).glob(f"index-{chosen.list}*.csv")):
        for row in rows_of(index):
            owned = row["repository"].replace("/", "__") + "__" if row["repository"] else ""
            name = owned + Path(row["path"]).name
            if chosen.names and not any(part in name for part in chosen.names):
                continue
            table = HERE / chosen.tables / f"{name.rpartition('.')[0]}.csv"
            declared = chosen.declare / f"{table.stem}.txt" if chosen.declare else None
            lines = declared.read_text(encoding="utf-8") if declared and declared.exists() else ""
            one = measured(chosen.folder / name, table, chosen.seconds, lines)
            every.append(one)
            print(
                f"{name[-48:]:48} {one.decided:3}/{one.claims:3} {one.seconds:5.1f}s {dict(one.verdicts)}", flush=True
            )
            if chosen.each:
                print("\n".join(one.lines))
    for title in ("false_faults", "taken", "found", "missed"):
        print(f"\n{title}:", *(line for one in every for line in getattr(one, title)), sep="\n  ")
    claims, decided = sum(one.claims for one in every), sum(one.decided for one in every)
    total = sum((one.verdicts for one in every), Counter[str]())
    print(f"\n{decided} of {claims} claims decided ({decided / max(claims, 1):.1%}): {dict(total.most_common())}")


if __name__ == "__main__":
    main()
