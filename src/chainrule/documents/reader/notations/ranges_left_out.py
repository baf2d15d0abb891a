r"""Sums without a range: \sum a_{ij}^2 runs over the indices that stand nowhere else.

A sum whose body has none, such as \sum y \log p, stays as it is: it is over all entries.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from functools import partial
from typing import Any

from chainrule.documents.language.trees import parts_of
from chainrule.documents.reader.syntax.parts_written import USUAL_INDICES, all_parts, base_name, items_of, letters_of
from chainrule.documents.reader.syntax.written import (
    Beside,
    BigOperator,
    Listed,
    Scripted,
    Symbol,
    Written,
    WrittenChain,
    with_parts,
)


def with_ranges(chains: Mapping[int, list[WrittenChain]]) -> dict[int, list[WrittenChain]]:
    """The chains of all pieces, in which sums without a range have the indices of their body that nothing else has."""
    return {number: [_completed(chain) for chain in found] for number, found in chains.items()}


# What follows is private.


def _completed(chain: WrittenChain) -> WrittenChain:
    parts = [each for each in (*chain.members, *chain.conditions) if each is not None]
    if not any(_is_open(part) for each in parts for part in all_parts(each)):
        return chain
    fixed = frozenset(name for each in parts for name in _fixed(each))
    found: WrittenChain = with_parts(chain, partial(_with_ranges, fixed=fixed))
    return found


def _is_open(part: Any) -> bool:
    return isinstance(part, BigOperator) and part.kind in ("sum", "prod") and part.lower is None and part.upper is None


def _fixed(written: Written, bound: frozenset[str] = frozenset()) -> Iterator[str]:
    """The letters in subscripts that no sum binds, outside the bodies of sums without a range."""
    inside = parts_of(written, Written)
    if isinstance(written, Beside):
        inside = inside[: next((at for at, part in enumerate(inside) if _is_open(part)), len(inside))]
        bound = bound.union(
            *(letters_of(part.lower) for part in inside if isinstance(part, BigOperator) and part.lower)
        )
    if isinstance(written, Scripted):
        yield from {base_name(item) for item in items_of(written.lower) if isinstance(item, Symbol)} - bound
    for part in inside:
        yield from _fixed(part, bound)


def _with_ranges(written: Any, fixed: frozenset[str]) -> Any:
    found = with_parts(written, partial(_with_ranges, fixed=fixed))
    if not isinstance(found, Beside):
        return found
    pieces = list(found.parts)
    for at in reversed(range(len(pieces) - 1)):
        sign = pieces[at]
        if isinstance(sign, BigOperator) and _is_open(sign):
            pieces[at] = _with_range(sign, pieces[at + 1 :], fixed)
    return replace(found, parts=tuple(pieces))


def _with_range(sign: BigOperator, body: list[Written], fixed: frozenset[str]) -> BigOperator:
    every = [part for each in body for part in all_parts(each)]
    lower = [part.lower for part in every if isinstance(part, BigOperator) and part.lower is not None]
    known = fixed.union(*map(letters_of, lower))
    scripted = [item for part in every if isinstance(part, Scripted) for item in items_of(part.lower)]
    indices = {base_name(each): each for each in scripted if isinstance(each, Symbol) and each.text in USUAL_INDICES}
    free = tuple(each for name, each in indices.items() if name not in known)
    if not free:
        return sign
    return replace(sign, lower=free[0] if len(free) == 1 else Listed(free, place=sign.place), left_out=True)
