"""The forms of answers, which give tools their schemas. A report has the form of `chainrule check --json`."""

from __future__ import annotations

from dataclasses import dataclass

from chainrule.documents import CheckedStep


@dataclass(frozen=True)
class NoteForm:
    """A remark about a line."""

    line: int
    text: str


@dataclass(frozen=True)
class DocumentForm:
    """The dictionary of `Report.to_json`."""

    schema: int
    name: str
    format: str
    exit_code: int
    counts: dict[str, int]
    first_wrong_line: int | None
    steps: list[CheckedStep]
    notes: list[NoteForm]
    problems: list[NoteForm]


@dataclass(frozen=True)
class CheckedForm:
    """A checked document, and the block that declares what was guessed."""

    report: DocumentForm
    declarations: str


@dataclass(frozen=True)
class PointForm:
    """The numbers of a point, and both sides there."""

    values: dict[str, float | list[float]]
    left: float | None
    right: float | None


@dataclass(frozen=True)
class DifferenceForm:
    """Where two sides differ."""

    entry: str
    left: str
    right: str
    numbers: PointForm


@dataclass(frozen=True)
class IdentityForm:
    """The verdict on an identity."""

    verdict: str
    message: str
    differences: list[DifferenceForm]


@dataclass(frozen=True)
class WrongEntryForm:
    """An entry of a derivative; as numbers, what was got and what was expected."""

    entry: str
    got: str
    expected: str
    numbers: list[float] | None


@dataclass(frozen=True)
class GradientForm:
    """The verdict on a derivative in code: "pass", "fail" or "unchecked"."""

    function: str
    derivative: str
    form: str
    verdict: str
    proof: str | None
    failures: list[WrongEntryForm]
    slip: str | None
    unchecked: list[str]
    message: str
