"""`python -m benchmarks.derivation_mutants`: whether the step checker notices slips, one in each text.

tests/derivations/mutants.csv holds single edits of right steps of `tests/derivations/seen`, each with its truth, which
an earlier checker found in ball arithmetic; it shares no code with this one. Prints what the checker says of the edited
steps, and each edit that it takes for the opposite of what it is.
"""

from __future__ import annotations

import argparse
import csv
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from chainrule.documents.reader.interpretation.readings import ReadRelation
from chainrule.documents.reader.reading import read
from chainrule.documents.sources.opening import pieces_of
from chainrule.documents.verdicts.document_steps import steps_in
from chainrule.documents.verdicts.step import Step
from chainrule.documents.verdicts.verdict import VERDICTS

CORPUS = Path(__file__).parents[1] / "tests" / "derivations"
HOLDS = ("proved", "verified", "held")
FAULTS = tuple(verdict.name for verdict in VERDICTS.values() if verdict.fault)


@dataclass(frozen=True)
class DerivationMutant:
    """One edit: the text of a right side, from a position in a file, and what stands there instead."""

    file: str
    at: int
    kind: str
    original: str
    mutant: str
    is_true: bool

    @property
    def text(self) -> str:
        """The edited document."""
        text = (CORPUS / "seen" / self.file).read_text(encoding="utf-8")
        end = self.at + len(self.original)
        if text[self.at : end] != self.original:
            raise ValueError(f"{self.file} has changed: expected {self.original!r} at {self.at}")
        return text[: self.at] + self.mutant + text[end:]


def stored() -> list[DerivationMutant]:
    """The edits of the table."""
    with (CORPUS / "mutants.csv").open(encoding="utf-8", newline="") as file:
        return [
            DerivationMutant(
                row["file"], int(row["at"]), row["kind"], row["original"], row["mutant"], row["truth"] == "true"
            )
            for row in csv.DictReader(file)
        ]


def step_of(mutant: DerivationMutant, seconds: float) -> Step | None:
    """The edited step, judged in its document; None if it is not listed."""
    text = mutant.text
    reading = read(pieces_of(text, mutant.file))
    line = text.count("\n", 0, mutant.at) + 1
    wanted = line, mutant.at - text.rfind("\n", 0, mutant.at)
    before = [entry for entry in reading.entries if _place(entry) <= wanted]
    if not before:
        return None
    return next(steps_in(replace(reading, entries=(max(before, key=_place),)), seconds=seconds))


def _place(entry: ReadRelation) -> tuple[int, int]:
    return entry.statement.piece.place_of(entry.statement.place[0])


def judged(mutants: list[DerivationMutant], seconds: float) -> Iterator[tuple[DerivationMutant, str]]:
    """The edits with what is said of them."""
    for mutant in mutants:
        step = step_of(mutant, seconds)
        yield mutant, "not listed" if step is None else step.verdict.name


def is_mistaken(mutant: DerivationMutant, verdict: str) -> bool:
    """Whether a false step is taken for true, or a true one is called wrong."""
    return verdict in (FAULTS if mutant.is_true else HOLDS)


def main(argv: list[str] | None = None) -> int:
    """Judge every n-th edit; the exit status is 1 if one is taken for the opposite."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.derivation_mutants", description=__doc__)
    parser.add_argument("--every", type=int, default=1, help="take every n-th edit")
    parser.add_argument("--seconds", type=float, default=3.0, help="time for one step")
    chosen = parser.parse_args(argv)
    counts: dict[bool, Counter[str]] = {True: Counter(), False: Counter()}
    mistaken = 0
    for mutant, verdict in judged(stored()[:: chosen.every], chosen.seconds):
        counts[mutant.is_true][verdict] += 1
        if is_mistaken(mutant, verdict):
            mistaken += 1
            print(f"{'true' if mutant.is_true else 'false'}, {verdict}: {mutant.file}: {mutant.mutant}", flush=True)
    for truth, found in counts.items():
        print(f"{'true' if truth else 'false'}: {found.total()} {dict(found.most_common())}")
    print(f"{mistaken} taken for the opposite")
    return int(mistaken > 0)


if __name__ == "__main__":
    raise SystemExit(main())
