"""Signs of equivalence between equations, A <=> B, judged by what is known of the equations beside them.

They are equivalent if both hold for all values, or if both are equivalent to the first equation of their display.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from itertools import groupby, pairwise
from typing import TypeAlias

from chainrule.documents.reader.interpretation.readings import ReadRelation
from chainrule.documents.verdicts.step import Step
from chainrule.documents.verdicts.verdict import VERDICTS

Pair: TypeAlias = tuple[ReadRelation, Step]


def with_equivalences(pairs: Iterable[Pair]) -> Iterator[Pair]:
    """The steps of a document, of which those with the sign <=> have a verdict if the equations beside it show it."""
    for _, display in groupby(pairs, key=lambda pair: id(pair[0].statement.piece)):
        yield from _in_display(list(display))


# What follows is private.


def _in_display(pairs: Sequence[Pair]) -> Iterator[Pair]:
    signs = [number for number, (entry, _) in enumerate(pairs) if entry.statement.relation == "<=>"]
    ends = [-1, *signs, len(pairs)]
    between = [[step for _, step in pairs[begin + 1 : end]] for begin, end in pairwise(ends)]
    for number, (entry, step) in enumerate(pairs):
        if number in signs and entry.statement.piece.kind == "display":
            at = signs.index(number)
            step = _judged(step, between[at], between[at + 1], is_first=not at)
        yield entry, step


def _judged(sign: Step, left: Sequence[Step], right: Sequence[Step], is_first: bool) -> Step:
    """The step of a sign between two equations, or chains of them; as it is if they do not show its verdict."""
    is_premise = is_first and [step.verdict.name for step in left] == ["hypothesis"]
    kind = _kind(right)
    if not kind or kind != ("equivalent" if is_premise else _kind(left)):
        return sign
    every = [*right, *(() if is_premise else left)]
    weakest = max(every, key=lambda step: _HOLDS.index(step.verdict.name))
    assumed = dict.fromkeys(words for step in every if step.finding for words in step.finding.assumed)
    finding = weakest.finding and replace(weakest.finding, assumed=tuple(assumed))
    doubts = dict.fromkeys(doubt for step in every for doubt in step.doubts)
    verdict = VERDICTS[weakest.verdict.name]
    return replace(sign, verdict=verdict, reason="", finding=finding, doubts=tuple(doubts))


_HOLDS = ("proved", "verified", "proved if")


def _kind(steps: Sequence[Step]) -> str:
    """Whether equations always hold, or together are equivalent to the first one of their display; else nothing."""
    if not steps or not all(step.verdict.name in _HOLDS and step.finding for step in steps):
        return ""
    findings = [step.finding for step in steps if step.finding and step.finding.where]
    return "always" if not findings else "equivalent" if all(each.both for each in findings) else ""
