"""Lists, rows and columns with dots, x_1, ..., x_N: the letter at their end is a size."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import zip_longest

from chainrule.documents.reader.syntax.parts_written import all_parts, base_letter, items_of
from chainrule.documents.reader.syntax.written import (
    Beside,
    Bracketed,
    Dots,
    Grid,
    Listed,
    Numeral,
    Scripted,
    Symbol,
    Words,
    Written,
)


def capitals_counted_to(written: Written) -> set[str]:
    """The capital letters at the ends of the lists that a formula is directly made of.

    >>> x_1, x_n = (Scripted(Symbol("x"), lower=item) for item in (Numeral(1), Symbol("N")))
    >>> capitals_counted_to(Listed((x_1, Dots(), x_n)))
    {'N'}
    """
    return set[str]().union(*map(_counted_to, _lines_in(written)))


# What follows is private.


def _lines_in(written: Written) -> Iterable[Sequence[Written]]:
    """The lists, rows and columns that a formula is directly made of."""
    match written:
        case Listed(items=items) | Bracketed(items=items):
            return [items]
        case Grid(rows=rows):
            return [*rows, *zip_longest(*rows, fillvalue=Words(""))]
        case Beside(parts=parts):
            return [parts]
    return []


def _counted_to(entries: Sequence[Written]) -> set[str]:
    """The capital letters below the last of some entries with dots, of which the first has 1 in this place."""
    entries = [each for each in entries if not isinstance(each, Words)]
    if len(entries) < 3 or not any(isinstance(each, Dots) for each in entries[1:-1]):
        return set()
    first, last = (
        [part for part in all_parts(each) if isinstance(part, Scripted)] for each in (entries[0], entries[-1])
    )
    pairs = (
        pair
        for one, other in zip(first, last, strict=False)
        if base_letter(one) == base_letter(other)
        for pair in zip(items_of(one.lower), items_of(other.lower), strict=False)
    )
    return {
        end.text
        for begin, end in pairs
        if isinstance(end, Symbol) and end.text.isupper() and isinstance(begin, Numeral) and begin.value == 1
    }
