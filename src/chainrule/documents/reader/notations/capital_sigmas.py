r"""The letter \Sigma as the sign of a sum everywhere in a document that writes \Sigma_{i=1}^n for one: \Sigma x_i."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Set
from dataclasses import replace
from typing import Any

from chainrule.documents.reader.syntax.parts_written import parts_of_chain
from chainrule.documents.reader.syntax.written import (
    Beside,
    BigOperator,
    Scripted,
    Symbol,
    Written,
    WrittenChain,
    with_parts,
)

WITH_A_RANGE = re.compile(r"(?:\\Sigma|Σ)\s*(?:\\limits\s*)?(?:\^\s*(?:\{[^{}]*\}|\w)\s*)?_\s*\{[^{}]*(?:=|\\in\b)")
"""The letter with a range: it is the sign of a sum there."""


def with_sums(
    chains: Mapping[int, list[WrittenChain]], formulas: str, named: Set[str]
) -> dict[int, list[WrittenChain]]:
    """The chains of all pieces, in which the letter is the sign of a sum, if it stands nowhere as a name.

    `formulas` is the text of all formulas, and `named` has the names that the document declares.
    """
    every = [part for found in chains.values() for chain in found for part in parts_of_chain(chain)]
    if "Sigma" in named or not WITH_A_RANGE.search(formulas) or _signs(every) < _letters(every):
        return dict(chains)
    return {number: [with_parts(chain, _with_signs) for chain in found] for number, found in chains.items()}


# What follows is private.


def _is_sigma(written: Written) -> bool:
    return isinstance(written, Symbol) and written.text == "Sigma" and not written.accents and not written.font


def _is_sign(written: Written) -> bool:
    """Whether a factor is the letter alone or with a subscript: a name would also have powers and transposes."""
    if isinstance(written, Scripted):
        return _is_sigma(written.base) and written.upper is None and not written.primes
    return _is_sigma(written)


def _letters(every: list[Written]) -> int:
    """How often the letter stands in formulas, in any font."""
    return sum(isinstance(part, Symbol) and part.text == "Sigma" for part in every)


def _signs(every: list[Written]) -> int:
    """How often it stands in front of a factor, as the sign of a sum does."""
    return sum(1 for part in every if isinstance(part, Beside) for _ in _before_factors(part))


def _before_factors(product: Beside) -> Iterator[int]:
    for at, (part, joint) in enumerate(zip(product.parts, product.joints, strict=False)):
        if _is_sign(part) and not joint:
            yield at


def _with_signs(node: Any) -> Any:
    found = with_parts(node, _with_signs)
    if not isinstance(found, Beside):
        return found
    parts = list(found.parts)
    for at in _before_factors(found):
        part = parts[at]
        lower = part.lower if isinstance(part, Scripted) else None
        parts[at] = BigOperator("sum", lower, None, place=part.place)
    return replace(found, parts=tuple(parts))
