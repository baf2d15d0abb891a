"""The differential of a function at a point, applied to a direction: \\mathrm{d}_x f(h).

It is the derivative of f(x + t h) by t at t = 0, whatever the kinds of x and of f(x) are.
"""

from __future__ import annotations

from collections.abc import Mapping, Set
from fractions import Fraction
from functools import partial
from itertools import pairwise
from typing import Any

from chainrule.documents.reader.syntax.parts_written import base_letter, base_name, letters_of, parts_of_chain
from chainrule.documents.reader.syntax.written import (
    Beside,
    Bracketed,
    Comparing,
    Differentiation,
    Grid,
    Numeral,
    Scripted,
    Signed,
    Symbol,
    Written,
    WrittenChain,
    with_parts,
)

STEP = Symbol("t", accents=("step",))
"""The letter by which the derivative is taken."""


def with_directions(chains: Mapping[int, list[WrittenChain]]) -> dict[int, list[WrittenChain]]:
    """The chains of all pieces, in which differentials with their directions are such derivatives.

    An upright d with a letter below may be a number; so the letter has to stand in an argument of the function. A
    letter by which derivatives are taken is no function.
    """
    parts = [part for found in chains.values() for chain in found for part in parts_of_chain(chain)]
    if not any(isinstance(part, Scripted) and _is_sign(part) for part in parts):
        return dict(chains)
    slopes = (part for part in parts if isinstance(part, Differentiation) and part.sign in ("d", "partial"))
    by = (each for part in slopes for each in part.variables)
    variables, called = set(map(base_letter, by)), dict[str, set[str]]()
    for row in (part.parts for part in parts if isinstance(part, Beside)):
        for function, bracket in pairwise(row):
            if isinstance(bracket, Bracketed) and base_letter(function) not in variables:
                called.setdefault(base_letter(function), set()).update(letters_of(bracket))
    renamed = partial(_renamed, called=called)
    return {number: [with_parts(chain, renamed) for chain in found] for number, found in chains.items()}


# What follows is private.


def _is_sign(part: Scripted) -> bool:
    base = part.base
    is_upright = isinstance(base, Symbol) and base.text == "d" and base.font == "roman" and not base.accents
    return is_upright and part.upper is None and not part.primes


def _renamed(node: Any, called: Mapping[str, Set[str]]) -> Any:
    node = with_parts(node, partial(_renamed, called=called))
    if not isinstance(node, Beside):
        return node
    parts, joints, at = list(node.parts), list(node.joints), 0
    while at + 2 < len(parts):
        sign, function, bracket = parts[at : at + 3]
        found = _derivative(sign, function, bracket, called) if joints[at : at + 2] == ["", ""] else None
        if found is not None:
            parts[at : at + 3], joints[at : at + 2] = [found], []
        at += 1
    place = node.place
    return parts[0] if len(parts) == 1 else Beside(tuple(parts), tuple(joints), place=place)


def _derivative(sign: Written, function: Written, bracket: Written, called: Mapping[str, Set[str]]) -> Written | None:
    base = function.base if isinstance(function, Scripted) else function
    match sign, bracket:
        case Scripted(lower=Symbol() | Grid() | Bracketed() as point), Bracketed(kind="(", items=(direction,)) if (
            _is_sign(sign)
            and isinstance(base, Symbol)
            and not base.is_word
            and base_name(base) in called
            and (not isinstance(point, Symbol) or base_name(point) in called[base_name(base)])
        ):
            place = sign.place[0], bracket.place[1]
            moved = Signed((point, Beside((direction, STEP), ("",), place=place)), (1, 1), place=place)
            value = Beside((function, Bracketed("(", (moved,), place=bracket.place)), ("",), place=place)
            slope = Differentiation("d", value, (STEP,), place=place)
            zero = Comparing((STEP, Numeral(Fraction(0))), ("=",), place=place)
            return Scripted(Bracketed("at", (slope,), place=place), zero, place=place)
    return None
