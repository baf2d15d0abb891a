"""The search for a proof of a claim, or for a point at which its sides differ.

What is not proved in cells, at each of several choices of the sizes, is tried at points: zeros, ties, tiny and huge
numbers, at more sizes, for several known functions in place of unknown ones. Points prove nothing; at each of them the
sides are compared exactly.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from fractions import Fraction
from itertools import chain, islice

from chainrule.algebra import Undecided
from chainrule.algebra.linear_systems import TooManyRows
from chainrule.algebra.regions import sample
from chainrule.checking.proofs.exploration import Values, Visit
from chainrule.documents.evidence.cells import Cells, cells_at, difference
from chainrule.documents.evidence.clocks import TOO_LONG, Clock, OutOfTime
from chainrule.documents.evidence.findings import Finding
from chainrule.documents.evidence.inputs import Branches, FreeArray, points, samples
from chainrule.documents.evidence.questions import Question
from chainrule.documents.evidence.stand_ins import FORMS
from chainrule.documents.evidence.visits import Visitor

MANY_CELLS = 8
"""If there are so many at small sizes, points take the place of cells at sizes beyond 3."""

POINTS, SOME_POINTS, FEW_POINTS = 40, 6, 3
ENOUGH = 12
"""Fewest points at which a claim is verified: the first ones are simple, such as zeros, where false claims may hold."""

EXACT_POINTS = 6
"""The first points at the first sizes are computed exactly: balls do not tell 1 from 1 + 10^-100."""

LONGEST, LONG = 1 / 4, 1 / 40
"""Shares of the time that is left: the most for an exact point, and one after which the next ones are not exact."""

MOST_UNHELPFUL = 4
"""After so many points in a row that balls do not settle, all others are computed exactly."""

SOON = 16
"""Points at the first sizes that come before those at larger sizes, where claims may fail that hold at 1 to 3."""

EVERY = range(10**6)
"""The numbers of all points."""


@dataclass(eq=False)
class Search:
    """The search for a proof or a counterexample.

    Parameters
    ----------
    question : Question
    clock : Clock

    Attributes
    ----------
    note : str
        What is told of points at which they were not.
    cells : list of Cells
        The evidence at the choices of sizes so far.
    filled : set of int
        The numbers of the ranges that had members.
    tried_at : list of mapping
        The sizes at each point at which both sides were defined and equal.
    is_cut : bool
        True if the time ended before the last point.
    """

    question: Question
    clock: Clock
    note: str = ""
    cells: list[Cells] = field(default_factory=list)
    filled: set[int] = field(default_factory=set)
    tried_at: list[Mapping[str, int]] = field(default_factory=list)
    is_cut: bool = False
    is_cut_soon: bool = False
    """True if the time ended before points at larger sizes were tried."""
    is_exact_slow: bool = False
    """True if exact points take so long that hardly any others would be tried."""
    unhelpful: int = 0
    """The number of the last points in a row that balls did not settle."""

    @property
    def tried(self) -> int:
        """The number of points at which both sides were defined and equal."""
        return len(self.tried_at)

    def finding(self) -> Finding:
        """The evidence."""
        whole, self.clock = self.clock, self.clock.part()
        found, self.clock = self.by_cells(), whole
        if found is None or (found.status == "proved" and (found.inside_only or found.exceptions)):
            refuted = self._by_points(FEW_POINTS if found else SOME_POINTS if self.is_enough() else POINTS)
            if refuted is not None:
                return refuted
        if found is not None:
            return replace(found, points=self.tried, note=found.note or self.note)
        return self._unproved()

    def by_cells(self) -> Finding | None:
        """A proof or a counterexample; None if there is neither."""
        question = self.question
        if question.needs_too_many_sizes:
            return Finding("undecided", reason="the degree in a size is too high")
        most = 0
        for sizes in [*question.choices_of_sizes(), *question.further_sizes()]:
            largest = max(sizes.values(), default=0)
            if question.is_long(sizes):
                one: Cells | Finding = Cells(sizes, reason="the sums are too long")
            elif most >= MANY_CELLS and (largest > 3 or (largest == 3 and len(self.cells) > 3)):
                one = Cells(sizes, reason="the cells are too many")
            else:
                try:
                    one = cells_at(question, sizes, self.clock, self.filled, self.tried)
                except OutOfTime as error:
                    one = Cells(sizes, reason=str(error))
                most = max(most, getattr(one, "count", 0))
            if isinstance(one, Finding):
                return one
            self.cells.append(one)
            if len(self.cells) == 1 and not (one.proved or one.undefined):
                return None
        told_of = [one for one in self.cells if not one.undefined]
        if not told_of:
            return Finding("undefined", (self.cells[0].sizes,), reason=self.cells[0].reason or "it is defined nowhere")
        if not all(one.proved for one in told_of):
            return None
        for sizes in question.hidden_sizes():
            try:
                refuted = self._at_points(sizes, 2)
            except OutOfTime:
                return None
            if refuted is not None:
                return refuted
        if (gap := self._where_sums_have_terms()) is not None:
            return gap
        if small := self._only_one():  # an entry lies beyond the end at all others
            return Finding("undecided", reason=f"both sides have values only with {small} = 1")
        return self._proof(told_of)

    def holds_at_points(self, most: int = 2) -> bool:
        """Whether both sides are defined and equal at two points, or at one, among so many."""
        return self._at_points(self.question.choices_of_sizes()[0], most, enough=2) is None and self.tried > 0

    def is_enough(self) -> bool:
        """Whether the claim is proved at small sizes at least, and no size stands in it as a number."""
        proved = {n for one in self.cells if one.proved for n in one.sizes.values()}
        return proved >= {1, 2, 3} and not self.question.degrees

    # What follows is private.

    def _where_sums_have_terms(self) -> Finding | None:
        """Nothing if each range had members where the claim was found to hold; else a counterexample or the gap."""
        if len(self.filled) < len(self.question.ranges):
            with suppress(OutOfTime):
                one = cells_at(self.question, self.question.wide_sizes(), self.clock, self.filled, self.tried)
                if isinstance(one, Finding):
                    return one
                if one.proved and len(self.filled) == len(self.question.ranges):
                    return None
            return Finding("undecided", reason="a sum has no terms at the sizes that were tried")
        return None

    def _proof(self, cells: Sequence[Cells]) -> Finding:
        return Finding(
            "proved",
            tuple(one.sizes for one in cells),
            any(one.inside_only for one in cells),
            tuple(dict.fromkeys(text for one in cells for text in one.exceptions)),
            note=next((one.note for one in cells if one.note), self.note),
        )

    def _unproved(self) -> Finding:
        """The finding after points have shown no difference."""
        reason = next((one.reason for one in self.cells if one.reason), "")
        proved = [one for one in self.cells if one.proved]
        sizes = tuple(one.sizes for one in self.cells)
        if self.tried and (gap := self._where_sums_have_terms()):
            return gap
        if self.is_enough() and self.tried:
            return replace(self._proof(proved), points=self.tried)
        if self.is_cut_soon and self.question.sizes:
            reason = TOO_LONG
        elif self.tried < (ENOUGH if self.question.free else 1):
            reason = reason or f"{self.tried or 'no'} points were found, which are too few"
        elif small := self._only_one():
            reason = f"points were found only with {small} = 1"
        else:
            status = {"=": "verified", "~": "undecided"}.get(self.question.claim.relation, "held")
            return Finding(status, sizes, points=self.tried, note=self.note, reason=reason)
        return Finding("undecided", sizes[:1], points=self.tried, note=self.note, reason=reason)

    def _only_one(self) -> str:
        """A size that was 1 at all points and in all proofs, although it may be larger: softmax is 1 there."""
        seen = [*self.tried_at, *(one.sizes for one in self.cells if one.proved)]
        possible, larger = (
            {name for sizes in choices for name, size in sizes.items() if size > 1}
            for choices in (self.question.choices_of_sizes(), seen)
        )
        return min(possible - larger, default="")

    # Points

    def _by_points(self, count: int) -> Finding | None:
        """A counterexample among points, if there is one: so many at the first sizes, and some at others."""
        question = self.question
        choices = question.choices_of_sizes()
        plan: list[tuple[Mapping[str, int], int, range]] = [(choices[0], count, range(SOON))]
        larger = question.larger_sizes() if question.sizes and count > FEW_POINTS else []
        several, early = (4, EVERY[1::2]) if count == POINTS else (1, EVERY)
        plan += [(sizes, several, early) for sizes in larger]  # of four, a mixture and a random one
        soon = len(plan)
        if question.sizes:
            plan += [(sizes, count // 3, EVERY) for sizes in choices[1:3]]
        if question.sizes and count > FEW_POINTS:
            plan += [(one.sizes, 2 if count == POINTS else 1, EVERY) for one in self.cells if not one.proved]
            plan += [(sizes, 2, EVERY) for sizes in question.further_sizes()]
        plan += [(sizes, several, EVERY[::2]) for sizes in larger if several > 1]
        plan += [(choices[0], count, EVERY[SOON:])]
        for place, (sizes, of, numbers) in enumerate(plan):
            try:
                refuted = self._at_points(sizes, of, numbers)
            except OutOfTime:
                self.is_cut, self.is_cut_soon = True, place < soon
                return None
            except (Undecided, ValueError):
                continue
            if refuted is not None:
                return refuted
        return None

    def _at_points(
        self, sizes: Mapping[str, int], count: int, numbers: range = EVERY, enough: float = math.inf
    ) -> Finding | None:
        """A counterexample among the points at some sizes, or among those with some numbers, if there is one."""
        question = self.question
        arrays, places = question.arrays(sizes), question.places(sizes)
        several = list(range(len(FORMS))) if question.functions else [None]
        exact = EXACT_POINTS if sizes == question.choices_of_sizes()[0] else 0
        chosen: Iterable[Mapping[str, Fraction]] = points(arrays, question.constants, count)
        if not any(each.variables for each in arrays):
            chosen = islice(chosen, 1 if not any(each.facts & {"one-hot", "binary"} for each in arrays) else 6)
        for number, values in enumerate(chain(self._ties(sizes, arrays), chosen)):
            if number >= numbers.stop:
                break
            if number not in numbers:
                continue
            stand_ins = several if number < 2 and count == POINTS else [several[number % len(several)]]
            for stand_in in stand_ins:
                visitor = Visitor(question, sizes, _Turns(number), arrays, places,
                                  stand_in=stand_in, clock=self.clock, filled=self.filled)  # fmt: skip
                visit = self._exactly(visitor, values) if number < exact else None
                visit = visit or self._in_balls(visitor, values)
                if visit is None:
                    visitor = replace(visitor, branches=_Turns(number))
                    visit = visitor.at_point(values)
                if any("terms" in reason for reason in visit.outcome.undecided):
                    visitor = replace(visitor, opaque=True, branches=_Turns(number))
                    visit = visitor.at_point(values)
                if visit.outcome.differences:
                    return difference(visitor, visit, self.tried)
                self.note = self.note or visit.results.note
                if visit.results.places and not visit.outcome.undecided:
                    self.tried_at.append(sizes)
            if self.tried >= enough:
                return None
        return None

    def _exactly(self, visitor: Visitor, values: Values) -> Visit | None:
        """The visit of a point, exactly, if it does not take too long."""
        if self.is_exact_slow:
            return None
        left = self.clock.left
        with suppress(OutOfTime):
            visit = replace(visitor, clock=self.clock.part(LONGEST)).at_point(values)
            self.is_exact_slow = left - self.clock.left > LONG * left
            return visit
        self.is_exact_slow = True
        return None

    def _in_balls(self, visitor: Visitor, values: Values) -> Visit | None:
        """The visit of a point in balls, if they tell that the sides are equal, undefined or outside the conditions."""
        if self.unhelpful >= MOST_UNHELPFUL:
            return None
        visit = replace(visitor, in_balls=True).at_point(values)
        if visit.outcome.undecided or visit.outcome.differences:
            self.unhelpful += 1
            return None
        self.unhelpful = 0
        return visit

    def _ties(self, sizes: Mapping[str, int], arrays: Sequence[FreeArray]) -> Iterator[dict[str, Fraction]]:
        """Points on the borders of cells."""
        domain = [comparison for each in arrays for comparison in each.comparisons()]
        near = next(samples(arrays))
        cells = next((one for one in self.cells if one.sizes == sizes), None)
        for border in cells.borders[:4] if cells else ():
            with suppress(TooManyRows):
                values = sample((*domain, replace(border, relation="==")), near)
                if values is not None:
                    yield values


# What follows is private.


class _Turns(Branches):
    """Alternatives by turns: another one at each point."""

    def __init__(self, number: int) -> None:
        super().__init__()
        self.number = number

    def pick(self, count: int) -> int:
        """An alternative that depends on the point."""
        self.used += 1
        return (self.number * (2 * self.used + 1) + self.number // count) % count
