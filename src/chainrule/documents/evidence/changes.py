"""Derivatives of what is computed in exact numbers, by arrays of which the entries are variables, or not."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeAlias

import numpy as np

from chainrule.algebra import Exact, ExactArray, exact_numbers, jacobian, substituted, variables
from chainrule.algebra.comparisons import record
from chainrule.algebra.exact import Infinite
from chainrule.algebra.field import OutsideDomain, current
from chainrule.algebra.formal_derivatives import positions
from chainrule.algebra.memory import TooLarge
from chainrule.algebra.powers import single

Value: TypeAlias = Any
"""An int, for an index or a size, or an array of exact numbers; a scalar has no axes."""

Place: TypeAlias = tuple[int | slice, ...]
"""The position of an entry in an array, or of one of its columns."""


def wrapped(result: Any) -> ExactArray:
    """Any value as an array of exact numbers."""
    return exact_numbers(result)


def array_of(entries: Sequence[Any], shape: tuple[int, ...]) -> ExactArray:
    """Numbers in an array of a shape."""
    flat = np.empty(len(entries), dtype=object)
    flat[:] = entries
    return exact_numbers(flat.reshape(shape))


@dataclass(frozen=True, eq=False)
class Change:
    """Small changes e of an array, all 0 at the sample."""

    array: ExactArray
    at_zero: dict[int, Exact]
    _known: dict[int, Exact] = field(default_factory=dict)

    @staticmethod
    def of(shape: tuple[int, ...]) -> Change:
        """Changes of an array of this shape: given up ones, and new ones."""
        entered, count = current(), int(np.prod(shape, dtype=int))
        free = entered.tables.setdefault(_GIVEN_UP, [])
        made = [free.pop() for _ in range(min(count, len(free)))]
        new = variables(f"e{len(entered.generators)}_", np.zeros(count - len(made), int)).tolist()
        made += zip(new, positions(new), strict=True)
        return Change(array_of([e for e, _ in made], shape), {position: Exact(0) for _, position in made})

    def give_up(self) -> None:
        """Let others have the changes: nothing is left that contains them."""
        free = current().tables[_GIVEN_UP]
        free += zip(self.array.ravel().tolist(), self.at_zero, strict=True)

    def derivatives(self, compute: Callable[[], Value], place: Place | None, orders: int) -> ExactArray:
        """The derivatives of what is computed by the changes, or by one of them, at e = 0.

        Conditions that are recorded on the way are then those at e = 0, also where nothing can be computed: that the
        logarithm of x + e does not exist is a condition on x.
        """
        before = len(current().conditions)
        try:
            slopes = slopes_of(compute(), self.array if place is None else wrapped(self.array[place]), orders)
            entries = [substituted(Exact(slope), self.at_zero, known=self._known) for slope in slopes.ravel().tolist()]
        except TooLarge:  # nothing of this computation remains
            raise
        except Exception:
            self._forget(before)
            raise
        self._forget(before)
        return array_of(entries, slopes.shape)

    def _forget(self, before: int) -> None:
        """Replace the conditions recorded since then by those at e = 0, and drop divisors that contain e."""
        entered = current()
        recorded = entered.conditions[before:]
        del entered.conditions[before:]
        for condition in recorded:
            number = substituted(condition.number, self.at_zero, known=self._known)
            if not number.num.is_constant():
                record(number, condition.relation)
        entered.divisors[:] = [
            atom for atom in entered.divisors if not any(atom.polynomial.degrees()[k] > 0 for k in self.at_zero)
        ]


_GIVEN_UP = "changes that are given up"


def without_changes(reason: str) -> str:
    """A reason in words, in which changes e, which readers did not write, are 0.

    >>> without_changes("the logarithm of 1 - x - e2_0, which is not positive"), without_changes("the sign of e0_1")
    ('the logarithm of 1 - x, which is not positive', 'the sign of 0')
    """
    return re.sub(r"e\d+_\d*", "0", re.sub(r" [+-] e\d+_\d*", "", reason))


def are_variables(value: ExactArray) -> bool:
    """Whether all entries are variables, each by itself."""
    generators = [single(entry) for entry in value.ravel().tolist()]
    return all(each is not None and each.kind == "variable" for each in generators)


def slopes_of(value: Value, by: ExactArray, orders: int) -> ExactArray:
    """The derivatives by variables, in the shape of the value followed by that of the variables, once per order."""
    slopes = result = exact_numbers(value)
    if any(isinstance(entry, Infinite) for entry in result.ravel().tolist()):
        raise OutsideDomain("infinity has no derivative")
    for _ in range(orders):
        slopes = jacobian(slopes, by)
    return wrapped(slopes.reshape((*result.shape, *(by.shape * orders))))


def slopes_at(
    value: ExactArray, of: Callable[[ExactArray], Value], place: Place | None = None, orders: int = 1
) -> ExactArray:
    """The derivatives of a function of an array, or those by one entry, where the array has a value."""
    change = Change.of(value.shape)
    found = change.derivatives(lambda: of(wrapped(value + change.array)), place, orders)
    change.give_up()
    return found


def derived_function(of: Callable[..., Value], order: tuple[int, ...]) -> Callable[..., Value]:
    """The derivative of a function of numbers, of some order by each argument."""

    def derived(*given: Value) -> Value:
        lowered = tuple(order)
        which = next(number for number, count in enumerate(lowered) if count)
        inner = derived_function(of, tuple(count - (number == which) for number, count in enumerate(lowered)))
        lower = inner if sum(lowered) > 1 else of
        return slopes_at(exact_numbers(given[which]), lambda moved: lower(*given[:which], moved, *given[which + 1 :]))

    return derived
