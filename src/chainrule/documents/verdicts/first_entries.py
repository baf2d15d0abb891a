"""Vectors that begin with an entry 0 which only some formulas show: w^T x = w_0 + w_1 x_1 + ... + w_n x_n.

There w^T x has the intercept w_0 as the product with x_0 = 1. A claim is tried so; this assumption is told.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from chainrule.documents.language import terms
from chainrule.documents.language.derivation import Relation
from chainrule.documents.language.terms import Apply, Entry, Name, Term
from chainrule.documents.reader.letters.suffixed_names import letter_of
from chainrule.documents.reader.uncertainty.doubts import Doubts

BEGIN = "{one} and {other} begin with {one}_0 and {other}_0"


def with_first_entries(doubts: Doubts, claim: Relation) -> Iterator[tuple[Doubts, list[str], bool]]:
    """The reading in which products of vectors have that of their entries 0, too, with this in words."""
    every = [*terms.every(claim.left), *terms.every(claim.right)]
    used = doubts.uses(claim, doubts.names.kinds.keys())
    for pair in dict.fromkeys(filter(None, map(_factors, every))):
        intercepts = [name for name in pair if f"{name}_0" in used and not {*pair} <= doubts.reading.declared]
        if intercepts and not doubts.uses(claim, doubts.names.definitions.keys() & {*pair}) and _only_so(every, pair):
            first = _product([Name(f"{name}_0") for name in intercepts])
            one, other = map(letter_of, sorted(pair, key=lambda name: name not in intercepts))
            told = BEGIN.format(one=one, other=other) + (" = 1" if len(intercepts) == 1 else "")
            yield _with_product(doubts, pair, first), [told], False


# What follows is private.


def _factors(term: Term) -> tuple[str, str] | None:
    """The names of the vectors in a product w^T x; None for another term."""
    match term:
        case Apply("@", (Apply("'", (Name(text=one),)), Name(text=other))) if one != other:
            return one, other
    return None


def _only_so(every: list[Term], pair: tuple[str, str]) -> bool:
    """Whether two vectors stand in some terms only in their product and with an index."""
    bare = sum(isinstance(part, Name) and part.text in pair for part in every)
    in_products = 2 * sum(_factors(part) == pair for part in every)
    entries = sum(isinstance(part, Entry) and terms.base_of(part) in pair for part in every)
    return bare == in_products + entries and not any(isinstance(part, terms.Slope) for part in every)


def _product(factors: list[Term]) -> Term:
    return factors[0] if len(factors) == 1 else Apply("*", tuple(factors))


def _with_product(doubts: Doubts, pair: tuple[str, str], first: Term) -> Doubts:
    """The reading of which the doubts are, with another value of the product."""

    def put(term: Term) -> Term | None:
        return Apply("+", (first, term)) if _factors(term) == pair else None

    derivation = doubts.reading.derivation
    claims = tuple(each.substituted(put) for each in derivation.claims)
    return Doubts(replace(doubts.reading, derivation=replace(derivation, claims=claims)))
