"""Both sides of a claim at a sample, for all values of its cell, or at one point."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from fractions import Fraction
from math import prod
from typing import Any, TypeAlias

import flint

from chainrule.algebra import Attempt, Constraint, Exact, Field, Memory, Undecided, attempt, exact_numbers, variables
from chainrule.algebra.ball import Indefinite
from chainrule.algebra.comparisons import MOST_BITS
from chainrule.algebra.equalities import Difference, Equality, told_apart
from chainrule.algebra.exact import Infinite
from chainrule.algebra.field import OutsideDomain, current
from chainrule.algebra.formal_derivatives import variables_of
from chainrule.algebra.linear_systems import Linear
from chainrule.algebra.memory import Restart, TooLarge
from chainrule.algebra.point_numbers import PointNumber
from chainrule.checking.proofs.exploration import Ties, Values, Visit
from chainrule.documents.evidence.array_values import Undefined
from chainrule.documents.evidence.changes import without_changes
from chainrule.documents.evidence.clocks import Clock
from chainrule.documents.evidence.conditions import equations, imposed, replaced
from chainrule.documents.evidence.findings import AT_KINK, NEARLY, NOT_EQUAL, Place
from chainrule.documents.evidence.inputs import Branches, FreeArray
from chainrule.documents.evidence.questions import Question
from chainrule.documents.evidence.roundings import tolerances
from chainrule.documents.evidence.signs import compared, settled
from chainrule.documents.evidence.worlds import World
from chainrule.documents.language import terms

Shift: TypeAlias = tuple[str, list[tuple[Any, dict[str, int]]]]
"""The name of a variable, and terms to subtract: coefficients, and exponents of variables."""


BITS_OF_BALLS, AT_EXTREMES = 512, 4096
"""Precision of balls at points, and at those with huge or tiny numbers."""

EXTREME = 50
"""Larger numbers are huge; their inverses are tiny."""


@dataclass
class Told:
    """The results of a visit besides its outcome.

    Attributes
    ----------
    values : mapping
        The numbers of free names at the sample, as text.
    places : set of int
        The numbers of the places at which both sides are defined and the conditions hold.
    at_sample_only : bool
        True if a comparison holds at the sample, and its sign on the cell is not known.
    exceptions : list of str
        Numbers that must not be 0.
    borders : list of lists of Constraint
        Linear equations of the points at which one of them is 0.
    undefined : str
        Why a side is undefined.
    note : str
        Where one side alone is defined.
    shifts : list of Shift
        Shifts that would make comparisons linear.
    """

    values: dict[str, str] = field(default_factory=dict)
    places: set[int] = field(default_factory=set)
    failing: list[Difference] = field(default_factory=list)
    at_sample_only: bool = False
    exceptions: list[str] = field(default_factory=list)
    borders: list[list[Constraint]] = field(default_factory=list)
    undefined: str = ""
    note: str = ""
    shifts: list[Shift] = field(default_factory=list)


@dataclass(frozen=True, eq=False)
class Visitor:
    """Computes the sides of a claim at chosen sizes.

    Parameters
    ----------
    question : Question
    sizes : mapping
    branches : Branches
        Which of several alternatives is taken.
    stand_in : int or None
        The number of the known functions to take for unknown ones.
    opaque : bool
        True if long numbers are constants of which the value alone is known; at points.
    in_balls : bool
        True if numbers that are not rational are balls; at points. What balls do not tell is undecided.
    """

    question: Question
    sizes: Mapping[str, int]
    branches: Branches
    arrays: Sequence[FreeArray]
    places: Sequence[Place]
    room: Memory = field(default_factory=Memory)
    stand_in: int | None = None
    opaque: bool = False
    in_balls: bool = False
    clock: Clock = field(default_factory=Clock)
    shifts: list[Shift] = field(default_factory=list)
    """Variables b that became b - rest, so that comparisons of b + rest are linear."""
    filled: set[int] = field(default_factory=set)
    """The numbers of the question's ranges that had members where both sides were defined."""

    def on_cell(self, values: Values, ties: Ties) -> Visit:
        """Both sides for all values in the cell of a sample, of which some variables are numbers of others."""
        return self._visit(values, ties, is_point=False)

    def at_point(self, values: Values) -> Visit:
        """Both sides at one point."""
        return self._visit(values, {}, is_point=True)

    # What follows is private.

    def _visit(self, values: Values, ties: Ties, *, is_point: bool) -> Visit:
        told, inside_only = Told(), False

        def compute(entered: Field) -> Iterable[Equality]:
            nonlocal told, inside_only
            told, self.branches.used = Told(), 0
            pairs = self._pairs(told, values, ties, is_point)
            told.exceptions, told.borders = settled(entered)
            if not is_point:
                plain = {name for each in self.arrays if not each.facts for name in each.variables}
                told.shifts = _shifts(entered, plain - {name for name, _ in self.shifts})
            inside_only = entered.open
            return pairs or [("-1:", 0, 0)]

        count = sum(len(each.variables) for each in self.arrays)
        memory = Memory(max(self.room.generators, 2 * count + 8), self._bits(values) if self.in_balls else Memory.bits)
        try:
            floats = self.question.floats
            number = PointNumber if self.in_balls else None
            outcome = attempt(compute, ideal=floats.ideal, rounded=floats.rounded, memory=memory, number=number)
            floats.note(outcome)
        except (Undecided, ValueError, ZeroDivisionError, RecursionError) as error:
            outcome = Attempt(undecided=(str(error) or type(error).__name__,))
        self.room.generators = memory.generators
        if told.failing:
            outcome = replace(outcome, differences=tuple(told.failing), undecided=())
        return Visit(replace(outcome, outside=False), inside_only, told)

    def _bits(self, values: Values) -> int:
        sizes = [abs(value) for value in values.values() if value]
        return AT_EXTREMES if any(x > EXTREME or x * EXTREME < 1 for x in sizes) else BITS_OF_BALLS

    def _pairs(self, told: Told, values: Values, ties: Ties, is_point: bool) -> list[Equality]:
        question, claim, pairs = self.question, self.question.claim, list[Equality]()
        conditions = (*question.assumptions, *claim.conditions)
        has_equations = any(True for _ in equations(conditions))
        symbolic = not is_point or has_equations
        if symbolic and self.in_balls:
            raise Undecided("equations need variables")
        try:
            numbers = _numbers(self.arrays, values, ties, symbolic=symbolic)
            for name, rest in reversed(self.shifts if symbolic and not is_point else []):
                numbers[name] = numbers[name] - sum(
                    (c * prod((numbers[other] ** e for other, e in used.items()), start=Exact(1)) for c, used in rest),
                    Exact(0),
                )
            given = {each.name: each.filled(numbers, self.branches) for each in self.arrays}
            given = self._where(question.assumptions, given)
            fixed = self._fixed(given, values) if is_point and symbolic else given
            moving = not (ties or has_equations or is_point or self.shifts)
            world = self._world(fixed, moving=moving)
            for each in self.arrays:
                each.divide(fixed[each.name])
            if not all(world.holds(condition) for condition in question.assumptions):
                return pairs
        except (OutsideDomain, Undefined) as error:
            told.undefined = str(error)
            return pairs
        told.values = {name: _text(value) for name, value in fixed.items()}
        for number, place in enumerate(self.places):
            here = world
            try:
                if any(True for _ in equations(claim.conditions)):
                    inside = self._where(claim.conditions, {**given, **place})
                    here = self._world(self._fixed(inside, values) if is_point else inside, moving=False)
                elif place:
                    here = world.with_values(dict(place))
                if not all(here.holds(condition) for condition in claim.conditions):
                    continue
            except OutsideDomain:
                continue
            sides = self._sides(told, here, is_point)
            if here is not world:
                here.give_up_changes()
            if sides is not None:
                told.places.add(number)
                self.filled.update(
                    each
                    for each, (low, high) in enumerate(question.ranges)
                    if each not in self.filled and here.whole(low, {}) <= here.whole(high, {})
                )
                if here.root is not world:
                    told.values = {name: _text(here.root.given[name]) for name in given}
                pairs += self._judged(told, number, *sides, is_point=is_point)
        return pairs

    def _world(self, given: dict[str, Any], *, moving: bool) -> World:
        question = self.question
        return World(question.names, self.sizes, given, None, self.stand_in, self.opaque, self.clock, moving)

    def _where(self, conditions: Sequence[terms.Condition], given: dict[str, Any]) -> dict[str, Any]:
        """The values of free names where the equations among conditions hold."""
        wanted = list(equations(conditions))
        if not wanted:
            return given

        def remainders(now: dict[str, Any]) -> Iterator[Exact]:
            world = self._world(now, moving=False)
            for each in wanted:
                left, right = _alike(world.value(each.left), world.value(each.right))
                yield from (a - b for a, b in zip(left.ravel().tolist(), right.ravel().tolist(), strict=True))

        found = imposed(given, remainders, self.branches)
        for each in self.arrays:
            if found[each.name] is not given[each.name]:
                each.check(found[each.name])
        return found

    def _fixed(self, given: Mapping[str, Any], values: Values) -> dict[str, Any]:
        """The values of names at the point itself."""
        named = {generator.text: generator.index for generator in _variables()}
        numbers = {named[name]: Exact(0) + _rational(value) for name, value in values.items() if name in named}
        known: dict[int, Exact] = {}
        return {name: replaced(value, numbers, known) for name, value in given.items()}

    def _sides(self, told: Told, world: World, is_point: bool) -> tuple[Any, Any] | None:
        """Both sides; None if one is undefined."""
        found, claim = list[Any](), self.question.claim
        for side in (claim.left, claim.right):
            try:
                value = exact_numbers(world.value(side))
                if any(isinstance(entry, Infinite) for entry in value.ravel().tolist()):
                    raise Undefined("a side is infinite")
                found.append(value)
            except TooLarge:
                raise
            except (OutsideDomain, Undefined, Indefinite) as error:
                found.append(None)
                told.undefined = str(error)
            except Undecided as error:
                if not is_point or self.in_balls:
                    raise
                found.append(None)
                told.undefined = str(error)
        if found[0] is None or found[1] is None:
            reason = without_changes(told.undefined)
            if reason.startswith("the sign of") and is_point and any(map(_has_derivative, (claim.left, claim.right))):
                reason = AT_KINK
            if found[0] is not found[1] and not told.note:
                defined, other = ("left", "right") if found[1] is None else ("right", "left")
                told.note = f"where the {defined} side is defined, the {other} side is not always: {reason}"
            elif any(equations(claim.conditions)) and not told.note:
                told.note = f"where the assumed equations hold, the sides are not always defined: {reason}"
            return None
        return _alike(*found)

    def _rounds(self, rest: Exact, *, is_point: bool) -> bool:
        """Whether a number without variables rounds to one that is printed, given their difference."""
        wanted = tolerances(self.question.claim)
        free = {generator.index for generator in _variables()}
        if wanted is None or is_point or free & variables_of(current(), rest):
            raise Undecided(NOT_EQUAL)
        (near, far), difference = wanted, abs(rest.value)
        if difference <= flint.arb(flint.fmpq(near.numerator, near.denominator)):
            return True
        if far is None or not difference >= flint.arb(flint.fmpq(far.numerator, far.denominator)):
            raise Undecided(NEARLY)
        return False

    def _judged(self, told: Told, number: int, left: Any, right: Any, *, is_point: bool) -> Iterator[Equality]:
        """The equalities to prove; failing comparisons are noted."""
        relation = self.question.claim.relation
        if relation == "=" and not is_point:
            yield f"{number}:", left, right
            return
        if left.shape != right.shape:
            raise ValueError(f"shapes {left.shape} and {right.shape} differ")
        for a, b in zip(left.ravel().tolist(), right.ravel().tolist(), strict=True):
            rest = Exact(0) + a - b
            if relation == "=" and isinstance(a, PointNumber):
                holds: bool | None = a.agrees_with(Exact(b))
            elif relation == "~":
                holds = rest.is_zero() or self._rounds(rest, is_point=is_point)
            elif relation == "=":
                holds = _vanishes(rest)
            else:
                holds = compared(relation, rest)
            told.at_sample_only |= holds is None
            if holds is False:
                values = Exact(a).value, Exact(b).value
                shown = [x.str(12, radius=False) for x in values] if rest.is_zero() else told_apart(*values)
                told.failing.append(Difference(f"{number}:", *shown))
                break
        yield f"{number}:", 0, 0


def number_of_place(difference: Difference) -> int:
    """The number of the place at which a difference was found."""
    return int(difference.entry.partition(":")[0])


# What follows is private.


def _vanishes(rest: Exact) -> bool:
    """Whether a number without variables is 0: exactly, or as far as the highest precision tells."""
    if rest.is_zero():
        return True
    if not rest.value.is_finite():
        raise Undecided("a number that is not finite")
    if not rest.value.contains(0):
        return False
    memory = current().memory
    if memory.bits < MOST_BITS:
        memory.bits *= 4
        raise Restart
    return True


def _shifts(entered: Field, names: set[str]) -> list[Shift]:
    """For each recorded comparison of a number that is not linear, a variable that stands in it with a constant factor.

    The variable takes all values, whatever the others are. So the number itself can be the variable.
    """
    found: dict[str, Shift] = {}
    for condition in entered.conditions:
        p = condition.number.num
        used = [(i, entered.at(i)) for i, degree in enumerate(p.degrees()) if degree > 0]
        if condition.number.den or p.total_degree() < 2 or any(g.kind != "variable" for _, g in used):
            continue
        for i, generator in used:
            slope = p.derivative(i)
            if generator.text in names - found.keys() and slope.is_constant():
                rest = p / slope.leading_coefficient() - entered.context.gen(i)
                terms_of = [
                    (c, {entered.at(k).text: int(e) for k, e in enumerate(m) if e}) for m, c in rest.to_dict().items()
                ]
                found[generator.text] = (generator.text, terms_of)
                break
    return list(found.values())


def _alike(left: Any, right: Any) -> tuple[Any, Any]:
    """Both sides in one shape: a matrix with one entry is a number."""
    one, other = exact_numbers(left), exact_numbers(right)
    if one.size == other.size == 1:
        return one.reshape(()), other.reshape(())
    return one, other


def _variables() -> Iterator[Any]:
    return (generator for generator in current().generators if generator.kind == "variable")


def _has_derivative(side: terms.Term) -> bool:
    """Whether a derivative is taken in a side."""
    calls = (part for part in terms.every(side) if isinstance(part, terms.Call))
    return any(isinstance(part, terms.Slope) for part in terms.every(side)) or any(any(each.order) for each in calls)


def _numbers(arrays: Sequence[FreeArray], values: Values, ties: Ties, *, symbolic: bool) -> dict[str, Any]:
    """The variables, and the numbers that ties make of them; or their values."""
    if not symbolic:
        return {name: Exact(0) + _rational(values[name]) for each in arrays for name in each.variables}
    numbers = {
        name: variables(name, _rational(values[name]), positive=each.positive)[()]
        for each in arrays
        for name in each.variables
        if name not in ties
    }
    for name, tie in ties.items():
        numbers[name] = _sum_of(tie, numbers)
    return numbers


def _sum_of(tie: Linear, numbers: Mapping[str, Any]) -> Any:
    return sum((_rational(c) * (numbers[other] if other else 1) for other, c in tie.items()), Exact(0))


def _rational(x: Fraction) -> Any:
    return flint.fmpq(x.numerator, x.denominator)


def _text(value: Any) -> str:
    """Numbers at the sample; those of a matrix in rows."""
    numbers = exact_numbers(value)
    if numbers.ndim == 2 and 1 not in numbers.shape:
        return f"({', '.join(map(_text, numbers))})"
    entries = [Exact(entry).value.str(6, radius=False) for entry in numbers.ravel().tolist()]
    return entries[0] if len(entries) == 1 else f"({', '.join(entries)})"
