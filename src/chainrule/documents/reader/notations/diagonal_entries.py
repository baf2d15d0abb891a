"""Diagonal matrices that are defined by their entries: D_{ii} = d_i, for a diagonal D, is D_{ij} = 1_{ij} d_i."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from fractions import Fraction

from chainrule.documents.reader.prose.sentence_roles import MARK
from chainrule.documents.reader.prose.sentences import sentences
from chainrule.documents.reader.syntax.parts_written import USUAL_INDICES, items_of, parts_of_chain
from chainrule.documents.reader.syntax.written import (
    Beside,
    Bracketed,
    Listed,
    Numeral,
    Scripted,
    Symbol,
    Written,
    WrittenChain,
)
from chainrule.documents.sources.pieces import Piece

_DIAGONAL = re.compile(
    r"\b(?:diagonal\w*\s+(?:\w+\s+){0,2}matri|matri\w+\s+diagonal|diagonalmatri|(?:is|be|are|ist|sei|est|soit)\s+diagonal)"
    r"|对角矩阵|диагональн\w+\s+матриц",
    re.IGNORECASE,
)


def with_diagonals(chains: Mapping[int, list[WrittenChain]], pieces: Sequence[Piece]) -> dict[int, list[WrittenChain]]:
    """The chains of all pieces, in which equations for the entries D_{ii} of a diagonal matrix are ones for all D_{ij}.

    Words in the same sentence before the equation say that the matrix is diagonal.
    """
    found = dict(chains)
    told = set(_told(pieces))
    if told:
        every = (part for found in chains.values() for chain in found for part in parts_of_chain(chain))
        letters = {part.text for part in every if isinstance(part, Symbol)}
        spare = next((each for each in "jklmnpqrst" if each not in letters), None)
        for number in told & chains.keys() if spare else ():
            found[number] = [_of_all(chain, spare or "") for chain in chains[number]]
    return found


# What follows is private.


def _told(pieces: Sequence[Piece]) -> Iterator[int]:
    """The numbers of the formulas that stand behind words for a diagonal matrix."""
    for _, _, text in sentences(pieces):
        if (match := _DIAGONAL.search(text)) is not None:
            yield from (int(mark[1]) for mark in MARK.finditer(text, match.end()))


def _of_all(chain: WrittenChain, other: str) -> WrittenChain:
    """A chain that begins with an equation for D_{ii}, as one that begins with D_{ij}; another chain as it is."""
    match chain.members:
        case [Scripted(base=Symbol(), lower=Written() as lower, upper=None, primes=0) as left, Written() as right]:
            match items_of(lower):
                case (Symbol(text=one) as index, Symbol(text=two)) if one == two and one in USUAL_INDICES:
                    both = Listed((index, replace(index, text=other)), place=lower.place)
                    equal = Scripted(Numeral(Fraction(1)), lower=both, place=left.place)
                    within = Bracketed("(", (right,), place=right.place)
                    product = Beside((equal, within), ("",), place=right.place)
                    if chain.links[0].relation in ("=", ":="):
                        return replace(chain, members=(replace(left, lower=both), product))
    return chain
