"""The report on a document: every step with its verdict, its message, and a change that mends it."""

from __future__ import annotations

from collections import Counter
from dataclasses import asdict, dataclass
from typing import Any

from chainrule.documents.reader.interpretation.readings import Reading
from chainrule.documents.sources.pieces import Pieces
from chainrule.documents.sources.scanning import NO_END
from chainrule.documents.verdicts.messages import sentence
from chainrule.documents.verdicts.verdict import VERDICTS

SCHEMA = 2

RIGHT, WRONG, UNDECIDED, UNREADABLE = 0, 1, 2, 3
"""Exit statuses."""


@dataclass(frozen=True)
class CheckedStep:
    """A relation of a document, as reports tell it.

    Attributes
    ----------
    line, column : int
        The place of its sign, from 1; in a notebook within the cell.
    cell : int or None
        The number of the notebook's cell, from 0.
    left, relation, right : str
        The relation as it is written.
    verdict : str
        A name of `verdicts.verdict.VERDICTS`.
    message : str
    doubts : tuple of str
        Why the document may mean something else.
    assumed : tuple of str
        What it follows from that the text does not say.
    point : dict or None
        Where the sides differ: "sizes", "indices", "values", "functions", "left", "right" as text, and "numbers": the
        values and both sides as floats.
    holds : str
        For which indices it holds, if for some: "i = j".
    repair : dict or None
        A change of the right side that makes it true: "old", "new", "formula", "kind", and "place": the line and
        column where `old` begins in the file, and those behind its end, from 1; None if it does not stand there so.
    strict : str
        The claim in the strict language.
    displayed : bool
        False in a sentence.
    continues : bool
        True if its left side is the right side of the step before.
    goes_on : bool
        True if the step before is wrong, and this one follows from the beginning of the chain.
    end : int
        The last line of its formula.

    Examples
    --------
    >>> from chainrule.documents import check_derivation
    >>> step = check_derivation("$$(x + 1)^2 = x^2 + 1$$").steps[0]
    >>> step.left, step.relation, step.right, step.verdict, step.is_fault
    ('(x + 1)^2', '=', 'x^2 + 1', 'wrong', True)
    """

    line: int
    column: int
    cell: int | None
    left: str
    relation: str
    right: str
    verdict: str
    message: str = ""
    doubts: tuple[str, ...] = ()
    assumed: tuple[str, ...] = ()
    point: dict[str, Any] | None = None
    holds: str = ""
    repair: dict[str, Any] | None = None
    strict: str = ""
    displayed: bool = True
    continues: bool = False
    goes_on: bool = False
    end: int = 0

    @property
    def is_claim(self) -> bool:
        """True if it claims something: definitions and hypotheses do not, nor what stands in a sentence unread."""
        return self.verdict not in ("definition", "hypothesis") and (self.displayed or self.verdict != "not read")

    @property
    def is_open(self) -> bool:
        """True if a person has to look at it: a claim that is not decided, or a sentence that is not read."""
        return not self.is_decided and (self.is_claim or self.verdict == "not read")

    @property
    def is_fault(self) -> bool:
        """True if it is certainly wrong."""
        return VERDICTS[self.verdict].fault

    @property
    def is_suspect(self) -> bool:
        """True if it is wrong, or does not fit, as it was read, but may mean something else."""
        return self.verdict in ("wrong if read so", "does not fit if read so")

    @property
    def is_decided(self) -> bool:
        """True if it is known to be right or wrong."""
        return VERDICTS[self.verdict].decided

    @property
    def place(self) -> str:
        """Its line in words, with the cell in a notebook."""
        if not self.line:
            return sentence("declared")
        key = "line" if self.cell is None else "cell"
        return sentence(key, line=self.line, cell=self.cell)


@dataclass(frozen=True, eq=False)
class Report:
    """A document with all its steps. `str(report)` is what the command prints, `to_json()` has a fixed schema.

    Attributes
    ----------
    name : str
    steps : tuple of CheckedStep
    notes : tuple of (line, text)
        What was repaired or left out in the input.
    readings : tuple of Reading
        The document in the strict language: exercises that need nothing of others, and the rest, each for itself.
    source : Pieces

    Examples
    --------
    >>> from chainrule.documents import check_derivation
    >>> report = check_derivation("$$(x + 1)^2 = x^2 + 2x + 1$$\\n\\n$$2x + 3x = 6x$$")
    >>> report.counts, report.exit_code, report.to_json()["first_wrong_line"]
    ({'proved': 1, 'wrong': 1}, 1, 3)
    """

    name: str
    steps: tuple[CheckedStep, ...]
    notes: tuple[tuple[int, str], ...]
    readings: tuple[Reading, ...]
    source: Pieces

    @property
    def claims(self) -> tuple[CheckedStep, ...]:
        """The steps that claim something."""
        return tuple(step for step in self.steps if step.is_claim)

    @property
    def faults(self) -> tuple[CheckedStep, ...]:
        """The steps that are wrong."""
        return tuple(step for step in self.steps if step.is_fault)

    @property
    def counts(self) -> dict[str, int]:
        """The number of steps by verdict."""
        found = Counter(step.verdict for step in self.steps)
        return {name: found[name] for name in VERDICTS if found[name]}

    @property
    def exit_code(self) -> int:
        """0 if all claims are right and all declarations are understood, 1 if a claim is wrong, 2 otherwise.

        It is 2 also if a mark has no end, for a formula behind it may be lost.
        """
        if self.faults:
            return WRONG
        whole = not self.problems and not any(text.endswith(NO_END) for _, text in self.notes)
        decided = self.claims and all(step.is_decided for step in self.claims) and whole
        return RIGHT if decided else UNDECIDED

    @property
    def problems(self) -> tuple[tuple[int, str], ...]:
        """The declarations that no reading understands, with their lines and with what was expected."""
        every = dict.fromkeys(each for one in self.readings for each in one.problems)
        readers = {line: [one for one in self.readings if line in one.block_lines] for line, _ in every}
        return tuple(each for each in every if all(each in one.problems for one in readers[each[0]]))

    @property
    def remarks(self) -> list[str]:
        """Sentences about what was repaired or left out, and about declarations that are not understood."""
        found = [sentence("note", line=line, note=note) for line, note in self.notes]
        return found + [told for _, told, _ in self._told_problems]

    @property
    def strict_exit_code(self) -> int:
        """The same, where damaged input, and claims that rest on doubts or assumptions, count as undecided."""
        doubtful = self.notes or any(step.doubts or step.assumed for step in self.claims)
        return UNDECIDED if self.exit_code == RIGHT and doubtful else self.exit_code

    def to_json(self) -> dict[str, Any]:
        """A dictionary of plain values; docs/check/derivations.md describes it."""
        return {
            "schema": SCHEMA,
            "name": self.name,
            "format": self.source.format,
            "exit_code": self.exit_code,
            "counts": self.counts,
            "first_wrong_line": self.faults[0].line if self.faults else None,
            "steps": [asdict(step) for step in self.steps],
            "notes": [{"line": line, "text": text} for line, text in self.notes],
            "problems": [{"line": line, "text": text} for line, _, text in self._told_problems],
        }

    @property
    def _told_problems(self) -> list[tuple[int, str, str]]:
        """The declarations that are not understood: the line in the document, a sentence with the place, and without.

        The line is 0 if they are given beside the document; then both sentences tell the place.
        """
        first = self.source.pieces[0].place_of(0)[0] if self.source.pieces else 1
        found = list[tuple[int, str, str]]()
        for line, note in self.problems:
            place = sentence("line", line=line) if line > 0 else sentence("declared line", line=line - first + 1)
            found.append(
                (max(line, 0), sentence("problem", place=place, note=note), note if line > 0 else f"{place}: {note}")
            )
        return found

    def __str__(self) -> str:
        from chainrule.documents.reports.listing import listing

        return listing(self)
