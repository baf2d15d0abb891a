"""Limits of what is computed in exact numbers, where a number tends to 0.

What is computed is a quotient of functions that are smooth at 0, as sums, products and the known functions of smooth
functions are. Its limit is the quotient of the first coefficients that are not 0 in the Taylor series of both. Where a
comparison comes out differently on both sides of 0, so may the limit; then it is computed on both sides.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from math import factorial
from typing import Any

from chainrule.algebra import Exact, ExactArray, Undecided, exact_numbers, substituted, variables
from chainrule.algebra.comparisons import record
from chainrule.algebra.exact import Infinite, made
from chainrule.algebra.field import STRICT, Condition, current
from chainrule.algebra.formal_derivatives import derivatives, positions, variables_of
from chainrule.documents.evidence.changes import Value, array_of, wrapped

MOST_ORDER = 6
"""Most zeros of a number at one point."""

SAMPLE = 2.0**-20


def limit(compute: Callable[[ExactArray], Value]) -> ExactArray:
    """The limits of all entries of what is computed from a number that tends to 0 from both sides.

    Raises
    ------
    Undecided
        If one does not exist, or is not found.
    """
    near = _Approach.new(SAMPLE)
    above = near.limit(compute)
    if near.is_sided:
        below = _Approach.new(-SAMPLE).limit(compute)
        if any(not (a - b).is_zero() for a, b in zip(above.ravel().tolist(), below.ravel().tolist(), strict=True)):
            raise Undecided("a limit that is another one from below than from above")
    return above


# What follows is private.


@dataclass(eq=False)
class _Approach:
    """A number that tends to 0 from the side where its sample is.

    Attributes
    ----------
    is_sided : bool
        Whether a comparison comes out differently on the other side.
    """

    number: ExactArray
    at_zero: dict[int, Exact]
    sign: int
    is_sided: bool = False
    known: dict[int, Exact] = field(default_factory=dict)

    @staticmethod
    def new(sample: float) -> _Approach:
        """A new number with a sample near 0."""
        number = variables(f"h{len(current().generators)}_", sample)
        at_zero = {position: Exact(0) for position in positions(number.ravel().tolist())}
        return _Approach(number, at_zero, 1 if sample > 0 else -1)

    def limit(self, compute: Callable[[ExactArray], Value]) -> ExactArray:
        """The limits of all entries, from this side."""
        entered = current()
        before = len(entered.conditions)
        try:
            value = exact_numbers(compute(self.number))
        finally:  # what is recorded of this number says nothing outside
            recorded = entered.conditions[before:]
            moving = [each for each in recorded if self._moves(each.number)]
            entered.conditions[before:] = [each for each in recorded if not self._moves(each.number)]
        for condition in moving:
            self._record(condition)
        found = [self._limit_of(entry) for entry in value.ravel().tolist()]
        entered.divisors[:] = [
            each for each in entered.divisors if not self._moves(made(each.polynomial, (), each.value))
        ]
        return wrapped(array_of(found, value.shape))

    def _moves(self, number: Exact) -> bool:
        return not variables_of(current(), number).isdisjoint(self.at_zero)

    def _there(self, number: Exact) -> Exact:
        return substituted(number, self.at_zero, known=self.known)

    def _record(self, condition: Condition) -> None:
        """Record a condition as one on the first coefficient of its number, which has the number's sign near 0."""
        zeros, first = self._first(condition.number)
        self.is_sided |= zeros % 2 > 0
        first = first if zeros % 2 == 0 or self.sign > 0 else -first
        relation = STRICT.get(condition.relation, condition.relation)  # it must hold on both sides of 0
        if relation[0] not in ("!", ">" if first.value > 0 else "<" if first.value < 0 else ""):
            raise Undecided("a limit where a comparison changes")  # the sample is not near enough
        if first.rational() is None:
            record(first, relation)

    def _limit_of(self, entry: Any) -> Exact:
        if isinstance(entry, Infinite):
            raise Undecided("a limit of something infinite")
        found: Exact = Exact(entry)
        if not self._moves(entry):
            return found
        divisor, order = Exact(1), 0
        for number, exponent in entry.den:
            atom = current().atoms[number]
            zeros, first = self._first(made(atom.polynomial, (), atom.value))
            if zeros and int(exponent) != exponent:
                raise Undecided("a limit of a quotient with a root")
            divisor, order = divisor * first**exponent, order + zeros * int(exponent)
        above, value = made(entry.num, (), current().value_of(entry.num)), Exact(0)
        for zeros in range(order + 1):
            value = self._there(above) / factorial(zeros)
            if zeros < order:
                if not value.is_zero():
                    raise Undecided("a limit that is not finite everywhere")
                above = self._slope(above)
        found = value / divisor
        return found

    def _first(self, number: Exact) -> tuple[int, Exact]:
        """How often a number is 0 at 0, and the first coefficient of its Taylor series that is not."""
        for zeros in range(MOST_ORDER + 1):
            value = self._there(number) / factorial(zeros)
            if not value.is_zero():
                return zeros, value
            number = self._slope(number)
        raise Undecided(f"a limit at a point with more than {MOST_ORDER} zeros")

    def _slope(self, number: Exact) -> Exact:
        [slope] = derivatives(number, list(self.at_zero))
        return slope
