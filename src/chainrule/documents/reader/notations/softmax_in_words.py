"""Softmaxes that words define: "p is the softmax of z" says p = softmax(z), and so does "p_i, as softmax of z_i"."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import partial
from itertools import pairwise
from typing import Any

from chainrule.documents.reader.syntax.written import (
    Beside,
    Bracketed,
    Link,
    Scripted,
    Symbol,
    Written,
    WrittenChain,
    with_parts,
)
from chainrule.documents.sources.pieces import Piece

_IS_SOFTMAX = re.compile(
    r"\s*(?:is|be|are|denotes?|as|ist|sei|als|est|soit|comme|es|sea|como|é|seja)\s+(?:the|der|die|das|le|la|el|o|a)?\s*"
    r"softmax(?:[- ]function)?\s+(?:of|von|de|des|du|der)\s+(?:the\s+)?(?:(?:logits|scores|vector|outputs?)\s+)?",
    re.IGNORECASE,
)


def with_softmax_in_words(
    chains: Mapping[int, list[WrittenChain]], pieces: Sequence[Piece]
) -> dict[int, list[WrittenChain]]:
    """The chains of all pieces, in which such a name is an equation."""
    found = dict(chains)
    for one, other in pairwise(sorted(chains)):
        words = "".join(piece.text for piece in pieces[one + 1 : other])
        name, argument = _alone(chains[one]), _alone(chains[other])
        if name is None or argument is None or not _IS_SOFTMAX.fullmatch(words):
            continue
        if isinstance(name, Scripted) and isinstance(name.lower, Symbol) and name.upper is None:
            argument, name = _of_all(argument, index=name.lower.text), name.base
        if isinstance(name, Symbol):
            call = Beside((Symbol("softmax", is_word=True), Bracketed("(", (argument,))), ("",), place=argument.place)
            link = Link("=", (name.place[1], name.place[1]))
            found[one] = [replace(chains[one][0], members=(name, call), links=(link,))]
    return found


# What follows is private.


def _alone(chains: Sequence[WrittenChain]) -> Written | None:
    """The only formula of a piece that says no more."""
    return chains[0].members[0] if len(chains) == 1 and len(chains[0].members) == 1 else None


def _of_all(node: Any, index: str) -> Any:
    """A formula in which letters with an index are all their entries."""
    match node:
        case Scripted(base=Symbol() as base, lower=Symbol(text=text), upper=None, primes=0) if text == index:
            return base
    return with_parts(node, partial(_of_all, index=index))
