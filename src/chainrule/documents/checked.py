"""The pipeline from a document to the report on it."""

from __future__ import annotations

import math
import re
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, replace
from itertools import accumulate, islice
from typing import Any

from chainrule.documents.evidence.findings import Counterexample
from chainrule.documents.evidence.judging import NO_TIME_LEFT, SECONDS, Known
from chainrule.documents.language.printing import relation_text
from chainrule.documents.reader.declaring.declared_files import unmarked
from chainrule.documents.reader.exercises import in_order, readings
from chainrule.documents.reader.interpretation.readings import Reading, ReadRelation
from chainrule.documents.repairs.notation import latex_of, span_of
from chainrule.documents.repairs.searching import Repair, repairs
from chainrule.documents.reports.derivation_report import CheckedStep, Report
from chainrule.documents.reports.listing import declarations
from chainrule.documents.sources.macros import macros_in
from chainrule.documents.sources.opening import pieces_of
from chainrule.documents.sources.pieces import Piece, Pieces
from chainrule.documents.verdicts.document_steps import steps_in
from chainrule.documents.verdicts.messages import explained, pattern, sentence, shortened
from chainrule.documents.verdicts.step import Step

MOST_MENDED = 20
"""Wrong steps for which a repair is searched."""

MOST_BLOCKS = 3
"""Blocks of declarations that are tried."""

INTERRUPTED = "the check was interrupted"
"""The reason of steps that Ctrl-C left undecided."""


class Interrupted(KeyboardInterrupt):
    """Ctrl-C during a check. `report` has the steps that were checked; the others are undecided."""

    def __init__(self, report: Report) -> None:
        super().__init__()
        self.report = report


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
        The maximum processor time for one step.

    Returns
    -------
    Report

    Raises
    ------
    Unreadable
        If the document is too long, is not text, or is a broken notebook.
    Interrupted
        On Ctrl-C while steps are checked: a `KeyboardInterrupt` with the report so far.

    Examples
    --------
    >>> report = check_derivation(r"$$(x + 1)^2 = x^2 + 2x + 1$$")
    >>> report.steps[0].verdict, report.exit_code
    ('proved', 0)
    """
    return check_pieces(with_declarations(pieces_of(text, name), declarations), mending=repairs, seconds=seconds)


def with_declarations(pieces: Pieces, block: str) -> Pieces:
    """A document with a block of declarations before it, whose last line has the number 0.

    The block may have the marks that it has in a document: lines of dashes, or `%!` before each line.
    """
    block = unmarked(block)
    if not block.strip():
        return pieces
    piece = Piece("declarations", block, ((0, -block.count("\n"), 1),))
    macros = {each[0]: each for each in pieces.macros} | macros_in(block)
    return replace(pieces, pieces=(piece, *pieces.pieces), macros=tuple(macros.values()))


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

    Raises
    ------
    Interrupted
        On Ctrl-C, with the report so far.
    """
    end, every = time.monotonic() + total, readings(pieces)
    count, done, left = sum(len(reading.judged) for reading in every), 0, MOST_MENDED if mending else 0
    checked, known, interrupted = list[tuple[ReadRelation, CheckedStep]](), Known(), False
    for reading in every:
        steps, mended = list[Step](), dict[int, Repair | None]()
        try:
            if not interrupted:
                for step in steps_in(reading, seconds=seconds, total=end - time.monotonic(), known=known):
                    steps.append(step)
                    progress(done + len(steps), count)
                mended = _mended(reading, steps, left, end)
        except KeyboardInterrupt:
            interrupted = True
        if interrupted:
            steps += _left(reading, len(steps), known)
        done, left = done + len(steps), left - len(mended)
        checked += zip(reading.judged, _checked(reading, steps, mended), strict=True)
    report = Report(pieces.name, tuple(in_order(pieces, checked)), pieces.notes, every, pieces)
    if interrupted:
        raise Interrupted(report)
    return report


def declarations_that_help(report: Report, *, seconds: float = SECONDS, total: float = math.inf) -> str:
    """The block of `listing.declarations` with which no step is lost that is decided without it.

    The document is checked again with the block. If a step is lost, the block leaves out the names in it, and is tried
    again; after a few tries it is empty.
    """
    without = set[str]()
    for _ in range(MOST_BLOCKS):
        block = declarations(report, without)
        again = check_pieces(with_declarations(report.source, block), mending=False, seconds=seconds, total=total)
        kept = {(step.cell, step.line, step.column) for step in again.claims if step.is_decided}
        lost = [s for s in report.claims if s.is_decided and (s.cell, s.line, s.column) not in kept]
        if not lost and not again.problems:
            return block
        without |= {name for step in lost for name in _NAME.findall(step.strict)}
    return "" if report.source.format == "latex" else "---\n---\n"


# What follows is private.

_NAME = re.compile(r"[^\W\d]\w*")


def _left(reading: Reading, done: int, known: Known) -> Iterator[Step]:
    """The steps behind the first ones, without further time for them."""
    for step in islice(steps_in(reading, total=0.0, known=known), done, None):
        yield replace(step, reason=INTERRUPTED) if step.reason == NO_TIME_LEFT else step


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
