"""Sentences that begin a new example within a part, and headings under whose condition a part stands.

"Consider z = sin x, x = t^2" begins an example if it defines names of the part anew. "Case y = 0" is a condition.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence, Set

from chainrule.documents.reader.letters.inventory import Inventory
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
    r"(?:(?:let(?: us|[’']s)?|consider|suppose|take|assume|sei(?:en)?|betrachten?|soi(?:t|ent)|considérons|prenons|"
    r"sea[n]?|consideremos|пусть|рассмотрим|cho|xét)\b|设|設|令|考虑|考慮)",
    re.IGNORECASE,
)


def fresh_starts(pieces: Sequence[Piece], statements: Sequence[Statement], inventory: Inventory) -> frozenset[int]:
    """The numbers of the first pieces of such sentences.

    No name of which the part says something else goes on, or none that is made of one: such a text goes on as well.
    """
    numbers = {id(piece): number for number, piece in enumerate(pieces)}
    by_piece = dict[int, list[Statement]]()
    for statement in statements:
        by_piece.setdefault(numbers.get(id(statement.piece), -1), []).append(statement)
    breaks = [number for number, piece in enumerate(pieces) if piece.kind in ("heading", "end")]
    found, begin = list[int](), 0
    for first, last, text in sentences(pieces):
        begin = max([begin, *(number for number in breaks if number <= first)])
        own = [int(number) for number in MARK.findall(text)] if _BEGINS.match(text) else []
        new = dict(_defined(by_piece, own, inventory))
        before = dict(_defined(by_piece, range(begin, first), inventory)) if new else {}
        if not any(name in before and not alike(right, before[name]) for name, right in new.items()):
            continue
        end = next((number for number in breaks if number > last), len(pieces))
        later = [each for number in range(first, end) for each in by_piece.get(number, ())]
        used = frozenset[str]().union(*(letters_of(each.left) | letters_of(each.right) for each in later))
        if not used & _made_of(before, new.keys()):
            found.append(first)
            begin = first
    return frozenset(found)


def headings_of_cases(pieces: Sequence[Piece]) -> frozenset[int]:
    """The numbers of headings that state a condition as a case: Case $y = 0$.

    >>> headings_of_cases([Piece("heading", "Case $y = 0$", ((0, 1, 1),)), Piece("heading", "Case 1", ((0, 2, 1),))])
    frozenset({0})
    """
    headings = (number for number, piece in enumerate(pieces) if piece.kind == "heading")
    return frozenset(n for n in headings if CASES.search(pieces[n].text) and _CONDITION.search(pieces[n].text))


# What follows is private.

_CONDITION = re.compile(r"\$[^$]*(?:[=<>]|\\(?:in|ne|neq|le|leq|ge|geq|gt|lt)\b)[^$]*\$")


def _defined(
    by_piece: dict[int, list[Statement]], places: Sequence[int], inventory: Inventory
) -> Iterator[tuple[str, Written]]:
    """The names without indices that the statements at some places define, with their right sides."""
    for statement in (each for number in places for each in by_piece.get(number, ())):
        target = target_of(statement, inventory)
        if target is None or uses_target(statement.right, target) or is_example(statement, inventory):
            continue
        if not statement.number and isinstance(target.name, Symbol):
            yield name_in(target.name, inventory) or base_name(target.name), statement.right


def _made_of(before: dict[str, Written], new: Set[str]) -> frozenset[str]:
    """The names that are not defined anew, and are made of names that are, also through others."""
    stale, added = set(new & before.keys()), True
    while added:
        more = {name for name, right in before.items() if letters_of(right) & stale} - new - stale
        stale, added = stale | more, bool(more)
    return frozenset(stale - new)
