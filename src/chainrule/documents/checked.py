"""A document checked for its readers: every step with its verdict, its message, and a change that mends it."""

from __future__ import annotations

import math
import re
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, replace
from itertools import accumulate
from typing import Any

from chainrule.documents.evidence.findings import Counterexample
from chainrule.documents.evidence.judging import SECONDS, Known
from chainrule.documents.language.printing import relation_text
from chainrule.documents.reader.exercises import in_order, readings
from chainrule.documents.reader.readings import Reading, ReadRelation
from chainrule.documents.repairs.notation import latex_of, span_of
from chainrule.documents.repairs.searching import Repair, repairs
from chainrule.documents.sources.macros import macros_in
from chainrule.documents.sources.opening import pieces_of
from chainrule.documents.sources.pieces import Piece, Pieces
from chainrule.documents.verdicts.document_steps import steps_in
from chainrule.documents.verdicts.messages import explained, pattern, sentence, shortened
from chainrule.documents.verdicts.step import Step
from chainrule.documents.verdicts.verdict import VERDICTS

SCHEMA = 2
MOST_MENDED = 20
"""Wrong steps for which a repair is searched."""

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
    def is_fault(self) -> bool:
        """True if it is certainly wrong."""
        return VERDICTS[self.verdict].fault

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
        """0 if all claims are right and all declarations are understood, 1 if a claim is wrong, 2 otherwise."""
        if self.faults:
            return WRONG
        decided = self.claims and all(step.is_decided for step in self.claims) and not self.problems
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


def check_derivation(
    text: str, declarations: str = "", *, name: str = "", repairs: bool = True, seconds: float = SECONDS
) -> Report:
    """Check each step of a written derivation.

    Parameters
    ----------
    text : str
        Markdown, LaTeX, a notebook, reStructuredText or plain text.
    declarations : str
        Lines that declare names, as in a block of declarations.
    name : str
        The file name of the text, whose ending gives the format.
    repairs : bool
        Whether to search for changes that make wrong steps right.
    seconds : float
        The maximum time for one step.

    Returns
    -------
    Report

    Raises
    ------
    Unreadable
        If the document is too long, is not text, or is a broken notebook.

    Examples
    --------
    >>> report = check_derivation(r"$$(x + 1)^2 = x^2 + 2x + 1$$")
    >>> report.steps[0].verdict, report.exit_code
    ('proved', 0)
    """
    return check_pieces(with_declarations(pieces_of(text, name), declarations), mending=repairs, seconds=seconds)


def with_declarations(pieces: Pieces, declarations: str) -> Pieces:
    """A document with a block of declarations before it, whose last line has the number 0."""
    if not declarations.strip():
        return pieces
    block = Piece("declarations", declarations, ((0, -declarations.count("\n"), 1),))
    macros = {each[0]: each for each in pieces.macros} | macros_in(declarations)
    return replace(pieces, pieces=(block, *pieces.pieces), macros=tuple(macros.values()))


def check_pieces(
    pieces: Pieces,
    *,
    mending: bool = True,
    seconds: float = SECONDS,
    total: float = math.inf,
    progress: Callable[[int, int], None] = lambda done, of: None,
) -> Report:
    """Check a document that is read into pieces, in a total of seconds; `progress` is told of the relations done.

    The search for a repair that is under way at the end of this time is finished.
    """
    end, every = time.monotonic() + total, readings(pieces)
    count, done, left = sum(len(reading.judged) for reading in every), 0, MOST_MENDED if mending else 0
    checked, known = list[tuple[ReadRelation, CheckedStep]](), Known()
    for reading in every:
        steps = list[Step]()
        for step in steps_in(reading, seconds=seconds, total=end - time.monotonic(), known=known):
            steps.append(step)
            progress(done + len(steps), count)
        mended = _mended(reading, steps, left, end)
        done, left = done + len(steps), left - len(mended)
        checked += zip(reading.judged, _checked(reading, steps, mended), strict=True)
    return Report(pieces.name, tuple(in_order(pieces, checked)), pieces.notes, every, pieces)


# What follows is private.


def _mended(reading: Reading, steps: list[Step], most: int, end: float) -> dict[int, Repair | None]:
    """The repairs of the first wrong claims, by their numbers; the search ends at a time."""
    derivation, found = reading.derivation, dict[int, Repair | None]()
    wrong = [entry.claim for entry, step in zip(reading.judged, steps, strict=True)
             if step.verdict.fault and entry.claim is not None][:most]  # fmt: skip
    searches = repairs(derivation, reading.shapes, [derivation.claims[number] for number in wrong])
    while len(found) < len(wrong) and time.monotonic() < end:
        found[wrong[len(found)]] = next(searches)
    return found


_OPENED = re.compile(r"\\[A-Za-z]+\*?\s*\{?\s*$|\{\s*$")


def _checked(reading: Reading, steps: list[Step], found: dict[int, Repair | None]) -> Iterator[CheckedStep]:
    claims = reading.derivation.claims
    for entry, step in zip(reading.judged, steps, strict=True):
        claim = None if entry.claim is None else claims[entry.claim]
        before = claims[claim.follows].line if claim is not None and claim.follows is not None else None
        repair = found.get(-1 if entry.claim is None else entry.claim)
        told = None if repair is None else _told(repair, entry)
        verdict = step.verdict.name
        message = explained(
            verdict, line=step.line, before=before, finding=step.finding, reason=step.reason, doubts=step.doubts
        )
        if told is not None and repair is not None:
            message += " " + sentence("repair", old=shortened(told["old"]), new=shortened(told["new"]))
            message += " " + sentence("repair goes on") if repair.next_holds else ""
        finding, statement = step.finding, entry.statement
        piece, number = statement.piece, entry.statement.number
        yield CheckedStep(
            max(step.line, 0),
            step.column,
            step.cell,
            _written(piece, statement.left.place),
            step.sign,
            _written(piece, statement.right.place),
            verdict,
            message,
            step.doubts,
            finding.assumed if finding else (),
            _point(finding.counterexample) if finding and finding.counterexample else None,
            pattern(finding.held, finding.failed) if finding and finding.held and finding.failed else "",
            told,
            "" if claim is None else relation_text(claim),
            piece.kind == "display",
            number > 0,
            finding is not None and finding.of_chain,
            max(piece.place_of(max(len(piece.text.rstrip()) - 1, 0))[0], 0),
        )


_NUMBER = re.compile(r"[-+]?\d[\d.]*(?:e[-+]?\d+)?")


def _point(example: Counterexample) -> dict[str, Any]:
    values = {name: list(map(_finite, _NUMBER.findall(text))) for name, text in example.values.items()}
    sides = {side: _finite(text) if _NUMBER.fullmatch(text) else None
             for side, text in (("left", example.left), ("right", example.right))}  # fmt: skip
    return {**asdict(example), "numbers": {"values": values, **sides}}


def _finite(text: str) -> float | None:
    """A number as a float; None if it is too large for one."""
    number = float(text)
    return number if math.isfinite(number) else None


def _told(repair: Repair, entry: ReadRelation) -> dict[str, Any]:
    piece, change = entry.statement.piece, repair.change
    source = piece.text
    old, new, formula = (" ".join(latex_of(each, source).split()) for each in (change.old, change.new, change.term))
    span = span_of(change.old, source)
    place = None if span is None else [*piece.place_of(span[0]), *_behind(piece, span[1])]
    return {"old": old, "new": new, "formula": formula, "kind": change.kind, "place": place}


def _behind(piece: Piece, stop: int) -> tuple[int, int]:
    """The line and column behind the character before `stop`."""
    line, column = piece.place_of(stop - 1)
    return line, column + 1


def _written(piece: Piece, place: tuple[int, int]) -> str:
    """A part of a formula as it is written, with the command and the braces around it that its place lacks."""
    text = piece.text[slice(*place)]
    depths = accumulate({"{": 1, "}": -1}.get(sign, 0) for sign in text)
    is_open = text.startswith("{") or min(depths, default=0) < 0
    before = _OPENED.search(piece.text, 0, place[0]) if is_open else None
    text = " ".join(f"{before.group() if before else ''}{text}".split())
    return text + "}" * (text.count("{") - text.count("}"))
