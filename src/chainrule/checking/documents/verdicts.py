"""The checker's findings: a verdict for every step, the consequences for the document, and both as text."""

import textwrap
from collections import Counter
from dataclasses import asdict, dataclass
from typing import Any

VERDICTS = {
    "verified": "verified",
    "verified under an assumption": "assumes",
    "held at the points tried": "held",
    "true only for some indices": "SOME INDICES",
    "wrong": "WRONG",
    "undefined here": "undefined",
    "shapes do not fit": "SHAPES",
    "ambiguous": "ambiguous",
    "not read": "not read",
    "name has no definition": "no definition",
    "internal error": "INTERNAL ERROR",
    "hypothesis, not checked": "hypothesis",
    "definition": "definition",
}
"""Every verdict with its form in the text of a report."""
FAULTS = frozenset({"wrong", "true only for some indices", "shapes do not fit"})
UNDECIDED = frozenset(
    {"held at the points tried", "undefined here", "ambiguous", "not read", "name has no definition", "internal error"}
)
LEFT_OUT = frozenset({"declaration", "not read", "internal error"})
"""The notes about parts of the input that have no verdict."""
ALL_VERIFIED, SOMETHING_WRONG, SOMETHING_UNDECIDED, UNREADABLE = 0, 1, 2, 3
SCHEMA = 1
WIDTH = 100


@dataclass(frozen=True)
class Counterexample:
    """A point at which the two sides of a step are certainly different."""

    sizes: dict[str, int]
    indices: dict[str, int]
    values: dict[str, str]
    left: str
    right: str


@dataclass(frozen=True)
class Repair:
    """One change that makes a step true: the change in words, and the side after the change."""

    change: str
    formula: str
    kind: str = "other"


@dataclass(frozen=True)
class Step:
    """One relation: its place, its sides as written, the verdict, and the evidence for the verdict."""

    line: int
    column: int
    left: str
    right: str
    operator: str
    verdict: str
    message: str = ""
    display: bool = True
    kind: str = ""
    counterexample: Counterexample | None = None
    holds: str = ""
    assumption: str = ""
    repairs: tuple[Repair, ...] = ()
    head: str = ""
    """For a step after the first of its chain: whether it agrees with the head of the chain."""
    start: int = 0
    end: int = 0
    chain: int = 0

    @property
    def is_relation(self) -> bool:
        """Whether this is a claim, rather than a definition or a hypothesis."""
        return self.verdict not in ("definition", "hypothesis, not checked")

    @property
    def is_fault(self) -> bool:
        """Whether something is certainly wrong here."""
        return self.verdict in FAULTS

    @property
    def is_decided(self) -> bool:
        """Whether the checker knows if the step is right."""
        return self.is_relation and self.verdict not in UNDECIDED


@dataclass(frozen=True)
class Note:
    """Something about the input: a repaired command, a declaration that is not understood, a name's meaning."""

    line: int
    verdict: str
    message: str


@dataclass(frozen=True)
class Report:
    """All steps of a document with their verdicts.

    `str(report)` is what the command line prints; `report.to_json()` has a fixed schema.
    """

    name: str
    steps: tuple[Step, ...]
    notes: tuple[Note, ...] = ()
    names: tuple[tuple[str, str], ...] = ()
    """The meaning of each name: declared, defined in the text, or taken from convention."""
    undeclared: tuple[tuple[str, str], ...] = ()
    """Names that nobody declared, with a proposed declaration."""
    text: str = ""

    @property
    def relations(self) -> tuple[Step, ...]:
        """The steps that claim something."""
        return tuple(step for step in self.steps if step.is_relation)

    @property
    def first_wrong(self) -> Step | None:
        """The first step with a fault; a step that needs an unstated assumption counts."""
        return next((s for s in self.steps if s.is_fault or s.verdict == "verified under an assumption"), None)

    @property
    def faults(self) -> tuple[Step, ...]:
        """The steps with a fault."""
        return tuple(step for step in self.steps if step.is_fault)

    @property
    def reaches_result(self) -> bool | None:
        """Whether an error is still there in the last formula; None if there is no error, or if that is not known."""
        result = self.result
        return None if not self.faults or result is None else not result

    @property
    def result(self) -> bool | None:
        """Whether the last formula is right by itself; None if that is not known."""
        final = [s for s in self.relations if s.display]
        if not final:
            return None
        last = final[-1]
        before = [s for s in self.relations if s.chain == last.chain and s is not last]
        follows = last.verdict == "verified" and not last.head and all(s.verdict == "verified" for s in before)
        if last.head == "agrees" or follows:
            return True
        if last.head == "differs" or last.is_fault:
            return False
        return None

    @property
    def counts(self) -> dict[str, int]:
        """How many steps have which verdict."""
        found = Counter(step.verdict for step in self.steps)
        return {verdict: found[verdict] for verdict in VERDICTS if found[verdict]}

    @property
    def exit_code(self) -> int:
        """0: all verified; 1: something is wrong; 2: nothing is wrong, and something is undecided."""
        if self.faults:
            return SOMETHING_WRONG
        undecided = any(not step.is_decided for step in self.relations) or not self.relations
        return SOMETHING_UNDECIDED if undecided or self.problems else ALL_VERIFIED

    @property
    def strict_exit_code(self) -> int:
        """The same, where assumptions nobody stated and repairs of the input count as undecided."""
        code = self.exit_code
        doubtful = any(s.verdict == "verified under an assumption" for s in self.steps) or self.notes
        return SOMETHING_UNDECIDED if code == ALL_VERIFIED and doubtful else code

    @property
    def problems(self) -> tuple[Note, ...]:
        """The parts left out: declarations not understood, formulas refused, and defects of the checker."""
        return tuple(note for note in self.notes if note.verdict in LEFT_OUT)

    def to_json(self) -> dict[str, Any]:
        """A dictionary of plain values, the same for the same input."""
        first = self.first_wrong
        return {
            "schema": SCHEMA,
            "name": self.name,
            "counts": self.counts,
            "first_wrong_line": first.line if first else None,
            "reaches_result": self.reaches_result,
            "result": self.result,
            "exit_code": self.exit_code,
            "steps": [asdict(step) for step in self.steps],
            "notes": [asdict(note) for note in self.notes],
            "names": dict(self.names),
            "undeclared": dict(self.undeclared),
        }

    def __str__(self) -> str:
        lines = [self.name] if self.name else []
        lines += [f"  {place(note.line)}{note.verdict}: {note.message}" for note in self.notes]
        lines += [line for step in self.steps for line in shown(step)]
        return "\n".join([*lines, summary(self)])


def place(line: int) -> str:
    """The line of a note, as the beginning of its text."""
    return f"line {line}: " if line else ""


def shown(step: Step) -> list[str]:
    """The lines about one step."""
    formula = f"{step.operator} {step.right}"
    if len(formula) > 64:
        formula = formula[:61] + "..."
    lines = [f"  line {step.line:<5} {VERDICTS[step.verdict]:<13}  {formula}"]
    lines += textwrap.wrap(step.message, WIDTH - 14, initial_indent=" " * 14, subsequent_indent=" " * 14)
    for repair in step.repairs[:1]:
        lines += textwrap.wrap(f"= {repair.formula}", WIDTH - 14, initial_indent=" " * 14, subsequent_indent=" " * 16)
    return lines


def summary(report: Report) -> str:
    """The last lines: the steps per verdict, the first wrong step, and whether the error reaches the result."""
    counts = ", ".join(f"{number} {verdict}" for verdict, number in report.counts.items()) or "no relation found"
    lines = [counts]
    first = report.first_wrong
    if first is not None:
        lines.append(f"first step to look at: line {first.line} ({first.verdict})")
    if report.faults:
        told = {
            True: "the last formula is right",
            False: "the error reaches the last formula",
            None: "whether the last formula is right is not known",
        }
        lines.append(told[report.result])
    return "\n".join(lines)
