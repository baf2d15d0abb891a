r"""Indices with primes are letters of their own: p_c = e^{s_c} / \sum_{c'} e^{s_{c'}} has two indices."""

from __future__ import annotations

from collections.abc import Iterator

from chainrule.documents.reader.syntax.parts_written import USUAL_INDICES, items_of, parts_of_chain
from chainrule.documents.reader.syntax.written import (
    BigOperator,
    Comparing,
    Scripted,
    Symbol,
    Written,
    WrittenChain,
    with_parts,
)

_LETTERS = (*sorted(USUAL_INDICES), *"rstuvabcd")
"""Letters that may stand for an index with primes, if the document does not use them."""


def with_primed_indices(chains: dict[int, list[WrittenChain]]) -> dict[int, list[WrittenChain]]:
    """The chains of all pieces, with unused letters for primed ones in subscripts.

    They are usual indices, or a sum runs over them: no sum over a value x' that is no index, as in f(x').
    """
    every = [part for found in chains.values() for chain in found for part in parts_of_chain(chain)]
    bound = {key for part in every for key in _bound(part)}
    below = dict.fromkeys(
        key for part in every if isinstance(part, Scripted) for key in map(_key, items_of(part.lower))
    )
    primed = [each for each in below if each[1] and (each in bound or each[0] in USUAL_INDICES)]
    taken = {part.text for part in every if isinstance(part, Symbol)}
    letters = dict(zip(primed, (each for each in _LETTERS if each not in taken), strict=False))

    def read(written: Written) -> Written:
        if (key := _key(written)) in letters:
            return Symbol(letters[key], place=written.place)
        found: Written = with_parts(written, read)
        return found

    if not letters:
        return chains
    return {number: [with_parts(chain, read) for chain in found] for number, found in chains.items()}


# What follows is private.


def _key(written: Written | None) -> tuple[str, int]:
    """A letter with primes and nothing else, and their number; no letter for anything else."""
    match written:
        case Scripted(base=Symbol(text=text, accents=()), lower=None, upper=None, primes=primes) if primes:
            return text, primes
    return "", 0


def _bound(part: Written) -> Iterator[tuple[str, int]]:
    """The primed letters over which a sum or a product runs."""
    match part:
        case BigOperator(lower=Comparing(members=(first, *_))) | BigOperator(lower=Written() as first):
            yield from filter(lambda key: key[1], map(_key, items_of(first)))
