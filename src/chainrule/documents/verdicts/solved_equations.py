"""Equations that a display solves row by row: 2 x + 4 = 10, 2 x = 6, x = 3. The first is what is to be solved."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from itertools import groupby

from chainrule.documents.reader.interpretation.readings import ReadRelation
from chainrule.documents.reader.syntax.parts_written import base_letter, letters_of
from chainrule.documents.verdicts.equivalences import Pair
from chainrule.documents.verdicts.nearby_conditions import EQUATION
from chainrule.documents.verdicts.step import Step
from chainrule.documents.verdicts.verdict import VERDICTS

SOLVED = "The rows below it follow from it, so it is read as an equation to be solved and was not checked"


def with_solved_equations(pairs: Iterable[Pair]) -> Iterator[Pair]:
    """The steps of a document, in which equations that are solved in the rows below them are no faults."""
    for _, display in groupby(pairs, key=lambda pair: id(pair[0].statement.piece)):
        rows = list(display)
        solves = _gives_letter([entry for entry, _ in rows])
        for (entry, step), (_, below) in zip(rows, [*rows[1:], rows[-1]], strict=True):
            differs = step.verdict.fault or step.verdict.name == "wrong if read so"
            is_first = solves and differs and below is not step and _follows_from_row(below)
            yield entry, replace(step, verdict=VERDICTS["hypothesis"], reason=SOLVED) if is_first else step


# What follows is private.


def _follows_from_row(step: Step) -> bool:
    """Whether a claim is proved if the equation before it holds."""
    return step.finding is not None and any(words.startswith(EQUATION) for words in step.finding.assumed)


def _gives_letter(entries: Sequence[ReadRelation]) -> bool:
    """Whether the last of several rows is an equation for a letter: x = 3."""
    last = entries[-1].statement
    letter = base_letter(last.left)
    return len(entries) > 1 and last.relation == "=" and bool(letter) and letter not in letters_of(last.right)
