r"""Entries that are made of those before them, written forwards: x_{t+1} = f(x_t) is x_t = f(x_{t-1}).

All that has the index t moves with it, also the range behind the formula: t = 0, ..., T - 1 is t = 1, ..., T.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from fractions import Fraction
from functools import partial
from typing import Any

from chainrule.documents.reader.syntax.parts_written import all_parts, base_letter, letters_of, parts_of_chain
from chainrule.documents.reader.syntax.written import (
    BigOperator,
    Comparing,
    Dots,
    Listed,
    Numeral,
    Scripted,
    Signed,
    Symbol,
    Written,
    WrittenChain,
    with_parts,
)


def with_next_entries(chains: Mapping[int, list[WrittenChain]]) -> dict[int, list[WrittenChain]]:
    """The chains of all pieces, in which entry t is made of entry t - 1."""
    return {number: [_from_the_last(chain) for chain in found] for number, found in chains.items()}


def is_descent(letter: str, right: Written) -> bool:
    """Whether a formula is a step of descent from what it computes anew: w - a g, for a new w."""
    return isinstance(right, Signed) and base_letter(right.terms[0]) == letter and 1 not in right.signs[1:]


# What follows is private.


def _from_the_last(chain: WrittenChain) -> WrittenChain:
    """A chain that begins with x_{t+1} = ... x_t ..., with t - 1 in the place of t; any other as it is."""
    match chain.members:
        case (Scripted(base=Symbol() as base, lower=Signed() as lower), Written() as right, *_) if _ahead(lower) == 1:
            letter = base_letter(base)
            index = lower.terms[0]
        case _:
            return chain
    assert isinstance(index, Symbol)
    same = [part for part in all_parts(right) if isinstance(part, Scripted) and base_letter(part) == letter]
    lowers = [part.lower for part in same if part.lower is not None and index.text in letters_of(part.lower)]
    behind = [each for each in map(_ahead, lowers) if each is not None]
    ranges = [part.lower for part in parts_of_chain(chain) if isinstance(part, BigOperator)]
    bound = frozenset[str]().union(*(letters_of(each) for each in ranges if each is not None))
    if chain.links[0].relation not in ("=", ":=", "≡") or is_descent(letter, right) or index.text in bound:
        return chain
    if not behind or max(behind) > 0:
        return chain
    moved: WrittenChain = with_parts(replace(chain, conditions=()), partial(_moved, index=index))
    return replace(moved, conditions=tuple(_condition(each, index) for each in chain.conditions))


def _ahead(lower: Written | None) -> int | None:
    """How far a subscript is ahead of its letter: 1 for t + 1, 0 for t; None if it is another formula."""
    match lower:
        case Symbol():
            return 0
        case Signed(terms=(Symbol(), Numeral(value=value)), signs=(1, sign)) if value.denominator == 1:
            return sign * int(value)
    return None


def _moved(node: Any, index: Symbol) -> Any:
    """A formula with t - 1 in the place of t."""
    match node:
        case Symbol() if node.text == index.text and not node.accents:
            return _plus(node, -1)
        case Signed(terms=(Symbol() as letter, *_)) if letter.text == index.text and _ahead(node) is not None:
            return _plus(node, -1)
    return with_parts(node, partial(_moved, index=index))


def _plus(node: Written, more: int) -> Written:
    """A number, a letter, or a letter plus a number, plus another number."""
    if isinstance(node, Numeral):
        return replace(node, value=node.value + more)
    ahead = (_ahead(node) or 0) + more
    letter = node.terms[0] if isinstance(node, Signed) else node
    if not ahead:
        return replace(letter, place=node.place)
    return Signed(
        (letter, Numeral(Fraction(abs(ahead)), place=node.place)), (1, 1 if ahead > 0 else -1), place=node.place
    )


def _condition(written: Written, index: Symbol) -> Written:
    """A condition on t as one on t - 1: t = 0, ..., T - 1 becomes t = 1, ..., T."""
    match written:
        case Comparing(members=(Symbol() as first, Listed() as values), relations=("=",)) if first.text == index.text:
            items = tuple(each if isinstance(each, Dots) else _after(each) for each in values.items)
            return replace(written, members=(first, replace(values, items=items)))
    moved: Written = with_parts(written, partial(_moved, index=index))
    return moved


def _after(value: Written) -> Written:
    """A value plus 1."""
    if isinstance(value, Numeral) or _ahead(value) is not None:
        return _plus(value, 1)
    return Signed((value, Numeral(Fraction(1), place=value.place)), (1, 1), place=value.place)
