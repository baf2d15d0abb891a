"""Where a row of a formula falls apart: at commas, wide spaces, and words such as if, where and and."""

from __future__ import annotations

from typing import NamedTuple

from chainrule.documents.reader.syntax.constructs import CONNECTIVES
from chainrule.documents.reader.syntax.derivative_signs import beside
from chainrule.documents.reader.syntax.formula_elements import Element, elements_of
from chainrule.documents.reader.syntax.written import Words, Written


class Segment(NamedTuple):
    """A stretch of a row.

    Attributes
    ----------
    before : str
        What stands before it: "", ",", ";", ":" or "wide".
    kind : str
        What the words at its beginning say: "condition", "denial", "chain", "otherwise", "note", or "" without words.
    words : str
    elements : list of Element
    place : (int, int)
        The place of the words.
    """

    before: str
    kind: str
    words: str
    elements: list[Element]
    place: tuple[int, int] = (0, 0)


def segments_of(elements: list[Element]) -> list[Segment]:
    """The stretches of a row; those without words and elements are left out.

    >>> x = Element("atom", "x", 0, 1)
    >>> [segment.words for segment in segments_of([x, Element("phrase", "if", 1, 2), x])]
    ['', 'if']
    """
    found, spread = [Segment("", "", "", [])], _is_spread(elements)
    for position, element in enumerate(elements):
        before = found[-1].elements[-1] if found[-1].elements else None
        after = elements[position + 1] if position + 1 < len(elements) else None
        if element.role == "comma":
            found.append(Segment(str(element.value), "", "", []))
        elif element.role == "wide":
            is_factor = spread and next((one.role for one in elements[position:] if one.role != "wide"), "") == "atom"
            if not (_is_joining(before) or _is_joining(after) or is_factor) and after is not None:
                found.append(Segment("wide", "", "", []))
        elif element.role == "colon" and found[-1].kind and found[-1].elements:
            found.append(Segment("wide", "", "", []))
        elif element.role == "forall":
            found.append(Segment("wide", "condition", "for all", [], element.place))
        elif element.role == "bracket" and (inside := _phrase_in(element)):
            found.append(inside)
            found.append(Segment("wide", "", "", []))
        elif element.role == "phrase" and (kind := kind_of(str(element.value))):
            found.append(Segment("wide", kind, str(element.value), [], element.place))
            if kind == "note":
                found.append(Segment("wide", "", "", []))
        elif element.role == "phrase" and not _belongs(before, after):
            found.append(Segment("wide", "note", str(element.value), [], element.place))
            found.append(Segment("wide", "", "", []))
        else:
            found[-1].elements.append(element)
    return _joined(found)


def kind_of(words: str) -> str:
    """The role that words give to what follows them.

    >>> kind_of("if and only if"), kind_of("Otherwise,"), kind_of("softmax")
    ('condition', 'otherwise', '')
    """
    text = words.strip(" ,.:;()[]").lower()
    first = text.split(" ")[0].strip(",.:;")
    kind = CONNECTIVES.get(text) or CONNECTIVES.get(first) or CONNECTIVES.get("" if first.isascii() else first[:2], "")
    if kind == "condition" and text.endswith(("otherwise", "else")):
        return "otherwise"
    return "note" if kind and text.count(" ") > 3 else kind


def condition_of(segment: Segment, node: Written | None, in_cases: bool = False) -> Written | None:
    """The words of a segment with the node behind them; None where they say "otherwise" in cases."""
    if segment.kind == "otherwise":
        return None if in_cases and node is None else Words(segment.words, place=segment.place)
    words = Words(segment.words, place=segment.place)
    if segment.kind in ("denial", "note"):
        return words if node is None else beside([words, node])
    return node if node is not None or in_cases else words


# What follows is private.


def _is_spread(elements: list[Element]) -> bool:
    """Whether the only sign of a row stands between wide spaces, so that others may stand between factors: y = A  x."""
    signs = [position for position, element in enumerate(elements) if element.role == "relation"]
    beside = [elements[at - 1 : at] + elements[at + 1 : at + 2] for at in signs]
    return len(signs) == 1 and [each.role for each in beside[0]] == ["wide", "wide"]


def _is_joining(element: Element | None) -> bool:
    return element is not None and element.role in ("relation", "sign", "joint", "colon")


def _phrase_in(element: Element) -> Segment | None:
    """The content of a bracket that begins with a word: (where z = x y)."""
    first, *others = elements_of(element.arguments[0]) or [element]
    kind = kind_of(str(first.value)) if first.role == "phrase" else ""
    return Segment("wide", kind, str(first.value), others, first.place) if kind else None


def _belongs(before: Element | None, after: Element | None) -> bool:
    """True where words are a member, or a part of one: = \\text{a constant}, \\text{cross entropy}(y, p)."""
    following = after is not None and after.role in ("relation", "script", "bracket", "joint", "sign")
    return _is_joining(before) or following


def _joined(segments: list[Segment]) -> list[Segment]:
    """Without empty ones, whose separator counts for the next."""
    found: list[Segment] = []
    pending = ""
    for segment in segments:
        before = "wide" if "wide" in (pending, segment.before) else segment.before or pending
        if segment.elements or segment.kind:
            found.append(segment._replace(before=before))
            pending = ""
        else:
            pending = before
    return found
