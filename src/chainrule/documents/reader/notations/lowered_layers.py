"""Layers that subscripts count: A_l = phi(A_{l-1} W_l + b_l) has A^{(l)}, A^{(l-1)}, W^{(l)} and b^{(l)}.

The letter l counts layers if some letter stands with l and with l - 1 or l + 1 below it, no sum runs over l, and l
never stands beside other indices. The letters that l stands below have no other indices, but perhaps numbers and L.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from functools import partial
from itertools import pairwise
from typing import Any

from chainrule.documents.reader.prose.stated_words import LAYER_BEFORE
from chainrule.documents.reader.syntax.parts_written import base_name, letters_of, parts_of_chain
from chainrule.documents.reader.syntax.written import (
    Beside,
    BigOperator,
    Bracketed,
    Numeral,
    Scripted,
    Signed,
    Symbol,
    Written,
    WrittenChain,
    with_parts,
)
from chainrule.documents.sources.pieces import Piece


def with_lowered_layers(
    chains: dict[int, list[WrittenChain]], pieces: Sequence[Piece]
) -> dict[int, list[WrittenChain]]:
    """The chains of all pieces, in which subscripts that count layers are superscripts in brackets."""
    every = [part for found in chains.values() for chain in found for part in parts_of_chain(chain)]
    ranges = [part.lower for part in every if isinstance(part, BigOperator) and part.lower is not None]
    bound = frozenset[str]().union(*map(letters_of, ranges))
    lowered = [(part.base, part.lower) for part in every if isinstance(part, Scripted) and part.lower is not None]
    for letter in sorted({"l", "ell", *_told(pieces)} - bound):
        if names := _names(letter, lowered):
            raised = partial(_raised, letter=letter, names=names)
            chains = {number: [with_parts(chain, raised) for chain in found] for number, found in chains.items()}
    return chains


# What follows is private.


def _told(pieces: Sequence[Piece]) -> Iterator[str]:
    """The letters of which a sentence says that they count layers: "layer $k$"."""
    for before, piece in pairwise(pieces):
        text = piece.text.strip()
        if piece.kind == "inline" and len(text) == 1 and text.islower() and LAYER_BEFORE.search(before.text):
            yield text


def _names(letter: str, lowered: Iterable[tuple[Written, Written]]) -> frozenset[str]:
    """The letters that have a layer below them; none if the letter does not count layers."""
    below = dict[str, set[str]]()
    for base, lower in lowered:
        kind = _kind(lower, letter)
        if kind == "mixed" or (kind in ("layer", "next") and not isinstance(base, Symbol)):
            return frozenset()
        if isinstance(base, Symbol):
            below.setdefault(base_name(base), set()).add(kind)
    names = {name for name, kinds in below.items() if kinds & {"layer", "next"}}
    recurs = any({"layer", "next"} <= below[name] for name in names)
    alone = all("other" not in below[name] for name in names)
    return frozenset(names) if recurs and alone and len(names) > 1 else frozenset()


def _kind(lower: Written, letter: str) -> str:
    """The kind of a subscript: layer (l), next (l + 1), fixed (2 or L), mixed (l beside other indices), or other."""
    match lower:
        case Symbol(text=text) if text == letter:
            return "layer"
        case Signed(terms=(Symbol(text=text), Numeral())) if text == letter:
            return "next"
        case Numeral() | Symbol(text="L") | Signed(terms=(Symbol(text="L"), Numeral())):
            return "fixed"
    return "mixed" if letter in letters_of(lower) else "other"


def _raised(node: Any, letter: str, names: frozenset[str]) -> Any:
    """A formula in which the layers below some letters stand above them."""
    node = with_parts(node, partial(_raised, letter=letter, names=names))
    match node:
        case Scripted(base=Symbol() as base, lower=Written() as lower, upper=upper) if base_name(
            base
        ) in names and _kind(lower, letter) in ("layer", "next", "fixed"):
            layer: Written = Bracketed("(", (lower,), place=lower.place)
            if upper is not None:
                layer = Beside((layer, upper), ("",), place=(lower.place[0], upper.place[1]))
            return replace(node, lower=None, upper=layer)
    return node
