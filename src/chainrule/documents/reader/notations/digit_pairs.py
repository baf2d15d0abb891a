"""Subscripts of two digits, as in x_{11}: the two indices of an entry, where the letter has two indices elsewhere."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Set
from dataclasses import replace
from fractions import Fraction
from functools import partial
from typing import Any

from chainrule.documents.reader.syntax.parts_written import base_name, items_of, parts_of_chain
from chainrule.documents.reader.syntax.written import (
    Beside,
    Numeral,
    Scripted,
    Symbol,
    Written,
    WrittenChain,
    with_parts,
)


def with_digit_pairs(chains: Mapping[int, list[WrittenChain]]) -> dict[int, list[WrittenChain]]:
    """The chains of all pieces, in which digits are apart where a letter has as many indices elsewhere."""
    counts = dict[str, set[int]]()
    for base, items in _subscripts(chain for found in chains.values() for chain in found):
        if any(isinstance(item, Symbol) for item in items):
            counts.setdefault(base, set()).add(len(items))
    pairs = {
        (base, len(items))
        for base, items in _subscripts(chain for found in chains.values() for chain in found)
        if any(map(_has_two, items)) and len(items) + 1 in counts.get(base, ())
    }
    if not pairs:
        return dict(chains)
    return {number: [_apart(chain, pairs) for chain in found] for number, found in chains.items()}


# What follows is private.


def _subscripts(chains: Iterable[WrittenChain]) -> Iterable[tuple[str, tuple[Written, ...]]]:
    for chain in chains:
        for part in parts_of_chain(chain):
            if isinstance(part, Scripted) and isinstance(part.base, Symbol) and part.lower is not None:
                yield base_name(part.base), items_of(part.lower)


def _has_two(item: Written) -> bool:
    """Whether it is a number from 11 to 99 without a 0."""
    return isinstance(item, Numeral) and item.value.denominator == 1 and 10 < item.value < 100 and item.value % 10 != 0


def _apart(node: Any, pairs: Set[tuple[str, int]]) -> Any:
    """A tree in which two digits are two numerals."""
    if isinstance(node, Scripted) and isinstance(node.base, Symbol) and node.lower is not None:
        items = items_of(node.lower)
        if (base_name(node.base), len(items)) in pairs and any(map(_has_two, items)):
            parts = tuple(digit for item in items for digit in (_digits(item) if _has_two(item) else (item,)))
            node = replace(node, lower=Beside(parts, ("",) * (len(parts) - 1), place=node.lower.place))
    return with_parts(node, partial(_apart, pairs=pairs))


def _digits(item: Any) -> tuple[Numeral, Numeral]:
    (start, end), value = item.place, int(item.value)
    return (
        Numeral(Fraction(value // 10), place=(start, end - 1)),
        Numeral(Fraction(value % 10), place=(start + 1, end)),
    )
