"""Sample values for the inputs of a rule, and what is equal among them.

An assignment says where a proof takes its sample, and which variables are equal there, or equal to a constant. The
derivative of a definition is taken by variables that are all different; equal ones are then substituted.
"""

from __future__ import annotations

from collections.abc import Generator, Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import flint
import numpy as np

from chainrule.algebra import Constraint, ExactArray, Field, exact_numbers, substituted, variables
from chainrule.algebra.comparisons import record, sign_at_sample
from chainrule.algebra.exact import Exact, rational
from chainrule.algebra.field import Condition
from chainrule.algebra.regions import is_difference, samples_outside
from chainrule.arrays import holds_labels, random_stream
from chainrule.checking.examples import IMAGE_RULES
from chainrule.rules import Rule

MOST_COMPARED = 12
"""Most variables whose order is explored."""


MOST_SHOWN = 4
"""Most variables whose values a message shows."""


class MeetsKink(Exception):
    """The definition changes its branch at the sample, so that its derivative is not taken there."""


class MeetsOtherComparisons(Exception):
    """The code compares more than order and sign, or too many variables at once."""


@dataclass(frozen=True)
class Inputs:
    """Inputs of a rule at one size: integers are labels, floats show the domain in which variables take their samples.

    Attributes
    ----------
    rule : Rule
    samples : tuple of arrays
    options : mapping
    """

    rule: Rule
    samples: tuple[Any, ...]
    options: Mapping[str, Any]

    @property
    def size(self) -> str:
        """The number of entries of vectors, or all shapes."""
        shapes = [np.shape(x) for x in self.samples]
        return str(shapes[0][0]) if len(shapes[0]) == 1 else " x ".join(map(str, shapes))

    def names(self) -> list[list[str]]:
        """The names of the variables of every input; none for labels."""
        return [
            [] if holds_labels(x) else [f"{name}{i}" for i in range(x.size)] if np.ndim(x) else [name]
            for name, x in zip(self.rule.inputs, self.samples, strict=True)
        ]

    def values(self) -> dict[str, Fraction]:
        """A value for every variable: near the sample, all different, with small denominators."""
        found: dict[str, Fraction] = {}
        for names, x in zip(self.names(), self.samples, strict=True):
            for name, value in zip(names, np.ravel(x).tolist(), strict=False):
                near = Fraction(value).limit_denominator(64) if np.isfinite(value) else Fraction(-9)
                found[name] = near + Fraction(len(found) + 1, 1009)
        return found


@dataclass(frozen=True)
class Assignment:
    """Sample values of all variables; those with equal values are equal, and those at a constant are that constant."""

    points: Inputs
    values: Mapping[str, Fraction]
    constants: frozenset[Fraction] = frozenset({Fraction(0)})

    @classmethod
    def of_point(cls, points: Inputs) -> Assignment:
        """The sample itself, in which entries may be equal or 0."""
        named = zip(points.names(), points.samples, strict=True)
        return cls(
            points,
            {name: Fraction(x) for names, xs in named for name, x in zip(names, np.ravel(xs).tolist(), strict=False)},
        )

    def __str__(self) -> str:
        shown = [f"{name} = {value}" for name, value in list(self.values.items())[:MOST_SHOWN]]
        return ", ".join(shown) + (", ..." if len(self.values) > MOST_SHOWN else "")

    def equals(self) -> dict[str, str | Fraction]:
        """The variables that are equal to a constant or to an earlier variable, with that one."""
        first: dict[Fraction, str] = {}
        found: dict[str, str | Fraction] = {}
        for name, value in self.values.items():
            if value in self.constants:
                found[name] = value
            elif first.setdefault(value, name) != name:
                found[name] = first[value]
        return found

    def ties(self) -> tuple[Constraint, ...]:
        """The equalities of the variables."""
        one = Fraction(1)
        return tuple(
            Constraint(f"{name} - {other}", "==", {name: one, other: -one})
            if isinstance(other, str)
            else Constraint(name, "==", {name: one}, -other)
            for name, other in self.equals().items()
        )

    def variables(self) -> tuple[Any, ...]:
        """Inputs of new variables, all different. Their samples are those of the pattern, moved apart where equal."""
        equal = self.equals()
        made = []
        for names, x in zip(self.points.names(), self.points.samples, strict=True):
            if holds_labels(x):
                made.append(x)
                continue
            apart = [self.values[n] + (Fraction(i + 1, 7_000_003) if n in equal else 0) for i, n in enumerate(names)]
            samples = np.empty(len(names), dtype=object)
            samples[:] = list(map(_fmpq, apart))
            made.append(variables(names[0].removesuffix("0") if np.ndim(x) else names[0], samples.reshape(np.shape(x))))
        return tuple(made)

    def tied(self, inputs: tuple[Any, ...]) -> tuple[Any, ...]:
        """The inputs in which variables that are equal are the same."""
        equal = self.equals()
        if not equal:
            return inputs
        numbers = {
            name: number
            for names, x in zip(self.points.names(), inputs, strict=True)
            if isinstance(x, ExactArray)
            for name, number in zip(names, x.ravel().tolist(), strict=True)
        }
        same = {}
        for name in numbers:
            other = equal.get(name, name)
            same[name] = numbers[other] if isinstance(other, str) else rational(_fmpq(other))
        result = []
        for names, x in zip(self.points.names(), inputs, strict=True):
            if isinstance(x, ExactArray):
                flat = np.empty(len(names), dtype=object)
                flat[:] = [same[name] for name in names]
                result.append(exact_numbers(flat.reshape(x.shape)))
            else:
                result.append(x)
        return tuple(result)

    def on_open_cell(self, field: Field, value: Any, slopes: Sequence[Any], inputs: tuple[Any, ...]) -> Any:
        """The value and slopes where variables are equal; conditions become strict, as derivatives need.

        Raises
        ------
        MeetsKink
            If a comparison of the definition is an equality here.
        """
        equal = self.tied(inputs)
        numbers = {
            _position(variable): number
            for x, y in zip(inputs, equal, strict=True)
            if isinstance(x, ExactArray)
            for variable, number in zip(x.ravel().tolist(), y.ravel().tolist(), strict=True)
            if variable is not number
        }
        conditions, known = list(field.conditions), dict[int, Exact]()
        divisors = list(field.divisors)
        field.forget_cell()
        if not numbers:
            field.divisors += divisors

        def at_equal(x: Any) -> Any:
            if not numbers or x is None:
                return x
            flat = np.empty(x.size, dtype=object)
            flat[:] = [substituted(number, numbers, known=known) for number in x.ravel().tolist()]
            return exact_numbers(flat.reshape(x.shape))

        for condition in conditions:
            self._record_strict(
                condition, substituted(condition.number, numbers, known=known) if numbers else condition.number
            )
        return at_equal(value), [at_equal(slope) for slope in slopes]

    def _record_strict(self, condition: Condition, number: Exact) -> None:
        sign, unknown = sign_at_sample(number)
        if sign == 0 or ((condition.relation in (">", ">=")) != (sign > 0) and condition.relation not in ("!=", "==")):
            raise MeetsKink
        if unknown is not None:
            record(unknown, condition.relation if condition.relation == "!=" else ">" if sign > 0 else "<")

    def directions(self, name: str, shape: tuple[int, ...]) -> ExactArray:
        """Variables for a cotangent or a tangent; constants where the assignment says so."""
        values = self._direction_values(name, shape)
        made = np.empty(len(values), dtype=object)
        made[:] = [
            rational(_fmpq(value)) if value in self.constants else variables(entry, _fmpq(value))[()]
            for entry, value in values.items()
        ]
        return exact_numbers(made.reshape(shape))

    def direction_in_words(self, name: str, shape: tuple[int, ...]) -> str:
        """The first values of a cotangent or a tangent, without those that the assignment names itself."""
        values = {entry: x for entry, x in self._direction_values(name, shape).items() if entry not in self.values}
        shown = [f"{entry} = {x}" for entry, x in list(values.items())[:MOST_SHOWN]]
        return ", ".join(shown) + (", ..." if len(values) > MOST_SHOWN else "")

    def _direction_values(self, name: str, shape: tuple[int, ...]) -> dict[str, Fraction]:
        names = [f"{name}{i}" for i in range(int(np.prod(shape)))]
        return {entry: self.values.get(entry, _direction(entry)) for entry in names}


def _direction(name: str) -> Fraction:
    """A value for an entry of a cotangent or a tangent; both signs occur."""
    seed = sum(map(ord, name))
    return Fraction((7 * (seed % 97) + 5) * (-1 if seed % 3 == 0 else 1), 11)


def _position(variable: Exact) -> int:
    [monomial] = variable.num.to_dict()
    index: int = monomial.index(1)
    return index


def _fmpq(x: Fraction) -> Any:
    return flint.fmpq(x.numerator, x.denominator)


def assignments_outside(points: Inputs) -> Generator[Assignment, Sequence[Constraint], None]:
    """Assignments, each outside the cells that were sent before; ends when the cells contain all inputs.

    Send the comparisons of the cell in which each assignment was found to lie.

    Raises
    ------
    MeetsOtherComparisons
        If a cell compares more than differences of variables with constants.
    """
    near = points.values()
    outside = samples_outside((), near)
    found = next(outside, None)
    while found is not None:
        region, values = found
        alone = [(c.constant, *(c.terms or {}).values()) for c in region if len(c.terms or ()) == 1]
        constants = {Fraction(0), *(-constant / factor for constant, factor in alone)}
        cell = yield Assignment(points, values, frozenset(constants))
        compared = {name for comparison in cell for name in comparison.terms or ()}
        many = points.rule.name in IMAGE_RULES and len(compared) > 0
        if many or len(compared) > MOST_COMPARED or not all(map(is_difference, cell)):
            raise MeetsOtherComparisons
        near |= {name: _direction(name) for name in compared - near.keys()}
        try:
            found = outside.send((cell, False))
        except StopIteration:
            return


def sampled_assignments(points: Inputs, count: int) -> Iterator[Assignment]:
    """Assignments with the values in other orders, and half of them with other signs."""
    for i in range(count):
        stream, values = random_stream(23, i), dict[str, Fraction]()
        known = points.values()
        for names in points.names():
            order = stream.permutation(len(names))
            signs = stream.choice([-1, 1], size=len(names)) if i % 2 else [1] * len(names)
            values |= {n: known[names[k]] * int(sign) for n, k, sign in zip(names, order, signs, strict=True)}
        yield Assignment(points, values)
