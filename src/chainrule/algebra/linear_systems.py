"""Systems of linear equations and inequalities, solved by eliminating one variable after another (Fourier and Motzkin).

Everything is rational, so that "there is no solution" is exact.

>>> more = Constraint("x + y - 1", ">", {"x": Fraction(1), "y": Fraction(1)}, Fraction(-1))
>>> less = Constraint("x + y", "<", {"x": Fraction(1), "y": Fraction(1)})
>>> solution([more], {"x": Fraction(0), "y": Fraction(3)})
{'x': Fraction(0, 1), 'y': Fraction(3, 1)}
>>> solution([more, less], {"x": Fraction(0), "y": Fraction(3)}) is None
True
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from fractions import Fraction
from typing import TypeAlias

from chainrule.algebra.equalities import Constraint

Linear: TypeAlias = dict[str, Fraction]
"""Coefficients by variable; the constant has the name ""."""

MOST_ROWS = 200

_Row: TypeAlias = tuple[str, tuple[tuple[str, Fraction], ...]]
"""One of > >= ==, and sorted coefficients of a linear number that stands in this relation to 0."""


class TooManyRows(Exception):
    """The elimination takes more steps than are worth it."""


def solution(system: Iterable[Constraint], near: Mapping[str, Fraction]) -> dict[str, Fraction] | None:
    """Values of all variables that satisfy linear comparisons other than !=, or None; those of `near` where possible.

    Raises
    ------
    TooManyRows
        If the elimination of a variable leaves more than `MOST_ROWS` comparisons.
    """
    system = tuple(system)
    if all(comparison.holds(near) for comparison in system):
        return dict(near)
    values = _solution({_row_of(comparison) for comparison in system}, near)
    return None if values is None else {name: values.get(name, value) for name, value in near.items()}


def solved_for(ties: Iterable[Constraint]) -> dict[str, Linear]:
    """Equations as the values of some variables, in terms of the others.

    Examples
    --------
    >>> solved_for([Constraint("x - 2 y - 3", "==", {"x": Fraction(1), "y": Fraction(-2)}, Fraction(-3))])
    {'y': {'x': Fraction(1, 2), '': Fraction(-3, 2)}}
    """
    values: dict[str, Linear] = {}
    for tie in ties:
        number = {**(tie.terms or {}), "": tie.constant}
        for known, value in values.items():
            number = _without(number, known, value)
        name = max((name for name, c in number.items() if c), default="")
        if name:
            value = {other: -c / number[name] for other, c in number.items() if other != name and c}
            values = {**{known: _without(old, name, value) for known, old in values.items()}, name: value}
    return values


def _without(number: Linear, name: str, value: Linear) -> Linear:
    """The number, with a variable's value in its place."""
    return _sum({other: c for other, c in number.items() if other != name}, value, number.get(name, Fraction(0)))


def _sum(first: Mapping[str, Fraction], second: Mapping[str, Fraction], factor: Fraction) -> Linear:
    zero = Fraction(0)
    return {n: c for n in {**first, **second} if (c := first.get(n, zero) + factor * second.get(n, zero))}


def _row_of(comparison: Constraint) -> _Row:
    sign = -1 if comparison.relation[0] == "<" else 1
    number = {"": sign * comparison.constant, **{name: sign * c for name, c in (comparison.terms or {}).items()}}
    return _row(comparison.relation.replace("<", ">"), number)


def _row(relation: str, number: Linear) -> _Row:
    """The row, divided by the size of its last coefficient."""
    kept = sorted((name, c) for name, c in number.items() if c)
    return relation, tuple((name, c / abs(kept[-1][1])) for name, c in kept)


def _combined(row: _Row, other: _Row, name: str) -> _Row:
    """The sum of multiples of two rows in which a variable cancels; factors of inequalities are positive."""
    number, second = dict(row[1]), dict(other[1])
    relation = max(row[0], other[0], key=("==", ">=", ">").index)
    return _row(relation, _sum(number, second, -number[name] / second[name]))


def _bound(row: _Row, name: str, values: Mapping[str, Fraction]) -> Fraction:
    """The value of one variable at which the row's number is 0."""
    number = dict(row[1])
    others = sum((c * values[other] for other, c in row[1] if other != name), Fraction(0))
    return -others / number[name]


def _solution(rows: set[_Row], near: Mapping[str, Fraction]) -> dict[str, Fraction] | None:
    """Values of all variables and of "", which is 1."""
    for relation, number in rows:
        if not any(name for name, _ in number):
            constant = number[0][1] if number else Fraction(0)
            if not {">": constant > 0, ">=": constant >= 0, "==": constant == 0}[relation]:
                return None
    rows = {row for row in rows if any(name for name, _ in row[1])}
    if len(rows) > MOST_ROWS:
        raise TooManyRows
    if not rows:
        return {**near, "": Fraction(1)}
    equation = min((row for row in rows if row[0] == "=="), default=None)
    if equation is not None:
        name = equation[1][-1][0]
        values = _solution({_combined(r, equation, name) if name in dict(r[1]) else r for r in rows - {equation}}, near)
        if values is not None:
            values[name] = _bound(equation, name, values)
        return values
    signs = [{name: c > 0 for name, c in number if name} for _, number in rows]
    names = sorted({name for known in signs for name in known})

    def pairs(name: str) -> int:
        sides = [known[name] for known in signs if name in known]
        return sum(sides) * (len(sides) - sum(sides))

    name = min(names, key=pairs)
    below, above = ([r for r in rows if dict(r[1]).get(name, Fraction(0)) * side > 0] for side in (1, -1))
    others = {row for row in rows if name not in dict(row[1])}
    values = _solution(others | {_combined(low, high, name) for low in below for high in above}, near)
    if values is not None:
        lows, highs = ([_bound(row, name, values) for row in side] for side in (below, above))
        values[name] = _between(near[name], lows, highs)
    return values


def _between(near: Fraction, below: Sequence[Fraction], above: Sequence[Fraction]) -> Fraction:
    """The number itself, if it lies strictly between the bounds; else another, or their common value."""
    low = max(below, default=min((high - abs(near - high) for high in above), default=near) - 1)
    high = min(above, default=low + abs(near - low) + 1)
    return near if low < near < high else low + (high - low) * Fraction(5, 8)
