"""Regions of inputs that are described by comparisons of variables, and samples in them.

A proof holds on a cell. What is left of a region is cut into regions with `rest`; a region without a sample is empty,
and when all are empty, the cells cover everything. Comparisons x - y, or x, with a constant are a graph of bounds on
differences, and have a solution exactly if it has no cycle of negative length. Other linear comparisons are solved by
elimination, which takes longer.
"""

from __future__ import annotations

from collections.abc import Generator, Iterator, Mapping, Sequence
from dataclasses import replace
from fractions import Fraction
from math import lcm

from chainrule.algebra.equalities import Constraint
from chainrule.algebra.linear_systems import TooManyRows, solution

GAPS = (Fraction(11, 16), Fraction(1, 100_003))
"""Samples that must differ do so by about the first of these, or else by the second, where there is room."""

_OPPOSITE = {"<": ">=", "<=": ">", ">": "<=", ">=": "<", "==": "!=", "!=": "=="}
_ORIGIN = ""


def is_difference(comparison: Constraint) -> bool:
    """True if a variable, or the difference of two variables, is compared with a constant."""
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


def opened(region: Sequence[Constraint]) -> tuple[Constraint, ...] | None:
    """The region without its border; None if nothing is left."""
    if any(comparison.relation == "==" for comparison in region):
        return None
    return tuple(
        replace(comparison, relation=comparison.relation[0]) for comparison in region if comparison.relation != "!="
    )


def follows(comparison: Constraint, known: Sequence[Constraint], near: Mapping[str, Fraction]) -> bool:
    """True if a linear comparison is found to hold wherever the known ones hold."""
    try:
        return comparison.terms is not None and all(sample(part, near) is None for part in rest(known, (comparison,)))
    except TooManyRows:
        return False


def samples_outside(
    domain: Sequence[Constraint], near: Mapping[str, Fraction]
) -> Generator[tuple[tuple[Constraint, ...], dict[str, Fraction]], tuple[Sequence[Constraint], bool], None]:
    """Regions and samples in them, each outside the cells that were sent before; ends when they cover the domain.

    Send the comparisons of the cell in which each sample was found to lie, and if it is the inside of that cell alone
    that matters: then no sample is taken from its border. Values of new variables may be added to `near`.

    Examples
    --------
    >>> positive = Constraint("x", ">", {"x": Fraction(1)})
    >>> outside = samples_outside((), {"x": Fraction(3)})
    >>> next(outside)
    ((), {'x': Fraction(3, 1)})
    >>> region, values = outside.send(([positive], False))
    >>> list(map(str, region)), values["x"] <= 0
    (['x <= 0'], True)
    """
    regions, inside = [tuple(domain)], False
    while regions:
        region = regions.pop()
        part = opened(region) if inside else region
        values = None if part is None else sample(part, near)
        if part is not None and values is not None:
            cell, inside_only = yield part, values
            inside |= inside_only
            if not all(comparison.holds({**near, **values}) for comparison in cell):
                raise AssertionError(f"the sample lies outside its cell {', '.join(map(str, cell))}")
            regions += rest(part, cell)


def sample(region: Sequence[Constraint], near: Mapping[str, Fraction]) -> dict[str, Fraction] | None:
    """Values of all variables in a region, taken from `near` where that is possible; None if the region is empty.

    Variables are equal, or equal to a constant, only if all others in the region are, or by chance.

    Raises
    ------
    TooManyRows
        If comparisons other than differences take too long.

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
    solve = _by_bounds if all(map(is_difference, bounds)) else solution
    values = solve(strict, near) or solve(bounds, near)
    for i, (weak, sharp) in enumerate(zip(bounds, strict, strict=True)):  # make as many of them strict as possible
        if values is not None and weak != sharp and not sharp.holds(values):
            trial = [*bounds[:i], sharp, *bounds[i + 1 :]]
            found = solve(trial, near)
            if found is not None:
                bounds, values = trial, found
    missed = None if values is None else next((c for c in unequal if not c.holds(values)), None)
    if missed is None:
        return values
    others = [c for c in region if c is not missed]
    sides = (sample((*others, replace(missed, relation=relation)), near) for relation in (">", "<"))
    return next(filter(None, sides), None)


def _by_bounds(region: Sequence[Constraint], near: Mapping[str, Fraction]) -> dict[str, Fraction] | None:
    """Values that satisfy all comparisons; None if there are none.

    All sums of the constants are multiples of 1 / d. So a cycle of comparisons in which strict ones have room has at
    least 1 / d of it, and with a gap of which all gaps together are smaller there are values if there are any.
    """
    values = _apart(region, near, GAPS[0])
    if values is None:
        d = lcm(*(comparison.constant.denominator for comparison in region))
        values = _apart(region, near, Fraction(1, 2 * d * (len(region) + 1) ** 2))
        wider = None if values is None else _apart(region, near, GAPS[1])
        values = wider or values
    return values


def _apart(region: Sequence[Constraint], near: Mapping[str, Fraction], gap: Fraction) -> dict[str, Fraction] | None:
    """Values that satisfy all comparisons, strict ones by a gap, by the Bellman-Ford algorithm; or None."""
    bounds: list[tuple[str, str, Fraction]] = []
    for i, comparison in enumerate(region):
        terms = dict(comparison.terms or {})
        high = next((name for name, c in terms.items() if c > 0), _ORIGIN)
        low = next((name for name, c in terms.items() if c < 0), _ORIGIN)
        # Gaps differ, so that two variables with a bound in common are not equal by chance.
        step = gap * Fraction(1009 + i, 1009) if comparison.relation in ("<", ">") else Fraction(0)
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
