"""Layers that plain superscripts number: W^1, z^2 and a^{l+1} where z^1 = W^1 x + b^1 defines the first.

Nobody writes the first power of a letter as a superscript and defines it. Where a document does, the numbers above all
letters that have a 1 there count layers. So do numbers above letters that have an l, if one has l and l - 1.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Set
from dataclasses import replace
from functools import partial
from typing import Any

from chainrule.documents.reader.syntax.parts_written import base_name, parts_of_chain
from chainrule.documents.reader.syntax.written import (
    Beside,
    Bracketed,
    Numeral,
    Scripted,
    Signed,
    Symbol,
    WrittenChain,
    with_parts,
)


def names_of_layers(chains: Mapping[int, list[WrittenChain]]) -> frozenset[str]:
    """The letters above which numbers count layers: those with a 1 there, where a chain defines one of them."""
    every = [chain for found in chains.values() for chain in found]
    lettered = _lettered(every)
    if not any(_defines_first(chain) for chain in every):
        return lettered
    seen = [(base_name(part.base), part.upper.value) for part in _numbered(every)]
    return lettered | ({name for name, value in seen if value == 1} - {name for name, value in seen if value < 1})


def with_numbered_layers(chains: Mapping[int, list[WrittenChain]], names: Set[str]) -> dict[int, list[WrittenChain]]:
    """The chains of all pieces, in which W^2 is W^{(2)} if numbers above the letter count layers."""
    return {
        number: [with_parts(chain, partial(_in_brackets, names=names)) for chain in found] if names else found
        for number, found in chains.items()
    }


# What follows is private.


def _defines_first(chain: WrittenChain) -> bool:
    """Whether a letter with the superscript 1 stands alone before an equals sign."""
    first = chain.members[0]
    return bool(chain.links) and chain.links[0].relation in ("=", ":=") and _number_of(first) == 1


def _number_of(written: Any) -> int:
    """The whole number above a letter, or 0."""
    match written:
        case Scripted(base=Symbol(), upper=Numeral(value=value), primes=0) if value.denominator == 1:
            return int(value)
    return 0


def _lettered(chains: list[WrittenChain]) -> frozenset[str]:
    """The letters that have an l above them, if some letter has l and l - 1, or l + 1."""
    plain, others = set[str](), set[str]()
    for part in (part for chain in chains for part in parts_of_chain(chain)):
        match part:
            case Scripted(base=Symbol() as base, upper=Symbol(text="l")):
                plain.add(base_name(base))
            case Scripted(base=Symbol() as base, upper=Signed(terms=(Symbol(text="l"), Numeral()))):
                others.add(base_name(base))
    return frozenset(plain | others if plain & others else ())


def _numbered(chains: list[WrittenChain]) -> Iterator[Any]:
    for chain in chains:
        for part in parts_of_chain(chain):
            if isinstance(part, Scripted) and isinstance(part.base, Symbol) and isinstance(part.upper, Numeral):
                yield part


def _in_brackets(node: Any, names: Set[str]) -> Any:
    """A formula in which numbers above some letters stand in brackets, as layers do."""
    node = with_parts(node, partial(_in_brackets, names=names))
    match node:
        case Scripted(base=Symbol() as base, upper=Numeral() as upper) if base_name(base) in names:
            return replace(node, upper=Bracketed("(", (upper,), place=upper.place))
        case Scripted(base=Symbol() as base, upper=Beside(parts=(Numeral() as first, *rest)) as upper):
            if base_name(base) in names:
                parts = (Bracketed("(", (first,), place=first.place), *rest)
                return replace(node, upper=replace(upper, parts=parts))
    return node
