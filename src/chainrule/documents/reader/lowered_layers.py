"""Layers that subscripts count: A_l = phi(A_{l-1} W_l + b_l) has A^{(l)}, A^{(l-1)}, W^{(l)} and b^{(l)}.

The letter l counts layers if some letter stands with l and with l - 1 or l + 1 below it, no sum runs over l, and l
never stands beside other indices. The letters that l stands below have no other indices, but perhaps numbers and L.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from functools import partial
from itertools import pairwise
from typing import Any

from chainrule.documents.reader.parts_written import all_parts, base_name, parts_of_chain
from chainrule.documents.reader.written import (
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

_NAMED = re.compile(r"(?:layers?|blocks?|couches?|schicht|capas?|lagen?|strat[oi]|слой|слоя|слое)\s+\Z", re.IGNORECASE)


def with_lowered_layers(
    chains: dict[int, list[WrittenChain]], pieces: Sequence[Piece]
) -> dict[int, list[WrittenChain]]:
    """The chains of all pieces, in which subscripts that count layers are superscripts in brackets."""
    every = [part for found in chains.values() for chain in found for part in parts_of_chain(chain)]
    bound = {each.text for part in every if isinstance(part, BigOperator) for each in _symbols(part.lower)}
    lowered = [(part.base, part.lower) for part in every if isinstance(part, Scripted) and part.lower is not None]
    for letter in sorted({"l", "ell", *_told(pieces)} - bound):
        names = _names(letter, lowered)
        if names:
            chains = {
                number: [with_parts(chain, partial(_raised, letter=letter, names=names)) for chain in found]
                for number, found in chains.items()
            }
    return chains


# What follows is private.


def _told(pieces: Sequence[Piece]) -> Iterator[str]:
    """The letters of which a sentence says that they count layers: "layer $k$"."""
    for before, piece in pairwise(pieces):
        text = piece.text.strip()
        if piece.kind == "inline" and len(text) == 1 and text.islower() and _NAMED.search(before.text):
            yield text


def _symbols(written: Written | None) -> Iterator[Symbol]:
    yield from (part for part in ([] if written is None else all_parts(written)) if isinstance(part, Symbol))


def _names(letter: str, lowered: Iterable[tuple[Written, Written]]) -> frozenset[str]:
    """The letters that have a layer below them; none if the letter does not count layers."""
    below = dict[str, set[str]]()
    for base, lower in lowered:
        kind = _kind(lower, letter)
        if kind == "mixed" or not isinstance(base, Symbol):
            if kind in ("mixed", "layer", "next"):
                return frozenset()
            continue
        below.setdefault(base_name(base), set()).add(kind)
    names = {name for name, kinds in below.items() if "layer" in kinds or "next" in kinds}
    recurs = any({"layer", "next"} <= below[name] for name in names)
    alone = all("other" not in below[name] for name in names)
    return frozenset(names) if recurs and alone and len(names) > 1 else frozenset()


def _kind(lower: Written, letter: str) -> str:
    """What a subscript is: a layer, one beside it, a number or the last layer, mixed with other indices, or another."""
    symbols = {each.text for each in _symbols(lower)}
    match lower:
        case Symbol(text=text) if text == letter:
            return "layer"
        case Signed(terms=(Symbol(text=text), Numeral())) if text == letter:
            return "next"
        case Numeral() | Symbol(text="L") | Signed(terms=(Symbol(text="L"), Numeral())):
            return "fixed"
    return "mixed" if letter in symbols else "other"


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
