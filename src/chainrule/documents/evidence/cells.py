"""Evidence for a claim at one choice of its sizes: whether both sides are equal in all cells of its numbers.

Both sides are computed at a sample. If they compare numbers, the sample lies in one of several cells, and samples
outside of the cells found so far follow until the cells cover everything, or are too many.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import islice, product

from chainrule.algebra import Attempt, Constraint
from chainrule.algebra.linear_systems import Linear, TooManyRows
from chainrule.algebra.powers import POWER_OF_ZERO
from chainrule.algebra.regions import sample
from chainrule.checking.proofs.exploration import Ties, Values, Visit, explored
from chainrule.documents.evidence.array_values import COMPARE
from chainrule.documents.evidence.clocks import Clock
from chainrule.documents.evidence.findings import Counterexample, Finding
from chainrule.documents.evidence.inputs import Branches, FreeArray, samples
from chainrule.documents.evidence.questions import Question
from chainrule.documents.evidence.stand_ins import told
from chainrule.documents.evidence.visits import Told, Visitor, number_of_place

MOST_CELLS = 40
MOST_BRANCHES = 40
MOST_SHIFTS = 3
MOST_NUMBERS = 6
"""Most numbers of which all combinations of signs are looked at."""

SAMPLES = 8
"""Samples where cells do not tell what lies outside of them."""


@dataclass(frozen=True)
class Cells:
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


def cells_at(
    question: Question, sizes: Mapping[str, int], clock: Clock, filled: set[int], tried: int = 0
) -> Cells | Finding:
    """The evidence at one choice of the sizes: for all indices, in all cells, for all alternatives.

    `filled` gets the numbers of the ranges that had members; `tried` points were tried before.
    """
    arrays, places, branches = question.arrays(sizes), question.places(sizes), Branches()
    domain = [comparison for each in arrays for comparison in each.comparisons()]
    visitor = Visitor(question, sizes, branches, arrays, places, clock=clock, filled=filled)
    if any("one-hot" in each.facts for each in arrays):
        relaxed, one = [each.relaxed for each in arrays], Branches()
        relaxing = Visitor(question, sizes, one, relaxed, places, clock=clock, filled=filled)
        visit = relaxing.on_cell(next(samples(relaxed)), {})
        outcome = visit.outcome
        on_all = not (
            outcome.comparisons or outcome.divisors or visit.results.exceptions or visit.results.at_sample_only
        )
        if outcome.proved and visit.results.places and on_all and not one.taken:
            return Cells(sizes, True)
    told_of, complete = list[Visit](), all(each.is_whole for each in arrays)
    for _ in range(MOST_BRANCHES):
        found, covered = _explored(visitor, arrays, domain)
        complete &= covered
        for each in found:
            if each.outcome.differences:
                return difference(visitor, each, tried)
            if each.outcome.undecided:
                return Cells(sizes, reason="; ".join(each.outcome.undecided[:2]))
            told_of.append(each)
        if not branches.advance():
            break
    else:
        complete = False
    results: list[Told] = [each.results for each in told_of]
    counted = [each for each in told_of if each.results.places]
    reason = next((each.undefined for each in results if each.undefined), "")
    if not counted:
        return Cells(sizes, undefined=True, reason=reason) if complete else Cells(sizes, reason=reason or _NOWHERE)
    here_only = any(each.at_sample_only for each in results)
    unproved = "the sign is not known everywhere" if here_only else "" if complete else "the cells are not all known"
    return Cells(
        sizes,
        not unproved,
        inside_only=any(each.inside_only and each.outcome.comparisons for each in counted),
        exceptions=tuple(dict.fromkeys(text for each in results for text in each.exceptions)),
        note=next((each.note for each in results if each.note), ""),
        reason=unproved,
        count=len(told_of),
        borders=tuple({str(c): c for each in told_of for c in each.outcome.comparisons if c.terms}.values()),
    )


def difference(visitor: Visitor, visit: Visit, tried: int) -> Finding:
    """The finding for a claim whose sides differ at a visit, after so many points."""
    differences, results, places = visit.outcome.differences, visit.results, visitor.places
    failing = {number_of_place(each) for each in differences}
    functions = {}
    if visitor.stand_in is not None:
        for name, kind in visitor.question.functions.items():
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
        points=tried,
        note=results.note,
    )


# What follows is private.


def _explored(visitor: Visitor, arrays: Sequence[FreeArray], domain: Sequence[Constraint]) -> tuple[list[Visit], bool]:
    """Visits of all cells, and of those where sums of squares are 0, and whether they cover everything."""
    if not any(each.variables for each in arrays):
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


_NOWHERE = "no sample satisfies the conditions"
