r"""Subscripts in subscripts: s_{t_k} is entry k of the vector s_t, and is read as s_{t,k}.

This holds for an index t below which nothing stands elsewhere, and by which the same letter is numbered: s_t. A letter
that has subscripts itself, as the label y_i of p_{y_i} or the place i_k of x_{i_k}, stays.
"""

from __future__ import annotations

from chainrule.documents.reader.syntax.parts_written import parts_of_chain
from chainrule.documents.reader.syntax.written import (
    Bracketed,
    Listed,
    Numeral,
    Scripted,
    Signed,
    Symbol,
    Written,
    WrittenChain,
    with_parts,
)


def with_nested_subscripts(chains: dict[int, list[WrittenChain]]) -> dict[int, list[WrittenChain]]:
    """The chains of all pieces, with lists in place of subscripts that have a subscript."""
    every = [part for found in chains.values() for chain in found for part in parts_of_chain(chain)]
    scripted = [part for part in every if isinstance(part, Scripted)]
    inside = [(each, both) for each in scripted if (both := _inner(each)) is not None]
    nested = {(each.base, index) for each, (one, _) in inside if (index := _index_of(one)) is not None}
    inner = {id(each.lower) for each, _ in inside}
    numbered = {(each.base, index) for each in scripted if (index := _index_of(each.lower)) is not None}
    names = {each.base for each in scripted if id(each) not in inner}
    letters = {index for base, index in nested if (base, index) in numbered} - names

    def read(written: Written) -> Written:
        found: Written = with_parts(written, read)
        inside = _inner(found) if isinstance(found, Scripted) else None
        if isinstance(found, Scripted) and inside is not None and _index_of(inside[0]) in letters:
            return Scripted(found.base, Listed(inside), found.upper, found.primes, place=found.place)
        return found

    if not letters:
        return chains
    return {number: [with_parts(chain, read) for chain in found] for number, found in chains.items()}


# What follows is private.


def _inner(written: Scripted) -> tuple[Written, Written] | None:
    """The subscript that has a subscript, with this: t and k in s_{t_k}."""
    match written.lower:
        case Scripted(base=base, lower=(Symbol() | Numeral()) as lower, upper=None, primes=0):
            return base, lower
    return None


def _index_of(written: Written | None) -> Symbol | None:
    """The letter of an index, alone or with a number: t, t - 1."""
    match written:
        case Symbol(accents=(), is_word=False):
            return written
        case Signed(terms=(Symbol(accents=()) as letter, Numeral())):
            return letter
        case Bracketed(items=(item,)):
            return _index_of(item)
    return None
