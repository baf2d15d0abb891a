"""Sentences that begin a new example within a part, and headings under whose condition a part stands.

"Consider z = sin x, x = t^2" begins an example if it defines names of the part anew. "Case y = 0" is a condition.
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence, Set
from dataclasses import dataclass

from chainrule.documents.reader.letters.inventory import Inventory
from chainrule.documents.reader.prose.hypotheses import Renewal
from chainrule.documents.reader.prose.sentence_roles import MARK
from chainrule.documents.reader.prose.sentences import sentences
from chainrule.documents.reader.prose.stated_words import CASES
from chainrule.documents.reader.structure.document_parts import name_in
from chainrule.documents.reader.structure.statements import Statement, is_example
from chainrule.documents.reader.structure.targets import target_of, uses_target
from chainrule.documents.reader.syntax.parts_written import base_name, letters_of
from chainrule.documents.reader.syntax.written import Symbol, Written, alike
from chainrule.documents.sources.pieces import Piece

_BEGINS = re.compile(
    r"\W*(?:(?:now|next|then|again|instead|finally|similarly|nun|jetzt|maintenant|ahora|"
    r"(?:as|for) (?:an |another |a second )?(?:example|instance))\b,?\s*)*"
    r"(?:(?:let(?! ?us\b|[’']s)|(?:let us|let[’']s) (?:now )?(?:define|consider|take|set|write|suppose|assume|look at)|"
    r"consider|suppose|take|assume|sei(?:en)?|betrachten?|soi(?:t|ent)|considérons|prenons|"
    r"sea[n]?|consideremos|пусть|рассмотрим|cho|xét)\b|设|設|令|考虑|考慮|(?:if|when|for|wenn|falls|für|si|pour|para)\s*⟦)",
    re.IGNORECASE,
)

MOST = 100
"""Sentences of a document that begin an example of its own: more are a list of something else."""


def fresh_starts(
    pieces: Sequence[Piece], statements: Sequence[Statement], inventory: Inventory
) -> tuple[dict[int, int], list[Renewal]]:
    """The numbers of the first pieces of such sentences, with those of the last ones; and what else they renew.

    Where a name that is made of what is defined anew goes on, the part goes on as well, and the letter is renewed.
    """
    numbers = {id(piece): number for number, piece in enumerate(pieces)}
    by_piece, used = dict[int, list[Statement]](), dict[str, list[int]]()  # and the places of each letter
    for statement in statements:
        number = numbers.get(id(statement.piece), -1)
        by_piece.setdefault(number, []).append(statement)
        for letter in letters_of(statement.left) | letters_of(statement.right):
            used.setdefault(letter, []).append(number)
    breaks = [number for number, piece in enumerate(pieces) if piece.kind in ("heading", "end")]
    found, renewed, before, seen = dict[int, int](), list[Renewal](), dict[str, _Defined](), 0
    for first, last, text in sentences(pieces):
        at = bisect_right(breaks, first)
        if at and breaks[at - 1] > seen:
            before, seen = {}, breaks[at - 1]
        if (begins := _BEGINS.match(text)) is None:
            continue
        before |= {each.name: each for each in _defined(by_piece, range(seen, first), inventory)}
        seen = max(seen, first)
        own = [int(number) for number in MARK.findall(text)]
        shown = next((count for count, number in enumerate(own, 1) if pieces[number].kind == "display"), len(own))
        own = own[:1] if begins.group().endswith("⟦") else own[:shown]  # if x = 1/t, then
        new = {each.name: each for each in _defined(by_piece, own, inventory)}
        anew = [name for name, each in new.items() if name in before and not alike(each.right, before[name].right)]
        if not anew or len(found) + len(renewed) >= MOST:
            continue
        end = breaks[at] if at < len(breaks) else len(pieces)
        if any(_is_between(used.get(name, ()), first, end) for name in _made_of(before, new.keys())):
            renewed += [Renewal(name, own[0], pieces[own[0]].place_of(0)[0], is_any=True) for name in anew]
        else:
            found[first], before = last, {}
    return found, renewed


def headings_of_cases(pieces: Sequence[Piece]) -> frozenset[int]:
    """The numbers of headings that state a condition as a case: Case $y = 0$.

    >>> headings_of_cases([Piece("heading", "Case $y = 0$", ((0, 1, 1),)), Piece("heading", "Case 1", ((0, 2, 1),))])
    frozenset({0})
    """
    headings = (number for number, piece in enumerate(pieces) if piece.kind == "heading")
    return frozenset(n for n in headings if CASES.search(pieces[n].text) and _CONDITION.search(pieces[n].text))


# What follows is private.

_CONDITION = re.compile(r"\$[^$]*(?:[=<>]|\\(?:in|ne|neq|le|leq|ge|geq|gt|lt)\b)[^$]*\$")


@dataclass(frozen=True)
class _Defined:
    """A name without indices that a statement defines, its right side, and the letters there."""

    name: str
    right: Written
    letters: frozenset[str]


def _defined(by_piece: dict[int, list[Statement]], places: Sequence[int], inventory: Inventory) -> Iterator[_Defined]:
    for statement in (each for number in places for each in by_piece.get(number, ())):
        target = target_of(statement, inventory)
        if target is None or uses_target(statement.right, target) or is_example(statement, inventory):
            continue
        if not statement.number and isinstance(target.name, Symbol):
            name = name_in(target.name, inventory) or base_name(target.name)
            yield _Defined(name, statement.right, letters_of(statement.right))


def _is_between(places: Sequence[int], first: int, end: int) -> bool:
    """Whether one of some places, in their order, is at the first or behind it, and before the end."""
    at = bisect_left(places, first)
    return at < len(places) and places[at] < end


def _made_of(before: dict[str, _Defined], new: Set[str]) -> frozenset[str]:
    """The names that are not defined anew, and are made of names that are, also through others."""
    stale, added = set(new & before.keys()), True
    while added:
        more = {name for name, each in before.items() if each.letters & stale} - new - stale
        stale, added = stale | more, bool(more)
    return frozenset(stale - new)
