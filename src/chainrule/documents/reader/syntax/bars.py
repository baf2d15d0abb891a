"""Vertical bars: which of them belong together, and which two are one of a norm."""

from __future__ import annotations

from collections.abc import Sequence

from chainrule.documents.reader.syntax.formula_elements import Element

NO_FACTOR = ("relation", "sign", "joint", "comma", "colon", "point", "wide", "infix", "bar", "end")
"""Roles of elements that begin no factor."""


def with_double_bars(elements: list[Element]) -> list[Element]:
    """||x|| as a norm: two bars where a factor begins, and the next two that touch.

    Without other bars, two pairs are a norm behind a factor, too: a ||x||^2, unlike |x||y| and D(p || q).
    """
    starts = [
        at
        for at in range(len(elements) - 1)
        if elements[at].role == elements[at + 1].role == "bar"
        and elements[at].value == elements[at + 1].value == "|"
        and elements[at].end == elements[at + 1].start
    ]
    behind_factors = len(starts) == 2 and sum(each.role == "bar" for each in elements) == 4
    pairs: list[int] = []
    for at in starts:
        if pairs and at == pairs[-1] + 1:
            continue
        is_first = at == 0 or elements[at - 1].role in NO_FACTOR or elements[at - 1].role in ("big",)
        is_first = is_first or (at > 1 and elements[at - 1].role == "script" and elements[at - 2].role == "big")
        if len(pairs) % 2 or behind_factors or (is_first and any(other > at + 2 for other in starts[-1:])):
            pairs.append(at)
    for at in reversed(pairs[: len(pairs) - len(pairs) % 2]):
        elements[at : at + 2] = [elements[at]._replace(value="||", end=elements[at + 1].end)]
    return elements


def bars_of(elements: Sequence[Element]) -> dict[int, tuple[int, int | None]]:
    """For each bar, how many are left between it and the next relation or comma, and the next of them."""
    found: dict[int, tuple[int, int | None]] = {}
    following: dict[object, tuple[int, int | None]] = {}
    for at in range(len(elements) - 1, -1, -1):
        element = elements[at]
        if element.role in ("relation", "comma"):
            following = {}
        elif element.role == "bar":
            count, after = following.get(element.value, (0, None))
            found[at] = (count + 1, after)
            following[element.value] = (count + 1, at)
    return found
