"""Regions of inputs that are described by comparisons of variables, and samples in them.

A proof holds on a cell. What is left of a region is cut into regions with `rest`; a region without a sample is empty,
and when all are empty, the cells cover everything. Samples are found for comparisons x - y, or x, with a constant: such
a system is a graph of bounds on differences, and has a solution exactly if it has no cycle of negative length.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from fractions import Fraction
from math import lcm

from chainrule.algebra.equalities import Constraint

GAP = 100_003
"""Samples that must differ do so by at least 1/GAP."""

_OPPOSITE = {"<": ">=", "<=": ">", ">": "<=", ">=": "<", "==": "!=", "!=": "=="}
_ORIGIN = ""


def is_difference(comparison: Constraint) -> bool:
    """True if the comparison is that of a variable, or of the difference of two, with a constant."""
    coefficients = sorted((comparison.terms or {}).values())
    return coefficients in ([1], [-1], [-1, 1])


def rest(region: Sequence[Constraint], cell: Sequence[Constraint]) -> Iterator[tuple[Constraint, ...]]:
    """Regions that together are the part of a region outside a cell.

    Examples
    --------
    >>> positive = Constraint("x", ">", {"x": Fraction(1)})
    >>> [list(map(str, part)) for part in rest((), (positive,))]
    [['x <= 0']]
    """
    inside = list(region)
    for comparison in cell:
        if comparison in inside:
            continue
        yield (*inside, replace(comparison, relation=_OPPOSITE[comparison.relation]))
        inside.append(comparison)


def sample(region: Sequence[Constraint], near: Mapping[str, Fraction]) -> dict[str, Fraction] | None:
    """Values of all variables in a region, taken from `near` where that is possible; None if the region is empty.

    Variables are equal, or equal to a constant, only if all others in the region are, or by chance.

    Examples
    --------
    >>> order = Constraint("x - y", ">=", {"x": Fraction(1), "y": Fraction(-1)})
    >>> values = sample((order,), {"x": Fraction(1), "y": Fraction(2)})
    >>> values["x"] > values["y"]
    True
    """
    unequal = [c for c in region if c.relation == "!="]
    bounds = [c for c in region if c.relation != "!="]
    strict = [replace(c, relation=c.relation[0]) if c.relation in ("<=", ">=") else c for c in bounds]
    values = _solution(strict, near) or _solution(bounds, near)
    for i, (weak, sharp) in enumerate(zip(bounds, strict, strict=True)):  # make as many of them strict as possible
        if values is not None and weak != sharp and not sharp.holds(values):
            trial = [*bounds[:i], sharp, *bounds[i + 1 :]]
            found = _solution(trial, near)
            if found is not None:
                bounds, values = trial, found
    missed = None if values is None else next((c for c in unequal if not c.holds(values)), None)
    if missed is None:
        return values
    others = [c for c in region if c is not missed]
    sides = (sample((*others, replace(missed, relation=relation)), near) for relation in (">", "<"))
    return next(filter(None, sides), None)


def _solution(region: Sequence[Constraint], near: Mapping[str, Fraction]) -> dict[str, Fraction] | None:
    """Values that satisfy all comparisons, by the Bellman-Ford algorithm; None if there are none."""
    bounds: list[tuple[str, str, Fraction]] = []
    for comparison in region:
        terms = dict(comparison.terms or {})
        high = next((name for name, c in terms.items() if c > 0), _ORIGIN)
        low = next((name for name, c in terms.items() if c < 0), _ORIGIN)
        step = Fraction(1, GAP) if comparison.relation in ("<", ">") else Fraction(0)
        if comparison.relation in ("<", "<=", "=="):  # high - low <= -constant
            bounds.append((high, low, -comparison.constant - step))
        if comparison.relation in (">", ">=", "=="):
            bounds.append((low, high, comparison.constant - step))
    # Whole numbers are ten times as fast as fractions.
    scale = lcm(*(x.denominator for x in (*near.values(), *(most for _, _, most in bounds))))
    steps = [(name, other, int(most * scale)) for name, other, most in bounds]
    values = {**{name: int(value * scale) for name, value in near.items()}, _ORIGIN: 0}
    # Values only fall. The origin falls too; the others are then taken relative to it.
    for _ in range(len(values) + 1):
        changed = False
        for name, other, most in steps:
            if values[name] > values[other] + most:
                values[name], changed = values[other] + most, True
        if not changed:
            origin = values.pop(_ORIGIN)
            return {name: Fraction(value - origin, scale) for name, value in values.items()}
    return None
