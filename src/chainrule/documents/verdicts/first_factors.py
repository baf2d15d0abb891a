"""Derivatives of products that may be meant of the first factor alone."""

from __future__ import annotations

from dataclasses import replace

from chainrule.documents.language import terms


def of_first_factors(term: terms.Term) -> terms.Term:
    """d(a)/dx b c for each d(a b c)/dx."""
    inside = terms.mapped(term, of_first_factors)
    if not isinstance(inside, terms.Slope):
        return inside
    first, rest = inside.body, list[terms.Term]()
    while isinstance(first, terms.Apply) and first.operator == "*":
        first, last = first.operands
        rest.insert(0, last)
    made: terms.Term = replace(inside, body=first)
    for factor in rest:
        made = terms.Apply("*", (made, factor))
    return made
