r"""An index that only ever numbers the same vectors, as in \hat y_i = y_i / \|y_i\|: there y_i is a vector by itself.

Nothing is summed over i, compared with it, or has another index in its place. So each formula is about one i.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Set
from dataclasses import replace
from functools import partial
from typing import Any

from chainrule.documents.reader.syntax.known_words import TRANSPOSES
from chainrule.documents.reader.syntax.parts_written import USUAL_INDICES, base_name, is_bold, parts_of_chain
from chainrule.documents.reader.syntax.written import Scripted, Symbol, WrittenChain, with_parts


def with_fixed_indices(chains: Mapping[int, list[WrittenChain]]) -> dict[int, list[WrittenChain]]:
    """The chains of all pieces, in which vectors with such an index are names of their own."""
    every = [chain for found in chains.values() for chain in found]
    told = [part for chain in every if not _is_range(chain) for part in parts_of_chain(chain)]
    names = {name for index in USUAL_INDICES for name in _numbered_by(index, told)}
    if not names:
        return dict(chains)
    return {number: [_renamed(chain, names=names) for chain in found] for number, found in chains.items()}


# What follows is private.

_STANDARD = frozenset({"0", "1", "I", "e"})
"""Letters of arrays for which no definition is needed: what is below them is a size, or numbers unit vectors."""


def _is_range(chain: WrittenChain) -> bool:
    """Whether a chain only says where an index lies: i, i = 1, ..., n."""
    first = chain.members[0]
    return isinstance(first, Symbol) and first.text in USUAL_INDICES


def _numbered_by(index: str, told: list[Any]) -> Iterator[tuple[str, str]]:
    """The letters with an index, each with it, if it stands nowhere else, and they never stand without it."""
    numbered = [part for part in told if isinstance(part, Scripted) and _index_of(part) == index]
    bases = {base_name(part.base) for part in numbered if isinstance(part.base, Symbol)}
    is_shown = any(is_bold(part) or getattr(part.upper, "text", "") in TRANSPOSES for part in numbered)
    letters = [part for part in told if isinstance(part, Symbol)]
    count = sum(part.text == index and not part.accents for part in letters)
    is_shown &= bases.isdisjoint(_STANDARD)
    if is_shown and count == len(numbered) == sum(base_name(part) in bases for part in letters):
        yield from ((base, index) for base in bases)


def _index_of(part: Scripted) -> str:
    """The letter below another one; nothing for other scripts."""
    match part:
        case Scripted(base=Symbol(), lower=Symbol(text=text, accents=()), primes=0):
            return text
    return ""


def _renamed(node: Any, names: Set[tuple[str, str]]) -> Any:
    node = with_parts(node, partial(_renamed, names=names))
    match node:
        case Scripted(base=Symbol() as base, upper=upper) if (base_name(base), index := _index_of(node)) in names:
            name = replace(base, text=f"{base.text}_{index}", place=node.place)
            return name if upper is None else replace(node, base=name, lower=None)
    return node
