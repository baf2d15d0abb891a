"""Sets of points that linear comparisons describe: a point in one, and a point that a list of them leaves out.

A region gives each linear number the signs that it may have. Points are found by eliminating one variable after another
(Fourier and Motzkin), in rationals, so that "there is no such point" is exact.

>>> half = Constraint("x", ">=", {"x": Fraction(1)}, Fraction(-1, 2))
>>> point_outside([], [[half]])
{'x': Fraction(-3, 16)}
>>> point_outside([], [[half], [Constraint("x", "<", half.terms, half.constant)]]) is None
True
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import TypeAlias

from chainrule.algebra import Constraint

Point: TypeAlias = dict[str, Fraction]

MOST_ROWS = 200
MOST_REGIONS = 1000

_SIGNS = {">": {1}, ">=": {0, 1}, "<": {-1}, "<=": {-1, 0}, "!=": {-1, 1}, "==": {0}}


class TooManyRegions(Exception):
    """The question takes more steps than are worth it."""


@dataclass(frozen=True)
class LinearNumber:
    """A linear number: pairs of a variable and its coefficient, the first of which is 1, and a constant."""

    terms: tuple[tuple[str, Fraction], ...]
    constant: Fraction

    def at(self, point: Mapping[str, Fraction]) -> Fraction:
        """Its value; variables that the point lacks count as 0."""
        return sum((c * point.get(name, Fraction(0)) for name, c in self.terms), self.constant)


Region: TypeAlias = dict[LinearNumber, frozenset[int]]


def linear_of(comparison: Constraint) -> tuple[LinearNumber, frozenset[int]]:
    """The linear number of a comparison, and the signs that it may have.

    Raises
    ------
    TooManyRegions
        If the comparison is not linear.
    """
    if comparison.terms is None:
        raise TooManyRegions
    terms = sorted((name, c) for name, c in comparison.terms.items() if c)
    scale = terms[0][1] if terms else Fraction(1)
    signs = _SIGNS[comparison.relation]
    number = LinearNumber(tuple((name, c / scale) for name, c in terms), comparison.constant / scale)
    return number, frozenset(signs if scale > 0 else {-sign for sign in signs})


def follows(comparison: Constraint, known: Sequence[Constraint]) -> bool:
    """True if a linear comparison holds at each point at which the known ones hold."""
    if comparison.terms is None or not known:
        return False
    number, signs = linear_of(comparison)
    return _point_in(_narrowed(_region(known), number, frozenset({-1, 0, 1}) - signs)) is None


def point_outside(base: Iterable[Constraint], cells: Sequence[Iterable[Constraint]]) -> Point | None:
    """A point at which the base comparisons hold and that lies in no cell; None if there is none.

    Variables that appear in no comparison are missing in the point: they may have any value.

    Raises
    ------
    TooManyRegions
        If a comparison is not linear, or the search takes too long.
    """
    return _outside(_region(base), [_region(cell) for cell in cells], iter(range(MOST_REGIONS)))


def _region(comparisons: Iterable[Constraint]) -> Region:
    region: Region = {}
    for comparison in comparisons:
        region = _narrowed(region, *linear_of(comparison))
    return region


_ALL = frozenset({-1, 0, 1})


def _narrowed(region: Region, number: LinearNumber, signs: frozenset[int]) -> Region:
    return {**region, number: region.get(number, _ALL) & signs}


def _outside(region: Region, cells: Sequence[Region], budget: Iterator[int]) -> Point | None:
    while cells and any(not signs & region.get(number, _ALL) for number, signs in cells[0].items()):
        cells = cells[1:]  # the cell has no point in the region
    if next(budget, None) is None:
        raise TooManyRegions
    point = _point_in(region)
    if point is None or not cells:
        return point
    for number, signs in cells[0].items():
        beyond = _narrowed(region, number, _ALL - signs)
        found = _outside(beyond, cells[1:], budget) if beyond[number] else None
        if found is not None:
            return found
        region = _narrowed(region, number, signs)
    return None


def _point_in(region: Region) -> Point | None:
    """A point of the region; None if there is none."""
    for number, signs in region.items():
        if signs == {-1, 1}:
            sides = (_point_in({**region, number: frozenset({side})}) for side in (1, -1))
            return next((point for point in sides if point is not None), None)
    if any(not signs for signs in region.values()):
        return None
    return _solved({_Row.of(number, signs) for number, signs in region.items() if signs != _ALL})


# Elimination.


@dataclass(frozen=True)
class _Row:
    """A linear number that is > 0, >= 0 or == 0; the coefficients have the size of the first."""

    terms: tuple[tuple[str, Fraction], ...]
    constant: Fraction
    relation: str

    @staticmethod
    def of(number: LinearNumber, signs: frozenset[int]) -> _Row:
        factor = Fraction(-1 if -1 in signs else 1)
        relation = "==" if signs == {0} else ">=" if 0 in signs else ">"
        return _Row.made(((name, factor * c) for name, c in number.terms), factor * number.constant, relation)

    @staticmethod
    def made(terms: Iterable[tuple[str, Fraction]], constant: Fraction, relation: str) -> _Row:
        """The row, divided by the size of its first coefficient."""
        kept = sorted((name, c) for name, c in terms if c)
        scale = abs(kept[0][1]) if kept else Fraction(1)
        return _Row(tuple((name, c / scale) for name, c in kept), constant / scale, relation)

    def coefficient(self, name: str) -> Fraction:
        return dict(self.terms).get(name, Fraction(0))

    def plus(self, other: _Row, factor: Fraction) -> _Row:
        """The sum with a multiple of another row; strict if one of them is strict."""
        terms = dict(self.terms)
        for name, c in other.terms:
            terms[name] = terms.get(name, Fraction(0)) + factor * c
        relation = ">" if ">" in (self.relation, other.relation) else self.relation
        return _Row.made(terms.items(), self.constant + factor * other.constant, relation)

    def bound(self, name: str, point: Point) -> Fraction:
        """The value of one variable at which the number is 0, at a point that gives the others."""
        rest = sum((c * point[other] for other, c in self.terms if other != name), self.constant)
        return -rest / self.coefficient(name)

    def holds_at_zero(self) -> bool:
        return {">": self.constant > 0, ">=": self.constant >= 0, "==": self.constant == 0}[self.relation]


def _solved(rows: set[_Row]) -> Point | None:
    if not all(row.holds_at_zero() for row in rows if not row.terms):
        return None
    rows = {row for row in rows if row.terms}
    if len(rows) > MOST_ROWS:
        raise TooManyRegions
    if not rows:
        return {}
    equation = min((row for row in rows if row.relation == "=="), key=repr, default=None)
    if equation is not None:
        name = max(equation.terms)[0]
        others = {r.plus(equation, -r.coefficient(name) / equation.coefficient(name)) for r in rows - {equation}}
        point = _solved(others)
        if point is not None:
            _give_free_values(point, [other for other, _ in equation.terms if other != name])
            point[name] = equation.bound(name, point)
        return point
    names = sorted({name for row in rows for name, _ in row.terms})
    pairs = {n: ([r for r in rows if r.coefficient(n) > 0], [r for r in rows if r.coefficient(n) < 0]) for n in names}
    name = min(names, key=lambda name: len(pairs[name][0]) * len(pairs[name][1]))
    below, above = pairs[name]
    rest = {row for row in rows if not row.coefficient(name)}
    rest |= {low.plus(high, -low.coefficient(name) / high.coefficient(name)) for low in below for high in above}
    point = _solved(rest)
    if point is not None:
        _give_free_values(point, [other for other in names if other != name])
        lows, highs = ([row.bound(name, point) for row in side] for side in (below, above))
        point[name] = _between(lows, highs, Fraction(11 + 3 * len(point), 16))
    return point


def _give_free_values(point: Point, names: Iterable[str]) -> None:
    """Values of variables that nothing restricts: all different, of both signs."""
    for name in names:
        point.setdefault(name, Fraction((-1) ** len(point) * (16 + 7 * len(point)), 32))


def _between(below: list[Fraction], above: list[Fraction], far: Fraction) -> Fraction:
    """A number strictly between the bounds, or their common value; `far` from a bound without another."""
    if below and above:
        low, high = max(below), min(above)
        return low + (high - low) * Fraction(5, 8)
    return max(below) + far if below else min(above) - far


# Ties.


def solved_for(ties: Iterable[LinearNumber]) -> dict[str, LinearNumber]:
    """Equations as the values of some variables, in terms of the others.

    Examples
    --------
    >>> one = Fraction(1)
    >>> equal = LinearNumber((("x0", one), ("x1", -one)), Fraction(0))
    >>> solved_for([equal])
    {'x1': LinearNumber(terms=(('x0', Fraction(1, 1)),), constant=Fraction(0, 1))}
    """
    values: dict[str, LinearNumber] = {}
    for tie in ties:
        rest = _with_values(tie, values)
        if rest.terms:
            name, scale = rest.terms[-1]
            value = LinearNumber(tuple((n, -c / scale) for n, c in rest.terms[:-1]), -rest.constant / scale)
            values = {**{known: _with_values(old, {name: value}) for known, old in values.items()}, name: value}
    return values


def _with_values(number: LinearNumber, values: Mapping[str, LinearNumber]) -> LinearNumber:
    terms, constant = dict[str, Fraction](), number.constant
    for name, c in number.terms:
        value = values.get(name, LinearNumber(((name, Fraction(1)),), Fraction(0)))
        constant += c * value.constant
        for other, times in value.terms:
            terms[other] = terms.get(other, Fraction(0)) + c * times
    return LinearNumber(tuple(sorted((name, c) for name, c in terms.items() if c)), constant)
