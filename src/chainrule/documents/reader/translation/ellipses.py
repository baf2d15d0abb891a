"""The sum or column that dots stand for: x_1 + ... + x_n is a sum over an index, as the terms beside the dots show."""

from __future__ import annotations

import re
from dataclasses import fields, replace
from fractions import Fraction
from typing import Any

from chainrule.documents.language.terms import (
    Apply,
    Call,
    Entry,
    Name,
    Number,
    Term,
    base_of,
    bound_in,
    every,
    free_names,
    mapped,
    parts,
)

_INDICES = ("_k", "_l", "_m", "_n", "_p", "_q", "_r", "_s")


def index_for(*inside: Term) -> str:
    """An index for what dots stand for, which is in use in none of some terms.

    >>> from chainrule.documents.language.parsing import term_of
    >>> index_for(term_of("x[1]")), index_for(Name("_k"))
    ('_k', '_l')
    """
    taken = {name for term in inside for part in every(term) for name in bound_in(part)}
    taken |= frozenset[str]().union(*map(free_names, inside))
    return next(each for each in (*_INDICES, f"_k{len(taken)}") if each not in taken)


def between(first: Term, last: Term, index: str) -> tuple[Term, Term, Term] | None:
    """The term in an index that is `first` at its first value and `last` at its last; with both values.

    None if the terms differ in more than one number, or not at all.

    >>> from chainrule.documents.language.parsing import term_of
    >>> from chainrule.documents.language.printing import text_of
    >>> found = between(term_of("w[1] * x[1]"), term_of("w[n] * x[n]"), "_k")
    >>> [text_of(part) for part in found]
    ['w[_k] * x[_k]', '1', 'n']
    """
    pairs = set(_differences(first, last))
    if len(pairs) != 1:
        return None
    [(low, high)] = pairs
    if not isinstance(low, Number) or low.value.denominator != 1:
        return None
    if isinstance(high, Number) and (high.value <= low.value or high.value.denominator != 1):
        return None
    return _replaced(first, last, Name(index)), low, high


def numbered(first: Term, last: Term) -> Term:
    """The first term, in which x_1 is the entry of x where the last one has an entry of x: alone it may be any name.

    >>> from chainrule.documents.language.parsing import term_of
    >>> from chainrule.documents.language.printing import text_of
    >>> text_of(numbered(term_of("2 * x_1"), term_of("2 * x[n]")))
    '2 * x[1]'
    """
    if first == last:
        return first
    match first, last:
        case Name(text=text), Entry(base=base, indices=(_,)):
            number = _number_in(text, base.function if isinstance(base, Call) else base_of(base))
            return replace(last, indices=(number,)) if number else first
        case Name(text=text), Apply(operator="member", operands=(base, _)):
            number = _number_in(text, base_of(base.operands[0] if isinstance(base, Apply) else base))
            return replace(last, operands=(base, number)) if number else first
    if type(first) is not type(last) or isinstance(first, Number | Name):
        return first
    others = iter(parts(last))
    return mapped(first, lambda part: numbered(part, next(others, part)))


# What follows is private.


def _number_in(text: str, letter: str) -> Number | None:
    """The number that a name has more than a letter, also before its layer: 1 in a_1__ell for a__ell."""
    every = re.finditer(r"_(\d+)", text)
    return next((Number(Fraction(m[1])) for m in every if text[: m.start()] + text[m.end() :] == letter), None)


def _differences(one: Term, other: Term) -> Any:
    """The pairs of parts in which two terms differ, as far down as their forms agree."""
    if one == other:
        return
    if type(one) is not type(other) or isinstance(one, Number | Name):
        yield one, other
        return
    for each in fields(one):
        if each.name != "span":
            yield from _of_values(getattr(one, each.name), getattr(other, each.name), one, other)


def _of_values(a: Any, b: Any, one: Term, other: Term) -> Any:
    if isinstance(a, Term) and isinstance(b, Term):
        yield from _differences(a, b)
    elif isinstance(a, tuple) and isinstance(b, tuple) and len(a) == len(b):
        for left, right in zip(a, b, strict=True):
            yield from _of_values(left, right, one, other)
    elif a != b:
        yield one, other


def _replaced(one: Term, other: Term, by: Term) -> Term:
    """The first term with the part in which it differs from the other replaced."""
    if one == other:
        return one
    if type(one) is not type(other) or isinstance(one, Number | Name):
        return by
    others = iter(parts(other))
    return mapped(one, lambda part: _replaced(part, next(others), by))
