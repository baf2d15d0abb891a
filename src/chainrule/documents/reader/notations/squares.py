"""Squares that are names: the variance sigma^2, where it is defined, differentiated by, or an argument.

There sigma^4 is its square and sigma its root.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Set
from dataclasses import replace
from fractions import Fraction
from functools import partial
from typing import Any

from chainrule.documents.reader.syntax.parts_written import all_parts, base_name, parts_of_chain
from chainrule.documents.reader.syntax.written import (
    Beside,
    Bracketed,
    Differentiation,
    Numeral,
    Root,
    Scripted,
    Symbol,
    Written,
    WrittenChain,
    with_parts,
)

VARIANCES = frozenset({"sigma", "tau"})
"""Letters of standard deviations, which are not negative."""

SQUARE = "squared"
"""The accent of the name of a square."""


def with_squares(chains: Mapping[int, list[WrittenChain]]) -> dict[int, list[WrittenChain]]:
    """The chains of all pieces, in which squares that are names are letters of their own."""
    every = [chain for found in chains.values() for chain in found]
    names = {name for chain in every for name in _squares_in(chain)}
    names -= {name for chain in every for part in parts_of_chain(chain) for name in _others_in(part, names)}
    if not names:
        return dict(chains)
    return {
        number: [with_parts(chain, partial(_renamed, names=names)) for chain in found]
        for number, found in chains.items()
    }


# What follows is private.


def _squares_in(chain: WrittenChain) -> Iterator[str]:
    """The letters whose squares are names here."""
    first = chain.members[0]
    relation = chain.links[0].relation if chain.links else ""
    before = ["=>", *(link.relation for link in chain.links)]  # a chain begins anew behind =>
    for sign, left, link, right in zip(before, chain.members, chain.links, chain.members[1:], strict=False):
        if sign == "=>" and isinstance(left, Scripted) and link.relation in ("=", ":="):
            inside = {base_name(part) for part in all_parts(right) if isinstance(part, Symbol)} if right else set()
            if (name := _square_of(left)) and name not in inside:
                yield name
    if isinstance(first, Beside) and relation in ("=", ":="):
        for part in first.parts:
            if isinstance(part, Bracketed) and len(part.items) > 1:
                yield from filter(None, map(_square_of, part.items))
    for part in parts_of_chain(chain):
        if isinstance(part, Differentiation):
            yield from filter(None, map(_square_of, part.variables))


def _square_of(written: Written) -> str:
    """The letter of a standard deviation whose square a formula is; nothing for anything else."""
    match written:
        case Scripted(base=Symbol() as base, upper=Numeral(value=value), primes=0) if value == 2:
            return base_name(base) if base.text in VARIANCES else ""
    return ""


def _others_in(part: Written, names: Set[str]) -> Iterator[str]:
    """The letters among some that are functions, or have superscripts that are no whole powers.

    A power with brackets behind it, sigma^2 (T - t), shows no function: where one is squared, it is called elsewhere.
    """
    match part:
        case Scripted(base=Symbol() as base, upper=upper, primes=primes) if base_name(base) in names:
            whole = upper is None or (isinstance(upper, Numeral) and upper.value.denominator == 1)
            if primes or not whole:
                yield base_name(base)
        case Beside(parts=parts, joints=joints):
            for one, other, joint in zip(parts, parts[1:], joints, strict=False):
                head = one.base if isinstance(one, Scripted) and one.upper is None else one
                if isinstance(head, Symbol) and isinstance(other, Bracketed) and not joint and base_name(head) in names:
                    yield base_name(head)


def _renamed(node: Any, names: Set[str]) -> Any:
    """A formula in which squares of letters are letters."""
    match node:
        case Scripted(base=Symbol() as base, lower=lower, upper=upper) if base_name(base) in names:
            power = upper.value if isinstance(upper, Numeral) else Fraction(1)
            square: Written = _letter(base)
            if lower is not None:
                square = Scripted(square, _renamed(lower, names), place=node.place)
            return _power(square, power, node.place)
        case Symbol() if base_name(node) in names:
            return Root(_letter(node), place=node.place)
    return with_parts(node, partial(_renamed, names=names))


def _letter(base: Symbol) -> Symbol:
    return replace(base, accents=(*base.accents, SQUARE))


def _power(square: Written, power: Fraction, place: tuple[int, int]) -> Written:
    """A power of a letter, from its square."""
    base: Written = square
    if power % 2:
        base = Root(square, place=place)
    else:
        power = power / 2
    if power == 1:
        return replace(base, place=place)
    if isinstance(base, Scripted):
        return replace(base, upper=Numeral(power, place=place))
    if isinstance(base, Root):
        base = Bracketed("(", (base,), place=place)
    return Scripted(base, upper=Numeral(power, place=place), place=place)
