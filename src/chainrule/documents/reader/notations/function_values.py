"""Values of functions that have the letter of the function: sigma_i, where sigma_i = sigma(w^T x_i)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Set
from dataclasses import replace
from functools import partial
from typing import Any

from chainrule.documents.reader.syntax.parts_written import all_parts, base_name, parts_of_chain
from chainrule.documents.reader.syntax.written import (
    Beside,
    Bracketed,
    Scripted,
    Symbol,
    Written,
    WrittenChain,
    with_parts,
)

VALUE = "value"
"""The accent of the name of a value."""


def with_values_apart(chains: Mapping[int, list[WrittenChain]]) -> dict[int, list[WrittenChain]]:
    """The chains of all pieces, in which values with an index are letters of their own."""
    every = [chain for found in chains.values() for chain in found]
    names = {name for chain in every for name in _values_in(chain)}
    names -= {name for chain in every for part in parts_of_chain(chain) for name in _called_with_index(part)}
    renamed = partial(_renamed, names=names)
    return {
        number: [with_parts(chain, renamed) if names else chain for chain in found] for number, found in chains.items()
    }


# What follows is private.


def _values_in(chain: WrittenChain) -> Iterator[str]:
    """The letter of a function whose values at examples a chain names: f_i = f(x_i)."""
    for left, link, right in zip(chain.members, chain.links, chain.members[1:], strict=False):
        match left, right:
            case Scripted(base=Symbol() as name, lower=Written() as lower, upper=None, primes=0), Beside(
                parts=(Symbol() as function, Bracketed(kind="(") as bracket), joints=("",)
            ) if name == function and link.relation in ("=", ":="):
                indices = {part for part in all_parts(lower) if isinstance(part, Symbol)}
                if indices and indices <= {part for part in all_parts(bracket) if isinstance(part, Symbol)}:
                    yield base_name(name)


def _called_with_index(part: Written) -> Iterator[str]:
    """The letters with an index that are called, as f_i in f_i(x): these are several functions."""
    if isinstance(part, Beside):
        for one, other, joint in zip(part.parts, part.parts[1:], part.joints, strict=False):
            match one, other:
                case Scripted(base=Symbol() as base, lower=Written()), Bracketed() if not (
                    joint or base in all_parts(other)  # f_i (1 - f_i)
                ):
                    yield base_name(base)


def _renamed(node: Any, names: Set[str]) -> Any:
    match node:
        case Scripted(base=Symbol() as base, lower=Written()) if base_name(base) in names:
            return replace(node, base=replace(base, accents=(*base.accents, VALUE)))
    return with_parts(node, partial(_renamed, names=names))
