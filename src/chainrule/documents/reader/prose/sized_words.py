r"""Words around a name that give its kind with sizes: "an $m \times n$ matrix", "is of shape $m \times n$"."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from chainrule.documents.language.derivation import ValueKind
from chainrule.documents.language.terms import ONE, Name, Term
from chainrule.documents.reader.declaring.sets import size_of, sizes_in
from chainrule.documents.reader.syntax import written as w
from chainrule.documents.reader.syntax.parts_written import arguments_of
from chainrule.documents.reader.syntax.written import WrittenChain

_NOUN = (
    r"[- ]\s*(?:dimensional\s+)?(?:(?:real|weight|square|parameter)\s+)?"
    r"(?P<noun>(?:column |row )?vectors?|matrix|matrices)\b"
)
_WHICH = r"(?:(?:an?|the|all|any|arbitrary|general|fixed|given|some|real|constant|square|always)\s+){0,3}"
_BEHIND = re.compile(rf"\s+(?:is|are|be|being|denotes?)\s+{_WHICH}⟦(?P<size>\d+)⟧{_NOUN}", re.IGNORECASE)
_BEFORE = re.compile(rf"⟦(?P<size>\d+)⟧{_NOUN}\s*\Z", re.IGNORECASE)
_AND_NO_MORE = r"(?=\s*(?:[,.;:()]|\Z|(?:and|with|where|so|then|but|for|or|while)\b))"
_SHAPED = re.compile(
    r"\s*(?:,?\s*(?:is|are|be|being|has|have|having|with|of)\s+(?:(?:always|of|in|the|an?|both)\s+)*"
    rf"(?P<word>(?:shapes?|sizes?|dimensions?)\s+)?⟦(?P<size>\d+)⟧{_AND_NO_MORE}|\(\s*⟦(?P<inside>\d+)⟧\s*\))",
    re.IGNORECASE,
)
_ENTRIES = (
    "entries|elements|components|coordinates|numbers|values|features|logits|scores|probabilities|parameters|weights"
)
_COUNTED = (
    r"(?:of|with|having|has|have|containing|contains?)\s+(?:(?:the|an?)\s+)?"
    rf"(?:(?:(?P<length>length)|size|dimension(?:ality)?)\s+⟦(?P<size>\d+)⟧"
    rf"|⟦(?P<count>\d+)⟧\s+(?:[a-z]+\s+)?(?:{_ENTRIES})\b)"
)
_COUNTED_BEHIND = re.compile(
    rf"\s+(?:is|are|be|being|denotes?)\s+{_WHICH}(?:(?P<row>row)\s+|[a-z]+\s+)?vectors?,?\s+{_COUNTED}", re.IGNORECASE
)
_COUNTED_AROUND = re.compile(rf"\s*,?\s*(?:which\s+|that\s+)?{_COUNTED}", re.IGNORECASE)
_VECTOR_BEFORE = re.compile(r"(?P<row>row\s+)?\bvectors?\s*\Z", re.IGNORECASE)
_ROWS_AND_COLUMNS = re.compile(
    rf"(?:\s+(?:is|are|be|being|denotes?)\s+{_WHICH}(?:[a-z]+\s+)?matri(?:x|ces))?,?\s+(?:with|having|has|have)\s+"
    r"⟦(?P<rows>\d+)⟧\s+rows\s+and\s+⟦(?P<columns>\d+)⟧\s+columns\b",
    re.IGNORECASE,
)
IN_A_WORD = re.compile(r"[-–‑]\w")
"""Behind a formula that is a part of a word, as in $n$-dimensional: what follows is not said of it."""


def sized_kind(
    text: str, start: int, end: int, chains: Mapping[int, Sequence[WrittenChain]], *, are_capital: bool = False
) -> ValueKind | None:
    r"""The kind with sizes that the words around names give them; None if they give none.

    Parameters
    ----------
    text : str
        A sentence with ⟦n⟧ for formula n.
    start, end : int
        Where the names stand in it.
    chains : mapping
        The chains of formulas by their numbers.
    are_capital : bool
        Whether the names are capital letters: then "is $m \times n$" gives a shape, and no vector product.

    >>> from chainrule.documents.reader.syntax.chains import chains_of
    >>> found = sized_kind("Let ⟦0⟧ be an ⟦1⟧ matrix.", 4, 7, {1: chains_of(r"m \times n")})
    >>> [size.text for size in found.shape]
    ['m', 'n']
    """
    match = _BEHIND.match(text, end) or _BEFORE.search(text[:start])
    if match is None:
        return _counted(text, start, end, chains) or _shaped(text, end, chains, are_capital)
    found = chains.get(int(match["size"]), [])
    if len(found) != 1 or found[0].links or found[0].members[0] is None:
        return None
    sizes = sizes_in(found[0].members[0])
    shape = tuple(size for size in sizes if size is not None)
    noun = match["noun"].lower()
    if len(shape) < len(sizes) or len(shape) != (2 if noun.startswith("matri") else 1):
        return None
    return ValueKind(shape if noun.startswith("matri") else (ONE, *shape) if noun.startswith("row") else (*shape, ONE))


# What follows is private.


def _counted(text: str, start: int, end: int, chains: Mapping[int, Sequence[WrittenChain]]) -> ValueKind | None:
    """The kind of a vector whose entries are counted in words, or of a matrix whose rows and columns are."""
    if match := _ROWS_AND_COLUMNS.match(text, end):
        sizes = tuple(_lone_size(chains, int(match[each])) for each in ("rows", "columns"))
        shape = tuple(size for size in sizes if size is not None)
        return ValueKind(shape) if len(shape) == 2 else None
    named, behind = _VECTOR_BEFORE.search(text[:start]), _COUNTED_BEHIND.match(text, end)
    match = behind or _COUNTED_AROUND.match(text, end)
    if match is None or (behind is None and named is None and match["count"] is None):
        return None
    if match["length"] and behind is None and match.group().lstrip(" ,").startswith("of"):
        return None  # a vector v of length r may have the norm r; behind "is" and "has" the word is a doubt
    size = _lone_size(chains, int(match["size"] or match["count"]))
    if size is None or (match["length"] and not isinstance(size, Name)):  # a vector of length 1 is a unit vector
        return None
    is_row = any(each is not None and each["row"] for each in (named, behind))
    return ValueKind((ONE, size) if is_row else (size, ONE))


def _lone_size(chains: Mapping[int, Sequence[WrittenChain]], number: int) -> Term | None:
    """The size that a formula is, if it is nothing else."""
    found = chains.get(number, [])
    member = found[0].members[0] if len(found) == 1 and not found[0].links else None
    return None if member is None else size_of(member)


def _shaped(text: str, end: int, chains: Mapping[int, Sequence[WrittenChain]], are_capital: bool) -> ValueKind | None:
    r"""The kind of a matrix if only its shape stands behind its name: "is $m \times n$", "has shape $(m, n)$"."""
    match = _SHAPED.match(text, end)
    found = chains.get(int(match["size"] or match["inside"]), []) if match else []
    member = found[0].members[0] if len(found) == 1 and not found[0].links else None
    has_word = match is not None and match["word"] is not None
    if has_word and isinstance(member, w.Bracketed) and member.kind == "(":
        shape = [size_of(each) for each in arguments_of(member)]
    elif (has_word or are_capital) and isinstance(member, w.Beside) and member.joints == ("x",):
        shape = sizes_in(member)
    else:
        return None
    sizes = tuple(size for size in shape if size is not None)
    is_told = any(isinstance(size, Name) for size in sizes)
    return ValueKind(sizes) if len(sizes) == len(shape) == 2 and is_told else None
