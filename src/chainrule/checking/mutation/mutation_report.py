"""Reports of the fates of mutants, as text and as JSON."""

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from typing import Any, Literal, TypeAlias

Fate: TypeAlias = Literal["killed", "equivalent", "survived"]


@dataclass(frozen=True)
class Outcome:
    """One mutant and its fate.

    Attributes
    ----------
    mutant : str
        File, line, and the edit: ``"softmax.py:62: probs * shifted -> probs + shifted"``.
    file, line, function, before, after
        The same in parts.
    fate : {"killed", "equivalent", "survived"}
        Rejected by the test; accepted, and the same function at every point compared; accepted, and another function.
    reason : str
        How it was rejected, or where it differs.
    """

    mutant: str
    file: str
    line: int
    function: str
    before: str
    after: str
    fate: Fate
    reason: str


@dataclass(frozen=True)
class MutationReport:
    """The fate of every mutant of one rule or function.

    Examples
    --------
    >>> report = MutationReport("square", ())
    >>> print(report)
    square: 0 mutants: 0 killed, 0 equivalent, 0 survived
    >>> report.ok
    False
    """

    name: str
    outcomes: tuple[Outcome, ...]

    @property
    def ok(self) -> bool:
        """True if there were mutants and none survived."""
        return bool(self.outcomes) and not self.survivors

    @property
    def killed(self) -> tuple[Outcome, ...]:
        """The mutants that the test rejected."""
        return self._with("killed")

    @property
    def equivalent(self) -> tuple[Outcome, ...]:
        """The mutants that compute the same as the original."""
        return self._with("equivalent")

    @property
    def survivors(self) -> tuple[Outcome, ...]:
        """The mutants that the test should have rejected and did not."""
        return self._with("survived")

    def summary(self) -> str:
        """The number of mutants by fate, in one line."""
        counts = f"{len(self.killed)} killed, {len(self.equivalent)} equivalent, {len(self.survivors)} survived"
        return f"{self.name}: {len(self.outcomes)} mutants: {counts}"

    def as_dict(self) -> dict[str, Any]:
        """The report as numbers, strings and lists for JSON."""
        return {"name": self.name, "ok": self.ok, "mutants": [asdict(outcome) for outcome in self.outcomes]}

    def __str__(self) -> str:
        return "\n".join([self.summary(), *(f"  survived: {x.mutant}\n    {x.reason}" for x in self.survivors)])

    def _with(self, fate: Fate) -> tuple[Outcome, ...]:
        return tuple(outcome for outcome in self.outcomes if outcome.fate == fate)


def joined(name: str, outcomes: Iterable[Outcome]) -> MutationReport:
    """One report, in the order of the source."""
    return MutationReport(name, tuple(sorted(outcomes, key=lambda x: (x.file, x.line))))
