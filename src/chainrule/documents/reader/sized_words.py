r"""Words around a name that give its kind with sizes: "an $m \times n$ matrix", "a $d$-dimensional vector"."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from chainrule.documents.language.terms import ValueKind
from chainrule.documents.reader.declarations import ONE
from chainrule.documents.reader.sets import sizes_in
from chainrule.documents.reader.written import WrittenChain

_NOUN = (
    r"[- ]\s*(?:dimensional\s+)?(?:(?:real|weight|square|parameter)\s+)?"
    r"(?P<noun>(?:column |row )?vectors?|matrix|matrices)\b"
)
_WHICH = r"(?:(?:an?|the|all|any|arbitrary|general|fixed|given|some|real|constant|square|always)\s+){0,3}"
_BEHIND = re.compile(rf"\s+(?:is|are|be|being|denotes?)\s+{_WHICH}⟦(?P<size>\d+)⟧{_NOUN}", re.IGNORECASE)
_BEFORE = re.compile(rf"⟦(?P<size>\d+)⟧{_NOUN}\s*\Z", re.IGNORECASE)
IN_A_WORD = re.compile(r"[-–‑]\w")
"""Behind a formula that is a part of a word, as in $n$-dimensional: what follows is not said of it."""


def sized_kind(text: str, start: int, end: int, chains: Mapping[int, Sequence[WrittenChain]]) -> ValueKind | None:
    r"""The kind with sizes that the words around names give them; None if they give none.

    Parameters
    ----------
    text : str
        A sentence with ⟦n⟧ for formula n.
    start, end : int
        Where the names stand in it.
    chains : mapping
        The chains of formulas by their numbers.

    >>> from chainrule.documents.reader.chains import chains_of
    >>> found = sized_kind("Let ⟦0⟧ be an ⟦1⟧ matrix.", 4, 7, {1: chains_of(r"m \times n")})
    >>> [size.text for size in found.shape]
    ['m', 'n']
    """
    match = _BEHIND.match(text, end) or _BEFORE.search(text[:start])
    found = chains.get(int(match["size"]), []) if match else []
    if match is None or len(found) != 1 or found[0].links or found[0].members[0] is None:
        return None
    sizes = sizes_in(found[0].members[0])
    shape = tuple(size for size in sizes if size is not None)
    noun = match["noun"].lower()
    if len(shape) < len(sizes) or len(shape) != (2 if noun.startswith("matri") else 1):
        return None
    return ValueKind(shape if noun.startswith("matri") else (ONE, *shape) if noun.startswith("row") else (*shape, ONE))
