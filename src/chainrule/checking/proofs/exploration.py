"""The cells of a computation that compares numbers: points outside of the known cells are the next samples.

The search ends when the cells cover the domain, which is shown for linear comparisons, or when they are too many.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from fractions import Fraction
from typing import Any, TypeAlias

from chainrule.algebra import Attempt, Constraint
from chainrule.checking.proofs.linear_regions import (
    LinearNumber,
    TooManyRegions,
    follows,
    linear_of,
    point_outside,
    solved_for,
)

Values: TypeAlias = Mapping[str, Fraction]
Ties: TypeAlias = Mapping[str, LinearNumber]
"""Variables in terms of others."""


@dataclass(frozen=True)
class Visit:
    """What a computation found at one sample.

    Attributes
    ----------
    outcome : Attempt
    inside_only : bool
        True if the outcome is about the inside of the cell, where it has a derivative.
    results : object
        What else the computation has to say about the sample.
    """

    outcome: Attempt
    inside_only: bool = False
    results: Any = None


@dataclass
class Exploration:
    """The visits to different cells of the domain, and if these cover it."""

    visits: list[Visit] = field(default_factory=list)
    complete: bool = False


def explored(
    visit_at: Callable[[Values, Ties], Visit], domain: Sequence[Constraint], samples: Iterator[Values], *, most: int
) -> Exploration:
    """Visit the cells of a domain; the first visit that proves nothing ends the search.

    Parameters
    ----------
    visit_at : callable
        Computes at the values of the variables, of which some are those of others, by linear equations.
    domain : sequence of Constraint
        What holds for all inputs; such comparisons are left out of the cells.
    samples : iterator
        The first sample, and those that are taken while no other point is known to lie outside of the cells. A point
        that gives no value to a variable takes that of the first sample.
    most : int
        Most samples to visit.

    Examples
    --------
    >>> from chainrule.algebra import Constraint, Attempt
    >>> def sign(values, ties):
    ...     relation = ">" if values["x"] > 0 else "<="
    ...     return Visit(Attempt(1, comparisons=(Constraint("x", relation, {"x": Fraction(1)}),)))
    >>> found = explored(sign, [], iter([{"x": Fraction(3)}]), most=8)
    >>> [visit.outcome.cell for visit in found.visits], found.complete
    (['all inputs with x > 0', 'all inputs with x <= 0'], True)
    """
    found = Exploration()
    cells: list[tuple[Constraint, ...]] = []
    skipped: list[tuple[Constraint, ...]] = []
    first = values = next(samples)
    for _ in range(most):
        border = _border_at(values, cells)
        visit = visit_at(values, solved_for(linear_of(tie)[0] for tie in border))
        comparisons = (*border, *_without(visit.outcome.comparisons, domain))
        if visit.outcome.outside or (border and (visit.outcome.undecided or visit.inside_only)):
            # Outside of the domain, or between cells, where the claim says nothing.
            skipped.append(_signs_at(values, [*cells, *skipped]))
        elif comparisons not in (known.outcome.comparisons for known in found.visits):
            outcome = replace(visit.outcome, comparisons=comparisons, divisors=_without(visit.outcome.divisors, domain))
            found.visits.append(replace(visit, outcome=outcome))
            cells.append(_closed(comparisons) if visit.inside_only else comparisons)
            if not outcome.proved:
                return found
        try:
            if not all(skipped):
                raise TooManyRegions  # nothing tells how far the points reach that were skipped
            point = point_outside(domain, [*cells, *skipped])
            if point is not None and visit.inside_only:
                point = _off_borders({**first, **point}, domain, [*cells, *skipped])
            found.complete = point is None and not skipped
        except TooManyRegions:
            point = dict(next(samples, {})) or None
        if point is None:
            return found
        values = {**first, **point}
    return found


def _without(comparisons: Sequence[Constraint], domain: Sequence[Constraint]) -> tuple[Constraint, ...]:
    return tuple(comparison for comparison in comparisons if not follows(comparison, domain))


def _closed(comparisons: Sequence[Constraint]) -> tuple[Constraint, ...]:
    """The cell with its border."""
    relations = {">": ">=", "<": "<="}
    return tuple(
        replace(known, relation=relations.get(known.relation, known.relation))
        for known in comparisons
        if known.relation != "!="
    )


def _border_at(values: Values, cells: Sequence[Sequence[Constraint]]) -> tuple[Constraint, ...]:
    """The linear numbers of the cells that are 0 here."""
    linear = {known.number: replace(known, relation="==") for cell in cells for known in cell if known.terms}
    return tuple(tie for tie in linear.values() if tie.holds(values))


def _off_borders(
    values: Values, domain: Sequence[Constraint], cells: Sequence[Sequence[Constraint]]
) -> dict[str, Fraction]:
    """A point near one outside of all cells, which are closed: it lies outside too, and no known number is 0 there.

    Raises
    ------
    TooManyRegions
        If no such point is found.
    """
    for exponent in range(6, 60, 6):
        steps = (Fraction((-1) ** i * (7 + 4 * i * i), 2**exponent) for i in range(len(values)))
        near = {name: value + step for (name, value), step in zip(values.items(), steps, strict=False)}
        is_inside = any(all(comparison.holds(near) for comparison in cell) for cell in cells)
        if not (is_inside or _border_at(near, cells)) and all(comparison.holds(near) for comparison in domain):
            return near
    raise TooManyRegions


def _signs_at(values: Values, cells: Sequence[Sequence[Constraint]]) -> tuple[Constraint, ...]:
    """The set of points at which all known linear numbers have the signs that they have here."""
    linear = {known.number: known for cell in cells for known in cell if known.terms is not None}
    signs = (replace(known, relation=relation) for known in linear.values() for relation in (">", "<", "=="))
    return tuple(known for known in signs if known.holds(values))
