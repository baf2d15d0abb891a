"""The free arrays of a claim, made of variables so that what is said of them holds by construction.

Probabilities lack a last variable, orthonormal matrices are rational functions of their parameters, and one-hot columns
have no variables but alternatives, all of which are taken in turn.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import cached_property
from itertools import product
from math import prod
from typing import Any

import numpy as np

from chainrule.algebra import Constraint, Exact, exact_numbers
from chainrule.algebra.field import OutsideDomain
from chainrule.documents.evidence.changes import array_of
from chainrule.documents.language.operators import determinant
from chainrule.documents.language.strict_terms import BY_COLUMNS

TINY = Fraction(1, 10**30)
SUM_ONE = "sum-one"
"""The fact that numbers along an axis have the sum 1; one-hot ones are among them."""

AT_LEAST_ZERO = {"positive", "unit", "probabilities", "nonnegative"}

POSITIVE = {"positive", "unit", "probabilities", "negative"}
"""Facts that make the variables positive; negative numbers are those of positive variables with the other sign."""

HOLDS: dict[str, Callable[[Any], bool]] = {
    "positive": lambda x: x > 0,
    "negative": lambda x: x < 0,
    "nonnegative": lambda x: x >= 0,
    "nonzero": lambda x: x != 0,
    "unit": lambda x: x > 0 and x < 1,
    "probabilities": lambda x: x > 0,
    "any": lambda x: True,
}
"""The condition on each number by fact."""


class Branches:
    """The alternative that is taken, each time that there are several; all combinations are taken in turn."""

    def __init__(self) -> None:
        self.taken: list[int] = []
        self.counts: list[int] = []
        self.used = 0

    def pick(self, count: int) -> int:
        """The number of the alternative to take."""
        if self.used == len(self.taken):
            self.taken.append(0)
            self.counts.append(count)
        self.used += 1
        return min(self.taken[self.used - 1], count - 1)

    def advance(self) -> bool:
        """Go on to the next combination, and say if there is one."""
        while self.taken and self.taken[-1] == self.counts[-1] - 1:
            self.taken.pop()
            self.counts.pop()
        if self.taken:
            self.taken[-1] += 1
        return bool(self.taken)


@dataclass(frozen=True)
class FreeArray:
    """A free array of a claim.

    Attributes
    ----------
    name : str
    shape : tuple of int
    facts : frozenset of str
    has_rows : bool
        True for matrices, also for those that happen to have one column: probabilities are then summed along rows.
    """

    name: str
    shape: tuple[int, ...]
    facts: frozenset[str] = frozenset()
    has_rows: bool = False

    @property
    def positive(self) -> bool:
        """True if the variables are positive."""
        return not self.facts.isdisjoint(POSITIVE) and "orthonormal" not in self.facts

    @property
    def is_whole(self) -> bool:
        """True if the variables reach all arrays of which the facts hold, or all but a few."""
        return "orthonormal" not in self.facts or self.shape[0] <= 3

    @cached_property
    def places(self) -> list[tuple[int, ...]]:
        """The entries that have a variable of their own."""
        every = list(product(*map(range, self.shape)))
        if not self.facts.isdisjoint({"one-hot", "binary", "orthonormal"}):
            return []
        if not self.facts.isdisjoint({"probabilities", SUM_ONE}):
            return [place for place in every if place[self._axis] < self.shape[self._axis] - 1]
        return [place for place in every if place[0] <= place[1]] if "symmetric" in self.facts else every

    @cached_property
    def variables(self) -> tuple[str, ...]:
        """The names of its variables, such as x[1]."""
        if "orthonormal" in self.facts:
            return tuple(f"{self.name}[t{number + 1}]" for number in range(self._parameters))
        return tuple(self._variable(place) for place in self.places)

    def comparisons(self) -> Iterator[Constraint]:
        """The conditions that the facts put on the variables."""
        names, one = self.variables, Fraction(1)
        if "orthonormal" in self.facts:
            return
        for fact, relation in (("nonzero", "!="), ("nonnegative", ">=")):
            if fact in self.facts and not self.positive:
                yield from (Constraint(name, relation, {name: one}) for name in names)
        if self.positive:
            yield from (Constraint(name, ">", {name: one}) for name in names)
        if "unit" in self.facts:
            yield from (Constraint(f"1 - {name}", ">", {name: -one}, one) for name in names)
        if self._is_simplex:
            relation = ">" if self.positive else ">="
            for group in self._groups:
                yield Constraint(" - ".join(["1", *group]), relation, dict.fromkeys(group, -one), one)

    def filled(self, numbers: Mapping[str, Any], branches: Branches) -> Any:
        """The array, from the numbers of the variables by name.

        Raises
        ------
        OutsideDomain
            If facts exclude each other.
        """
        if "negative" in self.facts and not self.facts.isdisjoint(AT_LEAST_ZERO):
            raise OutsideDomain(f"{self.name} cannot be {' and '.join(sorted(self.facts))}")
        if "one-hot" in self.facts:
            return self._one_hot(branches)
        if "binary" in self.facts:
            return array_of([Exact(branches.pick(2)) for _ in range(prod(self.shape))], self.shape)
        if "orthonormal" in self.facts:
            return _orthonormal(self.shape, [numbers[name] for name in self.variables], branches)
        made, sign = np.empty(self.shape, dtype=object), -1 if "negative" in self.facts else 1
        for place in self.places:
            made[place] = sign * numbers[self._variable(place)]
            if "symmetric" in self.facts:
                made[place[::-1]] = made[place]
        if not self.facts.isdisjoint({"probabilities", SUM_ONE}):
            rows = np.moveaxis(made, self._axis, -1)
            rows[..., -1] = 1 - rows[..., :-1].sum(axis=-1)
        return exact_numbers(made)

    @property
    def relaxed(self) -> FreeArray:
        """The same array; if it is one-hot, all that have sums of 1 in its place."""
        if "one-hot" not in self.facts:
            return self
        return replace(self, facts=self.facts - {"one-hot"} | {SUM_ONE})

    def check(self, value: Any) -> None:
        """Compare the numbers with what the facts say of them, after they were changed.

        Raises
        ------
        OutsideDomain
        """
        for fact in sorted(self.facts & HOLDS.keys()):
            if not all(HOLDS[fact](Exact(0) + entry) for entry in exact_numbers(value).ravel().tolist()):
                raise OutsideDomain(f"{self.name} is not {fact}")

    def divide(self, value: Any) -> None:
        """Record that an invertible matrix is not singular.

        Raises
        ------
        OutsideDomain
            If it is singular.
        """
        if "invertible" in self.facts:
            size = Exact(0) + determinant(exact_numbers(value))
            if size.is_zero():
                raise OutsideDomain(f"{self.name} is not invertible")
            1 / size

    def scaled(self, raw: Sequence[Fraction]) -> dict[str, Fraction]:
        """Any numbers, one for each variable, made such that the facts hold."""
        values = list(raw[: len(self.variables)])
        if self.positive:
            values = [abs(value) or TINY for value in values]
        if "nonnegative" in self.facts:
            values = [abs(value) for value in values]
        if "nonzero" in self.facts:
            values = [value or TINY for value in values]
        if "unit" in self.facts:
            values = [value / (1 + value) for value in values]
        found = dict(zip(self.variables, values, strict=True))
        for group in self._groups if self._is_simplex else ():
            whole = 1 + sum(found[name] for name in group)  # the last weight is 1
            found |= {name: found[name] / whole for name in group}
        return found

    # What follows is private.

    @property
    def _is_simplex(self) -> bool:
        """Whether the numbers are not negative and have the sum 1."""
        return "probabilities" in self.facts or (SUM_ONE in self.facts and not self.facts.isdisjoint(AT_LEAST_ZERO))

    @property
    def _axis(self) -> int:
        """The axis along which probabilities, and the entries of one-hot arrays, are summed."""
        if BY_COLUMNS in self.facts:
            return 0
        return 0 if len(self.shape) == 2 and self.shape[1] == 1 and not self.has_rows else len(self.shape) - 1

    @property
    def _groups(self) -> list[list[str]]:
        """The variables along the axis on which probabilities are summed, for all places of the other axes."""
        groups: dict[tuple[int, ...], list[str]] = {}
        for place in self.places:
            others = tuple(i for axis, i in enumerate(place) if axis != self._axis)
            groups.setdefault(others, []).append(self._variable(place))
        return list(groups.values())

    @property
    def _parameters(self) -> int:
        size = self.shape[0]
        return {1: 0, 2: 1, 3: 3}.get(size, 2 * (size - 1))

    def _variable(self, place: tuple[int, ...]) -> str:
        axes = place[:1] if len(place) == 2 and self.shape[1] == 1 else place
        return f"{self.name}[{','.join(str(i + 1) for i in axes)}]" if axes else self.name

    def _one_hot(self, branches: Branches) -> Any:
        made = np.zeros(self.shape, dtype=int)
        rows = np.moveaxis(made, self._axis, -1)
        for place in np.ndindex(rows.shape[:-1]):
            rows[place][branches.pick(rows.shape[-1])] = 1
        return exact_numbers(made)


def _orthonormal(shape: tuple[int, ...], t: Sequence[Any], branches: Branches) -> Any:
    """A matrix with orthonormal columns: all up to size 3 but for rotations by pi, products of reflections beyond."""
    rows, columns = shape
    if columns > rows:
        raise OutsideDomain("there are more columns than rows, so that they are not orthonormal")
    one = Exact(1)
    sign = 1 - 2 * branches.pick(2)
    if rows == 1:
        made = [[one]]
    elif rows == 2:
        below = 1 / (1 + t[0] * t[0])
        c, s = (1 - t[0] * t[0]) * below, 2 * t[0] * below
        turned = 1 - 2 * branches.pick(2) if columns == 2 else 1
        made = [[c, -s * turned], [s, c * turned]]
    elif rows == 3:
        a, b, c = t
        below = 1 / (1 + a * a + b * b + c * c)
        made = [
            [(1 + a * a - b * b - c * c) * below, 2 * (a * b - c) * below, 2 * (a * c + b) * below],
            [2 * (a * b + c) * below, (1 - a * a + b * b - c * c) * below, 2 * (b * c - a) * below],
            [2 * (a * c - b) * below, 2 * (b * c + a) * below, (1 - a * a - b * b + c * c) * below],
        ]
    else:
        product_of = np.eye(rows, dtype=int).astype(object)
        for part in (t[: rows - 1], t[rows - 1 :]):
            v = np.array([one, *part], dtype=object).reshape(-1, 1)
            product_of = product_of - product_of @ v @ v.T * (2 / (v * v).sum())
        made = product_of.tolist()
    return array_of([sign * entry for row in made for entry in row[:columns]], shape)


# Points.


def samples(arrays: Sequence[FreeArray]) -> Iterator[dict[str, Fraction]]:
    """Values of all variables, without end: no two of the same size; positive at first, then of mixed signs."""
    chosen, scales = random.Random(0), (1, 1, 1, Fraction(1, 16), Fraction(1, 4), 5)
    names = [array.variables for array in arrays]
    number = 0
    while True:
        values: dict[str, Fraction] = {}
        for array, own in zip(arrays, names, strict=True):
            one = 1 << max(10, (5 * len(own)).bit_length() + 1)
            sizes = [Fraction(size, one) for size in chosen.sample(range(one // 16, 3 * one, 5), len(own))]
            signs = [1 if number == 0 else chosen.choice((-1, 1)) for _ in own]
            scale = scales[number % len(scales)]
            values |= array.scaled([sign * size * scale for sign, size in zip(signs, sizes, strict=True)])
        yield values
        number += 1


def _cycled(*entries: int | Fraction) -> list[Fraction]:
    return [Fraction(entry) for entry in entries]


PATTERNS: tuple[list[Fraction], ...] = (
    *(_cycled(0), _cycled(1), _cycled(1, -1), _cycled(Fraction(1, 2)), _cycled(-1), _cycled(1, 0, 0, 0, 0, 0, 0)),
    *(_cycled(2), _cycled(-1, 2, -3, 4), _cycled(3, 1, 2, -2), _cycled(10), _cycled(TINY), _cycled(-TINY, TINY)),
    *(_cycled(1000, -1000), _cycled(-1000), _cycled(100, 0), _cycled(0, 1), _cycled(Fraction(1, 2), Fraction(-1, 3))),
    *(_cycled(10**6, 1), _cycled(-2), _cycled(0, 0, 5), _cycled(2, 2, 1), _cycled(-8, -7)),
)
"""Numbers that are taken again and again for all variables: zeros, ties, whole, tiny and huge numbers."""


def points(arrays: Sequence[FreeArray], constants: Sequence[Fraction], count: int) -> Iterator[dict[str, Fraction]]:
    """Points at which claims fail that hold at most others: simple ones, mixtures, and each fourth point a random one.

    Where time ends early, a false claim that holds at all simple points has met random ones, too.

    Parameters
    ----------
    arrays : sequence of FreeArray
    constants : sequence of Fraction
        The numbers in the claim: values are taken at them, and at both sides of them.
    count : int
    """
    near = [each for c in constants for each in (_cycled(c), _cycled(c, c + Fraction(1, 1000), c - Fraction(1, 1000)))]
    patterns, chosen = (*PATTERNS[:6], *near, *PATTERNS[6:]), random.Random(1)
    generic = samples(arrays)
    made = 0
    while made < count:
        alike = patterns[made // 2] if made % 2 == 0 and made // 2 < len(patterns) else None
        values: dict[str, Fraction] = {}
        mixed, random_only = next(generic), made % 4 == 3
        for array in arrays:
            names = array.variables
            pattern = alike or chosen.choice(patterns)
            if random_only or (alike is None and chosen.random() < 0.4):
                values |= {name: mixed[name] for name in names}
            else:
                start = 0 if alike else chosen.randrange(len(pattern))
                values |= array.scaled([pattern[(start + place) % len(pattern)] for place in range(len(names))])
        yield values
        made += 1
