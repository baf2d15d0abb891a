r"""Primes that transpose, as statisticians write: (X'X)^{-1} X'y, (y - X\beta)'(y - X\beta)."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence, Set
from dataclasses import replace

from chainrule.documents.reader.syntax.known_words import PRIME
from chainrule.documents.reader.syntax.parts_written import base_name, parts_of_chain
from chainrule.documents.reader.syntax.written import (
    Beside,
    Bracketed,
    Scripted,
    Symbol,
    Written,
    WrittenChain,
    with_parts,
)
from chainrule.documents.sources.pieces import Piece


def with_primed_transposes(
    chains: Mapping[int, list[WrittenChain]], pieces: Sequence[Piece] = ()
) -> dict[int, list[WrittenChain]]:
    """The chains of all pieces, in which primes are transposes if a matrix or a bracket stands behind itself with one.

    So are they where the text says it: x' is the transpose of x. Primes of functions stay: f' after f(x) = ..., and
    those that only stand before brackets.
    """
    written = [chain for found in chains.values() for chain in found]
    every = [part for chain in written for part in parts_of_chain(chain)]
    products = [part for part in every if isinstance(part, Beside)]
    pairs = [pair for each in products for pair in zip(each.parts, each.parts[1:], strict=False)]
    firsts = (chain.members[0] for chain in written if chain.members)
    calls = [first.parts for first in firsts if isinstance(first, Beside) and len(first.parts) == 2]
    functions = {base_name(one) for one, other in calls if isinstance(one, Symbol) and _is_bracket(other)}
    told = any(_says_transpose(chains.get(number, ()), after) for number, after in enumerate(pieces[1:]))
    if not told and not any(_is_square(one, other, functions) for one, other in pairs):
        return dict(chains)
    heads = [one for one, other in pairs if _is_bracket(other)]
    free = [each for each in every if _is_primed(each) and not any(each is head for head in heads)]
    factors = {_letter(each) for each in free} | {_letter(one) for one, other in pairs if _is_factor(one, other)}

    def read(node: Written) -> Written:
        found: Written = with_parts(node, read)
        if not isinstance(found, Scripted) or not _is_primed(found):
            return found
        is_turned = isinstance(found.base, Bracketed) or told or _letter(found) in factors
        is_turned = is_turned and _letter(found) not in functions
        return replace(found, primes=0, upper=Symbol(PRIME, place=found.place)) if is_turned else found

    return {number: [with_parts(chain, read) for chain in found] for number, found in chains.items()}


# What follows is private.

_TRANSPOSE = re.compile(
    r"\s*(?:for|denotes?|is|means|stands for|für|bezeichnet|ist|pour|désigne|est|para|denota|es)\s+"
    r"(?:the|die|la|a)?\s*(?:transpose|transponierte|transposée|transpuesta|transposta)",
    re.IGNORECASE,
)


def _says_transpose(chains: Sequence[WrittenChain], after: Piece) -> bool:
    """Whether words behind a letter with a prime say that it is a transpose."""
    first = chains[0].members[0] if len(chains) == 1 else None
    return first is not None and _is_primed(first) and after.kind == "prose" and bool(_TRANSPOSE.match(after.text))


def _is_primed(written: Written) -> bool:
    return isinstance(written, Scripted) and written.primes == 1 and written.upper is None


def _is_bracket(written: Written) -> bool:
    return isinstance(written, Bracketed) and written.kind == "("


def _letter(written: Written) -> str:
    """A letter, perhaps with scripts; nothing for anything else."""
    base = written.base if isinstance(written, Scripted) and _is_primed(written) else written
    return base_name(base) if isinstance(base, Symbol) else ""


def _is_matrix(written: Written) -> bool:
    return isinstance(written, Symbol) and (written.text[:1].isupper() or written.font == "bold")


def _is_factor(one: Written, other: Written) -> bool:
    """Whether a matrix stands before a factor without brackets, as X in X b."""
    return _is_matrix(one) and not isinstance(other, Bracketed)


def _is_square(one: Written, other: Written, functions: Set[str]) -> bool:
    """Whether a matrix or a bracket stands behind itself with a prime."""
    if not isinstance(one, Scripted) or not _is_primed(one) or one.lower is not None or one.base != other:
        return False
    return _is_bracket(other) or (_is_matrix(other) and _letter(other) not in functions)
