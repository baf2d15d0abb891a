"""Linear relations among the arguments of exponentials, or of sines and cosines.

exp(a + b) = exp(a) exp(b) is used through linear algebra over Q: an argument that is a combination of known ones, with
small whole coefficients, gives a product of powers of known generators; any other argument is a new one. Arguments are
vectors: the coefficients of their numerators over a common denominator, because x / (1 + x) - y / (1 + y) is a
combination of the two only over (1 + x)(1 + y). An argument whose numerator would be long stands apart.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from fractions import Fraction
from math import lcm, prod
from typing import Any, TypeAlias

from chainrule.algebra.exact import Exact
from chainrule.algebra.field import current
from chainrule.algebra.memory import Memory, small_fraction
from chainrule.algebra.polynomial_quotients import times_atoms

Coordinates: TypeAlias = dict[Any, Any]
"""Rationals by monomial and denominator: (0, ()) for numerators over the common one, else 1 and the number's own."""

MOST_TERMS = 256
"""Most terms of a common denominator."""

LONGEST = 4000
"""Most terms of a numerator over it, before equal ones are joined."""


@dataclass
class _Row:
    """A combination of arguments that has 1 at `pivot`, where later rows have 0."""

    pivot: Any
    vector: Coordinates
    combination: dict[int, Any]


@dataclass
class Span:
    """The arguments of one kind of generator, with the member made of each.

    Attributes
    ----------
    kind : str
        For the memory: arguments of one computation have the same numbers in each run.
    members : list
        The objects that the caller made of the arguments.
    """

    kind: str
    members: list[Any] = field(default_factory=list)
    _arguments: list[Exact] = field(default_factory=list)
    _fineness: list[int] = field(default_factory=list)
    _rows: list[_Row] = field(default_factory=list)
    _common: dict[int, int] = field(default_factory=dict)
    """Exponents in the common denominator, by the number of the atom."""

    def combination(self, a: Exact) -> dict[int, Fraction] | None:
        """The coefficients by member whose combination is `a`: None if there is none, empty if they are not small."""
        rest, result = self._coordinates(a), dict[int, Any]()
        for row in self._rows:
            factor = rest.get(row.pivot)
            if factor is not None:
                _subtract(rest, row.vector, factor)
                _subtract(result, row.combination, -factor)
        if rest:
            return None
        small = {member: small_fraction(c, fineness=self._fineness[member]) for member, c in result.items()}
        return {member: c for member, c in small.items() if c is not None} if None not in small.values() else {}

    def whole(self, a: Exact, memory: Memory) -> dict[int, int] | None:
        """The combination in whole numbers; without one, the arguments are divided and the computation runs again."""
        found = self.combination(a)
        if not found:
            return None
        for member, coefficient in found.items():
            if coefficient.denominator > 1:
                key = (self.kind, member)
                memory.refine(key, lcm(memory.fineness.get(key, 1) * coefficient.denominator))
        return {member: int(c) for member, c in found.items()}

    def add(self, a: Exact, member: Any, fineness: int = 1) -> None:
        """Add an argument and the member made of it. Its multiples are small up to 64 times `fineness`."""
        vector = self._coordinates(a)
        self.members.append(member)
        self._arguments.append(a)
        self._fineness.append(fineness)
        self._add_row(vector, len(self.members) - 1)

    def _add_row(self, vector: Coordinates, number: int) -> None:
        combination: dict[int, Any] = {number: 1}
        for row in self._rows:
            factor = vector.get(row.pivot)
            if factor is not None:
                _subtract(vector, row.vector, factor)
                _subtract(combination, row.combination, factor)
        if not vector:
            return  # a multiple, by a large fraction, of what is known: it stands alone
        pivot = min(vector)
        lead = vector[pivot]
        self._rows.append(
            _Row(pivot, {k: c / lead for k, c in vector.items()}, {k: c / lead for k, c in combination.items()})
        )

    def _coordinates(self, a: Exact) -> Coordinates:
        """The number as a vector. Where it has another denominator, the common one grows, and the rows change."""
        grown = {**self._common, **{k: e for k, e in a.den if e > self._common.get(k, 0)}}
        if grown != self._common and _terms_of(grown) <= MOST_TERMS:
            self._common, self._rows = grown, []
            for number, argument in enumerate(self._arguments):
                self._add_row(self._numerator(argument), number)
        return self._numerator(a)

    def _numerator(self, a: Exact) -> Coordinates:
        entered, own = current(), dict(a.den)
        missing = {k: e - own.get(k, 0) for k, e in self._common.items()}
        stands_apart = not own.keys() <= missing.keys() or min(missing.values(), default=0) < 0
        if stands_apart or len(a.num) * _terms_of(missing) > LONGEST:
            return {(monomial, (1, a.den)): coefficient for monomial, coefficient in a.num.to_dict().items()}
        numerator = times_atoms(entered, a.num, missing)
        return {(monomial, (0, ())): coefficient for monomial, coefficient in numerator.to_dict().items()}

    def copied(self) -> Span:
        """A copy that stays as it is when this span learns more."""
        return replace(
            self,
            members=list(self.members),
            _arguments=list(self._arguments),
            _fineness=list(self._fineness),
            _rows=list(self._rows),
        )

    def fineness(self, memory: Memory) -> int:
        """The whole number by which the next argument is divided."""
        return memory.fineness.get((self.kind, len(self.members)), 1)


def _terms_of(exponents: dict[int, int]) -> int:
    """At most so many terms has the product of these powers of atoms."""
    atoms = current().atoms
    return prod(len(atoms[number].polynomial) ** exponent for number, exponent in exponents.items())


def _subtract(vector: dict[Any, Any], other: dict[Any, Any], factor: Any) -> None:
    for key, c in other.items():
        rest = vector.get(key, 0) - factor * c
        if rest == 0:
            vector.pop(key, None)
        else:
            vector[key] = rest
