"""Claims decided in exact numbers: proved for all values at small sizes, or refuted by a point where the sides differ.

At each choice of the sizes, both sides are computed at a sample. If they compare numbers, the sample lies in one of
several cells, and samples outside of the cells found so far follow until the cells cover everything, or are too many.
What is not proved so is tried at points: zeros, ties, tiny and huge numbers, at more sizes, for several known functions
in place of unknown ones. Points prove nothing; at each of them the sides are compared exactly.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from fractions import Fraction
from itertools import islice, product

from chainrule.algebra import Attempt, Constraint, Undecided
from chainrule.algebra.linear_systems import Linear, TooManyRows
from chainrule.algebra.powers import POWER_OF_ZERO
from chainrule.algebra.regions import sample
from chainrule.checking.proofs.exploration import Ties, Values, Visit, explored
from chainrule.documents.evidence.assumptions import candidates, is_telling
from chainrule.documents.evidence.common_terms import in_full, with_common_terms
from chainrule.documents.evidence.inputs import Branches, FreeArray, points, samples
from chainrule.documents.evidence.questions import Counterexample, Finding, Question, cut_names
from chainrule.documents.evidence.stand_ins import FORMS, told
from chainrule.documents.evidence.visits import Told, Visitor, number_of_place
from chainrule.documents.evidence.worlds import COMPARE, Clock, OutOfTime
from chainrule.documents.language import terms
from chainrule.documents.language.name_uses import Names
from chainrule.documents.language.printing import text_of
from chainrule.documents.language.shapes import Shapes
from chainrule.documents.language.terms import Derivation, Relation

MOST_CELLS = 40
MOST_BRANCHES = 40
MANY_CELLS = 8
"""If there are so many at small sizes, points take the place of cells at sizes beyond 3."""

MOST_SHIFTS = 3
MOST_NUMBERS = 6
"""Most numbers of which all combinations of signs are looked at."""

MOST_ASSUMED = 16
"""Most assumptions that are tried."""

SAMPLES = 8
"""Samples where cells do not tell what lies outside of them."""

NOT_COMPUTED = "a part of it cannot be computed as it was read"

POINTS, SOME_POINTS, FEW_POINTS = 40, 6, 3
ENOUGH = 12
"""Fewest points at which a claim is verified: the first ones are simple, such as zeros, where false claims may hold."""


@dataclass(frozen=True, eq=False)
class Prover:
    """Decides the claims of one derivation.

    Parameters
    ----------
    derivation : Derivation
    shapes : Shapes
    seconds : float
        Time for one claim; what is known then is the finding.
    """

    derivation: Derivation
    shapes: Shapes
    seconds: float = math.inf
    names: Names = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "names", Names.of(self.derivation))

    def finding(self, claim: Relation) -> Finding:
        """The evidence for a claim.

        Defined names are free at first, as far as they can be: a claim that is proved for all their values holds, if
        both sides are defined and equal at points where they have their own values.
        """
        return self.finding_within(claim, Clock(self.seconds))

    def finding_within(self, claim: Relation, clock: Clock) -> Finding:
        """The evidence for a claim that is found until a clock ends."""
        try:
            return self._found(claim, clock)
        except (Undecided, OutOfTime) as error:
            return Finding("undecided", reason=str(error) or NOT_COMPUTED)
        except (ArithmeticError, LookupError, TypeError, ValueError, RuntimeError):  # shapes that no message is for
            return Finding("undecided", reason=NOT_COMPUTED)

    # What follows is private.

    def _found(self, claim: Relation, clock: Clock) -> Finding:
        if (found := self._with_common_terms(claim, clock.part())) is not None:
            return found
        cut = cut_names(self.names, claim)
        looping = sorted(self.names.circular & self.names.used_by(claim.left, claim.right, *claim.conditions))
        if not cut.issuperset(looping):
            return Finding("undecided", reason=f"the definition of {looping[0]} leads to itself")
        said = terms.free_names(claim.left) | terms.free_names(claim.right)
        lowest = {name for name in cut if not any(other != name for other in self.names.uses(name) & said & cut)}
        equation = claim.relation == "="
        for chosen in dict.fromkeys((cut, frozenset(lowest).union(looping), frozenset(looping))):
            search = _Search(self._question(claim, chosen), clock)
            if not chosen:
                whole = search.finding()
                return self._assumed(claim, search, whole) if whole.status == "differs" and equation else whole
            found = search.by_cells()
            if found is None and search.is_enough():
                found = search.finding()
            is_proved = found is not None and found.status == "proved"
            if found and is_proved and (looping or _Search(self._question(claim), clock).holds_at_points()):
                return replace(found, free=chosen)
        return Finding("undecided", reason=f"the definition of {looping[0]} leads to itself")

    def _with_common_terms(self, claim: Relation, clock: Clock) -> Finding | None:
        """The proof for all values of costly terms that stand on both sides; None if there is none."""
        other = with_common_terms(self.derivation, claim)
        if other is None:
            return None
        [named], names, shapes = other.claims, Names.of(other), Shapes(other)
        new = names.definitions.keys() - self.names.definitions.keys()
        cut = cut_names(names, named)
        if not new <= cut or any(term is named.left for term, _ in shapes.faults):
            return None
        with suppress(ArithmeticError, LookupError, TypeError, ValueError, RuntimeError, Undecided, OutOfTime):
            found = _Search(Question.of(other, shapes, names, named, cut=cut), clock).by_cells()
            if found and found.status == "proved" and _Search(self._question(claim), clock).holds_at_points(POINTS):
                exceptions = tuple(in_full(each, other) for each in found.exceptions)
                return replace(found, free=cut - new, exceptions=exceptions, note=in_full(found.note, other))
        return None

    def _assumed(self, claim: Relation, search: _Search, differs: Finding) -> Finding:
        """The finding for a claim that differs: it may hold under an assumption that the text does not state."""
        for words, found in self._under_assumptions(claim, search):
            if found.status in ("proved", "verified"):
                return replace(
                    found, status=f"{found.status} if", assumed=(words,), counterexample=differs.counterexample
                )
        return differs

    def _under_assumptions(self, claim: Relation, search: _Search) -> Iterator[tuple[str, Finding]]:
        """The findings under one assumption after another: what a loss or a function is, then facts about names."""
        match claim.left, claim.right:
            case terms.Slope(body=terms.Name(text=name)) as left, terms.Slope(body=body) as right if (
                replace(left, body=body) == right
                and self._is_unknown(name, search.question)
                and name not in self.names.used_by(body)
            ):  # dL/dw = d/dw (y - w x)^2, where nothing says what L is
                yield f"{name} = {text_of(body)}", Finding("proved", supposed=name)
        for words, definition in self.derivation.supposed.items():
            if definition.name in search.question.functions:
                others = tuple(each for each in self.derivation.declarations if each.name != definition.name)
                definitions = (*self.derivation.definitions, definition)
                known = replace(self.derivation, declarations=others, definitions=definitions, supposed={})
                yield words, Prover(known, self.shapes).finding_within(claim, search.clock.part())
        for facts, words in islice(candidates(search.question), MOST_ASSUMED):
            question = Question.of(self.derivation, self.shapes, self.names, claim, assumed=facts)
            with suppress(ArithmeticError, LookupError, TypeError, ValueError, RuntimeError, Undecided, OutOfTime):
                found = _Search(question, search.clock.part()).finding()
                if is_telling(question, facts, found):
                    yield words, found

    def _is_unknown(self, name: str, question: Question) -> bool:
        """Whether nothing says what a name is, or only what it depends on."""
        definition = self.names.definitions.get(name)
        if definition is None:
            return name in question.free
        return isinstance(definition.body, terms.Call) and definition.body.function == f"{name}_of"

    def _question(self, claim: Relation, cut: frozenset[str] = frozenset()) -> Question:
        return Question.of(self.derivation, self.shapes, self.names, claim, cut=cut)


# What follows is private.


@dataclass(frozen=True)
class _Cells:
    """The evidence from the cells at one choice of sizes."""

    sizes: Mapping[str, int]
    proved: bool = False
    undefined: bool = False
    inside_only: bool = False
    exceptions: tuple[str, ...] = ()
    note: str = ""
    reason: str = ""
    borders: tuple[Constraint, ...] = ()
    count: int = 1


@dataclass(eq=False)
class _Search:
    """The search for a proof or a counterexample."""

    question: Question
    clock: Clock
    tried: int = 0
    note: str = ""
    cells: list[_Cells] = field(default_factory=list)
    filled: set[int] = field(default_factory=set)

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
                one: _Cells | Finding = _Cells(sizes, reason="the sums are too long")
            elif most >= MANY_CELLS and (largest > 3 or (largest == 3 and len(self.cells) > 3)):
                one = _Cells(sizes, reason="the cells are too many")
            else:
                try:
                    one = self._at_sizes(sizes)
                except OutOfTime as error:
                    one = _Cells(sizes, reason=str(error))
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
        return self._where_sums_have_terms() or self._proof(told_of)

    def holds_at_points(self, most: int = 2) -> bool:
        """Whether both sides are defined and equal at two points, or at one, among so many."""
        return self._at_points(self.question.choices_of_sizes()[0], most, enough=2) is None and self.tried > 0

    # What follows is private.

    def _where_sums_have_terms(self) -> Finding | None:
        """Nothing if each range had members where the claim was found to hold; else a counterexample or the gap."""
        if len(self.filled) < len(self.question.ranges):
            with suppress(OutOfTime):
                one = self._at_sizes(self.question.wide_sizes())
                if isinstance(one, Finding):
                    return one
                if one.proved and len(self.filled) == len(self.question.ranges):
                    return None
            return Finding("undecided", reason="a sum has no terms at the sizes that were tried")
        return None

    def _proof(self, cells: Sequence[_Cells]) -> Finding:
        return Finding(
            "proved",
            tuple(one.sizes for one in cells),
            self.question.settled_by_sizes,
            any(one.inside_only for one in cells),
            True,
            tuple(dict.fromkeys(text for one in cells for text in one.exceptions)),
            note=next((one.note for one in cells if one.note), self.note),
        )

    def is_enough(self) -> bool:
        """Whether the claim is proved at small sizes at least, and no size stands in it as a number."""
        proved = {n for one in self.cells if one.proved for n in one.sizes.values()}
        return proved >= {1, 2, 3} and not self.question.degrees

    def _unproved(self) -> Finding:
        """The finding after points have shown no difference."""
        reason = next((one.reason for one in self.cells if one.reason), "")
        proved = [one for one in self.cells if one.proved]
        sizes = tuple(one.sizes for one in self.cells)
        if self.tried and (gap := self._where_sums_have_terms()):
            return gap
        if self.is_enough() and self.tried:
            return replace(self._proof(proved), points=self.tried)
        if self.tried < (ENOUGH if self.question.free else 1):
            reason = reason or f"{self.tried or 'no'} points were found, which are too few"
            return Finding("undecided", sizes[:1], complete=False, points=self.tried, note=self.note, reason=reason)
        status = "verified" if self.question.claim.relation == "=" else "held"
        if self.question.claim.relation == "~":
            status = "undecided"
        return Finding(status, sizes, False, complete=False, points=self.tried, note=self.note, reason=reason)

    def _at_sizes(self, sizes: Mapping[str, int]) -> _Cells | Finding:
        """The evidence at one choice of the sizes: for all indices, in all cells, for all alternatives."""
        question = self.question
        arrays, places, branches = question.arrays(sizes), question.places(sizes), Branches()
        domain = [comparison for each in arrays for comparison in each.comparisons()]
        visitor = Visitor(question, sizes, branches, arrays, places, clock=self.clock, filled=self.filled)
        if any("one-hot" in each.facts for each in arrays):
            relaxed, one = [each.relaxed for each in arrays], Branches()
            relaxing = Visitor(question, sizes, one, relaxed, places, clock=self.clock, filled=self.filled)
            visit = relaxing.on_cell(next(samples(relaxed)), {})
            outcome = visit.outcome
            on_all = not (
                outcome.comparisons or outcome.divisors or visit.results.exceptions or visit.results.at_sample_only
            )
            if outcome.proved and visit.results.places and on_all and not one.taken:
                return _Cells(sizes, True)
        told_of, complete = list[Visit](), all(each.is_whole for each in arrays)
        for _ in range(MOST_BRANCHES):
            found, covered = self._explored(visitor, arrays, domain)
            complete &= covered
            for each in found:
                if each.outcome.differences:
                    return self._differs(visitor, each)
                if each.outcome.undecided:
                    return _Cells(sizes, reason="; ".join(each.outcome.undecided[:2]))
                told_of.append(each)
            if not branches.advance():
                break
        else:
            complete = False
        results: list[Told] = [each.results for each in told_of]
        counted = [each for each in told_of if each.results.places]
        reason = next((each.undefined for each in results if each.undefined), "")
        if not counted:
            return (
                _Cells(sizes, undefined=True, reason=reason) if complete else _Cells(sizes, reason=reason or _NOWHERE)
            )
        here_only = any(each.at_sample_only for each in results)
        unproved = (
            "the sign is not known everywhere" if here_only else "" if complete else "the cells are not all known"
        )
        return _Cells(
            sizes,
            not unproved,
            inside_only=any(each.inside_only and each.outcome.comparisons for each in counted),
            exceptions=tuple(dict.fromkeys(text for each in results for text in each.exceptions)),
            note=next((each.note for each in results if each.note), ""),
            reason=unproved,
            count=len(told_of),
            borders=tuple({str(c): c for each in told_of for c in each.outcome.comparisons if c.terms}.values()),
        )

    def _explored(
        self, visitor: Visitor, arrays: Sequence[FreeArray], domain: Sequence[Constraint]
    ) -> tuple[list[Visit], bool]:
        """Visits of all cells, and of those where sums of squares are 0, and whether they cover everything."""
        if not any(each.variables() for each in arrays):
            return [visitor.on_cell({}, {})], True
        first = next(samples(arrays))
        for _ in range(MOST_SHIFTS):
            seen = visitor.on_cell(first, {})
            if not seen.results.shifts:
                break
            visitor.shifts.extend(seen.results.shifts)

        def visit_at(values: Values, ties: Ties) -> Visit:
            is_first = values == first and not ties and not seen.results.shifts
            return seen if is_first else _without_border(visitor.on_cell(values, ties), ties)

        cells = explored(visit_at, domain, islice(samples(arrays), SAMPLES), most=MOST_CELLS)
        visits, complete = list(cells.visits), cells.complete or _cover_all_signs(cells.visits)
        borders = [border for each in cells.visits for border in each.results.borders]
        for border in {str(each): each for each in borders}.values():
            try:
                if sample((*domain, *border), next(samples(arrays))) is None:
                    continue
                found = explored(visitor.on_cell, (*domain, *border), islice(samples(arrays), SAMPLES), most=MOST_CELLS)
            except TooManyRows:
                complete = False
                continue
            visits += [each for each in found.visits if each.outcome.differences]
        return visits, complete

    def _differs(self, visitor: Visitor, visit: Visit) -> Finding:
        differences, results, places = visit.outcome.differences, visit.results, visitor.places
        failing = {number_of_place(each) for each in differences}
        functions = {}
        if visitor.stand_in is not None:
            for name, kind in self.question.functions.items():
                functions[name] = told(visitor.stand_in, name, len(kind.arguments))
        first = differences[0]
        example = Counterexample(
            dict(visitor.sizes),
            dict(places[number_of_place(first)]),
            results.values,
            first.left,
            first.right,
            functions,
        )
        failed = tuple(place for number, place in enumerate(places) if number in failing)
        held = tuple(place for number, place in enumerate(places) if number not in failing and number in results.places)
        return Finding(
            "differs",
            (visitor.sizes,),
            counterexample=example,
            held=held,
            failed=failed,
            points=self.tried,
            note=results.note,
        )

    # Points

    def _by_points(self, count: int) -> Finding | None:
        """A counterexample among points, if there is one: so many at the first sizes, and some at others."""
        question = self.question
        choices = question.choices_of_sizes()
        plan: list[tuple[Mapping[str, int], int]] = [(choices[0], count)]
        if question.sizes:
            plan += [(sizes, count // 3) for sizes in choices[1:3]]
        if question.sizes and count > FEW_POINTS:
            plan += [(one.sizes, 2 if count == POINTS else 1) for one in self.cells if not one.proved]
            plan += [(sizes, 4 if count == POINTS else 1) for sizes in question.larger_sizes()]
            plan += [(sizes, 2) for sizes in question.further_sizes()]
        for sizes, count in plan:
            try:
                refuted = self._at_points(sizes, count)
            except OutOfTime:
                return None
            except (Undecided, ValueError):
                continue
            if refuted is not None:
                return refuted
        return None

    def _at_points(self, sizes: Mapping[str, int], count: int, enough: float = math.inf) -> Finding | None:
        question = self.question
        arrays, places = question.arrays(sizes), question.places(sizes)
        several = list(range(len(FORMS))) if question.functions else [None]
        chosen: Iterable[Mapping[str, Fraction]] = points(arrays, question.constants, count)
        if not any(each.variables() for each in arrays):
            chosen = islice(chosen, 1 if not any(each.facts & {"one-hot", "binary"} for each in arrays) else 6)
        for number, values in enumerate([*self._ties(sizes, arrays), *chosen]):
            stand_ins = several if number < 2 and count == POINTS else [several[number % len(several)]]
            for stand_in in stand_ins:
                visitor = Visitor(question, sizes, _Turns(number), arrays, places,
                                  stand_in=stand_in, clock=self.clock, filled=self.filled)  # fmt: skip
                visit = visitor.at_point(values)
                if any("terms" in reason for reason in visit.outcome.undecided):
                    visitor = replace(visitor, opaque=True, branches=_Turns(number))
                    visit = visitor.at_point(values)
                if visit.outcome.differences:
                    return self._differs(visitor, visit)
                self.note = self.note or visit.results.note
                self.tried += bool(visit.results.places and not visit.outcome.undecided)
            if self.tried >= enough:
                return None
        return None

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


def _without_border(visit: Visit, ties: Ties) -> Visit:
    """A visit between cells; where it has 0 to an unknown power, this border is an exception."""
    if not ties or not visit.outcome.undecided or not all(map(_is_power_of_zero, visit.outcome.undecided)):
        return visit
    names = [" - ".join(filter(None, (name, _text_of(linear)))) for name, linear in ties.items()]
    results = replace(visit.results, exceptions=[*visit.results.exceptions, *names], places=set())
    return replace(visit, outcome=Attempt(1), results=results)


def _is_power_of_zero(reason: str) -> bool:
    return reason.startswith(POWER_OF_ZERO)


def _text_of(linear: Linear) -> str:
    """A linear number in brackets; nothing for 0."""
    text = " + ".join(f"{c} {name}".strip() for name, c in linear.items() if c)
    return f"({text})" if " " in text else text


def _cover_all_signs(visits: Sequence[Visit]) -> bool:
    """Whether the cells of visits hold all combinations of signs of the numbers that they compare, linear or not.

    A number that is a divisor is not 0; and none is where only the inside of cells matters.
    """
    numbers = sorted({each.number for visit in visits for each in visit.outcome.comparisons})
    if not visits or len(numbers) > MOST_NUMBERS or not all(visit.outcome.proved for visit in visits):
        return False
    divisors = {each.number for visit in visits for each in visit.outcome.divisors}
    open_only = any(visit.inside_only for visit in visits)
    signs = [(1, -1) if open_only or number in divisors else (1, -1, 0) for number in numbers]
    cells = [[(numbers.index(c.number), COMPARE[_SAME.get(c.relation, c.relation)]) for c in visit.outcome.comparisons]
             for visit in visits]  # fmt: skip
    return all(any(all(holds(at[k], 0) for k, holds in cell) for cell in cells) for at in product(*signs))


_SAME = {"==": "="}


class _Turns(Branches):
    """Alternatives by turns: another one at each point."""

    def __init__(self, number: int) -> None:
        super().__init__()
        self.number = number

    def pick(self, count: int) -> int:
        """An alternative that depends on the point."""
        self.used += 1
        return (self.number * (2 * self.used + 1) + self.number // count) % count


_NOWHERE = "no sample satisfies the conditions"
