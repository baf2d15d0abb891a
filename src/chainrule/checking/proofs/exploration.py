"""The cells of a computation that compares numbers: points outside of the known cells are the next samples.

The search ends when the cells cover the domain, which is shown for linear comparisons, or when they are too many.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from fractions import Fraction
from typing import Any, TypeAlias

from chainrule.algebra import Attempt, Constraint
from chainrule.algebra.linear_systems import Linear, TooManyRows, solved_for
from chainrule.algebra.regions import follows, samples_outside

Values: TypeAlias = Mapping[str, Fraction]
Ties: TypeAlias = Mapping[str, Linear]
"""Variables in terms of others."""


@dataclass(frozen=True)
class Visit:
    """The findings of a computation at one sample.

    Attributes
    ----------
    outcome : Attempt
    inside_only : bool
        True if the outcome is about the inside of the cell, where it has a derivative.
    results : object
        Further results of the computation at the sample.
    """

    outcome: Attempt
    inside_only: bool = False
    results: Any = None


@dataclass
class Exploration:
    """The visits to different cells of the domain, and if these cover it, or all of it but the borders of cells."""

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
        Comparisons that hold for all inputs; they are left out of the cells.
    samples : iterator
        The first sample, and those that are taken where comparisons do not tell what lies outside of the cells.
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
    found, linear, skipped = Exploration(), True, False
    first = dict(next(samples))
    outside = samples_outside(domain, first)
    try:
        region, values = next(outside)
        for _ in range(most):
            ties = _ties_of(region, values)
            visit = visit_at(values, solved_for(ties))
            comparisons = (*ties, *_without(visit.outcome.comparisons, domain, first))
            cell = comparisons
            if visit.outcome.outside or (ties and (visit.outcome.undecided or visit.inside_only)):
                # Outside of the domain, or between cells, where the claim says nothing.
                known = [c for seen in found.visits for c in seen.outcome.comparisons if c.terms]
                skipped, cell = True, _signs_at(values, known)
            elif comparisons not in (seen.outcome.comparisons for seen in found.visits):
                divisors = _without(visit.outcome.divisors, domain, first)
                outcome = replace(visit.outcome, comparisons=comparisons, divisors=divisors)
                found.visits.append(replace(visit, outcome=outcome))
                if not outcome.proved:
                    return found
            try:
                if not linear or (skipped and not cell) or any(c.terms is None for c in cell):
                    raise TooManyRows
                region, values = outside.send((cell, visit.inside_only))
            except TooManyRows:
                linear, region, values = False, (), {**first, **next(samples)}
    except StopIteration:
        found.complete = linear and not skipped
    return found


def _without(comparisons: Sequence[Constraint], domain: Sequence[Constraint], near: Values) -> tuple[Constraint, ...]:
    return tuple(comparison for comparison in comparisons if not follows(comparison, domain, near))


def _ties_of(region: Sequence[Constraint], values: Values) -> tuple[Constraint, ...]:
    """Equations that hold in the region; none follows from the others."""
    ties: list[Constraint] = []
    for comparison in region:
        tie = replace(comparison, relation="==")
        allowed = comparison.relation in ("==", "<=", ">=") and tie.holds(values)
        if allowed and len(solved_for([*ties, tie])) > len(ties):
            ties.append(tie)
    return tuple(ties)


def _signs_at(values: Values, known: Sequence[Constraint]) -> tuple[Constraint, ...]:
    """The set of points at which all these linear numbers have the signs that they have here."""
    signs = (replace(each, relation=relation) for each in known for relation in (">", "<", "=="))
    return tuple({sign.number: sign for sign in signs if sign.holds(values)}.values())
