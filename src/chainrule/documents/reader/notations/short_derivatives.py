"""Derivatives that only a mark tells: f_x of f(x, y) = ..., y' of y = e^{2x}, and x with a dot of x = t^2."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Set
from dataclasses import replace
from functools import partial
from itertools import pairwise
from typing import Any

from chainrule.documents.reader.syntax.parts_written import (
    all_parts,
    arguments_of,
    base_name,
    items_of,
    letters_of,
    parts_of_chain,
)
from chainrule.documents.reader.syntax.written import (
    Beside,
    Bracketed,
    Comparing,
    Differentiation,
    Listed,
    Scripted,
    Symbol,
    Written,
    WrittenChain,
    with_parts,
)
from chainrule.documents.reader.translation.slopes import USUAL_CONSTANTS

PROBABILITIES = frozenset("pPqQ")
"""Names whose subscripts tell marginal distributions: p_x of p(x, y)."""

SPEAKS_OF_DERIVATIVES = re.compile(
    r"deriv|differen[tz]i|slope|tangent|velocit|accelerat|gradient|ableit|steigung|dériv|pente|pendiente|производн"
    r"|导|導|微分|미분|đạo hàm",
    re.IGNORECASE,
)
"""Words of documents in which a prime behind a value is a derivative, and not another value."""


def with_short_derivatives(chains: Mapping[int, list[WrittenChain]], prose: str) -> dict[int, list[WrittenChain]]:
    """The chains of all pieces, in which such marks are derivatives."""
    every = [chain for found in chains.values() for chain in found]
    functions = dict(pair for chain in every for pair in _defined(chain))
    with_primes = SPEAKS_OF_DERIVATIVES.search(prose) is not None
    if not functions and not with_primes:
        return dict(chains)
    parts = (part for chain in every for part in parts_of_chain(chain))
    called = {base_name(each.parts[0]) for each in parts if isinstance(each, Beside) and _is_call(each)}
    found, values = dict[int, list[WrittenChain]](), dict[str, Symbol | None]()
    for number, own in sorted(chains.items()):
        found[number] = []
        for chain in own:
            if with_primes:
                values |= dict(_values(chain, called))
            found[number].append(_renamed(chain, functions, values))
    return found


# What follows is private.


def _values(chain: WrittenChain, called: Set[str]) -> Iterator[tuple[str, Symbol | None]]:
    """The letters that a chain defines, with the only letter of the formula; none if it is made of several."""
    for link, (left, right) in zip(chain.links, pairwise(chain.members), strict=True):
        if link.relation in ("=", ":=") and isinstance(left, Symbol) and right is not None:
            symbols = [each for each in all_parts(right) if isinstance(each, Symbol) and not each.is_word]
            letters = {base_name(each): each for each in symbols if base_name(each) not in ("e", "pi")}
            free = letters if len(letters) == 1 else {n: s for n, s in letters.items() if n not in USUAL_CONSTANTS}
            one = len(free) == 1 and base_name(left) not in free.keys() | called
            yield base_name(left), next(iter(free.values())) if one else None


def _is_call(written: Beside) -> bool:
    return isinstance(written.parts[0], Symbol) and isinstance(written.parts[1], Bracketed) and not written.joints[0]


def _defined(chain: WrittenChain) -> Iterator[tuple[str, Set[str]]]:
    """The functions of several numbers that a chain defines by a formula, with the letters of their arguments."""
    for link, (left, right) in zip(chain.links, pairwise(chain.members), strict=True):
        match left:
            case Beside(parts=(Symbol(is_word=False, accents=()) as name, Bracketed("(") as bracket), joints=("",)):
                letters = {base_name(each) for each in arguments_of(bracket) if isinstance(each, Symbol)}
                plain = 1 < len(letters) == len(arguments_of(bracket)) and base_name(name) not in PROBABILITIES
                if link.relation in ("=", ":=") and plain and _is_formula(right, base_name(name), letters):
                    yield base_name(name), letters


def _is_formula(right: Written | None, name: str, letters: Set[str]) -> bool:
    """Whether it is made of all these letters; a list may have components, such as f_x."""
    if right is None or isinstance(right, Bracketed | Listed):
        return False
    return letters <= letters_of(right) and not any(_is_below(part, name, letters) for part in all_parts(right))


def _is_below(part: Written, name: str, letters: Set[str]) -> bool:
    """Whether a part is a function with letters of its arguments below."""
    match part:
        case Scripted(base=Symbol() as base, lower=Written() as lower, upper=None, primes=0):
            below = items_of(lower)
            return base_name(base) == name and all(isinstance(e, Symbol) and base_name(e) in letters for e in below)
    return False


def _at(slope: Differentiation, bracket: Written) -> Written | None:
    """The derivative of a value at the place in brackets, y'(0); None if there is no single place."""
    place = slope.place[0], bracket.place[1]
    match bracket:
        case Bracketed("(", items=(item,)) if item == slope.variables[0]:
            return replace(slope, place=place)
        case Bracketed("(", items=(item,)) if base_name(slope.variables[0]) not in letters_of(item):
            there = Comparing((slope.variables[0], item), ("=",), place=item.place)
            return Scripted(Bracketed("at", (slope,), place=place), there, place=place)
    return None


def _renamed(node: Any, functions: Mapping[str, Set[str]], values: Mapping[str, Symbol | None]) -> Any:
    """A tree in which such names are derivatives. A bracket behind a prime has the place of its value, y'(0)."""
    match node:
        case Beside(parts=parts, joints=joints) if any(isinstance(part, Bracketed) for part in parts[1:]):
            made, between = list[Written](), list[str]()
            for part, before, joint in zip(parts, (None, *parts), ("", *joints), strict=False):
                slope = made[-1] if made and not joint and isinstance(part, Bracketed) else None
                if isinstance(slope, Differentiation) and isinstance(before, Scripted) and before.primes:
                    at = _at(slope, part)
                    made[-1] = before if at is None else at  # y'(x - 1) may be a product or a value
                    if at is not None:
                        continue
                made, between = [*made, _renamed(part, functions, values)], [*between, joint]
            return made[0] if len(made) == 1 else replace(node, parts=tuple(made), joints=tuple(between[1:]))
        case Scripted(base=Symbol() as base, lower=Written() as lower) if base_name(base) in functions and _is_below(
            node, base_name(base), functions[base_name(base)]
        ):
            return Differentiation("partial", base, items_of(lower), len(items_of(lower)), place=node.place)
        case Scripted(base=Symbol() as base, lower=None, upper=None, primes=primes) if primes:
            if (variable := values.get(base_name(base))) is not None:
                return Differentiation("d", base, (variable,) * primes, primes, place=node.place)
        case Symbol(text=text, accents=("dot" | "ddot" as accent,)):
            if (variable := values.get(text)) is not None and variable.text == "t":
                order = len(accent) - 2
                return Differentiation("d", replace(node, accents=()), (variable,) * order, order, place=node.place)
    return with_parts(node, partial(_renamed, functions=functions, values=values))
